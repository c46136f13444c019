//! Tests of timelines: order, states, tables and lookups by time.

use proptest::prelude::*;

use super::super::testing::{arbitrary::long_matches, arbitrary::scenarios, fixture, header, scenario};
use super::super::{Correction, EventRecord, LineContent, SHIPPED, TimedLine};
use super::*;
use crate::football::{Details, MatchClock, Op, Reading, Side, Statistics, Status, TypeSelector};

fn timeline(lines: &str) -> Timeline {
    Timeline::new(&scenario(lines))
}

/// Checks the invariants of every timeline.
fn assert_sound(timeline: &Timeline, every: usize) {
    let cues = timeline.cues();
    let mut seqs = vec![0; timeline.tracks().len()];
    for (index, cue) in cues.iter().enumerate() {
        let track = usize::from(cue.track);
        seqs[track] += 1;
        assert_eq!(cue.seq, seqs[track], "numbers without gaps");
        assert!(index == 0 || cues[index - 1].at <= cue.at, "in order");
        assert!(cue.at >= MediaTime::ZERO && cue.at <= timeline.length());
        let last = cues[index + 1..].iter().all(|later| later.track != cue.track);
        assert_eq!(cue.last, last);
        // The previous revision is the latest one of the same event, and an event begins with revision 0.
        let same = |other: &Cue| other.track == cue.track && other.event.id == cue.event.id;
        assert_eq!(cue.previous.map(|previous| previous as usize), cues[..index].iter().rposition(same));
        let before = timeline.previous_revision(cue);
        assert_eq!(cue.event.rev, before.map_or(0, |previous| previous.rev + 1));
        assert_eq!(before.is_none(), cue.event.op == Op::Add);
    }
    for track in 0..timeline.tracks().len() {
        let mut state = MatchState::new(timeline.tracks()[track].fixture.clone());
        for index in 0..=cues.len() {
            if index % every == 0 || index == cues.len() {
                assert_eq!(timeline.state_at(track, index), state, "after {index} cues");
            }
            let Some(cue) = cues.get(index).filter(|cue| usize::from(cue.track) == track) else { continue };
            state.apply(&cue.event, timeline.previous_revision(cue));
            assert_eq!((cue.score, cue.shootout), (state.score(), state.shootout_score()));
        }
        for index in [0, cues.len() / 3, cues.len()] {
            for key in [false, true] {
                assert_eq!(ids(&timeline.events_in_force(track, index, key)), in_force(timeline, track, index, key));
            }
        }
    }
}

fn ids(cues: &[&Cue]) -> Vec<(String, u32)> {
    cues.iter().map(|cue| (cue.event.id.to_string(), cue.event.rev)).collect()
}

/// The events in force, by definition: each at the place of its original report, in its latest revision.
fn in_force(timeline: &Timeline, track: usize, index: usize, key: bool) -> Vec<(String, u32)> {
    let released: Vec<&Cue> = timeline.cues()[..index].iter().filter(|cue| usize::from(cue.track) == track).collect();
    let firsts = released.iter().filter(|cue| cue.previous.is_none());
    let latest = |first: &&Cue| released.iter().rfind(|cue| cue.event.id == first.event.id).copied();
    let mut in_force: Vec<&Cue> = firsts.filter_map(latest).filter(|cue| cue.event.op != Op::Remove).collect();
    in_force.retain(|cue| !key || is_key(&cue.event));
    ids(&in_force)
}

#[test]
fn a_break_is_when_no_match_is_in_play() {
    let flagship = Timeline::new(&SHIPPED[0].load().expect("shipped"));
    let at = |seconds: i64| MediaTime::from_millis(seconds * 1_000);
    assert_eq!(flagship.breaks(), [at(2_885)..at(3_785)]);
    let var_night = Timeline::new(&SHIPPED[2].load().expect("shipped"));
    for stretch in var_night.breaks() {
        let phases = var_night.tracks().iter().flat_map(|track| track.layout.phases());
        let mut play = phases.filter(|phase| phase.status.is_in_play());
        assert!(play.all(|phase| phase.to <= stretch.start || phase.from >= stretch.end), "{stretch:?}");
    }
    assert!(var_night.breaks().is_sorted_by(|a, b| a.end <= b.start));
}

