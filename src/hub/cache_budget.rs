//! The memory limit for encoded frames of all timelines together, and the eviction that keeps it.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::frame::Frame;
use super::state_frame::{StateFrame, StateKey};

/// The default limit for encoded events, in bytes.
pub const FRAME_BUDGET_BYTES: usize = 64 << 20;
/// The limit for encoded snapshots and tables, in bytes: those cached for the next request (after a seek, all subscribers
/// need the same), and those that are partly written to a connection. A snapshot of a whole match is about half a megabyte.
const STATES_BUDGET: usize = 8 << 20;
/// The number of stale entries at which the list of snapshots and tables is cleaned up.
const STALE_ENTRIES: usize = 64;

/// The owner of cached segments.
pub(super) trait Evictable: std::fmt::Debug + Send + Sync {
    /// Whether a segment is pinned, or was used since the last call.
    fn is_in_use(&self, segment: usize) -> bool;

    /// Drops a segment. Readers of the moment keep it until they are done.
    fn evict(&self, segment: usize);
}

/// Keeps encoded frames within a limit. Segments without a pin are evicted first, the longest unused ones before others; the
/// newest segment always stays. An evicted frame is encoded again when it is needed.
#[derive(Debug)]
pub struct CacheBudget {
    budget: usize,
    /// Held while a list is searched or added to, never while encoding.
    segments: Mutex<Segments>,
    states_budget: usize,
    states: Mutex<States>,
    /// The bytes of all snapshots and tables in memory, held by the cache or only by connections.
    states_bytes: Arc<AtomicUsize>,
}

/// The cached segments, in the order in which they are considered for eviction.
#[derive(Debug, Default)]
struct Segments {
    queue: VecDeque<CachedSegment>,
    bytes: usize,
}

#[derive(Debug)]
struct CachedSegment {
    owner: Weak<dyn Evictable>,
    segment: usize,
    bytes: usize,
}

/// Snapshots and tables by the number of their cache and their key.
#[derive(Debug, Default)]
struct States {
    /// All that can be found: those kept, and those that only connections still hold.
    known: HashMap<(u64, StateKey), Weak<StateFrame>>,
    /// Those kept, in the order in which they are considered for eviction.
    kept: VecDeque<((u64, StateKey), Arc<StateFrame>)>,
    /// The number of known entries at which stale ones are removed.
    cleanup_at: usize,
}

impl States {
    fn add(&mut self, key: (u64, StateKey), frame: &Arc<StateFrame>) {
        self.known.insert(key, Arc::downgrade(frame));
        if self.known.len() > self.cleanup_at {
            self.known.retain(|_, frame| frame.strong_count() > 0);
            self.cleanup_at = 2 * self.known.len() + STALE_ENTRIES;
        }
    }

    /// Evicts kept frames, unused ones first, while there are too many bytes.
    fn evict(&mut self, over_budget: impl Fn() -> bool) {
        // At most two rounds: after the first, only frames held by connections remain, and evicting those would free nothing.
        for _ in 0..2 * self.kept.len() {
            if !over_budget() {
                return;
            }
            let Some((key, frame)) = self.kept.pop_front() else { return };
            if Arc::strong_count(&frame) > 1 || frame.used.swap(false, Ordering::Relaxed) {
                self.kept.push_back((key, frame));
            } else {
                self.known.remove(&key);
            }
        }
    }
}

impl Default for CacheBudget {
    fn default() -> Self {
        Self::new(FRAME_BUDGET_BYTES)
    }
}

impl CacheBudget {
    /// A limit of `budget` bytes for encoded events.
    pub fn new(budget: usize) -> Self {
        Self::with_budgets(budget, STATES_BUDGET)
    }

    /// A limit for encoded events, and one for snapshots and tables, in bytes.
    pub(super) fn with_budgets(budget: usize, states_budget: usize) -> Self {
        Self {
            budget,
            segments: Mutex::default(),
            states_budget,
            states: Mutex::default(),
            states_bytes: Arc::default(),
        }
    }

    /// The bytes of encoded snapshots and tables in memory: those kept, and those that connections hold.
    pub fn states_bytes(&self) -> usize {
        self.states_bytes.load(Ordering::Relaxed)
    }

    /// Whether these exceed their limit. A connection then drops a frame that can be encoded again.
    pub(super) fn states_over_budget(&self) -> bool {
        self.states_bytes() > self.states_budget
    }

    /// The bytes of encoded events that are kept.
    pub fn bytes(&self) -> usize {
        self.segments.lock().bytes
    }

    /// Adds a segment that has just been encoded, and evicts others for it.
    pub(super) fn insert(&self, owner: &Arc<dyn Evictable>, segment: usize, bytes: usize) {
        // Dropped after the lock: this may be the last reference to a frame cache, whose drop takes the lock.
        let mut considered = Vec::new();
        let mut segments = self.segments.lock();
        segments.bytes += bytes;
        // At most two rounds: after the first, only pinned segments remain.
        let mut spare = 2 * segments.queue.len();
        while segments.bytes > self.budget
            && let Some(held) = segments.queue.pop_front()
        {
            spare = spare.saturating_sub(1);
            let owner = held.owner.upgrade();
            match &owner {
                Some(owner) if spare > 0 && owner.is_in_use(held.segment) => segments.queue.push_back(held),
                _ => {
                    segments.bytes -= held.bytes;
                    if let Some(owner) = &owner {
                        owner.evict(held.segment);
                    }
                }
            }
            considered.extend(owner);
        }
        segments.queue.push_back(CachedSegment { owner: Arc::downgrade(owner), segment, bytes });
        drop(segments);
        drop(considered);
    }

