//! The real program over real sockets: a match for a thousand readers, stopping, coming back, and what is refused.

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
async fn a_thousand_readers_receive_the_same_whole_match_and_the_program_ends() {
    touchline::server::raise_open_file_limit();
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
    // The same bytes as in this process, which plays nothing: they depend on the scenario alone.
    let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
    let encoded = |index| {
        let mut frame = Vec::new();
        touchline::dialect::native::write_event(&timeline, index, &mut frame);
        String::from_utf8(frame).expect("text")
    };
    assert_eq!(first, (0..timeline.cues().len()).map(encoded).collect::<Vec<_>>());

    let events: Vec<Value> = first.iter().map(|event| parse(event)).collect();
    let told = |clock: &str, kind: &str, player: &str| {
        events
            .iter()
            .position(|event| {
                let who = ["player", "in"].iter().any(|role| event[role]["id"] == player);
                event["clock"] == clock && event["type"] == kind && (player.is_empty() || who)
            })
            .unwrap_or_else(|| panic!("no {kind} of {player} at {clock}"))
    };
    let story = [
        told("00:57", "shot", "insigne"),
        told("10:15", "injury", "chiellini"),
        told("10:35", "substitution", "lichtsteiner"),
        told("14:59", "foul", "albiol"),
        told("15:00", "yellow_card", "albiol"),
        told("16:04", "shot", "pjanic"),
        told("20:33", "shot", "mario-rui"),
        told("21:14", "corner", "mario-rui"),
        told("23:28", "shot", "hamsik"),
        told("37:38", "offside", "insigne"),
        told("37:38", "disallowed_goal", "insigne"),
        told("37:40", "var_decision", ""),
        told("14:00", "substitution", "cuadrado"),
        told("70:27", "substitution", "mandzukic"),
        told("79:04", "free_kick", "pjanic"),
        told("81:40", "free_kick", "pjanic"),
        told("82:53", "shot", "zielinski"),
        told("88:33", "save", "buffon"),
        told("89:04", "corner", "callejon"),
        told("89:07", "goal", "koulibaly"),
        told("94:02", "match_end", ""),
    ];
    assert!(story.is_sorted(), "{story:?}");
    assert_eq!(events.iter().filter(|event| event["type"] == "goal").count(), 1);
    assert_eq!(events.last().map(|event| event["score"].to_string()).as_deref(), Some(r#"{"away":1,"home":0}"#));
    assert_eq!(events[told("16:04", "shot", "pjanic")]["outcome"], "woodwork");
}

#[tokio::test]
async fn whoever_stops_the_program_lets_it_say_goodbye() {
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
async fn a_reader_that_has_stopped_reading_does_not_keep_the_program_from_stopping() {
    let mut program = Program::serve(&["juv", "--port", "0", "--speed", "max", "--loop", "--hold", "1s"]);
    // Connected, upgraded, and never read from again.
    let _asleep = connect(&program.ws()).await;
    program.signal(rustix::process::Signal::INT);
    assert_eq!(program.wait().code(), Some(0));
}

/// Folds what a socket receives until it has come to a place; gives the run that was announced.
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
async fn after_a_restart_a_reader_goes_on_where_it_was() {
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

    // What has not been told again yet cannot be gone on from.
    let start = Program::serve(&["juv", "--port", "0", "--paused"]);
    let mut socket = connect(&format!("{}?since={run}.1.101", start.ws())).await;
    assert_eq!(parse(&next(&mut socket).await.expect("hello"))["resumed"], "reset");
}

/// Sends a command to `main`, which must be applied.
fn command(program: &Program, body: &str) {
    let answer = program.post("/api/replays/main/command", body);
    assert!(answer.starts_with("HTTP/1.1 200"), "{body}: {answer}");
}

#[tokio::test]
async fn after_a_restart_a_reader_of_a_stepped_replay_goes_on_once_it_is_stepped_there_again() {
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
    assert_eq!(resumed(&here).await.0, "reset", "it has told nothing yet");
    command(&after, r#"{"command":"step","count":19}"#);
    assert_eq!(resumed(&here).await.0, "reset", "not so much");
    command(&after, "step");
    let (word, hello, mut socket) = resumed(&here).await;
    assert_eq!(word, "ok", "{hello}");
    fold.take(&hello);
    command(&after, "step HT");
    while fold.n < 46 {
        fold.take(&next(&mut socket).await.expect("a frame"));
    }
    assert!(fold.faults.is_empty(), "{:?}", fold.faults);
    // Another epoch, here or there, is another story.
    command(&after, "seek 60:00");
    assert_eq!(resumed(&here).await.0, "reset");
    command(&after, "seek 0%");
    command(&after, r#"{"command":"step","count":20}"#);
    assert_eq!(resumed(&here).await.0, "reset");
}

#[tokio::test]
async fn what_is_played_once_waits_for_its_first_reader_unless_told_not_to() {
    let program = Program::serve(&["juv", "--speed", "max", "--once", "--port", "0"]);
    // At max everything would be over before anybody could come: it has waited if the first event comes as news.
    let frames = rest(connect(&format!("{}?ticks=off", program.ws())).await).await;
    assert_eq!(parse(&frames[0])["head"], 0, "{}", frames[0]);
    assert_eq!(parse(&frames[0])["playback"]["state"], "waiting");
    assert_eq!(frames.iter().filter(|frame| frame.starts_with(r#"{"kind":"event""#)).count(), 101);
    assert_eq!(frames.last().map(String::as_str), Some("closed 1000"));
    let said = program.ended();
    assert!(said.contains("waiting for the first subscriber (--wait-for 0 begins at once)"), "{said}");
    assert!(!said.contains("no subscriber connected"), "{said}");

    // It waits for nobody.
    let said = Program::serve(&["juv", "--speed", "max", "--once", "--wait-for", "0", "--port", "0"]).ended();
    assert!(said.contains("no subscriber connected") && !said.contains("waiting for"), "{said}");
}

#[tokio::test]
async fn a_wrong_parameter_is_told_in_a_frame_before_the_close() {
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
async fn frames_that_are_too_long_or_not_text_end_the_connection_and_nothing_else() {
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

/// Sends a request head as it is and gives the status line and the body.
async fn raw(port: u16, head: &str) -> String {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await.expect("connected");
    socket.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_hostile_page_and_a_rebound_name_are_refused_before_the_upgrade() {
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
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.expect("a dev server's page may look");
    let hello = next(&mut socket).await.expect("hello");
    assert_eq!(parse(&hello)["control"], false, "and not touch");
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
async fn a_request_in_pieces_is_answered_like_a_whole_one() {
    let program = Program::serve(&["juv", "--port", "0", "--paused"]);
    let port = program.port();
    let request = format!(
        "GET /ws?ticks=off HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: touchline.v1\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    // A goodbye right behind the request, before the answer: masked with zeros.
    let goodbye = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8];
    let whole = [request.as_bytes(), &goodbye].concat();
    let mut heard = Vec::new();
    for pieces in
        [vec![whole.len()], vec![40, whole.len()], vec![request.len(), whole.len()], vec![1, 2, 3, whole.len()]]
    {
        let mut socket = TcpStream::connect(("127.0.0.1", port)).await.expect("connected");
        socket.set_nodelay(true).expect("a socket");
        let mut from = 0;
        for to in pieces {
            socket.write_all(&whole[from..to]).await.expect("sent");
            from = to;
            // Long enough to be read by itself; it is right all the same where it is not.
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await.expect("an answer");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, frames) = answer.split_once("\r\n\r\n").expect("a head");
        let mut head: Vec<_> = head.lines().filter(|line| !line.to_lowercase().starts_with("date")).collect();
        head.sort_unstable();
        // But for the time, and the length that it has.
        let hello = frames.split(r#""wall":""#).next().expect("hello").to_owned();
        // And for its number.
        let (before, after) = hello.split_once(r#""subscriber":"#).expect("hello");
        let hello = format!("{before}{}", &after[1..]);
        // Whether a snapshot comes after it depends on when the goodbye is heard.
        heard.push((head.join("\n"), hello));
    }
    assert!(heard[0].0.contains("101") && heard[0].1.contains(r#"{"kind":"hello""#), "{:?}", heard[0]);
    assert!(heard.iter().all(|other| *other == heard[0]), "{heard:#?}");
}

#[tokio::test]
async fn other_requests_are_answered_in_words() {
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

/// Exit code and what was said on stderr.
fn said(arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(arguments);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn what_is_wrong_is_told_in_one_line_with_the_right_exit_code() {
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
        let (exit, told) = said(&arguments);
        assert_eq!(exit, Some(code), "{arguments:?}: {told}");
        assert!(told.contains(words), "{arguments:?}: {told}");
        // clap tells its own refusals over a few lines, with the usage.
        assert!(code == 2 || told.trim_end().lines().count() == 1, "one line: {told}");
    }
    assert_eq!(said(&["juv", "--sped", "60"]).0, Some(2));
}

#[test]
fn check_names_every_wrong_line_of_a_file() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let flagship = touchline::scenario::SHIPPED[0].text();
    let write = |name: &str, text: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("written");
        path.to_string_lossy().into_owned()
    };
    let checked = |path: &str| {
        let output = run(&["check", path]);
        let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code(), told)
    };

    let fine = write("fine.jsonl", flagship.as_bytes());
    assert_eq!(checked(&fine).0, Some(0));

    let wrong = flagship.replacen("\"type\":\"goal\"", "\"type\":\"gaol\"", 1).replacen(
        "\"player\":\"pjanic\"",
        "\"player\":\"pjanik\"",
        1,
    );
    let (code, told) = checked(&write("wrong.jsonl", wrong.as_bytes()));
    assert_eq!(code, Some(1));
    assert!(told.contains("did you mean \"goal\"") && told.contains("did you mean \"pjanic\""), "{told}");

    let cut = &flagship.as_bytes()[..flagship.len() * 2 / 3];
    assert_eq!(checked(&write("cut.jsonl", cut)).0, Some(1));
    let noise: Vec<u8> = (0..100_000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    assert_eq!(checked(&write("noise.jsonl", &noise)).0, Some(1));

    // A gigabyte, on disk as a hole: after a scenario it is a line without end, by itself no text at all.
    for (before, finding) in [(flagship, "longer than"), ("", "this is not a text file")] {
        let long = write("long.jsonl", before.as_bytes());
        let file = std::fs::File::options().write(true).open(&long).expect("written");
        file.set_len(1 << 30).expect("a sparse file");
        let (code, told) = checked(&long);
        std::fs::remove_file(&long).expect("removed");
        assert_eq!(code, Some(1));
        assert!(told.contains(finding), "{told}");
    }
}
