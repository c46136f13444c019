//! Kick-offs that no event tells of, and the tables that they change.

use std::cmp::Reverse;
use std::collections::VecDeque;

use super::{MediaTime, Track};
use crate::football::{LeagueTable, MatchState, Status};

/// The matches that count for a table once they kick off by their nominal course, though nothing is told of that.
pub(super) struct Kickoffs {
    /// When, which match and for which table; the next one last.
    ahead: Vec<(MediaTime, usize, u16)>,
    /// Tables that have changed so, and that no cue has brought yet.
    changed: VecDeque<u16>,
}

impl Kickoffs {
    pub(super) fn new(tracks: &[Track], tables: &[LeagueTable]) -> Self {
        let mut ahead: Vec<_> = tracks
            .iter()
            .enumerate()
            .filter_map(|(place, track)| {
                let table = tables.iter().position(|table| table.counts(&track.fixture, Status::FirstHalf, false))?;
                Some((track.layout.kickoff()?, place, u16::try_from(table).ok()?))
            })
            .collect();
        ahead.sort_unstable_by_key(|kickoff| Reverse(*kickoff));
        Self { ahead, changed: VecDeque::new() }
    }

    /// Takes in those before a moment. At that very moment a match may still be told to begin.
    pub(super) fn until(&mut self, at: MediaTime, states: &[MatchState]) {
        while let Some((_, match_place, table)) = self.ahead.pop_if(|(kickoff, ..)| *kickoff < at) {
            if states[match_place].status == Status::Scheduled && !self.changed.contains(&table) {
                self.changed.push_back(table);
            }
        }
    }

    /// The table that a cue brings: its own, or one that has changed without.
    pub(super) fn changed(&mut self, own: Option<u16>) -> Option<u16> {
        match own {
            Some(own) => self.changed.retain(|table| *table != own),
            None => return self.changed.pop_front(),
        }
        own
    }
}
