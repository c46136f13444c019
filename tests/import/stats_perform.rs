//! Stats Perform MA3 with MA1, in JSON and XML: a real match, and invented ones.

use std::path::PathBuf;

use serde_json::Value;
use touchline::Timeline;
use touchline::football::{EventType, Field, Match, MatchEvent};

use super::opta::{check_cup_tie, events, findings, import_one, lines, of_type};
use super::{fixture, sample};

fn real(notation: &str) -> Option<[PathBuf; 2]> {
    let file = |feed: &str| sample(&format!("kloppy-3.19.1/statsperform_event_{feed}.{notation}"));
    Some([file("ma3")?, file("ma1")?])
}

/// What both MA1 and the events say: kind, side, players, minute.
fn key_events(fixture: &Match, events: &[MatchEvent]) -> Vec<String> {
    let kinds = [
        EventType::Goal,
        EventType::YellowCard,
        EventType::SecondYellowCard,
        EventType::RedCard,
        EventType::Substitution,
    ];
    let mut found = Vec::new();
    for event in kinds.iter().flat_map(|kind| of_type(events, kind.clone())) {
        let players = [Field::Player, Field::Assist, Field::In, Field::Out]
            .map(|field| event.details.player(field).map_or("-", |player| player.as_str()));
        let label = event.official.or_else(|| event.clock.minute(&fixture.rules.periods)).expect("in play");
        let minute = label.minute + label.added.unwrap_or(0);
        let side = event.side.map(|side| fixture.team(side).id.to_string()).unwrap_or_default();
        found.push(format!("{} {} {side} {} {minute}", event.id, event.kind, players.join(" ")));
    }
    found
}

/// The same of the raw MA1.
fn recorded(ma1: &Value) -> Vec<String> {
    let live = &ma1["liveData"];
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let mut found = Vec::new();
    for goal in live["goal"].as_array().expect("given") {
        let players = [text(&goal["scorerId"]), text(&goal["assistPlayerId"]), "-".into(), "-".into()];
        found.push((goal, "goal", players, "optaEventId"));
    }
    for (word, kind) in [("YC", "yellow_card"), ("Y2C", "second_yellow_card"), ("RC", "red_card")] {
        for card in live["card"].as_array().expect("given").iter().filter(|card| card["type"] == word) {
            found.push((card, kind, [text(&card["playerId"]), "-".into(), "-".into(), "-".into()], "optaEventId"));
        }
    }
    for change in live["substitute"].as_array().expect("given") {
        let players = ["-".into(), "-".into(), text(&change["playerOnId"]), text(&change["playerOffId"])];
        found.push((change, "substitution", players, ""));
    }
    let line = |(item, kind, players, id): (&Value, &str, [String; 4], &str)| {
        let id = if id.is_empty() { "*".to_owned() } else { text(&item[id]) };
        format!("{id} {kind} {} {} {}", text(&item["contestantId"]), players.join(" "), item["timeMin"])
    };
    found.into_iter().map(line).collect()
}

#[test]
fn the_events_of_a_real_match_are_those_of_its_record() {
    let Some(files) = real("json") else { return };
    let ma1: Value = serde_json::from_slice(&std::fs::read(&files[1]).expect("readable")).expect("JSON");
    let imported = import_one(&files);
    let fixture = &imported.scenario.matches[0];
    let events = events(&imported);
    // MA1 does not say the row of a substitution.
    let found: Vec<String> = key_events(fixture, &events)
        .into_iter()
        .map(|line| match line.split_once(" substitution ") {
            Some((_, rest)) => format!("* substitution {rest}"),
            None => line,
        })
        .collect();
    let expected = recorded(&ma1);
    assert_eq!((found.len(), &found), (17, &expected));
    let scores = &ma1["liveData"]["matchDetails"]["scores"]["total"];
    let timeline = Timeline::new(&imported.scenario);
    let state = timeline.state_at(0, timeline.cues().len());
    assert_eq!((state.score().home, state.score().away), (2, 1));
    assert_eq!((&scores["home"], &scores["away"]), (&2.into(), &1.into()));
    assert_eq!(imported.warnings, [""; 0]);
    assert_eq!(findings(&imported), [""; 0]);
    println!("{} rows, {} events; left out: {:?}", imported.rows, events.len(), imported.left_out);
}

