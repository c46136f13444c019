//! Collects what all subscribers receive and checks it: order, completeness, latencies and the ends of streams.
//!
//! The first frame decides how order and completeness are checked ([`OrderCheckMethod`]): by sequence numbers
//! ([`SequenceTracker`]) or by content ([`ReferenceStream`]).

use std::hash::BuildHasher;
use std::time::Duration;

use foldhash::quality::FixedState;

use super::digest::{LargestIdenticalGroup, StreamDigest};
use super::epochs::EpochTracker;
use super::frame_parser::{ClockAnchor, EpochCause, FieldPaths, FrameParser, ParsedFrame, TouchlineFrame};
use super::latency_recorder::{LatencyRecorder, LatencyStart, ReceiptTime};
use super::reference_stream::ReferenceStream;
use super::sequence::{SequencePosition, SequenceStep, SequenceTracker};
use super::tally::{Faults, ReceiptTally};

/// The longest wait for every subscriber's first frames, for streams without sequence numbers.
const SETTLE_AT_MOST: Duration = Duration::from_secs(2);
/// The shortest wait for them, even if every subscriber has received a frame.
const SETTLE_AT_LEAST: Duration = Duration::from_millis(250);

/// How order and completeness are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderCheckMethod {
    /// By the numbers of Touchline's events.
    Touchline,
    /// By the numbers in the named field.
    Numbers,
    /// By content: all subscribers must receive the same texts.
    Content,
}

/// How a subscriber's stream ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StreamEnd {
    /// The server closed it regularly: everything has been sent.
    Finished,
    /// A complete HTTP body ended without a close message.
    Eof,
    /// Anything else, with the cause.
    Cut(String),
}

/// The state of one subscriber.
#[derive(Debug, Default)]
struct SubscriberState {
    disconnected: bool,
    has_received: bool,
    sequence: SequenceTracker,
    /// The head when it connected: events up to it are backlog, due long ago.
    head: u64,
    anchor: Option<ClockAnchor>,
    digest: StreamDigest,
    finished: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum MeasurementPhase {
    #[default]
    Connecting,
    Measuring,
    /// Only frames in flight are awaited.
    Draining,
    Closed,
}

/// What all subscribers received.
#[derive(Debug, Default)]
pub(super) struct Measurement {
    phase: MeasurementPhase,
    /// `None` before the first frame.
    pub(super) order: Option<OrderCheckMethod>,
    /// Whether the stream is unfiltered.
    unfiltered: bool,
    by_sequence: bool,
    by_sent_at: bool,
    /// Whether streams are followed to their ends and compared.
    until_closed: bool,
    /// The replay of the first subscriber, as a hash of its name.
    replay: Option<u64>,
    /// Whether subscribers have different replays, each with its own clock.
    own_clocks: bool,
    parser: FrameParser,
    hasher: FixedState,
    subscribers: Vec<SubscriberState>,
    /// The number of subscribers connected now.
    pub(super) connected: usize,
    /// The number of subscribers that have received a frame.
    have_received: usize,
    epochs: EpochTracker,
    reference: ReferenceStream,
    /// The furthest position of any subscriber at the end, which the others must reach.
    target: Option<SequencePosition>,
    pub(super) latencies: LatencyRecorder,
    pub(super) faults: Faults,
    pub(super) tally: ReceiptTally,
}

impl Measurement {
    pub(super) fn new(fields: FieldPaths, unfiltered: bool, until_closed: bool) -> Self {
        Self {
            unfiltered,
            by_sequence: fields.sequence.is_some(),
            by_sent_at: fields.sent_at.is_some(),
            until_closed,
            parser: FrameParser::new(fields),
            ..Self::default()
        }
    }

    /// Adds a subscriber and returns its id.
    pub(super) fn add_subscriber(&mut self) -> usize {
        self.subscribers.push(SubscriberState::default());
        self.connected += 1;
        self.subscribers.len() - 1
    }

    /// Whether a gap in the numbers means a lost frame. It does not if Touchline filters events.
    pub(super) fn checks_completeness(&self) -> bool {
        self.unfiltered || self.order != Some(OrderCheckMethod::Touchline)
    }

