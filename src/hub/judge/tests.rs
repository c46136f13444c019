use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;

use super::*;
use crate::hub::{Control, Hub, Opened, ReplayOptions};
use crate::playback::{Command, PlaybackOptions, Position};
use crate::scenario::{SHIPPED, Timeline};
use crate::verdict::{Expectations, RunOutcome, Verdict};

/// The flagship, paused before Koulibaly's goal, and its judge.
fn before_the_goal(records: bool) -> (Arc<Hub>, Control, Arc<ReplayJudge>) {
    let timeline = Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")));
    let from = Position::parse("89:00").ok();
    let playback = PlaybackOptions { paused: true, from, ..PlaybackOptions::default() };
    let hub = Hub::new();
    let options = ReplayOptions { playback, ..ReplayOptions::default() };
    let Opened { replay, control } = hub.open("main", timeline, options).expect("a replay");
    let judge = replay.start_judge(records, &Handle::current()).clone();
    (hub, control, judge)
}

fn shown(score: &str) -> Shown {
    let fields = serde_json::json!({"command": "shows", "match": "juv-nap", "score": score});
    Shown::decode(fields.as_object().expect("an object")).expect("a score")
}

async fn later(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// A connection that has been sent hello and a snapshot.
fn connect(judge: &Arc<ReplayJudge>, name: Option<&str>, number: u32, hello: &str) -> JudgedConnection {
    let name = name.map(Arc::from);
    let mut connection = judge.connect(name.as_ref(), number).expect("a client");
    send(&mut connection, hello);
    connection
}

fn send(connection: &mut JudgedConnection, text: &str) {
    connection.sent(&Bytes::copy_from_slice(text.as_bytes()), runtime_now());
}

const HELLO: &str = r#"{"kind":"hello"}"#;
const RESUMED: &str = r#"{"kind":"hello","resumed":"ok"}"#;
const SNAPSHOT: &str = r#"{"kind":"snapshot","match":"juv-nap","state":{"score":{"home":0,"away":0}}}"#;
const GOAL: &str =
    r#"{"kind":"event","match":"juv-nap","n":87,"id":"koulibaly-goal","rev":0,"op":"add","score":{"home":0,"away":1}}"#;

#[tokio::test(start_paused = true)]
async fn a_client_that_misses_a_goal_is_told_apart_from_one_that_shows_it() {
    let (_hub, control, judge) = before_the_goal(false);
    let mut clients = ["right", "wrong"].map(|name| connect(&judge, Some(name), 1, HELLO));
    for client in &mut clients {
        send(client, SNAPSHOT);
        client.shows(&shown("0-0"));
    }
    later(5).await;
    control.apply(Command::parse_line("step koulibaly-goal").expect("a command")).await.expect("applied");
    for client in &mut clients {
        send(client, GOAL);
    }
    clients[0].shows(&shown("0-1"));
    later(5).await;
    let reports = judge.reports();
    assert_eq!(reports.iter().map(|report| report.missed).collect::<Vec<_>>(), [0, 1]);
    assert_eq!((reports[0].wrong_for(), reports[1].wrong_for()), (Duration::ZERO, Duration::from_secs(5)));
    let verdict = Verdict::new(reports.into_iter().map(|report| ("main".to_owned(), report)), Expectations::default());
    assert_eq!(verdict.outcome, RunOutcome::Failed);
    assert!(verdict.failures.iter().all(|failure| failure.client == "wrong"), "{:?}", verdict.failures);
    assert!(verdict.failures[0].detail.contains("showed 0-0"), "{}", verdict.failures[0].detail);
}

#[tokio::test(start_paused = true)]
async fn a_repetition_tells_nothing_and_a_new_epoch_forgets_what_was_known() {
    let (_hub, control, judge) = before_the_goal(false);
    let mut client = connect(&judge, Some("a"), 1, HELLO);
    send(&mut client, SNAPSHOT);
    control.apply(Command::parse_line("step koulibaly-goal").expect("a command")).await.expect("applied");
    send(&mut client, GOAL);
    send(&mut client, GOAL);
    client.shows(&shown("0-2"));
    later(3).await;
    assert_eq!(judge.reports()[0].duplicated, 1, "the goal was counted twice");
    client.shows(&shown("0-1"));
    // After a seek the same event comes again.
    send(&mut client, r#"{"kind":"playback","epoch":2}"#);
    send(&mut client, SNAPSHOT);
    client.shows(&shown("0-0"));
    later(3).await;
    send(&mut client, GOAL);
    client.shows(&shown("0-1"));
    later(3).await;
    let report = &judge.reports()[0];
    assert_eq!((report.duplicated, report.wrong_periods), (1, 1), "{:?}", report.wrong);
}

#[tokio::test(start_paused = true)]
async fn a_client_is_one_over_its_connections() {
    let (_hub, _control, judge) = before_the_goal(false);
    for (name, clients) in [(Some("phone"), "phone"), (None, "subscriber 3")] {
        let mut first = connect(&judge, name, 3, HELLO);
        send(&mut first, SNAPSHOT);
        first.shows(&shown("0-0"));
        first.ended_by = DisconnectedBy::Fault;
        drop(first);
        assert!(judge.awaits(name.map(Arc::from).as_ref()) && !judge.awaits(Some(&"another".into())));
        later(4).await;
        let second = connect(&judge, name, 4, RESUMED);
        later(2).await;
        let reports = judge.reports();
        let report = reports.iter().find(|report| &*report.client == clients).expect("one client");
        assert_eq!((report.connections, report.reconnects.resumed), (2, 1));
        let recovery = report.longest_recovery.as_ref().expect("it came back");
        assert_eq!(recovery.lasted, Duration::from_secs(4));
        drop(second);
    }
    // One without a name does not take over a client that is connected.
    let both = [5, 6].map(|number| connect(&judge, None, number, HELLO));
    assert_eq!(judge.reports().len(), 3);
    drop(both);
}

#[tokio::test(start_paused = true)]
async fn over_http_a_client_is_judged_by_the_truth() {
    let (_hub, control, judge) = before_the_goal(false);
    let name = Arc::from("web");
    judge.shows(&name, &shown("0-0")).expect("a match");
    control.apply(Command::parse_line("step koulibaly-goal").expect("a command")).await.expect("applied");
    later(5).await;
    assert_eq!(judge.reports()[0].wrong_for(), Duration::from_secs(5));
    let unknown = Shown { match_id: MatchId::from("juv-npa"), ..shown("0-0") };
    let refused = judge.shows(&name, &unknown).expect_err("no such match");
    assert!(refused.code == ErrorCode::UnknownMatch && refused.message.contains("did you mean"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn frames_are_recorded_only_where_everything_is() {
    for records in [false, true] {
        let (_hub, _control, judge) = before_the_goal(records);
        let mut client = connect(&judge, Some("a"), 1, HELLO);
        send(&mut client, SNAPSHOT);
        client.shows(&shown("0-0"));
        client.fault("stall");
        drop(client);
        let recorded = judge.recorded();
        let sent = recorded.iter().filter(|entry| matches!(entry.what, Recorded::Sent(_))).count();
        assert_eq!((judge.records(), sent), (records, if records { 2 } else { 0 }));
        let others: Vec<&Recorded> =
            recorded.iter().map(|entry| &entry.what).filter(|what| !matches!(what, Recorded::Sent(_))).collect();
        assert!(
            matches!(
                others[..],
                [
                    Recorded::Connected { resumed: None },
                    Recorded::Truth { .. },
                    Recorded::Shows { truth: Some(_), .. },
                    Recorded::Fault(_),
                    Recorded::Disconnected(DisconnectedBy::Client)
                ]
            ),
            "{others:?}"
        );
    }
}
