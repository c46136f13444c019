//! One run: a fresh server under one load.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use touchline_peers::message::monotonic_nanos;

use crate::load::{Load, Pace};
use crate::process::{SERVER_CPU, SUBSCRIBERS_CPU, Server as Process, Threads, Times, since};
use crate::results::Figure;
use crate::servers::{Places, Server};
use crate::subscribers::{Message, Received, Subscribers};

/// How long nothing must come before a server counts as idle.
const QUIET: Duration = Duration::from_millis(100);
/// The same with everyone connected, before memory is looked at: what the handshakes took is given back by then.
const LONG_QUIET: Duration = Duration::from_millis(500);

/// Runs a server under a load and gives what was measured.
///
/// # Errors
/// Whatever is not as it must be: a frame lost, out of order or too many, a server that closes or falls silent.
pub fn run(server: &Server, load: &Load, length: Duration, places: &Places) -> Result<Vec<(Figure, f64)>, String> {
    let messages = server.messages(load, length);
    let expected = match load.pace {
        Pace::Steady(_) => Some((messages as usize, messages as usize * load.subscribers)),
        Pace::Burst | Pace::Idle => None,
    };
    // Dropped after the process: a server must not see its subscribers leave while it is looked at.
    let mut subscribers = Subscribers::new(server.stride(), expected)?;
    let process = Process::start(&mut server.command(load, messages, places)?)?;
    let path = server.path();

    if load.pace == Pace::Idle {
        let (memory, mark) = (process.memory(), Mark::now(&process));
        subscribers.connect(load.subscribers, process.address, path)?;
        subscribers.settle(LONG_QUIET)?;
        let (cpu, waited) = mark.costs(&process, load.subscribers as u64);
        return Ok(vec![
            (Figure::Memory, process.memory().saturating_sub(memory) as f64 / load.subscribers as f64),
            (Figure::AcceptCpu, cpu),
            (Figure::Ready, process.ready.as_nanos() as f64),
            waited,
        ]);
    }

    // The last subscriber sets the messages going.
    subscribers.connect(load.subscribers - 1, process.address, path)?;
    subscribers.settle(QUIET)?;
    let mark = Mark::now(&process);
    subscribers.connect(1, process.address, path)?;
    let all = messages * load.subscribers as u64;
    match load.pace {
        Pace::Steady(_) => {
            // From the first message on, which comes while the last subscriber is still being greeted.
            subscribers.receive(load.subscribers as u64)?;
            let (mark, had) = (Mark::now(&process), subscribers.got);
            subscribers.receive(all)?;
            let bytes = subscribers.bytes;
            finish(&mut subscribers, all)?;
            let (cpu, waited) = mark.costs(&process, all - had);
            let received = subscribers.received();
            let sent = sent(&received.messages, subscribers.playback.as_deref())?;
            let mut figures = latencies(&received, &sent);
            figures.extend([(Figure::Cpu, cpu), (Figure::FrameBytes, bytes as f64 / all as f64), waited]);
            Ok(figures)
        }
        _ => {
            let began = Instant::now();
            subscribers.receive(all)?;
            let took = began.elapsed();
            let bytes = subscribers.bytes;
            finish(&mut subscribers, all)?;
            let (cpu, waited) = mark.costs(&process, all);
            Ok(vec![
                (Figure::Cpu, cpu),
                (Figure::Rate, all as f64 / took.as_secs_f64()),
                (Figure::FrameBytes, bytes as f64 / all as f64),
                waited,
            ])
        }
    }
}

/// Waits until the server is idle again, so that all its time is accounted for, and nothing more may come.
fn finish(subscribers: &mut Subscribers, all: u64) -> Result<(), String> {
    subscribers.settle(QUIET)?;
    if subscribers.got != all {
        return Err(format!("{} events came, and {all} were to come", subscribers.got));
    }
    Ok(())
}

/// A moment in a run: what both sides have had until then.
struct Mark {
    moment: Instant,
    server: Threads,
    subscribers: Times,
    /// What the kernel's threads for the network have had, on the server's processor and on the subscribers'.
    network: [Times; 2],
}

impl Mark {
    fn now(process: &Process) -> Self {
        Self {
            moment: Instant::now(),
            server: process.times(),
            subscribers: Times::own(),
            network: [SERVER_CPU, SUBSCRIBERS_CPU].map(Times::of_network),
        }
    }

    /// What so many deliveries (or handshakes) since then cost the server each, in nanoseconds, and for what share of the
    /// time the side that had to wait longer waited for its processor.
    fn costs(&self, process: &Process, deliveries: u64) -> (f64, (Figure, f64)) {
        let network = |which: usize, cpu| Times::of_network(cpu) - self.network[which];
        let server = since(&process.times(), &self.server).with_network(network(0, SERVER_CPU));
        let subscribers = (Times::own() - self.subscribers).with_network(network(1, SUBSCRIBERS_CPU));
        let waited = server.waited.max(subscribers.waited) as f64;
        (server.cpu as f64 / deliveries as f64, (Figure::Waited, waited / self.moment.elapsed().as_nanos() as f64))
    }
}

