//! A thousand replays at once: shifted copies of the shipped scenarios, with ten subscribers each.
//!
//! `cargo bench --bench replays` plays them for twenty seconds at 60x in one process, with the subscribers in another.
//! It prints the latency of events (from due to first written) and the CPU usage, and fails if a subscriber lost
//! events. `cargo bench --bench replays -- REPLAYS SUBSCRIBERS SPEED SECONDS` uses other numbers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use touchline::internals::hub::{CacheBudget, MAX_REPLAYS, SubscribeRequest};
use touchline::internals::server::delivery::{Delivery, NewSubscriber};
use touchline::internals::server::raise_open_file_limit;
use touchline::playback::{Command, Speed};
use touchline::replay::{Hub, Opened, ReplayOptions};
use touchline::scenario::{SHIPPED, Span, Timeline};
use touchline::server::Timing;

/// The beginning of every event frame.
const EVENT: &[u8] = br#"{"kind":"event""#;

fn main() {
    raise_open_file_limit();
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let number = |at: usize, usual: u64| arguments.get(at).and_then(|word| word.parse().ok()).unwrap_or(usual);
    if arguments.first().is_some_and(|word| word == "subscribe") {
        return subscribe(&arguments[1], number(2, 0), number(3, 0), number(4, 0));
    }
    let (replays, subscribers, speed, seconds) = (number(0, 1_000), number(1, 10), number(2, 60), number(3, 20));

    let delivery =
        Arc::new(Delivery::start(Timing::default(), Arc::default()).expect("a delivery loop").expect("it takes Linux"));
    let hub = Hub::with_runner(delivery.clone(), CacheBudget::default(), MAX_REPLAYS);
    let scenarios: Vec<_> = SHIPPED.iter().map(|shipped| shipped.load().expect("shipped")).collect();
    let began = Instant::now();
    let opened: Vec<Opened> = (0..replays)
        .map(|at| {
            // A kick-off of its own each, so that no two replays share frames.
            let shifted = scenarios[at as usize % scenarios.len()].shifted(Span::from_millis(60_000 * at as i64));
            let timeline = Arc::new(Timeline::new(&shifted));
            let mut options = ReplayOptions::default();
            options.playback.paused = true;
            options.playback.speed = Speed::parse(&speed.to_string()).expect("a speed");
            hub.open(&format!("replay-{at}"), timeline, options).expect("a replay")
        })
        .collect();
    println!("{replays} replays opened in {:.0} ms", began.elapsed().as_secs_f64() * 1e3);

    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let mut child = std::process::Command::new(std::env::current_exe().expect("this program"))
        .args(["subscribe", &address, &replays.to_string(), &subscribers.to_string(), &seconds.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the subscribers");
    for _ in 0..replays * subscribers {
        let (mut socket, _) = listener.accept().expect("a subscriber");
        let mut which = [0; 4];
        socket.read_exact(&mut which).expect("which replay");
        let replay = opened[u32::from_be_bytes(which) as usize].replay.clone();
        let subscriber = NewSubscriber {
            socket,
            response_head: Vec::new(),
            leftover: Vec::new(),
            replay,
            join: SubscribeRequest::default(),
            message_bytes: 1 << 10,
            permit: None,
        };
        delivery.join(subscriber).expect("taken over");
    }
    // Play the replays one after the other.
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for Opened { control, .. } in &opened {
        let played = runtime.block_on(control.apply(Command::Play));
        played.expect("applied");
        std::thread::sleep(Duration::from_millis(1));
    }
    let cpu = cpu_seconds();
    let playing = Instant::now();
    let mut summary = String::new();
    // Reads one line, not to the end: closing so many sockets takes a while, in which the replays play on.
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut summary).expect("what was received");
    let share = (cpu_seconds() - cpu) / playing.elapsed().as_secs_f64() * 100.0;
    let heads: u64 = opened.iter().map(|opened| u64::from(opened.replay.status(Instant::now()).playhead.head)).sum();
    assert!(child.wait().expect("ended").success(), "the subscribers failed");
    let received: u64 = summary.trim().parse().expect("a number");
    // Events of the last moments may still be in flight when the subscribers read for the last time.
    let lateness = hub.lateness();
    println!(
        "{heads} events played, {received} received by {subscribers} subscribers each, server at {share:.0} % of a core"
    );
    println!("due to first written, {} events: {lateness}", lateness.count());
    assert!(
        received <= heads * subscribers && received + replays * subscribers >= heads * subscribers,
        "events are missing"
    );
}

/// The CPU time of this process so far, in seconds.
fn cpu_seconds() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanos = tasks.filter_map(|task| {
        let stat = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        stat.split_whitespace().next()?.parse::<f64>().ok()
    });
    nanos.sum::<f64>() / 1e9
}

/// Runs the subscribers of all replays and prints how many events they received.
fn subscribe(address: &str, replays: u64, subscribers: u64, seconds: u64) {
    let mut links: Vec<(TcpStream, usize)> = Vec::new();
    for at in 0..replays * subscribers {
        let mut socket = TcpStream::connect(address).expect("connected");
        socket.write_all(&u32::try_from(at / subscribers).expect("few").to_be_bytes()).expect("sent");
        socket.set_nonblocking(true).expect("a socket");
        links.push((socket, 0));
    }
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut buffer = vec![0; 1 << 16];
    let mut events = 0;
    while Instant::now() < until {
        for (socket, matched) in &mut links {
            while let Ok(read @ 1..) = socket.read(&mut buffer) {
                events += count(&buffer[..read], matched);
            }
        }
        // Reads are rare, as the server is what is measured, and the sockets buffer for it.
        std::thread::sleep(Duration::from_millis(50));
    }
    println!("{events}");
}

/// Counts the event frames in the bytes. `matched` is how much of [`EVENT`] the bytes before ended with.
fn count(bytes: &[u8], matched: &mut usize) -> u64 {
    let mut found = 0;
    for byte in bytes {
        *matched = if *byte == EVENT[*matched] { *matched + 1 } else { usize::from(*byte == EVENT[0]) };
        if *matched == EVENT.len() {
            (found, *matched) = (found + 1, 0);
        }
    }
    found
}
