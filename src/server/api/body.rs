//! Reads request bodies, within limits.

use axum::body::{Body, HttpBody};
use http::Version;
use http::header::{EXPECT, TRANSFER_ENCODING};
use http::request::Parts;
use http_body_util::BodyExt;

use crate::error::find_cause;
use crate::error_code::ErrorCode;
use crate::playback::Rejection;
use crate::server::app_state::AppState;
use crate::server::countdown::timeout;

/// Reads a request's body, within limits. What the head alone decides is rejected before anything is read, because the
/// first read sends `100 Continue`.
pub(super) async fn read_body(app: &AppState, head: &Parts, body: Body) -> Result<Vec<u8>, Rejection> {
    let limit = app.limits.body_bytes;
    read_growing_body(app, head, body, limit, |_| Err(body_too_long_rejection(limit))).await
}

/// The text of a body.
pub(super) fn body_text(body: &[u8]) -> Result<&str, Rejection> {
    str::from_utf8(body).map_err(|_| Rejection::new(ErrorCode::BadJson, "the body is not UTF-8"))
}

/// [`read_body`] within another limit. A longer body takes a greater limit from `extend`, which is given the length of the body
/// if its head has that.
pub(super) async fn read_growing_body(
    app: &AppState,
    head: &Parts,
    mut body: Body,
    mut limit: usize,
    mut extend: impl FnMut(Option<u64>) -> Result<usize, Rejection>,
) -> Result<Vec<u8>, Rejection> {
    check_head(head)?;
    if body.size_hint().lower() > limit as u64 {
        limit = extend(body.size_hint().exact())?;
    }
    let mut bytes = Vec::with_capacity(usize::try_from(body.size_hint().lower()).map_or(0, |length| length.min(limit)));
    let reading = async {
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| Rejection::new(ErrorCode::BadRequest, malformed_body_text(&error)))?;
            let Ok(data) = frame.into_data() else { continue };
            while data.len() > limit - bytes.len() {
                limit = extend(body.size_hint().exact())?;
            }
            bytes.extend_from_slice(&data);
        }
        Ok(())
    };
    let time_limit = app.limits.body_time;
    timeout(time_limit, reading).await.unwrap_or_else(|_| {
        let message = format!("the body of the request took longer than {time_limit:?}");
        Err(Rejection::new(ErrorCode::TooSlow, message))
    })?;
    Ok(bytes)
}

pub(super) fn body_too_long_rejection(limit: usize) -> Rejection {
    too_long_rejection("the body of the request", limit)
}

pub(super) fn too_long_rejection(what: &str, limit: usize) -> Rejection {
    Rejection::new(ErrorCode::TooLong, format!("{what} has more than {limit} bytes"))
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
