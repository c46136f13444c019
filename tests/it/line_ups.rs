//! Line-ups in snapshots: who is on the field after incomplete changes and cards, and how many players a side has lost.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};
use touchline::football::Side;
use touchline::internals::dialect::native::{SnapshotDetail, documents};
use touchline::internals::hub::FrameCache;
use touchline::scenario::{Scenario, Timeline};

use super::fold::{EveryJoin, read, shown_read};

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

struct Feed {
    timeline: Arc<Timeline>,
    frames: Arc<FrameCache>,
}

impl Feed {
    fn new(text: &str) -> Self {
        let timeline = Arc::new(Timeline::new(&Scenario::parse("case", text).expect("reads")));
        Self { frames: FrameCache::new(timeline.clone(), Arc::default()), timeline }
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
        let describe = |player: &Value| {
            let from = player["from"].as_str().map(|from| format!(" from {from}")).unwrap_or_default();
            let temporary = if player["temporary"] == true { " temporary" } else { "" };
            format!("{}{from}{temporary}", player["id"].as_str().unwrap_or_default())
        };
        players.iter().map(describe).collect()
    }

    fn events(&self) -> Vec<Value> {
        let mut history = Vec::new();
        documents::write_history(&self.timeline, 0..self.last(), &mut history);
        serde_json::from_slice(&history).expect("a list of events")
    }

    /// A client that joins at any event and folds what follows holds the server's state at every later one.
    #[track_caller]
    fn assert_folds(&self) {
        let events = self.events();
        assert_eq!(events.len(), self.last());
        let mut folds = EveryJoin::without_events();
        let mut here = read(&self.snapshot(0)).expect("a frame");
        for (n, event) in events.iter().enumerate() {
            folds.join(n, &[here]);
            here = read(&self.snapshot(n + 1)).expect("a frame");
            let (id, expected) = shown_read(&here);
            for (from, fold) in folds.take(&read(&event.to_string()).expect("a frame")) {
                let folded = fold.states();
                for key in ["lineups", "statistics", "left", "status"] {
                    assert_eq!(folded[id.as_str()][key], expected[key], "{key} from {from}, after {}", n + 1);
                }
            }
        }
    }
}

#[test]
fn a_card_for_a_player_off_the_field_leaves_eleven() {
    let feed = Feed::new(&case("subbed-red.jsonl"));
    assert_eq!(feed.list(Side::Home, "sent_off"), ["a8 from off"]);
    assert_eq!(feed.list(Side::Away, "sent_off"), ["b13 from bench"]);
    for side in [Side::Home, Side::Away] {
        assert_eq!(feed.list(side, "on").len(), 11, "{side}");
        assert_eq!(feed.timeline.state_at(0, feed.last()).players_down(side), 0, "{side}");
    }
    feed.assert_folds();
    let coach = Feed::new(&case("min-coach-red.jsonl"));
    assert_eq!(coach.timeline.state_at(0, coach.last()).players_down(Side::Away), 0);
    assert_eq!(coach.timeline.state_at(0, coach.last()).statistics(Side::Away).red_cards, 1);
    coach.assert_folds();
}

#[test]
fn a_temporarily_absent_player_counts_among_the_eleven() {
    let feed = Feed::new(&with_events(
        r#"{"type":"player_off","period":1,"clock":"10:00","side":"home","player":"a8","reason":"blood"}
           {"type":"player_off","period":1,"clock":"11:00","side":"home","player":"a9"}
           {"type":"player_off","period":1,"clock":"12:00","side":"away","player":"b9"}
           {"type":"red_card","id":"r","period":1,"clock":"13:00","side":"home","player":"a8"}
           {"type":"red_card","id":"bench","period":1,"clock":"14:00","side":"home","player":"a14"}
           {"type":"substitution","period":1,"clock":"15:00","side":"away","in":"b13","out":"b9"}
           {"type":"red_card","period":1,"clock":"16:00","side":"away","player":"b9"}
           {"type":"red_card","period":1,"clock":"17:00","side":"away","player":"b8"}"#,
    ));
    assert_eq!(feed.list(Side::Home, "sent_off"), ["a8 temporary", "a14 from bench"]);
    assert_eq!(feed.list(Side::Home, "off"), ["a9 temporary"]);
    assert_eq!(feed.list(Side::Away, "sent_off"), ["b8", "b9 from off"]);
    let state = feed.timeline.state_at(0, feed.last());
    assert_eq!((state.players_down(Side::Home), state.players_down(Side::Away)), (1, 1));
    feed.assert_folds();
}

