//! A limit on bytes in memory that many requests share.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The unit of a budget, in bytes.
const PERMIT_BYTES: usize = 1 << 10;

/// A budget of bytes. What is taken from it comes back when the permit is dropped.
#[derive(Debug)]
pub(super) struct ByteBudget {
    free: Arc<Semaphore>,
    units: u32,
    /// The limit.
    pub(super) bytes: usize,
}

impl ByteBudget {
    /// A budget of so many bytes.
    pub(super) fn with_limit(bytes: usize) -> Self {
        let units = (bytes / PERMIT_BYTES).clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        Self { free: Arc::new(Semaphore::new(units)), units: units as u32, bytes }
    }

    /// Takes bytes; `None`: they are not there. What is longer than the limit takes the whole budget.
    pub(super) fn try_take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let units = u32::try_from(bytes.div_ceil(PERMIT_BYTES)).unwrap_or(u32::MAX).min(self.units);
        self.free.clone().try_acquire_many_owned(units).ok()
    }
}
