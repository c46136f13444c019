//! Judges what the clients of a replay show: feeds a [`ClientJudge`] for each with the truth, with what connections were really sent,
//! and with what the client says.
//!
//! A client is judged from the first time that it says what it shows; where a replay is recorded, from its first connection on.

mod recording;
mod sent_frame;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use bytes::Bytes;
use parking_lot::Mutex;
use serde_json::value::RawValue;
use tokio::sync::watch;

use self::recording::Recording;
pub use self::recording::{Recorded, RecordedEntry};
use self::sent_frame::Told;
use super::replay_status::ReplayStatus;
use super::wall::runtime_now;
use crate::error_code::ErrorCode;
use crate::football::{MatchId, Reading, Score};
use crate::playback::Rejection;
use crate::trace::{RecordedShow, TraceFailure};
use crate::verdict::{ClientJudge, ClientReport, DisconnectedBy, SentIn, SentScore, Shown, TrueScore};

/// The most clients of a replay that are judged.
const MAX_CLIENTS: usize = 1_000;
/// The most revisions of events of a client that are remembered, to know a repetition.
const MAX_KNOWN_EVENTS: usize = 20_000;

/// Judges the clients of a replay.
#[derive(Debug)]
pub struct ReplayJudge {
    statuses: watch::Receiver<ReplayStatus>,
    /// Held while one frame, one report or one status is taken in.
    state: Mutex<JudgeState>,
    /// A run that this replay plays again.
    recorded_run: OnceLock<RecordedRun>,
}

/// What a trace says of an earlier run of a replay.
#[derive(Debug)]
pub struct RecordedRun {
    /// What its clients have shown, in order.
    pub shown: Vec<RecordedShow>,
    /// What was found about them.
    pub clients: Vec<Box<RawValue>>,
    /// The first failure.
    pub failure: Option<TraceFailure>,
}

#[derive(Debug)]
struct JudgeState {
    clients: Vec<JudgedClient>,
    /// The true scores of the matches that matter to a client.
    truth: HashMap<MatchId, TrueScore>,
    recording: Recording,
}

#[derive(Debug)]
struct JudgedClient {
    name: Arc<str>,
    /// Whether the client has named itself.
    is_named: bool,
    /// How many connections it has.
    connections: usize,
    judge: ClientJudge,
    /// The epoch that it was sent last, and the revisions of events that it was sent in it.
    epoch: u64,
    known: HashSet<(MatchId, String, u64)>,
}

impl ReplayJudge {
    pub(super) fn new(statuses: watch::Receiver<ReplayStatus>, records: bool) -> Arc<Self> {
        let recording = Recording::new(runtime_now(), records);
        let state = JudgeState { clients: Vec::new(), truth: HashMap::new(), recording };
        Arc::new(Self { statuses, state: Mutex::new(state), recorded_run: OnceLock::new() })
    }

    /// Whether everything is recorded that connections are sent and say.
    #[cfg(test)]
    pub fn records(&self) -> bool {
        self.state.lock().recording.is_complete()
    }

    /// Whether a new connection is judged from its beginning: where everything is recorded, and that of a client that comes back.
    pub(crate) fn awaits(&self, name: Option<&Arc<str>>) -> bool {
        let state = self.state.lock();
        state.recording.is_complete() || state.known_client(name).is_some()
    }

    /// The client of a new connection: the one of its name, else the last one without a name that has no connection.
    pub(crate) fn connect(self: &Arc<Self>, name: Option<&Arc<str>>, subscriber: u32) -> Option<JudgedConnection> {
        let mut state = self.state.lock();
        let client = state.client(name, subscriber, runtime_now())?;
        // From here on no other connection takes the client for one that is gone.
        state.clients[client].connections += 1;
        let judge = self.clone();
        let ended_by = DisconnectedBy::Client;
        Some(JudgedConnection { judge, client, subscriber, counted: false, was_hit: Cell::new(false), ended_by })
    }

    /// A client says over HTTP what it shows.
    pub(crate) fn shows(&self, name: &Arc<str>, shown: &Shown) -> Result<(), Rejection> {
        shown.check_match(self.statuses.borrow().timeline())?;
        let client = self.state.lock().client(Some(name), 0, runtime_now());
        let client = client.ok_or_else(|| {
            Rejection::new(ErrorCode::OverLimit, format!("{MAX_CLIENTS} clients of this replay are judged already"))
        })?;
        self.take_shown(client, 0, shown);
        Ok(())
    }

    /// What has been found about each client, up to now.
    pub fn reports(&self) -> Vec<ClientReport> {
        let now = runtime_now();
        // One by one: new connections wait for the lock.
        let judge = |client: usize| Some(self.state.lock().clients.get(client)?.judge.clone());
        (0..).map_while(judge).map(|judge| judge.report(now)).collect()
    }

    /// What clients have said that they show, in order.
    pub fn shown(&self) -> Vec<RecordedEntry> {
        self.state.lock().recording.shown().cloned().collect()
    }

