//! The engine: moves one playhead over one timeline as time passes and commands arrive.
//!
//! It is a state machine over a [`Playhead`]: Waiting -> Playing <-> Paused, Playing -> Ended, and from Ended back to
//! Playing. Three invariants hold:
//!
//! - A cue is released exactly when the clock reaches its media time.
//! - The clock's anchor pair is re-taken only at changes, at the exact instant of the change. At a pace boundary, an
//!   end or a lap that is the computed instant, not the instant at which the driver woke.
//! - Every change that clients are notified of goes through [`Playback::bump_version`].

mod control;
mod record;
mod stepping;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

pub(crate) use self::control::track_of;
pub(crate) use self::record::PlaybackRecord;
use super::clock::PlaybackClock;
use super::pace::Pace;
use super::playhead::{ChangeCause, EpochStart, Playhead, PreviousLap, Release, State};
use super::position::Position;
use super::profile::{SpeedChange, SpeedProfile};
use super::rejection::Rejection;
use super::resolved::{SeekOrigin, cue_count};
use super::speed::Speed;
use crate::json::MAX_SAFE_INTEGER;
use crate::message::excerpt;
use crate::scenario::{MediaTime, Span, Timeline};

/// [`PlaybackOptions::stall_limit`] of replays. A busy machine is late by less; one that was suspended, or stopped in a debugger, by more.
pub(crate) const STALL_LIMIT: Duration = Duration::from_secs(10);

/// The minimum time between the beginnings of two laps: even an empty timeline at `max` does not spin.
pub const MIN_LAP: Duration = Duration::from_secs(1);

/// The options of a playback.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlaybackOptions {
    /// The nominal speed.
    pub speed: Speed,
    /// Rules that vary the speed.
    pub pace: Pace,
    /// Where to begin; `None`: at the beginning of the timeline.
    pub from: Option<Position>,
    /// Where to end, including all cues at that instant; `None`: at the timeline's end.
    pub until: Option<Position>,
    /// Whether to start again after each end.
    pub looping: bool,
    /// How long to stay at the end before the next lap.
    pub hold: Duration,
    /// Whether to begin paused.
    pub paused: bool,
    /// Whether to wait for [`Playback::begin`] or a play command before starting.
    pub waiting: bool,
    /// How late a call of [`Playback::advance`] may be. A later one shifts the clock instead of releasing the backlog. `None`: as late
    /// as it likes. A replay of a [`Hub`](crate::replay::Hub) has ten seconds, whatever is given.
    pub stall_limit: Option<Duration>,
}

/// A point on the timeline: a media time, and how many cues lie behind it. Ordered by time, then by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct TimelinePoint {
    at: MediaTime,
    index: u32,
}

/// One playback of one timeline. Every call must pass the same timeline.
#[derive(Debug, Clone)]
pub struct Playback {
    playhead: Playhead,
    /// The pace as text; `None`: off.
    pace_text: Option<Arc<str>>,
    /// The pace in the version that [`Playhead::epoch_start`] describes.
    epoch_start_pace: Option<Arc<str>>,
    profile: SpeedProfile,
    /// Up to this media time the speed in effect is known to be the clock's. From there on the profile is asked again.
    speed_known_until: MediaTime,
    /// Where every lap begins.
    from: TimelinePoint,
    /// Where it ends, if the playhead is before that.
    until: Option<TimelinePoint>,
    /// The end of the timeline.
    end: TimelinePoint,
    hold: Duration,
    stall_limit: Duration,
    /// Whether leaving Waiting leads to Paused.
    starts_paused: bool,
    /// Whether a step reached the end: then a seek away from it stays paused, and no lap follows.
    stepped_to_end: bool,
    /// Whether this epoch has ended: then play starts again from the beginning.
    epoch_ended: bool,
    /// The cue that the last seek targeted.
    target: Option<u32>,
    lap_started: Instant,
    /// When the next lap begins, after the end of one.
    next_lap: Option<Instant>,
    /// The wake that was returned last.
    wake: Option<Instant>,
    /// The latest instant that a caller passed: time does not go back.
    latest: Instant,
    /// How often a stall has moved the clock.
    stalls: u32,
}

