//! The engine: moves one playhead over one timeline, as time passes and commands come.
//!
//! Everything here is one state machine over a [`Playhead`]: Waiting -> Playing <-> Paused, Playing -> Ended, and from
//! Ended round again. Two things hold throughout. A cue is released exactly when the clock says that its media time
//! has come, and the clock's pair is re-taken only at changes, at the exact instant of the change: at a pace boundary, an
//! end or a lap that is the computed one and not the one at which somebody woke up. And whatever clients must hear of
//! goes through [`Playback::changed`], which is what makes a version.

use std::time::{Duration, Instant};

use super::clock::PlaybackClock;
use super::command::{Applied, Command, Step, Stepped};
use super::landing::{Landing, Whence, count, own_types};
use super::pace::Pace;
use super::playhead::{Cause, Playhead, State, Tail};
use super::position::Position;
use super::profile::Profile;
use super::rejection::Rejection;
use super::speed::Speed;
use crate::error::did_you_mean;
use crate::football::MatchId;
use crate::scenario::{MediaTime, Span, Timeline};

/// How late a wake may be before the clock is put off rather than the backlog let out. A busy machine is late by
/// less; one that slept, or was stopped in a debugger, by more.
pub const STALL_BOUND: Duration = Duration::from_secs(10);

/// The least time between the beginnings of two laps: even an empty timeline at `max` does not spin.
pub const SHORTEST_LAP: Duration = Duration::from_secs(1);

/// How a playback is to go.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Options {
    /// How fast.
    pub speed: Speed,
    /// Where faster or slower than that.
    pub pace: Pace,
    /// Where to begin; else at the first cue.
    pub from: Option<Position>,
    /// Where to end, all cues of that instant included; else at the timeline's end.
    pub until: Option<Position>,
    /// Whether to begin again after each end.
    pub looping: bool,
    /// How long the end is shown before that.
    pub hold: Duration,
    /// Whether to begin paused.
    pub paused: bool,
    /// Whether to begin only when told to ([`Playback::begin`]), or by a play command.
    pub waiting: bool,
}

/// A place to begin or end at: a media time, and how many cues lie behind it. Ordered as they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    at: MediaTime,
    index: u32,
}

/// One playback of one timeline. Give it the same timeline every time.
#[derive(Debug)]
pub struct Playback {
    playhead: Playhead,
    pace: Pace,
    profile: Profile,
    /// Where every lap begins.
    from: Place,
    /// Where it ends, if the playhead is before that.
    until: Option<Place>,
    /// The end of the timeline.
    end: Place,
    looping: bool,
    hold: Duration,
    /// Whether leaving Waiting leads to Paused.
    begins_paused: bool,
    /// Whether the end was reached by stepping: then a seek away from it stays paused, and no lap follows.
    stepped_to_the_end: bool,
    /// The cue that the last seek aimed at.
    target: Option<u32>,
    lap_began: Instant,
    /// When the next lap begins, at the end of one.
    next_lap: Option<Instant>,
    /// When it asked to be woken.
    wake: Option<Instant>,
    /// The latest instant that it was told of: time does not go back.
    latest: Instant,
}

impl Playback {
    /// A playback at its beginning; nothing is released before the first [`advance`](Self::advance).
    pub fn new(timeline: &Timeline, options: Options, now: Instant) -> Result<Self, Rejection> {
        let Options { speed, pace, from, until, looping, hold, paused, waiting } = options;
        pace.check(own_types(timeline)).map_err(Rejection::bad_argument)?;
        let resolve = |position: &Position| position.resolve(timeline, None, &Whence::default(), Span::ZERO);
        let named = |name: &str, position: &Position, rejection: Rejection| Rejection {
            message: format!("{name} {position}: {}", rejection.message),
            ..rejection
        };
        let from_place = match &from {
            Some(from) => {
                let landing = resolve(from).map_err(|rejection| named("from", from, rejection))?;
                Place { at: landing.at, index: landing.index(timeline) }
            }
            None => Place { at: MediaTime::ZERO, index: 0 },
        };
        let until_place = match &until {
            Some(until) => {
                let landing = resolve(until).map_err(|rejection| named("until", until, rejection))?;
                Some(Place { at: landing.at, index: count(timeline.index_after(landing.at)) })
            }
            None => None,
        };
        if let (Some(until), Some(place)) = (&until, until_place)
            && place <= from_place
        {
            let from = from.map_or("the beginning".to_owned(), |from| from.to_string());
            return Err(Rejection::bad_argument(format!("until {until} does not come after {from}")));
        }
        let state = match (waiting, paused) {
            (true, _) => State::Waiting,
            (_, true) => State::Paused,
            _ => State::Playing,
        };
        let profile = Profile::new(timeline, speed, &pace);
        let clock = PlaybackClock {
            media: from_place.at,
            instant: now,
            speed: profile.speed_at(from_place.at),
            running: state == State::Playing,
        };
        let playhead = Playhead {
            epoch: 1,
            start: from_place.index,
            head: from_place.index,
            tail: None,
            clock,
            nominal: speed,
            state,
            version: 1,
            version_head: from_place.index,
            steps: 0,
            cause: Cause::Start,
        };
        Ok(Self {
            playhead,
            pace,
            profile,
            from: from_place,
            until: until_place,
            end: Place { at: timeline.length(), index: count(timeline.cues().len()) },
            looping,
            hold,
            begins_paused: paused,
            stepped_to_the_end: false,
            target: None,
            lap_began: now,
            next_lap: None,
            wake: None,
            latest: now,
        })
    }

