//! Real and hand-made matches of Wyscout v3.

use serde_json::Value;
use touchline::Timeline;
use touchline::football::{EventType, Field, FieldValue, MatchEvent, Side, Statistics};
use touchline::import::{ImportRun, ImportedMatch};
use touchline::scenario::Severity;

/// Imports some hand-made files.
fn hand_made(files: &[&str]) -> ImportRun<ImportedMatch> {
    let files: Vec<_> = files.iter().map(|file| super::fixture(&format!("wyscout_v3/{file}"))).collect();
    super::run(&files)
}

fn only(file: &str) -> ImportedMatch {
    let mut run = hand_made(&[file]);
    assert_eq!(run.errors, []);
    assert_eq!(run.imported.len(), 1);
    run.imported.remove(0)
}

/// The events of a match in the order of play.
fn events(imported: &ImportedMatch) -> Vec<MatchEvent> {
    Timeline::new(&imported.scenario).cues().iter().map(|cue| (*cue.event).clone()).collect()
}

fn player(event: &MatchEvent, field: Field) -> &str {
    event.details.player(field).map_or("-", |player| player.as_str())
}

/// Juventus 3-0 Sampdoria, 20 September 2020.
#[test]
fn a_real_match_folds_to_the_figures_of_its_file() {
    let Some(path) = super::sample("kloppy-3.19.1/wyscout_events_v3.json") else { return };
    let raw: Value = serde_json::from_slice(&std::fs::read(&path).expect("readable")).expect("JSON");
    let rows = raw["events"].as_array().expect("events");
    let mut run = super::run(&[path]);
    assert_eq!(run.errors, []);
    let imported = run.imported.remove(0);
    assert_eq!(imported.rows, rows.len());
    let timeline = Timeline::new(&imported.scenario);
    let state = timeline.state_at(0, timeline.cues().len());

    let has = |row: &Value, word: &str| {
        row["type"]["secondary"].as_array().is_some_and(|words| words.iter().any(|it| it == word))
    };
    let count = |team: u64, is: &dyn Fn(&Value) -> bool| {
        let rows = rows.iter().filter(|row| row["team"]["id"] == team && is(row));
        u32::try_from(rows.count()).expect("few")
    };
    let primary = |word: &'static str| move |row: &Value| row["type"]["primary"] == word;
    type Count<'a> = (&'a str, &'a dyn Fn(&Statistics) -> u32, &'a dyn Fn(&Value) -> bool);
    let figures: &[Count] = &[
        ("shots", &|s| s.shots, &|row| row["shot"].is_object()),
        ("on target", &|s| s.shots_on_target, &|row| row["shot"]["onTarget"] == true),
        ("blocked", &|s| s.shots_blocked, &|row| row["shot"]["goalZone"] == "bc"),
        ("saves", &|s| s.saves, &|row| has(row, "save")),
        ("corners", &|s| s.corners, &primary("corner")),
        ("fouls", &|s| s.fouls, &|row| has(row, "foul")),
        ("offsides", &|s| s.offsides, &primary("offside")),
        ("yellow cards", &|s| s.yellow_cards, &|row| row["infraction"]["yellowCard"] == true),
        ("red cards", &|s| s.red_cards, &|row| row["infraction"]["redCard"] == true),
    ];
    for (side, team) in [(Side::Home, 3_159), (Side::Away, 3_164)] {
        for (what, of, is) in figures {
            let found = of(state.statistics(side));
            println!("{side} {what}: {found}");
            assert_eq!(found, count(team, is), "{side} {what}");
        }
        let passing = state.passing(side).expect("passes");
        // A pass may be that of an interception, too.
        let is_pass = |row: &Value| primary("pass")(row) || primary("interception")(row) && row["pass"].is_object();
        println!("{side} passes: {} ({})", passing.passes, passing.completed);
        assert_eq!(passing.passes, count(team, &is_pass), "{side} passes");
        let completed = count(team, &|row| is_pass(row) && row["pass"]["accurate"] == true);
        assert_eq!(passing.completed, completed, "{side} completed");
        let players_in = |value: &Value| -> usize {
            let moments =
                value.as_object().into_iter().flatten().flat_map(|(_, it)| it.as_object().into_iter().flatten());
            moments.map(|(_, it)| it["in"].as_array().map_or(0, Vec::len)).sum()
        };
        let changes = u32::try_from(players_in(&raw["substitutions"][team.to_string()])).expect("few");
        println!("{side} substitutions: {changes}");
        assert_eq!(state.statistics(side).substitutions, changes, "{side} substitutions");
    }
    let goals = |team| count(team, &|row| row["shot"]["isGoal"] == true);
    assert_eq!((state.score().home.into(), state.score().away.into()), (goals(3_159), goals(3_164)));
    assert_eq!(state.score().home, 3);

    let events = events(&imported);
    let goals: Vec<_> =
        events.iter().filter(|event| event.kind == EventType::Goal).map(|it| it.clock.to_string()).collect();
    assert_eq!(goals, ["12:44, first half", "77:50, second half", "87:50, second half"]);
    let changes: Vec<_> = events
        .iter()
        .filter(|event| event.kind == EventType::Substitution)
        .map(|it| (it.clock.to_string(), player(it, Field::In), player(it, Field::Out)))
        .collect();
    println!("{changes:?}");
    let at_half_time = changes.iter().filter(|(clock, ..)| clock.starts_with("half-time")).count();
    assert_eq!(at_half_time, 3, "of Sampdoria, recorded four seconds after the restart");
    assert!(changes.iter().any(|(_, on, off)| (*on, *off) == ("345695", "20461")), "who came on for whom");

    let fixture = &imported.scenario.matches[0];
    assert_eq!((fixture.competition.as_deref(), fixture.season.as_deref()), (Some("Serie A"), Some("2020/21")));
    assert_eq!(fixture.kickoff.0, 1_600_627_500_000);
    assert_eq!(fixture.home.formation.as_deref(), Some("3-4-2-1"));
    let keeper = fixture.home.players.iter().find(|player| player.starts && player.is_goalkeeper()).expect("one");
    assert_eq!((keeper.name.as_ref(), keeper.number), ("Wojciech Szczęsny", Some(1)));
    println!("{:?} {:?}", imported.warnings, imported.left_out);
    assert_eq!(imported.warnings, [""; 0]);
    let findings = imported.scenario.check();
    let worse: Vec<_> = findings.listed().iter().filter(|it| it.severity > Severity::Note).collect();
    assert!(worse.is_empty(), "{worse:?}");
}

