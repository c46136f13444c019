//! Routes requests: applies the access rules, tells streams from documents, and adds the headers that all responses
//! have.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, CONNECTION, ORIGIN,
    REFERRER_POLICY, TRANSFER_ENCODING, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use tower_service::Service;

use super::access::{Caller, Denied, RequestHead, Target};
use super::admission::Admission;
use super::api::{HEALTHZ, METRICS, READYZ, delay_body, method_not_allowed};
use super::app_state::AppState;
use super::compress::{accepts_gzip, compress_response};
use super::connection_limit::ConnectionPermit;
use super::dashboard;
use super::mount::MountedAt;
use super::opening;
use super::refusal::error_response;
use super::stream_request::{NotAdmitted, StreamRequest, admit, parse_stream_path, response_head, route_pattern};
use crate::error_code::ErrorCode;
use crate::hub::Framing;
use crate::hub::runtime_now;
use crate::playback::Rejection;

/// What CORS allows beyond the defaults.
const CROSS_ORIGIN_METHODS: &str = "GET, POST, DELETE";
const CROSS_ORIGIN_HEADERS: &str = "authorization, content-type, if-none-match, last-event-id, \
    x-apisports-key, x-rapidapi-host, x-rapidapi-key";
const CROSS_ORIGIN_EXPOSED: &str = "etag, location, retry-after";

/// The result of routing a request.
pub(super) enum Outcome {
    Response(Response),
    /// The connection becomes a stream.
    Stream(StreamOutcome),
}

/// How a connection continues as a stream: admitted or rejected.
#[derive(Debug)]
pub(super) enum StreamOutcome {
    /// The subscriber is admitted.
    Start(Box<Admission>),
    /// The subscriber is rejected inside the WebSocket. The bytes are the response to the handshake.
    Reject(Vec<u8>, Rejection),
}

/// Answers a request, or says which stream starts instead; counts it.
pub(super) async fn handle(
    app: &Arc<AppState>,
    router: Router,
    mut request: Request,
    peer: IpAddr,
    permit: &ConnectionPermit,
) -> Outcome {
    strip_public_path(app, request.uri_mut());
    let route = route_of(request.uri().path());
    // hyper drops a Content-Length that comes with a Transfer-Encoding. What follows may then be another request (RFC
    // 9112, section 6.3).
    let is_last = permit.is_overflow() || request.headers().contains_key(TRANSFER_ENCODING);
    let outcome = dispatch(app, router, request, peer, permit).await;
    match outcome {
        Outcome::Response(mut response) => {
            if let Some(code) = response.extensions().get::<ErrorCode>() {
                app.metrics.record_refused(code.as_str());
            }
            if is_last {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            let route = route.unwrap_or_else(|| match response.extensions().get::<MatchedPath>() {
                Some(path) => path.as_str().to_owned().into(),
                None => "other".into(),
            });
            app.metrics.record_response(route, response.status());
            Outcome::Response(response)
        }
        Outcome::Stream(StreamOutcome::Reject(response_head, rejection)) => {
            app.metrics.record_refused(rejection.code.as_str());
            let route = route.unwrap_or("other".into());
            app.metrics.record_response(route, StatusCode::SWITCHING_PROTOCOLS);
            Outcome::Stream(StreamOutcome::Reject(response_head, rejection))
        }
        // Already counted by the admission, because the fast path admits without this function.
        Outcome::Stream(stream) => Outcome::Stream(stream),
    }
}

/// Strips the public path from a request's target, if the proxy has not.
fn strip_public_path(app: &AppState, uri: &mut Uri) {
    let stripped = app.access.strip_public_path(uri.path());
    if stripped.len() == uri.path().len() {
        return;
    }
    let target = match uri.query() {
        Some(query) => format!("{stripped}?{query}"),
        None => stripped.to_owned(),
    };
    let mut parts = std::mem::take(uri).into_parts();
    // A part of a valid target is valid.
    parts.path_and_query = PathAndQuery::try_from(target).ok();
    *uri = Uri::from_parts(parts).unwrap_or_default();
}

/// The route of a path that the router does not know.
fn route_of(path: &str) -> Option<Cow<'static, str>> {
    let probe = [HEALTHZ, READYZ].into_iter().find(|sign| *sign == path);
    probe
        .or_else(|| parse_stream_path(path).map(|(framing, replay)| route_pattern(framing, replay.is_some())))
        .map(Cow::Borrowed)
}

