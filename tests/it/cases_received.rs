//! The cases under `tests/cases` about what subscribers receive: clocks, end frames, scoreboards, counts and tables.

use std::path::Path;

use touchline::football::{MatchState, Side, Status};
use touchline::internals::dialect::native;
use touchline::scenario::{MediaTime, Scenario, Timeline};

fn timeline(case: &str) -> Timeline {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(case);
    let text = std::fs::read_to_string(&path).expect(case);
    Timeline::new(&Scenario::parse(case, &text).expect(case))
}

/// The scoreboards of all matches this many minutes after the first kick-off: `second_half 88:00; ...`.
fn clocks(timeline: &Timeline, minutes: i64) -> String {
    let kickoff = (0..timeline.tracks().len()).filter_map(|track| {
        timeline
            .phases(track)
            .iter()
            .find(|phase| phase.status == Status::FirstHalf)
            .map(|phase| phase.from.as_millis())
    });
    let at = MediaTime::from_millis(kickoff.min().expect("a kick-off") + minutes * 60_000);
    let head = timeline.index_after(at);
    let shown = (0..timeline.tracks().len()).map(|track| {
        let clock = timeline.clock_at(track, at, &timeline.state_at(track, head));
        format!("{} {}", clock.status, clock.reading)
    });
    shown.collect::<Vec<_>>().join("; ")
}

/// The end frames of all matches: `m1 first_half 1-0`.
fn ends(timeline: &Timeline) -> String {
    let last = (0..timeline.cues().len()).filter(|index| timeline.cues()[*index].last);
    let frames = last.map(|index| {
        let mut out = Vec::new();
        native::write_end(timeline, index, &mut out);
        let frame: serde_json::Value = serde_json::from_slice(&out).expect("a frame");
        format!("{} {} {}-{}", frame["match"], frame["status"], frame["score"]["home"], frame["score"]["away"])
            .replace('"', "")
    });
    frames.collect::<Vec<_>>().join("; ")
}

/// The scoreboards these many minutes after the scheduled kick-off of the first match, with a timeline that starts `before` minutes
/// before it: `scheduled -10:00 0-0`.
fn boards(timeline: &Timeline, before: i64, minutes: &[i64]) -> String {
    let shown = minutes.iter().map(|minutes| {
        let at = MediaTime::from_millis((before + minutes) * 60_000);
        let state = timeline.state_at(0, timeline.index_after(at));
        let clock = timeline.clock_at(0, at, &state);
        format!("{} {} {}-{}", clock.status, clock.reading, state.score().home, state.score().away)
    });
    shown.collect::<Vec<_>>().join("; ")
}

/// The substitutions left to both sides after each of these events, as `home-away`, and the concussion substitutions.
fn changes_left(timeline: &Timeline, events: &[usize]) -> String {
    let left = events.iter().map(|index| {
        let state = timeline.state_at(0, *index);
        let pair = |of: fn(&MatchState, Side) -> i64| format!("{}-{}", of(&state, Side::Home), of(&state, Side::Away));
        format!("{} ({})", pair(MatchState::substitutions_left), pair(MatchState::concussion_substitutions_left))
    });
    left.collect::<Vec<_>>().join("; ")
}

/// The event-data statistics of both sides after each of these events: passes, completed passes, possession, expected goals.
fn event_data(timeline: &Timeline, events: &[usize]) -> String {
    let of = |state: &MatchState, side: Side| {
        let passing = state.passing(side).map(|of| format!("{}/{} {}%", of.passes, of.completed, of.possession));
        format!("{} {}", passing.unwrap_or_default(), state.xg(side).map(|xg| xg.to_string()).unwrap_or_default())
    };
    let texts = events.iter().map(|index| {
        let state = timeline.state_at(0, *index);
        format!("{}, {}", of(&state, Side::Home), of(&state, Side::Away))
    });
    texts.collect::<Vec<_>>().join("; ")
}

