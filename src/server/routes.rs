//! The way of every request: who may come, what it wants, and what everybody is told beside the answer.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, CONNECTION, ORIGIN,
    REFERRER_POLICY, TRANSFER_ENCODING, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use tower_service::Service;

use super::access::{Denied, RequestHead, Target, Visitor};
use super::api::{HEALTHZ, METRICS, READYZ, wrong_method};
use super::connection::Stream;
use super::dashboard;
use super::entrance::{Asked, Turned, enter, greeting, stream_of, stream_route};
use super::opening;
use super::refusal::{Refused, refusal, rejection};
use super::seats::Seat;
use super::shorten::{shortened, takes_gzip};
use super::site::Site;
use crate::hub::Framing;
use crate::playback::Rejection;

/// What a page of another origin may send and see beyond what every page may.
const CROSS_ORIGIN_METHODS: &str = "GET, POST, DELETE";
const CROSS_ORIGIN_HEADERS: &str = "authorization, content-type, if-none-match, last-event-id";
const CROSS_ORIGIN_EXPOSED: &str = "etag, location, retry-after";

/// How a request is answered.
pub(super) enum Answered {
    With(Response),
    By(Stream),
}

/// Answers a request, or says which stream begins instead.
pub(super) async fn answer(
    site: &Arc<Site>,
    router: Router,
    mut request: Request,
    peer: IpAddr,
    seat: &Seat,
) -> Answered {
    strip_public_path(site, request.uri_mut());
    let route = route_of(request.uri().path());
    // With a Content-Length beside it, which hyper takes away, what follows may be another's request (RFC 9112, section 6.3).
    let is_last = seat.is_standing() || request.headers().contains_key(TRANSFER_ENCODING);
    let answered = decide(site, router, request, peer, seat).await;
    match answered {
        Answered::With(mut response) => {
            if let Some(Refused(code)) = response.extensions().get() {
                site.meters.refused(code);
            }
            if is_last {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            let route = route.unwrap_or_else(|| match response.extensions().get::<MatchedPath>() {
                Some(path) => path.as_str().to_owned().into(),
                None => "other".into(),
            });
            site.meters.answered(route, response.status());
            Answered::With(response)
        }
        Answered::By(Stream::Refuse(greeting, rejection)) => {
            site.meters.refused(rejection.code);
            let route = route.unwrap_or("other".into());
            site.meters.answered(route, StatusCode::SWITCHING_PROTOCOLS);
            Answered::By(Stream::Refuse(greeting, rejection))
        }
        // Counted where it was let in: some are so without coming this way.
        Answered::By(stream) => Answered::By(stream),
    }
}

/// Takes the public path off a request's target, where the proxy has left it on.
fn strip_public_path(site: &Site, uri: &mut Uri) {
    let stripped = site.access.strip_public_path(uri.path());
    if stripped.len() == uri.path().len() {
        return;
    }
    let target = match uri.query() {
        Some(query) => format!("{stripped}?{query}"),
        None => stripped.to_owned(),
    };
    let mut parts = std::mem::take(uri).into_parts();
    // A part of what was valid as a whole.
    parts.path_and_query = PathAndQuery::try_from(target).ok();
    *uri = Uri::from_parts(parts).unwrap_or_default();
}

/// The pattern of a path, where the router does not know it.
fn route_of(path: &str) -> Option<Cow<'static, str>> {
    let vital = [HEALTHZ, READYZ].into_iter().find(|sign| *sign == path);
    vital
        .or_else(|| stream_of(path).map(|(framing, replay)| stream_route(framing, replay.is_some())))
        .map(Cow::Borrowed)
}

async fn decide(site: &Arc<Site>, router: Router, request: Request, peer: IpAddr, seat: &Seat) -> Answered {
    if let Some(response) = vital_sign(site, &request) {
        return Answered::With(response);
    }
    let stream_of_path = stream_of(request.uri().path());
    let head = RequestHead {
        method: request.method(),
        authority: request.uri().authority().map(Authority::as_str),
        query: request.uri().query().unwrap_or_default(),
        headers: request.headers(),
        peer,
        target: match stream_of_path {
            Some((framing, _)) => Target::Stream(framing),
            None if dashboard::is_page(request.uri().path()) => Target::Page,
            None => Target::Document,
        },
    };
    let visitor = match site.access.judge(&head) {
        Ok(visitor) => visitor,
        Err(denied) => return Answered::With(deny(site, denied)),
    };
    let answered = match stream_of_path {
        Some((framing, replay)) if !is_preflight(&request) => {
            let asked = Asked {
                method: request.method(),
                version: request.version(),
                framing,
                replay,
                query: request.uri().query().unwrap_or_default(),
                headers: request.headers(),
                patient: false,
            };
            stream(site, &visitor, asked, seat).await
        }
        // Whoever watches is to see that all places are taken.
        _ if seat.is_standing() && request.uri().path() != METRICS => Answered::With(refusal(&full(site))),
        _ => Answered::With(site.answers.hold(document(router, request, &visitor).await).await),
    };
    match answered {
        Answered::With(mut response) => {
            tell_origin(response.headers_mut(), &visitor);
            Answered::With(response)
        }
        stream => stream,
    }
}

