//! Final results: decides when a ticker shows how a match has ended. Each result is shown once. The result of a match whose feed
//! has ended waits until its clock, in a tick, says how.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::client::{EventFrame, MatchInfo, Scoreboard, SnapshotFrame, Word};
use crate::football::{Op, Score, Status};

use super::ticker::outcome_text;

/// Which final results have been shown, and which are pending.
#[derive(Debug, Default)]
pub struct FinalResults {
    /// By match id: its place in the hello frame, and how many events it has in all.
    matches: HashMap<String, (usize, u32)>,
    /// Matches whose result has been shown.
    shown: HashSet<String>,
    /// Matches whose feed has ended and whose result is still to be shown.
    pending: HashMap<String, LastSeen>,
}

/// The last known status and score of a match.
#[derive(Debug, Default)]
pub struct LastSeen {
    /// Empty: the match has no events, and no tick has shown that it has begun.
    pub status: Word<Status>,
    pub score: Score,
}

impl FinalResults {
    /// For the matches of a hello frame.
    pub fn for_matches(fixtures: &[MatchInfo]) -> Self {
        let matches = fixtures.iter().enumerate().map(|(place, fixture)| (fixture.id.clone(), (place, fixture.events)));
        let mut final_results = Self { matches: matches.collect(), ..Self::default() };
        final_results.reset();
        final_results
    }

    /// Starts a new epoch. A match without events is pending at once: no frame ends its feed, and only ticks show its result.
    pub fn reset(&mut self) {
        self.shown.clear();
        let without_events = self.matches.iter().filter(|(_, (_, events))| *events == 0);
        self.pending = without_events.map(|(id, _)| (id.clone(), LastSeen::default())).collect();
    }

    /// Notes an event: one that is itself the end of its match counts as shown, until it is removed.
    pub fn on_event(&mut self, event: &EventFrame) {
        if !matches!(&*event.kind, "match_end" | "abandoned" | "postponed" | "awarded") {
            return;
        }
        if event.op == Op::Remove {
            self.shown.remove(&event.match_id);
        } else {
            self.pending.remove(&event.match_id);
            self.shown.insert(event.match_id.clone());
        }
    }

    /// Notes that a match has no further events.
    pub fn on_feed_ended(&mut self, id: &str, status: &Word<Status>, score: Score) {
        if !self.shown.contains(id) {
            self.pending.insert(id.to_owned(), LastSeen { status: status.clone(), score });
        }
    }

    /// Notes a snapshot: one that holds all events of its match ends its feed.
    pub fn on_snapshot(&mut self, snapshot: &SnapshotFrame) {
        let events = self.matches.get(&snapshot.match_id).map(|(_, events)| *events);
        if snapshot.seq > 0 && events == Some(snapshot.seq) {
            self.on_feed_ended(&snapshot.match_id, &snapshot.state.status, snapshot.state.score);
        }
    }

    /// Notes the status and score of the matches in a tick. `over`: playback has ended, and with it every feed.
    pub fn on_tick(&mut self, boards: &BTreeMap<String, Scoreboard>, over: bool) {
        for (id, Scoreboard { status, score, .. }) in boards {
            let pending = self.pending.contains_key(id) && *status != Status::Scheduled;
            if pending || over && outcome_text(status).is_some() {
                self.on_feed_ended(id, status, *score);
            }
        }
    }

    /// Takes the results to show now, in the order of the matches. `over`: playback has ended, so all that are pending.
    pub fn take_due(&mut self, over: bool) -> Vec<(String, LastSeen)> {
        let due = |at: &LastSeen| outcome_text(&at.status).is_some() || over && at.status != Word::<Status>::default();
        let mut ids: Vec<String> = self.pending.iter().filter(|(_, at)| due(at)).map(|(id, _)| id.clone()).collect();
        ids.sort_by_key(|id| self.matches.get(id).map(|(place, _)| *place));
        self.shown.extend(ids.iter().cloned());
        ids.into_iter().filter_map(|id| self.pending.remove_entry(&id)).collect()
    }
}
