//! `GET /api/scenarios`: what can be played.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use super::json_response;
use crate::dialect::native::documents;
use crate::error_code::ErrorCode;
use crate::json::write_object;
use crate::playback::Rejection;
use crate::server::app_state::AppState;
use crate::server::extract::ApiError;

pub(super) async fn list(State(app): State<Arc<AppState>>) -> Result<Response, ApiError> {
    let catalogue = app.catalogue.clone();
    // Scenarios that have not been asked for yet are loaded, which takes a moment.
    let all = tokio::task::spawn_blocking(move || catalogue.all()).await;
    let all = all.map_err(|_| Rejection::new(ErrorCode::Unavailable, "the scenarios could not be loaded"))??;
    let mut body = Vec::new();
    write_object(&mut body, |o| {
        o.array("scenarios", &all, |out, (name, entry)| {
            documents::write_scenario(name, entry.about.as_deref(), &entry.sources, &entry.timeline, out);
        });
    });
    Ok(json_response(StatusCode::OK, body))
}
