//! How matches have ended: each is shown once, and a match whose feed is over not before its clock says how.

use std::collections::{BTreeMap, HashMap, HashSet};

use touchline::client::{EventFrame, Goals, MatchInfo, Scoreboard, SnapshotFrame};

use super::ticker::outcome;

/// What is known of the ends of matches.
#[derive(Debug, Default)]
pub struct Endings {
    /// The place of each match among the others, and how many events it has in all.
    matches: HashMap<String, (usize, u32)>,
    /// Matches whose end has been shown.
    shown: HashSet<String>,
    /// Matches whose feed is over and whose end is still to be shown.
    silent: HashMap<String, LastSeen>,
}

/// Where a match was last seen.
#[derive(Debug, Default)]
pub struct LastSeen {
    /// Empty: nothing has been told of it, and no tick has seen it begin.
    pub status: String,
    pub score: Goals,
}

impl Endings {
    /// Of matches as a hello frame tells them.
    pub fn of(fixtures: &[MatchInfo]) -> Self {
        let matches = fixtures.iter().enumerate().map(|(place, fixture)| (fixture.id.clone(), (place, fixture.events)));
        let mut endings = Self { matches: matches.collect(), ..Self::default() };
        endings.forget();
        endings
    }

    /// Drops what an earlier epoch has told. No frame ever ends a match without events: ticks alone tell of it.
    pub fn forget(&mut self) {
        self.shown.clear();
        let untold = self.matches.iter().filter(|(_, (_, events))| *events == 0);
        self.silent = untold.map(|(id, _)| (id.clone(), LastSeen::default())).collect();
    }

    /// Notes that an event itself shows how its match has ended, or that this was taken back.
    pub fn event(&mut self, event: &EventFrame) {
        if !matches!(&*event.kind, "match_end" | "abandoned" | "postponed" | "awarded") {
            return;
        }
        if event.op == "remove" {
            self.shown.remove(&event.match_id);
        } else {
            self.silent.remove(&event.match_id);
            self.shown.insert(event.match_id.clone());
        }
    }

    /// Notes that no event of a match follows.
    pub fn feed_is_over(&mut self, id: &str, status: &str, score: Goals) {
        if !self.shown.contains(id) {
            self.silent.insert(id.to_owned(), LastSeen { status: status.to_owned(), score });
        }
    }

    /// Notes whether a snapshot holds all events of its match.
    pub fn snapshot(&mut self, snapshot: &SnapshotFrame) {
        let events = self.matches.get(&snapshot.match_id).map(|(_, events)| *events);
        if snapshot.seq > 0 && events == Some(snapshot.seq) {
            self.feed_is_over(&snapshot.match_id, &snapshot.state.status, snapshot.state.score);
        }
    }

    /// Notes where a tick has seen the matches; at the end of playback nothing more will be told of any.
    pub fn tick(&mut self, boards: &BTreeMap<String, Scoreboard>, over: bool) {
        for (id, Scoreboard { status, score, .. }) in boards {
            let silent = self.silent.contains_key(id) && status != "scheduled";
            if silent || over && outcome(status).is_some() {
                self.feed_is_over(id, status, *score);
            }
        }
    }

    /// The matches whose end is to be shown now; at the end of playback all whose feed is over.
    pub fn take(&mut self, over: bool) -> Vec<(String, LastSeen)> {
        let due = |at: &LastSeen| outcome(&at.status).is_some() || over && !at.status.is_empty();
        let mut ids: Vec<String> = self.silent.iter().filter(|(_, at)| due(at)).map(|(id, _)| id.clone()).collect();
        ids.sort_by_key(|id| self.matches.get(id).map(|(place, _)| *place));
        self.shown.extend(ids.iter().cloned());
        ids.into_iter().filter_map(|id| self.silent.remove_entry(&id)).collect()
    }
}
