//! Everything that all subscribers have received, put together: what one measurement finds.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::time::Duration;

use foldhash::quality::FixedState;

use super::causes::Causes;
use super::holes::Holes;
use super::ledger::{Faults, Ledger};
use super::numbers::{Epochs, Place, Step};
use super::reading::{Anchor, Cause, Fields, Kind, Reader, Reading};
use super::timing::{From, Moment, Timing};

/// How long the first frames to each subscriber may take, where they are not told from later ones by numbers.
const SETTLE_AT_MOST: Duration = Duration::from_secs(2);
/// How long they are waited for although something has come to everyone.
const SETTLE_AT_LEAST: Duration = Duration::from_millis(250);

/// By what order and completeness are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The numbers of Touchline's events.
    Touchline,
    /// The numbers under the field that was named.
    Numbers,
    /// The same text for all.
    Content,
}

/// How a connection came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parting {
    /// The server said that all had been told.
    Finished,
    /// The stream came to its end, whole, and nothing was said.
    Ended,
    /// Anything else.
    Cut(String),
}

/// What one subscriber has received of what all must receive, in its order: equal for two if that was the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Received {
    frames: u64,
    digest: u64,
}

/// Those who have been told everything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Complete {
    /// How many were closed in peace and had received the same: the most of whom that can be said.
    pub subscribers: usize,
    /// How many frames that was for each: of Touchline events alone.
    pub frames: u64,
}

/// One subscriber, as far as numbers are followed.
#[derive(Debug, Default)]
struct Follower {
    gone: bool,
    /// Whether anything has come.
    heard: bool,
    place: Place,
    /// What it has passed over, and what may still come, too late.
    holes: Holes,
    /// The number with which it began, where none had to come; 0 where one had to.
    first: u64,
    /// How many events had been told before it came: those are backlog, due long ago.
    head: u64,
    anchor: Option<Anchor>,
    received: Received,
    finished: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Connecting,
    Open,
    /// What is still on its way may arrive.
    Draining,
    Closed,
}

/// All subscribers of a measurement.
#[derive(Debug)]
pub(super) struct Tally {
    phase: Phase,
    order: Option<Order>,
    /// Whether nothing is filtered out.
    whole: bool,
    by_sequence: bool,
    by_sent_at: bool,
    /// Streams are followed to their ends, and what each has received is compared.
    until_closed: bool,
    /// The replay of the first subscriber, by the hash of its name.
    replay: Option<u64>,
    /// Others have another: each has a clock of its own.
    own_clocks: bool,
    reader: Reader,
    hasher: FixedState,
    followers: Vec<Follower>,
    /// How many of them are connected still.
    present: usize,
    /// To how many of them something has come.
    heard: usize,
    epochs: Epochs,
    ledger: Ledger,
    target: Option<Place>,
    pub(super) timing: Timing,
    pub(super) faults: Faults,
    /// Frames by which order has been checked.
    pub(super) checked: u64,
    /// Frames with a timestamp in the field that was named, received in any phase before the end.
    pub(super) timed: u64,
    /// Subscribers that the server itself cut over to the present.
    pub(super) cut_over: u64,
    /// All messages, and their bytes, while open.
    pub(super) frames: u64,
    pub(super) bytes: u64,
    pub(super) drops: Causes,
    pub(super) finished: usize,
}

impl Tally {
    pub(super) fn new(fields: Fields, whole: bool, until_closed: bool) -> Self {
        Self {
            phase: Phase::Connecting,
            order: None,
            whole,
            by_sequence: fields.sequence.is_some(),
            by_sent_at: fields.sent_at.is_some(),
            until_closed,
            replay: None,
            own_clocks: false,
            reader: Reader::new(fields),
            hasher: FixedState::default(),
            followers: Vec::new(),
            present: 0,
            heard: 0,
            epochs: Epochs::default(),
            ledger: Ledger::default(),
            target: None,
            timing: Timing::new(),
            faults: Faults::default(),
            checked: 0,
            timed: 0,
            cut_over: 0,
            frames: 0,
            bytes: 0,
            drops: Causes::default(),
            finished: 0,
        }
    }

    /// One more subscriber: its number.
    pub(super) fn join(&mut self) -> usize {
        self.followers.push(Follower::default());
        self.present += 1;
        self.followers.len() - 1
    }

