//! How late frames arrive: at every subscriber, and at the last one of each frame.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};

use crate::latency::Latency;

/// How many frames are followed from the first subscriber who has one to the last; older ones count as they stand.
pub(super) const FOLLOWED: usize = 1 << 16;
/// By how much a frame may seem to come before its time: a server reads two clocks, one after the other, and is put off in between.
const TOLERATED_MICROS: i64 = 1_000;

/// When something was received, on the wall and on a clock that nobody sets; both in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Moment {
    /// Since 1970.
    pub(super) wall: i64,
    /// Since the measurement was begun.
    pub(super) elapsed: i64,
}

impl Moment {
    pub(super) fn now(began: Instant) -> Self {
        let micros = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { wall: micros(wall), elapsed: micros(began.elapsed()) }
    }
}

/// From when a frame's latency counts.
#[derive(Debug, Clone, Copy)]
pub(super) enum From {
    /// When it was due or sent, in microseconds since 1970; `None` where no such time is known.
    Time(Option<i64>),
    /// When the first subscriber had it.
    First,
}

/// One frame on its way to all subscribers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Arrival {
    /// When the first had it.
    first: i64,
    /// When it is due, as the first who knew has computed: a later one may have been told less on the way.
    pub(super) due: Option<i64>,
    /// The longest that it took to any of them.
    slowest: Option<i64>,
    pub(super) seen: u32,
}

/// Notes latencies while a measurement is open.
#[derive(Debug)]
pub(super) struct Timing {
    pub(super) all: Latency,
    /// Of the last subscriber of each frame that reached them all.
    pub(super) last: Latency,
    /// How many frames were received before they were sent: the clocks are not the same.
    pub(super) early: u64,
    opened: Option<Moment>,
}

impl Timing {
    pub(super) fn new() -> Self {
        Self { all: Latency::new(), last: Latency::new(), early: 0, opened: None }
    }

    /// What is due, sent or first received from now on counts.
    pub(super) fn open(&mut self, now: Moment) {
        self.opened = Some(now);
    }

    /// Notes that a subscriber has received a frame.
    pub(super) fn arrived(&mut self, arrival: Option<&mut Arrival>, from: From, now: Moment) {
        let mut unfollowed = Arrival::default();
        let followed = arrival.is_some();
        let arrival = arrival.unwrap_or(&mut unfollowed);
        arrival.seen += 1;
        if arrival.seen == 1 {
            arrival.first = now.elapsed;
        }
        let Some(opened) = self.opened else { return };
        let taken = match from {
            From::Time(Some(time)) if time >= opened.wall => now.wall - time,
            From::First if followed && arrival.seen > 1 && arrival.first >= opened.elapsed => {
                now.elapsed - arrival.first
            }
            _ => return,
        };
        self.early += u64::from(taken < -TOLERATED_MICROS);
        arrival.slowest = arrival.slowest.max(Some(taken));
        self.all.record(Duration::from_micros(u64::try_from(taken).unwrap_or(0)));
    }

    /// A frame is on its way no more; `all` is how many subscribers it was to reach.
    pub(super) fn over(&mut self, arrival: &Arrival, all: u32) {
        if let Some(slowest) = arrival.slowest.filter(|_| arrival.seen >= all) {
            self.last.record(Duration::from_micros(u64::try_from(slowest).unwrap_or(0)));
        }
    }
}

/// Frames on their way, by their number.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    /// The number of the first.
    base: u64,
    list: VecDeque<Arrival>,
}

