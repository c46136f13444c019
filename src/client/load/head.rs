//! The head of an HTTP exchange: what is asked, and what kind of stream the answer says that it is.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{StatusCode, Uri};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::inbox::{Body, Inbox, Text};
use crate::client::frame::Refusal;
use crate::client::received::{ReceivedBytes, leading_to};
use crate::client::subscription::error_in_words;
use crate::client::tls::Stream;

/// The longest head of an answer that is read.
const MAX_HEAD_BYTES: usize = 64 << 10;
/// As much is read of what a server says with a refusal.
const MAX_REFUSAL_BYTES: usize = 16 << 10;
/// How many fields an answer may have.
const MAX_FIELDS: usize = 100;
/// What NDJSON is called: it was never registered, and has several names.
const LINES: &[&str] = &[
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
    "application/jsonlines",
    "application/stream+json",
];
/// What ends a head.
const END: &[u8] = b"\r\n\r\n";

/// A connection of which only the head of a response is read: what is behind it is left for who reads messages.
pub(super) struct Hands {
    pub(super) stream: Stream,
    /// How much of [`END`] has been read.
    matched: usize,
    /// What has been read.
    pub(super) received: ReceivedBytes,
}

impl Hands {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, matched: 0, received: ReceivedBytes::default() }
    }

    /// How many of these bytes belong to the head.
    fn head(&mut self, bytes: &[u8]) -> usize {
        for (at, byte) in bytes.iter().enumerate() {
            self.matched = match *byte == END[self.matched] {
                true => self.matched + 1,
                // Only a carriage return begins it anew.
                false => usize::from(*byte == END[0]),
            };
            if self.matched == END.len() {
                self.matched = 0;
                return at + 1;
            }
        }
        bytes.len()
    }
}
impl AsyncRead for Hands {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let mut bytes = [0; 1_024];
        let room = bytes.len().min(buf.remaining());
        let count = match &mut self.stream {
            Stream::Plain(stream) => ready!(stream.poll_peek(cx, &mut ReadBuf::new(&mut bytes[..room])))?,
            Stream::Tls(stream) => {
                let come = ready!(Pin::new(stream).poll_fill_buf(cx))?;
                let count = room.min(come.len());
                bytes[..count].copy_from_slice(&come[..count]);
                count
            }
        };
        let head = self.head(&bytes[..count]);
        let mut read = ReadBuf::new(&mut bytes[..head]);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut read))?;
        self.received.note(read.filled());
        buf.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Hands {
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

/// Asks for a stream, and reads the answer's head. What is left is a connection on which the body follows, and how to read
/// that; or one line about why there is none.
pub(super) async fn ask(hands: &mut Hands, url: &str) -> Result<Inbox, String> {
    let words = |error: std::io::Error| error_in_words(&error);
    let request = request(url)?;
    hands.write_all(request.as_bytes()).await.map_err(words)?;
    hands.flush().await.map_err(words)?;
    let (status, fields) = loop {
        let head = read_head(hands).await?;
        let (status, fields) = parse(&head)?;
        // What a server tells while it is still thinking.
        if !status.is_informational() || status == StatusCode::SWITCHING_PROTOCOLS {
            break (status, fields);
        }
    };
    let body = fields.body()?;
    if status != StatusCode::OK {
        let location = fields.location.filter(|_| status.is_redirection());
        return Err(refused(hands, status, body).await + &leading_to(location.as_deref().map(str::as_bytes)));
    }
    if let Some(coding) = fields.coding.filter(|coding| coding != "identity") {
        return Err(format!("it answers in {coding:?}, which was not asked for"));
    }
    let kind = fields.kind.unwrap_or_default();
    match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "text/event-stream" => Ok(Inbox::http(body, Text::Events)),
        lines if LINES.contains(&lines) => Ok(Inbox::http(body, Text::Lines)),
        "" => {
            Err("it answers without a content type: text/event-stream or application/x-ndjson is a stream".to_owned())
        }
        other => Err(format!("it answers with {other}: text/event-stream or application/x-ndjson is a stream")),
    }
}

