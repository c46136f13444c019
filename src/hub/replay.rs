//! The two handles on a replay. A [`Replay`] can be observed; a [`Control`] can command playback. Control is a capability, not
//! a check: code without a `Control` cannot pause a replay. Both handles talk to the driver (`driver.rs`) through shared state.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{oneshot, watch};

use super::answer::Answer;
use super::command_queue::{Order, PushError, QueuedCommand};
use super::cursor::Cursor;
use super::frame_cache::FrameCache;
use super::judge::ReplayJudge;
use super::replay_inner::{EvictionRank, ReplayInner};
use super::replay_record::{self, CommandAuthority, ReplayRecord, Submitted};
use super::replay_status::{ReplayStatus, Stopping};
use super::shared::wall_anchor;
use super::subscribers::{Barrier, BarrierGuard, Behind, SentMark, wait_until};
use super::token::Token;
use super::wake_flag::WakeFlag;
use super::wall::{Wall, runtime_now};
use crate::dialect::native::PlaybackStatus;
use crate::error_code::ErrorCode;
use crate::faults::link::{DocumentFault, LinkDone, LinkNote, LinkPlan};
use crate::faults::{EndCode, Fault, FaultPlan};
use crate::football::FaultKind;
use crate::playback::{Command, CommandRequest, Playhead, Rejection, State};
use crate::scenario::{MediaTime, Span, Timeline};

/// Whether a command is about the connections of the server that gets it, and not about what is played.
fn is_of_own_links(command: &Command) -> bool {
    matches!(command, Command::Fault { fault } if FaultPlan::parse_fault(fault).is_ok_and(|fault| fault.happens_once()))
}

/// The longest that a subscriber waits until the place at which it resumes is reached.
const MAX_CURSOR_WAIT: Duration = Duration::from_secs(2);

/// Whether the place of a cursor is ahead of a playhead.
fn is_ahead(cursor: &Cursor, playhead: &Playhead) -> bool {
    (cursor.epoch, cursor.n) > (playhead.epoch, playhead.head)
}

/// A handle with which a replay can be observed.
#[derive(Debug, Clone)]
pub struct Replay {
    pub(super) inner: Arc<ReplayInner>,
}

/// A handle with which a replay can be controlled.
#[derive(Debug, Clone)]
pub struct Control {
    pub(super) inner: Arc<ReplayInner>,
}

/// What a command changes about the faults of a replay.
struct FaultChange {
    /// The plan of the feed and its seed; `None`: they stay.
    feed: Option<(FaultPlan, u64)>,
    link: LinkPlan,
}

/// Counts a subscriber as long as it is held.
#[derive(Debug)]
pub struct SubscriberGuard {
    inner: Arc<ReplayInner>,
    number: u32,
    /// Boxed, because most subscribers have none and there may be very many.
    client: Option<Box<Arc<str>>>,
    finished: bool,
}

impl SubscriberGuard {
    /// The number of the subscriber, counted from 1 in the order of subscription.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The name that its client gives itself.
    pub fn client(&self) -> Option<&Arc<str>> {
        self.client.as_deref()
    }

    /// Removes a subscriber that has received everything, the close frame included. Dropping the guard
    /// without this marks the subscriber as lost: it may reconnect and resume.
    pub fn finish(mut self) {
        self.finished = true;
    }
}

impl Drop for SubscriberGuard {
    fn drop(&mut self) {
        if !self.finished {
            self.inner.subscriber_lost.store(true, Ordering::Relaxed);
        }
        // Before the subscriber is removed: otherwise the replay might seem to have been without one for long.
        self.inner.touch();
        self.inner.subscribers.remove(self.number);
        self.inner.wake_after_leave();
    }
}

/// Keeps the status of a replay current, as a subscriber does, and waits for changes of it: see [`Replay::observe`]. While an
/// observer lives, the driver wakes for each event.
#[derive(Debug)]
pub struct Observer {
    inner: Arc<ReplayInner>,
    receiver: watch::Receiver<ReplayStatus>,
}

impl Observer {
    /// The status: the first time as soon as it is current, then whenever it has changed. Changes between two calls are
    /// merged. The last change comes when the replay is over; a call after that never returns.
    pub async fn next(&mut self) -> ReplayStatus {
        loop {
            // This cannot fail: the sender lives in `inner`.
            let _ = self.receiver.changed().await;
            let status = self.receiver.borrow_and_update().clone();
            if status.is_current() {
                return status;
            }
        }
    }

