//! HTTP requests to the control API: one request per connection, with a timeout and limits on the size of the response.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
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
use super::frame::ErrorFrame;
use super::received::{ReceivedBytes, redirect_hint};
use super::tls::{connect, describe_io_error};
use super::trust::Trust;
use crate::error::{Error, ErrorKind, Result, find_cause};
use crate::message::excerpt;

/// The longest response body accepted, in bytes.
pub const MAX_BODY_BYTES: usize = 4 << 20;
/// The longest response head accepted, in bytes. hyper checks it before each read, so the last read may exceed it.
const MAX_HEAD_BYTES: usize = 64 << 10;
/// The timeout of a request, connecting included.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longer timeouts could exceed what the clock can represent.
const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 3_600);

/// A request to the control API.
pub struct ApiRequest {
    method: Method,
    path: String,
    token: Option<String>,
    /// The media type and the bytes.
    body: Option<(&'static str, Bytes)>,
    timeout: Duration,
    max_body: usize,
}

impl ApiRequest {
    /// A request for a path, which begins with a slash.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), token: None, body: None, timeout: DEFAULT_TIMEOUT, max_body: MAX_BODY_BYTES }
    }

    /// Sets a JSON body.
    pub fn with_json(self, body: impl Into<String>) -> Self {
        self.with_body("application/json", body.into())
    }

    /// Sets a body of a media type.
    pub fn with_body(mut self, media_type: &'static str, body: impl Into<Bytes>) -> Self {
        self.body = Some((media_type, body.into()));
        self
    }

    /// Sets the bearer token. No message and no `Debug` output contains it.
    pub fn with_token(mut self, token: Option<&str>) -> Self {
        self.token = token.map(str::to_owned);
        self
    }

    /// Sets the longest response body that is accepted, in bytes; the default is [`MAX_BODY_BYTES`].
    pub fn with_max_body(self, max_body: usize) -> Self {
        Self { max_body, ..self }
    }

    /// Sets the timeout, connecting included; the default is 10 s, the maximum a day.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.min(MAX_TIMEOUT);
        self
    }
}

impl fmt::Debug for ApiRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// A complete response, whatever its status.
#[derive(Debug)]
pub struct ApiResponse {
    /// The status.
    pub status: StatusCode,
    /// The whole body.
    pub body: Bytes,
    /// Method and URL, for messages.
    request_line: String,
    /// The target of a redirect.
    location: Option<HeaderValue>,
}

impl ApiResponse {
    /// The response, if its status is a success.
    ///
    /// # Errors
    /// The message of the error frame in the body ([`ErrorFrame::describe`]). [`ErrorKind::Misuse`] if other arguments would
    /// help, [`ErrorKind::NotFound`] if what the request names does not exist, [`ErrorKind::Io`] if the server failed, else
    /// [`ErrorKind::Refused`]; [`ErrorKind::Invalid`] if the answer is not Touchline's.
    pub fn into_accepted(self) -> Result<Self> {
        if self.status.is_success() {
            return Ok(self);
        }
        Err(match serde_json::from_slice::<ErrorFrame>(&self.body) {
            Ok(refusal) => refusal.to_error(Some(self.status.as_u16())),
            // Without an error frame the server is not Touchline: the arguments are not at fault.
            Err(_) if self.status.is_server_error() => Error::new(ErrorKind::Io, self.describe()),
            Err(_) => Error::invalid(self.describe()),
        })
    }

    fn describe(&self) -> String {
        let location = self.location.as_ref().map(HeaderValue::as_bytes);
        match redirect_hint(location.filter(|_| self.status.is_redirection())) {
            leading if leading.is_empty() => {
                format!("{}: the server answers {}, but not as touchline does", self.request_line, self.status)
            }
            leading => format!("{}: the server answers {}{leading}", self.request_line, self.status),
        }
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).trim_end().to_owned()
    }

    /// The body, parsed as JSON.
    pub fn parse_json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let start = excerpt(&self.text());
            Error::invalid(format!("{}: unexpected response body: {error} in {start:?}", self.request_line))
        })
    }
}

