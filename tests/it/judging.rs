//! Clients that say what they show are judged by what their connections were really sent, under virtual time and over both drivers.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use touchline::internals::hub::Framing;
use touchline::internals::server::parse_parameters;
use touchline::internals::verdict::{ClientReport, client_reports};
use touchline::playback::{Command, PlaybackOptions, Position};
use touchline::replay::ReplayOptions;
use touchline::scenario::{SHIPPED, Timeline};

use super::harness::{Harness, PIPE_BYTES};
use super::misbehaving_clients::for_each_mode;
use super::pipes::{Handshake, TestHub};

fn options() -> ReplayOptions {
    let from = Position::parse("89:00").ok();
    let playback = PlaybackOptions { paused: true, from, ..PlaybackOptions::default() };
    ReplayOptions { playback, ..ReplayOptions::default() }
}

fn flagship() -> Arc<Timeline> {
    Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")))
}

async fn later(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

async fn command(scene: &Harness, line: &str) {
    scene.control.apply(Command::parse_line(line).expect(line)).await.expect(line);
    scene.settle().await;
}

fn shows(scene: &mut Harness, client: &str, score: &str) {
    let text = format!(r#"{{"command":"shows","id":1,"match":"juv-nap","score":"{score}"}}"#);
    scene.subscriber(client).send_text(&text);
}

/// Subscribes, and says that 0-0 is shown.
async fn subscribe_showing(scene: &mut Harness, client: &str, query: &str) {
    scene.subscribe(client, query, PIPE_BYTES);
    scene.settle().await;
    shows(scene, client, "0-0");
}

fn report(scene: &Harness, client: &str) -> ClientReport {
    let reports = client_reports(&scene.replay);
    let found = reports.iter().find(|report| &*report.client == client);
    found.unwrap_or_else(|| panic!("{client} among {reports:#?}")).clone()
}

#[test]
fn an_app_is_judged_from_the_first_time_it_says_what_it_shows() {
    for_each_mode(async |mode| {
        let mut scene = Harness::new(mode, flagship(), options());
        for client in ["right", "wrong"] {
            scene.subscribe(client, &format!("client={client}"), PIPE_BYTES);
        }
        scene.subscribe("mute", "", PIPE_BYTES);
        scene.settle().await;
        for client in ["right", "wrong"] {
            shows(&mut scene, client, "0-0");
            scene.settle().await;
            let replies = scene.subscriber(client).received();
            assert!(replies.iter().any(|text| text.starts_with(r#"{"kind":"reply","id":1,"ok":true}"#)), "{replies:?}");
        }
        command(&scene, "step koulibaly-goal").await;
        later(1).await;
        shows(&mut scene, "right", "0-1");
        later(9).await;
        let (right, wrong) = (report(&scene, "right"), report(&scene, "wrong"));
        assert_eq!((right.missed, wrong.missed), (0, 1));
        assert_eq!((right.wrong_for().as_secs(), wrong.wrong_for().as_secs()), (1, 10));
        assert_eq!(client_reports(&scene.replay).len(), 2, "nothing is said of one that says nothing");
        // All are sent the same, judged or not.
        let texts = ["right", "wrong", "mute"].map(|client| {
            let texts = scene.subscriber(client).received();
            texts.into_iter().filter(|text| text.starts_with(r#"{"kind":"event""#)).collect::<Vec<_>>()
        });
        assert!(texts[0] == texts[1] && texts[1] == texts[2] && !texts[0].is_empty(), "{texts:?}");
    });
}

#[test]
fn an_app_that_comes_back_is_the_same_client_whatever_its_transport() {
    for_each_mode(async |mode| {
        let mut scene = Harness::new(mode, flagship(), options());
        subscribe_showing(&mut scene, "first", "client=phone").await;
        scene.settle().await;
        scene.disconnect("first");
        scene.settle().await;
        command(&scene, "step koulibaly-goal").await;
        // It comes back as server-sent events, on which it can say nothing, and closes.
        scene.subscribe_as("second", Framing::Sse, false, "client=phone&since=start", PIPE_BYTES);
        scene.settle().await;
        let between = report(&scene, "phone");
        assert_eq!((between.connections, between.reconnects.without_cursor), (2, 1), "{between:?}");
        scene.subscribe("third", "client=phone", PIPE_BYTES);
        scene.settle().await;
        shows(&mut scene, "third", "0-1");
        scene.settle().await;
        assert_eq!(report(&scene, "phone").connections, 3);
    });
}

#[test]
fn an_app_that_closes_has_left_and_is_not_lost() {
    for_each_mode(async |mode| {
        let mut scene = Harness::new(mode, flagship(), options());
        for client in ["closes", "is cut"] {
            subscribe_showing(&mut scene, client, &format!("client={}", client.replace(' ', "-"))).await;
            scene.settle().await;
        }
        scene.subscriber("closes").send_close();
        command(&scene, "fault cut client=is-cut").await;
        later(20).await;
        assert_eq!(report(&scene, "closes").not_recovered, None);
        let lost = report(&scene, "is-cut").not_recovered.expect("it was cut");
        assert!(lost.lasted.as_secs() == 20 && lost.what.contains("cut"), "{lost:?}");
    });
}

#[test]
fn an_unknown_match_and_a_wrong_score_are_refused() {
    for_each_mode(async |mode| {
        let mut scene = Harness::new(mode, flagship(), options());
        scene.subscribe("a", "", PIPE_BYTES);
        scene.settle().await;
        for (text, message) in [
            (r#"{"command":"shows","match":"juv-npa","score":"0-0"}"#, "did you mean \\\"juv-nap\\\""),
            (r#"{"command":"shows","match":"juv-nap","score":"0:0"}"#, "score"),
            (r#"{"command":"shows","match":"juv-nap","scor":"0-0"}"#, "did you mean \\\"score\\\""),
            (r#"{"command":"shows","score":"0-0"}"#, "match"),
            ("shows 0-0", "as JSON"),
        ] {
            scene.subscriber("a").send_text(text);
            scene.settle().await;
            let answers = scene.subscriber("a").received();
            let refused = answers.iter().find(|answer| answer.starts_with(r#"{"kind":"error""#)).expect(text);
            assert!(refused.contains(message), "{text}: {refused}");
        }
        assert!(client_reports(&scene.replay).is_empty());
    });
}

#[test]
fn a_judged_app_is_cut_once_by_a_fault_that_happens_once() {
    for_each_mode(async |mode| {
        let mut scene = Harness::new(mode, flagship(), options());
        subscribe_showing(&mut scene, "first", "client=phone").await;
        command(&scene, "fault cut").await;
        assert!(scene.subscriber("first").is_over());
        // It is known, and so judged from its hello on.
        scene.subscribe("second", "client=phone", PIPE_BYTES);
        later(3).await;
        command(&scene, "step koulibaly-goal").await;
        assert!(!scene.subscriber("second").is_over(), "cut again");
        let frames = scene.subscriber("second").received();
        assert!(frames.iter().any(|text| text.contains(r#""id":"koulibaly-goal""#)), "{frames:?}");
    });
}

#[test]
fn a_judged_app_meets_with_the_faults_of_its_replay_from_its_first_byte_on() {
    for_each_mode(async |mode| {
        let mut scene = Harness::new(mode, flagship(), options());
        subscribe_showing(&mut scene, "first", "client=phone").await;
        scene.settle().await;
        scene.disconnect("first");
        command(&scene, "faults delay:by=5s").await;
        scene.subscribe("second", "client=phone", PIPE_BYTES);
        later(4).await;
        assert_eq!(scene.subscriber("second").received(), Vec::<String>::new());
        later(2).await;
        assert!(scene.subscriber("second").received()[0].starts_with(r#"{"kind":"hello""#));
    });
}

#[test]
fn two_apps_without_a_name_are_two_clients_also_before_their_hello() {
    for_each_mode(async |mode| {
        let mut scene = Harness::new(mode, flagship(), options());
        subscribe_showing(&mut scene, "first", "").await;
        scene.settle().await;
        scene.disconnect("first");
        // What is sent is held back, so that nobody has a hello.
        command(&scene, "faults delay:by=5s").await;
        for client in ["second", "third"] {
            scene.subscribe(client, "", PIPE_BYTES);
            scene.settle().await;
        }
        later(10).await;
        for client in ["second", "third"] {
            shows(&mut scene, client, "0-0");
        }
        later(10).await;
        let reports = client_reports(&scene.replay);
        let connections: Vec<u64> = reports.iter().map(|report| report.connections).collect();
        assert_eq!(connections, [2, 1], "{reports:?}");
    });
}

#[test]
fn an_app_that_a_fault_brings_down_has_not_left() {
    for_each_mode(async |mode| {
        let mut scene = Harness::new(mode, flagship(), options());
        subscribe_showing(&mut scene, "app", "client=app").await;
        command(&scene, "fault corrupt what=json").await;
        command(&scene, "step koulibaly-goal").await;
        // It cannot read the goal, and ends.
        scene.disconnect("app");
        later(20).await;
        let lost = report(&scene, "app").not_recovered.expect("it has not left by itself");
        assert_eq!(lost.lasted.as_secs(), 20, "{lost:?}");
    });
}

#[test]
fn a_replay_that_is_closed_does_not_wait_for_what_a_fault_holds_back() {
    for_each_mode(async |mode| {
        let mut scene = Harness::new(mode, flagship(), options());
        scene.subscribe("app", "", PIPE_BYTES);
        scene.settle().await;
        command(&scene, "fault stall for=24h").await;
        scene.stop();
        later(3).await;
        assert!(scene.subscriber("app").is_over());
    });
}

#[test]
fn a_report_right_behind_the_request_is_taken() {
    for_each_mode(async |mode| {
        let hub = TestHub::new(mode);
        let opened = hub.hub.open("main", flagship(), options()).expect("a replay");
        let shown = br#"{"command":"shows","match":"juv-nap","score":"0-0"}"#;
        // A masked text frame (RFC 6455, section 5.2), with a mask of zeros.
        let leftover = [&[0x81, 0x80 | shown.len() as u8, 0, 0, 0, 0], &shown[..]].concat();
        let response_head = b"HTTP/1.1 101 Switching Protocols\r\n\r\n".to_vec();
        let handshake = Handshake { response_head, leftover };
        let join = parse_parameters("", &opened.replay.timeline()).expect("parameters");
        let (mut pipe, _) = hub.connect_with(&opened.replay, opened.control, join, PIPE_BYTES, handshake);
        later(1).await;
        assert_eq!(client_reports(&opened.replay)[0].judged, 1);
        let mut received = vec![0; PIPE_BYTES];
        let read = pipe.read(&mut received).await.expect("received");
        let text = String::from_utf8_lossy(&received[..read]);
        assert!(text.starts_with("HTTP/1.1 101 ") && text.contains(r#"{"kind":"snapshot""#), "{mode:?}: {text}");
    });
}
