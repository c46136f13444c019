//! The result of a measurement, and the figures derived from it.

use std::time::Duration;

use super::cause_counts::CauseCounts;
use super::digest::LargestIdenticalGroup;
use super::latency_recorder::LatencyRecorder;
use super::measurement::OrderCheckMethod;
use super::tally::{Faults, ReceiptTally};

/// Why a measurement ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// The caller's `stop` future completed.
    Asked,
    /// No subscriber was connected any more.
    AllGone,
}

/// What the measurement was to check but could not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unjudged {
    /// Anything: no frame was received.
    Everything,
    /// Order and completeness: no frame had a number in the named field.
    Sequence,
    /// Latency: no frame had a timestamp in the named field.
    SentAt,
}

/// The result of a measurement.
#[derive(Debug, Clone)]
pub struct Report {
    /// The planned number of subscribers.
    pub subscribers: usize,
    /// The number of subscribers that connected.
    pub connected: usize,
    /// The time that connecting took.
    pub connecting: Duration,
    /// Why the others failed to connect.
    pub failures: CauseCounts,
    /// Whether streams were to be followed to their ends.
    pub until_closed: bool,
    /// The largest group of equal complete streams; `None` unless streams were followed to their ends or each
    /// subscriber had its own replay.
    pub complete: Option<LargestIdenticalGroup>,
    /// Whether each subscriber received the same frame at a time of its own, as from its own replay.
    pub own_clocks: bool,
    /// The time measured: from when all were connected, or from the first connection if streams were followed to their
    /// ends.
    pub measured: Duration,
    /// Why that is shorter than planned.
    pub stopped: Option<Stopped>,
    /// How order and completeness were checked; `None` if no frame was received.
    pub order: Option<OrderCheckMethod>,
    /// Whether completeness was checked: not if a filter leaves gaps in the numbers.
    pub checks_completeness: bool,
    /// Frames that subscribers received wrongly or not at all.
    pub faults: Faults,
    /// What they received, over all subscribers.
    pub tally: ReceiptTally,
    /// When they received it.
    pub latencies: LatencyRecorder,
    /// Whether order was checked by numbers in a named field.
    pub by_sequence: bool,
    /// Whether latency counts from the time in a named field.
    pub by_sent_at: bool,
    /// The CPU time of the server's process in the time measured.
    pub cpu: Option<Duration>,
    /// The CPU time of this process in the time measured.
    pub own_cpu: Duration,
}

impl Report {
    /// What was to be checked but could not be. A server that is quiet during the time measured is fine; one that sends
    /// nothing at all is not, unless the caller stopped the measurement early and had named no field.
    pub fn unchecked_part(&self) -> Option<Unjudged> {
        let named_field = self.by_sequence || self.by_sent_at;
        match self.order {
            None if named_field || self.stopped != Some(Stopped::Asked) => Some(Unjudged::Everything),
            _ if self.by_sequence && self.tally.checked == 0 => Some(Unjudged::Sequence),
            _ if self.by_sent_at && self.tally.timestamped == 0 => Some(Unjudged::SentAt),
            _ => None,
        }
    }

    /// Whether all subscribers connected, stayed connected and received everything in order, as far as that is checked.
    pub fn is_flawless(&self) -> bool {
        if self.unchecked_part().is_some() {
            return false;
        }
        let Faults { lost, out_of_order, extra, behind_at_end, .. } = self.faults;
        lost + out_of_order + extra + behind_at_end + self.tally.resyncs == 0
            && self.failures.total() == 0
            && self.tally.drops.total() == 0
            && self.differing_stream_count() + self.open_stream_count() == 0
    }

    /// The number of finished streams that differ from the largest group of equal ones.
    pub fn differing_stream_count(&self) -> usize {
        self.complete.map_or(0, |complete| self.tally.finished.saturating_sub(complete.subscribers))
    }

    /// The number of streams that were to be followed to their ends and had not ended.
    pub fn open_stream_count(&self) -> usize {
        let ended = self.tally.finished + self.tally.drops.total();
        if self.until_closed { self.connected.saturating_sub(ended) } else { 0 }
    }

    /// Messages per second, over all subscribers.
    pub fn frames_per_second(&self) -> f64 {
        ratio_or_zero(self.tally.frames as f64, self.measured.as_secs_f64())
    }

    /// Connections per second while connecting.
    pub fn handshakes_per_second(&self) -> f64 {
        ratio_or_zero(self.connected as f64, self.connecting.as_secs_f64())
    }

    /// The CPU usage of the server, in cores.
    pub fn cores_used(&self) -> Option<f64> {
        self.cpu.map(|cpu| ratio_or_zero(cpu.as_secs_f64(), self.measured.as_secs_f64()))
    }

    /// The CPU time of the server per message, in microseconds; `None` without messages or if unknown.
    pub fn cpu_micros_per_frame(&self) -> Option<f64> {
        self.cpu.filter(|_| self.tally.frames > 0).map(|cpu| cpu.as_secs_f64() * 1e6 / self.tally.frames as f64)
    }

    /// The CPU usage of this process, in cores.
    pub fn own_cores_used(&self) -> f64 {
        ratio_or_zero(self.own_cpu.as_secs_f64(), self.measured.as_secs_f64())
    }
}

/// The quotient, or 0 if the divisor is not positive.
fn ratio_or_zero(what: f64, of: f64) -> f64 {
    if of > 0.0 { what / of } else { 0.0 }
}
