//! The verdict: whether the reports of a run keep to the expectations.

use std::fmt;
use std::time::{Duration, Instant};

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::client_report::{ClientReport, Reconnects};
use super::describe::{describe_period, describe_reconnects, describe_recovery};
use super::expectations::{Expectation, Expectations};
use super::recovery::Recovery;
use super::wrong_period::{Reason, WrongPeriod, as_text};
use crate::football::MatchId;
use crate::playback::format_span;
use crate::scenario::Span;
use crate::words::words;

words! {
    /// How a run ends.
    RunOutcome {
        /// At least one client was judged, and all that were keep to the expectations.
        Passed = "passed",
        /// A client does not.
        Failed = "failed",
        /// No client has said what it shows.
        NothingJudged = "nothing_judged",
        /// No client has connected.
        NobodySubscribed = "nobody_subscribed",
    }
}

/// How much of a finding there is or may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// A number of findings.
    Count(u64),
    /// A length of time.
    Length(Duration),
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Length(length) if length.subsec_nanos() == 0 => {
                f.write_str(&format_span(Span::from_duration(*length)))
            }
            Self::Length(length) => write!(f, "{}", Span::from_duration(*length)),
        }
    }
}

impl Amount {
    /// As a number of the unit.
    fn number(self) -> u64 {
        match self {
            Self::Count(count) => count,
            Self::Length(length) => u64::try_from(length.as_millis()).unwrap_or(u64::MAX),
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::Count(_) => "count",
            Self::Length(_) => "ms",
        }
    }
}

/// A client does not keep to an expectation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The name of the replay.
    pub replay: String,
    /// The name of the client.
    pub client: String,
    /// The expectation.
    pub expectation: Expectation,
    /// The most that is allowed.
    pub allowed: Amount,
    /// How much there is.
    pub got: Amount,
    /// An example, on one line: `juv-nap: showed 0-0 for 3.2s from 89:07 while 0-1 was right`.
    pub detail: String,
    /// The match of the example; `None`: it is about the connection.
    pub match_id: Option<MatchId>,
    /// When the example began, if that is known.
    pub from: Option<Instant>,
}

impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Failure", 7)?;
        object.serialize_field("replay", &self.replay)?;
        object.serialize_field("client", &self.client)?;
        object.serialize_field("expectation", self.expectation.as_str())?;
        object.serialize_field("allowed", &self.allowed.number())?;
        object.serialize_field("got", &self.got.number())?;
        object.serialize_field("unit", self.got.unit())?;
        object.serialize_field("detail", &self.detail)?;
        object.end()
    }
}

/// A report, and the replay that the client followed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReplayClient {
    /// The name of the replay.
    pub replay: String,
    /// What was found.
    #[serde(flatten)]
    pub report: ClientReport,
}

/// Whether a run is as expected.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// The result.
    #[serde(serialize_with = "as_text")]
    pub outcome: RunOutcome,
    /// What was expected.
    pub expectations: Expectations,
    /// What was not kept to, client by client.
    pub failures: Vec<Failure>,
    /// All clients, also those that were not judged.
    pub clients: Vec<ReplayClient>,
}

impl Verdict {
    /// Compares reports, each with the name of its replay, with the expectations. A client of which nothing was judged keeps to all
    /// of them, because it may be a mere observer; a run in which there are only such clients does not pass.
    pub fn new(reports: impl IntoIterator<Item = (String, ClientReport)>, expectations: Expectations) -> Self {
        let clients = reports.into_iter().map(|(replay, report)| ReplayClient { replay, report });
        let clients: Vec<ReplayClient> = clients.collect();
        let judged = || clients.iter().filter(|client| client.report.judged > 0);
        let failures: Vec<Failure> = judged().flat_map(|client| failures_of(client, &expectations)).collect();
        let outcome = if clients.iter().all(|client| client.report.connections == 0 && client.report.judged == 0) {
            RunOutcome::NobodySubscribed
        } else if judged().next().is_none() {
            RunOutcome::NothingJudged
        } else if failures.is_empty() {
            RunOutcome::Passed
        } else {
            RunOutcome::Failed
        };
        Self { outcome, expectations, failures, clients }
    }

