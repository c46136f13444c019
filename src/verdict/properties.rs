//! Properties of the judge that hold for any sequence of calls.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::tests::shown;
use super::wrong_period::Reason;
use super::*;
use crate::football::{MatchId, Score};

/// A call of the judge. Of two matches, few scores and few connections, so that calls concern each other.
#[derive(Debug, Clone)]
enum Call {
    Connected(u32, Option<bool>),
    Disconnected(u32, DisconnectedBy),
    Fault,
    Truth(u8, Score, bool),
    Sent(u8, Score, SentIn),
    Shows(u8, Score),
    Finish,
}

fn id(number: u8) -> MatchId {
    number.to_string().into()
}

fn any_score() -> impl Strategy<Value = Score> {
    prop_oneof![
        9 => (0_u16..3, 0_u16..3).prop_map(|(home, away)| Score { home, away }),
        1 => (any::<u16>(), any::<u16>()).prop_map(|(home, away)| Score { home, away }),
    ]
}

fn any_frame() -> impl Strategy<Value = SentIn> {
    prop_oneof![
        Just(SentIn::Snapshot),
        Just(SentIn::Tick),
        (any::<bool>(), prop::bool::weighted(0.2)).prop_map(|(is_correction, repeated)| SentIn::Event {
            n: 1,
            is_correction,
            repeated
        }),
    ]
}

fn any_call() -> impl Strategy<Value = Call> {
    let by = prop::sample::select(vec![DisconnectedBy::Fault, DisconnectedBy::Client, DisconnectedBy::Server]);
    prop_oneof![
        20 => (0_u32..3, any::<Option<bool>>()).prop_map(|(subscriber, resumed)| Call::Connected(subscriber, resumed)),
        20 => (0_u32..3, by).prop_map(|(subscriber, by)| Call::Disconnected(subscriber, by)),
        10 => Just(Call::Fault),
        40 => (0_u8..2, any_score(), any::<bool>()).prop_map(|(id, score, corrects)| Call::Truth(id, score, corrects)),
        40 => (0_u8..2, any_score(), any_frame()).prop_map(|(id, score, frame)| Call::Sent(id, score, frame)),
        60 => (0_u8..2, any_score()).prop_map(|(id, score)| Call::Shows(id, score)),
        1 => Just(Call::Finish),
    ]
}

/// Calls with the time from one to the next, which may be negative.
fn any_calls() -> impl Strategy<Value = Vec<(i64, Call)>> {
    prop::collection::vec((prop_oneof![Just(0), 0_i64..400, -300_i64..3_000], any_call()), 0..60)
}

fn after(now: Instant, millis: i64) -> Instant {
    let by = Duration::from_millis(millis.unsigned_abs());
    if millis < 0 { now.checked_sub(by).unwrap_or(now) } else { now + by }
}

fn call(judge: &mut ClientJudge, call: &Call, now: Instant) {
    match call {
        Call::Connected(subscriber, resumed) => judge.connected(*subscriber, *resumed, now),
        Call::Disconnected(subscriber, by) => judge.disconnected(*subscriber, *by, now),
        Call::Fault => judge.fault("cut", now),
        Call::Truth(number, score, is_correction) => {
            judge.truth(&id(*number), &TrueScore { score: *score, is_correction: *is_correction, clock: None }, now);
        }
        Call::Sent(number, score, sent_in) => {
            judge.sent(&id(*number), &SentScore { score: *score, sent_in: *sent_in, clock: None }, now);
        }
        Call::Shows(number, score) => judge.shows(&shown(id(*number).as_str(), *score), now),
        Call::Finish => judge.finish(now),
    }
}

/// What an app is sent of match 0, and whether that is the truth.
fn any_feed(gap: impl Strategy<Value = i64>) -> impl Strategy<Value = Vec<(i64, Score, Option<Score>)>> {
    prop::collection::vec((gap, any_score(), any::<bool>(), any_score()), 1..30).prop_map(|feed| {
        feed.into_iter().map(|(gap, sent, agrees, truth)| (gap, sent, (!agrees).then_some(truth))).collect()
    })
}

