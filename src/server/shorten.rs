//! What is long is sent in fewer bytes to whoever takes them.

use std::io::Write;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue};
use http_body_util::BodyExt;

use super::negotiation::takes;
use super::refusal::{refusal, rejection};
use super::slow_work::patiently;

/// From how many bytes on a document is worth it. Those that are asked for again and again are shorter than that.
const LONG: usize = 8 * 1024;
/// From how many bytes on it takes so long that others should not have to wait for it: some milliseconds.
const VERY_LONG: usize = 256 * 1024;

/// The bytes as gzip, if those are fewer.
pub(super) fn gzip(bytes: &[u8], level: Compression) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    // Memory takes everything.
    let short = encoder.write_all(bytes).and_then(|()| encoder.finish()).ok()?;
    (short.len() < bytes.len()).then(|| Bytes::from(short))
}

/// Whether somebody takes that.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    takes(headers, ACCEPT_ENCODING, "gzip")
}

/// An answer as an asker takes it: JSON, whole in memory, may come in fewer bytes.
pub(super) async fn shortened(response: Response, taken: bool) -> Response {
    let json = response.headers().get(CONTENT_TYPE).is_some_and(|media| media == "application/json");
    if !json || response.headers().contains_key(CONTENT_ENCODING) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // It is there already: nothing is waited for.
    let bytes = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => {
            tracing::error!("an answer could not be read: {error}");
            return refusal(&rejection("unavailable", "the answer could not be put together"));
        }
    };
    if bytes.len() < LONG {
        return Response::from_parts(parts, Body::from(bytes));
    }
    parts.headers.append(VARY, HeaderValue::from_name(ACCEPT_ENCODING));
    let short = || gzip(&bytes, Compression::fast());
    let short = match taken {
        false => None,
        true if bytes.len() < VERY_LONG => short(),
        true => patiently(short),
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

    async fn sent(media: &'static str, text: &str, taken: bool) -> (Option<String>, bool, Vec<u8>) {
        let mut response = Response::new(Body::from(text.to_owned()));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
        let (parts, body) = shortened(response, taken).await.into_parts();
        let encoding = parts.headers.get(CONTENT_ENCODING).map(|value| value.to_str().expect("ASCII").to_owned());
        let bytes = body.collect().await.expect("in memory").to_bytes();
        (encoding, parts.headers.contains_key(VARY), bytes.into())
    }

    #[tokio::test]
    async fn a_long_document_is_short_for_whoever_takes_it() {
        let long = "[\"goal\",\"no goal\"]".repeat(VERY_LONG / 10);
        for (text, encoded) in [(&long[..LONG], true), (&long[..], true), (&long[..LONG - 1], false)] {
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
