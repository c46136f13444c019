//! A subscription that outlives its connections: dials, reads, and after a cut goes on where it was.

use std::time::Duration;

use futures::{SinkExt, StreamExt, stream};
use http::header::{HeaderValue, LOCATION};
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error as WireError, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::address::Address;
use super::backoff::Backoff;
use super::frame::{Frame, Refusal};
use super::place::Place;
use super::received::{ReceivedBytes, RecordingStream, leading_to};
use super::tls::{Stream, connect_to};
use super::trust::Trust;
use crate::error::{Error, Kind, Result, excerpt};

/// The longest frame that is read.
pub const MAX_FRAME_BYTES: usize = 16 << 20;
/// How long dialling may take.
pub(super) const DIAL_TIME: Duration = Duration::from_secs(10);
/// How long nothing at all may come: the server pings every 15 seconds.
const SILENCE: Duration = Duration::from_secs(50);
/// The longest head of an answer that tungstenite reads.
const MAX_HEAD_BYTES: u64 = 64 << 10;
/// What an answer to a handshake consists of.
pub(super) const HEAD: &str = "the head of the answer";
/// How long saying goodbye may take.
const FAREWELL: Duration = Duration::from_millis(500);

/// What a subscription tells.
#[derive(Debug)]
pub enum Update {
    /// A frame: as it came, and what it means.
    Frame {
        /// The text.
        text: Utf8Bytes,
        /// The meaning.
        frame: Frame,
    },
    /// There is no connection, and another attempt will be made.
    Lost {
        /// Why.
        reason: String,
        /// When the attempt will be made.
        again_in: Duration,
    },
    /// The server has ended it, for good.
    Ended {
        /// In its words.
        reason: String,
    },
}

type Socket = WebSocketStream<RecordingStream<Stream>>;

struct Subscription {
    address: Address,
    trust: Trust,
    /// Whether to go on trying although there has never been a connection.
    patient: bool,
    /// How long dialling may take.
    dial_time: Duration,
    place: Place,
    backoff: Backoff,
    socket: Option<Socket>,
    /// The wait before the next attempt.
    wait: Option<Duration>,
    /// Whether there has ever been a connection that said hello.
    began: bool,
    /// What the server said was wrong: the close code that follows says no more than that.
    refusal: Option<Refusal>,
    over: bool,
}

/// Subscribes; over TLS, if the address says so, to a server that is trusted. The stream ends after [`Update::Ended`] or an
/// error; before the first hello any failure is an error, unless `patient`.
pub fn subscribe(address: Address, trust: Trust, patient: bool) -> impl stream::Stream<Item = Result<Update>> {
    Subscription::new(address, trust, patient).into_updates()
}

/// Why a connection could not be made or is no more.
pub(super) enum Cut {
    /// Trying again may help.
    Again(String),
    /// The response is not Touchline's. Final before the first session; afterwards a proxy may be answering in place of a
    /// server that restarts.
    Foreign(String),
    /// Trying again does not help.
    Final(Error),
    /// It was meant to end.
    End(String),
}

impl Cut {
    /// The same with whom it was that could not be connected to.
    fn named(self, address: &Address) -> Self {
        match self {
            Self::Final(error) => Self::Final(error.context(format!("connecting to {address}"))),
            other => other,
        }
    }

    /// In one line.
    pub(super) fn reason(self) -> String {
        match self {
            Self::Again(reason) | Self::Foreign(reason) | Self::End(reason) => reason,
            Self::Final(error) => error.to_string(),
        }
    }
}

impl Subscription {
    fn new(address: Address, trust: Trust, patient: bool) -> Self {
        Self {
            address,
            trust,
            patient,
            dial_time: DIAL_TIME,
            place: Place::default(),
            backoff: Backoff::default(),
            socket: None,
            wait: None,
            began: false,
            refusal: None,
            over: false,
        }
    }

    fn into_updates(self) -> impl stream::Stream<Item = Result<Update>> {
        stream::unfold(self, |mut subscription| async move {
            let update = subscription.next().await?;
            Some((update, subscription))
        })
    }

