//! Applies pace rules to a timeline: the speed in effect at each moment, and how long a section takes in wall time.

mod window;

#[cfg(test)]
pub(super) mod tests;

use std::ops::Range;
use std::time::Duration;

use super::clock::media_to_wall;
use super::pace::Pace;
use super::speed::Speed;
use crate::scenario::{MediaTime, Timeline};
pub(super) use window::PaceWindow;
use window::{EARLIEST, LATEST};

/// How many distinct cue times a profile looks ahead. This bounds the cost of a change of pace, whatever the timeline's
/// length.
const LOOKAHEAD: usize = 128;
/// The same for callers that traverse many in sequence: fewer and larger windows.
const LONG_LOOKAHEAD: usize = 4_096;

/// The speed in effect along a timeline, computed for one window of it at a time. Every call must pass the same
/// timeline.
#[derive(Debug, Clone)]
pub(super) struct SpeedProfile {
    nominal: Speed,
    pace: Pace,
    /// How many distinct cue times it looks ahead.
    ahead: usize,
    /// The window that [`Self::pieces`] covers.
    range: Range<MediaTime>,
    /// When the speed changes and to what, in order; no two neighbours have the same speed. Before the first, the
    /// nominal speed is in effect.
    pieces: Vec<(MediaTime, Speed)>,
}

/// What is known about the next change of speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SpeedChange {
    /// It happens then.
    At(MediaTime),
    /// Not before then. The caller asks again at that moment, and there may be no change.
    NotBefore(MediaTime),
}

impl SpeedProfile {
    /// The profile of `pace` at the speed `nominal`. At `max` nothing is waited for, so no rule applies.
    pub fn new(nominal: Speed, pace: Pace) -> Self {
        let flat = pace.is_none() || nominal == Speed::MAX;
        let range = if flat { EARLIEST..LATEST } else { EARLIEST..EARLIEST };
        Self { nominal, pace, ahead: LOOKAHEAD, range, pieces: Vec::new() }
    }

    /// Replaces the speed and the pace.
    pub fn set(&mut self, nominal: Speed, pace: Pace) {
        *self = Self { ahead: self.ahead, ..Self::new(nominal, pace) };
    }

    /// The pace rules.
    pub fn pace(&self) -> &Pace {
        &self.pace
    }

    /// The speed in effect from a moment on.
    pub fn speed_at(&mut self, timeline: &Timeline, media: MediaTime) -> Speed {
        let piece = self.piece_at(timeline, media);
        self.speed_of(piece)
    }

    /// When, from a moment on, the speed first differs from the given one.
    pub fn next_change(&mut self, timeline: &Timeline, media: MediaTime, speed: Speed) -> SpeedChange {
        let piece = self.piece_at(timeline, media);
        match self.pieces.get(piece) {
            _ if self.speed_of(piece) != speed => SpeedChange::At(media),
            Some((from, _)) => SpeedChange::At(*from),
            None => SpeedChange::NotBefore(self.range.end),
        }
    }

    /// How many pieces have begun by a moment. Computes another window if the moment is outside the present one.
    fn piece_at(&mut self, timeline: &Timeline, media: MediaTime) -> usize {
        if media < self.range.start || media >= self.range.end && self.range.end != LATEST {
            let window = PaceWindow::covering(timeline, &self.pace, media, media, self.ahead);
            let mut speeds = Vec::new();
            window.fill_speeds(self.nominal.factor().unwrap_or(f64::INFINITY), &mut speeds);
            self.pieces.clear();
            self.pieces.extend(window.speed_changes(self.nominal, &speeds));
            self.pieces.shrink_to_fit();
            self.range = window.range;
        }
        self.pieces.partition_point(|(from, _)| *from <= media)
    }

    fn speed_of(&self, piece: usize) -> Speed {
        piece.checked_sub(1).map_or(self.nominal, |piece| self.pieces[piece].1)
    }

    /// The same profile with another lookahead.
    #[cfg(test)]
    pub fn with_lookahead(self, ahead: usize) -> Self {
        Self { ahead, ..Self::new(self.nominal, self.pace) }
    }
}

/// The wall time that a section of a timeline takes; `None` at `max`. The cost grows with the number of cues in it.
pub fn wall_duration(
    timeline: &Timeline,
    speed: Speed,
    pace: &Pace,
    from: MediaTime,
    until: MediaTime,
) -> Option<Duration> {
    speed.factor()?;
    let mut profile = SpeedProfile { ahead: LONG_LOOKAHEAD, ..SpeedProfile::new(speed, pace.clone()) };
    let mut wall = Duration::ZERO;
    let mut now = from;
    while now < until {
        let speed = profile.speed_at(timeline, now);
        let mut change = SpeedChange::NotBefore(now);
        while let SpeedChange::NotBefore(at) = change
            && at < until
        {
            change = profile.next_change(timeline, at, speed);
        }
        let (SpeedChange::At(next) | SpeedChange::NotBefore(next)) = change;
        let next = next.min(until);
        wall = wall.saturating_add(media_to_wall(next - now, speed.factor()?));
        now = next;
    }
    Some(wall)
}
