//! `touchline import`, and files of data providers where a scenario is named: the real program.

use std::path::PathBuf;
use std::process::Output;

use serde_json::Value;

use super::files::{Folder, word};
use super::program::{Program, run};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/import/wyscout-v2").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(fixture(name)).expect("a fixture")
}

fn printed(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_folder_becomes_a_file_for_each_match_and_what_is_broken_is_named() {
    let folder = Folder::new("import-season");
    folder.write("full.json", &text("full.json"));
    folder.write("matches.json", &text("matches.json"));
    folder.write("odd.json", &text("odd.json"));
    folder.write("cut.json", &text("minimal.json")[..900]);
    folder.write("notes.txt", "nothing");
    let out = folder.join("out");
    let (code, stdout, stderr) = printed(&run(&["import", word(&folder.join("")), "-o", word(&out)]));
    assert_eq!(code, Some(1), "a file is broken: {stdout}{stderr}");
    assert_eq!(names(&out), ["1970-01-01-eastmoor-fc-team-20.jsonl", "2018-05-05-eastmoor-westhaven.jsonl"]);
    assert!(stdout.contains("Eastmoor - Westhaven   2-2 (4-2 on penalties)  Wyscout v2"), "{stdout}");
    assert!(stdout.contains("2 matches imported, 2 warnings, 1 error"), "{stdout}");
    assert!(stdout.contains("notes.txt: no known format"), "{stdout}");
    let cut = folder.join("cut.json");
    assert!(
        stderr.lines().any(|line| line.starts_with(&format!("touchline: importing {}:", cut.display()))),
        "{stderr}"
    );
    assert!(stderr.contains("odd.json: warning: no match data"), "{stderr}");
    let (code, checked, _) = printed(&run(&["check", word(&out.join("2018-05-05-eastmoor-westhaven.jsonl"))]));
    assert_eq!(code, Some(0), "{checked}");
}

#[test]
fn one_file_and_standard_output_hold_all_matches() {
    let folder = Folder::new("import-one");
    let out = folder.join("both.jsonl");
    let (full, minimal) = (fixture("full.json"), fixture("odd.json"));
    let (code, stdout, stderr) = printed(&run(&["import", word(&full), word(&minimal), "-o", word(&out)]));
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert_eq!(names(&folder.join("")), ["both.jsonl"], "nothing half-written is left");
    let (_, described, _) = printed(&run(&["info", word(&out), "--json"]));
    let described: Value = serde_json::from_str(&described).expect("JSON");
    assert_eq!(described["matches"].as_array().map(Vec::len), Some(2));
    let (code, lines, table) = printed(&run(&["import", word(&full), word(&minimal), "-o", "-"]));
    assert_eq!((code, lines), (Some(0), std::fs::read_to_string(&out).expect("written").trim_end().to_owned()));
    assert!(table.contains("2 matches imported"), "{table}");
}

#[test]
fn a_file_of_a_provider_is_a_scenario_wherever_one_is_named() {
    let full = fixture("full.json");
    let (code, stdout, stderr) = printed(&run(&["check", word(&full)]));
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(stdout.starts_with(&format!("{}: Wyscout v2, 64 rows", full.display())), "{stdout}");
    let (_, described, note) = printed(&run(&["info", word(&full), "--json"]));
    let described: Value = serde_json::from_str(&described).expect("JSON");
    assert_eq!(described["matches"][0]["shootout"], serde_json::json!({"home": 4, "away": 2}));
    assert!(note.contains("full.json: Wyscout v2, 64 rows"), "{note}");
    assert!(described["about"].as_str().is_some_and(|about| about.contains("does not carry injuries")), "{described}");

    let server = Program::serve(&[word(&full), "--port", "0", "--speed", "max", "--once"]);
    let lines = server.ask("GET", "/events.ndjson?snapshot=off&ticks=off", "");
    let frames = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let numbers: Vec<u64> =
        frames.filter(|frame| frame["kind"] == "event").filter_map(|frame| frame["n"].as_u64()).collect();
    let expected = described["events"].as_u64().expect("a number");
    assert_eq!(numbers, (1..=expected).collect::<Vec<_>>(), "every event, in order");
    let said = server.wait_for_stderr();
    assert!(said.contains("full.json: Wyscout v2, 64 rows"), "{said}");
    let server = Program::serve(&["--port", "0", "--paused"]);
    let opened = run(&["open", word(&full), "--name", "sent", "--paused", "--on", &server.http(), "--json"]);
    let (code, opened, stderr) = printed(&opened);
    assert_eq!(code, Some(0), "{stderr}");
    let opened: Value = serde_json::from_str(&opened).expect("JSON");
    assert_eq!(opened["id"], "sent");
}

#[test]
fn a_folder_is_a_match_day() {
    let folder = Folder::new("match-day");
    folder.write("full.json", &text("full.json"));
    folder.write("matches.json", &text("matches.json"));
    let juv =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/juventus-napoli-2018-04-22.jsonl"));
    folder.write("juv.jsonl", &juv.expect("shipped"));
    let results = folder.write(
        "results.csv",
        "Date,Home,Away,HG,AG\n2018-04-20,Eastmoor,Juventus,2,0\n2018-04-21,Napoli,Westhaven,1,1\n",
    );
    let info = |more: &[&str]| {
        let (code, described, stderr) = printed(&run(&[&["info", word(&folder.join("")), "--json"], more].concat()));
        assert_eq!(code, Some(0), "{stderr}");
        serde_json::from_str::<Value>(&described).expect("JSON")
    };
    let kickoffs = |described: &Value| {
        let matches = described["matches"].as_array().expect("matches").iter();
        matches.map(|it| it["kickoff"].as_str().expect("a time").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kickoffs(&info(&[])), ["2018-04-22T18:45:00Z", "2018-05-05T18:45:00Z"]);
    assert_eq!(kickoffs(&info(&["--align", "day"])), ["2018-04-22T18:45:00Z"; 2]);
    assert_eq!(kickoffs(&info(&["--align", "kick-off"])), ["2018-04-22T18:45:00Z"; 2]);
    let day = word(&folder.join("")).to_owned();
    let server = Program::serve(&[&day, "--align", "kick-off", "--results", word(&results), "--port", "0", "--paused"]);
    let table = server.ask("GET", "/table", "");
    assert!(table.contains(r#""team":"10","name":"Eastmoor","played":1,"won":1"#), "{table}");
    for (arguments, said) in [
        (&["--align", "sideways"][..], "\"sideways\" is none of kick-off, day, real"),
        (&["--results", word(&fixture("full.json"))], "--results: reading "),
        (&["--results", "gone.csv"], "gone.csv: No such file"),
    ] {
        let (code, _, stderr) = printed(&run(&[&["info", &day], arguments].concat()));
        assert!(code > Some(0) && stderr.contains(said), "{stderr}");
    }
}

#[test]
fn misuse_is_answered_with_what_would_be_accepted() {
    let full = fixture("full.json");
    for (arguments, code, said) in [
        (&["import", word(&full)][..], 2, "--output <OUT>"),
        (
            &["import", word(&full), "-o", "x", "--from", "wyscout-v1"],
            2,
            "no format \"wyscout-v1\" (did you mean \"wyscout-v2\"?); formats: ",
        ),
        (&["import", word(&full), "-o", "x", "--detail", "some"], 2, "\"some\" is none of full, live-score"),
        (&["import", "gone.json", "-o", "x"], 1, "gone.json: No such file"),
        (&["import", word(&fixture("matches.json")), "-o", "x"], 1, "there are no events to import"),
        (&["import", word(&full), "-o", "/dev/null/x"], 1, "creating /dev/null/x"),
    ] {
        let (found, _, stderr) = printed(&run(arguments));
        assert_eq!(found, Some(code), "{stderr}");
        assert!(stderr.contains(said) && stderr.lines().count() == 1, "{stderr}");
    }
    assert!(!PathBuf::from("x").exists(), "nothing is created for nothing");
}
