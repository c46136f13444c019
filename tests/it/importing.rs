//! `touchline import`, and files of data providers where a scenario is named: the real program.

use std::path::PathBuf;
use std::process::Output;

use serde_json::Value;

use super::files::{Folder, word};
use super::program::{Program, run, run_with_input};

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
    assert_eq!(names(&out), ["2018-05-05-eastmoor-westhaven-9001.jsonl", "eastmoor-fc-team-20-9002.jsonl"]);
    assert!(stdout.contains("Eastmoor - Westhaven   2-2 (4-2 on penalties)  Wyscout v2"), "{stdout}");
    assert!(stdout.contains("2 matches imported, 5 warnings, 1 error"), "{stdout}");
    assert!(stdout.contains("notes.txt: no known format"), "{stdout}");
    let cut = folder.join("cut.json");
    assert!(
        stderr.lines().any(|line| line.starts_with(&format!("touchline: importing {}:", cut.display()))),
        "{stderr}"
    );
    assert!(stderr.contains("odd.json: warning: no match data"), "{stderr}");
    let (code, checked, _) = printed(&run(&["check", word(&out.join("2018-05-05-eastmoor-westhaven-9001.jsonl"))]));
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
fn an_input_is_never_replaced() {
    let folder = Folder::new("import-replaced");
    let input = folder.write("in.jsonl", &text("full.json"));
    let meta = folder.write("matches.jsonl", &text("matches.json"));
    std::os::unix::fs::symlink("in.jsonl", folder.join("link.jsonl")).expect("a link");
    let scenario = folder.write("scenario.jsonl", "{\"kind\":\"scenario\",\"version\":1,\"title\":\"A\"}\n");
    let notes = folder.write("notes.jsonl", "nothing");
    for out in [&input, &folder.join("link.jsonl"), &meta, &scenario, &notes] {
        let inputs = [word(&input), word(&scenario), "--meta", word(&meta), "--meta", word(&notes)];
        let (code, _, stderr) = printed(&run(&[&["import", "-o", word(out)], &inputs[..]].concat()));
        assert_eq!(code, Some(2), "{stderr}");
        assert!(stderr.ends_with("is an input, which would be lost: name another file"), "{stderr}");
    }
    // The name that the match is given is that of its events.
    let season = folder.join("season");
    std::fs::create_dir(&season).expect("a folder");
    let events = season.join("westhaven-eastmoor-9001.jsonl");
    std::fs::write(&events, text("full.json")).expect("written");
    let (code, stdout, stderr) = printed(&run(&["import", word(&season), "-o", word(&season)]));
    assert!(code == Some(1) && stderr.contains("is an input"), "{stdout}{stderr}");
    assert!(stdout.contains("0 matches imported, 1 not written"), "{stdout}");
    for (path, name) in [(&input, "full.json"), (&meta, "matches.json"), (&events, "full.json")] {
        assert_eq!(std::fs::read_to_string(path).expect("still there"), text(name));
    }
    let cdf = folder.join("cdf");
    assert_eq!(printed(&run(&["export", "juv", "-o", word(&cdf)])).0, Some(0));
    let before = std::fs::read(cdf.join("event.jsonl")).expect("exported");
    let (code, _, stderr) = printed(&run(&["export", word(&cdf), "-o", word(&cdf)]));
    assert!(code == Some(2) && stderr.contains("event.jsonl is an input, which would be lost"), "{stderr}");
    assert_eq!(std::fs::read(cdf.join("event.jsonl")).expect("still there"), before);
}

#[test]
fn an_output_is_made_written_or_refused() {
    let folder = Folder::new("import-outputs");
    let full = fixture("full.json");
    let (code, ..) = printed(&run(&["import", word(&full), "-o", word(&folder.join("new/deep/one.jsonl"))]));
    assert_eq!((code, names(&folder.join("new/deep"))), (Some(0), vec!["one.jsonl".to_owned()]));
    let plain = folder.write("plain", "mine");
    for (arguments, said) in [
        (["import", word(&full), "-o", word(&plain)], "plain is a file that does not end in .jsonl"),
        (["export", "juv", "-o", "-"], "standard output takes one file, and these are 3: name a folder"),
    ] {
        let (code, _, stderr) = printed(&run(&arguments));
        assert!(code == Some(2) && stderr.contains(said), "{stderr}");
    }
    // A match that cannot be written is not counted, and everything else is said.
    let (code, stdout, stderr) = printed(&run(&["import", word(&full), "-o", "/dev/full"]));
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stdout.contains("0 matches imported, 1 not written, 1 error"), "{stdout}");
    assert!(stderr.contains("writing /dev/full"), "{stderr}");
}

#[test]
fn the_error_of_a_named_pipe_is_reported() {
    let folder = Folder::new("import-pipe");
    let pipe = folder.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::File::open(pipe).map(drop)
    });
    // Longer than what a pipe holds.
    let juv = fixture("full.json");
    let inputs: Vec<PathBuf> = (0..40)
        .map(|number| {
            folder.write(&format!("{number}.json"), &text("full.json").replace("9001", &format!("77{number}")))
        })
        .collect();
    let mut arguments = vec!["import", "-o", word(&pipe), word(&juv)];
    arguments.extend(inputs.iter().map(|input| word(input)));
    let (code, stdout, stderr) = printed(&run(&arguments));
    reader.join().expect("no panic").expect("opened");
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(stderr.contains("Broken pipe"), "{stderr}");
}

