//! Requests an HTTP stream and reads the head of the response, which states the format of the stream.

use std::borrow::Cow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, ReadBuf,
};

use super::decoder::{BodyDecoder, Decoder, StreamFormat};
use crate::client::frame::ErrorFrame;
use crate::client::received::{ReceivedBytes, redirect_hint};
use crate::client::tls::{MaybeTlsStream, describe_io_error};

/// How many bytes are buffered of a response head. Longer reads, as those of a decoder, go past the buffer.
const BUFFER_BYTES: usize = 1_024;
/// The longest response head accepted, in bytes.
const MAX_HEAD_BYTES: usize = 64 << 10;
/// How much of a refusal's body is read, in bytes.
const MAX_REFUSAL_BYTES: usize = 16 << 10;
/// The most header fields of a response.
const MAX_FIELDS: usize = 100;
/// The content types of NDJSON: none is registered, and several are in use.
const NDJSON_TYPES: &[&str] = &[
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
    "application/jsonlines",
    "application/stream+json",
];
/// The end of a head.
const HEADER_TERMINATOR: &[u8] = b"\r\n\r\n";

/// A connection that reads no further than the end of a response head: the bytes after it are left for the decoder.
pub(super) struct HeadReader {
    pub(super) stream: BufReader<MaybeTlsStream>,
    /// How many bytes of [`HEADER_TERMINATOR`] the bytes read so far end with.
    matched: usize,
    /// A record of the bytes read.
    pub(super) received: ReceivedBytes,
}

impl HeadReader {
    pub(super) fn new(stream: MaybeTlsStream) -> Self {
        let stream = BufReader::with_capacity(BUFFER_BYTES, stream);
        Self { stream, matched: 0, received: ReceivedBytes::default() }
    }
}

/// How many of these bytes belong to the head; `matched` is [`HeadReader::matched`].
fn head_length(matched: &mut usize, bytes: &[u8]) -> usize {
    for (at, byte) in bytes.iter().enumerate() {
        *matched = if *byte == HEADER_TERMINATOR[*matched] {
            *matched + 1
        } else {
            usize::from(*byte == HEADER_TERMINATOR[0])
        };
        if *matched == HEADER_TERMINATOR.len() {
            *matched = 0;
            return at + 1;
        }
    }
    bytes.len()
}

impl AsyncRead for HeadReader {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let Self { stream, matched, received } = &mut *self;
        let buffered = ready!(Pin::new(&mut *stream).poll_fill_buf(cx))?;
        let head = head_length(matched, &buffered[..buffered.len().min(buf.remaining())]);
        received.record(&buffered[..head]);
        buf.put_slice(&buffered[..head]);
        stream.consume(head);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for HeadReader {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Requests a stream and reads the response head. The connection is then at the start of the body, for the decoder
/// returned.
///
/// # Errors
/// Why there is no stream, in one line.
pub(super) async fn request_stream(reader: &mut HeadReader, url: &str) -> Result<Decoder, String> {
    let describe = |error: std::io::Error| describe_io_error(&error);
    let request = format_request(url)?;
    reader.write_all(request.as_bytes()).await.map_err(describe)?;
    reader.flush().await.map_err(describe)?;
    let (status, headers) = loop {
        let head = read_head(reader).await?;
        let (status, headers) = parse_head(&head)?;
        // Informational responses, such as 103, precede the final one.
        if !status.is_informational() || status == StatusCode::SWITCHING_PROTOCOLS {
            break (status, headers);
        }
    };
    let body = body_decoder(&headers)?;
    if status != StatusCode::OK {
        let location = headers.get(LOCATION).filter(|_| status.is_redirection());
        let hint = redirect_hint(location.map(HeaderValue::as_bytes));
        return Err(describe_refusal(reader, status, body).await + &hint);
    }
    if let Some(encoding) = header(&headers, CONTENT_ENCODING).filter(|encoding| encoding != "identity") {
        return Err(format!("the server answers in content encoding {encoding:?}, which was not requested"));
    }
    let content_type = header(&headers, CONTENT_TYPE).unwrap_or_default();
    match content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "text/event-stream" => Ok(Decoder::http(body, StreamFormat::EventStream)),
        ndjson if NDJSON_TYPES.contains(&ndjson) => Ok(Decoder::http(body, StreamFormat::Ndjson)),
        "" => {
            Err("the server answers without a content type: a stream is text/event-stream or application/x-ndjson"
                .into())
        }
        other => Err(format!("the server answers with {other}: a stream is text/event-stream or application/x-ndjson")),
    }
}

fn format_request(url: &str) -> Result<String, String> {
    let uri: Uri = url.parse().map_err(|error| format!("{error}"))?;
    let host = uri.authority().map_or("", |authority| authority.as_str());
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    Ok(format!(
        "GET {path} HTTP/1.1\r\nhost: {host}\r\nuser-agent: touchline/{}\r\n\
         accept: text/event-stream, application/x-ndjson;q=0.9\r\naccept-encoding: identity\r\n\
         cache-control: no-store\r\n\r\n",
        env!("CARGO_PKG_VERSION")
    ))
}

async fn read_head(reader: &mut HeadReader) -> Result<Vec<u8>, String> {
    const BEGINNING: &[u8] = b"HTTP/1.";
    let (mut head, mut buffer) = (Vec::new(), [0; 1_024]);
    while !head.ends_with(HEADER_TERMINATOR) {
        let count = reader.read(&mut buffer).await.map_err(|error| describe_io_error(&error))?;
        head.extend_from_slice(&buffer[..count]);
        let length = BEGINNING.len().min(head.len());
        if head[..length] != BEGINNING[..length] {
            return Err(reader.received.describe_not_http());
        }
        if count == 0 {
            return Err("the connection was cut before there was a response".to_owned());
        }
        if head.len() > MAX_HEAD_BYTES {
            return Err(format!("the response head is longer than {} KiB", MAX_HEAD_BYTES >> 10));
        }
    }
    Ok(head)
}

/// The text of a header.
fn header(headers: &HeaderMap, name: HeaderName) -> Option<Cow<'_, str>> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()))
}

