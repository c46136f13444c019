//! Latencies: of every receipt, and to the last subscriber of each frame.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};

use crate::latency::Latency;

/// The number of frames tracked between their first and last receipt; older ones are finished as they are.
pub(super) const MAX_IN_FLIGHT: usize = 1 << 16;
/// How early a frame may seem before it counts as received_early: the server reads two clocks in turn and may be preempted
/// between.
const TOLERATED_MICROS: i64 = 1_000;

/// The time of a receipt on the wall clock and on the monotonic clock, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ReceiptTime {
    /// Since 1970.
    pub(super) wall: i64,
    /// Since the measurement began.
    pub(super) elapsed: i64,
}

impl ReceiptTime {
    pub(super) fn now(began: Instant) -> Self {
        let micros = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { wall: micros(wall), elapsed: micros(began.elapsed()) }
    }
}

/// The start of a frame's latency.
#[derive(Debug, Clone, Copy)]
pub(super) enum LatencyStart {
    /// The time at which it was due or sent, in microseconds since 1970; `None` where that is unknown.
    Time(Option<i64>),
    /// The first receipt by any subscriber.
    FirstReceipt,
}

/// A frame on its way to all subscribers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FrameReceipts {
    /// The first receipt, on the monotonic clock.
    first: i64,
    /// The due time, computed by the first subscriber that knew it: later subscribers may know an anchor too new for
    /// it.
    pub(super) due: Option<i64>,
    /// The longest latency of any subscriber.
    slowest: Option<i64>,
    /// The number of subscribers that received it.
    pub(super) seen: u32,
}

/// Records latencies while a measurement is open.
#[derive(Debug, Clone, Default)]
pub struct LatencyRecorder {
    /// The latency of every receipt, from when the frame was due or sent, or from its first receipt.
    pub all: Latency,
    /// The latency to the last subscriber, of each frame that reached them all. Empty where subscribers have clocks of their own.
    pub last: Latency,
    /// Frames received more than a millisecond before they were due or sent: the clocks differ.
    pub received_early: u64,
    started: Option<ReceiptTime>,
}

impl LatencyRecorder {
    /// From now on latencies count, of frames due, sent or first received after now.
    pub(super) fn start(&mut self, now: ReceiptTime) {
        self.started = Some(now);
    }

    /// Records the receipt of a frame by a subscriber. `frame` is `None` if the frame is not tracked.
    pub(super) fn record_receipt(&mut self, frame: Option<&mut FrameReceipts>, start: LatencyStart, now: ReceiptTime) {
        let mut untracked = FrameReceipts::default();
        let tracked = frame.is_some();
        let receipts = frame.unwrap_or(&mut untracked);
        receipts.seen += 1;
        if receipts.seen == 1 {
            receipts.first = now.elapsed;
        }
        let Some(started) = self.started else { return };
        let taken = match start {
            LatencyStart::Time(Some(time)) if time >= started.wall => now.wall - time,
            LatencyStart::FirstReceipt if tracked && receipts.seen > 1 && receipts.first >= started.elapsed => {
                now.elapsed - receipts.first
            }
            _ => return,
        };
        self.received_early += u64::from(taken < -TOLERATED_MICROS);
        receipts.slowest = receipts.slowest.max(Some(taken));
        self.all.record(Duration::from_micros(u64::try_from(taken).unwrap_or(0)));
    }

    /// Finishes a frame. `all` is the number of subscribers that it was to reach.
    pub(super) fn record_completed_frame(&mut self, receipts: &FrameReceipts, all: u32) {
        if let Some(slowest) = receipts.slowest.filter(|_| receipts.seen >= all) {
            self.last.record(Duration::from_micros(u64::try_from(slowest).unwrap_or(0)));
        }
    }
}

/// Frames in flight, by their consecutive numbers.
#[derive(Debug, Default)]
pub(super) struct InFlightFrames {
    /// The number of the first frame.
    base: u64,
    list: VecDeque<FrameReceipts>,
}

