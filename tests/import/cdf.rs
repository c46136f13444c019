//! Common Data Format: exports are validated by the format's own validator, and read back.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use serde_json::Value;
use touchline::export::{Export, cdf};
use touchline::football::{EventType, Field, FieldValue, MatchClock, MatchEvent, Side, Statistics};
use touchline::import::ImportedMatch;
use touchline::scenario::{SHIPPED, Severity};
use touchline::{Scenario, Timeline};

/// The folder of the validator, which `tests/foreign/install` fetches.
fn validator() -> Option<PathBuf> {
    let foreign = std::env::var_os("TOUCHLINE_FOREIGN").map_or_else(|| "target/foreign".into(), PathBuf::from);
    let found = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(foreign).join("cdf-0.1.1");
    if found.exists() {
        return Some(found);
    }
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{} is missing", found.display());
    eprintln!("SKIPPED: {} is missing: tests/foreign/install fetches it", found.display());
    None
}

/// Writes the files of matches into a folder each, below a folder of this name.
fn write(name: &str, exports: &[Export]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::remove_dir_all(&folder).ok();
    let matches = exports.iter().flat_map(|export| &export.matches);
    for (number, exported) in matches.enumerate() {
        let into = folder.join(format!("{number:03}"));
        fs::create_dir_all(&into).expect("a folder");
        for file in &exported.files {
            fs::write(into.join(file.name), &file.text).expect("written");
        }
    }
    folder
}

/// Validates all three files of each match: nothing may be wrong or unknown to the format.
fn validate(folder: &Path) {
    let Some(validator) = validator() else { return };
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/import/cdf_validator.py");
    let run = Command::new("python3")
        .env("PYTHONPATH", validator)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args([&script, folder])
        .output()
        .expect("python3");
    let (out, errors) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{out}{errors}");
    println!("{out}");
}

fn shipped() -> Vec<Scenario> {
    SHIPPED.iter().map(|shipped| shipped.load().expect("a shipped scenario")).collect()
}

#[test]
fn shipped_scenarios_are_valid() {
    let exports: Vec<Export> = shipped().iter().map(cdf::export).collect();
    let left_out: Vec<_> = exports.iter().flat_map(|export| &export.left_out).map(|(id, _)| id.as_str()).collect();
    assert_eq!(left_out, ["sal-fer"], "the match that was not played");
    let matches = exports.iter().map(|export| export.matches.len()).sum::<usize>();
    assert_eq!(matches, shipped().iter().map(|scenario| scenario.matches.len()).sum::<usize>() - 1);
    validate(&write("cdf-shipped", &exports));
}

#[test]
fn generated_scenarios_are_valid() {
    let exports: Vec<Export> = (0..20).map(|seed| cdf::export(&Scenario::generate(seed).expect("a match"))).collect();
    validate(&write("cdf-generated", &exports));
}

#[test]
fn imported_matches_are_valid() {
    let Some(folder) = super::data("wyscout-v2") else { return };
    let run = super::run(&[folder]);
    let exports: Vec<Export> = run.imported.iter().map(|imported| cdf::export(&imported.scenario)).collect();
    assert_eq!(exports.len(), 10);
    validate(&write("cdf-wyscout", &exports));
}

/// The matches of a scenario, exported and imported again.
fn round_trip(name: &str, scenario: &Scenario) -> Vec<ImportedMatch> {
    let folder = write(name, &[cdf::export(scenario)]);
    let mut matches: Vec<PathBuf> =
        fs::read_dir(&folder).expect("a folder").map(|it| it.expect("an entry").path()).collect();
    matches.sort();
    let import = |folder: &PathBuf| {
        let run = super::run(std::slice::from_ref(folder));
        assert_eq!(run.errors, []);
        run.imported.into_iter().next().expect("a match")
    };
    matches.iter().map(import).collect()
}

