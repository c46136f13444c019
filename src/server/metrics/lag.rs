//! The largest recent lag, for a metric that is scraped now and then.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A lag is remembered at least this long, and at most twice as long.
pub(super) const WINDOW: Duration = Duration::from_secs(15);

/// The largest lag of the current time window and of the one before. Reading does not reset it, so that any number of
/// scrapers may read.
#[derive(Debug)]
pub(super) struct LargestLag {
    began: Instant,
    /// The window's number in the upper half, its largest lag in the lower: a later window replaces any lag. Windows
    /// alternate between the two.
    windows: [AtomicU64; 2],
}

impl LargestLag {
    pub(super) fn new(began: Instant) -> Self {
        Self { began, windows: Default::default() }
    }

    /// Notes a lag, in events.
    pub(super) fn record(&self, lag: u32, now: Instant) {
        let window = self.window_index(now);
        self.windows[(window % 2) as usize].fetch_max(window << 32 | u64::from(lag), Ordering::Relaxed);
    }

    pub(super) fn largest(&self, now: Instant) -> u32 {
        let window = self.window_index(now);
        let noted = self.windows.iter().map(|noted| noted.load(Ordering::Relaxed));
        // A window of a clock that is a little ahead counts as well.
        let recent = noted.filter(|noted| (noted >> 32) + 1 >= window);
        recent.map(|noted| noted as u32).max().unwrap_or(0)
    }

    fn window_index(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.began).as_secs() / WINDOW.as_secs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_is_remembered_for_one_window_and_forgotten_after_two() {
        let began = Instant::now();
        let at = |seconds| began + Duration::from_secs(seconds);
        let lag = LargestLag::new(began);
        assert_eq!(lag.largest(at(0)), 0);
        lag.record(7, at(1));
        lag.record(900, at(14));
        lag.record(3, at(14));
        assert_eq!((lag.largest(at(14)), lag.largest(at(29))), (900, 900));
        assert_eq!(lag.largest(at(30)), 0);
        lag.record(5, at(31));
        assert_eq!((lag.largest(at(31)), lag.largest(at(59)), lag.largest(at(60))), (5, 5, 0));
        lag.record(u32::MAX, at(61));
        lag.record(1, at(91));
        assert_eq!((lag.largest(at(91)), lag.largest(at(1_000))), (1, 0));
    }
}