    /// Where it is.
    pub fn playhead(&self) -> Playhead {
        self.playhead
    }

    /// The pace rules in effect.
    pub fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Whether each end is followed by another lap.
    pub fn looping(&self) -> bool {
        self.looping
    }

    /// Where every lap begins.
    pub fn from(&self) -> MediaTime {
        self.from.at
    }

    /// Where it will end: at the `until` given, or at the timeline's end if the playhead has been put beyond that.
    pub fn until(&self) -> MediaTime {
        self.stop().at
    }

    /// Leaves Waiting; does nothing in any other state.
    pub fn begin(&mut self, _timeline: &Timeline, now: Instant) {
        let now = self.at_the_latest(now);
        if self.playhead.state == State::Waiting {
            self.leave_waiting(now, Cause::Start);
        }
    }

    /// Releases everything due at `now`, in order, and passes whatever boundaries, ends and laps lie before it. Tells
    /// when to wake it next; `None` if nothing will happen by itself.
    ///
    /// Woken late, it releases the backlog as one batch; woken later than [`STALL_BOUND`], it puts the clock off
    /// instead. It begins at most one lap, so that readers see each: the wake is then `now` if there is more to do.
    pub fn advance(&mut self, timeline: &Timeline, now: Instant) -> Option<Instant> {
        let now = self.at_the_latest(now);
        self.put_off_after_a_stall(now);
        let mut lapped = false;
        self.wake = loop {
            match self.playhead.state {
                State::Waiting | State::Paused => break None,
                State::Ended => match self.next_lap {
                    Some(at) if at > now => break Some(at),
                    Some(_) if lapped => break Some(now),
                    Some(at) => {
                        lapped = true;
                        self.begin_lap(at, now);
                    }
                    None => break None,
                },
                State::Playing => {
                    let stop = self.stop();
                    let clock = self.playhead.clock;
                    let boundary = self.profile.next_boundary(clock.media).filter(|boundary| *boundary < stop.at);
                    // A clock that would need centuries is never due.
                    let Some(due) = clock.due(boundary.unwrap_or(stop.at)) else { break None };
                    if due > now {
                        self.release(count(timeline.index_after(clock.media_time(now))), stop);
                        let next = timeline.cues().get(self.playhead.head as usize);
                        let next = next.and_then(|cue| clock.due(cue.at));
                        break Some(next.map_or(due, |next| next.min(due)));
                    }
                    match boundary {
                        Some(at) => {
                            self.release(count(timeline.index_after(at)), stop);
                            self.anchor(at, due);
                            self.changed(Cause::Pace);
                        }
                        None => {
                            self.release(stop.index, stop);
                            // At max the anchor lies in the past, but nothing was released before now.
                            self.end(stop, if clock.speed == Speed::MAX { now } else { due });
                        }
                    }
                }
            }
        };
        self.wake
    }

    /// Does what a command says, at `now`; what is due by then is released first, and what becomes due by it at once.
    /// A rejection leaves the command undone entirely. The wake named before no longer holds: call
    /// [`advance`](Self::advance) for the new one.
    pub fn apply(&mut self, timeline: &Timeline, command: &Command, now: Instant) -> Result<Applied, Rejection> {
        let now = self.at_the_latest(now);
        self.advance(timeline, now);
        let mut applied = Applied::default();
        match command {
            Command::Play => self.play(now),
            Command::Pause => self.pause(now),
            Command::Speed(speed) => self.set_speed(timeline, *speed, now),
            Command::Pace(pace) => self.set_pace(timeline, pace, now)?,
            Command::Seek { to, lead, track } => {
                let track = track_of(timeline, track.as_ref())?;
                let landing = to.resolve(timeline, track, &self.whence(now), *lead)?;
                self.seek(Place { at: landing.at, index: landing.index(timeline) }, now, Cause::Seek);
                self.target = landing.target;
                applied.landed = Some(landing.at);
            }
            Command::Restart => {
                self.seek(self.from, now, Cause::Restart);
                applied.landed = Some(self.from.at);
            }
            Command::Step(step) => applied.stepped = Some(self.step(timeline, step, now)?),
            Command::Loop(looping) => self.set_looping(*looping, now),
        }
        self.advance(timeline, now);
        Ok(applied)
    }