/// Fields that survive, by the type of the event.
fn kept_fields(kind: &EventType) -> &'static [Field] {
    use EventType::*;
    match kind {
        Goal => &[Field::Player, Field::Assist, Field::Situation, Field::BodyPart, Field::OwnGoal, Field::Xg],
        Shot => &[Field::Player, Field::Outcome, Field::Situation, Field::BodyPart, Field::Xg],
        PenaltyMissed => &[Field::Player, Field::Outcome, Field::Xg],
        ShootoutPenalty => &[Field::Player, Field::Outcome],
        Save => &[Field::Player, Field::About],
        YellowCard | SecondYellowCard | RedCard => &[Field::Player],
        Substitution => &[Field::In, Field::Out],
        VarDecision => &[Field::Outcome],
        PeriodStart | PeriodEnd | MatchEnd | Suspended | Resumed | Abandoned | DropBall | VarReview => &[],
        Lineup | Commentary | AddedTime | FormationChange | PositionChange | Postponed | Delayed | Awarded => &[],
        _ => &[Field::Player],
    }
}

/// Whether the format cannot hold events of this type.
fn is_not_sayable(kind: &EventType) -> bool {
    use EventType::*;
    matches!(kind, Lineup | Commentary | AddedTime | FormationChange | PositionChange | Postponed | Delayed | Awarded)
}

/// Whether the format says of which side an event is.
fn has_side(kind: &EventType) -> bool {
    use EventType::*;
    !matches!(
        kind,
        PeriodStart | PeriodEnd | MatchEnd | Suspended | Resumed | Abandoned | DropBall | VarReview | VarDecision
    )
}

/// What an event says that the format can say: clocks to a hundredth of a second, places to a centimetre.
fn fact(event: &MatchEvent) -> String {
    let MatchClock { status, reading } = event.clock;
    let side = event.side.filter(|_| has_side(&event.kind));
    let mut fact = format!("{} {status} {} {side:?}", event.kind, reading.as_millis().div_euclid(10));
    for field in kept_fields(&event.kind) {
        match event.details.get(*field).as_deref() {
            None | Some(FieldValue::Flag(false)) => {}
            Some(value) => fact += &format!(" {field}={value:?}"),
        }
    }
    let place = |field| match event.details.get(field).as_deref() {
        Some(FieldValue::Metres(metres)) => format!("{metres:.2}"),
        Some(FieldValue::Point(point)) => format!("{:.2},{:.2}", point.x, point.y),
        _ => String::new(),
    };
    if !place(Field::X).is_empty() && !place(Field::Y).is_empty() {
        fact += &format!(" at {},{}", place(Field::X), place(Field::Y));
    }
    if has_side(&event.kind) && !event.kind.is_card() && event.kind != EventType::Substitution {
        fact += &format!(" to {}", place(Field::End));
    }
    fact
}

/// The facts of the events in force, by id; and the result.
fn facts(timeline: &Timeline, track: usize) -> (BTreeMap<String, String>, String) {
    let end = timeline.cues().len();
    let events = timeline.events_in_force(track, end, false);
    let sayable = events.into_iter().filter(|cue| !is_not_sayable(&cue.event.kind));
    let facts = sayable.map(|cue| (cue.event.id.to_string().to_lowercase(), fact(&cue.event))).collect();
    let state = timeline.state_at(track, end);
    (facts, format!("{} {:?}", state.played_score(), state.shootout_score()))
}

