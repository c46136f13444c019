//! Conditional requests: `If-None-Match` and `304 Not Modified` (RFC 9110, sections 8.8.3 and 13.1.2).

use axum::response::{IntoResponse, Response};
use http::header::{ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};

/// The tags that the client sends in `If-None-Match`.
pub(super) fn client_tags(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let tags = headers.get(IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    tags.into_iter().flat_map(|tags| tags.split(',')).map(str::trim).filter(|tag| !tag.is_empty())
}

/// Whether the client has the version with this tag already, by weak comparison.
pub(super) fn if_none_match_matches(headers: &HeaderMap, tag: &str) -> bool {
    fn strip_weak_prefix(tag: &str) -> &str {
        tag.strip_prefix("W/").unwrap_or(tag)
    }
    client_tags(headers).any(|known| known == "*" || strip_weak_prefix(known) == strip_weak_prefix(tag))
}

/// Sets the tag of a response.
pub(super) fn set(response: &mut Response, tag: &str) {
    // Printable ASCII, which any header may have.
    response.headers_mut().extend(HeaderValue::try_from(tag).ok().map(|tag| (ETAG, tag)));
}

pub(super) fn not_modified() -> Response {
    StatusCode::NOT_MODIFIED.into_response()
}
