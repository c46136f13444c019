//! The driver of a replay: owns its playback, does what is due, applies commands, and publishes the status.
//!
//! A driver is plain code without a task of its own. It never blocks and sets no timers: a
//! [`DriverRunner`](super::DriverRunner) polls it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::answer::Answer;
use super::command_queue::{Order, QueuedCommand};
use super::counters::HubCounters;
use super::feeds::Feeds;
use super::frame_cache::FrameCache;
use super::replay::{Control, Replay};
use super::replay_inner::ReplayInner;
use super::replay_options::ReplayOptions;
use super::replay_record::ReplayRecord;
use super::replay_status::{ReplayStatus, Stopping};
use super::shared::SharedPlayback;
use super::tick::Tick;
use super::wake_flag::WakeFlag;
use crate::close_code::CloseCode;
use crate::error_code::ErrorCode;
use crate::latency::Latency;
use crate::playback::{Applied, ChangeCause, CommandRequest, Playback, Rejection, Release, STALL_LIMIT, Speed, State};
use crate::scenario::Timeline;
use crate::suspension::suspended_for;

/// The interval of ticks while playing.
const TICK: Duration = Duration::from_secs(1);
/// Every fifth tick is slow: it is also sent while not playing, and to subscribers with slow ticks.
const SLOW_TICKS: u64 = 5;
/// The most releases kept for [`Driver::record_lateness`]: a runner may never call it.
const MAX_RELEASED: usize = 1_024;

/// Opens a replay: creates the two handles, and the driver, which has to be given to a runner.
///
/// The replay is over after [`Replay::stop`]; with [`ReplayOptions::once`], when playback has ended and no subscriber is left;
/// with [`ReplayOptions::linger`], that long after the last subscriber has left; and soon after the hub and all handles are dropped.
pub(super) fn open(
    name: &str,
    timeline: Arc<Timeline>,
    mut options: ReplayOptions,
    feeds: &Arc<Feeds>,
    counters: Arc<HubCounters>,
    now: Instant,
) -> Result<(Replay, Control, Driver), Rejection> {
    let frames = feeds.frames_of(timeline.clone());
    options.playback.waiting = options.wait_for > 0 || options.began.is_some();
    options.playback.stall_limit = Some(STALL_LIMIT);
    let created = options.began.map_or(now, |began| began.min(now));
    let (shared, mut playback) = match &options.shared {
        Some(start) => {
            let (shared, playback) = SharedPlayback::start(&timeline, &start.record, options.wall, now)?;
            (Some(shared), playback)
        }
        None => (None, Playback::new(&timeline, options.playback.clone(), created)?),
    };
    let mut start_at = options.began.filter(|_| shared.is_none());
    if let Some(began) = start_at.take_if(|began| *began <= now) {
        playback.begin_as_of(&timeline, began, now);
    }
    let inner = Arc::new(ReplayInner::new(
        name,
        ReplayStatus::from_playback(&playback, frames.clone()),
        &options,
        feeds.clone(),
        now,
    ));
    // Cues before the start count as emitted now.
    inner.record_emission(&playback.playhead(), now);
    let replay = Replay { inner: inner.clone() };
    let control = Control { inner: inner.clone() };
    let driver = Driver {
        inner,
        counters,
        timeline,
        frames,
        playback: Arc::new(playback),
        shared,
        revision: 1,
        stalls: 0,
        start_at,
        idle: false,
        once: options.once,
        created: now,
        ticks: 0,
        serial: 0,
        steps: 0,
        released: Vec::new(),
        wake_at: None,
        changed: false,
        on_drop: None,
    };
    Ok((replay, control, driver))
}

/// The owner of a playback. Its runner polls it when something is due and when its wake flag is set.
pub struct Driver {
    inner: Arc<ReplayInner>,
    counters: Arc<HubCounters>,
    timeline: Arc<Timeline>,
    frames: Arc<FrameCache>,
    /// Shared with the status, and with copies of it, while the replay is idle.
    playback: Arc<Playback>,
    /// Set if the playback is that of a record.
    shared: Option<SharedPlayback>,
    /// As in [`ReplayStatus::revision`].
    revision: u64,
    /// How often a stall has moved the clock of the playback.
    stalls: u32,
    /// When playback start_at, if it was put off until an instant.
    start_at: Option<Instant>,
    /// Whether the replay was idle at the end of the last poll.
    idle: bool,
    once: bool,
    created: Instant,
    /// The tick intervals that have passed.
    ticks: u64,
    /// The number of ticks published.
    serial: u64,
    /// The number of steps that a tick has answered.
    steps: u32,
    /// The cues released to subscribers since lateness was last recorded.
    released: Vec<Release>,
    /// The instant for which the last poll asked.
    wake_at: Option<Instant>,
    /// Whether the status has changed since watchers were last notified.
    changed: bool,
    /// Called when the driver is dropped.
    on_drop: Option<Box<dyn FnOnce() + Send>>,
}