/// Asserts that everything that the format can say is there again. Events that only the import adds are starts and ends.
fn assert_kept(name: &str, scenario: &Scenario) {
    let before = Timeline::new(scenario);
    let left_out = cdf::export(scenario).left_out;
    let tracks = (0..before.tracks().len())
        .filter(|track| left_out.iter().all(|(id, _)| *id != before.tracks()[*track].fixture.id));
    let imported = round_trip(name, scenario);
    for (track, imported) in tracks.zip(&imported) {
        let after = Timeline::new(&imported.scenario);
        let (expected, result) = facts(&before, track);
        let (found, again) = facts(&after, 0);
        let id = &before.tracks()[track].fixture.id;
        assert_eq!(again, result, "{name} {id}");
        for (event, fact) in &expected {
            assert_eq!(found.get(event), Some(fact), "{name} {id} {event}");
        }
        let added = found.iter().filter(|(event, _)| !expected.contains_key(*event));
        let added: Vec<_> =
            added.filter(|(_, fact)| !fact.starts_with("period_") && !fact.starts_with("match_end")).collect();
        assert!(added.is_empty(), "{name} {id}: {added:?}");
        let was = &before.tracks()[track].fixture;
        let is = &imported.scenario.matches[0];
        assert_eq!(
            (&is.id, is.kickoff, &is.home.name, &is.away.name),
            (&was.id, was.kickoff, &was.home.name, &was.away.name)
        );
        let sheet = |of: &touchline::football::Match, side| {
            let players = &of.team(side).players;
            players
                .iter()
                .map(|it| (it.id.clone(), it.name.clone(), it.number, it.starts, it.captain))
                .collect::<Vec<_>>()
        };
        for side in [Side::Home, Side::Away] {
            assert_eq!(sheet(is, side), sheet(was, side), "{name} {id}");
        }
    }
}

#[test]
fn shipped_scenarios_are_kept() {
    for (shipped, scenario) in SHIPPED.iter().zip(shipped()) {
        assert_kept(&format!("cdf-again-{}", shipped.name), &scenario);
    }
}

/// What the check finds, notes apart.
fn worse_than_notes(scenario: &Scenario) -> Vec<String> {
    let findings = scenario.check();
    findings.listed().iter().filter(|it| it.severity > Severity::Note).map(ToString::to_string).collect()
}

#[test]
fn shipped_scenarios_come_back_without_errors() {
    for (shipped, scenario) in SHIPPED.iter().zip(shipped()) {
        for imported in round_trip(&format!("cdf-check-{}", shipped.name), &scenario) {
            let worse = worse_than_notes(&imported.scenario);
            println!("{} {:?} {:?}", imported.scenario.title, imported.warnings, imported.left_out);
            // The format does not say who goes in goal instead.
            let worse: Vec<_> = worse.iter().filter(|it| !it.contains("have no goalkeeper from here on")).collect();
            assert!(worse.is_empty(), "{}: {worse:?}", imported.scenario.title);
        }
    }
}

#[test]
fn imported_matches_are_kept() {
    let Some(folder) = super::data("wyscout-v2") else { return };
    for imported in super::run(&[folder]).imported {
        assert_kept(&format!("cdf-again-{}", imported.scenario.matches[0].id), &imported.scenario);
    }
}

#[test]
fn generated_scenarios_are_kept() {
    for seed in 0..10 {
        assert_kept(&format!("cdf-again-{seed}"), &Scenario::generate(seed).expect("a match"));
    }
}

/// The lines of a story: type, status and clock, then what the event says.
fn story(imported: &ImportedMatch) -> Vec<String> {
    let timeline = Timeline::new(&imported.scenario);
    let line = |event: &MatchEvent| {
        let side = event.side.map(|side| format!(" {side}")).unwrap_or_default();
        let mut line = format!("{} {} {}{side}", event.id, event.kind, event.clock);
        for (field, value) in event.details.iter() {
            let text = match &*value {
                FieldValue::Player(id) => id.to_string(),
                FieldValue::Text(text) => text.to_string(),
                FieldValue::Event(id) => id.to_string(),
                FieldValue::Metres(metres) => format!("{metres:.2}"),
                FieldValue::Point(point) => format!("{:.2},{:.2}", point.x, point.y),
                other => format!("{other:?}"),
            };
            line += &format!(" {field}={text}");
        }
        line
    };
    timeline.cues().iter().map(|cue| line(&cue.event)).collect()
}

/// The only match of a folder of fixtures.
fn import_fixture(name: &str) -> ImportedMatch {
    let run = super::run(&[super::fixture(&format!("cdf/{name}"))]);
    assert_eq!((run.errors, run.left_out), (Vec::new(), Vec::new()));
    run.imported.into_iter().next().expect("a match")
}

