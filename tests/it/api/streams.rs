//! Streams over HTTP: resuming, reused and pipelined connections, HTTP/1.0, and fragmented requests.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use touchline::internals::hub::Framing;
use touchline::playback::PlaybackOptions;
use touchline::replay::ReplayOptions;
use touchline::scenario::{Scenario, Timeline};

use crate::real::{DRIVERS, TestServer, numbers, path, within};
use crate::wire::FRAMINGS;

#[tokio::test]
async fn an_event_source_resumes_from_its_last_event_id() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        server.command("main", "step 10").await;
        let mut listener = server.subscribe(Framing::Sse, "/events?since=start").await;
        listener.until(|frame| frame["n"] == 10 && frame["kind"] == "event").await;
        let run = server.get("/api/replays/main").await.expect_json(200)["run"].as_str().expect("a run").to_owned();
        let last = listener.last_id.clone().expect("an id");
        assert_eq!(last, format!("{run}.1.10"));
        drop(listener);
        server.command("main", "step 5").await;

        let come_back_to = async |address: &str, headers: &[&str]| {
            let mut listener = server.connect().await.subscribe(Framing::Sse, address, headers).await.expect("let in");
            let frames = listener.until(|frame| frame["kind"] == "tick" || frame["n"] == 15).await;
            (frames[0]["resumed"].clone(), numbers(&frames))
        };
        let header = format!("last-event-id: {last}");
        let come_back = async |headers: &[&str]| come_back_to("/events", headers).await;
        let missed = |after: u64| (json!("ok"), (after + 1..=15).collect::<Vec<_>>());
        let nothing = (json!(null), vec![]);
        assert_eq!(come_back(&[&header]).await, missed(10));
        assert_eq!(come_back(&["last-event-id: yesterday"]).await, nothing, "the id is another server's");
        // An EventSource polyfill sends the same id in the query.
        for path in ["/events", "/r/main/events"] {
            for (query, expected) in [
                (format!("lastEventId={last}"), missed(10)),
                (format!("Last-Event-ID={last}"), missed(10)),
                (format!("lasteventid={last}"), missed(10)),
                (format!("ticks=1s&LAST-EVENT-ID={last}"), missed(10)),
                ("lastEventId=".into(), nothing.clone()),
                ("lastEventId=yesterday".into(), nothing.clone()),
                (format!("lastEventId={run}.1.5&lastEventId={last}"), missed(10)),
                (format!("lastEventId={last}&Last-Event-ID={run}.1.5"), missed(5)),
                (format!("lastEventId={last}&lastEventId=yesterday"), nothing.clone()),
                (format!("since={run}.1.5&lastEventId={last}"), missed(10)),
                (format!("lastEventId={last}&since=start"), missed(10)),
                (format!("since={run}.1.5&lastEventId=yesterday"), missed(5)),
            ] {
                assert_eq!(come_back_to(&format!("{path}?{query}"), &[]).await, expected, "{path}?{query}");
            }
            let older = format!("{path}?lastEventId={run}.1.5&since=start");
            assert_eq!(come_back_to(&older, &[&header]).await, missed(10), "the header is newer");
            let beside = format!("{path}?lastEventId={last}");
            assert_eq!(come_back_to(&beside, &["last-event-id: yesterday"]).await, missed(10));
        }
        // All streams take the same parameters; documents do not.
        for framing in FRAMINGS {
            let hello = server.subscribe(framing, &format!("{}?lastEventId={last}", path(framing))).await.next().await;
            assert_eq!(hello.expect("a hello")["resumed"], "ok");
        }
        server.get(&format!("/state?lastEventId={last}")).await.expect_error(400, "bad_parameter");
        let accepted = server.get("/events?lastEventIdx=1").await.json()["accepted"].clone();
        assert!(accepted.as_array().is_some_and(|words| words.contains(&json!("lastEventId"))), "{accepted}");
        server.command("main", "seek HT").await;
        assert_eq!(come_back(&[&header]).await, (json!("reset"), vec![]), "another epoch");
        let address = format!("/events?lastEventId={last}");
        assert_eq!(come_back_to(&address, &[]).await, (json!("reset"), vec![]), "another epoch");
    }
}

