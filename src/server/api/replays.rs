//! `/api/replays`: lists, opens and closes replays.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::LOCATION;
use http::{HeaderValue, StatusCode};

use super::open_request::{OpenRequest, SentLines, read_open_request};
use super::{Query, json_response};
use crate::dialect::native::documents;
use crate::error_code::ErrorCode;
use crate::hub::runtime_now;
use crate::hub::{Opened, Replay, ReplaySpec, Token, UploadReport, UploadedScenario};
use crate::json::write_object;
use crate::playback::Rejection;
use crate::scenario::Timeline;
use crate::server::app_state::AppState;
use crate::server::catalogue::Lookup;
use crate::server::extract::{ApiError, RequestedReplay, find_caller};
use crate::server::opening;
use crate::server::refusal::wrong_token_rejection;

/// Lists the shared replays, and for a caller that controls all also the private ones.
pub(super) async fn list(State(app): State<Arc<AppState>>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    Query::parse(parts.uri.query(), &[])?;
    let sees_all = find_caller(&parts)?.can_control_all().map_err(|_| wrong_token_rejection())?;
    let replays: Vec<Replay> = app.hub.list().into_iter().filter(|replay| sees_all || replay.is_listed()).collect();
    let mut lines = Vec::with_capacity(replays.len());
    for replay in replays {
        let mut out = Vec::new();
        write_replay_line(&replay, &mut out);
        lines.push(out);
        // Computing the status of an unobserved replay takes a moment: other tasks run in between.
        tokio::task::yield_now().await;
    }
    let mut body = Vec::new();
    write_object(&mut body, |o| o.array("replays", &lines, |out, line| out.extend_from_slice(line)));
    Ok(json_response(StatusCode::OK, body))
}

pub(super) async fn get(requested: RequestedReplay) -> Response {
    let mut body = Vec::new();
    write_replay_line(&requested.replay, &mut body);
    json_response(StatusCode::OK, body)
}

fn write_replay_line(replay: &Replay, out: &mut Vec<u8>) {
    let view = replay.status(runtime_now());
    let line = documents::ReplayEntry {
        id: replay.name(),
        status: replay.playback_status(&view, runtime_now()),
        shared: replay.is_listed(),
        subscribers: replay.subscriber_count(),
        linger: replay.linger(),
    };
    documents::write_replay(view.timeline(), &line, out);
}

/// Opens a replay, and returns its address and the token that controls it.
pub(super) async fn open(State(app): State<Arc<AppState>>, request: Request) -> Result<Response, ApiError> {
    let (parts, sent) = request.into_parts();
    let OpenRequest { name, replay_spec, lines } = read_open_request(&app, &parts, sent).await?;
    let (timeline, report) = find_timeline(&app, &replay_spec, lines).await?;
    let takes_long = replay_spec.cost_depends_on_length(&timeline);
    let open = || opening::open(&app, name.as_deref(), &replay_spec, timeline, |_| ());
    let Opened { replay, .. } = if takes_long { app.slow_work.run(open).await?? } else { open()? };
    tracing::info!(replay = replay.name(), title = replay.timeline().title(), "opened");
    let base = app.access.base_url(&find_caller(&parts)?);
    let [http, ws] = [base.http(), base.ws()].map(|base| format!("{base}/r/{}", replay.name()));
    let view = replay.status(runtime_now());
    let mut body = Vec::new();
    let token = replay.token();
    let line = documents::OpenedReplay {
        id: replay.name(),
        ws: &format!("{ws}/ws"),
        http: &http,
        control: token.as_ref().map(Token::reveal),
        status: replay.playback_status(&view, runtime_now()),
        findings: report.as_ref().map(|report| &report.findings),
    };
    documents::write_opened_replay(view.timeline(), &line, &mut body);
    let mut response = json_response(StatusCode::CREATED, body);
    if let Ok(location) = HeaderValue::try_from(format!("{}/api/replays/{}", base.path, replay.name())) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// What the request plays, and what was found in the scenario that it sends.
async fn find_timeline(
    app: &AppState,
    replay_spec: &ReplaySpec,
    lines: Option<SentLines>,
) -> Result<(Arc<Timeline>, Option<Arc<UploadReport>>), ApiError> {
    let Some(lines) = lines else {
        let timeline = match opening::find(app, replay_spec)? {
            Lookup::Ready(timeline) => timeline,
            Lookup::NotLoaded(place) => opening::load(app, place).await?,
        };
        return Ok((timeline, None));
    };
    let UploadedScenario { timeline, report } = opening::build_upload(app, &lines.text).await?;
    match timeline {
        Some(timeline) if !report.has_bad_faults || replay_spec.faults.is_some() => Ok((timeline, Some(report))),
        _ => Err(ApiError::bad_scenario(report)),
    }
}

/// Closes a replay, for callers that may control it.
pub(super) async fn close(State(app): State<Arc<AppState>>, requested: RequestedReplay) -> Result<Response, ApiError> {
    requested.control()?;
    if !requested.replay.is_owned() {
        let message =
            format!("the replay {:?} cannot be closed: it lasts as long as the server", requested.replay.name());
        return Err(Rejection::new(ErrorCode::Lasting, message).into());
    }
    app.hub.close(&requested.replay);
    Ok(StatusCode::NO_CONTENT.into_response())
}
