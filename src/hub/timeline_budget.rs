//! The memory limit for timelines that clients cause: those of scenarios that they send, and those with feed faults.

use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::error_code::ErrorCode;
use crate::playback::Rejection;
use crate::scenario::{Timeline, WeakTimeline};

/// The default limit, in bytes.
pub const TIMELINE_BUDGET_BYTES: usize = 256 << 20;

/// Counts timelines for as long as something plays them.
#[derive(Debug)]
pub(super) struct TimelineBudget {
    limit: AtomicUsize,
    /// The timelines and their sizes. Held for a look-up.
    counted: Mutex<Vec<(WeakTimeline, usize)>>,
}

impl Default for TimelineBudget {
    fn default() -> Self {
        Self { limit: TIMELINE_BUDGET_BYTES.into(), counted: Mutex::default() }
    }
}

impl TimelineBudget {
    pub(super) fn set_limit(&self, bytes: usize) {
        self.limit.store(bytes, Ordering::Relaxed);
    }

    /// Refuses with `over_limit` if nothing is left. This spares the work of building a timeline.
    pub(super) fn check_free(&self) -> Result<(), Rejection> {
        self.try_add(None)
    }

    /// Counts a timeline of so many bytes, or refuses it with `over_limit`.
    pub(super) fn add(&self, timeline: &Timeline, bytes: usize) -> Result<(), Rejection> {
        self.try_add(Some((timeline.downgrade(), bytes)))
    }

    fn try_add(&self, added: Option<(WeakTimeline, usize)>) -> Result<(), Rejection> {
        let limit = self.limit.load(Ordering::Relaxed);
        let mut counted = self.counted.lock();
        counted.retain(|(timeline, _)| timeline.is_alive());
        let taken: usize = counted.iter().map(|(_, bytes)| bytes).sum();
        if taken.saturating_add(added.as_ref().map_or(1, |(_, bytes)| *bytes)) > limit {
            let message =
                "the timelines of sent scenarios and of replays with faults take too much memory: close a replay";
            return Err(Rejection::new(ErrorCode::OverLimit, message));
        }
        counted.extend(added);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::{FaultPlan, apply};
    use crate::scenario::SHIPPED;

    #[test]
    fn a_timeline_counts_until_nothing_plays_it_not_even_with_faults() {
        let budget = TimelineBudget::default();
        budget.set_limit(10);
        let timeline = || Timeline::new(&SHIPPED[0].load().expect("shipped"));
        let (first, second) = (timeline(), timeline());
        budget.add(&first, 6).expect("fits");
        assert_eq!(budget.add(&second, 5).expect_err("too much").code, ErrorCode::OverLimit);
        budget.check_free().expect("some is left");
        budget.add(&second, 4).expect("fits exactly");
        assert_eq!(budget.check_free().expect_err("nothing is left").code, ErrorCode::OverLimit);
        let faulty = apply(&first, &FaultPlan::parse("drop:p=0.5").expect("a plan"), 1).expect("playable");
        drop(first);
        assert!(budget.check_free().is_err(), "the one with faults holds it");
        drop(faulty);
        budget.add(&timeline(), 6).expect("its memory is free");
    }
}