#[test]
fn a_full_match() {
    let imported = import_fixture("full");
    assert_eq!(imported.warnings, Vec::<String>::new());
    assert_eq!(worse_than_notes(&imported.scenario), Vec::<String>::new());
    let expected = [
        "lineup-away lineup kick-off away",
        "lineup-home lineup kick-off home",
        "ev-1 period_start 00:00, first half",
        "ko-kick-off kick_off 00:00, first half home player=mh-10 x=52.50 y=34.00",
        "ko pass 00:00, first half home player=mh-10 recipient=mh-08 outcome=successful x=52.50 y=34.00 end=44.10,30.60",
        "lost-pass pass 05:00, first half away player=mw-08 opponent=mh-06 outcome=intercepted x=42.00 y=51.00 end=33.41,44.63",
        "ev-4 interception 05:01, first half home player=mh-06 x=33.41 y=44.63 related=Events([\"lost-pass\"])",
        "foul foul 12:31, first half away player=mw-04 x=73.50 y=38.25",
        "shot-1 shot 15:00, first half home player=mh-10 outcome=saved situation=free_kick body_part=right_foot xg=Probability(0.083) x=84.00 y=35.70 end=105.00,34.53",
        "save-1 save 15:01, first half away player=mw-01 about=shot-1 x=104.05 y=34.00",
        "ev-9 corner 15:40, first half home player=mh-07 x=105.00 y=68.00 end=96.41,34.00",
        "goal-1 goal 20:10, first half home player=mh-10 assist=mh-08 situation=open_play body_part=head xg=Probability(0.4) x=94.50 y=30.60 end=105.00,32.94",
        "goal-1-var var_decision 20:10, first half outcome=upheld about=goal-1",
        "card-a yellow_card 30:20, first half away player=mw-04",
        "ev-14 period_end 46:30, first half",
        "ht-sub substitution half-time (15:30) home in=mh-12 out=mh-11",
        "ev-16 period_start 45:00, second half",
        "card-2 yellow_card 50:00, second half home player=farrow",
        "own-goal goal 61:00, second half away player=mh-03 body_part=other own_goal=Flag(true) x=4.77 y=31.88 end=0.00,34.00",
        "ev-18 claim 65:00, second half home player=mh-01 x=5.25 y=34.00",
        "sub-2 substitution 70:30, second half away in=mw-12 out=mw-09",
        "ev-20 duel 75:00, second half away player=mw-10 outcome=lost x=62.05 y=28.69",
        "pen-missed penalty_missed 80:00, second half away player=mw-10 outcome=woodwork x=10.50 y=34.00 end=0.00,30.18",
        "card-b second_yellow_card 87:00, second half away player=mw-04",
        "pen penalty_awarded 87:00, second half home player=mh-09 x=90.68 y=31.88",
        "goal-2 goal 88:05, second half home player=mh-09 situation=penalty body_part=left_foot x=94.50 y=34.00 end=105.00,36.13",
        "ev-25 period_end 93:00, second half",
        "match-second-half match_end 93:00, second half",
    ];
    let found = story(&imported);
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());
    let left_out = [
        ("referees' rows of what a player's row says", 1),
        ("referees' rows that do not say of whom", 1),
        ("rows of an unknown type", 1),
    ];
    assert_eq!((imported.rows, &imported.left_out[..]), (25, &left_out[..]));
}

