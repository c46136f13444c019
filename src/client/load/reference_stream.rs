//! Order and completeness by content: all subscribers must see the same frames in the same order.
//!
//! The reference stream is the order in which frames were first seen by any subscriber, and each subscriber has a
//! cursor in it. With a correct server the next frame of a subscriber is always the one at its cursor, or a new one at
//! the end. Any other frame is searched for near the cursor.
//!
//! A frame is judged by majority when it is finished: it was lost by the few that have not seen it, or extra for the
//! few that have. Next to a lost or extra frame others seem reordered, as text alone cannot tell these cases apart.
//! Therefore order is judged only if no frame was lost or extra.

use std::collections::{HashSet, VecDeque};

use super::gaps::Gaps;
use super::latency_recorder::{FrameReceipts, MAX_IN_FLIGHT};
use super::tally::Faults;

/// How far around a cursor a frame is searched for, in frames.
const SEARCH_RANGE: usize = 1_024;
/// The least number of frames remembered from before the measurement.
const MIN_REMEMBERED: usize = 1 << 15;

#[derive(Debug, Default)]
struct ReferenceFrame {
    hash: u64,
    receipts: FrameReceipts,
    /// How many subscribers have seen it after a frame that follows it here.
    late: u32,
}

/// The position of one subscriber in the reference stream.
#[derive(Debug, Clone, Default)]
struct SubscriberCursor {
    position: u64,
    /// Whether it has seen any frame of the reference stream.
    begun: bool,
    /// The positions skipped, whose frames may still arrive late.
    gaps: Gaps,
    /// The subscriber has disconnected, or is too far behind to be tracked: no frame from its position on is expected.
    gone: bool,
}

impl SubscriberCursor {
    /// Receives the frame at `position`, skipping those from `here` on.
    fn receive(&mut self, here: u64, position: u64) {
        if here < position {
            self.gaps.open(here, position - 1);
        }
        self.position = position + 1;
    }
}

/// The frames of all subscribers, aligned.
#[derive(Debug, Default)]
pub(super) struct ReferenceStream {
    /// The position of the first entry.
    base: u64,
    entries: VecDeque<ReferenceFrame>,
    cursors: Vec<SubscriberCursor>,
    /// The last positions of the subscribers that are gone.
    gone: Vec<u64>,
    started: bool,
    /// Hashes of the frames received before the measurement started: the newer and the older half.
    before: [HashSet<u64>; 2],
    /// Hashes of finished frames that most subscribers received, [`SEARCH_RANGE`] of them.
    majority: VecDeque<u64>,
    /// The end of the measurement: no later frame is expected.
    end: Option<u64>,
    faults: Faults,
}

impl ReferenceStream {
    /// From now on all `subscribers` must receive the same.
    pub(super) fn start(&mut self, subscribers: usize) {
        self.started = true;
        self.cursors.resize(subscribers, SubscriberCursor::default());
    }

    /// Receives a frame by its hash. Returns the frame in flight, if it is one that all subscribers must receive.
    /// Evicted frames go to `frame_done`, with the number of subscribers that they were to reach.
    pub(super) fn receive(
        &mut self,
        id: usize,
        hash: u64,
        frame_done: impl FnMut(&FrameReceipts, u32),
    ) -> Option<&mut FrameReceipts> {
        if !self.started {
            if self.before[0].len() >= MIN_REMEMBERED {
                self.before.swap(0, 1);
                self.before[0].clear();
            }
            self.before[0].insert(hash);
            return None;
        }
        let cursor = self.cursors.get(id).filter(|cursor| !cursor.gone)?;
        // Frames that others received before the measurement are still arriving here. The reference begins with a new
        // one.
        if !cursor.begun && self.before.iter().any(|before| before.contains(&hash)) {
            return None;
        }
        match self.record_receipt(id, hash)? {
            position if position < self.entries.len() => {
                self.entries.get_mut(position).map(|entry| &mut entry.receipts)
            }
            _ => {
                self.entries.push_back(ReferenceFrame { hash, ..ReferenceFrame::default() });
                self.evict(frame_done);
                self.entries.back_mut().map(|entry| &mut entry.receipts)
            }
        }
    }

