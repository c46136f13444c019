//! What pace rules make of a timeline at a speed: the speed in effect at each moment, and how long that takes.

mod draft;

#[cfg(test)]
pub(super) mod tests;

use std::ops::Range;
use std::time::Duration;

use super::clock::wall_needed;
use super::pace::Pace;
use super::speed::Speed;
use crate::scenario::{MediaTime, Timeline};
pub(super) use draft::Draft;
use draft::{FIRST, LAST};

/// How many moments of cues a profile looks ahead. Whatever a timeline's length, that is what a change of pace costs.
const AHEAD: usize = 128;
/// Likewise where many are passed one after the other: fewer and longer looks.
const FAR_AHEAD: usize = 4_096;

/// The speed in effect along a timeline, worked out for the part of it that is asked for. Give it the same timeline every
/// time.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    nominal: Speed,
    pace: Pace,
    /// How many moments of cues it looks ahead.
    ahead: usize,
    /// The part of the timeline that the pieces are of.
    range: Range<MediaTime>,
    /// From when another speed holds, in order; no two neighbours have the same. Before the first it is the nominal one.
    pieces: Vec<(MediaTime, Speed)>,
}

/// What is known of the next change of speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It comes then.
    At(MediaTime),
    /// There is none before; whether there is one then is to be asked when that has come.
    NotBefore(MediaTime),
}

impl Profile {
    /// What `pace` makes of `nominal`. At `max` nothing is waited for, so there is nothing to pace.
    pub fn new(nominal: Speed, pace: Pace) -> Self {
        let flat = pace.is_none() || nominal == Speed::MAX;
        let range = if flat { FIRST..LAST } else { FIRST..FIRST };
        Self { nominal, pace, ahead: AHEAD, range, pieces: Vec::new() }
    }

    /// Goes on with another speed or pace.
    pub fn set(&mut self, nominal: Speed, pace: Pace) {
        *self = Self { ahead: self.ahead, ..Self::new(nominal, pace) };
    }

    /// The rules.
    pub fn pace(&self) -> &Pace {
        &self.pace
    }

    /// The speed in effect from a moment on.
    pub fn speed_at(&mut self, timeline: &Timeline, media: MediaTime) -> Speed {
        let piece = self.piece_at(timeline, media);
        self.speed_of(piece)
    }

    /// When, from a moment on, the speed is first another than the given one.
    pub fn next_change(&mut self, timeline: &Timeline, media: MediaTime, speed: Speed) -> Change {
        let piece = self.piece_at(timeline, media);
        match self.pieces.get(piece) {
            _ if self.speed_of(piece) != speed => Change::At(media),
            Some((from, _)) => Change::At(*from),
            None => Change::NotBefore(self.range.end),
        }
    }

    /// How many pieces have begun by a moment.
    fn piece_at(&mut self, timeline: &Timeline, media: MediaTime) -> usize {
        if media < self.range.start || media >= self.range.end && self.range.end != LAST {
            let draft = Draft::around(timeline, &self.pace, media, media, self.ahead);
            let mut speeds = Vec::new();
            draft.speeds(self.nominal.factor().unwrap_or(f64::INFINITY), &mut speeds);
            self.pieces.clear();
            self.pieces.extend(draft.pieces(self.nominal, &speeds));
            self.pieces.shrink_to_fit();
            self.range = draft.range;
        }
        self.pieces.partition_point(|(from, _)| *from <= media)
    }

    fn speed_of(&self, piece: usize) -> Speed {
        piece.checked_sub(1).map_or(self.nominal, |piece| self.pieces[piece].1)
    }

    /// The same, looking ahead so far from now on.
    #[cfg(test)]
    pub fn looking(self, ahead: usize) -> Self {
        Self { ahead, ..Self::new(self.nominal, self.pace) }
    }
}

/// How long a stretch of a timeline takes on the wall; `None` at `max`. Takes the longer, the more cues are in it.
pub fn wall_length(
    timeline: &Timeline,
    speed: Speed,
    pace: &Pace,
    from: MediaTime,
    until: MediaTime,
) -> Option<Duration> {
    speed.factor()?;
    let mut profile = Profile { ahead: FAR_AHEAD, ..Profile::new(speed, pace.clone()) };
    let mut wall = Duration::ZERO;
    let mut now = from;
    while now < until {
        let speed = profile.speed_at(timeline, now);
        let mut change = Change::NotBefore(now);
        while let Change::NotBefore(at) = change
            && at < until
        {
            change = profile.next_change(timeline, at, speed);
        }
        let (Change::At(next) | Change::NotBefore(next)) = change;
        let next = next.min(until);
        wall = wall.saturating_add(wall_needed(next - now, speed.factor()?));
        now = next;
    }
    Some(wall)
}
