//! Kick-offs that no event reports, and the tables that they change.

use std::cmp::Reverse;
use std::collections::VecDeque;

use super::{MediaTime, Track};
use crate::football::{LeagueTable, MatchState, Status};

/// The nominal kick-offs of matches that count for a table. A match without a report counts from its kick-off on.
pub(super) struct SilentKickoffs {
    /// The pending kick-offs: time, match and table. The next one is last.
    ahead: Vec<(MediaTime, usize, u16)>,
    /// Changed tables that are not attached to a cue yet.
    changed: VecDeque<u16>,
}

impl SilentKickoffs {
    pub(super) fn new(tracks: &[Track], tables: &[LeagueTable]) -> Self {
        let mut ahead: Vec<_> = tracks
            .iter()
            .enumerate()
            .filter_map(|(place, track)| {
                let table =
                    tables.iter().position(|table| table.includes_match(&track.fixture, Status::FirstHalf, false))?;
                Some((track.layout.kickoff()?, place, u16::try_from(table).ok()?))
            })
            .collect();
        ahead.sort_unstable_by_key(|kickoff| Reverse(*kickoff));
        Self { ahead, changed: VecDeque::new() }
    }

    /// Processes the kick-offs strictly before a time. At the time itself the feed may still report the kick-off.
    pub(super) fn advance_to(&mut self, at: MediaTime, states: &[MatchState]) {
        while let Some((_, match_place, table)) = self.ahead.pop_if(|(kickoff, ..)| *kickoff < at) {
            if states[match_place].status == Status::Scheduled && !self.changed.contains(&table) {
                self.changed.push_back(table);
            }
        }
    }

    /// The table to attach to a cue: its own, else a pending one.
    pub(super) fn table_to_attach(&mut self, own: Option<u16>) -> Option<u16> {
        match own {
            Some(own) => self.changed.retain(|table| *table != own),
            None => return self.changed.pop_front(),
        }
        own
    }
}
