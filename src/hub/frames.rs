//! The encoded frames of a timeline: segments, each filled when the first cursor reaches it and shared by all; snapshots
//! and tables, kept for the next who asks. All within the budget of a [`Shelf`].
//!
//! A frame is a pure function of the timeline, so its bytes are the same for every subscriber of every replay of it, and
//! for whoever needs them again after they had to make room.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::frame::Frame;
use super::segment::{SEGMENT_CUES, Segment};
use super::shelf::{Shelf, Tenant};
use super::state_frame::{StateFrame, StateKey};
use crate::dialect::native::{self, SnapshotDetail};
use crate::scenario::Timeline;

/// How many cues are encoded by themselves at most.
pub(super) const ALONE: usize = 8;
/// How many cues are encoded together by themselves for somebody at the head. One at a time, code and data are cold each time, and
/// to encode costs as much as to send.
const AHEAD: usize = 16;
/// How many of a segment's cues have to be before the whole segment is encoded: twice what it holds, so that a match that is
/// played once to readers who keep up never needs it.
const WORTH: usize = 2 * SEGMENT_CUES;

/// The place of one segment.
#[derive(Debug, Default)]
struct Slot {
    /// Held while the segment is encoded: who comes meanwhile waits for it rather than encode it again.
    segment: Mutex<Option<Arc<Segment>>>,
    /// How many cursors stand in it.
    standing: AtomicU32,
    /// Whether it was used since it was last considered for giving way.
    used: AtomicBool,
    /// How many cues have been encoded by themselves because it was not there.
    alone: AtomicU32,
}

/// All frames of a timeline.
#[derive(Debug)]
pub struct Frames {
    id: u64,
    timeline: Arc<Timeline>,
    slots: Box<[Slot]>,
    /// The cues that were last encoded by themselves. Held for a look, and while they are encoded.
    ahead: Mutex<Option<(Range<usize>, Arc<Segment>)>>,
    shelf: Arc<Shelf>,
}

/// A cursor's stand in a segment, which is spared as long as others can give way.
#[derive(Debug)]
pub(super) struct Stand {
    frames: Arc<Frames>,
    segment: usize,
}

impl Stand {
    /// Which segment.
    pub(super) fn segment(&self) -> usize {
        self.segment
    }
}

