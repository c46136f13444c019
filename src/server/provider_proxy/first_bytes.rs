//! What a client of a provider port says first: a `CONNECT`, another request, or a TLS handshake.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::message::excerpt;
use crate::server::provider_port::split_host;

/// The first byte of a TLS handshake.
const HANDSHAKE: u8 = 0x16;
/// In small letters it is another method, which nothing else has. Some write it.
const CONNECT: &[u8] = b"CONNECT ";
/// The most headers of a `CONNECT`.
const MAX_HEADERS: usize = 64;
/// How much is read at a time.
const READ_BYTES: usize = 1 << 10;

/// What a client has begun with, and the bytes that are still to be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FirstBytes {
    /// A handshake, of which these bytes have been read.
    Tls(Vec<u8>),
    /// A request other than `CONNECT`, of which these bytes have been read.
    Request(Vec<u8>),
    /// `CONNECT HOST:PORT`, and what came behind its head.
    Connect { host: String, port: u16, rest: Vec<u8> },
}

/// Why there is no first_bytes.
#[derive(Debug)]
pub(super) enum FirstBytesError {
    /// The client has disconnected.
    Disconnected(io::Error),
    /// The head is longer than allowed.
    TooLong,
    /// The `CONNECT` cannot be read.
    Malformed(String),
}

/// Reads as much as shows what the client wants: one byte of a handshake, the method of a request, the whole head of a `CONNECT` of
/// at most `limit` bytes.
pub(super) async fn read_first_bytes<S: AsyncRead + Unpin>(
    socket: &mut S,
    limit: usize,
) -> Result<FirstBytes, FirstBytesError> {
    let mut bytes = Vec::with_capacity(READ_BYTES);
    loop {
        bytes.reserve(READ_BYTES);
        let searched = bytes.len();
        match socket.read_buf(&mut bytes).await {
            Ok(0) => return Err(FirstBytesError::Disconnected(io::ErrorKind::UnexpectedEof.into())),
            Ok(_) => {}
            Err(error) => return Err(FirstBytesError::Disconnected(error)),
        }
        if bytes[0] == HANDSHAKE {
            return Ok(FirstBytes::Tls(bytes));
        }
        if !bytes.iter().zip(CONNECT).all(|(byte, expected)| byte.eq_ignore_ascii_case(expected)) {
            return Ok(FirstBytes::Request(bytes));
        }
        match head_end(&bytes, searched) {
            Some(end) if end <= limit => return parse_connect(&bytes, end),
            Some(_) => return Err(FirstBytesError::TooLong),
            None if bytes.len() > limit => return Err(FirstBytesError::TooLong),
            None => {}
        }
    }
}

/// Where a head ends: behind its empty line. `searched`: so many bytes were looked at before.
fn head_end(bytes: &[u8], searched: usize) -> Option<usize> {
    let from = searched.saturating_sub(2);
    let ends = bytes[from..].iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| from + at + 1);
    ends.filter_map(|line| match &bytes[line..] {
        [b'\n', ..] => Some(line + 1),
        [b'\r', b'\n', ..] => Some(line + 2),
        _ => None,
    })
    .next()
}

