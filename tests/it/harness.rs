//! The test harness: a replay with subscribers on in-memory pipes under virtual time, so that a whole match takes milliseconds.
//!
//! Time advances only when every task is idle, so everything sent by an instant has been received by it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;
use touchline::CloseCode;
use touchline::internals::hub::{Framing, Wall};
use touchline::internals::server::parse_parameters;
use touchline::replay::{Control, Replay, ReplayOptions, Stopping};
use touchline::scenario::Timeline;

use super::contract::CONTRACT;
use super::pipes::{CloseFlag, DeliveryMode, TestHub};
use super::wire::{Received, StreamDecoder};

/// The capacity of the pipe between server and subscriber: about that of a socket's buffers.
pub const PIPE_BYTES: usize = 64 << 10;

pub struct Harness {
    pub replay: Replay,
    pub control: Control,
    pub test_hub: TestHub,
    subscribers: BTreeMap<String, Subscriber>,
    /// The feed may have the fault `unknown`: its events need not be as the schemas say.
    pub has_odd_events: bool,
}

/// A client that records what it receives.
pub struct Subscriber {
    received: mpsc::UnboundedReceiver<Incoming>,
    /// Decodes SSE and NDJSON bytes.
    decoder: StreamDecoder,
    outgoing: mpsc::UnboundedSender<Message>,
    reading: watch::Sender<bool>,
    client: JoinHandle<()>,
    server: CloseFlag,
    resume_point: ResumePoint,
    has_odd_events: bool,
}

/// What the task that reads a client's pipe reports.
enum Incoming {
    /// A frame, or the code and reason of a WebSocket close.
    Text(String),
    Bytes(Vec<u8>),
    /// The stream has ended.
    End,
}

/// The position from which a client resumes after a reconnect.
#[derive(Debug, Clone, Default)]
struct ResumePoint {
    /// Run, epoch, and `n` once an event or a tick has stated it.
    kept: Option<(String, u64, Option<u64>)>,
    /// The last `id:`: the only position that an SSE client keeps.
    last_id: Option<String>,
}

/// What a client needs of a frame in order to resume.
#[derive(Deserialize)]
struct CursorFields {
    kind: String,
    run: Option<String>,
    epoch: Option<u64>,
    n: Option<u64>,
    resumed: Option<String>,
}

impl ResumePoint {
    fn since(&self) -> Option<String> {
        let kept = || {
            let (run, epoch, n) = self.kept.as_ref()?;
            Some(format!("{run}.{epoch}.{}", (*n)?))
        };
        self.last_id.clone().or_else(kept)
    }
}

impl Harness {
    pub fn new(mode: DeliveryMode, timeline: Arc<Timeline>, mut options: ReplayOptions) -> Self {
        let began = Instant::now();
        // 2026-11-22T06:00:00Z: any instant works if it is the same on every run.
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_327_200);
        options.wall = Wall::Fixed { instant: began.into_std(), time };
        let test_hub = TestHub::new(mode);
        let opened = test_hub.hub.open("main", timeline, options).expect("a replay");
        Self {
            replay: opened.replay,
            control: opened.control,
            test_hub,
            subscribers: BTreeMap::new(),
            has_odd_events: false,
        }
    }

    /// Connects a WebSocket subscriber as the server does after the handshake. In the query, `since=last` stands for the
    /// subscriber's own last cursor, and `since=run.` for the beginning of a cursor of the current run.
    pub fn subscribe(&mut self, name: &str, query: &str, pipe: usize) {
        self.subscribe_as(name, Framing::WebSocket, false, query, pipe);
    }

    /// Like [`Self::subscribe`], in any framing, with SSE ids that name the replay or not.
    pub fn subscribe_as(&mut self, name: &str, framing: Framing, names_replay: bool, query: &str, pipe: usize) {
        let resume_point =
            self.subscribers.get(name).map(|subscriber| subscriber.resume_point.clone()).unwrap_or_default();
        let last = resume_point.since().map(|since| format!("since={since}")).unwrap_or_default();
        let run = format!("since={}.", self.replay.frames().run_text());
        let query = query.replace("since=last", &last).replace("since=run.", &run);
        let mut join = parse_parameters(&query, &self.replay.timeline()).expect("parameters");
        (join.options.framing, join.options.names_replay) = (framing, names_replay);
        let (ours, server) = self.test_hub.connect(&self.replay, self.control.clone(), join, pipe);
        let mut subscriber = Subscriber::new(framing, ours, server, resume_point);
        subscriber.has_odd_events = self.has_odd_events;
        self.subscribers.insert(name.to_owned(), subscriber);
    }

    pub fn subscriber(&mut self, name: &str) -> &mut Subscriber {
        self.subscribers.get_mut(name).unwrap_or_else(|| panic!("no subscriber {name:?}"))
    }

    pub fn disconnect(&mut self, name: &str) {
        let subscriber = self.subscriber(name);
        subscriber.client.abort();
    }

    /// Delivers everything due by now. Advances the clock by a millisecond.
    pub async fn settle(&self) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    pub fn names(&self) -> Vec<String> {
        self.subscribers.keys().cloned().collect()
    }

    pub fn stop(&self) {
        self.replay.stop(Stopping { code: CloseCode::GoingAway, drain: false });
    }
}