/// When a driver has to be polled again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The next cue or change of playback, which must be on time; `None`: none follows without a command.
    pub cue: Option<Instant>,
    /// The next tick, which yields to the cues of other replays.
    pub tick: Instant,
}

impl Due {
    /// The earlier of the two.
    pub fn first(&self) -> Instant {
        self.cue.map_or(self.tick, |cue| cue.min(self.tick))
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("replay", &self.inner.name).finish_non_exhaustive()
    }
}

impl Drop for Driver {
    /// Ends the replay whatever has become of the runner, so that no task waits for a replay without a driver.
    fn drop(&mut self) {
        self.end_idle();
        self.notify_watchers();
        if !self.is_stopping() {
            self.inner.stop(Stopping { code: CloseCode::Gone, drain: false });
        }
        if let Some(on_drop) = self.on_drop.take() {
            on_drop();
        }
        // Last, so that a task that waits for the end finds the name free.
        self.inner.mark_over();
    }
}

impl Driver {
    /// A handle on the replay.
    pub fn replay(&self) -> Replay {
        Replay { inner: self.inner.clone() }
    }

    /// The flag that is set when the driver must be polled before the instant for which it asked.
    pub fn wake_flag(&self) -> Arc<WakeFlag> {
        self.inner.wake_flag.clone()
    }

    /// Sets a function to be called when the driver is dropped.
    pub(super) fn on_drop(&mut self, on_drop: impl FnOnce() + Send + 'static) {
        self.on_drop = Some(Box::new(on_drop));
    }

    /// Does all that is due, and returns when the driver has to be polled again; `None`: the replay is over and the driver has
    /// to be dropped. [`Self::notify_watchers`] must follow.
    pub fn poll(&mut self, now: Instant) -> Option<Due> {
        let slept = self.wake_at.take().map_or(Duration::ZERO, |wake_at| suspended_for(wake_at, now));
        if !slept.is_zero() {
            self.inner.postpone_linger(slept, now);
        }
        loop {
            let wake = self.catch_up(now);
            let playhead = self.playback.playhead();
            let over = self.once && self.playback.is_over();
            if over {
                self.inner.stop(Stopping { code: CloseCode::Ended, drain: true });
            }
            let linger_deadline = self.inner.linger_deadline();
            if linger_deadline.is_some_and(|deadline| deadline <= now) {
                self.inner.stop(Stopping { code: CloseCode::Gone, drain: false });
                return None;
            }
            let left = self.inner.subscribers.count() == 0 && !self.inner.awaits_return();
            // The hub holds a handle too.
            let forgotten = Arc::strong_count(&self.inner) == 1;
            if forgotten || self.is_stopping() && (!over || left) {
                return None;
            }
            if let Some(QueuedCommand { order, answer, span }) = self.inner.commands.pop() {
                // The sender may have stopped waiting since: the command is applied all the same.
                let _ = answer.send(span.in_scope(|| match order {
                    Order::Playback(command_request) => self.apply(&command_request, now),
                    Order::Read => Ok(self.answer(Applied::default(), now)),
                    Order::Adopt { record, frames } => self.adopt(&record, frames, now),
                    Order::Frames { frames, link, seed, command, if_version, by } => {
                        let changed = self.change_frames(frames, if_version, by.as_ref(), now);
                        if changed.is_ok() {
                            seed.iter().for_each(|seed| self.inner.seed.store(*seed, Ordering::Relaxed));
                            // Connection tasks look at the plan when they are notified, the delivery loop after this.
                            self.changed |= self.inner.link.set(link);
                        }
                        self.counters.count_command(command, changed.is_ok());
                        changed
                    }
                }));
                continue;
            }
            let (cue, tick) = match wake {
                Some(_) if self.may_idle() => {
                    let tick = self.next_tick(SLOW_TICKS, now);
                    (self.idle_until(tick), tick)
                }
                wake => (wake, self.next_tick(if playhead.state == State::Playing { 1 } else { SLOW_TICKS }, now)),
            };
            if self.idle && self.inner.is_observed() {
                // A subscriber or observer that came before the status was marked idle has not set the wake flag.
                continue;
            }
            let due = Due { cue, tick: linger_deadline.map_or(tick, |deadline| deadline.min(tick)) };
            self.wake_at = Some(due.first());
            return Some(due);
        }
    }