    fn at_the_latest(&mut self, now: Instant) -> Instant {
        self.latest = self.latest.max(now);
        self.latest
    }

    fn whence(&self, now: Instant) -> Whence {
        Whence { at: self.playhead.clock.media_time(now), head: self.playhead.head, target: self.target }
    }

    /// Where the playhead goes before it stops.
    fn stop(&self) -> Place {
        let here = Place { at: self.playhead.clock.media, index: self.playhead.head };
        self.until.filter(|until| here < *until).unwrap_or(self.end)
    }

    /// Makes a version.
    fn changed(&mut self, cause: Cause) {
        self.playhead.version = self.playhead.version.saturating_add(1);
        self.playhead.version_head = self.playhead.head;
        self.playhead.cause = cause;
    }

    fn release(&mut self, index: u32, stop: Place) {
        self.playhead.head = self.playhead.head.max(index.min(stop.index));
    }

    /// Re-takes the clock's pair, in the state and at the speed that hold from there on.
    fn anchor(&mut self, media: MediaTime, instant: Instant) {
        let running = self.playhead.state == State::Playing;
        self.playhead.clock = PlaybackClock { media, instant, speed: self.profile.speed_at(media), running };
    }

    /// The same, where the playhead is.
    fn anchor_here(&mut self, now: Instant) {
        self.anchor(self.playhead.clock.media_time(now), now);
    }

    /// Opens an epoch at a place.
    fn open_epoch(&mut self, place: Place, instant: Instant, tail: Option<Tail>) {
        self.playhead.epoch = self.playhead.epoch.saturating_add(1);
        self.playhead.start = place.index;
        self.playhead.head = place.index;
        self.playhead.tail = tail;
        self.target = None;
        self.next_lap = None;
        self.stepped_to_the_end = false;
        self.lap_began = instant;
        self.anchor(place.at, instant);
    }

    fn put_off_after_a_stall(&mut self, now: Instant) {
        let late = self.wake.map_or(Duration::ZERO, |wake| now.saturating_duration_since(wake));
        if late <= STALL_BOUND || self.playhead.state != State::Playing {
            return;
        }
        let clock = &mut self.playhead.clock;
        clock.instant = clock.instant.checked_add(late).unwrap_or(now);
        self.wake = Some(now);
        self.changed(Cause::Stall);
    }

    fn end(&mut self, stop: Place, instant: Instant) {
        self.playhead.state = State::Ended;
        self.anchor(stop.at.max(self.playhead.clock.media), instant);
        self.next_lap = self.looping.then(|| self.lap_after(instant)).flatten();
        self.changed(Cause::End);
    }

    /// When the lap after one that ended at `instant` begins. A hold of centuries is for ever.
    fn lap_after(&self, instant: Instant) -> Option<Instant> {
        let held = instant.checked_add(self.hold)?;
        Some(held.max(self.lap_began + SHORTEST_LAP))
    }

    fn begin_lap(&mut self, at: Instant, now: Instant) {
        // A machine that slept through the hold has missed nothing of the lap.
        let at = if now.saturating_duration_since(at) > STALL_BOUND { now } else { at };
        let tail = Tail { epoch: self.playhead.epoch, head: self.playhead.head };
        self.playhead.state = State::Playing;
        self.open_epoch(self.from, at, Some(tail));
        self.changed(Cause::Loop);
    }

    fn leave_waiting(&mut self, now: Instant, cause: Cause) {
        let paused = self.begins_paused && cause == Cause::Start;
        self.playhead.state = if paused { State::Paused } else { State::Playing };
        self.lap_began = now;
        self.anchor_here(now);
        self.changed(cause);
    }

    fn play(&mut self, now: Instant) {
        let at_the_end = || Place { at: self.playhead.clock.media, index: self.playhead.head } >= self.end;
        match self.playhead.state {
            State::Playing => {}
            State::Waiting => self.leave_waiting(now, Cause::Play),
            State::Paused if !at_the_end() => {
                self.playhead.state = State::Playing;
                self.anchor_here(now);
                self.changed(Cause::Play);
            }
            State::Paused | State::Ended => {
                self.playhead.state = State::Playing;
                self.open_epoch(self.from, now, None);
                self.changed(Cause::Restart);
            }
        }
    }

    /// At the end it is only the lap to come that can be paused.
    fn pause(&mut self, now: Instant) {
        let ends_for_good = self.playhead.state == State::Ended && self.next_lap.is_none();
        if self.playhead.state == State::Paused || ends_for_good {
            return;
        }
        self.stand_still(State::Paused, now);
        self.changed(Cause::Pause);
    }