#[test]
fn what_subscribers_receive() {
    let mut wrong = Vec::new();
    let mut row = |case: &str, what: &str, expected: &str, found: &str| {
        if expected != found {
            wrong.push(format!("{case}, {what}\n  expected {expected}\n  found    {found}"));
        }
    };
    for (case, expected) in [
        ("min-postponed.jsonl", "m postponed 0-0"),
        ("a2b-postponed-early.jsonl", "m3 postponed 0-0"),
        ("walkover.jsonl", "m abandoned 3-0"),
        ("sparse-stuck.jsonl", "m1 first_half 1-0; m2 second_half 2-0"),
        ("min-coach-red.jsonl", "m first_half 0-0"),
        ("subbed-red.jsonl", "m full_time 0-0"),
        ("played-on-later.jsonl", "m full_time 1-0"),
        ("a5b-delayed.jsonl", "d1 first_half 1-0"),
    ] {
        row(case, "end frames", expected, &ends(&timeline(case)));
    }
    for (case, minutes, expected) in [
        ("sparse-stuck.jsonl", 10, "first_half 10:00; first_half 10:00"),
        ("sparse-stuck.jsonl", 44, "first_half 44:00; first_half 44:00"),
        ("sparse-stuck.jsonl", 50, "half_time 05:00; half_time 05:00"),
        ("sparse-stuck.jsonl", 103, "second_half 88:00; second_half 88:00"),
        ("sparse-stuck.jsonl", 106, "full_time 01:00; full_time 01:00"),
        ("two-sparse.jsonl", 10, "first_half 10:00; first_half 10:00"),
        ("two-sparse.jsonl", 85, "second_half 70:00; second_half 70:00"),
    ] {
        row(case, &format!("clocks after {minutes} minutes"), expected, &clocks(&timeline(case), minutes));
    }
    for (case, before, minutes, expected) in [
        (
            "a2b-postponed-early.jsonl",
            120,
            &[-120, -91, -90, -87][..],
            "scheduled -120:00 0-0; scheduled -91:00 0-0; postponed 00:00 0-0; postponed 03:00 0-0",
        ),
        // Before a late report of a delay the clock stays at 00:00 until the report.
        (
            "a5b-delayed.jsonl",
            5,
            &[-5, -1, 0, 6, 7, 12, 54],
            "scheduled -5:00 0-0; scheduled -1:00 0-0; scheduled 00:00 0-0; scheduled 00:00 0-0; first_half 00:00 0-0; \
             first_half 05:00 1-0; first_half 47:00 1-0",
        ),
        (
            "delayed-told.jsonl",
            20,
            &[-20, -11, -10, 1, 2, 5, 6, 29, 30, 35],
            "scheduled -20:00 0-0; scheduled -11:00 0-0; scheduled -25:00 0-0; scheduled -14:00 0-0; scheduled -28:00 0-0; \
             scheduled -55:00 0-0; scheduled -24:00 0-0; scheduled -1:00 0-0; first_half 00:00 0-0; first_half 05:00 1-0",
        ),
        (
            "played-on-later.jsonl",
            0,
            &[78, 79, 30_318, 30_319, 30_325],
            "second_half 63:00 0-0; suspended 00:40 0-0; suspended 30239:40 0-0; second_half 64:00 0-0; second_half 70:00 1-0",
        ),
        (
            "awarded-suspended.jsonl",
            0,
            &[29, 30, 39, 40, 60],
            "first_half 29:00 1-0; suspended 00:00 1-0; suspended 09:00 1-0; abandoned 00:00 0-3; abandoned 20:00 0-3",
        ),
        (
            "award-taken-back.jsonl",
            0,
            &[35, 45, 50, 55],
            "suspended 05:00 1-0; abandoned 00:00 0-3; first_half 30:00 1-0; first_half 35:00 1-0",
        ),
        (
            "late-called-off.jsonl",
            5,
            &[-5, 9, 10, 11],
            "scheduled -5:00 0-0; scheduled -11:00 0-0; postponed 00:00 0-0; postponed 01:00 0-0",
        ),
        ("walkover.jsonl", 1, &[-1, 0], "abandoned 00:00 3-0; abandoned 01:00 3-0"),
    ] {
        row(case, "boards", expected, &boards(&timeline(case), before, minutes));
    }
    for (case, events, expected) in [
        // A concussion substitution, then five of each side, and one more of the other.
        ("concussion.jsonl", &[1, 2, 5, 9, 15][..], "5-5 (1-1); 5-6 (0-1); 4-6 (0-1); 0-6 (0-1); 0-0 (0-1)"),
        ("extra-time-sixth.jsonl", &[8, 9, 10, 11], "0-5 (0-0); 1-6 (0-0); 1-6 (0-0); 0-6 (0-0)"),
        ("warmup-injury.jsonl", &[1, 2, 6, 10], "5-5 (0-0); 5-5 (0-0); 4-5 (0-0); 0-5 (0-0)"),
        ("return-substitution.jsonl", &[1, 2, 3], "5-5 (0-0); 4-5 (0-0); 3-5 (0-0)"),
    ] {
        row(case, "changes left", expected, &changes_left(&timeline(case), events));
    }
    for (events, expected) in [
        // None yet; the first pass; a failed one; one corrected to completed; one added and removed.
        (&[3, 4, 10][..], " ,  ; 1/1 100% , 0/0 0% ; 3/2 100% , 0/0 0% "),
        (&[18, 19], "4/2 57% 0, 3/3 43% 0.1234; 4/3 57% 0, 3/3 43% 0.1234"),
        (&[20, 22], "4/3 50% 0, 4/3 50% 0.1234; 4/3 57% 0, 3/3 43% 0.1234"),
        // A shot and its correction, an own goal, a penalty that is missed.
        (&[27, 28], "5/4 56% 0.3412, 4/3 44% 0.1234; 5/4 56% 0.35, 4/3 44% 0.1234"),
        (&[29, 36], "5/4 56% 0.35, 4/3 44% 0.1234; 5/4 56% 0.35, 4/3 44% 0.8834"),
    ] {
        let case = "event-data.jsonl";
        row(case, "passes, possession and expected goals", expected, &event_data(&timeline(case), events));
    }
    assert!(wrong.is_empty(), "case, expected, found:\n{}", wrong.join("\n"));
}