    async fn next(&mut self) -> Option<Result<Update>> {
        if self.over {
            return None;
        }
        if let Some(wait) = self.wait.take() {
            tokio::time::sleep(wait).await;
        }
        let cut = match self.read().await {
            Ok(update) => return Some(Ok(update)),
            Err(cut) => cut,
        };
        if let Some(mut socket) = self.socket.take() {
            // Answers a close frame. Whoever has gone does not mind.
            let _ = tokio::time::timeout(FAREWELL, socket.close(None)).await;
        }
        Some(match cut {
            Cut::Again(reason) | Cut::Foreign(reason) if self.began => Ok(self.retry(reason)),
            Cut::Again(reason) if self.patient => Ok(self.retry(reason)),
            Cut::Again(reason) => {
                self.over = true;
                Err(Error::new(Kind::Io, format!("connecting to {}: {reason}", self.address)))
            }
            Cut::Foreign(reason) => {
                self.over = true;
                Err(Error::invalid(format!("connecting to {}: {reason}", self.address)))
            }
            Cut::Final(error) => {
                self.over = true;
                Err(error)
            }
            Cut::End(reason) => {
                self.over = true;
                Ok(Update::Ended { reason })
            }
        })
    }

    /// Schedules another attempt.
    fn retry(&mut self, reason: String) -> Update {
        let again_in = self.backoff.next();
        self.wait = Some(again_in);
        Update::Lost { reason, again_in }
    }

