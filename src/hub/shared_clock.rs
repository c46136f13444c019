//! How far the wall clock of this machine is from that of the server whose records it plays by.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::wall::runtime_now;

/// The largest offset with which a server is ready: at 60x it shows 30 seconds of match time too early or too late.
const MAX_OFFSET: Duration = Duration::from_millis(500);
/// An older measurement means nothing. One is made every 25 s at least while the other server answers.
const MAX_AGE: Duration = Duration::from_secs(60);

/// By how much the other clock is ahead of this one, as measured last.
#[derive(Debug, Default)]
pub(crate) struct SharedClock {
    /// The offset in nanoseconds, and when it was measured. Held to copy it.
    measured: Mutex<Option<(i64, Instant)>>,
}

impl SharedClock {
    /// Sets the offset, in nanoseconds.
    pub(crate) fn set_offset(&self, nanos: i64) {
        *self.measured.lock() = Some((nanos, runtime_now()));
    }

    /// The offset in seconds; `None` if none was measured in the last minute.
    pub(crate) fn offset_secs(&self) -> Option<f64> {
        let (nanos, at) = (*self.measured.lock())?;
        (runtime_now().saturating_duration_since(at) < MAX_AGE).then_some(nanos as f64 / 1e9)
    }

    /// Why the server is not ready; `None` if the clocks are close enough.
    pub(crate) fn why_not_ready(&self) -> Option<String> {
        let offset = self.offset_secs().filter(|offset| offset.abs() > MAX_OFFSET.as_secs_f64())?;
        let (by, towards) = (offset.abs(), if offset > 0.0 { "behind" } else { "ahead of" });
        Some(format!("clock: {by:.1} s {towards} that of the followed server; at most 0.5 s\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_half_a_second_off_is_not_ready() {
        let clock = SharedClock::default();
        assert_eq!((clock.offset_secs(), clock.why_not_ready()), (None, None));
        clock.set_offset(-500_000_000);
        assert_eq!((clock.offset_secs(), clock.why_not_ready()), (Some(-0.5), None));
        for (nanos, text) in [(500_000_001, "0.5 s behind"), (-3_040_000_000, "3.0 s ahead of"), (i64::MIN, "ahead of")]
        {
            clock.set_offset(nanos);
            assert!(clock.why_not_ready().is_some_and(|why| why.contains(text)), "{:?}", clock.why_not_ready());
        }
        tokio::time::advance(MAX_AGE).await;
        assert_eq!((clock.offset_secs(), clock.why_not_ready()), (None, None));
    }
}
