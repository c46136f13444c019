//! The real server on a free local port, and a hand-written client: HTTP, and streams in all three framings, over TCP or TLS.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use touchline::client::{Address, Trust};
use touchline::internals::client::connect;
use touchline::internals::hub::Framing;
use touchline::playback::PlaybackOptions;
use touchline::replay::{Hub, ReplayOptions};
use touchline::scenario::{SHIPPED, Timeline};
use touchline::server::{Server, ServerBuilder, Timing, Tls};

use super::client_frame;
use super::contract::{CONTRACT, body_definition};
use super::wire::{Received, StreamDecoder};

/// How long any step may take before a test fails.
const TIMEOUT: Duration = Duration::from_secs(30);

pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(TIMEOUT, future).await.unwrap_or_else(|_| panic!("{what}: nothing within {TIMEOUT:?}"))
}

pub fn flagship() -> Arc<Timeline> {
    Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")))
}

/// Whether the delivery loop serves subscribers of a server without TLS, or one task each.
pub const DRIVERS: [bool; 2] = [false, true];

/// Pings are tested elsewhere; these times keep them out of every other test.
pub fn without_pings() -> Timing {
    Timing { ping_every: Duration::from_secs(600), silence: Duration::from_secs(1_200), ..Timing::default() }
}

pub fn options(delivery_loop: bool) -> ServerBuilder {
    Server::builder().delivery_loop(delivery_loop).timing(without_pings())
}

/// A server whose replay `main` is the flagship, paused at its beginning and listed.
pub struct TestServer {
    pub address: SocketAddr,
    pub hub: Arc<Hub>,
    pub secure: bool,
    serving: JoinHandle<touchline::Result<()>>,
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl TestServer {
    pub async fn start(options: ServerBuilder) -> Self {
        let server = options.bind(([127, 0, 0, 1], 0).into()).await.expect("bound");
        let playback = PlaybackOptions { paused: true, ..PlaybackOptions::default() };
        let main = ReplayOptions { playback, listed: true, ..ReplayOptions::default() };
        server.hub().open("main", flagship(), main).expect("a replay");
        let (address, hub, secure) = (server.address(), server.hub().clone(), server.is_encrypted());
        Self { address, hub, secure, serving: tokio::spawn(server.run(std::future::pending())) }
    }

    pub async fn with_delivery_loop(delivery_loop: bool) -> Self {
        Self::start(options(delivery_loop)).await
    }

    /// A server whose connections use TLS.
    pub async fn with_tls() -> Self {
        let tls = Tls::self_signed(&["127.0.0.1".to_owned()]).expect("a certificate");
        Self::start(options(false).tls(tls)).await
    }

    pub async fn connect(&self) -> Client {
        let socket: Box<dyn ByteStream> = if self.secure {
            let address = Address::parse(&format!("wss://{}/ws", self.address)).expect("an address");
            Box::new(
                connect(&address, &Trust::accept_any().expect("a trust without verification"))
                    .await
                    .expect("connected"),
            )
        } else {
            let socket = TcpStream::connect(self.address).await.expect("connected");
            socket.set_nodelay(true).expect("set");
            Box::new(socket)
        };
        Client { socket, buffer: Vec::new(), host: self.address.to_string(), version: "1.1", path: String::new() }
    }

    /// Sends one request on a new connection. The headers are whole lines.
    pub async fn ask(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Response {
        let mut client = self.connect().await;
        client.send(method, path, headers, body).await;
        client.answer(method).await
    }

    pub async fn get(&self, path: &str) -> Response {
        self.ask("GET", path, &[], "").await
    }

    pub async fn post(&self, path: &str, body: &str) -> Response {
        self.ask("POST", path, &[], body).await
    }

    /// Sends a command that must succeed; returns the response.
    pub async fn command(&self, replay: &str, body: &str) -> Value {
        self.post(&format!("/api/replays/{replay}/command"), body).await.expect_json(200)
    }

    /// Opens a replay; returns the response.
    pub async fn open(&self, body: &str) -> Value {
        self.post("/api/replays", body).await.expect_json(201)
    }

    /// Subscribes on a new connection.
    pub async fn subscribe(&self, framing: Framing, path: &str) -> TestSubscriber {
        self.connect().await.subscribe(framing, path, &[]).await.unwrap_or_else(|answer| panic!("{path}: {answer:?}"))
    }

    /// Waits until a replay counts this many subscribers: one that a fault or its client has cut off is counted for a moment longer.
    pub async fn wait_for_subscribers(&self, replay: &str, count: u64) {
        let counted = async {
            while self.get(&format!("/api/replays/{replay}")).await.expect_json(200)["subscribers"] != count {}
        };
        within(&format!("{count} subscribers"), counted).await;
    }

    pub async fn wait_until_closed(&self, replay: &str) {
        let Some((replay, _)) = self.hub.get(replay) else { return };
        within("the replay goes", replay.wait_until_over()).await;
    }
}

/// The path of a stream in this framing.
pub fn path(framing: Framing) -> &'static str {
    match framing {
        Framing::WebSocket => "/ws",
        Framing::Sse => "/events",
        Framing::Lines => "/events.ndjson",
    }
}

pub trait ByteStream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> ByteStream for T {}

/// An HTTP client connection.
pub struct Client {
    socket: Box<dyn ByteStream>,
    buffer: Vec<u8>,
    pub host: String,
    /// The HTTP version. To 1.0 a proxy sends a stream without chunks.
    pub version: &'static str,
    /// The path that was asked for last.
    path: String,
}

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// The encoded body, if the response has a `content-encoding`.
    pub encoded: Vec<u8>,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }

    /// The comma-separated values of all headers of this name.
    pub fn list(&self, name: &str) -> Vec<&str> {
        let values = self.headers.iter().filter(|(key, _)| key == name);
        values.flat_map(|(_, value)| value.split(',')).map(str::trim).collect()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The JSON body of a response, which must have this status.
    pub fn expect_json(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.json()
    }

    /// The message of an error, which must have this status and code.
    pub fn expect_error(&self, status: u16, code: &str) -> String {
        let frame = self.json();
        let received = (self.status, frame["kind"].as_str(), frame["code"].as_str());
        assert_eq!(received, (status, Some("error"), Some(code)), "{}", self.body);
        frame["message"].as_str().expect("a message").to_owned()
    }
}

