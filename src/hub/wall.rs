//! The clocks: the runtime's monotonic one, and the wall-clock time of an [`Instant`].

use std::time::{Instant, SystemTime};

/// The present on the clock of the tokio runtime, which tests under virtual time pause.
pub fn runtime_now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// The source of wall-clock time.
#[derive(Debug, Clone, Copy, Default)]
pub enum Wall {
    /// The system's clock, read anew each time, so that its corrections are followed.
    #[default]
    System,
    /// A fixed pair, for tests under virtual time, whose frames must be the same on every run.
    Fixed {
        /// An instant.
        instant: Instant,
        /// The wall-clock time of that instant.
        time: SystemTime,
    },
}

impl Wall {
    /// The wall-clock time of an instant, past or future.
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
    .unwrap_or(SystemTime::UNIX_EPOCH)
}
