//! When to drive replays: at an instant, or because a replay has asked for it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::Instant;

use parking_lot::Mutex;

/// The instants at which replays are to be driven. Outdated ones are skipped by the caller.
#[derive(Default)]
pub(super) struct WakeQueue(BinaryHeap<Reverse<(Instant, u32)>>);

impl WakeQueue {
    pub(super) fn add(&mut self, at: Instant, replay: u32) {
        self.0.push(Reverse((at, replay)));
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn first(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes the earliest instant, if it is not after `by`.
    pub(super) fn take(&mut self, by: Instant) -> Option<(Instant, u32)> {
        self.first().filter(|at| *at <= by)?;
        self.0.pop().map(|Reverse(wake)| wake)
    }
}

impl FromIterator<(Instant, u32)> for WakeQueue {
    fn from_iter<I: IntoIterator<Item = (Instant, u32)>>(wakes: I) -> Self {
        Self(wakes.into_iter().map(Reverse).collect())
    }
}

/// Replays that have asked to be driven.
pub(super) struct PendingWakes {
    /// Locked only to push one or to take all.
    replays: Mutex<Vec<u32>>,
    /// Wakes the loop.
    loop_waker: Waker,
}

impl PendingWakes {
    pub(super) fn new(loop_waker: Waker) -> Arc<Self> {
        Arc::new(Self { replays: Mutex::default(), loop_waker })
    }

    /// A waker that asks for this replay.
    pub(super) fn waker_for(self: &Arc<Self>, replay: u32) -> Waker {
        Arc::new(ReplayWaker { pending_wakes: self.clone(), replay }).into()
    }

    /// All replays that have asked since the last call.
    pub(super) fn take(&self) -> Vec<u32> {
        std::mem::take(&mut *self.replays.lock())
    }
}

struct ReplayWaker {
    pending_wakes: Arc<PendingWakes>,
    replay: u32,
}

impl Wake for ReplayWaker {
    fn wake(self: Arc<Self>) {
        self.pending_wakes.replays.lock().push(self.replay);
        self.pending_wakes.loop_waker.wake_by_ref();
    }
}