impl Client {
    /// Uses any connection, to a server addressed as `host`.
    pub fn over(socket: impl ByteStream + 'static, host: String) -> Self {
        Self { socket: Box::new(socket), buffer: Vec::new(), host, version: "1.1", path: String::new() }
    }

    pub async fn write(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).await.expect("written");
        self.socket.flush().await.expect("written");
    }

    /// The text of a request.
    pub fn request(&self, method: &str, path: &str, headers: &[&str], body: &str) -> String {
        let mut head = format!("{method} {path} HTTP/{}\r\nhost: {}\r\n", self.version, self.host);
        headers.iter().for_each(|header| head += &format!("{header}\r\n"));
        if !body.is_empty() || method == "POST" {
            head += &format!("content-length: {}\r\n", body.len());
        }
        format!("{head}\r\n{body}")
    }

    pub async fn send(&mut self, method: &str, path: &str, headers: &[&str], body: &str) {
        let request = self.request(method, path, headers, body);
        path.clone_into(&mut self.path);
        self.write(request.as_bytes()).await;
    }

    /// Reads the available bytes; returns 0 at the end.
    async fn read(&mut self) -> usize {
        let mut bytes = [0; 4096];
        let read = within("an answer", self.socket.read(&mut bytes)).await.unwrap_or(0);
        self.buffer.extend_from_slice(&bytes[..read]);
        read
    }

    /// Reads the head of the next response.
    async fn head(&mut self) -> Response {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; 32];
            let mut response = httparse::Response::new(&mut headers);
            if let httparse::Status::Complete(length) = response.parse(&self.buffer).expect("HTTP") {
                let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
                let headers = response.headers.iter();
                let headers = headers.map(|it| (it.name.to_lowercase(), text(it.value))).collect();
                let status = response.code.expect("a status");
                self.buffer.drain(..length);
                return Response { status, headers, body: String::new(), encoded: Vec::new() };
            }
            assert!(self.read().await > 0, "cut off in a head: {:?}", String::from_utf8_lossy(&self.buffer));
        }
    }

    /// Reads the next response, to a request of this method. A JSON body is what the published schemas say.
    pub async fn answer(&mut self, method: &str) -> Response {
        let mut answer = self.head().await;
        let length = answer.header("content-length").map_or(0, |length| length.parse().expect("a length"));
        let bare = method == "HEAD" || matches!(answer.status, 204 | 304);
        let length = if bare { 0 } else { length };
        while self.buffer.len() < length {
            assert!(self.read().await > 0, "cut off in a body");
        }
        let body = self.buffer.drain(..length).collect();
        match answer.header("content-encoding") {
            Some(_) => answer.encoded = body,
            None => answer.body = String::from_utf8(body).expect("text"),
        }
        let is_json = answer.header("content-type") == Some("application/json") && !answer.body.is_empty();
        if let Some(definition) = body_definition(method, &self.path, answer.status).filter(|_| is_json) {
            CONTRACT.check(definition, &answer.json()).unwrap_or_else(|why| panic!("{why}"));
        }
        answer
    }

    /// Whether the server closes the connection without sending anything.
    pub async fn ends(mut self) -> bool {
        self.buffer.is_empty() && self.read().await == 0
    }

    /// The text of a request for a stream.
    pub fn stream_request(&self, framing: Framing, path: &str, headers: &[&str]) -> String {
        let upgrade = [
            "connection: Upgrade",
            "upgrade: websocket",
            "sec-websocket-version: 13",
            "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
        ];
        let upgrade = if framing == Framing::WebSocket { &upgrade[..] } else { &[] };
        self.request("GET", path, &[headers, upgrade].concat(), "")
    }

    /// Subscribes; returns the response if the server refuses.
    pub async fn subscribe(
        mut self,
        framing: Framing,
        path: &str,
        headers: &[&str],
    ) -> Result<TestSubscriber, Response> {
        let request = self.stream_request(framing, path, headers);
        self.write(request.as_bytes()).await;
        self.stream(framing).await
    }

    /// Reads the response to a request for a stream.
    pub async fn stream(mut self, framing: Framing) -> Result<TestSubscriber, Response> {
        let head = self.head().await;
        let kind = match framing {
            Framing::WebSocket => None,
            Framing::Sse => Some("text/event-stream"),
            Framing::Lines => Some("application/x-ndjson"),
        };
        let expected = if framing == Framing::WebSocket { 101 } else { 200 };
        if head.status != expected {
            let length = head.header("content-length").map_or(0, |length| length.parse().expect("a length"));
            while self.buffer.len() < length {
                assert!(self.read().await > 0, "cut off in a body");
            }
            let body = String::from_utf8(self.buffer.drain(..length).collect()).expect("text");
            return Err(Response { body, ..head });
        }
        assert_eq!(head.header("content-type"), kind, "{head:?}");
        let mut listener = TestSubscriber {
            client: self,
            decoder: StreamDecoder::of(framing),
            received: VecDeque::new(),
            head,
            last_id: None,
        };
        let early = std::mem::take(&mut listener.client.buffer);
        listener.received.extend(listener.decoder.feed(&early));
        Ok(listener)
    }
}

