//! Order and completeness by sequence numbers that rise by one: those of Touchline's events, or of a named field.

use super::gaps::Gaps;
use super::tally::Faults;

/// The position of one subscriber in the sequence. Positions compare by epoch, then by number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SequencePosition {
    pub(super) epoch: u64,
    /// The number expected next; `None` while unknown.
    pub(super) next: Option<u64>,
}

/// How a number compares with the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SequenceStep {
    InOrder,
    /// The first number, where none was expected.
    First,
    /// Numbers were skipped: the first and the last of them.
    Skipped(u64, u64),
    /// The number is lower than expected: a duplicate, or late.
    Back,
}

impl SequencePosition {
    /// Starts an epoch. Its numbers may begin anywhere.
    fn enter(&mut self, epoch: u64) {
        *self = Self { epoch, next: None };
    }

    /// All numbers up to `n` are covered, as by a snapshot.
    fn begin_after(&mut self, n: u64) {
        self.next.get_or_insert(n.saturating_add(1));
    }

    /// Advances by a received number.
    fn advance(&mut self, n: u64) -> SequenceStep {
        let expected = self.next;
        if expected.is_some_and(|expected| n < expected) {
            return SequenceStep::Back;
        }
        self.next = Some(n.saturating_add(1));
        match expected {
            None => SequenceStep::First,
            Some(expected) if expected < n => SequenceStep::Skipped(expected, n - 1),
            Some(_) => SequenceStep::InOrder,
        }
    }

    /// Advances by a statement of the server that it has sent everything up to `n`. With a filter the last number
    /// received may be lower.
    fn advance_to(&mut self, n: u64) -> SequenceStep {
        match self.next {
            Some(next) if n < next => SequenceStep::InOrder,
            Some(next) => {
                self.next = Some(n.saturating_add(1));
                SequenceStep::Skipped(next, n)
            }
            None => {
                self.begin_after(n);
                SequenceStep::InOrder
            }
        }
    }

    /// How many numbers are missing up to `target`. If this position is in an earlier epoch, or nothing was received,
    /// the number is unknown and counts as one.
    pub(super) fn missing_count(&self, target: &Self) -> u64 {
        match (self.next, target.next) {
            _ if self >= target => 0,
            (Some(next), Some(end)) if self.epoch == target.epoch => end - next,
            _ => 1,
        }
    }
}

/// Checks the sequence of one subscriber.
#[derive(Debug, Default)]
pub(super) struct SequenceTracker {
    pub(super) position: SequencePosition,
    /// The skipped numbers, which may still arrive late.
    gaps: Gaps,
    /// The first number received, if none was expected; else 0. Lower numbers were not counted as lost.
    first: u64,
}

impl SequenceTracker {
    /// Starts an epoch: gaps of the earlier one are forgotten.
    pub(super) fn enter(&mut self, epoch: u64) {
        self.position.enter(epoch);
        (self.gaps, self.first) = (Gaps::default(), 0);
    }

    /// All numbers up to `n` are covered, as by a snapshot.
    pub(super) fn begin_after(&mut self, n: u64) {
        self.position.begin_after(n);
    }

    /// Records a received number. `complete`: whether a skipped number is a lost frame; with a filter it is not.
    pub(super) fn receive(&mut self, n: u64, complete: bool, faults: &mut Faults) -> SequenceStep {
        let step = self.position.advance(n);
        self.record_step(n, step, complete, faults);
        step
    }

    /// Records a statement of the server that it has sent everything up to `n`.
    pub(super) fn advance_to(&mut self, n: u64, complete: bool, faults: &mut Faults) {
        let step = self.position.advance_to(n);
        self.record_step(n, step, complete, faults);
    }

    /// Records the number of a frame that is no event: that of the event which it follows, or one that no event has.
    pub(super) fn pass(&mut self, n: u64, complete: bool, faults: &mut Faults) {
        if self.position.next.is_some_and(|next| n >= next) {
            self.receive(n, complete, faults);
        }
    }

    fn record_step(&mut self, n: u64, step: SequenceStep, complete: bool, faults: &mut Faults) {
        match step {
            SequenceStep::InOrder => {}
            SequenceStep::First => self.first = n,
            SequenceStep::Skipped(first, last) => {
                if complete {
                    faults.lost = faults.lost.saturating_add(last - first).saturating_add(1);
                }
                self.gaps.open(first, last);
            }
            SequenceStep::Back if n < self.first => faults.out_of_order += 1,
            // Late, and therefore not lost.
            SequenceStep::Back if self.gaps.fill(n) => {
                faults.out_of_order += 1;
                if complete {
                    faults.lost = faults.lost.saturating_sub(1);
                }
            }
            SequenceStep::Back => {
                faults.extra += 1;
                faults.duplicates += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_by_one_and_what_is_missing_is_counted_once() {
        let mut position = SequencePosition::default();
        let steps = [7, 8, 11, 9, 11, 12].map(|n| position.advance(n));
        assert_eq!(
            steps,
            [
                SequenceStep::First,
                SequenceStep::InOrder,
                SequenceStep::Skipped(9, 10),
                SequenceStep::Back,
                SequenceStep::Back,
                SequenceStep::InOrder
            ]
        );
        assert_eq!(position.advance_to(12), SequenceStep::InOrder);
        assert_eq!(position.advance_to(14), SequenceStep::Skipped(13, 14), "the end is missing");
        assert_eq!(position.advance(15), SequenceStep::InOrder);
        position.enter(2);
        assert_eq!(position.advance(3), SequenceStep::First, "an epoch begins anywhere");
    }

    #[test]
    fn a_snapshot_says_what_comes_next() {
        let mut position = SequencePosition::default();
        position.begin_after(4);
        position.begin_after(4);
        assert_eq!(position.advance(6), SequenceStep::Skipped(5, 5));
        assert_eq!(position.advance_to(20), SequenceStep::Skipped(7, 20));
        assert_eq!(position.advance(20), SequenceStep::Back, "the server stated it as sent");
    }

    #[test]
    fn what_is_missing_at_the_end_is_counted() {
        let position = |epoch: u64, next: Option<u64>| SequencePosition { epoch, next };
        let target = position(2, Some(10));
        assert_eq!(position(2, Some(10)).missing_count(&target), 0);
        assert_eq!(position(2, Some(7)).missing_count(&target), 3);
        assert_eq!(position(1, Some(70)).missing_count(&target), 1);
        assert_eq!(position(2, None).missing_count(&target), 1);
        assert_eq!(position(3, None).missing_count(&target), 0);
    }
}
