//! Rejections as HTTP responses.

use axum::Extension;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER, SEC_WEBSOCKET_VERSION, UPGRADE, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use crate::dialect::native;
use crate::error_code::ErrorCode;
use crate::playback::Rejection;
use crate::scenario::Findings;

fn http_status_of(rejection: &Rejection) -> StatusCode {
    // Every status of the table is valid.
    StatusCode::from_u16(rejection.code.http_status()).unwrap_or(StatusCode::BAD_REQUEST)
}

/// An error frame as a line.
fn error_body(rejection: &Rejection) -> Vec<u8> {
    let mut body = Vec::new();
    native::write_error(None, rejection, &mut body);
    body.push(b'\n');
    body
}

/// A response with the same body as an error frame. Its extension is the [`ErrorCode`], for the metrics.
pub(super) fn error_response(rejection: &Rejection) -> Response {
    response_with_body(rejection, error_body(rejection))
}

/// The same about a scenario that the client has sent, with what was found in it.
pub(super) fn scenario_error_response(rejection: &Rejection, findings: &Findings) -> Response {
    let mut body = Vec::new();
    native::write_scenario_error(rejection, findings, &mut body);
    body.push(b'\n');
    response_with_body(rejection, body)
}

fn response_with_body(rejection: &Rejection, body: Vec<u8>) -> Response {
    let content_type = [(CONTENT_TYPE, "application/json")];
    let mut response = (http_status_of(rejection), content_type, Extension(rejection.code), body).into_response();
    let headers = response.headers_mut();
    match rejection.code {
        ErrorCode::NotAuthorised => drop(headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
        // These headers are required: RFC 9110, sections 15.5.6 and 15.5.22, and RFC 6455, section 4.4.
        ErrorCode::MethodNotAllowed => {
            let allowed = HeaderValue::try_from(rejection.accepted.join(", "));
            headers.extend(allowed.ok().filter(|_| !rejection.accepted.is_empty()).map(|allowed| (ALLOW, allowed)));
        }
        ErrorCode::UpgradeRequired => {
            headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
            headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
            headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        }
        ErrorCode::OverLimit | ErrorCode::Unavailable => {
            drop(headers.insert(RETRY_AFTER, HeaderValue::from_static("1")))
        }
        ErrorCode::Full => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        _ => {}
    }
    response
}

/// The same response as HTTP/1.1 bytes, for a connection that hyper does not handle; the connection closes after it.
pub(super) fn final_response(rejection: &Rejection) -> Vec<u8> {
    let mut body = error_body(rejection);
    let mut answer = format!(
        "HTTP/1.1 {}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        http_status_of(rejection),
        body.len()
    )
    .into_bytes();
    answer.append(&mut body);
    answer
}

/// The presented token controls nothing here.
pub(super) fn wrong_token_rejection() -> Rejection {
    Rejection::new(ErrorCode::NotAuthorised, "the token is neither this server's nor this replay's")
}
