//! One run: a fresh server under one load.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use touchline_peers::message::monotonic_nanos;

use crate::load::{Load, Pace};
use crate::process::{CpuTimes, SERVER_CPU, SUBSCRIBERS_CPU, Server as Process, ThreadTimes, since};
use crate::results::Metric;
use crate::servers::{Paths, Server};
use crate::subscribers::{Message, Received, Subscribers};

/// A server counts as idle after this time without a byte.
const IDLE_AFTER: Duration = Duration::from_millis(100);
/// The same before memory is read: the memory of the handshakes is freed by then.
const MEMORY_IDLE_AFTER: Duration = Duration::from_millis(500);

/// Runs a server under a load and returns the metrics.
///
/// # Errors
/// If a frame is lost, out of order or extra, or the server disconnects or falls silent.
pub fn run(server: &Server, load: &Load, length: Duration, paths: &Paths) -> Result<Vec<(Metric, f64)>, String> {
    let messages = server.messages(load, length);
    let expected = match load.pace {
        Pace::Steady(_) => Some((messages as usize, messages as usize * load.subscribers)),
        Pace::Burst | Pace::Idle => None,
    };
    // Dropped after the process: the server must not see subscribers disconnect while it is measured.
    let mut subscribers = Subscribers::new(server.stride(), expected)?;
    let process = Process::start(&mut server.command(load, messages, paths)?)?;
    let path = server.path();

    if load.pace == Pace::Idle {
        let (memory, mark) = (process.memory(), CostMark::now(&process));
        subscribers.connect(load.subscribers, process.address, path)?;
        subscribers.wait_until_idle(MEMORY_IDLE_AFTER)?;
        let (cpu, preempted) = mark.costs(&process, load.subscribers as u64);
        return Ok(vec![
            (Metric::Memory, process.memory().saturating_sub(memory) as f64 / load.subscribers as f64),
            (Metric::AcceptCpu, cpu),
            (Metric::Ready, process.ready.as_nanos() as f64),
            preempted,
        ]);
    }

    // The last subscriber starts the messages.
    subscribers.connect(load.subscribers - 1, process.address, path)?;
    subscribers.wait_until_idle(IDLE_AFTER)?;
    let mark = CostMark::now(&process);
    subscribers.connect(1, process.address, path)?;
    let all = messages * load.subscribers as u64;
    match load.pace {
        Pace::Steady(_) => {
            // From the first message on, which arrives while the last handshake completes.
            subscribers.receive(load.subscribers as u64)?;
            let (mark, had) = (CostMark::now(&process), subscribers.received_events);
            subscribers.receive(all)?;
            let bytes = subscribers.bytes;
            finish(&mut subscribers, all)?;
            let (cpu, preempted) = mark.costs(&process, all - had);
            let received = subscribers.received();
            let sent = sent(&received.messages, subscribers.playback.as_deref())?;
            let mut metrics = latencies(&received, &sent);
            metrics.extend([(Metric::Cpu, cpu), (Metric::FrameBytes, bytes as f64 / all as f64), preempted]);
            Ok(metrics)
        }
        _ => {
            let began = Instant::now();
            subscribers.receive(all)?;
            let took = began.elapsed();
            let bytes = subscribers.bytes;
            finish(&mut subscribers, all)?;
            let (cpu, preempted) = mark.costs(&process, all);
            Ok(vec![
                (Metric::Cpu, cpu),
                (Metric::Rate, all as f64 / took.as_secs_f64()),
                (Metric::FrameBytes, bytes as f64 / all as f64),
                preempted,
            ])
        }
    }
}

/// Waits until the server is idle again, so that all its CPU time is counted, and checks that no extra events arrive.
fn finish(subscribers: &mut Subscribers, all: u64) -> Result<(), String> {
    subscribers.wait_until_idle(IDLE_AFTER)?;
    if subscribers.received_events != all {
        return Err(format!("received {} events instead of {all}", subscribers.received_events));
    }
    Ok(())
}

