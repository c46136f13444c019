//! Property test of rare football events in any order and with any corrections: a client that joins at any event, and folds what
//! follows, has the server's state.

use std::fmt::Write;

use proptest::prelude::*;
use touchline::internals::dialect::native;
use touchline::internals::dialect::native::SnapshotDetail;
use touchline::scenario::{Scenario, Timeline};

use super::fold::{EveryJoin, read, shown_read};

/// A line of a scenario: an event, or a correction of an earlier one.
#[derive(Debug, Clone)]
enum ScriptLine {
    /// The index of its kind, whether it is the home side's, and two players of that side.
    Event(usize, bool, u8, u8),
    /// The index of the corrected event, and of the change.
    Corrected(u8, u8),
}

fn script_line() -> impl Strategy<Value = ScriptLine> {
    prop_oneof![
        3 => (0..KINDS.len(), any::<bool>(), 0..16_u8, 0..16_u8).prop_map(|(kind, home, one, other)| ScriptLine::Event(kind, home, one, other)),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(at, what)| ScriptLine::Corrected(at, what)),
    ]
}

/// The fields of an event besides its side: `P` stands for a player, `Q` for another, `C` for the coach.
const KINDS: [&str; 21] = [
    r#""type":"goal","player":"P""#,
    r#""type":"goal","player":"P","situation":"penalty""#,
    r#""type":"penalty_missed","player":"P","outcome":"saved""#,
    r#""type":"substitution","in":"P","out":"Q""#,
    r#""type":"substitution","in":"P","out":"Q","reason":"concussion""#,
    r#""type":"yellow_card","player":"P""#,
    r#""type":"yellow_card","player":"C""#,
    r#""type":"second_yellow_card","player":"C""#,
    r#""type":"red_card","player":"P""#,
    r#""type":"red_card","player":"C""#,
    r#""type":"position_change","player":"P","position":"GK""#,
    r#""type":"player_off","player":"P""#,
    r#""type":"player_on","player":"P""#,
    r#""type":"pass","player":"P","recipient":"Q""#,
    r#""type":"pass","player":"P","outcome":"incomplete""#,
    r#""type":"awarded","score":{"home":3,"away":0},"reason":"P""#,
    r#""type":"awarded","score":{"home":0,"away":2}"#,
    r#""type":"suspended""#,
    r#""type":"abandoned""#,
    r#""type":"resumed""#,
    r#""type":"period_end""#,
];

/// The fields of a correction besides its id.
const CHANGES: [&str; 9] = [
    r#""op":"remove""#,
    r#""op":"remove","reason":"an error""#,
    r#""op":"update","confirmed":true"#,
    r#""op":"update","side":"home""#,
    r#""op":"update","side":"away""#,
    r#""op":"update","type":"commentary""#,
    r#""op":"update","type":"suspended""#,
    r#""op":"update","type":"abandoned""#,
    r#""op":"update","type":"awarded","score":{"home":3,"away":0}"#,
];

/// As [`CHANGES`], for corrections before the match.
const EARLY_CHANGES: [&str; 7] = [
    r#""op":"remove""#,
    r#""op":"update","confirmed":true"#,
    r#""op":"update","type":"commentary""#,
    r#""op":"update","type":"delayed","kickoff":"2026-03-07T15:40:00Z""#,
    r#""op":"update","type":"abandoned""#,
    r#""op":"update","type":"awarded","score":{"home":3,"away":0}"#,
    r#""op":"update","type":"postponed""#,
];

