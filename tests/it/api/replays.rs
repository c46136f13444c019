//! Replays on demand: opened by `POST` or by a stream's address, listed, closed, lingering, evicted.

use serde_json::{Value, json};
use touchline::internals::hub::Framing;
use touchline::server::Limits;

use crate::real::{DRIVERS, TestServer, numbers, options, path, within};
use crate::wire::FRAMINGS;

const SHIPPED: u64 = 101;

fn ids(list: &Value) -> Vec<&str> {
    list["replays"].as_array().expect("a list").iter().filter_map(|line| line["id"].as_str()).collect()
}

#[tokio::test]
async fn a_replay_is_opened_listed_described_and_closed() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        let asked = r#"{"name":"cup","scenario":"var","speed":120,"from":"10:00","paused":true,"linger":"5m"}"#;
        let answer = server.post("/api/replays", asked).await;
        assert_eq!(answer.header("location"), Some("/api/replays/cup"));
        let opened = answer.expect_json(201);
        let base = format!("{}/r/cup", server.address);
        assert_eq!(opened["id"], "cup");
        assert_eq!(
            (&opened["ws"], &opened["http"]),
            (&json!(format!("ws://{base}/ws")), &json!(format!("http://{base}")))
        );
        assert_eq!(opened["control"].as_str().map(str::len), Some(16));
        let playback = &opened["playback"];
        assert_eq!((&playback["state"], &playback["speed"]), (&json!("paused"), &json!(120)));
        assert!(playback["at"].as_u64().is_some_and(|at| at >= 600_000), "{playback}");

        assert_eq!(ids(&server.get("/api/replays").await.expect_json(200)), ["cup", "main"]);
        let mut listener = server.subscribe(Framing::WebSocket, "/r/cup/ws").await;
        assert_eq!(listener.of_kind("hello").await["replay"], "cup");
        let document = server.get("/api/replays/cup").await.expect_json(200);
        for (key, value) in
            [("id", json!("cup")), ("shared", json!(true)), ("subscribers", json!(1)), ("linger", json!("300s"))]
        {
            assert_eq!(document[key], value, "{key}");
        }
        assert_eq!((&document["run"], &document["epoch"]), (&opened["run"], &opened["epoch"]));

        assert_eq!(server.ask("DELETE", "/api/replays/cup", &[], "").await.status, 204);
        assert_eq!(listener.rest().await.last().map(|frame| frame["code"].clone()), Some(json!(4506)));
        assert_eq!(ids(&server.get("/api/replays").await.expect_json(200)), ["main"]);
        for answer in [server.get("/api/replays/cup").await, server.ask("DELETE", "/api/replays/cup", &[], "").await] {
            assert!(answer.expect_error(404, "unknown_replay").contains("\"cup\""));
        }
    }
}

#[tokio::test]
async fn a_replay_without_a_name_or_scenario_plays_the_default_and_is_listed_for_controllers() {
    let server = TestServer::with_delivery_loop(true).await;
    for body in ["", "{}", r#"{"scenario":null,"linger":"forever"}"#] {
        let opened = server.open(body).await;
        assert_eq!(opened["run"], server.get("/api/replays/main").await.expect_json(200)["run"]);
        assert_eq!(opened["id"].as_str().map(str::len), Some(12));
        assert!(opened["control"].is_string(), "the opener of a private replay may control it: {opened}");
    }
    assert_eq!(ids(&server.get("/api/replays").await.expect_json(200)).len(), 4);
    let elsewhere = server.ask("GET", "/api/replays", &["origin: http://localhost:3000"], "").await;
    assert_eq!(ids(&elsewhere.expect_json(200)), ["main"]);
}

