//! The encoded frames of a timeline: segments, encoded when the first cursor reaches them, and snapshots and tables. All share
//! the memory limit of a [`CacheBudget`].
//!
//! A frame is a pure function of the timeline. Its bytes are the same for every subscriber of every replay, and the same again
//! when a frame is encoded anew after its eviction.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::cache_budget::{CacheBudget, Evictable};
use super::frame::Frame;
use super::run::run_of;
use super::segment::{SEGMENT_CUES, Segment};
use super::state_frame::{StateFrame, StateKey};
use crate::dialect::native::{self, SnapshotDetail};
use crate::scenario::Timeline;

/// The most cues that are encoded one by one rather than as a segment.
pub(super) const SINGLE_CUES: usize = 8;
/// The number of cues encoded together for a cursor at the head. Singly, code and data are cold each time, and encoding costs as
/// much as sending.
const HEAD_BATCH: usize = 16;
/// Encode the whole segment once this many of its cues have been requested: twice what it holds, so that a match which is
/// played once to subscribers that keep up never needs it.
const WHOLE_SEGMENT_AFTER: usize = 2 * SEGMENT_CUES;

/// The place of a segment in the cache.
#[derive(Debug, Default)]
struct SegmentSlot {
    /// Held while the segment is encoded: a second request waits rather than encode it again.
    segment: Mutex<Option<Arc<Segment>>>,
    /// The number of cursors in the segment.
    pins: AtomicU32,
    /// Whether the segment was used since it was last considered for eviction.
    used: AtomicBool,
    /// The number of cues that were encoded singly because the segment was missing.
    singles: AtomicU32,
}

/// The encoded frames of a timeline.
#[derive(Debug)]
pub struct FrameCache {
    id: u64,
    run: u32,
    run_text: String,
    timeline: Arc<Timeline>,
    slots: Box<[SegmentSlot]>,
    /// The batch last encoded at the head. Held for a look-up, and while the batch is encoded.
    head_batch: Mutex<Option<(Range<usize>, Arc<Segment>)>>,
    budget: Arc<CacheBudget>,
}

/// Pins a segment as long as a cursor is in it. Pinned segments are evicted last.
#[derive(Debug)]
pub(super) struct SegmentPin {
    frames: Arc<FrameCache>,
    /// The index of the segment.
    pub(super) segment: usize,
}

impl Clone for SegmentPin {
    fn clone(&self) -> Self {
        self.frames.pin(self.segment)
    }
}

impl Drop for SegmentPin {
    fn drop(&mut self) {
        self.frames.slots[self.segment].pins.fetch_sub(1, Ordering::Relaxed);
    }
}