impl Subscriber {
    fn new(framing: Framing, pipe: DuplexStream, server: CloseFlag, resume_point: ResumePoint) -> Self {
        let (incoming, received) = mpsc::unbounded_channel();
        let (outgoing, outgoing_messages) = mpsc::unbounded_channel();
        let (reading, may_read) = watch::channel(true);
        let client = match framing {
            Framing::WebSocket => tokio::spawn(run_websocket(pipe, incoming, outgoing_messages, may_read)),
            Framing::Sse | Framing::Lines => tokio::spawn(run_stream(pipe, incoming, outgoing_messages, may_read)),
        };
        let decoder = StreamDecoder::of(framing);
        Self { received, decoder, outgoing, reading, client, server, resume_point, has_odd_events: false }
    }

    pub fn send_text(&self, text: &str) {
        self.outgoing.send(Message::text(text)).expect("the client runs");
    }

    pub fn send_close(&self) {
        self.outgoing.send(Message::Close(None)).expect("the client runs");
    }

    pub fn set_reading(&self, may: bool) {
        self.reading.send_replace(may);
    }

    /// The frames received since the last call.
    pub fn received(&mut self) -> Vec<String> {
        self.received_with_ids().into_iter().map(|(frame, _)| frame).collect()
    }

    /// Like [`Self::received`], each frame with its `id:`.
    pub fn received_with_ids(&mut self) -> Vec<(String, Option<String>)> {
        let mut frames = Vec::new();
        while let Ok(incoming) = self.received.try_recv() {
            frames.extend(self.take(incoming));
        }
        frames
    }

    /// All frames until the connection ends.
    pub async fn rest(&mut self) -> Vec<String> {
        let mut frames = Vec::new();
        while let Some(incoming) = self.received.recv().await {
            frames.extend(self.take(incoming).into_iter().map(|(frame, _)| frame));
        }
        frames
    }

    fn take(&mut self, incoming: Incoming) -> Vec<(String, Option<String>)> {
        match incoming {
            Incoming::Text(text) => {
                self.check_frame(&text);
                self.track_cursor(&text);
                vec![(text, None)]
            }
            Incoming::Bytes(bytes) => {
                let received = self.decoder.feed_unchecked(&bytes);
                for received in &received {
                    if let Received::Frame(text, _) = received {
                        self.check_frame(text);
                    }
                }
                received.into_iter().map(|received| self.track_received(received)).collect()
            }
            Incoming::End => {
                vec![(
                    if self.decoder.is_whole() { "ended" } else { "ended in the middle of a frame" }.to_owned(),
                    None,
                )]
            }
        }
    }

