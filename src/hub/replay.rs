//! A replay: the task that moves one playhead, seen from the two sides that have to do with it. Whoever holds a [`Replay`]
//! may look, whoever holds a [`Control`] may touch: a capability, not a check.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot, watch};

use super::follow::Follow;
use super::frames::Frames;
use super::wall::Wall;
use super::websocket_frame::text_frame;
use crate::dialect::native::{self, MatchTick};
use crate::playback::{Applied, Cause, Command, Options, Playback, Playhead, Rejection, State};
use crate::scenario::{MediaTime, Timeline};

/// How often a tick is told while playing.
const TICK: Duration = Duration::from_secs(1);
/// Every so many seconds a tick is told even when not playing.
const SLOW_TICKS: u64 = 5;
/// How many commands may wait; more senders wait to be let in.
const MAILBOX: usize = 64;
/// The most matches that a tick tells of.
const TICK_MATCHES: usize = 20;

/// How a replay is played.
#[derive(Debug, Clone, Default)]
pub struct ReplayOptions {
    /// Speed, pace, start and end.
    pub playback: Options,
    /// How many subscribers it waits for before it starts.
    pub wait_for: usize,
    /// Whether it closes its subscribers when it has ended and they have everything.
    pub once: bool,
    /// Where wall time comes from.
    pub wall: Wall,
}

/// What everyone who follows a replay looks at: told by level, so that nobody can miss it.
#[derive(Debug, Clone)]
pub struct View {
    /// Where playback is.
    pub playhead: Playhead,
    /// The latest tick.
    pub tick: Option<Arc<Tick>>,
    /// Set once the replay is going away.
    pub stopping: Option<Stopping>,
}

/// Why subscribers are sent away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopping {
    /// The close code.
    pub code: u16,
    /// In words.
    pub reason: &'static str,
    /// Whether they get all that they are owed first.
    pub drain: bool,
}

/// A sign of life: where every match was at a moment.
#[derive(Debug)]
pub struct Tick {
    /// Rises with each.
    pub serial: u64,
    /// Whether it is one of those that are told every five seconds.
    pub slow: bool,
    /// Whether it answers a step, so that everyone who takes ticks at all wants it.
    pub asked: bool,
    /// The epoch it belongs to.
    pub epoch: u32,
    /// How many cues had been released.
    pub n: u32,
    at: MediaTime,
    wall: SystemTime,
    running: bool,
    frame: OnceLock<Bytes>,
}

impl Tick {
    /// Of this moment, for one who has just come.
    pub(super) fn now(playhead: &Playhead, now: Instant, wall: Wall) -> Self {
        Self {
            serial: 0,
            slow: false,
            asked: false,
            epoch: playhead.epoch,
            n: playhead.head,
            at: playhead.clock.media_time(now),
            wall: wall.at(now),
            running: playhead.clock.running,
            frame: OnceLock::new(),
        }
    }

    /// The frame, with its header; encoded once for all who follow everything.
    pub(super) fn frame(&self, timeline: &Timeline, follow: &Follow) -> Bytes {
        if follow.everything() {
            return self.frame.get_or_init(|| self.encode(timeline, follow)).clone();
        }
        self.encode(timeline, follow)
    }

    fn encode(&self, timeline: &Timeline, follow: &Follow) -> Bytes {
        let mut tracks = follow.snapshots(timeline, self.at);
        tracks.truncate(TICK_MATCHES);
        let states: Vec<_> = tracks.iter().map(|track| (*track, timeline.state_at(*track, self.n as usize))).collect();
        let matches: Vec<_> = states
            .iter()
            .map(|(track, state)| {
                let clock = timeline.clock_at(*track, self.at, state);
                MatchTick { state, clock, running: self.running && !clock.status.is_final() }
            })
            .collect();
        let (mut text, mut frame) = (Vec::new(), Vec::new());
        native::tick(self.n, self.at, self.wall, &matches, &mut text);
        text_frame(&mut frame, &text);
        frame.into()
    }
}

