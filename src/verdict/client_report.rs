//! What the judge of one client has found.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::recovery::Recovery;
use super::wrong_period::{Reason, WrongPeriod, as_millis, as_text};

/// How a client came back after its first connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Reconnects {
    /// Connections after the first.
    pub total: u64,
    /// How many resumed at a cursor.
    pub resumed: u64,
    /// How many had a cursor that could not be resumed at.
    pub reset: u64,
    /// How many had no cursor.
    pub without_cursor: u64,
}

/// What has been found about one client in one replay, up to an instant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClientReport {
    /// The client's name.
    #[serde(serialize_with = "as_text")]
    pub client: Arc<str>,
    /// How often it connected.
    pub connections: u64,
    /// How many reports of what it shows were judged. 0: nothing is known about the client.
    pub judged: u64,
    /// How many were not: of a match without a known score, or beyond the number of matches that are judged.
    pub not_judged: u64,
    /// How many wrong periods there were.
    pub wrong_periods: u64,
    /// Those with reason `missed`.
    pub missed: u64,
    /// Those with reason `stale`.
    pub stale: u64,
    /// Those with reason `duplicated`.
    pub duplicated: u64,
    /// Those with reason `out_of_order`.
    pub out_of_order: u64,
    /// The longest wrong period.
    pub longest_wrong: Option<WrongPeriod>,
    /// The first wrong periods.
    pub wrong: Vec<WrongPeriod>,
    /// How many faults and unwanted disconnects there were.
    pub faults: u64,
    /// The longest recovery that has ended.
    pub longest_recovery: Option<Recovery>,
    /// The earliest fault from which the client has not recovered.
    pub not_recovered: Option<Recovery>,
    /// The first recoveries.
    pub recoveries: Vec<Recovery>,
    /// How the client came back.
    pub reconnects: Reconnects,
    /// For how long the score that the client was sent last was not the true one, over all matches. Not judged.
    #[serde(rename = "feed_wrong_for_ms", serialize_with = "as_millis")]
    pub feed_wrong_for: Duration,
}

impl ClientReport {
    /// The length of the longest wrong period.
    pub fn wrong_for(&self) -> Duration {
        self.longest_wrong.as_ref().map_or(Duration::ZERO, |period| period.lasted)
    }

    /// The first wrong period with this reason, if it is among those that are kept.
    pub fn first_with(&self, reason: Reason) -> Option<&WrongPeriod> {
        self.wrong.iter().find(|period| period.reason == reason)
    }
}
