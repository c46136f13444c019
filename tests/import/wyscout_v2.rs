//! Ten real matches of Wyscout v2. What their events add up to was counted from the raw files.

use std::sync::atomic::{AtomicUsize, Ordering};

use touchline::football::{EventType, Field, FieldValue, Side, Statistics, Status};
use touchline::import::{Detail, ImportedMatch, import};
use touchline::scenario::{Cue, Severity};
use touchline::{Scenario, Timeline};

/// What the file of a match adds up to: id, score, shots, on target, corners, fouls, offsides, yellow, second yellow, saves,
/// passes, accurate passes; home and away.
type Figures = (u32, [[u32; 2]; 11]);

const EXPECTED: &[Figures] = &[
    (2_576_289, [[0, 1], [21, 5], [6, 1], [4, 1], [14, 9], [3, 5], [2, 3], [0, 1], [0, 6], [563, 329], [484, 270]]),
    (2_576_290, [[0, 0], [9, 6], [2, 2], [7, 1], [16, 13], [2, 1], [3, 5], [0, 0], [2, 2], [382, 348], [305, 280]]),
    (2_576_291, [[1, 2], [15, 11], [6, 2], [6, 5], [21, 7], [0, 9], [2, 0], [0, 0], [0, 5], [331, 357], [245, 264]]),
    (2_576_292, [[1, 0], [8, 6], [6, 1], [4, 2], [23, 20], [2, 1], [6, 3], [0, 1], [1, 5], [313, 409], [235, 307]]),
    (2_576_293, [[3, 1], [15, 10], [8, 3], [8, 2], [14, 11], [0, 1], [2, 3], [0, 0], [2, 6], [427, 456], [351, 386]]),
    (2_576_294, [[1, 2], [12, 11], [6, 5], [4, 10], [11, 9], [4, 3], [1, 1], [0, 0], [4, 5], [393, 620], [313, 530]]),
    (2_576_295, [[0, 1], [4, 13], [0, 5], [3, 3], [11, 16], [2, 4], [3, 1], [0, 0], [5, 0], [418, 652], [354, 575]]),
    (2_576_296, [[0, 3], [6, 15], [3, 7], [2, 3], [11, 11], [4, 1], [4, 1], [0, 0], [5, 3], [288, 544], [202, 463]]),
    (2_576_297, [[4, 0], [16, 6], [10, 2], [8, 4], [12, 8], [6, 1], [1, 2], [0, 0], [2, 6], [407, 455], [331, 377]]),
    (2_576_298, [[2, 1], [22, 10], [8, 1], [11, 4], [19, 19], [1, 2], [2, 2], [0, 0], [0, 6], [384, 340], [310, 270]]),
];

fn figures(timeline: &Timeline) -> [[u32; 2]; 11] {
    let state = timeline.state_at(0, timeline.cues().len());
    let both = |of: &dyn Fn(&Statistics) -> u32| [Side::Home, Side::Away].map(|side| of(state.statistics(side)));
    let passing = |of: &dyn Fn(touchline::football::Passing) -> u32| {
        [Side::Home, Side::Away].map(|side| state.passing(side).map_or(0, of))
    };
    let second_yellow = |side: Side| {
        let counts = |cue: &&Cue| cue.event.kind == EventType::SecondYellowCard && cue.event.side == Some(side);
        u32::try_from(timeline.cues().iter().filter(counts).count()).expect("few")
    };
    [
        [state.score().home.into(), state.score().away.into()],
        both(&|s| s.shots),
        both(&|s| s.shots_on_target),
        both(&|s| s.corners),
        both(&|s| s.fouls),
        both(&|s| s.offsides),
        both(&|s| s.yellow_cards),
        [Side::Home, Side::Away].map(second_yellow),
        both(&|s| s.saves),
        passing(&|p| p.passes),
        passing(&|p| p.completed),
    ]
}

fn all() -> Option<Vec<ImportedMatch>> {
    let folder = super::data("wyscout-v2")?;
    let run = super::run(&[folder]);
    assert_eq!(run.errors, []);
    Some(run.imported)
}

#[test]
fn ten_matches_fold_to_the_figures_of_their_files() {
    let Some(imported) = all() else { return };
    assert_eq!(imported.len(), EXPECTED.len());
    println!("match    score shots target corners fouls offsides yellow 2nd saves passes (accurate)");
    for (imported, (id, expected)) in imported.iter().zip(EXPECTED) {
        let timeline = Timeline::new(&imported.scenario);
        let found = figures(&timeline);
        let cells = found.iter().map(|[home, away]| format!("{home}-{away}")).collect::<Vec<_>>();
        println!("{id} {}", cells.join("  "));
        assert_eq!(imported.scenario.matches[0].id.as_str(), id.to_string());
        assert_eq!(found, *expected, "{id}");
        let findings = imported.scenario.check();
        let worse: Vec<_> = findings.listed().iter().filter(|it| it.severity > Severity::Note).collect();
        println!("  {:?} {:?} left out {:?}", imported.warnings, worse, imported.left_out);
    }
}

