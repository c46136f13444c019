//! Asking a server over HTTP: one request, one answer, and a bound on each.

use std::cell::Cell;
use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, HeaderValue, LOCATION, USER_AGENT};
use http::{Method, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};

use super::address::Address;
use super::frame::Refusal;
use super::received::{ReceivedBytes, RecordingStream, leading_to};
use super::subscription::error_in_words;
use super::tls::connect;
use super::trust::Trust;
use crate::error::{Error, Kind, Result, excerpt};

/// The longest body of an answer that is read.
pub const MAX_ANSWER_BYTES: usize = 4 << 20;
/// The longest head of an answer that is read; what has come with the last bytes before the bound is still looked at.
const MAX_HEAD_BYTES: usize = 64 << 10;
/// How long an answer may take unless somebody says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is asked of a server.
pub struct Request {
    method: Method,
    path: String,
    token: Option<String>,
    body: Option<String>,
    patience: Duration,
}

impl Request {
    /// Asks for what is at a path. The path begins with a slash.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), token: None, body: None, patience: PATIENCE }
    }

    /// The same with a body of JSON.
    pub fn with_json(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// The same in the name of whoever holds a token. It is in no message and in no `Debug`.
    pub fn with_token(mut self, token: Option<&str>) -> Self {
        self.token = token.map(str::to_owned);
        self
    }

    /// The same with another bound on how long it may take, connecting included; 10 s otherwise.
    pub fn within(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// What a server answered, whether it did what was asked or not.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The whole body.
    pub body: Bytes,
    /// What was asked of whom, for messages.
    asked: String,
    /// Where a status of the 300s leads.
    location: Option<HeaderValue>,
}

impl Answer {
    /// The answer, if the server did what was asked.
    ///
    /// # Errors
    /// What the error frame says that the server refused with ([`Refusal::in_words`]). [`Kind::Misuse`] where other words would help,
    /// [`Kind::NotFound`] where what was named is not there, [`Kind::Io`] where the server could not, else
    /// [`Kind::Invalid`].
    pub fn accepted(self) -> Result<Self> {
        if self.status.is_success() {
            return Ok(self);
        }
        let refusal = serde_json::from_slice::<Refusal>(&self.body).ok();
        let code = refusal.as_ref().map_or("", |refusal| &*refusal.code);
        let kind = match self.status {
            StatusCode::NOT_FOUND => Kind::NotFound,
            _ if code == "not_found" => Kind::NotFound,
            StatusCode::BAD_REQUEST => Kind::Misuse,
            status if status.is_server_error() => Kind::Io,
            _ => Kind::Invalid,
        };
        Err(match refusal {
            Some(refusal) => Error::new(kind, refusal.in_words()),
            // Whoever answers so does not know what was asked: it is no fault of the words.
            None if kind == Kind::Misuse => Error::invalid(self.in_words()),
            None => Error::new(kind, self.in_words()),
        })
    }

    fn in_words(&self) -> String {
        let location = self.location.as_ref().map(HeaderValue::as_bytes);
        match leading_to(location.filter(|_| self.status.is_redirection())) {
            leading if leading.is_empty() => {
                format!("{}: it answers {}, and not as touchline does", self.asked, self.status)
            }
            leading => format!("{}: it answers {}{leading}", self.asked, self.status),
        }
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).trim_end().to_owned()
    }

    /// What the body says.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let start = excerpt(&self.text());
            Error::invalid(format!("{}: the answer makes no sense: {error} in {start:?}", self.asked))
        })
    }
}

/// Connects to the host of an address, over TLS if it says so and with a server that is trusted, and asks.
///
/// # Errors
/// [`Kind::Io`] where there is no whole answer in time: no connection, one that was cut, an answer that is not HTTP or too
/// long. [`Kind::Invalid`] where the server is not to be believed, or does not speak TLS: nothing was asked of it then.
/// What the server refuses is an answer ([`Answer::accepted`]).
pub async fn request(address: &Address, trust: &Trust, request: Request) -> Result<Answer> {
    let until = Instant::now() + request.patience;
    let base = base(address);
    let failed = |kind, why: &str| Error::new(kind, format!("connecting to {base}: {why}"));
    let stream = match timeout_at(until, connect(address, trust)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(failed(error.kind(), &error.to_string())),
        Err(_) => return Err(failed(Kind::Io, &ReceivedBytes::default().late("", request.patience))),
    };
    exchange(stream, address, until, request).await
}