    /// Whether each subscriber receives the same frame at a time of its own. Touchline's hello frames state it; of
    /// other servers it is assumed if streams are followed to their ends.
    pub(super) fn has_own_clocks(&self) -> bool {
        self.own_clocks || self.until_closed && self.order != Some(OrderCheckMethod::Touchline)
    }

    /// The largest group of equal streams; `None` if subscribers may rightly receive different parts of a stream.
    pub(super) fn complete_streams(&self) -> Option<LargestIdenticalGroup> {
        let compares = self.until_closed || self.own_clocks;
        let finished = self.subscribers.iter().filter(|subscriber| subscriber.finished);
        compares.then(|| LargestIdenticalGroup::from_digests(finished.map(|subscriber| subscriber.digest)))
    }

    /// Whether all subscribers have received their first frames, which may differ. With numbered frames there is
    /// nothing to wait for.
    pub(super) fn is_settled(&self, waited: Duration) -> bool {
        let numbered = self.by_sequence || self.order == Some(OrderCheckMethod::Touchline);
        let all_have_received = self.have_received == self.subscribers.len();
        numbered || waited >= if all_have_received { SETTLE_AT_LEAST } else { SETTLE_AT_MOST }
    }

    /// Starts counting: all subscribers are connected.
    pub(super) fn start(&mut self, now: ReceiptTime) {
        self.phase = MeasurementPhase::Measuring;
        self.latencies.start(now);
        self.reference.start(self.subscribers.len());
        for (id, _) in self.subscribers.iter().enumerate().filter(|(_, subscriber)| subscriber.disconnected) {
            self.reference.remove_subscriber(id);
        }
    }

    /// Records a message received by a subscriber.
    pub(super) fn receive(&mut self, id: usize, message: &[u8], now: ReceiptTime) {
        if let Some(subscriber) = self.subscribers.get_mut(id)
            && !std::mem::replace(&mut subscriber.has_received, true)
        {
            self.have_received += 1;
        }
        match self.phase {
            MeasurementPhase::Measuring => {
                self.tally.frames += 1;
                self.tally.bytes += message.len() as u64;
            }
            MeasurementPhase::Closed => return,
            MeasurementPhase::Connecting | MeasurementPhase::Draining => {}
        }
        let hash = self.hasher.hash_one(message);
        let order = match self.order {
            // Only the hash matters: the frame is not parsed.
            Some(OrderCheckMethod::Content) if !self.by_sent_at => {
                let unparsed = ParsedFrame { kind: TouchlineFrame::Other, number: None, sent: None };
                self.add_to_digest(id, hash);
                return self.receive_content(id, hash, &unparsed, now);
            }
            Some(order) => order,
            None => self.decide_order(hash, message),
        };
        let parsed = self.parser.parse(hash, message);
        self.tally.timestamped += u64::from(parsed.sent.is_some());
        let for_all = match order {
            OrderCheckMethod::Touchline => matches!(parsed.kind, TouchlineFrame::Event { .. }),
            OrderCheckMethod::Numbers => parsed.number.is_some(),
            OrderCheckMethod::Content => true,
        };
        if for_all {
            self.add_to_digest(id, hash);
        }
        match order {
            OrderCheckMethod::Touchline => self.receive_touchline(id, &parsed, now),
            OrderCheckMethod::Numbers => {
                if let Some(number) = parsed.number {
                    self.receive_numbered(id, number, None, &parsed, now);
                }
            }
            OrderCheckMethod::Content => self.receive_content(id, hash, &parsed, now),
        }
    }

    /// Decides by the first frame, unless a sequence field was named.
    fn decide_order(&mut self, hash: u64, message: &[u8]) -> OrderCheckMethod {
        let hello = matches!(self.parser.parse(hash, message).kind, TouchlineFrame::Hello { .. });
        let order = match (self.by_sequence, hello) {
            (true, _) => OrderCheckMethod::Numbers,
            (false, true) => OrderCheckMethod::Touchline,
            (false, false) => OrderCheckMethod::Content,
        };
        *self.order.insert(order)
    }

    /// Adds a frame that all subscribers must receive to the digest of the stream.
    fn add_to_digest(&mut self, id: usize, hash: u64) {
        if let Some(subscriber) = self.subscribers.get_mut(id) {
            subscriber.digest.add(&self.hasher, hash);
        }
    }