/// The framing of the body.
fn body_decoder(headers: &HeaderMap) -> Result<BodyDecoder, String> {
    match (header(headers, TRANSFER_ENCODING), header(headers, CONTENT_LENGTH)) {
        (Some(coding), _) if coding.trim().eq_ignore_ascii_case("chunked") => Ok(BodyDecoder::chunked()),
        (Some(coding), _) => Err(format!("the server answers in transfer coding {coding:?}, which was not requested")),
        (None, Some(length)) => {
            let parsed = length.trim().parse().map(BodyDecoder::Length);
            parsed.map_err(|_| format!("{length:?} is not a content length"))
        }
        (None, None) => Ok(BodyDecoder::UntilEof),
    }
}

fn parse_head(head: &[u8]) -> Result<(StatusCode, HeaderMap), String> {
    let mut list = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut response = httparse::Response::new(&mut list);
    match response.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Err("malformed HTTP response head".to_owned()),
        Err(error) => return Err(format!("malformed HTTP response head: {error}")),
    }
    let status = response.code.and_then(|code| StatusCode::from_u16(code).ok());
    let mut headers = HeaderMap::new();
    for field in response.headers.iter() {
        if let (Ok(name), Ok(value)) = (field.name.parse::<HeaderName>(), HeaderValue::from_bytes(field.value)) {
            headers.insert(name, value);
        }
    }
    Ok((status.ok_or("the server answers without a status")?, headers))
}

