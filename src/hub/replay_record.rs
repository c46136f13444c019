//! What servers that play the same replay exchange: the record of its playback, when something has changed it that is no arithmetic, and
//! commands, on their way to who decides about them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::error_code::ErrorCode;
use crate::playback::{Applied, CommandRequest, PlaybackRecord, Rejection};

/// The version of the JSON form of [`ReplayRecord`].
pub(super) const FORMAT: u32 = 1;

/// What another server needs to play the same as this one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplayRecord {
    pub(super) format: u32,
    /// The version of the program that wrote it.
    pub(crate) server: String,
    /// The name of the replay.
    pub(crate) replay: String,
    /// The run, 8 hexadecimal digits: what is played, feed faults included.
    pub(crate) run: String,
    /// Tells the replay from others of that name.
    pub(crate) instance: u32,
    /// Rises with each change that does not follow from the record by arithmetic.
    pub(crate) revision: u64,
    /// How many subscribers playback waits for at its beginning.
    pub(crate) wait_for: usize,
    /// How much later than in the scenario kick-offs are.
    pub(crate) kickoff_offset_ms: i64,
    /// The plan of feed faults, and the seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) faults: Option<String>,
    pub(crate) seed: u64,
    /// Who made the latest change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<String>,
    pub(crate) playback: PlaybackRecord,
}

impl ReplayRecord {
    /// How long the end is shown before the next lap.
    pub(crate) fn hold(&self) -> Duration {
        self.playback.hold()
    }

    /// Whether playback has not begun.
    pub(crate) fn waits(&self) -> bool {
        self.playback.is_waiting()
    }

    /// Refuses a record that a later version of the program has written in another form.
    pub(crate) fn check_format(&self) -> Result<(), Rejection> {
        match self.format {
            FORMAT => Ok(()),
            other => Err(Rejection::new(
                ErrorCode::Unavailable,
                format!(
                    "the server (version {}) writes records of format {other}, and this one reads {FORMAT}: use the same version",
                    self.server
                ),
            )),
        }
    }
}

/// What a command did to a replay, and the record after it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Submitted {
    pub(crate) applied: Applied,
    pub(crate) record: ReplayRecord,
}

/// Who decides about the commands of a shared replay.
pub(crate) trait CommandAuthority: Send + Sync + fmt::Debug {
    /// Has a command applied. The caller adopts the record.
    fn submit(&self, request: CommandRequest) -> BoxFuture<'_, Result<Submitted, Rejection>>;
}

/// How a shared replay begins.
#[derive(Debug, Clone)]
pub struct SharedStart {
    pub(crate) record: ReplayRecord,
    pub(crate) authority: Arc<dyn CommandAuthority>,
}
