//! `touchline watch` against the real server: its text output, its JSON output, and reconnecting.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::program::{Program, run};

#[test]
fn watch_prints_the_match_and_exits_at_its_end() {
    let program = Program::serve(&["juv", "--speed", "2000", "--once", "--wait-for", "1", "--port", "0"]);
    let output = run(&["watch", &program.ws()]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{printed}");
    let story = [
        "injury  Giorgio Chiellini (Juventus)",
        "CHANGE  Stephan Lichtsteiner for Giorgio Chiellini (Juventus), injury",
        "shot  Miralem Pjanić (Juventus), woodwork",
        "NO GOAL  Lorenzo Insigne (Napoli), offside",
        "HALF-TIME",
        "   89'  0-1  GOAL  Kalidou Koulibaly (Napoli), header",
        "FULL TIME  Juventus 0-1 Napoli",
    ];
    let mut from = 0;
    for line in story {
        let at = printed[from..].find(line).unwrap_or_else(|| panic!("no {line:?} after byte {from} of\n{printed}"));
        from += at + line.len();
    }
    assert!(!printed.contains('\u{1b}'), "no colours outside a terminal");
}

#[test]
fn watch_prints_corrections_as_corrections() {
    let program = Program::serve(&["var", "--speed", "5000", "--once", "--wait-for", "1", "--port", "0"]);
    let printed = String::from_utf8(run(&["watch", &program.ws()]).stdout).expect("text");
    assert!(printed.contains("NO GOAL  Sena Wyckhart (Vanterra), offside"), "{printed}");
    assert!(printed.contains("CORRECTED: OWN GOAL"), "{printed}");
}

#[test]
fn watch_json_prints_frames_unchanged() {
    let program = Program::serve(&["juv", "--speed", "max", "--once", "--wait-for", "1", "--port", "0"]);
    let output = run(&["watch", "--json", &program.ws()]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).expect("text");
    let kinds: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("a frame")).collect();
    assert_eq!(kinds[0]["kind"], "hello");
    assert_eq!(kinds.iter().filter(|frame| frame["kind"] == "event").count(), 101);
}

#[test]
fn watch_reconnects_after_a_server_restart_and_misses_nothing() {
    let first = Program::serve(&["juv", "--speed", "300", "--wait-for", "1", "--port", "0"]);
    let port = first.port().to_string();
    let mut watcher = Command::new(env!("CARGO_BIN_EXE_touchline"))
        .args(["watch", "--json", &first.ws()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(watcher.stdout.take().expect("piped")).lines();
    let mut numbers: Vec<u64> = Vec::new();
    let mut until = |last: u64, numbers: &mut Vec<u64>| {
        while numbers.last() < Some(&last) {
            let line = lines.next().expect("more to come").expect("text");
            let frame: Value = serde_json::from_str(&line).expect("a frame");
            if frame["kind"] == "event" {
                numbers.push(frame["n"].as_u64().expect("a number"));
            }
        }
    };
    until(10, &mut numbers);
    // Killed, not stopped: no close frame is sent.
    drop(first);
    let _second = Program::serve(&["juv", "--speed", "300", "--from", "70:00", "--port", &port]);
    until(101, &mut numbers);
    watcher.kill().expect("stopped");
    watcher.wait().expect("ended");
    assert_eq!(numbers, (1..=101).collect::<Vec<_>>());
}

#[test]
fn watch_errors_are_one_line() {
    // A port that was free a moment ago may be another test's by now.
    let unused = "127.0.0.1:1";
    let program = Program::serve(&["juv", "--port", "0"]);
    for (url, code, words) in [
        (format!("ws://{unused}/ws"), 1, "connection refused"),
        ("ws://a b".to_owned(), 2, "is not an address"),
        (format!("{}?types=gaol", program.ws()), 2, "did you mean \"goal\""),
    ] {
        let output = run(&["watch", &url]);
        let printed = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{url}: {printed}");
        assert!(printed.contains(words) && printed.trim_end().lines().count() == 1, "{url}: {printed}");
    }
}