    /// Whether the status has changed since [`Self::notify_watchers`] was last called.
    pub fn has_changes(&self) -> bool {
        self.changed
    }

    /// Wakes the tasks that wait for a change of the status, if it has changed. A runner that serves subscribers itself serves
    /// them first, because waking tasks takes time.
    pub fn notify_watchers(&mut self) {
        if std::mem::take(&mut self.changed) {
            self.inner.status.send_modify(|_| ());
        }
    }

    /// Advances playback to an instant and publishes the status. Returns when something is due next.
    fn catch_up(&mut self, now: Instant) -> Option<Instant> {
        let was_idle = self.end_idle();
        let Self { playback, timeline, inner, released, shared, revision, .. } = self;
        // This copies the playback only where a reader still holds a status of the idle time.
        let playback = Arc::make_mut(playback);
        if playback.playhead().state == State::Waiting {
            match self.start_at {
                Some(at) if at <= now => {
                    playback.begin(timeline, at);
                    *revision += 1;
                }
                Some(_) => {}
                // A shared replay begins with a record.
                None if shared.is_none() && inner.has_enough_subscribers() => {
                    playback.begin(timeline, now);
                    *revision += 1;
                }
                None => {}
            }
        }
        let wake = match was_idle {
            true => playback.advance_until_idle(timeline, now, &mut |release| inner.record_unobserved(&release)),
            false if inner.subscribers.count() > 0 => {
                playback.advance_with(timeline, now, &mut |release| {
                    // At `max` cues have no due time of their own, so lateness is not recorded; one release can be the whole timeline.
                    if release.clock.speed != Speed::MAX && released.len() < MAX_RELEASED {
                        released.push(release);
                    }
                })
            }
            false => playback.advance(timeline, now),
        };
        let start_at = self.start_at.filter(|_| self.playback.playhead().state == State::Waiting);
        self.follow_clock(now);
        self.publish(now, None);
        wake.or(start_at)
    }

    /// Whether the replay may become idle: it plays or has played, and is not observed.
    fn may_idle(&self) -> bool {
        let moves = self.playback.playhead().state != State::Waiting;
        moves && !self.is_stopping() && !self.inner.is_observed()
    }

    /// Makes the replay idle until an instant: readers of the status compute the present from the playback in it. Returns an
    /// earlier wake-up if one is needed: the end of playback, where the replay closes at its end.
    fn idle_until(&mut self, until: Instant) -> Option<Instant> {
        Arc::make_mut(&mut self.playback).postpone_wake(until);
        self.idle = true;
        self.inner.status.send_if_modified(|status| {
            status.idle_playback = Some(self.playback.clone());
            false
        });
        if self.once { self.playback.ends_by(&self.timeline, until) } else { None }
    }

    /// Ends the idle time: from here on the driver keeps the status current. Returns whether the replay was idle.
    fn end_idle(&mut self) -> bool {
        let was_idle = std::mem::take(&mut self.idle);
        if was_idle {
            self.changed = true;
            self.inner.status.send_if_modified(|status| {
                status.idle_playback = None;
                false
            });
        }
        was_idle
    }

    /// Records how late cues were that came due one by one (not at `max`, not after a seek). `sent_at` is the instant of the
    /// first write to a subscriber. Each cue is recorded once; cues without a subscriber are not.
    pub fn record_lateness(&mut self, sent_at: Instant, lateness: &mut Latency) {
        for Release { cues, clock, .. } in self.released.drain(..) {
            for cue in &self.timeline.cues()[cues.start as usize..cues.end as usize] {
                if let Some(due) = clock.due_at(cue.at) {
                    lateness.record(sent_at.saturating_duration_since(due));
                }
            }
        }
    }

    fn is_stopping(&self) -> bool {
        self.inner.status.borrow().stopping.is_some()
    }

    /// Applies a command. The status is published before this returns: a client that has the answer finds the status changed.
    /// [`Self::poll`] must follow.
    pub fn apply(&mut self, command_request: &CommandRequest, now: Instant) -> Result<Answer, Rejection> {
        let answer = self.execute(command_request, now);
        self.counters.count_command(command_request.command.name(), answer.is_ok());
        answer
    }

    fn execute(&mut self, command_request: &CommandRequest, now: Instant) -> Result<Answer, Rejection> {
        self.refuse_if_stopping()?;
        // Cues due before the command are released before it, whatever polled the driver last.
        self.catch_up(now);
        let CommandRequest { command, if_version, by } = command_request;
        self.refuse_if_stale(*if_version)?;
        let before = self.playback.playhead().version;
        let applied = Arc::make_mut(&mut self.playback).apply(&self.timeline, command, now)?;
        self.revision += u64::from(self.playback.playhead().version != before);
        self.publish(now, by.as_ref());
        tracing::info!(
            replay = &*self.inner.name,
            command = command.name(),
            by = by.as_deref(),
            version = self.playback.playhead().version,
            "applied"
        );
        Ok(self.answer(applied, now))
    }

