//! Why connections failed or ended: a few causes, however many connections.

use std::collections::BTreeMap;

/// How many different causes are told apart.
const CAUSES: usize = 20;

/// How often something happened, by its cause: a bounded number of causes.
#[derive(Debug, Clone, Default)]
pub struct Causes(BTreeMap<String, usize>);

impl Causes {
    /// Notes one more, or several.
    pub(super) fn note(&mut self, cause: String, times: usize) {
        let cause = match self.0.len() < CAUSES || self.0.contains_key(&cause) {
            true => cause,
            false => "other causes".to_owned(),
        };
        *self.0.entry(cause).or_default() += times;
    }

    /// How many in all.
    pub fn total(&self) -> usize {
        self.0.values().sum()
    }

    /// The causes, and how often each was one.
    pub fn iter(&self) -> impl Iterator<Item = (&str, usize)> {
        self.0.iter().map(|(cause, times)| (cause.as_str(), *times))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_apart_up_to_a_bound() {
        let mut causes = Causes::default();
        (0..100).for_each(|cause| causes.note(format!("cause {cause}"), 2));
        assert_eq!((causes.total(), causes.iter().count()), (200, CAUSES + 1));
    }
}