/// A connected subscriber in any framing.
pub struct TestSubscriber {
    client: Client,
    decoder: StreamDecoder,
    received: VecDeque<Received>,
    pub head: Response,
    /// The last `id:`.
    pub last_id: Option<String>,
}

impl TestSubscriber {
    /// The next frame as text, with a WebSocket's close as the `close` frame of the other framings. `None` at the end.
    pub async fn next_text(&mut self) -> Option<String> {
        loop {
            match self.received.pop_front() {
                Some(Received::Frame(text, id)) => {
                    self.last_id = id.or(self.last_id.take());
                    return Some(text);
                }
                Some(Received::Closed(code)) => return Some(json!({"kind": "close", "code": code}).to_string()),
                Some(Received::Comment(_) | Received::Retry(_)) => {}
                None if self.client.read().await == 0 => {
                    assert!(self.decoder.is_whole(), "ended in the middle of a frame");
                    return None;
                }
                None => {
                    let bytes = std::mem::take(&mut self.client.buffer);
                    self.received.extend(self.decoder.feed(&bytes));
                }
            }
        }
    }

    pub async fn next(&mut self) -> Option<Value> {
        let text = self.next_text().await?;
        Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
    }

    /// The next frame of this kind.
    pub async fn of_kind(&mut self, kind: &str) -> Value {
        self.until(|frame| frame["kind"] == kind).await.pop().expect("the last")
    }

    /// All frames up to and including the first that matches.
    pub async fn until(&mut self, is_it: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut frames = Vec::new();
        let reading = async {
            while !frames.last().is_some_and(&is_it) {
                let frame = self.next().await.unwrap_or_else(|| panic!("it ended; last came {:?}", frames.last()));
                frames.push(frame);
            }
        };
        // The limit covers all frames: ticks arrive all the time.
        within("what is waited for", reading).await;
        frames
    }

    /// All frames to the end of the stream.
    pub async fn rest(&mut self) -> Vec<Value> {
        let mut frames = Vec::new();
        let reading = async {
            while let Some(frame) = self.next().await {
                let closed = frame["kind"] == "close" && matches!(self.decoder, StreamDecoder::WebSocket(_));
                frames.push(frame);
                if closed {
                    break;
                }
            }
        };
        within("the end", reading).await;
        frames
    }

    pub async fn write(&mut self, bytes: &[u8]) {
        self.client.write(bytes).await;
    }

    /// Sends a text message on a WebSocket.
    pub async fn send_text(&mut self, text: &str) {
        self.client.write(&client_frame::text(text.as_bytes())).await;
    }
}

/// The `n` of every event among the frames.
pub fn numbers(frames: &[Value]) -> Vec<u64> {
    frames.iter().filter(|frame| frame["kind"] == "event").filter_map(|event| event["n"].as_u64()).collect()
}