fn request(url: &str) -> Result<String, String> {
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

async fn read_head(hands: &mut Hands) -> Result<Vec<u8>, String> {
    const BEGINNING: &[u8] = b"HTTP/1.";
    let (mut head, mut piece) = (Vec::new(), [0; 1_024]);
    while !head.ends_with(END) {
        let count = hands.read(&mut piece).await.map_err(|error| error_in_words(&error))?;
        head.extend_from_slice(&piece[..count]);
        let begun = BEGINNING.len().min(head.len());
        if head[..begun] != BEGINNING[..begun] {
            return Err(hands.received.not_http());
        }
        if count == 0 {
            return Err("the connection was cut before there was an answer".to_owned());
        }
        if head.len() > MAX_HEAD_BYTES {
            return Err(format!("the head of the answer is longer than {} KiB", MAX_HEAD_BYTES >> 10));
        }
    }
    Ok(head)
}

/// What matters of the fields of an answer.
#[derive(Default)]
struct Fields {
    kind: Option<String>,
    coding: Option<String>,
    transfer: Option<String>,
    length: Option<String>,
    location: Option<String>,
}

impl Fields {
    /// Where the body ends.
    fn body(&self) -> Result<Body, String> {
        match (&self.transfer, &self.length) {
            (Some(transfer), _) if transfer.trim().eq_ignore_ascii_case("chunked") => Ok(Body::chunked()),
            (Some(transfer), _) => Err(format!("it answers in transfer coding {transfer:?}, which was not asked for")),
            (None, Some(length)) => {
                length.trim().parse().map(Body::Length).map_err(|_| format!("{length:?} is no content length"))
            }
            (None, None) => Ok(Body::Open),
        }
    }
}

fn parse(head: &[u8]) -> Result<(StatusCode, Fields), String> {
    let mut list = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut answer = httparse::Response::new(&mut list);
    match answer.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Err("malformed HTTP response head".to_owned()),
        Err(error) => return Err(format!("malformed HTTP response head: {error}")),
    }
    let status = answer.code.and_then(|code| StatusCode::from_u16(code).ok());
    let mut fields = Fields::default();
    for field in answer.headers.iter() {
        let place = match field.name.to_ascii_lowercase().as_str() {
            "content-type" => &mut fields.kind,
            "content-encoding" => &mut fields.coding,
            "transfer-encoding" => &mut fields.transfer,
            "content-length" => &mut fields.length,
            "location" => &mut fields.location,
            _ => continue,
        };
        *place = Some(String::from_utf8_lossy(field.value).into_owned());
    }
    Ok((status.ok_or("it answers without a status")?, fields))
}

