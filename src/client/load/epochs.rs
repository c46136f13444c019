//! Frames in flight, by epoch and number, and how far subscribers followed each epoch.

use std::collections::VecDeque;

use super::latency_recorder::{FrameReceipts, InFlightFrames};
use super::sequence::SequencePosition;

/// The number of epochs tracked; an older one is finished as it is.
const MAX_EPOCHS: usize = 8;

/// One epoch, over all subscribers.
#[derive(Debug, Default)]
struct TrackedEpoch {
    number: u64,
    frames: InFlightFrames,
    /// The number of subscribers that left the epoch at its end.
    left: u64,
    /// The highest of their next expected numbers.
    furthest: u64,
    /// The sum of their next expected numbers.
    sum: u64,
}

impl TrackedEpoch {
    /// How many frames the subscribers that left at the end are missing: the epoch ended where the furthest one left
    /// it.
    fn lost_frame_count(&self) -> u64 {
        self.furthest.saturating_mul(self.left).saturating_sub(self.sum)
    }
}

/// The epochs that subscribers are in.
#[derive(Debug, Default)]
pub(super) struct EpochTracker {
    epochs: VecDeque<TrackedEpoch>,
    /// Frames missing at the ends of epochs no longer tracked.
    lost: u64,
}

impl EpochTracker {
    fn enter_epoch(&mut self, number: u64, frame_done: &mut impl FnMut(&FrameReceipts)) -> Option<&mut TrackedEpoch> {
        if self.epochs.back().is_none_or(|last| last.number < number) {
            self.epochs.push_back(TrackedEpoch { number, ..TrackedEpoch::default() });
            if self.epochs.len() > MAX_EPOCHS
                && let Some(mut oldest) = self.epochs.pop_front()
            {
                oldest.frames.drain(|frame| frame_done(&frame));
                self.lost = self.lost.saturating_add(oldest.lost_frame_count());
            }
        }
        self.epochs.iter_mut().rev().find(|epoch| epoch.number == number)
    }

    /// The frame `n` of an epoch; `None` if it is too old to be tracked. Evicted frames go to `frame_done`.
    pub(super) fn find_receipts(
        &mut self,
        epoch: u64,
        n: u64,
        mut frame_done: impl FnMut(&FrameReceipts),
    ) -> Option<&mut FrameReceipts> {
        self.enter_epoch(epoch, &mut frame_done)?.frames.get(n, frame_done)
    }

    /// A subscriber has received an epoch to its end and enters the next one. The others must get as far.
    pub(super) fn complete_epoch(&mut self, position: SequencePosition, mut frame_done: impl FnMut(&FrameReceipts)) {
        if let (Some(next), Some(epoch)) = (position.next, self.enter_epoch(position.epoch, &mut frame_done)) {
            epoch.left += 1;
            epoch.furthest = epoch.furthest.max(next);
            epoch.sum = epoch.sum.saturating_add(next);
        }
    }

    /// Finishes all frames. Returns how many were missing at the ends of epochs.
    pub(super) fn finish(&mut self, mut frame_done: impl FnMut(&FrameReceipts)) -> u64 {
        let missing = self.lost + self.epochs.iter().map(TrackedEpoch::lost_frame_count).sum::<u64>();
        for mut epoch in self.epochs.drain(..) {
            epoch.frames.drain(|frame| frame_done(&frame));
        }
        self.lost = 0;
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lap_is_complete_when_all_leave_it_at_the_same_number() {
        let lost = |ends: &[u64]| {
            let mut epochs = EpochTracker::default();
            for end in ends {
                epochs.find_receipts(1, 1, |_| {});
                epochs.complete_epoch(SequencePosition { epoch: 1, next: Some(*end) }, |_| {});
            }
            for later in 2..20 {
                epochs.find_receipts(later, 1, |_| {});
            }
            epochs.finish(|_| {})
        };
        assert_eq!((lost(&[102, 102, 102]), lost(&[102, 100, 101])), (0, 3));
    }

    #[test]
    fn the_number_of_tracked_epochs_is_bounded() {
        let (mut epochs, mut done) = (EpochTracker::default(), 0);
        for epoch in 1..=100 {
            assert!(epochs.find_receipts(epoch, 1, |_| done += 1).is_some());
        }
        assert!(epochs.find_receipts(1, 2, |_| done += 1).is_none(), "too long ago");
        assert_eq!((epochs.epochs.len(), done), (MAX_EPOCHS, 100 - MAX_EPOCHS));
        epochs.finish(|_| done += 1);
        assert_eq!(done, 100);
    }
}
