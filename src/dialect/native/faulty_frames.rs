//! Tests: what feed faults make of frames.

use std::time::SystemTime;

use serde_json::Value;

use super::{MatchTick, write_end, write_event, write_tick};
use crate::faults::{FaultPlan, apply};
use crate::scenario::{MediaTime, SHIPPED, Timeline};

fn timeline(name: &str) -> Timeline {
    let shipped = SHIPPED.iter().find(|shipped| shipped.name.contains(name)).expect(name);
    Timeline::new(&shipped.load().expect("shipped"))
}

fn faulty(truth: &Timeline, plan: &str) -> Timeline {
    apply(truth, &FaultPlan::parse(plan).expect(plan), 1).expect(plan)
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> Value {
    let mut out = Vec::new();
    write(&mut out);
    serde_json::from_slice(&out).expect("JSON")
}

fn events(timeline: &Timeline) -> Vec<Value> {
    let sent = (0..timeline.cues().len()).filter(|index| !timeline.cues()[*index].silent);
    sent.map(|index| written(|out| write_event(timeline, index, out))).collect()
}

/// The fields that differ, with their values.
fn changes(before: &Value, after: &Value) -> Vec<(String, Option<Value>, Option<Value>)> {
    let (before, after) = (before.as_object().expect("an object"), after.as_object().expect("an object"));
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    let differ = names.filter(|name| before.get(*name) != after.get(*name));
    differ.map(|name| (name.clone(), before.get(name).cloned(), after.get(name).cloned())).collect()
}

#[test]
fn an_unknown_type_or_field_is_all_that_changes() {
    let truth = timeline("var-night");
    let before = events(&truth);
    for what in ["type", "missing", "wrong_type", "extra"] {
        let faulty = faulty(&truth, &format!("unknown:p=1,what={what}"));
        for (before, after) in before.iter().zip(events(&faulty)) {
            let changes = changes(before, &after);
            let [(name, was, is)] = &changes[..] else { panic!("{what}: {changes:?}") };
            assert!(!["kind", "match", "n", "seq", "id"].contains(&&**name), "{name}");
            let kind = |value: &Option<Value>| value.as_ref().map(std::mem::discriminant);
            let fits = match what {
                "type" => {
                    name == "type" && is.as_ref().and_then(Value::as_str).is_some_and(|word| word.starts_with("x_"))
                }
                "missing" => was.is_some() && is.is_none(),
                "wrong_type" => was.is_some() && is.is_some() && kind(was) != kind(is),
                _ => was.is_none() && name.starts_with("x_"),
            };
            assert!(fits, "{what}: {changes:?}");
        }
        if what == "type" {
            for cue in faulty.cues() {
                assert!(
                    faulty.custom_types().any(|word| faulty.cue_kinds(word) == Some(vec![cue.kind])),
                    "{}",
                    cue.kind
                );
            }
        }
    }
    let both = faulty(&truth, "unknown:p=1,what=type; unknown:p=1,what=extra");
    for (before, after) in before.iter().zip(events(&both)) {
        assert_eq!(changes(before, &after).len(), 2);
    }
}

#[test]
fn swapped_matches_keep_all_but_their_ids() {
    let truth = timeline("var-night");
    let faulty = faulty(&truth, "swap:at=0:00,for=24h");
    let (before, after) = (events(&truth), events(&faulty));
    assert_eq!(before.len(), after.len());
    let swapped = before.iter().zip(&after).filter(|(before, after)| before["match"] != after["match"]);
    assert!(swapped.count() > before.len() * 9 / 10);
    for (before, after) in before.iter().zip(&after) {
        let mut after = after.clone();
        after["match"] = before["match"].clone();
        after["n"] = before["n"].clone();
        assert_eq!(*before, after);
    }
    let ends = |timeline: &Timeline| {
        let last = (0..timeline.cues().len()).filter(|index| timeline.cues()[*index].last);
        let ends = last.map(|index| {
            let track = usize::from(timeline.cues()[index].track);
            let end = written(|out| write_end(timeline, index, out));
            assert_eq!(end["match"], *timeline.tracks()[track].fixture.id.as_str());
            (end["match"].clone(), end["score"].clone())
        });
        ends.collect::<Vec<_>>()
    };
    assert_eq!(ends(&faulty), ends(&truth), "the end of a match goes out under its own id");
}

#[test]
fn ticks_show_the_clock_of_the_feed() {
    let truth = timeline("juventus");
    let goal = 6_432_000;
    for (plan, at, clock, label) in [
        ("clock:at=koulibaly-goal,what=jump,by=3m", goal - 1_000, "89:06", "90"),
        ("clock:at=koulibaly-goal,what=jump,by=3m", goal, "86:07", "87"),
        ("clock:at=koulibaly-goal,what=jump,by=3m", goal + 90_000, "87:37", "88"),
        ("clock:at=koulibaly-goal,what=jump,by=3m,for=1m", goal + 61_000, "90:08", "90+1"),
        ("clock:at=koulibaly-goal,what=jump,by=3h", goal, "45:00", "46"),
        ("clock:at=koulibaly-goal,what=freeze", goal + 90_000, "89:07", "90"),
        ("clock:at=koulibaly-goal,what=skew,by=20s", goal + 90_000, "91:07", "90+2"),
        ("clock:at=koulibaly-goal,what=freeze; clock:at=koulibaly-goal,what=jump", goal + 90_000, "88:07", "89"),
    ] {
        let faulty = faulty(&truth, plan);
        let at = MediaTime::from_millis(at);
        let state = truth.state_at(0, truth.index_after(at));
        let tick = MatchTick::new(&faulty, 0, &state, at, true).reported(&faulty, 0, at);
        let tick = written(|out| write_tick(0, at, SystemTime::UNIX_EPOCH, &[tick], out));
        let shown = &tick["matches"]["juv-nap"];
        assert_eq!((&shown["clock"], &shown["label"]), (&clock.into(), &label.into()), "{plan} at {at:?}");
    }
}
