//! A recording of what the clients of a replay were sent and said.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::football::{MatchId, Score};
use crate::hub::replay_status::ReplayStatus;
use crate::scenario::MediaTime;
use crate::verdict::{DisconnectedBy, Shown};

/// The most bytes of frames in a complete recording. Later frames are left out, what clients say is not.
const MAX_BYTES: usize = 64 << 20;
/// The most entries.
const MAX_ENTRIES: usize = 500_000;
/// The most entries where only what clients show is kept, for the match centre.
const MAX_SHOWN: usize = 10_000;

/// Something that a client was sent, said or met with.
#[derive(Debug, Clone)]
pub struct RecordedEntry {
    /// The wall time since the recording began.
    pub wall: Duration,
    /// The media time.
    pub at: MediaTime,
    /// The name of the client; empty for the truth.
    pub client: Arc<str>,
    /// The number of the connection; 0 for none.
    pub subscriber: u32,
    /// What it was.
    pub what: Recorded,
}

/// What a [`RecordedEntry`] is about.
#[derive(Debug, Clone)]
pub enum Recorded {
    /// The client has connected, as its `hello` said.
    Connected {
        /// Whether it resumed at the cursor that it gave.
        resumed: Option<bool>,
    },
    /// The connection has ended.
    Disconnected(DisconnectedBy),
    /// The text of a frame that was sent.
    Sent(Bytes),
    /// The client said what it shows.
    Shows {
        /// What it said.
        shown: Shown,
        /// The true score then.
        truth: Option<Score>,
    },
    /// The true score of a match has changed.
    Truth {
        /// The match.
        match_id: MatchId,
        /// Its score.
        score: Score,
        /// Whether it is the first one that is known.
        is_first: bool,
    },
    /// A link fault has hit the connection.
    Fault(Arc<str>),
}

/// A bounded recording.
#[derive(Debug)]
pub(super) struct Recording {
    began: Instant,
    is_complete: bool,
    entries: Vec<RecordedEntry>,
    /// The indices of the entries that say what a client shows.
    shown: Vec<usize>,
    bytes: usize,
}

impl Recording {
    /// `is_complete`: whether frames are recorded too.
    pub(super) fn new(began: Instant, is_complete: bool) -> Self {
        Self { began, is_complete, entries: Vec::new(), shown: Vec::new(), bytes: 0 }
    }

    pub(super) fn began(&self) -> Instant {
        self.began
    }

    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    pub(super) fn entries(&self) -> &[RecordedEntry] {
        &self.entries
    }

    /// The entries that say what a client shows.
    pub(super) fn shown(&self) -> impl Iterator<Item = &RecordedEntry> {
        self.shown.iter().filter_map(|index| self.entries.get(*index))
    }

    pub(super) fn add(
        &mut self,
        now: Instant,
        status: &ReplayStatus,
        client: &Arc<str>,
        subscriber: u32,
        what: Recorded,
    ) {
        if let Recorded::Sent(text) = &what {
            self.bytes += text.len();
            if !self.is_complete || self.bytes > MAX_BYTES {
                return;
            }
        }
        if self.entries.len() >= if self.is_complete { MAX_ENTRIES } else { MAX_SHOWN } {
            return;
        }
        if matches!(what, Recorded::Shows { .. }) {
            self.shown.push(self.entries.len());
        }
        let at = status.playhead.clock.media_time(now);
        let wall = now.saturating_duration_since(self.began);
        self.entries.push(RecordedEntry { wall, at, client: client.clone(), subscriber, what });
    }
}
