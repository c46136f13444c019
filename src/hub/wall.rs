//! Time on the wall: which moment in the world an [`Instant`] was.

use std::time::{Duration, Instant, SystemTime};

/// Where wall time comes from.
#[derive(Debug, Clone, Copy, Default)]
pub enum Wall {
    /// The system's clock, asked anew each time, so that its corrections are followed.
    #[default]
    System,
    /// Fixed to one pair: for tests under virtual time, whose frames must be the same on every run.
    Fixed {
        /// An instant,
        instant: Instant,
        /// and the time that it was.
        time: SystemTime,
    },
}

impl Wall {
    /// The time that an instant was (or will be).
    pub fn at(self, instant: Instant) -> SystemTime {
        match self {
            Self::System => shift(SystemTime::now(), Instant::now(), instant),
            Self::Fixed { instant: base, time } => shift(time, base, instant),
        }
    }
}

fn shift(time: SystemTime, base: Instant, instant: Instant) -> SystemTime {
    match instant.checked_duration_since(base) {
        Some(later) => time.checked_add(later),
        None => time.checked_sub(base.saturating_duration_since(instant)),
    }
    .unwrap_or(SystemTime::UNIX_EPOCH + Duration::ZERO)
}