fn text(event: &MatchEvent, field: Field) -> &str {
    event.details.text(field).unwrap_or("-")
}

/// An invented cup tie with extra time and a shoot-out.
#[test]
fn a_cup_tie_has_all_kinds_of_rows() {
    let imported = only("full.json");
    assert_eq!(imported.warnings, [""; 0]);
    let findings = imported.scenario.check();
    let worse: Vec<_> = findings.listed().iter().filter(|it| it.severity > Severity::Note).collect();
    assert!(worse.is_empty(), "{worse:?}");
    let events = events(&imported);
    let of = |kind: EventType| events.iter().filter(move |event| event.kind == kind);
    let by_id = |id: &str| events.iter().find(|event| event.id.as_str() == id).unwrap_or_else(|| panic!("{id}"));

    let goals: Vec<_> =
        of(EventType::Goal).map(|it| (it.clock.to_string(), it.side, player(it, Field::Player))).collect();
    assert_eq!(
        goals,
        [
            ("00:22, first half".to_owned(), Some(Side::Home), "1109"),
            ("06:40, first half".to_owned(), Some(Side::Away), "1105"),
            ("56:00, second half".to_owned(), Some(Side::Home), "1110"),
            ("86:40, second half".to_owned(), Some(Side::Away), "2209"),
        ]
    );
    assert_eq!(
        (by_id("1021").is_own_goal(), by_id("1021").details.get(Field::X).as_deref()),
        (true, Some(&FieldValue::Metres(4.2)))
    );
    assert_eq!((player(by_id("1008"), Field::Assist), text(by_id("1008"), Field::BodyPart)), ("1108", "head"));
    assert_eq!(text(by_id("1033"), Field::Situation), "penalty");
    assert_eq!((by_id("1032-penalty").side, player(by_id("1032-penalty"), Field::Fouled)), (Some(Side::Home), "1109"));
    assert_eq!((&by_id("1035").kind, text(by_id("1035"), Field::Outcome)), (&EventType::PenaltyMissed, "saved"));
    assert_eq!(by_id("3003").details.get(Field::About).as_deref(), Some(&FieldValue::Event("1035".into())));
    let kicks: Vec<_> = of(EventType::ShootoutPenalty).map(|kick| text(kick, Field::Outcome)).collect();
    assert_eq!(kicks, ["scored", "saved", "scored", "missed", "scored", "missed"]);

    assert_eq!(by_id("1032-card").kind, EventType::SecondYellowCard, "the second yellow card of the player");
    assert_eq!((&by_id("1038-card").kind, text(by_id("1038-card"), Field::Reason)), (&EventType::RedCard, "violent"));
    assert_eq!(
        (by_id("1020-card").kind.as_str(), of(EventType::Foul).count()),
        ("yellow_card", 4),
        "a protest is no foul"
    );
    let changes: Vec<_> = of(EventType::Substitution)
        .map(|it| (it.clock.to_string(), player(it, Field::In), player(it, Field::Out)))
        .collect();
    assert_eq!(
        changes,
        [
            ("half-time (15:00)".to_owned(), "1112", "1111"),
            ("80:00, second half".to_owned(), "2213", "2202"),
            ("80:00, second half".to_owned(), "2212", "2210"),
        ]
    );
    assert_eq!(of(EventType::FormationChange).map(|it| text(it, Field::Formation)).collect::<Vec<_>>(), ["4-4-2"]);
    assert_eq!((text(by_id("2001"), Field::Outcome), player(by_id("2001"), Field::Opponent)), ("won", "2206"));
    assert_eq!(player(by_id("1004"), Field::Opponent), "2207", "the neighbour in a duel for a loose ball");
    assert_eq!(
        (text(by_id("1014"), Field::Outcome), text(by_id("1014"), Field::Zone)),
        ("woodwork", "post_high_right")
    );
    assert_eq!(text(by_id("1011"), Field::Situation), "corner");
    assert_eq!(text(by_id("1018"), Field::Outcome), "blocked");
    assert_eq!((&by_id("1006").kind, &by_id("1006-pass").kind), (&EventType::Interception, &EventType::Pass));
    assert_eq!(by_id("1042").details.get(Field::X), None, "(0, 0) stands for an unknown place");
    assert_eq!(by_id("1013").details.get(Field::X).as_deref(), Some(&FieldValue::Metres(0.0)), "but not of a corner");

    let fixture = &imported.scenario.matches[0];
    assert!(fixture.rules.extra_time);
    assert_eq!((fixture.round.as_deref(), fixture.venue.as_deref()), (Some("3"), Some("Harbour Park")));
    assert_eq!(fixture.home.coach.as_ref().map(|coach| coach.name.as_ref()), Some("Meg Farrow"));
    assert_eq!(fixture.officials, [("referee".into(), vec!["Ada Munro".into()])]);
    let captain = fixture.home.players.iter().find(|it| it.captain).expect("a captain");
    assert_eq!(
        (captain.name.as_ref(), captain.number, captain.position.as_deref()),
        ("Ben Joyce", Some(10), Some("AMF"))
    );
    assert_eq!(
        imported.left_out,
        [
            ("blockers' rows of shots", 1),
            ("keepers' rows without a save", 1),
            ("other rows of the shoot-out", 6),
            ("players sent off among the substitutions", 1),
            ("rows of an unknown type", 1),
            ("second rows of duels", 2),
        ]
    );
}

