//! The scores as played. Frames after an award carry the awarded score instead.

use std::collections::{HashMap, HashSet};

use crate::client::{EventFrame, SnapshotFrame, Word};
use crate::football::{Op, Score};

use super::ticker::event_period;

/// The scores of the matches that have begun.
#[derive(Debug, Default)]
pub struct PlayedScores {
    scores: HashMap<String, Score>,
    /// Matches whose result is awarded.
    awarded: HashSet<String>,
}

impl PlayedScores {
    /// Notes the score in a snapshot.
    pub fn on_snapshot(&mut self, SnapshotFrame { match_id, state, .. }: &SnapshotFrame) {
        if state.events.iter().any(|event| event_period(event).is_some()) {
            self.scores.insert(match_id.clone(), state.played.unwrap_or(state.score));
        }
        if state.played.is_some() {
            self.awarded.insert(match_id.clone());
        }
    }

    /// Notes the score after an event.
    pub fn on_event(&mut self, event: &EventFrame) {
        match (&*event.kind, &event.op) {
            ("awarded", Word::Known(Op::Remove)) => _ = self.awarded.remove(&event.match_id),
            ("awarded", _) => _ = self.awarded.insert(event.match_id.clone()),
            _ if event_period(event).is_some() && !self.awarded.contains(&event.match_id) => {
                self.scores.extend(event.score.map(|score| (event.match_id.clone(), score)));
            }
            _ => {}
        }
    }

    /// The score as played, if the match has begun.
    pub fn score_of(&self, match_id: &str) -> Option<Score> {
        self.scores.get(match_id).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_played_score_outlasts_an_award_and_exists_only_once_the_match_has_begun() {
        let event = |kind: &str, op: &str, period: &str, away: u16| {
            let event = format!(
                r#"{{"match":"m","id":"e","op":"{op}","type":"{kind}","status":"abandoned","period":{period},
                "score":{{"home":0,"away":{away}}}}}"#
            );
            serde_json::from_str::<EventFrame>(&event).expect(&event)
        };
        let mut played = PlayedScores::default();
        for (event, away) in [
            (event("abandoned", "add", "null", 0), None),
            (event("period_start", "add", "1", 0), Some(0)),
            (event("goal", "add", "1", 1), Some(1)),
            (event("awarded", "add", "null", 3), Some(1)),
            (event("goal", "update", "1", 3), Some(1)),
            (event("awarded", "remove", "null", 1), Some(1)),
            (event("goal", "remove", "1", 0), Some(0)),
        ] {
            played.on_event(&event);
            assert_eq!(played.score_of("m").map(|goals| goals.away), away, "{event:?}");
        }
        let snapshot = |played: &str, events: &str| {
            let snapshot = format!(
                r#"{{"match":"m","n":9,"state":{{"status":"abandoned","score":{{"home":0,"away":3}},"played":{played},
                "events":[{events}]}}}}"#
            );
            serde_json::from_str::<SnapshotFrame>(&snapshot).expect(&snapshot)
        };
        let goal = r#"{"id":"e","op":"add","type":"goal","status":"first_half","period":1}"#;
        for (snapshot, away) in [
            (snapshot("null", ""), None),
            (snapshot("null", goal), Some(3)),
            (snapshot(r#"{"home":0,"away":1}"#, goal), Some(1)),
        ] {
            let mut played = PlayedScores::default();
            played.on_snapshot(&snapshot);
            assert_eq!(played.score_of("m").map(|goals| goals.away), away, "{snapshot:?}");
        }
    }
}