    /// Drops all snapshots and tables that are kept for the next request.
    #[cfg(test)]
    pub(super) fn evict_states(&self) {
        self.states.lock().kept.clear();
    }

    /// Removes the segments of caches that have been dropped.
    pub(super) fn remove_dropped(&self) {
        let mut segments = self.segments.lock();
        segments.queue.retain(|held| held.owner.strong_count() > 0);
        segments.bytes = segments.queue.iter().map(|held| held.bytes).sum();
    }

    /// A snapshot or a table: the cached one, or a new encoding.
    pub(super) fn get_or_encode_state(&self, key: (u64, StateKey), encode: impl FnOnce() -> Frame) -> Arc<StateFrame> {
        let states = || self.states.lock();
        if let Some(frame) = states().known.get(&key).and_then(Weak::upgrade) {
            frame.used.store(true, Ordering::Relaxed);
            return frame;
        }
        let frame = StateFrame::new_counted(encode(), &self.states_bytes);
        let mut states = states();
        states.add(key, &frame);
        states.evict(|| self.states_over_budget());
        if !self.states_over_budget() {
            states.kept.push_back((key, frame.clone()));
        }
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame_cache::FrameCache;
    use super::super::segment::SEGMENT_CUES;
    use super::*;
    use crate::dialect::native::SnapshotDetail;
    use crate::scenario::{SHIPPED, Scenario, Timeline};

    /// Three segments of cues.
    fn season() -> Arc<Timeline> {
        let copy = |at: usize| {
            let text = SHIPPED[0].text().replace("juv-nap", &format!("copy-{at}"));
            Scenario::parse("a copy", &text).expect("a scenario")
        };
        let season = Scenario::merge((0..7).map(copy).collect()).expect("matches that differ");
        let timeline = Arc::new(Timeline::new(&season));
        assert_eq!(timeline.cues().len().div_ceil(SEGMENT_CUES), 3);
        timeline
    }

    #[test]
    fn an_evicted_segment_is_the_same_when_it_is_encoded_again() {
        let timeline = season();
        let plenty = FrameCache::new(timeline.clone(), Arc::default());
        let tight = Arc::new(CacheBudget::new(1));
        let frames = FrameCache::new(timeline, tight.clone());
        for segment in [0, 1, 2, 0, 2, 1] {
            assert_eq!(frames.segment(segment).bytes(), plenty.segment(segment).bytes());
            assert_eq!(tight.bytes(), frames.segment(segment).memory_bytes(), "nothing but the last");
        }
        drop(frames);
        assert_eq!(tight.bytes(), 0);
    }

    #[test]
    fn pinned_segments_are_evicted_last() {
        let timeline = season();
        let sizes: Vec<_> = (0..3)
            .map(|segment| FrameCache::new(timeline.clone(), Arc::default()).segment(segment).memory_bytes())
            .collect();
        let budget = Arc::new(CacheBudget::new(sizes[0] + sizes[1].max(sizes[2])));
        let frames = FrameCache::new(timeline, budget.clone());
        let (first, second) = (frames.segment(0), frames.segment(1));
        let pin = frames.pin(0);
        frames.segment(2);
        assert!(Arc::ptr_eq(&first, &frames.segment(0)), "pinned");
        assert!(!Arc::ptr_eq(&second, &frames.segment(1)), "evicted, and encoded anew");
        drop(pin);
        frames.segment(2);
        frames.segment(1);
        assert!(budget.bytes() <= sizes[0] + sizes[1].max(sizes[2]));
        let pins: Vec<_> = (0..3).map(|segment| frames.pin(segment)).collect();
        for segment in 0..3 {
            frames.segment(segment);
        }
        assert!(budget.bytes() <= sizes[0] + sizes[1].max(sizes[2]), "the limit holds though all are pinned");
        drop(pins);
    }

    #[test]
    fn a_state_requested_twice_is_encoded_once() {
        let timeline = Arc::new(Timeline::new(&SHIPPED[1].load().expect("shipped")));
        let frames = FrameCache::new(timeline.clone(), Arc::default());
        let first = frames.snapshot(0, 10, SnapshotDetail::Key);
        let second = frames.snapshot(0, 10, SnapshotDetail::Key);
        let at = |frame: &StateFrame| frame.text().as_ptr();
        assert_eq!(at(&first), at(&second));
        assert_ne!(first.text(), frames.snapshot(1, 10, SnapshotDetail::Key).text());
        let others = FrameCache::new(timeline, frames.budget().clone());
        assert_ne!(at(&first), at(&others.snapshot(0, 10, SnapshotDetail::Key)), "not another timeline's");
    }
}
