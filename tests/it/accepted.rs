//! Compares each `accepted` list of an error with what the server accepts: the two are equal.

use std::collections::BTreeSet;

use serde_json::Value;
use touchline::internals::dialect::Request;
use touchline::internals::hub::Framing;
use touchline::playback::Position;

use super::real::{Response, TestServer};

/// Every query parameter of any path, with a valid value.
const PARAMETERS: &[(&str, &str)] = &[
    ("match", "juv-nap"),
    ("types", "goal"),
    ("since", "start"),
    ("lastEventId", "17"),
    ("Last-Event-ID", "17"),
    ("snapshot", "key"),
    ("ticks", "1s"),
    ("stamp", "1"),
    ("client", "phone"),
    ("replay", "main"),
    ("token", "whatever1"),
    ("wait", "1"),
    ("spoilers", "0"),
    ("to", "0"),
    ("name", "cup"),
    ("scenario", "juv"),
    ("speed", "60"),
    ("pace", "off"),
    ("fit", "10s"),
    ("from", "1"),
    ("until", "FT"),
    ("loop", "1"),
    ("hold", "1s"),
    ("paused", "1"),
    ("wait_for", "1"),
    ("linger", "1s"),
    ("now", "1"),
    ("wall", "20:45"),
    ("faults", "lossy"),
    ("seed", "7"),
    ("all", "1"),
];

fn listed(answer: &Response) -> BTreeSet<String> {
    let frame = answer.json();
    let words = frame["accepted"].as_array().unwrap_or_else(|| panic!("no list: {}", answer.body));
    words.iter().map(|word| word.as_str().expect("a word").to_owned()).collect()
}

/// Sends a request and disconnects if a stream begins; returns the error if it is refused.
async fn refused(server: &TestServer, method: &str, path: &str) -> Option<Value> {
    let stream = ["/events.ndjson", "/events"]
        .into_iter()
        .find(|stream| path.split('?').next().unwrap_or(path).ends_with(stream));
    let answer = match stream {
        None => server.ask(method, path, &[], "").await,
        Some(name) => {
            let framing = if name == "/events" { Framing::Sse } else { Framing::Lines };
            match server.connect().await.subscribe(framing, path, &[]).await {
                Ok(_) => return None,
                Err(answer) => answer,
            }
        }
    };
    (answer.status >= 400).then(|| answer.json())
}

#[tokio::test]
async fn documented_parameters_are_exactly_those_accepted() {
    let server = TestServer::with_delivery_loop(true).await;
    server.command("main", "step 5").await;
    for (method, path) in [
        ("GET", "/state"),
        ("GET", "/state/juv-nap"),
        ("GET", "/timeline"),
        ("GET", "/history"),
        ("GET", "/table"),
        ("GET", "/r/main/state"),
        ("GET", "/api/replays"),
        ("GET", "/api/replays/main/journal"),
        ("GET", "/api/replays/main/record"),
        ("GET", "/api/replays/main/scenario"),
        ("POST", "/api/replays"),
        ("GET", "/events"),
        ("GET", "/events.ndjson"),
        ("GET", "/r/main/events"),
    ] {
        let unknown = refused(&server, method, &format!("{path}?nonsense=1")).await.expect("refused");
        let words = unknown["accepted"].as_array().unwrap_or_else(|| panic!("no list: {unknown}"));
        let listed: BTreeSet<&str> = words.iter().map(|word| word.as_str().expect("a word")).collect();
        for (name, value) in PARAMETERS {
            // A long poll returns at once: its tag is behind the current state.
            let refusal = refused(&server, method, &format!("{path}?{name}={value}")).await;
            let taken = refusal.as_ref().is_none_or(|refusal| refusal["code"] != "bad_parameter");
            assert_eq!(taken, listed.contains(name), "{method} {path}?{name}={value}: {refusal:?}");
        }
        let known = |name: &&str| PARAMETERS.iter().any(|(known, _)| known == name);
        assert!(listed.iter().all(known), "{path}: a parameter that this test does not try: {listed:?}");
    }
}

