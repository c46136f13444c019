//! `touchline open FILE`: the real program sends a scenario to the real server.

use std::process::Output;

use serde_json::Value;

use super::files::{file, word};
use super::program::{Program, run, run_with_input};

fn scenario(goal: &str) -> String {
    let lines = [
        r#"{"kind":"scenario","version":1,"title":"Eastmoor 1-0 Westhaven (fictional)"}"#,
        r#"{"kind":"match","id":"eas-wes","kickoff":"2026-03-07T15:00:00Z","home":{"id":"eastmoor","name":"Eastmoor"},"away":{"id":"westhaven","name":"Westhaven"}}"#,
        r#"{"type":"period_start","period":1,"clock":"00:00"}"#,
        goal,
    ];
    lines.join("\n")
}

const GOAL: &str = r#"{"type":"goal","id":"the-goal","period":1,"clock":"10:00","side":"home"}"#;

fn printed(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_file_is_opened_with_its_options_and_plays_what_a_server_of_it_plays() {
    let path = file("open-file.jsonl", &scenario(GOAL));
    let server = Program::serve(&[word(&path), "--port", "0", "--paused"]);
    let http = server.http();
    let (code, out, err) = printed(&run(&["open", word(&path), "--name", "mine", "--paused", "--on", &http, "--json"]));
    assert_eq!(code, Some(0), "{err}");
    let opened: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((&opened["id"], &opened["playback"]["state"]), (&"mine".into(), &"paused".into()));
    let main = server.ask("GET", "/api/replays/main", "");
    assert!(main.contains(&format!(r#""run":{}"#, opened["run"])), "{main}");

    let text = scenario(GOAL);
    let (code, out, err) = printed(&run_with_input(&["open", "-", "--from", "10:00", "--on", &http], text.as_bytes()));
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("opened "), "{out}");
    // Only lints find these.
    let odd = file("open-odd.jsonl", include_str!("../cases/mistakes/31-duplicate-shirt-number.jsonl"));
    let (code, out, err) = printed(&run(&["open", word(&odd), "--on", &http]));
    assert_eq!((code, err.lines().count()), (Some(0), 1), "{out}{err}");
    assert!(err.starts_with(word(&odd)) && err.contains("`touchline check "), "{err}");
}

#[test]
fn a_refused_file_is_reported_as_check_reports_it() {
    let path = file("open-wrong.jsonl", &scenario(&GOAL.replace("\"goal\"", "\"gaol\"")));
    let server = Program::serve(&["juv", "--port", "0", "--paused"]);
    let http = server.http();
    let checked = run(&["check", word(&path)]);
    let (code, out, err) = printed(&run(&["open", word(&path), "--on", &http]));
    assert_eq!((code, &*out), (Some(1), ""), "{err}");
    let findings = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(findings.contains("open-wrong.jsonl:4:9: error: unknown event type \"gaol\""), "{findings}");
    assert!(err.starts_with(&findings) && err.contains("touchline: the scenario has 1 error: line 4: "), "{err}");

    let long = file("open-long.jsonl", &" ".repeat((8 << 20) + 1));
    let (code, _, err) = printed(&run(&["open", word(&long), "--on", "127.0.0.1:1"]));
    assert_eq!(code, Some(1));
    assert!(err.contains("more than 8388608 bytes") && !err.contains("connecting"), "{err}");
}

#[test]
fn a_file_for_a_server_with_a_token_takes_it_unless_uploads_are_allowed() {
    // Longer than what the sockets hold: the refusal arrives while the file is still being sent.
    let path = file("open-guarded.jsonl", &(scenario(GOAL) + &"\n".repeat(2 << 20)));
    let token = ["--control-token", "correct-horse"];
    let guarded = Program::serve(&[&["juv", "--port", "0"][..], &token].concat());
    let open = ["open", word(&path), "--on"];
    let (code, _, err) = printed(&run(&[&open[..], &[&guarded.http()]].concat()));
    assert_eq!(code, Some(1));
    assert!(err.contains("the server's token") && err.contains("--allow-uploads"), "{err}");
    let given = run(&[&open[..], &[&guarded.http(), "--token", "correct-horse"]].concat());
    assert_eq!(given.status.code(), Some(0), "{}", printed(&given).2);
    let allowing = Program::serve(&[&["juv", "--port", "0", "--allow-uploads"][..], &token].concat());
    let given = run(&[&open[..], &[&allowing.http()]].concat());
    assert_eq!(given.status.code(), Some(0), "{}", printed(&given).2);
}