/// How what is asked there begins in a message.
fn base(address: &Address) -> String {
    format!("http{}://{}{}", if address.is_secure() { "s" } else { "" }, address.host(), address.base())
}

/// Asks over a connection that is there.
async fn exchange<S>(stream: S, address: &Address, until: Instant, request: Request) -> Result<Answer>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let asked = format!("{} {}{}", request.method, base(address), request.path);
    let patience = request.patience;
    let failed = |why: String| Error::new(Kind::Io, format!("{asked}: {why}"));
    let request = Request { path: format!("{}{}", address.base(), request.path), ..request };
    let request = written(address.host(), request).map_err(|error| error.context(&asked))?;
    let stream = RecordingStream::new(stream);
    let received = stream.received().clone();
    let part = Cell::new("the head of the answer");
    let talk = async {
        let mut wire = http1::Builder::new();
        wire.max_buf_size(MAX_HEAD_BYTES);
        let (mut sender, connection) =
            wire.handshake(TokioIo::new(stream)).await.map_err(|error| wire_words(&error, &received))?;
        let mut connection = std::pin::pin!(connection);
        let mut answer = std::pin::pin!(async {
            let response = sender.send_request(request).await.map_err(|error| wire_words(&error, &received))?;
            let (head, body) = response.into_parts();
            part.set("the body of the answer");
            let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
            let body = body.map_err(|error| body_words(error, &received))?;
            Ok::<_, String>((head, body.to_bytes()))
        });
        // The connection moves the bytes; what it has to tell about its end, the answer is told as well.
        let mut open = true;
        loop {
            tokio::select! {
                answer = &mut answer => return answer,
                _ = &mut connection, if open => open = false,
            }
        }
    };
    match timeout_at(until, talk).await {
        Ok(Ok((mut head, body))) => {
            let location = head.headers.remove(LOCATION);
            Ok(Answer { status: head.status, body, asked, location })
        }
        Ok(Err(why)) => Err(failed(why)),
        Err(_) => Err(failed(received.late(part.get(), patience))),
    }
}

/// The request as hyper wants it.
fn written(host: &str, request: Request) -> Result<http::Request<Full<Bytes>>> {
    let Request { method, path, token, body, .. } = request;
    let mut head = http::Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, host)
        .header(USER_AGENT, concat!("touchline/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT, "application/json")
        .header(CONNECTION, "close");
    if let Some(token) = token {
        let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| Error::misuse("the token has characters that no token has"))?;
        value.set_sensitive(true);
        head = head.header(AUTHORIZATION, value);
    }
    if body.is_some() {
        head = head.header(CONTENT_TYPE, "application/json");
    }
    head.body(Full::from(body.unwrap_or_default())).map_err(|error| Error::misuse(error.to_string()))
}

fn wire_words(error: &hyper::Error, received: &ReceivedBytes) -> String {
    if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        return "the connection was cut before the answer was whole".to_owned();
    }
    if error.is_parse_too_large() {
        return format!("the head of the answer is longer than {} KiB", MAX_HEAD_BYTES >> 10);
    }
    if error.is_parse() {
        return received.not_http();
    }
    let mut source = error.source();
    while let Some(error) = source {
        match error.downcast_ref::<std::io::Error>() {
            // hyper's own word for a body that ends too early.
            Some(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                return "the connection was cut before the answer was whole".to_owned();
            }
            Some(error) => return error_in_words(error),
            None => source = error.source(),
        }
    }
    error.to_string()
}