/// The report of an app that shows everything it is sent this much later.
fn delayed_app(feed: &[(i64, Score, Option<Score>)], delay: i64) -> ClientReport {
    let begin = Instant::now();
    let mut judge = ClientJudge::new("app", begin);
    judge.connected(1, None, begin);
    // Of what happens at one instant, what is sent comes first.
    let (mut at, mut calls) = (0, Vec::new());
    for (gap, sent, truth) in feed {
        at += gap;
        let event = SentIn::Event { n: 1, is_correction: false, repeated: false };
        calls.push((at, 0, Call::Truth(0, truth.unwrap_or(*sent), false)));
        calls.push((at, 0, Call::Sent(0, *sent, event)));
        calls.push((at + delay, 1, Call::Shows(0, *sent)));
    }
    calls.sort_by_key(|(at, order, _)| (*at, *order));
    for (at, _, made) in &calls {
        call(&mut judge, made, after(begin, *at));
    }
    judge.report(after(begin, at + 5_000))
}

proptest! {
    #[test]
    fn any_calls_are_judged_and_a_report_in_between_is_that_of_a_judge_stopped_there(calls in any_calls()) {
        let begin = Instant::now();
        let (mut judge, mut now) = (ClientJudge::new("app", begin), begin);
        for (millis, made) in &calls {
            now = after(now, *millis);
            call(&mut judge, made, now);
            let report = judge.report(now);
            let mut stopped = judge.clone();
            stopped.finish(now);
            call(&mut stopped, &Call::Shows(0, Score { home: 7, away: 7 }), now + Duration::from_secs(3));
            prop_assert_eq!(&stopped.report(now + Duration::from_secs(9)), &report);
            let counted = report.missed + report.stale + report.duplicated + report.out_of_order;
            prop_assert!(counted <= report.wrong_periods);
            prop_assert_eq!(report.wrong_periods as usize, report.wrong.len());
        }
        let verdict = Verdict::new([("main".to_owned(), judge.report(now))], Expectations::default());
        prop_assert_eq!(verdict.passed(), verdict.failures.is_empty() && verdict.clients[0].report.judged > 0);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&verdict.to_json().expect("JSON")).is_ok());
        prop_assert_eq!(verdict.to_text().lines().count(), 2 + verdict.failures.len());
    }

    #[test]
    fn an_app_that_lags_less_than_the_grace_has_nothing_counted(feed in any_feed(0_i64..1_500), delay in 0_i64..1_000) {
        let report = delayed_app(&feed, delay);
        let counts = [report.missed, report.stale, report.duplicated, report.out_of_order];
        prop_assert_eq!(counts, [0; 4], "{:#?}", report.wrong);
        prop_assert!(report.wrong.iter().all(|period| period.reason == Reason::Late));
    }

    #[test]
    fn an_app_that_lags_is_wrong_for_no_longer_than_it_lags(feed in any_feed(1_000_i64..2_500), delay in 0_i64..1_000) {
        prop_assert!(delayed_app(&feed, delay).wrong_for() <= Duration::from_millis(delay as u64));
    }

    #[test]
    fn an_app_that_shows_the_truth_is_never_wrong(calls in any_calls()) {
        let begin = Instant::now();
        let (mut judge, mut now) = (ClientJudge::new("app", begin), begin);
        let calls = calls.iter().filter(|(_, made)| !matches!(made, Call::Shows(..)));
        for (millis, made) in calls {
            now = after(now, *millis);
            call(&mut judge, made, now);
            if let Call::Truth(number, score, _) = made {
                call(&mut judge, &Call::Shows(*number, *score), now);
            }
        }
        prop_assert_eq!(judge.report(now).wrong_periods, 0);
    }

    #[test]
    fn ticks_that_repeat_the_score_change_nothing(calls in any_calls(), every in 1_i64..400) {
        let begin = Instant::now();
        let judges = [false, true].map(|ticks| {
            let (mut judge, mut now) = (ClientJudge::new("app", begin), begin);
            let mut sent = [None; 2];
            for (millis, made) in &calls {
                let next = after(now, *millis);
                let mut tick = now;
                while ticks && tick < next {
                    for (number, score) in (0..).zip(sent) {
                        let tell = |score| Call::Sent(number, score, SentIn::Tick);
                        score.map(tell).iter().for_each(|made| call(&mut judge, made, tick));
                    }
                    tick += Duration::from_millis(every as u64);
                }
                now = next;
                call(&mut judge, made, now);
                if let Call::Sent(number, score, frame) = made {
                    let last = &mut sent[usize::from(*number)];
                    let repeats = matches!(frame, SentIn::Event { repeated: true, .. }) && last.is_some();
                    *last = if repeats { *last } else { Some(*score) };
                }
            }
            judge.report(now)
        });
        prop_assert_eq!(&judges[0], &judges[1]);
    }
}
