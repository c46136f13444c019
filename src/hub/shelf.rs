//! Where encoded frames are kept, all timelines' together, within a budget.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::frame::Frame;
use crate::dialect::native::SnapshotDetail;

/// How many bytes of encoded events are kept unless somebody says otherwise.
pub const FRAME_BUDGET: usize = 64 << 20;
/// How many bytes of snapshots and tables are kept for the next one who asks: after a seek, that is everybody.
const STATES_BUDGET: usize = 4 << 20;

/// Whose segments are kept.
pub(super) trait Tenant: std::fmt::Debug + Send + Sync {
    /// Whether a segment is spared for now: a cursor stands in it, or it was used since this was last asked.
    fn is_spared(&self, segment: usize) -> bool;

    /// Lets go of a segment. Whoever reads it just now keeps it that long.
    fn forget(&self, segment: usize);
}

/// Which snapshot or table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum StateKey {
    Snapshot { track: usize, index: usize, detail: SnapshotDetail },
    Table { table: usize, index: usize },
}

/// Keeps encoded frames within a budget. What gives way first are segments in which no cursor stands, those longest unused
/// before others; the last one made always stays. What is needed again is encoded again.
#[derive(Debug)]
pub struct Shelf {
    budget: usize,
    /// Held while a list is searched or added to; never while encoding.
    segments: Mutex<Segments>,
    states: Mutex<States>,
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

/// The most recent states that somebody asked for.
#[derive(Debug, Default)]
struct States {
    held: HashMap<(u64, StateKey), Frame>,
    order: VecDeque<(u64, StateKey)>,
    bytes: usize,
}

impl Default for Shelf {
    fn default() -> Self {
        Self::within(FRAME_BUDGET)
    }
}

impl Shelf {
    /// With room for so many bytes of encoded events.
    pub fn within(budget: usize) -> Self {
        Self { budget, segments: Mutex::default(), states: Mutex::default() }
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

    /// Gives the room of frames that are gone back.
    pub(super) fn forget_all(&self) {
        let mut segments = self.segments.lock().unwrap_or_else(PoisonError::into_inner);
        segments.queue.retain(|held| held.tenant.strong_count() > 0);
        segments.bytes = segments.queue.iter().map(|held| held.bytes).sum();
    }

    /// A snapshot or a table: the one kept, or else what is encoded now.
    pub(super) fn state(&self, key: (u64, StateKey), encode: impl FnOnce() -> Frame) -> Frame {
        let states = || self.states.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(frame) = states().held.get(&key) {
            return frame.clone();
        }
        let frame = encode();
        let mut states = states();
        if states.held.insert(key, frame.clone()).is_none() {
            states.bytes += frame.memory();
            states.order.push_back(key);
        }
        while states.bytes > STATES_BUDGET
            && let Some(oldest) = states.order.pop_front()
        {
            let gone = states.held.remove(&oldest);
            states.bytes -= gone.map_or(0, |gone| gone.memory());
        }
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::super::frames::Frames;
    use super::super::segment::SEGMENT_CUES;
    use super::*;
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
        let at = |frame: &Frame| frame.text().as_ptr();
        assert_eq!(at(&first), at(&second));
        assert_ne!(first.text(), frames.snapshot(1, 10, SnapshotDetail::Key).text());
        let others = Frames::new(timeline, frames.shelf().clone());
        assert_ne!(at(&first), at(&others.snapshot(0, 10, SnapshotDetail::Key)), "not another timeline's");
    }
}
