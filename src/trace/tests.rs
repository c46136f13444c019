//! Tests of traces: what is written is read again, and what is damaged is named.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::error::ErrorKind;
use crate::faults::FaultPlan;
use crate::football::{MatchId, Score};
use crate::playback::{Position, Speed};
use crate::scenario::{LineContent, MediaTime, Scenario};
use crate::verdict::{DisconnectedBy, Expectations, Shown};

fn header() -> TraceHeader {
    TraceHeader {
        program: "0.1.0".to_owned(),
        scenario: "juventus-napoli-2018-04-22".to_owned(),
        faults: FaultPlan::parse("drop:at=@1h47m12s; cut:every=8s..20s").expect("a plan"),
        seed: 7,
        playback: TracePlayback {
            from: Position::parse("88:00").ok(),
            until: None,
            speed: Speed::parse("13.666666666666666").expect("a speed"),
            pace: "break=3s".to_owned(),
            wait_for: 2,
            once: true,
        },
        expectations: Expectations { missed: 3, wrong_for: Duration::from_millis(1_500), ..Expectations::default() },
        command: vec!["sh".to_owned(), "-c".to_owned(), "a \"b\"\n\u{2028}".to_owned()],
        outcome: "failed".to_owned(),
        failure: Some(TraceFailure {
            client: "web".to_owned(),
            replay: "main".to_owned(),
            match_id: Some("juv-nap".to_owned()),
            at: 6_432_000,
            what: "missed: …".to_owned(),
        }),
    }
}

fn scenario() -> Scenario {
    Scenario::open("hard").expect("shipped")
}

fn shown() -> Shown {
    let (match_id, score) = (MatchId::from("juv-nap"), Score { home: 0, away: 1 });
    Shown { match_id, score, clock: Some("89:07".into()), n: Some(87) }
}

