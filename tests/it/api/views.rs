//! Documents: `/state`, `/history`, `/table` and `/timeline`, with ETags and long polls.

use std::time::Duration;

use serde_json::json;
use touchline::internals::hub::Framing;
use touchline::scenario::SHIPPED;

use crate::real::{DRIVERS, TestServer};

/// Every path that serves a JSON document.
const DOCUMENTS: &[&str] = &["/state", "/state/juv-nap", "/timeline", "/history", "/table"];

#[tokio::test]
async fn every_replay_path_works_for_main_and_for_named_replays() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        server.open(r#"{"name":"cup","paused":true}"#).await;
        server.command("main", "step 5").await;
        for path in DOCUMENTS {
            let main = server.get(path).await;
            assert_eq!((main.status, main.header("content-type")), (200, Some("application/json")), "{path}");
            assert_eq!(main.header("x-content-type-options"), Some("nosniff"), "{path}");
            let (named, cup) =
                (server.get(&format!("/r/main{path}")).await, server.get(&format!("/r/cup{path}")).await);
            assert_eq!((named.status, cup.status), (200, 200), "{path}");
            assert_eq!(named.header("etag"), main.header("etag"), "{path}");
            if *path != "/timeline" {
                assert_ne!(main.body, cup.body, "{path}: the one is five events ahead");
            }
        }
        for (path, stream) in [("/", "/ws"), ("/r/cup", "/r/cup/ws"), ("/r/cup/", "/r/cup/ws")] {
            let index = server.get(path).await;
            assert_eq!(index.header("content-type"), Some("text/plain; charset=utf-8"), "{path}: {}", index.body);
            assert!(index.body.contains(&format!("ws://{}{stream}", server.address)), "{path}: {}", index.body);
        }
        assert_eq!(
            server.get("/api/scenarios").await.expect_json(200)["scenarios"].as_array().map(Vec::len),
            Some(SHIPPED.len())
        );
        for (path, says) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
            let answer = server.ask("GET", path, &["host: whatever.example"], "").await;
            assert_eq!((answer.status, &*answer.body), (200, says));
        }
    }
}

#[tokio::test]
async fn head_responses_match_get_without_the_body() {
    let server = TestServer::with_delivery_loop(true).await;
    for path in DOCUMENTS.iter().chain(&["/", "/api/replays", "/api/replays/main", "/state/nobody", "/nowhere"]) {
        for taken in ["accept-encoding: identity", "accept-encoding: gzip"] {
            let (get, head) =
                (server.ask("GET", path, &[taken], "").await, server.ask("HEAD", path, &[taken], "").await);
            let of = |answer: &crate::real::Response| {
                let kept = ["etag", "content-type", "content-encoding", "content-length", "cache-control"];
                (answer.status, kept.map(|name| answer.header(name).map(str::to_owned)), answer.list("vary").join(", "))
            };
            assert_eq!(of(&get), of(&head), "{path}");
            assert_eq!(head.body, "");
        }
    }
}

