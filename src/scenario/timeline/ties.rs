//! Two-legged ties on the timeline: the scores of both legs after any number of cues.

use super::super::{FirstLeg, Tie};
use super::{Timeline, Track};
use crate::football::{Leg, Legs, Score, Status};

/// The role of a match in its tie.
#[derive(Debug, Clone, Copy)]
pub(super) struct TieLeg {
    leg: Leg,
    /// The other leg. A result has the home and away sides of that leg.
    other: FirstLeg,
    away_goals: bool,
}

impl TieLeg {
    /// Assigns ties to the tracks of their matches. A match belongs to the first tie that names it.
    pub(super) fn assign_to_tracks(ties: &[Tie], tracks: &mut [Track]) {
        for Tie { first, second, away_goals } in ties {
            let mut assign = |track: u16, leg: Leg, other: FirstLeg| {
                if let Some(track) = tracks.get_mut(usize::from(track)) {
                    track.tie.get_or_insert(Self { leg, other, away_goals: *away_goals });
                }
            };
            if let FirstLeg::Match(first) = first {
                assign(*first, Leg::First, FirstLeg::Match(*second));
            }
            assign(*second, Leg::Second, *first);
        }
    }
}

/// The state of a tie, seen from one of its matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TieState {
    /// Which leg the match is.
    pub leg: Leg,
    /// The match of the other leg: an index in [`Timeline::tracks`]; `None` if only its result is known.
    pub other: Option<usize>,
    /// The scores of both legs.
    pub legs: Legs,
}

impl Timeline {
    /// The state of the tie that a match belongs to, after the first `index` cues. `None` if it belongs to none.
    ///
    /// # Panics
    /// If `track` is not an index in [`Self::tracks`].
    pub fn tie_at(&self, track: usize, index: usize) -> Option<TieState> {
        let index = self.true_index(index);
        let TieLeg { leg, other, away_goals } = self.content.tracks[track].tie?;
        let (other, other_score) = match other {
            FirstLeg::Match(other) => (Some(usize::from(other)), None),
            FirstLeg::Result(score) => (None, Some(score)),
        };
        let last = |track: usize| self.content.tracks.get(track).and_then(|track| self.content.last_cue(track, index));
        let score = |track: usize| last(track).map_or_else(Score::default, |cue| cue.score);
        let second = match leg {
            Leg::First => other,
            Leg::Second => Some(track),
        };
        let last_of_second = second.and_then(last);
        let shootout = last_of_second.and_then(|cue| cue.shootout);
        let awarded =
            second.and_then(|track| self.content.tracks.get(track)).is_some_and(|track| track.is_awarded(index));
        let legs = Legs {
            own: score(track),
            other: other_score.unwrap_or_else(|| other.map(score).unwrap_or_default()).swapped(),
            shootout: if leg == Leg::First { shootout.map(Score::swapped) } else { shootout },
            over: awarded || last_of_second.is_some_and(|cue| cue.event.status == Status::FullTime),
            away_goals,
        };
        Some(TieState { leg, other, legs })
    }
}
