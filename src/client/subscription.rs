//! A subscription that outlives its connections: connects, reads frames, and resumes after a disconnect.

use std::fmt;
use std::time::Duration;

use futures::{SinkExt, StreamExt, stream};
use http::header::{HeaderValue, LOCATION};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error as WireError, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::address::Address;
use super::backoff::Backoff;
use super::frame::{ClientFrame, ErrorFrame};
use super::received::{ReceivedBytes, RecordingStream, redirect_hint};
use super::resume_position::ResumePosition;
use super::tls::{DIAL_TIMEOUT, MaybeTlsStream, connect_to, describe_io_error};
use super::trust::Trust;
use crate::close_code::CloseCode;
use crate::error::{Error, ErrorKind, Result};
use crate::error_code::ErrorCode;
use crate::message::excerpt;

/// The longest frame accepted, in bytes.
pub const MAX_FRAME_BYTES: usize = 16 << 20;
/// A connection without a byte for this long is lost: the server pings every 15 seconds.
const READ_TIMEOUT: Duration = Duration::from_secs(50);
/// tungstenite's limit for a response head, in bytes.
const MAX_HEAD_BYTES: u64 = 64 << 10;
/// The part of the response that a handshake waits for.
pub(super) const RESPONSE_HEAD: &str = "the response head";
/// The timeout of the closing handshake.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

/// What a subscription yields.
#[derive(Debug)]
#[non_exhaustive]
pub enum Update {
    /// A frame.
    Frame {
        /// Its text.
        text: String,
        /// Its parsed content.
        frame: ClientFrame,
    },
    /// The connection failed or was lost; the subscription will reconnect.
    Lost {
        /// The reason.
        reason: String,
        /// The delay before the next attempt.
        again_in: Duration,
    },
    /// The server ended the subscription for good.
    Ended {
        /// The reason given by the server.
        reason: String,
    },
}

type Socket = WebSocketStream<RecordingStream<MaybeTlsStream>>;

/// A subscription to a replay. It outlives its connections: after a loss it reconnects, with growing delays, and resumes where
/// it was, so that no event is missed or repeated. If the server cannot resume (it plays something else, or was restarted without
/// [`ReplayOptions::began`](crate::replay::ReplayOptions::began)), hello says [`Resumed::Reset`](super::Resumed::Reset), and
/// snapshots follow.
///
/// ```no_run
/// # async fn follow() -> touchline::Result<()> {
/// use touchline::client::{ClientFrame, Subscription, Update};
///
/// let mut subscription = Subscription::to("ws://127.0.0.1:8089/ws?types=goal")?;
/// while let Some(update) = subscription.next().await {
///     if let Update::Frame { frame: ClientFrame::Event(event), .. } = update? {
///         println!("{} {}-{}", event.label.unwrap_or_default(), event.score.home, event.score.away);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a subscription connects when it is polled"]
pub struct Subscription {
    address: Address,
    trust: Trust,
    /// Whether to retry before the first session.
    retry_first: bool,
    /// Whether to acknowledge events.
    acknowledges: bool,
    /// The epoch and the number of the event that was handed out last, if it is to be acknowledged.
    unacknowledged: Option<(u64, u32)>,
    /// The timeout of connecting, handshake included.
    dial_timeout: Duration,
    position: ResumePosition,
    backoff: Backoff,
    socket: Option<Socket>,
    /// A record of what the connection has received.
    received: ReceivedBytes,
    /// When to make the next attempt.
    next_attempt: Option<Instant>,
    /// The update that follows the closing handshake of a lost connection.
    pending: Option<Result<Update>>,
    /// Whether a hello frame has been received: from then on the subscription reconnects.
    connected_once: bool,
    /// The last error frame: it says more than the close code that follows it.
    refusal: Option<ErrorFrame>,
    ended: bool,
}

/// Why a connection failed or ended, and whether to retry.
pub(super) enum Disconnect {
    /// A retry may help.
    Retry(Error),
    /// The response is not Touchline's. Fatal before the first session; later a proxy may be answering in place of a
    /// server that restarts.
    Foreign(String),
    /// A retry does not help.
    Fatal(Error),
    /// The server ended the subscription regularly.
    End(String),
}