impl Playback {
    /// A playback at its beginning. Nothing is released before the first [`advance`](Self::advance). Fails if a
    /// position in the options does not exist, `until` is not after `from`, or the pace names an unknown event type.
    pub fn new(timeline: &Timeline, options: PlaybackOptions, now: Instant) -> Result<Self, Rejection> {
        let PlaybackOptions { speed, pace, from, until, looping, hold, paused, waiting, stall_limit } = options;
        pace.check_for(timeline)?;
        let resolve = |name: &str, position: &Option<Position>| {
            let Some(position) = position else { return Ok(None) };
            let resolved = position.resolve(timeline, None, &SeekOrigin::default(), Span::ZERO);
            resolved
                .map(Some)
                .map_err(|rejection| rejection.context(format_args!("{name} {}", excerpt(&position.to_string()))))
        };
        let from_point = match resolve("from", &from)? {
            Some(resolved) => TimelinePoint { at: resolved.at, index: resolved.index(timeline) },
            None => TimelinePoint { at: MediaTime::ZERO, index: 0 },
        };
        let until_point = resolve("until", &until)?
            .map(|resolved| TimelinePoint { at: resolved.at, index: cue_count(timeline.index_after(resolved.at)) });
        if let (Some(until), Some(point)) = (&until, until_point)
            && point <= from_point
        {
            let until = excerpt(&until.to_string());
            let from = from.map_or("the beginning".to_owned(), |from| excerpt(&from.to_string()));
            return Err(Rejection::bad_argument(format!("until {until} is not after {from}")));
        }
        let state = match (waiting, paused) {
            (true, _) => State::Waiting,
            (_, true) => State::Paused,
            _ => State::Playing,
        };
        let pace_text = pace_text(&pace);
        let mut profile = SpeedProfile::new(speed, pace);
        let clock = PlaybackClock {
            media: from_point.at,
            instant: now,
            speed: profile.speed_at(timeline, from_point.at),
            running: state == State::Playing,
        };
        let playhead = Playhead {
            epoch: 1,
            start: from_point.index,
            head: from_point.index,
            previous_lap: None,
            clock,
            nominal: speed,
            state,
            looping,
            version: 1,
            version_head: from_point.index,
            steps: 0,
            cause: ChangeCause::Start,
            epoch_start: EpochStart::first_epoch(clock, speed, state, looping),
        };
        Ok(Self {
            playhead,
            epoch_start_pace: pace_text.clone(),
            pace_text,
            profile,
            speed_known_until: from_point.at,
            from: from_point,
            until: until_point,
            end: TimelinePoint { at: timeline.length(), index: cue_count(timeline.cues().len()) },
            hold,
            stall_limit: stall_limit.unwrap_or(Duration::MAX),
            starts_paused: paused,
            stepped_to_end: false,
            epoch_ended: false,
            target: None,
            lap_started: now,
            next_lap: None,
            wake: None,
            latest: now,
            stalls: 0,
        })
    }

    /// The present playhead.
    pub fn playhead(&self) -> Playhead {
        self.playhead
    }

    /// The pace rules in effect.
    pub fn pace(&self) -> &Pace {
        self.profile.pace()
    }

    /// The pace rules in effect, as a pace command accepts them; `None`: off.
    #[doc(hidden)]
    pub fn pace_text(&self) -> Option<&Arc<str>> {
        self.pace_text.as_ref()
    }

    /// The [`pace_text`](Self::pace_text) in the version that [`Playhead::at_epoch_start`] returns.
    pub(crate) fn epoch_start_pace(&self) -> Option<&Arc<str>> {
        self.epoch_start_pace.as_ref()
    }

    /// Whether it has ended, and no other lap will begin without a command.
    pub fn is_over(&self) -> bool {
        self.playhead.state == State::Ended && self.next_lap.is_none()
    }

    /// How often a stall has moved the clock: after that, the playhead no longer follows from an earlier one by arithmetic.
    #[cfg_attr(not(feature = "net"), allow(dead_code))]
    pub(crate) fn stalls(&self) -> u32 {
        self.stalls
    }

    /// Where every lap begins.
    pub fn from(&self) -> MediaTime {
        self.from.at
    }

    /// Where it will end: at `until`, or at the timeline's end if the playhead is already beyond that.
    pub fn until(&self) -> MediaTime {
        self.stop().at
    }

    /// Leaves Waiting; does nothing in any other state.
    pub fn begin(&mut self, timeline: &Timeline, now: Instant) {
        let now = self.monotonic_now(now);
        if self.playhead.state == State::Waiting {
            self.leave_waiting(timeline, now, ChangeCause::Start);
        }
    }

    /// Leaves Waiting as if that had happened at `began`, an instant in the past: the result is the same as if it had
    /// played since, laps included. The playback must have been created for `began` or an earlier instant.
    pub(crate) fn begin_as_of(&mut self, timeline: &Timeline, began: Instant, now: Instant) {
        self.begin(timeline, began);
        // Advance in steps too short to count as a stall. After a lap begins, another may be due at the same instant.
        let mut instant = began;
        while let Some(wake) = self.advance(timeline, instant).filter(|wake| *wake <= now) {
            if wake > instant {
                instant = wake.max(instant + STALL_LIMIT / 2).min(now);
            }
        }
        self.advance(timeline, now);
    }