    fn receive_touchline(&mut self, id: usize, parsed: &ParsedFrame, now: ReceiptTime) {
        let (unfiltered, connected) = (self.unfiltered, self.connected);
        let Some(subscriber) = self.subscribers.get_mut(id) else { return };
        match parsed.kind {
            TouchlineFrame::Hello { replay, epoch, head, anchor } => {
                subscriber.sequence.enter(epoch);
                (subscriber.head, subscriber.anchor) = (head, anchor);
                if *self.replay.get_or_insert(replay) != replay && !std::mem::replace(&mut self.own_clocks, true) {
                    // A frame of one replay is in flight to no other subscriber.
                    self.epochs = EpochTracker::default();
                }
            }
            TouchlineFrame::Playback { epoch, anchor, cause } => {
                subscriber.anchor = anchor;
                let left = subscriber.sequence.position;
                if epoch == left.epoch {
                    return;
                }
                self.tally.resyncs += u64::from(cause == EpochCause::Resync);
                subscriber.sequence.enter(epoch);
                subscriber.head = 0;
                if cause == EpochCause::Loop && left.epoch.checked_add(1) == Some(epoch) && unfiltered {
                    let latencies = &mut self.latencies;
                    self.epochs.complete_epoch(left, |frame| latencies.record_completed_frame(frame, count(connected)));
                }
            }
            TouchlineFrame::Snapshot { n } => subscriber.sequence.begin_after(n),
            // Touchline is the order here, so completeness depends on the filter alone.
            TouchlineFrame::Tick { n } => subscriber.sequence.advance_to(n, unfiltered, &mut self.faults),
            TouchlineFrame::Result { n } => subscriber.sequence.pass(n, unfiltered, &mut self.faults),
            TouchlineFrame::Event { n, at } => {
                let live = n > subscriber.head;
                let due = subscriber.anchor.filter(|_| live).and_then(|anchor| anchor.due_time_of(at));
                self.receive_numbered(id, n, Some((live, due)), parsed, now);
            }
            TouchlineFrame::Other => {}
        }
    }

    /// Receives a frame with a number. `due` is given for Touchline's events: whether the event is live for this
    /// subscriber, not backlog, and its due time by this subscriber's anchor.
    fn receive_numbered(
        &mut self,
        id: usize,
        n: u64,
        due: Option<(bool, Option<i64>)>,
        parsed: &ParsedFrame,
        now: ReceiptTime,
    ) {
        let all = count(self.connected);
        let (own_clocks, complete) = (self.has_own_clocks(), self.checks_completeness());
        let Some(subscriber) = self.subscribers.get_mut(id) else { return };
        self.tally.checked += 1;
        let step = subscriber.sequence.receive(n, complete, &mut self.faults);
        if step == SequenceStep::Back {
            return;
        }
        let epoch = subscriber.sequence.position.epoch;
        let latencies = &mut self.latencies;
        if own_clocks {
            let start = match due {
                _ if self.by_sent_at => LatencyStart::Time(parsed.sent),
                // By the subscriber's own clock.
                due => LatencyStart::Time(due.and_then(|(_, due)| due)),
            };
            return latencies.record_receipt(None, start, now);
        }
        let mut done = Vec::new();
        let receipts = self.epochs.find_receipts(epoch, n, |evicted| done.push(*evicted));
        let (receipts, due) = match (receipts, due) {
            (Some(receipts), Some((live, due))) => {
                receipts.due = receipts.due.or(due);
                let due = receipts.due.filter(|_| live);
                (Some(receipts), Some(due))
            }
            (receipts, due) => (receipts, due.map(|(_, due)| due)),
        };
        let start = match due {
            _ if self.by_sent_at => LatencyStart::Time(parsed.sent),
            Some(due) => LatencyStart::Time(due),
            None => LatencyStart::FirstReceipt,
        };
        latencies.record_receipt(receipts, start, now);
        done.iter().for_each(|evicted| latencies.record_completed_frame(evicted, all));
    }