    /// The failure that began first; of those whose beginning is not known the first one.
    pub fn earliest_failure(&self) -> Option<&Failure> {
        self.failures.iter().min_by_key(|failure| (failure.from.is_none(), failure.from))
    }

    /// Whether the run passed.
    pub fn passed(&self) -> bool {
        self.outcome == RunOutcome::Passed
    }

    /// The verdict as one JSON object on one line.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

/// What a client does not keep to, in the order of the expectations.
fn failures_of(client: &ReplayClient, expectations: &Expectations) -> Vec<Failure> {
    let found = Expectation::ALL.iter().filter_map(|expectation| {
        let (allowed, got, example) = compare(*expectation, &client.report, expectations)?;
        let (detail, match_id, from) = example.describe();
        let (replay, client) = (client.replay.clone(), client.report.client.to_string());
        Some(Failure { replay, client, expectation: *expectation, allowed, got, detail, match_id, from })
    });
    found.collect()
}

/// An example of what a client does not keep to.
enum Example<'a> {
    /// A wrong period, unless it is beyond those that are listed.
    Period(Option<&'a WrongPeriod>),
    Recovery(&'a Recovery),
    Reconnects(&'a Reconnects),
}

impl Example<'_> {
    /// In words, with the match and the beginning.
    fn describe(&self) -> (String, Option<MatchId>, Option<Instant>) {
        match self {
            Self::Period(None) => (String::new(), None, None),
            Self::Period(Some(period)) => (describe_period(period), Some(period.match_id.clone()), Some(period.from)),
            Self::Recovery(recovery) => (describe_recovery(recovery), None, Some(recovery.from)),
            Self::Reconnects(reconnects) => (describe_reconnects(reconnects), None, None),
        }
    }
}

/// What is allowed, what there is, and an example, unless the report keeps to the expectation.
fn compare<'a>(
    expectation: Expectation,
    report: &'a ClientReport,
    expectations: &Expectations,
) -> Option<(Amount, Amount, Example<'a>)> {
    let count = |allowed: u64, got: u64, example: Example<'a>| {
        (got > allowed).then_some((Amount::Count(allowed), Amount::Count(got), example))
    };
    let first = |reason| Example::Period(report.first_with(reason));
    match expectation {
        Expectation::Missed => count(expectations.missed, report.missed, first(Reason::Missed)),
        Expectation::Stale => count(expectations.stale, report.stale, first(Reason::Stale)),
        Expectation::Duplicated => count(expectations.duplicated, report.duplicated, first(Reason::Duplicated)),
        Expectation::OutOfOrder => count(expectations.out_of_order, report.out_of_order, first(Reason::OutOfOrder)),
        Expectation::Reconnects => {
            count(expectations.reconnects?, report.reconnects.total, Example::Reconnects(&report.reconnects))
        }
        Expectation::WrongFor => {
            let period = report.longest_wrong.as_ref()?;
            let (allowed, got) = (expectations.wrong_for, period.lasted);
            (got > allowed).then_some((Amount::Length(allowed), Amount::Length(got), Example::Period(Some(period))))
        }
        Expectation::Recovery => {
            let allowed = expectations.recovery;
            // A client that has not recovered would have taken longer than it has until the end.
            let not_recovered = report.not_recovered.as_ref().filter(|recovery| recovery.lasted >= allowed);
            let too_long = report.longest_recovery.as_ref().filter(|recovery| recovery.lasted > allowed);
            let recovery = not_recovered.or(too_long)?;
            Some((Amount::Length(allowed), Amount::Length(recovery.lasted), Example::Recovery(recovery)))
        }
    }
}