#[test]
fn a_file_may_say_little() {
    let imported = only("minimal.json");
    let fixture = &imported.scenario.matches[0];
    assert_eq!((fixture.id.as_str(), fixture.kickoff.0), ("78", 0));
    assert_eq!((fixture.home.name.as_ref(), fixture.away.name.as_ref()), ("Eastmoor", "Westhaven"));
    assert_eq!(fixture.home.players[0].name.as_ref(), "K. Innes");
    assert!(imported.warnings[0].contains("has no \"match\""), "{:?}", imported.warnings);
    let clocks: Vec<_> = events(&imported)
        .iter()
        .filter(|event| matches!(event.kind, EventType::Goal | EventType::Touch))
        .map(|event| event.clock.to_string())
        .collect();
    assert_eq!(clocks, ["10:00, first half", "45:05, second half"]);
}

#[test]
fn odd_values_are_tolerated() {
    let imported = only("odd.json");
    let change = ("substitutions of which nothing says who went off", 1);
    assert_eq!(imported.left_out, [("rows of an unknown type", 1), ("rows without a team", 1), change]);
    let said = imported.warnings.join("\n");
    assert!(said.contains("the kick-off is unknown") && said.contains("nothing says who went off"), "{said}");
    let events = events(&imported);
    let duel = events.iter().find(|event| event.kind == EventType::Duel).expect("one");
    assert_eq!(duel.clock.to_string(), "45:02, second half", "a clock from the start of the period");
    assert_eq!(duel.details.get(Field::X), None, "far outside the field");
    assert!(events.iter().any(|event| event.kind == EventType::PlayerOff));
}