    /// By what order is judged, once a frame has come.
    pub(super) fn order(&self) -> Option<Order> {
        self.order
    }

    /// Whether a missing number is a missing frame.
    pub(super) fn is_whole(&self) -> bool {
        self.whole || self.order != Some(Order::Touchline)
    }

    pub(super) fn by_sequence(&self) -> bool {
        self.by_sequence
    }

    pub(super) fn by_sent_at(&self) -> bool {
        self.by_sent_at
    }

    /// Whether the same frame comes to each at a time of its own. Of Touchline's streams that is known.
    pub(super) fn is_apart(&self) -> bool {
        self.own_clocks || self.until_closed && self.order != Some(Order::Touchline)
    }

    /// Those who have been told everything, where all that each is told can be compared.
    pub(super) fn complete(&self) -> Option<Complete> {
        if !self.until_closed && !self.own_clocks {
            return None;
        }
        let mut groups: HashMap<Received, usize> = HashMap::new();
        for follower in self.followers.iter().filter(|follower| follower.finished) {
            *groups.entry(follower.received).or_default() += 1;
        }
        let most = groups.into_iter().max_by_key(|(received, subscribers)| (*subscribers, received.frames));
        Some(most.map_or_else(Complete::default, |(received, subscribers)| Complete {
            subscribers,
            frames: received.frames,
        }))
    }

    /// How many are connected still.
    pub(super) fn present(&self) -> usize {
        self.present
    }

    /// Whether what a server tells each subscriber at first, and may tell each differently, has come to all. Where frames have
    /// numbers that does not matter.
    pub(super) fn is_settled(&self, waited: Duration) -> bool {
        let numbered = self.by_sequence || self.order == Some(Order::Touchline);
        numbered || waited >= if self.heard < self.followers.len() { SETTLE_AT_MOST } else { SETTLE_AT_LEAST }
    }

    /// All are connected: from now on it counts.
    pub(super) fn open(&mut self, now: Moment) {
        self.phase = Phase::Open;
        self.timing.open(now);
        self.ledger.open(self.followers.len());
        for (id, _) in self.followers.iter().enumerate().filter(|(_, follower)| follower.gone) {
            self.ledger.leave(id);
        }
    }

    /// A subscriber has received a message.
    pub(super) fn take(&mut self, id: usize, message: &[u8], now: Moment) {
        if let Some(follower) = self.followers.get_mut(id)
            && !std::mem::replace(&mut follower.heard, true)
        {
            self.heard += 1;
        }
        match self.phase {
            Phase::Open => {
                self.frames += 1;
                self.bytes += message.len() as u64;
            }
            Phase::Closed => return,
            Phase::Connecting | Phase::Draining => {}
        }
        let hash = self.hasher.hash_one(message);
        let order = match self.order {
            // Nothing needs to be known of the frame but whether it is the same for all.
            Some(Order::Content) if !self.by_sent_at => {
                let unread = Reading { kind: Kind::Other, number: None, sent: None };
                self.receive(id, hash);
                return self.content(id, hash, &unread, now);
            }
            Some(order) => order,
            None => self.decide(hash, message),
        };
        let reading = self.reader.read(hash, message);
        self.timed += u64::from(reading.sent.is_some());
        let for_all = match order {
            Order::Touchline => matches!(reading.kind, Kind::Event { .. }),
            Order::Numbers => reading.number.is_some(),
            Order::Content => true,
        };
        if for_all {
            self.receive(id, hash);
        }
        match order {
            Order::Touchline => self.touchline(id, &reading, now),
            Order::Numbers => {
                if let Some(number) = reading.number {
                    self.numbered(id, number, None, &reading, now);
                }
            }
            Order::Content => self.content(id, hash, &reading, now),
        }
    }

    /// The first frame of all says what server it is, unless it was said what to go by.
    fn decide(&mut self, hash: u64, message: &[u8]) -> Order {
        let hello = matches!(self.reader.read(hash, message).kind, Kind::Hello { .. });
        let order = match (self.by_sequence, hello) {
            (true, _) => Order::Numbers,
            (false, true) => Order::Touchline,
            (false, false) => Order::Content,
        };
        *self.order.insert(order)
    }

