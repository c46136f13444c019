//! A replay with subscribers on in-memory pipes, all under virtual time: whole matches in milliseconds.
//!
//! Time moves only when everyone waits for it, so what has been sent by an instant has been received by it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;
use touchline::hub::{CloseCode, Control, Framing, Replay, ReplayOptions, Stopping, Wall};
use touchline::scenario::Timeline;
use touchline::server::parse_parameters;

use super::pipes::{House, Over, Served};
use super::wire::{Told, Wire};

/// What the pipe between server and subscriber holds: about as much as a socket's buffers.
pub const PIPE_BYTES: usize = 64 << 10;

pub struct Stage {
    pub replay: Replay,
    pub control: Control,
    pub house: House,
    subscribers: BTreeMap<String, Subscriber>,
}

/// A client that notes down what it receives.
pub struct Subscriber {
    received: mpsc::UnboundedReceiver<Note>,
    /// What it reads bytes with.
    wire: Wire,
    say: mpsc::UnboundedSender<Message>,
    reading: watch::Sender<bool>,
    client: JoinHandle<()>,
    server: Over,
    place: Place,
}

/// What a client is told by whatever reads its pipe.
enum Note {
    /// A frame, or why a WebSocket was closed.
    Text(String),
    Bytes(Vec<u8>),
    /// The stream is over.
    End,
}

/// Where a client is, as it would say when it comes back.
#[derive(Debug, Clone, Default)]
struct Place {
    /// Run, epoch, and `n` once an event or a tick has told it.
    kept: Option<(String, u64, Option<u64>)>,
    /// The last `id:`, which is all that a reader of server-sent events keeps.
    last_id: Option<String>,
}

impl Place {
    fn since(&self) -> Option<String> {
        let kept = || {
            let (run, epoch, n) = self.kept.as_ref()?;
            Some(format!("{run}.{epoch}.{}", (*n)?))
        };
        self.last_id.clone().or_else(kept)
    }
}

impl Stage {
    pub fn new(served: Served, timeline: Arc<Timeline>, mut options: ReplayOptions) -> Self {
        let began = Instant::now();
        // 2026-11-22T06:00:00Z: any moment will do, as long as it is the same on every run.
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_327_200);
        options.wall = Wall::Fixed { instant: began.into_std(), time };
        let house = House::new(served);
        let opened = house.hub.open("main", timeline, options).expect("a replay");
        Self { replay: opened.replay, control: opened.control, house, subscribers: BTreeMap::new() }
    }

    /// Connects a subscriber as the server would after the handshake; `since=last` in the query is its own last cursor, and
    /// `since=run.` begins one of what is played.
    pub fn join(&mut self, name: &str, query: &str, pipe: usize) {
        self.join_as(name, Framing::WebSocket, false, query, pipe);
    }

    /// The same in any framing, with places that name the replay or not.
    pub fn join_as(&mut self, name: &str, framing: Framing, names_replay: bool, query: &str, pipe: usize) {
        let place = self.subscribers.get(name).map(|subscriber| subscriber.place.clone()).unwrap_or_default();
        let last = place.since().map(|since| format!("since={since}")).unwrap_or_default();
        let run = format!("since={}.", self.replay.run_text());
        let query = query.replace("since=last", &last).replace("since=run.", &run);
        let mut join = parse_parameters(&query, self.replay.timeline()).expect("parameters");
        (join.options.framing, join.options.names_replay) = (framing, names_replay);
        let (ours, server) = self.house.connect(&self.replay, self.control.clone(), join, pipe);
        self.subscribers.insert(name.to_owned(), Subscriber::new(framing, ours, server, place));
    }

    pub fn subscriber(&mut self, name: &str) -> &mut Subscriber {
        self.subscribers.get_mut(name).unwrap_or_else(|| panic!("no subscriber {name:?}"))
    }

    pub fn cut(&mut self, name: &str) {
        let subscriber = self.subscriber(name);
        subscriber.client.abort();
    }

    /// Lets everything that is due by now arrive. Moves the clock by a millisecond.
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
    fn new(framing: Framing, pipe: DuplexStream, server: Over, place: Place) -> Self {
        let (note, received) = mpsc::unbounded_channel();
        let (say, said) = mpsc::unbounded_channel();
        let (reading, may_read) = watch::channel(true);
        let client = match framing {
            Framing::WebSocket => tokio::spawn(client(pipe, note, said, may_read)),
            Framing::Sse | Framing::Lines => tokio::spawn(listener(pipe, note, said, may_read)),
        };
        Self { received, wire: Wire::of(framing), say, reading, client, server, place }
    }

    pub fn say(&self, text: &str) {
        self.say.send(Message::text(text)).expect("the client runs");
    }

    pub fn hang_up(&self) {
        self.say.send(Message::Close(None)).expect("the client runs");
    }

    pub fn read(&self, may: bool) {
        self.reading.send_replace(may);
    }

    /// What has arrived since the last look.
    pub fn received(&mut self) -> Vec<String> {
        self.received_with_ids().into_iter().map(|(frame, _)| frame).collect()
    }

    /// The same, each with the `id:` that came with it.
    pub fn received_with_ids(&mut self) -> Vec<(String, Option<String>)> {
        let mut frames = Vec::new();
        while let Ok(note) = self.received.try_recv() {
            frames.extend(self.take(note));
        }
        frames
    }

    /// Everything until the connection ends.
    pub async fn rest(&mut self) -> Vec<String> {
        let mut frames = Vec::new();
        while let Some(note) = self.received.recv().await {
            frames.extend(self.take(note).into_iter().map(|(frame, _)| frame));
        }
        frames
    }

    fn take(&mut self, note: Note) -> Vec<(String, Option<String>)> {
        match note {
            Note::Text(text) => {
                self.follow(&text);
                vec![(text, None)]
            }
            Note::Bytes(bytes) => {
                let told = self.wire.take(&bytes);
                told.into_iter().map(|told| self.follow_told(told)).collect()
            }
            Note::End => {
                vec![(if self.wire.is_whole() { "ended" } else { "ended in the middle of a frame" }.to_owned(), None)]
            }
        }
    }

    fn follow_told(&mut self, told: Told) -> (String, Option<String>) {
        match (told, &self.wire) {
            (Told::Frame(text, id), Wire::Sse(_)) => {
                if id.is_some() {
                    self.place = Place { kept: None, last_id: id.clone() };
                }
                (text, id)
            }
            (told, _) => {
                let text = told.text();
                self.follow(&text);
                (text, None)
            }
        }
    }

    /// Whether the server has let go of the connection.
    pub fn is_over(&self) -> bool {
        self.server.is_over()
    }

    /// Keeps the cursor as a client would.
    fn follow(&mut self, frame: &str) {
        let Ok(frame) = serde_json::from_str::<Value>(frame) else { return };
        let number = |key: &str| frame[key].as_u64();
        match (frame["kind"].as_str(), &mut self.place.kept) {
            (Some("hello"), _) => {
                let resumed = frame["resumed"] == "ok";
                let n = self.place.kept.as_ref().filter(|_| resumed).and_then(|cursor| cursor.2);
                let run = frame["run"].as_str().unwrap_or_default().to_owned();
                self.place.kept = Some((run, number("epoch").unwrap_or(0), n));
            }
            (Some("playback"), Some(cursor)) => {
                let epoch = number("epoch").unwrap_or(0);
                if epoch != cursor.1 {
                    (cursor.1, cursor.2) = (epoch, None);
                }
            }
            (Some("event" | "tick"), Some(cursor)) => {
                cursor.2 = number("n");
                self.place.last_id = None;
            }
            _ => {}
        }
    }
}