impl FrameCache {
    /// An empty cache for a timeline, within a budget.
    pub fn new(timeline: Arc<Timeline>, budget: Arc<CacheBudget>) -> Arc<Self> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        let run = run_of(&timeline);
        let slots = std::iter::repeat_with(SegmentSlot::default).take(timeline.cues().len().div_ceil(SEGMENT_CUES));
        Arc::new(Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            run,
            run_text: format!("{run:08x}"),
            slots: slots.collect(),
            head_batch: Mutex::default(),
            timeline,
            budget,
        })
    }

    /// The timeline.
    pub fn timeline(&self) -> &Arc<Timeline> {
        &self.timeline
    }

    /// Identifies the frames ([`run_of`]).
    pub fn run(&self) -> u32 {
        self.run
    }

    /// [`Self::run`] as on the wire.
    pub fn run_text(&self) -> &str {
        &self.run_text
    }

    /// The budget.
    pub fn budget(&self) -> &Arc<CacheBudget> {
        &self.budget
    }

    /// A segment, encoded now if it is missing. Cue `index` lies in segment `index / SEGMENT_CUES`.
    pub fn segment(self: &Arc<Self>, segment: usize) -> Arc<Segment> {
        let slot = &self.slots[segment];
        slot.used.store(true, Ordering::Relaxed);
        let mut held = slot.segment.lock();
        if let Some(encoded) = &*held {
            return encoded.clone();
        }
        let encoded = Arc::new(Segment::encode(&self.timeline, segment * SEGMENT_CUES, SEGMENT_CUES));
        *held = Some(encoded.clone());
        drop(held);
        let owner: Arc<dyn Evictable> = self.clone();
        self.budget.insert(&owner, segment, encoded.memory_bytes());
        encoded
    }

    /// The frames of a few cues (at most [`SINGLE_CUES`], all of one segment), and the cue with which the returned batch begins.
    /// `None` where the whole segment should be used: it is cached, or has been missed often enough to be worth encoding.
    ///
    /// A match that plays at its head needs one cue at a time. Encoding 256 cues for the first would delay it, and would delay
    /// every cue where the matches exceed the budget. A few more cues are encoded along and kept for the next request.
    pub(super) fn encode_at_head(&self, cues: Range<usize>) -> Option<(usize, Arc<Segment>)> {
        if self.is_cached(cues.start) {
            return None;
        }
        let mut head_batch = self.head_batch.lock();
        if let Some((held, encoded)) = &*head_batch
            && held.start <= cues.start
            && cues.end <= held.end
        {
            return Some((held.start, encoded.clone()));
        }
        let end = (cues.start + HEAD_BATCH).min((cues.start / SEGMENT_CUES + 1) * SEGMENT_CUES);
        let held = cues.start..end.min(self.timeline.cues().len());
        let encoded = Arc::new(self.encode_singly(held.clone())?);
        *head_batch = Some((held.clone(), encoded.clone()));
        Some((held.start, encoded))
    }

    /// Encodes just these cues, where that is better than the whole segment: for cues that lie scattered.
    pub(super) fn encode_singly(&self, cues: Range<usize>) -> Option<Segment> {
        if self.is_cached(cues.start) {
            return None;
        }
        let slot = &self.slots[cues.start / SEGMENT_CUES];
        let missed = slot.singles.fetch_add(u32::try_from(cues.len()).unwrap_or(u32::MAX), Ordering::Relaxed);
        if missed as usize >= WHOLE_SEGMENT_AFTER {
            slot.singles.store(0, Ordering::Relaxed);
            return None;
        }
        Some(Segment::encode(&self.timeline, cues.start, cues.len()))
    }

    /// Whether the segment of a cue is cached.
    fn is_cached(&self, cue: usize) -> bool {
        self.slots[cue / SEGMENT_CUES].segment.lock().is_some()
    }

    /// Pins a segment.
    pub(super) fn pin(self: &Arc<Self>, segment: usize) -> SegmentPin {
        self.slots[segment].pins.fetch_add(1, Ordering::Relaxed);
        SegmentPin { frames: self.clone(), segment }
    }

    /// The snapshot frame of a match after `index` cues.
    pub fn snapshot(&self, track: usize, index: usize, detail: SnapshotDetail) -> Arc<StateFrame> {
        self.state(StateKey::Snapshot { track, index, past: self.timeline.true_index(index), detail })
    }

    /// The frame of a league table after `index` cues.
    pub fn table(&self, table: usize, index: usize) -> Arc<StateFrame> {
        self.state(StateKey::Table { table, index, past: self.timeline.true_index(index) })
    }

    /// A snapshot or a table, encoded now if it is missing.
    pub(super) fn state(&self, key: StateKey) -> Arc<StateFrame> {
        let timeline = &self.timeline;
        self.budget.get_or_encode_state((self.id, key), || {
            Frame::encode(|out| match key {
                StateKey::Snapshot { track, index, past, detail } => {
                    native::write_snapshot(timeline, track, index, past, detail, out)
                }
                StateKey::Table { table, index, past } => {
                    native::write_table(&timeline.truth().table_at(table, past), index, out)
                }
                StateKey::Matches { kickoff_offset } => native::write_match_lines(timeline, kickoff_offset, out),
            })
        })
    }
}

impl Evictable for FrameCache {
    fn is_in_use(&self, segment: usize) -> bool {
        let slot = &self.slots[segment];
        slot.used.swap(false, Ordering::Relaxed) || slot.pins.load(Ordering::Relaxed) > 0
    }

    fn evict(&self, segment: usize) {
        *self.slots[segment].segment.lock() = None;
    }
}

impl Drop for FrameCache {
    fn drop(&mut self) {
        self.budget.remove_dropped();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::SHIPPED;

    #[test]
    fn at_the_head_a_few_cues_are_encoded_together_and_kept() {
        let timeline = Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")));
        let frames = FrameCache::new(timeline.clone(), Arc::default());
        let whole = Segment::encode(&timeline, 0, SEGMENT_CUES);
        let encoded = || frames.slots[0].singles.load(Ordering::Relaxed);
        for cue in 0..timeline.cues().len() {
            let (from, held) = frames.encode_at_head(cue..cue + 1).expect("not as a segment");
            let texts = |segment: &Segment, cue: usize| -> Vec<Vec<u8>> {
                segment.frame_range_of(cue).map(|frame| segment.text(frame).to_vec()).collect()
            };
            assert_eq!(texts(&held, cue - from), texts(&whole, cue), "{cue}");
        }
        assert_eq!(encoded() as usize, timeline.cues().len(), "each once");
        let (from, _) = frames.encode_at_head(20..22).expect("again");
        assert_eq!((from, encoded() as usize), (20, timeline.cues().len() + HEAD_BATCH));
        frames.segment(0);
        assert!(frames.encode_at_head(21..22).is_none(), "the whole segment is there");
    }
}