#[tokio::test]
async fn not_found_and_method_not_allowed_list_what_exists() {
    let server = TestServer::with_delivery_loop(true).await;
    for (method, path, status, code, hint) in [
        ("GET", "/stat", 404, "not_found", "did you mean \"/state\""),
        ("GET", "/r/main/stat", 404, "not_found", "nothing at"),
        ("GET", "/r/mian/state", 404, "unknown_replay", "\"mian\""),
        ("GET", "/state/juv-nab", 404, "unknown_match", "did you mean \"juv-nap\""),
        ("GET", "/state?match=juv-nab", 404, "unknown_match", "did you mean \"juv-nap\""),
        ("GET", "/state?mach=juv-nap", 400, "bad_parameter", "did you mean \"match\""),
        ("GET", "/state?wait=soon", 400, "bad_parameter", "not the number of an event"),
        ("GET", "/state?snapshot=all", 400, "bad_parameter", "snapshot"),
        ("GET", "/state?wait=1&wait=2", 400, "bad_parameter", "given twice"),
        ("GET", "/timeline?spoilers=no", 400, "bad_parameter", "spoilers=\"no\" is not known"),
        ("GET", "/history?types=gaol", 400, "unknown_type", "did you mean \"goal\""),
        ("GET", "/history?to=1", 400, "bad_parameter", "no event has been released yet"),
        ("GET", "/history?from=0", 400, "bad_parameter", "no event has been released yet"),
        ("POST", "/state", 405, "method_not_allowed", "POST is not answered"),
        ("DELETE", "/api/replays", 405, "method_not_allowed", "DELETE is not answered"),
        ("GET", "/api/replays/main/command", 405, "method_not_allowed", "GET is not answered"),
        ("OPTIONS", "/state", 405, "method_not_allowed", "OPTIONS is not answered"),
        ("POST", "/events", 405, "method_not_allowed", "read with GET"),
        ("HEAD", "/events.ndjson", 405, "method_not_allowed", ""),
        ("OPTIONS", "/events", 405, "method_not_allowed", "read with GET"),
        ("GET", "/ws", 426, "upgrade_required", "connect with ws://"),
    ] {
        let answer = server.ask(method, path, &[], "").await;
        if method == "HEAD" {
            assert_eq!(answer.status, status, "{method} {path}");
        } else {
            let message = answer.expect_error(status, code);
            assert!(message.contains(hint), "{method} {path}: {message}");
        }
        if status == 405 {
            let allowed = answer.header("allow").unwrap_or_else(|| panic!("{method} {path}: {answer:?}"));
            assert!(!allowed.split(',').any(|allowed| allowed == method), "{method} {path}: {allowed}");
        }
        if status == 426 {
            assert_eq!(answer.header("upgrade"), Some("websocket"), "{answer:?}");
            assert_eq!(answer.header("sec-websocket-version"), Some("13"), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn the_state_document_equals_a_new_subscribers_snapshot() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        let to = server.command("main", "step HT").await["to"].clone();
        for detail in ["key", "full"] {
            let mut listener = server.subscribe(Framing::Lines, &format!("/events.ndjson?snapshot={detail}")).await;
            let (snapshot, tick) = (listener.of_kind("snapshot").await, listener.of_kind("tick").await);
            let state = server.get(&format!("/state/juv-nap?snapshot={detail}")).await.expect_json(200);
            assert_eq!((&state["state"], &state["n"]), (&snapshot["state"], &to));
            let scoreboard = &tick["matches"]["juv-nap"];
            assert_eq!(state["now"]["status"], scoreboard["status"]);
            assert_eq!(state["playback"]["state"], "paused");
            let all = server.get(&format!("/state?snapshot={detail}")).await.expect_json(200);
            assert_eq!(all["matches"][0]["state"], snapshot["state"]);
        }
        let table = server.get("/table").await.expect_json(200);
        let mut listener = server.subscribe(Framing::Lines, "/events.ndjson").await;
        assert_eq!(listener.of_kind("table").await["rows"], table["tables"][0]["rows"]);
    }
}

#[tokio::test]
async fn a_matching_etag_gets_304() {
    let server = TestServer::with_delivery_loop(true).await;
    for path in DOCUMENTS.iter().filter(|path| **path != "/history") {
        let first = server.get(path).await;
        let tag = first.header("etag").unwrap_or_else(|| panic!("{path} has no tag")).to_owned();
        for tags in [tag.clone(), format!("\"other\", {tag}"), tag.trim_start_matches("W/").to_owned(), "*".to_owned()]
        {
            let again = server.ask("GET", path, &[&format!("if-none-match: {tags}")], "").await;
            assert_eq!((again.status, &*again.body, again.header("etag")), (304, "", Some(&*tag)), "{path}: {tags}");
        }
        assert_eq!(server.ask("GET", path, &["if-none-match: \"other\""], "").await.status, 200, "{path}");
        server.command("main", "step").await;
        let later = server.ask("GET", path, &[&format!("if-none-match: {tag}")], "").await;
        // The timeline is constant within a run.
        assert_eq!(later.status, if *path == "/timeline" { 304 } else { 200 }, "{path}");
    }
}

#[tokio::test]
async fn a_long_poll_returns_when_the_state_changes() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        // Without a tag, only a further event ends the wait reliably: a seek may have preceded the request.
        for (path, news, tagged) in [
            ("/state", "step 2", false),
            ("/state/juv-nap", "step 2", true),
            ("/table", "step 2", false),
            ("/state", "seek HT", true),
        ] {
            let now = server.get("/state").await;
            let tag = format!("if-none-match: {}", now.header("etag").expect("a tag"));
            let (n, epoch) = (now.json()["n"].as_u64().expect("a number"), now.json()["epoch"].as_u64().expect("one"));
            let headers = if tagged { vec![&*tag] } else { vec![] };
            let mut client = server.connect().await;
            client.send("GET", &format!("{path}?wait={n}"), &headers, "").await;
            let early = tokio::time::timeout(Duration::from_millis(50), client.answer("GET")).await;
            assert!(early.is_err(), "{path}: nothing is new yet: {early:?}");
            server.command("main", news).await;
            let answer = client.answer("GET").await.expect_json(200);
            match news {
                "seek HT" => assert_eq!(answer["epoch"], epoch + 1, "{path}"),
                _ => assert_eq!((&answer["n"], &answer["epoch"]), (&json!(n + 2), &json!(epoch)), "{path}"),
            }
        }
        let behind = server.get("/state?wait=0").await.expect_json(200);
        assert!(behind["n"].as_u64() > Some(0), "there is more already");
        // Closing a replay also answers a pending long poll.
        server.open(r#"{"name":"cup","paused":true}"#).await;
        let mut client = server.connect().await;
        client.send("GET", "/r/cup/state?wait=0", &[], "").await;
        let early = tokio::time::timeout(Duration::from_millis(50), client.answer("GET")).await;
        assert!(early.is_err(), "{early:?}");
        server.ask("DELETE", "/api/replays/cup", &[], "").await;
        assert_eq!(client.answer("GET").await.expect_json(200)["n"], 0);
    }
}

#[tokio::test]
async fn the_history_holds_past_frames_only() {
    let server = TestServer::with_delivery_loop(true).await;
    let head = server.command("main", "step 20").await["to"].as_u64().expect("a number");
    let mut listener = server.subscribe(Framing::Lines, "/events.ndjson?since=start&ticks=off").await;
    let mut event_frames = Vec::new();
    while event_frames.len() < head as usize {
        let text = listener.next_text().await.expect("more");
        event_frames.extend(text.starts_with(r#"{"kind":"event""#).then_some(text));
    }
    let array = |frames: &[String]| format!("[{}]\n", frames.join(","));
    assert_eq!(server.get("/history").await.body, array(&event_frames));
    assert_eq!(server.get("/history?from=3&to=5").await.body, array(&event_frames[2..5]));
    assert_eq!(server.get(&format!("/history?from={}", head + 1)).await.body, "[]\n");
    let shots = server.get("/history?types=shot").await.expect_json(200);
    let shots = shots.as_array().expect("an array");
    assert!(!shots.is_empty() && shots.iter().all(|event| event["type"] == "shot"), "{shots:?}");
    let message = server.get(&format!("/history?to={}", head + 1)).await.expect_error(400, "bad_parameter");
    assert!(message.contains(&format!("events 1 to {head} have been released so far")), "{message}");

    let goals = |timeline: &serde_json::Value| {
        let markers = timeline["markers"].as_array().expect("markers").iter();
        markers.filter(|marker| marker["type"] == "goal").count()
    };
    let (whole, seen) =
        (server.get("/timeline").await.expect_json(200), server.get("/timeline?spoilers=0").await.expect_json(200));
    assert_eq!((goals(&whole), goals(&seen)), (1, 0));
    assert_eq!((&seen["n"], &whole["n"]), (&json!(head), &json!(null)));
    server.command("main", "seek FT").await;
    assert_eq!(goals(&server.get("/timeline?spoilers=0").await.expect_json(200)), 1);
}
