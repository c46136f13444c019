//! The fast path: admits a subscriber from the first packet, without hyper.
//!
//! Most stream requests arrive complete in one packet and are valid. The delivery loop admits those where it accepts them. Any
//! other request (in pieces, for a document, to be rejected) is left to hyper and `routes`, which apply the same functions. The
//! fast path itself never rejects.

use std::net::IpAddr;

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};

use super::access::{RequestHead, Target};
use super::admission::Admission;
use super::app_state::AppState;
use super::stream_request::{self, StreamRequest, parse_stream_path};

/// More headers than browsers and libraries send. A request with more is left to hyper.
const MAX_HEADERS: usize = 48;

/// Admits the subscriber whose complete and valid request the bytes begin with. Returns the length of the request's head, in
/// bytes, with the admission; `None`: leave the request to hyper.
pub(super) fn admit(app: &AppState, bytes: &[u8], peer: IpAddr) -> Option<(usize, Admission)> {
    let mut parsed = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Request::new(&mut parsed);
    let head_bytes = match head.parse(bytes) {
        Ok(httparse::Status::Complete(bytes)) => bytes,
        _ => return None,
    };
    // Parsed by the same type as in hyper, which rejects some targets that httparse accepts.
    let path_and_query = PathAndQuery::try_from(head.path?).ok()?;
    let (path, query) = (path_and_query.path(), path_and_query.query().unwrap_or_default());
    let (framing, replay) =
        parse_stream_path(app.access.strip_public_path(path)).filter(|_| head.version == Some(1))?;
    let mut headers = HeaderMap::with_capacity(head.headers.len());
    for header in &*head.headers {
        let name = HeaderName::from_bytes(header.name.as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_bytes(header.value).ok()?);
    }
    if headers.contains_key(CONTENT_LENGTH) || headers.contains_key(TRANSFER_ENCODING) {
        return None;
    }
    let method = Method::from_bytes(head.method?.as_bytes()).ok()?;
    let target = Target::Stream(framing);
    let head = RequestHead { method: &method, authority: None, query, headers: &headers, peer, target };
    let caller = app.access.authorise(&head).ok()?;
    let request = StreamRequest { head, version: Version::HTTP_11, framing, replay, may_block: false, may_wait: true };
    stream_request::admit(app, &caller, request).ok().map(|admission| (head_bytes, admission))
}

#[cfg(test)]
mod tests {
    use super::super::app_state::testing::app;
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    /// The request of a page on another port of this machine, with the key of RFC 6455's example.
    const REQUEST: &str = "GET /ws?types=goal&ticks=off HTTP/1.1\r\nHost: localhost:8089\r\nConnection: keep-alive, Upgrade\r\n\
        Upgrade: websocket\r\nOrigin: http://localhost:3000\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: other, touchline.v1\r\n\r\n";

    #[tokio::test]
    async fn a_complete_and_valid_request_is_admitted() {
        let bytes = format!("{REQUEST}what follows");
        let (head, admission) = admit(&app(), bytes.as_bytes(), HERE).expect("admitted");
        assert_eq!(&bytes[head..], "what follows");
        let answer = String::from_utf8(admission.response_head).expect("text");
        assert!(answer.starts_with("HTTP/1.1 101 ") && answer.ends_with("\r\n\r\n"), "{answer}");
        // RFC 6455, section 1.3.
        assert!(answer.contains("\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{answer}");
        assert!(answer.contains("\r\nsec-websocket-protocol: touchline.v1\r\n"), "{answer}");
        assert!(!admission.join.options.filter.selects_everything(), "the parameters are understood");
        assert!(admission.control.is_none(), "a page of another port may read, not control");
        let tool = REQUEST.replace("Origin: http://localhost:3000\r\n", "");
        assert!(admit(&app(), tool.as_bytes(), HERE).expect("admitted").1.control.is_some());
    }

    #[tokio::test]
    async fn any_other_request_is_left_to_hyper() {
        let app = app();
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
            let changed = REQUEST.replacen(said, instead, 1);
            assert!(changed != REQUEST && admit(&app, changed.as_bytes(), HERE).is_none(), "{said:?} -> {instead:?}");
        }
        let many: String = (0..MAX_HEADERS).map(|at| format!("X-{at}: x\r\n")).collect();
        let many = REQUEST.replace("\r\n\r\n", &format!("\r\n{many}\r\n"));
        assert!(admit(&app, many.as_bytes(), HERE).is_none(), "more headers than usual");
        for noise in [&b""[..], b"\x16\x03\x01\x02", b"GET", &[0xff; 100]] {
            assert!(admit(&app, noise, HERE).is_none());
        }
    }
}
