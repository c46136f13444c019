//! The engine: moves one playhead over one timeline, as time passes and commands come.
//!
//! Everything here is one state machine over a [`Playhead`]: Waiting -> Playing <-> Paused, Playing -> Ended, and from
//! Ended round again. Two things hold throughout. A cue is released exactly when the clock says that its media time
//! has come, and the clock's pair is re-taken only at changes, at the exact instant of the change: at a pace boundary, an
//! end or a lap that is the computed one and not the one at which somebody woke up. And whatever clients must hear of
//! goes through [`Playback::changed`], which is what makes a version.

mod control;
mod stepping;

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::clock::PlaybackClock;
use super::landing::{Whence, count};
use super::pace::Pace;
use super::playhead::{Cause, Opening, Playhead, Release, State, Tail};
use super::position::Position;
use super::profile::{Change, Profile};
use super::rejection::Rejection;
use super::speed::Speed;
use crate::json::MAX_SAFE_INTEGER;
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
#[derive(Debug, Clone)]
pub struct Playback {
    playhead: Playhead,
    /// The pace as it is told; `None`: it is off.
    pace_word: Option<Arc<str>>,
    /// That of the version that [`Playhead::opening`] is.
    opening_pace: Option<Arc<str>>,
    profile: Profile,
    /// Up to where the speed in effect has been found to be that of the clock: from there on the profile is asked again.
    unchanged: MediaTime,
    /// Where every lap begins.
    from: Place,
    /// Where it ends, if the playhead is before that.
    until: Option<Place>,
    /// The end of the timeline.
    end: Place,
    hold: Duration,
    /// Whether leaving Waiting leads to Paused.
    begins_paused: bool,
    /// Whether the end was reached by stepping: then a seek away from it stays paused, and no lap follows.
    stepped_to_the_end: bool,
    /// Whether this epoch has ended, so that playing on means to begin again.
    has_ended: bool,
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
        pace.check(|word| timeline.custom_types_near(word)).map_err(Rejection::bad_argument)?;
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
        let pace_word = in_words(&pace);
        let mut profile = Profile::new(speed, pace);
        let clock = PlaybackClock {
            media: from_place.at,
            instant: now,
            speed: profile.speed_at(timeline, from_place.at),
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
            looping,
            version: 1,
            version_head: from_place.index,
            steps: 0,
            cause: Cause::Start,
            opening: Opening::first(clock, speed, state, looping),
        };
        Ok(Self {
            playhead,
            opening_pace: pace_word.clone(),
            pace_word,
            profile,
            unchanged: from_place.at,
            from: from_place,
            until: until_place,
            end: Place { at: timeline.length(), index: count(timeline.cues().len()) },
            hold,
            begins_paused: paused,
            stepped_to_the_end: false,
            has_ended: false,
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
        self.profile.pace()
    }

    /// Likewise, as a pace command would take them; `None`: there are none.
    pub fn pace_word(&self) -> Option<&Arc<str>> {
        self.pace_word.as_ref()
    }

    /// What [`pace_word`](Self::pace_word) was in the version that [`Playhead::at_opening`] tells of.
    pub fn opening_pace(&self) -> Option<&Arc<str>> {
        self.opening_pace.as_ref()
    }

    /// Whether it has ended, and no other lap will begin by itself.
    pub fn is_over(&self) -> bool {
        self.playhead.state == State::Ended && self.next_lap.is_none()
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
    pub fn begin(&mut self, timeline: &Timeline, now: Instant) {
        let now = self.at_the_latest(now);
        if self.playhead.state == State::Waiting {
            self.leave_waiting(timeline, now, Cause::Start);
        }
    }

    /// Leaves Waiting as if it had done so at an instant that has passed: then everything is as if it had played since,
    /// laps included. It must have been made for that instant or an earlier one.
    pub fn begin_as_of(&mut self, timeline: &Timeline, began: Instant, now: Instant) {
        self.begin(timeline, began);
        // Lived through in strides that are no stall; where a lap is begun, there may be another to begin at once.
        let mut instant = began;
        while let Some(wake) = self.advance(timeline, instant).filter(|wake| *wake <= now) {
            if wake > instant {
                instant = wake.max(instant + STALL_BOUND / 2).min(now);
            }
        }
        self.advance(timeline, now);
    }

    /// Releases everything due at `now`, in order, and passes whatever boundaries, ends and laps lie before it. Tells
    /// when to wake it next; `None` if nothing will happen by itself.
    ///
    /// Woken late, it releases the backlog as one batch; woken later than [`STALL_BOUND`], it puts the clock off
    /// instead. It begins at most one lap, so that readers see each: the wake is then `now` if there is more to do.
    pub fn advance(&mut self, timeline: &Timeline, now: Instant) -> Option<Instant> {
        self.advance_noting(timeline, now, &mut |_| ())
    }

    /// The same, and tells which cues were released by which clock: none at the beginning of a lap.
    pub fn advance_noting(
        &mut self,
        timeline: &Timeline,
        now: Instant,
        note: &mut impl FnMut(Release),
    ) -> Option<Instant> {
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
                        self.begin_lap(timeline, at, now, note);
                    }
                    None => break None,
                },
                State::Playing => {
                    let stop = self.stop();
                    let clock = self.playhead.clock;
                    let change = self.profile.next_change(timeline, self.unchanged, clock.speed);
                    let (Change::At(next) | Change::NotBefore(next)) = change;
                    // A clock that would need centuries is never due.
                    let Some(due) = clock.due(next.min(stop.at)) else { break None };
                    if due > now {
                        self.release(count(timeline.index_after(clock.media_time(now))), stop, note);
                        let next = timeline.cues().get(self.playhead.head as usize);
                        let next = next.and_then(|cue| clock.due(cue.at));
                        break Some(next.map_or(due, |next| next.min(due)));
                    }
                    match change {
                        _ if next >= stop.at => {
                            self.release(stop.index, stop, note);
                            self.end(timeline, stop, due);
                        }
                        Change::At(at) => {
                            self.release(count(timeline.index_after(at)), stop, note);
                            self.anchor(timeline, at, due);
                            self.changed(Cause::Pace);
                        }
                        Change::NotBefore(at) => self.unchanged = at,
                    }
                }
            }
        };
        self.wake
    }

    /// The same as often as it takes until nothing is due any more: for a playback that nobody observes, so that nobody misses
    /// the ends and beginnings of laps in between.
    pub fn advance_unobserved(
        &mut self,
        timeline: &Timeline,
        now: Instant,
        note: &mut impl FnMut(Release),
    ) -> Option<Instant> {
        loop {
            match self.advance_noting(timeline, now, note) {
                Some(wake) if wake <= now => {}
                wake => return wake,
            }
        }
    }

    /// Puts off the wake that was named last: being woken by that instant is not being late.
    pub fn put_wake_off(&mut self, until: Instant) {
        self.wake = self.wake.map(|wake| wake.max(until));
    }

    /// When it ends for good, if that is by that instant and no command comes in between.
    pub fn ends_by(&self, timeline: &Timeline, instant: Instant) -> Option<Instant> {
        let mut ahead = self.clone();
        ahead.put_wake_off(instant);
        ahead.advance_unobserved(timeline, instant, &mut |_| ());
        ahead.is_over().then_some(ahead.playhead.clock.instant)
    }

    fn at_the_latest(&mut self, now: Instant) -> Instant {
        self.latest = self.latest.max(now);
        self.latest
    }

    /// Where the playhead goes before it stops.
    fn stop(&self) -> Place {
        let here = Place { at: self.playhead.clock.media, index: self.playhead.head };
        self.until.filter(|until| here < *until).unwrap_or(self.end)
    }

    /// Makes a version.
    fn changed(&mut self, cause: Cause) {
        self.playhead.version = next(self.playhead.version);
        self.playhead.version_head = self.playhead.head;
        self.playhead.cause = cause;
        if self.playhead.head == self.playhead.start {
            self.playhead.opening = Opening::of(&self.playhead);
            self.opening_pace.clone_from(&self.pace_word);
        }
    }

    fn release(&mut self, index: u32, stop: Place, note: &mut impl FnMut(Release)) {
        let Playhead { epoch, head, clock, .. } = self.playhead;
        let to = index.min(stop.index);
        if to > head {
            self.playhead.head = to;
            note(Release { epoch, cues: head..to, clock });
        }
    }

    /// Re-takes the clock's pair, in the state and at the speed that hold from there on.
    fn anchor(&mut self, timeline: &Timeline, media: MediaTime, instant: Instant) {
        let running = self.playhead.state == State::Playing;
        let speed = self.profile.speed_at(timeline, media);
        self.playhead.clock = PlaybackClock { media, instant, speed, running };
        self.unchanged = media;
    }

    /// The same, where the playhead is.
    fn anchor_here(&mut self, timeline: &Timeline, now: Instant) {
        self.anchor(timeline, self.playhead.clock.media_time(now), now);
    }

    /// Opens an epoch at a place.
    fn open_epoch(&mut self, timeline: &Timeline, place: Place, instant: Instant, tail: Option<Tail>) {
        self.playhead.epoch = next(self.playhead.epoch);
        self.playhead.start = place.index;
        self.playhead.head = place.index;
        self.playhead.tail = tail;
        self.target = None;
        self.next_lap = None;
        self.stepped_to_the_end = false;
        self.has_ended = false;
        self.lap_began = instant;
        self.anchor(timeline, place.at, instant);
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

    fn end(&mut self, timeline: &Timeline, stop: Place, instant: Instant) {
        self.playhead.state = State::Ended;
        self.has_ended = true;
        self.anchor(timeline, stop.at.max(self.playhead.clock.media), instant);
        self.next_lap = self.playhead.looping.then(|| self.lap_after(instant)).flatten();
        self.changed(Cause::End);
    }

    /// When the lap after one that ended at `instant` begins. A hold of centuries is for ever.
    fn lap_after(&self, instant: Instant) -> Option<Instant> {
        let held = instant.checked_add(self.hold)?;
        Some(held.max(self.lap_began + SHORTEST_LAP))
    }

    /// The same playback, with a profile that looks ahead so far.
    #[cfg(test)]
    pub(super) fn looking(self, ahead: usize) -> Self {
        Self { profile: self.profile.looking(ahead), ..self }
    }

    fn begin_lap(&mut self, timeline: &Timeline, at: Instant, now: Instant, note: &mut impl FnMut(Release)) {
        // A machine that slept through the hold has missed nothing of the lap.
        let at = if now.saturating_duration_since(at) > STALL_BOUND { now } else { at };
        let tail = Tail { epoch: self.playhead.epoch, head: self.playhead.head };
        self.playhead.state = State::Playing;
        self.open_epoch(timeline, self.from, at, Some(tail));
        self.changed(Cause::Loop);
        // Nothing yet, but the epoch has begun.
        let Playhead { epoch, head, clock, .. } = self.playhead;
        note(Release { epoch, cues: head..head, clock });
    }

    fn leave_waiting(&mut self, timeline: &Timeline, now: Instant, cause: Cause) {
        let paused = self.begins_paused && cause == Cause::Start;
        self.playhead.state = if paused { State::Paused } else { State::Playing };
        self.lap_began = now;
        self.anchor_here(timeline, now);
        self.changed(cause);
    }
}