async fn dispatch(
    app: &Arc<AppState>,
    router: Router,
    request: Request,
    peer: IpAddr,
    permit: &ConnectionPermit,
) -> Outcome {
    if let Some(response) = health_probe(app, &request) {
        return Outcome::Response(response);
    }
    let stream_path = parse_stream_path(request.uri().path());
    let head = RequestHead {
        method: request.method(),
        authority: request.uri().authority().map(Authority::as_str),
        // Behind a port of a dialect, `token` is the provider's.
        query: request.uri().query().filter(|_| request.extensions().get::<MountedAt>().is_none()).unwrap_or_default(),
        headers: request.headers(),
        peer,
        target: match stream_path {
            Some((framing, _)) => Target::Stream(framing),
            None if dashboard::is_page(request.uri().path()) => Target::Page,
            None => Target::Document,
        },
    };
    let caller = match app.access.authorise(&head) {
        Ok(caller) => caller,
        Err(denied) => return Outcome::Response(deny(app, denied)),
    };
    let outcome = match stream_path {
        Some((framing, replay)) if !is_preflight(&request) => {
            let stream_request =
                StreamRequest { head, version: request.version(), framing, replay, may_block: false, may_wait: true };
            serve_stream(app, &caller, stream_request, permit).await
        }
        // Monitoring must be able to see that the limit is reached.
        _ if permit.is_overflow() && request.uri().path() != METRICS => {
            Outcome::Response(error_response(&over_limit_rejection(app)))
        }
        _ => {
            let response = app.response_budget.charge(serve_document(router, request, &caller).await).await;
            Outcome::Response(delay_body(response).await)
        }
    };
    match outcome {
        Outcome::Response(mut response) => {
            add_cors_headers(response.headers_mut(), &caller);
            Outcome::Response(response)
        }
        stream => stream,
    }
}

/// The response to a request that the access rules deny. The log names the flag that would allow it.
fn deny(app: &AppState, denied: Denied) -> Response {
    let rejection = match denied {
        Denied::Malformed(message) => Rejection::new(ErrorCode::BadRequest, message),
        Denied::Forbidden { header, message, flag } => {
            if let Some(suppressed) = app.metrics.log_throttle.allow(header, runtime_now()) {
                match flag.filter(|flag| !message.contains(flag)) {
                    Some(flag) => tracing::warn!(suppressed, "refused: {message}; {flag} would allow it"),
                    None => tracing::warn!(suppressed, "refused: {message}"),
                }
            }
            Rejection::new(ErrorCode::Forbidden, message)
        }
    };
    let mut response = error_response(&rejection);
    response.headers_mut().insert(VARY, HeaderValue::from_name(ORIGIN));
    response
}

fn over_limit_rejection(app: &AppState) -> Rejection {
    let limit = app.limits.connections;
    Rejection::new(ErrorCode::Full, format!("the limit of {limit} connections is reached; try again in a moment"))
}

/// The response to a probe. It is answered without access rules, since it reveals nothing else.
fn health_probe(app: &AppState, request: &Request) -> Option<Response> {
    let path = request.uri().path();
    let (status, text) = match path {
        HEALTHZ => (StatusCode::OK, "ok\n".into()),
        READYZ if app.shutting_down.load(Ordering::Relaxed) => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n".into()),
        READYZ => match app.hub.shared_clock().why_not_ready() {
            Some(why) => (StatusCode::SERVICE_UNAVAILABLE, Cow::Owned(why)),
            None => (StatusCode::OK, "ready\n".into()),
        },
        _ => return None,
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let message = format!("{} is not answered at {path:?}", request.method());
        return Some(error_response(&Rejection::new(ErrorCode::MethodNotAllowed, message).accepting(["GET", "HEAD"])));
    }
    // Its content type is text/plain.
    Some((status, text).into_response())
}

