//! Reads request bodies, within limits.

use axum::body::{Body, HttpBody};
use http::Version;
use http::header::{EXPECT, TRANSFER_ENCODING};
use http::request::Parts;
use http_body_util::LengthLimitError;

use crate::error::find_cause;
use crate::error_code::ErrorCode;
use crate::playback::Rejection;
use crate::server::app_state::AppState;
use crate::server::countdown::timeout;

/// Reads a request's body, within limits. What the head alone decides is rejected before anything is read, because the
/// first read sends `100 Continue`.
pub(super) async fn read_body(app: &AppState, head: &Parts, body: Body) -> Result<Vec<u8>, Rejection> {
    let limits = &app.limits;
    let too_long = || {
        Rejection::new(ErrorCode::TooLong, format!("the body of the request has more than {} bytes", limits.body_bytes))
    };
    check_head(head)?;
    if body.size_hint().lower() > limits.body_bytes as u64 {
        return Err(too_long());
    }
    match timeout(limits.body_time, axum::body::to_bytes(body, limits.body_bytes)).await {
        Ok(Ok(bytes)) => Ok(bytes.into()),
        Ok(Err(error)) => Err(match find_cause::<LengthLimitError>(&error) {
            Some(_) => too_long(),
            None => Rejection::new(ErrorCode::BadRequest, malformed_body_text(&error)),
        }),
        Err(_) => {
            let message = format!("the body of the request took longer than {:?}", limits.body_time);
            Err(Rejection::new(ErrorCode::TooSlow, message))
        }
    }
}

/// Rejects a body that would be misread, or that would never arrive (RFC 9112, section 6.1; RFC 9110, section 10.1.1).
fn check_head(head: &Parts) -> Result<(), Rejection> {
    let words = |name| {
        let lines = head.headers.get_all(name).into_iter().map(|line| line.to_str().unwrap_or("?"));
        lines.flat_map(|line| line.split(',')).map(|word| word.trim().to_ascii_lowercase()).collect::<Vec<_>>()
    };
    let codings = words(TRANSFER_ENCODING);
    if codings.iter().any(|coding| coding != "chunked") {
        return Err(Rejection::new(ErrorCode::NotImplemented, "Transfer-Encoding: only chunked is supported")
            .accepting(["chunked"]));
    }
    if codings.len() > 1 {
        return Err(Rejection::new(ErrorCode::BadRequest, "the body of the request is chunked more than once"));
    }
    let expected = |word: &String| word != "100-continue";
    if head.version > Version::HTTP_10 && words(EXPECT).iter().any(expected) {
        let message = "Expect: only 100-continue is supported";
        return Err(Rejection::new(ErrorCode::ExpectationFailed, message).accepting(["100-continue"]));
    }
    Ok(())
}

/// Why the client's body could not be read.
fn malformed_body_text(error: &axum::Error) -> String {
    match find_cause::<std::io::Error>(error) {
        Some(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            "the body of the request was cut off".to_owned()
        }
        Some(error) => format!("the body of the request is malformed: {error}"),
        None => "the body of the request cannot be read".to_owned(),
    }
}