/// The CPU times of both sides at an instant.
struct CostMark {
    moment: Instant,
    server: ThreadTimes,
    subscribers: CpuTimes,
    /// The kernel's network threads on the CPUs of the server and of the subscribers.
    network: [CpuTimes; 2],
}

impl CostMark {
    fn now(process: &Process) -> Self {
        Self {
            moment: Instant::now(),
            server: process.times(),
            subscribers: CpuTimes::own(),
            network: [SERVER_CPU, SUBSCRIBERS_CPU].map(CpuTimes::of_network),
        }
    }

    /// The server's CPU time per delivery (or handshake) since the mark, in nanoseconds, and the share of time that the
    /// side preempted for longer was preempted.
    fn costs(&self, process: &Process, deliveries: u64) -> (f64, (Metric, f64)) {
        let network = |which: usize, cpu| CpuTimes::of_network(cpu) - self.network[which];
        let server = since(&process.times(), &self.server).with_network(network(0, SERVER_CPU));
        let subscribers = (CpuTimes::own() - self.subscribers).with_network(network(1, SUBSCRIBERS_CPU));
        let preempted = server.preempted.max(subscribers.preempted) as f64;
        (
            server.cpu as f64 / deliveries as f64,
            (Metric::Preempted, preempted / self.moment.elapsed().as_nanos() as f64),
        )
    }
}

/// The time at which each message was sent, by the monotonic clock in nanoseconds. A peer states it in the message; for
/// Touchline it is the due time by the anchor of playback.
fn sent(messages: &[Message], playback: Option<&[u8]>) -> Result<Vec<u64>, String> {
    let anchor = playback.map(Anchor::read).transpose()?;
    let sent = messages.iter().map(|message| {
        let frame: Value = serde_json::from_slice(&message.payload).ok()?;
        frame["sent"].as_u64().or_else(|| anchor.as_ref()?.due(frame["at"].as_f64()?))
    });
    sent.collect::<Option<_>>().ok_or_else(|| "a message does not say when it was sent or due".into())
}

/// A pair of media time and monotonic time, with the speed.
struct Anchor {
    /// The media time, in milliseconds.
    at: f64,
    /// The monotonic clock at that instant, in nanoseconds.
    moment: u64,
    speed: f64,
}

impl Anchor {
    fn read(frame: &[u8]) -> Result<Self, String> {
        let frame: Value = serde_json::from_slice(frame).map_err(|error| format!("a playback frame: {error}"))?;
        let read = || {
            let wall: Timestamp = frame["wall"].as_str()?.parse().ok()?;
            // Reads both clocks now: their difference is the same as it was then.
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

/// Percentiles over all deliveries, and over the last delivery of each message, in nanoseconds, without the first
/// message.
fn latencies(received: &Received, sent: &[u64]) -> Vec<(Metric, f64)> {
    let late = |place: usize, at: u64| at.saturating_sub(sent[place]);
    let deliveries = received.deliveries.iter().filter(|(place, _)| *place > 0);
    let mut each: Vec<_> = deliveries.map(|(place, at)| late(*place as usize, *at)).collect();
    let messages = received.messages.iter().enumerate().skip(1);
    let mut last: Vec<_> = messages.map(|(place, message)| late(place, message.last)).collect();
    each.sort_unstable();
    last.sort_unstable();
    vec![
        (Metric::P50, percentile(&each, 0.5)),
        (Metric::P99, percentile(&each, 0.99)),
        (Metric::LastP50, percentile(&last, 0.5)),
        (Metric::LastP99, percentile(&last, 0.99)),
    ]
}

/// The smallest value that at least this share of the sorted values does not exceed.
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
        let metrics = latencies(&received, &[0, 100]);
        let wanted = [(Metric::P50, 20.0), (Metric::P99, 30.0), (Metric::LastP50, 30.0), (Metric::LastP99, 30.0)];
        assert_eq!(metrics, wanted, "the first message does not count");
    }
}
