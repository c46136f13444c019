//! When replays are to be driven: at an instant, or because their bell has rung.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};
use std::time::Instant;

/// Instants at which replays want to be driven, those that they have changed their minds about among them.
#[derive(Default)]
pub(super) struct Wakes(BinaryHeap<Reverse<(Instant, u32)>>);

impl Wakes {
    pub(super) fn add(&mut self, at: Instant, replay: u32) {
        self.0.push(Reverse((at, replay)));
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn first(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes the first, where it is not later than that.
    pub(super) fn take(&mut self, by: Instant) -> Option<(Instant, u32)> {
        self.first().filter(|at| *at <= by)?;
        self.0.pop().map(|Reverse(wake)| wake)
    }
}

impl FromIterator<(Instant, u32)> for Wakes {
    fn from_iter<I: IntoIterator<Item = (Instant, u32)>>(wakes: I) -> Self {
        Self(wakes.into_iter().map(Reverse).collect())
    }
}

/// Replays whose bells have rung.
pub(super) struct Rung {
    /// Held while one is added or all are taken.
    replays: Mutex<Vec<u32>>,
    /// Calls whoever drives the loop.
    shell: Waker,
}

impl Rung {
    pub(super) fn new(shell: Waker) -> Arc<Self> {
        Arc::new(Self { replays: Mutex::default(), shell })
    }

    /// Rings for a replay.
    pub(super) fn ringer(self: &Arc<Self>, replay: u32) -> Waker {
        Arc::new(Ringer { rung: self.clone(), replay }).into()
    }

    /// All that have rung since this was last asked.
    pub(super) fn take(&self) -> Vec<u32> {
        std::mem::take(&mut *self.replays.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Ringer {
    rung: Arc<Rung>,
    replay: u32,
}

impl Wake for Ringer {
    fn wake(self: Arc<Self>) {
        self.rung.replays.lock().unwrap_or_else(PoisonError::into_inner).push(self.replay);
        self.rung.shell.wake_by_ref();
    }
}
