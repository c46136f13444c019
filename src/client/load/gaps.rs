//! The gaps in a subscriber's sequence: they tell a late number from a duplicate.

use std::collections::VecDeque;

/// The number of gaps kept exactly; of older ones only the count of missing numbers is kept.
const MAX_GAPS: usize = 64;

/// Numbers not received although later ones were.
#[derive(Debug, Clone, Default)]
pub(super) struct Gaps {
    /// The first and the last number of each gap, ascending.
    list: VecDeque<(u64, u64)>,
    /// All forgotten gaps lie below this number.
    forgotten_below: u64,
    /// The count of numbers missing in them.
    forgotten: u64,
}

impl Gaps {
    /// Adds the gap from `first` to `last`. All earlier gaps have lower numbers.
    pub(super) fn open(&mut self, first: u64, last: u64) {
        if first <= last {
            self.list.push_back((first, last));
            self.forget();
        }
    }

    /// Whether a number is missing. Among forgotten gaps every number may be, as long as the count lasts.
    pub(super) fn has(&self, n: u64) -> bool {
        if n < self.forgotten_below { self.forgotten > 0 } else { self.find_gap_containing(n).is_some() }
    }

    /// Removes a number that was received. Returns whether it was missing, as far as is known.
    pub(super) fn fill(&mut self, n: u64) -> bool {
        if n < self.forgotten_below {
            let missing = self.forgotten > 0;
            self.forgotten = self.forgotten.saturating_sub(1);
            return missing;
        }
        let Some(index) = self.find_gap_containing(n) else { return false };
        let (first, last) = self.list[index];
        let before = (first < n).then(|| (first, n - 1));
        let after = (n < last).then(|| (n + 1, last));
        match (before, after) {
            (None, None) => drop(self.list.remove(index)),
            (Some(rest), None) | (None, Some(rest)) => self.list[index] = rest,
            (Some(before), Some(after)) => {
                self.list[index] = before;
                self.list.insert(index + 1, after);
                self.forget();
            }
        }
        true
    }

    fn find_gap_containing(&self, n: u64) -> Option<usize> {
        let index = self.list.partition_point(|(_, last)| *last < n);
        self.list.get(index).filter(|(first, _)| *first <= n).map(|_| index)
    }

    fn forget(&mut self) {
        while self.list.len() > MAX_GAPS
            && let Some((first, last)) = self.list.pop_front()
        {
            self.forgotten = self.forgotten.saturating_add(last - first).saturating_add(1);
            self.forgotten_below = last.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_in_forgotten_gaps_are_counted() {
        let mut gaps = Gaps::default();
        for n in 0..2 * MAX_GAPS as u64 {
            gaps.open(3 * n, 3 * n + 1);
        }
        assert_eq!((gaps.list.len(), gaps.forgotten), (MAX_GAPS, 2 * MAX_GAPS as u64));
        assert!(gaps.fill(0) && gaps.has(0), "others are still missing there");
        for _ in 1..2 * MAX_GAPS {
            assert!(gaps.fill(1));
        }
        assert!(!gaps.fill(1) && !gaps.has(1));
        gaps.open(0, u64::MAX);
        assert!(gaps.fill(u64::MAX) && !gaps.fill(u64::MAX));
    }

    proptest! {
        #[test]
        fn a_number_is_missing_until_it_is_received(
            layout in prop::collection::vec((1..4u64, 1..6u64), 1..20),
            received in prop::collection::vec(0..150u64, 0..80),
        ) {
            let (mut gaps, mut missing, mut at) = (Gaps::default(), BTreeSet::new(), 0);
            for (right, lost) in layout {
                at += right;
                gaps.open(at, at + lost - 1);
                missing.extend(at..at + lost);
                at += lost;
            }
            for n in received {
                prop_assert_eq!(gaps.has(n), missing.contains(&n));
                prop_assert_eq!(gaps.fill(n), missing.remove(&n));
            }
        }
    }
}