    /// The index of the frame, the number of entries if it is new, or `None` if it is a duplicate.
    fn record_receipt(&mut self, id: usize, hash: u64) -> Option<usize> {
        let Self { base, entries, cursors, faults, .. } = self;
        let cursor = &mut cursors[id];
        cursor.begun = true;
        let here = usize::try_from(cursor.position.saturating_sub(*base)).unwrap_or(usize::MAX).min(entries.len());
        let at = |position: usize| *base + position as u64;
        if let Some(passed) = entries.range(here..).take(SEARCH_RANGE).position(|entry| entry.hash == hash) {
            cursor.receive(at(here), at(here + passed));
            return Some(here + passed);
        }
        let earlier = here.saturating_sub(SEARCH_RANGE);
        let before = || (earlier..here).rev().filter(|position| entries[*position].hash == hash);
        if let Some(late) = before().find(|position| cursor.gaps.has(at(*position))) {
            cursor.gaps.fill(at(late));
            entries[late].late += 1;
            return Some(late);
        }
        // At the end every frame is new: a server may well send the same text again.
        if here < entries.len() && before().next().is_some() {
            faults.extra += 1;
            faults.duplicates += 1;
            return None;
        }
        cursor.receive(at(here), at(entries.len()));
        Some(entries.len())
    }

    fn evict(&mut self, mut frame_done: impl FnMut(&FrameReceipts, u32)) {
        while self.entries.len() > MAX_IN_FLIGHT {
            let (position, seen) = (self.base, self.entries.front().map_or(0, |entry| entry.receipts.seen));
            if seen < self.expected_receivers(position) {
                for cursor in self.cursors.iter_mut().filter(|cursor| !cursor.gone && cursor.position <= position) {
                    cursor.gone = true;
                    self.gone.push(cursor.position);
                    self.faults.behind_at_end += 1;
                }
            }
            self.retire_oldest_frame(&mut frame_done);
        }
    }

    /// How many subscribers had to see the frame at a position.
    fn expected_receivers(&self, position: u64) -> u32 {
        let gone = self.gone.iter().filter(|gone| **gone <= position).count();
        u32::try_from(self.cursors.len() - gone).unwrap_or(u32::MAX)
    }

    fn retire_oldest_frame(&mut self, frame_done: &mut impl FnMut(&FrameReceipts, u32)) {
        let Some(ReferenceFrame { receipts, late, hash }) = self.entries.pop_front() else { return };
        let expected = self.expected_receivers(self.base);
        self.base += 1;
        frame_done(&receipts, expected);
        let seen = receipts.seen;
        if u64::from(seen) * 2 > u64::from(expected) {
            self.faults.lost += u64::from(expected.saturating_sub(seen));
            self.faults.extra += u64::from(seen.saturating_sub(expected));
            if self.majority.len() == SEARCH_RANGE {
                self.majority.pop_front();
            }
            self.majority.push_back(hash);
        } else {
            self.faults.extra += u64::from(seen);
            // A duplicate at the end was taken for a new frame with the same text: count it as received twice.
            let next = self.entries.iter().take(SEARCH_RANGE);
            let by_majority =
                |entry: &ReferenceFrame| entry.hash == hash && u64::from(entry.receipts.seen) * 2 > u64::from(expected);
            if self.majority.contains(&hash) || next.into_iter().any(by_majority) {
                self.faults.duplicates += u64::from(seen);
            }
        }
        self.faults.out_of_order += u64::from(late.min(seen.saturating_sub(late)));
    }

    /// A subscriber has disconnected: no more frames are expected from it.
    pub(super) fn remove_subscriber(&mut self, id: usize) {
        if let Some(cursor) = self.cursors.get_mut(id).filter(|cursor| !cursor.gone) {
            cursor.gone = true;
            self.gone.push(cursor.position);
        }
    }

    /// Ends the measurement: all frames seen so far must reach all subscribers, later ones do not count.
    pub(super) fn stop_growing(&mut self) {
        self.end = Some(self.base + self.entries.len() as u64);
    }