/// Connects to the host of `address`, over TLS if the address says so and if the certificate is trusted, and sends
/// `request`.
///
/// # Errors
/// [`ErrorKind::Io`] if no complete response arrives in time: no connection, a lost connection. [`ErrorKind::Invalid`] if the
/// response is not HTTP or too long, and, with nothing sent, if the certificate is not trusted or the server does not speak TLS.
/// A refusal is a response, not an error ([`ApiResponse::into_accepted`]).
pub async fn request(address: &Address, trust: &Trust, request: ApiRequest) -> Result<ApiResponse> {
    let until = Instant::now() + request.timeout;
    let base = base_url(address);
    let failed = |kind, why: &str| Error::new(kind, format!("connecting to {base}: {why}"));
    let stream = match timeout_at(until, connect(address, trust)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(failed(error.kind(), &error.to_string())),
        Err(_) => return Err(failed(ErrorKind::Io, &ReceivedBytes::default().describe_timeout("", request.timeout))),
    };
    exchange(stream, address, until, request).await
}

/// The URL of the server's root, for messages.
fn base_url(address: &Address) -> String {
    format!("http{}://{}{}", if address.is_secure() { "s" } else { "" }, address.host(), address.base())
}

/// Sends the request over an established connection.
async fn exchange<S>(stream: S, address: &Address, until: Instant, request: ApiRequest) -> Result<ApiResponse>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let request_line = format!("{} {}{}", request.method, base_url(address), request.path);
    let (timeout, max_body) = (request.timeout, request.max_body);
    let request = ApiRequest { path: format!("{}{}", address.base(), request.path), ..request };
    let request = to_hyper(address.host(), request).map_err(|error| error.context(&request_line))?;
    let received = ReceivedBytes::default();
    let stream = received.record_from(stream);
    let in_body = AtomicBool::new(false);
    let exchange = async {
        let mut builder = http1::Builder::new();
        builder.max_buf_size(MAX_HEAD_BYTES);
        let (mut sender, connection) =
            builder.handshake(TokioIo::new(stream)).await.map_err(|error| hyper_error(&error, &received))?;
        let mut connection = std::pin::pin!(connection);
        let mut response_future = std::pin::pin!(async {
            let response = sender.send_request(request).await.map_err(|error| hyper_error(&error, &received))?;
            let (head, body) = response.into_parts();
            in_body.store(true, Ordering::Relaxed);
            let body = Limited::new(body, max_body).collect().await;
            let body = body.map_err(|error| body_error(error, max_body, &received))?;
            Ok::<_, Error>((head, body.to_bytes()))
        });
        // The connection future moves the bytes. Its error also reaches the response future, so only that one is
        // handled.
        let mut open = true;
        loop {
            tokio::select! {
                response = &mut response_future => return response,
                _ = &mut connection, if open => open = false,
            }
        }
    };
    match timeout_at(until, exchange).await {
        Ok(Ok((mut head, body))) => {
            let location = head.headers.remove(LOCATION);
            Ok(ApiResponse { status: head.status, body, request_line, location })
        }
        Ok(Err(error)) => Err(error.context(request_line)),
        Err(_) => {
            let part = if in_body.into_inner() { "the response body" } else { "the response head" };
            let why = received.describe_timeout(part, timeout);
            Err(Error::new(ErrorKind::Io, why).context(request_line))
        }
    }
}

/// The request in hyper's types.
fn to_hyper(host: &str, request: ApiRequest) -> Result<http::Request<Full<Bytes>>> {
    let ApiRequest { method, path, token, body, .. } = request;
    let mut head = http::Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, host)
        .header(USER_AGENT, concat!("touchline/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT, "application/json")
        .header(CONNECTION, "close");
    if let Some(token) = token {
        let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| Error::misuse("the token has characters that an HTTP header cannot carry"))?;
        value.set_sensitive(true);
        head = head.header(AUTHORIZATION, value);
    }
    let mut bytes = Bytes::new();
    if let Some((media_type, body)) = body {
        head = head.header(CONTENT_TYPE, media_type);
        bytes = body;
    }
    head.body(Full::from(bytes)).map_err(|error| Error::misuse(error.to_string()))
}