#[tokio::test]
async fn an_event_source_reconnects_to_the_replay_its_address_opened_until_it_is_over() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        let address = "/events?scenario=juv&paused=1&linger=1m";
        let mut listener = server.subscribe(Framing::Sse, address).await;
        let hello = listener.of_kind("hello").await;
        let name = hello["replay"].as_str().expect("a name");
        server.command(name, "step 10").await;
        listener.until(|frame| frame["kind"] == "tick" && frame["n"] == 10).await;
        let place = listener.last_id.clone().expect("an id");
        assert_eq!(place, format!("{}.1.10@{name}", hello["run"].as_str().expect("a run")));
        drop(listener);

        let header = format!("last-event-id: {place}");
        let mut by_address = server.subscribe(Framing::Sse, &format!("{address}&lastEventId={place}")).await;
        let hello = by_address.of_kind("hello").await;
        assert_eq!((&hello["replay"], &hello["resumed"]), (&json!(name), &json!("ok")));
        drop(by_address);
        let mut again = server.connect().await.subscribe(Framing::Sse, address, &[&header]).await.expect("let in");
        let hello = again.of_kind("hello").await;
        assert_eq!((&hello["replay"], &hello["resumed"]), (&json!(name), &json!("ok")));
        assert_eq!(server.hub.len(), 2, "it opened no other");
        server.command(name, "speed max").await;
        server.command(name, "play").await;
        let rest = again.rest().await;
        assert_eq!(numbers(&rest), (11..=101).collect::<Vec<_>>());
        let last = rest.last().expect("a last frame");
        assert_eq!((&last["kind"], &last["code"]), (&json!("close"), &json!(1000)));
        // A browser reconnects anyway: to the replay while it lingers after a cut, and later.
        let header = format!("last-event-id: {}", again.last_id.as_ref().expect("an id"));
        for lingers in [true, false] {
            assert_eq!(server.hub.get(name).is_some(), lingers);
            let over = server.connect().await.subscribe(Framing::Sse, address, &[&header]).await.map(drop);
            let over = over.expect_err("it is over");
            assert_eq!((over.status, &*over.body), (204, ""), "a browser does not come back on this");
            if let Some((replay, _)) = server.hub.get(name) {
                server.hub.close(&replay);
            }
        }
        // Other clients can read the reason.
        let mut refused = server.subscribe(Framing::WebSocket, &format!("/ws?scenario=juv&since={place}")).await;
        let refused = refused.rest().await;
        assert_eq!((&refused[0]["code"], &refused[1]["code"]), (&json!("unknown_replay"), &json!(4504)));
        let address = format!("/events.ndjson?scenario=juv&since={place}");
        let refused = server.connect().await.subscribe(Framing::Lines, &address, &[]).await.map(drop);
        refused.expect_err("it is over").expect_error(404, "unknown_replay");
    }
}

#[tokio::test]
async fn an_event_source_without_an_id_opens_no_second_replay_at_the_end() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        let mut listener =
            server.subscribe(Framing::Sse, "/events?scenario=juv&speed=max&types=red_card&ticks=off").await;
        let frames = listener.rest().await;
        assert_eq!((numbers(&frames), frames.last().map(|frame| frame["code"].clone())), (vec![], Some(json!(1000))));
        let name = frames[0]["replay"].as_str().expect("a name");
        let place = listener.last_id.clone().expect("the goodbye tells the place");
        assert_eq!(place, format!("{}.1.101@{name}", frames[0]["run"].as_str().expect("a run")));
    }
}

