//! Access over HTTP: who may watch, who may control, and what other origins can read.

use serde_json::{Value, json};
use touchline::internals::hub::Framing;
use touchline::server::ControlToken;

use crate::real::{DRIVERS, Response, TestServer, options, path};
use crate::wire::FRAMINGS;

/// An origin on this machine with another port: it may watch.
const ELSEWHERE: &str = "origin: http://localhost:3000";
const HOSTILE: &str = "origin: https://evil.example";

async fn command(server: &TestServer, replay: &str, headers: &[&str]) -> Response {
    server.ask("POST", &format!("/api/replays/{replay}/command"), headers, "pause").await
}

async fn frames(server: &TestServer, address: &str, headers: &[&str]) -> Vec<Value> {
    let listener = server.connect().await.subscribe(Framing::WebSocket, address, headers).await;
    listener.expect("an upgrade").rest().await
}

#[tokio::test]
async fn watching_does_not_grant_control() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        let state = server.ask("GET", "/state", &[ELSEWHERE], "").await;
        assert_eq!((state.status, state.header("access-control-allow-origin")), (200, Some("http://localhost:3000")));
        assert!(state.header("access-control-expose-headers").is_some_and(|names| names.contains("etag")));

        let refused = command(&server, "main", &[ELSEWHERE]).await;
        assert!(refused.expect_error(401, "not_authorised").contains("read, not control"));
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
        assert_eq!(
            refused.header("access-control-allow-origin"),
            Some("http://localhost:3000"),
            "so that a page can read it"
        );
        server.ask("DELETE", "/api/replays/main", &[ELSEWHERE], "").await.expect_error(401, "not_authorised");

        let mut listener =
            server.connect().await.subscribe(Framing::WebSocket, "/ws", &[ELSEWHERE]).await.expect("it may look");
        assert_eq!(listener.of_kind("hello").await["control"], false);
        listener.send_text(r#"{"command":"play","id":1}"#).await;
        let error = listener.of_kind("error").await;
        assert_eq!((&error["id"], &error["code"]), (&json!(1), &json!("not_authorised")));
        assert_eq!(server.get("/state").await.expect_json(200)["playback"]["state"], "paused");

        // A tool without an origin, and the server's own page.
        let own = format!("origin: http://{}", server.address);
        assert_eq!(command(&server, "main", &[]).await.status, 200);
        assert_eq!(command(&server, "main", &[&own]).await.status, 200);
    }
}

#[tokio::test]
async fn a_forbidden_origin_learns_nothing() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        for headers in [&[HOSTILE][..], &["origin: null"]] {
            for framing in FRAMINGS {
                let refused = server.connect().await.subscribe(framing, path(framing), headers).await.map(drop);
                let refused = refused.expect_err("forbidden");
                refused.expect_error(403, "forbidden");
                assert_eq!(refused.header("access-control-allow-origin"), None);
            }
            for (method, path) in
                [("GET", "/state"), ("POST", "/api/replays"), ("OPTIONS", "/state"), ("GET", "/nowhere")]
            {
                let headers = [headers, &["access-control-request-method: GET"]].concat();
                let refused = server.ask(method, path, &headers, "").await;
                refused.expect_error(403, "forbidden");
                assert_eq!(refused.header("access-control-allow-origin"), None);
            }
        }
        let mut client = server.connect().await;
        client.host = "evil.example".into();
        client.send("GET", "/state", &[], "").await;
        client.answer("GET").await.expect_error(403, "forbidden");
        assert_eq!(server.hub.len(), 1);
    }
}

