//! Refusals over HTTP.

use axum::body::Body;
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};

use crate::dialect::native;
use crate::playback::Rejection;

/// An HTTP answer with the same body as an error frame.
pub(super) fn refusal(status: StatusCode, code: &'static str, message: String, accepted: &[&str]) -> Response {
    let accepted = accepted.iter().map(|word| (*word).to_owned()).collect();
    let mut body = Vec::new();
    native::error(None, &Rejection { code, message, accepted }, &mut body);
    body.push(b'\n');
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
