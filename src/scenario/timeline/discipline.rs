//! Disciplinary points while a timeline is built: tables ordered by fair play need them after any number of cues.

use super::Cue;
use crate::football::{LeagueTable, MatchEvent, OrderKey, disciplinary_points};

/// The disciplinary points of all matches while the timeline is built, if a table needs them.
pub(super) struct Disciplines(Option<Vec<[i64; 2]>>);

impl Disciplines {
    pub(super) fn new(matches: usize, tables: &[LeagueTable]) -> Self {
        let needed = tables.iter().any(|table| table.order.contains(&OrderKey::FairPlay));
        Self(needed.then(|| vec![[0; 2]; matches]))
    }

    /// The points of both sides of its match after a cue, if it changes them.
    pub(super) fn changed(&mut self, cue: &Cue, was: Option<&MatchEvent>) -> Option<[u32; 2]> {
        let points = &mut self.0.as_mut()?[usize::from(cue.track)];
        let before = *points;
        for (event, by) in was.map(|was| (was, -1)).into_iter().chain([(&*cue.event, 1)]) {
            if let Some(side) = event.side.filter(|_| event.stands()) {
                points[side.index()] += by * i64::from(disciplinary_points(event));
            }
        }
        (*points != before).then(|| points.map(|sum| u32::try_from(sum).unwrap_or_default()))
    }
}
