//! The answer to a command.

use std::sync::Arc;
use std::time::Instant;

use crate::playback::{Applied, Playhead};

/// What a command did, and where playback is after it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Answer {
    /// What was really done.
    pub applied: Applied,
    /// Where playback is.
    pub playhead: Playhead,
    /// The pace, as in [`ReplayStatus::pace`](super::ReplayStatus::pace).
    pub pace: Option<Arc<str>>,
    /// The instant at which the command was applied.
    pub now: Instant,
}