/// When each message was sent, by the monotonic clock in nanoseconds: a peer says so in the message; Touchline's is the
/// time at which it was due by the anchor of playback.
fn sent(messages: &[Message], playback: Option<&[u8]>) -> Result<Vec<u64>, String> {
    let anchor = playback.map(Anchor::read).transpose()?;
    let sent = messages.iter().map(|message| {
        let frame: Value = serde_json::from_slice(&message.payload).ok()?;
        frame["sent"].as_u64().or_else(|| anchor.as_ref()?.due(frame["at"].as_f64()?))
    });
    sent.collect::<Option<_>>().ok_or_else(|| "a message does not say when it was sent or due".into())
}

/// Where playback was at a moment, and how fast it goes.
struct Anchor {
    /// Milliseconds of media time.
    at: f64,
    /// The monotonic clock then, in nanoseconds.
    moment: u64,
    speed: f64,
}

impl Anchor {
    fn read(frame: &[u8]) -> Result<Self, String> {
        let frame: Value = serde_json::from_slice(frame).map_err(|error| format!("a playback frame: {error}"))?;
        let read = || {
            let wall: Timestamp = frame["wall"].as_str()?.parse().ok()?;
            // Both clocks are read now; what lies between is the same for then.
            let ago = Timestamp::now().as_nanosecond() - wall.as_nanosecond();
            let moment = monotonic_nanos().checked_sub(u64::try_from(ago).ok()?)?;
            Some(Self { at: frame["at"].as_f64()?, moment, speed: frame["speed"].as_f64()? })
        };
        read().ok_or_else(|| format!("a playback frame without an anchor: {frame}"))
    }

    fn due(&self, at: f64) -> Option<u64> {
        let after = (at - self.at) * 1e6 / self.speed;
        (after >= 0.0).then(|| self.moment + after as u64)
    }
}

/// Percentiles over all deliveries, and over the last of each message, in nanoseconds. Without the first message.
fn latencies(received: &Received, sent: &[u64]) -> Vec<(Figure, f64)> {
    let late = |place: usize, at: u64| at.saturating_sub(sent[place]);
    let deliveries = received.deliveries.iter().filter(|(place, _)| *place > 0);
    let mut each: Vec<_> = deliveries.map(|(place, at)| late(*place as usize, *at)).collect();
    let messages = received.messages.iter().enumerate().skip(1);
    let mut last: Vec<_> = messages.map(|(place, message)| late(place, message.last)).collect();
    each.sort_unstable();
    last.sort_unstable();
    vec![
        (Figure::P50, percentile(&each, 0.5)),
        (Figure::P99, percentile(&each, 0.99)),
        (Figure::LastP50, percentile(&last, 0.5)),
        (Figure::LastP99, percentile(&last, 0.99)),
    ]
}

/// The smallest that a share of them does not exceed. They are sorted.
fn percentile(sorted: &[u64], share: f64) -> f64 {
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(place.saturating_sub(1)).map_or(f64::NAN, |value| *value as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let sorted: Vec<_> = (1..=200).collect();
        assert_eq!(percentile(&sorted, 0.5), 100.0);
        assert_eq!(percentile(&sorted, 0.99), 198.0);
        assert_eq!(percentile(&[7], 0.99), 7.0);
    }

    #[test]
    fn touchlines_events_are_due_by_its_anchor_and_peers_say_when_they_sent() {
        let wall = Timestamp::now() - Duration::from_millis(500);
        let playback = format!(r#"{{"kind":"playback","at":1000,"wall":"{wall:.6}","speed":2}}"#);
        let message = |payload: &str| Message { payload: payload.into(), last: 0 };
        let messages = [message(r#"{"n":1,"at":1000}"#), message(r#"{"n":2,"at":1200}"#)];
        let now = monotonic_nanos();
        let due = sent(&messages, Some(playback.as_bytes())).expect("an anchor");
        assert_eq!(due[1] - due[0], 100_000_000, "200 ms at double speed");
        assert!((now - due[0]).abs_diff(500_000_000) < 20_000_000, "{} ns ago", now - due[0]);
        assert_eq!(sent(&[message(r#"{"n":1,"sent":17}"#)], None), Ok(vec![17]));
        assert!(sent(&messages, None).is_err(), "no anchor");
    }

    #[test]
    fn the_last_subscriber_makes_a_message_late() {
        let message = |last| Message { payload: Vec::new(), last };
        let received = Received {
            messages: vec![message(900), message(130)],
            deliveries: vec![(0, 900), (1, 110), (1, 120), (1, 130)],
        };
        let figures = latencies(&received, &[0, 100]);
        let wanted = [(Figure::P50, 20.0), (Figure::P99, 30.0), (Figure::LastP50, 30.0), (Figure::LastP99, 30.0)];
        assert_eq!(figures, wanted, "the first message does not count");
    }
}
