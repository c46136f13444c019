//! What a subscriber has passed over: what comes late is told from what comes twice.

use std::collections::VecDeque;

/// How many holes are remembered; of older ones only how many numbers are in them.
const REMEMBERED: usize = 64;

/// Numbers that have not come although later ones have.
#[derive(Debug, Clone, Default)]
pub(super) struct Holes {
    /// The first and the last number of each, in order.
    list: VecDeque<(u64, u64)>,
    /// All holes that are forgotten lie below this number.
    forgotten_below: u64,
    /// How many numbers are in them.
    forgotten: u64,
}

impl Holes {
    /// Nothing from `first` to `last` has come. All holes before this one have lower numbers.
    pub(super) fn open(&mut self, first: u64, last: u64) {
        if first <= last {
            self.list.push_back((first, last));
            self.forget();
        }
    }

    /// Whether a number has not come yet, as far as is known.
    pub(super) fn has(&self, n: u64) -> bool {
        match n < self.forgotten_below {
            true => self.forgotten > 0,
            false => self.place(n).is_some(),
        }
    }

    /// A number comes. Returns whether it had not come before, as far as is known.
    pub(super) fn fill(&mut self, n: u64) -> bool {
        if n < self.forgotten_below {
            let missing = self.forgotten > 0;
            self.forgotten = self.forgotten.saturating_sub(1);
            return missing;
        }
        let Some(place) = self.place(n) else { return false };
        let (first, last) = self.list[place];
        let before = (first < n).then(|| (first, n - 1));
        let behind = (n < last).then(|| (n + 1, last));
        match (before, behind) {
            (None, None) => drop(self.list.remove(place)),
            (Some(rest), None) | (None, Some(rest)) => self.list[place] = rest,
            (Some(before), Some(behind)) => {
                self.list[place] = before;
                self.list.insert(place + 1, behind);
                self.forget();
            }
        }
        true
    }

    fn place(&self, n: u64) -> Option<usize> {
        let place = self.list.partition_point(|(_, last)| *last < n);
        self.list.get(place).filter(|(first, _)| *first <= n).map(|_| place)
    }

    fn forget(&mut self) {
        while self.list.len() > REMEMBERED
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
    fn what_is_forgotten_is_counted() {
        let mut holes = Holes::default();
        for n in 0..2 * REMEMBERED as u64 {
            holes.open(3 * n, 3 * n + 1);
        }
        assert_eq!((holes.list.len(), holes.forgotten), (REMEMBERED, 2 * REMEMBERED as u64));
        assert!(holes.fill(0) && holes.has(0), "others there are missing still");
        for _ in 1..2 * REMEMBERED {
            assert!(holes.fill(1));
        }
        assert!(!holes.fill(1) && !holes.has(1));
        holes.open(0, u64::MAX);
        assert!(holes.fill(u64::MAX) && !holes.fill(u64::MAX));
    }

    proptest! {
        #[test]
        fn a_number_is_missing_until_it_comes(
            gaps in prop::collection::vec((1..4u64, 1..6u64), 1..20),
            come in prop::collection::vec(0..150u64, 0..80),
        ) {
            let (mut holes, mut missing, mut at) = (Holes::default(), BTreeSet::new(), 0);
            for (right, lost) in gaps {
                at += right;
                holes.open(at, at + lost - 1);
                missing.extend(at..at + lost);
                at += lost;
            }
            for n in come {
                prop_assert_eq!(holes.has(n), missing.contains(&n));
                prop_assert_eq!(holes.fill(n), missing.remove(&n));
            }
        }
    }
}