#[test]
fn any_custom_type_is_found_and_few_are_searched_for_a_suggestion() {
    let line = |number: usize| {
        format!(r#"{{"type":"x_{number:05}","period":1,"clock":"{:02}:{:02}"}}"#, number / 60, number % 60)
    };
    let lines: Vec<String> = (0..1_500).map(line).collect();
    let timeline = timeline(&lines.join("\n"));
    assert_eq!(timeline.custom_types().count(), 1_500);
    let near = |word| timeline.similar_custom_types(word).collect::<Vec<_>>();
    assert_eq!((near("x_01499")[0], near("x_01499").len()), ("x_01499", MAX_HINT_CANDIDATES + 1));
    assert_eq!(near("x_1499").len(), MAX_HINT_CANDIDATES);
    assert!(TypeSelector::parse("x_01499", timeline.similar_custom_types("x_01499")).is_ok());
}

#[test]
fn the_shipped_timelines_are_sound() {
    for shipped in SHIPPED {
        assert_sound(&Timeline::new(&shipped.load().expect("shipped")), 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]
    #[test]
    fn any_scenario_makes_a_sound_timeline(scenario in scenarios(40)) {
        assert_sound(&Timeline::new(&scenario), 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(6) })]
    #[test]
    fn states_are_the_same_beyond_a_keyframe(scenario in long_matches(700)) {
        let timeline = Timeline::new(&scenario);
        prop_assert!(timeline.tracks()[0].len() > 2 * KEYFRAME_EVERY);
        assert_sound(&timeline, 61);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]
    #[test]
    fn removing_all_events_restores_the_initial_state(mut scenario in scenarios(40)) {
        let last = Timeline::new(&scenario);
        let end = MatchClock { status: Status::FullTime, reading: Reading::from_minutes(600) };
        for cue in last.cues().iter().filter(|cue| cue.event.op == Op::Add) {
            let remove = Correction {
                id: cue.event.id.clone(),
                op: Op::Remove,
                told: end,
                clock: None,
                kind: None,
                official: None,
                side: None,
                details: Details::default(),
            };
            let item = LineContent::Event(EventRecord::Correction(Box::new(remove)));
            scenario.entries.push(TimedLine { line: 0, track: cue.track, item });
        }
        let timeline = Timeline::new(&scenario);
        for track in 0..timeline.tracks().len() {
            let state = timeline.state_at(track, timeline.cues().len());
            let fresh = MatchState::new(state.fixture().clone());
            prop_assert_eq!(state.score(), Score::default());
            for side in [Side::Home, Side::Away] {
                prop_assert_eq!(state.statistics(side), &Statistics::default());
                prop_assert!(state.players(side).eq(fresh.players(side)));
                prop_assert_eq!(state.coach(side), fresh.coach(side));
                let positions = |of: &MatchState| -> Vec<Option<String>> {
                    (0..16).map(|index| of.position(side, index).map(str::to_owned)).collect()
                };
                prop_assert_eq!(positions(&state), positions(&fresh));
            }
            prop_assert!(timeline.events_in_force(track, timeline.cues().len(), false).is_empty());
        }
    }
}

#[test]
fn a_removed_goal_lowers_the_score() {
    let timeline = timeline(
        r#"{"type":"goal","id":"g1","period":1,"clock":"10:00","side":"home","player":"h9"}
           {"type":"goal","id":"g2","period":1,"clock":"20:00","side":"away","player":"a9"}
           {"op":"update","id":"g2","told":"20:30","side":"home","own_goal":true}
           {"op":"remove","id":"g1","told":"21:00","reason":"offside"}"#,
    );
    let scores: Vec<_> = timeline.cues().iter().map(|cue| (cue.score.home, cue.score.away)).collect();
    assert_eq!(scores, [(1, 0), (1, 1), (2, 0), (1, 0)]);
    let state = timeline.state_at(0, 4);
    assert_eq!(state.statistics(Side::Home).shots, 0, "an own goal is no shot");
    assert_eq!(state.tally("a9").map(|tally| (tally.goals, tally.own_goals)), Some((0, 1)));
    let last = &timeline.cues()[3].event;
    assert_eq!((last.op, last.rev, last.details.text(Field::Reason)), (Op::Remove, 1, Some("offside")));
    assert_eq!(last.player().map(|player| player.as_str()), Some("h9"), "every revision is complete");
    assert_eq!(
        (last.clock.reading.to_string(), last.reported_at().reading.to_string()),
        ("10:00".into(), "21:00".into())
    );
}

#[test]
fn a_removed_suspension_does_not_hold_play() {
    let timeline = timeline(
        r#"{"type":"period_start","period":1,"clock":"00:00"}
           {"type":"suspended","id":"s","period":1,"clock":"10:00"}
           {"op":"remove","id":"s","told":"10:00"}
           {"type":"corner","period":1,"clock":"10:00","side":"home"}"#,
    );
    let statuses: Vec<_> = timeline.cues().iter().map(|cue| cue.event.status).collect();
    assert_eq!(statuses, [Status::FirstHalf, Status::Suspended, Status::FirstHalf, Status::FirstHalf]);
}

#[test]
fn play_continues_where_it_was_suspended() {
    use Status::*;
    let goals = r#"{"type":"goal","period":1,"clock":"12:00","side":"home"}
                   {"type":"goal","period":2,"clock":"88:00","side":"home"}"#;
    let halt = r#"{"type":"suspended","period":1,"clock":"10:00"}"#;
    let rain = r#"{"type":"commentary","status":"suspended","clock":"01:00","text":"rain"}"#;
    let on = r#"{"type":"resumed","status":"suspended","clock":"15:00"}"#;
    let end = r#"{"type":"period_end","period":1,"clock":"46:00"}"#;
    let at_half_time = r#"{"type":"suspended","status":"half_time","clock":"10:00"}"#;
    for (events, expected) in [
        (vec![halt, on, goals], vec![Suspended, FirstHalf, FirstHalf, SecondHalf]),
        (vec![halt, rain, on, goals], vec![Suspended, Suspended, FirstHalf, FirstHalf, SecondHalf]),
        (vec![end, at_half_time, on], vec![HalfTime, Suspended, HalfTime]),
    ] {
        let timeline = timeline(&events.join("\n"));
        let statuses: Vec<_> = timeline.cues().iter().map(|cue| cue.event.status).collect();
        assert_eq!(statuses, expected, "{events:?}");
    }
}

#[test]
fn an_event_at_the_reading_of_a_suspension_comes_after_it_once_play_is_resumed() {
    let timeline = timeline(
        r#"{"type":"foul","id":"before","period":1,"clock":"10:00","side":"home"}
           {"type":"suspended","id":"halt","period":1,"clock":"10:00"}
           {"type":"resumed","id":"on","status":"suspended","clock":"05:00"}
           {"type":"free_kick","id":"after","period":1,"clock":"10:00","side":"home"}
           {"type":"suspended","id":"halt again","period":1,"clock":"10:00"}
           {"type":"resumed","id":"on again","status":"suspended","clock":"01:00"}
           {"type":"free_kick","id":"at last","period":1,"clock":"10:00","side":"home"}"#,
    );
    let order: Vec<_> = timeline.cues().iter().map(|cue| (cue.at.as_millis(), cue.event.id.as_str())).collect();
    let (one, two) = (300_000, 360_000);
    assert_eq!(
        order,
        [
            (0, "before"),
            (0, "halt"),
            (one, "on"),
            (one, "after"),
            (one, "halt again"),
            (two, "on again"),
            (two, "at last")
        ]
    );
}

#[test]
fn events_at_the_same_time_keep_the_file_order() {
    let timeline = timeline(
        r#"{"type":"foul","id":"b","period":1,"clock":"12:00","side":"home"}
           {"type":"foul","id":"c","period":1,"clock":"12:00","side":"home"}
           {"type":"foul","id":"a","period":1,"clock":"11:00","side":"home"}
           {"type":"foul","id":"d","period":1,"clock":"11:30","told":"12:00","side":"home"}"#,
    );
    let order: Vec<_> = timeline.cues().iter().map(|cue| cue.event.id.as_str()).collect();
    assert_eq!(order, ["a", "b", "c", "d"]);
    assert_eq!((timeline.index_before(timeline.cues()[1].at), timeline.index_after(timeline.cues()[1].at)), (1, 4));
}

#[test]
fn long_gaps_between_matches_are_cut() {
    let corner = |id: &str, clock: &str| {
        format!(r#"{{"type":"corner","match":"{id}","period":1,"clock":"{clock}","side":"home"}}"#)
    };
    let text = format!(
        "{}\n{}\n{}\n{}\n{}\n{}",
        header("t"),
        fixture("a", "2018-04-22T10:00:00Z"),
        fixture("b", "2018-04-23T10:00:00Z"),
        fixture("c", "2018-04-20T10:00:00Z"),
        corner("a", "10:00"),
        corner("b", "20:00"),
    );
    let timeline = Timeline::new(&Scenario::parse("t", &text).expect("a scenario"));
    let at: Vec<_> = timeline.cues().iter().map(|cue| cue.at.as_millis()).collect();
    // 95 minutes of the match at 10:00 remain, one of the gap, and the first 20 of the other match.
    assert_eq!(at, [0, (95 + 1 + 20) * 60_000]);
    assert_eq!(timeline.uncut_length().to_string(), "24h 10m");
}

/// The kick-off of each match, in seconds of the timeline.
fn kickoffs(text: &str) -> Vec<i64> {
    let timeline = Timeline::new(&Scenario::parse("t", text).expect("a scenario"));
    let first = |track: &Track| {
        let mut phases = track.layout.phases().iter();
        phases.find(|phase| phase.status == Status::FirstHalf).map(|phase| phase.from.as_millis() / 1_000)
    };
    timeline.tracks().iter().map(|track| first(track).unwrap_or(i64::MAX)).collect()
}

#[test]
fn no_gap_is_cut_while_a_match_is_in_play_by_its_nominal_course() {
    let goal = |id: &str, period: u8, clock: &str| {
        format!(r#"{{"type":"goal","match":"{id}","period":{period},"clock":"{clock}","side":"home"}}"#)
    };
    let file = |at: [&str; 3], events: &[String]| {
        let matches = ["a", "b", "c"].iter().zip(at).map(|(id, at)| fixture(id, &format!("2018-04-22T{at}:00Z")));
        [header("t")].into_iter().chain(matches).chain(events.iter().cloned()).collect::<Vec<_>>().join("\n")
    };
    // Matches that kick off together stay together, however long either feed reports nothing.
    let sparse = [goal("a", 1, "10:00"), goal("b", 2, "70:00")];
    assert_eq!(kickoffs(&file(["15:00", "15:00", "15:00"], &sparse)), [-600, -600, -600]);
    // A match without an event is in play all the same: no time is cut between the matches before and after it.
    let late = [goal("a", 1, "10:00"), goal("c", 1, "1:00")];
    assert_eq!(kickoffs(&file(["15:00", "16:30", "18:00"], &late)), [-600, 90 * 60 - 600, 180 * 60 - 600]);
    assert_eq!(kickoffs(&file(["15:00", "19:00", "23:00"], &late)), [-600, 96 * 60, 96 * 60 + 106 * 60]);
    // Gaps after the last report are not cut.
    assert_eq!(kickoffs(&file(["15:00", "20:00", "15:00"], &late)), [-60, 300 * 60 - 60, -60]);
}

#[test]
fn clocks_of_an_interruption_count_from_the_latest_one() {
    let case = |lines: &[&str], expected: &[i64]| {
        let timeline = timeline(&lines.join("\n"));
        let minutes = timeline.cues().iter().map(|cue| (cue.at - timeline.cues()[0].at).as_millis() / 60_000);
        assert_eq!(minutes.collect::<Vec<_>>(), expected, "{lines:#?}");
    };
    let waits = r#"{"type":"commentary","status":"postponed","clock":"3:00","text":"They wait."}"#;
    case(
        &[
            r#"{"type":"postponed","id":"a","status":"scheduled","clock":"-90:00"}"#,
            waits,
            r#"{"op":"remove","id":"a","told":"10:00","told_status":"postponed"}"#,
            r#"{"type":"postponed","id":"b","status":"scheduled","clock":"-60:00"}"#,
            waits,
        ],
        &[0, 3, 10, 30, 33],
    );
    let (start, halt) = (
        r#"{"type":"period_start","period":1,"clock":"0:00"}"#,
        r#"{"type":"suspended","id":"a","period":1,"clock":"10:00"}"#,
    );
    let again = r#"{"type":"suspended","id":"b","period":1,"clock":"20:00"}"#;
    let waits = r#"{"type":"commentary","status":"suspended","clock":"3:00","text":"They wait."}"#;
    // The first suspension ends with a removal; with a `resumed` after another that is removed.
    let removed = r#"{"op":"remove","id":"a","told":"4:00","told_status":"suspended"}"#;
    case(&[start, halt, waits, removed, again, waits], &[0, 10, 13, 14, 24, 27]);
    case(
        &[
            start,
            halt,
            r#"{"type":"resumed","id":"r","status":"suspended","clock":"1:00"}"#,
            r#"{"op":"remove","id":"r","told":"2:00","told_status":"suspended"}"#,
            r#"{"type":"resumed","status":"suspended","clock":"5:00"}"#,
            again,
            waits,
        ],
        &[0, 10, 11, 12, 15, 25, 28],
    );
}
