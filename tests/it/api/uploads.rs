//! `POST /api/replays` with the lines of a scenario: played as a served file, refused with findings, within limits.

use futures::future::join_all;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use touchline::internals::hub::Framing;
use touchline::scenario::SHIPPED;
use touchline::server::{ControlToken, Limits};

use crate::bodies::{answered, exchange, post};
use crate::real::{DRIVERS, Response, TestServer, options, within};

const NDJSON: &str = "content-type: application/x-ndjson";
/// An origin on this machine with another port: it may read.
const ELSEWHERE: &str = "origin: http://localhost:3000";
const MIB: usize = 1 << 20;

/// The scenario that `main` plays.
fn flagship() -> &'static str {
    SHIPPED[0].text()
}

/// A short scenario with these lines behind those of the match.
fn scenario(lines: &[&str]) -> String {
    let begin = [
        r#"{"kind":"scenario","version":1,"title":"Eastmoor - Westhaven (fictional)"}"#,
        r#"{"kind":"match","id":"eas-wes","kickoff":"2026-03-07T15:00:00Z","home":{"id":"eastmoor","name":"Eastmoor"},"away":{"id":"westhaven","name":"Westhaven"}}"#,
        r#"{"type":"period_start","period":1,"clock":"00:00"}"#,
    ];
    [&begin, lines].concat().iter().map(|line| format!("{line}\n")).collect()
}

const GOAL: &str = r#"{"type":"goal","id":"the-goal","period":1,"clock":"10:00","side":"home"}"#;

async fn send(server: &TestServer, query: &str, headers: &[&str], lines: &str) -> Response {
    server.ask("POST", &format!("/api/replays{query}"), &[&[NDJSON], headers].concat(), lines).await
}

/// The JSON body with these other members, and the lines as one text or as a list of objects.
fn json_body(lines: &str, as_list: bool, members: &str) -> String {
    let listed = || format!("[{}]", lines.lines().collect::<Vec<_>>().join(",\n"));
    let lines = if as_list { listed() } else { Value::from(lines).to_string() };
    format!("{{{members}\"lines\":{lines}}}")
}