impl Arrivals {
    /// The frame with a number; `None` if that was too long ago. Those that must make room go to `over`.
    pub(super) fn of(&mut self, number: u64, mut over: impl FnMut(&Arrival)) -> Option<&mut Arrival> {
        let end = self.base.saturating_add(self.list.len() as u64);
        if self.list.is_empty() || number.saturating_sub(end) >= FOLLOWED as u64 {
            self.list.drain(..).for_each(|arrival| over(&arrival));
            self.base = number;
        }
        let place = usize::try_from(number.checked_sub(self.base)?).ok()?;
        while self.list.len() <= place {
            self.list.push_back(Arrival::default());
        }
        let place = match self.list.len().checked_sub(FOLLOWED) {
            Some(excess) if excess > 0 => {
                self.list.drain(..excess).for_each(|arrival| over(&arrival));
                self.base = self.base.saturating_add(excess as u64);
                place.checked_sub(excess)?
            }
            _ => place,
        };
        self.list.get_mut(place)
    }

    /// All that are still on their way.
    pub(super) fn drain(&mut self, over: impl FnMut(Arrival)) {
        self.list.drain(..).for_each(over);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(micros: i64) -> Moment {
        Moment { wall: 1_000_000 + micros, elapsed: micros }
    }

    fn micros(latency: &Latency) -> (u64, u128, u128) {
        (latency.count(), latency.percentile(50.0).as_micros(), latency.worst().as_micros())
    }

    #[test]
    fn latency_counts_from_the_due_time_and_only_of_what_was_due_while_open() {
        let mut timing = Timing::new();
        let mut arrival = Arrival::default();
        timing.arrived(Some(&mut arrival), From::Time(Some(1_000_000)), moment(5));
        assert_eq!(timing.all.count(), 0, "not open yet");
        timing.open(moment(10));
        timing.arrived(Some(&mut arrival), From::Time(Some(1_000_000)), moment(15));
        timing.arrived(Some(&mut arrival), From::Time(None), moment(15));
        assert_eq!(timing.all.count(), 0, "due before, or at no time");
        for (at, due) in [(30, 20), (60, 20), (20, 20)] {
            timing.arrived(Some(&mut arrival), From::Time(Some(1_000_000 + due)), moment(at));
        }
        assert_eq!(micros(&timing.all), (3, 10, 40));
        timing.over(&arrival, 7);
        assert_eq!(timing.last.count(), 0, "it has not reached all");
        timing.over(&arrival, 6);
        assert_eq!(micros(&timing.last), (1, 40, 40));
        assert_eq!(timing.early, 0);
        timing.arrived(None, From::Time(Some(2_000_000)), moment(20));
        assert_eq!((timing.early, timing.all.worst().as_micros()), (1, 40), "clocks that differ are told, not hidden");
    }

    #[test]
    fn without_a_time_the_first_receipt_is_the_beginning() {
        let (mut timing, mut arrival) = (Timing::new(), Arrival::default());
        timing.open(moment(10));
        for at in [100, 130, 190] {
            timing.arrived(Some(&mut arrival), From::First, moment(at));
        }
        timing.arrived(None, From::First, moment(200));
        assert_eq!(micros(&timing.all), (2, 30, 90), "the first receipt is no latency");
        let mut before = Arrival { first: 5, seen: 1, ..Arrival::default() };
        timing.arrived(Some(&mut before), From::First, moment(300));
        assert_eq!(timing.all.count(), 2, "first received before the measurement was open");
    }

    #[test]
    fn frames_are_followed_up_to_a_bound() {
        let (mut arrivals, mut over) = (Arrivals::default(), 0);
        for number in 100..100 + 2 * FOLLOWED as u64 {
            arrivals.of(number, |_| over += 1).expect("the newest").seen += 1;
        }
        assert_eq!((over, arrivals.list.len()), (FOLLOWED, FOLLOWED));
        assert!(arrivals.of(100, |_| over += 1).is_none(), "too long ago");
        assert_eq!(arrivals.of(101 + FOLLOWED as u64, |_| over += 1).map(|arrival| arrival.seen), Some(1));
        arrivals.of(u64::MAX, |_| over += 1).expect("a leap").seen += 1;
        assert_eq!((over, arrivals.list.len()), (2 * FOLLOWED, 1));
    }
}
