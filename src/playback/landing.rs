//! A place on a timeline that a position resolves to.

use crate::scenario::{MediaTime, Span, Timeline};

/// From where one looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Whence {
    /// The media time now.
    pub at: MediaTime,
    /// How many cues have been released.
    pub head: u32,
    /// The cue that the last `next:`, `prev:` or event id aimed at. As long as it has not been released, a search goes
    /// on from it, so that `next:goal` twice with a lead reaches the second goal.
    pub target: Option<u32>,
}

/// Where a position lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Landing {
    /// When.
    pub at: MediaTime,
    /// Whether the cues of that very instant are behind it, as after `HT`; else they come next.
    pub after: bool,
    /// The cue aimed at.
    pub target: Option<u32>,
    /// The match that the position speaks of: a place in [`Timeline::tracks`]. `None`: of all.
    pub track: Option<usize>,
    /// Whether the position named a moment that the timeline does not have, so that this is the nearest one to it.
    pub beyond: bool,
}

impl Landing {
    /// How many cues are behind it.
    pub fn index(&self, timeline: &Timeline) -> u32 {
        count(if self.after { timeline.index_after(self.at) } else { timeline.index_before(self.at) })
    }

    pub(super) fn before(at: MediaTime) -> Self {
        Self { at, after: false, target: None, track: None, beyond: false }
    }

    /// The end of the timeline, with everything behind it.
    pub(super) fn end(timeline: &Timeline) -> Self {
        Self { after: true, ..Self::before(timeline.length()) }
    }

    /// Just before the cue at a place.
    pub(super) fn at_cue(timeline: &Timeline, place: u32) -> Self {
        let cue = &timeline.cues()[place as usize];
        Self { target: Some(place), track: Some(usize::from(cue.track)), ..Self::before(cue.at) }
    }

    /// The landing, earlier by `lead`, and on the timeline in any case: beyond its end is after its last event.
    pub(super) fn within(self, timeline: &Timeline, lead: Span) -> Self {
        let wanted = self.at - lead;
        let at = wanted.clamp(MediaTime::ZERO, timeline.length().max(MediaTime::ZERO));
        Self { at, after: self.after && lead == Span::ZERO || wanted > at, beyond: self.beyond || at != wanted, ..self }
    }
}

/// A number of cues; no timeline has more than a `u32` counts.
pub(super) fn count(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
