//! Link faults over real sockets: resets, refusals and faulty documents as the kernel, HTTP clients and the program see them.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use touchline::internals::hub::Framing;

use super::program::{Program, run};
use super::real::{DRIVERS, TestServer, path, within};
use super::wire::FRAMINGS;

/// A connection on which a stream has been requested.
fn stream(program: &Program, path: &str) -> TcpStream {
    let mut socket = TcpStream::connect(("127.0.0.1", program.port())).expect("connected");
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).expect("asked");
    socket
}

/// Reads until this text has come.
fn read_to(socket: &mut TcpStream, wanted: &str) -> String {
    let (mut text, mut bytes) = (String::new(), [0; 4096]);
    while !text.contains(wanted) {
        let read = socket.read(&mut bytes).expect("more");
        assert!(read > 0, "ended: {text}");
        text += &String::from_utf8_lossy(&bytes[..read]);
    }
    text
}

/// How a connection ends, and what came before.
fn rest(socket: &mut TcpStream) -> (Option<ErrorKind>, String) {
    let mut bytes = Vec::new();
    let ended = socket.read_to_end(&mut bytes).err().map(|error| error.kind());
    (ended, String::from_utf8_lossy(&bytes).into_owned())
}

fn command(program: &Program, body: &str) {
    let answer = program.post("/api/replays/main/command", body);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn a_cut_resets_the_socket_and_the_journal_tells_it() {
    let program = Program::serve_with(&["juv", "--paused", "--port", "0"], &[("TOUCHLINE_LOG", "info")]);
    let mut phone = stream(&program, "/ws?client=phone");
    let mut tv = stream(&program, "/ws?client=tv");
    for socket in [&mut phone, &mut tv] {
        read_to(socket, r#"{"kind":"tick""#);
    }
    let output = run(&["fault", "cut", "client=phone", "--on", &program.http()]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(rest(&mut phone), (Some(ErrorKind::ConnectionReset), String::new()));
    command(&program, "pause");
    let answer = program.ask("GET", "/api/replays/main/journal", "");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    let journal: Value = serde_json::from_str(body).expect("JSON");
    let mut link = journal["links"][0].clone();
    assert!(link["wall"].as_str().is_some_and(|wall| wall.ends_with('Z')), "{journal}");
    link["wall"] = Value::Null;
    let subscriber = link["subscriber"].clone();
    assert!([json!(1), json!(2)].contains(&subscriber));
    let expected = json!({"wall": null, "at": 0, "subscriber": subscriber, "client": "phone", "kind": "cut", "what": "connection reset"});
    assert_eq!((link, &journal["faults"]), (expected, &json!("off")), "{journal}");
    let stderr = program.stop();
    assert!(stderr.contains("link fault: connection reset"), "{stderr}");
}

#[test]
fn refused_clients_see_a_status_or_a_reset() {
    let program =
        Program::serve(&["juv", "--port", "0", "--faults", "refuse:code=503,times=2; refuse:client=phone,times=2"]);
    let refused =
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    for _ in 0..2 {
        assert_eq!(rest(&mut stream(&program, "/ws")), (None, refused.to_owned()));
    }
    for _ in 0..2 {
        assert_eq!(rest(&mut stream(&program, "/ws?client=phone")), (Some(ErrorKind::ConnectionReset), String::new()));
    }
    for path in ["/ws", "/ws?client=phone"] {
        read_to(&mut stream(&program, path), r#"{"kind":"hello""#);
    }
}

#[test]
fn documents_fail_and_come_late_and_nothing_else_does() {
    let program = Program::serve(&["juv", "--port", "0", "--faults", "http_error:code=429"]);
    for path in ["/state", "/state/juv-nap", "/timeline", "/history", "/table", "/r/main/state"] {
        let answer = program.ask("GET", path, "");
        assert!(answer.starts_with("HTTP/1.1 429 ") && answer.contains("\r\nretry-after: 1\r\n"), "{path}: {answer}");
        assert!(answer.ends_with("Too Many Requests\n"), "{answer}");
    }
    for path in [
        "/api/replays",
        "/api/replays/main",
        "/api/scenarios",
        "/api/replays/main/journal",
        "/healthz",
        "/readyz",
        "/metrics",
        "/",
        "/client.js",
    ] {
        let answer = program.ask("GET", path, "");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
    }
    command(&program, r#"{"command":"faults","to":"slow_body:by=400ms"}"#);
    let straight = |program: &Program| program.ask("GET", "/timeline", "");
    let began = Instant::now();
    let mut socket = TcpStream::connect(("127.0.0.1", program.port())).expect("connected");
    socket.write_all(b"GET /timeline HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("asked");
    let mut first = vec![0; 400];
    socket.read_exact(&mut first).expect("the head and some of the body");
    let early = began.elapsed();
    let (ended, text) = rest(&mut socket);
    assert!(began.elapsed() >= Duration::from_millis(400) && early < began.elapsed() / 2, "{early:?}");
    let slow = String::from_utf8(first).expect("text") + &text;
    command(&program, "faults off");
    let body = |answer: &str| answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).expect("a body");
    assert_eq!((ended, body(&slow)), (None, body(&straight(&program))));
}

#[test]
fn curl_sees_the_status_of_a_faulty_document() {
    let program = Program::serve(&["juv", "--port", "0", "--faults", "http_error:code=503"]);
    let curl = std::process::Command::new("curl")
        .args(["-s", "-w", "%{http_code}", &format!("{}/state", program.http())])
        .output();
    // Without curl the test above is all there is.
    let Ok(output) = curl else { return };
    assert_eq!(String::from_utf8_lossy(&output.stdout), "Service Unavailable\n503");
}

#[test]
fn a_server_stops_at_once_whatever_faults_hold_back() {
    let program = Program::serve(&[
        "juv",
        "--port",
        "0",
        "--faults",
        "half_open:client=gone; stall:client=stalled,for=1h; delay:client=late,by=50s",
    ]);
    let mut sockets: Vec<_> =
        ["gone", "stalled", "late"].map(|name| stream(&program, &format!("/ws?client={name}"))).into();
    read_to(&mut sockets[0], r#"{"kind":"snapshot""#);
    let began = Instant::now();
    program.stop();
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
}

#[test]
fn the_command_line_says_what_it_has_done() {
    let program = Program::serve(&["juv", "--paused", "--port", "0"]);
    let on = program.http();
    let printed = |words: &[&str]| {
        let output = run(&[words, &["--on", &on]].concat());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, stdout, stderr) = printed(&["fault", "cut"]);
    assert_eq!((code, &*stdout, &*stderr), (Some(0), "fault cut; paused at 1:00 before kick-off, version 1", ""));
    let (_, stdout, _) = printed(&["fault", "stall", "client=phone", "for=10s", "at=next:goal"]);
    assert_eq!(stdout, "fault stall:client=phone,for=10s,at=next:goal; paused at 1:00 before kick-off, version 1");
    let (code, _, stderr) = printed(&["fault", "cutt"]);
    assert!(code == Some(2) && stderr.contains("unknown fault \"cutt\" (did you mean \"cut\"?)"), "{stderr}");
    let (code, _, stderr) = printed(&["fault", "cut", "at=nowhere"]);
    assert!(code == Some(1) && stderr.contains("fault: cut: at: no marker or event \"nowhere\""), "{code:?} {stderr}");
    let (code, _, stderr) = printed(&["fault", "delay", "by=1s", "--by", "anna"]);
    assert!(code == Some(2) && stderr.contains("--by"), "{code:?} {stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_server_cuts_closes_and_leaves_half_open() {
    let mut servers = vec![TestServer::with_tls().await];
    for delivery_loop in DRIVERS {
        servers.push(TestServer::with_delivery_loop(delivery_loop).await);
    }
    for server in &servers {
        for framing in FRAMINGS {
            let connect = async |client: &str| {
                let path = format!("{}?ticks=off&client={client}", path(framing));
                let mut subscriber = server.subscribe(framing, &path).await;
                subscriber.of_kind("table").await;
                subscriber
            };
            let (mut cut, mut closed, mut half_open, mut spared) =
                (connect("cut").await, connect("closed").await, connect("half").await, connect("spared").await);
            for fault in [
                json!({"command": "fault", "do": "cut", "client": "cut"}),
                json!({"command": "fault", "do": "cut", "client": "closed", "code": 1012}),
                json!({"command": "fault", "do": "half_open", "client": "half", "for": "500ms"}),
            ] {
                server.command("main", &fault.to_string()).await;
            }
            assert_eq!(within("the cut", cut.next()).await, None);
            let close = within("the close", closed.next()).await.expect("a frame");
            assert_eq!((&close["kind"], &close["code"]), (&json!("close"), &json!(1_012)));
            assert_eq!(closed.rest().await, Vec::<Value>::new());
            // Half open and cut, they are gone: the barrier waits for nobody but the last one.
            server.wait_for_subscribers("main", 1).await;
            let stepped = server.command("main", r#"{"command":"step","count":1,"timeout":"20s"}"#).await;
            assert_eq!(stepped["subscribers"], 1, "{stepped}");
            assert_eq!(within("silence, then a reset", half_open.next()).await, None);
            assert_eq!(spared.of_kind("event").await["kind"], "event");
            server.command("main", "restart").await;
            server.command("main", "pause").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_event_arrives_before_the_end() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        let mut socket = tokio::net::TcpStream::connect(server.address).await.expect("connected");
        let request = format!("GET {}?ticks=off HTTP/1.1\r\nhost: {}\r\n\r\n", path(Framing::Lines), server.address);
        socket.write_all(request.as_bytes()).await.expect("asked");
        let mut text = String::new();
        let mut bytes = [0; 4096];
        while !text.contains(r#"{"kind":"table""#) || !text.ends_with('\n') {
            let read = within("the beginning", socket.read(&mut bytes)).await.expect("more");
            text += &String::from_utf8_lossy(&bytes[..read]);
        }
        server.command("main", r#"{"command":"fault","do":"corrupt","what":"truncated"}"#).await;
        server.command("main", r#"{"command":"step","count":1}"#).await;
        let mut rest = String::new();
        within("the end", socket.read_to_string(&mut rest)).await.expect("an end, not a reset");
        assert!(rest.starts_with(r#"{"kind":"event""#) && !rest.ends_with('\n'), "{rest}");
    }
}
