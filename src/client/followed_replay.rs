//! Plays the replay of another server: [`FollowedReplay`] fetches its scenario once, and then only the record of its playback.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::Method;
use tokio::time::Instant;

use super::address::Address;
use super::api_command::{ApiCommand, BarrierOptions};
use super::backoff::Backoff;
use super::http::{ApiRequest, encode_path_segment};
use super::remote_replay::RemoteReplay;
use super::trust::Trust;
use crate::error::{Error, Result};
use crate::error_code::ErrorCode;
use crate::faults::{self, FaultPlan};
use crate::hub::{
    CommandAuthority, Control, Hub, Opened, Replay, ReplayOptions, ReplayRecord, SharedClock, SharedStart, Submitted,
    parse_record, run_of,
};
use crate::playback::{Command, CommandRequest, Rejection, WallTime};
use crate::scenario::{Scenario, Span, Timeline};

/// The longest scenario that is fetched, in bytes: a season of eleven leagues.
const MAX_SCENARIO_BYTES: usize = 1 << 30;
/// How long the followed server may take to write a long scenario.
const SCENARIO_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a record may take: the server holds the request for 25 s if there is no news.
const RECORD_TIMEOUT: Duration = Duration::from_secs(35);

/// How often a replay that waits looks whether enough subscribers have come, and how long it waits after a failure to begin.
const BEGIN_INTERVAL: Duration = Duration::from_millis(200);
const BEGIN_RETRY: Duration = Duration::from_secs(2);

/// How often the clocks are compared at most.
const MEASURE_INTERVAL: Duration = Duration::from_secs(1);
/// How long after a request another one is sent at the earliest: if nothing had changed, and if something had.
const MIN_HOLD: Duration = Duration::from_secs(1);
const MIN_INTERVAL: Duration = Duration::from_millis(10);

/// A replay of another server, ready to be played here.
#[derive(Debug)]
pub(crate) struct FollowedReplay {
    upstream: Arc<RemoteReplay>,
    scenario: Arc<Scenario>,
    /// With the feed faults of the record.
    timeline: Arc<Timeline>,
    record: ReplayRecord,
}

impl FollowedReplay {
    /// Fetches what is played at an address, as [`Address::parse`] takes it. Its token is needed where the server requires one for control.
    ///
    /// # Errors
    /// As [`RemoteReplay::apply`]; [`ErrorKind::Invalid`] if the server is of a version that plays otherwise.
    pub(crate) async fn fetch(address: Address, trust: Trust) -> Result<Self> {
        let upstream = Arc::new(RemoteReplay { address, trust });
        let record = upstream.record(None).await?;
        let lines = upstream.scenario().await?;
        let name = upstream.address.to_string();
        let scenario = Arc::new(Scenario::parse(&name, &String::from_utf8_lossy(&lines))?);
        let mut timeline = Timeline::keeping(scenario.clone());
        if let Some(plan) = &record.faults {
            timeline = faults::apply(&timeline, &FaultPlan::parse(plan)?, record.seed)?;
        }
        let run = format!("{:08x}", run_of(&timeline));
        if run != record.run {
            return Err(Error::from(record.other_run_rejection(&run)).context(name));
        }
        Ok(Self { upstream, scenario, timeline: Arc::new(timeline), record })
    }

    /// What is played.
    pub(crate) fn timeline(&self) -> &Arc<Timeline> {
        &self.timeline
    }

    /// The scenario of [`Self::timeline`].
    pub(crate) fn scenario(&self) -> &Arc<Scenario> {
        &self.scenario
    }

    /// The name of the replay at the server that is followed.
    pub(crate) fn name(&self) -> &str {
        &self.record.replay
    }

    /// Whether public listings of the followed server show it.
    pub(crate) fn is_listed(&self) -> bool {
        self.record.listed
    }

    /// How long the end is shown before the next lap, and how many subscribers playback waits for.
    pub(crate) fn hold_and_wait_for(&self) -> (Duration, usize) {
        (self.record.hold(), self.record.wait_for)
    }

    /// The address that is followed, without the token.
    pub(crate) fn address(&self) -> &Address {
        &self.upstream.address
    }

    /// Opens the replay here, under a name.
    ///
    /// # Errors
    /// As [`Hub::open`].
    pub(crate) fn open(&self, hub: &Hub, name: &str) -> Result<Opened, Rejection> {
        let authority: Arc<dyn CommandAuthority> = self.upstream.clone();
        let options = ReplayOptions {
            shared: Some(SharedStart { record: self.record.clone(), authority }),
            kickoff_offset: Span::from_millis(self.record.kickoff_offset_ms),
            wait_for: self.record.wait_for,
            listed: self.record.listed,
            ..ReplayOptions::default()
        };
        hub.open(name, self.timeline.clone(), options)
    }

    /// Follows the other server until the replay here is over. While the other one does not answer, playback goes on.
    ///
    /// # Errors
    /// If the other server plays another scenario by now, or is of another version.
    pub(crate) async fn follow(self, opened: Opened, clock: Arc<SharedClock>) -> Result<()> {
        let Opened { replay, control } = opened;
        tokio::select! {
            followed = self.adopt_records(&replay, &control, &clock) => followed,
            never = self.begin(&replay, &control) => match never {},
            () = replay.wait_until_over() => Ok(()),
        }
    }

