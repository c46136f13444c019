//! The rules of the judge, each as a script of what happens and the findings that follow.

use std::time::{Duration, Instant};

use super::client_report::Reconnects;
use super::outcome::Failure;
use super::recovery::Recovery;
use super::*;
use crate::football::{MatchId, Score};

pub(super) fn score(text: &str) -> Score {
    let (home, away) = text.split_once('-').expect("a score");
    Score { home: home.parse().expect("goals"), away: away.parse().expect("goals") }
}

pub(super) fn shown(match_id: &str, score: Score) -> Shown {
    Shown { match_id: match_id.into(), score, clock: None, n: None }
}

/// Plays a script: steps separated by `;`, each with its time in milliseconds, a verb and its arguments. A score with `!` is a
/// correction; a score with `@b` is of the match `b`.
///
/// `both` gives the truth and sends it, `tick`, `snapshot` and `again` send a score, `again` in a repeated event. `connect` takes
/// the subscriber and `resumed` or `reset`, `lose`, `kick` and `leave` are disconnects by a fault, the server and the client.
fn play(script: &str) -> ClientReport {
    let begin = Instant::now();
    let mut judge = ClientJudge::new("app", begin);
    let mut now = begin;
    for step in script.split(';') {
        let mut words = step.split_whitespace();
        let millis = words.next().and_then(|word| word.parse().ok()).expect("a time");
        now = begin + Duration::from_millis(millis);
        let (verb, argument) = (words.next().expect("a verb"), words.next().unwrap_or_default());
        let subscriber = || argument.parse().unwrap_or(1);
        let (text, match_id) = argument.split_once('@').unwrap_or((argument, "a"));
        let is_correction = text.ends_with('!');
        let told = || score(text.trim_end_matches('!'));
        let match_id = MatchId::from(match_id);
        let truth = |judge: &mut ClientJudge| {
            judge.truth(&match_id, &TrueScore { score: told(), is_correction, clock: None }, now);
        };
        let send = |judge: &mut ClientJudge, sent_in| {
            judge.sent(&match_id, &SentScore { score: told(), sent_in, clock: None }, now);
        };
        let event = |repeated| SentIn::Event { n: 1, is_correction, repeated };
        match verb {
            "connect" => {
                let resumed = words.next().map(|word| word == "resumed");
                judge.connected(subscriber(), resumed, now);
            }
            "lose" => judge.disconnected(subscriber(), DisconnectedBy::Fault, now),
            "kick" => judge.disconnected(subscriber(), DisconnectedBy::Server, now),
            "leave" => judge.disconnected(subscriber(), DisconnectedBy::Client, now),
            "fault" => judge.fault(argument, now),
            "truth" => truth(&mut judge),
            "both" => {
                truth(&mut judge);
                send(&mut judge, event(false));
            }
            "sent" => send(&mut judge, event(false)),
            "again" => send(&mut judge, event(true)),
            "tick" => send(&mut judge, SentIn::Tick),
            "snapshot" => send(&mut judge, SentIn::Snapshot),
            "shows" => judge.shows(&shown(match_id.as_str(), told()), now),
            "end" => judge.finish(now),
            verb => panic!("{verb}"),
        }
    }
    judge.report(now)
}

/// The wrong periods: `1000+2500 0-0 missed 0-1`.
fn wrong_of(report: &ClientReport) -> String {
    let period = |period: &WrongPeriod| {
        let WrongPeriod { at, lasted, shown, reason, .. } = period;
        let missed = period.missed.map(|missed| format!(" {missed}")).unwrap_or_default();
        format!("{}+{} {shown} {reason}{missed}", at.as_millis(), lasted.as_millis())
    };
    report.wrong.iter().map(period).collect::<Vec<_>>().join(", ")
}

/// The recoveries: `1000+500 cut`, or `1000+500? cut` if there was none until the end.
fn recoveries_of(report: &ClientReport) -> String {
    let recovery = |recovery: &Recovery| {
        let Recovery { what, at, lasted, recovered, .. } = recovery;
        format!("{}+{}{} {what}", at.as_millis(), lasted.as_millis(), if *recovered { "" } else { "?" })
    };
    report.recoveries.iter().map(recovery).collect::<Vec<_>>().join(", ")
}

const START: &str = "0 connect; 0 both 0-0; 0 shows 0-0";