    /// Whether all subscribers have received everything.
    pub(super) fn is_done(&self) -> bool {
        self.cursors.iter().all(|cursor| cursor.gone || self.end.is_some_and(|end| cursor.position >= end))
    }

    /// The position after the last frame that counts.
    fn end_position(&self) -> u64 {
        self.end.unwrap_or(self.base + self.entries.len() as u64)
    }

    /// Finishes all frames and returns the faults.
    pub(super) fn finish(&mut self, mut frame_done: impl FnMut(&FrameReceipts, u32)) -> Faults {
        let end = self.end_position();
        let expected_by_majority = |(position, entry): (usize, &ReferenceFrame)| {
            let position = self.base + position as u64;
            let wanted =
                position < end && u64::from(entry.receipts.seen) * 2 > u64::from(self.expected_receivers(position));
            wanted.then_some(position)
        };
        if let Some(last) = self.entries.iter().enumerate().filter_map(expected_by_majority).next_back() {
            let behind = self.cursors.iter().filter(|cursor| !cursor.gone && cursor.position <= last);
            self.faults.behind_at_end += behind.count() as u64;
        }
        while self.base < end && !self.entries.is_empty() {
            self.retire_oldest_frame(&mut frame_done);
        }
        if self.faults.lost + self.faults.extra > 0 {
            self.faults.out_of_order = 0;
        }
        self.faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The faults when each subscriber receives these frames, a letter each, and finally one common frame: all at
    /// once frame by frame, or one subscriber after the other, in either order. The result must not depend on it.
    fn faults(before: &[&str], received: &[&str]) -> Faults {
        let run = |order: &[(usize, char)]| {
            let mut reference = ReferenceStream::default();
            for (id, frames) in before.iter().enumerate() {
                frames.chars().for_each(|frame| assert!(reference.receive(id, frame.into(), |_, _| {}).is_none()));
            }
            reference.start(received.len());
            let last = (0..received.len()).map(|id| (id, '.'));
            for (id, frame) in order.iter().copied().chain(last) {
                if let Some(receipts) = reference.receive(id, frame.into(), |_, _| {}) {
                    receipts.seen += 1;
                }
            }
            reference.stop_growing();
            reference.finish(|_, _| {})
        };
        let by_subscriber: Vec<_> =
            received.iter().enumerate().flat_map(|(id, frames)| frames.chars().map(move |frame| (id, frame))).collect();
        let backwards: Vec<_> =
            (0..received.len()).rev().flat_map(|id| received[id].chars().map(move |frame| (id, frame))).collect();
        let longest = received.iter().map(|frames| frames.len()).max().unwrap_or(0);
        let in_step: Vec<_> = (0..longest)
            .flat_map(|at| {
                let frame = move |(id, frames): (usize, &&str)| frames.chars().nth(at).map(|frame| (id, frame));
                received.iter().enumerate().filter_map(frame).collect::<Vec<_>>()
            })
            .collect();
        let found = [run(&by_subscriber), run(&backwards), run(&in_step)];
        assert!(found.iter().all(|faults| *faults == found[0]), "{received:?}: {found:?}");
        found[0]
    }

    #[test]
    fn equal_streams_have_no_faults_even_if_texts_repeat() {
        assert_eq!(faults(&["", "", ""], &["abc", "abc", "abc"]), Faults::default());
        assert_eq!(faults(&["", "", ""], &["aabaacaa", "aabaacaa", "aabaacaa"]), Faults::default());
        assert_eq!(faults(&[""], &["abc"]), Faults::default(), "alone");
        assert_eq!(faults(&["", ""], &["", ""]), Faults::default(), "nothing at all");
    }

    #[test]
    fn it_begins_with_the_first_frame_that_is_new_to_all() {
        assert_eq!(faults(&["xyz", "x", "xy"], &["abc", "yzabc", "zabc"]), Faults::default());
        assert_eq!(faults(&["hxhy", "h", "hxh"], &["hahb", "xhyhahb", "yhahb"]), Faults::default());
    }

    #[test]
    fn a_frame_that_one_subscriber_has_not_seen_is_lost_in_any_order() {
        for lacking in 0..4 {
            let mut received = ["abcdef"; 4];
            received[lacking] = "abdef";
            let found = faults(&["", "", "", ""], &received);
            assert_eq!(found, Faults { lost: 1, ..Faults::default() }, "subscriber {lacking}");
        }
    }

    #[test]
    fn a_frame_that_only_one_subscriber_has_seen_is_extra() {
        for favoured in 0..3 {
            let mut received = ["abcd"; 3];
            received[favoured] = "abXcd";
            let found = faults(&["", "", ""], &received);
            assert_eq!(found, Faults { extra: 1, ..Faults::default() }, "subscriber {favoured}");
        }
    }

    #[test]
    fn reordered_and_duplicate_frames_are_found() {
        for swapped in 0..3 {
            let mut received = ["abcd"; 3];
            received[swapped] = "acbd";
            let found = faults(&["", "", ""], &received);
            assert_eq!(found, Faults { out_of_order: 1, ..Faults::default() }, "subscriber {swapped}");
            received[swapped] = "abbcd";
            let found = faults(&["", "", ""], &received);
            assert_eq!(found, Faults { extra: 1, duplicates: 1, ..Faults::default() }, "subscriber {swapped}");
        }
    }

    #[test]
    fn a_lost_and_a_duplicate_frame_are_counted_separately() {
        for victim in 0..3 {
            // Lost first or twice first, side by side or apart, one in place of the other.
            for wrong in ["accdef", "abbdef", "abbcdf", "acdeef", "aabdef", "abccdf", "abdbef", "bbcdef"] {
                let mut received = ["abcdef"; 3];
                received[victim] = wrong;
                let found = faults(&["", "", ""], &received);
                assert_eq!(
                    found,
                    Faults { lost: 1, extra: 1, duplicates: 1, ..Faults::default() },
                    "{victim}: {wrong}"
                );
            }
        }
        // What one has lost another has twice.
        let found = faults(&["", "", "", ""], &["abcdef", "abdef", "abccdef", "abcdef"]);
        assert_eq!(found, Faults { lost: 1, extra: 1, duplicates: 1, ..Faults::default() });
        let found = faults(&["", "", "", ""], &["abcdef", "abdef", "accdef", "abcdef"]);
        assert_eq!(found, Faults { lost: 2, extra: 1, duplicates: 1, ..Faults::default() });
    }

    #[test]
    fn a_disconnected_subscriber_lacks_nothing_and_one_behind_is_counted() {
        let mut reference = ReferenceStream::default();
        reference.start(4);
        let receive = |reference: &mut ReferenceStream, id: usize, frames: &str| {
            for frame in frames.chars() {
                if let Some(receipts) = reference.receive(id, frame.into(), |_, _| {}) {
                    receipts.seen += 1;
                }
            }
        };
        for id in 0..4 {
            receive(&mut reference, id, "ab");
        }
        reference.remove_subscriber(3);
        for id in 0..2 {
            receive(&mut reference, id, "cd");
        }
        reference.stop_growing();
        assert!(!reference.is_done());
        receive(&mut reference, 0, "e");
        receive(&mut reference, 2, "c");
        assert_eq!(reference.finish(|_, _| {}), Faults { lost: 1, behind_at_end: 1, ..Faults::default() });
    }

    #[test]
    fn a_subscriber_too_far_behind_is_no_longer_tracked() {
        let mut reference = ReferenceStream::default();
        reference.start(2);
        let frames = 2 * MAX_IN_FLIGHT as u64;
        for frame in 0..frames {
            reference.receive(0, frame, |_, _| {}).expect("the newest").seen += 1;
        }
        assert_eq!(reference.entries.len(), MAX_IN_FLIGHT);
        assert!(reference.receive(1, 5, |_, _| {}).is_none());
        reference.stop_growing();
        assert!(reference.is_done());
        let found = reference.finish(|_, _| {});
        assert_eq!((found.behind_at_end, found.lost, found.extra), (1, 0, 0));
    }
}
