//! Broken and hostile peers against the real server: each is bounded, gets a readable error where possible, and does not disturb
//! other subscribers, which receive everything in order meanwhile.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use touchline::client::{Address, Trust};
use touchline::internals::client::connect;
use touchline::internals::hub::Framing;
use touchline::server::{ControlToken, Limits, ServerBuilder, Timing, Tls};

use super::client_frame::{BINARY, CONTINUATION, FINAL, PING, TEXT, frame, head};
use super::real::{DRIVERS, TestServer, TestSubscriber, options, within, without_pings};

const HEAD_TIME: Duration = Duration::from_millis(400);
/// Much less than the timeouts that the tests leave at their defaults.
const PROMPTLY: Duration = Duration::from_secs(6);

/// Timeouts and limits short enough to be reached within a test.
fn short_timeouts(delivery_loop: bool) -> ServerBuilder {
    let (stall, close_timeout) = (Duration::from_millis(400), Duration::from_millis(300));
    options(delivery_loop).timing(Timing { stall, close_timeout, ..without_pings() }).limits(short_limits())
}

fn short_limits() -> Limits {
    Limits { head_time: HEAD_TIME, body_time: HEAD_TIME, ..Limits::default() }
}

/// The same with TLS.
fn encrypted() -> ServerBuilder {
    let tls = Tls::self_signed(&["127.0.0.1".to_owned()]).expect("a certificate");
    short_timeouts(false).tls(tls)
}

/// A subscriber of the looping replay `main` that checks that no event is missing.
struct Observer {
    laps: watch::Receiver<usize>,
    watch_laps: JoinHandle<()>,
}

impl Observer {
    async fn of(server: &TestServer) -> Self {
        Self::with_command_path(server, "/api/replays/main/command").await
    }

    async fn with_command_path(server: &TestServer, path: &str) -> Self {
        for command in ["loop on", "speed 10000", "play"] {
            server.post(path, command).await.expect_json(200);
        }
        let listener = server.subscribe(Framing::Lines, "/events.ndjson?ticks=off&snapshot=off").await;
        let (lap, laps) = watch::channel(0);
        Self { laps, watch_laps: tokio::spawn(watch_laps(listener, lap)) }
    }

    /// Watches to the end of the lap.
    async fn assert_nothing_lost(mut self) {
        let so_far = *self.laps.borrow();
        let played = within("a match", self.laps.wait_for(|laps| *laps > so_far)).await.is_ok();
        self.watch_laps.abort();
        let watched = self.watch_laps.await;
        assert!(played, "the innocent was disturbed: {watched:?}");
    }
}