#[tokio::test]
async fn a_kept_alive_connection_can_become_a_stream() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        for framing in FRAMINGS {
            let mut client = server.connect().await;
            for asked in 0..2 {
                client.send("GET", "/state", &[], "").await;
                assert_eq!(client.answer("GET").await.expect_json(200)["n"], 0, "{asked}");
            }
            client.send("GET", "/nowhere", &[], "").await;
            client.answer("GET").await.expect_error(404, "not_found");
            let mut listener = client.subscribe(framing, path(framing), &[]).await.expect("a stream");
            assert_eq!(listener.of_kind("hello").await["replay"], "main", "{framing:?}");
            listener.of_kind("tick").await;
        }
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_before_the_stream() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        let all = server.command("main", r#"{"command":"step","count":101}"#).await;
        assert_eq!(all["to"], 101);
        for framing in FRAMINGS {
            let mut client = server.connect().await;
            let get = |path: &str| client.request("GET", path, &[], "");
            let requests = [
                // Long responses, more than a socket accepts at once.
                get("/history").repeat(20),
                client.request("POST", "/api/replays/main/command", &[], r#"{"command":"seek","to":"HT"}"#),
                get("/nowhere"),
                client.stream_request(framing, path(framing), &[]),
            ];
            client.write(requests.concat().as_bytes()).await;
            for _ in 0..20 {
                assert_eq!(client.answer("GET").await.expect_json(200).as_array().map(Vec::len), Some(101));
            }
            let sought = client.answer("POST").await.expect_json(200);
            client.answer("GET").await.expect_error(404, "not_found");
            let mut listener = client.stream(framing).await.expect("a stream");
            assert_eq!(listener.of_kind("hello").await["epoch"], sought["playback"]["epoch"], "{framing:?}");
            server.command("main", r#"{"command":"step","count":101}"#).await;
            listener.until(|frame| frame["kind"] == "end").await;
        }
    }
}

#[tokio::test]
async fn a_stream_starts_after_the_pipelined_responses_are_written() {
    const MANY: usize = 12;
    for server in [
        TestServer::with_delivery_loop(false).await,
        TestServer::with_delivery_loop(true).await,
        TestServer::with_tls().await,
    ] {
        server.open(r#"{"name":"round","scenario":"serie","paused":true}"#).await;
        server.command("round", r#"{"command":"step","count":1000}"#).await;
        let long = server.get("/r/round/state?snapshot=full").await;
        for framing in FRAMINGS {
            let mut client = server.connect().await;
            let asked = client.request("GET", "/r/round/state?snapshot=full", &[], "");
            let stream = client.stream_request(framing, path(framing), &[]);
            client.write([asked.repeat(MANY), stream].concat().as_bytes()).await;
            // The pause hides no race: it makes a server that does not wait fail more surely.
            tokio::time::sleep(Duration::from_millis(100)).await;
            for _ in 0..MANY {
                assert_eq!(client.answer("GET").await.expect_json(200)["matches"], long.json()["matches"]);
            }
            let mut listener = client.stream(framing).await.expect("a stream");
            assert_eq!(listener.of_kind("hello").await["replay"], "main", "{framing:?}");
        }
        assert!(MANY * long.body.len() > 1 << 20, "no more than sockets take at once: {}", long.body.len());
    }
}

#[tokio::test]
async fn a_frame_sent_together_with_the_handshake_is_processed() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        // As the first request of a connection, and pipelined behind a document.
        for documents in [0, 1] {
            let mut client = server.connect().await;
            let mut bytes = client.request("GET", "/state", &[], "").repeat(documents).into_bytes();
            bytes.extend_from_slice(client.stream_request(Framing::WebSocket, "/ws", &[]).as_bytes());
            bytes.extend_from_slice(&[0x81, 0x80 | 4, 0, 0, 0, 0]);
            bytes.extend_from_slice(b"ping");
            client.write(&bytes).await;
            if documents > 0 {
                client.answer("GET").await.expect_json(200);
            }
            let mut listener = client.stream(Framing::WebSocket).await.expect("a stream");
            assert_eq!(listener.of_kind("reply").await["ok"], true);
        }
    }
}

#[tokio::test]
async fn http_1_0_clients_are_served() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        for framing in [Framing::Sse, Framing::Lines] {
            let mut client = server.connect().await;
            let request = client.stream_request(framing, &format!("{}?scenario=juv&speed=max", path(framing)), &[]);
            client.write(request.replace("HTTP/1.1", "HTTP/1.0").as_bytes()).await;
            let mut listener = client.stream(framing).await.expect("a stream");
            assert_eq!(listener.head.header("connection"), Some("close"));
            assert_eq!(listener.head.header("transfer-encoding"), None, "HTTP/1.0 has no chunked encoding");
            assert_eq!(numbers(&listener.rest().await).len(), 101, "{framing:?}");
        }
        let mut client = server.connect().await;
        let request = client.request("GET", "/state", &[], "").replace("HTTP/1.1", "HTTP/1.0");
        client.write(request.as_bytes()).await;
        client.answer("GET").await.expect_json(200);
        assert!(client.ends().await, "which is how an old client knows the end");
    }
}

