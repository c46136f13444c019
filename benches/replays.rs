//! A thousand replays side by side: shifted copies of the shipped scenarios, each with ten subscribers of its own.
//!
//! `cargo bench --bench replays` plays them for twenty seconds at 60x in one process, with the subscribers in another, and
//! reports how late events were (from due to first written), what that cost, and whether everybody received everything.
//! `cargo bench --bench replays -- REPLAYS SUBSCRIBERS SPEED SECONDS` plays otherwise.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use touchline::hub::{Hub, Join, MAX_REPLAYS, Opened, ReplayOptions, Shelf};
use touchline::playback::{Command, Speed};
use touchline::scenario::{SHIPPED, Span, Timeline, shift};
use touchline::server::delivery::{Delivery, NewSubscriber};
use touchline::server::{Timing, raise_open_file_limit};

/// What every event frame begins with.
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
    let hub = Hub::hosted(delivery.clone(), Shelf::default(), MAX_REPLAYS);
    let scenarios: Vec<_> = SHIPPED.iter().map(|shipped| shipped.load().expect("shipped")).collect();
    let began = Instant::now();
    let opened: Vec<Opened> = (0..replays)
        .map(|at| {
            // Another kick-off each, so that no two have the same bytes.
            let shifted = shift(&scenarios[at as usize % scenarios.len()], Span::from_millis(60_000 * at as i64));
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
            join: Join::default(),
            message_bytes: 1 << 10,
            permit: None,
        };
        delivery.join(subscriber).expect("taken over");
    }
    // Somebody presses play at each, one after the other.
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for Opened { control, .. } in &opened {
        let played = runtime.block_on(control.apply(Command::Play));
        played.expect("a replay").expect("applied");
        std::thread::sleep(Duration::from_millis(1));
    }
    let cpu = cpu_seconds();
    let playing = Instant::now();
    let mut told = String::new();
    // A line, not all until the end: closing so many sockets takes a while, in which the replays play on.
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut told).expect("what was received");
    let share = (cpu_seconds() - cpu) / playing.elapsed().as_secs_f64() * 100.0;
    let heads: u64 = opened.iter().map(|opened| u64::from(opened.replay.view(Instant::now()).playhead.head)).sum();
    assert!(child.wait().expect("ended").success(), "the subscribers failed");
    let received: u64 = told.trim().parse().expect("a number");
    // Those of the last moments may still have been on their way when the subscribers looked for the last time.
    let lateness = hub.lateness();
    println!(
        "{heads} events told, {received} received by {subscribers} subscribers each, server at {share:.0} % of a core"
    );
    println!("due to first written, {} events: {lateness}", lateness.count());
    assert!(
        received <= heads * subscribers && received + replays * subscribers >= heads * subscribers,
        "events are missing"
    );
}

/// CPU time of this process so far.
fn cpu_seconds() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanos = tasks.filter_map(|task| {
        let stat = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        stat.split_whitespace().next()?.parse::<f64>().ok()
    });
    nanos.sum::<f64>() / 1e9
}

/// Subscribers of all replays: prints how many events they received.
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
        // A look now and then: what is measured is the server, which has the sockets' buffers to write to.
        std::thread::sleep(Duration::from_millis(50));
    }
    println!("{events}");
}

/// How often the beginning of an event stands in the bytes; `matched` is how much of one stood at the end of those before.
fn count(bytes: &[u8], matched: &mut usize) -> u64 {
    let mut found = 0;
    for byte in bytes {
        *matched = match *byte == EVENT[*matched] {
            true => *matched + 1,
            false => usize::from(*byte == EVENT[0]),
        };
        if *matched == EVENT.len() {
            (found, *matched) = (found + 1, 0);
        }
    }
    found
}
