//! The owner of a playback: does what is due, obeys commands, and lets everyone see what has changed. It neither waits nor
//! wakes by itself; whoever hosts it does that.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::bell::Bell;
use super::close::CloseCode;
use super::frames::Frames;
use super::mailbox::Order;
use super::replay::{Answer, Control, Replay, ReplayOptions};
use super::shared::Shared;
use super::tally::Tally;
use super::tick::Tick;
use super::view::{Stopping, View};
use crate::latency::Latency;
use crate::playback::{ChangeCause, CommandRequest, Playback, Rejection, Release, Speed, State};
use crate::scenario::Timeline;
use crate::suspension::suspended;

/// How often a tick is told while playing.
const TICK: Duration = Duration::from_secs(1);
/// Every so many seconds a tick is told even when not playing.
const SLOW_TICKS: u64 = 5;
/// How many releases are kept for [`Driver::note_lateness`] at most: a host may never call it.
const MOST_RELEASED: usize = 1_024;

/// Opens a replay: gives the two handles, and the driver that is to be hosted.
///
/// It is over when [`Replay::stop`] has been called; with [`ReplayOptions::once`] when playback has ended and no
/// subscriber is left; with [`ReplayOptions::linger`] that long after the last has left.
pub(super) fn open(
    name: &str,
    frames: Arc<Frames>,
    mut options: ReplayOptions,
    tally: Arc<Tally>,
    now: Instant,
) -> Result<(Replay, Control, Driver), Rejection> {
    let timeline = frames.timeline().clone();
    options.playback.waiting = options.wait_for > 0 || options.began.is_some();
    let created = options.began.map_or(now, |began| began.min(now));
    let mut playback = Playback::new(&timeline, options.playback.clone(), created)?;
    let mut begins = options.began;
    if let Some(began) = begins.take_if(|began| *began <= now) {
        playback.begin_as_of(&timeline, began, now);
    }
    let shared = Arc::new(Shared::new(name, frames, View::of(&playback), &options, now));
    // What lies before the place where it begins counts as told by now.
    shared.note_emission(&playback.playhead(), now);
    let replay = Replay { shared: shared.clone() };
    let control = Control { shared: shared.clone() };
    let driver = Driver {
        shared,
        tally,
        timeline,
        playback: Arc::new(playback),
        begins,
        rests: false,
        once: options.once,
        born: now,
        ticks: 0,
        serial: 0,
        steps: 0,
        released: Vec::new(),
        asked: None,
        news: false,
        last_words: None,
    };
    Ok((replay, control, driver))
}

/// The owner of a playback: to be called when something is due and when its bell rings.
pub struct Driver {
    shared: Arc<Shared>,
    tally: Arc<Tally>,
    timeline: Arc<Timeline>,
    /// Shared with the view, and with copies of it, while the driver rests.
    playback: Arc<Playback>,
    /// When it begins by itself, if it was put off until then.
    begins: Option<Instant>,
    /// Whether nobody observed it at the end of the last turn.
    rests: bool,
    once: bool,
    born: Instant,
    /// How many seconds of ticking have passed.
    ticks: u64,
    /// How many ticks have been told.
    serial: u64,
    /// How many steps have been answered by a tick.
    steps: u32,
    /// What was released to subscribers since lateness was last noted.
    released: Vec<Release>,
    /// When it asked to be called again.
    asked: Option<Instant>,
    /// Whether the view has changed since it was last announced.
    news: bool,
    /// Called when it is over.
    last_words: Option<Box<dyn FnOnce() + Send>>,
}

/// When a driver wants to be called again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// For what is to be told on time; `None`: nothing will happen by itself.
    pub cue: Option<Instant>,
    /// For a sign of life, which gives way to the cues of others.
    pub tick: Instant,
}

impl Due {
    /// Whichever comes first.
    pub fn first(&self) -> Instant {
        self.cue.map_or(self.tick, |cue| cue.min(self.tick))
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("replay", &self.shared.name).finish_non_exhaustive()
    }
}

