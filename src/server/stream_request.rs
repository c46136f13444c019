//! Admits subscribers: resolves the replay that a stream request names or opens, checks what the caller may do with it, and
//! writes the head of the response.
//!
//! One path for all framings, and for both ways in: requests that [`fast_path`](super::fast_path) reads and those that come
//! through hyper.

use http::header::{HeaderName, SEC_WEBSOCKET_PROTOCOL};
use http::{Method, StatusCode, Version};

use super::access::{Caller, RequestHead, WrongToken};
use super::admission::Admission;
use super::app_state::{AppState, MAIN_REPLAY};
use super::catalogue::Lookup;
use super::handshake::{accept_key, offers_protocol};
use super::opening;
use super::parameters::StreamParameters;
use super::refusal::wrong_token_rejection;
use crate::close_code::CloseCode;
use crate::dialect::native;
use crate::error_code::ErrorCode;
use crate::hub::runtime_now;
use crate::hub::{Control, Cursor, Framing, Opened, Replay, Since, SubscribeRequest};
use crate::playback::Rejection;

/// The paths of one kind of stream.
pub(super) struct StreamRoute {
    pub(super) framing: Framing,
    /// The path for the replay `main`.
    pub(super) path: &'static str,
    /// The pattern for a replay named in the path.
    named_path: &'static str,
}

/// All streams.
pub(super) const STREAM_ROUTES: &[StreamRoute] = &[
    StreamRoute { framing: Framing::WebSocket, path: "/ws", named_path: "/r/{replay}/ws" },
    StreamRoute { framing: Framing::Sse, path: "/events", named_path: "/r/{replay}/events" },
    StreamRoute { framing: Framing::Lines, path: "/events.ndjson", named_path: "/r/{replay}/events.ndjson" },
];
/// The header in which a browser says where to resume (WHATWG HTML, section 9.2.4).
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// A request for a stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct StreamRequest<'a> {
    pub(super) head: RequestHead<'a>,
    pub(super) version: Version,
    pub(super) framing: Framing,
    /// The replay that the path names.
    pub(super) replay: Option<&'a str>,
    /// Whether a replay may be opened whose options take long to compute. Not on the delivery loop, which serves others.
    pub(super) may_block: bool,
    /// Whether to wait until the replay has reached the place at which the client resumes, if it will soon.
    pub(super) may_wait: bool,
}

/// The framing of the stream at a path, and the replay if the path names one; `None`: the path is not a stream's.
pub(super) fn parse_stream_path(path: &str) -> Option<(Framing, Option<&str>)> {
    let (replay, path) = match path.strip_prefix("/r/").and_then(|rest| rest.split_at_checked(rest.find('/')?)) {
        Some((replay, path)) => (Some(replay), path),
        None => (None, path),
    };
    STREAM_ROUTES.iter().find(|route| route.path == path).map(|route| (route.framing, replay))
}

/// The pattern of a stream's path, as metrics name it.
pub(super) fn route_pattern(framing: Framing, names_replay: bool) -> &'static str {
    let route = STREAM_ROUTES.iter().find(|route| route.framing == framing);
    route.map_or("other", |route| if names_replay { route.named_path } else { route.path })
}

/// Why a stream request is not admitted, or not yet.
#[derive(Debug)]
pub(super) enum NotAdmitted {
    /// Rejected with an HTTP error.
    Rejected(Rejection),
    /// Rejected inside the WebSocket, where a page can read the reason. The bytes are the response to the handshake.
    RejectedInside(Vec<u8>, Rejection),
    /// The stream is over and the client has all of it. An EventSource would reconnect: it must be told not to.
    Ended,
    /// The shipped scenario at this index has to be loaded first.
    NotLoaded(usize),
    /// The options of the replay take long to compute: try again with `may_block`.
    NeedsTime,
    /// The replay is about to reach the place at which the client resumes: try again then, without `may_wait`.
    Ahead(Replay, Cursor),
}