#[test]
fn the_match_line_of_a_full_match() {
    let imported = import_fixture("full");
    let fixture = &imported.scenario.matches[0];
    let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().unwrap_or_default().to_owned();
    let known =
        [&fixture.competition, &fixture.season, &fixture.round, &fixture.venue, &fixture.home.formation].map(text);
    assert_eq!(known, ["Coast League", "2025/26", "9", "Harbour Park", "4-3-3"]);
    let minutes = |at: touchline::football::UtcMillis| (at.0 - fixture.kickoff.0) / 60_000;
    let starts: Vec<_> = fixture.period_starts.iter().map(|(period, at)| (period.number(), minutes(*at))).collect();
    assert_eq!((fixture.kickoff.0, starts), (1_772_895_600_000, vec![(1, 2), (2, 64)]));
    let officials: Vec<_> =
        fixture.officials.iter().map(|(role, names)| format!("{role}: {}", names.join(", "))).collect();
    assert_eq!(officials, ["referee: Ada Munro", "assistants: Bo Lind, Cy Marsh"]);
    assert!(fixture.rules.var && !fixture.rules.extra_time);
    let coach = fixture.home.coach.as_ref().expect("a coach");
    assert_eq!((&*coach.name, coach.id.as_ref().map(|id| id.as_str())), ("Meg Farrow", Some("farrow")));
    let [keeper, bench] = [0, 11].map(|at| &fixture.home.players[at]);
    assert_eq!((&*keeper.name, keeper.number, keeper.position.as_deref()), ("Col Adair", Some(1), Some("GK")));
    assert_eq!((&*bench.name, bench.starts, bench.position.as_deref()), ("Ned Lowe", false, None));
    assert_eq!(&*fixture.home.players[6].name, "Goughie", "the name by which he is known");
    assert!(fixture.home.players[9].captain && !keeper.captain);
    assert_eq!((&*fixture.home.short, &*fixture.home.name, &*fixture.home.colours[0]), ("EAS", "Eastmoor", "#14532d"));
    assert_eq!(*imported.scenario.sources, ["Events: Shorewatch".into()]);
    let timeline = Timeline::new(&imported.scenario);
    let state = timeline.state_at(0, timeline.cues().len());
    let count = |of: fn(&Statistics) -> u32| [Side::Home, Side::Away].map(|side| of(state.statistics(side)));
    assert_eq!((state.score().home, state.score().away), (2, 1));
    assert_eq!((count(|s| s.shots), count(|s| s.shots_on_target), count(|s| s.woodwork)), ([3, 1], [3, 0], [0, 1]));
    assert_eq!(
        (count(|s| s.yellow_cards), count(|s| s.red_cards), count(|s| s.substitutions)),
        ([1, 1], [0, 1], [1, 1])
    );
}

#[test]
fn a_minimal_match() {
    let imported = import_fixture("minimal");
    let expected = [
        "lineup-home lineup kick-off home",
        "start-first-half period_start 00:00, first half",
        "g goal 12:30, first half home player=h9 x=94.00 y=34.00 end=105.00,34.00",
        "end-first-half period_end 12:30, first half",
    ];
    assert_eq!(story(&imported), expected);
    assert_eq!(imported.warnings.len(), 2, "{:?}", imported.warnings);
    assert!(imported.warnings[0].starts_with("no match.json: "), "{:?}", imported.warnings);
}

#[test]
fn odd_values_are_left_out() {
    let imported = import_fixture("odd");
    let expected = [
        "lineup-home lineup kick-off home",
        "start-first-half period_start 00:00, first half",
        "row-1 pass 00:30, first half away player=4",
        "g goal 12:30, first half home",
        "s suspended 29:30, first half",
        "end-first-half period_end 29:30, first half",
    ];
    assert_eq!(story(&imported), expected);
    assert_eq!(imported.left_out.iter().map(|(_, count)| count).sum::<usize>(), 3, "{:?}", imported.left_out);
    assert!(imported.warnings.iter().any(|it| it.contains("no readable \"kickoff_time\"")), "{:?}", imported.warnings);
}

/// What goes wrong with these documents.
fn errors(name: &str, documents: &[(&str, &str)]) -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).expect("a folder");
    for (name, text) in documents {
        fs::write(folder.join(name), text).expect("written");
    }
    let run = touchline::import::import(std::slice::from_ref(&folder), &Default::default(), |imported| imported);
    let prefix = format!("{}/", folder.display());
    let plain = |text: String| text.replace(&prefix, "");
    match run {
        Ok(run) => run.errors.iter().map(|error| plain(error.to_string())).collect(),
        Err(error) => vec![plain(error.to_string())],
    }
}

fn full(name: &str) -> String {
    fs::read_to_string(super::fixture(&format!("cdf/full/{name}"))).expect("a fixture")
}

