//! What replays play: the frames of each timeline, shared by all replays of it, and timelines with feed faults, built on demand.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::cache_budget::CacheBudget;
use super::frame_cache::FrameCache;
use super::timeline_budget::TimelineBudget;
use crate::error_code::ErrorCode;
use crate::faults::{self, FaultPlan};
use crate::playback::Rejection;
use crate::scenario::Timeline;

/// How many requests may wait until their timeline is built.
const MAX_WAITING: usize = 64;

/// The frames of all timelines that are played.
#[derive(Debug)]
pub(super) struct Feeds {
    /// By the identity of the timeline. Held for a look-up.
    frames: Mutex<HashMap<(usize, usize), Weak<FrameCache>>>,
    budget: Arc<CacheBudget>,
    /// The timelines with feed faults that are played. Held for a look-up.
    faulty: Mutex<HashMap<FaultyKey, Weak<Timeline>>>,
    /// Held while a timeline with faults is built: a second request for it waits rather than build it again, and a flood of
    /// requests cannot take all memory at once.
    building: Mutex<()>,
    waiting: AtomicUsize,
    timeline_budget: Arc<TimelineBudget>,
}

/// What a timeline with faults is made from: the true one, by identity, the plan and the seed.
type FaultyKey = (usize, String, u64);

impl Feeds {
    pub(super) fn new(budget: Arc<CacheBudget>, timeline_budget: Arc<TimelineBudget>) -> Arc<Self> {
        Arc::new(Self {
            frames: Mutex::default(),
            budget,
            faulty: Mutex::default(),
            building: Mutex::default(),
            waiting: AtomicUsize::new(0),
            timeline_budget,
        })
    }

    /// The frames of a timeline.
    pub(super) fn frames_of(&self, timeline: Arc<Timeline>) -> Arc<FrameCache> {
        let mut frames = self.frames.lock();
        let identity = timeline.identity();
        // A frame cache holds its timeline, so that no other timeline can have the identity while it exists.
        if let Some(found) = frames.get(&identity).and_then(Weak::upgrade) {
            return found;
        }
        frames.retain(|_, frames| frames.strong_count() > 0);
        let made = FrameCache::new(timeline, self.budget.clone());
        frames.insert(identity, Arc::downgrade(&made));
        made
    }

    /// A timeline with the faults of a plan in place of its own. Takes time in proportion to its length, for which other requests
    /// wait. The rejection has the code [`ErrorCode::OverLimit`] where the memory for such timelines is used up or too many
    /// requests wait, else that of [`faults::apply`].
    pub(super) fn with_faults(
        &self,
        timeline: &Timeline,
        plan: &FaultPlan,
        seed: u64,
    ) -> Result<Arc<Timeline>, Rejection> {
        if plan.is_empty() {
            return Ok(Arc::new(timeline.truth()));
        }
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed);
        let built = if waiting < MAX_WAITING {
            self.build(timeline, plan, seed)
        } else {
            let message = "too many timelines with faults are being built at once; try again in a moment";
            Err(Rejection::new(ErrorCode::OverLimit, message))
        };
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        built
    }

    fn build(&self, timeline: &Timeline, plan: &FaultPlan, seed: u64) -> Result<Arc<Timeline>, Rejection> {
        let key = (timeline.identity().0, plan.to_string(), seed);
        let _alone = self.building.lock();
        {
            let mut faulty = self.faulty.lock();
            // While a timeline exists, it holds the true one, so no other can have that identity.
            faulty.retain(|_, timeline| timeline.strong_count() > 0);
            if let Some(found) = faulty.get(&key).and_then(Weak::upgrade) {
                return Ok(found);
            }
        }
        self.timeline_budget.check_free()?;
        let built = Arc::new(faults::apply(timeline, plan, seed)?);
        self.timeline_budget.add(&built, built.feed_bytes())?;
        self.faulty.lock().insert(key, Arc::downgrade(&built));
        Ok(built)
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
        let feeds = |bytes| {
            let feeds = Feeds::new(Arc::default(), Arc::default());
            feeds.timeline_budget.set_limit(bytes);
            feeds
        };
        let build = |feeds: &Feeds, seed| feeds.with_faults(&timeline, &plan, seed);
        let plenty = feeds(usize::MAX);
        let first = build(&plenty, 1).expect("built");
        assert!(Arc::ptr_eq(&first, &build(&plenty, 1).expect("shared")));
        assert!(!Arc::ptr_eq(&first, &build(&plenty, 2).expect("another")));
        let tight = feeds(first.feed_bytes() * 3 / 2);
        let held = build(&tight, 1).expect("fits");
        assert_eq!(build(&tight, 2).expect_err("too much").code, ErrorCode::OverLimit);
        drop(held);
        assert!(build(&tight, 2).is_ok(), "the first one is gone");
        let off = |timeline: &Timeline| plenty.with_faults(timeline, &FaultPlan::default(), 0).expect("no faults");
        let (one, other) = (plenty.frames_of(off(&timeline)), plenty.frames_of(off(&first)));
        assert!(Arc::ptr_eq(&one, &other), "the truth has one set of frames");
    }
}
