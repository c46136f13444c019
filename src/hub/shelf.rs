//! Where encoded frames are kept, all timelines' together, within a budget.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::frame::Frame;
use super::state_frame::{StateFrame, StateKey};

/// How many bytes of encoded events are kept unless somebody says otherwise.
pub const FRAME_BUDGET: usize = 64 << 20;
/// How many bytes of snapshots and tables there may be encoded, those kept for the next one who asks (after a seek, that is
/// everybody) and those that connections have been sent part of together. A season's whole match takes half a megabyte.
const STATES_BUDGET: usize = 8 << 20;
/// How many snapshots and tables may be known beyond those that are there, before the list is tidied.
const GONE: usize = 64;

/// Whose segments are kept.
pub(super) trait Tenant: std::fmt::Debug + Send + Sync {
    /// Whether a segment is spared for now: a cursor stands in it, or it was used since this was last asked.
    fn is_spared(&self, segment: usize) -> bool;

    /// Lets go of a segment. Whoever reads it just now keeps it that long.
    fn forget(&self, segment: usize);
}

/// Keeps encoded frames within a budget. What gives way first are segments in which no cursor stands, those longest unused
/// before others; the last one made always stays. What is needed again is encoded again.
#[derive(Debug)]
pub struct Shelf {
    budget: usize,
    /// Held while a list is searched or added to; never while encoding.
    segments: Mutex<Segments>,
    states_budget: usize,
    states: Mutex<States>,
    /// How many bytes of states there are, whoever holds them.
    states_bytes: Arc<AtomicUsize>,
}

/// Segments, in the order in which they will be considered for giving way.
#[derive(Debug, Default)]
struct Segments {
    queue: VecDeque<Held>,
    bytes: usize,
}

#[derive(Debug)]
struct Held {
    tenant: Weak<dyn Tenant>,
    segment: usize,
    bytes: usize,
}

/// The states that somebody asked for, of a timeline by its number.
#[derive(Debug, Default)]
struct States {
    /// All that may be found: those kept, and those that only connections still hold.
    known: HashMap<(u64, StateKey), Weak<StateFrame>>,
    /// Those kept, in the order in which they will be considered for eviction.
    kept: VecDeque<((u64, StateKey), Arc<StateFrame>)>,
    /// From how many known ones on those that are gone are looked for.
    tidy_at: usize,
}

impl States {
    fn add(&mut self, key: (u64, StateKey), frame: &Arc<StateFrame>) {
        self.known.insert(key, Arc::downgrade(frame));
        if self.known.len() > self.tidy_at {
            self.known.retain(|_, frame| frame.strong_count() > 0);
            self.tidy_at = 2 * self.known.len() + GONE;
        }
    }