/// Why there is no stream, in the server's own words where it is Touchline.
async fn refused(hands: &mut Hands, status: StatusCode, mut body: Body) -> String {
    let (mut told, mut piece) = (Vec::new(), [0; 1_024]);
    let silent = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    while !silent && !body.is_over() && told.len() < MAX_REFUSAL_BYTES {
        let taken = match hands.read(&mut piece).await {
            Ok(0) | Err(_) => break,
            Ok(count) => body.take(&piece[..count], |part| {
                told.extend_from_slice(part);
                Ok(())
            }),
        };
        if taken.is_err() {
            break;
        }
    }
    match serde_json::from_slice::<Refusal>(&told) {
        Ok(refusal) => format!("refused: {}", refusal.in_words()),
        Err(_) => format!("it answers {status}"),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    /// What is found in an answer, and the first of what follows it.
    async fn asked(answer: &str) -> (Result<Inbox, String>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let server = async {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let _ = socket.read(&mut [0; 4_096]).await.expect("a request");
            // Whoever has read enough hangs up.
            let _ = socket.write_all(answer.as_bytes()).await;
            let _ = socket.shutdown().await;
            socket
        };
        let client = async {
            let stream = TcpStream::connect(address).await.expect("connected");
            let mut hands = Hands::new(Stream::Plain(stream));
            let found = ask(&mut hands, &format!("http://{address}/feed?a=b")).await;
            let mut rest = String::new();
            let _ = hands.stream.read_to_string(&mut rest).await;
            (found, rest)
        };
        let (_socket, told) = tokio::join!(server, client);
        told
    }

    #[test]
    fn a_request_says_what_can_be_read() {
        let asked = request("http://h:1/feed?a=%20b&since=1.2.3").expect("a request");
        assert!(asked.starts_with("GET /feed?a=%20b&since=1.2.3 HTTP/1.1\r\nhost: h:1\r\n"), "{asked}");
        assert!(asked.contains("\r\naccept: text/event-stream, ") && asked.ends_with("\r\n\r\n"), "{asked}");
    }

    #[tokio::test]
    async fn the_kind_of_stream_is_what_the_answer_says_and_the_rest_is_left() {
        for (fields, events, chunked) in [
            ("Content-Type: text/event-stream", true, false),
            ("content-type: Text/Event-Stream; charset=utf-8\r\ntransfer-encoding: Chunked", true, true),
            ("content-type: application/x-ndjson\r\nconnection: close", false, false),
            ("content-type: application/jsonl\r\ntransfer-encoding: chunked\r\ncontent-length: 7", false, true),
        ] {
            let answer =
                format!("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n{fields}\r\n\r\ndata: 1\r\n\r\nmore");
            let (found, rest) = asked(&answer).await;
            assert_eq!(rest, "data: 1\r\n\r\nmore", "{fields}");
            match found.expect("a stream") {
                Inbox::Events(body, _) => assert!(events && matches!(body, Body::Chunked(_)) == chunked, "{fields}"),
                Inbox::Lines(body, _) => assert!(!events && matches!(body, Body::Chunked(_)) == chunked, "{fields}"),
                Inbox::WebSocket(_) => panic!("nobody asked for that"),
            }
        }
    }

    #[tokio::test]
    async fn why_there_is_no_stream_is_told_in_one_line() {
        let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(2 * MAX_HEAD_BYTES));
        let refusal = r#"{"kind":"error","code":"bad_parameter","message":"no such type"}"#;
        let stated = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\n\r\n{refusal}", refusal.len());
        let size = refusal.len();
        let chunked =
            format!("HTTP/1.1 400 No\r\ntransfer-encoding: chunked\r\n\r\n{size:x}\r\n{refusal}\r\n0\r\n\r\n");
        for (answer, words) in [
            ("HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno", "it answers 404 Not Found"),
            ("HTTP/1.1 204 No Content\r\n\r\n", "it answers 204 No Content"),
            (&stated, "refused: no such type"),
            (&chunked, "refused: no such type"),
            ("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<p>", "it answers with text/html: "),
            ("HTTP/1.1 200 OK\r\n\r\n", "without a content type"),
            ("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: br\r\n\r\n", "in \"br\""),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n", "transfer coding \"gzip, chunked\""),
            ("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", "\"-1\" is no content length"),
            ("HTTP/1.1 200 OK\r\ncontent-", "cut before there was an answer"),
            ("", "cut before there was an answer"),
            ("SSH-2.0-OpenSSH\r\n", "not HTTP; it starts with \"SSH-2.0-OpenSSH\""),
            ("\u{15}\u{3}\u{1}\0\u{2}\u{2}F", "it speaks TLS"),
            (
                "HTTP/1.1 301 Moved\r\nlocation: https://h/feed?token=x\r\ncontent-length: 0\r\n\r\n",
                "Permanently, and leads to \"https://h/feed\"",
            ),
            (&long, "longer than 64 KiB"),
        ] {
            let told = asked(answer).await.0.expect_err("no stream");
            assert!(told.contains(words), "{:?}: {told}", &answer[..answer.len().min(80)]);
        }
    }
}