/// The only match of some hand-made files.
#[track_caller]
fn only_match(names: &[&str]) -> ImportedMatch {
    let files: Vec<_> = names.iter().map(|name| super::fixture(&format!("wyscout-v2/{name}"))).collect();
    let run = super::run(&files);
    assert_eq!(run.errors, []);
    <[ImportedMatch; 1]>::try_from(run.imported).expect("one match").into_iter().next().expect("one")
}

/// `46:00 second_half substitution in=112 out=107`: the events of some types.
fn events(scenario: &Scenario, kinds: &[&str]) -> Vec<String> {
    let timeline = Timeline::new(scenario);
    let described = timeline.cues().iter().filter(|cue| kinds.contains(&cue.event.kind.as_str())).map(|cue| {
        let event = &cue.event;
        let label = event.official.map(|label| format!(" [{label}]")).unwrap_or_default();
        let side = event.side.map(|side| format!(" {side}")).unwrap_or_default();
        let fields = event.details.iter().filter_map(|(field, value)| match &*value {
            FieldValue::Player(id) => Some(format!(" {field}={id}")),
            FieldValue::Text(text) => Some(format!(" {field}={text}")),
            FieldValue::Event(id) => Some(format!(" {field}={id}")),
            FieldValue::Flag(flag) => Some(format!(" {field}={flag}")),
            _ => None,
        });
        format!(
            "{} {}{label} {}{side}{}",
            event.clock.reading,
            event.clock.status,
            event.kind,
            fields.collect::<String>()
        )
    });
    described.collect()
}

#[test]
fn everything_that_decides_a_match_is_read() {
    let imported = only_match(&["full.json", "matches.json"]);
    assert_eq!(imported.warnings, Vec::<String>::new());
    let scenario = &imported.scenario;
    let fixture = &scenario.matches[0];
    assert_eq!((&*fixture.home.name, &*fixture.away.name), ("Eastmoor", "Westhaven"), "the match data name the sides");
    assert_eq!((fixture.competition.as_deref(), fixture.season.as_deref()), (Some("Serie A"), Some("2017/18")));
    assert_eq!((fixture.venue.as_deref(), fixture.round.as_deref()), (Some("Café Park"), None));
    assert_eq!(&*fixture.away.players[13].name, "Art Žižka", "unescaped once");
    assert_eq!(&*fixture.home.players[8].name, "Innezinho");
    let timeline = Timeline::new(scenario);
    let state = timeline.state_at(0, timeline.cues().len());
    assert_eq!((state.score().to_string(), state.status), ("2-2".to_owned(), Status::FullTime));
    assert_eq!(state.shootout_score().map(|kicks| kicks.to_string()).as_deref(), Some("4-2"));
    assert_eq!(
        events(scenario, &["goal", "penalty_awarded", "penalty_missed", "save", "shot"]),
        [
            "00:42 first_half goal home player=109 assist=107 body_part=head",
            "02:17.5 first_half goal away player=104 own_goal=true",
            "05:00 first_half penalty_awarded home",
            "06:00 first_half penalty_missed home player=110 outcome=saved",
            "06:01 first_half save away player=201 about=17",
            "06:05 first_half shot home player=106 outcome=blocked body_part=left_foot",
            "06:20 first_half shot home player=105 outcome=woodwork body_part=right_foot zone=post_low_right",
            "07:01.5 first_half shot home player=108 outcome=off_target body_part=head zone=out_low_right",
            "96:40 extra_first_half goal home player=109 situation=free_kick body_part=left_foot",
            "115:10 extra_second_half goal away player=214 body_part=right_foot",
        ]
    );
    assert_eq!(
        events(scenario, &["substitution", "yellow_card", "second_yellow_card", "kick_off"]),
        [
            "00:01.25 first_half kick_off home player=110",
            "00:10 first_half yellow_card away player=203 about=6",
            "01:35 first_half kick_off away player=210",
            "03:10 first_half kick_off home player=110",
            "45:00.5 first_half second_yellow_card away player=203 about=28 reason=late_card",
            "15:00 half_time substitution home in=112 out=107",
            "15:00 half_time substitution away in=212 out=202",
            "45:02 second_half kick_off away player=211",
            "60:30 second_half substitution home in=113 out=111",
            "90:30 second_half substitution away in=213 out=210",
            "90:30 second_half substitution away in=214 out=209",
            "90:02 extra_first_half kick_off home player=109",
            "105:02 extra_second_half kick_off away player=205",
        ]
    );
    assert_eq!(
        events(scenario, &["shootout_penalty"]).iter().filter(|kick| kick.ends_with("outcome=missed")).count(),
        1
    );
    let findings = scenario.check();
    let worse: Vec<_> = findings.listed().iter().filter(|it| it.severity > Severity::Note).collect();
    assert!(worse.is_empty(), "{worse:?}");
    assert_eq!(
        imported.left_out,
        [("keepers' rows of goals", 3), ("keepers' rows of the shoot-out", 8), ("second rows of duels", 1)]
    );
}

