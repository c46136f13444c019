//! Who answers what.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;
use http::header::{CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::accept::Begun;
use super::access::{Forbidden, Granted};
use super::conversation::{self, Conversation};
use super::delivery::Newcomer;
use super::handshake::{accept_key, offers_protocol};
use super::parameters;
use super::refusal::refusal;
use super::seats::Seat;
use super::site::{MAIN, Site, WEBSOCKET_PATH};
use crate::dialect::native;
use crate::error::did_you_mean;
use crate::hub::CloseCode;
use crate::playback::Rejection;

/// Every path.
const PATHS: &[&str] = &["/", WEBSOCKET_PATH];

pub(super) fn router(site: Arc<Site>) -> Router {
    Router::new().route("/", any(index)).route(WEBSOCKET_PATH, any(websocket)).fallback(nowhere).with_state(site)
}

/// A text that says how to subscribe.
async fn index(State(site): State<Arc<Site>>, request: Request) -> Response {
    if let Err(response) = admit(&site, request.headers()) {
        return *response;
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return refusal(StatusCode::METHOD_NOT_ALLOWED, "bad_request", "only GET is answered here".into(), &["GET"]);
    }
    let host = request.headers().get(http::header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let title = site.hub.get(MAIN).map(|(replay, _)| replay.timeline().title().to_owned()).unwrap_or_default();
    let text = format!(
        "Touchline {}\n\nNow playing: {title}\n\nSubscribe:\n  touchline watch ws://{host}/ws\n  websocat ws://{host}/ws\n  \
         new WebSocket(\"ws://{host}/ws\")    // in a browser\n",
        env!("CARGO_PKG_VERSION")
    );
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

async fn nowhere(State(site): State<Arc<Site>>, request: Request) -> Response {
    if let Err(response) = admit(&site, request.headers()) {
        return *response;
    }
    let path: String = request.uri().path().chars().take(100).collect();
    let hint = did_you_mean(&path, PATHS.iter().copied());
    refusal(StatusCode::NOT_FOUND, "not_found", format!("there is nothing at {path:?}{hint}"), PATHS)
}

/// Lets a request in, or answers why not.
fn admit(site: &Site, headers: &HeaderMap) -> Result<Granted, Box<Response>> {
    site.access.judge(headers).map_err(|Forbidden { message, flag }| {
        tracing::warn!("refused: {message}; {flag} would allow it");
        Box::new(refusal(StatusCode::FORBIDDEN, "forbidden", message, &[]))
    })
}

/// Upgrades to a WebSocket. Whatever is wrong beyond the handshake itself is told inside it, where the one who is refused
/// can read it.
async fn websocket(State(site): State<Arc<Site>>, mut request: Request) -> Response {
    let granted = match admit(&site, request.headers()) {
        Ok(granted) => granted,
        Err(response) => return *response,
    };
    let accept = match accept_key(request.method(), request.headers()) {
        Ok(accept) => accept,
        Err(response) => return *response,
    };
    let offered = offers_protocol(request.headers());
    let seat = request.extensions().get::<Seat>().cloned();
    let upgrade = hyper::upgrade::on(&mut request);
    let query = request.uri().query().unwrap_or_default().to_owned();
    // What the request took is given back before the conversation begins.
    drop(request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let Ok(parts) = upgraded.downcast::<TokioIo<Begun>>() else { return };
        // Copied: the buffer that hyper read into is many times as large as what is in it.
        let (socket, unread) = parts.io.into_inner().into_parts();
        let early = [&parts.read_buf[..], &unread].concat();
        join(&site, socket, early, &query, granted, seat);
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    if offered {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(native::PROTOCOL));
    }
    response
}

/// Begins the conversation, in a task that holds nothing else: there are as many as there are subscribers.
fn join(site: &Site, socket: TcpStream, early: Vec<u8>, query: &str, granted: Granted, seat: Option<Seat>) {
    let timing = site.timing;
    let refused = match site.hub.get(MAIN) {
        Some((replay, control)) => match parameters::parse(query, replay.timeline()) {
            Ok(mut join) => {
                if let Some(delivery) = &site.delivery {
                    join.control = granted.control;
                    // It fails where the peer has gone meanwhile.
                    let joined = socket.into_std().and_then(|link| {
                        delivery.join(Newcomer { link, greeting: Vec::new(), early, replay, join, seat })
                    });
                    if let Err(error) = joined {
                        tracing::debug!("a subscriber did not come to the delivery loop: {error}");
                    }
                    return;
                }
                let control = granted.control.then_some(control);
                let conversation = Conversation::new(socket, early, replay, control, timing);
                let abort = site.abort.clone();
                tokio::spawn(async move {
                    abort.run_until_cancelled(conversation.holding(seat).serve(join)).await;
                });
                return;
            }
            Err(refused) => refused,
        },
        None => {
            let message = format!("there is no replay {MAIN:?}");
            (CloseCode::Unknown, Rejection { code: "unknown_replay", message, accepted: Vec::new() })
        }
    };
    tokio::spawn(async move {
        let (code, rejection) = refused;
        conversation::refuse(socket, code, &rejection, timing).await;
        drop(seat);
    });
}
