//! Peers that are broken or mean harm, against the real server: what they do is bounded, told where they can read it, and
//! nothing to anybody else, who goes on receiving everything in order meanwhile.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use touchline::client::{Address, Trust, connect};
use touchline::hub::Framing;
use touchline::server::{Limits, ServerOptions, Timing, Tls};

use super::client_frame::{BINARY, CONTINUATION, FINAL, PING, TEXT, frame, head};
use super::real::{DRIVERS, Listener, Real, options, within};

const HEAD_TIME: Duration = Duration::from_millis(400);
/// Much less than the times that the tests do not set.
const SOON: Duration = Duration::from_secs(6);

/// Times and bounds that are reached within a test.
fn quick(delivery_loop: bool) -> ServerOptions {
    let usual = options(delivery_loop);
    let (stall, close_timeout) = (Duration::from_millis(400), Duration::from_millis(300));
    let timing = Timing { stall, close_timeout, ..usual.timing };
    let limits = Limits { head_time: HEAD_TIME, body_time: HEAD_TIME, ..Limits::default() };
    ServerOptions { timing, limits, ..usual }
}

/// One with TLS, too: who opens documents is served the same way wherever there is none.
fn encrypted() -> ServerOptions {
    let tls = Tls::self_signed(&["127.0.0.1".to_owned()]).expect("a certificate");
    ServerOptions { tls: Some(tls), ..quick(false) }
}

/// Somebody who watches the replay `main`, which plays again and again, and checks that nothing is missing.
struct Innocent {
    laps: watch::Receiver<usize>,
    watching: JoinHandle<()>,
}

impl Innocent {
    async fn of(real: &Real) -> Self {
        for command in ["loop on", "speed 10000", "play"] {
            real.command("main", command).await;
        }
        let listener = real.listen(Framing::Lines, "/events.ndjson?ticks=off&snapshot=off").await;
        let (lap, laps) = watch::channel(0);
        Self { laps, watching: tokio::spawn(watching(listener, lap)) }
    }

    /// Watches on to the end of the match.
    async fn has_lost_nothing(mut self) {
        let so_far = *self.laps.borrow();
        let played = within("a match", self.laps.wait_for(|laps| *laps > so_far)).await.is_ok();
        self.watching.abort();
        let watched = self.watching.await;
        assert!(played, "the innocent was disturbed: {watched:?}");
    }
}

async fn watching(mut listener: Listener, lap: watch::Sender<usize>) {
    let mut last = None;
    loop {
        let frame = listener.next().await.expect("nobody ends it");
        let Some(n) = frame["n"].as_u64().filter(|_| frame["kind"] == "event") else { continue };
        match last {
            Some(101) => {
                assert_eq!(n, 1, "the next match");
                lap.send_modify(|laps| *laps += 1);
            }
            Some(last) => assert_eq!(n, last + 1, "{frame}"),
            None => {}
        }
        last = Some(n);
    }
}

/// How many connections a server of this process holds, with those it has not accepted yet.
#[cfg(target_os = "linux")]
fn held(address: SocketAddr) -> usize {
    const LISTENS: &str = "0A";
    let own = format!(":{:04X}", address.port());
    let sockets = std::fs::read_to_string("/proc/self/net/tcp").expect("Linux tells");
    let fields = sockets.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    // Those that nobody has open any more have no inode.
    fields.filter(|it| it[1].ends_with(&own) && it[3] != LISTENS && it[9] != "0").count()
}

