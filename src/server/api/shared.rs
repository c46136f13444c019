//! `/api/replays/{id}/record` and `/api/replays/{id}/scenario`: what another server needs to play the same, and the commands that it
//! passes on. Both spoil, so they take the right to control.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Serialize;

use super::{Query, body_text, json_response, read_body};
use crate::dialect::Request as WireRequest;
use crate::error_code::ErrorCode;
use crate::message::excerpt;
use crate::playback::Rejection;
use crate::server::app_state::AppState;
use crate::server::extract::{ApiError, RequestedReplay};

/// The longest that a request with `wait` is held.
const MAX_WAIT: Duration = Duration::from_secs(25);

/// The record, at once or, with `wait=REVISION`, when it has another revision.
pub(super) async fn record(requested: RequestedReplay, request: Request) -> Result<Response, ApiError> {
    let control = requested.control()?;
    let query = Query::parse(request.uri().query(), &["wait"])?;
    if let Some(text) = query.text("wait") {
        let revision = text.parse().map_err(|_| {
            let message = format!("wait={:?} is not the revision of a record", excerpt(text));
            Rejection::new(ErrorCode::BadParameter, message)
        });
        let revision: u64 = revision?;
        let mut observer = requested.replay.observe();
        let news = observer.find(|status| status.revision != revision);
        let _ = tokio::time::timeout(MAX_WAIT, news).await;
    }
    Ok(respond(&control.record().await?)?)
}

/// Applies a command that another server passes on, and answers with the record after it.
pub(super) async fn submit(
    State(app): State<Arc<AppState>>,
    requested: RequestedReplay,
    request: Request,
) -> Result<Response, ApiError> {
    let control = requested.control()?;
    let (parts, sent) = request.into_parts();
    let sent = read_body(&app, &parts, sent).await?;
    let text = body_text(&sent)?;
    // A barrier is for the server that the client asks.
    let command_request = WireRequest::decode_command(text, |_| Ok(&[]))?;
    Ok(respond(&control.submit(command_request).await?)?)
}

fn respond(document: &impl Serialize) -> Result<Response, Rejection> {
    let body = serde_json::to_vec(document);
    Ok(json_response(StatusCode::OK, body.map_err(|error| Rejection::new(ErrorCode::Unavailable, error.to_string()))?))
}

/// The scenario as a file has it, without the feed faults of the replay.
pub(super) async fn scenario(
    State(app): State<Arc<AppState>>,
    requested: RequestedReplay,
    request: Request,
) -> Result<Response, ApiError> {
    requested.control()?;
    Query::parse(request.uri().query(), &[])?;
    let timeline = requested.replay.timeline();
    let Some(scenario) = timeline.scenario() else {
        let message = "the program that opened this replay has not kept its scenario";
        return Err(Rejection::new(ErrorCode::Unavailable, message).into());
    };
    let lines = app.slow_work.run(|| {
        let mut lines = Vec::new();
        scenario.write(&mut lines).map(|()| lines)
    });
    let lines = lines.await?.map_err(|error| Rejection::new(ErrorCode::Unavailable, error.to_string()))?;
    Ok(([(CONTENT_TYPE, "application/x-ndjson"), (CACHE_CONTROL, "no-cache")], lines).into_response())
}
