//! `POST /shows`: an app says what it shows, without a WebSocket. Reading is enough for that.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use tokio::runtime::Handle;

use super::{body_text, json_response, read_body};
use crate::dialect::Request as WireRequest;
use crate::dialect::native;
use crate::server::app_state::AppState;
use crate::server::extract::{ApiError, RequestedReplay};

pub(super) async fn shows(
    State(app): State<Arc<AppState>>,
    requested: RequestedReplay,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, sent) = request.into_parts();
    let sent = read_body(&app, &parts, sent).await?;
    let text = body_text(&sent)?;
    let (client, shown) = WireRequest::decode_shown(text)?;
    requested.replay.start_judge(false, &Handle::current()).shows(&client, &shown)?;
    let mut body = Vec::new();
    native::write_answer(|_| {}, &mut body);
    Ok(json_response(StatusCode::OK, body))
}