/// Waits until it holds no more than that.
#[cfg(target_os = "linux")]
async fn holds(address: SocketAddr, most: usize) {
    let until = tokio::time::Instant::now() + SOON;
    while held(address) > most {
        assert!(tokio::time::Instant::now() < until, "{} connections are held, not {most}", held(address));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[cfg(not(target_os = "linux"))]
async fn holds(_: SocketAddr, _: usize) {}

/// A connection whose peer takes little at once.
async fn narrow(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4 << 10).expect("set");
    socket.connect(address).await.expect("connected")
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

/// Writes as long as somebody takes it, and reads meanwhile; tells all that was read.
async fn exchange(mut socket: TcpStream, write: impl AsyncFnOnce(&mut tokio::net::tcp::WriteHalf<'_>)) -> String {
    let (mut reader, mut writer) = socket.split();
    let mut answer = Vec::new();
    let reading = async {
        // A reset comes after all that there was to read.
        let _ = reader.read_to_end(&mut answer).await;
    };
    let writing = async {
        write(&mut writer).await;
        std::future::pending::<()>().await;
    };
    within("the end of the connection", async {
        tokio::select! {
            () = reading => {}
            () = writing => {}
        }
    })
    .await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// Writes a byte at a time, too slowly.
async fn drip(address: SocketAddr, bytes: &[u8]) -> String {
    let socket = TcpStream::connect(address).await.expect("connected");
    exchange(socket, async |writer| {
        for byte in bytes {
            if writer.write_all(&[*byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(HEAD_TIME / 20).await;
        }
    })
    .await
}

/// Several who each write something, and then the same over and over, if there is anything; tells what each has read. Each
/// is a task, so that none has to wait for another's turn.
async fn floods<const N: usize>(address: SocketAddr, said: [(String, Vec<u8>); N]) -> [String; N] {
    let flood = |(first, then): (String, Vec<u8>)| async move {
        let socket = TcpStream::connect(address).await.expect("connected");
        exchange(socket, async |writer| {
            let mut taken = writer.write_all(first.as_bytes()).await;
            while taken.is_ok() && !then.is_empty() {
                taken = writer.write_all(&then).await;
            }
        })
        .await
    };
    let running = said.map(|said| tokio::spawn(flood(said)));
    let mut answers = std::array::from_fn(|_| String::new());
    for (answer, running) in answers.iter_mut().zip(running) {
        *answer = running.await.expect("it ended");
    }
    answers
}

/// Whether an answer has that status, and is an error frame of that code if one is named.
fn assert_answered(answer: &str, status: u16, code: Option<&str>) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {answer:?}");
    let Some(code) = code else { return };
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let frame: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer:?}"));
    assert_eq!((&frame["kind"], &frame["code"]), (&"error".into(), &code.into()), "{answer}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_peer_that_has_vanished_is_given_up_by_the_kernel() {
    use rustix::net::sockopt::{socket_keepalive, tcp_keepidle, tcp_keepintvl, tcp_user_timeout};
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
    for delivery_loop in DRIVERS {
        let silence = Duration::from_secs(47);
        let timing = Timing { silence, ..Timing::default() };
        let real = Real::start(ServerOptions { timing, ..options(delivery_loop) }).await;
        let mut socket = TcpStream::connect(real.address).await.expect("connected");
        socket.write_all(get("/events.ndjson?ticks=off").as_bytes()).await.expect("written");
        socket.read_u8().await.expect("it is served");
        let process = pidfd_open(getpid(), PidfdFlags::empty()).expect("this process");
        let ours = socket.local_addr().expect("connected");
        let files = std::fs::read_dir("/proc/self/fd").expect("Linux tells");
        let files = files.filter_map(|file| file.ok()?.file_name().to_str()?.parse().ok());
        let copies = files.filter_map(|file| pidfd_getfd(&process, file, PidfdGetfdFlags::empty()).ok());
        let theirs = copies.map(std::net::TcpStream::from).find(|copy| copy.peer_addr().is_ok_and(|peer| peer == ours));
        let theirs = theirs.expect("the server's end");
        assert_eq!(tcp_user_timeout(&theirs).expect("told"), 47_000);
        let probed = (socket_keepalive(&theirs), tcp_keepidle(&theirs), tcp_keepintvl(&theirs));
        assert_eq!(probed, (Ok(true), Ok(timing.ping_every), Ok(timing.ping_every)));
    }
}

#[tokio::test]
async fn who_asks_for_much_and_takes_nothing_is_closed() {
    for options in [quick(true), encrypted()] {
        let secure = options.tls.is_some();
        let real = Real::start(options).await;
        let innocent = Innocent::of(&real).await;
        let requests = get("/timeline").repeat(2_000);
        let mut asked = Vec::new();
        for takes_a_byte in [false, true] {
            let (address, requests) = (real.address, requests.clone());
            asked.push(tokio::spawn(async move {
                if secure {
                    let url = Address::parse(&format!("wss://{address}/ws")).expect("an address");
                    let mut line =
                        connect(&url, &Trust::accept_any().expect("nobody is asked")).await.expect("connected");
                    let _ = line.write_all(requests.as_bytes()).await;
                    std::future::pending().await
                }
                let (mut reader, mut writer) = narrow(address).await.into_split();
                let writing = tokio::spawn(async move {
                    let _ = writer.write_all(requests.as_bytes()).await;
                    std::future::pending::<()>().await;
                });
                while takes_a_byte && reader.read_u8().await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                let _ = writing.await;
            }));
        }
        #[cfg(target_os = "linux")]
        within("they come", async {
            while held(real.address) < 3 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        holds(real.address, 1).await;
        asked.iter().for_each(JoinHandle::abort);
        innocent.has_lost_nothing().await;
    }
}

#[tokio::test]
async fn who_is_slow_to_say_what_it_wants_is_told_so_or_closed() {
    let slow = format!("{}X: {}", get("/state").trim_end(), "x".repeat(1_000));
    for delivery_loop in DRIVERS {
        let real = Real::start(quick(delivery_loop)).await;
        let innocent = Innocent::of(&real).await;
        let (slow, silent) = tokio::join!(drip(real.address, slow.as_bytes()), drip(real.address, b""));
        assert_answered(&slow, 408, Some("too_slow"));
        assert_eq!(silent, "");
        holds(real.address, 1).await;
        innocent.has_lost_nothing().await;
    }
    let real = Real::start(encrypted()).await;
    // The beginning of a TLS record of 16 KiB that holds a ClientHello.
    let hello = [&[0x16, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc, 3, 3][..], &[7; 1_000]].concat();
    let (shakes, plain) = tokio::join!(drip(real.address, &hello), drip(real.address, slow.as_bytes()));
    assert_eq!((shakes.as_str(), plain.as_str()), ("", ""));
    holds(real.address, 0).await;
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    for delivery_loop in DRIVERS {
        let real = Real::start(options(delivery_loop)).await;
        let begun = get("/state").trim_end().to_owned();
        let line = (format!("{begun}\r\nX: "), vec![b'x'; 1_000]);
        let lines = (begun, b"\r\nX: y".repeat(100));
        let path = ("GET /".to_owned(), vec![b'x'; 1_000]);
        for answer in floods(real.address, [line, lines, path]).await {
            assert_answered(&answer, 431, None);
        }
        holds(real.address, 0).await;
    }
}

#[tokio::test]
async fn a_body_without_end_is_refused_and_one_that_never_comes_is_not_waited_for() {
    let real = Real::start(quick(true)).await;
    let innocent = Innocent::of(&real).await;
    let post = |path: &str, headers: &str| format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n");
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    let long = "Content-Length: 100000000";
    let unasked = get("/state").replace("\r\n\r\n", &format!("\r\n{long}\r\n\r\n"));
    let more = vec![b'x'; 4_096];
    let said = [
        (post("/api/replays", long), more.clone()),
        (post("/api/replays", "Transfer-Encoding: chunked"), chunk.into_bytes()),
        (post("/api/replays/main/command", long), more.clone()),
        (unasked, more),
        (post("/api/replays", "Content-Length: 10"), Vec::new()),
    ];
    let [long, chunked, command, unasked, never] = floods(real.address, said).await;
    for answer in [long, chunked, command] {
        assert_answered(&answer, 413, Some("too_long"));
    }
    assert_answered(&unasked, 200, None);
    assert_answered(&never, 408, Some("too_slow"));
    holds(real.address, 1).await;
    innocent.has_lost_nothing().await;
}

/// The code with which a subscriber is closed who says these bytes.
async fn closed_for(real: &Real, bytes: &[u8]) -> Option<u64> {
    let mut listener = real.listen(Framing::WebSocket, "/ws?ticks=off&types=goal").await;
    listener.write(bytes).await;
    listener.of_kind("close").await["code"].as_u64()
}

#[tokio::test]
async fn frames_that_are_too_long_or_wrong_are_named_as_they_close() {
    for mut options in [quick(true), quick(false), encrypted()] {
        options.limits.message_bytes = 1_000;
        let real = Real::start(options).await;
        let innocent = Innocent::of(&real).await;
        let half = vec![b'x'; 600];
        for (bytes, code, what) in [
            (head(FINAL | TEXT, 100_000_000), 1009, "said to be 100 MB"),
            (frame(FINAL | TEXT, &[b'x'; 100_000]), 1009, "really sent"),
            (frame(FINAL | TEXT, &[b'x'; 1_001]), 1009, "a byte too long"),
            ([frame(TEXT, &half), frame(CONTINUATION, &half)].concat(), 1009, "in parts"),
            (
                frame(TEXT, b"x").into_iter().chain(frame(CONTINUATION, b"x").repeat(1_001)).collect(),
                1009,
                "in many parts",
            ),
            (frame(FINAL | BINARY, b"x"), 1003, "not_text"),
            (frame(FINAL | TEXT, b"\xff"), 1007, "not UTF-8"),
            (vec![FINAL | TEXT, 2, b'h', b'i'], 1002, "without a mask"),
            (frame(FINAL | PING, &[0; 126]), 1002, "a ping too long"),
            (frame(PING, b""), 1002, "a ping in parts"),
            (frame(0x83, b""), 1002, "a reserved opcode"),
            (frame(0xc1, b""), 1002, "an extension"),
            (frame(FINAL | CONTINUATION, b""), 1002, "the end of nothing"),
        ] {
            assert_eq!(closed_for(&real, &bytes).await, Some(code), "{what}");
        }
        let mut listener = real.listen(Framing::WebSocket, "/ws?ticks=off&types=goal").await;
        listener.write(&frame(FINAL | TEXT, &[b'x'; 1_000])).await;
        assert_eq!(listener.of_kind("error").await["code"], "unknown_command", "just short enough");
        drop(listener);
        holds(real.address, 1).await;
        innocent.has_lost_nothing().await;
    }
}

#[tokio::test]
async fn whoever_says_much_is_answered_in_order_and_who_does_not_listen_is_closed() {
    const PATH: &str = "/ws?scenario=juv&paused=1&ticks=off&types=goal";
    let long = format!(r#"{{"command":"ping","payload":"{}"}}"#, "x".repeat(60_000));
    for delivery_loop in DRIVERS {
        let real = Real::start(quick(delivery_loop)).await;
        let innocent = Innocent::of(&real).await;
        let mut listener = real.listen(Framing::WebSocket, PATH).await;
        let acks = frame(FINAL | TEXT, br#"{"command":"ack","n":0}"#).repeat(500);
        let asked =
            (0..500).flat_map(|id| frame(FINAL | TEXT, format!(r#"{{"command":"ping","id":{id}}}"#).as_bytes()));
        listener.write(&[acks, asked.collect()].concat()).await;
        for id in 0..500 {
            assert_eq!(listener.of_kind("reply").await["id"], id);
        }
        drop(listener);
        let upgrade = "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        let request = get(PATH).replacen("\r\n\r\n", &format!("\r\n{upgrade}"), 1);
        let mut floods = Vec::new();
        for said in ["", r#"{"command":"subscribe"}"#, "seek next:goal", &long, "\0nonsense"] {
            let frames = frame(if said.is_empty() { PING } else { TEXT }, said.as_bytes());
            let (frames, request) = (frames.repeat((64 << 10) / frames.len() + 1), request.clone());
            let mut socket = narrow(real.address).await;
            floods.push(tokio::spawn(async move {
                socket.write_all(request.as_bytes()).await.expect("written");
                within("it is heard no more", async { while socket.write_all(&frames).await.is_ok() {} }).await;
            }));
        }
        for flood in floods {
            flood.await.expect("it was closed");
        }
        holds(real.address, 1).await;
        innocent.has_lost_nothing().await;
    }
}

#[tokio::test]
async fn whoever_finds_no_place_is_told_so_soon_and_opens_nothing() {
    for mut options in [quick(true), quick(false)] {
        options.limits = Limits { connections: 2, head_time: Duration::from_secs(60), ..options.limits };
        let real = Real::start(options).await;
        // One place is needed by the one who gives the commands, for a moment.
        let innocent = Innocent::of(&real).await;
        let seated = real.listen(Framing::WebSocket, "/ws?ticks=off").await;
        let mut silent = Vec::new();
        for _ in 0..150 {
            silent.push(TcpStream::connect(real.address).await.expect("connected"));
        }
        let before = tokio::time::Instant::now();
        real.get("/state").await.refused(503, "full");
        let opens = "/events?scenario=juv&speed=60";
        assert!(real.connect().await.listen(Framing::Sse, opens, &[]).await.is_err_and(|answer| answer.status == 503));
        let mut refused = real.listen(Framing::WebSocket, "/ws?scenario=juv&speed=60").await;
        assert_eq!(refused.of_kind("error").await["code"], "full");
        assert_eq!(refused.of_kind("close").await["code"], 4505);
        assert!(before.elapsed() < SOON, "they have waited for those who say nothing: {:?}", before.elapsed());
        assert_eq!(real.hub.len(), 1, "who is not let in opens nothing");
        drop((seated, silent));
        holds(real.address, 1).await;
        // Those who wait to be accepted go first, though they have left.
        within("there is a place again", async { while real.get("/state").await.status != 200 {} }).await;
        innocent.has_lost_nothing().await;
    }
}

#[tokio::test]
async fn who_opens_replays_without_end_keeps_nobody_from_opening_one() {
    for delivery_loop in DRIVERS {
        let mut options = quick(delivery_loop);
        options.limits.replays = 8;
        let real = Real::start(options).await;
        let innocent = Innocent::of(&real).await;
        let mut own = real.listen(Framing::WebSocket, "/ws?scenario=juv&paused=1&ticks=off").await;
        for _ in 0..20 {
            real.open(r#"{"linger":"forever"}"#).await;
            drop(real.listen(Framing::Lines, "/events.ndjson?scenario=juv&paused=1&linger=forever").await);
            holds(real.address, 2).await;
        }
        assert!(real.hub.len() <= 8, "{}", real.hub.len());
        let mut another = real.listen(Framing::WebSocket, "/ws?scenario=juv&paused=1&ticks=off").await;
        for listener in [&mut own, &mut another] {
            listener.say(r#"{"command":"seek","to":"HT","id":"mine"}"#).await;
            assert_eq!(listener.of_kind("reply").await["id"], "mine");
        }
        let mut followed = vec![own, another];
        while followed.len() < 7 {
            followed.push(real.listen(Framing::WebSocket, "/ws?scenario=juv&paused=1&ticks=off").await);
        }
        real.post("/api/replays", "{}").await.refused(429, "over_limit");
        drop(followed);
        within("they have left", async { while real.post("/api/replays", "{}").await.status != 201 {} }).await;
        innocent.has_lost_nothing().await;
    }
}

#[tokio::test]
async fn who_waits_for_news_and_leaves_holds_nothing() {
    let real = Real::start(quick(true)).await;
    let mut waiting = Vec::new();
    for _ in 0..200 {
        let mut client = real.connect().await;
        client.send("GET", "/state?wait=1000", &[], "").await;
        waiting.push(client);
    }
    assert_eq!(real.get("/state").await.status, 200);
    drop(waiting);
    holds(real.address, 0).await;
}

#[tokio::test]
async fn what_a_hostile_page_shows_as_an_image_opens_nothing() {
    for delivery_loop in DRIVERS {
        let real = Real::by(delivery_loop).await;
        let image = ["sec-fetch-site: cross-site", "sec-fetch-mode: no-cors", "sec-fetch-dest: image"];
        for path in ["/events?scenario=juv&speed=60", "/state"] {
            real.ask("GET", path, &image, "").await.refused(403, "forbidden");
        }
        assert_eq!(real.hub.len(), 1);
    }
}
