//! The status of a replay: the one value from which all subscribers and observers are served.

use std::sync::Arc;

use super::frame_cache::FrameCache;
use super::tick::Tick;
use crate::close_code::CloseCode;
use crate::playback::{Playback, Playhead};
use crate::scenario::Timeline;

/// The status of a replay: playhead, latest tick, who changed playback last, and whether the replay is stopping.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReplayStatus {
    /// Where playback is.
    pub playhead: Playhead,
    /// The frames that are played. They change only where an epoch begins that is no lap.
    pub(crate) frames: Arc<FrameCache>,
    /// The latest tick.
    pub(crate) tick: Option<Arc<Tick>>,
    /// Set once the replay is stopping.
    pub stopping: Option<Stopping>,
    /// Who made the present version of playback.
    pub by: Option<Arc<str>>,
    /// Who made the version that opened the epoch.
    pub(crate) opened_by: Option<Arc<str>>,
    /// The pace of the present version, as [`Playback::pace_text`](crate::playback::Playback::pace_text) returns it.
    pub pace: Option<Arc<str>>,
    /// The pace of the version that opened the epoch.
    #[doc(hidden)]
    pub epoch_start_pace: Option<Arc<str>>,
    /// Rises with each change of playback that time alone does not make: commands, the beginning of playback that has waited, stalls.
    pub(crate) revision: u64,
    /// By how much versions are numbered higher than those of the record that is followed.
    pub(crate) version_offset: u64,
    /// Set while the replay is idle, that is, while it has neither subscribers nor observers and its driver sleeps. All fields
    /// above follow from this playback at any instant.
    pub(super) idle_playback: Option<Arc<Playback>>,
}

impl ReplayStatus {
    /// The status of a playback as it is.
    pub(crate) fn from_playback(playback: &Playback, frames: Arc<FrameCache>) -> Self {
        Self {
            playhead: playback.playhead(),
            frames,
            tick: None,
            stopping: None,
            by: None,
            opened_by: None,
            pace: playback.pace_text().cloned(),
            epoch_start_pace: playback.epoch_start_pace().cloned(),
            revision: 1,
            version_offset: 0,
            idle_playback: None,
        }
    }

    /// Copies the state of a playback; `by` made its latest version. Returns whether anything has changed.
    pub(super) fn update(&mut self, playback: &Playback, by: Option<&Arc<str>>) -> bool {
        let (before, playhead) = (self.playhead, playback.playhead());
        if before.version != playhead.version {
            self.by = by.cloned();
            self.pace = playback.pace_text().cloned();
        }
        if before.epoch_start != playhead.epoch_start {
            self.opened_by = by.cloned();
            self.epoch_start_pace = playback.epoch_start_pace().cloned();
        }
        self.playhead = playhead;
        before != playhead
    }

    /// The timeline that is played.
    pub fn timeline(&self) -> &Arc<Timeline> {
        self.frames.timeline()
    }

    /// Whether the status shows the present. That of an idle replay shows what its driver found when it last woke.
    pub(crate) fn is_current(&self) -> bool {
        self.idle_playback.is_none()
    }
}

/// Why and how a replay stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopping {
    /// The close code that subscribers receive.
    pub code: CloseCode,
    /// Whether subscribers first receive all that is pending for them.
    pub drain: bool,
}
