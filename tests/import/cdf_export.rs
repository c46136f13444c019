//! Export to the Common Data Format: validated by the format's own validator, and read back.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use serde_json::Value;
use touchline::export::{Export, cdf};
use touchline::football::{EventType, Field, FieldValue, MatchClock, MatchEvent, Side};
use touchline::import::ImportedMatch;
use touchline::scenario::SHIPPED;
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

#[test]
fn shipped_scenarios_come_back_without_errors() {
    for (shipped, scenario) in SHIPPED.iter().zip(shipped()) {
        for imported in round_trip(&format!("cdf-check-{}", shipped.name), &scenario) {
            let worse = super::cdf::worse_than_notes(&imported.scenario);
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
