//! The opening handshake of a WebSocket (RFC 6455, section 4.2).

use http::header::{
    CONNECTION, CONTENT_LENGTH, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, TRANSFER_ENCODING,
    UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::accept_header::list_items;
use crate::dialect::native;
use crate::error_code::ErrorCode;
use crate::playback::Rejection;

/// The accept key, or what is wrong with the request.
pub(super) fn accept_key(method: &Method, version: Version, headers: &HeaderMap) -> Result<HeaderValue, Rejection> {
    let has = |name, token: &str| list_items(headers, name).any(|word| word.eq_ignore_ascii_case(token));
    let upgrade =
        |message: &str, accepted: &str| Err(Rejection::new(ErrorCode::UpgradeRequired, message).accepting([accepted]));
    // RFC 9110, section 7.8: an Upgrade in HTTP/1.0 is ignored.
    let may_upgrade = method == Method::GET && version == Version::HTTP_11;
    if !may_upgrade || !has(CONNECTION, "upgrade") || !has(UPGRADE, "websocket") {
        return upgrade(
            "this is a WebSocket: connect with ws:// (/events and /events.ndjson are plain HTTP)",
            "websocket",
        );
    }
    if single_header_value(headers, SEC_WEBSOCKET_VERSION) != Some(b"13") {
        return upgrade("Sec-WebSocket-Version must be 13, given once", "13");
    }
    // A body would be read as WebSocket frames.
    let has_body = headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0");
    if has_body || headers.contains_key(TRANSFER_ENCODING) {
        return Err(Rejection::new(ErrorCode::BadRequest, "the request that opens a WebSocket cannot have a body"));
    }
    let key = single_header_value(headers, SEC_WEBSOCKET_KEY).filter(|key| is_key(key));
    let accept = key.and_then(|key| derive_accept_key(key).parse().ok());
    accept.ok_or_else(|| {
        Rejection::new(ErrorCode::BadRequest, "Sec-WebSocket-Key must be 16 bytes in base64, given once")
    })
}

/// The value of a header that must be given once.
fn single_header_value(headers: &HeaderMap, name: HeaderName) -> Option<&[u8]> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none()).map(HeaderValue::as_bytes)
}

/// Whether this is 16 bytes in base64 (RFC 4648, section 4): 21 digits, one whose last four bits are 0, and the
/// padding.
fn is_key(key: &[u8]) -> bool {
    let is_digit = |digit: &u8| digit.is_ascii_alphanumeric() || matches!(digit, b'+' | b'/');
    match key {
        [digits @ .., b'A' | b'Q' | b'g' | b'w', b'=', b'='] => digits.len() == 21 && digits.iter().all(is_digit),
        _ => false,
    }
}

/// Whether the client offers the subprotocol. It is never required.
pub(super) fn offers_protocol(headers: &HeaderMap) -> bool {
    list_items(headers, SEC_WEBSOCKET_PROTOCOL).any(|word| word == native::PROTOCOL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_sixteen_bytes_in_base64() {
        for key in [
            "dGhlIHNhbXBsZSBub25jZQ==",
            "AAAAAAAAAAAAAAAAAAAAAA==",
            "++++/////zzzzz09abYZ0g==",
            "AQIDBAUGBwgJCgsMDQ4PEw==",
        ] {
            assert!(is_key(key.as_bytes()), "{key}");
        }
        for (key, why) in [
            ("", "nothing"),
            ("dGhlIHNhbXBsZSBub25j", "15 bytes"),
            ("dGhlIHNhbXBsZSBub25jZQA=", "17 bytes"),
            ("dGhlIHNhbXBsZSBub25jZQAA", "18 bytes"),
            ("dGhlIHNhbXBsZSBub25jZQ", "no padding"),
            ("dGhlIHNhbXBsZSBub25jZQ=", "half the padding"),
            ("dGhlIHNhbXBsZSBub25jZQ===", "more padding"),
            ("dGhlIHNhbXBsZSBub25jZR==", "bits beyond the last byte"),
            ("dGhlIHNhbXBsZSBub25j-Q==", "the alphabet for addresses"),
            ("dGhlIHNhbXBsZSBub25j Q==", "a blank"),
            ("dGhlIHNhbXBsZSBub25=ZQ==", "padding inside"),
            ("========================", "nothing but padding"),
            ("dGhlIHNhbXBsZSBub25j\u{e9}==", "no ASCII"),
        ] {
            assert!(!is_key(key.as_bytes()), "{why}");
        }
    }
}