#[test]
fn a_wrong_period_has_one_reason() {
    for (name, script, wrong) in [
        ("what is right is not wrong", "1000 both 0-1; 1000 shows 0-1; 9000 end", ""),
        ("lag", "1000 both 0-1; 1999 shows 0-1; 9000 end", "1000+999 0-0 late"),
        ("late, but the same score", "1000 both 0-1; 6000 shows 0-1; 9000 end", "1000+5000 0-0 late"),
        ("missed until the end", "1000 both 0-1; 9000 end", "1000+8000 0-0 missed 0-1"),
        (
            "right for just the grace",
            "1000 both 0-1; 2000 both 0-2; 2100 shows 0-2; 9000 end",
            "1000+1100 0-0 missed 0-1",
        ),
        ("right for less", "1000 both 0-1; 1999 both 0-2; 2100 shows 0-2; 9000 end", "1000+1100 0-0 late"),
        ("too little is left at the end", "1000 both 0-1; 1999 end", "1000+999 0-0 late"),
        (
            "shown after it stopped being right",
            "1000 both 0-1; 3000 both 0-2; 3100 shows 0-1; 3200 shows 0-2; 9000 end",
            "1000+2200 0-0 missed 0-1",
        ),
        ("a goal is annulled", "1000 both 0-1; 1000 shows 0-1; 5000 both 0-0!; 9000 end", "5000+4000 0-1 stale 0-0"),
        (
            "annulled, in time",
            "1000 both 0-1; 1000 shows 0-1; 5000 both 0-0!; 5500 shows 0-0; 9000 end",
            "5000+500 0-1 late",
        ),
        (
            "a correction to another side",
            "1000 both 0-1; 1000 shows 0-1; 5000 both 1-0!; 9000 end",
            "5000+4000 0-1 stale 1-0",
        ),
        (
            "a snapshot with a lower total",
            "1000 both 0-1; 1000 shows 0-1; 5000 truth 0-0!; 5000 snapshot 0-0; 9000 end",
            "5000+4000 0-1 stale 0-0",
        ),
        (
            "the event says nothing of a correction",
            "1000 both 0-1; 1000 shows 0-1; 5000 both 0-0; 9000 end",
            "5000+4000 0-1 stale 0-0",
        ),
        ("missed goal before an annulment", "1000 both 0-1; 4000 both 0-0!; 9000 end", "1000+3000 0-0 missed 0-1"),
        (
            "a goal too many",
            "1000 both 0-1; 1000 shows 0-1; 1100 shows 0-2; 1200 shows 0-1; 9000 end",
            "1100+100 0-2 duplicated",
        ),
        (
            "counted twice in place of once",
            "1000 both 0-1; 1100 shows 0-2; 1200 shows 0-1; 9000 end",
            "1000+200 0-2 duplicated",
        ),
        (
            "a goal too many, then the goal",
            "1000 both 0-1; 1000 shows 0-2; 5000 both 0-2; 9000 end",
            "1000+4000 0-2 duplicated",
        ),
        ("for the other side", "1000 both 0-1; 1000 shows 1-0; 1500 shows 0-1; 9000 end", "1000+500 1-0 duplicated"),
        ("back", "1000 both 0-1; 1000 shows 0-1; 3000 shows 0-0; 3010 shows 0-1; 9000 end", "3000+10 0-0 out_of_order"),
        (
            "back soon after the goal",
            "1000 both 0-1; 1000 shows 0-1; 1100 shows 0-0; 1200 shows 0-1; 9000 end",
            "1100+100 0-0 out_of_order",
        ),
        (
            "back, and no longer to come",
            "1000 both 0-1; 1000 shows 0-1; 3000 shows 0-0; 9000 end",
            "3000+6000 0-0 out_of_order",
        ),
        (
            "back before the newer one was shown",
            "1000 both 0-1; 1000 shows 0-1; 3000 both 0-2; 3100 shows 0-0; 3200 shows 0-2; 9000 end",
            "3000+200 0-1 late",
        ),
        (
            "a score that never was",
            "1000 both 0-1; 1000 shows 0-1; 2000 both 1-1; 2000 shows 1-0; 2100 shows 1-1; 9000 end",
            "2000+100 1-0 other",
        ),
        (
            "two wrong periods",
            "1000 both 0-1; 1200 shows 0-1; 3000 both 0-2; 3100 shows 0-2; 9000 end",
            "1000+200 0-0 late, 3000+100 0-1 late",
        ),
        (
            "joins late with a score of before",
            "1000 both 0-1; 1000 shows 0-1; 1000 both 2-0@b; 2000 shows 0-0@b; 9000 end",
            "2000+7000 0-0 missed 2-0",
        ),
        ("joins late and is right", "1000 both 0-1; 1000 shows 0-1; 1000 both 2-0@b; 5000 shows 2-0@b; 9000 end", ""),
    ] {
        let report = play(&format!("{START}; {script}"));
        assert_eq!(wrong_of(&report), wrong, "{name}");
        let counts = [report.missed, report.stale, report.duplicated, report.out_of_order];
        let reasons =
            ["missed", "stale", "duplicated", "out_of_order"].map(|reason| wrong.matches(reason).count() as u64);
        assert_eq!(counts, reasons, "{name}");
        assert_eq!(report.wrong_periods as usize, report.wrong.len(), "{name}");
        let longest = report.wrong.iter().map(|period| period.lasted).max().unwrap_or_default();
        assert_eq!(report.wrong_for(), longest, "{name}");
    }
}

