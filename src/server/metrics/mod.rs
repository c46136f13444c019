//! What the server counts.
//!
//! Drivers count with relaxed atomics as they write; everything else is looked up when the metrics are scraped. No
//! label has a value that a client can choose.

mod exposition;
mod lag;
mod subscriber;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use parking_lot::Mutex;

use http::StatusCode;

pub use self::exposition::ConnectionUsage;
use self::exposition::encode_metrics;
pub(super) use self::exposition::{OPENMETRICS, PROMETHEUS, prometheus};
use self::lag::LargestLag;
pub(super) use self::subscriber::SubscriberGauge;
use super::log_throttle::LogThrottle;
use crate::hub::runtime_now;
use crate::hub::{Framing, Hub, Replay, SentTotals};

/// The counters of one transport.
#[derive(Debug, Default)]
struct TransportCounters {
    subscribers: AtomicU64,
    frames: AtomicU64,
    bytes: AtomicU64,
}

/// What the server counts.
#[derive(Debug)]
pub struct Metrics {
    started: SystemTime,
    transports: [TransportCounters; 3],
    behind: AtomicU64,
    lag: LargestLag,
    stalled: AtomicU64,
    resyncs: AtomicU64,
    steps_timed_out: AtomicU64,
    /// By code. Locked only to count one or to read all, like the next.
    refusals: Mutex<BTreeMap<&'static str, u64>>,
    /// By route and the first digit of the status.
    requests: Mutex<BTreeMap<(Cow<'static, str>, u16), u64>>,
    /// Throttles log lines that clients can cause at will.
    pub(super) log_throttle: LogThrottle,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            started: SystemTime::now(),
            transports: Default::default(),
            behind: AtomicU64::new(0),
            lag: LargestLag::new(runtime_now()),
            stalled: AtomicU64::new(0),
            resyncs: AtomicU64::new(0),
            steps_timed_out: AtomicU64::new(0),
            refusals: Mutex::default(),
            requests: Mutex::default(),
            log_throttle: LogThrottle::default(),
        }
    }
}

impl Metrics {
    /// All metrics as OpenMetrics text: `docs/operations.md` lists them.
    pub fn page(&self, hub: &Hub, connections: Option<ConnectionUsage>) -> String {
        encode_metrics(self, hub, connections)
    }

    fn transport_counters(&self, framing: Framing) -> &TransportCounters {
        &self.transports[framing as usize]
    }

    /// Counts what was written to each of so many subscribers of a replay.
    pub(super) fn record_written(&self, replay: &Replay, framing: Framing, written: SentTotals, subscribers: u64) {
        let SentTotals { frames, bytes, resyncs } = written;
        if bytes > 0 {
            let transport = self.transport_counters(framing);
            transport.frames.fetch_add(frames * subscribers, Ordering::Relaxed);
            transport.bytes.fetch_add(bytes * subscribers, Ordering::Relaxed);
        }
        if resyncs > 0 && subscribers > 0 {
            self.resyncs.fetch_add(resyncs * subscribers, Ordering::Relaxed);
            if let Some(suppressed) = self.log_throttle.allow("resync", runtime_now()) {
                let name = replay.name();
                tracing::warn!(
                    replay = name,
                    subscribers,
                    suppressed,
                    "subscribers lagged by more than a lap and were moved to the present"
                );
            }
        }
    }

    /// Counts a subscriber that is closed because it takes nothing.
    pub(super) fn record_stalled(&self, replay: &Replay) {
        self.stalled.fetch_add(1, Ordering::Relaxed);
        if let Some(suppressed) = self.log_throttle.allow("stalled", runtime_now()) {
            tracing::info!(replay = replay.name(), suppressed, "closed a subscriber that read nothing for too long");
        }
    }

    /// Counts a refusal, by an [`ErrorCode`](crate::ErrorCode) or a word for a refusal that cannot be sent.
    pub(super) fn record_refused(&self, code: &'static str) {
        *self.refusals.lock().entry(code).or_default() += 1;
    }

    /// Counts a request by its route: a pattern, never the path itself.
    pub(super) fn record_response(&self, route: Cow<'static, str>, status: StatusCode) {
        *self.requests.lock().entry((route, status.as_u16() / 100)).or_default() += 1;
    }

    /// Counts a step that timed out.
    pub(super) fn record_step_timeout(&self) {
        self.steps_timed_out.fetch_add(1, Ordering::Relaxed);
    }
}
