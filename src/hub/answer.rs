//! The answer to a command.

use std::sync::Arc;
use std::time::Instant;

use super::frame_cache::FrameCache;
use crate::playback::{Applied, Playback, Playhead};
use crate::scenario::Timeline;

/// What a command did, and where playback is after it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Answer {
    /// What was really done.
    pub applied: Applied,
    /// Where playback is.
    pub playhead: Playhead,
    /// The frames that are played.
    pub(crate) frames: Arc<FrameCache>,
    /// The pace, as in [`ReplayStatus::pace`](super::ReplayStatus::pace).
    pub pace: Option<Arc<str>>,
    /// The instant at which the command was applied.
    pub now: Instant,
    /// The playback itself.
    pub(super) playback: Arc<Playback>,
    /// As in [`ReplayStatus::revision`](super::ReplayStatus).
    pub(super) revision: u64,
}

impl Answer {
    /// The timeline that is played.
    pub(crate) fn timeline(&self) -> &Timeline {
        self.frames.timeline()
    }
}