    /// What clients were sent and said, as far as it was recorded, in order.
    pub fn recorded(&self) -> Vec<RecordedEntry> {
        self.state.lock().recording.entries().to_vec()
    }

    /// The same from an entry on.
    pub fn recorded_from(&self, first: usize) -> Vec<RecordedEntry> {
        self.state.lock().recording.entries().get(first..).unwrap_or_default().to_vec()
    }

    /// The status of the replay, as it was published last.
    pub fn status(&self) -> ReplayStatus {
        self.statuses.borrow().clone()
    }

    /// The true score of a match at present; `None`: the timeline has no such match.
    pub fn true_score(&self, match_id: &MatchId) -> Option<TrueScore> {
        true_score(&self.status(), match_id, runtime_now())
    }

    /// Says that the replay plays an earlier run again. The first call counts.
    pub fn set_recorded_run(&self, run: RecordedRun) {
        let _ = self.recorded_run.set(run);
    }

    /// The earlier run that the replay plays again.
    pub fn recorded_run(&self) -> Option<&RecordedRun> {
        self.recorded_run.get()
    }

    /// When the judgement began.
    pub fn began(&self) -> Instant {
        self.state.lock().recording.began()
    }

    fn take_shown(&self, client: usize, subscriber: u32, shown: &Shown) {
        let now = runtime_now();
        let status = self.statuses.borrow().clone();
        let truth = true_score(&status, &shown.match_id, now);
        let mut state = self.state.lock();
        if let Some(truth) = truth {
            // From here on the match matters.
            state.set_truth(&shown.match_id, truth, &status, now);
        }
        state.clients[client].judge.shows(shown, now);
        let truth = state.truth.get(&shown.match_id).map(|truth| truth.score);
        state.record((client, subscriber), Recorded::Shows { shown: shown.clone(), truth }, &status, now);
    }

    /// Compares the scores of the matches that matter with those of a status.
    pub(super) fn take_truth(&self, status: &ReplayStatus) {
        let now = runtime_now();
        let mut state = self.state.lock();
        let matches: Vec<MatchId> = state.truth.keys().cloned().collect();
        for match_id in matches {
            if let Some(truth) = true_score(status, &match_id, now) {
                state.set_truth(&match_id, truth, status, now);
            }
        }
    }

    fn take_frame(&self, connection: &mut JudgedConnection, text: &Bytes, now: Instant) {
        let told = sent_frame::read(text);
        let status = self.statuses.borrow().clone();
        let mut state = self.state.lock();
        let state = &mut *state;
        let scores = match told {
            Told::Hello { resumed } => {
                state.connected(connection, resumed, &status, now);
                if resumed != Some(true) {
                    state.clients[connection.client].known.clear();
                }
                Vec::new()
            }
            Told::Epoch(epoch) => {
                let client = &mut state.clients[connection.client];
                if std::mem::replace(&mut client.epoch, epoch) != epoch {
                    client.known.clear();
                }
                Vec::new()
            }
            Told::Snapshot(match_id, score) => {
                vec![(match_id, SentScore { score, sent_in: SentIn::Snapshot, clock: None })]
            }
            Told::Tick(scores) => scores
                .into_iter()
                .map(|(match_id, score, clock)| (match_id, SentScore { score, sent_in: SentIn::Tick, clock }))
                .collect(),
            Told::Event(event) => {
                let known = &mut state.clients[connection.client].known;
                let revision = (event.match_id.clone(), event.id.clone(), event.rev);
                let repeated = known.contains(&revision);
                if known.len() < MAX_KNOWN_EVENTS {
                    known.insert(revision);
                }
                event.score(repeated).map(|score| (event.match_id, score)).into_iter().collect()
            }
            Told::Nothing => Vec::new(),
        };
        let client = &mut state.clients[connection.client];
        for (match_id, score) in &scores {
            client.judge.sent(match_id, score, now);
        }
        state.record(connection.ids(), Recorded::Sent(text.clone()), &status, now);
        for (match_id, _) in scores {
            if !state.truth.contains_key(&match_id)
                && let Some(truth) = true_score(&status, &match_id, now)
            {
                state.set_truth(&match_id, truth, &status, now);
            }
        }
    }
}

impl JudgeState {
    /// The client of a name, or the last one without a name that has no connection.
    fn known_client(&self, name: Option<&Arc<str>>) -> Option<usize> {
        match name {
            Some(name) => self.clients.iter().position(|client| client.is_named && client.name == *name),
            None => self.clients.iter().rposition(|client| !client.is_named && client.connections == 0),
        }
    }

    fn client(&mut self, name: Option<&Arc<str>>, subscriber: u32, now: Instant) -> Option<usize> {
        let found = self.known_client(name);
        if found.is_some() || self.clients.len() >= MAX_CLIENTS {
            return found;
        }
        let is_named = name.is_some();
        let name = name.cloned().unwrap_or_else(|| format!("subscriber {subscriber}").into());
        let mut judge = ClientJudge::new(name.clone(), now);
        for (match_id, truth) in &self.truth {
            judge.truth(match_id, truth, now);
        }
        self.clients.push(JudgedClient { name, is_named, connections: 0, judge, epoch: 0, known: HashSet::new() });
        Some(self.clients.len() - 1)
    }