/// [`ErrorKind::Invalid`] if the server answers as no HTTP server does, and [`ErrorKind::Io`] if a retry may help.
fn hyper_error(error: &hyper::Error, received: &ReceivedBytes) -> Error {
    let cut = || Error::new(ErrorKind::Io, "the connection was cut before the response was complete");
    if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        return cut();
    }
    if error.is_parse_too_large() {
        return Error::invalid(format!("the response head is longer than {} KiB", MAX_HEAD_BYTES >> 10));
    }
    if error.is_parse() {
        return Error::invalid(received.describe_not_http());
    }
    match find_cause::<std::io::Error>(error) {
        // hyper's error for a body that ends too early.
        Some(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => cut(),
        Some(error) => Error::new(ErrorKind::Io, describe_io_error(error)),
        None => Error::new(ErrorKind::Io, error.to_string()),
    }
}

fn body_error(error: Box<dyn std::error::Error + Send + Sync>, max_body: usize, received: &ReceivedBytes) -> Error {
    if error.is::<LengthLimitError>() {
        return Error::invalid(format!("the response body is longer than {} MiB", max_body >> 20));
    }
    match error.downcast_ref::<hyper::Error>() {
        Some(error) => hyper_error(error, received),
        None => Error::new(ErrorKind::Io, error.to_string()),
    }
}

