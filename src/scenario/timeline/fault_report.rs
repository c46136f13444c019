//! What a faulty feed says of itself: the plan, the seed, and the journal of every fault that was injected.

use std::fmt;
use std::sync::Arc;

use super::MediaTime;
use crate::football::{FaultKind, MatchId};

/// The faults of a timeline.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FaultReport {
    /// The plan, as text.
    pub plan: Arc<str>,
    /// The seed of everything that chance decided.
    pub seed: u64,
    /// Every fault that was injected, in the order in which they show.
    pub journal: Vec<JournalEntry>,
}

/// A fault that was injected.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct JournalEntry {
    /// What went wrong.
    pub kind: FaultKind,
    /// Its place in the plan, from 0.
    pub fault: usize,
    /// The media time at which it shows.
    pub at: MediaTime,
    /// The number `n` of the cue with which it shows; of a lost event that of the next cue.
    pub n: usize,
    /// The match.
    pub match_id: MatchId,
    /// The event, and its revision in the feed.
    pub id: String,
    /// The revision.
    pub rev: u32,
    /// The sequence number of the event within its match; `None`: the feed never mentions it.
    pub seq: Option<u32>,
    /// What was done.
    pub what: String,
}

impl fmt::Display for JournalEntry {
    /// Prints one line: `n 84, koulibaly-goal: drop: not sent`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n {}, {}: {}: {}", self.n, self.id, self.kind, self.what)
    }
}