fn body_words(error: Box<dyn std::error::Error + Send + Sync>, received: &ReceivedBytes) -> String {
    if error.is::<LengthLimitError>() {
        return format!("the answer is longer than {} MiB", MAX_ANSWER_BYTES >> 20);
    }
    match error.downcast_ref::<hyper::Error>() {
        Some(error) => wire_words(error, received),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that takes one request and answers with these bytes; then it hangs up or, `holding`, says no more.
    async fn serve(answer: Vec<u8>, holding: bool) -> (Address, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = Address::parse(&listener.local_addr().expect("bound").to_string()).expect("an address");
        let served = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let mut asked = Vec::new();
            let mut chunk = [0; 4096];
            while !complete(&asked) {
                let read = socket.read(&mut chunk).await.expect("a request");
                assert!(read > 0, "cut: {}", String::from_utf8_lossy(&asked));
                asked.extend_from_slice(&chunk[..read]);
            }
            // Whoever has read enough hangs up.
            let _ = socket.write_all(&answer).await;
            if holding {
                let _ = socket.read(&mut chunk).await;
            }
            String::from_utf8_lossy(&asked).into_owned()
        });
        (address, served)
    }

    fn complete(asked: &[u8]) -> bool {
        let text = String::from_utf8_lossy(asked);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or("0", str::trim);
        body.len() >= length.parse::<usize>().expect("a length")
    }

    async fn plainly(address: &Address, asked: Request) -> Result<Answer> {
        request(address, &Trust::public()?, asked).await
    }

    async fn ask(answer: impl Into<Vec<u8>>, holding: bool, patience: Duration) -> Result<Answer> {
        let (address, _served) = serve(answer.into(), holding).await;
        plainly(&address, Request::new(Method::GET, "/api/replays").within(patience)).await
    }

    async fn failure(answer: impl Into<Vec<u8>>) -> String {
        let error = ask(answer, false, PATIENCE).await.expect_err("no whole answer");
        assert_eq!(error.kind(), Kind::Io);
        let told = error.to_string();
        assert!(told.starts_with("GET http://127.0.0.1:") && told.contains("/api/replays: "), "{told}");
        told
    }

    #[tokio::test]
    async fn a_request_is_what_the_server_needs_and_the_answer_is_read_in_either_form() {
        for answer in [
            "HTTP/1.1 201 Created\r\ncontent-length: 12\r\n\r\n{\"id\":\"cup\"}",
            "HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n7\r\n:\"cup\"}\r\n0\r\n\r\n",
            "HTTP/1.1 201 Created\r\n\r\n{\"id\":\"cup\"}",
        ] {
            let (address, served) = serve(answer.into(), false).await;
            let asked = Request::new(Method::POST, "/api/replays").with_json(r#"{"scenario":"juv"}"#);
            let answer = plainly(&address, asked.with_token(Some("s3cret"))).await.expect("an answer");
            assert_eq!((answer.status, answer.text()), (StatusCode::CREATED, r#"{"id":"cup"}"#.to_owned()));
            let heard = served.await.expect("served");
            let host = format!("host: {}\r\n", address.host());
            for part in ["POST /api/replays HTTP/1.1\r\n", &host, "authorization: Bearer s3cret\r\n"] {
                assert!(heard.contains(part), "{heard}");
            }
            assert!(heard.ends_with("\r\n\r\n{\"scenario\":\"juv\"}") && !heard.contains("origin"), "{heard}");
        }
    }

    #[tokio::test]
    async fn a_server_that_goes_on_talking_does_not_have_to_be_waited_for() {
        let whole = "HTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(ask(whole, true, PATIENCE).await.expect("an answer").status, StatusCode::NO_CONTENT);
    }

    #[tokio::test]
    async fn a_cut_answer_is_no_answer() {
        for cut in [
            "",
            "HTTP/1.1 200",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
        ] {
            let told = failure(cut).await;
            assert!(told.ends_with("the connection was cut before the answer was whole"), "{cut:?}: {told}");
        }
    }

    #[tokio::test]
    async fn what_is_not_http_is_told_so() {
        assert!(
            failure("220 mail.example ESMTP\r\n")
                .await
                .ends_with("is not HTTP; it starts with \"220 mail.example ESMTP\"")
        );
        let alert = [21, 3, 1, 0, 2, 2, 70];
        assert!(failure(alert).await.ends_with("it speaks TLS: https:// or wss:// may be meant"));
    }

    #[tokio::test]
    async fn an_answer_that_is_too_long_is_not_read_to_its_end() {
        let body = "x".repeat(MAX_ANSWER_BYTES + 1);
        let stated = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let chunked = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{body}", body.len());
        let unstated = format!("HTTP/1.1 200 OK\r\n\r\n{body}");
        for answer in [stated, chunked, unstated] {
            let told = failure(answer).await;
            assert!(told.ends_with("longer than 4 MiB"), "{told}");
        }
        let head = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(2 * MAX_HEAD_BYTES));
        assert!(failure(head).await.ends_with("longer than 64 KiB"));
        let fits = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(MAX_ANSWER_BYTES));
        assert_eq!(ask(fits, false, PATIENCE).await.expect("whole").body.len(), MAX_ANSWER_BYTES);
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_or_never_ends_is_not_waited_for() {
        for (begun, words) in [
            ("", "no answer within 0.1 s"),
            ("HTTP/1.1 200", "the head of the answer did not end within 0.1 s: 12 bytes came"),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab",
                "the body of the answer did not end within 0.1 s: 40 bytes came",
            ),
        ] {
            let error = ask(begun, true, Duration::from_millis(100)).await.expect_err("late");
            assert!(error.to_string().ends_with(&format!(": {words}")), "{error}");
        }
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_told_with_its_address() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = Address::parse(&listener.local_addr().expect("bound").to_string()).expect("an address");
        drop(listener);
        let error = plainly(&address, Request::new(Method::GET, "/healthz")).await.expect_err("nobody");
        assert_eq!(error.to_string(), format!("connecting to http://{}: connection refused", address.host()));
    }

    #[tokio::test]
    async fn a_refusal_is_told_in_the_words_of_its_error_frame() {
        for (status, code, kind) in [
            ("400 Bad Request", "bad_argument", Kind::Misuse),
            ("400 Bad Request", "not_found", Kind::NotFound),
            ("404 Not Found", "unknown_replay", Kind::NotFound),
            ("403 Forbidden", "not_authorised", Kind::Invalid),
            ("409 Conflict", "stale", Kind::Invalid),
            ("504 Gateway Timeout", "behind", Kind::Io),
        ] {
            let body = format!(r#"{{"kind":"error","code":"{code}","message":"so it is","accepted":["main"]}}"#);
            let answer = ask(format!("HTTP/1.1 {status}\r\n\r\n{body}"), false, PATIENCE).await.expect("an answer");
            let error = answer.accepted().expect_err("a refusal");
            assert_eq!((error.to_string(), error.kind()), ("so it is; accepted: main".to_owned(), kind), "{status}");
        }
    }

    #[tokio::test]
    async fn a_stranger_is_told_from_a_touchline() {
        let stranger = ask("HTTP/1.1 400 Bad Request\r\n\r\n<html>", false, PATIENCE).await.expect("an answer");
        let error = stranger.accepted().expect_err("refused");
        assert_eq!(error.kind(), Kind::Invalid);
        assert!(error.to_string().ends_with("it answers 400 Bad Request, and not as touchline does"), "{error}");
        let stranger = ask("HTTP/1.1 200 OK\r\n\r\n<html>", false, PATIENCE).await.expect("an answer");
        let error = stranger.read::<Refusal>().expect_err("no frame").to_string();
        assert!(error.contains("makes no sense") && error.ends_with(r#"in "<html>""#), "{error}");
    }

    #[tokio::test]
    async fn a_token_for_an_encrypted_address_goes_to_nobody_who_speaks_in_plain() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("https://{}", listener.local_addr().expect("bound"));
        let heard = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let mut heard = Vec::new();
            let mut chunk = [0; 4096];
            let read = socket.read(&mut chunk).await.expect("something");
            heard.extend_from_slice(&chunk[..read]);
            socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.expect("answered");
            // What else comes until it hangs up; it may do so with a reset.
            let _ = socket.read_to_end(&mut heard).await;
            heard
        });
        let asked = Request::new(Method::GET, "/").with_token(Some("s3cret"));
        let error = plainly(&Address::parse(&address).expect("an address"), asked).await.expect_err("no TLS");
        assert_eq!(error.kind(), Kind::Invalid);
        let told = error.to_string();
        assert!(told.starts_with(&format!("connecting to {address}: it does not speak TLS")), "{told}");
        let heard = heard.await.expect("heard");
        assert_eq!(heard.first(), Some(&0x16), "a TLS handshake");
        assert!(!heard.windows(6).any(|bytes| bytes == b"s3cret"));
    }

    #[tokio::test]
    async fn a_token_is_in_no_message() {
        let address = Address::parse("127.0.0.1:1").expect("an address");
        let asked = || Request::new(Method::GET, "/").with_token(Some("s3\ncret"));
        let (near, _far) = tokio::io::duplex(64);
        let until = Instant::now() + PATIENCE;
        let error = exchange(near, &address, until, asked()).await.expect_err("no header").to_string();
        assert!(error.contains("the token has characters") && !error.contains("cret"), "{error}");
        assert_eq!(format!("{:?}", asked()), "GET /");
    }
}