/// A name, percent-encoded as one segment of a path.
pub(crate) fn encode_path_segment(name: &str) -> String {
    form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that answers one request with these bytes, then disconnects or, if `holding`, stays silent.
    async fn serve(response: Vec<u8>, holding: bool) -> (Address, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = Address::parse(&listener.local_addr().expect("bound").to_string()).expect("an address");
        let served = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let mut sent = Vec::new();
            let mut chunk = [0; 4096];
            while !complete(&sent) {
                let read = socket.read(&mut chunk).await.expect("a request");
                assert!(read > 0, "cut: {}", String::from_utf8_lossy(&sent));
                sent.extend_from_slice(&chunk[..read]);
            }
            // The client disconnects once it has read enough.
            let _ = socket.write_all(&response).await;
            if holding {
                let _ = socket.read(&mut chunk).await;
            }
            String::from_utf8_lossy(&sent).into_owned()
        });
        (address, served)
    }

    fn complete(sent: &[u8]) -> bool {
        let text = String::from_utf8_lossy(sent);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or("0", str::trim);
        body.len() >= length.parse::<usize>().expect("a length")
    }

    async fn send(address: &Address, sent: ApiRequest) -> Result<ApiResponse> {
        request(address, &Trust::public_authorities()?, sent).await
    }

    async fn ask(response: impl Into<Vec<u8>>, holding: bool, timeout: Duration) -> Result<ApiResponse> {
        let (address, _served) = serve(response.into(), holding).await;
        send(&address, ApiRequest::new(Method::GET, "/api/replays").with_timeout(timeout)).await
    }

    async fn failure(response: impl Into<Vec<u8>>, kind: ErrorKind) -> String {
        let error = ask(response, false, DEFAULT_TIMEOUT).await.expect_err("no whole response");
        assert_eq!(error.kind(), kind);
        let message = error.to_string();
        assert!(message.starts_with("GET http://127.0.0.1:") && message.contains("/api/replays: "), "{message}");
        message
    }

    #[tokio::test]
    async fn a_request_has_all_headers_and_its_response_is_read_in_any_framing() {
        for response in [
            "HTTP/1.1 201 Created\r\ncontent-length: 12\r\n\r\n{\"id\":\"cup\"}",
            "HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n7\r\n:\"cup\"}\r\n0\r\n\r\n",
            "HTTP/1.1 201 Created\r\n\r\n{\"id\":\"cup\"}",
        ] {
            let (address, served) = serve(response.into(), false).await;
            let sent = ApiRequest::new(Method::POST, "/api/replays").with_json(r#"{"scenario":"juv"}"#);
            let response = send(&address, sent.with_token(Some("s3cret"))).await.expect("an response");
            assert_eq!((response.status, response.text()), (StatusCode::CREATED, r#"{"id":"cup"}"#.to_owned()));
            let received = served.await.expect("served");
            let host = format!("host: {}\r\n", address.host());
            for part in ["POST /api/replays HTTP/1.1\r\n", &host, "authorization: Bearer s3cret\r\n"] {
                assert!(received.contains(part), "{received}");
            }
            assert!(received.ends_with("\r\n\r\n{\"scenario\":\"juv\"}") && !received.contains("origin"), "{received}");
        }
    }

    #[tokio::test]
    async fn a_complete_response_does_not_wait_for_the_server_to_disconnect() {
        let whole = "HTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(ask(whole, true, DEFAULT_TIMEOUT).await.expect("an response").status, StatusCode::NO_CONTENT);
    }

    #[tokio::test]
    async fn a_truncated_response_is_an_error() {
        for cut in [
            "",
            "HTTP/1.1 200",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
        ] {
            let message = failure(cut, ErrorKind::Io).await;
            assert!(message.ends_with("the connection was cut before the response was complete"), "{cut:?}: {message}");
        }
    }

    #[tokio::test]
    async fn a_response_that_is_not_http_is_reported() {
        assert!(
            failure("220 mail.example ESMTP\r\n", ErrorKind::Invalid)
                .await
                .ends_with("is not HTTP; it starts with \"220 mail.example ESMTP\"")
        );
        let alert = [21, 3, 1, 0, 2, 2, 70];
        assert!(failure(alert, ErrorKind::Invalid).await.ends_with("the server speaks TLS: use https:// or wss://"));
    }

    #[tokio::test]
    async fn a_response_that_is_too_long_is_refused() {
        let body = "x".repeat(MAX_BODY_BYTES + 1);
        let stated = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let chunked = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{body}", body.len());
        let unstated = format!("HTTP/1.1 200 OK\r\n\r\n{body}");
        for response in [stated, chunked, unstated] {
            let message = failure(response, ErrorKind::Invalid).await;
            assert!(message.ends_with("longer than 4 MiB"), "{message}");
        }
        let head = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(2 * MAX_HEAD_BYTES));
        assert!(failure(head, ErrorKind::Invalid).await.ends_with("longer than 64 KiB"));
        let fits = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(MAX_BODY_BYTES));
        assert_eq!(ask(fits, false, DEFAULT_TIMEOUT).await.expect("whole").body.len(), MAX_BODY_BYTES);
    }

    #[tokio::test]
    async fn a_response_that_does_not_end_times_out() {
        for (begun, words) in [
            ("", "no response within 0.1 s"),
            ("HTTP/1.1 200", "the response head did not end within 0.1 s (12 bytes received)"),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab",
                "the response body did not end within 0.1 s (40 bytes received)",
            ),
        ] {
            let error = ask(begun, true, Duration::from_millis(100)).await.expect_err("late");
            assert!(error.to_string().ends_with(&format!(": {words}")), "{error}");
        }
    }

    #[tokio::test]
    async fn a_refused_connection_is_reported_with_its_address() {
        // A port that was free a moment ago may be another test's by now.
        let address = Address::parse("127.0.0.1:1").expect("an address");
        for timeout in [DEFAULT_TIMEOUT, Duration::MAX] {
            let sent = ApiRequest::new(Method::GET, "/healthz").with_timeout(timeout);
            let error = send(&address, sent).await.expect_err("no server");
            assert_eq!(error.to_string(), format!("connecting to http://{}: connection refused", address.host()));
        }
    }

    #[tokio::test]
    async fn a_refusal_has_the_message_of_its_error_frame() {
        for (status, code, kind) in [
            ("400 Bad Request", "bad_argument", ErrorKind::Misuse),
            ("400 Bad Request", "not_found", ErrorKind::NotFound),
            ("400 Bad Request", "bad_scenario", ErrorKind::Invalid),
            ("404 Not Found", "unknown_replay", ErrorKind::NotFound),
            ("403 Forbidden", "not_authorised", ErrorKind::Refused),
            ("409 Conflict", "stale", ErrorKind::Refused),
            ("504 Gateway Timeout", "behind", ErrorKind::Io),
            ("404 Not Found", "not_known_here", ErrorKind::NotFound),
            ("418 I'm a Teapot", "not_known_here", ErrorKind::Refused),
        ] {
            let body = format!(r#"{{"kind":"error","code":"{code}","message":"so it is","accepted":["main"]}}"#);
            let response =
                ask(format!("HTTP/1.1 {status}\r\n\r\n{body}"), false, DEFAULT_TIMEOUT).await.expect("an response");
            let error = response.into_accepted().expect_err("a refusal");
            assert_eq!((error.to_string(), error.kind()), ("so it is; accepted: main".to_owned(), kind), "{status}");
            assert_eq!(error.code(), code.parse().ok(), "{status}");
        }
    }

    #[tokio::test]
    async fn a_foreign_server_is_reported_as_such() {
        let foreign = ask("HTTP/1.1 400 Bad Request\r\n\r\n<html>", false, DEFAULT_TIMEOUT).await.expect("an response");
        let error = foreign.into_accepted().expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(
            error.to_string().ends_with("the server answers 400 Bad Request, but not as touchline does"),
            "{error}"
        );
        let foreign = ask("HTTP/1.1 200 OK\r\n\r\n<html>", false, DEFAULT_TIMEOUT).await.expect("an response");
        let error = foreign.parse_json::<ErrorFrame>().expect_err("no frame").to_string();
        assert!(error.contains("unexpected response body") && error.ends_with(r#"in "<html>""#), "{error}");
    }

    #[tokio::test]
    async fn a_token_for_a_tls_address_is_not_sent_in_plain_text() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("https://{}", listener.local_addr().expect("bound"));
        let received = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let mut received = Vec::new();
            let mut chunk = [0; 4096];
            let read = socket.read(&mut chunk).await.expect("something");
            received.extend_from_slice(&chunk[..read]);
            socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.expect("answered");
            // The rest until the client disconnects, possibly with a reset.
            let _ = socket.read_to_end(&mut received).await;
            received
        });
        let sent = ApiRequest::new(Method::GET, "/").with_token(Some("s3cret"));
        let error = send(&Address::parse(&address).expect("an address"), sent).await.expect_err("no TLS");
        assert_eq!(error.kind(), ErrorKind::Invalid);
        let message = error.to_string();
        assert!(message.starts_with(&format!("connecting to {address}: the server does not speak TLS")), "{message}");
        let received = received.await.expect("received");
        assert_eq!(received.first(), Some(&0x16), "a TLS handshake");
        assert!(!received.windows(6).any(|bytes| bytes == b"s3cret"));
    }

    #[tokio::test]
    async fn a_token_is_in_no_message() {
        let address = Address::parse("127.0.0.1:1").expect("an address");
        let sent = || ApiRequest::new(Method::GET, "/").with_token(Some("s3\ncret"));
        let (near, _far) = tokio::io::duplex(64);
        let until = Instant::now() + DEFAULT_TIMEOUT;
        let error = exchange(near, &address, until, sent()).await.expect_err("no header").to_string();
        assert!(error.contains("the token has characters") && !error.contains("cret"), "{error}");
        assert_eq!(format!("{:?}", sent()), "GET /");
    }

    #[test]
    fn a_name_stays_within_its_segment_of_the_path() {
        assert_eq!(encode_path_segment("cup-1_a.b"), "cup-1_a.b");
        assert_eq!(encode_path_segment("a b/../c?d"), "a%20b%2F..%2Fc%3Fd");
    }
}
