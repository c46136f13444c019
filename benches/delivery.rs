//! How late a real match is, measured on the real program over real sockets.
//!
//! `cargo bench --bench delivery` plays the flagship at 60x to a thousand subscribers (about two minutes);
//! `cargo bench --bench delivery -- SUBSCRIBERS SPEED` plays it otherwise. Reported is lateness: from due to received, by
//! every subscriber. Subscribers run in this process: on a machine with two cores they compete with the server. What
//! delivery costs, `benches/fan-out` measures.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use futures::StreamExt;
use serde_json::Value;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_touchline"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut line).expect("the ready line");
        let told: Value = serde_json::from_str(&line).expect("the ready line is JSON");
        let url = told["ws"].as_str().expect("an address").to_owned();
        Self { child, url }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What one subscriber received, and when: looked into afterwards, so that looking delays nobody.
type Received = Vec<(SystemTime, Utf8Bytes)>;

async fn subscribe(url: String, connected: tokio::sync::mpsc::Sender<()>) -> Received {
    let config = WebSocketConfig::default().read_buffer_size(4096);
    let (mut socket, _) =
        tokio_tungstenite::connect_async_with_config(&url, Some(config), true).await.expect("connected");
    connected.send(()).await.expect("counted");
    let mut received = Vec::new();
    while let Some(Ok(message)) = socket.next().await {
        let now = SystemTime::now();
        let Message::Text(text) = message else { continue };
        let last = text.starts_with(r#"{"kind":"playback","state":"ended""#);
        received.push((now, text));
        if last {
            break;
        }
    }
    received
}

/// What one subscriber saw.
#[derive(Default)]
struct Seen {
    lateness_micros: Vec<u32>,
    events: usize,
    in_order: bool,
}

fn look(received: &Received) -> Seen {
    let mut seen = Seen { in_order: true, ..Seen::default() };
    // The anchor: media time, wall time, speed.
    let mut anchor = (0.0, SystemTime::now(), 60.0);
    let mut last = None;
    for (now, text) in received {
        let frame: Value = serde_json::from_str(text).expect("JSON");
        match frame["kind"].as_str() {
            Some("playback") => {
                let wall: jiff::Timestamp = frame["wall"].as_str().expect("wall").parse().expect("a time");
                anchor = (frame["at"].as_f64().unwrap_or(0.0), wall.into(), frame["speed"].as_f64().unwrap_or(60.0));
            }
            Some("event") => {
                let n = frame["n"].as_u64();
                seen.in_order &= last.is_none_or(|last: u64| n == Some(last + 1));
                last = n;
                seen.events += 1;
                let since = (frame["at"].as_f64().unwrap_or(0.0) - anchor.0) / 1e3 / anchor.2;
                let due = anchor.1 + Duration::from_secs_f64(since.max(0.0));
                let late = now.duration_since(due).unwrap_or_default();
                seen.lateness_micros.push(u32::try_from(late.as_micros()).unwrap_or(u32::MAX));
            }
            _ => {}
        }
    }
    seen
}

#[tokio::main]
async fn main() {
    touchline::server::raise_open_file_limit();
    let mut numbers = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let subscribers: usize = numbers.next().and_then(|number| number.parse().ok()).unwrap_or(1_000);
    let speed = numbers.next().unwrap_or_else(|| "60".into());

    // It begins with the one more who comes when everyone else has settled.
    let wait = (subscribers + 1).to_string();
    let server = Server::start(&["juv", "--port", "0", "--wait-for", &wait, "--speed", &speed]);
    let (count, mut connected) = tokio::sync::mpsc::channel(1);
    let mut waiting: Vec<_> =
        (0..subscribers).map(|_| tokio::spawn(subscribe(server.url.clone(), count.clone()))).collect();
    for _ in 0..subscribers {
        connected.recv().await.expect("a subscriber");
    }
    // Long enough for every first burst to be read.
    tokio::time::sleep(Duration::from_secs(2)).await;
    waiting.push(tokio::spawn(subscribe(server.url.clone(), count)));
    let mut lateness = Vec::new();
    let mut events = 0;
    for subscriber in waiting {
        let seen = look(&subscriber.await.expect("a subscriber"));
        assert!(seen.in_order, "frames out of order");
        assert!(events == 0 || events == seen.events, "a subscriber received {} events, not {events}", seen.events);
        events = seen.events;
        lateness.extend(seen.lateness_micros);
    }
    lateness.sort_unstable();
    let percentile = |share: f64| f64::from(lateness[((lateness.len() - 1) as f64 * share) as usize]) / 1e3;
    println!(
        "{events} events to {} subscribers at {speed}x, complete and in order: due to received p50 {:.2} ms, p90 {:.2} ms, \
         p99 {:.2} ms, worst {:.2} ms",
        subscribers + 1,
        percentile(0.5),
        percentile(0.9),
        percentile(0.99),
        percentile(1.0)
    );
}
