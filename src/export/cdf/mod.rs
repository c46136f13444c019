//! The Common Data Format (CDF) v0.3.2: Anzer et al. (2025), arXiv 2505.15820; schemas: common-data-format-validator 0.1.1.
//!
//! A match is three files: `event.jsonl`, an event per line; `match.json`, the match sheet; `meta.json`, the description of the match.
//! Events are written as they are in the end: corrected events in their last revision, removed ones not at all.
//!
//! Some fields are required but unknown to a scenario. They have values that cannot be mistaken for facts: `unknown` for an id
//! or an outcome, an empty text for a first name, -1 for a shirt number, `body` for a body part, and a place outside any field
//! (x = -65, y = -42.5).

mod event_ids;
mod event_lines;
mod json_text;
mod line_up_words;
mod match_sheet;
mod meta_data;
mod row_kind;
mod wall_clock;

use super::{Export, ExportFormat, ExportedFile, ExportedMatch};
use crate::football::{Match, MatchEvent, MatchState, Score};
use crate::scenario::{Scenario, Timeline};
use wall_clock::WallClock;

/// The format.
pub const FORMAT: ExportFormat = ExportFormat { word: "cdf", name: "Common Data Format", export };

/// The version of the format.
const VERSION: &str = "0.3.2";
/// Stands for an id, a name or an outcome that is required but not known.
const UNKNOWN: &str = "unknown";
/// Stands for a shirt number that is not known.
const NO_NUMBER: i32 = -1;

/// An event in force, and when it happened.
struct DatedEvent<'a> {
    event: &'a MatchEvent,
    /// In milliseconds since 1970.
    at: i64,
}

/// A match as the files of the format need it.
struct FinishedMatch<'a> {
    fixture: &'a Match,
    /// In the order of time.
    events: Vec<DatedEvent<'a>>,
    wall: WallClock<'a>,
    /// After the last event.
    state: MatchState,
}

/// Exports all matches of a scenario.
///
/// A match that was not played has no result to be written, and is left out.
///
/// # Panics
/// If an entry or a tie is of no match of the scenario.
pub fn export(scenario: &Scenario) -> Export {
    let timeline = Timeline::new(scenario);
    let mut export = Export::default();
    for track in 0..timeline.tracks().len() {
        let finished = FinishedMatch::new(&timeline, track);
        let id = finished.fixture.id.clone();
        if let Some(reason) = finished.is_not_sayable() {
            export.left_out.push((id, reason));
            continue;
        }
        let (event_lines, left_out) = event_lines::write(&finished);
        let file = |name, text| ExportedFile { name, text };
        let files = vec![
            file("event.jsonl", event_lines),
            file("match.json", match_sheet::write(&finished)),
            file("meta.json", meta_data::write(&finished)),
        ];
        export.matches.push(ExportedMatch { id, files, left_out });
    }
    export
}

impl<'a> FinishedMatch<'a> {
    fn new(timeline: &'a Timeline, track: usize) -> Self {
        let end = timeline.cues().len();
        let mut wall = WallClock::new(&timeline.tracks()[track]);
        let mut resumed = 0;
        let mut events = Vec::new();
        for cue in timeline.events_in_force(track, end, false) {
            events.push(DatedEvent { event: &cue.event, at: wall.time_of(cue.event.clock, resumed) });
            resumed += usize::from(cue.event.kind == crate::football::EventType::Resumed);
        }
        // The layout goes on to a nominal full time, whether the feed reports it or not.
        let last = events.iter().filter_map(|dated| dated.event.clock.period()).max();
        wall.starts.retain(|(period, _)| Some(*period) <= last);
        // Events of the same instant keep the order of their reports.
        events.sort_by_key(|dated| dated.at);
        Self { fixture: &timeline.tracks()[track].fixture, events, wall, state: timeline.state_at(track, end) }
    }

    /// Why the format cannot hold the match. The validator refuses a shoot-out without a winner.
    fn is_not_sayable(&self) -> Option<&'static str> {
        if !self.events.iter().any(|dated| dated.event.clock.period().is_some()) {
            return Some("it was not played, and the format requires a result");
        }
        let level = |score: Score| score.home == score.away;
        let kicks = self.state.shootout_score().filter(|_| self.wall.has_shootout());
        let undecided = level(self.state.score()) && kicks.is_some_and(level);
        undecided.then_some("its shoot-out has no winner, and the format requires one")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::scenario::testing::arbitrary::scenarios;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

        /// Nonsense is exported as well: each line is an object with a place, a time and a period, and ids are unique.
        #[test]
        fn any_scenario_is_exported(scenario in scenarios(60)) {
            let export = export(&scenario);
            prop_assert_eq!(export.matches.len() + export.left_out.len(), scenario.matches.len());
            for exported in &export.matches {
                let mut ids = std::collections::HashSet::new();
                for line in exported.files[0].text.lines() {
                    let row: Value = serde_json::from_str(line).expect("JSON");
                    let event = &row["event"];
                    prop_assert!(ids.insert(event["id"].as_str().expect("an id").to_owned()), "{}", line);
                    prop_assert!(event["x"].is_f64() && event["y"].is_f64() && event["time"].is_string(), "{}", line);
                    prop_assert_eq!(event["type"] == "referee", event["player_id"].is_null(), "{}", line);
                }
                for file in &exported.files[1..] {
                    prop_assert!(serde_json::from_str::<Value>(&file.text).is_ok_and(|it| it.is_object()));
                }
            }
        }
    }
}
