//! Fuzz, soak and chaos tests of the real program, ignored by `cargo test`; `tests/long` runs them.
//!
//! `TOUCHLINE_SECONDS` is the duration of each, `TOUCHLINE_SEED` the seed.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::{SinkExt, StreamExt};
use rustix::process::Signal;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use super::fuzz::first_bytes;
use super::program::{Program, run};
use super::seeded_damage::{Random, damaged, seed};

/// The duration of a test.
fn test_duration() -> Duration {
    let seconds = std::env::var("TOUCHLINE_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(10))
}

/// The resources of a process.
#[derive(Debug, Clone, Copy)]
struct ResourceUsage {
    descriptors: usize,
    resident_mib: usize,
}

impl ResourceUsage {
    fn by(program: &Program) -> Self {
        let process = PathBuf::from(format!("/proc/{}", program.ready["pid"]));
        let statm = std::fs::read_to_string(process.join("statm")).expect("it runs, on Linux");
        let pages: usize = statm.split_whitespace().nth(1).and_then(|pages| pages.parse().ok()).expect("a number");
        let descriptors = std::fs::read_dir(process.join("fd")).expect("it runs").count();
        Self { descriptors, resident_mib: (pages * rustix::param::page_size()) >> 20 }
    }

    /// Waits until no more descriptors are open than before: the server notices disconnects a moment later.
    fn wait_until_back_to(program: &Program, before: Self) -> Self {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let now = Self::by(program);
            if now.descriptors <= before.descriptors {
                return now;
            }
            assert!(Instant::now() < until, "{} descriptors stay open, not {}", now.descriptors, before.descriptors);
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// A subscriber of the looping replay `main` that fails if an event is missing or repeated.
struct Observer {
    laps: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
    following: std::thread::JoinHandle<()>,
}

impl Observer {
    fn of(program: &Program) -> Self {
        let mut socket = TcpStream::connect(("127.0.0.1", program.port())).expect("connected");
        let request = "GET /events.ndjson?ticks=off&snapshot=off HTTP/1.1\r\nHost: localhost\r\n\r\n";
        socket.write_all(request.as_bytes()).expect("asked");
        socket.set_read_timeout(Some(Duration::from_secs(30))).expect("set");
        socket.peek(&mut [0]).expect("it is served");
        let (laps, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (counted, left) = (laps.clone(), over.clone());
        let following = std::thread::spawn(move || {
            let mut last = 0;
            for line in std::io::BufRead::lines(std::io::BufReader::new(socket)) {
                if left.load(Ordering::Relaxed) {
                    return;
                }
                let line = line.expect("the stream is undisturbed");
                let Ok(frame) = serde_json::from_str::<Value>(&line) else { continue };
                let Some(n) = frame["n"].as_u64().filter(|_| frame["kind"] == "event") else { continue };
                assert!(last == 0 || n == last + 1 || (last == 101 && n == 1), "{n} after {last}");
                counted.fetch_add(u64::from(n == 101), Ordering::Relaxed);
                last = n;
            }
            panic!("its stream ended");
        });
        Self { laps, over, following }
    }

    /// Watches two more laps to their end.
    fn assert_nothing_lost(self) -> u64 {
        let (so_far, until) = (self.laps.load(Ordering::Relaxed), Instant::now() + Duration::from_secs(60));
        while self.laps.load(Ordering::Relaxed) < so_far + 2 && !self.following.is_finished() {
            assert!(Instant::now() < until, "the innocent subscriber receives nothing any more");
            std::thread::sleep(Duration::from_millis(20));
        }
        self.over.store(true, Ordering::Relaxed);
        self.following.join().expect("the innocent subscriber has lost something");
        self.laps.load(Ordering::Relaxed)
    }
}

const TOKEN: &str = "correct-horse";
#[test]
#[ignore = "tests/long runs it"]
fn garbage_connections_do_not_disturb_a_subscriber() {
    let words = ["juv", "--loop", "--hold", "0s", "--speed", "3000", "--control-token", TOKEN, "--port", "0"];
    let program = Program::serve(&words);
    let innocent = Observer::of(&program);
    let own = r#"{"name":"own","scenario":"juv","linger":"forever"}"#;
    let opened = program.post("/api/replays", own);
    assert!(opened.starts_with("HTTP/1.1 201 "), "{opened}");
    let before = ResourceUsage::by(&program);
    let (until, first, sent) = (Instant::now() + test_duration(), seed(), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for worker in 0..6 {
            let (sent, port) = (&sent, program.port());
            scope.spawn(move || {
                let mut random = Random::from(first.wrapping_add(worker));
                let requests = first_bytes::seeds();
                while Instant::now() < until {
                    send_damaged(port, &requests, &mut random);
                    sent.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let laps = innocent.assert_nothing_lost();
    let after = ResourceUsage::by(&program);
    // Replays opened by damaged requests with another `linger` may remain, each with its scenario; nothing else may.
    assert!(after.resident_mib < before.resident_mib + 200, "{before:?} {after:?}");
    println!("{} connections; {laps} laps received whole; before {before:?}, after {after:?}", sent.into_inner());
    program.stop();
}

/// Sends a few damaged requests on one connection, whole or in pieces, and reads some of the responses.
fn send_damaged(port: u16, requests: &[Vec<u8>], random: &mut Random) {
    // Abandoned connections exhaust the local ports: then wait for one.
    let Ok(mut socket) = TcpStream::connect(("127.0.0.1", port)) else {
        return std::thread::sleep(Duration::from_millis(50));
    };
    let _ = socket.set_read_timeout(Some(Duration::from_millis(5)));
    let _ = socket.set_write_timeout(Some(Duration::from_millis(200)));
    for _ in 0..=random.below(3) {
        let bytes = match random.below(12) {
            0 => (0..random.below(3_000)).map(|_| random.below(256) as u8).collect(),
            _ => damaged(&requests[random.below(requests.len())], random),
        };
        let cut = random.below(bytes.len() + 1);
        for part in [&bytes[..cut], &bytes[cut..]] {
            if socket.write_all(part).is_err() {
                return;
            }
        }
        if random.below(2) == 0 {
            let mut answer = [0; 4_096];
            let _ = socket.read(&mut answer);
        }
    }
    if random.below(4) == 0 {
        let _ = socket.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = socket.take(1 << 20).read_to_end(&mut answer);
    }
}

#[test]
#[ignore = "tests/long runs it"]
fn a_server_under_churn_delivers_everything_and_frees_its_resources() {
    let program = Program::serve(&["juv", "--loop", "--hold", "0s", "--speed", "600", "--port", "0"]);
    let innocent = Observer::of(&program);
    let fresh = ResourceUsage::by(&program);
    let mut random = Random::from(seed());
    let mut round = |least: usize| {
        let subscribers = (least + random.below(300)).to_string();
        let seconds = format!("{}s", 2 + random.below(4));
        let http = program.http();
        let address = match random.below(4) {
            0 => program.ws(),
            1 => format!("{http}/events"),
            2 => format!("{http}/events.ndjson?stamp=1"),
            _ => format!("{}?types=goal,card&snapshot=full", program.ws()),
        };
        let output = run(&["load", &address, "--subscribers", &subscribers, "--duration", &seconds, "--json"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        assert_eq!((output.status.code(), &report["flawless"]), (Some(0), &Value::Bool(true)), "{address}: {report}");
    };
    // Permanent caches are filled after a first round of each kind.
    for _ in 0..4 {
        round(300);
    }
    let before = ResourceUsage::wait_until_back_to(&program, fresh);
    let (until, mut rounds) = (Instant::now() + test_duration(), 0);
    while Instant::now() < until {
        let (over, port) = (&AtomicBool::new(false), program.port());
        std::thread::scope(|scope| {
            // Subscribers that connect and disconnect at once, while others are measured.
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let Ok(mut socket) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                    let _ = socket.write_all(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
                    let _ = socket.read(&mut [0; 512]);
                    std::thread::sleep(Duration::from_millis(5));
                }
            });
            // Ends with this round, also after a panic.
            struct SetOnDrop<'a>(&'a AtomicBool);
            impl Drop for SetOnDrop<'_> {
                fn drop(&mut self) {
                    self.0.store(true, Ordering::Relaxed);
                }
            }
            let _ends = SetOnDrop(over);
            round(20);
        });
        rounds += 1;
    }
    let after = ResourceUsage::wait_until_back_to(&program, before);
    let laps = innocent.assert_nothing_lost();
    assert!(after.resident_mib <= before.resident_mib + 32, "memory does not come back: {before:?} {after:?}");
    println!("{rounds} rounds; {laps} laps received whole; before {before:?}, after {after:?}");
    program.stop();
}

/// What all reconnecting clients have received in total.
#[derive(Debug, Default)]
struct Totals {
    events: u64,
    resumed: u64,
    resets: u64,
    laps: u64,
}

/// A client that resumes, and checks that it receives every event once or a reset.
#[derive(Debug, Default)]
struct Client {
    run: String,
    epoch: u64,
    /// The last event, once one has arrived in this epoch.
    n: Option<u64>,
    totals: Totals,
    /// The length of `totals.events`, for a thread that waits for the next event.
    events: Arc<AtomicU64>,
}

impl Client {
    fn since(&self) -> String {
        self.n.map_or(String::new(), |n| format!("since={}.{}.{n}&", self.run, self.epoch))
    }

    fn take(&mut self, text: &str) {
        let frame: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let epoch = frame["epoch"].as_u64();
        match frame["kind"].as_str().expect("a kind") {
            "hello" => {
                match (frame["resumed"].as_str(), self.n) {
                    (Some("ok"), Some(_)) => {
                        assert_eq!((frame["run"].as_str(), epoch), (Some(&*self.run), Some(self.epoch)), "{frame}");
                        self.totals.resumed += 1;
                    }
                    (Some("reset"), Some(_)) => {
                        self.totals.resets += 1;
                        self.n = None;
                    }
                    (None, None) => {}
                    other => panic!("{other:?}: {frame}"),
                }
                self.run = frame["run"].as_str().expect("a run").to_owned();
                self.epoch = epoch.expect("an epoch");
            }
            // Of one match: the events go on behind it.
            "snapshot" => self.n = frame["n"].as_u64(),
            "playback" if epoch != Some(self.epoch) => {
                self.epoch = epoch.expect("an epoch");
                self.n = None;
                self.totals.laps += 1;
            }
            "event" => {
                let n = frame["n"].as_u64().expect("a number");
                assert_eq!(Some(n), self.n.map(|last| last + 1), "an event is missing, or comes twice: {frame}");
                self.n = Some(n);
                self.totals.events += 1;
                self.events.store(self.totals.events, Ordering::Relaxed);
            }
            _ => {}
        }
    }
}

/// Reads a stream until it is cut.
async fn follow(client: &mut Client, port: u16, framing: &str) {
    let address = format!("127.0.0.1:{port}{framing}?{}ticks=off", client.since());
    if framing == "/ws" {
        let Ok((mut socket, _)) = connect_async(format!("ws://{address}")).await else { return };
        while let Some(Ok(message)) = socket.next().await {
            match message {
                Message::Text(text) => client.take(&text),
                Message::Ping(_) => drop(socket.flush().await),
                _ => {}
            }
        }
        return;
    }
    let Ok(mut socket) = tokio::net::TcpStream::connect(("127.0.0.1", port)).await else { return };
    let path = address.split_once('/').map_or("", |(_, path)| path);
    if socket.write_all(format!("GET /{path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).await.is_err() {
        return;
    }
    let mut lines = BufReader::new(socket);
    let mut line = String::new();
    // A truncated line is discarded.
    while matches!(lines.read_line(&mut line).await, Ok(1..)) && line.ends_with('\n') {
        let text = line.trim_end();
        if let Some(frame) = text.strip_prefix("data: ").or((text.starts_with('{')).then_some(text)) {
            client.take(frame);
        }
        line.clear();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "tests/long runs it"]
async fn reconnecting_clients_miss_nothing_while_the_server_is_stopped_and_killed() {
    // A free port, reused at every start.
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
    let port = free.to_string();
    let now = jiff::Timestamp::now().to_string();
    // With a kickoff time a restarted server is at the same position, so that cursors stay valid.
    let words = ["juv", "--wall", &now, "--loop", "--hold", "1s", "--speed", "240", "--port", &port];
    let mut program = Program::serve(&words);
    let until = Instant::now() + test_duration();
    let (over, all_totals) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(BTreeMap::new())));
    let (mut following, mut received) = (Vec::new(), Vec::new());
    for number in 0..12 {
        let framing = ["/ws", "/events", "/events.ndjson"][number % 3];
        let (over, all_totals) = (over.clone(), all_totals.clone());
        let mut client = Client::default();
        received.push(client.events.clone());
        following.push(tokio::spawn(async move {
            while !over.load(Ordering::Relaxed) {
                // The last round is not cut.
                tokio::select! {
                    () = follow(&mut client, free, framing) => {}
                    () = async { while !over.load(Ordering::Relaxed) { tokio::time::sleep(Duration::from_millis(50)).await } } => {}
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            all_totals.lock().expect("no thread has panicked").insert(number, client.totals);
        }));
    }
    let mut random = Random::from(seed());
    let (mut stopped, mut killed) = (0, 0);
    while Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(500 + random.below(2_500) as u64)).await;
        if random.below(2) == 0 {
            program.signal(Signal::STOP);
            tokio::time::sleep(Duration::from_millis(100 + random.below(3_000) as u64)).await;
            program.signal(Signal::CONT);
            stopped += 1;
        } else {
            program.signal(Signal::KILL);
            program.wait();
            drop(program);
            tokio::time::sleep(Duration::from_millis(random.below(1_000) as u64)).await;
            program = Program::serve(&words);
            killed += 1;
        }
        assert!(following.iter().all(|client| !client.is_finished()), "a client has failed");
    }
    // A client is back once it has received another event.
    let so_far: Vec<u64> = received.iter().map(|events| events.load(Ordering::Relaxed)).collect();
    let all_back = || received.iter().zip(&so_far).all(|(events, before)| events.load(Ordering::Relaxed) > *before);
    let until = Instant::now() + Duration::from_secs(60);
    while !all_back() {
        assert!(following.iter().all(|client| !client.is_finished()), "a client has failed");
        assert!(Instant::now() < until, "not all have come back: {so_far:?} {received:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    over.store(true, Ordering::Relaxed);
    for client in following {
        client.await.expect("a client has missed something");
    }
    let all_totals = std::mem::take(&mut *all_totals.lock().expect("no thread has panicked"));
    assert!(all_totals.values().all(|totals| totals.events > 0), "{all_totals:?}");
    let sum = |of: fn(&Totals) -> u64| all_totals.values().map(of).sum::<u64>();
    println!(
        "{} clients; {stopped} times stopped, {killed} times killed; {} events, {} times resumed, {} resets, {} laps",
        all_totals.len(),
        sum(|it| it.events),
        sum(|it| it.resumed),
        sum(|it| it.resets),
        sum(|it| it.laps)
    );
    assert!(killed == 0 || sum(|it| it.resumed) > 0, "no client ever resumed: {all_totals:?}");
    program.stop();
}