#[test]
fn a_real_match_has_an_event_for_each_row_that_is_not_another_record_of_one() {
    let Some(files) = real("json") else { return };
    let ma3: Value = serde_json::from_slice(&std::fs::read(&files[0]).expect("readable")).expect("JSON");
    let rows = ma3["liveData"]["event"].as_array().expect("given");
    let has = |row: &Value, id: u64| {
        row["qualifier"].as_array().is_some_and(|list| list.iter().any(|it| it["qualifierId"] == id))
    };
    let count = |keep: &dyn Fn(&Value) -> bool| rows.iter().filter(|row| keep(row)).count();
    let of = |kind: u64| count(&|row| row["typeId"] == kind);
    let imported = import_one(&files);
    let events = events(&imported);
    let found = |kind: EventType| of_type(&events, kind).len();
    assert_eq!(found(EventType::Foul), of(4) / 2);
    assert_eq!(found(EventType::BallOut), of(5) / 2);
    assert_eq!(found(EventType::Corner), count(&|row| row["typeId"] == 1 && has(row, 6)));
    assert_eq!(found(EventType::ThrowIn), count(&|row| row["typeId"] == 1 && has(row, 107)));
    assert_eq!(found(EventType::Shot), of(13) + of(14) + of(15));
    assert_eq!(found(EventType::Save), count(&|row| row["typeId"] == 10 && !has(row, 94)));
    assert_eq!(found(EventType::Offside), of(2));
    assert_eq!(found(EventType::TakeOn), of(3));
    assert_eq!(found(EventType::Clearance), of(12));
    let passes = [EventType::Pass, EventType::Cross, EventType::Corner, EventType::ThrowIn, EventType::GoalKick];
    let passes: usize = passes.into_iter().chain([EventType::FreeKick]).map(found).sum();
    assert_eq!(passes, of(1) + of(2));
    let deleted = imported.left_out.iter().find(|(reason, _)| *reason == "deleted rows").map(|(_, times)| *times);
    assert_eq!(deleted, Some(of(43)));
}

#[test]
fn json_and_xml_give_the_same_scenario() {
    let (Some(json), Some(xml)) = (real("json"), real("xml")) else { return };
    let written = |files: &[PathBuf]| {
        let mut bytes = Vec::new();
        import_one(files).scenario.write(&mut bytes).expect("written");
        String::from_utf8(bytes).expect("UTF-8")
    };
    let (json, xml) = (written(&json), written(&xml));
    for (one, other) in json.lines().zip(xml.lines()) {
        assert_eq!(one, other);
    }
    assert_eq!(json.lines().count(), xml.lines().count());
}

#[test]
fn a_cup_tie_with_everything() {
    let imported = import_one(&[fixture("stats_perform/full_ma3.json"), fixture("stats_perform/full_ma1.json")]);
    check_cup_tie(&imported);
    assert_eq!(imported.scenario.matches[0].id.as_str(), "match0id");
    assert_eq!(imported.scenario.matches[0].home.short.as_ref(), "EAS");
}

#[test]
fn without_match_data_the_set_ups_are_the_line_ups() {
    let imported = import_one(&[fixture("stats_perform/full_ma3.json")]);
    let team = &imported.scenario.matches[0].away;
    assert_eq!(team.players.iter().filter(|player| player.starts).count(), 11);
    assert_eq!(&*team.players[2].name, "G. Orme", "as the rows name him");
    assert_eq!(findings(&imported), [""; 0]);
}

#[test]
fn a_bare_file_still_has_its_goals() {
    let imported = import_one(&[fixture("stats_perform/minimal.json")]);
    assert_eq!(
        lines(&events(&imported), EventType::Goal),
        [
            "5015 14:04 home player=1009",
            "5033 38:30 home player=2005 own_goal",
            "5052 57:40 away player=2010 situation=penalty",
            "5065 88:07.02 away player=2012",
        ]
    );
}
