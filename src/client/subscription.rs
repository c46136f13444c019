//! A subscription that outlives its connections: connects, reads frames, and resumes after a disconnect.

use std::fmt;
use std::time::Duration;

use futures::{SinkExt, StreamExt, stream};
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::address::Address;
use super::backoff::Backoff;
use super::dial::{Dial, Socket, dial};
use super::disconnect::{Disconnect, disconnect_from};
use super::frame::{ClientFrame, ErrorFrame};
use super::received::ReceivedBytes;
use super::resume_position::ResumePosition;
use super::tls::DIAL_TIMEOUT;
use super::trust::Trust;
use crate::error::{Error, Result};
use crate::message::excerpt;

/// A connection without a frame for this long is lost: the server pings every 15 seconds.
const READ_TIMEOUT: Duration = Duration::from_secs(50);
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

/// A subscription to a replay. It outlives its connections: after a loss it reconnects, with growing delays, and resumes where
/// it was, so that no event is missed or repeated. If the server cannot resume (it plays something else, or was restarted without
/// [`ReplayOptions::began`](crate::replay::ReplayOptions::began)), hello says [`Resumed::Reset`](super::Resumed::Reset), and
/// snapshots follow. An address that opens a replay, as `?speed=600` does, opens one: each later connection joins that one.
///
/// Tests that use it need real time: tokio's paused clock (`#[tokio::test(start_paused = true)]`) moves to the next timeout while
/// the network is waited for, so the connection is lost before the server has answered.
///
/// ```no_run
/// # async fn follow() -> touchline::Result<()> {
/// use touchline::client::{ClientFrame, Subscription, Update};
///
/// let mut subscription = Subscription::to("ws://127.0.0.1:8089/ws?types=goal")?;
/// while let Some(update) = subscription.next().await {
///     if let Update::Frame { frame: ClientFrame::Event(event), .. } = update? {
///         println!("{} {}", event.label.unwrap_or_default(), event.score.unwrap_or_default());
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
    read_timeout: Duration,
    position: ResumePosition,
    backoff: Backoff,
    // The future of `next` may be dropped whenever it waits. So a connection in the making and the deadlines are kept here.
    dial: Option<Dial>,
    socket: Option<Socket>,
    /// The time limit of the read or the closing handshake under way.
    deadline: Instant,
    /// A record of what the connection has received.
    received: ReceivedBytes,
    /// The number of bytes received by the end of the last frame.
    received_before: u64,
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
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) if the address is none.
    pub fn to(address: &str) -> Result<Self> {
        Ok(Self::new(Address::parse(address)?, Trust::public_authorities()?))
    }

    /// A subscription over connections whose certificates are trusted.
    pub fn new(address: Address, trust: Trust) -> Self {
        let (address, cursor) = address.split_cursor();
        let position = cursor.map(|cursor| ResumePosition::from_since(&cursor)).unwrap_or_default();
        Self {
            address,
            trust,
            retry_first: false,
            acknowledges: false,
            unacknowledged: None,
            dial_timeout: DIAL_TIMEOUT,
            read_timeout: READ_TIMEOUT,
            position,
            backoff: Backoff::default(),
            dial: None,
            socket: None,
            deadline: Instant::now(),
            received: ReceivedBytes::default(),
            received_before: 0,
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

    /// The updates as a stream. It is not `Unpin`: [`pin!`](std::pin::pin) it before calling `next` of `StreamExt`.
    pub fn into_stream(self) -> impl stream::Stream<Item = Result<Update>> {
        stream::unfold(self, |mut subscription| async move {
            let update = subscription.next().await?;
            Some((update, subscription))
        })
    }

    /// The next update. After [`Update::Ended`] or an error there is none. Before the first hello every failure is an error,
    /// unless [`Self::retry_first`] is set and a retry may help. What the server answered says [`Error::code`].
    ///
    /// Cancel safety: dropping the future loses no update. A connection in the making and the timeouts go on, so it may be a
    /// branch of `select!` in a loop.
    pub async fn next(&mut self) -> Option<Result<Update>> {
        if self.pending.is_none() {
            if self.ended {
                return None;
            }
            match self.read().await {
                Ok(update) => return Some(Ok(update)),
                Err(disconnect) => {
                    self.pending = Some(self.update_after(disconnect));
                    self.deadline = Instant::now() + CLOSE_TIMEOUT;
                }
            }
        }
        if let Some(socket) = &mut self.socket {
            // Completes the closing handshake. An error means that the server has disconnected already.
            let _ = timeout_at(self.deadline, SinkExt::close(socket)).await;
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

    /// Connects, unless there is a connection.
    async fn connect(&mut self) -> Result<(), Disconnect> {
        if self.socket.is_none() {
            if let Some(at) = self.next_attempt {
                tokio::time::sleep_until(at).await;
                self.next_attempt = None;
            }
            let dial = self.dial.get_or_insert_with(|| {
                (self.refusal, self.received, self.unacknowledged) = (None, ReceivedBytes::default(), None);
                let Self { address, trust, received, .. } = self;
                dial(address.clone(), self.position.url(address), trust.clone(), received.clone(), self.dial_timeout)
            });
            let dialled = dial.await;
            self.dial = None;
            self.socket = Some(dialled?);
            self.restart_read_timeout();
        }
        Ok(())
    }

    fn restart_read_timeout(&mut self) {
        self.deadline = Instant::now() + self.read_timeout;
        self.received_before = self.received.byte_count();
    }

    /// Reads the next frame, connecting first if necessary.
    async fn read(&mut self) -> Result<Update, Disconnect> {
        self.connect().await?;
        loop {
            let Self { socket: Some(socket), unacknowledged, .. } = self else {
                return Err(Disconnect::retry("not connected"));
            };
            let read = async {
                if let Some((epoch, n)) = *unacknowledged {
                    let request = format!(r#"{{"command":"ack","n":{n},"epoch":{epoch}}}"#);
                    // A lost connection is found by the read that follows.
                    let _ = socket.feed(Message::text(request)).await;
                    *unacknowledged = None;
                }
                // Also what a dropped future has left, and the pong that tungstenite has queued.
                let _ = socket.flush().await;
                socket.next().await
            };
            let Ok(message) = timeout_at(self.deadline, read).await else {
                let what =
                    if self.received.byte_count() > self.received_before { "no complete frame" } else { "nothing" };
                let within = self.read_timeout.as_secs_f64();
                return Err(Disconnect::retry(format!("{what} was received for {within} s")));
            };
            self.restart_read_timeout();
            match message {
                Some(Ok(Message::Text(text))) => return self.parse_frame(text),
                Some(Ok(Message::Close(close))) => return Err(Disconnect::from_close(close, self.refusal.as_ref())),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(disconnect_from(error, &self.received)),
                None => return Err(Disconnect::retry("the connection was cut")),
            }
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
            ClientFrame::Hello(hello) => {
                if self.address.opens_replay() {
                    self.position.set_replay(&hello.replay);
                }
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
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;
    use tokio_tungstenite::accept_hdr_async;
    use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
    use tokio_tungstenite::tungstenite::protocol::CloseFrame;
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
    async fn the_cursor_of_an_address_is_the_first_position() {
        let (listener, address) = listen().await;
        let resumed = HELLO.replace("null", "\"ok\"");
        let server = async {
            let first = answer(&listener, &[&resumed], Some(1001)).await;
            let second = answer(&listener, &[&resumed, r#"{"kind":"tick","n":5}"#], Some(1001)).await;
            let third = answer(&listener, &[&resumed], Some(1000)).await;
            [first, second, third]
        };
        let from = address.with_parameter("since", "7c1e90ab.1.3");
        let (asked, _) = tokio::join!(server, updates(from));
        assert_eq!(asked, ["/ws?since=7c1e90ab.1.3", "/ws?since=7c1e90ab.1.3", "/ws?since=7c1e90ab.1.5"]);
    }

    #[tokio::test]
    async fn a_replay_that_the_address_has_opened_is_joined_again() {
        let (listener, address) = listen().await;
        let hello = HELLO.replace("main", "x7kq2mfa9bcd");
        let server = async {
            let first = answer(&listener, &[&hello], Some(1001)).await;
            let second = answer(&listener, &[&hello, r#"{"kind":"tick","n":3}"#], Some(1001)).await;
            let third = answer(&listener, &[&hello], Some(1000)).await;
            [first, second, third]
        };
        let opening = address.with_parameter("speed", "600").with_parameter("types", "goal");
        let (asked, _) = tokio::join!(server, updates(opening));
        let cursor = "7c1e90ab.1.3%40x7kq2mfa9bcd";
        assert_eq!(asked[..2], ["/ws?speed=600&types=goal", "/r/x7kq2mfa9bcd/ws?types=goal"]);
        assert_eq!(asked[2], format!("/ws?speed=600&types=goal&since={cursor}"));
    }

    /// The next update, by futures of which each is dropped after 10 ms.
    async fn next_piecemeal(subscription: &mut Subscription) -> Option<Result<Update>> {
        loop {
            tokio::select! {
                update = subscription.next() => return update,
                () = tokio::time::sleep(Duration::from_millis(10)) => {}
            }
        }
    }

    #[tokio::test]
    async fn dropping_futures_neither_restarts_a_dial_nor_a_timeout() {
        let (listener, address) = listen().await;
        let mut subscription = Subscription::new(address, Trust::public_authorities().expect("trust"));
        (subscription.dial_timeout, subscription.read_timeout) = (Duration::from_secs(10), Duration::from_millis(200));
        let server = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let (socket, _) = listener.accept().await.expect("a connection");
            tokio::time::sleep(Duration::from_millis(100)).await;
            let mut socket = tokio_tungstenite::accept_async(socket).await.expect("a handshake");
            socket.send(Message::text(HELLO)).await.expect("sent");
            socket
        };
        let client = async {
            let first = next_piecemeal(&mut subscription).await;
            (first, next_piecemeal(&mut subscription).await)
        };
        let both = async { tokio::join!(server, client) };
        let both = tokio::time::timeout(Duration::from_secs(10), both).await;
        let (_socket, (first, second)) = both.expect("it connects, and times out");
        assert!(matches!(first, Some(Ok(Update::Frame { frame: ClientFrame::Hello(_), .. }))), "{first:?}");
        let Some(Ok(Update::Lost { reason, .. })) = second else { panic!("{second:?}") };
        assert_eq!(reason, "nothing was received for 0.2 s");
        (subscription.dial_timeout, subscription.connected_once) = (Duration::from_millis(200), false);
        // Nobody accepts: the handshake is not answered.
        let unanswered = tokio::time::timeout(Duration::from_secs(10), next_piecemeal(&mut subscription)).await;
        let error = unanswered.expect("it times out").expect("an update").expect_err("an error").to_string();
        assert!(error.ends_with("no response within 0.2 s"), "{error}");
    }

    #[tokio::test]
    async fn a_deadline_that_passed_while_the_caller_was_away_discards_nothing() {
        let (listener, address) = listen().await;
        let mut subscription = Subscription::new(address, Trust::public_authorities().expect("trust"));
        subscription.read_timeout = Duration::from_millis(200);
        let server = async {
            let (socket, _) = listener.accept().await.expect("a connection");
            let mut socket = tokio_tungstenite::accept_async(socket).await.expect("a handshake");
            socket.send(Message::text(HELLO)).await.expect("sent");
            socket
        };
        let (mut socket, hello) = tokio::join!(server, subscription.next());
        assert!(hello.is_some_and(|hello| hello.is_ok()));
        // Consumes the readiness of the socket.
        assert!(tokio::time::timeout(Duration::from_millis(20), subscription.next()).await.is_err());
        socket.send(Message::text(r#"{"kind":"tick","n":5}"#)).await.expect("sent");
        std::thread::sleep(Duration::from_millis(300));
        let update = subscription.next().await;
        assert!(matches!(update, Some(Ok(Update::Frame { frame: ClientFrame::Tick(_), .. }))), "{update:?}");
    }

    #[tokio::test]
    async fn a_foreign_response_ends_a_subscription_only_before_its_first_session() {
        let dial_timeout = Duration::from_secs(2);
        for (response, reason) in [
            ("HTTP/1.1 101 Switching Protocols\r\n", "the response head did not end within 2 s (34 bytes received)"),
            ("<html>Back soon</html>\r\n\r\n", "the response is not HTTP; it starts with \"<html>Back soon</html>\""),
            ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "refused: the server answers 200 OK"),
            (
                "HTTP/1.1 101 Switching Protocols\r\n\r\n",
                "the server answers 101 Switching Protocols, but Upgrade, Connection or Sec-WebSocket-Accept is missing or wrong",
            ),
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
            let (_socket, first) =
                tokio::join!(foreign(&listener), abbreviated(subscription(&address).retry_first(true)));
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
    async fn a_foreign_server_differs_from_a_refused_connection() {
        let (listener, address) = listen().await;
        let server = async { answer(&listener, &["[1,2]"], None).await };
        let (_, foreign) = tokio::join!(server, updates(address.clone()));
        assert!(foreign[0].contains("does not speak touchline.v1"), "{foreign:?}");
        // A port that was free a moment ago may be another test's by now.
        let refused = updates(Address::parse("ws://127.0.0.1:1").expect("an address")).await;
        assert!(refused[0].ends_with("connection refused"), "{refused:?}");
    }
}