    /// The first status that meets a condition; `None`: the replay is stopping, and none did. Once the status of the stopping replay
    /// has been read, that one is judged again.
    pub async fn find(&mut self, condition: impl Fn(&ReplayStatus) -> bool) -> Option<ReplayStatus> {
        // No other status follows that of a stopping replay.
        let is_last = |status: &ReplayStatus| status.is_current() && status.stopping.is_some();
        let read = self.receiver.borrow().clone();
        if is_last(&read) && !self.receiver.has_changed().unwrap_or(false) {
            return Some(read).filter(condition);
        }
        loop {
            let status = self.next().await;
            if condition(&status) {
                return Some(status);
            }
            if is_last(&status) {
                return None;
            }
        }
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.inner.observers.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Control {
    /// Sends a command to the driver and waits for the answer.
    ///
    /// The rejection has the code [`ErrorCode::UnknownReplay`] if the replay is over, [`ErrorCode::Closing`] while it is being
    /// closed, [`ErrorCode::OverLimit`] if its command queue is full, else that of [`Playback::apply`](crate::Playback::apply).
    ///
    /// Cancel safety: dropping the future withdraws a command that the driver has not taken yet; a command that it has taken
    /// is applied all the same.
    pub async fn apply(&self, command_request: impl Into<CommandRequest>) -> Result<Answer, Rejection> {
        let command_request = command_request.into();
        if let Some(authority) = self.inner.authority.as_ref().filter(|_| !is_of_own_links(&command_request.command)) {
            return self.submit_to(&**authority, command_request).await;
        }
        match &command_request.command {
            Command::Faults { plan, seed } => {
                let _one_at_a_time = self.inner.link.changing.lock().await;
                let change = FaultPlan::parse(plan).and_then(|plan| self.change_of_plan(plan, *seed));
                let change = change.map_err(|rejection| rejection.context("faults"))?;
                self.change_faults(change, command_request).await
            }
            Command::Fault { fault } => {
                let _one_at_a_time = self.inner.link.changing.lock().await;
                let change = FaultPlan::parse_fault(fault).and_then(|fault| self.change_by_fault(fault));
                let change = change.map_err(|rejection| rejection.context("fault"))?;
                self.change_faults(change, command_request).await
            }
            _ => self.send(Order::Playback(command_request)).await,
        }
    }

    /// Has the authority of a shared replay apply a command.
    async fn submit_to(&self, authority: &dyn CommandAuthority, request: CommandRequest) -> Result<Answer, Rejection> {
        if self.replay().is_stopping() {
            return Err(Rejection::new(ErrorCode::Closing, "the replay is being closed and takes no more commands"));
        }
        // Versions are those of this server, which may be higher.
        let offset = self.inner.status.borrow().version_offset;
        let if_version = request.if_version.map(|version| version.saturating_sub(offset));
        let Submitted { applied, record } = authority.submit(CommandRequest { if_version, ..request }).await?;
        self.inner.touch();
        Ok(Answer { applied, ..self.adopt(record).await? })
    }

    /// What other servers need to play the same.
    pub(crate) async fn record(&self) -> Result<ReplayRecord, Rejection> {
        Ok(self.record_of(&self.send(Order::Read).await?))
    }

    /// The record of the replay as it was when it answered.
    fn record_of(&self, answer: &Answer) -> ReplayRecord {
        let Answer { frames, playback, revision, now, .. } = answer;
        let (inner, faults) = (&self.inner, frames.timeline().faults());
        ReplayRecord {
            format: replay_record::FORMAT,
            server: env!("CARGO_PKG_VERSION").to_owned(),
            replay: inner.name.to_string(),
            run: frames.run_text().to_owned(),
            instance: inner.instance_id,
            servers: inner.upstream_servers.lock().iter().copied().chain([inner.instance_id]).collect(),
            revision: *revision,
            listed: inner.listed,
            wait_for: inner.wait_for,
            kickoff_offset_ms: inner.kickoff_offset.as_millis(),
            faults: faults.map(|report| report.plan.to_string()),
            seed: faults.map_or(0, |report| report.seed),
            by: inner.status.borrow().by.as_deref().map(str::to_owned),
            playback: playback.record(*now, wall_anchor(inner.wall, *now)),
        }
    }

    /// The same as [`Self::apply`], and returns the record after it.
    pub(crate) async fn submit(&self, request: CommandRequest) -> Result<Submitted, Rejection> {
        let answer = self.apply(request).await?;
        Ok(Submitted { applied: answer.applied, record: self.record_of(&answer) })
    }

    /// Follows a record of a shared replay from now on, unless it follows a later one already.
    pub(crate) async fn adopt(&self, record: ReplayRecord) -> Result<Answer, Rejection> {
        record.check_can_follow(self.inner.instance_id, self.inner.kickoff_offset)?;
        let frames = self.replay().frames();
        let frames = if frames.run_text() == record.run {
            frames
        } else {
            let plan = FaultPlan::parse(record.faults.as_deref().unwrap_or("off"))?;
            self.faulty_frames(plan, record.seed).await?
        };
        if frames.run_text() != record.run {
            return Err(record.other_run_rejection(frames.run_text()));
        }
        self.inner.upstream_servers.lock().clone_from(&record.servers);
        self.send(Order::Adopt { record: Box::new(record), frames }).await
    }

    /// What a whole plan in place of the present one changes.
    fn change_of_plan(&self, plan: FaultPlan, seed: Option<u64>) -> Result<FaultChange, Rejection> {
        let now = runtime_now();
        let timeline = self.replay().timeline();
        // Positions such as next:goal are those of the moment at which the command came.
        let playhead = self.replay().status(now).playhead;
        let plan = plan.resolve_relative(&timeline, playhead.clock.media_time(now), playhead.head as usize)?;
        let seed = seed.unwrap_or_else(|| self.inner.seed.load(Ordering::Relaxed));
        let before = self.replay().link_plan().unwrap_or_default();
        let link = before.replaced(&timeline, &plan, seed)?;
        Ok(FaultChange { feed: Some((plan.feed(), seed)), link })
    }

    /// What one more fault changes. One that happens once is no part of the plan.
    fn change_by_fault(&self, fault: Fault) -> Result<FaultChange, Rejection> {
        if fault.happens_once() {
            self.inner.subscribers.check_is_connected(fault.subscriber)?;
            let before = self.replay().link_plan().unwrap_or_default();
            return Ok(FaultChange { feed: None, link: before.with_once(&self.replay().timeline(), &fault)? });
        }
        let change = self.change_of_plan(self.replay().fault_plan().with(fault)?, None)?;
        let before = self.replay().link_plan().unwrap_or_default();
        Ok(FaultChange { link: change.link.with_once_of(&before), ..change })
    }

    /// Changes faults. The caller holds the lock for that.
    async fn change_faults(&self, change: FaultChange, request: CommandRequest) -> Result<Answer, Rejection> {
        let name = request.command.name();
        let seed = change.feed.as_ref().map(|(_, seed)| *seed);
        let frames = match change.feed {
            Some((plan, seed)) => self.faulty_frames(plan, seed).await.map_err(|rejection| rejection.context(name))?,
            None => self.replay().frames(),
        };
        let CommandRequest { if_version, by, .. } = request;
        // The driver changes all of it, so that a sender that stops waiting leaves no half.
        self.send(Order::Frames { frames, link: change.link, seed, command: name, if_version, by }).await
    }

    /// The frames of the matches that are played with other feed faults, built on a thread of their own.
    async fn faulty_frames(&self, plan: FaultPlan, seed: u64) -> Result<Arc<FrameCache>, Rejection> {
        let timeline = self.replay().timeline();
        let feeds = self.inner.feeds.clone();
        let built = tokio::task::spawn_blocking(move || {
            feeds.with_faults(&timeline, &plan, seed).map(|timeline| feeds.frames_of(timeline))
        });
        let failed = || Rejection::new(ErrorCode::Unavailable, "the timeline could not be built");
        built.await.unwrap_or_else(|_| Err(failed()))
    }

    fn replay(&self) -> Replay {
        Replay { inner: self.inner.clone() }
    }

    async fn send(&self, order: Order) -> Result<Answer, Rejection> {
        let (answer, answered) = oneshot::channel();
        let span = tracing::Span::current();
        match self.inner.commands.push(QueuedCommand { order, answer, span }) {
            Ok(()) => {}
            Err(PushError::Closed) => return Err(Rejection::unknown_replay(&self.inner.name)),
            Err(PushError::Full) => {
                let message = format!("the command queue of replay {:?} is full: retry later", self.inner.name);
                return Err(Rejection::new(ErrorCode::OverLimit, message));
            }
        }
        self.inner.touch();
        self.inner.wake_flag.wake();
        answered.await.unwrap_or_else(|_| Err(Rejection::unknown_replay(&self.inner.name)))
    }
}

impl Replay {
    /// Wakes the runner of the driver.
    pub(crate) fn wake_flag(&self) -> &WakeFlag {
        &self.inner.wake_flag
    }

    /// A handle with which it can be controlled, for callers that have the right to.
    pub(crate) fn control(&self) -> Control {
        Control { inner: self.inner.clone() }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// A number that no other replay of this process has or will have.
    #[doc(hidden)]
    pub fn id(&self) -> u64 {
        self.inner.id
    }

    /// Distinguishes the replay from all others, those of the same name and of earlier processes included.
    pub(crate) fn instance_id(&self) -> u32 {
        self.inner.instance_id
    }

    /// The place of playback at an instant, for frames and documents.
    pub(crate) fn playback_status<'a>(&self, status: &'a ReplayStatus, now: Instant) -> PlaybackStatus<'a> {
        self.playback_status_of(&status.frames, &status.playhead, status.pace.as_deref(), now)
    }

    /// The place of playback after a command.
    pub(crate) fn playback_status_after<'a>(&self, answer: &'a Answer) -> PlaybackStatus<'a> {
        self.playback_status_of(&answer.frames, &answer.playhead, answer.pace.as_deref(), answer.now)
    }

    pub(super) fn playback_status_of<'a>(
        &self,
        frames: &'a FrameCache,
        playhead: &'a Playhead,
        pace: Option<&'a str>,
        now: Instant,
    ) -> PlaybackStatus<'a> {
        PlaybackStatus { run: frames.run_text(), playhead, pace, now, wall: self.wall().at(now) }
    }

    /// The encoded frames of the timeline that is played at present.
    #[doc(hidden)]
    pub fn frames(&self) -> Arc<FrameCache> {
        self.inner.status.borrow().frames.clone()
    }

    /// The timeline that is played at present: another one follows a change of its feed faults.
    pub fn timeline(&self) -> Arc<Timeline> {
        self.inner.status.borrow().timeline().clone()
    }

    /// The status at an instant: now, or a moment ago. For an idle replay it is computed from a copy of the playback, without
    /// waking the driver.
    pub fn status(&self, now: Instant) -> ReplayStatus {
        let mut status = self.inner.status.borrow().clone();
        if let Some(idle) = status.idle_playback.take() {
            // The driver will compute the same when it wakes.
            let mut playback = Arc::unwrap_or_clone(idle);
            playback.advance_until_idle(status.frames.timeline(), now, &mut |_| ());
            status.update(&playback, None);
        }
        status
    }

    /// Observes the replay: as long as the observer lives, the driver wakes for each event and keeps the status current.
    pub fn observe(&self) -> Observer {
        self.inner.observers.fetch_add(1, Ordering::AcqRel);
        let mut receiver = self.status_receiver();
        if !receiver.borrow().is_current() {
            self.inner.wake_flag.wake();
        }
        receiver.mark_changed();
        Observer { receiver, inner: self.inner.clone() }
    }

    /// Receives the status as the driver last published it: see [`ReplayStatus::is_current`].
    pub(crate) fn status_receiver(&self) -> watch::Receiver<ReplayStatus> {
        self.inner.status.subscribe()
    }

    /// Adds a subscriber; dropping the guard removes it. Wakes the driver of an idle replay, so that the status becomes
    /// current.
    #[doc(hidden)]
    pub fn add_subscriber(&self) -> SubscriberGuard {
        self.add_client(None)
    }

    /// Adds a subscriber whose client has this name.
    pub(crate) fn add_client(&self, client: Option<Arc<str>>) -> SubscriberGuard {
        let number = self.inner.subscribers.add();
        self.inner.touch();
        self.inner.wake_for_subscriber();
        SubscriberGuard { inner: self.inner.clone(), number, client: client.map(Box::new), finished: false }
    }

    /// Judges what clients show; `None`: none has said so yet.
    pub(crate) fn judge(&self) -> Option<&Arc<ReplayJudge>> {
        self.inner.judge.get()
    }

    /// Whether a new connection of a client is judged from its beginning.
    pub(crate) fn judges_from_start(&self, client: Option<&Arc<str>>) -> bool {
        self.judge().is_some_and(|judge| judge.awaits(client))
    }

    /// The link faults; `None`: there have never been any.
    pub(crate) fn link_plan(&self) -> Option<Arc<LinkPlan>> {
        self.inner.link.plan()
    }

    /// Rises with each change of the link faults; 0: there have never been any.
    pub(crate) fn link_version(&self) -> u64 {
        self.inner.link.version()
    }

    /// How a client that connects now is refused by a link fault, if it is. Counts, and notes it in the journal.
    pub(crate) fn refuse_by_fault(&self, client: Option<&Arc<str>>, now: Instant) -> Option<EndCode> {
        let plan = self.link_plan().filter(|plan| plan.refuses())?;
        let media = self.media_time(now);
        let connect = self.inner.link.count_attempt();
        let (fault, code) = plan.refuse(media, client.map(|client| &**client), connect)?;
        let what = match code {
            EndCode::Reset => "connection reset".to_owned(),
            EndCode::Number(status) => format!("answered {status}"),
        };
        let done = LinkDone { kind: FaultKind::Refuse, fault: Some(fault), what };
        self.note_link_fault(None, client.cloned(), done, media, now);
        Some(code)
    }

    /// What link faults do to a document that is requested now, which some words mean. Notes it in the journal.
    pub(crate) fn document_fault(&self, now: Instant, words: &[&str]) -> DocumentFault {
        let Some(plan) = self.link_plan().filter(|plan| plan.concerns_documents()) else {
            return DocumentFault::default();
        };
        let media = self.media_time(now);
        let document = plan.document(media, self.inner.link.count_attempt(), words, now);
        let note = |kind, fault, what| {
            self.note_link_fault(None, None, LinkDone { kind, fault: Some(fault), what }, media, now);
        };
        match document {
            // There is no body then.
            DocumentFault { status: Some((fault, status)), .. } => {
                note(FaultKind::HttpError, fault, format!("answered {status}"));
            }
            DocumentFault { limited: Some((fault, _)), .. } => {
                note(FaultKind::Limit, fault, "answered that too many were requested".to_owned());
            }
            DocumentFault { body_delay: Some((fault, delay)), .. } => {
                note(FaultKind::SlowBody, fault, format!("body sent {delay:?} late"));
            }
            _ => {}
        }
        document
    }

    fn media_time(&self, now: Instant) -> MediaTime {
        self.status(now).playhead.clock.media_time(now)
    }

    /// Adds an entry to the journal of link faults. `done.fault` is the place of the fault among the link faults of the plan.
    pub(crate) fn note_link_fault(
        &self,
        subscriber: Option<u32>,
        client: Option<Arc<str>>,
        done: LinkDone,
        at: MediaTime,
        now: Instant,
    ) {
        let LinkDone { kind, fault, what } = done;
        let plan = self.link_plan();
        let fault = fault.map(|place| plan.map_or(place, |plan| plan.place_in_plan(place)));
        let suppressed = self.inner.link.allow_log_line(now);
        if let Some(suppressed) = suppressed {
            let name = &*self.inner.name;
            let suppressed = Some(suppressed).filter(|count| *count > 0);
            tracing::info!(replay = name, subscriber, client = client.as_deref(), %kind, suppressed, "link fault: {what}");
        }
        self.inner.link.note(LinkNote { wall: self.wall().at(now), at, subscriber, client, kind, fault, what });
    }

    /// What link faults have done, at most the last thousand things.
    #[doc(hidden)]
    pub fn link_notes(&self) -> Vec<LinkNote> {
        self.inner.link.notes()
    }

    /// The seed of faults that was given last.
    #[doc(hidden)]
    pub fn fault_seed(&self) -> u64 {
        self.inner.seed.load(Ordering::Relaxed)
    }

    /// The plan of all faults in force, of the feed and of links.
    #[doc(hidden)]
    pub fn fault_plan(&self) -> FaultPlan {
        let of_feed =
            self.timeline().faults().and_then(|report| FaultPlan::parse(&report.plan).ok()).unwrap_or_default();
        of_feed.joined(self.link_plan().as_deref().map_or(&FaultPlan::default(), LinkPlan::plan))
    }

    /// The number of subscribers.
    pub fn subscriber_count(&self) -> usize {
        self.inner.subscribers.count()
    }

    /// Whether the place of a cursor is ahead by no more than [`MAX_CURSOR_WAIT`]: another server plays the same, and its clock is a
    /// little ahead of this one, or it has learnt of a command earlier.
    pub(crate) fn will_soon_reach(&self, cursor: &Cursor, now: Instant) -> bool {
        let status = self.status(now);
        let playhead = &status.playhead;
        let cues = status.timeline().cues().len();
        let named = cursor.replay.as_deref().is_none_or(|name| name == self.name());
        let exists = named && cursor.run == status.frames.run() && cursor.n as usize <= cues;
        if !exists || !is_ahead(cursor, playhead) || cursor.epoch > playhead.epoch + 1 {
            return false;
        }
        // Another server may have learnt of a command earlier.
        if self.is_shared() || cursor.epoch > playhead.epoch {
            return self.is_shared();
        }
        let cue = cursor.n.checked_sub(1).and_then(|cue| status.timeline().cues().get(cue as usize));
        let due = cue.and_then(|cue| playhead.clock.due_at(cue.at));
        due.is_some_and(|due| due.saturating_duration_since(now) <= MAX_CURSOR_WAIT)
    }

    /// Waits until the place of a cursor is reached, or for [`MAX_CURSOR_WAIT`].
    pub(crate) async fn wait_to_reach(&self, cursor: &Cursor) {
        let mut observer = self.observe();
        let reached = observer.find(|status| !is_ahead(cursor, &status.playhead));
        let _ = tokio::time::timeout(MAX_CURSOR_WAIT, reached).await;
    }

    /// Whether another server decides about commands.
    pub(crate) fn is_shared(&self) -> bool {
        self.inner.authority.is_some()
    }

    /// Whether as many subscribers are here as playback waits for, and it has not begun.
    pub(crate) fn should_begin(&self) -> bool {
        self.is_waiting() && self.inner.wait_for > 0 && self.inner.has_enough_subscribers()
    }

    /// Whether playback has not begun.
    pub(crate) fn is_waiting(&self) -> bool {
        self.inner.status.borrow().playhead.state == State::Waiting
    }

    /// Waits until there are at least `count` subscribers. Returns `false` if the replay is over before that.
    pub async fn wait_for_subscribers(&self, count: usize) -> bool {
        self.inner.subscribers.wait_until(|| self.subscriber_count() >= count || self.is_over()).await;
        self.subscriber_count() >= count
    }

    /// The number of the newest subscriber; 0: there has been none.
    #[doc(hidden)]
    pub fn newest_subscriber_number(&self) -> u32 {
        self.inner.subscribers.newest_number()
    }

    /// Waits until all subscribers have passed a barrier: their frames have been written, not merely queued. The error of a
    /// timeout lists the subscribers that have not passed.
    #[doc(hidden)]
    pub async fn wait_for_barrier(&self, barrier: Barrier, timeout: Duration) -> Result<(), Vec<Behind>> {
        let _guard = self.open_barrier();
        let passed = tokio::time::timeout(timeout, self.inner.subscribers.wait_for_barrier(barrier)).await;
        match (passed, self.inner.subscribers.find_behind(barrier)) {
            (Ok(()), _) => Ok(()),
            // They passed in the last moment.
            (Err(_), behind) if behind.is_empty() => Ok(()),
            (Err(_), behind) => Err(behind),
        }
    }

    /// Begins to record sent marks, and wakes all subscribers, so that idle ones report theirs too: connection tasks by the
    /// status, the delivery loop by the driver.
    fn open_barrier(&self) -> BarrierGuard<'_> {
        let guard = BarrierGuard::new(&self.inner.subscribers);
        self.inner.status.send_modify(|_| ());
        self.inner.wake_flag.wake();
        guard
    }

    /// Whether a barrier is open, so that sent marks have to be recorded.
    #[doc(hidden)]
    pub fn has_barriers(&self) -> bool {
        self.inner.subscribers.has_barriers()
    }

    /// Records what subscribers have been sent, by number.
    pub(crate) fn record_sent(&self, numbers: impl Iterator<Item = u32>, sent: SentMark) {
        self.inner.subscribers.record_sent(numbers, sent);
    }

    /// Records that a subscriber has acknowledged all events of an epoch up to `n`.
    pub(crate) fn record_acknowledged(&self, subscriber: u32, epoch: u64, n: u32) {
        self.inner.subscribers.record_acknowledged(subscriber, epoch, n);
    }

    /// Records activity of a client: the linger time starts anew.
    pub(crate) fn touch(&self) {
        self.inner.touch();
    }

    /// The rank for eviction; `None`: the replay may not be evicted, or is closing already.
    pub(super) fn eviction_rank(&self) -> Option<EvictionRank> {
        self.inner.eviction_rank().filter(|_| !self.is_over() && !self.is_stopping())
    }

    /// How long the replay stays open after its last subscriber has left; `None`: for good.
    pub fn linger(&self) -> Option<Duration> {
        self.inner.linger
    }

    /// Whether a client opened the replay for itself.
    pub(crate) fn is_owned(&self) -> bool {
        self.inner.owned
    }

    /// Whether public listings show the replay.
    pub(crate) fn is_listed(&self) -> bool {
        self.inner.listed
    }

    /// How much later than in the scenario hello and the documents place kick-offs.
    pub(crate) fn kickoff_offset(&self) -> Span {
        self.inner.kickoff_offset
    }

    /// The token that gives the right to control the replay; `None`: the replay has none.
    pub(crate) fn token(&self) -> Option<Token> {
        self.inner.token
    }

    /// The source of wall-clock time.
    pub(crate) fn wall(&self) -> Wall {
        self.inner.wall
    }

    /// When a cue of an epoch was emitted; `None`: not known any more, or not emitted.
    pub(super) fn emitted_at(&self, timeline: &Timeline, epoch: u64, index: u32) -> Option<SystemTime> {
        let at = timeline.cues().get(index as usize)?.at;
        let emissions = self.inner.emissions.lock();
        emissions.emitted_at(epoch, index, at)
    }

    /// Waits until the replay is over: it has no driver any more.
    pub async fn wait_until_over(&self) {
        wait_until(&self.inner.ended, || self.is_over()).await;
    }

    /// Whether the replay is over: it has no driver any more.
    pub fn is_over(&self) -> bool {
        self.inner.over.load(Ordering::Acquire)
    }

    /// Whether the replay is stopping.
    pub(crate) fn is_stopping(&self) -> bool {
        self.inner.status.borrow().stopping.is_some()
    }

    /// Stops the replay: its subscribers are closed.
    #[doc(hidden)]
    pub fn stop(&self, stopping: Stopping) {
        self.inner.stop(stopping);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::{Hub, Opened, ReplayOptions};
    use crate::scenario::SHIPPED;

    #[tokio::test(start_paused = true)]
    async fn a_cursor_that_is_reached_within_two_seconds_waits() {
        let timeline = Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")));
        let Opened { replay, control } =
            Hub::new().open("a", timeline.clone(), ReplayOptions::default()).expect("a replay");
        tokio::time::sleep(Duration::from_secs(40)).await;
        let status = replay.status(runtime_now());
        let (run, head) = (status.frames.run(), status.playhead.head);
        let cursor = |run, epoch, n| Cursor { run, epoch, n, replay: None };
        let waits = |cursor: Cursor| replay.will_soon_reach(&cursor, runtime_now());
        let last = timeline
            .cues()
            .partition_point(|cue| cue.at <= status.playhead.clock.media_time(runtime_now() + MAX_CURSOR_WAIT));
        let last = u32::try_from(last).expect("few");
        assert!(last > head, "something happens in two minutes of the match");
        assert_eq!(
            [head, last, last + 1, 101, 102, u32::MAX].map(|n| waits(cursor(run, 1, n))),
            [false, true, false, false, false, false]
        );
        assert!(!waits(cursor(run + 1, 1, last)) && !waits(cursor(run, 2, 1)), "of something else, of no other server");
        let (began, wanted) = (runtime_now(), cursor(run, 1, last));
        replay.wait_to_reach(&wanted).await;
        assert!(runtime_now() - began <= MAX_CURSOR_WAIT && replay.status(runtime_now()).playhead.head >= last);
        control.apply(Command::Pause).await.expect("applied");
        assert!(!waits(cursor(run, 1, last + 1)), "nothing is due");
        let began = runtime_now();
        replay.wait_to_reach(&cursor(run, 1, 101)).await;
        assert_eq!(runtime_now() - began, MAX_CURSOR_WAIT);
    }
}
