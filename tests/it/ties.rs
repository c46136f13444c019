//! Two-legged ties: in snapshots, state documents and end frames, and as a client folds them from the events of both legs.

use std::path::Path;

use serde_json::{Value, json};
use touchline::internals::dialect::native;
use touchline::internals::dialect::native::{SnapshotDetail, documents};
use touchline::scenario::{Scenario, Timeline};

use super::fold::{self, EveryJoin, shown_read};

fn timeline(case: &str) -> Timeline {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(case);
    let text = std::fs::read_to_string(&path).expect(case);
    Timeline::new(&Scenario::parse(case, &text).expect(case))
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).expect("text")
}

fn snapshots(timeline: &Timeline, n: usize) -> Vec<String> {
    let of = |track| written(|out| native::write_snapshot(timeline, track, n, n, SnapshotDetail::Full, out));
    (0..timeline.tracks().len()).map(of).collect()
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// The tie in the snapshot of a match, in short: `other 2-1, 2-2, home`.
fn tie(timeline: &Timeline, track: usize, n: usize) -> String {
    let tie = &read(&snapshots(timeline, n)[track])["state"]["tie"];
    let goals = |of: &Value| format!("{}-{}", of["home"], of["away"]);
    format!("other {}, {}, {}", goals(&tie["other"]["score"]), goals(&tie["aggregate"]), tie["winner"]).replace('"', "")
}

#[test]
fn away_goals_decide_a_tie_where_the_rule_applies() {
    let timeline = timeline("tie-away-goals.jsonl");
    let end = timeline.cues().len();
    let first = read(&snapshots(&timeline, end)[0])["state"]["tie"].clone();
    assert_eq!(
        first,
        json!({"leg": 1, "other": {"match": "leg-2", "score": {"home": 0, "away": 1}}, "aggregate": {"home": 2, "away": 2},
               "away_goals": true, "winner": "away"})
    );
    let course: Vec<String> = (0..=end).map(|n| tie(&timeline, 1, n)).collect();
    let mut course: Vec<&str> = course.iter().map(String::as_str).collect();
    course.dedup();
    assert_eq!(
        course,
        [
            "other 0-0, 0-0, null",
            "other 0-1, 0-1, null",
            "other 1-1, 1-1, null",
            "other 1-2, 1-2, null",
            "other 1-2, 2-2, null",
            "other 1-2, 2-3, null",
            "other 1-2, 2-2, null",
            "other 1-2, 2-2, home",
        ]
    );
}

#[test]
fn the_second_legs_shootout_decides_after_a_result_only_first_leg() {
    let timeline = timeline("tie-shootout.jsonl");
    let end = timeline.cues().len();
    assert_eq!(tie(&timeline, 0, end - 1), "other 1-2, 2-2, home");
    assert_eq!(tie(&timeline, 0, end - 2), "other 1-2, 2-2, null");
    let state = read(&snapshots(&timeline, end)[0])["state"]["tie"].clone();
    assert_eq!(state["other"]["match"], Value::Null);
    let frame = read(&written(|out| native::write_end(&timeline, end - 1, out)));
    assert_eq!(frame["tie"], state);
}

#[test]
fn an_awarded_second_leg_decides_until_the_award_is_removed() {
    let timeline = timeline("tie-awarded.jsonl");
    let end = timeline.cues().len();
    let course = [3, 2, 1, 0].map(|before| tie(&timeline, 1, end - before));
    assert_eq!(
        course,
        ["other 1-2, 2-2, null", "other 1-2, 1-5, away", "other 1-2, 2-2, null", "other 1-2, 4-2, home"]
    );
}

#[test]
fn a_client_joining_at_any_event_folds_both_legs_to_the_tie() {
    // In the last case the second leg is played first.
    for case in ["tie-away-goals.jsonl", "tie-shootout.jsonl", "tie-awarded.jsonl", "mistakes/tie-wrong-order.jsonl"] {
        let timeline = timeline(case);
        let end = timeline.cues().len();
        let events = read(&written(|out| documents::write_history(&timeline, 0..end, out)));
        let read_all =
            |texts: Vec<String>| texts.iter().map(|text| fold::read(text).expect("a frame")).collect::<Vec<_>>();
        let frames = |n| read_all(snapshots(&timeline, n));
        let mut folds = EveryJoin::without_events();
        let mut here = frames(0);
        for n in 0..end {
            folds.join(n, &here);
            here = frames(n + 1);
            let all_expected: Vec<_> = here.iter().map(shown_read).collect();
            for (from, fold) in folds.take(&fold::read(&events[n].to_string()).expect("a frame")) {
                let folded = fold.states();
                for (id, expected) in &all_expected {
                    let place = format!("{case}: {id} from {from}, after {}", n + 1);
                    assert_eq!(folded[id.as_str()]["tie"], expected["tie"], "{place}");
                }
            }
        }
    }
}