#[tokio::test]
async fn documented_values_are_exactly_those_accepted() {
    let server = TestServer::with_delivery_loop(true).await;
    let universe =
        ["key", "full", "off", "on", "1", "0", "true", "false", "1s", "5s", "2s", "yes", "no", "start", "forever"];
    for (path, parameter) in [
        ("/state", "snapshot"),
        ("/timeline", "spoilers"),
        ("/events", "snapshot"),
        ("/events", "ticks"),
        ("/events", "stamp"),
        ("/events", "loop"),
        ("/events", "paused"),
        ("/events", "now"),
    ] {
        let refusal = refused(&server, "GET", &format!("{path}?{parameter}=nonsense")).await.expect("refused");
        let words = refusal["accepted"].as_array().unwrap_or_else(|| panic!("no list: {refusal}"));
        let listed: Vec<&str> = words.iter().map(|word| word.as_str().expect("a word")).collect();
        assert!(listed.iter().all(|word| universe.contains(word)), "{listed:?}");
        for value in universe {
            let refusal = refused(&server, "GET", &format!("{path}?{parameter}={value}")).await;
            assert_eq!(refusal.is_none(), listed.contains(&value), "{path}?{parameter}={value}: {refusal:?}");
        }
    }
    for (path, at) in [("/history?types=nonsense", "/history?types="), ("/state?match=nonsense", "/state?match=")] {
        for word in listed(&server.get(path).await) {
            assert_eq!(server.get(&format!("{at}{word}")).await.status, 200, "{at}{word}");
        }
    }
    for word in listed(&server.post("/api/replays", r#"{"scenario":"nonsense"}"#).await) {
        server.open(&format!(r#"{{"scenario":"{word}","paused":true}}"#)).await;
    }
    let ambiguous = server.post("/api/replays", r#"{"scenario":""}"#).await;
    assert!(ambiguous.status == 404 && listed(&ambiguous).len() > 1, "{ambiguous:?}");
}

#[tokio::test]
async fn documented_members_are_exactly_those_accepted() {
    let server = TestServer::with_delivery_loop(true).await;
    let of_opening = listed(&server.post("/api/replays", r#"{"nonsense":null}"#).await);
    for name in PARAMETERS.iter().map(|(name, _)| *name).chain(["lines"]) {
        let answer = server.post("/api/replays", &format!(r#"{{"{name}":{{}}}}"#)).await;
        // Each is refused, because no member is an object, but not as unknown.
        let known = !answer.expect_error(400, "bad_argument").contains("unknown field");
        assert_eq!(known, of_opening.contains(name), "{name}: {}", answer.body);
    }
    assert!(of_opening.contains("name") && of_opening.len() == 17, "{of_opening:?}");
    const MEMBERS: [&str; 20] = [
        "command",
        "id",
        "to",
        "lead",
        "match",
        "count",
        "until",
        "if_version",
        "by",
        "wait_for",
        "acknowledged",
        "timeout",
        "types",
        "n",
        "epoch",
        "payload",
        "seed",
        "score",
        "clock",
        "nonsense",
    ];
    let known = |message: &str| !message.contains("unknown field") && !message.contains("has no field");
    let commands = listed(&server.post("/api/replays/main/command", "nonsense").await);
    assert_eq!(commands, listed(&server.post("/api/replays/main/command", "{}").await));
    assert_eq!(commands, listed(&server.post("/api/replays/main/command", r#"{"command":"ping"}"#).await));
    assert_eq!(commands.len(), 10, "{commands:?}");
    let on_sockets = Request::decode("nonsense").expect_err("unknown").rejection.accepted;
    let here: BTreeSet<&String> = on_sockets.iter().filter(|name| commands.contains(*name)).collect();
    assert_eq!((here.len(), on_sockets.len()), (10, 14), "{on_sockets:?}");
    // The members of a fault are the parameters of its kind: `faults_page` compares those.
    for command in on_sockets.iter().filter(|command| *command != "fault") {
        // The command's name is no object.
        let with = |member: &str| match member {
            "command" => format!(r#"{{"command":"{command}"}}"#),
            member => format!(r#"{{"command":"{command}","{member}":{{}}}}"#),
        };
        let over_socket = |member: &str| Request::decode(&with(member)).err().map(|error| error.rejection);
        let listed_there = over_socket("nonsense").expect("unknown").accepted;
        for member in MEMBERS {
            let taken = over_socket(member).is_none_or(|rejection| known(&rejection.message));
            assert_eq!(taken, listed_there.iter().any(|it| it == member), "{command} {member}: {listed_there:?}");
        }
        if !commands.contains(command) {
            continue;
        }
        let of_http = listed(&server.post("/api/replays/main/command", &with("nonsense")).await);
        for member in MEMBERS {
            let answer = server.post("/api/replays/main/command", &with(member)).await;
            let taken = answer.status == 200 || known(answer.json()["message"].as_str().expect("a message"));
            assert_eq!(taken, of_http.contains(member), "{command} {member}: {}", answer.body);
        }
    }
    let words = listed(&server.post("/api/replays/main/command", "loop nonsense").await);
    for word in ["on", "off", "true", "false", "yes", "no", "1", "0"] {
        let answer = server.post("/api/replays/main/command", &format!("loop {word}")).await;
        assert_eq!(answer.status == 200, words.contains(word), "loop {word}");
    }
    for refusal in [r#"{"command":"loop","to":1}"#, r#"{"command":"step","acknowledged":1}"#] {
        let flags = listed(&server.post("/api/replays/main/command", refusal).await);
        assert!(flags.iter().eq(["false", "true"]), "{flags:?}");
    }
}

#[tokio::test]
async fn documented_methods_are_exactly_those_answered() {
    let server = TestServer::with_delivery_loop(true).await;
    server.open(r#"{"name":"cup","paused":true}"#).await;
    for path in [
        "/",
        "/r/cup/",
        "/state",
        "/state/juv-nap",
        "/timeline",
        "/history",
        "/table",
        "/dialect/{name}/…",
        "/metrics",
        "/client.js",
        "/overlay/ticker",
        "/events",
        "/events.ndjson",
        "/api/scenarios",
        "/api/replays",
        "/api/replays/cup",
        "/api/replays/cup/command",
        "/api/replays/cup/journal",
        "/api/replays/cup/record",
        "/api/replays/cup/scenario",
        "/api/replays/cup/verdict",
        "/shows",
    ] {
        let answer = server.ask("PATCH", path, &[], "").await;
        answer.expect_error(405, "method_not_allowed");
        let allowed: BTreeSet<String> = answer.list("allow").into_iter().map(str::to_owned).collect();
        assert_eq!(allowed, listed(&answer), "{path}");
        for method in ["GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE"] {
            // A stream has no length and is not read here.
            let stream = path.starts_with("/events") && method == "GET";
            let status = if stream { 200 } else { server.ask(method, path, &[], "").await.status };
            assert_eq!(status != 405, allowed.contains(method), "{method} {path}: {status}");
        }
    }
}

#[tokio::test]
async fn documented_paths_and_positions_are_valid() {
    let server = TestServer::with_delivery_loop(true).await;
    let paths = listed(&server.get("/nonsense").await);
    for path in [
        "/",
        "/ws",
        "/events",
        "/events.ndjson",
        "/state",
        "/state/{match}",
        "/timeline",
        "/history",
        "/table",
        "/dialect/{name}/…",
        "/overlay/scorebug",
        "/overlay/ticker",
        "/overlay/goal",
        "/client.js",
        "/assets/{digest}/…",
        "/api/scenarios",
        "/api/replays",
        "/api/replays/{id}",
        "/api/replays/{id}/command",
        "/api/replays/{id}/journal",
        "/api/replays/{id}/record",
        "/api/replays/{id}/scenario",
        "/api/replays/{id}/verdict",
        "/schema/{name}.json",
        "/openapi.json",
        "/asyncapi.json",
        "/shows",
        "/healthz",
        "/readyz",
        "/metrics",
        "/r/{id}/…",
    ] {
        assert!(paths.contains(path), "{path} is not listed");
    }
    assert_eq!(paths.len(), 31, "a path that this test does not know: {paths:?}");
    for path in &paths {
        let asset = server.get("/client.js").await;
        assert_eq!(asset.status, 200);
        let path = path
            .replace("{id}/…", "main/")
            .replace("{name}/…", "espn/ita.1/scoreboard")
            .replace("{digest}/…", "x/client.js")
            .replace("{id}", "main");
        let path = path.replace("{name}", "frame");
        let path = path.replace("{match}", "juv-nap");
        let status = if path.starts_with("/events") {
            server.ask("POST", &path, &[], "").await.status
        } else {
            server.get(&path).await.status
        };
        assert_ne!(status, 404, "{path}");
    }
    for name in listed(&server.get("/overlay/nonsense").await) {
        assert_eq!(server.get(&format!("/overlay/{name}")).await.status, 200, "{name}");
    }
    server.command("main", "seek 50%").await;
    let notations = listed(&server.post("/api/replays", r#"{"from":"89:7"}"#).await);
    assert_eq!(notations, listed(&server.post("/api/replays/main/command", "seek 89:7").await));
    let (names, forms): (Vec<&String>, Vec<&String>) = notations.iter().partition(|notation| notation.starts_with('a'));
    assert_eq!(names.len(), 3, "{names:?}");
    for form in forms {
        assert!(!matches!(Position::parse(form), Ok(Position::Named(_)) | Err(_)), "{form}");
        let answer = server.post("/api/replays/main/command", &format!("seek {form}")).await;
        assert!(answer.status == 200 || answer.json()["code"] == "not_found", "{form}: {}", answer.body);
    }
    // Only a period that was played has stoppage time.
    let ends = listed(&server.post("/api/replays/main/command", "seek 46+2").await);
    assert!(ends.iter().eq(["45+1", "90+1"]), "{ends:?}");
    for end in ends {
        server.command("main", &format!("seek {end}")).await;
    }
}