#[tokio::test]
async fn preflight_states_the_allowed_methods_and_headers() {
    let server = TestServer::with_delivery_loop(true).await;
    for path in ["/api/replays/main/command", "/state", "/events", "/r/main/events.ndjson"] {
        let asks = ["access-control-request-method: POST", "access-control-request-headers: authorization"];
        let answer = server.ask("OPTIONS", path, &[&[ELSEWHERE], &asks[..]].concat(), "").await;
        assert_eq!((answer.status, &*answer.body), (204, ""), "{path}");
        let has = |name: &str, word: &str| {
            let words = answer.header(name).unwrap_or_else(|| panic!("{path}: no {name}"));
            assert!(words.split(", ").any(|each| each == word), "{path} {name}: {words}");
        };
        has("access-control-allow-origin", "http://localhost:3000");
        for (name, words) in [
            ("access-control-allow-methods", &["GET", "POST", "DELETE"][..]),
            ("access-control-allow-headers", &["authorization", "content-type", "if-none-match", "last-event-id"]),
        ] {
            words.iter().for_each(|word| has(name, word));
        }
        assert_eq!(answer.header("vary"), Some("origin"), "{path}");
    }
    for framing in [Framing::Sse, Framing::Lines] {
        let listener =
            server.connect().await.subscribe(framing, path(framing), &[ELSEWHERE]).await.expect("it may look");
        assert_eq!(listener.head.header("access-control-allow-origin"), Some("http://localhost:3000"));
        assert_eq!(listener.head.header("vary"), Some("origin"));
        assert_eq!(listener.head.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn a_replay_token_controls_only_its_replay() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        let opened =
            server.ask("POST", "/api/replays", &[ELSEWHERE], r#"{"name":"mine","paused":true}"#).await.expect_json(201);
        let by_post = opened["control"].as_str().expect("a token").to_owned();
        let address = "/ws?scenario=juv&paused=1";
        let mut opener =
            server.connect().await.subscribe(Framing::WebSocket, address, &[ELSEWHERE]).await.expect("let in");
        let hello = opener.of_kind("hello").await;
        assert_eq!(hello["control"], true, "it is its own");
        let (by_query, private) =
            (hello["token"].as_str().expect("a token"), hello["replay"].as_str().expect("a name"));
        opener.send_text("step 1").await;
        assert_eq!(opener.of_kind("reply").await["ok"], true);

        for (token, own, others) in [(&*by_post, "mine", [private, "main"]), (by_query, private, ["mine", "main"])] {
            let bearer = format!("authorization: Bearer {token}");
            assert_eq!(command(&server, own, &[ELSEWHERE, &bearer]).await.status, 200);
            let by_address = format!("/api/replays/{own}/command?token={token}");
            assert_eq!(server.ask("POST", &by_address, &[ELSEWHERE], "pause").await.status, 200);
            command(&server, own, &[ELSEWHERE]).await.expect_error(401, "not_authorised");
            let stream = format!("/r/{own}/ws?token={token}");
            let mut listener =
                server.connect().await.subscribe(Framing::WebSocket, &stream, &[ELSEWHERE]).await.expect("let in");
            let hello = listener.of_kind("hello").await;
            assert_eq!((&hello["control"], &hello["token"]), (&json!(true), &Value::Null));
            for other in others {
                let refused = command(&server, other, &[ELSEWHERE, &bearer]).await;
                assert!(
                    refused.expect_error(401, "not_authorised").contains("neither this server's nor this replay's")
                );
                server
                    .ask("DELETE", &format!("/api/replays/{other}"), &[ELSEWHERE, &bearer], "")
                    .await
                    .expect_error(401, "not_authorised");
                let refused = frames(&server, &format!("/r/{other}/ws?token={token}"), &[ELSEWHERE]).await;
                assert_eq!((&refused[0]["code"], &refused[1]["code"]), (&json!("not_authorised"), &json!(4501)));
                for framing in [Framing::Sse, Framing::Lines] {
                    let address = format!("/r/{other}{}?token={token}", path(framing));
                    let refused = server.connect().await.subscribe(framing, &address, &[ELSEWHERE]).await.map(drop);
                    refused.expect_err("not its own").expect_error(401, "not_authorised");
                }
            }
            server.ask("GET", "/api/replays", &[ELSEWHERE, &bearer], "").await.expect_error(401, "not_authorised");
        }
        let bearer = format!("authorization: Bearer {by_post}");
        assert_eq!(server.ask("DELETE", "/api/replays/mine", &[ELSEWHERE, &bearer], "").await.status, 204);
    }
}

#[tokio::test]
async fn the_server_token_controls_everything_from_any_allowed_origin() {
    let token = Some(ControlToken::new("correct-horse").expect("a token"));
    let server = TestServer::start(options(true).token(token)).await;
    let opened = server.ask("POST", "/api/replays", &[ELSEWHERE], "").await.expect_json(201);
    let bearer = "authorization: Bearer correct-horse";
    for replay in ["main", opened["id"].as_str().expect("a name")] {
        assert_eq!(command(&server, replay, &[ELSEWHERE, bearer]).await.status, 200);
        command(&server, replay, &[ELSEWHERE, "authorization: Bearer correct-hors"])
            .await
            .expect_error(401, "not_authorised");
        let address = format!("/r/{replay}/ws?token=correct-horse");
        let listener = server.connect().await.subscribe(Framing::WebSocket, &address, &[ELSEWHERE]).await;
        assert_eq!(listener.expect("let in").of_kind("hello").await["control"], true);
        command(&server, replay, &[HOSTILE, bearer]).await.expect_error(403, "forbidden");
    }
    let listed = server.ask("GET", "/api/replays", &[ELSEWHERE, bearer], "").await.expect_json(200);
    assert_eq!(listed["replays"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn refusals_are_readable_by_the_refused_client() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        let many = format!("types={}", "goal,".repeat(600));
        for (query, code, close, status, hint) in [
            ("typs=goal", "bad_parameter", 4500, 400, "did you mean \"types\""),
            ("types=gaol", "unknown_type", 4500, 400, "did you mean \"goal\""),
            ("speed=fast", "bad_argument", 4500, 400, "speed: "),
            ("since=yesterday", "bad_parameter", 4500, 400, "not a place in a replay"),
            ("match=juv-nab", "unknown_match", 4504, 404, "did you mean \"juv-nap\""),
            ("replay=mian", "unknown_replay", 4504, 404, "\"mian\""),
            ("scenario=juventos", "unknown_scenario", 4504, 404, "did you mean \"juventus\""),
            ("scenario=juv&match=nobody", "unknown_match", 4504, 404, "\"nobody\""),
            (&many, "over_limit", 4505, 429, "too many"),
        ] {
            let refused = frames(&server, &format!("/ws?{query}"), &[]).await;
            assert_eq!((&refused[0]["kind"], &refused[0]["code"]), (&json!("error"), &json!(code)), "{query}");
            assert!(refused[0]["message"].as_str().is_some_and(|message| message.contains(hint)), "{refused:?}");
            assert_eq!(refused[1], json!({"kind": "close", "code": close}));
            for framing in [Framing::Sse, Framing::Lines] {
                let address = format!("{}?{query}", path(framing));
                let answer = server.connect().await.subscribe(framing, &address, &[]).await.map(drop).expect_err(query);
                assert!(answer.expect_error(status, code).contains(hint), "{query}");
                assert_eq!(answer.json(), refused[0], "the same words");
            }
        }
        assert_eq!(server.hub.len(), 1, "nothing was opened");
    }
}
