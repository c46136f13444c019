//! A latency histogram: percentiles, buckets and totals.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

/// The largest recorded value; longer durations count as this.
const LONGEST: Duration = Duration::from_secs(3_600);

/// A histogram of durations, with a resolution of one percent and of one microsecond.
#[derive(Debug, Clone)]
pub struct Latency {
    /// In microseconds.
    taken: Histogram<u64>,
    /// The sum of all durations.
    total: Duration,
}

impl Default for Latency {
    fn default() -> Self {
        Self::new()
    }
}

impl Latency {
    /// An empty histogram.
    pub fn new() -> Self {
        let longest = u64::try_from(LONGEST.as_micros()).unwrap_or(u64::MAX);
        // Only invalid bounds fail.
        let taken = Histogram::new_with_bounds(1, longest, 2).unwrap_or_else(|_| unreachable!("valid bounds"));
        Self { taken, total: Duration::ZERO }
    }

    /// Records a duration.
    pub fn record(&mut self, taken: Duration) {
        self.record_many(taken, 1);
    }

    /// Records a duration a number of times.
    pub fn record_many(&mut self, taken: Duration, times: u64) {
        self.taken.saturating_record_n(u64::try_from(taken.as_micros()).unwrap_or(u64::MAX), times);
        let times = u32::try_from(times).unwrap_or(u32::MAX);
        self.total = self.total.saturating_add(taken.min(LONGEST).saturating_mul(times));
    }

    /// Adds the durations of another histogram.
    pub fn add(&mut self, other: &Self) {
        // Both have the same bounds.
        let _ = self.taken.add(&other.taken);
        self.total = self.total.saturating_add(other.total);
    }

    /// The number of recorded durations.
    pub fn count(&self) -> u64 {
        self.taken.len()
    }

    /// The sum of all durations; each counts as at most an hour.
    pub fn total(&self) -> Duration {
        self.total
    }

    /// Counts by bucket. `bounds` are the inclusive upper bounds, ascending; the last count is of the durations above them
    /// all. A duration within one percent of a bound may count on either side of it.
    pub fn buckets(&self, bounds: &[Duration]) -> Vec<u64> {
        let mut buckets = vec![0; bounds.len() + 1];
        for step in self.taken.iter_recorded() {
            let taken = Duration::from_micros(self.taken.lowest_equivalent(step.value_iterated_to()));
            buckets[bounds.partition_point(|bound| *bound < taken)] += step.count_at_value();
        }
        buckets
    }

    /// A percentile, from 0 to 100; zero if nothing is recorded.
    pub fn percentile(&self, percent: f64) -> Duration {
        Duration::from_micros(self.taken.value_at_percentile(percent).min(self.taken.max()))
    }

    /// The longest duration; zero if nothing is recorded.
    pub fn worst(&self) -> Duration {
        Duration::from_micros(self.taken.max())
    }
}

/// `p50 0.08 ms, p90 0.12 ms, p99 0.30 ms, worst 1.20 ms`.
impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = |taken: Duration| taken.as_secs_f64() * 1e3;
        for percent in [50, 90, 99] {
            write!(f, "p{percent} {:.2} ms, ", millis(self.percentile(percent.into())))?;
        }
        write!(f, "worst {:.2} ms", millis(self.worst()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_recorded_durations() {
        let mut latency = Latency::new();
        assert_eq!((latency.count(), latency.percentile(99.0), latency.worst()), (0, Duration::ZERO, Duration::ZERO));
        for millis in 1..=100 {
            latency.record(Duration::from_millis(millis));
        }
        let close = |percent: f64, millis: f64| {
            let got = latency.percentile(percent).as_secs_f64() * 1e3;
            assert!((got / millis - 1.0).abs() < 0.01, "p{percent} is {got} ms, not {millis}");
        };
        close(50.0, 50.0);
        close(99.0, 99.0);
        close(100.0, 100.0);
        let mut twice = latency.clone();
        twice.add(&latency);
        assert_eq!((twice.count(), twice.percentile(50.0)), (200, latency.percentile(50.0)));
    }

    #[test]
    fn buckets_hold_every_duration_once_and_bounds_are_inclusive() {
        let mut latency = Latency::new();
        for micros in [0, 50, 50, 51, 1_000, 1_100, 20_000_000] {
            latency.record(Duration::from_micros(micros));
        }
        let bounds = [50, 1_000, 10_000_000].map(Duration::from_micros);
        assert_eq!(latency.buckets(&bounds), [3, 2, 1, 1]);
        assert_eq!(latency.total(), Duration::from_micros(20_002_251));
        assert_eq!(Latency::new().buckets(&bounds), [0; 4]);
    }

    #[test]
    fn a_longer_duration_counts_as_the_longest() {
        let mut latency = Latency::new();
        latency.record(Duration::MAX);
        latency.record(Duration::ZERO);
        assert!(latency.worst() >= LONGEST && latency.count() == 2);
    }
}