fn scenario(before: &[ScriptLine], played: &[ScriptLine], extra: &[ScriptLine]) -> Scenario {
    let team = |id: &str, letter: char| {
        let players: Vec<String> = (0..16)
            .map(|n| {
                let more = match n {
                    0 => r#","position":"GK","starts":true"#,
                    1..11 => r#","starts":true"#,
                    _ => "",
                };
                format!(r#"{{"id":"{letter}{n}","name":"{letter} {n}"{more}}}"#)
            })
            .collect();
        format!(
            r#"{{"id":"{id}","name":"{id}","coach":{{"id":"{letter}c","name":"{letter} coach"}},"players":[{}]}}"#,
            players.join(",")
        )
    };
    let mut text = format!(
        "{}\n{{\"kind\":\"match\",\"id\":\"m\",\"kickoff\":\"2026-03-07T15:00:00Z\",\"rules\":{{\"extra_time\":true,\
         \"extra_time_substitutions\":1,\"concussion_substitutions\":1,\"return_substitutions\":true}},\"home\":{},\"away\":{}}}\n",
        r#"{"kind":"scenario","version":1,"title":"edges"}"#,
        team("amber", 'h'),
        team("birch", 'a'),
    );
    // A match that is postponed or awarded beforehand is not played.
    let is_played = !(played.is_empty() && extra.is_empty());
    let mut written: Vec<(String, bool)> = Vec::new();
    let mut ids = (0..).map(|number| format!("n{number}"));
    let mut write = |line: &ScriptLine, place: &str, own: &[&str], reported_at: &str| {
        let names = |text: &str, home: bool, one: u8, other: u8| {
            let letter = if home { 'h' } else { 'a' };
            text.replace("\"P\"", &format!("\"{letter}{one}\""))
                .replace("\"Q\"", &format!("\"{letter}{other}\""))
                .replace("\"C\"", &format!("\"{letter}c\""))
        };
        match line {
            ScriptLine::Event(kind, home, one, other) => {
                let id = ids.next().unwrap_or_default();
                let (kinds, side) =
                    (if own.is_empty() { &KINDS[..] } else { own }, if *home { "home" } else { "away" });
                let what = names(kinds[kind % kinds.len()], *home, *one, *other);
                let _ = writeln!(text, r#"{{{what},"id":"{id}",{place},"side":"{side}"}}"#);
                let key = !["pass", "player_off", "player_on"].iter().any(|kind| what.contains(kind));
                written.push((id, key));
            }
            ScriptLine::Corrected(at, what) if !written.is_empty() => {
                let at = usize::from(*at) % written.len();
                let changes = match own {
                    [] => &CHANGES[..],
                    _ if is_played => &EARLY_CHANGES[..4],
                    _ => &EARLY_CHANGES[..],
                };
                let change = changes[usize::from(*what) % changes.len()];
                let (id, key) = &mut written[at];
                // A client that joined with a snapshot of key events does not know the position of an event that becomes one later.
                if !*key && change.contains("type") {
                    return;
                }
                *key &= !change.contains("commentary");
                let _ = writeln!(text, r#"{{{change},"id":"{id}",{reported_at}}}"#);
                if change.contains("remove") {
                    written.remove(at);
                }
            }
            ScriptLine::Corrected(..) => {}
        }
    };
    let early = [
        r#""type":"postponed""#,
        r#""type":"awarded","score":{"home":3,"away":0}"#,
        r#""type":"delayed","kickoff":"2026-03-07T15:20:00Z""#,
        r#""type":"delayed","kickoff":"2026-03-07T15:05:00Z""#,
        r#""type":"substitution","in":"P","out":"Q""#,
        r#""type":"yellow_card","player":"C""#,
    ];
    let early = if is_played { &early[2..] } else { &early[..] };
    for (line, minute) in before.iter().zip((1..=90).rev()) {
        let place = format!(r#""status":"scheduled","clock":"-{minute}:00""#);
        write(line, &place, early, &format!(r#""told":"-{minute}:00","told_status":"scheduled""#));
    }
    let (first, second) = played.split_at(played.len() / 2);
    for (period, start, lines) in [(1, 1, first), (2, 46, second), (3, 91, extra)] {
        for (line, minute) in lines.iter().zip(start..) {
            let place = format!(r#""period":{period},"clock":"{minute}:00""#);
            write(line, &place, &[], &format!(r#""told":"{minute}:00","told_period":{period}"#));
        }
    }
    Scenario::parse("edges", &text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The snapshot frame after this many events.
fn snapshot(timeline: &Timeline, index: usize) -> String {
    let mut out = Vec::new();
    native::write_snapshot(timeline, 0, index, index, SnapshotDetail::Key, &mut out);
    String::from_utf8(out).expect("text")
}

fn event(timeline: &Timeline, index: usize) -> String {
    let mut out = Vec::new();
    native::write_event(timeline, index, &mut out);
    String::from_utf8(out).expect("text")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_subscriber_joining_at_any_event_folds_to_the_servers_state(
        before in prop::collection::vec(script_line(), 0..8),
        played in prop::collection::vec(script_line(), 0..25),
        extra in prop::collection::vec(script_line(), 0..6),
    ) {
        let timeline = Timeline::new(&scenario(&before, &played, &extra));
        let all = timeline.cues().len();
        // A match is called off only while an event in force calls it off.
        let off = |state: &touchline::football::MatchState| {
            use touchline::football::Status;
            matches!(state.status, Status::Suspended | Status::Abandoned | Status::Postponed)
        };
        for index in 0..=all {
            let called_off = timeline.events_in_force(0, index, false).iter().any(|cue| {
                ["suspended", "postponed", "awarded", "abandoned"].contains(&cue.event.kind.as_str())
            });
            let state = timeline.state_at(0, index);
            prop_assert!(called_off || !off(&state), "{} after {index} of\n{:#?}", state.status, timeline.cues());
        }
        let mut folds = EveryJoin::default();
        let mut here = read(&snapshot(&timeline, 0)).expect("a frame");
        for index in 0..all {
            folds.join(index, &[here]);
            here = read(&snapshot(&timeline, index + 1)).expect("a frame");
            let truth = shown_read(&here).1;
            for (join, fold) in folds.take(&read(&event(&timeline, index)).expect("a frame")) {
                let states = fold.states();
                let held = states.get("m").expect("the match");
                for (key, truth) in truth.as_object().expect("an object") {
                    prop_assert!(held[key] == *truth, "{key} after joining at {join} and event {}: {} is {truth}", index + 1, held[key]);
                }
                prop_assert!(fold.faults.is_empty(), "{:?}", fold.faults);
            }
        }
    }
}