    /// Releases all cues due at `now`, in order, and passes all pace boundaries, ends and laps before it. Returns when
    /// to call it next; `None` if nothing will happen without a command.
    ///
    /// A late call releases the backlog as one batch, unless it is later than [`PlaybackOptions::stall_limit`]. Each call begins at most one lap, so that readers see every lap: the result is `now` if more is due.
    pub fn advance(&mut self, timeline: &Timeline, now: Instant) -> Option<Instant> {
        self.advance_with(timeline, now, &mut |_| ())
    }

    /// The same, and calls `on_release` with the cues that each clock released: an empty range at the beginning of a
    /// lap.
    pub fn advance_with(
        &mut self,
        timeline: &Timeline,
        now: Instant,
        on_release: &mut impl FnMut(Release),
    ) -> Option<Instant> {
        let now = self.monotonic_now(now);
        self.absorb_stall(now);
        let mut lapped = false;
        self.wake = loop {
            match self.playhead.state {
                State::Waiting | State::Paused => break None,
                State::Ended => match self.next_lap {
                    Some(at) if at > now => break Some(at),
                    Some(_) if lapped => break Some(now),
                    Some(at) => {
                        lapped = true;
                        self.begin_lap(timeline, at, now, on_release);
                    }
                    None => break None,
                },
                State::Playing => {
                    let stop = self.stop();
                    let clock = self.playhead.clock;
                    let change = self.profile.next_change(timeline, self.speed_known_until, clock.speed);
                    let (SpeedChange::At(next) | SpeedChange::NotBefore(next)) = change;
                    // A clock that would need centuries is never due.
                    let Some(due) = clock.due_at(next.min(stop.at)) else { break None };
                    if due > now {
                        self.release_cues_until(
                            cue_count(timeline.index_after(clock.media_time(now))),
                            stop,
                            on_release,
                        );
                        let next = timeline.cues().get(self.playhead.head as usize);
                        let next = next.and_then(|cue| clock.due_at(cue.at));
                        break Some(next.map_or(due, |next| next.min(due)));
                    }
                    match change {
                        _ if next >= stop.at => {
                            self.release_cues_until(stop.index, stop, on_release);
                            self.end(timeline, stop, due);
                        }
                        SpeedChange::At(at) => {
                            self.release_cues_until(cue_count(timeline.index_after(at)), stop, on_release);
                            self.anchor(timeline, at, due);
                            self.bump_version(ChangeCause::Pace);
                        }
                        SpeedChange::NotBefore(at) => self.speed_known_until = at,
                    }
                }
            }
        };
        self.wake
    }

    /// Advances repeatedly until nothing more is due. For a playback without observers: it passes the ends and
    /// beginnings of laps without stopping at them.
    pub(crate) fn advance_until_idle(
        &mut self,
        timeline: &Timeline,
        now: Instant,
        on_release: &mut impl FnMut(Release),
    ) -> Option<Instant> {
        loop {
            match self.advance_with(timeline, now, on_release) {
                Some(wake) if wake <= now => {}
                wake => return wake,
            }
        }
    }

    /// Postpones the wake that was returned last: a call by that instant is not late.
    pub(crate) fn postpone_wake(&mut self, until: Instant) {
        self.wake = self.wake.map(|wake| wake.max(until));
    }

    /// When it ends for good, if that is at or before `instant` and no command arrives in between.
    pub(crate) fn ends_by(&self, timeline: &Timeline, instant: Instant) -> Option<Instant> {
        let mut ahead = self.clone();
        ahead.postpone_wake(instant);
        ahead.advance_until_idle(timeline, instant, &mut |_| ());
        ahead.is_over().then_some(ahead.playhead.clock.instant)
    }

    fn monotonic_now(&mut self, now: Instant) -> Instant {
        self.latest = self.latest.max(now);
        self.latest
    }

    /// Where the playhead will stop.
    fn stop(&self) -> TimelinePoint {
        let here = TimelinePoint { at: self.playhead.clock.media, index: self.playhead.head };
        self.until.filter(|until| here < *until).unwrap_or(self.end)
    }

    /// Begins a new version.
    fn bump_version(&mut self, cause: ChangeCause) {
        self.playhead.version = successor(self.playhead.version);
        self.playhead.version_head = self.playhead.head;
        self.playhead.cause = cause;
        if self.playhead.head == self.playhead.start {
            self.playhead.epoch_start = EpochStart::from_playhead(&self.playhead);
            self.epoch_start_pace.clone_from(&self.pace_text);
        }
    }