/// `hello` without what differs between replays, and the event frames to the last one.
async fn played(server: &TestServer, replay: &str, last: u64) -> (Value, Vec<String>) {
    let path = format!("/r/{replay}/events.ndjson?since=start&ticks=off");
    let mut listener = server.subscribe(Framing::Lines, &path).await;
    let hello = listener.of_kind("hello").await;
    let mut events = Vec::new();
    let reading = async {
        while events.len() < usize::try_from(last).expect("a count") {
            let text = listener.next_text().await.expect("it goes on");
            events.extend(Some(text).filter(|text| text.starts_with(r#"{"kind":"event""#)));
        }
    };
    within("the last event", reading).await;
    (json!([hello["run"], hello["title"], hello["matches"]]), events)
}

#[tokio::test]
async fn a_sent_scenario_is_played_as_a_served_one() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        server.open(r#"{"name":"served","speed":"max"}"#).await;
        let served = played(&server, "served", 101).await;
        assert_eq!(served.1.len(), 101);
        let lines = send(&server, "?name=lines&speed=max", &[], flagship()).await;
        assert_eq!(lines.header("location"), Some("/api/replays/lines"));
        let lines = lines.expect_json(201);
        assert_eq!((&lines["id"], &lines["findings"]), (&json!("lines"), &Value::Null));
        let fields = |name: &str| format!(r#""name":"{name}","speed":"max","#);
        server.open(&json_body(flagship(), false, &fields("text"))).await;
        server.open(&json_body(flagship(), true, &fields("list"))).await;
        for replay in ["lines", "text", "list"] {
            assert!(played(&server, replay, 101).await == served, "{replay}");
        }
        let other_type = ["content-type: Application/JSONL; charset=utf-8"];
        let paused = server.ask("POST", "/api/replays?paused=1&from=45%2B2", &other_type, flagship()).await;
        assert_eq!(paused.expect_json(201)["playback"]["state"], "paused");
    }
}

#[tokio::test]
async fn a_scenario_that_cannot_be_read_is_refused_with_its_findings() {
    let server = TestServer::with_delivery_loop(true).await;
    let wrong = scenario(&[
        r#"{"type":"gaol","period":1,"clock":"10:00","side":"home"}"#,
        GOAL,
        r#"{"type":"goal","period":1,"clock":"11:0","side":"home"}"#,
    ]);
    let refused = send(&server, "", &[], &wrong).await;
    let message = refused.expect_error(400, "bad_scenario");
    assert!(message.starts_with("the scenario has 2 errors: line 4: unknown event type \"gaol\""), "{message}");
    let refused = refused.json();
    let places: Vec<_> = refused["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter(|finding| finding["severity"] == "error")
        .collect();
    assert_eq!((&places[0]["line"], &places[1]["line"]), (&json!(4), &json!(6)), "{refused}");
    assert!(places[0]["column"].is_u64() && places[0]["message"].as_str().is_some_and(|text| text.contains("goal")));
    for as_list in [false, true] {
        let again = server.post("/api/replays", &json_body(&wrong, as_list, "")).await;
        let lines = |answer: &Value| -> Vec<Value> {
            answer["findings"].as_array().expect("findings").iter().map(|finding| finding["line"].clone()).collect()
        };
        again.expect_error(400, "bad_scenario");
        assert_eq!(lines(&again.json()), lines(&refused), "the place in the list is the line");
    }

    // A mistake that only a lint finds is played, as `touchline serve` does.
    let odd = include_str!("../../cases/mistakes/31-duplicate-shirt-number.jsonl");
    let opened = send(&server, "?name=odd", &[], odd).await.expect_json(201);
    let finding = &opened["findings"][0];
    assert_eq!((&finding["severity"], &finding["line"]), (&json!("error"), &json!(2)), "{opened}");

    let many: String = (0..300).map(|at| format!("{{\"type\":\"gaol{at}\",\"clock\":\"x{at}\"}}\n")).collect();
    let refused = send(&server, "", &[], &scenario(&[&many])).await.json();
    assert_eq!(refused["findings"].as_array().map(Vec::len), Some(100));
    assert!(refused["unlisted"].as_u64().is_some_and(|unlisted| unlisted > 0), "{}", refused["unlisted"]);
    assert_eq!(server.hub.len(), 2);
}

#[tokio::test]
async fn what_is_no_scenario_is_refused_and_says_so() {
    let server = TestServer::with_delivery_loop(false).await;
    for (lines, hint) in [
        ("", "the scenario has 1 error: "),
        (r#"{"events":[{"eventId":8,"tags":[],"matchPeriod":"1H","eventSec":1.9}]}"#, "Wyscout"),
        ("minute,team,event\n1,home,goal\n", "the scenario has 1 error: line 1: "),
        (r#"{"kind":"scenario","version":1,"title":"nothing"}"#, "the scenario has 1 error: "),
    ] {
        let message = send(&server, "", &[], lines).await.expect_error(400, "bad_scenario");
        assert!(message.contains(hint), "{lines}: {message}");
    }
    for body in [r#"{"lines":""}"#, r#"{"lines":[]}"#] {
        server.post("/api/replays", body).await.expect_error(400, "bad_scenario");
    }
    let both = json_body(&scenario(&[GOAL]), false, r#""scenario":"juv","#);
    assert!(server.post("/api/replays", &both).await.expect_error(400, "bad_argument").contains("give one"));
    let both = send(&server, "?scenario=juv", &[], &scenario(&[GOAL])).await;
    assert!(both.expect_error(400, "bad_argument").contains("give one"));
    send(&server, "?name=main", &[], &scenario(&[GOAL])).await.expect_error(409, "taken");
    send(&server, "?sped=60", &[], &scenario(&[GOAL])).await.expect_error(400, "bad_parameter");
    let unmarked = server.post("/api/replays", &scenario(&[GOAL])).await.expect_error(400, "bad_json");
    assert!(unmarked.contains("application/x-ndjson"), "{unmarked}");
    let cut = post("/api/replays", &format!("{NDJSON}\r\nContent-Length: 100\r\n"), "{");
    let cut = exchange(&server, cut.as_bytes(), true).await;
    assert_eq!(answered(&cut), (vec![400], "bad_request".to_owned()), "{cut}");
    assert_eq!(server.hub.len(), 1);
}

#[tokio::test]
async fn fault_lines_and_plans_work_as_with_other_scenarios() {
    let server = TestServer::with_delivery_loop(true).await;
    let dropping = scenario(&[r#"{"kind":"fault","period":1,"clock":"05:00","do":"drop"}"#, GOAL]);
    for (query, plan) in [
        ("?name=own", "drop:at=@5m"),
        ("?name=off&faults=off", "off"),
        ("?name=other&faults=late:p=1,by=1s", "late:p=1,by=1s"),
    ] {
        let opened = send(&server, query, &[], &dropping).await.expect_json(201);
        let journal = server.get(&format!("/api/replays/{}/journal", opened["id"].as_str().expect("a name"))).await;
        assert_eq!(journal.expect_json(200)["faults"], plan);
    }
    let wrong = dropping.replace(r#""do":"drop""#, r#""do":"late""#);
    let message = send(&server, "", &[], &wrong).await.expect_error(400, "bad_scenario");
    assert!(message.starts_with("the scenario has 1 error: the fault in line 4: late: by is missing"), "{message}");
    let opened = send(&server, "?faults=off", &[], &wrong).await.expect_json(201);
    let findings = opened["findings"].as_array().expect("findings");
    assert!(findings.iter().any(|finding| finding["severity"] == "error"), "{opened}");
}

#[tokio::test]
async fn too_long_a_scenario_is_refused_before_it_is_read_if_its_length_is_known() {
    let server = TestServer::with_delivery_loop(true).await;
    let ndjson = format!("{NDJSON}\r\n");
    let expect = |headers: &str, length: usize| {
        post("/api/replays", &format!("{headers}Expect: 100-continue\r\nContent-Length: {length}\r\n"), "")
    };
    for (headers, length) in [(&*ndjson, 8 * MIB + 1), ("", 16 * MIB + 1)] {
        let answer = exchange(&server, expect(headers, length).as_bytes(), false).await;
        assert_eq!(answered(&answer), (vec![413], "too_long".to_owned()), "{answer}");
    }
    let chunk = format!("{MIB:x}\r\n{}\r\n", " ".repeat(MIB));
    let chunked = |headers: &str, begin: &str, mib: usize| {
        post(
            "/api/replays",
            &format!("{headers}Transfer-Encoding: chunked\r\n"),
            &(begin.to_owned() + &chunk.repeat(mib)),
        )
    };
    for (sent, limit) in [(chunked(&ndjson, "", 9), 8 * MIB), (chunked("", "", 17), 16 * MIB)] {
        let answer = exchange(&server, sent.as_bytes(), false).await;
        assert_eq!(answered(&answer), (vec![413], "too_long".to_owned()), "{answer}");
        assert!(answer.contains(&format!("more than {limit} bytes")), "{answer}");
    }
    // Long JSON is for lines; and these are as long as they may be without its escapes.
    let blanks = " ".repeat(70_000);
    server.post("/api/replays", &format!("{{{blanks}}}")).await.expect_error(413, "too_long");
    let lines = "\\n".repeat(8 * MIB - 20);
    let long = |text: &str| format!(r#"{{"lines":"{text}"}}"#);
    server.post("/api/replays", &long(&lines)).await.expect_error(400, "bad_scenario");
    let text = " ".repeat(8 * MIB + 1);
    server.post("/api/replays", &long(&text)).await.expect_error(413, "too_long");
    assert_eq!(server.hub.len(), 1);
}

/// Sends the head of a request with a body of unknown length and the beginning of that body, once the server reads it.
async fn begin_upload(server: &TestServer) -> TcpStream {
    let mut socket = TcpStream::connect(server.address).await.expect("connected");
    let head = post("/api/replays", &format!("{NDJSON}\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n"), "");
    socket.write_all(head.as_bytes()).await.expect("written");
    let mut answer = [0; 25];
    within("100 Continue", socket.read_exact(&mut answer)).await.expect("an answer");
    assert_eq!(str::from_utf8(&answer), Ok("HTTP/1.1 100 Continue\r\n\r\n"));
    socket.write_all(b"1\r\n{\r\n").await.expect("written");
    socket
}

#[tokio::test]
async fn scenarios_on_their_way_are_limited_and_a_client_that_leaves_makes_room() {
    for delivery_loop in DRIVERS {
        let limits = Limits { upload_bytes: 16 * MIB, ..Limits::default() };
        let server = TestServer::start(options(delivery_loop).limits(limits)).await;
        let first = begin_upload(&server).await;
        let mut second = begin_upload(&server).await;
        let refused = send(&server, "", &[], flagship()).await;
        assert!(refused.expect_error(429, "over_limit").contains("16777216 bytes"));
        assert_eq!(refused.header("retry-after"), Some("1"));
        server.post("/api/replays", &json_body(&scenario(&[GOAL]), false, "")).await.expect_error(429, "over_limit");
        assert_eq!(server.post("/api/replays", "{}").await.status, 201, "without lines it needs none of that");
        drop(first);
        let asking = async { while send(&server, "", &[], flagship()).await.status != 201 {} };
        within("room for another", asking).await;
        // The other one goes on to its end.
        second.write_all(b"1\r\n}\r\n0\r\n\r\n").await.expect("written");
        let mut answer = String::new();
        within("an answer", second.read_to_string(&mut answer)).await.expect("an answer");
        assert_eq!(answered(&answer), (vec![400], "bad_scenario".to_owned()), "{answer}");
    }
}

#[tokio::test]
async fn timelines_of_sent_scenarios_are_limited_together() {
    let limits = Limits { timeline_bytes: flagship().len() * 3 / 2, ..Limits::default() };
    let server = TestServer::start(options(true).limits(limits)).await;
    let one = scenario(&[GOAL]);
    send(&server, "?name=one", &[], &one).await.expect_json(201);
    send(&server, "?name=one-more", &[], &one).await.expect_json(201);
    let refused = send(&server, "", &[], flagship()).await.expect_error(429, "over_limit");
    assert!(refused.contains("close a replay"), "{refused}");
    assert_eq!(send(&server, "", &[], &one).await.status, 201, "it shares a timeline");
}

#[tokio::test]
async fn sending_a_scenario_takes_the_right_to_control_or_a_server_that_allows_it() {
    let token = || Some(ControlToken::new("correct-horse").expect("a token"));
    let bearer = "authorization: Bearer correct-horse";
    let forwarded = "x-forwarded-for: 192.0.2.7";
    for delivery_loop in DRIVERS {
        let local = TestServer::with_delivery_loop(delivery_loop).await;
        let guarded = TestServer::start(options(delivery_loop).token(token())).await;
        let open = TestServer::start(options(delivery_loop).token(token()).allow_uploads(true)).await;
        for (server, headers, status) in [
            (&local, &[][..], 201),
            (&local, &[ELSEWHERE], 401),
            (&local, &[forwarded], 401),
            (&guarded, &[], 401),
            (&guarded, &["authorization: Bearer another-horse"], 401),
            (&guarded, &[bearer], 201),
            (&guarded, &[bearer, ELSEWHERE], 201),
            (&open, &[], 201),
            (&open, &[ELSEWHERE], 201),
            (&open, &[forwarded], 201),
            (&open, &["origin: https://evil.example"], 403),
        ] {
            let json = json_body(&scenario(&[GOAL]), false, "");
            for answer in [
                send(server, "", headers, &scenario(&[GOAL])).await,
                server.ask("POST", "/api/replays", headers, &json).await,
            ] {
                assert_eq!(answer.status, status, "{headers:?}: {}", answer.body);
                if status == 401 {
                    let message = answer.expect_error(401, "not_authorised");
                    assert!(message.contains("the server's token") && message.contains("--allow-uploads"), "{message}");
                }
            }
        }
        // Nothing of the body is read, or no more than of any other JSON.
        let expect = |headers: &str, length: usize| {
            post("/api/replays", &format!("{headers}Expect: 100-continue\r\nContent-Length: {length}\r\n"), "")
        };
        let refused = exchange(&guarded, expect(&format!("{NDJSON}\r\n"), 9 * MIB).as_bytes(), false).await;
        assert_eq!(answered(&refused), (vec![401], "not_authorised".to_owned()), "{refused}");
        let refused = exchange(&guarded, expect("", 70_000).as_bytes(), false).await;
        assert_eq!(answered(&refused), (vec![413], "too_long".to_owned()), "{refused}");
        let chunked = format!("11170\r\n{}\r\n", " ".repeat(0x11170));
        let refused =
            exchange(&guarded, post("/api/replays", "Transfer-Encoding: chunked\r\n", &chunked).as_bytes(), false)
                .await;
        assert!(refused.contains("more than 65536 bytes"), "{refused}");
        assert_eq!(guarded.hub.len(), 5);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn forty_tests_that_send_the_same_scenario_share_its_timeline() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        let bodies = [json_body(flagship(), false, ""), flagship().to_owned()];
        let requests = (0..40).map(|at| {
            let (headers, body) = if at % 2 == 0 { (&[][..], &bodies[0]) } else { (&[NDJSON][..], &bodies[1]) };
            server.ask("POST", "/api/replays", headers, body)
        });
        let opened: Vec<Value> = join_all(requests).await.iter().map(|answer| answer.expect_json(201)).collect();
        let cues = |opened: &Value| {
            let (replay, _) = server.hub.get(opened["id"].as_str().expect("a name")).expect("open");
            replay.timeline().cues().as_ptr()
        };
        assert!(opened.iter().all(|one| cues(one) == cues(&opened[0])));
        let later = send(&server, "?faults=off", &[], flagship()).await.expect_json(201);
        assert_eq!(cues(&later), cues(&opened[0]));
        let (main, _) = server.hub.get("main").expect("open");
        assert_ne!(main.timeline().cues().as_ptr(), cues(&later), "nobody has sent that one");
    }
}