/// Reads a WebSocket.
async fn client(
    pipe: DuplexStream,
    note: mpsc::UnboundedSender<Note>,
    mut said: mpsc::UnboundedReceiver<Message>,
    mut may_read: watch::Receiver<bool>,
) {
    use futures::{SinkExt, StreamExt};
    let mut socket = WebSocketStream::from_raw_socket(pipe, Role::Client, None).await;
    loop {
        let reading = *may_read.borrow_and_update();
        tokio::select! {
            message = socket.next(), if reading => match message {
                Some(Ok(Message::Text(text))) => {
                    let _ = note.send(Note::Text(text.to_string()));
                }
                Some(Ok(Message::Close(frame))) => {
                    let code = frame.map(|frame| format!("{} {}", u16::from(frame.code), frame.reason));
                    let _ = note.send(Note::Text(format!("closed {}", code.unwrap_or_default())));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            },
            message = said.recv() => match message {
                Some(message) => {
                    let _ = socket.send(message).await;
                }
                None => break,
            },
            _ = may_read.changed() => {}
        }
    }
}

/// Reads a stream that only one side speaks on; what is said all the same goes out as it is.
async fn listener(
    mut pipe: DuplexStream,
    note: mpsc::UnboundedSender<Note>,
    mut said: mpsc::UnboundedReceiver<Message>,
    mut may_read: watch::Receiver<bool>,
) {
    let mut bytes = [0; 4096];
    loop {
        let reading = *may_read.borrow_and_update();
        tokio::select! {
            read = pipe.read(&mut bytes), if reading => match read {
                Ok(read @ 1..) => {
                    let _ = note.send(Note::Bytes(bytes[..read].to_vec()));
                }
                Ok(0) | Err(_) => {
                    let _ = note.send(Note::End);
                    break;
                }
            },
            message = said.recv() => match message {
                Some(Message::Text(text)) => {
                    let _ = pipe.write_all(text.as_bytes()).await;
                }
                _ => break,
            },
            _ = may_read.changed() => {}
        }
    }
}