    /// Notes one more of the frames that all must receive.
    fn receive(&mut self, id: usize, hash: u64) {
        if let Some(Follower { received, .. }) = self.followers.get_mut(id) {
            *received = Received { frames: received.frames + 1, digest: self.hasher.hash_one((received.digest, hash)) };
        }
    }

    fn touchline(&mut self, id: usize, reading: &Reading, now: Moment) {
        let (whole, present) = (self.whole, self.present);
        let Some(follower) = self.followers.get_mut(id) else { return };
        match reading.kind {
            Kind::Hello { replay, epoch, head, anchor } => {
                follower.place.enter(epoch);
                (follower.head, follower.anchor) = (head, anchor);
                (follower.first, follower.holes) = (0, Holes::default());
                if *self.replay.get_or_insert(replay) != replay && !std::mem::replace(&mut self.own_clocks, true) {
                    // What one replay has sent is on its way to nobody else.
                    self.epochs = Epochs::default();
                }
            }
            Kind::Playback { epoch, anchor, cause } => {
                follower.anchor = anchor;
                if epoch == follower.place.epoch {
                    return;
                }
                self.cut_over += u64::from(cause == Cause::Resync);
                let left = follower.place;
                follower.place.enter(epoch);
                (follower.head, follower.first, follower.holes) = (0, 0, Holes::default());
                if cause == Cause::Loop && left.epoch.checked_add(1) == Some(epoch) && whole {
                    let timing = &mut self.timing;
                    self.epochs.leave(left, |arrival| timing.over(arrival, count(present)));
                }
            }
            Kind::Snapshot { n } => follower.place.begin(n),
            Kind::Tick { n } => {
                let step = follower.place.told_up_to(n);
                self.judge(id, n, step);
            }
            Kind::Event { n, at } => {
                let live = n > follower.head;
                let due = follower.anchor.filter(|_| live).and_then(|anchor| anchor.due(at));
                self.numbered(id, n, Some((live, due)), reading, now);
            }
            Kind::Other => {}
        }
    }

    /// A frame with a number. Of Touchline's it is known whether it is news to this subscriber, and when it is due by what
    /// this one was told.
    fn numbered(&mut self, id: usize, n: u64, due: Option<(bool, Option<i64>)>, reading: &Reading, now: Moment) {
        let all = count(self.present);
        let apart = self.is_apart();
        let Some(follower) = self.followers.get_mut(id) else { return };
        self.checked += 1;
        let (step, epoch) = (follower.place.step(n), follower.place.epoch);
        self.judge(id, n, step);
        if step == Step::Back {
            return;
        }
        let timing = &mut self.timing;
        if apart {
            let from = match due {
                _ if self.by_sent_at => From::Time(reading.sent),
                // By its own clock, as this one was told.
                due => From::Time(due.and_then(|(_, due)| due)),
            };
            return timing.arrived(None, from, now);
        }
        // Those that make room count as they stand.
        let mut over = Vec::new();
        let arrival = self.epochs.arrival(epoch, n, |arrival| over.push(*arrival));
        let (arrival, due) = match (arrival, due) {
            (Some(arrival), Some((live, due))) => {
                arrival.due = arrival.due.or(due);
                let due = arrival.due.filter(|_| live);
                (Some(arrival), Some(due))
            }
            (arrival, due) => (arrival, due.map(|(_, due)| due)),
        };
        let from = match due {
            _ if self.by_sent_at => From::Time(reading.sent),
            Some(due) => From::Time(due),
            None => From::First,
        };
        timing.arrived(arrival, from, now);
        over.iter().for_each(|arrival| timing.over(arrival, all));
    }

    fn judge(&mut self, id: usize, n: u64, step: Step) {
        // Where a filter leaves holes, what is passed over is not lost.
        let whole = self.is_whole();
        let (faults, Some(follower)) = (&mut self.faults, self.followers.get_mut(id)) else { return };
        match step {
            Step::Right => {}
            Step::First => follower.first = n,
            Step::Passed(first, last) => {
                if whole {
                    faults.lost = faults.lost.saturating_add(last - first).saturating_add(1);
                }
                follower.holes.open(first, last);
            }
            // What came before the first that was seen was not counted as lost.
            Step::Back if n < follower.first => faults.out_of_order += 1,
            Step::Back if follower.holes.fill(n) => {
                faults.out_of_order += 1;
                if whole {
                    faults.lost = faults.lost.saturating_sub(1);
                }
            }
            Step::Back => {
                faults.extra += 1;
                faults.twice += 1;
            }
        }
    }

