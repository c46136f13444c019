//! The opening handshake of a WebSocket (RFC 6455, section 4.2), and the short way in.
//!
//! Most subscribers say all that is needed in one packet, and nothing is wrong with it. Those are answered where they
//! arrive. Everybody else (a request in pieces, any other path, anything to be refused) goes the long way, by hyper and the
//! routes, where the same functions judge them.

use std::net::IpAddr;

use http::header::{
    CONNECTION, CONTENT_LENGTH, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, TRANSFER_ENCODING,
    UPGRADE,
};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::access::{RequestHead, Target};
use super::entrance::{Asked, Entrance, enter, stream_of};
use super::refusal::rejection;
use super::site::Site;
use crate::dialect::native;
use crate::playback::Rejection;

/// More headers than browsers and libraries send; who sends more goes the long way.
const HEADERS: usize = 48;

/// Lets a subscriber in whose whole request is there and right, and says how long its head was. `None`: it is to go the long
/// way.
pub(super) fn welcome(site: &Site, bytes: &[u8], peer: IpAddr) -> Option<(usize, Entrance)> {
    let mut parsed = [httparse::EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut parsed);
    let head_bytes = match request.parse(bytes) {
        Ok(httparse::Status::Complete(bytes)) => bytes,
        _ => return None,
    };
    // Judged as hyper judges it, which refuses some of what httparse takes.
    let asked_for = PathAndQuery::try_from(request.path?).ok()?;
    let (path, query) = (asked_for.path(), asked_for.query().unwrap_or_default());
    let (framing, replay) = stream_of(site.access.strip_public_path(path)).filter(|_| request.version == Some(1))?;
    let mut headers = HeaderMap::with_capacity(request.headers.len());
    for header in &*request.headers {
        let name = HeaderName::from_bytes(header.name.as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_bytes(header.value).ok()?);
    }
    if headers.contains_key(CONTENT_LENGTH) || headers.contains_key(TRANSFER_ENCODING) {
        return None;
    }
    let method = Method::from_bytes(request.method?.as_bytes()).ok()?;
    let target = Target::Stream(framing);
    let head = RequestHead { method: &method, authority: None, query, headers: &headers, peer, target };
    let visitor = site.access.judge(&head).ok()?;
    let version = Version::HTTP_11;
    let asked = Asked { method: &method, version, framing, replay, query, headers: &headers, patient: false };
    enter(site, &visitor, asked).ok().map(|entrance| (head_bytes, entrance))
}

/// The opening handshake (RFC 6455, section 4.2): the accept key, or what is wrong with the request.
pub(super) fn accept_key(method: &Method, version: Version, headers: &HeaderMap) -> Result<HeaderValue, Rejection> {
    let has = |name, token: &str| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.split(',').any(|word| word.trim().eq_ignore_ascii_case(token)))
    };
    let upgrade = |message: &str, accepted: &str| Err(rejection("upgrade_required", message).accepting([accepted]));
    // RFC 9110, section 7.8: in HTTP/1.0 an Upgrade means nothing.
    let may_upgrade = method == Method::GET && version == Version::HTTP_11;
    if !may_upgrade || !has(CONNECTION, "upgrade") || !has(UPGRADE, "websocket") {
        return upgrade(
            "this is a WebSocket: connect with ws:// (/events and /events.ndjson are plain HTTP)",
            "websocket",
        );
    }
    if only(headers, SEC_WEBSOCKET_VERSION) != Some(b"13") {
        return upgrade("Sec-WebSocket-Version must be 13, given once", "13");
    }
    // What follows the head would be read as WebSocket frames.
    let has_body = headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0");
    if has_body || headers.contains_key(TRANSFER_ENCODING) {
        return Err(rejection("bad_request", "the request that opens a WebSocket cannot have a body"));
    }
    let key = only(headers, SEC_WEBSOCKET_KEY).filter(|key| is_key(key));
    let accept = key.and_then(|key| derive_accept_key(key).parse().ok());
    accept.ok_or_else(|| rejection("bad_request", "Sec-WebSocket-Key must be 16 bytes in base64, given once"))
}

/// The value of a header that is there once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&[u8]> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none()).map(HeaderValue::as_bytes)
}

