//! Subscribers that others wrote, against the real program: Python's `websockets`, Node's `ws`, and curl.
//!
//! `tests/all` installs them and says where they are. Without them these tests are skipped out loud; under `CI=true` they
//! must be there.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::program::Program;

/// A client of a language, ready to be given an address; `None` where it is not installed.
fn client(language: &str) -> Option<Command> {
    let scripts = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/foreign");
    let installed = std::env::var_os("TOUCHLINE_FOREIGN").map(PathBuf::from).and_then(|folder| {
        let (package, mut command) = match language {
            "python" => (folder.join("python"), Command::new("python3")),
            _ => (folder.join("node/node_modules"), Command::new("node")),
        };
        let (variable, script) = match language {
            "python" => ("PYTHONPATH", "subscribe.py"),
            _ => ("NODE_PATH", "subscribe.mjs"),
        };
        command.env(variable, &package).arg(scripts.join(script));
        package.join(if language == "python" { "websockets" } else { "ws" }).is_dir().then_some(command)
    });
    if installed.is_none() {
        let message = format!("SKIPPED: no {language} client; run tests/all, which installs it");
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{message}");
        eprintln!("{message}");
    }
    installed
}

/// What a client printed: the frames it received, and at the end its close.
fn frames(mut client: Command, arguments: &[&str]) -> Vec<Value> {
    let output = client.args(arguments).output().expect("the client runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("a frame")).collect()
}

fn of_kind<'a>(frames: &'a [Value], kind: &str) -> Vec<&'a Value> {
    frames.iter().filter(|frame| frame["kind"] == kind).collect()
}

#[test]
fn a_whole_match_reaches_clients_that_others_wrote() {
    for language in ["python", "node"] {
        let Some(command) = client(language) else { continue };
        let program = Program::serve(&["juv", "--speed", "2000", "--wait-for", "1", "--port", "0"]);
        let frames = frames(command, &[&program.ws()]);
        assert_eq!(frames[0]["kind"], "hello", "{language}");
        assert_eq!(frames[1]["kind"], "snapshot", "{language}");
        let events = of_kind(&frames, "event");
        let numbers: Vec<_> = events.iter().filter_map(|event| event["n"].as_u64()).collect();
        assert_eq!(numbers, (1..=101).collect::<Vec<_>>(), "{language}");
        let goal = events.iter().find(|event| event["type"] == "goal").expect("a goal");
        assert_eq!(goal["player"]["name"], "Kalidou Koulibaly", "{language}: diacritics and all");
        assert_eq!(events[100]["score"].to_string(), r#"{"away":1,"home":0}"#, "{language}");
        assert_eq!(of_kind(&frames, "end").len(), 1, "{language}");
    }
}

#[test]
fn clients_that_others_wrote_can_control_the_replay() {
    for language in ["python", "node"] {
        let Some(command) = client(language) else { continue };
        let program = Program::serve(&["juv", "--paused", "--port", "0"]);
        let seek = r#"{"command":"seek","to":"next:goal","lead":"10s","id":"s"}"#;
        let frames =
            frames(command, &[&program.ws(), seek, "sek 10:00", r#"{"command":"speed","to":"max","id":2}"#, "play"]);
        let reply = of_kind(&frames, "reply");
        assert_eq!(reply[0]["id"], "s", "{language}");
        assert_eq!(reply[0]["playback"]["epoch"], 2, "{language}");
        let error = of_kind(&frames, "error");
        assert!(error[0]["message"].as_str().unwrap_or_default().contains("did you mean \"seek\""), "{language}");
        assert!(of_kind(&frames, "event").iter().any(|event| event["type"] == "goal"), "{language}");
    }
}

#[test]
fn curl_is_told_how_to_subscribe() {
    let program = Program::serve(&["juv", "--port", "0"]);
    let Ok(output) = Command::new("curl").args(["-s", &program.http()]).output() else {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "no curl");
        eprintln!("SKIPPED: no curl");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains(&program.ws()), "{text}");
}