impl Clone for Stand {
    fn clone(&self) -> Self {
        self.frames.stand(self.segment)
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        self.frames.slots[self.segment].standing.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Frames {
    /// Of a timeline, within the budget of a shelf; nothing is encoded yet.
    pub fn new(timeline: Arc<Timeline>, shelf: Arc<Shelf>) -> Arc<Self> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let slots = std::iter::repeat_with(Slot::default).take(timeline.cues().len().div_ceil(SEGMENT_CUES));
        Arc::new(Self {
            id: MADE.fetch_add(1, Ordering::Relaxed),
            slots: slots.collect(),
            ahead: Mutex::default(),
            timeline,
            shelf,
        })
    }

    /// The timeline that they tell.
    pub fn timeline(&self) -> &Arc<Timeline> {
        &self.timeline
    }

    /// Where they are kept.
    pub fn shelf(&self) -> &Arc<Shelf> {
        &self.shelf
    }

    /// A segment; cue `index` lies in segment `index / SEGMENT_CUES`.
    pub fn segment(self: &Arc<Self>, segment: usize) -> Arc<Segment> {
        let slot = &self.slots[segment];
        slot.used.store(true, Ordering::Relaxed);
        let mut held = slot.segment.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(encoded) = &*held {
            return encoded.clone();
        }
        let encoded = Arc::new(Segment::encode(&self.timeline, segment * SEGMENT_CUES, SEGMENT_CUES));
        *held = Some(encoded.clone());
        drop(held);
        let tenant: Arc<dyn Tenant> = self.clone();
        self.shelf.put(&tenant, segment, encoded.memory());
        encoded
    }

    /// The frames of a few cues (at most [`ALONE`], all of one segment) by themselves, where that is better than to have the
    /// whole segment encoded that they lie in: it is not there, and has not been missed so often that it would have been
    /// worth it.
    ///
    /// A match that plays at its head needs one cue at a time. To encode 256 for the first would make it late, and where
    /// there are more matches than there is room for, every one. A few more are encoded with it, and kept for whoever comes to
    /// them next. Given with them is the cue at which they begin.
    pub(super) fn at_head(&self, cues: Range<usize>) -> Option<(usize, Arc<Segment>)> {
        if self.has(cues.start) {
            return None;
        }
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((held, encoded)) = &*ahead
            && held.start <= cues.start
            && cues.end <= held.end
        {
            return Some((held.start, encoded.clone()));
        }
        let end = (cues.start + AHEAD).min((cues.start / SEGMENT_CUES + 1) * SEGMENT_CUES);
        let held = cues.start..end.min(self.timeline.cues().len());
        let encoded = Arc::new(self.alone(held.clone())?);
        *ahead = Some((held.clone(), encoded.clone()));
        Some((held.start, encoded))
    }

    /// The same for cues that lie scattered, and just these.
    pub(super) fn alone(&self, cues: Range<usize>) -> Option<Segment> {
        if self.has(cues.start) {
            return None;
        }
        let slot = &self.slots[cues.start / SEGMENT_CUES];
        let missed = slot.alone.fetch_add(u32::try_from(cues.len()).unwrap_or(u32::MAX), Ordering::Relaxed);
        if missed as usize >= WORTH {
            slot.alone.store(0, Ordering::Relaxed);
            return None;
        }
        Some(Segment::encode(&self.timeline, cues.start, cues.len()))
    }

    /// Whether the segment is there in which a cue lies.
    fn has(&self, cue: usize) -> bool {
        self.slots[cue / SEGMENT_CUES].segment.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Takes a stand in a segment.
    pub(super) fn stand(self: &Arc<Self>, segment: usize) -> Stand {
        self.slots[segment].standing.fetch_add(1, Ordering::Relaxed);
        Stand { frames: self.clone(), segment }
    }

    /// The snapshot frame of a match after `index` cues.
    pub fn snapshot(&self, track: usize, index: usize, detail: SnapshotDetail) -> Arc<StateFrame> {
        self.state(StateKey::Snapshot { track, index, detail })
    }

    /// The frame of a league table after `index` cues.
    pub fn table(&self, table: usize, index: usize) -> Arc<StateFrame> {
        self.state(StateKey::Table { table, index })
    }

    /// Either.
    pub(super) fn state(&self, key: StateKey) -> Arc<StateFrame> {
        let timeline = &self.timeline;
        self.shelf.state((self.id, key), || {
            Frame::of(|out| match key {
                StateKey::Snapshot { track, index, detail } => native::snapshot(timeline, track, index, detail, out),
                StateKey::Table { table, index } => native::table(&timeline.table_at(table, index), index, out),
                StateKey::Matches { kickoff_moved } => native::match_lines(timeline, kickoff_moved, out),
            })
        })
    }
}

impl Tenant for Frames {
    fn is_spared(&self, segment: usize) -> bool {
        let slot = &self.slots[segment];
        slot.used.swap(false, Ordering::Relaxed) || slot.standing.load(Ordering::Relaxed) > 0
    }

    fn forget(&self, segment: usize) {
        *self.slots[segment].segment.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        self.shelf.forget_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::SHIPPED;

    #[test]
    fn at_the_head_a_few_cues_are_encoded_together_and_kept_for_whoever_comes_next() {
        let timeline = Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")));
        let frames = Frames::new(timeline.clone(), Arc::default());
        let whole = Segment::encode(&timeline, 0, SEGMENT_CUES);
        let encoded = || frames.slots[0].alone.load(Ordering::Relaxed);
        for cue in 0..timeline.cues().len() {
            let (from, held) = frames.at_head(cue..cue + 1).expect("not as a segment");
            let texts = |segment: &Segment, cue: usize| -> Vec<Vec<u8>> {
                segment.frames_of(cue).map(|frame| segment.text(frame).to_vec()).collect()
            };
            assert_eq!(texts(&held, cue - from), texts(&whole, cue), "{cue}");
        }
        assert_eq!(encoded() as usize, timeline.cues().len(), "each once");
        let (from, _) = frames.at_head(20..22).expect("again");
        assert_eq!((from, encoded() as usize), (20, timeline.cues().len() + AHEAD));
        frames.segment(0);
        assert!(frames.at_head(21..22).is_none(), "the whole segment is there");
    }
}
