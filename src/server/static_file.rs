//! A file that the server serves: its media type, its tag and its compressed form.

use std::sync::OnceLock;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue};
use ring::digest::SHA256;

use super::compress::{accepts_gzip, gzip};
use super::etag;

/// For files that may change: clients revalidate them each time.
pub(super) const NO_CACHE: &str = "no-cache";

/// How many bytes of a digest are used: enough for versions to differ.
pub(super) const TAG_BYTES: usize = 8;

/// A file that is served.
#[derive(Debug)]
pub(super) struct StaticFile {
    /// Its media type, as in `Content-Type`.
    pub(super) media_type: &'static str,
    pub(super) bytes: Bytes,
    /// The tag of its content, as in `ETag`. Weak, because it also stands for the compressed bytes.
    pub(super) tag: String,
    gzip: OnceLock<Option<Bytes>>,
}

impl StaticFile {
    pub(super) fn new(name: &str, bytes: Bytes) -> Self {
        let tag = format!("W/\"{}\"", hex_text(ring::digest::digest(&SHA256, &bytes).as_ref()));
        Self { media_type: media_type(name).unwrap_or("application/octet-stream"), bytes, tag, gzip: OnceLock::new() }
    }

    /// The compressed bytes, if they are fewer. Compressed once.
    pub(super) fn gzip(&self) -> Option<&Bytes> {
        self.gzip.get_or_init(|| gzip(&self.bytes, Compression::best())).as_ref()
    }
}

/// The media type for the name's extension.
pub(super) fn media_type(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "json" => "application/json",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    })
}

pub(super) fn hex_text(digest: &[u8]) -> String {
    digest.iter().take(TAG_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

/// A file, or 304 if the client has it already.
pub(super) fn conditional_response(file: &StaticFile, cache: &'static str, headers: &HeaderMap) -> Response {
    let mut response = if etag::if_none_match_matches(headers, &file.tag) {
        let mut response = etag::not_modified();
        set_cache_headers(&mut response, cache);
        response
    } else {
        full_response(file, cache, headers)
    };
    etag::set(&mut response, &file.tag);
    response
}

/// A file, compressed if the client accepts that.
pub(super) fn full_response(file: &StaticFile, cache: &'static str, headers: &HeaderMap) -> Response {
    let short = file.gzip().filter(|_| accepts_gzip(headers));
    let mut response = Response::new(Body::from(short.unwrap_or(&file.bytes).clone()));
    if short.is_some() {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    set_cache_headers(&mut response, cache);
    response
}

fn set_cache_headers(response: &mut Response, cache: &'static str) {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    response.headers_mut().insert(VARY, HeaderValue::from_name(ACCEPT_ENCODING));
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_file_is_compressed_where_that_makes_it_shorter() {
        let long = "export const goal = 'goal';\n".repeat(40);
        let file = StaticFile::new("a.js", Bytes::from(long.clone()));
        let short = file.gzip().expect("shorter");
        assert!(short.len() < long.len() / 4, "{}", short.len());
        let mut read = String::new();
        flate2::read::GzDecoder::new(&short[..]).read_to_string(&mut read).expect("gzip");
        assert_eq!(read, long);
        assert_eq!(file.gzip().map(|again| again.as_ptr()), Some(short.as_ptr()), "kept");
        assert_eq!(StaticFile::new("a.js", Bytes::from_static(b"1")).gzip(), None);
    }
}