/// What becomes of the full match after a change of its text.
fn changed(name: &str, change: impl Fn(&str) -> String) -> ImportRun<ImportedMatch> {
    let text = std::fs::read_to_string(super::fixture("wyscout_v3/full.json")).expect("readable");
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("wyscout-v3-{name}.json"));
    std::fs::write(&path, change(&text)).expect("writable");
    super::run(&[path])
}

#[test]
fn bad_files_are_explained() {
    type Change<'a> = (&'a str, &'a dyn Fn(&str) -> String, &'a str);
    let changes: &[Change] = &[
        ("cut", &|it| it[..it.len() / 2].to_owned(), "the file is cut off"),
        (
            "empty",
            &|_| r#"{"events":[],"x":{"matchTimestamp":0,"type":0,"primary":0}}"#.to_owned(),
            "there are no events",
        ),
        (
            "mixed",
            &|it| it.replacen("\"matchId\":77", "\"matchId\":78", 1),
            "events[0] is of match 78, but \"match\" is of match 77",
        ),
        ("team", &|it| it.replacen("\"team\":{\"id\":22", "\"team\":{\"id\":33", 1), "events[2] is of team 33"),
        ("period", &|it| it.replacen("\"2H\"", "\"3H\"", 1), "\"matchPeriod\":\"3H\", which is none of 1H"),
        (
            "clock",
            &|it| it.replacen("00:00:10.000\"", "99:00:00.000\"", 1),
            "\"99:00:00.000\", which is no match clock",
        ),
        (
            "text",
            &|it| it.replacen("\"matchId\":77", "\"matchId\":\"a\"", 1),
            ":4:24: found string \"a\", expected a number",
        ),
    ];
    for (name, change, expected) in changes {
        let errors: Vec<String> = changed(name, change).errors.iter().map(ToString::to_string).collect();
        assert!(errors.iter().any(|error| error.contains(expected)), "{name}: {errors:?}");
    }
}

#[test]
fn contradictions_are_reported() {
    let score = changed("score", |it| it.replace("\"scoreET\":2", "\"scoreET\":3")).imported.remove(0);
    assert!(score.warnings[0].starts_with("the events give 2-2, the match data 3-3"), "{:?}", score.warnings);
    let later = changed("later", |it| it.replacen("\"2100\"", "\"2899\"", 1)).imported.remove(0);
    let change = events(&later).into_iter().find(|event| player(event, Field::In) == "2213").expect("one");
    assert_eq!(change.clock.to_string(), "93:19, second half", "the moment is before the first action");
    let minutes = changed("minutes", |it| it.replace("\"substitutions\":{\"11\"", "\"substitutions\":{\"99\""))
        .imported
        .remove(0);
    let change = events(&minutes).into_iter().find(|event| player(event, Field::In) == "1112").expect("one");
    assert_eq!(change.clock.to_string(), "half-time (15:00)", "by the minute of the match data");
}

/// The full match after a change of its JSON.
fn changed_json(name: &str, change: impl Fn(&mut Value)) -> ImportRun<ImportedMatch> {
    changed(name, |text| {
        let mut file = serde_json::from_str(text).expect("JSON");
        change(&mut file);
        file.to_string()
    })
}