/// The number of the epoch or version after one: every reader of JSON must hold it exactly.
fn next(number: u64) -> u64 {
    number.saturating_add(1).min(MAX_SAFE_INTEGER)
}

/// A pace in words that all who are told of it share.
fn in_words(pace: &Pace) -> Option<Arc<str>> {
    (!pace.is_none()).then(|| pace.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playback::testing::{
        Film, flagship, indices, media_secs, options, position, secs, short, speed, told, var_night,
    };

    #[test]
    fn a_match_plays_from_its_first_cue_to_its_end() {
        let timeline = short();
        let mut film = Film::new(&timeline, options(60.0));
        assert_eq!(told(&film), (1, 0, State::Playing, Cause::Start));
        assert_eq!(film.advance(), Some(film.began + secs(1.0)));
        film.now = film.began + secs(1.0) - Duration::from_nanos(1);
        film.advance();
        assert_eq!(film.head().head, 1, "not a nanosecond early");
        film.now = film.began + secs(1.0);
        film.advance();
        assert_eq!(film.head().head, 2);
        assert_eq!(film.play_out(), secs(4.0));
        assert_eq!(told(&film), (1, 6, State::Ended, Cause::End));
        assert_eq!(indices(&film.released), [0, 1, 2, 3, 4, 5]);
        assert_eq!((film.head().version, film.head().version_head), (2, 6));
    }

    #[test]
    fn one_that_began_in_the_past_is_where_one_that_has_played_since_is() {
        let timeline = short();
        for (speed, hold) in [(1.0, 0.0), (60.0, 0.0), (60.0, 7.0), (10_000.0, 0.0)] {
            let options = Options { looping: true, hold: secs(hold), ..options(speed) };
            let mut film = Film::new(&timeline, options.clone());
            for after in [0.0, 0.5, 3.9, 4.0, 4.1, 100.0, 1_234.5] {
                let now = film.began + secs(after);
                // A wake for each lap, as a driver would have it.
                loop {
                    film.now = film.advance().filter(|wake| *wake < now).unwrap_or(now).max(film.now);
                    if film.now == now && film.advance().is_none_or(|wake| wake > now) {
                        break;
                    }
                }
                let mut other = Playback::new(&timeline, Options { waiting: true, ..options.clone() }, film.began)
                    .expect("options");
                other.begin_as_of(&timeline, film.began, now);
                let (there, here) = (film.head(), other.playhead());
                assert_eq!(
                    (here.epoch, here.head, here.clock),
                    (there.epoch, there.head, there.clock),
                    "{speed} {after}"
                );
                assert_eq!(here.version, there.version + 1, "it has left Waiting besides");
            }
        }
    }

    #[test]
    fn two_speeds_give_the_same_sequence() {
        let timeline = flagship();
        let sequences: Vec<_> = [speed(1.0), speed(60.0), speed(777.7), Speed::FASTEST, Speed::MAX]
            .map(|speed| {
                let mut film = Film::new(&timeline, Options { speed, ..Options::default() });
                film.play_out();
                (indices(&film.released), told(&film))
            })
            .into();
        assert_eq!(sequences[0].0.len(), timeline.cues().len());
        assert!(sequences.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn rule_1_a_backlog_goes_out_as_one_batch_and_nothing_is_lost_when_the_machine_sleeps() {
        let timeline = short();
        let mut film = Film::new(&timeline, options(1.0));
        let first = film.advance().expect("a goal to come");
        film.now = first + STALL_BOUND;
        film.advance();
        assert_eq!((film.head().head, film.head().cause), (2, Cause::Start), "late, but not by more than the bound");
        let second = film.advance().expect("a goal to come");
        assert_eq!(second, film.began + secs(120.0), "and not put off");
        // Two hours of sleep.
        film.now = second + secs(7_200.0);
        film.advance();
        assert_eq!(told(&film), (1, 3, State::Playing, Cause::Stall));
        assert_eq!(film.head().version_head, 2, "the clock was put off before the goal");
        assert_eq!(media_secs(&film), 120.0);
        assert_eq!(film.play_out(), secs(240.0 + 7_200.0));
        assert_eq!(indices(&film.released), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn rule_1_who_was_paused_or_had_ended_was_not_stalled() {
        let timeline = short();
        let mut film = Film::new(&timeline, options(60.0));
        film.tell("pause");
        film.now += secs(86_400.0);
        film.tell("play");
        assert_eq!(told(&film), (1, 1, State::Playing, Cause::Play));
        film.play_out();
        film.now += secs(86_400.0);
        assert_eq!(film.advance(), None);
        assert_eq!(film.head().cause, Cause::End);
    }

    #[test]
    fn rule_1_at_max_everything_up_to_the_stop_is_due_at_once() {
        let timeline = short();
        let until = Some(position("03:00"));
        let mut film = Film::new(&timeline, Options { speed: Speed::MAX, until, ..Options::default() });
        film.now += secs(60.0);
        assert_eq!(film.advance(), None);
        assert_eq!(told(&film), (1, 5, State::Ended, Cause::End), "both cues of the instant it names");
        assert_eq!(film.head().clock.media, timeline.cues()[4].at);
    }

    #[test]
    fn rule_2_a_lap_leaves_the_end_of_the_one_before_as_tail() {
        let timeline = short();
        let hold = secs(20.0);
        let mut film = Film::new(&timeline, Options { looping: true, hold, ..options(60.0) });
        film.play_for(secs(4.0));
        assert_eq!(told(&film), (1, 6, State::Ended, Cause::End));
        film.play_for(secs(20.0));
        assert_eq!(told(&film), (2, 1, State::Playing, Cause::Loop));
        assert_eq!(film.head().tail, Some(Tail { epoch: 1, head: 6 }));
        film.play_for(secs(24.0 * 9.0));
        assert_eq!(told(&film), (11, 1, State::Playing, Cause::Loop), "to the nanosecond, lap after lap");
        assert_eq!(film.released.len(), 61);
        film.tell("loop off");
        film.play_out();
        assert_eq!(told(&film), (11, 6, State::Ended, Cause::End));
        film.tell("loop on");
        film.play_for(hold);
        assert_eq!(film.head().epoch, 12);
    }

    #[test]
    fn a_loop_never_spins() {
        let silent = Timeline::new(&crate::scenario::Scenario::default());
        for (timeline, speed) in [(&silent, speed(60.0)), (&silent, Speed::MAX), (&short(), Speed::MAX)] {
            let mut film = Film::new(timeline, Options { speed, looping: true, ..Options::default() });
            film.play_for(secs(60.0));
            assert!((60..=61).contains(&film.head().epoch), "{} laps in a minute", film.head().epoch);
        }
        let mut film = Film::new(&silent, Options { looping: true, ..Options::default() });
        film.advance();
        film.now += secs(9.0);
        film.advance();
        assert_eq!(film.head().epoch, 2, "one lap at a time, so that readers see each");
    }

    #[test]
    fn rule_9_after_a_hundred_changes_every_cue_was_released_when_it_was_due() {
        let timeline = flagship();
        let mut film = Film::new(&timeline, options(60.0));
        let mut run = 0.0;
        for change in 0_u32..100 {
            let factor = [60.0, 0.5, 13.7, 600.0, 1.0][change as usize % 5];
            let wall = secs(0.01 + f64::from(change % 7) * 0.013);
            film.tell(&format!("speed {factor}"));
            let until = film.now + wall;
            while let Some(wake) = film.advance().filter(|wake| *wake <= until) {
                let next = &timeline.cues()[film.head().head as usize];
                assert_eq!(film.head().clock.due(next.at), Some(wake));
                film.now = wake;
            }
            film.now = until;
            run += wall.as_secs_f64() * factor;
            film.tell("pause");
            film.now += secs(0.7);
            film.tell("play");
        }
        let drift = media_secs(&film) - run;
        assert!(run > 600.0 && drift.abs() < 1e-6, "{drift} s of drift in {run} s");
        film.tell("speed 60");
        let left = (timeline.length().as_nanos() as f64 / 1e9 - media_secs(&film)) / 60.0;
        let from = film.now;
        film.play_out();
        assert!((film.now - from).abs_diff(secs(left)) < Duration::from_micros(1));
        assert_eq!(indices(&film.released), (0..timeline.cues().len() as u32).collect::<Vec<_>>());
    }

    #[test]
    fn rule_9_boundaries_of_pace_cost_no_time_however_late_the_wakes() {
        let timeline = flagship();
        let pace = Pace::parse("highlights", []).expect("a preset");
        let options = Options { pace, ..options(60.0) };
        let mut exact = Film::new(&timeline, options.clone());
        let wall = exact.play_out();
        assert!(exact.head().version > 10);
        let mut late = Film::new(&timeline, options);
        while let Some(wake) = late.advance() {
            late.now = wake + secs(0.9);
        }
        let ends = [&exact, &late].map(|film| film.head().clock.instant - film.began);
        assert_eq!((ends[0], ends[1]), (wall, wall));
        assert_eq!(indices(&exact.released), indices(&late.released));
        let computed = super::super::wall_length(
            &timeline,
            speed(60.0),
            exact.playback.pace(),
            MediaTime::ZERO,
            timeline.length(),
        );
        assert_eq!(computed, Some(wall));
    }

    #[test]
    fn the_speed_in_effect_changes_at_each_boundary_after_the_cues_of_its_instant() {
        let timeline = short();
        let pace = Pace::parse("goal:lead=30s,speed=5", []).expect("rules");
        let mut film = Film::new(&timeline, Options { pace, ..options(60.0) });
        film.play_for(secs(0.5));
        let slow = film.head();
        assert_eq!((slow.clock.speed, slow.nominal, slow.cause), (speed(5.0), speed(60.0), Cause::Pace));
        film.play_for(secs(6.0));
        let after = film.head();
        assert_eq!((after.clock.speed, after.head, after.version_head), (speed(60.0), 2, 2), "goal first, then speed");
        film.tell("pace off");
        assert_eq!(film.head().cause, Cause::Pace);
        film.play_out();
        assert_eq!(film.head().cause, Cause::End);
    }

    #[test]
    fn rule_10_a_whole_match_at_real_speed_takes_no_time() {
        let began = Instant::now();
        let timeline = flagship();
        let mut film = Film::new(&timeline, options(1.0));
        assert_eq!(film.play_out(), secs(6_827.0));
        assert!(began.elapsed() < secs(5.0));
    }

    #[test]
    fn from_and_until_bound_each_lap_unless_one_goes_beyond() {
        let timeline = short();
        let bounds = Options { from: Some(position("01:00")), until: Some(position("02:00")), ..options(60.0) };
        let mut film = Film::new(&timeline, bounds.clone());
        assert_eq!(film.play_out(), secs(1.0));
        assert_eq!((indices(&film.released), film.head().start), (vec![1, 2], 1));
        film.tell("seek 02:30");
        film.play_out();
        assert_eq!(told(&film), (2, 6, State::Ended, Cause::End), "beyond the bound there is only the end");
        film.tell("play");
        assert_eq!(media_secs(&film), 60.0);
        film.play_out();
        assert_eq!(film.head().head, 3);

        let timeline = flagship();
        for (from, until, hint) in [
            ("02:00", "01:00", "does not come after 02:00"),
            ("HT", "HT", "does not come after HT"),
            ("Nowhere", "HT", "from Nowhere"),
        ] {
            let options = Options { from: Some(position(from)), until: Some(position(until)), ..Options::default() };
            let rejection = Playback::new(&timeline, options, Instant::now()).expect_err(hint);
            assert!(rejection.message.contains(hint), "{rejection}");
        }
    }

    #[test]
    fn waiting_ends_by_itself_by_play_or_by_pause() {
        let timeline = short();
        let waiting = Options { waiting: true, ..options(60.0) };
        let mut film = Film::new(&timeline, waiting.clone());
        film.now += secs(3_600.0);
        assert_eq!((film.advance(), told(&film)), (None, (1, 0, State::Waiting, Cause::Start)));
        film.playback.begin(&timeline, film.now);
        film.advance();
        assert_eq!((told(&film), film.head().version), ((1, 1, State::Playing, Cause::Start), 2));
        film.playback.begin(&timeline, film.now);
        assert_eq!(film.head().version, 2);

        let mut film = Film::new(&timeline, Options { paused: true, ..waiting.clone() });
        film.tell("seek 01:30");
        assert_eq!(told(&film), (2, 2, State::Waiting, Cause::Seek));
        film.playback.begin(&timeline, film.now);
        assert_eq!(told(&film), (2, 2, State::Paused, Cause::Start));

        let mut film = Film::new(&timeline, waiting);
        film.tell("pause");
        film.playback.begin(&timeline, film.now);
        assert_eq!(told(&film), (1, 0, State::Paused, Cause::Pause));
    }

    #[test]
    fn time_does_not_go_back() {
        let timeline = short();
        let mut film = Film::new(&timeline, options(60.0));
        film.play_for(secs(2.5));
        film.now = film.began;
        film.tell("pause");
        assert_eq!((media_secs(&film), film.head().head), (150.0, 3));
    }

    #[test]
    fn several_matches_play_on_one_clock() {
        let timeline = var_night();
        let mut film = Film::new(&timeline, options(60.0));
        let wall = film.play_out();
        assert_eq!(film.released.len(), timeline.cues().len());
        assert!(wall.abs_diff((timeline.length() - MediaTime::ZERO).to_duration() / 60) < Duration::from_micros(1));
        assert_eq!(film.tell("seek FT match=qui-bra").landed.map(|at| at > timeline.length()), Some(false));
    }
}