    /// The next frame, dialling first if need be.
    async fn read(&mut self) -> Result<Update, Cut> {
        if self.socket.is_none() {
            self.refusal = None;
            self.socket = Some(dial(&self.address, &self.trust, self.place.cursor().as_deref(), self.dial_time).await?);
        }
        loop {
            let Some(socket) = &mut self.socket else { return Err(Cut::Again("not connected".to_owned())) };
            let before = socket.get_ref().received().bytes();
            let message = match tokio::time::timeout(SILENCE, socket.next()).await {
                Ok(message) => message,
                Err(_) => {
                    let what = if socket.get_ref().received().bytes() > before { "no whole frame" } else { "nothing" };
                    return Err(Cut::Again(format!("{what} came for {} s", SILENCE.as_secs())));
                }
            };
            match message {
                Some(Ok(Message::Text(text))) => return self.understand(text),
                Some(Ok(Message::Close(close))) => return Err(self.closed(close)),
                // A ping is answered by the socket itself, and sent with what is written next.
                Some(Ok(Message::Ping(_))) => {
                    let _ = socket.flush().await;
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(broken(error, socket.get_ref().received())),
                None => return Err(Cut::Again("the connection was cut".to_owned())),
            }
        }
    }

    fn understand(&mut self, text: Utf8Bytes) -> Result<Update, Cut> {
        let frame: Frame = serde_json::from_str(&text).map_err(|error| {
            let start = excerpt(&text);
            Cut::Final(Error::invalid(format!("{} does not speak touchline.v1: {error} in {start:?}", self.address)))
        })?;
        self.place.follow(&frame);
        match &frame {
            Frame::Hello(_) => {
                self.began = true;
                self.backoff.reset();
            }
            Frame::Error(refusal) => self.refusal = Some(refusal.clone()),
            _ => {}
        }
        Ok(Update::Frame { text, frame })
    }

    /// What a close code asks for: coming back, but for 1000 and 4500 to 4999.
    fn closed(&mut self, close: Option<CloseFrame>) -> Cut {
        let Some(CloseFrame { code, reason }) = close else { return Cut::Again("the connection was closed".into()) };
        let reason = if reason.is_empty() { format!("closed with code {code}") } else { reason.to_string() };
        match u16::from(code) {
            1000 => Cut::End(reason),
            4500..=4999 => {
                let message = self.refusal.take().map_or(reason, |refusal| refusal.in_words());
                Cut::Final(Error::invalid(message))
            }
            _ => Cut::Again(reason),
        }
    }
}

async fn dial(address: &Address, trust: &Trust, cursor: Option<&str>, within: Duration) -> Result<Socket, Cut> {
    // A small buffer: frames are short, and tungstenite's own would be 128 KiB.
    let config = WebSocketConfig::default()
        .read_buffer_size(16 << 10)
        .max_message_size(Some(MAX_FRAME_BYTES))
        .max_frame_size(Some(MAX_FRAME_BYTES));
    let mut received = ReceivedBytes::default();
    let dialled = tokio::time::timeout(within, async {
        let stream = connect_to(address.host(), address, trust).await.map_err(|error| not_connected(error, address))?;
        let stream = RecordingStream::new(stream);
        received = stream.received().clone();
        let shaken = client_async_with_config(address.url(cursor), stream, Some(config)).await;
        shaken.map_err(|error| match error {
            // Touchline's own words say enough.
            WireError::Http(_) => broken(error, &received),
            _ => broken(error, &received).named(address),
        })
    });
    match dialled.await {
        Ok(dialled) => dialled.map(|(socket, _)| socket),
        Err(_) if received.bytes() == 0 => Err(Cut::Again(received.late(HEAD, within))),
        Err(_) => Err(Cut::Foreign(received.late(HEAD, within))),
    }
}

fn not_connected(error: Error, address: &Address) -> Cut {
    match error.kind() {
        Kind::Io => Cut::Again(error.to_string()),
        _ => Cut::Final(error).named(address),
    }
}

/// Why a handshake came to nothing, or a connection to its end. `received`: what the connection received.
pub(super) fn broken(error: WireError, received: &ReceivedBytes) -> Cut {
    let fatal = |message: String| Cut::Final(Error::invalid(message));
    match error {
        // tungstenite counts how many bytes of a head come, and in how many pieces.
        WireError::AttackAttempt if received.bytes() > MAX_HEAD_BYTES => {
            fatal(format!("the head of the answer is longer than {} KiB", MAX_HEAD_BYTES >> 10))
        }
        WireError::AttackAttempt => {
            fatal("the head of the answer does not end, and comes in very small pieces".to_owned())
        }
        WireError::Capacity(CapacityError::TooManyHeaders) => {
            fatal("the head of the answer has too many fields".to_owned())
        }
        WireError::Protocol(ProtocolError::HttparseError(_)) => Cut::Foreign(received.not_http()),
        WireError::Protocol(ProtocolError::HandshakeIncomplete) => {
            Cut::Again("the connection was cut before the answer was whole".to_owned())
        }
        WireError::Io(error) => Cut::Again(error_in_words(&error)),
        WireError::ConnectionClosed | WireError::AlreadyClosed => Cut::Again("the connection was closed".to_owned()),
        WireError::Protocol(error) => Cut::Again(error.to_string()),
        WireError::Http(response) => {
            let body = response.body().as_deref().unwrap_or_default();
            let message = serde_json::from_slice::<Refusal>(body).map(|refusal| refusal.in_words());
            let location = response.headers().get(LOCATION).filter(|_| response.status().is_redirection());
            let leading = leading_to(location.map(HeaderValue::as_bytes));
            match (response.status().is_server_error(), message) {
                (true, Ok(message)) => Cut::Again(message),
                (true, Err(_)) => Cut::Again(format!("it answers {}{leading}", response.status())),
                (false, Ok(message)) => fatal(format!("refused: {message}")),
                (false, Err(_)) => Cut::Foreign(format!("refused: it answers {}{leading}", response.status())),
            }
        }
        WireError::Capacity(_) => {
            Cut::Final(Error::invalid(format!("a frame of more than {} MiB was refused", MAX_FRAME_BYTES >> 20)))
        }
        error => Cut::Final(Error::invalid(error.to_string())),
    }
}

/// The operating system's words without its number.
pub(super) fn error_in_words(error: &std::io::Error) -> String {
    // Over TLS this is what a cut looks like, told at length.
    if error.kind() == std::io::ErrorKind::UnexpectedEof {
        return "the connection was cut".to_owned();
    }
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_lowercase()
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

    /// Answers one connection: sends the frames, then closes with the code or, without one, hangs up. Tells what was asked.
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

    /// All updates, in short.
    async fn updates(address: Address) -> Vec<String> {
        in_short(Subscription::new(address, Trust::public().expect("trust"), false)).await
    }

    async fn in_short(subscription: Subscription) -> Vec<String> {
        let short = |update: Result<Update>| match update {
            Ok(Update::Frame { frame, .. }) => format!("{frame:?}").split(['(', ' ']).next().unwrap_or_default().into(),
            Ok(Update::Lost { reason, .. }) => format!("lost: {reason}"),
            Ok(Update::Ended { reason }) => format!("ended: {reason}"),
            Err(error) => format!("error: {error}"),
        };
        subscription.into_updates().map(short).collect().await
    }

    #[tokio::test]
    async fn after_a_cut_it_goes_on_from_the_last_tick() {
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
        // How a cut is told depends on what was on its way.
        let told = updates.iter().map(|update| update.strip_prefix("lost: ").map_or(&**update, |_| "lost"));
        let expected = ["Hello", "Tick", "lost", "Hello", "Tick", "lost", "Hello", "ended: so it is"];
        assert_eq!(told.collect::<Vec<_>>(), expected);
    }

    #[tokio::test]
    async fn a_foreign_response_ends_a_subscription_only_before_its_first_session() {
        let dial_time = Duration::from_secs(2);
        for (response, reason) in [
            ("HTTP/1.1 101 Switching Protocols\r\n", "the head of the answer did not end within 2 s: 34 bytes came"),
            ("<html>Back soon</html>\r\n\r\n", "the response is not HTTP; it starts with \"<html>Back soon</html>\""),
            ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "refused: it answers 200 OK"),
        ] {
            let subscription = |address: &Address| {
                let trust = Trust::public().expect("trust");
                Subscription { dial_time, ..Subscription::new(address.clone(), trust, false) }
            };
            let foreign = async |listener: &TcpListener| {
                let (mut socket, _) = listener.accept().await.expect("a connection");
                socket.readable().await.expect("a request");
                let _ = socket.try_read(&mut [0; 4_096]);
                socket.write_all(response.as_bytes()).await.expect("sent");
                socket
            };
            let (listener, address) = listen().await;
            let (_socket, first) = tokio::join!(foreign(&listener), in_short(subscription(&address)));
            assert_eq!(first, [format!("error: connecting to {address}: {reason}")]);
            let server = async {
                answer(&listener, &[HELLO], Some(1001)).await;
                let socket = foreign(&listener).await;
                answer(&listener, &[HELLO], Some(1000)).await;
                socket
            };
            let both = async { tokio::join!(server, in_short(subscription(&address))) };
            let both = tokio::time::timeout(Duration::from_secs(60), both).await;
            let (_socket, later) = both.expect("it comes back a second time");
            let lost = format!("lost: {reason}");
            assert_eq!(later, ["Hello", "lost: so it is", &*lost, "Hello", "ended: so it is"]);
        }
    }