    fn receive_content(&mut self, id: usize, hash: u64, parsed: &ParsedFrame, now: ReceiptTime) {
        let start = if self.by_sent_at { LatencyStart::Time(parsed.sent) } else { LatencyStart::FirstReceipt };
        if self.has_own_clocks() {
            self.tally.checked += 1;
            return self.latencies.record_receipt(None, start, now);
        }
        let mut done = Vec::new();
        if let Some(receipts) = self.reference.receive(id, hash, |evicted, all| done.push((*evicted, all))) {
            self.tally.checked += 1;
            self.latencies.record_receipt(Some(receipts), start, now);
        }
        done.iter().for_each(|(evicted, all)| self.latencies.record_completed_frame(evicted, *all));
    }

    /// A subscriber's stream has ended.
    pub(super) fn record_end(&mut self, id: usize, end: StreamEnd) {
        let Some(subscriber) = self.subscribers.get_mut(id) else { return };
        if std::mem::replace(&mut subscriber.disconnected, true) {
            return;
        }
        self.connected -= 1;
        self.reference.remove_subscriber(id);
        let touchline = self.order == Some(OrderCheckMethod::Touchline);
        match (self.phase, end) {
            (MeasurementPhase::Closed, _) => {}
            // Touchline always sends a close message.
            (_, StreamEnd::Eof) if touchline => self.tally.drops.add("the connection was cut".to_owned(), 1),
            (_, StreamEnd::Finished | StreamEnd::Eof) if touchline || self.until_closed => {
                subscriber.finished = true;
                self.tally.finished += 1;
            }
            (_, StreamEnd::Finished | StreamEnd::Eof) => self.tally.drops.add("closed by the server".to_owned(), 1),
            (_, StreamEnd::Cut(cause)) => self.tally.drops.add(cause, 1),
        }
    }

    /// Ends the measured time: every frame that any subscriber has received by now must still reach all.
    pub(super) fn start_draining(&mut self) {
        self.phase = MeasurementPhase::Draining;
        self.reference.stop_growing();
        // With a clock of its own, a subscriber is not behind any other.
        let furthest = self.subscribers.iter().map(|subscriber| subscriber.sequence.position).max();
        self.target = furthest.filter(|_| !self.has_own_clocks());
    }

    /// Whether all subscribers have received what they must.
    pub(super) fn is_done(&self) -> bool {
        match (self.order, self.target) {
            (Some(OrderCheckMethod::Content) | None, _) | (_, None) => self.reference.is_done(),
            (_, Some(target)) => {
                let mut subscribers = self.subscribers.iter();
                subscribers.all(|subscriber| subscriber.disconnected || subscriber.sequence.position >= target)
            }
        }
    }

    /// Finishes all frames and adds up the faults.
    pub(super) fn finish(&mut self) {
        self.phase = MeasurementPhase::Closed;
        let all = count(self.connected);
        let latencies = &mut self.latencies;
        let missing = self.epochs.finish(|frame| latencies.record_completed_frame(frame, all));
        self.faults.lost = self.faults.lost.saturating_add(missing);
        if self.order == Some(OrderCheckMethod::Content) {
            self.faults = self.reference.finish(|frame, all| latencies.record_completed_frame(frame, all));
        } else if let Some(target) = self.target {
            // A lost connection is counted as such, not also as lost frames.
            for subscriber in self.subscribers.iter().filter(|subscriber| !subscriber.disconnected) {
                let missing = subscriber.sequence.position.missing_count(&target);
                self.faults.lost = self.faults.lost.saturating_add(missing);
                self.faults.behind_at_end += u64::from(missing > 0);
            }
        }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: &str = r#"{"kind":"hello","protocol":"touchline.v1","epoch":1,"head":0,"playback":{"state":"waiting",
        "speed":1000,"at":0,"wall":"1970-01-01T00:00:00.000000Z"}}"#;

    /// A measurement of two subscribers, with one test clock for both: microseconds since 1970 and since the beginning.
    struct Harness {
        measurement: Measurement,
        now: i64,
    }

    impl Harness {
        fn new(hello: &str, whole: bool) -> Self {
            let mut measurement = Measurement::new(FieldPaths::default(), whole, false);
            let (first, second) = (measurement.add_subscriber(), measurement.add_subscriber());
            for id in [first, second] {
                measurement.receive(id, hello.as_bytes(), ReceiptTime::default());
            }
            measurement.start(ReceiptTime::default());
            Self { measurement, now: 0 }
        }