#[test]
fn standard_input_is_read_once() {
    let full = text("full.json");
    let (code, lines, stderr) = printed(&run_with_input(&["import", "-", "-o", "-"], full.as_bytes()));
    assert!(code == Some(0) && lines.contains("\"9001\""), "{stderr}");
    let (_, imported, _) = printed(&run_with_input(&["import", "/dev/stdin", "-o", "-"], full.as_bytes()));
    assert_eq!(imported, lines, "a pipe by its path");
    for input in [full.as_bytes(), lines.as_bytes()] {
        for arguments in [&["info", "-"][..], &["check", "-"], &["check", "/dev/stdin"]] {
            let (code, stdout, stderr) = printed(&run_with_input(arguments, input));
            assert_eq!(code, Some(0), "{arguments:?}: {stdout}{stderr}");
            assert!(stdout.contains("Eastmoor"), "{arguments:?}: {stdout}{stderr}");
        }
    }
    let server = Program::serve(&["--port", "0", "--paused"]);
    for input in [full.as_bytes(), lines.as_bytes()] {
        let (code, opened, stderr) =
            printed(&run_with_input(&["open", "-", "--paused", "--on", &server.http(), "--json"], input));
        assert_eq!(code, Some(0), "{opened}{stderr}");
    }
}

#[test]
fn folders_are_checked_and_opened_and_unreadable_ones_are_reported() {
    let folder = Folder::new("import-folders");
    folder.write("full.json", &text("full.json"));
    folder.write("matches.json", &text("matches.json"));
    folder.write("broken.jsonl", "{\"kind\":\"scenario\",\"version\":1}\n");
    let (code, stdout, stderr) = printed(&run(&["check", word(&folder)]));
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(stdout.contains("broken.jsonl:1") && stdout.contains(": Wyscout v2, 64 rows"), "{stdout}");
    assert!(stderr.starts_with("2 files checked"), "{stderr}");
    std::fs::remove_file(folder.join("broken.jsonl")).expect("removed");
    std::os::unix::fs::symlink("nowhere", folder.join("gone")).expect("a link");
    let (code, _, stderr) = printed(&run(&["info", word(&folder)]));
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("gone: No such file"), "{stderr}");
    let server = Program::serve(&["--port", "0", "--paused"]);
    let (code, opened, stderr) = printed(&run(&["open", word(&folder), "--paused", "--on", &server.http(), "--json"]));
    assert_eq!(code, Some(0), "{opened}{stderr}");
    let one = folder.write("one.jsonl", &printed(&run(&["import", word(&folder), "-o", "-"])).1);
    let (_, _, stderr) = printed(&run(&["import", word(&one), "-o", word(&folder.join("out"))]));
    assert!(stderr.contains("one.jsonl: this is a scenario already"), "{stderr}");
}

#[test]
fn match_data_beside_folders_are_found_and_every_error_is_reported() {
    let folder = Folder::new("import-beside");
    for name in ["events", "data"] {
        std::fs::create_dir(folder.join(name)).expect("a folder");
    }
    folder.write("events/9001.json", &text("full.json"));
    folder.write("data/9001.json", &text("matches.json"));
    let events = folder.join("events");
    let players = |input: &std::path::Path| {
        let (code, described, stderr) = printed(&run(&["info", word(input), "--json"]));
        assert_eq!(code, Some(0), "{stderr}");
        assert!(!stderr.contains("no match data"), "{stderr}");
        described
    };
    assert_eq!(players(&events), players(&events.join("9001.json")), "as the file has");
    folder.write("events/a.json", &text("minimal.json")[..900]);
    folder.write("events/b.json", &text("full.json")[..900]);
    let odd = folder.write("odd.json", &text("odd.json"));
    let juv = "scenarios/juventus-napoli-2018-04-22.jsonl";
    let broken = folder.write("broken.zip", "PK\u{3}\u{4}");
    let words = ["check", word(&events), word(&broken), juv, word(&odd)];
    let (code, stdout, stderr) = printed(&run(&words));
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(stdout.contains("events: Wyscout v2, 64 rows") && stdout.contains("odd.json: warning: "), "{stdout}");
    for said in ["broken.zip: ", "events/a.json:", "events/b.json:", "3 files checked: no errors, "] {
        assert!(stderr.contains(said), "{said}: {stderr}");
    }
    assert!(stderr.ends_with("; 3 could not be read"), "{stderr}");
    let (code, _, stderr) = printed(&run(&["info", word(&events)]));
    assert!(code == Some(1) && stderr.contains("importing "), "{stderr}");
    let matches = folder.write("matches.json", &text("matches.json"));
    let (_, _, stderr) = printed(&run(&["info", word(&folder.join("data"))]));
    assert!(stderr.contains("without any of its events; there are no scenarios, and no events to import"), "{stderr}");
    let (code, _, stderr) = printed(&run(&["info", word(&fixture("full.json")), word(&matches)]));
    assert!(code == Some(0) && !stderr.contains("no match data"), "match data of the others: {stderr}");
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