    async fn adopt_records(&self, replay: &Replay, control: &Control, clock: &SharedClock) -> Result<()> {
        let (mut revision, mut backoff, mut failure) = (Some(self.record.revision), Backoff::default(), None);
        let mut measured = None::<Instant>;
        loop {
            let (before, asked) = (revision, Instant::now());
            let error = match self.adopt_next(control, &mut revision).await {
                Ok(()) => {
                    if failure.take().is_some() {
                        tracing::warn!(replay = replay.name(), "the followed server answers again");
                    }
                    backoff.reset();
                    // A held request does not show how long its answer took, so this asks once more.
                    if measured.is_none_or(|at| at.elapsed() > MEASURE_INTERVAL)
                        && let Ok(offset) = self.upstream.measure_offset().await
                    {
                        clock.set_offset(offset);
                        measured = Some(Instant::now());
                    }
                    // A server that does not hold requests, as one that is stopping, must not be asked all the time.
                    let pause = if revision == before { MIN_HOLD } else { MIN_INTERVAL };
                    tokio::time::sleep(pause.saturating_sub(asked.elapsed())).await;
                    continue;
                }
                Err(error) => error,
            };
            match error.code() {
                Some(ErrorCode::BadScenario) => {
                    return Err(error.context(format!("following {}", self.upstream.address)));
                }
                // The replay here is over, or stopping.
                Some(ErrorCode::Closing) => return Ok(()),
                _ => {}
            }
            let text = error.to_string();
            if failure.as_ref() != Some(&text) {
                tracing::warn!(replay = replay.name(), "playback goes on without the followed server: {text}");
                failure = Some(text);
            }
            tokio::time::sleep(backoff.next()).await;
            // Whatever has changed meanwhile.
            revision = None;
        }
    }

    /// Fetches a record of another revision, and adopts it.
    async fn adopt_next(&self, control: &Control, revision: &mut Option<u64>) -> Result<()> {
        let record = self.upstream.record(*revision).await?;
        let fetched = record.revision;
        control.adopt(record).await?;
        *revision = Some(fetched);
        Ok(())
    }

    /// Begins playback once as many subscribers are here as it waits for.
    async fn begin(&self, replay: &Replay, control: &Control) -> Infallible {
        loop {
            if replay.should_begin()
                && let Err(rejection) = control.apply(Command::Play).await
            {
                tracing::warn!(replay = replay.name(), "could not begin: {rejection}");
                tokio::time::sleep(BEGIN_RETRY).await;
            }
            tokio::time::sleep(BEGIN_INTERVAL).await;
        }
    }
}

/// What a follower asks of the server that it follows.
impl RemoteReplay {
    fn shared_path(&self, what: &str) -> String {
        format!("/api/replays/{}/{what}", encode_path_segment(self.name()))
    }

    async fn scenario(&self) -> Result<Bytes> {
        let api_request = ApiRequest::new(Method::GET, self.shared_path("scenario"));
        let api_request = api_request.with_timeout(SCENARIO_TIMEOUT).with_max_body(MAX_SCENARIO_BYTES);
        Ok(self.send(api_request).await?.body)
    }

    /// The record; with a revision, once it is another one, but after 25 s at the latest.
    async fn record(&self, after: Option<u64>) -> Result<ReplayRecord> {
        let path = match after {
            Some(revision) => format!("record?wait={revision}"),
            None => "record".to_owned(),
        };
        let answer =
            self.send(ApiRequest::new(Method::GET, self.shared_path(&path)).with_timeout(RECORD_TIMEOUT)).await?;
        Ok(parse_record(&answer.body)?)
    }

    /// By how much the wall clock there is ahead of that of this machine, in nanoseconds, give or take the time that the request took.
    async fn measure_offset(&self) -> Result<i64> {
        let asked = WallTime::of(SystemTime::now());
        let there = self.record(None).await?.playback.at;
        let answered = WallTime::of(SystemTime::now());
        Ok(there.nanos_since(asked.shifted(answered.nanos_since(asked) / 2)))
    }
}

impl CommandAuthority for RemoteReplay {
    fn submit(&self, command_request: CommandRequest) -> BoxFuture<'_, Result<Submitted, Rejection>> {
        Box::pin(async move {
            let CommandRequest { command, if_version, by } = command_request;
            let by = by.map(|by| by.to_string());
            let body = ApiCommand { command, by, if_version, barrier: BarrierOptions::default() }.to_json();
            let sent = self.send(ApiRequest::new(Method::POST, self.shared_path("record")).with_json(body)).await;
            let answer = sent.map_err(|error| match error.code() {
                // Refusals of the command itself.
                Some(
                    code @ (ErrorCode::BadArgument
                    | ErrorCode::UnknownCommand
                    | ErrorCode::UnknownType
                    | ErrorCode::UnknownMatch
                    | ErrorCode::NotFound
                    | ErrorCode::Stale
                    | ErrorCode::OverLimit),
                ) => Rejection::new(code, error.to_string()),
                Some(_) => {
                    Rejection::new(ErrorCode::Unavailable, format!("the followed server refuses commands: {error}"))
                }
                None => Rejection::new(
                    ErrorCode::Unavailable,
                    format!("the followed server does not answer, and may have applied the command or not: {error}"),
                ),
            })?;
            parse_record(&answer.body)
        })
    }
}
