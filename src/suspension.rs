//! Detects time in which this process was suspended (SIGSTOP, a sleeping machine). Timeouts of peers do not include it,
//! because the process could not see what a peer did meanwhile.

use std::time::{Duration, Instant};

/// A wake-up that is late by no more than this is attributed to load, not to a suspension.
const TOLERATED_LATENESS: Duration = Duration::from_secs(1);

/// How long this process was suspended, given the instant of a wake-up that it requested and the instant at which it woke.
/// Zero if the wake-up is at most a second late.
pub fn suspended_for(deadline: Instant, now: Instant) -> Duration {
    now.saturating_duration_since(deadline).saturating_sub(TOLERATED_LATENESS)
}
