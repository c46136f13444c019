//! `GET /api/replays/{id}/verdict`: what the clients of a replay have shown, and whether that was right.

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;

use super::json_response;
use crate::error_code::ErrorCode;
use crate::football::Score;
use crate::hub::{Recorded, RecordedEntry};
use crate::playback::Rejection;
use crate::scenario::MediaTime;
use crate::server::extract::{ApiError, RequestedReplay};
use crate::trace::TraceFailure;
use crate::verdict::{ClientReport, Shown};

/// The document.
#[derive(Debug, Serialize)]
struct VerdictDocument<'a> {
    /// What has been found about each client. Those of a recorded run come first.
    clients: Vec<ClientFindings<'a>>,
    /// What clients have said that they show, in order.
    shown: Vec<ShownEntry<'a>>,
    /// Present and true where the replay plays a recorded run again.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<bool>,
    /// The first failure of a recorded run.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a TraceFailure>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ClientFindings<'a> {
    Recorded(&'a RawValue),
    Live(Box<ClientReport>),
}

/// What a client said that it shows.
#[derive(Debug, Serialize)]
struct ShownEntry<'a> {
    client: &'a str,
    #[serde(rename = "match")]
    match_id: &'a str,
    /// The media time, in milliseconds.
    at: i64,
    score: String,
    /// The true score then.
    truth: Option<String>,
    clock: Option<&'a str>,
    n: Option<u32>,
}

impl<'a> ShownEntry<'a> {
    fn new(client: &'a str, at: MediaTime, shown: &'a Shown, truth: Option<Score>) -> Self {
        Self {
            client,
            match_id: shown.match_id.as_str(),
            at: at.as_millis(),
            score: shown.score.to_string(),
            truth: truth.map(|truth| truth.to_string()),
            clock: shown.clock.as_deref(),
            n: shown.n,
        }
    }

    fn of_entry(entry: &'a RecordedEntry) -> Option<Self> {
        let Recorded::Shows { shown, truth } = &entry.what else { return None };
        Some(Self::new(&entry.client, entry.at, shown, *truth))
    }
}

/// What the clients have shown: for callers that may control the replay, because it tells the truth.
pub(super) async fn verdict(requested: RequestedReplay) -> Result<Response, ApiError> {
    requested.control()?;
    let judge = requested.replay.judge();
    let run = judge.and_then(|judge| judge.recorded_run());
    let live = judge
        .map(|judge| judge.reports())
        .unwrap_or_default()
        .into_iter()
        .map(|report| ClientFindings::Live(Box::new(report)));
    let recorded = run.into_iter().flat_map(|run| &run.clients).map(|client| ClientFindings::Recorded(client));
    let entries = judge.map(|judge| judge.shown()).unwrap_or_default();
    let shown = run.into_iter().flat_map(|run| &run.shown);
    let shown = shown.map(|show| ShownEntry::new(&show.client, show.at, &show.shown, show.truth));
    let document = VerdictDocument {
        clients: recorded.chain(live).collect(),
        shown: shown.chain(entries.iter().filter_map(ShownEntry::of_entry)).collect(),
        recorded: run.map(|_| true),
        failure: run.and_then(|run| run.failure.as_ref()),
    };
    let body = serde_json::to_vec(&document);
    let body = body.map_err(|error| Rejection::new(ErrorCode::Unavailable, format!("writing the verdict: {error}")))?;
    Ok(json_response(StatusCode::OK, body))
}