    fn content(&mut self, id: usize, hash: u64, reading: &Reading, now: Moment) {
        let from = if self.by_sent_at { From::Time(reading.sent) } else { From::First };
        if self.is_apart() {
            self.checked += 1;
            return self.timing.arrived(None, from, now);
        }
        let mut over = Vec::new();
        if let Some(arrival) = self.ledger.take(id, hash, |arrival, all| over.push((*arrival, all))) {
            self.checked += 1;
            self.timing.arrived(Some(arrival), from, now);
        }
        over.iter().for_each(|(arrival, all)| self.timing.over(arrival, *all));
    }

    /// A subscriber's connection has come to its end.
    pub(super) fn leave(&mut self, id: usize, parting: Parting) {
        let Some(follower) = self.followers.get_mut(id) else { return };
        if std::mem::replace(&mut follower.gone, true) {
            return;
        }
        self.present -= 1;
        self.ledger.leave(id);
        let touchline = self.order == Some(Order::Touchline);
        match (self.phase, parting) {
            (Phase::Closed, _) => {}
            // Touchline never goes without a word.
            (_, Parting::Ended) if touchline => self.drops.note("the connection was cut".to_owned(), 1),
            (_, Parting::Finished | Parting::Ended) if touchline || self.until_closed => {
                follower.finished = true;
                self.finished += 1;
            }
            (_, Parting::Finished | Parting::Ended) => self.drops.note("closed by the server".to_owned(), 1),
            (_, Parting::Cut(cause)) => self.drops.note(cause, 1),
        }
    }

    /// The time is over: whatever anyone has received by now, all must still receive.
    pub(super) fn drain(&mut self) {
        self.phase = Phase::Draining;
        self.ledger.end();
        // Who has a clock of its own is not behind another.
        self.target = self.followers.iter().map(|follower| follower.place).max().filter(|_| !self.is_apart());
    }

    /// Whether all have received what they must.
    pub(super) fn is_done(&self) -> bool {
        match (self.order, self.target) {
            (Some(Order::Content) | None, _) | (_, None) => self.ledger.is_done(),
            (_, Some(target)) => self.followers.iter().all(|follower| follower.gone || follower.place >= target),
        }
    }

