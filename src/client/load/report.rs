//! What a measurement has found.

use std::time::Duration;

use super::causes::Causes;
use super::tally::{Complete, Order, Tally};
use crate::latency::Latency;

/// Why a measurement ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Somebody asked it to.
    Asked,
    /// No subscriber was connected any more.
    AllGone,
}

/// What could not be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unjudged {
    /// No frame came to any subscriber.
    Everything,
    /// Order and completeness: no frame had a number under the field that was named.
    Sequence,
    /// Latency: no frame had a timestamp in the field that was named.
    SentAt,
}

/// What a measurement has found.
#[derive(Debug, Clone)]
pub struct Report {
    /// How many subscribers there were to be.
    pub subscribers: usize,
    /// How many connected.
    pub connected: usize,
    /// How long that took.
    pub connecting: Duration,
    /// Why the others did not.
    pub failures: Causes,
    /// Why connections ended before the measurement did.
    pub drops: Causes,
    /// How many were closed because all had been told.
    pub finished: usize,
    /// Whether all were to be followed to their ends.
    pub until_closed: bool,
    /// How many of those closed had received the same; where all were followed to their ends, or each was told a replay of
    /// its own.
    pub complete: Option<Complete>,
    /// Whether the same frame came to each at a time of its own, as from a replay of its own: there is no last to have it.
    pub apart: bool,
    /// How long it was measured: from when all were connected, or from the first where all were followed to their ends.
    pub measured: Duration,
    /// Why that is less than was planned.
    pub stopped: Option<Stopped>,
    /// Messages received by all subscribers in that time.
    pub frames: u64,
    /// Their payload's bytes.
    pub bytes: u64,
    /// By what order and completeness were judged; `None` if nothing came at all.
    pub order: Option<Order>,
    /// Whether completeness could be judged: not where numbers may be missing because of a filter.
    pub whole: bool,
    /// How many receipts of frames were checked for it.
    pub checked: u64,
    /// Frames that a subscriber should have received and did not, summed over all.
    pub lost: u64,
    /// Likewise, that came after later ones.
    pub out_of_order: u64,
    /// Likewise, that came twice, or that most others did not receive.
    pub extra: u64,
    /// Of those, how many came twice.
    pub twice: u64,
    /// Subscribers that had not received everything by the end.
    pub behind: u64,
    /// Subscribers that the server said it had cut over to the present.
    pub cut_over: u64,
    /// From when frames were due or sent, or first received by anyone, to every receipt.
    pub latency: Latency,
    /// Likewise, to the last subscriber of each frame.
    pub last: Latency,
    /// Whether order was to be judged by numbers that frames tell, under a field that was named.
    pub by_sequence: bool,
    /// Whether latency counts from the time that frames tell, under the field that was named.
    pub by_sent_at: bool,
    /// Frames with a timestamp in that field, at any time: also before it was measured.
    pub timed: u64,
    /// Frames received over a millisecond before they were due or sent: the clocks differ.
    pub early: u64,
    /// CPU time of the server's process while it was measured.
    pub cpu: Option<Duration>,
    /// CPU time of this process meanwhile.
    pub own_cpu: Duration,
}

impl Report {
    pub(super) fn new(tally: &Tally, subscribers: usize, failures: Causes) -> Self {
        Self {
            subscribers,
            connected: 0,
            connecting: Duration::ZERO,
            failures,
            drops: tally.drops.clone(),
            finished: tally.finished,
            until_closed: false,
            complete: tally.complete(),
            apart: tally.is_apart(),
            measured: Duration::ZERO,
            stopped: None,
            frames: tally.frames,
            bytes: tally.bytes,
            order: tally.order(),
            whole: tally.is_whole(),
            checked: tally.checked,
            lost: tally.faults.lost,
            out_of_order: tally.faults.out_of_order,
            extra: tally.faults.extra,
            twice: tally.faults.twice,
            behind: tally.faults.behind,
            cut_over: tally.cut_over,
            latency: tally.timing.all.clone(),
            last: tally.timing.last.clone(),
            by_sequence: tally.by_sequence(),
            by_sent_at: tally.by_sent_at(),
            timed: tally.timed,
            early: tally.timing.early,
            cpu: None,
            own_cpu: Duration::ZERO,
        }
    }

    /// What could not be judged although it was to be. A server that is quiet while it is measured is no such case, one
    /// that sends nothing at all is; but not where somebody has ended the measurement early and had asked for nothing else.
    pub fn unjudged(&self) -> Option<Unjudged> {
        let asked = self.by_sequence || self.by_sent_at;
        match self.order {
            None if asked || self.stopped != Some(Stopped::Asked) => Some(Unjudged::Everything),
            _ if self.by_sequence && self.checked == 0 => Some(Unjudged::Sequence),
            _ if self.by_sent_at && self.timed == 0 => Some(Unjudged::SentAt),
            _ => None,
        }
    }

    /// Whether all subscribers connected and stayed, and received everything in order, as far as that was to be judged.
    pub fn is_flawless(&self) -> bool {
        if self.unjudged().is_some() {
            return false;
        }
        let faults = self.lost + self.out_of_order + self.extra + self.behind + self.cut_over;
        faults == 0 && self.failures.total() == 0 && self.drops.total() == 0 && self.differing() + self.open() == 0
    }

    /// How many were closed in peace and had received something else than most.
    pub fn differing(&self) -> usize {
        self.complete.map_or(0, |complete| self.finished.saturating_sub(complete.subscribers))
    }

    /// How many were to be followed to their ends, and had not come to it.
    pub fn open(&self) -> usize {
        let ended = self.finished + self.drops.total();
        if self.until_closed { self.connected.saturating_sub(ended) } else { 0 }
    }

    /// Messages a second, all subscribers together.
    pub fn frames_per_second(&self) -> f64 {
        per(self.frames as f64, self.measured.as_secs_f64())
    }

    /// How many connections were made in a second.
    pub fn handshakes_per_second(&self) -> f64 {
        per(self.connected as f64, self.connecting.as_secs_f64())
    }

    /// How much of one core the server used, 1 being all of it.
    pub fn cores(&self) -> Option<f64> {
        self.cpu.map(|cpu| per(cpu.as_secs_f64(), self.measured.as_secs_f64()))
    }

    /// How much CPU time of the server each message took, in microseconds; `None` where none came or it is not known.
    pub fn cpu_micros_per_frame(&self) -> Option<f64> {
        self.cpu.filter(|_| self.frames > 0).map(|cpu| cpu.as_secs_f64() * 1e6 / self.frames as f64)
    }

    /// How much of one core this process used.
    pub fn own_cores(&self) -> f64 {
        per(self.own_cpu.as_secs_f64(), self.measured.as_secs_f64())
    }
}

/// A share, or nothing of nothing.
fn per(what: f64, of: f64) -> f64 {
    if of > 0.0 { what / of } else { 0.0 }
}