#[test]
fn placeholders_are_no_places_and_each_side_attacks_its_goal() {
    let imported = only_match(&["full.json", "matches.json"]);
    let timeline = Timeline::new(&imported.scenario);
    let find = |id: &str| &timeline.cues().iter().find(|cue| cue.event.id.as_str() == id).expect(id).event;
    let place = |id: &str| {
        let metres = |field| match find(id).details.get(field).as_deref() {
            Some(FieldValue::Metres(metres)) => Some(*metres),
            _ => None,
        };
        (metres(Field::X), metres(Field::Y), find(id).details.get(Field::End).is_some())
    };
    // A goal of the home side from x = 90, y = 50, and one of the guests from x = 85, y = 55; neither has an end.
    assert_eq!(place("8"), (Some(94.5), Some(34.0), false));
    assert_eq!(place("45"), (Some(15.75), Some(30.6), false));
    assert_eq!(place("24"), (Some(105.0), Some(68.0), true), "a corner is taken at the corner");
    assert_eq!(place("26"), (None, None, true), "a goal kick begins at a placeholder");
    assert_eq!(place("22"), (Some(73.5), Some(68.0), false), "the ball is out where the guests see it");
}

#[test]
fn live_score_leaves_out_what_such_a_feed_does_not_send() {
    let [full, short] = [Detail::Full, Detail::LiveScore].map(|detail| {
        let options = super::options(|it| {
            it.match_data = vec![super::fixture("wyscout-v2/matches.json")];
            it.detail = detail;
        });
        let run = import(&[super::fixture("wyscout-v2/full.json")], &options, |imported| imported.scenario);
        run.expect("a match").imported.remove(0)
    });
    let kinds =
        ["goal", "shot", "save", "corner", "foul", "offside", "substitution", "yellow_card", "shootout_penalty"];
    assert_eq!(events(&short, &kinds), events(&full, &kinds));
    assert_eq!(events(&short, &["pass", "cross", "duel", "touch", "throw_in", "goal_kick", "ball_out"]), [""; 0]);
    assert!(short.entries.len() * 3 < full.entries.len() * 2);
}

#[test]
fn odd_values_are_read_as_far_as_they_go() {
    let imported = only_match(&["odd.json"]);
    let fixture = &imported.scenario.matches[0];
    assert_eq!((&*fixture.home.name, &*fixture.away.name), ("Eastmoor FC", "Team 20"));
    assert_eq!(
        events(&imported.scenario, &["pass", "goal", "kick_off"]),
        [
            "00:12 first_half kick_off home player=101",
            "00:12 first_half pass home player=101",
            "00:20 first_half pass away outcome=accurate",
            // These clocks count from kick-off.
            "46:00 second_half goal home player=101",
            "90:20 extra_first_half pass home player=102 outcome=accurate",
        ]
    );
    assert_eq!(imported.left_out, [("rows of an unknown type", 1)]);
    let said = imported.warnings.join("\n");
    assert!(said.contains("no match data") && said.contains("3 players or teams have no name"), "{said}");
}

#[test]
fn a_goal_from_a_corner_is_both() {
    let text = std::fs::read_to_string(super::fixture("wyscout-v2/full.json")).expect("a fixture");
    let olympic = text.replacen(
        r#"[{"id": 302}, {"id": 1801}], "playerId": 111"#,
        r#"[{"id": 101}, {"id": 1801}], "playerId": 111"#,
        1,
    );
    assert_ne!(olympic, text);
    let scenario = super::run_texts("olympic", &[("full.json", olympic.as_bytes())]).imported.remove(0).scenario;
    let found = events(&scenario, &["corner", "goal"]);
    let expected =
        ["07:00 first_half corner away player=111", "07:00 first_half goal away player=111 situation=corner"];
    assert!(found.windows(2).any(|pair| pair == expected), "{found:?}");
}