/// Answers a request whose client may not read; says in the log what would allow it.
fn deny(site: &Site, denied: Denied) -> Response {
    let rejection = match denied {
        Denied::Malformed(message) => rejection("bad_request", message),
        Denied::Forbidden { header, message, flag } => {
            if let Some(untold) = site.meters.repeated.tell(header, tokio::time::Instant::now().into_std()) {
                match flag.filter(|flag| !message.contains(flag)) {
                    Some(flag) => tracing::warn!(untold, "refused: {message}; {flag} would allow it"),
                    None => tracing::warn!(untold, "refused: {message}"),
                }
            }
            rejection("forbidden", message)
        }
    };
    let mut response = refusal(&rejection);
    response.headers_mut().insert(VARY, HeaderValue::from_name(ORIGIN));
    response
}

fn full(site: &Site) -> Rejection {
    let most = site.limits.connections;
    rejection("full", format!("all {most} places for connections are taken; come back in a moment"))
}

/// For whoever watches over the server, without regard to who that is: the answers tell nothing else.
fn vital_sign(site: &Site, request: &Request) -> Option<Response> {
    let (status, text) = match request.uri().path() {
        HEALTHZ => (StatusCode::OK, "ok\n"),
        READYZ if site.leaving.load(Ordering::Relaxed) => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
        READYZ => (StatusCode::OK, "ready\n"),
        _ => return None,
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    Some(response)
}

/// Finds out which stream somebody gets, or why none.
async fn stream(site: &Arc<Site>, visitor: &Visitor, asked: Asked<'_>, seat: &Seat) -> Answered {
    if seat.is_standing() {
        return turn_away(visitor, asked, full(site));
    }
    let mut asked = asked;
    loop {
        let entered = match asked.patient {
            true => match site.slow_work.run(|| enter(site, visitor, asked)).await {
                Ok(entered) => entered,
                Err(rejection) => return turn_away(visitor, asked, rejection),
            },
            false => enter(site, visitor, asked),
        };
        match entered {
            Ok(entrance) => return Answered::By(Stream::Enter(Box::new(entrance))),
            Err(Turned::Away(rejection)) => return Answered::With(refusal(&rejection)),
            Err(Turned::Inside(greeting, rejection)) => return Answered::By(Stream::Refuse(greeting, rejection)),
            // WHATWG HTML, section 9.2.3: on this an EventSource does not come back.
            Err(Turned::Over) => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::NO_CONTENT;
                return Answered::With(response);
            }
            // There is time here.
            Err(Turned::Slow) => asked.patient = true,
            Err(Turned::Wait(place)) => {
                if let Err(rejection) = opening::lay_out(site, place).await {
                    return Answered::With(refusal(&rejection));
                }
            }
        }
    }
}

/// Refuses a stream: inside a WebSocket, where a page can read it, if its handshake is in order.
fn turn_away(visitor: &Visitor, asked: Asked<'_>, rejection: Rejection) -> Answered {
    match (asked.framing, greeting(&asked, visitor)) {
        (Framing::WebSocket, Ok(greeting)) => Answered::By(Stream::Refuse(greeting, rejection)),
        _ => Answered::With(refusal(&rejection)),
    }
}

/// Whether a browser asks for a page of another origin what that may ask.
fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Everything that is not a stream.
async fn document(mut router: Router, mut request: Request, visitor: &Visitor) -> Response {
    if is_preflight(&request) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(CROSS_ORIGIN_METHODS));
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(CROSS_ORIGIN_HEADERS));
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        return response;
    }
    request.extensions_mut().insert(visitor.clone());
    // Clones of reference counts.
    let (method, uri) = (request.method().clone(), request.uri().clone());
    if method == Method::HEAD {
        // Answered as a whole, so that all that is said of it holds; hyper leaves the body out.
        *request.method_mut() = Method::GET;
    }
    let taken = takes_gzip(request.headers());
    match router.call(request).await {
        Ok(response) => shortened(wrong_method(&method, uri.path(), response), taken).await,
        Err(never) => match never {},
    }
}

/// Lets a page of another origin that may look see the answer.
fn tell_origin(headers: &mut HeaderMap, visitor: &Visitor) {
    headers.append(VARY, HeaderValue::from_name(ORIGIN));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // An address may hold a token.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if let Some(origin) = &visitor.origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(CROSS_ORIGIN_EXPOSED));
    }
}
