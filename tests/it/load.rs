//! `touchline load` against the real server, and against servers that lose, repeat, swap and delay frames.

use std::process::{Command, Output, Stdio};

use futures::SinkExt;
use futures::future::join_all;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::program::{Program, run};

/// How many subscribers the scripted servers below expect.
const SUBSCRIBERS: usize = 8;
/// The subscriber that they treat differently.
const VICTIM: usize = 5;

fn text(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn load_delivers_the_flagship_match_to_fifty_in_order() {
    let program = Program::serve(&["juv", "--speed", "3000", "--once", "--wait-for", "50", "--port", "0"]);
    let pid = program.ready["pid"].to_string();
    let mut words = vec!["load".to_owned(), program.ws(), "--subscribers".into(), "50".into()];
    words.extend(["--duration".into(), "5m".into()]);
    if cfg!(target_os = "linux") {
        words.extend(["--pid".into(), pid]);
    }
    let output = run(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let (report, complaints) = text(&output);
    assert_eq!(output.status.code(), Some(0), "{report}{complaints}");
    for line in [
        "connected        50 of 50 in ",
        ", then every stream had ended",
        "verdict          complete and in order",
        "checked by       the numbers of Touchline's events, 5,050 receipts",
        "due to received  p50 ",
        "to the last      p50 ",
    ] {
        assert!(report.contains(line), "no {line:?} in\n{report}");
    }
    assert_eq!(report.contains("server CPU       "), cfg!(target_os = "linux"), "{report}");
    assert!(!report.contains('\u{1b}') && complaints.is_empty(), "no progress bar outside a terminal: {complaints}");
}

#[test]
fn load_judges_each_lap_as_a_complete_match() {
    let program = Program::serve(&["var", "--speed", "5000", "--loop", "--hold", "0s", "--port", "0"]);
    // At 5,000x a lap takes under two seconds.
    let output = run(&["load", &program.ws(), "--subscribers", "10", "--duration", "2s", "--json"]);
    let (report, complaints) = text(&output);
    let report: Value = serde_json::from_str(&report).unwrap_or_else(|_| panic!("{report}{complaints}"));
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert_eq!((&report["flawless"], &report["judged_by"]), (&true.into(), &"touchline".into()), "{report}");
    assert!(report["latency_ms"]["count"].as_u64() > Some(0), "{report}");
    let filtered = run(&["load", &format!("{}?types=goal", program.ws()), "--subscribers", "2", "--duration", "1s"]);
    assert_eq!(filtered.status.code(), Some(0));
    assert!(text(&filtered).0.contains("completeness not checked"), "{:?}", text(&filtered));
}

#[test]
fn load_over_http_equals_load_over_websocket() {
    for (path, bytes) in [("/events", "text/event-stream"), ("/events.ndjson", "application/x-ndjson")] {
        let program = Program::serve(&["juv", "--speed", "3000", "--once", "--wait-for", "20", "--port", "0"]);
        let url = program.http() + path;
        let output = run(&["load", &url, "--subscribers", "20", "--duration", "5m"]);
        let (report, complaints) = text(&output);
        assert_eq!((output.status.code(), complaints.as_str()), (Some(0), ""), "{bytes}: {report}");
        for line in [
            "connected        20 of 20 in ",
            ", then every stream had ended",
            "verdict          complete and in order",
            "checked by       the numbers of Touchline's events, 2,020 receipts",
            "due to received  p50 ",
            "to the last      p50 ",
        ] {
            assert!(report.contains(line), "{path}: no {line:?} in\n{report}");
        }
    }
}

#[test]
fn load_with_private_replays_delivers_the_same_to_each() {
    let program = Program::serve(&["var", "--paused", "--port", "0"]);
    for url in [program.ws(), program.http() + "/events", program.http() + "/events.ndjson"] {
        let url = format!("{url}?scenario=juv&speed=5000");
        let output = run(&["load", &url, "--subscribers", "30", "--until-closed", "--json"]);
        let (report, complaints) = text(&output);
        let report: Value = serde_json::from_str(&report).unwrap_or_else(|_| panic!("{report}{complaints}"));
        assert_eq!((output.status.code(), &report["flawless"]), (Some(0), &true.into()), "{report}");
        for (figure, value) in [
            ("complete", 30),
            ("complete_frames", 101),
            ("finished", 30),
            ("checked", 30 * 101),
            ("not_closed", 0),
            ("differing", 0),
        ] {
            assert_eq!(report[figure], value, "{figure} in {report}");
        }
        assert_eq!((&report["apart"], &report["latency_to_last_ms"]), (&true.into(), &Value::Null), "{report}");
        assert!(report["latency_ms"]["count"].as_u64() > Some(30 * 90), "{report}");
    }
    // Stopped before the replays end.
    let url = format!("{}?scenario=juv&speed=1", program.ws());
    let output = run(&["load", &url, "--subscribers", "3", "--until-closed", "--duration", "1s"]);
    let (report, _) = text(&output);
    assert_eq!(output.status.code(), Some(1), "{report}");
    for line in ["complete         0 of 3: closed by the server (0)", "verdict          3 streams not closed"] {
        assert!(report.contains(line), "no {line:?} in\n{report}");
    }
    let output = run(&["load", &url, "--subscribers", "3", "--duration", "1s"]);
    assert_eq!(output.status.code(), Some(0), "no subscriber is behind another: {:?}", text(&output));
}

/// What a server sends to a subscriber (id) at a beat (number).
type Script = fn(usize, u64) -> Vec<Message>;

fn frame(number: u64) -> Message {
    Message::text(format!(r#"{{"data":{{"seq":{number}}},"sent":{}}}"#, jiff::Timestamp::now().as_millisecond()))
}

/// The same text for all subscribers, at any time.
fn plain(number: u64) -> Message {
    Message::text(format!("{{\"seq\":{number}}}"))
}

/// The position of a beat within its round of fifty. Faults occur in every round but the first four, in which the measurement
/// starts.
fn position_in_round(number: u64) -> Option<u64> {
    (number >= 200).then_some(number % 50)
}

/// Serves a script at five hundred beats a second; each connection until its subscriber has gone. Ends when all have.
async fn run_script(listener: TcpListener, script: Script) {
    let mut sockets = Vec::new();
    while sockets.len() < SUBSCRIBERS {
        let (socket, _) = listener.accept().await.expect("a connection");
        sockets.push(Some(accept_async(socket).await.expect("a handshake")));
    }
    let mut beat = tokio::time::interval(std::time::Duration::from_millis(2));
    for number in 0.. {
        beat.tick().await;
        for (id, place) in sockets.iter_mut().enumerate() {
            for message in script(id, number) {
                let Some(socket) = place else { break };
                let last = message.is_close();
                if socket.send(message).await.is_err() || last {
                    *place = None;
                }
            }
        }
        if sockets.iter().all(Option::is_none) {
            break;
        }
    }
}

/// Measures a scripted server. Returns the JSON report and the exit code.
async fn measure(script: Script, words: &'static [&'static str]) -> (Value, Option<i32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("ws://{}/live", listener.local_addr().expect("bound"));
    let client = tokio::task::spawn_blocking(move || {
        let subscribers = SUBSCRIBERS.to_string();
        let mut all = vec!["load", &url, "--subscribers", &subscribers, "--duration", "1s", "--json"];
        all.extend(words);
        run(&all)
    });
    let (_, output) = tokio::join!(run_script(listener, script), client);
    let output = output.expect("run");
    let (report, complaints) = text(&output);
    let report = serde_json::from_str(&report).unwrap_or_else(|_| panic!("{report}{complaints}"));
    (report, output.status.code())
}

/// Measures these scripts concurrently, each with several command lines.
async fn measure_each(
    scripts: &[Script],
    lines: &[&'static [&'static str]],
) -> Vec<(&'static [&'static str], Value, Option<i32>)> {
    let all = scripts.iter().flat_map(|script| lines.iter().map(move |words| (*script, *words)));
    join_all(all.map(|(script, words)| async move {
        let (report, code) = measure(script, words).await;
        (words, report, code)
    }))
    .await
}

/// Judged by text, and by numbers.
const JUDGEMENTS: [&[&str]; 2] = [&[], &["--sequence", "seq"]];

fn counts(report: &Value) -> [bool; 3] {
    ["lost", "out_of_order", "extra"].map(|fault| report[fault].as_u64().expect("a count") > 0)
}

#[tokio::test(flavor = "multi_thread")]
async fn any_websocket_server_is_judged_by_its_broadcast() {
    let script: Script = |id, number| match number {
        0 => vec![Message::text(format!("welcome, {id}"))],
        _ => vec![plain(number)],
    };
    let (report, code) = measure(script, &[]).await;
    assert_eq!(
        (code, &report["flawless"], &report["judged_by"]),
        (Some(0), &true.into(), &"content".into()),
        "{report}"
    );
    assert!(
        report["latency_since"] == "first_received" && report["latency_ms"]["count"].as_u64() > Some(100),
        "{report}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_missed_by_one_subscriber_is_lost() {
    let script: Script = |id, number| match (id, position_in_round(number)) {
        (VICTIM, Some(0)) => vec![],
        _ => vec![plain(number)],
    };
    for (words, report, code) in measure_each(&[script], &JUDGEMENTS).await {
        assert_eq!((code, counts(&report)), (Some(1), [true, false, false]), "{words:?} {report}");
        let lost = report["lost"].as_u64().expect("a count");
        assert!(lost <= 1 + report["checked"].as_u64().expect("a count") / SUBSCRIBERS as u64 / 45, "{report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn swapped_frames_are_out_of_order() {
    let script: Script = |id, number| match (id, position_in_round(number)) {
        (VICTIM, Some(0)) => vec![plain(number + 1)],
        (VICTIM, Some(1)) => vec![plain(number - 1)],
        _ => vec![plain(number)],
    };
    for (words, report, code) in measure_each(&[script], &JUDGEMENTS).await {
        assert_eq!((code, counts(&report)), (Some(1), [false, true, false]), "{words:?} {report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_and_a_repeated_frame_are_distinguished() {
    // Adjacent and apart, lost first and repeated first.
    let scripts: [Script; 3] = [
        |id, number| match (id, position_in_round(number)) {
            (VICTIM, Some(0)) => vec![],
            (VICTIM, Some(1)) => vec![plain(number), plain(number)],
            _ => vec![plain(number)],
        },
        |id, number| match (id, position_in_round(number)) {
            (VICTIM, Some(0)) => vec![plain(number), plain(number)],
            (VICTIM, Some(1)) => vec![],
            _ => vec![plain(number)],
        },
        |id, number| match (id, position_in_round(number)) {
            (VICTIM, Some(0)) => vec![],
            (VICTIM, Some(20)) => vec![plain(number), plain(number)],
            _ => vec![plain(number)],
        },
    ];
    for (words, report, code) in measure_each(&scripts, &JUDGEMENTS).await {
        assert_eq!((code, counts(&report)), (Some(1), [true, false, true]), "{words:?} {report}");
        assert_eq!(report["twice"], report["extra"], "{words:?} {report}");
        let [lost, twice] = ["lost", "twice"].map(|fault| report[fault].as_u64().expect("a count"));
        assert!(lost.abs_diff(twice) <= 1, "the last turn may be cut in two: {words:?} {report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_measurement_without_judged_frames_fails() {
    let right: Script = |_, number| vec![plain(number)];
    let wrong_fields: [&[&str]; 5] = [
        &["--sequence", "sqe"],
        &["--sequence", "data.seq"],
        &["--sent-at", "snet"],
        &["--sequence", "seq", "--sent-at", "snet"],
        &["--sequence", "sqe", "--sent-at", "sent"],
    ];
    let unjudged = ["sequence", "sequence", "sent_at", "sent_at", "sequence"];
    for ((words, report, code), unjudged) in measure_each(&[right], &wrong_fields).await.into_iter().zip(unjudged) {
        let found = (code, &report["flawless"], &report["unjudged"]);
        assert_eq!(found, (Some(1), &false.into(), &unjudged.into()), "{words:?} {report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_server_is_distinguished_from_a_silent_one() {
    // Pings reveal when a subscriber has gone.
    let silent: Script = |_, number| if number % 50 == 0 { vec![Message::Ping("there?".into())] } else { vec![] };
    let quiet: Script = |_, number| match number {
        0 => vec![frame(0)],
        _ if number % 50 == 0 => vec![Message::Ping("there?".into())],
        _ => vec![],
    };
    let lines: [&[&str]; 4] =
        [&[], &["--sequence", "data.seq"], &["--sent-at", "sent"], &["--sequence", "data.seq", "--sent-at", "sent"]];
    let (silent, quiet) = ([silent], [quiet]);
    let (silent, quiet) = tokio::join!(measure_each(&silent, &lines), measure_each(&quiet, &lines));
    for (words, report, code) in silent {
        assert_eq!((code, &report["unjudged"]), (Some(1), &"everything".into()), "{words:?} {report}");
    }
    for (words, report, code) in quiet {
        assert_eq!((code, &report["unjudged"]), (Some(0), &Value::Null), "{words:?} {report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn private_frames_are_distinguished_from_broadcast_by_number() {
    let script: Script = |id, number| match position_in_round(number) {
        Some(0) => vec![frame(number), Message::text(format!("hello {id}, it is {number}"))],
        _ => vec![frame(number)],
    };
    let (report, code) = measure(script, &["--sequence", "data.seq", "--sent-at", "sent"]).await;
    assert_eq!(
        (code, &report["flawless"], &report["judged_by"]),
        (Some(0), &true.into(), &"sequence".into()),
        "{report}"
    );
    assert!(report["latency_since"] == "sent" && report["latency_ms"]["count"].as_u64() > Some(100), "{report}");
    let (report, code) = measure(script, &[]).await;
    assert_eq!((code, &report["flawless"]), (Some(1), &false.into()), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_reported_with_its_cause() {
    let script: Script = |id, number| {
        let close = CloseFrame { code: 1011.into(), reason: "out of memory\u{1b}".into() };
        if id == VICTIM && number == 20 { vec![Message::Close(Some(close))] } else { vec![plain(number)] }
    };
    let (report, code) = measure(script, &[]).await;
    assert_eq!((code, counts(&report)), (Some(1), [false; 3]), "{report}");
    let cut = r#"[{"cause":"closed by the server with code 1011: out of memory\u001b","times":1}]"#;
    assert_eq!(report["cut"].to_string(), cut);
    // Every close, also a clean one: only Touchline's close says that the stream is complete.
    let script: Script = |_, number| match number {
        0..20 => vec![plain(number)],
        _ => vec![Message::Close(Some(CloseFrame { code: 1000.into(), reason: "".into() }))],
    };
    let (report, code) = measure(script, &[]).await;
    assert_eq!((code, &report["stopped_early"]), (Some(1), &true.into()), "{report}");
    assert_eq!(report["cut"].to_string(), r#"[{"cause":"closed by the server","times":8}]"#);
}

/// What a server writes to a subscriber (id) at a beat (number); `None` ends the stream.
type SseScript = fn(usize, u64) -> Option<String>;

/// A generic SSE server: chunks cut at arbitrary places, five hundred beats a second.
async fn stream(listener: TcpListener, sse_script: SseScript) {
    let mut sockets = Vec::new();
    while sockets.len() < SUBSCRIBERS {
        let (mut socket, _) = listener.accept().await.expect("a connection");
        let mut request = [0; 4_096];
        let count = socket.read(&mut request).await.expect("a request");
        let asked = String::from_utf8_lossy(&request[..count]).into_owned();
        assert!(asked.starts_with("GET /feed?a=b HTTP/1.1\r\n") && asked.ends_with("\r\n\r\n"), "{asked}");
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        socket.write_all(head.as_bytes()).await.expect("sent");
        sockets.push(Some(socket));
    }
    let mut beat = tokio::time::interval(std::time::Duration::from_millis(2));
    for number in 0.. {
        beat.tick().await;
        for (id, place) in sockets.iter_mut().enumerate() {
            let Some(socket) = place else { continue };
            let report = sse_script(id, number);
            let mut chunks = Vec::new();
            for piece in report.as_deref().unwrap_or_default().as_bytes().chunks(7) {
                chunks.extend_from_slice(format!("{:x};cut\r\n", piece.len()).as_bytes());
                chunks.extend_from_slice(piece);
                chunks.extend_from_slice(b"\r\n");
            }
            if report.is_none() {
                chunks.extend_from_slice(b"0\r\n\r\n");
            }
            let sent = socket.write_all(&chunks).await;
            if report.is_none() {
                // A client that has read the end disconnects without waiting for others.
                let end = tokio::time::timeout(std::time::Duration::from_secs(20), socket.read(&mut [0; 1])).await;
                assert!(!matches!(end.expect("it hangs up"), Ok(1)), "nothing is left to say");
            }
            if sent.is_err() || report.is_none() {
                *place = None;
            }
        }
        if sockets.iter().all(Option::is_none) {
            break;
        }
    }
}

async fn measure_stream(sse_script: SseScript, words: &'static [&'static str]) -> (Value, Option<i32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/feed?a=b", listener.local_addr().expect("bound"));
    let client = tokio::task::spawn_blocking(move || {
        let subscribers = SUBSCRIBERS.to_string();
        let mut all = vec!["load", &url, "--subscribers", &subscribers, "--duration", "1s", "--json"];
        all.extend(words);
        run(&all)
    });
    let (_, output) = tokio::join!(stream(listener, sse_script), client);
    let output = output.expect("run");
    let (report, complaints) = text(&output);
    let report = serde_json::from_str(&report).unwrap_or_else(|_| panic!("{report}{complaints}"));
    (report, output.status.code())
}

/// An event that uses every feature of the standard.
fn numbered(number: u64) -> String {
    format!(": beat\r\nevent: x\nid: {number}\ndata: {{\"seq\":\rdata:{number}}}\n\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn any_sse_server_is_judged_alike() {
    let right: SseScript = |_, number| Some(numbered(number));
    let lossy: SseScript = |id, number| match (id, position_in_round(number)) {
        (VICTIM, Some(0)) => Some(": nothing\n\n".to_owned()),
        _ => Some(numbered(number)),
    };
    let measured =
        JUDGEMENTS.map(|words| async { tokio::join!(measure_stream(right, words), measure_stream(lossy, words)) });
    for ((words, judged_by), (whole, holed)) in
        JUDGEMENTS.into_iter().zip(["content", "sequence"]).zip(join_all(measured).await)
    {
        let (found, code) = whole;
        assert_eq!(
            (code, &found["flawless"], &found["judged_by"]),
            (Some(0), &true.into(), &judged_by.into()),
            "{found}"
        );
        assert!(found["latency_ms"]["count"].as_u64() > Some(100), "{found}");
        let (found, code) = holed;
        assert_eq!((code, counts(&found)), (Some(1), [true, false, false]), "{words:?} {found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_read_to_the_end_of_their_bodies() {
    let right: SseScript = |_, number| (number < 100).then(|| numbered(number));
    let (found, code) = measure_stream(right, &["--until-closed"]).await;
    assert_eq!((code, &found["complete"], &found["complete_frames"]), (Some(0), &8.into(), &100.into()), "{found}");
    let (found, code) = measure_stream(right, &[]).await;
    assert_eq!(code, Some(1), "without the option completeness is unknown: {found}");
    assert_eq!(found["cut"].to_string(), r#"[{"cause":"closed by the server","times":8}]"#);
    let wrong: SseScript = |id, number| match (id, number) {
        (VICTIM, 50) => Some(numbered(number + 1)),
        (_, 100..) => None,
        _ => Some(numbered(number)),
    };
    let (found, code) = measure_stream(wrong, &["--until-closed"]).await;
    assert_eq!((code, &found["complete"], &found["differing"]), (Some(1), &7.into(), &1.into()), "{found}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_measurement_reports_its_results_so_far() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("ws://{}/", listener.local_addr().expect("bound"));
    let client = Command::new(env!("CARGO_BIN_EXE_touchline"))
        .args(["load", &url, "--subscribers", &SUBSCRIBERS.to_string(), "--duration", "10m"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let id = i32::try_from(client.id()).ok().and_then(rustix::process::Pid::from_raw).expect("a process id");
    let mut sockets = Vec::new();
    while sockets.len() < SUBSCRIBERS {
        let (socket, _) = listener.accept().await.expect("a connection");
        sockets.push(accept_async(socket).await.expect("a handshake"));
    }
    rustix::process::kill_process(id, rustix::process::Signal::INT).expect("signalled");
    let output = tokio::task::spawn_blocking(|| client.wait_with_output().expect("its end")).await.expect("waited");
    let (report, complaints) = text(&output);
    assert_eq!(output.status.code(), Some(0), "{report}{complaints}");
    assert!(report.contains(", stopped early") && report.contains("nothing to check"), "{report}");
}

#[test]
fn load_errors_are_one_line() {
    // A port that was free a moment ago may be another test's by now.
    let unused = "127.0.0.1:1";
    let program = Program::serve(&["juv", "--port", "0"]);
    let (ws, http, unreachable) = (program.ws(), program.http(), format!("ws://{unused}/ws"));
    let other_page = http.replace("http", "ws") + "/nowhere";
    let (page, refused) = (http.clone() + "/r/main", http.clone() + "/events?types=gaol");
    let encrypted = http.replace("http", "wss");
    for (words, code, message) in [
        (vec![unreachable.as_str()], 1, "connection refused"),
        (vec![&other_page], 1, "404 Not Found"),
        (vec![&page], 1, "the server answers with text/plain: "),
        (vec![&refused], 1, "gaol"),
        (vec![&encrypted], 1, "the server does not speak TLS"),
        (vec![&ws, "--subscribers", "0"], 2, "--subscribers"),
        (vec![&ws, "--subscribers", "4000000000"], 2, "open files"),
        (vec![&ws, "--duration", "0s"], 2, "--duration"),
        (vec![&ws, "--pid", "4294967295"], 2, if cfg!(target_os = "linux") { "process 4294967295" } else { "Linux" }),
    ] {
        let output = run(&[&["load"], &words[..]].concat());
        let (_, complaint) = text(&output);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {complaint}");
        assert!(complaint.contains(message) && complaint.trim_end().lines().count() == 1, "{words:?}: {complaint}");
    }
    // The connection is upgraded, then refused in a frame.
    let output = run(&["load", &format!("{ws}?types=gaol"), "--subscribers", "3", "--duration", "5m"]);
    let (report, _) = text(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        report.contains("disconnected ") && report.contains("3: closed by the server with code 4500: "),
        "{report}"
    );
}
