//! An event in the story of a faulty feed.

use std::sync::Arc;

use super::MediaTime;
use crate::football::MatchEvent;

/// A revision of an event as a faulty feed tells it.
#[derive(Debug, Clone)]
pub(crate) struct StoryEvent {
    /// When it is due.
    pub(crate) at: MediaTime,
    /// Its match: an index in [`Timeline::tracks`](super::Timeline::tracks).
    pub(crate) track: u16,
    /// The revision, complete.
    pub(crate) event: Arc<MatchEvent>,
    /// The place of the previous revision in the story.
    pub(crate) previous: Option<u32>,
    /// Whether the feed only counts with it and never sends it: it has no sequence number.
    pub(crate) hidden: bool,
}