    fn set_truth(&mut self, match_id: &MatchId, mut truth: TrueScore, status: &ReplayStatus, now: Instant) {
        let before = self.truth.get(match_id).map(|before| before.score);
        if before == Some(truth.score) {
            return;
        }
        truth.is_correction = before.is_some_and(|before| truth.score.total() <= before.total());
        for client in &mut self.clients {
            client.judge.truth(match_id, &truth, now);
        }
        let what = Recorded::Truth { match_id: match_id.clone(), score: truth.score, is_first: before.is_none() };
        self.recording.add(now, status, &Arc::from(""), 0, what);
        self.truth.insert(match_id.clone(), truth);
    }

    fn connected(
        &mut self,
        connection: &mut JudgedConnection,
        resumed: Option<bool>,
        status: &ReplayStatus,
        now: Instant,
    ) {
        if !std::mem::replace(&mut connection.counted, true) {
            self.clients[connection.client].judge.connected(connection.subscriber, resumed, now);
            self.record(connection.ids(), Recorded::Connected { resumed }, status, now);
        }
    }

    /// Records something of a client and a subscriber.
    fn record(&mut self, (client, subscriber): (usize, u32), what: Recorded, status: &ReplayStatus, now: Instant) {
        self.recording.add(now, status, &self.clients[client].name, subscriber, what);
    }
}

/// A connection of a judged client, as long as it is held.
#[derive(Debug)]
pub(crate) struct JudgedConnection {
    judge: Arc<ReplayJudge>,
    /// Its place in the list of clients.
    client: usize,
    subscriber: u32,
    /// Whether it counts: a client that was not sent anything has not connected.
    counted: bool,
    /// Whether a link fault has hit it.
    was_hit: Cell<bool>,
    /// Who ends the connection, when it is dropped.
    pub(crate) ended_by: DisconnectedBy,
}

impl JudgedConnection {
    /// Begins to judge a connection that is there already. `sent` is the score of a match that it has been sent.
    pub(crate) fn begin_midway(&mut self, sent: impl IntoIterator<Item = (MatchId, Score)>) {
        let (now, judge) = (runtime_now(), self.judge.clone());
        let status = judge.statuses.borrow().clone();
        let mut state = judge.state.lock();
        state.connected(self, None, &status, now);
        for (match_id, score) in sent {
            let sent = SentScore { score, sent_in: SentIn::Snapshot, clock: None };
            state.clients[self.client].judge.sent(&match_id, &sent, now);
        }
    }

    /// The text of a frame has been sent.
    pub(crate) fn sent(&mut self, text: &Bytes, now: Instant) {
        let judge = self.judge.clone();
        judge.take_frame(self, text, now);
    }

    /// The client says what it shows.
    pub(crate) fn shows(&self, shown: &Shown) {
        self.judge.take_shown(self.client, self.subscriber, shown);
    }

    /// Whether a link fault has hit the connection.
    pub(crate) fn was_hit(&self) -> bool {
        self.was_hit.get()
    }

    /// A link fault has hit the connection.
    pub(crate) fn fault(&self, what: &str) {
        self.was_hit.set(true);
        let now = runtime_now();
        let status = self.judge.statuses.borrow().clone();
        let mut state = self.judge.state.lock();
        state.clients[self.client].judge.fault(what, now);
        state.record(self.ids(), Recorded::Fault(what.into()), &status, now);
    }

    /// The client, by its place in the list, and the subscriber.
    fn ids(&self) -> (usize, u32) {
        (self.client, self.subscriber)
    }
}

impl Drop for JudgedConnection {
    fn drop(&mut self) {
        let now = runtime_now();
        let status = self.judge.statuses.borrow().clone();
        let mut state = self.judge.state.lock();
        let client = &mut state.clients[self.client];
        client.connections -= 1;
        if !self.counted {
            return;
        }
        client.judge.disconnected(self.subscriber, self.ended_by, now);
        state.record(self.ids(), Recorded::Disconnected(self.ended_by), &status, now);
    }
}

/// The true score of a match; `None`: the timeline has no such match.
fn true_score(status: &ReplayStatus, match_id: &MatchId, now: Instant) -> Option<TrueScore> {
    let timeline = status.timeline();
    let track = timeline.track_of(match_id.as_str())?;
    let at = status.playhead.clock.media_time(now);
    let past = timeline.true_index_at(status.playhead.head as usize, at);
    let state = timeline.truth().state_at(track, past);
    let reading = timeline.clock_at(track, at, &state).reading;
    let whole_seconds = Reading::from_millis(reading.as_millis().div_euclid(1_000) * 1_000);
    Some(TrueScore { score: state.score(), is_correction: false, clock: Some(whole_seconds.to_string().into()) })
}
