//! A replay seen from the two sides that have to do with it. Whoever holds a [`Replay`] may look, whoever holds a
//! [`Control`] may touch: a capability, not a check. What is between them is in `driver.rs`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::bell::Bell;
use super::close::CloseCode;
use super::emissions::Emissions;
use super::frames::Frames;
use super::tick::Tick;
use super::wall::Wall;
use crate::playback::{Applied, Command, Options, Playhead, Rejection, State};
use crate::scenario::{MediaTime, Timeline};

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
    /// Told as they are closed.
    pub code: CloseCode,
    /// Whether they get all that they are owed first.
    pub drain: bool,
}

#[derive(Debug)]
pub(super) struct Shared {
    id: u64,
    pub(super) name: Arc<str>,
    run: u32,
    run_word: String,
    pub(super) frames: Arc<Frames>,
    pub(super) view: watch::Sender<View>,
    pub(super) subscribers: watch::Sender<usize>,
    /// How many of them playback waits for.
    wait_for: usize,
    /// Calls the driver.
    pub(super) bell: Arc<Bell>,
    /// Set once there is no driver any more.
    pub(super) over: CancellationToken,
    /// Guards two short lists; held while one is appended to or searched.
    emissions: Mutex<Emissions>,
    resyncs: AtomicU64,
    pub(super) wall: Wall,
}

/// The right to look at a replay.
#[derive(Debug, Clone)]
pub struct Replay {
    pub(super) shared: Arc<Shared>,
}

/// The right to control a replay.
#[derive(Debug, Clone)]
pub struct Control {
    pub(super) orders: mpsc::Sender<Order>,
    pub(super) bell: Arc<Bell>,
}

/// The replay has gone away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone;

#[derive(Debug)]
pub(super) struct Order {
    pub(super) command: Command,
    pub(super) answer: oneshot::Sender<Result<Answer, Rejection>>,
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
        self.shared.told_of_a_leave();
    }
}

impl Control {
    /// Has a command carried out and tells what it did.
    ///
    /// Dropping the future takes back a command that has not been picked up; one that has is carried out all the same.
    pub async fn apply(&self, command: Command) -> Result<Result<Answer, Rejection>, Gone> {
        let (answer, answered) = oneshot::channel();
        self.orders.send(Order { command, answer }).await.map_err(|_| Gone)?;
        self.bell.ring();
        answered.await.map_err(|_| Gone)
    }
}

impl Replay {
    /// What calls its driver.
    pub(crate) fn bell(&self) -> &Bell {
        &self.shared.bell
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// A number that no other replay of this process has or will have.
    pub fn id(&self) -> u64 {
        self.shared.id
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
        self.shared.told_of_a_newcomer();
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

    /// How often readers that were more than a lap behind had to be cut over to the present. Those in step count as one.
    pub fn resyncs(&self) -> u64 {
        self.shared.resyncs.load(Ordering::Relaxed)
    }

    pub(super) fn count_resync(&self) {
        self.shared.resyncs.fetch_add(1, Ordering::Relaxed);
    }

    /// When a cue of an epoch was told, if that epoch is not long gone.
    pub(super) fn told(&self, epoch: u32, index: u32) -> Option<SystemTime> {
        let emissions = self.shared.emissions.lock().unwrap_or_else(PoisonError::into_inner);
        emissions.told(epoch, index)
    }

    /// Waits until nothing moves it any more: it was stopped or, with [`ReplayOptions::once`], is over.
    pub async fn over(&self) {
        self.shared.over.cancelled().await;
    }

    /// Whether nothing moves it any more.
    pub fn is_over(&self) -> bool {
        self.shared.over.is_cancelled()
    }

    /// Whether subscribers are being sent away.
    pub fn is_stopping(&self) -> bool {
        self.shared.view.borrow().stopping.is_some()
    }

    /// Sends every subscriber away.
    pub fn stop(&self, stopping: Stopping) {
        self.shared.stop(stopping);
    }
}

impl Shared {
    pub(super) fn new(name: &str, frames: Arc<Frames>, view: View, wall: Wall, wait_for: usize) -> Self {
        let run = frames.timeline().digest();
        static OPENED: AtomicU64 = AtomicU64::new(0);
        Self {
            id: OPENED.fetch_add(1, Ordering::Relaxed),
            name: name.into(),
            run,
            run_word: format!("{run:08x}"),
            frames,
            view: watch::Sender::new(view),
            subscribers: watch::Sender::new(0),
            wait_for,
            bell: Arc::default(),
            over: CancellationToken::new(),
            emissions: Mutex::default(),
            resyncs: AtomicU64::new(0),
            wall,
        }
    }

    /// Sends every subscriber away; nobody is woken who knows it already.
    pub(super) fn stop(&self, stopping: Stopping) {
        let news = self.view.send_if_modified(|view| {
            // Only what waits for the slow ones can be made more urgent.
            let news = view.stopping.is_none_or(|present| present.drain && !stopping.drain);
            if news {
                view.stopping = Some(stopping);
            }
            news
        });
        if news {
            self.bell.ring();
        }
    }

    /// Whether as many have come as were waited for.
    pub(super) fn enough_have_come(&self) -> bool {
        *self.subscribers.borrow() >= self.wait_for
    }

    /// Rings where the driver waits for subscribers: else their coming is nothing to it.
    fn told_of_a_newcomer(&self) {
        if self.view.borrow().playhead.state == State::Waiting && self.enough_have_come() {
            self.bell.ring();
        }
    }

    /// Rings where the driver waits for the last to leave.
    fn told_of_a_leave(&self) {
        if self.view.borrow().stopping.is_some() && *self.subscribers.borrow() == 0 {
            self.bell.ring();
        }
    }

    pub(super) fn note_emission(&self, playhead: &Playhead, now: Instant) {
        self.emissions.lock().unwrap_or_else(PoisonError::into_inner).note(playhead, self.wall.at(now));
    }
}
