//! Places for connections: a bound on how many there are at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// All places.
#[derive(Debug, Clone)]
pub(super) struct Seats {
    free: Arc<Semaphore>,
    all: usize,
}

/// A connection's place: given back when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Seat {
    _taken: Arc<OwnedSemaphorePermit>,
}

impl Seats {
    pub(super) fn new(all: usize) -> Self {
        let all = all.clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        Self { free: Arc::new(Semaphore::new(all)), all }
    }

    /// A place, as soon as there is one.
    pub(super) async fn take(&self) -> Option<Seat> {
        // Never closed.
        let taken = self.free.clone().acquire_owned().await.ok()?;
        Some(Seat { _taken: Arc::new(taken) })
    }

    /// A place, if there is one.
    pub(super) fn try_take(&self) -> Option<Seat> {
        let taken = self.free.clone().try_acquire_owned().ok()?;
        Some(Seat { _taken: Arc::new(taken) })
    }

    /// How many are taken.
    pub(super) fn taken(&self) -> usize {
        self.all - self.free.available_permits()
    }

    /// Waits until all have left, but no longer than that; tells whether they have.
    pub(super) async fn empty(&self, within: Duration) -> bool {
        let all = u32::try_from(self.all).unwrap_or(u32::MAX);
        tokio::time::timeout(within, self.free.acquire_many(all)).await.is_ok()
    }
}
