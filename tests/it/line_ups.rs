//! Line-ups in snapshots: who is on the field after incomplete changes and cards, and how many players a side has lost.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use touchline::dialect::native::{SnapshotDetail, documents};
use touchline::football::Side;
use touchline::hub::Frames;
use touchline::scenario::{Scenario, Timeline};

use super::fold::{Fold, shown};

fn case(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The match of a case with other events.
fn with_events(events: &str) -> String {
    let text = case("subbed-red.jsonl");
    let head: Vec<&str> = text.lines().take(2).collect();
    format!("{}\n{events}\n", head.join("\n"))
}

struct Told {
    timeline: Arc<Timeline>,
    frames: Arc<Frames>,
}

impl Told {
    fn new(text: &str) -> Self {
        let timeline = Arc::new(Timeline::new(&Scenario::parse("case", text).expect("reads")));
        Self { frames: Frames::new(timeline.clone(), Arc::default()), timeline }
    }

    fn snapshot(&self, n: usize) -> String {
        String::from_utf8_lossy(self.frames.snapshot(0, n, SnapshotDetail::Full).text()).into_owned()
    }

    fn last(&self) -> usize {
        self.timeline.cues().len()
    }

    /// A list of a side's line-up after the last event: the ids, with `from` and `temporary` where they are stated.
    fn list(&self, side: Side, list: &str) -> Vec<String> {
        let snapshot: Value = serde_json::from_str(&self.snapshot(self.last())).expect("JSON");
        let players = snapshot["state"]["lineups"][side.as_str()][list].as_array().cloned().unwrap_or_default();
        let said = |player: &Value| {
            let from = player["from"].as_str().map(|from| format!(" from {from}")).unwrap_or_default();
            let temporary = if player["temporary"] == true { " temporary" } else { "" };
            format!("{}{from}{temporary}", player["id"].as_str().unwrap_or_default())
        };
        players.iter().map(said).collect()
    }

    /// A client that joins at any event and folds what follows holds the server's state at every later one.
    #[track_caller]
    fn is_folded(&self) {
        let mut history = Vec::new();
        documents::history(&self.timeline, 0..self.last(), &mut history);
        let events: Vec<Value> = serde_json::from_slice(&history).expect("a list of events");
        assert_eq!(events.len(), self.last());
        for from in 0..=self.last() {
            let mut fold = Fold::default();
            fold.take(&self.snapshot(from));
            for (n, event) in events.iter().enumerate().skip(from) {
                fold.take(&event.to_string());
                let (id, told) = shown(&self.snapshot(n + 1));
                for part in ["lineups", "statistics"] {
                    assert_eq!(fold.states()[id.as_str()][part], told[part], "from {from}, after {}", n + 1);
                }
            }
        }
    }
}

#[test]
fn a_card_for_a_player_who_is_not_on_the_field_leaves_eleven() {
    let told = Told::new(&case("subbed-red.jsonl"));
    assert_eq!(told.list(Side::Home, "sent_off"), ["a8 from off"]);
    assert_eq!(told.list(Side::Away, "sent_off"), ["b13 from bench"]);
    for side in [Side::Home, Side::Away] {
        assert_eq!(told.list(side, "on").len(), 11, "{side}");
        assert_eq!(told.timeline.state_at(0, told.last()).players_down(side), 0, "{side}");
    }
    told.is_folded();
    let coach = Told::new(&case("min-coach-red.jsonl"));
    assert_eq!(coach.timeline.state_at(0, coach.last()).players_down(Side::Away), 0);
    assert_eq!(coach.timeline.state_at(0, coach.last()).statistics(Side::Away).red_cards, 1);
    coach.is_folded();
}

#[test]
fn a_player_who_is_away_for_a_while_is_one_of_the_eleven() {
    let told = Told::new(&with_events(
        r#"{"type":"player_off","period":1,"clock":"10:00","side":"home","player":"a8","reason":"blood"}
           {"type":"player_off","period":1,"clock":"11:00","side":"home","player":"a9"}
           {"type":"player_off","period":1,"clock":"12:00","side":"away","player":"b9"}
           {"type":"red_card","id":"r","period":1,"clock":"13:00","side":"home","player":"a8"}
           {"type":"red_card","id":"bench","period":1,"clock":"14:00","side":"home","player":"a14"}
           {"type":"substitution","period":1,"clock":"15:00","side":"away","in":"b13","out":"b9"}
           {"type":"red_card","period":1,"clock":"16:00","side":"away","player":"b9"}
           {"type":"red_card","period":1,"clock":"17:00","side":"away","player":"b8"}"#,
    ));
    assert_eq!(told.list(Side::Home, "sent_off"), ["a8 temporary", "a14 from bench"]);
    assert_eq!(told.list(Side::Home, "off"), ["a9 temporary"]);
    assert_eq!(told.list(Side::Away, "sent_off"), ["b8", "b9 from off"]);
    let state = told.timeline.state_at(0, told.last());
    assert_eq!((state.players_down(Side::Home), state.players_down(Side::Away)), (1, 1));
    told.is_folded();
}

#[test]
fn a_card_that_is_taken_back_puts_the_player_back() {
    let told = Told::new(&with_events(
        r#"{"type":"player_off","period":1,"clock":"10:00","side":"home","player":"a8"}
           {"type":"red_card","id":"away","period":1,"clock":"13:00","side":"home","player":"a8"}
           {"type":"red_card","id":"bench","period":1,"clock":"14:00","side":"home","player":"a14"}
           {"type":"red_card","id":"field","period":1,"clock":"15:00","side":"home","player":"a9"}
           {"op":"remove","id":"bench","told":"16:00"}
           {"op":"remove","id":"away","told":"16:00"}
           {"op":"update","id":"field","told":"16:00","player":"a13"}
           {"type":"player_on","period":1,"clock":"18:00","side":"home","player":"a8"}"#,
    ));
    assert_eq!(told.list(Side::Home, "sent_off"), ["a13 from bench"]);
    assert_eq!(told.list(Side::Home, "on").len(), 11);
    assert_eq!(told.list(Side::Home, "off"), [""; 0]);
    told.is_folded();
}

#[test]
fn passes_and_expected_goals_are_folded_as_the_server_counts_them() {
    Told::new(&case("event-data.jsonl")).is_folded();
}

#[test]
fn twelve_are_never_on_the_field_after_a_change_without_out() {
    let told = Told::new(&case("sub-no-out.jsonl"));
    assert_eq!(told.list(Side::Away, "on").len(), 11);
    assert_eq!(told.list(Side::Away, "bench"), ["yates"]);
    told.is_folded();
    let told = Told::new(&with_events(
        r#"{"type":"substitution","id":"s","period":1,"clock":"10:00","side":"home","in":"a14"}
           {"op":"update","id":"s","told":"11:00","out":"a8"}
           {"type":"substitution","id":"t","period":1,"clock":"12:00","side":"home","in":"a13","out":"a9"}
           {"op":"update","id":"t","told":"13:00","out":null}
           {"type":"substitution","period":1,"clock":"14:00","side":"away"}"#,
    ));
    assert_eq!(told.list(Side::Home, "off"), ["a8"]);
    assert_eq!(told.list(Side::Home, "on").len(), 11);
    told.is_folded();
}
