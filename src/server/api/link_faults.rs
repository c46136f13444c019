//! Link faults on documents: errors in their place, and bodies that come late.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use http_body_util::BodyExt;

use crate::hub::runtime_now;
use crate::server::extract::{ApiError, RequestedReplay};

/// The longest wait for a body.
const MAX_BODY_DELAY: Duration = Duration::from_secs(600);

/// Answers the request for a document as the link faults of its replay have it.
pub(super) async fn apply(requested: Result<RequestedReplay, ApiError>, request: Request, next: Next) -> Response {
    // Whatever is wrong with the request, the handler says.
    let Ok(requested) = requested else { return next.run(request).await };
    let fault = requested.replay.document_fault(runtime_now());
    if let Some(status) = fault.status.and_then(|status| StatusCode::from_u16(status).ok()) {
        return error_by_fault(status);
    }
    let response = next.run(request).await;
    if fault.body_delay.is_zero() { response } else { delay_body(response, fault.body_delay.min(MAX_BODY_DELAY)).await }
}

/// An error that is not one of the server's own: without their JSON, like one of a proxy.
fn error_by_fault(status: StatusCode) -> Response {
    let text = format!("{}\n", status.canonical_reason().unwrap_or("error"));
    let mut response = (status, [(CONTENT_TYPE, "text/plain")], text).into_response();
    if let StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE = status {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// The same response. The first half of its body comes at once, the rest after a time.
async fn delay_body(response: Response, by: Duration) -> Response {
    let (parts, body) = response.into_parts();
    let Ok(whole) = body.collect().await else { return Response::from_parts(parts, Body::empty()) };
    let mut first = whole.to_bytes();
    let rest = first.split_off(first.len() / 2);
    let parts_of_body = stream::unfold(vec![(by, rest), (Duration::ZERO, first)], |mut left| async {
        let (wait, bytes) = left.pop()?;
        tokio::time::sleep(wait).await;
        Some((Ok::<Bytes, std::convert::Infallible>(bytes), left))
    });
    Response::from_parts(parts, Body::from_stream(parts_of_body))
}
