//! A replay seen from the two sides that have to do with it. Whoever holds a [`Replay`] may look, whoever holds a
//! [`Control`] may touch: a capability, not a check. What is between them is in `driver.rs`.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{oneshot, watch};

use super::audience::{Barrier, Behind, Told, Watched, until};
use super::bell::Bell;
use super::frames::Frames;
use super::mailbox::{Order, Refused};
use super::room::Claim;
use super::shared::Shared;
use super::token::Token;
use super::view::{Stopping, View};
use super::wall::Wall;
use crate::dialect::native::PlaybackStatus;
use crate::playback::{Applied, CommandRequest, Options, Playhead, Rejection};
use crate::scenario::{Span, Timeline};

/// How a replay is played.
#[derive(Debug, Clone, Default)]
pub struct ReplayOptions {
    /// Speed, pace, start and end.
    pub playback: Options,
    /// How many subscribers it waits for before it starts.
    pub wait_for: usize,
    /// Whether it closes its subscribers when it has ended and they have everything.
    pub once: bool,
    /// How long it stays when nobody follows it any more; `None`: for good. For its first subscriber it waits a minute at
    /// least.
    pub linger: Option<Duration>,
    /// Whether somebody has opened it for itself: it has a token then, waits for its readers to come back, and gives way to
    /// others where there are too many and nobody follows it.
    pub owned: bool,
    /// The instant at which it began, or will: what would have been played since then has been. Any number of servers that
    /// are given the same show the same at every moment, and understand each other's cursors. `None`: now.
    pub began: Option<Instant>,
    /// By how much kick-offs are told later than the scenario has them.
    pub kickoff_moved: Span,
    /// Whether it is listed, for all who may look.
    pub listed: bool,
    /// Where wall time comes from.
    pub wall: Wall,
}

/// The right to look at a replay.
#[derive(Debug, Clone)]
pub struct Replay {
    pub(super) shared: Arc<Shared>,
}

/// The right to control a replay.
#[derive(Debug, Clone)]
pub struct Control {
    pub(super) shared: Arc<Shared>,
}

/// The replay has gone away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone;

/// What a command did, and where playback is after it.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was really done.
    pub applied: Applied,
    /// Where playback is.
    pub playhead: Playhead,
    /// At what pace, as [`View::pace`].
    pub pace: Option<Arc<str>>,
    /// When that was.
    pub now: Instant,
}

/// Counts a subscriber as long as it is held.
#[derive(Debug)]
pub struct SubscriberGuard {
    shared: Arc<Shared>,
    number: u32,
    has_everything: bool,
}

impl SubscriberGuard {
    /// Its number, from 1, in the order of their coming.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Counts it out as one that has been told all that there was, goodbye included. One that is merely dropped may come
    /// back for the rest.
    pub fn finish(mut self) {
        self.has_everything = true;
    }
}

impl Drop for SubscriberGuard {
    fn drop(&mut self) {
        if !self.has_everything {
            self.shared.lost_one.store(true, Ordering::Relaxed);
        }
        // Before it is counted out: else it might seem to have left long ago.
        self.shared.stir();
        self.shared.audience.leave(self.number);
        self.shared.told_of_a_leave();
    }
}

/// Keeps the view of a replay up to date, as a subscriber does, and waits for changes of it: see
/// [`Replay::observe`]. While there is one, the driver wakes for each event.
#[derive(Debug)]
pub struct Observer {
    shared: Arc<Shared>,
    views: watch::Receiver<View>,
}

impl Observer {
    /// The view: the first time as soon as it shows the present, then whenever it has changed. Changes between two calls are
    /// seen as one. It changes for the last time when the replay is over; a call after that never returns.
    pub async fn next(&mut self) -> View {
        loop {
            // It cannot fail: the sender lives in `shared`.
            let _ = self.views.changed().await;
            let view = self.views.borrow_and_update().clone();
            if view.is_current() {
                return view;
            }
        }
    }