/// Admits a subscriber, and counts the request if it is admitted.
pub(super) fn admit(app: &AppState, caller: &Caller, request: StreamRequest<'_>) -> Result<Admission, NotAdmitted> {
    let response_head = response_head(&request, caller)?;
    match (resolve_replay(app, caller, request), request.framing) {
        (Ok((replay, control, join)), _) => {
            let route = route_pattern(request.framing, request.replay.is_some());
            let status =
                if request.framing == Framing::WebSocket { StatusCode::SWITCHING_PROTOCOLS } else { StatusCode::OK };
            app.metrics.record_response(route.into(), status);
            Ok(Admission { response_head, replay, control, join, message_bytes: app.limits.message_bytes })
        }
        (Err(NotAdmitted::Rejected(rejection)), Framing::WebSocket) => {
            Err(NotAdmitted::RejectedInside(response_head, rejection))
        }
        (Err(not_admitted), _) => Err(not_admitted),
    }
}

/// The head of the response. A fault of the request itself is rejected over HTTP, whatever the framing.
pub(super) fn response_head(request: &StreamRequest<'_>, caller: &Caller) -> Result<Vec<u8>, NotAdmitted> {
    let RequestHead { method, headers, .. } = request.head;
    let media_type = match request.framing.media_type() {
        Some(media_type) => media_type,
        None => {
            let accept = accept_key(method, request.version, headers).map_err(NotAdmitted::Rejected)?;
            let mut head = b"HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
                sec-websocket-accept: "
                .to_vec();
            head.extend_from_slice(accept.as_bytes());
            if offers_protocol(headers) {
                for part in ["\r\n", SEC_WEBSOCKET_PROTOCOL.as_str(), ": ", native::PROTOCOL] {
                    head.extend_from_slice(part.as_bytes());
                }
            }
            head.extend_from_slice(b"\r\n\r\n");
            return Ok(head);
        }
    };
    if method != Method::GET {
        let rejection = Rejection::new(ErrorCode::MethodNotAllowed, "a stream is read with GET").accepting(["GET"]);
        return Err(NotAdmitted::Rejected(rejection));
    }
    // The stream ends with its connection, so it has neither a length nor chunks. `x-accel-buffering`: proxies must not buffer.
    let mut head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\ncache-control: no-store\r\nx-accel-buffering: no\r\n\
         x-content-type-options: nosniff\r\nconnection: close\r\n"
    )
    .into_bytes();
    if let Some(origin) = &caller.origin {
        head.extend_from_slice(b"access-control-allow-origin: ");
        head.extend_from_slice(origin.as_bytes());
        head.extend_from_slice(b"\r\nvary: origin\r\n");
    }
    head.extend_from_slice(b"\r\n");
    Ok(head)
}

