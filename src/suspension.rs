//! Time in which this process was suspended (SIGSTOP, a suspended machine): it counts against no peer, for nothing that a peer
//! did in it could be seen.

use std::time::{Duration, Instant};

/// A wake-up that is late by no more than this counts as load, and time goes on as it does for everyone.
const LATE: Duration = Duration::from_secs(1);

/// How long this process was suspended, where it asked to be woken at one instant and looks at its clock at another.
pub fn suspended(asked: Instant, now: Instant) -> Duration {
    now.saturating_duration_since(asked).saturating_sub(LATE)
}
