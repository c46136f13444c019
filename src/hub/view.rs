//! What a replay shows to everyone who follows it.

use std::sync::Arc;

use super::close::CloseCode;
use super::tick::Tick;
use crate::playback::{Playback, Playhead};

/// What a replay shows to everyone who follows it.
#[derive(Debug, Clone)]
pub struct View {
    /// Where playback is.
    pub playhead: Playhead,
    /// The latest tick.
    pub tick: Option<Arc<Tick>>,
    /// Set once the replay is going away.
    pub stopping: Option<Stopping>,
    /// Who made the present version of playback.
    pub by: Option<Arc<str>>,
    /// Who made the one that opened the epoch.
    pub opened_by: Option<Arc<str>>,
    /// The pace of the present version, as [`Playback::pace_text`](crate::playback::Playback::pace_text) has it.
    pub pace: Option<Arc<str>>,
    /// That of the one that opened the epoch.
    pub epoch_start_pace: Option<Arc<str>>,
    /// Set while nobody observes the replay and its driver sleeps: the playback from which all the above follows at any
    /// instant.
    pub(super) resting: Option<Arc<Playback>>,
}

impl View {
    /// Of a playback as it is.
    pub fn of(playback: &Playback) -> Self {
        Self {
            playhead: playback.playhead(),
            tick: None,
            stopping: None,
            by: None,
            opened_by: None,
            pace: playback.pace_text().cloned(),
            epoch_start_pace: playback.epoch_start_pace().cloned(),
            resting: None,
        }
    }

    /// Takes over how a playback has changed, and who made its latest version. Tells whether it has.
    pub(super) fn follow(&mut self, playback: &Playback, by: Option<&Arc<str>>) -> bool {
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

    /// Whether it shows the present. The view of a resting replay shows what its driver found when it last woke.
    pub(crate) fn is_current(&self) -> bool {
        self.resting.is_none()
    }
}

/// Why subscribers are sent away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopping {
    /// Told as they are closed.
    pub code: CloseCode,
    /// Whether they get all that they are owed first.
    pub drain: bool,
}