#[test]
fn a_result_that_the_events_do_not_give_is_reported() {
    let text = std::fs::read_to_string(super::fixture("wyscout-v2/full.json")).expect("a fixture");
    // The goal of extra time loses its tag.
    let broken = text.replacen(r#"[{"id": 101}, {"id": 401}, {"id": 1205}"#, r#"[{"id": 401}, {"id": 1205}"#, 1);
    assert_ne!(broken, text);
    let matches = std::fs::read(super::fixture("wyscout-v2/matches.json")).expect("a fixture");
    let run = super::run_texts("result", &[("full.json", broken.as_bytes()), ("matches.json", &matches)]);
    let warnings: Vec<_> = run.imported.into_iter().map(|imported| imported.warnings).collect();
    assert_eq!(warnings, [["the events give 1-2, the match data 2-2: the scenario has the score of the events"]]);
}

/// The rows of several matches in one array, as the data set was published.
fn as_array(files: &[&str]) -> Vec<u8> {
    let rows = files.iter().flat_map(|name| {
        let text = std::fs::read(super::fixture(&format!("wyscout-v2/{name}"))).expect("a fixture");
        let file: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        file["events"].as_array().expect("events").clone()
    });
    serde_json::to_vec(&rows.collect::<Vec<_>>()).expect("JSON")
}

#[test]
fn an_array_of_all_matches_gives_the_same_as_its_files() {
    let text = std::fs::read(super::fixture("wyscout-v2/full.json")).expect("a fixture");
    let file: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    let players: Vec<_> =
        ["10", "20"].iter().flat_map(|team| file["players"][team].as_array().expect("a squad")).collect();
    let players: Vec<_> = players.iter().map(|entry| &entry["player"]).collect();
    let teams: Vec<_> = ["10", "20"].iter().map(|team| &file["teams"][team]["team"]).collect();
    let json = |value: &[&serde_json::Value]| serde_json::to_vec(value).expect("JSON");
    let matches = std::fs::read(super::fixture("wyscout-v2/matches.json")).expect("a fixture");
    let run = super::run_texts(
        "array",
        &[
            ("events_Italy.json", &as_array(&["full.json", "odd.json"])),
            ("matches_Italy.json", &matches),
            ("players.json", &json(&players)),
            ("teams.json", &json(&teams)),
        ],
    );
    assert_eq!(run.errors, []);
    assert_eq!(run.imported.len(), 2);
    assert_eq!(run.imported[0].scenario, only_match(&["full.json", "matches.json"]).scenario);
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_place() {
    let full = std::fs::read_to_string(super::fixture("wyscout-v2/full.json")).expect("a fixture");
    let minimal = std::fs::read_to_string(super::fixture("wyscout-v2/minimal.json")).expect("a fixture");
    let matches = std::fs::read(super::fixture("wyscout-v2/matches.json")).expect("a fixture");
    let half = &full[..full.len() / 2];
    for (text, said) in [
        (half, "the file is cut off"),
        (
            &full.replacen("\"matchId\": 9001, \"eventName\": \"Foul\"", "\"matchId\": 1, \"eventName\": \"Foul\"", 1),
            "events[5] is of match 1, the rows before it of match 9001: mixed-up files",
        ),
        (
            &full.replacen("\"teamId\": 20", "\"teamId\": 30", 1),
            "events[2] is of team 30, but the match data are 10 and 20",
        ),
        (
            &minimal.replacen("\"teamId\": 20", "\"teamId\": 30", 1).replace("9001", "77"),
            "events[1] is of team 30, but the teams of the file are 10 and 20",
        ),
        (&full.replacen("\"2H\"", "\"3H\"", 1), "has \"matchPeriod\":\"3H\", which is none of 1H, 2H, E1, E2, P"),
        (&full.replacen("\"eventSec\": 3.5", "\"eventSec\": 1e300", 1), "events[1] has \"eventSec\":"),
        (r#"{"events": [], "eventSec": 1, "matchPeriod": 2}"#, "there are no events in it"),
        (&full.replacen("\"id\": 3}", "\"id\": {}}", 1), ":4:"),
    ] {
        let run = super::run_texts("places", &[("events.json", text.as_bytes()), ("matches.json", &matches)]);
        let errors: Vec<String> = run.errors.iter().map(ToString::to_string).collect();
        assert!(
            errors.len() == 1 && errors[0].contains("/events.json:") && errors[0].contains(said),
            "{said}: {errors:?}"
        );
        assert!(run.imported.is_empty());
    }
}

/// What becomes of some texts as the files of a folder.
fn import_texts(texts: &[(&str, Vec<u8>)]) -> touchline::import::ImportRun<ImportedMatch> {
    static FOLDERS: AtomicUsize = AtomicUsize::new(0);
    let folder = format!("wyscout-v2-{}", FOLDERS.fetch_add(1, Ordering::Relaxed));
    let texts: Vec<(&str, &[u8])> = texts.iter().map(|(name, text)| (*name, text.as_slice())).collect();
    super::run_texts(&folder, &texts)
}

fn changed(change: impl Fn(&mut serde_json::Value)) -> Vec<u8> {
    let text = std::fs::read(super::fixture("wyscout-v2/full.json")).expect("a fixture");
    let mut file = serde_json::from_slice(&text).expect("JSON");
    change(&mut file);
    serde_json::to_vec(&file).expect("JSON")
}

#[test]
fn rows_that_stand_twice_count_once() {
    let twice = changed(|file| {
        let rows = file["events"].as_array_mut().expect("rows");
        rows.extend(rows.clone());
        // Another row of an id that is there.
        rows[0]["id"] = rows[8]["id"].clone();
    });
    let once = changed(|file| file["events"][0]["id"] = file["events"][8]["id"].clone());
    let [twice, once] = [twice, once].map(|text| import_texts(&[("full.json", text)]).imported.remove(0));
    assert!(once.left_out.iter().all(|(reason, _)| *reason != "duplicate rows"));
    // The first row has its own id in the second copy.
    assert!(twice.left_out.contains(&("duplicate rows", once.rows - 1)), "{:?}", twice.left_out);
    assert_eq!(twice.rows, once.rows * 2);
    assert_eq!(events(&twice.scenario, &["goal"]), events(&once.scenario, &["goal"]));
}

#[test]
fn numbers_may_be_texts_and_ids_may_be_null() {
    let texts = changed(|file| {
        for row in file["events"].as_array_mut().expect("rows") {
            for name in ["id", "teamId", "eventSec", "subEventId"] {
                if row[name].is_number() {
                    row[name] = row[name].to_string().into();
                }
            }
            for place in row["positions"].as_array_mut().into_iter().flatten() {
                place["x"] = place["x"].to_string().into();
            }
            if row["playerId"] == 0 {
                row["playerId"] = serde_json::Value::Null;
            }
        }
        file["events"][1]["id"] = serde_json::Value::Null;
    });
    let [numbers, texts] = [changed(|_| ()), texts].map(|text| import_texts(&[("full.json", text)]).imported.remove(0));
    let kinds = ["goal", "pass", "shot", "duel", "substitution", "save"];
    assert_eq!(events(&texts.scenario, &kinds), events(&numbers.scenario, &kinds));
    let timeline = Timeline::new(&texts.scenario);
    assert!(timeline.cues().iter().any(|cue| cue.event.id.as_str() == "row-2"), "a row without an id has its number");
    // Real rows, some with texts.
    let Some(sample) = super::sample("kloppy-3.19.1/wyscout_events_v2.json") else { return };
    let run = super::run(&[sample]);
    assert_eq!(run.errors, []);
    assert_eq!(run.imported[0].scenario.title.as_ref(), "Liverpool - Leicester City");
}

#[test]
fn rows_of_matches_that_alternate_are_one_error() {
    let array = as_array(&["full.json", "odd.json"]);
    let mut rows: Vec<serde_json::Value> = serde_json::from_slice(&array).expect("JSON");
    let last = rows.len() - 1;
    rows.swap(1, last);
    let run = import_texts(&[("events.json", serde_json::to_vec(&rows).expect("JSON"))]);
    let errors: Vec<String> = run.errors.iter().map(ToString::to_string).collect();
    assert!(
        errors.len() == 1 && errors[0].contains("match 9001 goes on here, after rows of another match: sort the rows"),
        "{errors:?}"
    );
    assert!(run.imported.is_empty(), "nothing is made of half a match");
}

#[test]
fn a_substitution_of_one_player_takes_him_off() {
    let matches = std::fs::read_to_string(super::fixture("wyscout-v2/matches.json")).expect("a fixture");
    let unknown = matches.replacen("\"playerIn\": 113", "\"playerIn\": null", 1);
    assert_ne!(unknown, matches);
    let imported =
        import_texts(&[("full.json", changed(|_| ())), ("matches.json", unknown.into_bytes())]).imported.remove(0);
    assert_eq!(events(&imported.scenario, &["player_off"]), ["60:30 second_half player_off home player=111"]);
    assert_eq!(imported.warnings[0], "nothing says who comes on: 1 times a player goes off");
}
