//! `GET /api/replays/{id}/verdict`: what the clients of a replay have shown, and whether that was right.

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;

use super::json_response;
use crate::error_code::ErrorCode;
use crate::football::Score;
use crate::hub::{Recorded, RecordedEntry};
use crate::playback::Rejection;
use crate::server::extract::{ApiError, RequestedReplay};
use crate::verdict::ClientReport;

/// The document.
#[derive(Debug, Serialize)]
struct VerdictDocument {
    /// What has been found about each client.
    clients: Vec<ClientReport>,
    /// What clients have said that they show, in order.
    shown: Vec<ShownEntry>,
}

/// What a client said that it shows.
#[derive(Debug, Serialize)]
struct ShownEntry {
    client: String,
    #[serde(rename = "match")]
    match_id: String,
    /// The media time, in milliseconds.
    at: i64,
    score: String,
    /// The true score then.
    truth: Option<String>,
    clock: Option<String>,
    n: Option<u32>,
}

impl ShownEntry {
    fn of(entry: RecordedEntry) -> Option<Self> {
        let Recorded::Shows { shown, truth } = entry.what else { return None };
        let text = |score: Score| format!("{}-{}", score.home, score.away);
        Some(Self {
            client: entry.client.to_string(),
            match_id: shown.match_id.as_str().to_owned(),
            at: entry.at.as_millis(),
            score: text(shown.score),
            truth: truth.map(text),
            clock: shown.clock.as_deref().map(str::to_owned),
            n: shown.n,
        })
    }
}

/// What the clients have shown: for callers that may control the replay, because it tells the truth.
pub(super) async fn verdict(requested: RequestedReplay) -> Result<Response, ApiError> {
    requested.control()?;
    let (clients, recorded) = match requested.replay.judge() {
        Some(judge) => (judge.reports(), judge.recorded()),
        None => (Vec::new(), Vec::new()),
    };
    let document = VerdictDocument { clients, shown: recorded.into_iter().filter_map(ShownEntry::of).collect() };
    let body = serde_json::to_vec(&document);
    let body = body.map_err(|error| Rejection::new(ErrorCode::Unavailable, format!("writing the verdict: {error}")))?;
    Ok(json_response(StatusCode::OK, body))
}
