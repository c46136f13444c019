//! Exponential backoff with jitter between reconnection attempts.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

const INITIAL: Duration = Duration::from_millis(100);
const MAX: Duration = Duration::from_secs(5);

/// Delays that double up to [`MAX`]. Jitter of up to a half keeps the clients of one server from reconnecting all at
/// once.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next delay.
    pub(super) fn next(&mut self) -> Duration {
        // The standard library seeds its hashers at random, which is random enough here.
        let permille = RandomState::new().hash_one(self.failures) % 1_000;
        let delay = self.full_delay();
        self.failures = self.failures.saturating_add(1);
        delay / 2 + delay / 2 * u32::try_from(permille).unwrap_or(0) / 1_000
    }

    fn full_delay(&self) -> Duration {
        INITIAL.saturating_mul(1 << self.failures.min(10)).min(MAX)
    }

    /// A connection succeeded: the next delay is the shortest again.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_a_bound_and_are_never_longer() {
        let mut backoff = Backoff::default();
        for full in [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000] {
            let full = Duration::from_millis(full);
            assert_eq!(backoff.full_delay(), full);
            let delay = backoff.next();
            assert!(delay >= full / 2 && delay <= full, "{delay:?}");
        }
        backoff.reset();
        assert_eq!(backoff.full_delay(), INITIAL);
    }
}
