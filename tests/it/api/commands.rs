//! Commands over HTTP, and barriers: a step that is answered once all subscribers have its events.

use futures::future::join_all;
use serde_json::{Value, json};
use socket2::SockRef;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use touchline::internals::hub::Framing;

use crate::real::{DRIVERS, TestServer, TestSubscriber, numbers, path};
use crate::wire::FRAMINGS;

#[tokio::test]
async fn each_command_is_answered_with_its_effect() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        let stepped = server.command("main", r#"{"command":"step","count":3,"id":7}"#).await;
        assert_eq!(
            (&stepped["ok"], &stepped["from"], &stepped["to"], &stepped["reached"], &stepped["subscribers"]),
            (&json!(true), &json!(0), &json!(3), &json!(true), &json!(0))
        );
        for (line, key, value) in [
            (r#"{"command":"speed","to":120}"#, "speed", json!(120)),
            (r#"{"command":"seek","to":"89:07","lead":"20s"}"#, "epoch", json!(2)),
            (r#"{"command":"play"}"#, "state", json!("playing")),
            ("pause", "state", json!("paused")),
            ("seek HT", "epoch", json!(3)),
            ("loop on", "loop", json!(true)),
            (r#"{"command":"pace","to":"highlights"}"#, "pace", json!("highlights")),
            ("loop off", "loop", json!(null)),
            ("pace off", "pace", json!(null)),
            ("restart", "at", json!(0)),
        ] {
            let answer = server.command("main", line).await;
            assert_eq!((&answer["ok"], &answer["playback"][key]), (&json!(true), &value), "{line}: {answer}");
        }
        let before = server.get("/state").await.expect_json(200);
        let nowhere = server.post("/api/replays/main/command", r#"{"command":"step","until":"next:red_card"}"#).await;
        let message = nowhere.expect_error(404, "not_found");
        assert!(message.contains("no red_card ahead") && message.contains("ahead are HT, FT"), "{message}");
        let after = server.get("/state").await.expect_json(200);
        assert_eq!((&after["n"], &after["playback"]["version"]), (&before["n"], &before["playback"]["version"]));
        let to_the_end = r#"{"command":"step","until":"next:red_card","or":"end"}"#;
        let end = server.command("main", to_the_end).await;
        assert_eq!((&end["to"], &end["reached"]), (&json!(101), &json!(false)), "there is none: {end}");
        server.post("/api/replays/main/command", "step").await.expect_error(404, "not_found");
    }
}

#[tokio::test]
async fn a_response_uses_the_clock_of_its_match() {
    let server = TestServer::with_delivery_loop(true).await;
    for (line, clock, status, score) in [
        ("pause", "-1:00", "scheduled", 0),
        ("seek HT", "00:00", "half_time", 0),
        ("step 60:12", "60:12", "second_half", 0),
        ("speed 13.666666666666668", "60:12", "second_half", 0),
        ("step koulibaly-goal", "89:07", "second_half", 1),
        ("seek 100%", "01:40", "full_time", 1),
    ] {
        let answer = server.command("main", line).await;
        let now = &answer["now"];
        assert_eq!(
            (&now["match"], &now["clock"], &now["status"], &now["score"]["away"], &answer["in_play"]),
            (&json!("juv-nap"), &json!(clock), &json!(status), &json!(score), &Value::Null),
            "{line}: {answer}"
        );
        assert_eq!(answer["beyond"], Value::Null, "{line}");
    }
    for (line, beyond) in [("seek 120:00", true), ("seek -9h", true), ("seek +1s", false)] {
        assert_eq!(server.command("main", line).await["beyond"] == true, beyond, "{line}");
    }
    // With several matches, the match of the position.
    let night = server.open(r#"{"scenario":"var","paused":true}"#).await;
    let night = night["id"].as_str().expect("a name");
    for (line, of, in_play) in [
        ("seek 20%", Value::Null, 2),
        ("seek wyckhart-67@2", json!("van-lar"), 2),
        ("seek 10:00 match=qui-bra", json!("qui-bra"), 2),
        ("pause", Value::Null, 2),
        ("seek 100%", Value::Null, 0),
    ] {
        let answer = server.command(night, line).await;
        assert_eq!((&answer["now"]["match"], &answer["in_play"]), (&of, &json!(in_play)), "{line}: {answer}");
    }
}

#[tokio::test]
async fn refused_commands_change_nothing() {
    let server = TestServer::with_delivery_loop(true).await;
    let version = server.command("main", "step 5").await["playback"]["version"].clone();
    for (body, status, code, hint) in [
        ("", 400, "unknown_command", ""),
        ("sek 10:00", 400, "unknown_command", "did you mean \"seek\""),
        (r#"{"command":"sek"}"#, 400, "unknown_command", "did you mean \"seek\""),
        (r#"{"command":"seek""#, 400, "bad_json", "not a JSON object"),
        (r#"{"command":"seek","to":"next:gaol"}"#, 400, "", "did you mean \"goal\""),
        (r#"{"command":"seek","to":"10:00","led":"20s"}"#, 400, "", "did you mean \"lead\""),
        (r#"{"command":"pause","wait_for":1}"#, 400, "", "wait_for"),
        (r#"{"command":"step","timeout":"2h"}"#, 400, "bad_argument", "up to 60s"),
        (r#"{"command":"subscribe","types":["goal"]}"#, 400, "bad_argument", "on a WebSocket"),
        (r#"{"command":"ack","n":1}"#, 400, "bad_argument", "on a WebSocket"),
        (r#"{"command":"pause","by":""}"#, 400, "bad_argument", "by must be"),
        (r#"{"command":"pause","if_version":9}"#, 409, "stale", "is at version"),
        ("step 00:01 or=now", 400, "bad_argument", "or must be"),
        ("step -0:50", 404, "not_found", "is behind, at 0:50 before kick-off"),
        ("step Koulibali! or=end", 404, "not_found", "did you mean \"Koulibaly!\""),
        ("seek next:red_card", 404, "not_found", "the whole timeline has none"),
    ] {
        let answer = server.post("/api/replays/main/command", body).await;
        let code =
            if code.is_empty() { answer.json()["code"].as_str().expect("a code").to_owned() } else { code.into() };
        let message = answer.expect_error(status, &code);
        assert!(message.contains(hint), "{body}: {message}");
    }
    server.post("/api/replays/mian/command", "pause").await.expect_error(404, "unknown_replay");
    server.post("/api/replays/main/command", &"x".repeat(70_000)).await.expect_error(413, "too_long");
    let state = server.get("/state").await.expect_json(200);
    assert_eq!((&state["n"], &state["playback"]["version"]), (&json!(5), &version));
}

#[tokio::test]
async fn the_author_is_broadcast_and_a_stale_command_names_the_earlier_author() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        let mut listeners = Vec::new();
        for framing in FRAMINGS {
            let mut listener = server.subscribe(framing, path(framing)).await;
            listener.of_kind("tick").await;
            listeners.push(listener);
        }
        let version = server.get("/state").await.expect_json(200)["playback"]["version"].clone();
        let seek = |by: &str| json!({"command": "seek", "to": "HT", "by": by, "if_version": version}).to_string();
        assert_eq!(server.command("main", &seek("anna")).await["ok"], true);
        let stale = server.post("/api/replays/main/command", &seek("ben")).await;
        assert!(stale.expect_error(409, "stale").contains("(seek by anna)"), "{}", stale.body);
        server.command("main", "play").await;
        for listener in &mut listeners {
            let sought = listener.of_kind("playback").await;
            assert_eq!((&sought["cause"], &sought["by"]), (&json!("seek"), &json!("anna")));
            let played = listener.of_kind("playback").await;
            assert_eq!((&played["cause"], &played["by"]), (&json!("play"), &Value::Null), "no author was given");
        }
    }
}

#[tokio::test]
async fn a_step_waits_for_the_requested_acknowledgements() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        let none = r#"{"command":"step","wait_for":1,"timeout":"0.1s"}"#;
        let message = server.post("/api/replays/main/command", none).await.expect_error(504, "behind");
        assert!(message.contains("0 of 1 subscribers") && message.contains("nothing was stepped"), "{message}");
        assert_eq!(server.get("/state").await.expect_json(200)["n"], 0);

        // The step is requested before any subscriber has connected.
        let step = r#"{"command":"step","count":4,"wait_for":2,"timeout":"20s"}"#;
        let coming = async {
            let mut both = Vec::new();
            for framing in [Framing::Sse, Framing::Lines] {
                let mut listener = server.subscribe(framing, path(framing)).await;
                assert_eq!(listener.of_kind("hello").await["head"], 0, "not before both are there");
                both.push(listener);
            }
            both
        };
        let (stepped, mut both) = tokio::join!(server.command("main", step), coming);
        assert_eq!((&stepped["to"], &stepped["subscribers"]), (&json!(4), &json!(2)));
        for listener in &mut both {
            let frames = listener.until(|frame| frame["kind"] == "tick" && frame["n"] == 4).await;
            assert_eq!(numbers(&frames), [1, 2, 3, 4]);
        }
    }
}

#[tokio::test]
async fn a_timed_out_barrier_names_subscribers_that_did_not_acknowledge() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        let (mut ann, mut ben) =
            (server.subscribe(Framing::WebSocket, "/ws").await, server.subscribe(Framing::WebSocket, "/ws").await);
        assert_eq!([&ann.of_kind("hello").await["subscriber"], &ben.of_kind("hello").await["subscriber"]], [1, 2]);
        let step = r#"{"command":"step","count":4,"acknowledged":true,"timeout":"0.3s"}"#;
        let acknowledging = async {
            ann.until(|frame| frame["n"] == 4).await;
            ann.send_text(r#"{"command":"ack","n":4}"#).await;
            ben.until(|frame| frame["n"] == 2).await;
            ben.send_text(r#"{"command":"ack","n":2}"#).await;
        };
        let (answer, ()) = tokio::join!(server.post("/api/replays/main/command", step), acknowledging);
        let message = answer.expect_error(504, "behind");
        assert!(message.contains("subscriber 2 was sent up to 4, acknowledged up to 2"), "{message}");
        assert!(!message.contains("subscriber 1") && message.contains("stepped to 4"), "{message}");

        // An unsent event cannot be acknowledged: the client gets an error.
        ben.send_text(r#"{"command":"ack","n":5,"id":"early"}"#).await;
        let error = ben.of_kind("error").await;
        assert_eq!((&error["id"], &error["code"]), (&json!("early"), &json!("bad_argument")));
        // The barrier does not wait for a subscriber whose filter excludes the event.
        ben.send_text(r#"{"command":"subscribe","types":["goal"]}"#).await;
        ben.of_kind("reply").await;
        let step = r#"{"command":"step","count":1,"acknowledged":true}"#;
        let acknowledging = async {
            ann.until(|frame| frame["n"] == 5).await;
            ann.send_text(r#"{"command":"ack","n":5}"#).await;
        };
        let (answer, ()) = tokio::join!(server.post("/api/replays/main/command", step), acknowledging);
        assert_eq!(answer.expect_json(200)["to"], 5);
    }
}

#[tokio::test]
async fn a_timed_out_barrier_names_subscribers_that_do_not_read() {
    let servers = join_all(DRIVERS.map(TestServer::with_delivery_loop)).await;
    let cases = servers.iter().flat_map(|server| FRAMINGS.map(|framing| (server, framing)));
    join_all(cases.map(|(server, framing)| a_barrier_with_one_that_does_not_read(server, framing))).await;
}

/// On a replay of its own.
async fn a_barrier_with_one_that_does_not_read(server: &TestServer, framing: Framing) {
    let replay = server.open(r#"{"scenario":"serie","paused":true}"#).await;
    let name = replay["id"].as_str().expect("a name");
    let mut reader = server.subscribe(Framing::Lines, &format!("/r/{name}/events.ndjson")).await;
    let reading = tokio::spawn(async move { while reader.next_text().await.is_some() {} });
    // A small receive buffer, of which only the first byte is read.
    let mut deaf = TcpStream::connect(server.address).await.expect("connected");
    SockRef::from(&deaf).set_recv_buffer_size(4 << 10).expect("set");
    let client = server.connect().await;
    let request = client.stream_request(framing, &format!("/r/{name}{}", path(framing)), &[]);
    tokio::io::AsyncWriteExt::write_all(&mut deaf, request.as_bytes()).await.expect("written");
    deaf.read_exact(&mut [0]).await.expect("let in");
    let mut refused = None;
    // Repeated until the kernel's buffers are full.
    for _ in 0..50 {
        server.command(name, "restart").await;
        let step = r#"{"command":"step","until":"FT","wait_for":2,"timeout":"2s"}"#;
        let answer = server.post(&format!("/api/replays/{name}/command"), step).await;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
    }
    let message = refused.expect("it reads nothing").expect_error(504, "behind");
    assert!(message.contains("subscriber 2 was"), "{message}");
    assert!(!message.contains("subscriber 1 "), "the other has all: {message}");
    // Once it has disconnected, the barrier waits for none.
    drop(deaf);
    server.wait_for_subscribers(name, 1).await;
    let step = r#"{"command":"step","until":"FT","timeout":"20s"}"#;
    assert_eq!(server.command(name, step).await["subscribers"], 1, "{framing:?}");
    reading.abort();
}

/// Reads all frames of a subscriber up to event `n`, acknowledging each event if `acknowledges`.
async fn read_to(listener: &mut TestSubscriber, n: u64, acknowledges: bool) -> Vec<Value> {
    let mut frames = Vec::new();
    loop {
        let frame = listener.next().await.expect("more");
        let number = frame["n"].as_u64().filter(|_| frame["kind"] == "event");
        frames.push(frame);
        if let Some(number) = number {
            if acknowledges {
                listener.send_text(&json!({"command": "ack", "n": number}).to_string()).await;
            }
            if number == n {
                return frames;
            }
        }
    }
}

/// A test as the author of a live-score app writes it: its own replay, stepped to just before the goal and over it.
async fn to_the_goal_and_over_it(server: &TestServer, test: usize) {
    let (framing, acknowledges) =
        [(Framing::WebSocket, true), (Framing::Sse, false), (Framing::Lines, false), (Framing::WebSocket, false)]
            [test % 4];
    let opened = server.open(r#"{"scenario":"juv","paused":true,"linger":"1m"}"#).await;
    let name = opened["id"].as_str().expect("a name");
    let mut listener = server.subscribe(framing, &format!("/r/{name}{}?ticks=off", path(framing))).await;
    let step = |until: &str| {
        json!({"command": "step", "until": until, "wait_for": 1, "acknowledged": acknowledges, "timeout": "30s"})
            .to_string()
    };
    // Just before the goal: the last event of the minute before is number 86.
    let before = step("89:06");
    let (stepped, frames) = tokio::join!(server.command(name, &before), read_to(&mut listener, 86, acknowledges));
    assert_eq!((&stepped["from"], &stepped["to"], &stepped["reached"]), (&json!(0), &json!(86), &json!(true)));
    assert_eq!(stepped["subscribers"], 1);
    assert_eq!(numbers(&frames), (1..=86).collect::<Vec<_>>(), "test {test}");
    let nil_nil = json!({"home": 0, "away": 0});
    assert!(
        frames.iter().filter(|frame| frame["kind"] == "event").all(|event| event["score"] == nil_nil),
        "test {test}"
    );
    let state = server.get(&format!("/r/{name}/state/juv-nap")).await.expect_json(200);
    assert_eq!((&state["n"], &state["state"]["score"]), (&json!(86), &nil_nil), "nothing moves by itself");

    let goal = step("next:goal");
    let (stepped, frames) = tokio::join!(server.command(name, &goal), read_to(&mut listener, 87, acknowledges));
    assert_eq!((&stepped["from"], &stepped["to"], &stepped["reached"]), (&json!(86), &json!(87), &json!(true)));
    let events: Vec<_> = frames.iter().filter(|frame| frame["kind"] == "event").collect();
    assert_eq!(events.len(), 1, "test {test}");
    let goal = events[0];
    assert_eq!((&goal["type"], &goal["label"], &goal["side"]), (&json!("goal"), &json!("89"), &json!("away")));
    assert_eq!(goal["player"]["name"], "Kalidou Koulibaly");
    assert_eq!(goal["score"], json!({"home": 0, "away": 1}));
    assert_eq!(listener.next().await.expect("the table")["kind"], "table");
    assert_eq!(server.ask("DELETE", &format!("/api/replays/{name}"), &[], "").await.status, 204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_concurrent_tests_have_isolated_replays() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        join_all((0..20).map(|test| to_the_goal_and_over_it(&server, test))).await;
        assert_eq!(server.hub.len(), 1, "all have tidied up");
    }
}

#[tokio::test]
async fn a_step_to_the_end_of_a_closing_replay_succeeds() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        for _ in 0..20 {
            let mut own =
                server.subscribe(Framing::WebSocket, "/ws?scenario=juv&paused=1&ticks=off&snapshot=off").await;
            let replay = own.of_kind("hello").await["replay"].as_str().expect("a name").to_owned();
            let end = server.command(&replay, r#"{"command":"step","count":1000,"wait_for":1}"#).await;
            assert_eq!((&end["to"], &end["subscribers"]), (&json!(101), &json!(1)), "{end}");
            assert_eq!(numbers(&own.rest().await).len(), 101);
        }
    }
}

#[tokio::test]
async fn a_step_does_not_wait_once_the_replay_is_closed() {
    let server = TestServer::with_delivery_loop(true).await;
    server.open(r#"{"name":"derby","paused":true}"#).await;
    let wait = r#"{"command":"step","wait_for":99,"timeout":"60s"}"#;
    let closing = async {
        // The step is in progress, or arrives too late: the response is the same.
        assert_eq!(server.ask("DELETE", "/api/replays/derby", &[], "").await.status, 204);
    };
    let (stepped, ()) = tokio::join!(server.post("/api/replays/derby/command", wait), closing);
    stepped.expect_error(404, "unknown_replay");
}
