//! Documents about a replay: its state, tables, timeline and history, for clients that poll.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawPathParams, Request};
use axum::response::Response;
use http::{HeaderMap, StatusCode};

use super::{Query, json_response};
use crate::dialect::native::documents::{self, MAX_HISTORY, PlayedFaults, SpoilerLimit};
use crate::dialect::native::{PlaybackStatus, SnapshotDetail};
use crate::error_code::ErrorCode;
use crate::hub::runtime_now;
use crate::hub::{Filter, Replay, ReplayStatus};
use crate::playback::Rejection;
use crate::scenario::Timeline;
use crate::server::extract::{ApiError, RequestedReplay};
use crate::server::{etag, parameters};

/// The longest that a request with `wait` is held.
const MAX_POLL: Duration = Duration::from_secs(25);

pub(super) async fn state(requested: RequestedReplay, request: Request) -> Result<Response, ApiError> {
    let query = Query::parse(request.uri().query(), &["match", "snapshot", "wait"])?;
    let detail = parse_detail(&query)?;
    let timeline = requested.replay.timeline();
    let follow = parse_filter(&query, &timeline)?;
    let answer = respond_with_current(&requested.replay, &query, request.headers(), |view, here, out| {
        let tracks = follow.snapshot_tracks(&timeline, here.at());
        documents::write_state(view.timeline(), here, &tracks, detail, out);
    });
    Ok(answer.await?)
}

pub(super) async fn state_of_match(
    requested: RequestedReplay,
    params: RawPathParams,
    request: Request,
) -> Result<Response, ApiError> {
    let query = Query::parse(request.uri().query(), &["snapshot", "wait"])?;
    let detail = parse_detail(&query)?;
    let timeline = requested.replay.timeline();
    let id: String = params.iter().find(|(key, _)| *key == "match").map_or("", |(_, id)| id).to_owned();
    let track = match timeline.track_of(&id) {
        Some(track) => track,
        None => {
            parameters::parse_filter(&timeline, Some(std::slice::from_ref(&id)), None)?;
            return Err(Rejection::new(ErrorCode::UnknownMatch, format!("unknown match {id:?}")).into());
        }
    };
    let answer = respond_with_current(&requested.replay, &query, request.headers(), |view, here, out| {
        documents::write_match_state(view.timeline(), here, track, detail, out);
    });
    Ok(answer.await?)
}

pub(super) async fn table(requested: RequestedReplay, request: Request) -> Result<Response, ApiError> {
    let query = Query::parse(request.uri().query(), &["match", "wait"])?;
    let timeline = requested.replay.timeline();
    let follow = parse_filter(&query, &timeline)?;
    let answer = respond_with_current(&requested.replay, &query, request.headers(), |view, here, out| {
        let tables = (0..timeline.tables().len()).filter(|table| follow.selects_table(*table));
        documents::write_tables(view.timeline(), here, tables, out);
    });
    Ok(answer.await?)
}

/// The filter that `match` and `types` give.
fn parse_filter(query: &Query, timeline: &Timeline) -> Result<Filter, Rejection> {
    let names = |name| query.text(name).map(parameters::split_list);
    parameters::parse_filter(timeline, names("match").as_deref(), names("types").as_deref())
}

fn parse_detail(query: &Query) -> Result<SnapshotDetail, Rejection> {
    match query.text("snapshot") {
        None | Some("key") => Ok(SnapshotDetail::Key),
        Some("full") => Ok(SnapshotDetail::Full),
        Some(value) => Err(parameters::not_one_of_rejection("snapshot", value, &["key", "full"])),
    }
}