impl Drop for Driver {
    /// Whatever has become of its host: nobody waits for a replay that nothing moves any more.
    fn drop(&mut self) {
        self.wake_up();
        self.announce();
        if !self.is_stopping() {
            self.shared.stop(Stopping { code: CloseCode::Gone, drain: false });
        }
        if let Some(last_words) = self.last_words.take() {
            last_words();
        }
        // Last, so that whoever has waited for it finds the name free.
        self.shared.end();
    }
}

impl Driver {
    /// The replay that it moves.
    pub fn replay(&self) -> Replay {
        Replay { shared: self.shared.clone() }
    }

    /// What rings when something has happened that it must see before the instant it waits for.
    pub fn bell(&self) -> Arc<Bell> {
        self.shared.bell.clone()
    }

    /// Has something done when it is over.
    pub(super) fn at_the_end(&mut self, last_words: impl FnOnce() + Send + 'static) {
        self.last_words = Some(Box::new(last_words));
    }

    /// Does all that is due. To be followed by [`Self::announce`]. Tells when there will be more to do; `None`: it is over and
    /// is to be dropped.
    pub fn turn(&mut self, now: Instant) -> Option<Due> {
        let slept = self.asked.take().map_or(Duration::ZERO, |asked| suspended(asked, now));
        if !slept.is_zero() {
            self.shared.put_off_lingering(slept, now);
        }
        loop {
            let wake = self.catch_up(now);
            let playhead = self.playback.playhead();
            let over = self.once && self.playback.is_over();
            if over {
                self.shared.stop(Stopping { code: CloseCode::Ended, drain: true });
            }
            let lingers = self.shared.lingers_until();
            if lingers.is_some_and(|until| until <= now) {
                self.shared.stop(Stopping { code: CloseCode::Gone, drain: false });
                return None;
            }
            let left = self.shared.audience.count() == 0 && !self.shared.may_be_missed();
            if self.is_stopping() && (!over || left) {
                return None;
            }
            // Where nobody is left who could command it, it goes on by itself.
            if let Some(Order { instruction, answer }) = self.shared.mailbox.take() {
                // Nobody waits for the answer any more: the command stands all the same.
                let _ = answer.send(self.apply(&instruction, now));
                continue;
            }
            let (cue, tick) = match wake {
                Some(_) if self.may_rest() => {
                    let tick = self.next_tick(SLOW_TICKS, now);
                    (self.rest_until(tick), tick)
                }
                wake => (wake, self.next_tick(if playhead.state == State::Playing { 1 } else { SLOW_TICKS }, now)),
            };
            if self.rests && self.shared.is_observed() {
                // An observer or subscriber that came before the view was marked as resting has not rung the bell.
                continue;
            }
            let due = Due { cue, tick: lingers.map_or(tick, |until| until.min(tick)) };
            self.asked = Some(due.first());
            return Some(due);
        }
    }

    /// Whether the view has changed since [`Self::announce`] was last called.
    pub fn has_news(&self) -> bool {
        self.news
    }

    /// Wakes whoever follows the view, if it has changed. A host calls it after every turn, once it has served those whom it
    /// serves itself: waking others takes time.
    pub fn announce(&mut self) {
        if std::mem::take(&mut self.news) {
            self.shared.view.send_modify(|_| ());
        }
    }

    /// Does what is due by itself, and lets everyone see.
    fn catch_up(&mut self, now: Instant) -> Option<Instant> {
        let rested = self.wake_up();
        let Self { playback, timeline, shared, released, .. } = self;
        // Copied only where somebody still holds a view of the rest that is over.
        let playback = Arc::make_mut(playback);
        if playback.playhead().state == State::Waiting {
            match self.begins {
                Some(at) if at <= now => playback.begin(timeline, at),
                Some(_) => {}
                None if shared.enough_have_come() => playback.begin(timeline, now),
                None => {}
            }
        }
        let wake = match rested {
            true => playback.advance_until_idle(timeline, now, &mut |release| shared.note_unobserved(&release)),
            false if shared.audience.count() > 0 => {
                playback.advance_with(timeline, now, &mut |release| {
                    // At `max` nothing is due one by one, and a release may be a whole timeline.
                    if release.clock.speed != Speed::MAX && released.len() < MOST_RELEASED {
                        released.push(release);
                    }
                })
            }
            false => playback.advance(timeline, now),
        };
        let begins = self.begins.filter(|_| self.playback.playhead().state == State::Waiting);
        self.publish(now, None);
        wake.or(begins)
    }