        fn receive(&mut self, id: usize, frame: &str) {
            let now = ReceiptTime { wall: self.now, elapsed: self.now };
            self.measurement.receive(id, frame.as_bytes(), now);
        }

        fn both(&mut self, frame: &str) {
            (0..2).for_each(|id| self.receive(id, frame));
        }

        fn close(mut self) -> Measurement {
            self.measurement.start_draining();
            self.measurement.finish();
            self.measurement
        }
    }

    fn playback(epoch: u64, at: i64, wall_micros: i64, cause: &str) -> String {
        let wall = jiff::Timestamp::from_microsecond(wall_micros).expect("a time");
        format!(
            r#"{{"kind":"playback","state":"playing","epoch":{epoch},"speed":1000,"at":{at},"wall":"{wall}","cause":"{cause}"}}"#
        )
    }

    fn event(n: u64, at: i64) -> String {
        format!(r#"{{"kind":"event","match":"m","n":{n},"at":{at}}}"#)
    }

    fn tick(n: u64) -> String {
        format!(r#"{{"kind":"tick","n":{n},"at":0}}"#)
    }

    #[test]
    fn latency_is_from_due_to_received_at_every_subscriber_and_at_the_last() {
        let mut harness = Harness::new(HELLO, true);
        harness.both(&playback(1, 0, 1_000, "start"));
        // Due at 1.5 ms by the anchor: half a second later, at 1,000x.
        for (id, now) in [(0, 1_600), (1, 1_900)] {
            harness.now = now;
            harness.receive(id, &event(1, 500));
        }
        let measurement = harness.close();
        assert_eq!(
            (measurement.order, measurement.tally.checked, measurement.faults),
            (Some(OrderCheckMethod::Touchline), 2, Faults::default())
        );
        let micros = |latency: &crate::latency::Latency| (latency.count(), latency.worst().as_micros());
        assert_eq!(
            (micros(&measurement.latencies.all), micros(&measurement.latencies.last)),
            ((2, 401), (1, 401)),
            "to a hundredth"
        );
    }

    #[test]
    fn backlog_has_no_latency() {
        let hello = HELLO.replace("\"head\":0", "\"head\":2").replace("waiting", "playing");
        let mut harness = Harness::new(&hello, true);
        harness.now = 5_000_000;
        harness.both(&event(1, 100));
        harness.both(&event(2, 200));
        assert_eq!(harness.measurement.latencies.all.count(), 0, "backlog");
        harness.both(&event(3, 5_000_000));
        let measurement = harness.close();
        assert_eq!(
            (measurement.latencies.all.count(), measurement.tally.checked, measurement.faults),
            (2, 6, Faults::default())
        );
    }

    #[test]
    fn a_gap_a_missing_end_a_late_frame_and_a_duplicate_are_found() {
        let mut harness = Harness::new(HELLO, true);
        harness.both(&playback(1, 0, 0, "start"));
        harness.both(r#"{"kind":"snapshot","match":"m","n":0,"at":0,"state":{}}"#);
        harness.both(&event(1, 0));
        harness.receive(0, &event(2, 0));
        harness.receive(1, &event(3, 0));
        harness.receive(1, &event(2, 0));
        harness.receive(0, &event(3, 0));
        harness.both(&tick(3));
        harness.receive(0, &event(4, 0));
        harness.both(&tick(4));
        harness.receive(0, &event(4, 0));
        let measurement = harness.close();
        assert_eq!(measurement.faults, Faults { lost: 1, out_of_order: 1, extra: 1, duplicates: 1, behind_at_end: 0 });
    }

    #[test]
    fn the_number_of_a_table_or_an_end_fills_a_gap() {
        let result = |kind: &str, n: u64| format!(r#"{{"kind":"{kind}","n":{n},"at":0}}"#);
        let mut harness = Harness::new(HELLO, true);
        // Before the first event nothing is known of the numbers.
        harness.both(&result("table", 7));
        for frame in [event(1, 0), result("table", 1), result("table", 2), event(3, 0), result("end", 4), tick(4)] {
            harness.both(&frame);
        }
        assert_eq!((harness.measurement.faults, harness.measurement.tally.checked), (Faults::default(), 4));
        harness.both(&result("end", 6));
        assert_eq!(harness.close().faults, Faults { lost: 2, ..Faults::default() }, "number 5");
    }

    #[test]
    fn with_a_filter_gaps_are_not_faults() {
        let mut harness = Harness::new(HELLO, false);
        harness.both(&event(3, 0));
        harness.both(&event(7, 0));
        harness.both(&tick(9));
        harness.receive(0, &event(8, 0));
        let measurement = harness.close();
        assert_eq!(
            (measurement.checks_completeness(), measurement.faults),
            (false, Faults { out_of_order: 1, ..Faults::default() })
        );
    }

    /// The faults if one of three subscribers receives these numbers, and the others 1 to 6: by Touchline's numbers and
    /// by those of a field.
    fn found(victim: &[u64]) -> [Faults; 2] {
        [None, Some("seq")].map(|sequence| {
            let fields = FieldPaths { sequence: sequence.map(str::to_owned), sent_at: None };
            let mut measurement = Measurement::new(fields, true, false);
            for id in 0..3 {
                assert_eq!(measurement.add_subscriber(), id);
                measurement.receive(id, HELLO.as_bytes(), ReceiptTime::default());
            }
            measurement.start(ReceiptTime::default());
            for (id, numbers) in [(0, &[1, 2, 3, 4, 5, 6][..]), (1, victim), (2, &[1, 2, 3, 4, 5, 6])] {
                for n in numbers {
                    let frame = if sequence.is_some() { format!("{{\"seq\":{n}}}") } else { event(*n, 0) };
                    measurement.receive(id, frame.as_bytes(), ReceiptTime::default());
                }
            }
            measurement.start_draining();
            measurement.finish();
            assert_eq!(
                measurement.order,
                Some(if sequence.is_some() { OrderCheckMethod::Numbers } else { OrderCheckMethod::Touchline })
            );
            measurement.faults
        })
    }

    #[test]
    fn lost_late_and_duplicate_frames_are_counted_apart() {
        let faults = |lost, out_of_order, duplicates, behind| Faults {
            lost,
            out_of_order,
            extra: duplicates,
            duplicates,
            behind_at_end: behind,
        };
        for (victim, wanted) in [
            (&[1, 2, 3, 4, 5, 6][..], faults(0, 0, 0, 0)),
            // Lost first or twice first, one in place of the other, side by side or apart.
            (&[1, 3, 3, 4, 5, 6], faults(1, 0, 1, 0)),
            (&[1, 2, 2, 4, 5, 6], faults(1, 0, 1, 0)),
            (&[1, 3, 4, 5, 5, 6], faults(1, 0, 1, 0)),
            (&[1, 2, 4, 5, 6, 2], faults(1, 0, 1, 0)),
            (&[1, 1, 2, 3, 4, 6], faults(1, 0, 1, 0)),
            (&[1, 2, 2, 3, 4, 5], faults(1, 0, 1, 1)),
            (&[1, 3, 5, 5, 5, 6], faults(2, 0, 2, 0)),
            // A late frame is neither lost nor a duplicate, unless it is repeated.
            (&[1, 3, 2, 4, 5, 6], faults(0, 1, 0, 0)),
            (&[1, 3, 2, 2, 4, 5, 6], faults(0, 1, 1, 0)),
            (&[1, 5, 6, 2, 3], faults(1, 2, 0, 0)),
            (&[2, 1, 3, 4, 5, 6], faults(0, 1, 0, 0)),
        ] {
            assert_eq!(found(victim), [wanted; 2], "{victim:?}");
        }
    }

    #[test]
    fn in_a_filtered_stream_nothing_is_lost_and_duplicates_are_counted() {
        for (numbers, out_of_order, duplicates) in
            [(&[3, 7, 9][..], 0, 0), (&[3, 7, 7, 9], 0, 1), (&[3, 7, 5, 5, 9], 1, 1)]
        {
            let mut harness = Harness::new(HELLO, false);
            numbers.iter().for_each(|n| harness.both(&event(*n, 0)));
            let wanted = Faults {
                out_of_order: 2 * out_of_order,
                extra: 2 * duplicates,
                duplicates: 2 * duplicates,
                ..Faults::default()
            };
            assert_eq!(harness.close().faults, wanted, "{numbers:?}");
        }
    }

    proptest::proptest! {
        /// Each frame of a long stream comes once, not at all, or duplicates, the second time at any time later.
        #[test]
        fn lost_and_twice_are_counted_exactly(comes in proptest::collection::vec((0..8u8, 1..300usize), 3..300)) {
            let mut numbers: Vec<u64> = vec![1];
            let (mut lost, mut again, mut duplicates) = (0, Vec::new(), 0);
            for (n, (how, after)) in (2..).zip(&comes) {
                match how {
                    0 => lost += 1,
                    1 => {
                        numbers.push(n);
                        again.push((numbers.len() + after, n));
                    }
                    _ => numbers.push(n),
                }
                let so_far = numbers.len();
                let due = again.extract_if(.., |(at, _)| *at <= so_far).map(|(_, n)| n);
                numbers.extend(due);
                duplicates += (numbers.len() - so_far) as u64;
            }
            let last = 2 + comes.len() as u64;
            numbers.push(last);
            let mut harness = Harness::new(HELLO, true);
            (1..=last).for_each(|n| harness.receive(0, &event(n, 0)));
            numbers.iter().for_each(|n| harness.receive(1, &event(*n, 0)));
            let wanted = Faults { lost, extra: duplicates, duplicates, ..Faults::default() };
            proptest::prop_assert_eq!(harness.close().faults, wanted);
        }
    }

    #[test]
    fn a_seek_drops_unsent_events_and_a_lap_does_not() {
        let mut harness = Harness::new(HELLO, true);
        harness.both(&event(1, 0));
        harness.both(&event(3, 0));
        harness.both(&playback(2, 0, 0, "seek"));
        harness.both(&event(7, 0));
        harness.receive(0, &event(7, 0));
        let measurement = harness.close();
        assert_eq!(
            measurement.faults,
            Faults { lost: 2, extra: 1, duplicates: 1, ..Faults::default() },
            "what is missing will not arrive"
        );
        for (cause, lost) in [("seek", 0), ("loop", 1)] {
            let mut harness = Harness::new(HELLO, true);
            harness.both(&event(1, 0));
            harness.receive(0, &event(2, 0));
            harness.both(&playback(2, 0, 0, cause));
            harness.both(&event(1, 0));
            let measurement = harness.close();
            assert_eq!(measurement.faults, Faults { lost, ..Faults::default() }, "{cause}");
        }
        let mut harness = Harness::new(HELLO, true);
        harness.receive(0, &playback(5, 0, 0, "resync"));
        harness.receive(1, &playback(5, 0, 0, "loop"));
        assert_eq!(harness.close().tally.resyncs, 1);
    }

    #[test]
    fn a_subscriber_without_the_last_frames_is_behind() {
        let mut harness = Harness::new(HELLO, true);
        harness.both(&event(1, 0));
        harness.receive(0, &event(2, 0));
        harness.receive(0, &event(3, 0));
        harness.measurement.start_draining();
        assert!(!harness.measurement.is_done());
        harness.receive(1, &event(2, 0));
        let measurement = {
            harness.measurement.finish();
            harness.measurement
        };
        assert_eq!(measurement.faults, Faults { lost: 1, behind_at_end: 1, ..Faults::default() });
    }

    #[test]
    fn a_regular_close_is_finished_if_it_means_that_everything_was_sent() {
        let mut harness = Harness::new(HELLO, true);
        harness.measurement.record_end(0, StreamEnd::Finished);
        harness.measurement.record_end(0, StreamEnd::Cut("twice".to_owned()));
        assert_eq!(
            (
                harness.measurement.tally.finished,
                harness.measurement.tally.drops.total(),
                harness.measurement.connected
            ),
            (1, 0, 1)
        );
        let mut other = Harness::new("hello", true);
        other.measurement.record_end(0, StreamEnd::Finished);
        assert_eq!(
            (other.measurement.order, other.measurement.tally.finished, other.measurement.tally.drops.total()),
            (Some(OrderCheckMethod::Content), 0, 1)
        );
    }

    #[test]
    fn a_subscriber_with_its_own_replay_has_its_own_clock_and_is_not_behind() {
        let mut measurement = Measurement::new(FieldPaths::default(), true, false);
        measurement.start(ReceiptTime::default());
        let at = |micros: i64| ReceiptTime { wall: micros, elapsed: micros };
        for (id, begins) in [(0, 1_000), (1, 501_000)] {
            assert_eq!(measurement.add_subscriber(), id);
            let hello = HELLO.replace("\"epoch\"", &format!("\"replay\":\"r-{id}\",\"epoch\""));
            measurement.receive(id, hello.as_bytes(), at(begins));
            measurement.receive(id, playback(1, 0, begins, "start").as_bytes(), at(begins));
        }
        // Due half a millisecond after each has begun.
        for (id, now) in [(0, 1_600), (1, 501_700)] {
            measurement.receive(id, event(1, 500).as_bytes(), at(now));
        }
        measurement.receive(0, event(2, 600).as_bytes(), at(1_600));
        measurement.start_draining();
        assert!(measurement.has_own_clocks() && measurement.is_done());
        measurement.finish();
        let worst = measurement.latencies.all.worst().as_micros();
        assert_eq!((measurement.latencies.all.count(), worst, measurement.latencies.last.count()), (3, 200, 0));
        assert_eq!(measurement.faults, Faults::default());
    }

    #[test]
    fn complete_streams_are_the_largest_group_of_equal_ones() {
        let complete = |frames: &[&str], first: &str| {
            let mut measurement = Measurement::new(FieldPaths::default(), true, true);
            measurement.start(ReceiptTime::default());
            for (id, frames) in frames.iter().enumerate() {
                measurement.add_subscriber();
                measurement.receive(id, first.as_bytes(), ReceiptTime::default());
                frames.split_whitespace().for_each(|n| {
                    measurement.receive(id, event(n.parse().expect("a number"), 0).as_bytes(), ReceiptTime::default())
                });
                measurement.record_end(
                    id,
                    if frames.ends_with(' ') { StreamEnd::Cut("cut".to_owned()) } else { StreamEnd::Finished },
                );
            }
            let LargestIdenticalGroup { subscribers, frames } = measurement.complete_streams().expect("compared");
            (subscribers, frames, measurement.tally.finished, measurement.tally.drops.total())
        };
        for first in [HELLO, "hello"] {
            let more = u64::from(first == "hello");
            assert_eq!(complete(&["1 2 3"; 3], first), (3, 3 + more, 3, 0));
            assert_eq!(complete(&["1 2 3", "1 2", "1 2 3", "1 2 3 "], first), (2, 3 + more, 3, 1));
            assert_eq!(complete(&["1 2 3", "1 3 2", "1 2 3"], first), (2, 3 + more, 3, 0), "in another order");
        }
        assert_eq!(
            Harness::new(HELLO, true).measurement.complete_streams(),
            None,
            "a later subscriber rightly receives less"
        );
    }

    #[test]
    fn an_end_without_a_close_message_is_a_cut_if_one_is_due() {
        for (first, until_closed, finished) in [(HELLO, false, 0), (HELLO, true, 0), ("hi", false, 0), ("hi", true, 1)]
        {
            let mut measurement = Measurement::new(FieldPaths::default(), true, until_closed);
            measurement.add_subscriber();
            measurement.receive(0, first.as_bytes(), ReceiptTime::default());
            measurement.record_end(0, StreamEnd::Eof);
            assert_eq!(
                (measurement.tally.finished, measurement.tally.drops.total()),
                (finished, 1 - finished),
                "{first} {until_closed}"
            );
        }
    }

    #[test]
    fn first_frames_are_awaited_unless_frames_have_numbers() {
        let settled = |measurement: &Measurement| {
            [0, 250, 2_000].map(|waited| measurement.is_settled(Duration::from_millis(waited)))
        };
        let mut measurement = Measurement::new(FieldPaths::default(), true, false);
        measurement.add_subscriber();
        measurement.add_subscriber();
        measurement.receive(0, b"welcome", ReceiptTime::default());
        measurement.receive(0, b"again", ReceiptTime::default());
        assert_eq!(settled(&measurement), [false, false, true], "the other has received nothing");
        measurement.receive(1, b"welcome", ReceiptTime::default());
        assert_eq!(settled(&measurement), [false, true, true]);
        assert_eq!(settled(&Harness::new(HELLO, true).measurement), [true; 3]);
        let fields = FieldPaths { sequence: Some("n".to_owned()), sent_at: None };
        assert_eq!(settled(&Measurement::new(fields, true, false)), [true; 3]);
    }
}
