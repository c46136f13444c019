//! What is counted while a server runs, for whoever watches over it.
//!
//! Drivers count where something changes or has been written, with atomics that nobody waits for; all else is looked up when
//! somebody asks. No label takes a value that a visitor can choose.

mod account;
mod lag;
mod page;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use http::StatusCode;

pub(super) use self::account::Account;
use self::lag::LargestLag;
pub use self::page::Connections;
use self::page::page;
pub(super) use self::page::{OPENMETRICS, PROMETHEUS, prometheus};
use super::repeated::Repeated;
use crate::hub::{Framing, Hub, Replay, SentTotals};

/// What one way of reading streams has taken.
#[derive(Debug, Default)]
struct Transport {
    subscribers: AtomicU64,
    frames: AtomicU64,
    bytes: AtomicU64,
}

/// What is counted while a server runs.
#[derive(Debug)]
pub struct Meters {
    started: SystemTime,
    transports: [Transport; 3],
    behind: AtomicU64,
    lag: LargestLag,
    stalled: AtomicU64,
    resyncs: AtomicU64,
    steps_timed_out: AtomicU64,
    /// By code. Held while one is counted or all are read, like the next.
    refusals: Mutex<BTreeMap<&'static str, u64>>,
    /// By route and the first digit of the status.
    requests: Mutex<BTreeMap<(Cow<'static, str>, u16), u64>>,
    /// Lines of the log that may repeat.
    pub(super) repeated: Repeated,
}

impl Default for Meters {
    fn default() -> Self {
        Self {
            started: SystemTime::now(),
            transports: Default::default(),
            behind: AtomicU64::new(0),
            lag: LargestLag::new(now()),
            stalled: AtomicU64::new(0),
            resyncs: AtomicU64::new(0),
            steps_timed_out: AtomicU64::new(0),
            refusals: Mutex::default(),
            requests: Mutex::default(),
            repeated: Repeated::default(),
        }
    }
}

impl Meters {
    /// All that is known, as OpenMetrics has it written: `docs/operations.md` lists it.
    pub fn page(&self, hub: &Hub, connections: Option<Connections>) -> String {
        page(self, hub, connections)
    }

    fn of(&self, framing: Framing) -> &Transport {
        &self.transports[framing as usize]
    }

    /// Counts what was written to each of so many subscribers of a replay.
    pub(super) fn wrote(&self, replay: &Replay, framing: Framing, written: SentTotals, subscribers: u64) {
        let SentTotals { frames, bytes, resyncs } = written;
        if bytes > 0 {
            let transport = self.of(framing);
            transport.frames.fetch_add(frames * subscribers, Ordering::Relaxed);
            transport.bytes.fetch_add(bytes * subscribers, Ordering::Relaxed);
        }
        if resyncs > 0 && subscribers > 0 {
            self.resyncs.fetch_add(resyncs * subscribers, Ordering::Relaxed);
            if let Some(untold) = self.repeated.tell("resync", now()) {
                let name = replay.name();
                tracing::warn!(
                    replay = name,
                    subscribers,
                    untold,
                    "more than a lap behind, and cut over to the present"
                );
            }
        }
    }

    /// Counts a reader that made no progress and is closed.
    pub(super) fn stalled(&self, replay: &Replay) {
        self.stalled.fetch_add(1, Ordering::Relaxed);
        if let Some(untold) = self.repeated.tell("stalled", now()) {
            tracing::info!(replay = replay.name(), untold, "a reader made no progress and was closed");
        }
    }

    /// Counts a refusal. Codes stand in the code: they are not a visitor's to choose.
    pub(super) fn refused(&self, code: &'static str) {
        *lock(&self.refusals).entry(code).or_default() += 1;
    }

    /// Counts a request that was answered, by the route that was taken: a pattern, never the path itself.
    pub(super) fn answered(&self, route: Cow<'static, str>, status: StatusCode) {
        *lock(&self.requests).entry((route, status.as_u16() / 100)).or_default() += 1;
    }

    /// Counts a step that was not through in time.
    pub(super) fn step_timed_out(&self) {
        self.steps_timed_out.fetch_add(1, Ordering::Relaxed);
    }
}

fn lock<T>(counts: &Mutex<T>) -> MutexGuard<'_, T> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