/// When cues were really told: for subscribers that want every event stamped.
#[derive(Debug, Default)]
struct Emissions {
    current: Lap,
    before: Lap,
}

#[derive(Debug, Default)]
struct Lap {
    epoch: u32,
    began: Option<SystemTime>,
    /// The head, and how many milliseconds after the beginning it got there.
    heads: Vec<(u32, u32)>,
}

impl Lap {
    fn reach(&mut self, head: u32, wall: SystemTime) {
        if self.heads.last().is_none_or(|(last, _)| *last < head) {
            let since = self.began.and_then(|began| wall.duration_since(began).ok()).unwrap_or_default();
            self.heads.push((head, u32::try_from(since.as_millis()).unwrap_or(u32::MAX)));
        }
    }

    fn told(&self, index: u32) -> Option<SystemTime> {
        let place = self.heads.partition_point(|(head, _)| *head <= index);
        let (_, millis) = self.heads.get(place)?;
        Some(self.began? + Duration::from_millis((*millis).into()))
    }
}

#[derive(Debug)]
struct Shared {
    name: Arc<str>,
    run: u32,
    run_word: String,
    frames: Arc<Frames>,
    view: watch::Sender<View>,
    subscribers: watch::Sender<usize>,
    /// Guards two short lists; held while one is appended to or searched.
    emissions: Mutex<Emissions>,
    resyncs: AtomicU64,
    wall: Wall,
}

/// The right to look at a replay.
#[derive(Debug, Clone)]
pub struct Replay {
    shared: Arc<Shared>,
}

/// The right to control a replay.
#[derive(Debug, Clone)]
pub struct Control {
    orders: mpsc::Sender<Order>,
}

/// The replay has gone away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone;

#[derive(Debug)]
struct Order {
    command: Command,
    answer: oneshot::Sender<Result<Answer, Rejection>>,
}

/// What a command did, and where playback is after it.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was really done.
    pub applied: Applied,
    /// Where playback is.
    pub playhead: Playhead,
    /// The media time just then.
    pub at: MediaTime,
    /// The time on the wall just then.
    pub wall: SystemTime,
}

/// Counts a subscriber as long as it is held.
#[derive(Debug)]
pub struct SubscriberGuard {
    shared: Arc<Shared>,
}

impl Drop for SubscriberGuard {
    fn drop(&mut self) {
        self.shared.subscribers.send_modify(|count| *count -= 1);
    }
}

impl Control {
    /// Has a command carried out and tells what it did.
    ///
    /// Dropping the future takes back a command that has not been picked up; one that has is carried out all the same.
    pub async fn apply(&self, command: Command) -> Result<Result<Answer, Rejection>, Gone> {
        let (answer, answered) = oneshot::channel();
        self.orders.send(Order { command, answer }).await.map_err(|_| Gone)?;
        answered.await.map_err(|_| Gone)
    }
}

impl Replay {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// The digest of what it plays.
    pub fn run(&self) -> u32 {
        self.shared.run
    }

    /// Likewise, as it stands on the wire.
    pub fn run_word(&self) -> &str {
        &self.shared.run_word
    }

    /// The encoded frames of what it plays.
    pub fn frames(&self) -> &Arc<Frames> {
        &self.shared.frames
    }

    /// What it plays.
    pub fn timeline(&self) -> &Arc<Timeline> {
        self.shared.frames.timeline()
    }

    /// Follows where it is.
    pub fn watch(&self) -> watch::Receiver<View> {
        self.shared.view.subscribe()
    }

    /// Counts a subscriber in; it is counted out when the guard is dropped.
    pub fn count_in(&self) -> SubscriberGuard {
        self.shared.subscribers.send_modify(|count| *count += 1);
        SubscriberGuard { shared: self.shared.clone() }
    }

    /// How many subscribers there are.
    pub fn subscribers(&self) -> usize {
        *self.shared.subscribers.borrow()
    }

    /// Follows how many subscribers there are.
    pub fn watch_subscribers(&self) -> watch::Receiver<usize> {
        self.shared.subscribers.subscribe()
    }

