//! `fault` lines of a scenario, with the real program: they are played unless a replay has faults of its own.

use serde_json::Value;

use super::files::{file, word};
use super::program::{Program, run};

fn scenario(fault: &str) -> String {
    let lines = [
        r#"{"kind":"scenario","version":1,"title":"Eastmoor 1-0 Westhaven (fictional)"}"#,
        r#"{"kind":"match","id":"eas-wes","kickoff":"2026-03-07T15:00:00Z","home":{"id":"eastmoor","name":"Eastmoor"},"away":{"id":"westhaven","name":"Westhaven"}}"#,
        r#"{"type":"period_start","period":1,"clock":"00:00"}"#,
        &format!(r#"{{"kind":"fault","period":1,"clock":"05:00",{fault}}}"#),
        r#"{"type":"goal","id":"the-goal","period":1,"clock":"10:00","side":"home"}"#,
    ];
    lines.join("\n")
}

/// The document that a request is answered with.
fn ask(server: &Program, method: &str, path: &str, body: &str) -> Value {
    let answer = server.ask(method, path, body);
    let (_, document) = answer.split_once("\r\n\r\n").expect(path);
    serde_json::from_str(document).unwrap_or_else(|error| panic!("{error} in {answer}"))
}

#[test]
fn fault_lines_are_played_unless_a_replay_has_faults_of_its_own() {
    let path = file("scenario-faults.jsonl", &scenario(r#""do":"drop""#));
    let plan_of = |server: &Program, opening: &str| {
        let opened = ask(server, "POST", "/api/replays", opening);
        let journal = format!("/api/replays/{}/journal", opened["id"].as_str().expect(opening));
        let journal = ask(server, "GET", &journal, "");
        (journal["faults"].as_str().unwrap_or_default().to_owned(), journal["run"] == opened["run"])
    };
    let lines = ("drop:at=@5m".to_owned(), true);
    for given in [None, Some("off"), Some("late:p=1,by=1s")] {
        let mut arguments = vec![word(&path), "--port", "0", "--paused"];
        arguments.extend(given.iter().flat_map(|plan| ["--faults", plan]));
        let server = Program::serve(&arguments);
        let main = ask(&server, "GET", "/api/replays/main/journal", "");
        assert_eq!(main["faults"], given.unwrap_or("drop:at=@5m"));
        // Neither the arguments nor a command concern other replays.
        assert_eq!(ask(&server, "POST", "/api/replays/main/command", "faults duplicate:p=1")["ok"], true);
        assert_eq!(plan_of(&server, r#"{"paused":true}"#), lines);
        assert_eq!(plan_of(&server, r#"{"scenario":"scenario-faults","paused":true}"#), lines);
        assert_eq!(plan_of(&server, r#"{"faults":"off","paused":true}"#), ("off".to_owned(), true));
        assert_eq!(plan_of(&server, r#"{"faults":"reorder:p=1","paused":true}"#), ("reorder:p=1".to_owned(), true));
        server.stop();
    }
}

#[test]
fn a_fault_line_that_cannot_be_played_is_reported_and_not_served() {
    for (fault, message) in [
        (r#""do":"late""#, "the fault in line 4: late: by is missing"),
        (r#""do":"drop","types":"gaol""#, "drop: types: unknown event type"),
        (r#""do":"vanish","types":"card""#, "vanish: at: no goal is at @5m or after it"),
    ] {
        let path = file("scenario-faults-wrong.jsonl", &scenario(fault));
        let output = run(&["check", word(&path)]);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.code() == Some(1) && printed.contains(&format!(": error: {message}")), "{printed}");
        let output = run(&["serve", word(&path), "--port", "0"]);
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && printed.contains(message), "{printed}");
    }
}
