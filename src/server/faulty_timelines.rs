//! Timelines with feed faults, built on demand: shared by all replays with the same scenario, plan and seed, within a budget.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::faults::{self, FaultPlan};
use crate::playback::{ErrorCode, Rejection};
use crate::scenario::Timeline;

/// The memory that all of them may take together.
const BUDGET_BYTES: usize = 256 << 20;

/// The timelines with feed faults that replays play at present.
#[derive(Debug)]
pub(super) struct FaultyTimelines {
    /// Held for a look-up.
    built: Mutex<HashMap<Key, Weak<Timeline>>>,
    /// Held while a timeline is built: a second request for it waits rather than build it again, and a flood of requests cannot
    /// take all memory at once.
    building: Mutex<()>,
    budget: usize,
}

/// What a timeline with faults is made from: the true one, by identity, the plan and the seed.
type Key = (usize, String, u64);

impl Default for FaultyTimelines {
    fn default() -> Self {
        Self { built: Mutex::default(), building: Mutex::default(), budget: BUDGET_BYTES }
    }
}

impl FaultyTimelines {
    /// A timeline with the faults of a plan. Takes time in proportion to its length. The rejection has the code
    /// [`ErrorCode::OverLimit`] where the budget is used up, else that of [`faults::apply`].
    pub(super) fn build(&self, timeline: &Timeline, plan: &FaultPlan, seed: u64) -> Result<Arc<Timeline>, Rejection> {
        let key = (timeline.identity().0, plan.to_string(), seed);
        let _alone = self.building.lock();
        let taken: usize = {
            let mut built = self.built.lock();
            // While a timeline exists, it holds the true one, so no other can have that identity.
            built.retain(|_, timeline| timeline.strong_count() > 0);
            if let Some(found) = built.get(&key).and_then(Weak::upgrade) {
                return Ok(found);
            }
            built.values().filter_map(Weak::upgrade).map(|timeline| timeline.feed_bytes()).sum()
        };
        let full = || {
            let message =
                "the timelines with faults of all replays take too much memory: close a replay, or retry later";
            Rejection::new(ErrorCode::OverLimit, message)
        };
        if taken >= self.budget {
            return Err(full());
        }
        let faulty = Arc::new(faults::apply(timeline, plan, seed)?);
        if taken + faulty.feed_bytes() > self.budget {
            return Err(full());
        }
        self.built.lock().insert(key, Arc::downgrade(&faulty));
        Ok(faulty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::SHIPPED;

    #[test]
    fn equal_plans_share_a_timeline_and_the_budget_is_kept() {
        let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
        let plan = FaultPlan::parse("drop:p=0.5").expect("a plan");
        let timelines = FaultyTimelines { budget: usize::MAX, ..FaultyTimelines::default() };
        let build = |timelines: &FaultyTimelines, seed| timelines.build(&timeline, &plan, seed);
        let first = build(&timelines, 1).expect("built");
        assert!(Arc::ptr_eq(&first, &build(&timelines, 1).expect("shared")));
        assert!(!Arc::ptr_eq(&first, &build(&timelines, 2).expect("another")));
        let tight = FaultyTimelines { budget: first.feed_bytes() * 3 / 2, ..FaultyTimelines::default() };
        let held = build(&tight, 1).expect("fits");
        assert_eq!(build(&tight, 2).expect_err("too much").code, ErrorCode::OverLimit);
        drop(held);
        assert!(build(&tight, 2).is_ok(), "the first one is gone");
    }
}