    /// Where its wall time comes from.
    pub fn wall(&self) -> Wall {
        self.shared.wall
    }

    /// How often a reader that was more than a lap behind had to be cut over to the present.
    pub fn resyncs(&self) -> u64 {
        self.shared.resyncs.load(Ordering::Relaxed)
    }

    pub(super) fn count_resync(&self) {
        self.shared.resyncs.fetch_add(1, Ordering::Relaxed);
    }

    /// When a cue of an epoch was told, if that epoch is not long gone.
    pub(super) fn told(&self, epoch: u32, index: u32) -> Option<SystemTime> {
        let emissions = self.shared.emissions.lock().unwrap_or_else(PoisonError::into_inner);
        let lap = [&emissions.current, &emissions.before].into_iter().find(|lap| lap.epoch == epoch)?;
        lap.told(index)
    }

    /// Whether subscribers are being sent away.
    pub fn is_stopping(&self) -> bool {
        self.shared.view.borrow().stopping.is_some()
    }

    /// Sends every subscriber away.
    pub fn stop(&self, stopping: Stopping) {
        self.shared.view.send_modify(|view| {
            // Only what waits for the slow ones can be made more urgent.
            if view.stopping.is_none_or(|present| present.drain && !stopping.drain) {
                view.stopping = Some(stopping);
            }
        });
    }
}

impl Shared {
    fn note_emission(&self, playhead: &Playhead, now: Instant) {
        let mut emissions = self.emissions.lock().unwrap_or_else(PoisonError::into_inner);
        let wall = self.wall.at(now);
        if emissions.current.epoch != playhead.epoch {
            // A lap may have been told to its end and the next begun at one wake.
            let rest = playhead.tail.filter(|tail| tail.epoch == emissions.current.epoch);
            if let Some(tail) = rest {
                emissions.current.reach(tail.head, wall);
            }
            let next = Lap { epoch: playhead.epoch, began: Some(wall), heads: Vec::new() };
            emissions.before = std::mem::replace(&mut emissions.current, next);
            // What lies before the start of an epoch counts as told when it began.
            emissions.current.heads.push((playhead.start, 0));
        }
        emissions.current.reach(playhead.head, wall);
    }
}

/// Opens a replay: gives the two handles and the task that is to be run.
///
/// The task ends when [`Replay::stop`] has been called or, with [`ReplayOptions::once`], when playback has ended and no
/// subscriber is left.
pub(super) fn open(
    name: &str,
    frames: Arc<Frames>,
    options: ReplayOptions,
    now: Instant,
) -> Result<(Replay, Control, impl Future<Output = ()> + Send + use<>), Rejection> {
    let timeline = frames.timeline().clone();
    let ReplayOptions { mut playback, wait_for, once, wall } = options;
    playback.waiting = wait_for > 0;
    let playback = Playback::new(&timeline, playback, now)?;
    let view = View { playhead: playback.playhead(), tick: None, stopping: None };
    let shared = Arc::new(Shared {
        name: name.into(),
        run: timeline.digest(),
        run_word: format!("{:08x}", timeline.digest()),
        frames,
        view: watch::Sender::new(view),
        subscribers: watch::Sender::new(0),
        emissions: Mutex::default(),
        resyncs: AtomicU64::new(0),
        wall,
    });
    // What lies before the place where it begins counts as told by now.
    shared.note_emission(&playback.playhead(), now);
    let (orders, mailbox) = mpsc::channel(MAILBOX);
    let driver = Driver {
        shared: shared.clone(),
        timeline,
        playback,
        mailbox,
        wait_for,
        once,
        began: now,
        ticks: 0,
        serial: 0,
        steps: 0,
    };
    Ok((Replay { shared }, Control { orders }, driver.run()))
}

/// The task that owns a playback.
struct Driver {
    shared: Arc<Shared>,
    timeline: Arc<Timeline>,
    playback: Playback,
    mailbox: mpsc::Receiver<Order>,
    wait_for: usize,
    once: bool,
    began: Instant,
    /// How many seconds of ticking have passed.
    ticks: u64,
    /// How many ticks have been told.
    serial: u64,
    /// How many steps have been answered by a tick.
    steps: u32,
}