/// Resolves the replay that the request names, or opens one; checks control; and parses what the subscriber asks for.
fn resolve_replay(
    app: &AppState,
    caller: &Caller,
    request: StreamRequest<'_>,
) -> Result<(Replay, Option<Control>, SubscribeRequest), NotAdmitted> {
    let framing = request.framing;
    let mut parameters =
        StreamParameters::read(request.head.query, request.replay.is_some()).map_err(NotAdmitted::Rejected)?;
    if framing == Framing::Sse
        && let Some(since) = request.head.headers.get(LAST_EVENT_ID).and_then(|last| Since::parse(last.to_str().ok()?))
    {
        parameters.join.since = Some(since);
    }
    // A client that reconnects with the address that opened its replay means that replay, not another one.
    let own = match &parameters.join.since {
        Some(Since::Cursor(cursor)) if parameters.replay_spec.is_some() => cursor.replay.clone(),
        _ => None,
    };
    if let Some(name) = own {
        let found = app.hub.find(&name).map_err(|rejection| match framing {
            Framing::Sse if rejection.code == ErrorCode::UnknownReplay => NotAdmitted::Ended,
            _ => NotAdmitted::Rejected(rejection),
        })?;
        if framing == Framing::Sse && has_received_all(&found.0, parameters.join.since.as_ref()) {
            return Err(NotAdmitted::Ended);
        }
        return join_existing(caller, found, parameters, &request, true);
    }
    let replay_spec = parameters.replay_spec.take();
    let named = parameters.replay.take();
    if request.replay.is_some() && (replay_spec.is_some() || named.is_some()) {
        let message = "this address names a replay already: replays are opened at /ws, /events and /events.ndjson";
        return Err(NotAdmitted::Rejected(Rejection::new(ErrorCode::BadParameter, message)));
    }
    let name = request.replay.or(named.as_deref());
    match (name, replay_spec) {
        (name, Some(replay_spec)) => {
            if let Some(found) = name.and_then(|name| app.hub.get(name)) {
                return join_existing(caller, found, parameters, &request, true);
            }
            let timeline = match opening::find(app, &replay_spec).map_err(NotAdmitted::Rejected)? {
                Lookup::Ready(timeline) => timeline,
                Lookup::NotLoaded(place) => return Err(NotAdmitted::NotLoaded(place)),
            };
            if !request.may_block && replay_spec.cost_depends_on_length(&timeline) {
                return Err(NotAdmitted::NeedsTime);
            }
            let join = parameters.clone().into_subscribe_request(&timeline).map_err(NotAdmitted::Rejected)?;
            // The replay starts when its opener has joined, and is not looped: its end ends the stream.
            let opened = opening::open(app, name, &replay_spec, timeline, |options| {
                if replay_spec.wait_for.is_none() && options.began.is_none() {
                    options.wait_for = 1;
                }
                options.once = true;
            });
            let (replay, control) = match opened {
                Ok(Opened { replay, control }) => (replay, control),
                Err(rejection) => {
                    // Another request has opened the name in the meantime: join that replay.
                    let other = name.filter(|_| rejection.code == ErrorCode::Taken).and_then(|name| app.hub.get(name));
                    let other = other.ok_or(NotAdmitted::Rejected(rejection))?;
                    return join_existing(caller, other, parameters, &request, true);
                }
            };
            let join = SubscribeRequest { token: replay.token(), ..with_framing(join, framing, true) };
            Ok((replay, Some(control), join))
        }
        (name, None) => {
            let name = name.unwrap_or(MAIN_REPLAY);
            let found = app.hub.find(name).map_err(NotAdmitted::Rejected)?;
            join_existing(caller, found, parameters, &request, false)
        }
    }
}

/// Whether the replay has ended and the client's cursor is at its end. The replay may still be there for slower subscribers.
fn has_received_all(replay: &Replay, since: Option<&Since>) -> bool {
    // Checked first: computing the status of an unobserved replay costs more.
    if !replay.is_stopping() {
        return false;
    }
    let view = replay.status(runtime_now());
    let ended = view.stopping.is_some_and(|stopping| stopping.code == CloseCode::Ended);
    ended && matches!(since, Some(Since::Cursor(at)) if (at.epoch, at.n) == (view.playhead.epoch, view.playhead.head))
}

/// Sets the framing. `by_query`: the address does not name the replay, so the event ids with which an EventSource resumes
/// have to.
fn with_framing(mut join: SubscribeRequest, framing: Framing, by_query: bool) -> SubscribeRequest {
    join.options.framing = framing;
    join.options.names_replay = by_query && framing == Framing::Sse;
    join
}

/// Joins a replay that exists.
fn join_existing(
    caller: &Caller,
    (replay, control): (Replay, Control),
    parameters: StreamParameters,
    request: &StreamRequest<'_>,
    by_query: bool,
) -> Result<(Replay, Option<Control>, SubscribeRequest), NotAdmitted> {
    let StreamRequest { framing, may_wait, .. } = *request;
    let may_control =
        caller.can_control(&replay).map_err(|WrongToken| NotAdmitted::Rejected(wrong_token_rejection()))?;
    let join = parameters.into_subscribe_request(&replay.timeline()).map_err(NotAdmitted::Rejected)?;
    match &join.since {
        Some(Since::Cursor(cursor)) if may_wait && replay.will_soon_reach(cursor, runtime_now()) => {
            return Err(NotAdmitted::Ahead(replay, cursor.clone()));
        }
        _ => {}
    }
    Ok((replay, may_control.then_some(control), with_framing(join, framing, by_query)))
}