impl Disconnect {
    fn retry(reason: impl Into<String>) -> Self {
        Self::Retry(Error::new(ErrorKind::Io, reason))
    }

    /// Adds the address to a fatal error.
    fn with_address(self, address: &Address) -> Self {
        match self {
            Self::Fatal(error) => Self::Fatal(error.context(format!("connecting to {address}"))),
            other => other,
        }
    }

    /// The reason, in one line.
    pub(super) fn reason(self) -> String {
        match self {
            Self::Foreign(reason) | Self::End(reason) => reason,
            Self::Retry(error) | Self::Fatal(error) => error.to_string(),
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, position, .. } = self;
        f.debug_struct("Subscription").field("address", address).field("position", position).finish_non_exhaustive()
    }
}

impl Subscription {
    /// A subscription to the replay at an address, as [`Address::parse`] takes it. With the parameter `since` it resumes at a
    /// [cursor](ResumePosition::cursor). An encrypted connection trusts the public authorities.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`] if the address is none.
    pub fn to(address: &str) -> Result<Self> {
        Ok(Self::new(Address::parse(address)?, Trust::public_authorities()?))
    }

    /// A subscription over connections whose certificates are trusted.
    pub fn new(address: Address, trust: Trust) -> Self {
        Self {
            address,
            trust,
            retry_first: false,
            acknowledges: false,
            unacknowledged: None,
            dial_timeout: DIAL_TIMEOUT,
            position: ResumePosition::default(),
            backoff: Backoff::default(),
            socket: None,
            received: ReceivedBytes::default(),
            next_attempt: None,
            pending: None,
            connected_once: false,
            refusal: None,
            ended: false,
        }
    }

    /// Retries also before the first hello, if a retry may help: for a server that is about to start.
    pub fn retry_first(self, retry_first: bool) -> Self {
        Self { retry_first, ..self }
    }