#[tokio::test]
async fn a_fragmented_request_is_parsed() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        for framing in FRAMINGS {
            let mut client = server.connect().await;
            let request = client.stream_request(framing, path(framing), &[]);
            for piece in request.as_bytes().chunks(37) {
                client.write(piece).await;
                tokio::task::yield_now().await;
            }
            let mut listener = client.stream(framing).await.expect("a stream");
            assert_eq!(listener.of_kind("hello").await["replay"], "main", "{framing:?}");
        }
    }
}

#[tokio::test]
async fn a_plus_in_a_query_is_stoppage_time_in_a_position_and_a_space_in_a_name() {
    let server = TestServer::with_delivery_loop(true).await;
    let begins = async |query: &str| {
        let address = format!("/events.ndjson?scenario={query}&paused=1&ticks=off");
        let mut listener = server.subscribe(Framing::Lines, &address).await;
        let hello = listener.of_kind("hello").await;
        hello["playback"]["at"].as_i64().expect("a place")
    };
    let stoppage = begins("juv&from=45%2B2").await;
    assert_eq!(begins("juv&from=45+2").await, stoppage);
    assert_eq!(begins("juv&from=45+1:12").await, begins("juv&from=45%2B1:12").await);
    assert_eq!(begins("juv&from=45+1:12").await, stoppage + 12_000);
    assert_eq!(begins("juv&from=+5m").await, 300_000);
    assert_eq!(begins("juv&from=%2B5m").await, 300_000);
    let marker = begins("var&from=Two%20minutes%20of%20joy").await;
    assert!(marker > 0);
    assert_eq!(begins("var&from=Two+minutes+of+joy").await, marker);
    let until = begins("juv&until=45+2&from=45+1").await;
    assert!(until < stoppage, "it ends where stoppage time is");
    for (query, hint) in [("from=45+", "\"45+\""), ("until=45+1:72", "\"45+1:72\"")] {
        let answer = server.connect().await.subscribe(Framing::Lines, &format!("/events.ndjson?{query}"), &[]).await;
        let message = answer.err().expect("refused").expect_error(400, "bad_argument");
        assert!(message.contains(hint), "{query}: {message}");
    }
    for wall in ["20:45+01:00", "20:45%2B01:00", "20:45-01:00"] {
        let address = format!("/events.ndjson?scenario=juv&wall={wall}");
        assert!(server.connect().await.subscribe(Framing::Lines, &address, &[]).await.is_ok(), "{wall}");
    }
    let today = jiff::Timestamp::now().to_string();
    let day = today.split('T').next().expect("a day");
    let time = today.split('T').nth(1).and_then(|time| time.get(..8)).expect("a time");
    for offset in ["+00:00", "%2B00:00", "Z"] {
        let address = format!("/events.ndjson?scenario=juv&wall={day}T{time}{offset}");
        assert!(server.connect().await.subscribe(Framing::Lines, &address, &[]).await.is_ok(), "{address}");
    }
}

/// Whether some line readers, such as Python's `splitlines`, end a line here.
fn ends_a_line(character: char) -> bool {
    "\n\r\u{b}\u{c}\u{1c}\u{1d}\u{1e}\u{85}\u{2028}\u{2029}".contains(character)
}

