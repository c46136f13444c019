//! Rejections as HTTP responses and as close codes. This is the one list that maps codes to both.

use axum::body::Body;
use axum::response::Response;
use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER, SEC_WEBSOCKET_VERSION, UPGRADE, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use crate::dialect::native;
use crate::error::excerpt;
use crate::hub::CloseCode;
use crate::playback::Rejection;

/// The HTTP status for a rejection's code.
fn http_status_of(rejection: &Rejection) -> StatusCode {
    match rejection.code {
        "not_authorised" => StatusCode::UNAUTHORIZED,
        "forbidden" => StatusCode::FORBIDDEN,
        "unknown_match" | "unknown_replay" | "unknown_scenario" | "not_found" => StatusCode::NOT_FOUND,
        "method_not_allowed" => StatusCode::METHOD_NOT_ALLOWED,
        "stale" | "taken" | "lasting" => StatusCode::CONFLICT,
        "closing" => StatusCode::GONE,
        "too_long" => StatusCode::PAYLOAD_TOO_LARGE,
        "too_slow" => StatusCode::REQUEST_TIMEOUT,
        "upgrade_required" => StatusCode::UPGRADE_REQUIRED,
        "over_limit" => StatusCode::TOO_MANY_REQUESTS,
        "full" | "unavailable" => StatusCode::SERVICE_UNAVAILABLE,
        "behind" => StatusCode::GATEWAY_TIMEOUT,
        "expectation_failed" => StatusCode::EXPECTATION_FAILED,
        "not_implemented" => StatusCode::NOT_IMPLEMENTED,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// The close code for a rejection's code.
pub(super) fn close_code(rejection: &Rejection) -> CloseCode {
    match rejection.code {
        "not_authorised" => CloseCode::Unauthorised,
        "unknown_match" | "unknown_replay" | "unknown_scenario" => CloseCode::Unknown,
        "over_limit" | "full" => CloseCode::Limit,
        "closing" => CloseCode::Gone,
        _ => CloseCode::BadRequest,
    }
}

/// An extension of a response: the code of the rejection that it tells of, for the metrics.
#[derive(Debug, Clone, Copy)]
pub(super) struct RefusalCode(pub(super) &'static str);

/// A response with the same body as an error frame.
pub(super) fn error_response(rejection: &Rejection) -> Response {
    let mut body = Vec::new();
    native::write_error(None, rejection, &mut body);
    body.push(b'\n');
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = http_status_of(rejection);
    response.extensions_mut().insert(RefusalCode(rejection.code));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    match rejection.code {
        "not_authorised" => drop(headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
        // These headers are required: RFC 9110, sections 15.5.6 and 15.5.22, and RFC 6455, section 4.4.
        "method_not_allowed" => {
            let allowed = HeaderValue::try_from(rejection.accepted.join(", "));
            headers.extend(allowed.ok().filter(|_| !rejection.accepted.is_empty()).map(|allowed| (ALLOW, allowed)));
        }
        "upgrade_required" => {
            headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
            headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
            headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        }
        "over_limit" => drop(headers.insert(RETRY_AFTER, HeaderValue::from_static("1"))),
        "full" => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        _ => {}
    }
    response
}

/// The same response as HTTP/1.1 bytes, for a connection that hyper does not handle; the connection closes after it.
pub(super) fn final_response(rejection: &Rejection) -> Vec<u8> {
    let mut body = Vec::new();
    native::write_error(None, rejection, &mut body);
    body.push(b'\n');
    let mut answer = format!(
        "HTTP/1.1 {}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        http_status_of(rejection),
        body.len()
    )
    .into_bytes();
    answer.append(&mut body);
    answer
}

/// A rejection with one of the server's own codes.
pub(super) fn rejection(code: &'static str, message: impl Into<String>) -> Rejection {
    Rejection { code, message: message.into(), accepted: Vec::new() }
}

/// No replay has that name.
pub(super) fn unknown_replay_rejection(name: &str) -> Rejection {
    let name = excerpt(name);
    rejection("unknown_replay", format!("there is no replay {name:?}, or not any more"))
}

/// The presented token controls nothing here.
pub(super) fn wrong_token_rejection() -> Rejection {
    rejection("not_authorised", "the token is neither this server's nor this replay's")
}