impl InFlightFrames {
    /// The frame with a number; `None` if it is too old to be tracked. Evicted frames go to `frame_done`.
    pub(super) fn get(
        &mut self,
        number: u64,
        mut frame_done: impl FnMut(&FrameReceipts),
    ) -> Option<&mut FrameReceipts> {
        let end = self.base.saturating_add(self.list.len() as u64);
        if self.list.is_empty() || number.saturating_sub(end) >= MAX_IN_FLIGHT as u64 {
            self.list.drain(..).for_each(|receipts| frame_done(&receipts));
            self.base = number;
        }
        let index = usize::try_from(number.checked_sub(self.base)?).ok()?;
        while self.list.len() <= index {
            self.list.push_back(FrameReceipts::default());
        }
        let index = match self.list.len().checked_sub(MAX_IN_FLIGHT) {
            Some(excess) if excess > 0 => {
                self.list.drain(..excess).for_each(|receipts| frame_done(&receipts));
                self.base = self.base.saturating_add(excess as u64);
                index.checked_sub(excess)?
            }
            _ => index,
        };
        self.list.get_mut(index)
    }

    /// Removes all frames.
    pub(super) fn drain(&mut self, frame_done: impl FnMut(FrameReceipts)) {
        self.list.drain(..).for_each(frame_done);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(micros: i64) -> ReceiptTime {
        ReceiptTime { wall: 1_000_000 + micros, elapsed: micros }
    }

    fn micros(latency: &Latency) -> (u64, u128, u128) {
        (latency.count(), latency.percentile(50.0).as_micros(), latency.worst().as_micros())
    }

    #[test]
    fn latency_counts_from_the_due_time_and_only_of_what_was_due_while_open() {
        let mut latencies = LatencyRecorder::default();
        let mut receipts = FrameReceipts::default();
        latencies.record_receipt(Some(&mut receipts), LatencyStart::Time(Some(1_000_000)), moment(5));
        assert_eq!(latencies.all.count(), 0, "not open yet");
        latencies.start(moment(10));
        latencies.record_receipt(Some(&mut receipts), LatencyStart::Time(Some(1_000_000)), moment(15));
        latencies.record_receipt(Some(&mut receipts), LatencyStart::Time(None), moment(15));
        assert_eq!(latencies.all.count(), 0, "due before, or at no time");
        for (at, due) in [(30, 20), (60, 20), (20, 20)] {
            latencies.record_receipt(Some(&mut receipts), LatencyStart::Time(Some(1_000_000 + due)), moment(at));
        }
        assert_eq!(micros(&latencies.all), (3, 10, 40));
        latencies.record_completed_frame(&receipts, 7);
        assert_eq!(latencies.last.count(), 0, "it has not reached all");
        latencies.record_completed_frame(&receipts, 6);
        assert_eq!(micros(&latencies.last), (1, 40, 40));
        assert_eq!(latencies.received_early, 0);
        latencies.record_receipt(None, LatencyStart::Time(Some(2_000_000)), moment(20));
        assert_eq!(
            (latencies.received_early, latencies.all.worst().as_micros()),
            (1, 40),
            "clocks that differ are counted, not hidden"
        );
    }

    #[test]
    fn without_a_time_latency_starts_at_the_first_receipt() {
        let (mut latencies, mut receipts) = (LatencyRecorder::default(), FrameReceipts::default());
        latencies.start(moment(10));
        for at in [100, 130, 190] {
            latencies.record_receipt(Some(&mut receipts), LatencyStart::FirstReceipt, moment(at));
        }
        latencies.record_receipt(None, LatencyStart::FirstReceipt, moment(200));
        assert_eq!(micros(&latencies.all), (2, 30, 90), "the first receipt is no latency");
        let mut before = FrameReceipts { first: 5, seen: 1, ..FrameReceipts::default() };
        latencies.record_receipt(Some(&mut before), LatencyStart::FirstReceipt, moment(300));
        assert_eq!(latencies.all.count(), 2, "first received before the measurement was open");
    }

    #[test]
    fn the_number_of_tracked_frames_is_bounded() {
        let (mut frames, mut done) = (InFlightFrames::default(), 0);
        for number in 100..100 + 2 * MAX_IN_FLIGHT as u64 {
            frames.get(number, |_| done += 1).expect("the newest").seen += 1;
        }
        assert_eq!((done, frames.list.len()), (MAX_IN_FLIGHT, MAX_IN_FLIGHT));
        assert!(frames.get(100, |_| done += 1).is_none(), "too long ago");
        assert_eq!(frames.get(101 + MAX_IN_FLIGHT as u64, |_| done += 1).map(|receipts| receipts.seen), Some(1));
        frames.get(u64::MAX, |_| done += 1).expect("a jump").seen += 1;
        assert_eq!((done, frames.list.len()), (2 * MAX_IN_FLIGHT, 1));
    }
}