    /// Fails if a frame is not as the schemas say.
    fn check_frame(&self, text: &str) {
        let is_odd = self.has_odd_events && text.starts_with(r#"{"kind":"event""#);
        if text.starts_with('{') && !is_odd {
            CONTRACT.expect_frame(text);
        }
    }

    fn track_received(&mut self, received: Received) -> (String, Option<String>) {
        match (received, &self.decoder) {
            (Received::Frame(text, id), StreamDecoder::Sse(_)) => {
                if id.is_some() {
                    self.resume_point = ResumePoint { kept: None, last_id: id.clone() };
                }
                (text, id)
            }
            (received, _) => {
                let text = received.text();
                self.track_cursor(&text);
                (text, None)
            }
        }
    }

    /// Whether the server has dropped the connection.
    pub fn is_over(&self) -> bool {
        self.server.is_over()
    }

    /// Updates the cursor as a client does.
    fn track_cursor(&mut self, frame: &str) {
        // Snapshots and tables are long, and state no cursor.
        if !["hello", "playback", "event", "tick"]
            .iter()
            .any(|kind| frame.starts_with(&format!(r#"{{"kind":"{kind}""#)))
        {
            return;
        }
        let fields: CursorFields = serde_json::from_str(frame).unwrap_or_else(|error| panic!("{error} in {frame}"));
        match (&*fields.kind, &mut self.resume_point.kept) {
            ("hello", _) => {
                let resumed = fields.resumed.as_deref() == Some("ok");
                let n = self.resume_point.kept.as_ref().filter(|_| resumed).and_then(|cursor| cursor.2);
                let run = fields.run.unwrap_or_default();
                self.resume_point.kept = Some((run, fields.epoch.unwrap_or(0), n));
            }
            ("playback", Some(cursor)) => {
                let epoch = fields.epoch.unwrap_or(0);
                if epoch != cursor.1 {
                    (cursor.1, cursor.2) = (epoch, None);
                }
            }
            ("event" | "tick", Some(cursor)) => {
                cursor.2 = fields.n;
                self.resume_point.last_id = None;
            }
            _ => {}
        }
    }
}

/// Runs a WebSocket client on a pipe.
async fn run_websocket(
    pipe: DuplexStream,
    incoming: mpsc::UnboundedSender<Incoming>,
    mut outgoing_messages: mpsc::UnboundedReceiver<Message>,
    mut may_read: watch::Receiver<bool>,
) {
    use futures::{SinkExt, StreamExt};
    let mut socket = WebSocketStream::from_raw_socket(pipe, Role::Client, None).await;
    loop {
        let reading = *may_read.borrow_and_update();
        tokio::select! {
            message = socket.next(), if reading => match message {
                Some(Ok(Message::Text(text))) => {
                    let _ = incoming.send(Incoming::Text(text.to_string()));
                }
                Some(Ok(Message::Close(frame))) => {
                    let code = frame.map(|frame| format!("{} {}", u16::from(frame.code), frame.reason));
                    let _ = incoming.send(Incoming::Text(format!("closed {}", code.unwrap_or_default())));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            },
            message = outgoing_messages.recv() => match message {
                Some(message) => {
                    let _ = socket.send(message).await;
                }
                None => break,
            },
            _ = may_read.changed() => {}
        }
    }
}

/// Runs an SSE or NDJSON client on a pipe. Sent messages go out as raw bytes, which the server is to ignore.
async fn run_stream(
    mut pipe: DuplexStream,
    incoming: mpsc::UnboundedSender<Incoming>,
    mut outgoing_messages: mpsc::UnboundedReceiver<Message>,
    mut may_read: watch::Receiver<bool>,
) {
    let mut bytes = [0; 4096];
    loop {
        let reading = *may_read.borrow_and_update();
        tokio::select! {
            read = pipe.read(&mut bytes), if reading => match read {
                Ok(read @ 1..) => {
                    let _ = incoming.send(Incoming::Bytes(bytes[..read].to_vec()));
                }
                Ok(0) | Err(_) => {
                    let _ = incoming.send(Incoming::End);
                    break;
                }
            },
            message = outgoing_messages.recv() => match message {
                Some(Message::Text(text)) => {
                    let _ = pipe.write_all(text.as_bytes()).await;
                }
                _ => break,
            },
            _ = may_read.changed() => {}
        }
    }
}