    #[tokio::test]
    async fn a_refusal_is_final_and_told_in_the_words_of_the_error_frame() {
        let (listener, address) = listen().await;
        let refusal = r#"{"kind":"error","code":"unknown_match","message":"unknown match \"x\""}"#;
        let server = async { answer(&listener, &[refusal], Some(4504)).await };
        let (_, updates) = tokio::join!(server, updates(address));
        assert_eq!(updates, ["Error", "error: unknown match \"x\""]);
    }

    #[tokio::test]
    async fn an_answer_without_an_end_is_told_as_such() {
        let head = "HTTP/1.1 101 Switching Protocols\r\n";
        // The size ends the last two, long before the time does.
        let (soon, late) = (Duration::from_millis(500), Duration::from_secs(30));
        for (begins, goes_on, pieces, within, words) in [
            ("", "", 0, soon, "no answer within 0.5 s"),
            (head, "", 0, soon, "the head of the answer did not end within 0.5 s: 34 bytes came"),
            (head, "x", 1_000_000, late, "longer than 64 KiB"),
            (head, "x: y\r\n", 1_000_000, late, "too many fields"),
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
            let trust = Trust::public().expect("trust");
            let dialled = dial(&address, &trust, None, within);
            let (dialled, _socket) = tokio::join!(async { dialled.await.map(|_| ()) }, server);
            let told = dialled.map_err(Cut::reason).expect_err("no handshake");
            assert!(told.contains(words), "{begins:?} {goes_on:?}: {told}");
        }
    }

    #[tokio::test]
    async fn what_is_no_replay_is_told_apart_from_a_server_that_is_not_there() {
        let (listener, address) = listen().await;
        let server = async { answer(&listener, &["[1,2]"], None).await };
        let (_, stranger) = tokio::join!(server, updates(address.clone()));
        assert!(stranger[0].contains("does not speak touchline.v1"), "{stranger:?}");
        drop(listener);
        let nobody = updates(address).await;
        assert!(nobody[0].ends_with("connection refused"), "{nobody:?}");
    }
}