    fn stand_still(&mut self, state: State, now: Instant) {
        let media = self.playhead.clock.media_time(now);
        self.playhead.state = state;
        self.next_lap = None;
        self.anchor(media, now);
    }

    fn set_speed(&mut self, timeline: &Timeline, speed: Speed, now: Instant) {
        if speed != self.playhead.nominal {
            self.playhead.nominal = speed;
            self.re_pace(timeline, now, Cause::Speed);
        }
    }

    fn set_pace(&mut self, timeline: &Timeline, pace: &Pace, now: Instant) -> Result<(), Rejection> {
        pace.check(own_types(timeline)).map_err(Rejection::bad_argument)?;
        if *pace != self.pace {
            self.pace = pace.clone();
            self.re_pace(timeline, now, Cause::Pace);
        }
        Ok(())
    }

    fn re_pace(&mut self, timeline: &Timeline, now: Instant, cause: Cause) {
        self.profile = Profile::new(timeline, self.playhead.nominal, &self.pace);
        self.anchor_here(now);
        self.changed(cause);
    }

    fn seek(&mut self, place: Place, now: Instant, cause: Cause) {
        self.playhead.state = match self.playhead.state {
            State::Ended if self.stepped_to_the_end => State::Paused,
            State::Ended => State::Playing,
            state => state,
        };
        self.open_epoch(place, now, None);
        self.changed(cause);
    }

    fn set_looping(&mut self, looping: bool, now: Instant) {
        if looping == self.looping {
            return;
        }
        self.looping = looping;
        let ended = self.playhead.state == State::Ended && !self.stepped_to_the_end;
        self.next_lap = (looping && ended).then(|| self.lap_after(now)).flatten();
        self.changed(Cause::Loop);
    }

    fn step(&mut self, timeline: &Timeline, step: &Step, now: Instant) -> Result<Stepped, Rejection> {
        let from = Place { at: self.playhead.clock.media_time(now), index: self.playhead.head };
        let stop = self.stop().max(from);
        let (to, reached) = match step {
            Step::Count(cues) => {
                let index = from.index.saturating_add(*cues).min(stop.index);
                let last = timeline.cues().get(index.saturating_sub(1) as usize).filter(|_| index > from.index);
                let at = last.map_or(from.at, |cue| cue.at.max(from.at));
                (Place { at, index }, index - from.index == *cues)
            }
            Step::Until { to, track } => match self.ahead(timeline, to, track.as_ref(), now)? {
                Some(at) if from.at <= at && at <= stop.at => {
                    (Place { at, index: count(timeline.index_after(at)).max(from.index) }, true)
                }
                _ => (stop, false),
            },
        };
        // Nothing has been touched before this line: a rejection leaves all as it was.
        let over = to.index >= stop.index;
        self.stepped_to_the_end = over;
        self.stand_still(if over { State::Ended } else { State::Paused }, now);
        self.playhead.head = to.index;
        self.anchor(to.at, now);
        self.playhead.steps = self.playhead.steps.saturating_add(1);
        self.changed(Cause::Step);
        Ok(Stepped { from: from.index, to: to.index, reached })
    }

    /// Where a step that goes to a position arrives, if that is there to be found.
    fn ahead(
        &self,
        timeline: &Timeline,
        to: &Position,
        track: Option<&MatchId>,
        now: Instant,
    ) -> Result<Option<MediaTime>, Rejection> {
        let backward = match to {
            Position::Previous(_) => true,
            Position::Relative(by) => *by < Span::ZERO,
            _ => false,
        };
        if backward {
            return Err(Rejection::bad_argument(format!("a step goes forward only, and {to} lies behind")));
        }
        let track = track_of(timeline, track)?;
        // A step goes to what it has not released yet, even if a seek has aimed at it before.
        let whence = Whence { target: None, ..self.whence(now) };
        match to.resolve(timeline, track, &whence, Span::ZERO) {
            Ok(Landing { beyond: true, .. }) => Ok(None),
            Ok(Landing { at, .. }) => Ok(Some(at)),
            // The types are known, but none of them lies ahead.
            Err(Rejection { code: "not_found", .. }) if matches!(to, Position::Next(_)) => Ok(None),
            Err(rejection) => Err(rejection),
        }
    }
}

fn track_of(timeline: &Timeline, id: Option<&MatchId>) -> Result<Option<usize>, Rejection> {
    let Some(id) = id else { return Ok(None) };
    let ids = || timeline.tracks().iter().map(|track| track.fixture.id.as_str());
    timeline.track_of(id.as_str()).map(Some).ok_or_else(|| {
        let hint = did_you_mean(id.as_str(), ids());
        Rejection::not_found(format!("no match {:?}{hint}", id.as_str())).accepting(ids().take(20))
    })
}