#[test]
fn a_removed_card_returns_the_player() {
    let feed = Feed::new(&with_events(
        r#"{"type":"player_off","period":1,"clock":"10:00","side":"home","player":"a8"}
           {"type":"red_card","id":"away","period":1,"clock":"13:00","side":"home","player":"a8"}
           {"type":"red_card","id":"bench","period":1,"clock":"14:00","side":"home","player":"a14"}
           {"type":"red_card","id":"field","period":1,"clock":"15:00","side":"home","player":"a9"}
           {"op":"remove","id":"bench","told":"16:00"}
           {"op":"remove","id":"away","told":"16:00"}
           {"op":"update","id":"field","told":"16:00","player":"a13"}
           {"type":"player_on","period":1,"clock":"18:00","side":"home","player":"a8"}"#,
    ));
    assert_eq!(feed.list(Side::Home, "sent_off"), ["a13 from bench"]);
    assert_eq!(feed.list(Side::Home, "on").len(), 11);
    assert_eq!(feed.list(Side::Home, "off"), [""; 0]);
    feed.assert_folds();
}

#[test]
fn passes_and_expected_goals_fold_to_the_servers_counts() {
    Feed::new(&case("event-data.jsonl")).assert_folds();
}

#[test]
fn a_substitution_without_out_never_puts_twelve_on_the_field() {
    let feed = Feed::new(&case("sub-no-out.jsonl"));
    assert_eq!(feed.list(Side::Away, "on").len(), 11);
    assert_eq!(feed.list(Side::Away, "bench"), ["yates"]);
    feed.assert_folds();
    let feed = Feed::new(&with_events(
        r#"{"type":"substitution","id":"s","period":1,"clock":"10:00","side":"home","in":"a14"}
           {"op":"update","id":"s","told":"11:00","out":"a8"}
           {"type":"substitution","id":"t","period":1,"clock":"12:00","side":"home","in":"a13","out":"a9"}
           {"op":"update","id":"t","told":"13:00","out":null}
           {"type":"substitution","period":1,"clock":"14:00","side":"away"}"#,
    ));
    assert_eq!(feed.list(Side::Home, "off"), ["a8"]);
    assert_eq!(feed.list(Side::Home, "on").len(), 11);
    feed.assert_folds();
}

#[test]
fn a_coach_is_sent_off_and_eleven_play_on() {
    let feed = Feed::new(&case("coach-booked.jsonl"));
    let staff = |n: usize| {
        let snapshot: Value = serde_json::from_str(&feed.snapshot(n)).expect("JSON");
        let lineups = &snapshot["state"]["lineups"];
        assert_eq!((&lineups["home"]["coach"], &lineups["away"]["coach"]), (&json!("Meg Farrow"), &json!("Roy Hale")));
        assert_eq!(lineups["away"].get("staff"), None, "without an id");
        lineups["home"]["staff"].clone()
    };
    assert_eq!(staff(1), json!([{"id":"farrow","name":"Meg Farrow","role":"coach"}]));
    assert_eq!(staff(2), json!([{"id":"farrow","name":"Meg Farrow","role":"coach","yellow_cards":1}]));
    let sent_off = json!([{"id":"farrow","name":"Meg Farrow","role":"coach","yellow_cards":2,"sent_off":true}]);
    assert_eq!(staff(feed.last()), sent_off);
    assert_eq!(feed.events()[1]["player"], json!({"id":"farrow","name":"Meg Farrow","number":null,"role":"coach"}));
    assert_eq!(feed.list(Side::Home, "on").len(), 11);
    assert_eq!(feed.list(Side::Home, "sent_off"), [""; 0]);
    let state = feed.timeline.state_at(0, feed.last());
    assert_eq!((state.players_down(Side::Home), state.statistics(Side::Home).red_cards), (0, 1));
    feed.assert_folds();
}