/// Why the server refused the stream: the message of its error frame, else its status.
async fn describe_refusal(reader: &mut HeadReader, status: StatusCode, mut body: BodyDecoder) -> String {
    let (mut text, mut buffer) = (Vec::new(), [0; 1_024]);
    let bodyless = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    while !bodyless && !body.is_complete() && text.len() < MAX_REFUSAL_BYTES {
        let decoded = match reader.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(count) => body.decode(&buffer[..count], |part| {
                text.extend_from_slice(part);
                Ok(())
            }),
        };
        if decoded.is_err() {
            break;
        }
    }
    match serde_json::from_slice::<ErrorFrame>(&text) {
        Ok(refusal) => format!("refused: {}", refusal.describe()),
        Err(_) => format!("the server answers {status}"),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    /// The result of requesting a stream from a server with this response, and the bytes left unread.
    async fn asked(answer: &str) -> (Result<Decoder, String>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let server = async {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let _ = socket.read(&mut [0; 4_096]).await.expect("a request");
            // The client disconnects once it has read enough.
            let _ = socket.write_all(answer.as_bytes()).await;
            let _ = socket.shutdown().await;
            socket
        };
        let client = async {
            let stream = TcpStream::connect(address).await.expect("connected");
            let mut reader = HeadReader::new(MaybeTlsStream::Left(stream));
            let found = request_stream(&mut reader, &format!("http://{address}/feed?a=b")).await;
            let mut rest = String::new();
            let _ = reader.stream.read_to_string(&mut rest).await;
            (found, rest)
        };
        let (_socket, result) = tokio::join!(server, client);
        result
    }

    #[test]
    fn a_request_accepts_both_stream_formats() {
        let asked = format_request("http://h:1/feed?a=%20b&since=1.2.3").expect("a request");
        assert!(asked.starts_with("GET /feed?a=%20b&since=1.2.3 HTTP/1.1\r\nhost: h:1\r\n"), "{asked}");
        assert!(asked.contains("\r\naccept: text/event-stream, ") && asked.ends_with("\r\n\r\n"), "{asked}");
    }

    #[tokio::test]
    async fn the_content_type_decides_the_format_and_the_body_is_left_unread() {
        for (headers, events, chunked) in [
            ("Content-Type: text/event-stream", true, false),
            ("content-type: Text/Event-Stream; charset=utf-8\r\ntransfer-encoding: Chunked", true, true),
            ("content-type: application/x-ndjson\r\nconnection: close", false, false),
            ("content-type: application/jsonl\r\ntransfer-encoding: chunked\r\ncontent-length: 7", false, true),
        ] {
            let answer =
                format!("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n{headers}\r\n\r\ndata: 1\r\n\r\nmore");
            let (found, rest) = asked(&answer).await;
            assert_eq!(rest, "data: 1\r\n\r\nmore", "{headers}");
            match found.expect("a stream") {
                Decoder::EventStream(body, _) => {
                    assert!(events && matches!(body, BodyDecoder::Chunked(_)) == chunked, "{headers}")
                }
                Decoder::Ndjson(body, _) => {
                    assert!(!events && matches!(body, BodyDecoder::Chunked(_)) == chunked, "{headers}")
                }
                Decoder::WebSocket(_) => panic!("not requested"),
            }
        }
    }

    #[tokio::test]
    async fn a_missing_stream_is_explained_in_one_line() {
        let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(2 * MAX_HEAD_BYTES));
        let refusal = r#"{"kind":"error","code":"bad_parameter","message":"no such type"}"#;
        let stated = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\n\r\n{refusal}", refusal.len());
        let size = refusal.len();
        let chunked =
            format!("HTTP/1.1 400 No\r\ntransfer-encoding: chunked\r\n\r\n{size:x}\r\n{refusal}\r\n0\r\n\r\n");
        for (answer, words) in [
            ("HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno", "the server answers 404 Not Found"),
            ("HTTP/1.1 204 No Content\r\n\r\n", "the server answers 204 No Content"),
            (&stated, "refused: no such type"),
            (&chunked, "refused: no such type"),
            ("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<p>", "the server answers with text/html: "),
            ("HTTP/1.1 200 OK\r\n\r\n", "without a content type"),
            (
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: br\r\n\r\n",
                "content encoding \"br\"",
            ),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n", "transfer coding \"gzip, chunked\""),
            ("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", "\"-1\" is not a content length"),
            ("HTTP/1.1 200 OK\r\ncontent-", "cut before there was a response"),
            ("", "cut before there was a response"),
            ("SSH-2.0-OpenSSH\r\n", "not HTTP; it starts with \"SSH-2.0-OpenSSH\""),
            ("\u{15}\u{3}\u{1}\0\u{2}\u{2}F", "the server speaks TLS"),
            (
                "HTTP/1.1 301 Moved\r\nlocation: https://h/feed?token=x\r\ncontent-length: 0\r\n\r\n",
                "Permanently, which redirects to \"https://h/feed\"",
            ),
            (&long, "longer than 64 KiB"),
        ] {
            let result = asked(answer).await.0.expect_err("no stream");
            assert!(result.contains(words), "{:?}: {result}", &answer[..answer.len().min(80)]);
        }
    }
}
