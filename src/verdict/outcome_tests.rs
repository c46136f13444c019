//! The verdict: what is compared with the expectations, and the forms in which it is written.

use super::outcome::Failure;
use std::time::{Duration, Instant};

use super::tests::{START, play, score, shown};
use super::*;
use crate::football::MatchId;

fn verdict(scripts: &[&str], expectations: &str) -> Verdict {
    let expectations = Expectations::parse("e.json", expectations).expect("expectations");
    Verdict::new(scripts.iter().map(|script| ("main".to_owned(), play(script))), expectations)
}

#[test]
fn a_verdict_compares_with_what_is_allowed() {
    let failed = |script: &str, expectations: &str| {
        let verdict = verdict(&[&format!("{START}; {script}")], expectations);
        assert_eq!(verdict.passed(), verdict.failures.is_empty());
        let failure = |failure: &Failure| format!("{} {}/{}", failure.expectation, failure.got, failure.allowed);
        verdict.failures.iter().map(failure).collect::<Vec<_>>().join(", ")
    };
    let late = |by: u64| format!("1000 both 0-1; {} shows 0-1; 9000 end", 1_000 + by);
    assert_eq!(failed(&late(2_000), "{}"), "");
    assert_eq!(failed(&late(2_001), "{}"), "wrong_for 2.0s/2s");
    assert_eq!(failed(&late(2_500), r#"{"wrong_for":"500ms"}"#), "wrong_for 2.5s/500ms");
    let missed = "1000 both 0-1; 2500 both 0-2; 2600 shows 0-2; 9000 end";
    assert_eq!(failed(missed, "{}"), "missed 1/0");
    assert_eq!(failed(missed, r#"{"missed":1}"#), "");
    let stale = "1000 both 0-1; 1000 shows 0-1; 5000 both 0-0!; 6500 end";
    assert_eq!(failed(stale, "{}"), "stale 1/0");
    assert_eq!(failed("1000 shows 0-1; 1001 shows 0-0; 9000 end", "{}"), "duplicated 1/0");
    let back = "1000 both 0-1; 1000 shows 0-1; 3000 shows 0-0; 3010 shows 0-1; 9000 end";
    assert_eq!(failed(back, "{}"), "out_of_order 1/0");
    let reconnects = "1000 leave; 1001 connect; 9000 end";
    assert_eq!(failed(reconnects, "{}"), "");
    assert_eq!(failed(reconnects, r#"{"reconnects":0}"#), "reconnects 1/0");
    let cut = |at: u64, end: u64| format!("1000 kick; {at} connect; {end} end");
    assert_eq!(failed(&cut(11_000, 12_000), "{}"), "");
    assert_eq!(failed(&cut(11_001, 12_000), "{}"), "recovery 10.0s/10s");
    assert_eq!(failed("1000 kick; 10999 end", "{}"), "", "the expectation allows more than the time until the end");
    assert_eq!(failed("1000 kick; 11000 end", "{}"), "recovery 10s/10s");
}

#[test]
fn a_run_in_which_nothing_was_judged_does_not_pass() {
    let observer = "0 connect; 0 both 0-0; 0 fault cut; 0 lose; 99000 end";
    let right = format!("{START}; 100 end");
    for (scripts, outcome) in [
        (&[][..], RunOutcome::NobodySubscribed),
        (&["0 end"], RunOutcome::NobodySubscribed),
        (&[observer], RunOutcome::NothingJudged),
        (&["0 connect; 0 shows 0-0; 1 end"], RunOutcome::NothingJudged),
        (&[observer, &right], RunOutcome::Passed),
        (&[&right, "0 connect; 0 both 0-0; 0 shows 0-1; 9000 end"], RunOutcome::Failed),
    ] {
        let verdict = verdict(scripts, "{}");
        assert_eq!(verdict.outcome, outcome, "{scripts:?}");
        assert_eq!(verdict.passed(), outcome == RunOutcome::Passed);
        assert_eq!(verdict.to_junit(&[], None).contains(" failures=\"0\""), verdict.passed(), "{scripts:?}");
        assert!(verdict.to_text().starts_with(&outcome.as_str().replace('_', " ")), "{}", verdict.to_text());
    }
}

/// A client with a name that nobody should have, which misses a goal at 89:07 and is cut once.
fn missed_goal() -> Verdict {
    let begin = Instant::now();
    let at = |millis| begin + Duration::from_millis(millis);
    let mut judge = ClientJudge::new("<app>\u{1b}", begin);
    let id = MatchId::from("juv-nap");
    let tell = |judge: &mut ClientJudge, text: &str, clock: &str, millis| {
        let (score, clock) = (score(text), Some(clock.into()));
        let truth = TrueScore { score, is_correction: false, clock };
        judge.truth(&id, &truth, at(millis));
        judge.sent(&id, &SentScore { score, sent_in: SentIn::Snapshot, clock: truth.clock }, at(millis));
    };
    judge.connected(1, None, at(0));
    tell(&mut judge, "0-0", "00:00", 0);
    judge.shows(&shown("juv-nap", score("0-0")), at(0));
    judge.fault("cut", at(500));
    judge.disconnected(1, DisconnectedBy::Fault, at(500));
    judge.connected(2, Some(true), at(750));
    tell(&mut judge, "0-1", "89:07", 1_000);
    judge.finish(at(4_250));
    let bystander = ClientJudge::new("page", begin);
    let reports = [judge, bystander].map(|judge| ("main".to_owned(), judge.report(at(9_000))));
    Verdict::new(reports, Expectations::default())
}

#[test]
fn a_verdict_is_text_with_one_finding_per_line() {
    let text = "failed: 2 failures, 1 client judged\n\
        main <app>\u{fffd}: 1 shown score judged; wrong once, for at most 3.2s; 1 missed; \
        1 reconnect: 1 resumed, 0 reset, 0 without a cursor; 1 fault, recovered within 250ms\n  \
        missed: 1, at most 0 allowed: juv-nap: showed 0-0 for 3.2s from 89:07 while 0-1 was right\n  \
        wrong_for: 3.2s, at most 2s allowed: juv-nap: showed 0-0 for 3.2s from 89:07 while 0-1 was right\n\
        main page: not judged: it has not said what it shows\n";
    assert_eq!(missed_goal().to_text(), text);
}

#[test]
fn a_verdict_is_json() {
    let json: serde_json::Value = serde_json::from_str(&missed_goal().to_json().expect("JSON")).expect("JSON");
    let period = serde_json::json!({
        "match": "juv-nap", "at_ms": 1000, "for_ms": 3250, "clock": "89:07", "shown": "0-0", "n": null, "truth": "0-1",
        "sent": "0-1", "missed": "0-1", "reason": "missed",
    });
    assert_eq!(json["clients"][0]["longest_wrong"], period);
    assert_eq!(json["clients"][0]["wrong"], serde_json::json!([period]));
    assert_eq!(json["outcome"], "failed");
    assert_eq!(
        json["expectations"],
        serde_json::json!({
            "missed": 0, "stale": 0, "duplicated": 0, "out_of_order": 0, "wrong_for_ms": 2000, "recovery_ms": 10000,
            "reconnects": null,
        })
    );
    let detail = "juv-nap: showed 0-0 for 3.2s from 89:07 while 0-1 was right";
    let failure = |expectation: &str, allowed: u64, got: u64, unit: &str| {
        serde_json::json!({
            "replay": "main", "client": "<app>\u{1b}", "expectation": expectation, "allowed": allowed, "got": got,
            "unit": unit, "detail": detail,
        })
    };
    let failures = [failure("missed", 0, 1, "count"), failure("wrong_for", 2000, 3250, "ms")];
    assert_eq!(json["failures"], serde_json::json!(failures));
    let recovery = serde_json::json!({"what": "cut", "at_ms": 500, "for_ms": 250, "recovered": true});
    assert_eq!(json["clients"][0]["recoveries"], serde_json::json!([recovery]));
    assert_eq!(json["clients"][0]["replay"], "main");
    assert_eq!(json["clients"][1]["judged"], 0);
}

#[test]
fn a_verdict_is_junit_xml() {
    let xml = missed_goal().to_junit(&[], None);
    let message = "missed: 1, at most 0 allowed: juv-nap: showed 0-0 for 3.2s from 89:07 while 0-1 was right";
    let case = format!(
        "    <testcase classname=\"main.&lt;app&gt;\u{fffd}\" name=\"missed\">\n      \
         <failure type=\"missed\" message=\"{message}\">{message}</failure>\n    </testcase>\n"
    );
    assert!(xml.contains(&case), "{xml}");
    assert!(xml.contains("<testsuites name=\"touchline\" tests=\"15\" failures=\"2\" errors=\"0\">"), "{xml}");
    assert_eq!((xml.matches("<testcase ").count(), xml.matches("<failure ").count()), (15, 2));
    assert_eq!(xml.matches("<skipped ").count(), 7, "the client that was not judged");
    assert!(xml.contains("<testcase classname=\"touchline\" name=\"judged\"/>"), "{xml}");
}