/// Answers with the current document, or with 304 if the client has it already. With `wait`, holds the request until
/// the document changes.
async fn respond_with_current(
    replay: &Replay,
    query: &Query,
    headers: &HeaderMap,
    write: impl FnOnce(&ReplayStatus, &PlaybackStatus<'_>, &mut Vec<u8>),
) -> Result<Response, Rejection> {
    let tag_of =
        |view: &ReplayStatus, here: &PlaybackStatus<'_>| documents::etag(view.timeline(), here, replay.instance_id());
    let has =
        |view: &ReplayStatus, here: &PlaybackStatus<'_>| etag::if_none_match_matches(headers, &tag_of(view, here));
    if let Some(n) = query.parse_event_number("wait")? {
        let before = replay.status(runtime_now()).playhead;
        let mut observer = replay.observe();
        let news = observer.find(|view| {
            let now = &view.playhead;
            if etag::client_tags(headers).next().is_some() {
                !has(view, &replay.playback_status(view, runtime_now()))
            } else {
                now.head > n || (now.epoch, now.version) != (before.epoch, before.version)
            }
        });
        // The observer keeps the replay open. When the time is up the client gets the current document.
        let waited = tokio::time::timeout(MAX_POLL, news).await;
        drop(waited);
    }
    // Tag and document are of one instant.
    let now = runtime_now();
    let view = replay.status(now);
    let here = replay.playback_status(&view, now);
    let mut response = if has(&view, &here) {
        etag::not_modified()
    } else {
        let mut body = Vec::new();
        write(&view, &here, &mut body);
        json_response(StatusCode::OK, body)
    };
    etag::set(&mut response, &tag_of(&view, &here));
    Ok(response)
}

pub(super) async fn timeline(requested: RequestedReplay, request: Request) -> Result<Response, ApiError> {
    let query = Query::parse(request.uri().query(), &["match", "spoilers"])?;
    let view = requested.replay.status(runtime_now());
    let here = requested.replay.playback_status(&view, runtime_now());
    let seen = match query.text("spoilers") {
        None | Some("1") => None,
        Some("0") => Some(SpoilerLimit { n: view.playhead.head as usize, at: here.at() }),
        Some(value) => return Err(parameters::not_one_of_rejection("spoilers", value, &["1", "0"]).into()),
    };
    let timeline = view.timeline();
    let tracks: Vec<usize> = parse_filter(&query, timeline)?.tracks(timeline).collect();
    let (run, moved) = (here.run, requested.replay.kickoff_offset());
    // The whole timeline never changes; the part that has been released does.
    let tag = seen.is_none().then(|| documents::timeline_etag(run, moved));
    let mut response = if tag.as_ref().is_some_and(|tag| etag::if_none_match_matches(request.headers(), tag)) {
        etag::not_modified()
    } else {
        let mut body = Vec::new();
        documents::write_timeline(timeline, run, &tracks, moved, seen, &mut body);
        json_response(StatusCode::OK, body)
    };
    tag.iter().for_each(|tag| etag::set(&mut response, tag));
    Ok(response)
}

/// The events that have been released. Up to a snapshot's `n` they are the past before that snapshot, without gap or
/// overlap.
pub(super) async fn history(requested: RequestedReplay, request: Request) -> Result<Response, ApiError> {
    let query = Query::parse(request.uri().query(), &["from", "to", "match", "types"])?;
    let timeline: Arc<Timeline> = requested.replay.timeline();
    let head = requested.replay.status(runtime_now()).playhead.head;
    let (from, to) = (query.parse_event_number("from")?.unwrap_or(1), query.parse_event_number("to")?.unwrap_or(head));
    if from == 0 || to > head {
        let released = match head {
            0 => "no event has been released yet".to_owned(),
            _ => format!("events 1 to {head} have been released so far"),
        };
        return Err(Rejection::new(ErrorCode::BadParameter, format!("from={from} and to={to}: {released}")).into());
    }
    if (to as usize + 1).saturating_sub(from as usize) > MAX_HISTORY {
        let message = format!("{} events are too many for one answer: ask for {MAX_HISTORY} at a time", to + 1 - from);
        return Err(Rejection::new(ErrorCode::OverLimit, message).into());
    }
    let follow = parse_filter(&query, &timeline)?;
    let cues = (from as usize - 1)..(to as usize).max(from as usize - 1);
    let wanted = cues.filter(|index| follow.selects(&timeline.cues()[*index]));
    let mut body = Vec::new();
    documents::write_history(&timeline, wanted, &mut body);
    Ok(json_response(StatusCode::OK, body))
}

/// The journal of faults, for callers that may control the replay: it tells what is wrong in the feed.
pub(super) async fn journal(requested: RequestedReplay, request: Request) -> Result<Response, ApiError> {
    requested.control()?;
    let query = Query::parse(request.uri().query(), &["all"])?;
    let all = match query.text("all") {
        None | Some("0") => false,
        Some("1") => true,
        Some(value) => return Err(parameters::not_one_of_rejection("all", value, &["1", "0"]).into()),
    };
    let view = requested.replay.status(runtime_now());
    let mut body = Vec::new();
    let here = requested.replay.playback_status(&view, runtime_now());
    let (plan, links) = (requested.replay.fault_plan(), requested.replay.link_notes());
    let faults = PlayedFaults { plan: &plan, seed: requested.replay.fault_seed(), links: &links };
    documents::write_journal(view.timeline(), &faults, &here, all, &mut body);
    Ok(json_response(StatusCode::OK, body))
}
