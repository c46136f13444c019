//! The rules of the judge, each as a script of what happens and the findings that follow.

use std::time::{Duration, Instant};

use super::client_report::Reconnects;
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
pub(super) fn play(script: &str) -> ClientReport {
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

pub(super) const START: &str = "0 connect; 0 both 0-0; 0 shows 0-0";

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
            "a score that never was, for long",
            "1000 both 0-1; 1000 shows 0-1; 2000 both 1-1; 2000 shows 1-0; 9000 end",
            "2000+7000 1-0 other",
        ),
        (
            "first other, then a goal too many",
            "1000 both 0-1; 1000 shows 0-1; 2000 both 1-1; 2000 shows 1-0; 2100 shows 2-0; 2200 shows 1-1; 9000 end",
            "2000+200 2-0 duplicated",
        ),
        (
            "first a goal too many, then other",
            "1000 both 0-1; 1000 shows 0-1; 2000 both 1-1; 2000 shows 2-0; 2100 shows 1-0; 2200 shows 1-1; 9000 end",
            "2000+200 2-0 duplicated",
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
        ("still what was sent", "1000 both 0-1; 3000 truth 0-2; 3500 shows 0-1; 9000 end", "1000+2500 0-0 late", 6000),
        (
            "what was overdue in the period before",
            "1000 sent 1-0; 1000 truth 0-1; 4000 shows 1-0; 8500 sent 2-0; 9000 end",
            "1000+3000 0-0 late, 8500+500 1-0 late",
            8000,
        ),
        (
            "a truth that was shown is not missed",
            "1000 truth 0-1; 1000 shows 0-1; 1200 shows 0-0; 1500 sent 0-2; 2400 sent 0-3; 3300 sent 0-4; 3500 end",
            "1500+2000 0-0 late",
            2500,
        ),
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