    /// The first view that meets a condition. `None`: the replay is being closed, and none did.
    pub async fn find(&mut self, condition: impl Fn(&View) -> bool) -> Option<View> {
        loop {
            let view = self.next().await;
            if condition(&view) {
                return Some(view);
            }
            if view.stopping.is_some() {
                return None;
            }
        }
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.shared.observers.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Control {
    /// Has a command carried out and tells what it did.
    ///
    /// Dropping the future takes back a command that has not been picked up; one that has is carried out all the same.
    pub async fn apply(&self, instruction: impl Into<CommandRequest>) -> Result<Result<Answer, Rejection>, Gone> {
        let (answer, answered) = oneshot::channel();
        match self.shared.mailbox.put(Order { instruction: instruction.into(), answer }) {
            Ok(()) => {}
            Err(Refused::Closed) => return Err(Gone),
            Err(Refused::Full) => {
                let message = format!("too many commands wait for the replay {:?}", self.shared.name);
                return Ok(Err(Rejection { code: "over_limit", message, accepted: Vec::new() }));
            }
        }
        self.shared.stir();
        self.shared.bell.ring();
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

    /// Tells it from all others, also of the same name, and of other times.
    pub fn birth(&self) -> u32 {
        self.shared.birth
    }

    /// Names what it plays ([`run_of`](super::run_of)).
    pub fn run(&self) -> u32 {
        self.shared.run
    }

    /// Likewise, as it stands on the wire.
    pub fn run_word(&self) -> &str {
        &self.shared.run_word
    }

    /// Where it is at a moment, for who is to be told.
    pub fn whereabouts<'a>(&'a self, view: &'a View, now: Instant) -> PlaybackStatus<'a> {
        self.located(&view.playhead, view.pace.as_deref(), now)
    }

    /// Where a command has left it.
    pub fn after<'a>(&'a self, answer: &'a Answer) -> PlaybackStatus<'a> {
        self.located(&answer.playhead, answer.pace.as_deref(), answer.now)
    }

    pub(super) fn located<'a>(
        &'a self,
        playhead: &'a Playhead,
        pace: Option<&'a str>,
        now: Instant,
    ) -> PlaybackStatus<'a> {
        PlaybackStatus { run: self.run_word(), playhead, pace, now, wall: self.wall().at(now) }
    }

    /// The encoded frames of what it plays.
    pub fn frames(&self) -> &Arc<Frames> {
        &self.shared.frames
    }

    /// What it plays.
    pub fn timeline(&self) -> &Arc<Timeline> {
        self.shared.frames.timeline()
    }

    /// What it is like at an instant: now, or a moment ago. Where nobody observes it this is worked out from where its driver
    /// left it, and the driver is not woken.
    pub fn view(&self, now: Instant) -> View {
        let mut view = self.shared.view.borrow().clone();
        if let Some(resting) = view.resting.take() {
            // Its driver will find the same.
            let mut playback = Arc::unwrap_or_clone(resting);
            playback.advance_until_idle(self.timeline(), now, &mut |_| ());
            view.follow(&playback, None);
        }
        view
    }

    /// Observes it: as long as the observer lives, its driver wakes for each event and keeps the view up to date.
    pub fn observe(&self) -> Observer {
        self.shared.observers.fetch_add(1, Ordering::AcqRel);
        let mut views = self.views();
        if !views.borrow().is_current() {
            self.shared.bell.ring();
        }
        views.mark_changed();
        Observer { views, shared: self.shared.clone() }
    }

    /// Its view, as its driver last left it: see [`View::is_current`].
    pub(crate) fn views(&self) -> watch::Receiver<View> {
        self.shared.view.subscribe()
    }

    /// Counts a subscriber in; it is counted out when the guard is dropped. Where the view is not current, its driver has been
    /// called to make it so.
    pub fn count_in(&self) -> SubscriberGuard {
        let number = self.shared.audience.enter();
        self.shared.stir();
        self.shared.told_of_a_newcomer();
        SubscriberGuard { shared: self.shared.clone(), number, has_everything: false }
    }

    /// How many subscribers there are.
    pub fn subscribers(&self) -> usize {
        self.shared.audience.count()
    }

    /// Waits until so many subscribers are there.
    pub async fn has_subscribers(&self, count: usize) {
        self.shared.audience.until(|| self.subscribers() >= count).await;
    }

    /// The number of the subscriber that came last; 0: none has come yet.
    pub fn newest_subscriber(&self) -> u32 {
        self.shared.audience.newest()
    }

    /// Waits until everyone whom a barrier is about has been sent (not merely owed) what it is about, but no longer than
    /// that. The error says who was not through by then.
    pub async fn pass_within(&self, barrier: Barrier, limit: Duration) -> Result<(), Vec<Behind>> {
        let _watched = self.be_told();
        let passed = tokio::time::timeout(limit, self.shared.audience.pass(barrier)).await;
        match (passed, self.shared.audience.behind(barrier)) {
            (Ok(()), _) => Ok(()),
            // They came through in the last moment.
            (Err(_), behind) if behind.is_empty() => Ok(()),
            (Err(_), behind) => Err(behind),
        }
    }

    /// Has whoever serves subscribers note what they have been told, those in the present state included.
    fn be_told(&self) -> Watched<'_> {
        let watched = Watched::new(&self.shared.audience);
        self.shared.view.send_modify(|_| ());
        self.shared.bell.ring();
        watched
    }