#[test]
fn minutes_after_the_ninetieth_are_stoppage_where_there_was_no_extra_time() {
    let late = changed_json("late", |file| {
        file["substitutions"] = Value::Null;
        let rows = file["events"].as_array_mut().expect("rows");
        rows.retain(|row| row["matchPeriod"] == "1H" || row["matchPeriod"] == "2H");
        let formation = &mut file["match"]["teamsData"]["22"]["formation"];
        for change in formation["substitutions"].as_array_mut().expect("substitutions") {
            change["minute"] = 91.into();
        }
    });
    let late = &late.imported[0];
    let clocks: Vec<_> = events(late)
        .iter()
        .filter(|event| event.kind == EventType::Substitution && event.side == Some(Side::Away))
        .map(|event| (event.clock.to_string(), event.official.map(|label| label.to_string())))
        .collect();
    println!("{clocks:?}");
    assert!(!clocks.is_empty() && clocks.iter().all(|(clock, _)| clock.ends_with("second half")), "{clocks:?}");
    assert!(!late.scenario.matches[0].rules.extra_time);
    assert!(events(late).iter().all(|event| event.clock.period().is_none_or(|period| period.number() <= 2)));
}

#[test]
fn all_elements_are_matches() {
    let text = std::fs::read_to_string(super::fixture("wyscout_v3/full.json")).expect("readable");
    let other = text.replace("\"matchId\":77", "\"matchId\":78").replace("\"wyId\":77", "\"wyId\":78");
    let broken = text.replacen("\"2H\"", "\"3H\"", 1);
    let run = changed("elements", |_| format!("{{\"elements\":[{text},{other},{broken}]}}"));
    let ids: Vec<_> = run.imported.iter().map(|imported| imported.scenario.matches[0].id.as_str()).collect();
    assert_eq!(ids, ["77", "78"]);
    let errors: Vec<String> = run.errors.iter().map(ToString::to_string).collect();
    assert!(errors.len() == 1 && errors[0].contains("elements[2]: events["), "{errors:?}");
}

#[test]
fn rows_that_stand_twice_count_once() {
    let twice = changed_json("twice", |file| {
        let rows = file["events"].as_array_mut().expect("rows");
        rows.extend(rows.clone());
    });
    let once = only("full.json");
    assert!(twice.imported[0].left_out.contains(&("duplicate rows", once.rows)));
    assert_eq!(twice.imported[0].scenario, once.scenario);
}

#[test]
fn a_save_after_a_corner_is_about_its_shot_and_rows_without_ids_have_their_number() {
    let imported = changed_json("corner", |file| {
        let rows = file["events"].as_array_mut().expect("rows");
        let corner = rows.iter().position(|row| row["type"]["primary"] == "corner").expect("a corner");
        let shot = rows.iter().find(|row| row["shot"].is_object() && row["shot"]["isGoal"] != true).expect("a shot");
        let mut save = rows[corner].clone();
        rows[corner]["shot"] = shot["shot"].clone();
        rows[corner]["shot"]["goalkeeperActionId"] = Value::Null;
        let (own, other) = (rows[corner]["team"]["id"].clone(), [11, 22]);
        save["id"] = Value::Null;
        save["team"]["id"] = other.into_iter().find(|team| *team != own).into();
        save["player"] = Value::Null;
        save["type"] = serde_json::json!({"primary": "shot_against", "secondary": ["save"]});
        rows.insert(corner + 1, save);
    });
    let imported = &imported.imported[0];
    let events = events(imported);
    let save = events.iter().find(|event| event.id.as_str().starts_with("row-")).expect("the save");
    let Some(FieldValue::Event(shot)) = save.details.get(Field::About).map(|about| (*about).clone()) else {
        panic!("{save:?}")
    };
    assert!(shot.as_str().ends_with("-shot") && events.iter().any(|event| event.id == shot), "{shot}");
}

#[test]
fn players_of_the_blocks_are_on_the_sheet_without_match_data() {
    let imported = changed_json("blocks", |file| file["match"] = Value::Null);
    let imported = &imported.imported[0];
    let events = events(imported);
    let changes: Vec<_> = events.iter().filter(|event| event.kind == EventType::Substitution).collect();
    assert!(!changes.is_empty());
    assert!(changes.iter().all(|change| player(change, Field::In) != "-" && player(change, Field::Out) != "-"));
}
