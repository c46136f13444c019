//! How long to wait before trying again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// Waits that double, each shortened by chance, so that many clients of one server do not come back all at once.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next wait.
    pub(super) fn next(&mut self) -> Duration {
        // The standard library seeds its hashers at random: chance enough for this.
        let chance = RandomState::new().hash_one(self.failures) % 1_000;
        let whole = self.whole();
        self.failures = self.failures.saturating_add(1);
        whole / 2 + whole / 2 * u32::try_from(chance).unwrap_or(0) / 1_000
    }

    fn whole(&self) -> Duration {
        FIRST.saturating_mul(1 << self.failures.min(10)).min(LONGEST)
    }

    /// It went well: the next time begins with a short wait again.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound_and_are_never_longer() {
        let mut backoff = Backoff::default();
        for whole in [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000] {
            let whole = Duration::from_millis(whole);
            assert_eq!(backoff.whole(), whole);
            let wait = backoff.next();
            assert!(wait >= whole / 2 && wait <= whole, "{wait:?}");
        }
        backoff.reset();
        assert_eq!(backoff.whole(), FIRST);
    }
}