    /// Nothing more is waited for: what is wrong in all.
    pub(super) fn close(&mut self) {
        self.phase = Phase::Closed;
        let all = count(self.present);
        let timing = &mut self.timing;
        let missing = self.epochs.close(|arrival| timing.over(arrival, all));
        self.faults.lost = self.faults.lost.saturating_add(missing);
        if self.order == Some(Order::Content) {
            self.faults = self.ledger.close(|arrival, all| timing.over(arrival, all));
        } else if let Some(target) = self.target {
            // Of those whose connection was cut, that it was is told.
            for missing in self.followers.iter().filter(|follower| !follower.gone).map(|f| f.place.missing(&target)) {
                self.faults.lost = self.faults.lost.saturating_add(missing);
                self.faults.behind += u64::from(missing > 0);
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

    /// A measurement of two subscribers, at whose hand the time in microseconds since 1970 is also that since it began.
    struct Stage {
        tally: Tally,
        now: i64,
    }

    impl Stage {
        fn new(hello: &str, whole: bool) -> Self {
            let mut tally = Tally::new(Fields::default(), whole, false);
            let (first, second) = (tally.join(), tally.join());
            for id in [first, second] {
                tally.take(id, hello.as_bytes(), Moment::default());
            }
            tally.open(Moment::default());
            Self { tally, now: 0 }
        }

        fn take(&mut self, id: usize, frame: &str) {
            let now = Moment { wall: self.now, elapsed: self.now };
            self.tally.take(id, frame.as_bytes(), now);
        }

        fn both(&mut self, frame: &str) {
            (0..2).for_each(|id| self.take(id, frame));
        }

        fn close(mut self) -> Tally {
            self.tally.drain();
            self.tally.close();
            self.tally
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
        let mut stage = Stage::new(HELLO, true);
        stage.both(&playback(1, 0, 1_000, "start"));
        // Due at 1.5 ms by the anchor: half a second later, at 1,000x.
        for (id, now) in [(0, 1_600), (1, 1_900)] {
            stage.now = now;
            stage.take(id, &event(1, 500));
        }
        let tally = stage.close();
        assert_eq!((tally.order(), tally.checked, tally.faults), (Some(Order::Touchline), 2, Faults::default()));
        let micros = |latency: &crate::latency::Latency| (latency.count(), latency.worst().as_micros());
        assert_eq!((micros(&tally.timing.all), micros(&tally.timing.last)), ((2, 401), (1, 401)), "to a hundredth");
    }

    #[test]
    fn what_was_told_before_a_subscriber_came_is_no_latency() {
        let hello = HELLO.replace("\"head\":0", "\"head\":2").replace("waiting", "playing");
        let mut stage = Stage::new(&hello, true);
        stage.now = 5_000_000;
        stage.both(&event(1, 100));
        stage.both(&event(2, 200));
        assert_eq!(stage.tally.timing.all.count(), 0, "backlog");
        stage.both(&event(3, 5_000_000));
        let tally = stage.close();
        assert_eq!((tally.timing.all.count(), tally.checked, tally.faults), (2, 6, Faults::default()));
    }

    #[test]
    fn a_gap_a_missing_end_a_step_back_and_a_repetition_are_found() {
        let mut stage = Stage::new(HELLO, true);
        stage.both(&playback(1, 0, 0, "start"));
        stage.both(r#"{"kind":"snapshot","match":"m","n":0,"at":0,"state":{}}"#);
        stage.both(&event(1, 0));
        stage.take(0, &event(2, 0));
        stage.take(1, &event(3, 0));
        stage.take(1, &event(2, 0));
        stage.take(0, &event(3, 0));
        stage.both(&tick(3));
        stage.take(0, &event(4, 0));
        stage.both(&tick(4));
        stage.take(0, &event(4, 0));
        let tally = stage.close();
        assert_eq!(tally.faults, Faults { lost: 1, out_of_order: 1, extra: 1, twice: 1, behind: 0 });
    }

    #[test]
    fn a_filter_leaves_holes_that_are_none() {
        let mut stage = Stage::new(HELLO, false);
        stage.both(&event(3, 0));
        stage.both(&event(7, 0));
        stage.both(&tick(9));
        stage.take(0, &event(8, 0));
        let tally = stage.close();
        assert_eq!((tally.is_whole(), tally.faults), (false, Faults { out_of_order: 1, ..Faults::default() }));
    }

    /// What is found where one of three receives these numbers, and the others 1 to 6: by Touchline's numbers and by those
    /// of a field.
    fn found(victim: &[u64]) -> [Faults; 2] {
        [None, Some("seq")].map(|sequence| {
            let fields = Fields { sequence: sequence.map(str::to_owned), sent_at: None };
            let mut tally = Tally::new(fields, true, false);
            for id in 0..3 {
                assert_eq!(tally.join(), id);
                tally.take(id, HELLO.as_bytes(), Moment::default());
            }
            tally.open(Moment::default());
            for (id, numbers) in [(0, &[1, 2, 3, 4, 5, 6][..]), (1, victim), (2, &[1, 2, 3, 4, 5, 6])] {
                for n in numbers {
                    let frame = if sequence.is_some() { format!("{{\"seq\":{n}}}") } else { event(*n, 0) };
                    tally.take(id, frame.as_bytes(), Moment::default());
                }
            }
            tally.drain();
            tally.close();
            assert_eq!(tally.order(), Some(if sequence.is_some() { Order::Numbers } else { Order::Touchline }));
            tally.faults
        })
    }

    #[test]
    fn what_is_lost_late_and_twice_is_told_apart_by_numbers() {
        let faults = |lost, out_of_order, twice, behind| Faults { lost, out_of_order, extra: twice, twice, behind };
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
            // What comes late is neither lost nor twice, unless it comes again.
            (&[1, 3, 2, 4, 5, 6], faults(0, 1, 0, 0)),
            (&[1, 3, 2, 2, 4, 5, 6], faults(0, 1, 1, 0)),
            (&[1, 5, 6, 2, 3], faults(1, 2, 0, 0)),
            (&[2, 1, 3, 4, 5, 6], faults(0, 1, 0, 0)),
        ] {
            assert_eq!(found(victim), [wanted; 2], "{victim:?}");
        }
    }

    #[test]
    fn in_a_filtered_stream_nothing_is_lost_and_what_comes_twice_is_told() {
        for (numbers, out_of_order, twice) in [(&[3, 7, 9][..], 0, 0), (&[3, 7, 7, 9], 0, 1), (&[3, 7, 5, 5, 9], 1, 1)]
        {
            let mut stage = Stage::new(HELLO, false);
            numbers.iter().for_each(|n| stage.both(&event(*n, 0)));
            let wanted =
                Faults { out_of_order: 2 * out_of_order, extra: 2 * twice, twice: 2 * twice, ..Faults::default() };
            assert_eq!(stage.close().faults, wanted, "{numbers:?}");
        }
    }

    proptest::proptest! {
        /// Each frame of a long stream comes once, not at all, or twice, the second time at any time later.
        #[test]
        fn lost_and_twice_are_counted_exactly(comes in proptest::collection::vec((0..8u8, 1..300usize), 3..300)) {
            let mut numbers: Vec<u64> = vec![1];
            let (mut lost, mut again, mut twice) = (0, Vec::new(), 0);
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
                twice += (numbers.len() - so_far) as u64;
            }
            let last = 2 + comes.len() as u64;
            numbers.push(last);
            let mut stage = Stage::new(HELLO, true);
            (1..=last).for_each(|n| stage.take(0, &event(n, 0)));
            numbers.iter().for_each(|n| stage.take(1, &event(*n, 0)));
            let wanted = Faults { lost, extra: twice, twice, ..Faults::default() };
            proptest::prop_assert_eq!(stage.close().faults, wanted);
        }
    }

    #[test]
    fn a_seek_drops_what_was_not_sent_and_a_lap_does_not() {
        let mut stage = Stage::new(HELLO, true);
        stage.both(&event(1, 0));
        stage.both(&event(3, 0));
        stage.both(&playback(2, 0, 0, "seek"));
        stage.both(&event(7, 0));
        stage.take(0, &event(7, 0));
        let tally = stage.close();
        assert_eq!(
            tally.faults,
            Faults { lost: 2, extra: 1, twice: 1, ..Faults::default() },
            "what is lacking comes no more"
        );
        for (cause, lost) in [("seek", 0), ("loop", 1)] {
            let mut stage = Stage::new(HELLO, true);
            stage.both(&event(1, 0));
            stage.take(0, &event(2, 0));
            stage.both(&playback(2, 0, 0, cause));
            stage.both(&event(1, 0));
            let tally = stage.close();
            assert_eq!(tally.faults, Faults { lost, ..Faults::default() }, "{cause}");
        }
        let mut stage = Stage::new(HELLO, true);
        stage.take(0, &playback(5, 0, 0, "resync"));
        stage.take(1, &playback(5, 0, 0, "loop"));
        assert_eq!(stage.close().cut_over, 1);
    }

    #[test]
    fn whoever_has_not_everything_at_the_end_is_behind() {
        let mut stage = Stage::new(HELLO, true);
        stage.both(&event(1, 0));
        stage.take(0, &event(2, 0));
        stage.take(0, &event(3, 0));
        stage.tally.drain();
        assert!(!stage.tally.is_done());
        stage.take(1, &event(2, 0));
        let tally = {
            stage.tally.close();
            stage.tally
        };
        assert_eq!(tally.faults, Faults { lost: 1, behind: 1, ..Faults::default() });
    }

    #[test]
    fn what_ends_in_peace_is_finished_where_it_means_that_all_was_told() {
        let mut stage = Stage::new(HELLO, true);
        stage.tally.leave(0, Parting::Finished);
        stage.tally.leave(0, Parting::Cut("twice".to_owned()));
        assert_eq!((stage.tally.finished, stage.tally.drops.total(), stage.tally.present()), (1, 0, 1));
        let mut other = Stage::new("hello", true);
        other.tally.leave(0, Parting::Finished);
        assert_eq!(
            (other.tally.order(), other.tally.finished, other.tally.drops.total()),
            (Some(Order::Content), 0, 1)
        );
    }

    #[test]
    fn who_has_a_replay_of_its_own_is_late_by_its_own_clock_and_behind_nobody() {
        let mut tally = Tally::new(Fields::default(), true, false);
        tally.open(Moment::default());
        let at = |micros: i64| Moment { wall: micros, elapsed: micros };
        for (id, begins) in [(0, 1_000), (1, 501_000)] {
            assert_eq!(tally.join(), id);
            let hello = HELLO.replace("\"epoch\"", &format!("\"replay\":\"r-{id}\",\"epoch\""));
            tally.take(id, hello.as_bytes(), at(begins));
            tally.take(id, playback(1, 0, begins, "start").as_bytes(), at(begins));
        }
        // Due half a millisecond after each has begun.
        for (id, now) in [(0, 1_600), (1, 501_700)] {
            tally.take(id, event(1, 500).as_bytes(), at(now));
        }
        tally.take(0, event(2, 600).as_bytes(), at(1_600));
        tally.drain();
        assert!(tally.is_apart() && tally.is_done());
        tally.close();
        let worst = tally.timing.all.worst().as_micros();
        assert_eq!((tally.timing.all.count(), worst, tally.timing.last.count()), (3, 200, 0));
        assert_eq!(tally.faults, Faults::default());
    }

    #[test]
    fn complete_are_those_who_were_told_the_same_to_the_end() {
        let told = |frames: &[&str], first: &str| {
            let mut tally = Tally::new(Fields::default(), true, true);
            tally.open(Moment::default());
            for (id, frames) in frames.iter().enumerate() {
                tally.join();
                tally.take(id, first.as_bytes(), Moment::default());
                frames
                    .split_whitespace()
                    .for_each(|n| tally.take(id, event(n.parse().expect("a number"), 0).as_bytes(), Moment::default()));
                tally.leave(id, if frames.ends_with(' ') { Parting::Cut("cut".to_owned()) } else { Parting::Finished });
            }
            let Complete { subscribers, frames } = tally.complete().expect("compared");
            (subscribers, frames, tally.finished, tally.drops.total())
        };
        for first in [HELLO, "hello"] {
            let more = u64::from(first == "hello");
            assert_eq!(told(&["1 2 3"; 3], first), (3, 3 + more, 3, 0));
            assert_eq!(told(&["1 2 3", "1 2", "1 2 3", "1 2 3 "], first), (2, 3 + more, 3, 1));
            assert_eq!(told(&["1 2 3", "1 3 2", "1 2 3"], first), (2, 3 + more, 3, 0), "in another order");
        }
        assert_eq!(Stage::new(HELLO, true).tally.complete(), None, "who came later was told less, and rightly");
    }

    #[test]
    fn a_stream_that_ends_without_a_word_was_cut_where_a_word_is_due() {
        for (first, until_closed, finished) in [(HELLO, false, 0), (HELLO, true, 0), ("hi", false, 0), ("hi", true, 1)]
        {
            let mut tally = Tally::new(Fields::default(), true, until_closed);
            tally.join();
            tally.take(0, first.as_bytes(), Moment::default());
            tally.leave(0, Parting::Ended);
            assert_eq!((tally.finished, tally.drops.total()), (finished, 1 - finished), "{first} {until_closed}");
        }
    }

    #[test]
    fn what_each_is_told_at_first_is_waited_for_unless_frames_have_numbers() {
        let settled = |tally: &Tally| [0, 250, 2_000].map(|waited| tally.is_settled(Duration::from_millis(waited)));
        let mut tally = Tally::new(Fields::default(), true, false);
        tally.join();
        tally.join();
        tally.take(0, b"welcome", Moment::default());
        tally.take(0, b"again", Moment::default());
        assert_eq!(settled(&tally), [false, false, true], "the other has heard nothing");
        tally.take(1, b"welcome", Moment::default());
        assert_eq!(settled(&tally), [false, true, true]);
        assert_eq!(settled(&Stage::new(HELLO, true).tally), [true; 3]);
        let fields = Fields { sequence: Some("n".to_owned()), sent_at: None };
        assert_eq!(settled(&Tally::new(fields, true, false)), [true; 3]);
    }
}
