//! Order and completeness by numbers that rise by one: those of Touchline's events, or of a field that was named.

use std::collections::VecDeque;

use super::timing::{Arrival, Arrivals};

/// How many epochs are kept apart; one that is older counts as it stands.
const EPOCHS: usize = 8;

/// Where one subscriber is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) epoch: u64,
    /// The number that must come next; `None` where it is not known.
    next: Option<u64>,
}

/// What came instead of the number that had to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Right,
    /// It is the first, and no number had to come.
    First,
    /// All from the one to the other have been passed over.
    Passed(u64, u64),
    /// It has come already, or others have come before it.
    Back,
}

impl Place {
    /// Everything before is forgotten: the numbers of a new epoch begin anywhere.
    pub(super) fn enter(&mut self, epoch: u64) {
        *self = Self { epoch, next: None };
    }

    /// All up to `n` is known by other means, as from a snapshot.
    pub(super) fn begin(&mut self, n: u64) {
        self.next.get_or_insert(n.saturating_add(1));
    }

    /// The next number.
    pub(super) fn step(&mut self, n: u64) -> Step {
        let expected = self.next;
        if expected.is_some_and(|expected| n < expected) {
            return Step::Back;
        }
        self.next = Some(n.saturating_add(1));
        match expected {
            None => Step::First,
            Some(expected) if expected < n => Step::Passed(expected, n - 1),
            Some(_) => Step::Right,
        }
    }

    /// It is said that all up to `n` has been sent. What is followed may end before that.
    pub(super) fn told_up_to(&mut self, n: u64) -> Step {
        match self.next {
            Some(next) if n < next => Step::Right,
            Some(next) => {
                self.next = Some(n.saturating_add(1));
                Step::Passed(next, n)
            }
            None => {
                self.begin(n);
                Step::Right
            }
        }
    }

    /// How many are missing up to another's place; of an earlier epoch, or where nothing came at all, one as far as is known.
    pub(super) fn missing(&self, target: &Self) -> u64 {
        match (self.next, target.next) {
            _ if self >= target => 0,
            (Some(next), Some(end)) if self.epoch == target.epoch => end - next,
            _ => 1,
        }
    }
}

/// One epoch, as all subscribers together have it.
#[derive(Debug, Default)]
struct Epoch {
    number: u64,
    arrivals: Arrivals,
    /// Of those who left it at its end: how many, up to which number at most, and the sum of their numbers.
    left: u64,
    furthest: u64,
    sum: u64,
}

impl Epoch {
    /// How many frames are missing of those that left at its end.
    fn lost(&self) -> u64 {
        self.furthest.saturating_mul(self.left).saturating_sub(self.sum)
    }
}

/// The epochs that subscribers are in.
#[derive(Debug, Default)]
pub(super) struct Epochs {
    list: VecDeque<Epoch>,
    /// Missing at the ends of epochs that are kept no longer.
    lost: u64,
}

impl Epochs {
    fn of(&mut self, number: u64, over: &mut impl FnMut(&Arrival)) -> Option<&mut Epoch> {
        if self.list.back().is_none_or(|last| last.number < number) {
            self.list.push_back(Epoch { number, ..Epoch::default() });
            if self.list.len() > EPOCHS
                && let Some(mut oldest) = self.list.pop_front()
            {
                oldest.arrivals.drain(|arrival| over(&arrival));
                self.lost = self.lost.saturating_add(oldest.lost());
            }
        }
        self.list.iter_mut().rev().find(|epoch| epoch.number == number)
    }

    /// A frame on its way; `None` if it is too old to be followed. Those that must make room go to `over`.
    pub(super) fn arrival(&mut self, epoch: u64, n: u64, mut over: impl FnMut(&Arrival)) -> Option<&mut Arrival> {
        self.of(epoch, &mut over)?.arrivals.of(n, over)
    }

    /// A subscriber has been told an epoch to its end, and goes on to the next: others must have got as far.
    pub(super) fn leave(&mut self, place: Place, mut over: impl FnMut(&Arrival)) {
        if let (Some(next), Some(epoch)) = (place.next, self.of(place.epoch, &mut over)) {
            epoch.left += 1;
            epoch.furthest = epoch.furthest.max(next);
            epoch.sum = epoch.sum.saturating_add(next);
        }
    }

    /// Nothing is on its way any more. Tells how many frames were missing at the ends of epochs.
    pub(super) fn close(&mut self, mut over: impl FnMut(&Arrival)) -> u64 {
        let missing = self.lost + self.list.iter().map(Epoch::lost).sum::<u64>();
        for mut epoch in self.list.drain(..) {
            epoch.arrivals.drain(|arrival| over(&arrival));
        }
        std::mem::take(&mut self.lost);
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_by_one_and_what_is_missing_is_counted_once() {
        let mut place = Place::default();
        let steps = [7, 8, 11, 9, 11, 12].map(|n| place.step(n));
        assert_eq!(steps, [Step::First, Step::Right, Step::Passed(9, 10), Step::Back, Step::Back, Step::Right]);
        assert_eq!(place.told_up_to(12), Step::Right);
        assert_eq!(place.told_up_to(14), Step::Passed(13, 14), "the end is missing");
        assert_eq!(place.step(15), Step::Right);
        place.enter(2);
        assert_eq!(place.step(3), Step::First, "an epoch begins anywhere");
    }

    #[test]
    fn a_snapshot_says_what_comes_next() {
        let mut place = Place::default();
        place.begin(4);
        place.begin(4);
        assert_eq!(place.step(6), Step::Passed(5, 5));
        assert_eq!(place.told_up_to(20), Step::Passed(7, 20));
        assert_eq!(place.step(20), Step::Back, "it was said to have been sent");
    }

    #[test]
    fn what_is_missing_at_the_end_is_told() {
        let place = |epoch: u64, next: Option<u64>| Place { epoch, next };
        let target = place(2, Some(10));
        assert_eq!(place(2, Some(10)).missing(&target), 0);
        assert_eq!(place(2, Some(7)).missing(&target), 3);
        assert_eq!(place(1, Some(70)).missing(&target), 1);
        assert_eq!(place(2, None).missing(&target), 1);
        assert_eq!(place(3, None).missing(&target), 0);
    }

    #[test]
    fn a_lap_is_complete_when_all_leave_it_at_the_same_number() {
        let lost = |ends: &[u64]| {
            let mut epochs = Epochs::default();
            for end in ends {
                epochs.arrival(1, 1, |_| {});
                epochs.leave(Place { epoch: 1, next: Some(*end) }, |_| {});
            }
            for later in 2..20 {
                epochs.arrival(later, 1, |_| {});
            }
            epochs.close(|_| {})
        };
        assert_eq!((lost(&[102, 102, 102]), lost(&[102, 100, 101])), (0, 3));
    }

    #[test]
    fn epochs_are_kept_up_to_a_bound() {
        let (mut epochs, mut over) = (Epochs::default(), 0);
        for epoch in 1..=100 {
            assert!(epochs.arrival(epoch, 1, |_| over += 1).is_some());
        }
        assert!(epochs.arrival(1, 2, |_| over += 1).is_none(), "too long ago");
        assert_eq!((epochs.list.len(), over), (EPOCHS, 100 - EPOCHS));
        epochs.close(|_| over += 1);
        assert_eq!(over, 100);
    }
}