    /// Acknowledges each event when the next update is asked for: by then the caller has handled it. A step with
    /// [`BarrierOptions::acknowledged`](super::BarrierOptions::acknowledged) waits for that.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> touchline::Result<()> {
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// use touchline::client::{ApiCommand, ClientFrame, Subscription, Update};
    /// use touchline::playback::Command;
    /// use touchline::testing::TestServer;
    /// use touchline::Scenario;
    ///
    /// static SHOWN: AtomicU32 = AtomicU32::new(0);
    ///
    /// let server = TestServer::start(&Scenario::generate(7)?).await?;
    /// // The program under test.
    /// let mut app = Subscription::to(&server.websocket_url())?.acknowledge();
    /// tokio::spawn(async move {
    ///     while let Some(Ok(update)) = app.next().await {
    ///         if let Update::Frame { frame: ClientFrame::Event(event), .. } = update {
    ///             SHOWN.store(event.n, Ordering::Relaxed);
    ///         }
    ///     }
    /// });
    ///
    /// server.wait_for_subscribers(1).await?;
    /// let mut step = ApiCommand::from("step HT".parse::<Command>()?);
    /// step.barrier.acknowledged = true;
    /// let reply = server.apply(step).await?;
    /// assert_eq!(reply.to, Some(SHOWN.load(Ordering::Relaxed)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn acknowledge(self) -> Self {
        Self { acknowledges: true, ..self }
    }

    /// The position to resume from in a later process: `since=` of an address takes its cursor.
    pub fn position(&self) -> &ResumePosition {
        &self.position
    }

    /// The updates as a stream.
    pub fn into_stream(self) -> impl stream::Stream<Item = Result<Update>> {
        stream::unfold(self, |mut subscription| async move {
            let update = subscription.next().await?;
            Some((update, subscription))
        })
    }

    /// The next update. After [`Update::Ended`] or an error there is none. Before the first hello every failure is an error,
    /// unless [`Self::retry_first`] is set and a retry may help. What the server answered says [`Error::code`].
    ///
    /// Cancel safety: dropping the future loses no update.
    pub async fn next(&mut self) -> Option<Result<Update>> {
        if self.pending.is_none() {
            if self.ended {
                return None;
            }
            if let Some(at) = self.next_attempt {
                tokio::time::sleep_until(at).await;
                self.next_attempt = None;
            }
            self.send_acknowledgement().await;
            match self.read().await {
                Ok(update) => return Some(Ok(update)),
                Err(disconnect) => self.pending = Some(self.update_after(disconnect)),
            }
        }
        if let Some(socket) = &mut self.socket {
            // Completes the closing handshake. An error means that the server has disconnected already.
            let _ = tokio::time::timeout(CLOSE_TIMEOUT, socket.close(None)).await;
            self.socket = None;
        }
        self.pending.take()
    }

    /// What a disconnect means for the caller. Schedules the next attempt or ends the subscription.
    fn update_after(&mut self, disconnect: Disconnect) -> Result<Update> {
        let error = match disconnect {
            Disconnect::Retry(error) if self.connected_once || self.retry_first => {
                return Ok(self.lost(error.to_string()));
            }
            Disconnect::Foreign(reason) if self.connected_once => return Ok(self.lost(reason)),
            Disconnect::Retry(error) => error.context(format!("connecting to {}", self.address)),
            Disconnect::Foreign(reason) => Error::invalid(format!("connecting to {}: {reason}", self.address)),
            Disconnect::Fatal(error) => error,
            Disconnect::End(reason) => {
                self.ended = true;
                return Ok(Update::Ended { reason });
            }
        };
        self.ended = true;
        Err(error)
    }

    fn lost(&mut self, reason: String) -> Update {
        let again_in = self.backoff.next();
        self.next_attempt = Some(Instant::now() + again_in);
        Update::Lost { reason, again_in }
    }

    /// Reads the next frame, connecting first if necessary.
    async fn read(&mut self) -> Result<Update, Disconnect> {
        if self.socket.is_none() {
            (self.refusal, self.received) = (None, ReceivedBytes::default());
            self.socket = Some(self.dial().await?);
        }
        loop {
            let Some(socket) = &mut self.socket else { return Err(Disconnect::retry("not connected")) };
            let before = self.received.byte_count();
            let message = match tokio::time::timeout(READ_TIMEOUT, socket.next()).await {
                Ok(message) => message,
                Err(_) => {
                    let what = if self.received.byte_count() > before { "no complete frame" } else { "nothing" };
                    return Err(Disconnect::retry(format!("{what} was received for {} s", READ_TIMEOUT.as_secs())));
                }
            };
            match message {
                Some(Ok(Message::Text(text))) => return self.parse_frame(text),
                Some(Ok(Message::Close(close))) => return Err(self.disconnect_from_close(close)),
                // tungstenite queues the pong; the flush sends it.
                Some(Ok(Message::Ping(_))) => {
                    let _ = socket.flush().await;
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(disconnect_from(error, &self.received)),
                None => return Err(Disconnect::retry("the connection was cut")),
            }
        }
    }

    /// A lost connection is found by the read that follows.
    async fn send_acknowledgement(&mut self) {
        if let (Some((epoch, n)), Some(socket)) = (self.unacknowledged, &mut self.socket) {
            let request = format!(r#"{{"command":"ack","n":{n},"epoch":{epoch}}}"#);
            let _ = socket.send(Message::text(request)).await;
        }
        self.unacknowledged = None;
    }

    async fn dial(&self) -> Result<Socket, Disconnect> {
        let Self { address, trust, received, .. } = self;
        let within = self.dial_timeout;
        // tungstenite's default read buffer is 128 KiB; frames are short.
        let config = WebSocketConfig::default()
            .read_buffer_size(16 << 10)
            .max_message_size(Some(MAX_FRAME_BYTES))
            .max_frame_size(Some(MAX_FRAME_BYTES));
        let dialled = tokio::time::timeout(within, async {
            let stream = connect_to(address.host(), address, trust)
                .await
                .map_err(|error| disconnect_from_dial(error, address))?;
            let url = address.url(self.position.cursor().as_deref());
            let handshake = client_async_with_config(url, received.record_from(stream), Some(config)).await;
            handshake.map_err(|error| match error {
                // The message of Touchline's error frame needs no address.
                WireError::Http(_) => disconnect_from(error, received),
                _ => disconnect_from(error, received).with_address(address),
            })
        });
        match dialled.await {
            Ok(dialled) => dialled.map(|(socket, _)| socket),
            Err(_) if received.byte_count() == 0 => {
                Err(Disconnect::retry(received.describe_timeout(RESPONSE_HEAD, within)))
            }
            Err(_) => Err(Disconnect::Foreign(received.describe_timeout(RESPONSE_HEAD, within))),
        }
    }

    fn parse_frame(&mut self, text: Utf8Bytes) -> Result<Update, Disconnect> {
        let frame: ClientFrame = serde_json::from_str(&text).map_err(|error| {
            let start = excerpt(&text);
            Disconnect::Fatal(Error::invalid(format!(
                "{} does not speak touchline.v1: {error} in {start:?}",
                self.address
            )))
        })?;
        self.position.update(&frame);
        match &frame {
            ClientFrame::Hello(_) => {
                self.connected_once = true;
                self.backoff.reset();
            }
            ClientFrame::Event(event) if self.acknowledges => {
                self.unacknowledged = Some((self.position.epoch(), event.n));
            }
            ClientFrame::Error(refusal) => self.refusal = Some(refusal.clone()),
            _ => {}
        }
        Ok(Update::Frame { text: text.to_string(), frame })
    }

    /// Maps a close code: 1000 ends, 4500 to 4999 are fatal, all others mean reconnect.
    fn disconnect_from_close(&mut self, close: Option<CloseFrame>) -> Disconnect {
        let Some(CloseFrame { code, reason }) = close else {
            return Disconnect::retry("the connection was closed");
        };
        let reason = if reason.is_empty() { format!("closed with code {code}") } else { reason.to_string() };
        match u16::from(code) {
            1000 => Disconnect::End(reason),
            number @ 4500..=4999 => Disconnect::Fatal(match self.refusal.take() {
                Some(refusal) => refusal.to_error(None),
                // A replay that is closed later sends no error frame.
                None => {
                    let gone = number == CloseCode::Gone.code();
                    Error::refused(None, gone.then_some(ErrorCode::Closing), reason)
                }
            }),
            _ => Disconnect::retry(reason),
        }
    }
}

fn disconnect_from_dial(error: Error, address: &Address) -> Disconnect {
    match error.kind() {
        ErrorKind::Io => Disconnect::Retry(error),
        _ => Disconnect::Fatal(error).with_address(address),
    }
}

/// Classifies an error of the handshake or of an established connection. `received` is what the connection received.
pub(super) fn disconnect_from(error: WireError, received: &ReceivedBytes) -> Disconnect {
    let fatal = |message: String| Disconnect::Fatal(Error::invalid(message));
    match error {
        // tungstenite limits the bytes of a head and also the number of reads it takes.
        WireError::AttackAttempt if received.byte_count() > MAX_HEAD_BYTES => {
            fatal(format!("the response head is longer than {} KiB", MAX_HEAD_BYTES >> 10))
        }
        WireError::AttackAttempt => {
            fatal("the response head does not end, and arrives in very small pieces".to_owned())
        }
        WireError::Capacity(CapacityError::TooManyHeaders) => fatal("the response head has too many fields".to_owned()),
        WireError::Protocol(ProtocolError::HttparseError(_)) => Disconnect::Foreign(received.describe_not_http()),
        WireError::Protocol(ProtocolError::HandshakeIncomplete) => {
            Disconnect::retry("the connection was cut before the response was complete")
        }
        WireError::Io(error) => Disconnect::retry(describe_io_error(&error)),
        WireError::ConnectionClosed | WireError::AlreadyClosed => Disconnect::retry("the connection was closed"),
        WireError::Protocol(error) => Disconnect::retry(error.to_string()),
        WireError::Http(response) => {
            let body = response.body().as_deref().unwrap_or_default();
            let status = response.status();
            let refusal = serde_json::from_slice::<ErrorFrame>(body).map(|frame| frame.to_error(Some(status.as_u16())));
            let location = response.headers().get(LOCATION).filter(|_| status.is_redirection());
            let hint = redirect_hint(location.map(HeaderValue::as_bytes));
            match (status.is_server_error(), refusal) {
                (true, Ok(refusal)) => Disconnect::Retry(refusal),
                (true, Err(_)) => Disconnect::retry(format!("the server answers {status}{hint}")),
                (false, Ok(refusal)) => Disconnect::Fatal(refusal.context("refused")),
                (false, Err(_)) => Disconnect::Foreign(format!("refused: the server answers {status}{hint}")),
            }
        }
        WireError::Capacity(_) => {
            Disconnect::Fatal(Error::invalid(format!("a frame of more than {} MiB was refused", MAX_FRAME_BYTES >> 20)))
        }
        error => Disconnect::Fatal(Error::invalid(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;
    use tokio_tungstenite::accept_hdr_async;
    use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
    use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

    use super::*;

    const HELLO: &str = r#"{"kind":"hello","replay":"main","run":"7c1e90ab","epoch":1,"head":3,"resumed":null,
        "playback":{"state":"playing","speed":60,"at":0}}"#;

    /// Serves one connection: sends the frames, then closes with the code or, without one, disconnects. Returns the
    /// requested path.
    async fn answer(listener: &TcpListener, frames: &[&str], close: Option<u16>) -> String {
        let (socket, _) = listener.accept().await.expect("a connection");
        let mut query = String::new();
        #[expect(clippy::result_large_err, reason = "the library wants it so")]
        let asked = |request: &Request, response: Response| {
            query = request.uri().to_string();
            Ok(response)
        };
        let mut socket = accept_hdr_async(socket, asked).await.expect("a handshake");
        for frame in frames {
            socket.send(Message::text(*frame)).await.expect("sent");
        }
        if let Some(code) = close {
            let close = CloseFrame { code: CloseCode::from(code), reason: "so it is".into() };
            socket.close(Some(close)).await.expect("sent");
            while socket.next().await.is_some_and(|message| message.is_ok()) {}
        }
        query
    }

    async fn listen() -> (TcpListener, Address) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = Address::parse(&listener.local_addr().expect("bound").to_string()).expect("an address");
        (listener, address)
    }

    /// All updates, abbreviated.
    async fn updates(address: Address) -> Vec<String> {
        abbreviated(Subscription::new(address, Trust::public_authorities().expect("trust"))).await
    }

    async fn abbreviated(subscription: Subscription) -> Vec<String> {
        let short = |update: Result<Update>| match update {
            Ok(Update::Frame { frame, .. }) => format!("{frame:?}").split(['(', ' ']).next().unwrap_or_default().into(),
            Ok(Update::Lost { reason, .. }) => format!("lost: {reason}"),
            Ok(Update::Ended { reason }) => format!("ended: {reason}"),
            Err(error) => format!("error: {error}"),
        };
        subscription.into_stream().map(short).collect().await
    }

    #[tokio::test]
    async fn after_a_disconnect_it_resumes_from_the_last_tick() {
        let (listener, address) = listen().await;
        let server = async {
            let first = answer(&listener, &[HELLO, r#"{"kind":"tick","n":3}"#], None).await;
            let again = HELLO.replace("null", "\"ok\"");
            let second = answer(&listener, &[&again, r#"{"kind":"tick","n":5}"#], Some(1001)).await;
            let third = answer(&listener, &[HELLO], Some(1000)).await;
            [first, second, third]
        };
        let (asked, updates) = tokio::join!(server, updates(address));
        assert_eq!(asked, ["/ws", "/ws?since=7c1e90ab.1.3", "/ws?since=7c1e90ab.1.5"]);
        // The reason depends on what was in flight.
        let updates = updates.iter().map(|update| update.strip_prefix("lost: ").map_or(&**update, |_| "lost"));
        let expected = ["Hello", "Tick", "lost", "Hello", "Tick", "lost", "Hello", "ended: so it is"];
        assert_eq!(updates.collect::<Vec<_>>(), expected);
    }

    #[tokio::test]
    async fn a_foreign_response_ends_a_subscription_only_before_its_first_session() {
        let dial_timeout = Duration::from_secs(2);
        for (response, reason) in [
            ("HTTP/1.1 101 Switching Protocols\r\n", "the response head did not end within 2 s (34 bytes received)"),
            ("<html>Back soon</html>\r\n\r\n", "the response is not HTTP; it starts with \"<html>Back soon</html>\""),
            ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "refused: the server answers 200 OK"),
        ] {
            let subscription = |address: &Address| {
                let trust = Trust::public_authorities().expect("trust");
                Subscription { dial_timeout, ..Subscription::new(address.clone(), trust) }
            };
            let foreign = async |listener: &TcpListener| {
                let (mut socket, _) = listener.accept().await.expect("a connection");
                socket.readable().await.expect("a request");
                let _ = socket.try_read(&mut [0; 4_096]);
                socket.write_all(response.as_bytes()).await.expect("sent");
                socket
            };
            let (listener, address) = listen().await;
            let (_socket, first) = tokio::join!(foreign(&listener), abbreviated(subscription(&address)));
            assert_eq!(first, [format!("error: connecting to {address}: {reason}")]);
            let server = async {
                answer(&listener, &[HELLO], Some(1001)).await;
                let socket = foreign(&listener).await;
                answer(&listener, &[HELLO], Some(1000)).await;
                socket
            };
            let both = async { tokio::join!(server, abbreviated(subscription(&address))) };
            let both = tokio::time::timeout(Duration::from_secs(60), both).await;
            let (_socket, later) = both.expect("it reconnects twice");
            let lost = format!("lost: {reason}");
            assert_eq!(later, ["Hello", "lost: so it is", &*lost, "Hello", "ended: so it is"]);
        }
    }

    #[tokio::test]
    async fn a_refusal_is_fatal_with_the_message_of_the_error_frame() {
        let (listener, address) = listen().await;
        let refusal = r#"{"kind":"error","code":"unknown_match","message":"unknown match \"x\""}"#;
        let server = async { answer(&listener, &[refusal], Some(4504)).await };
        let (_, updates) = tokio::join!(server, updates(address));
        assert_eq!(updates, ["Error", "error: unknown match \"x\""]);
    }

    #[tokio::test]
    async fn a_response_head_without_an_end_is_refused() {
        let head = "HTTP/1.1 101 Switching Protocols\r\n";
        // The last two exceed the size limit long before the timeout.
        let (soon, timed_out) = (Duration::from_millis(500), Duration::from_secs(30));
        for (begins, goes_on, pieces, within, words) in [
            ("", "", 0, soon, "no response within 0.5 s"),
            (head, "", 0, soon, "the response head did not end within 0.5 s (34 bytes received)"),
            (head, "x", 1_000_000, timed_out, "longer than 64 KiB"),
            (head, "x: y\r\n", 1_000_000, timed_out, "too many fields"),
        ] {
            let (listener, address) = listen().await;
            let server = async {
                let (mut socket, _) = listener.accept().await.expect("a connection");
                let _ = socket.write_all(begins.as_bytes()).await;
                for _ in 0..pieces {
                    if socket.write_all(goes_on.repeat(1_000).as_bytes()).await.is_err() {
                        break;
                    }
                }
                socket
            };
            let trust = Trust::public_authorities().expect("trust");
            let mut subscription = Subscription::new(address, trust);
            subscription.dial_timeout = within;
            let (dialled, _socket) = tokio::join!(async { subscription.dial().await.map(|_| ()) }, server);
            let message = dialled.map_err(Disconnect::reason).expect_err("no handshake");
            assert!(message.contains(words), "{begins:?} {goes_on:?}: {message}");
        }
    }

    #[tokio::test]
    async fn a_foreign_server_differs_from_a_refused_connection() {
        let (listener, address) = listen().await;
        let server = async { answer(&listener, &["[1,2]"], None).await };
        let (_, foreign) = tokio::join!(server, updates(address.clone()));
        assert!(foreign[0].contains("does not speak touchline.v1"), "{foreign:?}");
        drop(listener);
        let refused = updates(address).await;
        assert!(refused[0].ends_with("connection refused"), "{refused:?}");
    }
}
