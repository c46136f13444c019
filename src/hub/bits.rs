//! A bit set of small numbers.

/// A set of numbers below a bound.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct BitSet(Box<[u64]>);

impl BitSet {
    /// An empty set for numbers below `bound`.
    pub(super) fn with_bound(bound: usize) -> Self {
        Self(vec![0; bound.div_ceil(64)].into())
    }

    /// Adds a number. A number that is not below the bound is ignored.
    pub(super) fn insert(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
    }

    /// Whether the set contains a number.
    pub(super) fn contains(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// The number of members.
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The members in ascending order.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(at, word)| {
            let rest = std::iter::successors(Some(*word), |rest| Some(rest & (rest.wrapping_sub(1))));
            rest.take_while(|rest| *rest != 0).map(move |rest| 64 * at + rest.trailing_zeros() as usize)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_bit_set_holds_what_a_set_of_numbers_holds(bound in 0usize..200, numbers in prop::collection::vec(0usize..200, 0..40)) {
            let numbers: BTreeSet<usize> = numbers.into_iter().filter(|number| *number < bound).collect();
            let mut bits = BitSet::with_bound(bound);
            numbers.iter().for_each(|number| bits.insert(*number));
            prop_assert_eq!(bits.len(), numbers.len());
            prop_assert!(bits.iter().eq(numbers.iter().copied()));
            prop_assert!((0..300).all(|number| bits.contains(number) == numbers.contains(&number)));
        }
    }
}
