//! What servers that play the same replay exchange: records, after each change that does not follow from the last one, and commands to the
//! authority.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error_code::ErrorCode;
use crate::playback::{Applied, CommandRequest, PlaybackRecord, Rejection};
use crate::scenario::Span;

/// The version of the JSON form of [`ReplayRecord`].
pub(super) const FORMAT: u32 = 1;
/// The most servers through which a record comes.
const MAX_SERVERS: usize = 16;

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
    /// The instances on all servers through which the record came, this one last.
    pub(super) servers: Vec<u32>,
    /// Rises with each change that does not follow from the record by arithmetic.
    pub(crate) revision: u64,
    /// Whether public listings show the replay.
    pub(crate) listed: bool,
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

    /// Refuses a record by which a replay of this instance and with these kick-offs cannot be played.
    pub(super) fn check_can_follow(&self, instance: u32, kickoff_offset: Span) -> Result<(), Rejection> {
        let refused = |message| Err(Rejection::new(ErrorCode::BadScenario, message));
        if self.servers.contains(&instance) {
            return refused("this server follows itself, by way of the followed server".to_owned());
        }
        if self.servers.len() > MAX_SERVERS {
            return refused(format!("the followed server is more than {MAX_SERVERS} servers away from the first"));
        }
        if self.kickoff_offset_ms != kickoff_offset.as_millis() {
            return refused("the followed server shows other kick-offs by now".to_owned());
        }
        Ok(())
    }

    /// Why the frames of another run cannot be played by it.
    pub(crate) fn other_run_rejection(&self, run: &str) -> Rejection {
        let message = format!(
            "the followed server (version {}) plays run {}, and this one has {run}: another scenario, or another version of the program",
            self.server, self.run
        );
        Rejection::new(ErrorCode::BadScenario, message)
    }
}

/// Parses what a server has written for others: a record, or [`Submitted`]. One of another version of the program may have other members.
pub(crate) fn parse_record<T: DeserializeOwned>(body: &[u8]) -> Result<T, Rejection> {
    #[derive(Deserialize)]
    struct Head {
        format: u32,
        server: String,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum AnyHead {
        Record(Head),
        Submitted { record: Head },
    }
    let wrong =
        |error: &dyn fmt::Display| Rejection::new(ErrorCode::BadJson, format!("not a record of a replay: {error}"));
    let (AnyHead::Record(head) | AnyHead::Submitted { record: head }) =
        serde_json::from_slice(body).map_err(|_| wrong(&"it has no format"))?;
    if head.format != FORMAT {
        let message = format!(
            "the followed server (version {}) writes records of format {}, and this one reads {FORMAT}: use the same version",
            head.server, head.format
        );
        return Err(Rejection::new(ErrorCode::BadScenario, message));
    }
    serde_json::from_slice(body).map_err(|error| wrong(&error))
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