#[tokio::test]
async fn a_frame_is_one_line_for_every_reader_whatever_text_it_quotes() {
    const TORN: &str = "a\u{85}b\u{2028}c\u{2029}d";
    let sent_frames = [
        json!({"kind": "scenario", "version": 1, "title": TORN, "about": TORN, "sources": [TORN]}),
        json!({"kind": "match", "id": "one", "competition": TORN, "season": TORN, "round": TORN, "venue": TORN,
            "kickoff": "2026-03-14T19:30:00Z", "officials": {"referee": [TORN]},
            "home": {"id": "h", "name": TORN, "short": "HOM", "coach": TORN, "formation": "4-4-2",
                "players": [{"id": "p", "name": TORN, "number": 1, "starts": true}]},
            "away": {"id": "a", "name": TORN, "short": "AWA", "players": []}}),
        json!({"kind": "table", "competition": TORN, "season": TORN, "rows": [
            {"team": "h", "name": TORN, "played": 0, "won": 0, "drawn": 0, "lost": 0, "for": 0, "against": 0, "points": 0},
            {"team": "a", "name": TORN, "played": 0, "won": 0, "drawn": 0, "lost": 0, "for": 0, "against": 0, "points": 0}]}),
        json!({"type": "period_start", "period": 1, "clock": "0:00"}),
        json!({"type": "goal", "period": 1, "clock": "9:00", "side": "home", "player": "p", "text": TORN,
            "source": {"provider": TORN, "id": TORN, "note": TORN}}),
        json!({"type": "of_my_own", "period": 1, "clock": "10:00", "text": TORN, "more": [1, {"x": TORN}]}),
        json!({"kind": "marker", "period": 1, "clock": "9:30", "name": TORN}),
    ];
    let lines: Vec<String> = sent_frames.iter().map(Value::to_string).collect();
    let scenario = Scenario::parse("torn", &lines.join("\n")).expect("a scenario");
    let timeline = Arc::new(Timeline::new(&scenario));
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        let playback = PlaybackOptions { paused: true, ..PlaybackOptions::default() };
        let options = ReplayOptions { playback, listed: true, ..ReplayOptions::default() };
        server.hub.open("torn", timeline.clone(), options).expect("a replay");
        server.command("torn", "step 3").await;
        for framing in FRAMINGS {
            let address = format!("/r/torn{}?since=start", path(framing));
            let mut listener = server.subscribe(framing, &address).await;
            if framing == Framing::WebSocket {
                let quoted = json!(TORN).to_string();
                listener
                    .send_text(&format!(
                        "{{\"command\":\"ping\",\n\"id\":{quoted},\"payload\":[1,\r\n{{{quoted}:{quoted}}}]}}"
                    ))
                    .await;
                listener.send_text(&format!(r#"{{"command":"pause","by":{quoted}}}"#)).await;
                listener.send_text(&format!(r#"{{"command":{quoted},"id":[{quoted}]}}"#)).await;
                listener.send_text(TORN).await;
                listener.send_text(&format!(r#"{{"command":"step","until":{quoted},"match":{quoted}}}"#)).await;
                listener.send_text(r#"{"command":"ping","id":"last"}"#).await;
            }
            let (mut seen, mut torn) = (Vec::new(), 0);
            let reading = async {
                let (field, last) = if framing == Framing::WebSocket { ("id", "last") } else { ("type", "of_my_own") };
                while seen.last().is_none_or(|frame: &Value| frame[field] != last) {
                    let text = listener.next_text().await.expect("a frame");
                    assert!(!text.contains(ends_a_line), "{text:?}");
                    torn += text.matches(r"\u2028").count();
                    seen.push(serde_json::from_str(&text).expect("JSON"));
                }
            };
            within("the last frame", reading).await;
            assert!(torn > 20, "{torn} in {seen:?}");
            let own = seen.iter().find(|frame| frame["type"] == "of_my_own").expect("an event");
            assert_eq!((&own["text"], &own["more"]), (&json!(TORN), &json!([1, {"x": TORN}])));
            if framing == Framing::WebSocket {
                let pong = seen.iter().find(|frame| frame["id"] == TORN).expect("a reply");
                assert_eq!(pong["payload"], json!([1, {TORN: TORN}]));
                assert!(
                    seen.iter().any(|frame| frame["id"] == json!([TORN])),
                    "an id that is refused with its command"
                );
            }
        }
        for path in ["state", "state?snapshot=full", "timeline", "history", "table"] {
            let answer = server.get(&format!("/r/torn/{path}")).await;
            let text = answer.body.trim_end_matches('\n');
            assert!(answer.status == 200 && text.contains(r"\u2029") && !text.contains(ends_a_line), "{text:?}");
        }
        for path in ["/api/replays", "/api/replays/torn", "/api/scenarios"] {
            let answer = server.get(path).await;
            assert!(answer.status == 200 && !answer.body.trim_end_matches('\n').contains(ends_a_line), "{answer:?}");
        }
        let query = "%C2%85%E2%80%A8%E2%80%A9";
        for path in ["/state?x", "/r/torn/events?match", "/r/%E2%80%A8/state?match", "/api/replays/%E2%80%A9?x"] {
            let answer = server.get(&format!("{path}={query}")).await;
            assert!(answer.status >= 400 && !answer.body.trim_end_matches('\n').contains(ends_a_line), "{answer:?}");
        }
    }
}