impl Driver {
    async fn run(mut self) {
        let mut view = self.shared.view.subscribe();
        let mut subscribers = self.shared.subscribers.subscribe();
        loop {
            let now = tokio::time::Instant::now().into_std();
            if self.playback.playhead().state == State::Waiting && *subscribers.borrow_and_update() >= self.wait_for {
                self.playback.begin(&self.timeline, now);
            }
            let wake = self.playback.advance(&self.timeline, now);
            self.publish(now);
            let playhead = self.playback.playhead();
            let over = self.once && playhead.state == State::Ended;
            if over {
                let stopping = Stopping { code: 1000, reason: "the replay has ended", drain: true };
                self.shared.view.send_modify(|view| {
                    view.stopping.get_or_insert(stopping);
                });
            }
            if view.borrow_and_update().stopping.is_some() && (!over || *subscribers.borrow_and_update() == 0) {
                return;
            }
            let next = wake.into_iter().chain([self.next_tick(&playhead, now)]).min().unwrap_or(now);
            tokio::select! {
                // Where nobody is left who could command it, it goes on by itself.
                Some(order) = self.mailbox.recv() => self.obey(order),
                () = tokio::time::sleep_until(next.into()) => {}
                _ = subscribers.changed() => {}
                _ = view.changed() => {}
            }
        }
    }

    fn obey(&mut self, Order { command, answer }: Order) {
        let now = tokio::time::Instant::now().into_std();
        if self.shared.view.borrow().stopping.is_some() {
            // Those who still get the rest of it would be cut off from that.
            let message = "the replay is being closed and takes no more commands".to_owned();
            let _ = answer.send(Err(Rejection { code: "closing", message, accepted: Vec::new() }));
            return;
        }
        let applied = self.playback.apply(&self.timeline, &command, now);
        // The view is published before the answer: who hears the answer finds the view changed.
        self.publish(now);
        let playhead = self.playback.playhead();
        let (at, wall) = (playhead.clock.media_time(now), self.shared.wall.at(now));
        // Nobody waits for the answer any more: the command stands all the same.
        let _ = answer.send(applied.map(|applied| Answer { applied, playhead, at, wall }));
    }

    fn next_tick(&self, playhead: &Playhead, now: Instant) -> Instant {
        let mut serial = self.ticks + 1;
        if playhead.state != State::Playing {
            serial = serial.next_multiple_of(SLOW_TICKS);
        }
        let due = TICK.checked_mul(u32::try_from(serial).unwrap_or(u32::MAX)).and_then(|at| self.began.checked_add(at));
        due.unwrap_or(now + TICK)
    }

    /// Lets everyone see what has changed.
    fn publish(&mut self, now: Instant) {
        let playhead = self.playback.playhead();
        let before = self.shared.view.borrow().playhead;
        if before.epoch != playhead.epoch || before.head != playhead.head {
            self.shared.note_emission(&playhead, now);
        }
        if playhead.cause == Cause::Stall && before.version != playhead.version {
            tracing::warn!(replay = &*self.shared.name, "the machine stalled; the clock goes on from where it was");
        }
        let seconds = (now - self.began).as_secs();
        let slow_due = seconds / SLOW_TICKS > self.ticks / SLOW_TICKS;
        let due = seconds > self.ticks && (playhead.state == State::Playing || slow_due);
        let asked = playhead.steps != self.steps;
        let tick = (due || asked).then(|| {
            self.serial += 1;
            let tick = Tick::now(&playhead, now, self.shared.wall);
            Arc::new(Tick { serial: self.serial, slow: slow_due, asked, ..tick })
        });
        self.ticks = self.ticks.max(seconds);
        self.steps = playhead.steps;
        self.shared.view.send_if_modified(|view| {
            let changed = view.playhead != playhead || tick.is_some();
            view.playhead = playhead;
            if tick.is_some() {
                view.tick = tick;
            }
            changed
        });
    }
}