    fn release_cues_until(&mut self, index: u32, stop: TimelinePoint, on_release: &mut impl FnMut(Release)) {
        let Playhead { epoch, head, clock, .. } = self.playhead;
        let to = index.min(stop.index);
        if to > head {
            self.playhead.head = to;
            on_release(Release { epoch, cues: head..to, clock });
        }
    }

    /// Re-takes the clock's anchor pair, in the present state and at the speed in effect from there on.
    fn anchor(&mut self, timeline: &Timeline, media: MediaTime, instant: Instant) {
        let running = self.playhead.state == State::Playing;
        let speed = self.profile.speed_at(timeline, media);
        self.playhead.clock = PlaybackClock { media, instant, speed, running };
        self.speed_known_until = media;
    }

    /// The same, at the playhead's present position.
    fn reanchor_clock_at(&mut self, timeline: &Timeline, now: Instant) {
        self.anchor(timeline, self.playhead.clock.media_time(now), now);
    }

    /// Begins an epoch at a point.
    fn open_epoch(
        &mut self,
        timeline: &Timeline,
        point: TimelinePoint,
        instant: Instant,
        previous_lap: Option<PreviousLap>,
    ) {
        self.playhead.epoch = successor(self.playhead.epoch);
        self.playhead.start = point.index;
        self.playhead.head = point.index;
        self.playhead.previous_lap = previous_lap;
        self.target = None;
        self.next_lap = None;
        self.stepped_to_end = false;
        self.epoch_ended = false;
        self.lap_started = instant;
        self.anchor(timeline, point.at, instant);
    }

    fn absorb_stall(&mut self, now: Instant) {
        let late = self.wake.map_or(Duration::ZERO, |wake| now.saturating_duration_since(wake));
        if late <= self.stall_limit || self.playhead.state != State::Playing {
            return;
        }
        let clock = &mut self.playhead.clock;
        clock.instant = clock.instant.checked_add(late).unwrap_or(now);
        self.wake = Some(now);
        self.stalls = self.stalls.wrapping_add(1);
        self.bump_version(ChangeCause::Stall);
    }

    fn end(&mut self, timeline: &Timeline, stop: TimelinePoint, instant: Instant) {
        self.playhead.state = State::Ended;
        self.epoch_ended = true;
        self.anchor(timeline, stop.at.max(self.playhead.clock.media), instant);
        self.next_lap = self.playhead.looping.then(|| self.next_lap_start(instant)).flatten();
        self.bump_version(ChangeCause::End);
    }

    /// When the lap after one that ended at `instant` begins. `None` if the hold is too long to represent.
    fn next_lap_start(&self, instant: Instant) -> Option<Instant> {
        let held = instant.checked_add(self.hold)?;
        Some(held.max(self.lap_started + MIN_LAP))
    }

    /// The same playback with another lookahead of its profile.
    #[cfg(test)]
    pub(super) fn with_lookahead(self, ahead: usize) -> Self {
        Self { profile: self.profile.with_lookahead(ahead), ..self }
    }

    fn begin_lap(&mut self, timeline: &Timeline, at: Instant, now: Instant, on_release: &mut impl FnMut(Release)) {
        // A machine that was suspended during the hold misses nothing of the lap.
        let stalled = now.saturating_duration_since(at) > self.stall_limit;
        self.stalls = self.stalls.wrapping_add(stalled.into());
        let at = if stalled { now } else { at };
        let previous_lap = PreviousLap { epoch: self.playhead.epoch, head: self.playhead.head };
        self.playhead.state = State::Playing;
        self.open_epoch(timeline, self.from, at, Some(previous_lap));
        self.bump_version(ChangeCause::Loop);
        // Nothing is released yet; this reports the beginning of the epoch.
        let Playhead { epoch, head, clock, .. } = self.playhead;
        on_release(Release { epoch, cues: head..head, clock });
    }

    fn leave_waiting(&mut self, timeline: &Timeline, now: Instant, cause: ChangeCause) {
        let paused = self.starts_paused && cause == ChangeCause::Start;
        self.playhead.state = if paused { State::Paused } else { State::Playing };
        self.lap_started = now;
        self.reanchor_clock_at(timeline, now);
        self.bump_version(cause);
    }
}

/// The epoch or version after this one, limited to what every JSON reader represents exactly.
fn successor(number: u64) -> u64 {
    number.saturating_add(1).min(MAX_SAFE_INTEGER)
}

/// The pace as text, shared by all clients that receive it.
fn pace_text(pace: &Pace) -> Option<Arc<str>> {
    (!pace.is_none()).then(|| pace.to_string().into())
}
