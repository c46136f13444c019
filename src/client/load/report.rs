//! The result of a measurement, and the figures derived from it.

use std::time::Duration;

use super::cause_counts::CauseCounts;
use super::digest::LargestIdenticalGroup;
use super::measurement::{Measurement, OrderCheckMethod};
use crate::latency::Latency;

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
    /// Why connections were lost during the measurement.
    pub drops: CauseCounts,
    /// The number of streams that the server closed after sending everything.
    pub finished: usize,
    /// Whether streams were to be followed to their ends.
    pub until_closed: bool,
    /// The largest group of equal complete streams; `None` unless streams were followed to their ends or each
    /// subscriber had its own replay.
    pub complete: Option<LargestIdenticalGroup>,
    /// Whether each subscriber received the same frame at a time of its own, as from its own replay. `last` is then
    /// empty.
    pub own_clocks: bool,
    /// The time measured: from when all were connected, or from the first connection if streams were followed to their
    /// ends.
    pub measured: Duration,
    /// Why that is shorter than planned.
    pub stopped: Option<Stopped>,
    /// The number of messages received in that time, over all subscribers.
    pub frames: u64,
    /// The bytes of their payloads.
    pub bytes: u64,
    /// How order and completeness were checked; `None` if no frame was received.
    pub order: Option<OrderCheckMethod>,
    /// Whether completeness was checked: not if a filter leaves gaps in the numbers.
    pub checks_completeness: bool,
    /// The number of receipts checked for order.
    pub checked: u64,
    /// Frames that a subscriber should have received and did not, over all subscribers.
    pub lost: u64,
    /// Frames received after later ones.
    pub out_of_order: u64,
    /// Frames received twice, or not by most other subscribers.
    pub extra: u64,
    /// The part of `extra` received twice.
    pub duplicates: u64,
    /// Subscribers that had not received everything by the end.
    pub behind_at_end: u64,
    /// How often the server moved a lagging subscriber to the head, by its own statement.
    pub resyncs: u64,
    /// The latency of every receipt, from when the frame was due or sent, or from its first receipt.
    pub latency: Latency,
    /// The latency to the last subscriber of each frame.
    pub last: Latency,
    /// Whether order was checked by numbers in a named field.
    pub by_sequence: bool,
    /// Whether latency counts from the time in a named field.
    pub by_sent_at: bool,
    /// Frames with a timestamp in that field, also before the time measured.
    pub timestamped: u64,
    /// Frames received more than a millisecond before they were due or sent: the clocks differ.
    pub received_early: u64,
    /// The CPU time of the server's process in the time measured.
    pub cpu: Option<Duration>,
    /// The CPU time of this process in the time measured.
    pub own_cpu: Duration,
}

impl Report {
    pub(super) fn new(measurement: &Measurement, subscribers: usize, failures: CauseCounts) -> Self {
        Self {
            subscribers,
            connected: 0,
            connecting: Duration::ZERO,
            failures,
            drops: measurement.drops.clone(),
            finished: measurement.finished,
            until_closed: false,
            complete: measurement.complete_streams(),
            own_clocks: measurement.has_own_clocks(),
            measured: Duration::ZERO,
            stopped: None,
            frames: measurement.frames,
            bytes: measurement.bytes,
            order: measurement.order_check(),
            checks_completeness: measurement.checks_completeness(),
            checked: measurement.checked,
            lost: measurement.faults.lost,
            out_of_order: measurement.faults.out_of_order,
            extra: measurement.faults.extra,
            duplicates: measurement.faults.duplicates,
            behind_at_end: measurement.faults.behind_at_end,
            resyncs: measurement.resyncs,
            latency: measurement.latencies.all.clone(),
            last: measurement.latencies.last.clone(),
            by_sequence: measurement.is_by_sequence(),
            by_sent_at: measurement.is_by_sent_at(),
            timestamped: measurement.timestamped,
            received_early: measurement.latencies.received_early,
            cpu: None,
            own_cpu: Duration::ZERO,
        }
    }

    /// What was to be checked but could not be. A server that is quiet during the time measured is fine; one that sends
    /// nothing at all is not, unless the caller stopped the measurement early and had named no field.
    pub fn unchecked_part(&self) -> Option<Unjudged> {
        let named_field = self.by_sequence || self.by_sent_at;
        match self.order {
            None if named_field || self.stopped != Some(Stopped::Asked) => Some(Unjudged::Everything),
            _ if self.by_sequence && self.checked == 0 => Some(Unjudged::Sequence),
            _ if self.by_sent_at && self.timestamped == 0 => Some(Unjudged::SentAt),
            _ => None,
        }
    }

    /// Whether all subscribers connected, stayed connected and received everything in order, as far as that is checked.
    pub fn is_flawless(&self) -> bool {
        if self.unchecked_part().is_some() {
            return false;
        }
        let faults = self.lost + self.out_of_order + self.extra + self.behind_at_end + self.resyncs;
        faults == 0
            && self.failures.total() == 0
            && self.drops.total() == 0
            && self.differing_stream_count() + self.open_stream_count() == 0
    }

    /// The number of finished streams that differ from the largest group of equal ones.
    pub fn differing_stream_count(&self) -> usize {
        self.complete.map_or(0, |complete| self.finished.saturating_sub(complete.subscribers))
    }

    /// The number of streams that were to be followed to their ends and had not ended.
    pub fn open_stream_count(&self) -> usize {
        let ended = self.finished + self.drops.total();
        if self.until_closed { self.connected.saturating_sub(ended) } else { 0 }
    }

    /// Messages per second, over all subscribers.
    pub fn frames_per_second(&self) -> f64 {
        ratio_or_zero(self.frames as f64, self.measured.as_secs_f64())
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
        self.cpu.filter(|_| self.frames > 0).map(|cpu| cpu.as_secs_f64() * 1e6 / self.frames as f64)
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