#[test]
fn right_is_the_truth_or_what_was_sent() {
    for (name, script, wrong, feed_wrong) in [
        ("the feed drops a goal", "1000 truth 0-1; 9000 end", "", 8000),
        ("the app knows better", "1000 truth 0-1; 1000 shows 0-1; 9000 end", "", 8000),
        ("the feed invents a goal", "1000 sent 0-1; 1100 shows 0-1; 9000 end", "", 8000),
        ("neither", "1000 sent 0-1; 1000 truth 1-0; 9000 end", "1000+8000 0-0 missed 0-1", 8000),
        ("one heals it", "1000 sent 0-1; 1000 truth 1-0; 1500 shows 0-1; 9000 end", "1000+500 0-0 late", 8000),
        ("a tick tells it", "1000 truth 0-1; 3000 tick 0-1; 3400 shows 0-1; 9000 end", "3000+400 0-0 late", 2000),
        (
            "a tick in between tells nothing new",
            "1000 both 0-1; 1500 tick 0-1; 1900 shows 0-1; 9000 end",
            "1000+900 0-0 late",
            0,
        ),
        (
            "a repeated event changes nothing",
            "1000 both 0-1; 1000 shows 0-1; 2000 both 0-2; 2000 shows 0-2; 3000 again 0-1; 9000 end",
            "",
            0,
        ),
        (
            "nor does it excuse",
            "1000 both 0-1; 1000 shows 0-1; 2000 both 0-2; 2000 shows 0-2; 4000 again 0-1; 4000 shows 0-1; 9000 end",
            "4000+5000 0-1 out_of_order",
            0,
        ),
        ("cut: right as far as it was sent", "1000 lose; 2000 truth 0-1; 9000 end", "", 7000),
        (
            "cut: the truth cannot be known",
            "1000 sent 1-0; 1000 lose; 1000 truth 0-1; 3000 truth 0-2; 3500 shows 1-0; 9000 end",
            "1000+2500 0-0 late",
            8000,
        ),
        (
            "connected: the truth is known",
            "1000 sent 1-0; 1000 truth 0-1; 3000 truth 0-2; 3500 shows 1-0; 9000 end",
            "1000+2500 0-0 missed 0-1",
            8000,
        ),
        (
            "back with a snapshot",
            "1000 lose; 2000 truth 0-1; 5000 connect; 5000 snapshot 0-1; 5200 shows 0-1; 9000 end",
            "5000+200 0-0 late",
            3000,
        ),
    ] {
        let report = play(&format!("{START}; {script}"));
        assert_eq!(wrong_of(&report), wrong, "{name}");
        assert_eq!(report.feed_wrong_for.as_millis(), feed_wrong, "{name}");
    }
}

