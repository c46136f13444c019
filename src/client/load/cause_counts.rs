//! Counts failures and disconnects by cause, for a bounded number of causes.

use std::collections::BTreeMap;

/// The number of causes counted apart; all others are "other causes".
const MAX_CAUSES: usize = 20;

/// How often something happened, by cause.
#[derive(Debug, Clone, Default)]
pub struct CauseCounts(BTreeMap<String, usize>);

impl CauseCounts {
    /// Adds a number of occurrences.
    pub(super) fn add(&mut self, cause: String, times: usize) {
        let cause =
            if self.0.len() < MAX_CAUSES || self.0.contains_key(&cause) { cause } else { "other causes".to_owned() };
        *self.0.entry(cause).or_default() += times;
    }

    /// The number of occurrences, over all causes.
    pub fn total(&self) -> usize {
        self.0.values().sum()
    }

    /// The causes and their counts.
    pub fn iter(&self) -> impl Iterator<Item = (&str, usize)> {
        self.0.iter().map(|(cause, times)| (cause.as_str(), *times))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_causes_is_bounded() {
        let mut causes = CauseCounts::default();
        (0..100).for_each(|cause| causes.add(format!("cause {cause}"), 2));
        assert_eq!((causes.total(), causes.iter().count()), (200, MAX_CAUSES + 1));
    }
}
