//! The real program over real sockets: a match for a thousand subscribers, shutdown, resuming after a restart, and refusals.

use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use touchline::scenario::{SHIPPED, Timeline};

use super::fold::Fold;
use super::program::{Program, run};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(url: &str) -> Socket {
    // tungstenite's default buffer is 128 KiB, and there are a thousand of them.
    let config = WebSocketConfig::default().read_buffer_size(4096);
    tokio_tungstenite::connect_async_with_config(url, Some(config), true).await.expect("connected").0
}

/// The next text frame, or the close code as text.
async fn next(socket: &mut Socket) -> Option<String> {
    loop {
        return match socket.next().await? {
            Ok(Message::Text(text)) => Some(text.to_string()),
            Ok(Message::Close(frame)) => frame.map(|frame| format!("closed {}", u16::from(frame.code))),
            Ok(_) => continue,
            Err(_) => None,
        };
    }
}

async fn rest(mut socket: Socket) -> Vec<String> {
    let mut frames = Vec::new();
    while let Some(frame) = next(&mut socket).await {
        frames.push(frame);
    }
    frames
}

fn parse(frame: &str) -> Value {
    serde_json::from_str(frame).unwrap_or(Value::Null)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_subscribers_receive_the_same_match_and_the_program_exits() {
    touchline::internals::server::raise_open_file_limit();
    let mut program = Program::serve(&["juv", "--speed", "1200", "--port", "0", "--once", "--wait-for", "1000"]);
    let mut readers = Vec::new();
    for _ in 0..1000 {
        readers.push(tokio::spawn(rest(connect(&format!("{}?ticks=off", program.ws())).await)));
    }
    let mut first: Option<Vec<String>> = None;
    for reader in readers {
        let frames = reader.await.expect("a reader");
        assert_eq!(frames.last().map(String::as_str), Some("closed 1000"));
        let events: Vec<_> = frames.into_iter().filter(|frame| frame.starts_with(r#"{"kind":"event""#)).collect();
        assert_eq!(first.get_or_insert_with(|| events.clone()), &events);
    }
    assert_eq!(program.wait().code(), Some(0));

    let first = first.unwrap_or_default();
    // The bytes depend on the scenario alone: they equal those encoded in this process, which plays nothing.
    let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
    let encoded = |index| {
        let mut frame = Vec::new();
        touchline::internals::dialect::native::write_event(&timeline, index, &mut frame);
        String::from_utf8(frame).expect("text")
    };
    assert_eq!(first, (0..timeline.cues().len()).map(encoded).collect::<Vec<_>>());

    let events: Vec<Value> = first.iter().map(|event| parse(event)).collect();
    let position_of = |clock: &str, kind: &str, player: &str| {
        events
            .iter()
            .position(|event| {
                let who = ["player", "in"].iter().any(|role| event[role]["id"] == player);
                event["clock"] == clock && event["type"] == kind && (player.is_empty() || who)
            })
            .unwrap_or_else(|| panic!("no {kind} of {player} at {clock}"))
    };
    let story = [
        position_of("00:57", "shot", "insigne"),
        position_of("10:15", "injury", "chiellini"),
        position_of("10:35", "substitution", "lichtsteiner"),
        position_of("14:59", "foul", "albiol"),
        position_of("15:00", "yellow_card", "albiol"),
        position_of("16:04", "shot", "pjanic"),
        position_of("20:33", "shot", "mario-rui"),
        position_of("21:14", "corner", "mario-rui"),
        position_of("23:28", "shot", "hamsik"),
        position_of("37:38", "offside", "insigne"),
        position_of("37:38", "disallowed_goal", "insigne"),
        position_of("37:40", "var_decision", ""),
        position_of("14:00", "substitution", "cuadrado"),
        position_of("70:27", "substitution", "mandzukic"),
        position_of("79:04", "free_kick", "pjanic"),
        position_of("81:40", "free_kick", "pjanic"),
        position_of("82:53", "shot", "zielinski"),
        position_of("88:33", "save", "buffon"),
        position_of("89:04", "corner", "callejon"),
        position_of("89:07", "goal", "koulibaly"),
        position_of("94:02", "match_end", ""),
    ];
    assert!(story.is_sorted(), "{story:?}");
    assert_eq!(events.iter().filter(|event| event["type"] == "goal").count(), 1);
    assert_eq!(events.last().map(|event| event["score"].to_string()).as_deref(), Some(r#"{"away":1,"home":0}"#));
    assert_eq!(events[position_of("16:04", "shot", "pjanic")]["outcome"], "woodwork");
}

#[tokio::test]
async fn sigterm_closes_connections_gracefully() {
    for signal in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        let mut program = Program::serve(&["juv", "--port", "0"]);
        let mut socket = connect(&program.ws()).await;
        assert!(next(&mut socket).await.expect("hello").starts_with(r#"{"kind":"hello""#));
        program.signal(signal);
        let frames = rest(socket).await;
        assert_eq!(frames.last().map(String::as_str), Some("closed 1001"));
        assert_eq!(program.wait().code(), Some(0));
    }
}

#[tokio::test]
async fn a_stalled_subscriber_does_not_block_shutdown() {
    let mut program = Program::serve(&["juv", "--port", "0", "--speed", "max", "--loop", "--hold", "1s"]);
    // Upgraded, and never read from again.
    let _asleep = connect(&program.ws()).await;
    program.signal(rustix::process::Signal::INT);
    assert_eq!(program.wait().code(), Some(0));
}

/// Folds the frames of a socket until `n` is reached; returns the run of `hello`.
async fn follow(socket: &mut Socket, fold: &mut Fold, is_there: impl Fn(u64) -> bool) -> String {
    let mut run = String::new();
    while !is_there(fold.n) {
        let frame = next(socket).await.expect("a frame");
        if let Some(word) = parse(&frame)["run"].as_str() {
            word.clone_into(&mut run);
        }
        fold.take(&frame);
    }
    run
}

#[tokio::test]
async fn a_subscriber_resumes_after_a_server_restart() {
    let mut before = Program::serve(&["juv", "--port", "0", "--speed", "600"]);
    let port = before.port().to_string();
    let mut fold = Fold::default();
    let mut socket = connect(&before.ws()).await;
    let run = follow(&mut socket, &mut fold, |n| n >= 20 && n != u64::MAX).await;
    before.signal(rustix::process::Signal::KILL);
    before.wait();

    let after = Program::serve(&["juv", "--port", &port, "--from", "60:00", "--speed", "600"]);
    let since = format!("{}?since={run}.{}.{}", after.ws(), fold.epoch, fold.n);
    let mut socket = connect(&since).await;
    let hello = next(&mut socket).await.expect("hello");
    assert_eq!(parse(&hello)["resumed"], "ok", "{hello}");
    fold.take(&hello);
    while fold.n < 101 {
        fold.take(&next(&mut socket).await.expect("a frame"));
    }
    assert!(fold.faults.is_empty(), "{:?}", fold.faults);
    let states = fold.states();
    assert_eq!(states["juv-nap"]["score"].to_string(), r#"{"away":1,"home":0}"#);

    // A cursor ahead of what the new run has played is reset.
    let start = Program::serve(&["juv", "--port", "0", "--paused"]);
    let mut socket = connect(&format!("{}?since={run}.1.101", start.ws())).await;
    assert_eq!(parse(&next(&mut socket).await.expect("hello"))["resumed"], "reset");
}

/// Sends a command to `main`; it must succeed.
fn command(program: &Program, body: &str) {
    let answer = program.post("/api/replays/main/command", body);
    assert!(answer.starts_with("HTTP/1.1 200"), "{body}: {answer}");
}

#[tokio::test]
async fn a_subscriber_of_a_stepped_replay_resumes_once_it_is_stepped_there_again() {
    let mut before = Program::serve(&["juv", "--port", "0", "--paused"]);
    let port = before.port().to_string();
    let mut fold = Fold::default();
    let mut socket = connect(&before.ws()).await;
    command(&before, r#"{"command":"step","count":20,"wait_for":1}"#);
    let run = follow(&mut socket, &mut fold, |n| n == 20).await;
    before.signal(rustix::process::Signal::KILL);
    before.wait();

    let after = Program::serve(&["juv", "--port", &port, "--paused"]);
    let resumed = async |since: &str| {
        let mut socket = connect(&format!("{}?since={since}", after.ws())).await;
        let hello = next(&mut socket).await.expect("hello");
        (parse(&hello)["resumed"].as_str().expect("a word").to_owned(), hello, socket)
    };
    let here = format!("{run}.{}.20", fold.epoch);
    assert_eq!(resumed(&here).await.0, "reset", "nothing has been played yet");
    command(&after, r#"{"command":"step","count":19}"#);
    assert_eq!(resumed(&here).await.0, "reset", "the cursor is still ahead");
    command(&after, "step");
    let (word, hello, mut socket) = resumed(&here).await;
    assert_eq!(word, "ok", "{hello}");
    fold.take(&hello);
    command(&after, "step HT");
    while fold.n < 46 {
        fold.take(&next(&mut socket).await.expect("a frame"));
    }
    assert!(fold.faults.is_empty(), "{:?}", fold.faults);
    // Another epoch on either server resets the cursor.
    command(&after, "seek 60:00");
    assert_eq!(resumed(&here).await.0, "reset");
    command(&after, "seek 0%");
    command(&after, r#"{"command":"step","count":20}"#);
    assert_eq!(resumed(&here).await.0, "reset");
}

#[tokio::test]
async fn once_waits_for_the_first_subscriber_unless_disabled() {
    let program = Program::serve(&["juv", "--speed", "max", "--once", "--port", "0"]);
    // At max the match would be over before a client could connect: receiving the first event proves that it has waited.
    let frames = rest(connect(&format!("{}?ticks=off", program.ws())).await).await;
    assert_eq!(parse(&frames[0])["head"], 0, "{}", frames[0]);
    assert_eq!(parse(&frames[0])["playback"]["state"], "waiting");
    assert_eq!(frames.iter().filter(|frame| frame.starts_with(r#"{"kind":"event""#)).count(), 101);
    assert_eq!(frames.last().map(String::as_str), Some("closed 1000"));
    let stderr = program.wait_for_stderr();
    assert!(stderr.contains("waiting for the first subscriber (--wait-for 0 begins at once)"), "{stderr}");
    assert!(!stderr.contains("no subscriber connected"), "{stderr}");

    // With --wait-for 0 it starts at once.
    let stderr =
        Program::serve(&["juv", "--speed", "max", "--once", "--wait-for", "0", "--port", "0"]).wait_for_stderr();
    assert!(stderr.contains("no subscriber connected") && !stderr.contains("waiting for"), "{stderr}");
}

#[tokio::test]
async fn an_invalid_parameter_is_reported_in_a_frame_before_the_close() {
    let program = Program::serve(&["juv", "--port", "0"]);
    for (query, code, words) in [
        ("types=gaol", 4500, "did you mean \\\"goal\\\""),
        ("match=juv-nab", 4504, "did you mean \\\"juv-nap\\\""),
        ("since=yesterday", 4500, "run.epoch.n"),
        ("sped=60", 4500, "did you mean \\\"speed\\\""),
        ("speed=fast", 4500, "0.01 to 10000"),
        ("scenario=juventos", 4504, "did you mean \\\"juventus\\\""),
        ("replay=nobody", 4504, "no replay \\\"nobody\\\""),
    ] {
        let mut socket = connect(&format!("{}?{query}", program.ws())).await;
        let error = next(&mut socket).await.expect("an error frame");
        assert!(error.starts_with(r#"{"kind":"error""#) && error.contains(words), "{query}: {error}");
        assert_eq!(next(&mut socket).await, Some(format!("closed {code}")));
    }
}

#[tokio::test]
async fn oversized_and_binary_frames_close_only_their_connection() {
    let program = Program::serve(&["juv", "--port", "0", "--paused"]);
    let mut other = connect(&program.ws()).await;
    for (message, code) in
        [(Message::text("x".repeat(100_000)), "closed 1009"), (Message::binary(vec![1, 2, 3]), "closed 1003")]
    {
        let mut socket = connect(&program.ws()).await;
        socket.send(message).await.expect("sent");
        let frames = rest(socket).await;
        assert_eq!(frames.last().map(String::as_str), Some(code));
    }
    other.send(Message::text(r#"{"command":"ping","id":1}"#)).await.expect("sent");
    while !next(&mut other).await.expect("still there").starts_with(r#"{"kind":"reply","id":1"#) {}
}

/// Sends a raw request head and returns the whole response.
async fn raw(port: u16, head: &str) -> String {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await.expect("connected");
    socket.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_foreign_origin_and_a_rebound_host_are_refused_before_the_upgrade() {
    let program = Program::serve(&["juv", "--port", "0"]);
    let port = program.port();
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for headers in ["Host: evil.example".to_owned(), format!("Host: localhost:{port}\r\nOrigin: http://evil.example")] {
        let answer = raw(port, &format!("GET /ws HTTP/1.1\r\n{headers}\r\n{upgrade}Connection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
        assert!(answer.contains(r#"{"kind":"error","code":"forbidden""#), "{answer}");
    }
    let mut request = program.ws().into_client_request().expect("a request");
    request.headers_mut().insert("Origin", "http://localhost:5173".parse().expect("a header"));
    let (mut socket, _) =
        tokio_tungstenite::connect_async(request).await.expect("the origin of a dev server may watch");
    let hello = next(&mut socket).await.expect("hello");
    assert_eq!(parse(&hello)["control"], false, "but not control");
    socket.send(Message::text(r#"{"command":"pause","id":1}"#)).await.expect("sent");
    loop {
        let frame = next(&mut socket).await.expect("an answer");
        assert!(!frame.starts_with(r#"{"kind":"reply""#), "{frame}");
        if frame.starts_with(r#"{"kind":"error""#) {
            assert!(frame.contains("not_authorised"), "{frame}");
            break;
        }
    }
}

#[tokio::test]
async fn a_fragmented_request_is_answered_like_a_whole_one() {
    let program = Program::serve(&["juv", "--port", "0", "--paused"]);
    let port = program.port();
    let request = format!(
        "GET /ws?ticks=off HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: touchline.v1\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    // A close frame right behind the request, before the response: masked with zeros.
    let close = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8];
    let whole = [request.as_bytes(), &close].concat();
    let mut responses = Vec::new();
    for pieces in
        [vec![whole.len()], vec![40, whole.len()], vec![request.len(), whole.len()], vec![1, 2, 3, whole.len()]]
    {
        let mut socket = TcpStream::connect(("127.0.0.1", port)).await.expect("connected");
        socket.set_nodelay(true).expect("a socket");
        let mut from = 0;
        for to in pieces {
            socket.write_all(&whole[from..to]).await.expect("sent");
            from = to;
            // Long enough for a separate read; the test is valid also if it is not.
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await.expect("an answer");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, frames) = answer.split_once("\r\n\r\n").expect("a head");
        let mut head: Vec<_> = head.lines().filter(|line| !line.to_lowercase().starts_with("date")).collect();
        head.sort_unstable();
        // Ignore the wall time, whose length varies,
        let hello = frames.split(r#""wall":""#).next().expect("hello").to_owned();
        // and the subscriber's number.
        let (before, after) = hello.split_once(r#""subscriber":"#).expect("hello");
        let hello = format!("{before}{}", &after[1..]);
        // Whether a snapshot follows depends on when the close frame is read.
        responses.push((head.join("\n"), hello));
    }
    assert!(responses[0].0.contains("101") && responses[0].1.contains(r#"{"kind":"hello""#), "{:?}", responses[0]);
    assert!(responses.iter().all(|other| *other == responses[0]), "{responses:#?}");
}

#[tokio::test]
async fn non_upgrade_requests_get_a_plain_text_explanation() {
    let program = Program::serve(&["juv", "--port", "0"]);
    let port = program.port();
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n");
    assert!(raw(port, &get("/")).await.contains("Juventus 0-1 Napoli"));
    let plain = raw(port, &get("/ws")).await;
    assert!(plain.starts_with("HTTP/1.1 426") && plain.contains("connect with ws://"), "{plain}");
    let nowhere = raw(port, &get("/sw")).await;
    assert!(nowhere.starts_with("HTTP/1.1 404") && nowhere.contains("did you mean"), "{nowhere}");
    assert!(raw(port, "NOISE\r\n\r\n").await.starts_with("HTTP/1.1 400"));
}

/// The exit code and standard error.
fn stderr_of(arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(arguments);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn errors_are_one_line_with_the_documented_exit_code() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("bound").port().to_string();
    for (arguments, code, words) in [
        (vec!["juventos"], 1, "did you mean \"juventus\""),
        (vec!["./nowhere.jsonl"], 1, "nowhere.jsonl"),
        (vec!["juv", "--port", &port], 1, "in use"),
        (vec!["juv", "--speed", "0"], 2, "0.01 to 10000"),
        (vec!["juv", "--pace", "brake=3s"], 2, "break"),
        (vec!["juv", "--from", "nowhere"], 2, "nowhere"),
    ] {
        let (exit, output) = stderr_of(&arguments);
        assert_eq!(exit, Some(code), "{arguments:?}: {output}");
        assert!(output.contains(words), "{arguments:?}: {output}");
        // clap prints its own errors over a few lines, with the usage.
        assert!(code == 2 || output.trim_end().lines().count() == 1, "one line: {output}");
    }
    assert_eq!(stderr_of(&["juv", "--sped", "60"]).0, Some(2));
}

#[test]
fn check_reports_every_invalid_line() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let flagship = touchline::scenario::SHIPPED[0].text();
    let write = |name: &str, text: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("written");
        path.to_string_lossy().into_owned()
    };
    let checked = |path: &str| {
        let output = run(&["check", path]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code(), text)
    };

    let fine = write("fine.jsonl", flagship.as_bytes());
    assert_eq!(checked(&fine).0, Some(0));

    let wrong = flagship.replacen("\"type\":\"goal\"", "\"type\":\"gaol\"", 1).replacen(
        "\"player\":\"pjanic\"",
        "\"player\":\"pjanik\"",
        1,
    );
    let (code, output) = checked(&write("wrong.jsonl", wrong.as_bytes()));
    assert_eq!(code, Some(1));
    assert!(output.contains("did you mean \"goal\"") && output.contains("did you mean \"pjanic\""), "{output}");

    let cut = &flagship.as_bytes()[..flagship.len() * 2 / 3];
    assert_eq!(checked(&write("cut.jsonl", cut)).0, Some(1));
    let noise: Vec<u8> = (0..100_000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    assert_eq!(checked(&write("noise.jsonl", &noise)).0, Some(1));

    // A sparse file of a gigabyte: after a scenario it is an overlong line, by itself it is no text.
    for (before, finding) in [(flagship, "longer than"), ("", "this is not a text file")] {
        let long = write("long.jsonl", before.as_bytes());
        let file = std::fs::File::options().write(true).open(&long).expect("written");
        file.set_len(1 << 30).expect("a sparse file");
        let (code, output) = checked(&long);
        std::fs::remove_file(&long).expect("removed");
        assert_eq!(code, Some(1));
        assert!(output.contains(finding), "{output}");
    }
}
