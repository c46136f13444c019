//! Disciplinary points while a timeline is built. Tables ordered by fair play need them after any number of cues.

use super::Cue;
use crate::football::{LeagueTable, MatchEvent, OrderKey, disciplinary_points};

/// The disciplinary points of all matches, home and away; `None` if no table needs them.
pub(super) struct DisciplineTracker(Option<Vec<[i64; 2]>>);

impl DisciplineTracker {
    pub(super) fn new(matches: usize, tables: &[LeagueTable]) -> Self {
        let needed = tables.iter().any(|table| table.order.contains(&OrderKey::FairPlay));
        Self(needed.then(|| vec![[0; 2]; matches]))
    }

    /// Applies a cue. Returns the points of both sides of its match if they change.
    pub(super) fn apply_cue(&mut self, cue: &Cue, previous: Option<&MatchEvent>) -> Option<[u32; 2]> {
        let points = &mut self.0.as_mut()?[usize::from(cue.track)];
        let before = *points;
        for (event, by) in previous.map(|previous| (previous, -1)).into_iter().chain([(&*cue.event, 1)]) {
            if let Some(side) = event.side.filter(|_| event.is_in_force()) {
                points[side.index()] += by * i64::from(disciplinary_points(event));
            }
        }
        (*points != before).then(|| points.map(|sum| u32::try_from(sum).unwrap_or_default()))
    }
}