    /// Plays frames of the same matches with other feed faults from here on.
    fn change_frames(
        &mut self,
        frames: Arc<FrameCache>,
        if_version: Option<u64>,
        by: Option<&Arc<str>>,
        now: Instant,
    ) -> Result<Answer, Rejection> {
        self.refuse_if_stopping()?;
        self.catch_up(now);
        self.refuse_if_stale(if_version)?;
        if Arc::ptr_eq(&frames, &self.frames) {
            return Ok(self.answer(Applied::default(), now));
        }
        // Their indices are those of the old timeline.
        self.released.clear();
        let before = std::mem::replace(&mut self.timeline, frames.timeline().clone());
        self.frames = frames;
        Arc::make_mut(&mut self.playback).change_timeline(&before, &self.timeline, now);
        self.revision += 1;
        self.publish(now, by);
        let faults = self.timeline.faults().map_or("off", |report| &report.plan);
        let version = self.playback.playhead().version;
        tracing::info!(
            replay = &*self.inner.name,
            command = "faults",
            faults,
            by = by.map(|by| &**by),
            version,
            "applied"
        );
        Ok(self.answer(Applied::default(), now))
    }

    /// Follows a record from now on, unless it follows a later one.
    fn adopt(&mut self, record: &ReplayRecord, frames: Arc<FrameCache>, now: Instant) -> Result<Answer, Rejection> {
        self.refuse_if_stopping()?;
        self.catch_up(now);
        let Some(shared) = &mut self.shared else {
            return Err(Rejection::new(ErrorCode::Unavailable, "the replay is not shared"));
        };
        if let Some(adopted) = shared.adopt(frames.timeline(), &self.playback, record, now)? {
            self.playback = Arc::new(adopted);
            if !Arc::ptr_eq(&frames, &self.frames) {
                self.released.clear();
                self.timeline = frames.timeline().clone();
                self.frames = frames;
            }
            self.revision += 1;
            self.publish(now, record.by.as_deref().map(Arc::from).as_ref());
        }
        Ok(self.answer(Applied::default(), now))
    }

    /// Follows corrections of the system's clock, where the playback is that of a record.
    fn follow_clock(&mut self, now: Instant) {
        if let Some(shared) = &mut self.shared
            && let Some(moved) = shared.follow_clock(&self.timeline, &self.playback, self.inner.wall, now)
        {
            self.playback = Arc::new(moved);
        }
    }

    fn refuse_if_stopping(&self) -> Result<(), Rejection> {
        if !self.is_stopping() {
            return Ok(());
        }
        // Subscribers that still receive the rest would be cut off from it.
        let message = "the replay is being closed and takes no more commands".to_owned();
        Err(Rejection::new(ErrorCode::Closing, message))
    }

    fn answer(&self, applied: Applied, now: Instant) -> Answer {
        let (playhead, pace) = (self.playback.playhead(), self.playback.pace_text().cloned());
        let (playback, revision) = (self.playback.clone(), self.revision);
        Answer { applied, playhead, frames: self.frames.clone(), pace, now, playback, revision }
    }

    /// Refuses a command that expects another version of playback than the present one.
    fn refuse_if_stale(&self, if_version: Option<u64>) -> Result<(), Rejection> {
        let playhead = self.playback.playhead();
        match if_version {
            Some(version) if version != playhead.version => {
                let by = self.inner.status.borrow().by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
                let message = format!(
                    "playback is at version {} ({}{by}), but the command expects version {version}",
                    playhead.version, playhead.cause
                );
                Err(Rejection::new(ErrorCode::Stale, message))
            }
            _ => Ok(()),
        }
    }

    /// When the next tick is due whose number is a multiple of `of`.
    fn next_tick(&self, of: u64, now: Instant) -> Instant {
        let serial = (self.ticks + 1).next_multiple_of(of);
        let due =
            TICK.checked_mul(u32::try_from(serial).unwrap_or(u32::MAX)).and_then(|at| self.created.checked_add(at));
        due.unwrap_or(now + TICK)
    }