    /// Whether somebody waits to know who has been told what.
    pub fn is_watched(&self) -> bool {
        self.shared.audience.is_watched()
    }

    /// Notes what subscribers have been sent, by number.
    pub fn note_told(&self, whom: impl Iterator<Item = u32>, told: Told) {
        self.shared.audience.told(whom, told);
    }

    /// Notes what a subscriber says that it has dealt with.
    pub fn note_acknowledged(&self, subscriber: u32, epoch: u64, n: u32) {
        self.shared.audience.acknowledge(subscriber, epoch, n);
    }

    /// Notes that somebody has taken an interest in it: it lingers from now.
    pub fn stir(&self) {
        self.shared.stir();
    }

    /// What it has to say against giving way to another; `None`: it does not, or has gone.
    pub(super) fn claim(&self) -> Option<Claim> {
        self.shared.claim().filter(|_| !self.is_over() && !self.is_stopping())
    }

    /// How long it stays when nobody follows it any more; `None`: for good.
    pub fn linger(&self) -> Option<Duration> {
        self.shared.linger
    }

    /// Whether somebody has opened it for itself.
    pub fn is_owned(&self) -> bool {
        self.shared.owned
    }

    /// Whether it is listed, for all who may look.
    pub fn is_listed(&self) -> bool {
        self.shared.listed
    }

    /// By how much kick-offs are told later than the scenario has them.
    pub fn kickoff_moved(&self) -> Span {
        self.shared.kickoff_moved
    }

    /// What gives the right to control it to whoever knows it; `None`: it was opened without.
    pub fn token(&self) -> Option<Token> {
        self.shared.token
    }

    /// Where its wall time comes from.
    pub fn wall(&self) -> Wall {
        self.shared.wall
    }

    /// When a cue of an epoch was emitted, if that is not long ago.
    pub(super) fn emitted(&self, epoch: u64, index: u32) -> Option<SystemTime> {
        let at = self.timeline().cues().get(index as usize)?.at;
        let emissions = self.shared.emissions.lock().unwrap_or_else(PoisonError::into_inner);
        emissions.emitted(epoch, index, at)
    }

    /// Waits until nothing moves it any more: it was stopped or, with [`ReplayOptions::once`], is over.
    pub async fn over(&self) {
        until(&self.shared.ended, || self.is_over()).await;
    }

    /// Whether nothing moves it any more.
    pub fn is_over(&self) -> bool {
        self.shared.over.load(Ordering::Acquire)
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
