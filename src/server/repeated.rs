//! Lines of the log that others can cause at will: a flood of those must not fill it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Between two lines of a kind.
const EVERY: Duration = Duration::from_secs(1);

/// Lets through a line a second of each kind. Kinds stand in the code: nobody outside can make one.
#[derive(Debug, Default)]
pub(super) struct Repeated {
    /// When a line of each kind was last told, and how many have not been since. Held for the time of a look.
    kinds: Mutex<BTreeMap<&'static str, (Instant, u64)>>,
}

impl Repeated {
    /// Whether a line of a kind is to be told now, and if so, how many have not been since the last.
    pub(super) fn tell(&self, kind: &'static str, now: Instant) -> Option<u64> {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        match kinds.get_mut(kind) {
            Some((told, untold)) if now < *told + EVERY => {
                *untold += 1;
                None
            }
            Some((told, untold)) => {
                *told = now;
                Some(std::mem::take(untold))
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
    fn of_a_flood_a_line_a_second_is_told_and_how_many_were_not() {
        let (repeated, began) = (Repeated::default(), Instant::now());
        let told: Vec<_> =
            (0..2_500).filter_map(|at| repeated.tell("Host", began + Duration::from_millis(at))).collect();
        assert_eq!(told, [0, 999, 999]);
        assert_eq!(repeated.tell("Origin", began), Some(0), "each kind by itself");
        assert_eq!(repeated.tell("Host", began + Duration::from_secs(60)), Some(499));
        assert_eq!(repeated.tell("Host", began + Duration::from_secs(62)), Some(0));
    }
}
