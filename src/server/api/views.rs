//! Where a replay is, and what has been: documents for whoever would rather ask than listen.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawPathParams, Request};
use axum::response::Response;
use http::header::ETAG;
use http::{HeaderMap, HeaderValue, StatusCode};

use super::{Looked, Query, Refused, json, now};
use crate::dialect::native::SnapshotDetail;
use crate::dialect::native::documents::{self, MAX_HISTORY, SpoilerLimit};
use crate::hub::{Filter, Replay, ReplayStatus};
use crate::playback::Rejection;
use crate::scenario::Timeline;
use crate::server::refusal::rejection;
use crate::server::{etag, parameters};

/// How long somebody may wait for something to happen.
const LONGEST_POLL: Duration = Duration::from_secs(25);

pub(super) async fn state(looked: Looked, request: Request) -> Result<Response, Refused> {
    let query = Query::read(request.uri().query(), &["match", "snapshot", "wait"])?;
    let detail = detail(&query)?;
    let timeline = looked.replay.timeline().clone();
    let follow = followed(&query, &timeline)?;
    let answer = current(&looked.replay, &query, request.headers(), |view, out| {
        let here = looked.replay.whereabouts(view, now());
        let tracks = follow.snapshot_tracks(&timeline, here.at());
        documents::state(&timeline, &here, &tracks, detail, out);
    });
    Ok(answer.await?)
}

pub(super) async fn state_of_match(
    looked: Looked,
    params: RawPathParams,
    request: Request,
) -> Result<Response, Refused> {
    let query = Query::read(request.uri().query(), &["snapshot", "wait"])?;
    let detail = detail(&query)?;
    let timeline = looked.replay.timeline().clone();
    let id: String = params.iter().find(|(key, _)| *key == "match").map_or("", |(_, id)| id).to_owned();
    let track = match timeline.track_of(&id) {
        Some(track) => track,
        None => {
            parameters::follow(&timeline, Some(std::slice::from_ref(&id)), None)?;
            return Err(rejection("unknown_match", format!("unknown match {id:?}")).into());
        }
    };
    let answer = current(&looked.replay, &query, request.headers(), |view, out| {
        documents::state_of_match(&timeline, &looked.replay.whereabouts(view, now()), track, detail, out);
    });
    Ok(answer.await?)
}

pub(super) async fn table(looked: Looked, request: Request) -> Result<Response, Refused> {
    let query = Query::read(request.uri().query(), &["match", "wait"])?;
    let timeline = looked.replay.timeline().clone();
    let follow = followed(&query, &timeline)?;
    let answer = current(&looked.replay, &query, request.headers(), |view, out| {
        let tables = (0..timeline.tables().len()).filter(|table| follow.selects_table(*table));
        documents::tables(&timeline, &looked.replay.whereabouts(view, now()), tables, out);
    });
    Ok(answer.await?)
}

/// What `match` and `types` leave.
fn followed(query: &Query, timeline: &Timeline) -> Result<Filter, Rejection> {
    let names = |name| query.text(name).map(parameters::list);
    parameters::follow(timeline, names("match").as_deref(), names("types").as_deref())
}

fn detail(query: &Query) -> Result<SnapshotDetail, Rejection> {
    match query.text("snapshot") {
        None | Some("key") => Ok(SnapshotDetail::Key),
        Some("full") => Ok(SnapshotDetail::Full),
        Some(value) => Err(parameters::one_of("snapshot", value, &["key", "full"])),
    }
}

/// Answers with what is now, unless the asker has that already; with `wait`, as soon as there is something new.
async fn current(
    replay: &Replay,
    query: &Query,
    headers: &HeaderMap,
    write: impl FnOnce(&ReplayStatus, &mut Vec<u8>),
) -> Result<Response, Rejection> {
    let tag_of = |view: &ReplayStatus| documents::etag(&replay.whereabouts(view, now()), replay.birth());
    let has = |view: &ReplayStatus| etag::has(headers, &tag_of(view));
    if let Some(n) = query.number("wait")? {
        let before = replay.status(now()).playhead;
        let mut observer = replay.observe();
        let news = observer.find(|view| {
            let now = &view.playhead;
            match etag::known(headers).next().is_none() {
                false => !has(view),
                true => now.head > n || (now.epoch, now.version) != (before.epoch, before.version),
            }
        });
        // Whoever waits is there, and a replay does not go away under it; after the longest time it gets what is.
        let waited = tokio::time::timeout(LONGEST_POLL, news).await;
        drop(waited);
    }
    let view = replay.status(now());
    let response = match has(&view) {
        true => etag::not_modified(),
        false => {
            let mut body = Vec::new();
            write(&view, &mut body);
            json(StatusCode::OK, body)
        }
    };
    tagged(response, Some(tag_of(&view)))
}

fn tagged(mut response: Response, tag: Option<String>) -> Result<Response, Rejection> {
    if let Some(tag) = tag {
        let tag = HeaderValue::try_from(tag).map_err(|_| rejection("unavailable", "no tag"))?;
        response.headers_mut().insert(ETAG, tag);
    }
    Ok(response)
}

pub(super) async fn timeline(looked: Looked, request: Request) -> Result<Response, Refused> {
    let query = Query::read(request.uri().query(), &["match", "spoilers"])?;
    let view = looked.replay.status(now());
    let here = looked.replay.whereabouts(&view, now());
    let seen = match query.text("spoilers") {
        None | Some("1") => None,
        Some("0") => Some(SpoilerLimit { n: view.playhead.head as usize, at: here.at() }),
        Some(value) => return Err(parameters::one_of("spoilers", value, &["1", "0"]).into()),
    };
    let timeline = looked.replay.timeline();
    let tracks: Vec<usize> = followed(&query, timeline)?.tracks(timeline).collect();
    let (run, moved) = (looked.replay.run_word(), looked.replay.kickoff_moved());
    // As a whole it stays as it is; what has been seen of it does not.
    let tag = seen.is_none().then(|| documents::timeline_etag(run, moved));
    if tag.as_ref().is_some_and(|tag| etag::has(request.headers(), tag)) {
        return Ok(tagged(etag::not_modified(), tag)?);
    }
    let mut body = Vec::new();
    documents::timeline(timeline, run, &tracks, moved, seen, &mut body);
    Ok(tagged(json(StatusCode::OK, body), tag)?)
}

/// The events that have been told: with a snapshot's `n`, the past before it, without a gap or an overlap.
pub(super) async fn history(looked: Looked, request: Request) -> Result<Response, Refused> {
    let query = Query::read(request.uri().query(), &["from", "to", "match", "types"])?;
    let timeline: Arc<Timeline> = looked.replay.timeline().clone();
    let head = looked.replay.status(now()).playhead.head;
    let (from, to) = (query.number("from")?.unwrap_or(1), query.number("to")?.unwrap_or(head));
    if from == 0 || to > head {
        let message = format!("events are told from 1 to {head} so far: there is none from {from} to {to}");
        return Err(rejection("bad_parameter", message).into());
    }
    if (to as usize + 1).saturating_sub(from as usize) > MAX_HISTORY {
        let message = format!("{} events are too many for one answer: ask for {MAX_HISTORY} at a time", to + 1 - from);
        return Err(rejection("over_limit", message).into());
    }
    let follow = followed(&query, &timeline)?;
    let cues = (from as usize - 1)..(to as usize).max(from as usize - 1);
    let wanted = cues.filter(|index| follow.selects(&timeline.cues()[*index]));
    let mut body = Vec::new();
    documents::history(&timeline, wanted, &mut body);
    Ok(json(StatusCode::OK, body))
}
