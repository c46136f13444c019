//! What the two handles on a replay and its driver have in common: who is there, what is being told, and when it goes away.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{Notify, watch};

use super::audience::Audience;
use super::bell::Bell;
use super::emissions::Emissions;
use super::frames::Frames;
use super::mailbox::Mailbox;
use super::replay::ReplayOptions;
use super::room::Claim;
use super::run::run_of;
use super::token::Token;
use super::view::{Stopping, View};
use super::wall::Wall;
use crate::playback::{Playhead, Release, State};
use crate::scenario::Span;

/// How long a replay on demand waits for its first subscriber at least, however short it lingers after the last.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many bytes a replay on demand keeps for each lap to know when its cues were emitted: some ten thousand wakes.
const EMISSIONS: usize = 32 << 10;

/// What the two handles on a replay and its driver have in common.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) id: u64,
    pub(super) birth: u32,
    pub(super) name: Arc<str>,
    pub(super) run: u32,
    pub(super) run_word: String,
    pub(super) frames: Arc<Frames>,
    pub(super) view: watch::Sender<View>,
    pub(super) audience: Audience,
    /// How many follow the view who are no subscribers.
    pub(super) observers: AtomicUsize,
    /// How many of them playback waits for.
    pub(super) wait_for: usize,
    pub(super) mailbox: Mailbox,
    pub(super) linger: Option<Duration>,
    pub(super) opened: Instant,
    /// When somebody last came, left or asked something, in milliseconds since it was opened.
    pub(super) stirred: AtomicU64,
    /// Whether a subscriber was lost before it had been told all: it may come back.
    pub(super) lost_one: AtomicBool,
    pub(super) kickoff_moved: Span,
    pub(super) listed: bool,
    pub(super) owned: bool,
    pub(super) token: Option<Token>,
    /// Calls the driver.
    pub(super) bell: Arc<Bell>,
    /// Set once there is no driver any more.
    pub(super) over: AtomicBool,
    /// Wakes those who wait for the end. Not the `Notify` of the audience, because a server waits for the end all the time and
    /// is not to be woken by each subscriber that comes or leaves.
    pub(super) ended: Notify,
    /// Guards two short lists; held while one is appended to or searched.
    pub(super) emissions: Mutex<Emissions>,
    pub(super) wall: Wall,
}

impl Shared {
    pub(super) fn new(name: &str, frames: Arc<Frames>, view: View, options: &ReplayOptions, opened: Instant) -> Self {
        let run = run_of(frames.timeline());
        static OPENED: AtomicU64 = AtomicU64::new(0);
        let id = OPENED.fetch_add(1, Ordering::Relaxed);
        let since = options.wall.at(opened).duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        // Its low bits are all that is wanted of either.
        let birth = (since.as_millis() as u32) ^ (id as u32).rotate_left(20);
        Self {
            id,
            birth,
            name: name.into(),
            run,
            run_word: format!("{run:08x}"),
            frames,
            view: watch::Sender::new(view),
            audience: Audience::default(),
            observers: AtomicUsize::new(0),
            wait_for: options.wait_for,
            mailbox: Mailbox::default(),
            linger: options.linger,
            opened,
            stirred: AtomicU64::new(0),
            lost_one: AtomicBool::new(false),
            kickoff_moved: options.kickoff_moved,
            listed: options.listed,
            owned: options.owned,
            token: options.owned.then(Token::new).flatten(),
            bell: Arc::default(),
            over: AtomicBool::new(false),
            ended: Notify::new(),
            emissions: Mutex::new(Emissions::within(if options.owned { EMISSIONS } else { usize::MAX })),
            wall: options.wall,
        }
    }

    /// Notes that somebody came, left or asked something just now.
    pub(super) fn stir(&self) {
        if self.owned || self.linger.is_some() {
            let since = tokio::time::Instant::now().into_std().saturating_duration_since(self.opened);
            self.stirred.store(u64::try_from(since.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }

    /// Puts off when it goes away by the time in which this process was suspended: nobody could come back in it.
    pub(super) fn put_off_lingering(&self, by: Duration, now: Instant) {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let until_now = millis(now.saturating_duration_since(self.opened));
        let stirred = self.stirred.load(Ordering::Relaxed).saturating_add(millis(by));
        // Whoever has come since is later.
        self.stirred.fetch_max(stirred.min(until_now), Ordering::Relaxed);
    }

    /// When it goes away if nobody comes; `None`: not as things are.
    pub(super) fn lingers_until(&self) -> Option<Instant> {
        let linger = self.linger.filter(|_| self.audience.count() == 0)?;
        let linger = if self.audience.newest() == 0 { linger.max(PATIENCE) } else { linger };
        let stirred = Duration::from_millis(self.stirred.load(Ordering::Relaxed));
        self.opened.checked_add(stirred)?.checked_add(linger)
    }

    /// What it has to say against giving way to another; `None`: it does not.
    pub(super) fn claim(&self) -> Option<Claim> {
        if !self.owned || self.audience.count() > 0 {
            return None;
        }
        let stirred = Duration::from_millis(self.stirred.load(Ordering::Relaxed));
        Some((self.audience.newest() > 0, self.linger.is_none(), self.opened.checked_add(stirred)?))
    }

    /// Tells that nothing moves it any more.
    pub(super) fn end(&self) {
        self.mailbox.close();
        self.over.store(true, Ordering::Release);
        self.ended.notify_waiters();
    }

    /// Whether somebody may come back for what it has not been told.
    pub(super) fn may_be_missed(&self) -> bool {
        self.owned && self.lost_one.load(Ordering::Relaxed)
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
        self.audience.count() >= self.wait_for
    }

    /// Rings the bell where a newcomer matters to the driver: it rests, or waits for subscribers to begin.
    pub(super) fn told_of_a_newcomer(&self) {
        let (rests, waits) = {
            let view = self.view.borrow();
            (!view.is_current(), view.playhead.state == State::Waiting)
        };
        if rests || waits && self.enough_have_come() {
            self.bell.ring();
        }
    }

    /// Whether anybody sees what becomes of it.
    pub(super) fn is_observed(&self) -> bool {
        self.audience.count() > 0 || self.observers.load(Ordering::Acquire) > 0
    }

    /// Rings where the driver waits for the last to leave, or goes away some time after.
    pub(super) fn told_of_a_leave(&self) {
        let awaited = self.linger.is_some() || self.view.borrow().stopping.is_some();
        if awaited && self.audience.count() == 0 {
            self.bell.ring();
        }
    }

    pub(super) fn note_emission(&self, playhead: &Playhead, now: Instant) {
        self.emissions.lock().unwrap_or_else(PoisonError::into_inner).note(playhead, self.wall.at(now));
    }

    /// Notes cues that came due while nobody observed.
    pub(super) fn note_unobserved(&self, release: &Release) {
        // At `max` they were due when the clock was set.
        let wall = self.wall.at(release.clock.instant);
        let mut emissions = self.emissions.lock().unwrap_or_else(PoisonError::into_inner);
        emissions.note_due(release, wall, self.frames.timeline().cues());
    }
}