/// Whether those are 16 bytes in base64 (RFC 4648, section 4): 21 digits, one whose last four bits are 0, and the padding.
fn is_key(key: &[u8]) -> bool {
    let is_digit = |digit: &u8| digit.is_ascii_alphanumeric() || matches!(digit, b'+' | b'/');
    match key {
        [digits @ .., b'A' | b'Q' | b'g' | b'w', b'=', b'='] => digits.len() == 21 && digits.iter().all(is_digit),
        _ => false,
    }
}

/// Whether the subprotocol is among those offered. It is never required.
pub(super) fn offers_protocol(headers: &HeaderMap) -> bool {
    let offered = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    offered.flat_map(|value| value.split(',')).any(|word| word.trim() == native::PROTOCOL)
}

#[cfg(test)]
mod tests {
    use super::super::site::testing::site;
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    /// What a browser says on another port of this machine, and the key of RFC 6455's example.
    const ASKED: &str = "GET /ws?types=goal&ticks=off HTTP/1.1\r\nHost: localhost:8089\r\nConnection: keep-alive, Upgrade\r\n\
        Upgrade: websocket\r\nOrigin: http://localhost:3000\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: other, touchline.v1\r\n\r\n";

    #[tokio::test]
    async fn a_subscriber_who_has_said_all_and_rightly_is_welcome() {
        let bytes = format!("{ASKED}what follows");
        let (head, entrance) = welcome(&site(), bytes.as_bytes(), HERE).expect("welcome");
        assert_eq!(&bytes[head..], "what follows");
        let answer = String::from_utf8(entrance.greeting).expect("text");
        assert!(answer.starts_with("HTTP/1.1 101 ") && answer.ends_with("\r\n\r\n"), "{answer}");
        // RFC 6455, section 1.3.
        assert!(answer.contains("\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{answer}");
        assert!(answer.contains("\r\nsec-websocket-protocol: touchline.v1\r\n"), "{answer}");
        assert!(!entrance.join.options.filter.selects_everything(), "the parameters are understood");
        assert!(entrance.control.is_none(), "a page of another port may look, not touch");
        let tool = ASKED.replace("Origin: http://localhost:3000\r\n", "");
        assert!(welcome(&site(), tool.as_bytes(), HERE).expect("welcome").1.control.is_some());
    }

    #[tokio::test]
    async fn everybody_else_goes_the_long_way() {
        let site = site();
        for (said, instead) in [
            ("GET /ws", "POST /ws"),
            ("GET /ws", "GET /"),
            ("GET /ws", "GET /w"),
            ("HTTP/1.1", "HTTP/1.0"),
            ("types=goal", "types=gaol"),
            ("types=goal", "lastEventId=\"<>"),
            ("Host: localhost:8089\r\n", ""),
            ("Host: localhost", "Host: rebound.example"),
            ("http://localhost:3000", "https://hostile.example"),
            ("Version: 13", "Version: 8"),
            ("Version: 13", "Version: 13, 8"),
            ("Version: 13", "Version: 13\r\nSec-WebSocket-Version: 13"),
            ("Key: ", "Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: "),
            ("dGhlIHNhbXBsZSBub25jZQ==", "short"),
            ("Upgrade: websocket\r\n", ""),
            ("\r\n\r\n", "\r\n"),
            ("\r\n\r\n", "\r\nContent-Length: 5\r\n\r\n"),
            ("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n"),
            ("Host:", "Ho st:"),
        ] {
            let changed = ASKED.replacen(said, instead, 1);
            assert!(changed != ASKED && welcome(&site, changed.as_bytes(), HERE).is_none(), "{said:?} -> {instead:?}");
        }
        let many: String = (0..HEADERS).map(|at| format!("X-{at}: x\r\n")).collect();
        let many = ASKED.replace("\r\n\r\n", &format!("\r\n{many}\r\n"));
        assert!(welcome(&site, many.as_bytes(), HERE).is_none(), "more headers than usual");
        for noise in [&b""[..], b"\x16\x03\x01\x02", b"GET", &[0xff; 100]] {
            assert!(welcome(&site, noise, HERE).is_none());
        }
    }

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