    /// Whether it is not to be woken for its cues: it moves, and nobody observes it.
    fn may_rest(&self) -> bool {
        let moves = self.playback.playhead().state != State::Waiting;
        moves && !self.is_stopping() && !self.shared.is_observed()
    }

    /// Begins a rest until an instant: readers of the view work the present out from the playback in it. Gives the instant
    /// before that at which the driver has to be woken all the same: where the replay ends with its playback, at that end.
    fn rest_until(&mut self, until: Instant) -> Option<Instant> {
        Arc::make_mut(&mut self.playback).postpone_wake(until);
        self.rests = true;
        self.shared.view.send_if_modified(|view| {
            view.resting = Some(self.playback.clone());
            false
        });
        if self.once { self.playback.ends_by(&self.timeline, until) } else { None }
    }

    /// Ends a rest: from here on the view is kept up to date by publishing. Tells whether it rested.
    fn wake_up(&mut self) -> bool {
        let rested = std::mem::take(&mut self.rests);
        if rested {
            self.news = true;
            self.shared.view.send_if_modified(|view| {
                view.resting = None;
                false
            });
        }
        rested
    }

    /// Notes how late the cues were that were due one by one (not at `max`, not after a seek), by the instant at which the first
    /// subscriber was told; each is noted once, and those that there was no subscriber for are not.
    pub fn note_lateness(&mut self, told: Instant, lateness: &mut Latency) {
        for Release { cues, clock, .. } in self.released.drain(..) {
            for cue in &self.timeline.cues()[cues.start as usize..cues.end as usize] {
                if let Some(due) = clock.due(cue.at) {
                    lateness.record(told.saturating_duration_since(due));
                }
            }
        }
    }

    fn is_stopping(&self) -> bool {
        self.shared.view.borrow().stopping.is_some()
    }

    /// Carries out a command. The view is published before the answer is there: who hears the answer finds it changed.
    /// Must be followed by a [`Self::turn`].
    pub fn apply(&mut self, instruction: &CommandRequest, now: Instant) -> Result<Answer, Rejection> {
        let answer = self.obey(instruction, now);
        self.tally.note_command(instruction.command.name(), answer.is_ok());
        answer
    }

    fn obey(&mut self, instruction: &CommandRequest, now: Instant) -> Result<Answer, Rejection> {
        if self.is_stopping() {
            // Those who still get the rest of it would be cut off from that.
            let message = "the replay is being closed and takes no more commands".to_owned();
            return Err(Rejection { code: "closing", message, accepted: Vec::new() });
        }
        // What was due before it is told before it, whoever calls and when.
        self.catch_up(now);
        let CommandRequest { command, if_version, by } = instruction;
        self.refuse_if_stale(*if_version)?;
        let applied = Arc::make_mut(&mut self.playback).apply(&self.timeline, command, now)?;
        self.publish(now, by.as_ref());
        tracing::info!(
            replay = &*self.shared.name,
            command = command.name(),
            by = by.as_deref(),
            version = self.playback.playhead().version,
            "applied"
        );
        Ok(Answer { applied, playhead: self.playback.playhead(), pace: self.playback.pace_text().cloned(), now })
    }

