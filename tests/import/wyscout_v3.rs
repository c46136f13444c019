//! Real and hand-made matches of Wyscout v3.

use serde_json::Value;
use touchline::Timeline;
use touchline::football::{EventType, Field, MatchEvent, Side, Statistics};
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

    let has = |row: &Value, word: &str| row["type"]["secondary"].as_array().is_some_and(|words| words.iter().any(|it| it == word));
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
            let moments = value.as_object().into_iter().flatten().flat_map(|(_, it)| it.as_object().into_iter().flatten());
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
    let goals: Vec<_> = events.iter().filter(|event| event.kind == EventType::Goal).map(|it| it.clock.to_string()).collect();
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
