//! Recoveries: how long after a fault an app shows the truth again.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::MAX_LISTED;
use super::wrong_period::as_millis;

/// The time from a fault, or from a disconnect that the client has not asked for, until the client is connected and shows the truth
/// of every match that it has shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recovery {
    /// What happened: `cut`, `disconnected by the server`.
    pub what: String,
    /// When it happened.
    #[serde(skip)]
    pub from: Instant,
    /// When it happened, since the beginning of the judgement.
    #[serde(rename = "at_ms", serialize_with = "as_millis")]
    pub at: Duration,
    /// How long it took, or has taken so far.
    #[serde(rename = "for_ms", serialize_with = "as_millis")]
    pub lasted: Duration,
    /// Whether the client has recovered.
    pub recovered: bool,
}

impl Recovery {
    fn new(what: &str, begin: Instant, now: Instant) -> Self {
        let at = now.saturating_duration_since(begin);
        Self { what: what.to_owned(), from: now, at, lasted: Duration::ZERO, recovered: false }
    }

    fn end(&mut self, recovered: bool, now: Instant) {
        (self.lasted, self.recovered) = (now.saturating_duration_since(self.from), recovered);
    }
}

/// The recoveries of a client, bounded: the first are kept, all are counted. Those that are pending all end at the same moment.
#[derive(Debug, Clone, Default)]
pub struct Recoveries {
    kept: Vec<Recovery>,
    count: u64,
    /// The longest one that has ended.
    longest: Option<Recovery>,
    /// The earliest that is pending.
    pending: Option<Recovery>,
    /// The last fault of the present connection, and its place in `kept`.
    fault_on_connection: Option<(Recovery, usize)>,
}

impl Recoveries {
    /// A fault hits the connection.
    pub fn begin_fault(&mut self, what: &str, begin: Instant, now: Instant) {
        self.fault_on_connection = Some((Recovery::new(what, begin, now), self.kept.len()));
        self.begin(what, begin, now);
    }

    /// The client has lost its connection and has not asked for that. This belongs to a recovery that is pending, or to the last
    /// fault of this connection, which then is not over after all.
    pub fn begin_disconnect(&mut self, what: &str, begin: Instant, now: Instant) {
        let fault = self.fault_on_connection.take();
        if self.pending.is_some() {
            return;
        }
        let Some((fault, place)) = fault else { return self.begin(what, begin, now) };
        if let Some(kept) = self.kept.get_mut(place) {
            *kept = fault.clone();
        }
        self.pending = Some(fault);
    }

    fn begin(&mut self, what: &str, begin: Instant, now: Instant) {
        let recovery = Recovery::new(what, begin, now);
        self.count += 1;
        if self.kept.len() < MAX_LISTED {
            self.kept.push(recovery.clone());
        }
        self.pending.get_or_insert(recovery);
    }

    /// A new connection. Faults of the last one are not the cause of how this one ends.
    pub fn note_connected(&mut self) {
        self.fault_on_connection = None;
    }

    /// Whether one is pending.
    pub fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// The client has recovered from all that are pending.
    pub fn recover(&mut self, now: Instant) {
        let Some(mut earliest) = self.pending.take() else { return };
        self.kept.iter_mut().filter(|kept| !kept.recovered).for_each(|kept| kept.end(true, now));
        earliest.end(true, now);
        if self.longest.as_ref().is_none_or(|longest| longest.lasted < earliest.lasted) {
            self.longest = Some(earliest);
        }
    }

    /// The judgement ends: those that are pending have lasted until now.
    pub fn finish(&mut self, now: Instant) {
        let pending = self.kept.iter_mut().chain(&mut self.pending).filter(|recovery| !recovery.recovered);
        pending.for_each(|recovery| recovery.end(false, now));
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The longest one that has ended.
    pub fn longest(&self) -> Option<&Recovery> {
        self.longest.as_ref()
    }

    /// The earliest that is pending.
    pub fn pending(&self) -> Option<&Recovery> {
        self.pending.as_ref()
    }

    /// Those that are kept, in order.
    pub fn list(&self) -> &[Recovery] {
        &self.kept
    }
}
