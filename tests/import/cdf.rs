//! Import of the Common Data Format: hand-made matches, bad documents, and the samples of its validator.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use touchline::export::cdf;
use touchline::football::{FieldValue, MatchEvent, Side, Statistics};
use touchline::import::ImportedMatch;
use touchline::scenario::Severity;
use touchline::{Scenario, Timeline};

/// What the check finds, notes apart.
pub fn worse_than_notes(scenario: &Scenario) -> Vec<String> {
    let findings = scenario.check();
    findings.listed().iter().filter(|it| it.severity > Severity::Note).map(ToString::to_string).collect()
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
        "lineup-home lineup kick-off home",
        "lineup-away lineup kick-off away",
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
    ];
    assert_eq!(story(&imported), expected);
    let said = imported.warnings.join("\n");
    assert!(said.contains("the events end at 12:30, before 45:00"), "{said}");
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
    ];
    assert_eq!(story(&imported), expected);
    assert_eq!(imported.left_out.iter().map(|(_, count)| count).sum::<usize>(), 3, "{:?}", imported.left_out);
    let said = imported.warnings.join("\n");
    assert!(said.contains("no readable \"kickoff_time\"") && !said.contains("cut off"), "{said}");
}

/// What goes wrong with these documents.
fn errors(name: &str, documents: &[(&str, &str)]) -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).expect("a folder");
    for (name, text) in documents {
        fs::write(folder.join(name), text).expect("written");
    }
    // The folders of other tests lie beside it.
    let options = super::options(|it| it.inputs_only = true);
    let run = touchline::import::import(std::slice::from_ref(&folder), &options, |imported| imported);
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
        "line 3 is of team millford, but the match data are eastmoor and westhaven: mixed-up files",
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
