//! The task that owns a playback: sleeps until something is due, obeys commands, and lets everyone see what has changed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::close::CloseCode;
use super::frames::Frames;
use super::replay::{Answer, Control, Order, Replay, ReplayOptions, Shared, Stopping, View};
use super::tick::Tick;
use crate::playback::{Cause, Playback, Playhead, Rejection, State};
use crate::scenario::Timeline;

/// How often a tick is told while playing.
const TICK: Duration = Duration::from_secs(1);
/// Every so many seconds a tick is told even when not playing.
const SLOW_TICKS: u64 = 5;
/// How many commands may wait; more senders wait to be let in.
const MAILBOX: usize = 64;

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
    let shared = Arc::new(Shared::new(name, frames, view, wall));
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
                self.shared.stop(Stopping { code: CloseCode::Ended, drain: true });
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
            Arc::new(tick.told(self.serial, slow_due, asked))
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
