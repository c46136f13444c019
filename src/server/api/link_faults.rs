//! Link faults on documents: errors in their place, and bodies that come late.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use http_body_util::BodyExt;

use crate::hub::runtime_now;
use crate::server::extract::{ApiError, RequestedReplay};

/// The longest wait for a body.
const MAX_BODY_DELAY: Duration = Duration::from_secs(600);

/// On a response: by how much its body comes late.
#[derive(Clone)]
struct BodyDelay(Duration);

/// Answers the request for a document as the link faults of its replay have it.
pub(super) async fn apply(
    requested: Result<RequestedReplay, ApiError>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    // Whatever is wrong with the request, the handler says.
    let Ok(requested) = requested else { return next.run(request).await };
    // `state` of `/r/{replay}/state/{match}`.
    let below_replay = path.as_str().strip_prefix("/r/{replay}").unwrap_or(path.as_str());
    let fault = requested.replay.document_fault(runtime_now(), &[below_replay.split('/').nth(1).unwrap_or_default()]);
    let limited = fault.limited.map(|(place, code)| (place, code.unwrap_or(StatusCode::TOO_MANY_REQUESTS.as_u16())));
    if let Some(status) = fault.status.or(limited).and_then(|(_, status)| StatusCode::from_u16(status).ok()) {
        return error_by_fault(status);
    }
    delayed(next.run(request).await, fault.body_delay)
}

/// Marks a response whose body a fault delays.
pub(super) fn delayed(mut response: Response, body_delay: Option<(usize, Duration)>) -> Response {
    if let Some((_, delay)) = body_delay {
        response.extensions_mut().insert(BodyDelay(delay.min(MAX_BODY_DELAY)));
    }
    response
}

/// An error that is not one of the server's own: without their JSON, like one of a proxy.
fn error_by_fault(status: StatusCode) -> Response {
    let text = format!("{}\n", status.canonical_reason().unwrap_or("error"));
    let mut response = (status, [(CONTENT_TYPE, "text/plain")], text).into_response();
    add_retry_after(&mut response);
    response
}

/// Says when to try again, where a status is for a while.
pub(super) fn add_retry_after(response: &mut Response) {
    if let StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE = response.status() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
}

/// Delays the body of a response that a fault concerns, once it is compressed and charged: the first half comes at once, the rest
/// after a time.
pub(in crate::server) async fn delay_body(mut response: Response) -> Response {
    let Some(BodyDelay(by)) = response.extensions_mut().remove() else { return response };
    let (mut parts, body) = response.into_parts();
    // The body is in memory already.
    let Ok(whole) = body.collect().await else { return Response::from_parts(parts, Body::empty()) };
    let mut first = whole.to_bytes();
    if first.is_empty() {
        return Response::from_parts(parts, Body::empty());
    }
    parts.headers.insert(CONTENT_LENGTH, first.len().into());
    let rest = first.split_off(first.len() / 2);
    let late = async move {
        tokio::time::sleep(by).await;
        Ok::<Bytes, Infallible>(rest)
    };
    let halves = stream::once(async { Ok(first) }).chain(stream::once(late));
    Response::from_parts(parts, Body::from_stream(halves))
}
