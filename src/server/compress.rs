//! Compresses long JSON responses with gzip, for clients that accept it.

use std::io::Write;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue};
use http_body_util::BodyExt;

use super::accept_header::accepts;
use super::refusal::error_response;
use super::slow_work::run_blocking;
use crate::error_code::ErrorCode;
use crate::playback::Rejection;

/// The least length worth compressing, in bytes. Documents that are polled are shorter.
const MIN_BYTES: usize = 8 * 1024;
/// From this length on, in bytes, compressing takes milliseconds: other tasks must not wait for it.
const BLOCKING_BYTES: usize = 256 * 1024;

/// The bytes as gzip, if that is shorter.
pub(super) fn gzip(bytes: &[u8], level: Compression) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    // Writing to memory cannot fail.
    let short = encoder.write_all(bytes).and_then(|()| encoder.finish()).ok()?;
    (short.len() < bytes.len()).then(|| Bytes::from(short))
}

/// Whether the client accepts gzip.
pub(super) fn accepts_gzip(headers: &HeaderMap) -> bool {
    accepts(headers, ACCEPT_ENCODING, "gzip")
}

/// Compresses a JSON response if it is long enough and the client accepts gzip.
pub(super) async fn compress_response(response: Response, gzip_accepted: bool) -> Response {
    let json = response.headers().get(CONTENT_TYPE).is_some_and(|media| media == "application/json");
    if !json || response.headers().contains_key(CONTENT_ENCODING) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // The body is in memory already: this does not wait.
    let bytes = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => {
            tracing::error!("reading a response body: {error}");
            return error_response(&Rejection::new(ErrorCode::Unavailable, "the response body could not be read"));
        }
    };
    if bytes.len() < MIN_BYTES {
        return Response::from_parts(parts, Body::from(bytes));
    }
    parts.headers.append(VARY, HeaderValue::from_name(ACCEPT_ENCODING));
    let short = || gzip(&bytes, Compression::fast());
    let short = match gzip_accepted {
        false => None,
        true if bytes.len() < BLOCKING_BYTES => short(),
        true => run_blocking(short),
    };
    if let Some(short) = short {
        parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        parts.headers.remove(CONTENT_LENGTH);
        return Response::from_parts(parts, Body::from(short));
    }
    Response::from_parts(parts, Body::from(bytes))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    async fn sent(media: &'static str, text: &str, gzip_accepted: bool) -> (Option<String>, bool, Vec<u8>) {
        let mut response = Response::new(Body::from(text.to_owned()));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
        let (parts, body) = compress_response(response, gzip_accepted).await.into_parts();
        let encoding = parts.headers.get(CONTENT_ENCODING).map(|value| value.to_str().expect("ASCII").to_owned());
        let bytes = body.collect().await.expect("in memory").to_bytes();
        (encoding, parts.headers.contains_key(VARY), bytes.into())
    }

    #[tokio::test]
    async fn long_json_is_compressed_for_clients_that_accept_gzip() {
        let long = "[\"goal\",\"no goal\"]".repeat(BLOCKING_BYTES / 10);
        for (text, encoded) in [(&long[..MIN_BYTES], true), (&long[..], true), (&long[..MIN_BYTES - 1], false)] {
            let (encoding, varies, bytes) = sent("application/json", text, true).await;
            assert_eq!((encoding.is_some(), varies), (encoded, encoded), "{}", text.len());
            let mut read = String::new();
            match encoding.as_deref() {
                Some("gzip") => flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut read).expect("gzip"),
                _ => (&bytes[..]).read_to_string(&mut read).expect("text"),
            };
            assert!(read == text, "{} bytes", text.len());
            assert!(!encoded || bytes.len() < text.len() / 10);
        }
        let (encoding, varies, bytes) = sent("application/json", &long, false).await;
        assert!(encoding.is_none() && varies && bytes == long.as_bytes(), "another may take it");
        assert_eq!(sent("text/plain", &long, true).await.0, None);
    }
}
