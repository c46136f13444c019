//! Wrong periods: for how long, and why, an app shows a score that is not right.

use std::fmt::Display;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Serialize, Serializer};

use super::MAX_LISTED;
use crate::football::{MatchId, Score};
use crate::words::words;

words! {
    /// Why a score was wrong. The first that applies of `duplicated`, `out_of_order`, `missed` or `stale`, `other`, `late`.
    Reason {
        /// The app shows more goals of a side than any score that was right so far.
        Duplicated = "duplicated",
        /// The app goes back to an older score, after the newer one that is still right.
        OutOfOrder = "out_of_order",
        /// A score was right for at least the grace, and the app never showed it in that time.
        Missed = "missed",
        /// As `missed`, but the score was right because of a correction: the app still shows what was taken back.
        Stale = "stale",
        /// The app shows a score that never was right.
        Other = "other",
        /// The app came to the right score, only later.
        Late = "late",
    }
}

/// A period in which an app shows a wrong score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WrongPeriod {
    /// The match.
    #[serde(rename = "match", serialize_with = "as_text")]
    pub match_id: MatchId,
    /// When it began.
    #[serde(skip)]
    pub from: Instant,
    /// When it began, since the beginning of the judgement.
    #[serde(rename = "at_ms", serialize_with = "as_millis")]
    pub at: Duration,
    /// How long it lasted, or has lasted so far.
    #[serde(rename = "for_ms", serialize_with = "as_millis")]
    pub lasted: Duration,
    /// The match clock at which it began, if that is known.
    #[serde(serialize_with = "as_text_or_null")]
    pub clock: Option<Arc<str>>,
    /// What the app showed: at the beginning, or where that says more, when the reason arose.
    #[serde(serialize_with = "as_text")]
    pub shown: Score,
    /// The number of the last event that the app said it had included then.
    pub n: Option<u32>,
    /// The true score at that time.
    #[serde(serialize_with = "as_text_or_null")]
    pub truth: Option<Score>,
    /// The score last sent at that time.
    #[serde(serialize_with = "as_text_or_null")]
    pub sent: Option<Score>,
    /// The score that was missed.
    #[serde(serialize_with = "as_text_or_null")]
    pub missed: Option<Score>,
    /// Why it was wrong.
    #[serde(serialize_with = "as_text")]
    pub reason: Reason,
}

/// The wrong periods of a client, bounded: the first are kept, all are counted.
#[derive(Debug, Clone, Default)]
pub struct WrongPeriods {
    kept: Vec<WrongPeriod>,
    counts: [u64; Reason::ALL.len()],
    longest: Option<WrongPeriod>,
}

impl WrongPeriods {
    /// Adds a period.
    pub fn push(&mut self, period: WrongPeriod) {
        self.counts[period.reason as usize] += 1;
        if self.longest.as_ref().is_none_or(|longest| longest.lasted < period.lasted) {
            self.longest = Some(period.clone());
        }
        if self.kept.len() < MAX_LISTED {
            self.kept.push(period);
        }
    }

    /// How many had this reason.
    pub fn count(&self, reason: Reason) -> u64 {
        self.counts[reason as usize]
    }

    /// How many there were.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The longest one: the first of several.
    pub fn longest(&self) -> Option<&WrongPeriod> {
        self.longest.as_ref()
    }

    /// The periods that are kept, in the order in which they began.
    pub fn list(&self) -> Vec<WrongPeriod> {
        let mut list = self.kept.clone();
        list.sort_by(|one, other| (one.from, &one.match_id).cmp(&(other.from, &other.match_id)));
        list
    }
}

pub fn as_text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn as_text_or_null<S: Serializer>(value: &Option<impl Display>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

/// As whole milliseconds, rounded down.
pub fn as_millis<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(value.as_millis()).unwrap_or(u64::MAX))
}
