//! When messages are due.

use std::time::{Duration, Instant};

/// Messages at a steady rate; none of them waits for the one before.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    start: Instant,
    period: Duration,
}

impl Schedule {
    /// So many a second from now on, the first a period from now. `None` for a rate of 0: as fast as they are taken.
    pub fn from_now(rate: u32) -> Option<Self> {
        (rate > 0).then(|| Self { start: Instant::now(), period: Duration::from_secs(1) / rate })
    }

    /// When message `n` is due, counted from 1.
    pub fn due(&self, n: u64) -> Instant {
        self.start + self.period.mul_f64(n as f64)
    }
}