#[test]
fn bad_documents_are_named() {
    let (events, meta, sheet) = (full("event.jsonl"), full("meta.json"), full("match.json"));
    let case = |documents: &[(&str, &str)], expected: &str| {
        let found = errors("cdf-bad", documents);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains(expected), "{}", found[0]);
    };
    let with = |events: &str, expected: &str| case(&[("event.jsonl", events), ("meta.json", &meta)], expected);
    with(&events[..events.len() - 60], "event.jsonl:25:348: the file is cut off");
    with(
        &events.replacen("first_half", "third_half", 1),
        "line 1 has \"period\":\"third_half\", which is none of first_half, second_half",
    );
    with(
        &events.replacen(r#""period":"first_half","#, "", 1).replacen(r#""time":"#, r#""at":"#, 1),
        "line 1 has neither \"period\" nor \"time\"",
    );
    with(
        &events.replace("westhaven", "millford"),
        "line 3 is of team \"millford\", but the match data are of \"eastmoor\" and \"westhaven\": mixed-up files",
    );
    with(
        &events.replacen(r#""id":"m-1""#, r#""id":"m-9""#, 4).replacen(r#""id":"m-9""#, r#""id":"m-1""#, 1),
        "line 2 is of match \"m-9\", the lines before it of match \"m-1\"",
    );
    with(&format!("{events}[1]"), "line 26 has no object \"event\"");
    case(&[("event.jsonl", &events)], "no match data of match \"m-1\" (there are none)");
    let other = meta.replace("mh-", "xx-").replace("m-1", "m-2");
    case(&[("event.jsonl", &events), ("meta.json", &other)], "no match data of match \"m-1\" (they are of [\"m-2\"])");
    let swapped = sheet.replace("westhaven", "millford");
    let found = errors("cdf-bad", &[("event.jsonl", &events), ("match.json", &swapped), ("meta.json", &meta)]);
    assert!(
        found[0].contains("the away team of match \"m-1\" is \"westhaven\" here and \"millford\" in other match data"),
        "{found:?}"
    );
    case(&[("meta.json", &meta)], "Common Data Format, without any of its events");
}

#[test]
fn documents_of_another_id_are_taken_if_all_else_agrees() {
    let Some(folder) = super::data("cdf") else { return };
    let files = ["event.jsonl", "meta.json", "match.json"].map(|name| folder.join(name));
    let run = super::run(&files);
    assert_eq!(run.errors, []);
    let imported = &run.imported[0];
    assert!(imported.warnings.iter().any(|it| it.contains("taken as one match")), "{:?}", imported.warnings);
    let raw = fs::read_to_string(&files[0]).expect("the sample");
    let rows: Vec<Value> = raw.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(imported.rows, rows.len());
    println!("{:#?} {:?} {:?}", story(imported), imported.warnings, imported.left_out);
    let kinds: Vec<_> = story(imported).iter().filter_map(|line| line.split(' ').nth(1).map(str::to_owned)).collect();
    assert_eq!(kinds[3..8], ["corner", "var_decision", "save", "interception", "duel"]);
}

#[test]
fn a_result_that_the_events_do_not_give_is_reported() {
    let sheet = full("match.json").replace(r#""home":2,"away":1,"winning"#, r#""home":3,"away":1,"winning"#);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cdf-result");
    fs::create_dir_all(&folder).expect("a folder");
    for (name, text) in [("event.jsonl", full("event.jsonl")), ("meta.json", full("meta.json")), ("match.json", sheet)]
    {
        fs::write(folder.join(name), text).expect("written");
    }
    let warnings = &super::run(&[folder]).imported[0].warnings;
    assert_eq!(**warnings, ["the events give 2-1, the match data 3-1: the scenario has the score of the events"]);
}

#[test]
fn damaged_documents_do_not_panic() {
    let names = ["event.jsonl", "meta.json", "match.json"];
    let texts = names.map(full);
    let mut seed = 7_u32;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below
    };
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cdf-damaged");
    fs::create_dir_all(&folder).expect("a folder");
    for round in 0..300 {
        for (number, (name, text)) in names.iter().zip(&texts).enumerate() {
            let mut bytes = text.clone().into_bytes();
            if round % 3 == number {
                for _ in 0..=random(4) {
                    let at = random(bytes.len());
                    bytes[at] = b"{}[]\",:0-9eE.null\xff\0"[random(19)];
                }
                let cut = random(8 * bytes.len());
                bytes.truncate(cut.max(1));
            }
            fs::write(folder.join(name), bytes).expect("written");
        }
        let run = touchline::import::import(std::slice::from_ref(&folder), &Default::default(), |imported| {
            imported.scenario.check();
            cdf::export(&imported.scenario)
        });
        drop(run);
    }
}

/// Random events of a match with players, in play: what, minute, second, side, player, place.
type Dice = (u8, u8, u8, bool, u8, (u16, u16));

fn random_match(dice: &[Dice]) -> Scenario {
    const KINDS: &[(EventType, &[(&str, &str)])] = &[
        (EventType::Goal, &[("body_part", "head"), ("situation", "penalty")]),
        (EventType::Goal, &[("situation", "corner")]),
        (EventType::Shot, &[("outcome", "saved_woodwork"), ("body_part", "other")]),
        (EventType::Shot, &[("outcome", "blocked"), ("situation", "throw_in")]),
        (EventType::Shot, &[]),
        (EventType::PenaltyMissed, &[("outcome", "off_target")]),
        (EventType::Pass, &[("outcome", "Pass Offside")]),
        (EventType::Cross, &[]),
        (EventType::YellowCard, &[]),
        (EventType::SecondYellowCard, &[]),
        (EventType::RedCard, &[]),
        (EventType::Substitution, &[]),
        (EventType::Foul, &[]),
        (EventType::Offside, &[]),
        (EventType::Injury, &[]),
        (EventType::PlayerOff, &[]),
        (EventType::Corner, &[]),
        (EventType::KickOff, &[]),
        (EventType::Save, &[]),
        (EventType::Clearance, &[("outcome", "accurate")]),
        (EventType::Duel, &[("outcome", "won")]),
        (EventType::BallOut, &[]),
        (EventType::Touch, &[]),
        (EventType::DisallowedGoal, &[]),
    ];
    let mut builder = Scenario::builder("Eastmoor", "Westhaven");
    for number in 1..=11 {
        builder = builder.player(Side::Home, &format!("h{number}"), &format!("Home {number}"));
        builder = builder.player(Side::Away, &format!("a{number}"), &format!("Away {number}"));
    }
    for (index, (what, minute, second, home, number, (x, y))) in dice.iter().enumerate() {
        let (kind, words) = &KINDS[usize::from(*what) % KINDS.len()];
        let (side, letter) = if *home { (Side::Home, 'h') } else { (Side::Away, 'a') };
        let player = |at: u8| -> Value { format!("{letter}{}", 1 + at % 11).into() };
        let mut fields: Vec<(&str, Value)> = words.iter().map(|(name, word)| (*name, (*word).into())).collect();
        fields.push(("id", format!("N{index}").into()));
        match kind {
            EventType::Substitution => {
                fields.extend([("in", player(*minute)), ("out", player(minute.wrapping_add(1)))])
            }
            EventType::Goal if second % 7 == 0 => {
                let culprit = if *home { 'a' } else { 'h' };
                fields.extend([("player", format!("{culprit}{}", 1 + minute % 11).into()), ("own_goal", true.into())]);
            }
            _ => fields.push(("player", player(*number))),
        }
        if x % 4 > 0 {
            let metres = |at: u16, most: f64| (f64::from(at) / 65_535.0 * most * 100.0).round() / 100.0;
            fields.extend([("x", metres(*x, 105.0).into()), ("y", metres(*y, 68.0).into())]);
        }
        let clock = format!("{}:{:02}.{:03}", minute % 90, second % 60, u32::from(*y) % 1_000);
        builder = builder.event_with(kind.clone(), &clock, side, fields);
    }
    builder.build().expect("a scenario")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn random_matches_are_kept(dice in prop::collection::vec(any::<Dice>(), 1..60)) {
        assert_kept("cdf-random", &random_match(&dice));
    }
}