/// A trace with an entry of each kind.
fn written() -> String {
    let (shown, match_id) = (shown(), MatchId::from("juv-nap"));
    let events = [
        TraceEvent::Connected { resumed: Some(false) },
        TraceEvent::Sent(br#"{"kind":"tick","n":3}"#),
        TraceEvent::Sent(b"{\"kind\":\"ti\xff"),
        TraceEvent::Shows { shown: &shown, truth: Some(Score { home: 1, away: 1 }) },
        TraceEvent::Truth { match_id: &match_id, score: Score { home: 1, away: 1 } },
        TraceEvent::Fault("cut: after 8s"),
        TraceEvent::Disconnected(DisconnectedBy::Fault),
        TraceEvent::Journal {
            what: "drop: not sent".to_owned(),
            event: Some((87, match_id.clone(), "goal".to_owned())),
        },
    ];
    let entries = events.into_iter().map(|event| TraceEntry {
        wall: Some(Duration::from_millis(17)),
        at: MediaTime::from_millis(6_432_000),
        replay: "main",
        client: Some(Arc::from("web")),
        subscriber: 1,
        event,
    });
    String::from_utf8(write_trace(&header(), &scenario(), entries, &[])).expect("text")
}

fn read(text: &str) -> crate::error::Result<Trace> {
    Trace::read("t.jsonl", text.as_bytes())
}

#[test]
fn what_is_written_is_read_again() {
    let text = written();
    let trace = read(&text).expect("a trace");
    assert_eq!(trace.header, header());
    // Line numbers are those of the file.
    let numbered = |mut scenario: Scenario, by: u32| {
        scenario.entries.iter_mut().for_each(|entry| entry.line += by);
        scenario
    };
    assert_eq!(trace.scenario, numbered(scenario(), HEADER_LINES));
    let truth = Some(Score { home: 1, away: 1 });
    let (replay, client) = ("main".to_owned(), "web".to_owned());
    let at = MediaTime::from_millis(6_432_000);
    assert_eq!(trace.shown, [RecordedShow { replay, client, at, shown: shown(), truth }]);
    assert_eq!(trace.warning, None);
    assert!(is_trace(text.as_bytes()) && is_trace("\u{feff}{\"kind\":\"trace\"}".as_bytes()));
    for other in ["", "{\"kind\":\"scenario\"}", "{\"kind\":\"trace\"", "trace"] {
        assert!(!is_trace(other.as_bytes()), "{other}");
    }
    let entries: Vec<&str> = text.lines().rev().take(9).collect();
    assert_eq!(
        entries[7],
        r#"{"kind":"sent","wall":17,"at":6432000,"replay":"main","client":"web","subscriber":1,"frame":{"kind":"tick","n":3}}"#
    );
    assert!(entries[6].ends_with(r#","text":"{\"kind\":\"ti�"}"#), "{}", entries[6]);
}

#[test]
fn a_scenario_with_fault_lines_keeps_them() {
    let faults = |scenario: &Scenario| {
        scenario.entries.iter().filter(|entry| matches!(entry.item, LineContent::Fault(_))).count()
    };
    let line = r#"{"kind":"fault","match":"MATCH","period":1,"clock":"10:00","do":"drop","types":"goal"}"#;
    let scenario = scenario();
    let mut text = Vec::new();
    scenario.write(&mut text).expect("memory");
    let id = scenario.matches[0].id.as_str();
    let text = String::from_utf8(text).expect("text") + &line.replace("MATCH", id) + "\n";
    let scenario = Scenario::parse("s.jsonl", &text).expect("a scenario");
    let trace = write_trace(&header(), &scenario, [], &[]);
    assert_eq!(faults(&read(str::from_utf8(&trace).expect("text")).expect("a trace").scenario), 1);
}

#[test]
fn lines_of_other_kinds_are_ignored() {
    let text = written();
    let added = text.replace("{\"kind\":\"verdict\"", "{\"kind\":\"later\",\"x\":[1]}\n{}\n{\"kind\":\"verdict\"");
    let trace = read(&added).expect("a trace");
    assert_eq!((trace.shown.len(), trace.warning), (1, None));
}

#[test]
fn a_trace_may_be_cut_off_after_its_scenario() {
    let text = written();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let scenario_end = lines.len() - 9;
    // Anywhere in what was recorded.
    let begin: usize = lines[..scenario_end].iter().map(|line| line.len()).sum();
    for end in (begin..text.len() - 1).filter(|end| text.is_char_boundary(*end)).step_by(7) {
        let trace = read(&text[..end]).unwrap_or_else(|error| panic!("{end}: {error}"));
        let warning = trace.warning.unwrap_or_else(|| panic!("{end}: no warning"));
        assert!(warning.starts_with("t.jsonl:") && warning.contains("cut off"), "{warning}");
    }
    // Within the scenario, or the header.
    let error = read(&lines[..3].concat()).expect_err("no whole scenario").to_string();
    let count = scenario_end - 1;
    assert_eq!(error, format!("t.jsonl:3: the trace ends within its scenario, after 2 of {count} lines"));
    let error = read(&text[..100]).expect_err("no header").to_string();
    assert!(error.starts_with("t.jsonl:1: the header of this trace is incomplete: EOF"), "{error}");
    assert!(read("").is_err());
}

#[test]
fn what_is_damaged_is_named_with_its_line() {
    let text = written();
    let number = text.lines().count();
    for (from, to, message) in [
        (
            "\"version\":1,\"program\"",
            "\"version\":12,\"program\"",
            "1: this trace has version 12, and this program reads version 1: run the test again".to_owned(),
        ),
        ("\"faults\":\"drop:", "\"faults\":\"dorp:", "1: faults: unknown fault \"dorp\"".to_owned()),
        ("\"from\":\"88:00\"", "\"from\":\"88:0\"", "1: from: ".to_owned()),
        ("\"missed\":3", "\"mised\":3", "1: expect:1:10: unknown field \"mised\"".to_owned()),
        ("{\"kind\":\"verdict\"", "{kind", format!("{number}: the line is no JSON object: ")),
        ("\"score\":\"0-1\"", "\"score\":\"0:1\"", format!("{}: shows: score must be text as \"0-1\"", number - 5)),
        ("\"kind\":\"match\"", "\"kind\":\"mtach\"", "t.jsonl:3:".to_owned()),
    ] {
        assert!(text.contains(from), "{from}");
        let error = read(&text.replacen(from, to, 1)).expect_err(from);
        assert!(error.to_string().contains(&message), "{message}: {error}");
        let is_version = from.starts_with("\"version\"");
        let is_misuse = error.kind() == ErrorKind::Misuse;
        assert!(is_misuse == (is_version || message.contains("expect")), "{error:?}");
    }
}