async fn watch_laps(mut listener: TestSubscriber, lap: watch::Sender<usize>) {
    let mut last = None;
    loop {
        let frame = listener.next().await.expect("the stream goes on");
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

/// The number of open connections of a server in this process, including those not accepted yet.
#[cfg(target_os = "linux")]
fn open_connections(address: SocketAddr) -> usize {
    const LISTENS: &str = "0A";
    let own = format!(":{:04X}", address.port());
    let sockets = std::fs::read_to_string("/proc/self/net/tcp").expect("Linux tells");
    let fields = sockets.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    // Closed sockets have no inode.
    fields.filter(|it| it[1].ends_with(&own) && it[3] != LISTENS && it[9] != "0").count()
}

/// Waits until the server has at most this many connections.
#[cfg(target_os = "linux")]
async fn wait_for_at_most(address: SocketAddr, most: usize) {
    let until = tokio::time::Instant::now() + PROMPTLY;
    while open_connections(address) > most {
        assert!(tokio::time::Instant::now() < until, "{} connections are held, not {most}", open_connections(address));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[cfg(not(target_os = "linux"))]
async fn wait_for_at_most(_: SocketAddr, _: usize) {}

/// A connection with a small receive buffer.
async fn connect_with_small_buffer(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4 << 10).expect("set");
    socket.connect(address).await.expect("connected")
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

/// Writes until the peer stops accepting bytes, and reads meanwhile; returns everything read.
async fn exchange(mut socket: TcpStream, write: impl AsyncFnOnce(&mut tokio::net::tcp::WriteHalf<'_>)) -> String {
    let (mut reader, mut writer) = socket.split();
    let mut answer = Vec::new();
    let reading = async {
        // A reset arrives after all readable bytes.
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

/// Sends one byte at a time, too slowly.
async fn send_slowly(address: SocketAddr, bytes: &[u8]) -> String {
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

/// Runs several clients at once: each sends a text, then repeats its bytes for as long as they are accepted, if there are any.
/// Returns what each has read. Each is a task, so that none waits for another.
async fn run_floods<const N: usize>(address: SocketAddr, payloads: [(String, Vec<u8>); N]) -> [String; N] {
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
    let running = payloads.map(|payload| tokio::spawn(flood(payload)));
    let mut answers = std::array::from_fn(|_| String::new());
    for (answer, running) in answers.iter_mut().zip(running) {
        *answer = running.await.expect("it ended");
    }
    answers
}

/// Asserts the status of a response, and the code of its error frame if one is given.
fn assert_answered(answer: &str, status: u16, code: Option<&str>) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {answer:?}");
    let Some(code) = code else { return };
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let frame: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer:?}"));
    assert_eq!((&frame["kind"], &frame["code"]), (&"error".into(), &code.into()), "{answer}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_vanished_peer_is_dropped_by_tcp_keepalive() {
    use rustix::net::sockopt::{socket_keepalive, tcp_keepidle, tcp_keepintvl, tcp_user_timeout};
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
    for delivery_loop in DRIVERS {
        let silence = Duration::from_secs(47);
        let timing = Timing { silence, ..Timing::default() };
        let server = TestServer::start(options(delivery_loop).timing(timing)).await;
        let mut socket = TcpStream::connect(server.address).await.expect("connected");
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
async fn a_client_that_pipelines_and_never_reads_is_closed() {
    for options in [short_timeouts(true), encrypted()] {
        let server = TestServer::start(options).await;
        let secure = server.secure;
        let innocent = Observer::of(&server).await;
        let requests = get("/timeline").repeat(2_000);
        let mut asked = Vec::new();
        for takes_a_byte in [false, true] {
            let (address, requests) = (server.address, requests.clone());
            asked.push(tokio::spawn(async move {
                if secure {
                    let url = Address::parse(&format!("wss://{address}/ws")).expect("an address");
                    let mut line = connect(&url, &Trust::accept_any().expect("a trust without verification"))
                        .await
                        .expect("connected");
                    let _ = line.write_all(requests.as_bytes()).await;
                    std::future::pending().await
                }
                let (mut reader, mut writer) = connect_with_small_buffer(address).await.into_split();
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
            while open_connections(server.address) < 3 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        wait_for_at_most(server.address, 1).await;
        asked.iter().for_each(JoinHandle::abort);
        innocent.assert_nothing_lost().await;
    }
}

#[tokio::test]
async fn a_slow_request_head_gets_408_or_is_closed() {
    let slow = format!("{}X: {}", get("/state").trim_end(), "x".repeat(1_000));
    for delivery_loop in DRIVERS {
        let server = TestServer::start(short_timeouts(delivery_loop)).await;
        let innocent = Observer::of(&server).await;
        let (slow, silent) =
            tokio::join!(send_slowly(server.address, slow.as_bytes()), send_slowly(server.address, b""));
        assert_answered(&slow, 408, Some("too_slow"));
        assert_eq!(silent, "");
        wait_for_at_most(server.address, 1).await;
        innocent.assert_nothing_lost().await;
    }
    let server = TestServer::start(encrypted()).await;
    // The beginning of a 16 KiB TLS record that holds a ClientHello.
    let hello = [&[0x16, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc, 3, 3][..], &[7; 1_000]].concat();
    let (shakes, plain) =
        tokio::join!(send_slowly(server.address, &hello), send_slowly(server.address, slow.as_bytes()));
    assert_eq!((shakes.as_str(), plain.as_str()), ("", ""));
    wait_for_at_most(server.address, 0).await;
}

#[tokio::test]
async fn an_endless_request_head_is_refused() {
    for delivery_loop in DRIVERS {
        let server = TestServer::start(options(delivery_loop)).await;
        let begun = get("/state").trim_end().to_owned();
        let line = (format!("{begun}\r\nX: "), vec![b'x'; 1_000]);
        let lines = (begun, b"\r\nX: y".repeat(100));
        let path = ("GET /".to_owned(), vec![b'x'; 1_000]);
        for answer in run_floods(server.address, [line, lines, path]).await {
            assert_answered(&answer, 431, None);
        }
        wait_for_at_most(server.address, 0).await;
    }
}

#[tokio::test]
async fn an_endless_body_is_refused_and_a_missing_one_times_out() {
    // Who may control may send a scenario, and so a longer body to open a replay: these clients have no token for that.
    let token = ControlToken::new("correct-horse").expect("a token");
    let server = TestServer::start(short_timeouts(true).token(token)).await;
    let command_path = "/api/replays/main/command?token=correct-horse";
    let innocent = Observer::with_command_path(&server, command_path).await;
    let post = |path: &str, headers: &str| format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n");
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    let long = "Content-Length: 100000000";
    let unasked = get("/state").replace("\r\n\r\n", &format!("\r\n{long}\r\n\r\n"));
    let more = vec![b'x'; 4_096];
    let payloads = [
        (post("/api/replays", long), more.clone()),
        (post("/api/replays", "Transfer-Encoding: chunked"), chunk.into_bytes()),
        (post(command_path, long), more.clone()),
        (unasked, more),
        (post("/api/replays", "Content-Length: 10"), Vec::new()),
    ];
    let [long, chunked, command, unasked, never] = run_floods(server.address, payloads).await;
    for answer in [long, chunked, command] {
        assert_answered(&answer, 413, Some("too_long"));
        assert!(answer.contains(&format!("more than {} bytes", Limits::default().body_bytes)), "{answer}");
    }
    assert_answered(&unasked, 200, None);
    assert_answered(&never, 408, Some("too_slow"));
    wait_for_at_most(server.address, 1).await;
    innocent.assert_nothing_lost().await;
}

/// The close code of a subscriber that sends these bytes.
async fn close_code_after(server: &TestServer, bytes: &[u8]) -> Option<u64> {
    let mut listener = server.subscribe(Framing::WebSocket, "/ws?ticks=off&types=goal").await;
    listener.write(bytes).await;
    listener.of_kind("close").await["code"].as_u64()
}

#[tokio::test]
async fn invalid_frames_close_with_their_code() {
    for options in [short_timeouts(true), short_timeouts(false), encrypted()] {
        let server = TestServer::start(options.limits(Limits { message_bytes: 1_000, ..short_limits() })).await;
        let innocent = Observer::of(&server).await;
        let half = vec![b'x'; 600];
        for (bytes, code, what) in [
            (head(FINAL | TEXT, 100_000_000), 1009, "a claimed length of 100 MB"),
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
            assert_eq!(close_code_after(&server, &bytes).await, Some(code), "{what}");
        }
        let mut listener = server.subscribe(Framing::WebSocket, "/ws?ticks=off&types=goal").await;
        listener.write(&frame(FINAL | TEXT, &[b'x'; 1_000])).await;
        assert_eq!(listener.of_kind("error").await["code"], "unknown_command", "just short enough");
        drop(listener);
        wait_for_at_most(server.address, 1).await;
        innocent.assert_nothing_lost().await;
    }
}

#[tokio::test]
async fn a_busy_client_is_answered_in_order_and_one_that_never_reads_is_closed() {
    const PATH: &str = "/ws?scenario=juv&paused=1&ticks=off&types=goal";
    let long = format!(r#"{{"command":"ping","payload":"{}"}}"#, "x".repeat(60_000));
    for delivery_loop in DRIVERS {
        let server = TestServer::start(short_timeouts(delivery_loop)).await;
        let innocent = Observer::of(&server).await;
        let mut listener = server.subscribe(Framing::WebSocket, PATH).await;
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
        let mut run_floods = Vec::new();
        for payload in ["", r#"{"command":"subscribe"}"#, "seek next:goal", &long, "\0nonsense"] {
            let frames = frame(if payload.is_empty() { PING } else { TEXT }, payload.as_bytes());
            let (frames, request) = (frames.repeat((64 << 10) / frames.len() + 1), request.clone());
            let mut socket = connect_with_small_buffer(server.address).await;
            run_floods.push(tokio::spawn(async move {
                socket.write_all(request.as_bytes()).await.expect("written");
                within("the server stops reading", async { while socket.write_all(&frames).await.is_ok() {} }).await;
            }));
        }
        for flood in run_floods {
            flood.await.expect("it was closed");
        }
        wait_for_at_most(server.address, 1).await;
        innocent.assert_nothing_lost().await;
    }
}

#[tokio::test]
async fn a_connection_over_the_limit_is_refused_promptly_and_opens_nothing() {
    for options in [short_timeouts(true), short_timeouts(false)] {
        let limits = Limits { connections: 2, head_time: Duration::from_secs(60), ..short_limits() };
        let server = TestServer::start(options.limits(limits)).await;
        // One slot is needed briefly for the connection that sends the commands.
        let innocent = Observer::of(&server).await;
        let seated = server.subscribe(Framing::WebSocket, "/ws?ticks=off").await;
        let mut silent = Vec::new();
        for _ in 0..150 {
            silent.push(TcpStream::connect(server.address).await.expect("connected"));
        }
        let before = tokio::time::Instant::now();
        server.get("/state").await.expect_error(503, "full");
        let opens = "/events?scenario=juv&speed=60";
        assert!(
            server.connect().await.subscribe(Framing::Sse, opens, &[]).await.is_err_and(|answer| answer.status == 503)
        );
        let mut refused = server.subscribe(Framing::WebSocket, "/ws?scenario=juv&speed=60").await;
        assert_eq!(refused.of_kind("error").await["code"], "full");
        assert_eq!(refused.of_kind("close").await["code"], 4505);
        assert!(before.elapsed() < PROMPTLY, "they have waited for silent connections: {:?}", before.elapsed());
        assert_eq!(server.hub.len(), 1, "who is not let in opens nothing");
        drop((seated, silent));
        wait_for_at_most(server.address, 1).await;
        // Connections queued for accept come first, though their peers have left.
        within("there is a place again", async { while server.get("/state").await.status != 200 {} }).await;
        innocent.assert_nothing_lost().await;
    }
}

#[tokio::test]
async fn a_client_opening_endless_replays_blocks_no_other_client() {
    for delivery_loop in DRIVERS {
        let limits = Limits { replays: 8, ..short_limits() };
        let server = TestServer::start(short_timeouts(delivery_loop).limits(limits)).await;
        let innocent = Observer::of(&server).await;
        let mut own = server.subscribe(Framing::WebSocket, "/ws?scenario=juv&paused=1&ticks=off").await;
        for _ in 0..20 {
            server.open(r#"{"linger":"forever"}"#).await;
            drop(server.subscribe(Framing::Lines, "/events.ndjson?scenario=juv&paused=1&linger=forever").await);
            wait_for_at_most(server.address, 2).await;
        }
        assert!(server.hub.len() <= 8, "{}", server.hub.len());
        let mut another = server.subscribe(Framing::WebSocket, "/ws?scenario=juv&paused=1&ticks=off").await;
        for listener in [&mut own, &mut another] {
            listener.send_text(r#"{"command":"seek","to":"HT","id":"mine"}"#).await;
            assert_eq!(listener.of_kind("reply").await["id"], "mine");
        }
        let mut followed = vec![own, another];
        while followed.len() < 7 {
            followed.push(server.subscribe(Framing::WebSocket, "/ws?scenario=juv&paused=1&ticks=off").await);
        }
        server.post("/api/replays", "{}").await.expect_error(429, "over_limit");
        drop(followed);
        within("they have left", async { while server.post("/api/replays", "{}").await.status != 201 {} }).await;
        innocent.assert_nothing_lost().await;
    }
}

#[tokio::test]
async fn an_abandoned_long_poll_holds_no_resources() {
    let server = TestServer::start(short_timeouts(true)).await;
    let mut waiting = Vec::new();
    for _ in 0..200 {
        let mut client = server.connect().await;
        client.send("GET", "/state?wait=1000", &[], "").await;
        waiting.push(client);
    }
    assert_eq!(server.get("/state").await.status, 200);
    drop(waiting);
    wait_for_at_most(server.address, 0).await;
}

#[tokio::test]
async fn a_cross_site_image_request_opens_no_replay() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        let image = ["sec-fetch-site: cross-site", "sec-fetch-mode: no-cors", "sec-fetch-dest: image"];
        for path in ["/events?scenario=juv&speed=60", "/state"] {
            server.ask("GET", path, &image, "").await.expect_error(403, "forbidden");
        }
        assert_eq!(server.hub.len(), 1);
    }
}
