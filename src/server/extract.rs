//! What HTTP handlers are given: the caller, the replay that the path names, and the error that they return.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use super::access::{Caller, READ_ONLY_MESSAGE, WrongToken};
use super::app_state::{AppState, MAIN_REPLAY};
use super::refusal::{error_response, scenario_error_response, wrong_token_rejection};
use crate::error_code::ErrorCode;
use crate::hub::{Control, Replay, UploadReport};
use crate::message::format_count;
use crate::playback::Rejection;

/// A rejection as an HTTP response: what handlers return as their error.
#[derive(Debug)]
pub(super) struct ApiError {
    rejection: Rejection,
    /// What is wrong with the scenario that the client has sent.
    report: Option<Arc<UploadReport>>,
}

impl ApiError {
    /// The scenario that the client has sent cannot be played.
    pub(super) fn bad_scenario(report: Arc<UploadReport>) -> Self {
        let findings = &report.findings;
        let errors = format_count(findings.error_count(), "error", "errors");
        let first = findings.first_error().map(|first| match first.line {
            0 => format!(": {}", first.text()),
            line => format!(": line {line}: {}", first.text()),
        });
        let message = format!("the scenario has {errors}{}", first.unwrap_or_default());
        Self { rejection: Rejection::new(ErrorCode::BadScenario, message), report: Some(report) }
    }
}

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> Self {
        Self { rejection, report: None }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self.report {
            Some(report) => scenario_error_response(&self.rejection, &report.findings),
            None => error_response(&self.rejection),
        }
    }
}

/// Extractor: the replay that the request's path names (`main` if it names none), and the caller.
pub(super) struct RequestedReplay {
    pub(super) replay: Replay,
    control: Control,
    pub(super) caller: Caller,
}

impl RequestedReplay {
    /// The control of the replay, if the caller may use it.
    pub(super) fn control(&self) -> Result<&Control, Rejection> {
        match self.caller.can_control(&self.replay) {
            Ok(true) => Ok(&self.control),
            Ok(false) => Err(Rejection::new(ErrorCode::NotAuthorised, READ_ONLY_MESSAGE)),
            Err(WrongToken) => Err(wrong_token_rejection()),
        }
    }
}

impl FromRequestParts<Arc<AppState>> for RequestedReplay {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, app).await;
        let params = params.map_err(|_| Rejection::new(ErrorCode::BadRequest, "the path is not UTF-8"))?;
        let name = params.iter().find(|(key, _)| *key == "replay").map_or(MAIN_REPLAY, |(_, name)| name);
        let (replay, control) = app.hub.find(name)?;
        let caller = find_caller(parts)?;
        // A wrong token is rejected even where reading needs no token.
        caller.can_control(&replay).map_err(|WrongToken| wrong_token_rejection())?;
        // Reading documents keeps a replay on demand open, like subscribing.
        replay.touch();
        Ok(Self { replay, control, caller })
    }
}

/// The caller of a request; `routes` has put it there.
pub(super) fn find_caller(parts: &Parts) -> Result<Caller, Rejection> {
    parts
        .extensions
        .get::<Caller>()
        .cloned()
        .ok_or_else(|| Rejection::new(ErrorCode::Forbidden, "access was not checked"))
}