    /// Publishes the present playback; `by` made its latest version.
    fn publish(&mut self, now: Instant, by: Option<&Arc<str>>) {
        let playhead = self.playback.playhead();
        let before = self.inner.status.borrow().playhead;
        if before.epoch != playhead.epoch || before.head != playhead.head {
            self.inner.record_emission(&playhead, now);
        }
        let stalls = self.playback.stalls();
        self.revision += u64::from(std::mem::replace(&mut self.stalls, stalls) != stalls);
        if playhead.cause == ChangeCause::Stall && before.version != playhead.version {
            tracing::warn!(
                replay = &*self.inner.name,
                "the process was stalled or suspended: the playback clock resumes from its last position"
            );
        }
        let seconds = (now - self.created).as_secs();
        let slow_due = seconds / SLOW_TICKS > self.ticks / SLOW_TICKS;
        // An interval that passed while nothing played has no tick: whether the driver was polled in it must not matter.
        let plays = (before.state, playhead.state) == (State::Playing, State::Playing);
        let due = seconds > self.ticks && (plays || slow_due);
        // The last tick of a lap tells the final state of every match, whose clocks have run on since the tick before.
        let ended = playhead.state == State::Ended && (before.state, before.epoch) != (State::Ended, playhead.epoch);
        let for_all_rates = playhead.steps != self.steps || ended;
        let tick = ((due || for_all_rates) && self.inner.subscribers.count() > 0).then(|| {
            self.serial += 1;
            let tick = Tick::at_present(&playhead, now, self.inner.wall);
            Arc::new(tick.for_publication(self.serial, slow_due, for_all_rates))
        });
        self.ticks = self.ticks.max(seconds);
        self.steps = playhead.steps;
        // No task is woken yet: the runner's own subscribers are served first.
        self.inner.status.send_if_modified(|status| {
            if !Arc::ptr_eq(&status.frames, &self.frames) {
                status.frames = self.frames.clone();
            }
            status.revision = self.revision;
            status.version_offset = self.shared.as_ref().map_or(0, SharedPlayback::version_offset);
            self.changed |= status.update(&self.playback, by) || tick.is_some();
            if tick.is_some() {
                status.tick = tick;
            }
            false
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::SHIPPED;

    /// A driver of a loop at that speed, with a subscriber and a moment between laps.
    fn followed(speed: &str, now: Instant) -> (Driver, super::super::SubscriberGuard) {
        let timeline = Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")));
        let mut options = ReplayOptions::default();
        options.playback.speed = Speed::parse(speed).expect("a speed");
        options.playback.looping = true;
        options.playback.hold = Duration::from_millis(700);
        let feeds = Feeds::new(Arc::default(), Arc::default());
        let (replay, _, driver) = open("a", timeline, options, &feeds, Arc::default(), now).expect("a replay");
        (driver, replay.add_subscriber())
    }

    /// How many releases are kept after so many polls.
    fn kept_after(driver: &mut Driver, polls: usize, mut now: Instant) -> usize {
        for _ in 0..polls {
            now = driver.poll(now).expect("it loops").first();
        }
        assert!(driver.playback.playhead().epoch > 3);
        driver.released.len()
    }

    #[test]
    fn releases_are_bounded_where_no_runner_records_lateness() {
        let now = Instant::now();
        let (mut driver, _subscriber) = followed("600", now);
        assert_eq!(kept_after(&mut driver, 2 * MAX_RELEASED, now), MAX_RELEASED);
        let mut lateness = Latency::new();
        driver.record_lateness(now, &mut lateness);
        assert!(driver.released.is_empty() && lateness.count() >= MAX_RELEASED as u64);
    }

    #[test]
    fn ticks_do_not_depend_on_how_often_the_driver_is_polled() {
        let ticks = |polls: Duration| {
            let begun = Instant::now();
            let (mut driver, _subscriber) = followed("1000", begun);
            let (mut now, mut ticks) = (begun, Vec::<(u64, u32, Duration)>::new());
            while now < begun + Duration::from_secs(60) {
                let next = driver.poll(now).expect("it loops").first();
                let status = driver.inner.status.borrow().tick.as_ref().map(|tick| (tick.serial, tick.n, now - begun));
                ticks.extend(status.filter(|(serial, ..)| Some(serial) != ticks.last().map(|(last, ..)| last)));
                now = next.min(now + polls);
            }
            assert!(driver.playback.playhead().epoch > 3);
            ticks
        };
        // A second ends between some of the laps.
        assert_eq!(ticks(Duration::from_millis(100)), ticks(Duration::from_secs(60)));
    }

    #[test]
    fn at_max_no_release_is_kept() {
        let now = Instant::now();
        let (mut driver, _subscriber) = followed("max", now);
        assert_eq!(kept_after(&mut driver, 20, now), 0);
    }
}
