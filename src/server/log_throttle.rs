//! Throttles log lines that clients can cause at will, so that a flood of them does not fill the log.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// The interval between two lines of a kind.
const EVERY: Duration = Duration::from_secs(1);

/// Allows one line a second of each kind. Kinds are constants of the code: clients cannot make new ones.
#[derive(Debug, Default)]
pub(super) struct LogThrottle {
    /// When a line of each kind was last logged, and how many have been suppressed since. Locked only for a look-up.
    kinds: Mutex<BTreeMap<&'static str, (Instant, u64)>>,
}

impl LogThrottle {
    /// `Some(suppressed)` if a line of this kind may be logged now: how many were suppressed since the last one. `None`
    /// counts the line as suppressed.
    pub(super) fn allow(&self, kind: &'static str, now: Instant) -> Option<u64> {
        let mut kinds = self.kinds.lock();
        match kinds.get_mut(kind) {
            Some((last, suppressed)) if now < *last + EVERY => {
                *suppressed += 1;
                None
            }
            Some((last, suppressed)) => {
                *last = now;
                Some(std::mem::take(suppressed))
            }
            None => {
                kinds.insert(kind, (now, 0));
                Some(0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_throttled_to_a_line_a_second_with_the_number_of_suppressed_ones() {
        let (log_throttle, began) = (LogThrottle::default(), Instant::now());
        let last: Vec<_> =
            (0..2_500).filter_map(|at| log_throttle.allow("Host", began + Duration::from_millis(at))).collect();
        assert_eq!(last, [0, 999, 999]);
        assert_eq!(log_throttle.allow("Origin", began), Some(0), "each kind by itself");
        assert_eq!(log_throttle.allow("Host", began + Duration::from_secs(60)), Some(499));
        assert_eq!(log_throttle.allow("Host", began + Duration::from_secs(62)), Some(0));
    }
}