    /// Refuses a command that was made on another version than the present one.
    fn refuse_if_stale(&self, if_version: Option<u64>) -> Result<(), Rejection> {
        let playhead = self.playback.playhead();
        match if_version {
            Some(version) if version != playhead.version => {
                let by = self.shared.view.borrow().by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
                Err(Rejection::stale(format!(
                    "playback is at version {} ({}{by}), and the command was made on {version}",
                    playhead.version,
                    playhead.cause.as_str(),
                )))
            }
            _ => Ok(()),
        }
    }

    /// When the next tick is due whose number is a multiple of that.
    fn next_tick(&self, of: u64, now: Instant) -> Instant {
        let serial = (self.ticks + 1).next_multiple_of(of);
        let due = TICK.checked_mul(u32::try_from(serial).unwrap_or(u32::MAX)).and_then(|at| self.born.checked_add(at));
        due.unwrap_or(now + TICK)
    }

    /// Lets everyone see what has changed, who did it, and at what pace it goes on.
    fn publish(&mut self, now: Instant, by: Option<&Arc<str>>) {
        let playhead = self.playback.playhead();
        let before = self.shared.view.borrow().playhead;
        if before.epoch != playhead.epoch || before.head != playhead.head {
            self.shared.note_emission(&playhead, now);
        }
        if playhead.cause == ChangeCause::Stall && before.version != playhead.version {
            tracing::warn!(replay = &*self.shared.name, "the machine stalled; the clock goes on from where it was");
        }
        let seconds = (now - self.born).as_secs();
        let slow_due = seconds / SLOW_TICKS > self.ticks / SLOW_TICKS;
        let due = seconds > self.ticks && (playhead.state == State::Playing || slow_due);
        // The last tick of a lap tells where its end leaves every match: their clocks have run on since the one before.
        let ended = playhead.state == State::Ended && (before.state, before.epoch) != (State::Ended, playhead.epoch);
        let asked = playhead.steps != self.steps || ended;
        let tick = ((due || asked) && self.shared.audience.count() > 0).then(|| {
            self.serial += 1;
            let tick = Tick::now(&playhead, now, self.shared.wall);
            Arc::new(tick.told(self.serial, slow_due, asked))
        });
        self.ticks = self.ticks.max(seconds);
        self.steps = playhead.steps;
        // Nobody is woken yet: subscribers are served first.
        self.shared.view.send_if_modified(|view| {
            self.news |= view.follow(&self.playback, by) || tick.is_some();
            if tick.is_some() {
                view.tick = tick;
            }
            false
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::SHIPPED;

    /// A driver of a loop at that speed, with a subscriber.
    fn followed(speed: &str, now: Instant) -> (Driver, super::super::SubscriberGuard) {
        let timeline = Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")));
        let mut options = ReplayOptions::default();
        options.playback.speed = Speed::parse(speed).expect("a speed");
        options.playback.looping = true;
        let frames = Frames::new(timeline, Arc::default());
        let (replay, _, driver) = open("a", frames, options, Arc::default(), now).expect("a replay");
        (driver, replay.count_in())
    }

    /// How many releases are kept after so many turns.
    fn kept_after(driver: &mut Driver, turns: usize, mut now: Instant) -> usize {
        for _ in 0..turns {
            now = driver.turn(now).expect("it loops").first();
        }
        assert!(driver.playback.playhead().epoch > 3);
        driver.released.len()
    }

    #[test]
    fn releases_of_which_no_host_notes_the_lateness_are_bounded() {
        let now = Instant::now();
        let (mut driver, _subscriber) = followed("600", now);
        assert_eq!(kept_after(&mut driver, 2 * MOST_RELEASED, now), MOST_RELEASED);
        let mut lateness = Latency::new();
        driver.note_lateness(now, &mut lateness);
        assert!(driver.released.is_empty() && lateness.count() >= MOST_RELEASED as u64);
    }

    #[test]
    fn at_max_no_release_is_kept_to_be_looked_through() {
        let now = Instant::now();
        let (mut driver, _subscriber) = followed("max", now);
        assert_eq!(kept_after(&mut driver, 20, now), 0);
    }
}