#[test]
fn a_new_goalkeeper_keeps_the_position_until_changed() {
    let feed = Feed::new(&case("keeper-off.jsonl"));
    let positions = |n: usize| {
        let snapshot: Value = serde_json::from_str(&feed.snapshot(n)).expect("JSON");
        let on = snapshot["state"]["lineups"]["home"]["on"].as_array().cloned().unwrap_or_default();
        let placed =
            on.iter().filter_map(|player| Some(format!("{} {}", player["id"].as_str()?, player["position"].as_str()?)));
        placed.collect::<Vec<_>>().join(", ")
    };
    let after = [4, 5, 6, 8, 9].map(positions);
    assert_eq!(after, ["adair GK", "", "flint GK", "gough GK", "flint CB, gough GK"]);
    let frames = feed.events();
    assert_eq!(frames[5]["positions"], json!({"flint":"GK"}));
    assert_eq!(frames[7]["positions"], json!({"gough":"GK","flint":null}));
    assert_eq!(frames[6].get("positions"), None);
    feed.assert_folds();
}

/// Sequences of cards (of the coach too), changes and positions, and corrections of them, that football allows.
fn events(dice: &[[u8; 3]]) -> String {
    let on = |player: &str| format!("a{player}");
    let (mut field, mut bench): (Vec<u8>, Vec<u8>) = ((1..=11).collect(), (12..=14).collect());
    let (mut sent_off, mut booked, mut coach) = (Vec::new(), Vec::new(), 0);
    // The events in force: id, whether a card or a position, and of which person.
    let mut in_force: Vec<(String, &str, String)> = Vec::new();
    let mut lines = Vec::new();
    for (at, [what, who, more]) in dice.iter().enumerate() {
        let clock = format!("{}:{:02}", at / 2, at % 2 * 30);
        let id = format!("n{at}");
        let player = field[usize::from(*who) % field.len()];
        let event = |kind: &str, more: Value| {
            let mut event = json!({"type": kind, "id": id, "period": 1, "clock": clock, "side": "home"});
            event.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
            event
        };
        let positions = ["GK", "CB", "LW"];
        let line = match what % 8 {
            0 if coach < 2 => {
                coach += 1;
                let kind = if coach == 1 { "yellow_card" } else { "second_yellow_card" };
                in_force.push((id.clone(), "coach", String::new()));
                event(kind, json!({"player": "farrow"}))
            }
            1 if !booked.contains(&player) => {
                booked.push(player);
                event("yellow_card", json!({"player": on(&player.to_string())}))
            }
            2 if field.len() > 7 => {
                field.retain(|other| *other != player);
                sent_off.push(player);
                in_force.push((id.clone(), "red", player.to_string()));
                event("red_card", json!({"player": on(&player.to_string())}))
            }
            3 if !bench.is_empty() => {
                let comes = bench.remove(usize::from(*more) % bench.len());
                field.retain(|other| *other != player);
                field.push(comes);
                event("substitution", json!({"in": on(&comes.to_string()), "out": on(&player.to_string())}))
            }
            4 | 5 => {
                in_force.push((id.clone(), "position", player.to_string()));
                let position = positions[usize::from(*more) % 3];
                event("position_change", json!({"player": on(&player.to_string()), "position": position}))
            }
            6 | 7 if !in_force.is_empty() => {
                let place = usize::from(*who) % in_force.len();
                let (of, kind, whom) = in_force[place].clone();
                let mut line = json!({"op": "remove", "id": of, "told": clock});
                match kind {
                    "position" if what % 8 == 7 => {
                        line["op"] = json!("update");
                        line[if more % 2 == 0 { "player" } else { "position" }] = if more % 2 == 0 {
                            json!(on(&player.to_string()))
                        } else {
                            json!(positions[usize::from(*more) % 3])
                        };
                    }
                    "coach" if coach == 2 && place + 1 < in_force.len() => continue,
                    "coach" => coach -= 1,
                    "red" => field.push(whom.parse().expect("a number")),
                    _ => {}
                }
                if line["op"] == "remove" {
                    in_force.remove(place);
                }
                line
            }
            _ => continue,
        };
        lines.push(line.to_string());
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]
    #[test]
    fn player_changes_fold_to_the_same_line_up_from_any_join(dice in prop::collection::vec(any::<[u8; 3]>(), 0..40)) {
        let text = with_events(&events(&dice));
        let coached = text.replacen(r#""home": {"#, r#""home": {"coach":{"id":"farrow","name":"Meg Farrow"},"#, 1);
        Feed::new(&coached).assert_folds();
    }
}