#[test]
fn an_unreported_match_counts_in_the_table_from_kickoff() {
    let team = |id: &str| format!(r#"{{"id":"{id}","name":"{id}"}}"#);
    let fixture = |id: &str, home: &str, away: &str| {
        format!(
            r#"{{"kind":"match","id":"{id}","competition":"L","kickoff":"2026-03-07T15:00:00Z","home":{},"away":{}}}"#,
            team(home),
            team(away)
        )
    };
    let lines = [
        r#"{"kind":"scenario","version":1,"title":"t"}"#.to_owned(),
        fixture("silent", "a", "b"),
        fixture("told", "c", "d"),
        r#"{"kind":"table","competition":"L","rows":[{"team":"a"},{"team":"b"},{"team":"c"},{"team":"d"}]}"#.to_owned(),
        r#"{"type":"period_start","match":"told","period":1,"clock":"0:00"}"#.to_owned(),
        r#"{"type":"corner","match":"told","period":1,"clock":"0:30","side":"home"}"#.to_owned(),
        r#"{"type":"goal","match":"told","period":1,"clock":"10:00","side":"home"}"#.to_owned(),
    ];
    let timeline = Timeline::new(&Scenario::parse("told", &(lines.join("\n") + "\n")).expect("a scenario"));
    let played = |index: usize| {
        let table = timeline.table_at(0, index);
        let of = |team: &str| table.rows.iter().find(|row| row.team.as_str() == team).expect("a row").played;
        (of("a"), of("c"))
    };
    assert_eq!((played(0), played(1), played(2), played(3)), ((0, 0), (0, 1), (1, 1), (1, 1)));
    let brings: Vec<bool> = timeline.cues().iter().map(|cue| cue.table.is_some()).collect();
    assert_eq!(brings, [true, true, true], "each change is sent with the next event");
}

/// A table after these numbers of events, and at the end: `alba 3, bora 0` each.
fn tables(timeline: &Timeline, events: &[usize]) -> String {
    let shown = events.iter().copied().chain([timeline.cues().len()]).map(|index| {
        let rows = timeline.table_at(0, index).rows;
        rows.iter().map(|row| format!("{} {}", row.team, row.points)).collect::<Vec<_>>().join(", ")
    });
    shown.collect::<Vec<_>>().join("; ")
}

#[test]
fn tables_are_ordered_by_the_results_so_far() {
    for (case, events, expected) in [
        ("table-deducted.jsonl", &[0, 2][..], "bora 1, alba 0; alba 3, bora 1; alba 3, bora 1"),
        (
            "table-listed.jsonl",
            &[0, 2],
            "bora 0, dorn 0, alba 0, cresta 0; alba 3, dorn 0, cresta 0, bora 0; bora 1, alba 1, dorn 0, cresta 0",
        ),
        // Alba have the better goal difference, Bora have beaten them, Cresta beaten Bora: among the three all have three
        // points, and the differences decide.
        ("table-head-to-head.jsonl", &[15], "bora 3, alba 3, dorn 1, cresta 0; alba 3, bora 3, cresta 3, dorn 1"),
        // Bora's red card is removed.
        (
            "table-fair-play.jsonl",
            &[2, 3, 4],
            "bora 1, alba 1, cresta 0, dorn 0; alba 1, bora 1, cresta 0, dorn 0; bora 1, alba 1, cresta 0, dorn 0; \
             bora 1, alba 1, cresta 1, dorn 1",
        ),
    ] {
        let timeline = timeline(case);
        assert_eq!(tables(&timeline, events), expected, "{case}");
        // A client that joins anywhere has the current table after each event: a table frame follows every change.
        for (index, cue) in timeline.cues().iter().enumerate() {
            let changes = timeline.table_at(0, index) != timeline.table_at(0, index + 1);
            assert!(!changes || cue.table == Some(0), "{case}: event {}", index + 1);
        }
    }
    let timeline = timeline("table-fair-play.jsonl");
    let brought: Vec<&str> =
        timeline.cues().iter().filter(|cue| cue.table.is_some()).map(|cue| cue.event.kind.as_str()).collect();
    let first = ["period_start", "yellow_card", "red_card", "red_card"];
    assert_eq!(brought, [&first[..], &["period_start", "yellow_card", "second_yellow_card", "red_card"]].concat());
}