fn parse_connect(bytes: &[u8], end: usize) -> Result<FirstBytes, FirstBytesError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(&bytes[..end]) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => {
            return Err(FirstBytesError::Malformed("the head of the CONNECT is cut".into()));
        }
        Err(error) => return Err(FirstBytesError::Malformed(format!("the CONNECT cannot be read: {error}"))),
    }
    let target = request.path.unwrap_or_default();
    let (Some((host, Some(port))), false) = (split_host(target), target.contains('*')) else {
        let message = format!("{:?} is not the target of a CONNECT: write HOST:PORT", excerpt(target));
        return Err(FirstBytesError::Malformed(message));
    };
    Ok(FirstBytes::Connect { host, port, rest: bytes[end..].to_vec() })
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    const LIMIT: usize = 8 << 10;

    /// The first_bytes of these bytes, sent so many at a time.
    async fn first_bytes(text: &[u8], at_a_time: usize) -> Result<FirstBytes, FirstBytesError> {
        let (mut near, mut far) = tokio::io::duplex(at_a_time);
        let text = text.to_vec();
        let sending = async move {
            // The reader may have seen enough.
            let _ = near.write_all(&text).await;
        };
        let (first_bytes, ()) = tokio::join!(
            async {
                let read = read_first_bytes(&mut far, LIMIT).await;
                drop(far);
                read
            },
            sending
        );
        first_bytes
    }

    #[tokio::test]
    async fn a_connect_is_read_however_it_arrives() {
        for head in [
            "CONNECT site.api.espn.com:443 HTTP/1.1\r\nHost: site.api.espn.com:443\r\nUser-Agent: x\r\n\r\n",
            "CONNECT SITE.api.espn.com:443 HTTP/1.0\r\n\r\n",
            "CONNECT site.api.espn.com:443 HTTP/1.1\n\n",
            "connect site.api.espn.com.:443 HTTP/1.1\r\n\r\n",
            "CONNECT site.api.espn.com:443 HTTP/1.1\nhost: x\n\r\n",
        ] {
            for at_a_time in [1, 2, 3, 7, 10_000] {
                let read = first_bytes(head.as_bytes(), at_a_time).await.expect(head);
                let host = "site.api.espn.com".to_owned();
                assert_eq!(read, FirstBytes::Connect { host, port: 443, rest: Vec::new() }, "{head:?} by {at_a_time}");
            }
        }
        let read = first_bytes(b"CONNECT [::1]:8443 HTTP/1.1\r\n\r\n\x16\x03", 10_000).await.expect("a head");
        assert_eq!(read, FirstBytes::Connect { host: "::1".into(), port: 8443, rest: b"\x16\x03".to_vec() });
    }

    #[tokio::test]
    async fn anything_else_is_passed_on_as_it_came() {
        let read = |text: &'static [u8]| async move { first_bytes(text, 10_000).await.expect("an first_bytes") };
        assert_eq!(read(b"\x16\x03\x01").await, FirstBytes::Tls(b"\x16\x03\x01".to_vec()));
        for text in [&b"GET / HTTP/1.1\r\n"[..], b"CONNECTED", b"\0", b"connection", b"COP"] {
            assert_eq!(first_bytes(text, 10_000).await.expect("an first_bytes"), FirstBytes::Request(text.to_vec()));
        }
    }

    #[tokio::test]
    async fn bad_and_long_heads_are_refused_and_cut_ones_are_noticed() {
        for target in
            ["", "a", "a:", "a:0", "a:70000", "/", "http://a/", "a b:1", "*.example.com:443", "[::1:1", "a:1:1"]
        {
            let head = format!("CONNECT {target} HTTP/1.1\r\n\r\n");
            let error = first_bytes(head.as_bytes(), 10_000).await.expect_err(target);
            assert!(matches!(error, FirstBytesError::Malformed(_)), "{target}: {error:?}");
        }
        let many = format!("CONNECT a:1 HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(MAX_HEADERS + 1));
        for (head, expected) in [
            (many, "Malformed"),
            ("CONNECT a:1 HTTP/2.0\r\n\r\n".to_owned(), "Malformed"),
            ("CONNECT a:1 HTTP/1.1\r\nno colon\r\n\r\n".to_owned(), "Malformed"),
            (format!("CONNECT a:1 HTTP/1.1\r\na: {}\r\n\r\n", "b".repeat(LIMIT)), "TooLong"),
            (format!("CONNECT {}", "b".repeat(2 * LIMIT)), "TooLong"),
            ("CONNECT a:1 HTTP/1.1\r\n".to_owned(), "Disconnected"),
            ("CONN".to_owned(), "Disconnected"),
            (String::new(), "Disconnected"),
        ] {
            let error = format!("{:?}", first_bytes(head.as_bytes(), 10_000).await.expect_err("refused"));
            assert!(error.starts_with(expected), "{expected}: {error}");
        }
    }
}