/// Admits the subscriber, or says why not.
async fn serve_stream(
    app: &Arc<AppState>,
    caller: &Caller,
    stream_request: StreamRequest<'_>,
    permit: &ConnectionPermit,
) -> Outcome {
    if permit.is_overflow() {
        return reject_stream(caller, stream_request, over_limit_rejection(app));
    }
    let mut stream_request = stream_request;
    loop {
        let admitted = if stream_request.may_block {
            match app.slow_work.run(|| admit(app, caller, stream_request)).await {
                Ok(admitted) => admitted,
                Err(rejection) => return reject_stream(caller, stream_request, rejection),
            }
        } else {
            admit(app, caller, stream_request)
        };
        match admitted {
            Ok(admission) => return Outcome::Stream(StreamOutcome::Start(Box::new(admission))),
            Err(NotAdmitted::Rejected(rejection)) => return Outcome::Response(error_response(&rejection)),
            Err(NotAdmitted::RejectedInside(response_head, rejection)) => {
                return Outcome::Stream(StreamOutcome::Reject(response_head, rejection));
            }
            // WHATWG HTML, section 9.2.3: on this status an EventSource does not reconnect.
            Err(NotAdmitted::Ended) => return Outcome::Response(StatusCode::NO_CONTENT.into_response()),
            // Unlike the delivery loop, this task may wait.
            Err(NotAdmitted::NeedsTime) => stream_request.may_block = true,
            Err(NotAdmitted::Ahead(replay, cursor)) => {
                replay.wait_to_reach(&cursor).await;
                stream_request.may_wait = false;
            }
            Err(NotAdmitted::NotLoaded(place)) => {
                if let Err(rejection) = opening::load(app, place).await {
                    return Outcome::Response(error_response(&rejection));
                }
            }
        }
    }
}

/// Rejects a stream request: inside the WebSocket, where a page can read the reason, if the handshake is valid.
fn reject_stream(caller: &Caller, stream_request: StreamRequest<'_>, rejection: Rejection) -> Outcome {
    match (stream_request.framing, response_head(&stream_request, caller)) {
        (Framing::WebSocket, Ok(response_head)) => Outcome::Stream(StreamOutcome::Reject(response_head, rejection)),
        _ => Outcome::Response(error_response(&rejection)),
    }
}

/// Whether this is a CORS preflight.
fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Answers every request that is not for a stream.
async fn serve_document(mut router: Router, mut request: Request, caller: &Caller) -> Response {
    if is_preflight(&request) {
        let headers = [
            (ACCESS_CONTROL_ALLOW_METHODS, CROSS_ORIGIN_METHODS),
            (ACCESS_CONTROL_ALLOW_HEADERS, CROSS_ORIGIN_HEADERS),
            (ACCESS_CONTROL_MAX_AGE, "600"),
        ];
        return (StatusCode::NO_CONTENT, headers).into_response();
    }
    request.extensions_mut().insert(caller.clone());
    // Cheap: clones of reference counts.
    let (method, uri) = (request.method().clone(), request.uri().clone());
    if method == Method::HEAD {
        // Answered like GET, for the same headers; hyper leaves the body out.
        *request.method_mut() = Method::GET;
    }
    let gzip_accepted = accepts_gzip(request.headers());
    match router.call(request).await {
        Ok(response) => compress_response(method_not_allowed(&method, uri.path(), response), gzip_accepted).await,
        Err(never) => match never {},
    }
}

/// Adds the headers that all responses have, and those that let a page of an allowed origin read the response.
fn add_cors_headers(headers: &mut HeaderMap, caller: &Caller) {
    headers.append(VARY, HeaderValue::from_name(ORIGIN));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // The address may hold a token.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if let Some(origin) = &caller.origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(CROSS_ORIGIN_EXPOSED));
    }
}