#[tokio::test]
async fn every_replay_option_can_be_set() {
    let server = TestServer::with_delivery_loop(true).await;
    let opened = server.open(r#"{"fit":"10s","pace":"off","paused":true}"#).await;
    assert!(opened["playback"]["speed"].as_f64().is_some_and(|speed| (speed - 682.7).abs() < 0.1), "{opened}");
    let opened = server.open(r#"{"from":"HT","until":"60:00","speed":"max","hold":"1s","loop":false}"#).await;
    let address = format!("/r/{}/events.ndjson?since=start", opened["id"].as_str().expect("a name"));
    let mut listener = server.subscribe(Framing::Lines, &address).await;
    let ended = |frame: &Value| frame["state"] == "ended" || frame["playback"]["state"] == "ended";
    listener.until(ended).await;
    let state = server.get(&address.replace("events.ndjson?since=start", "state")).await.expect_json(200);
    // It starts after half-time and ends at the hour.
    assert_eq!((&state["playback"]["state"], &state["matches"][0]["now"]["clock"]), (&json!("ended"), &json!("60:00")));

    let waits = server.open(r#"{"wait_for":2,"speed":600}"#).await;
    assert_eq!(waits["playback"]["state"], "waiting");
    let name = waits["id"].as_str().expect("a name");
    let mut first = server.subscribe(Framing::Lines, &format!("/r/{name}/events.ndjson")).await;
    assert_eq!(first.of_kind("hello").await["playback"]["state"], "waiting");
    let _second = server.subscribe(Framing::Sse, &format!("/r/{name}/events")).await;
    assert_eq!(first.of_kind("playback").await["cause"], "start");

    let now = server.open(r#"{"now":true,"name":"now"}"#).await;
    assert!(now["playback"]["wall"].is_string());
    let mut listener = server.subscribe(Framing::Lines, "/r/now/events.ndjson").await;
    let kickoff = listener.of_kind("hello").await["matches"][0]["kickoff"].as_str().expect("a time").to_owned();
    let today = jiff::Timestamp::now().duration_since(kickoff.parse().expect("a time")).as_secs().abs();
    assert!(today < 600, "{kickoff}");
}

#[tokio::test]
async fn pace_and_loop_are_reported_with_every_playback_state() {
    let server = TestServer::with_delivery_loop(true).await;
    let opened =
        server.open(r#"{"name":"laps","loop":true,"pace":"goal:speed=5,lead=30s gap=5s","paused":true}"#).await;
    let state = server.get("/r/laps/state").await.expect_json(200);
    let of_match = server.get("/r/laps/state/juv-nap").await.expect_json(200);
    let line = server.get("/api/replays/laps").await.expect_json(200);
    let mut listener = server.subscribe(Framing::Lines, "/r/laps/events.ndjson").await;
    let hello = listener.of_kind("hello").await;
    for document in [&opened, &state, &of_match, &line, &hello] {
        let playback = &document["playback"];
        let ways = (&playback["loop"], &playback["pace"]);
        assert_eq!(ways, (&json!(true), &json!("gap=5s+goal:lead=30s,speed=5")), "{document}");
    }
}

#[tokio::test]
async fn a_refused_open_lists_the_valid_choices() {
    let server = TestServer::with_delivery_loop(false).await;
    let deep = format!(r#"{{"from":{}{}}}"#, "[".repeat(30_000), "]".repeat(30_000));
    for (body, status, code, hint) in [
        (&*deep, 400, "bad_argument", "the field \"from\" cannot be read: recursion limit exceeded"),
        ("{", 400, "bad_json", "not a JSON object"),
        ("[]", 400, "bad_json", "not a JSON object"),
        (r#"{"sped":60}"#, 400, "bad_argument", "did you mean \"speed\""),
        (r#"{"speed":"fast"}"#, 400, "bad_argument", "speed: "),
        (r#"{"speed":[1]}"#, 400, "bad_argument", "speed must be"),
        (
            r#"{"speed":true}"#,
            400,
            "bad_argument",
            "speed must be a number from 0.01 to 10000, or a text as \"max\", and is true",
        ),
        (r#"{"speed":1e999}"#, 400, "bad_argument", "the field \"speed\" cannot be read: number out of range"),
        (r#"{"speed":NaN}"#, 400, "bad_json", "not a JSON object"),
        (r#"{"speed":60,"speed":60}"#, 400, "bad_argument", "the field \"speed\" is given twice"),
        (r#"{"name":"a","n\u0061me":"b"}"#, 400, "bad_argument", "the field \"name\" is given twice"),
        (r#"{"nonsense":null}"#, 400, "bad_argument", "unknown field \"nonsense\""),
        (r#"{"paused":1}"#, 400, "bad_argument", "paused must be true or false, and is 1"),
        (r#"{"loop":"1"}"#, 400, "bad_argument", "loop must be true or false"),
        (r#"{"wait_for":1.5}"#, 400, "bad_argument", "wait_for must be a whole number"),
        (r#"{"wait_for":"1"}"#, 400, "bad_argument", "wait_for must be a whole number"),
        (r#"{"linger":60}"#, 400, "bad_argument", "linger must be a text, and is 60"),
        (r#"{"name":7}"#, 400, "bad_argument", "name must be a text, and is 7"),
        (r#"{"from":{"clock":"HT"}}"#, 400, "bad_argument", "from must be a text"),
        (r#"{"fit":"3m","speed":60}"#, 400, "bad_argument", "one of the two"),
        (
            r#"{"seed":"7"}"#,
            400,
            "bad_argument",
            "seed must be a whole number from 0 to 9007199254740991, and is \"7\"",
        ),
        (r#"{"faults":""}"#, 400, "bad_argument", "faults: the plan is empty"),
        (r#"{"faults":"drop:at=nowhere"}"#, 404, "not_found", "faults: drop: at: no marker or event"),
        (r#"{"from":"next:gaol"}"#, 400, "bad_argument", "did you mean \"goal\""),
        (r#"{"scenario":"juventos"}"#, 404, "unknown_scenario", "did you mean \"juventus\""),
        (r#"{"scenario":"../../etc/passwd"}"#, 404, "unknown_scenario", "unknown scenario"),
        (r#"{"name":"a b"}"#, 400, "bad_argument", "no name for a replay"),
        (r#"{"name":"main"}"#, 409, "taken", "already"),
    ] {
        let message = server.post("/api/replays", body).await.expect_error(status, code);
        assert!(message.contains(hint), "{body}: {message}");
    }
    let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(70_000));
    server.post("/api/replays", &long).await.expect_error(413, "too_long");
    assert_eq!(server.hub.len(), 1, "nothing was opened");
}

#[tokio::test]
async fn an_address_opens_a_replay_that_starts_with_its_subscriber_and_ends_with_the_last_event() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        for framing in FRAMINGS {
            let address = format!("{}?scenario=juv&speed=max", path(framing));
            let mut listener = server.subscribe(framing, &address).await;
            let frames = listener.rest().await;
            let hello = &frames[0];
            let name = hello["replay"].as_str().expect("a name");
            assert_eq!((name.len(), hello["head"].as_u64()), (12, Some(0)), "{hello}");
            assert_eq!(hello["control"], framing == Framing::WebSocket);
            assert_eq!(hello["token"].as_str().map(str::len), Some(16));
            assert_eq!(hello["subscriber"], 1);
            assert_eq!(numbers(&frames), (1..=SHIPPED).collect::<Vec<_>>(), "{framing:?}");
            let last = frames.last().expect("a last frame");
            assert_eq!((&last["kind"], &last["code"]), (&json!("close"), &json!(1000)), "{framing:?}");
            if framing != Framing::WebSocket {
                assert_eq!(last["reason"], "the replay has ended");
                assert_eq!(listener.next().await, None, "and so has the connection");
            }
            drop(listener);
            server.wait_until_closed(name).await;
            server.get(&format!("/r/{name}/state")).await.expect_error(404, "unknown_replay");
        }
        assert_eq!(server.get("/state").await.expect_json(200)["n"], 0, "main stands where it stood");
    }
}

#[tokio::test]
async fn a_name_opens_or_joins_a_replay() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        let mut comers = Vec::new();
        for (framing, query) in [
            (Framing::WebSocket, "replay=derby&scenario=juv&from=80:00&paused=1"),
            (Framing::Sse, "replay=derby&scenario=juv&from=80:00&paused=1"),
            (Framing::Lines, "replay=derby&scenario=var"),
            (Framing::WebSocket, "replay=derby"),
        ] {
            let mut listener = server.subscribe(framing, &format!("{}?{query}", path(framing))).await;
            let hello = listener.of_kind("hello").await;
            assert_eq!((&hello["replay"], &hello["title"]), (&json!("derby"), &json!("Juventus 0-1 Napoli")));
            assert_eq!(hello["token"].is_string(), comers.is_empty(), "only who has opened it is given it: {hello}");
            comers.push(listener);
            assert_eq!(hello["subscriber"], comers.len());
        }
        assert_eq!(server.hub.len(), 2);
        let refused = server.subscribe(Framing::WebSocket, "/ws?replay=nobody").await.rest().await;
        assert_eq!((&refused[0]["code"], &refused[1]["code"]), (&json!("unknown_replay"), &json!(4504)));
        let refused = server.subscribe(Framing::WebSocket, "/r/derby/ws?scenario=juv").await.rest().await;
        assert_eq!((&refused[0]["code"], &refused[1]["code"]), (&json!("bad_parameter"), &json!(4500)));
    }
}

#[tokio::test]
async fn a_replay_without_linger_closes_with_its_last_subscriber() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        for framing in FRAMINGS {
            let mut listener = server.subscribe(framing, &format!("{}?scenario=juv&linger=0s", path(framing))).await;
            let hello = listener.of_kind("hello").await;
            let name = hello["replay"].as_str().expect("a name");
            assert!(server.hub.get(name).is_some());
            drop(listener);
            server.wait_until_closed(name).await;
            assert!(server.hub.get(name).is_none(), "{framing:?}");
        }
    }
}

#[tokio::test]
async fn a_lingering_replay_can_be_resumed() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        for framing in FRAMINGS {
            let address = format!("{}?scenario=juv&speed=5000&linger=1m&ticks=off", path(framing));
            let mut listener = server.subscribe(framing, &address).await;
            let hello = listener.of_kind("hello").await;
            let first = listener.until(|frame| frame["n"] == 7 && frame["kind"] == "event").await;
            drop(listener);
            let (name, run) = (hello["replay"].as_str().expect("a name"), hello["run"].as_str().expect("a run"));
            let since = format!("/r/{name}{}?since={run}.{}.7&ticks=off", path(framing), hello["epoch"]);
            let mut again = server.subscribe(framing, &since).await;
            let rest = again.rest().await;
            assert_eq!((&rest[0]["replay"], &rest[0]["resumed"]), (&json!(name), &json!("ok")), "{framing:?}");
            assert_eq!([numbers(&first), numbers(&rest)].concat(), (1..=SHIPPED).collect::<Vec<_>>());
            assert_eq!(rest.last().map(|frame| frame["code"].clone()), Some(json!(1000)));
        }
    }
}

#[tokio::test]
async fn max_replays_is_enforced_and_closing_one_makes_room() {
    for delivery_loop in DRIVERS {
        let limits = Limits { replays: 2, ..Limits::default() };
        let server = TestServer::start(options(delivery_loop).limits(limits)).await;
        server.open(r#"{"name":"one"}"#).await;
        let mut follower = server.subscribe(Framing::Lines, "/r/one/events.ndjson").await;
        let full = server.post("/api/replays", "").await;
        assert!(full.expect_error(429, "over_limit").contains("2 replays") && full.header("retry-after").is_some());
        let refused = server.subscribe(Framing::WebSocket, "/ws?scenario=juv").await.rest().await;
        assert_eq!((&refused[0]["code"], &refused[1]["code"]), (&json!("over_limit"), &json!(4505)));
        for framing in [Framing::Sse, Framing::Lines] {
            let address = format!("{}?scenario=juv", path(framing));
            let refused = server.connect().await.subscribe(framing, &address, &[]).await.map(drop);
            refused.expect_err("full").expect_error(429, "over_limit");
        }
        assert_eq!(server.ask("DELETE", "/api/replays/one", &[], "").await.status, 204);
        assert_eq!(follower.rest().await.last().map(|frame| frame["code"].clone()), Some(json!(4506)));
        let nobodys = server.open("").await;
        // A replay without subscribers is evicted for a new one; the search for candidates is rate-limited, so retry.
        let asking = async {
            loop {
                let answer = server.post("/api/replays", "").await;
                if answer.status == 201 {
                    return answer.json();
                }
                answer.expect_error(429, "over_limit");
            }
        };
        let newer = within("eviction", asking).await;
        assert_ne!(nobodys["id"], newer["id"]);
        server
            .get(&format!("/api/replays/{}", nobodys["id"].as_str().expect("a name")))
            .await
            .expect_error(404, "unknown_replay");
        assert_eq!(server.hub.len(), 2);
    }
}

#[tokio::test]
async fn the_servers_own_replays_cannot_be_closed() {
    let server = TestServer::with_delivery_loop(true).await;
    let refused = server.ask("DELETE", "/api/replays/main", &[], "").await.expect_error(409, "lasting");
    assert!(refused.contains("as long as the server"), "{refused}");
    assert_eq!(server.get("/state").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_opens_of_one_name_share_one_replay() {
    for delivery_loop in DRIVERS {
        for round in 0..5 {
            let server = TestServer::with_delivery_loop(delivery_loop).await;
            // A scenario that takes time to load and fit.
            let path = format!("/ws?scenario=var&fit=1m&replay=derby{round}&ticks=off&snapshot=off");
            let mut all = futures::future::join_all((0..8).map(|_| server.subscribe(Framing::WebSocket, &path))).await;
            let mut numbers = Vec::new();
            for one in &mut all {
                let hello = one.of_kind("hello").await;
                assert_eq!(hello["replay"], format!("derby{round}"));
                numbers.push(hello["subscriber"].as_u64());
            }
            numbers.sort_unstable();
            assert_eq!(numbers, (1..=8).map(Some).collect::<Vec<_>>());
        }
    }
}