    /// Lets go of those kept, unused ones first, as long as there are too many bytes.
    fn evict(&mut self, are_too_many: impl Fn() -> bool) {
        // Twice round at the most: after the first, only those are spared that connections hold. Nothing would be gained.
        for _ in 0..2 * self.kept.len() {
            if !are_too_many() {
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

impl Default for Shelf {
    fn default() -> Self {
        Self::within(FRAME_BUDGET)
    }
}

impl Shelf {
    /// With room for so many bytes of encoded events.
    pub fn within(budget: usize) -> Self {
        Self::with_budgets(budget, STATES_BUDGET)
    }

    /// The same, and so many bytes of snapshots and tables.
    pub(super) fn with_budgets(budget: usize, states_budget: usize) -> Self {
        Self {
            budget,
            segments: Mutex::default(),
            states_budget,
            states: Mutex::default(),
            states_bytes: Arc::default(),
        }
    }

    /// How many bytes of snapshots and tables there are encoded: those it keeps, and those that connections hold.
    pub fn states_bytes(&self) -> usize {
        self.states_bytes.load(Ordering::Relaxed)
    }

    /// Whether these are more than there is room for: whoever can do without them lets them go.
    pub(super) fn has_too_many_states(&self) -> bool {
        self.states_bytes() > self.states_budget
    }

    /// How many bytes of encoded events it holds.
    pub fn bytes(&self) -> usize {
        self.segments.lock().unwrap_or_else(PoisonError::into_inner).bytes
    }

    /// Notes a segment that has just been encoded; others give way to it.
    pub(super) fn put(&self, tenant: &Arc<dyn Tenant>, segment: usize, bytes: usize) {
        // Held until the lock is not: the last owner of frames may have gone meanwhile, and their end takes the lock.
        let mut considered = Vec::new();
        let mut segments = self.segments.lock().unwrap_or_else(PoisonError::into_inner);
        segments.bytes += bytes;
        // Twice round at the most: after the first, only those are spared in which a cursor stands.
        let mut spare = 2 * segments.queue.len();
        while segments.bytes > self.budget
            && let Some(held) = segments.queue.pop_front()
        {
            spare = spare.saturating_sub(1);
            let owner = held.tenant.upgrade();
            match &owner {
                Some(owner) if spare > 0 && owner.is_spared(held.segment) => segments.queue.push_back(held),
                _ => {
                    segments.bytes -= held.bytes;
                    if let Some(owner) = &owner {
                        owner.forget(held.segment);
                    }
                }
            }
            considered.extend(owner);
        }
        segments.queue.push_back(Held { tenant: Arc::downgrade(tenant), segment, bytes });
        drop(segments);
        drop(considered);
    }

    /// Lets go of all snapshots and tables that are kept for the next one who asks.
    #[cfg(test)]
    pub(super) fn evict_states(&self) {
        self.states.lock().unwrap_or_else(PoisonError::into_inner).kept.clear();
    }

    /// Gives the room of frames that are gone back.
    pub(super) fn forget_all(&self) {
        let mut segments = self.segments.lock().unwrap_or_else(PoisonError::into_inner);
        segments.queue.retain(|held| held.tenant.strong_count() > 0);
        segments.bytes = segments.queue.iter().map(|held| held.bytes).sum();
    }

    /// A snapshot or a table: the one that is there, or else what is encoded now.
    pub(super) fn state(&self, key: (u64, StateKey), encode: impl FnOnce() -> Frame) -> Arc<StateFrame> {
        let states = || self.states.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(frame) = states().known.get(&key).and_then(Weak::upgrade) {
            frame.used.store(true, Ordering::Relaxed);
            return frame;
        }
        let frame = StateFrame::counted(encode(), &self.states_bytes);
        let mut states = states();
        states.add(key, &frame);
        states.evict(|| self.has_too_many_states());
        if !self.has_too_many_states() {
            states.kept.push_back((key, frame.clone()));
        }
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::super::frames::Frames;
    use super::super::segment::SEGMENT_CUES;
    use super::*;
    use crate::dialect::native::SnapshotDetail;
    use crate::scenario::{SHIPPED, Scenario, Timeline, merge};

    /// Three segments of cues.
    fn season() -> Arc<Timeline> {
        let copy = |at: usize| {
            let text = SHIPPED[0].text().replace("juv-nap", &format!("copy-{at}"));
            Scenario::parse("a copy", &text).expect("a scenario")
        };
        let season = merge((0..7).map(copy).collect()).expect("matches that differ");
        let timeline = Arc::new(Timeline::new(&season));
        assert_eq!(timeline.cues().len().div_ceil(SEGMENT_CUES), 3);
        timeline
    }

    #[test]
    fn what_had_to_make_room_is_the_same_when_it_comes_back() {
        let timeline = season();
        let plenty = Frames::new(timeline.clone(), Arc::default());
        let tight = Arc::new(Shelf::within(1));
        let frames = Frames::new(timeline, tight.clone());
        for segment in [0, 1, 2, 0, 2, 1] {
            assert_eq!(frames.segment(segment).bytes(), plenty.segment(segment).bytes());
            assert_eq!(tight.bytes(), frames.segment(segment).memory(), "nothing but the last");
        }
        drop(frames);
        assert_eq!(tight.bytes(), 0);
    }

    #[test]
    fn segments_in_which_a_cursor_stands_give_way_last() {
        let timeline = season();
        let sizes: Vec<_> =
            (0..3).map(|segment| Frames::new(timeline.clone(), Arc::default()).segment(segment).memory()).collect();
        let shelf = Arc::new(Shelf::within(sizes[0] + sizes[1].max(sizes[2])));
        let frames = Frames::new(timeline, shelf.clone());
        let (first, second) = (frames.segment(0), frames.segment(1));
        let stand = frames.stand(0);
        frames.segment(2);
        assert!(Arc::ptr_eq(&first, &frames.segment(0)), "stood in");
        assert!(!Arc::ptr_eq(&second, &frames.segment(1)), "had to give way, and was made anew");
        drop(stand);
        frames.segment(2);
        frames.segment(1);
        assert!(shelf.bytes() <= sizes[0] + sizes[1].max(sizes[2]));
        let stands: Vec<_> = (0..3).map(|segment| frames.stand(segment)).collect();
        for segment in 0..3 {
            frames.segment(segment);
        }
        assert!(shelf.bytes() <= sizes[0] + sizes[1].max(sizes[2]), "the budget stands though all are stood in");
        drop(stands);
    }

    #[test]
    fn a_state_asked_for_twice_is_encoded_once() {
        let timeline = Arc::new(Timeline::new(&SHIPPED[1].load().expect("shipped")));
        let frames = Frames::new(timeline.clone(), Arc::default());
        let first = frames.snapshot(0, 10, SnapshotDetail::Key);
        let second = frames.snapshot(0, 10, SnapshotDetail::Key);
        let at = |frame: &StateFrame| frame.text().as_ptr();
        assert_eq!(at(&first), at(&second));
        assert_ne!(first.text(), frames.snapshot(1, 10, SnapshotDetail::Key).text());
        let others = Frames::new(timeline, frames.shelf().clone());
        assert_ne!(at(&first), at(&others.snapshot(0, 10, SnapshotDetail::Key)), "not another timeline's");
    }
}
