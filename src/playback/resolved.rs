//! What a position resolves to on a given timeline.

use crate::scenario::{MediaTime, Span, Timeline};

/// Where playback is when a position is resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SeekOrigin {
    /// The current media time.
    pub at: MediaTime,
    /// How many true cues are past.
    pub head: u32,
    /// The true cue that the last seek to a `next:`, `prev:` or event id targeted. Until it is released, a search continues
    /// from it: `next:goal` twice with a lead reaches the second goal.
    pub target: Option<u32>,
}

/// A resolved position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResolvedPosition {
    /// Its media time.
    pub at: MediaTime,
    /// Whether the cues at exactly [`at`](Self::at) lie behind the position, as after `HT`. If not, they are released
    /// next.
    pub after: bool,
    /// The true cue that the position names or finds.
    pub target: Option<u32>,
    /// The match that the position belongs to, as an index into [`Timeline::tracks`]. `None`: to no single match.
    pub track: Option<usize>,
    /// Whether the timeline lacks the position that was asked for, and this is the nearest one to it.
    pub beyond: bool,
}

impl ResolvedPosition {
    /// How many cues lie behind the position.
    pub fn index(&self, timeline: &Timeline) -> u32 {
        cue_count(if self.after { timeline.index_after(self.at) } else { timeline.index_before(self.at) })
    }

    /// Before all cues at this time.
    pub(super) fn just_before(at: MediaTime) -> Self {
        Self { at, after: false, target: None, track: None, beyond: false }
    }

    /// The end of the timeline, behind all cues.
    pub(super) fn end(timeline: &Timeline) -> Self {
        Self { after: true, ..Self::just_before(timeline.length()) }
    }

    /// Just before a true cue.
    pub(super) fn at_cue(timeline: &Timeline, place: u32) -> Self {
        let cue = &timeline.true_cues()[place as usize];
        Self { target: Some(place), track: Some(usize::from(cue.track)), ..Self::just_before(cue.at) }
    }

    /// The position `lead` earlier, clamped to the timeline. Beyond its end means after the last event.
    pub(super) fn with_lead(self, timeline: &Timeline, lead: Span) -> Self {
        let wanted = self.at - lead;
        let at = wanted.clamp(MediaTime::ZERO, timeline.length().max(MediaTime::ZERO));
        Self { at, after: self.after && lead == Span::ZERO || wanted > at, beyond: self.beyond || at != wanted, ..self }
    }
}

/// A number of cues. No timeline has more than fit into a `u32`.
pub(super) fn cue_count(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
