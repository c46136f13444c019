//! The due times of messages.

use std::time::{Duration, Instant};

/// Messages at a steady rate, each due regardless of the ones before.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    start: Instant,
    period: Duration,
}

impl Schedule {
    /// `rate` messages per second, the first one period from now. `None` for a rate of 0: as fast as subscribers read.
    pub fn from_now(rate: u32) -> Option<Self> {
        (rate > 0).then(|| Self { start: Instant::now(), period: Duration::from_secs(1) / rate })
    }

    /// The due time of message `n`, counted from 1.
    pub fn due(&self, n: u64) -> Instant {
        self.start + self.period.mul_f64(n as f64)
    }
}
