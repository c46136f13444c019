//! The options with which a replay is opened.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::replay_record::SharedStart;
use super::wall::Wall;
use crate::faults::link::LinkPlan;
use crate::playback::PlaybackOptions;
use crate::scenario::Span;

/// How a replay is played, how long it lives, and who sees it.
#[derive(Debug, Clone, Default)]
pub struct ReplayOptions {
    /// Speed, pace, start and end.
    pub playback: PlaybackOptions,
    /// Playback starts once this many subscribers are connected.
    pub wait_for: usize,
    /// Whether the replay closes when playback has ended and every subscriber has received everything.
    pub once: bool,
    /// How long the replay stays open after its last subscriber has left; `None`: for good. A replay that has had no subscriber
    /// yet stays open for at least a minute.
    pub linger: Option<Duration>,
    /// Whether a client opened the replay for itself. Such a replay has a token, waits for disconnected subscribers to resume,
    /// and may be evicted while it has no subscriber.
    pub owned: bool,
    /// The instant at which playback began or will begin; what would have been played since counts as played. Any number of
    /// servers with the same value show the same at every moment, and accept each other's cursors. `None`: now.
    pub began: Option<Instant>,
    /// How much later than in the scenario hello and the documents place kick-offs.
    pub kickoff_offset: Span,
    /// What goes wrong on the connections of its subscribers.
    #[doc(hidden)]
    pub link: Option<Arc<LinkPlan>>,
    /// Whether public listings show the replay.
    pub listed: bool,
    /// What the replay shares with those of other servers; [`Self::playback`] and [`Self::began`] mean nothing then.
    #[doc(hidden)]
    pub shared: Option<SharedStart>,
    /// The source of wall-clock time.
    #[doc(hidden)]
    pub wall: Wall,
}