#[test]
fn a_recovery_ends_once_the_client_is_connected_and_shows_the_truth() {
    for (name, script, recoveries, longest) in [
        ("none", "1000 both 0-1; 9000 end", "", 0),
        (
            "cut",
            "1000 fault cut; 1000 lose; 2000 truth 0-1; 3000 connect; 3500 shows 0-1; 9000 end",
            "1000+2500 cut",
            2500,
        ),
        ("cut, and nothing has changed", "1000 fault cut; 1010 lose; 3000 connect; 9000 end", "1000+2000 cut", 2000),
        (
            "the disconnect first",
            "1000 lose; 1000 fault cut; 3000 connect; 9000 end",
            "1000+2000 disconnected by a fault, 1000+2000 cut",
            2000,
        ),
        ("no disconnect", "1000 fault stall; 2000 both 0-1; 9000 end", "1000+0 stall", 0),
        ("by the server", "1000 kick; 3000 connect; 9000 end", "1000+2000 disconnected by the server", 2000),
        ("by the client", "1000 leave; 3000 connect; 9000 end", "", 0),
        (
            "another connection is left",
            "500 connect 2; 1000 lose 1; 3000 kick 2; 4000 connect 3; 9000 end",
            "3000+1000 disconnected by the server",
            1000,
        ),
        (
            "wrong while disconnected",
            "1000 kick; 2000 truth 0-1; 2500 shows 0-1; 3000 connect; 9000 end",
            "1000+2000 disconnected by the server",
            2000,
        ),
        ("not recovered", "1000 fault cut; 1000 lose; 9000 end", "1000+8000? cut", 0),
        (
            "connected, but still wrong",
            "1000 fault cut; 1000 lose; 2000 truth 0-1; 3000 connect; 9000 end",
            "1000+8000? cut",
            0,
        ),
        (
            "two faults, one recovery",
            "1000 fault cut; 1000 lose; 2000 fault refuse; 3000 connect; 9000 end",
            "1000+2000 cut, 2000+1000 refuse",
            2000,
        ),
        (
            "two recoveries",
            "1000 fault cut; 1000 lose; 3000 connect; 5000 fault cut; 5000 lose; 6000 connect; 9000 end",
            "1000+2000 cut, 5000+1000 cut",
            2000,
        ),
        (
            "an old fault is not the cause",
            "1000 fault cut; 1000 lose; 3000 connect; 5000 kick; 6000 connect; 9000 end",
            "1000+2000 cut, 5000+1000 disconnected by the server",
            2000,
        ),
        (
            "all matches",
            "500 both 0-0@b; 500 shows 0-0@b; 1000 kick; 2000 truth 1-0@b; 3000 connect; 4000 shows 1-0@b; 9000 end",
            "1000+3000 disconnected by the server",
            3000,
        ),
        (
            "only those that are shown",
            "500 both 0-0@b; 1000 kick; 2000 truth 1-0@b; 3000 connect; 9000 end",
            "1000+2000 disconnected by the server",
            2000,
        ),
    ] {
        let report = play(&format!("{START}; {script}"));
        assert_eq!(recoveries_of(&report), recoveries, "{name}");
        assert_eq!(report.longest_recovery.map_or(0, |recovery| recovery.lasted.as_millis()), longest, "{name}");
        assert_eq!(report.not_recovered.is_some(), recoveries.contains('?'), "{name}");
        assert_eq!(report.faults as usize, report.recoveries.len(), "{name}");
    }
}

#[test]
fn connections_are_counted() {
    let report =
        play("0 connect 1 reset; 1 lose 1; 2 connect 2 resumed; 3 connect 3 reset; 4 connect 4; 5 end; 6 connect 5");
    assert_eq!(report.connections, 4);
    assert_eq!(report.reconnects, Reconnects { total: 3, resumed: 1, reset: 1, without_cursor: 1 });
}

#[test]
fn a_client_that_has_left_shows_nothing_unless_it_comes_back() {
    let left = "1000 both 0-1; 1000 shows 0-1; 2000 leave; 3000 truth 0-2; 3000 sent 0-2";
    assert_eq!(wrong_of(&play(&format!("{START}; {left}; 9000 end"))), "");
    let back = format!("{START}; {left}; 8000 connect; 9000 end");
    assert_eq!(wrong_of(&play(&back)), "3000+6000 0-1 missed 0-2");
    let still_there = format!("{START}; {left}; 8000 shows 0-1; 9000 end");
    assert_eq!(wrong_of(&play(&still_there)), "3000+6000 0-1 missed 0-2");
}

#[test]
fn nothing_is_judged_without_something_to_compare_with() {
    let report = play("0 connect; 0 shows 0-7; 500 both 0-0; 700 shows 0-0; 900 end; 901 shows 0-9");
    assert_eq!((report.judged, report.not_judged), (1, 1));
    assert_eq!(wrong_of(&report), "500+200 0-7 late", "wrong once there is a score");
    assert_eq!(play("0 connect; 0 both 0-1; 9000 end").judged, 0);
}

#[test]
fn everything_that_is_kept_is_bounded() {
    let (begin, mut millis) = (Instant::now(), 0);
    let mut judge = ClientJudge::new("app", begin);
    let mut next = || {
        millis += 1;
        begin + Duration::from_millis(millis)
    };
    for number in 0..MAX_MATCHES + 3 {
        judge.truth(
            &number.to_string().into(),
            &TrueScore { score: score("0-0"), is_correction: false, clock: None },
            next(),
        );
        judge.shows(&shown(&number.to_string(), score("0-0")), next());
    }
    for _ in 0..300 {
        judge.shows(&shown("0", score("0-1")), next());
        judge.shows(&shown("0", score("0-0")), next());
        judge.fault("cut", next());
        judge.connected(7, None, next());
    }
    let report = judge.report(next());
    assert_eq!((report.judged as usize, report.not_judged), (MAX_MATCHES + 600, 3));
    assert_eq!((report.wrong.len(), report.wrong_periods, report.duplicated), (MAX_LISTED, 300, 300));
    assert_eq!((report.recoveries.len(), report.faults), (MAX_LISTED, 300));
    assert!(report.longest_recovery.is_some() && report.not_recovered.is_none());
}

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
        assert_eq!(verdict.to_junit(&[]).contains(" failures=\"0\""), verdict.passed(), "{scripts:?}");
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
    let xml = missed_goal().to_junit(&[]);
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
