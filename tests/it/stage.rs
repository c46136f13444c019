//! A replay with subscribers on in-memory pipes, all under virtual time: whole matches in milliseconds.
//!
//! Time moves only when everyone waits for it, so what has been sent by an instant has been received by it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::io::DuplexStream;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;
use touchline::hub::{CloseCode, Control, Replay, ReplayOptions, Stopping, Wall};
use touchline::scenario::Timeline;
use touchline::server::parse_parameters;

use super::pipes::{House, Over, Served};

/// What the pipe between server and subscriber holds: about as much as a socket's buffers.
pub const PIPE_BYTES: usize = 64 << 10;

pub struct Stage {
    pub replay: Replay,
    pub control: Control,
    house: House,
    subscribers: BTreeMap<String, Subscriber>,
}

/// A client that notes down what it receives.
pub struct Subscriber {
    received: mpsc::UnboundedReceiver<String>,
    say: mpsc::UnboundedSender<Message>,
    reading: watch::Sender<bool>,
    client: JoinHandle<()>,
    server: Over,
    /// Run, epoch, and `n` once an event or a tick has told it.
    cursor: Option<(String, u64, Option<u64>)>,
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

    /// Connects a subscriber as the server would after the handshake; `since=last` in the query is its own last cursor.
    pub fn join(&mut self, name: &str, query: &str, pipe: usize) {
        let cursor = self.subscribers.get(name).and_then(|subscriber| subscriber.cursor.clone());
        let last = cursor
            .as_ref()
            .and_then(|(run, epoch, n)| Some(format!("since={run}.{epoch}.{}", (*n)?)))
            .unwrap_or_default();
        let join = parse_parameters(&query.replace("since=last", &last), self.replay.timeline()).expect("parameters");
        let (ours, server) = self.house.connect(&self.replay, self.control.clone(), join, pipe);
        let mut subscriber = Subscriber::new(ours, server);
        subscriber.cursor = cursor;
        self.subscribers.insert(name.to_owned(), subscriber);
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
    fn new(pipe: DuplexStream, server: Over) -> Self {
        let (note, received) = mpsc::unbounded_channel();
        let (say, said) = mpsc::unbounded_channel();
        let (reading, may_read) = watch::channel(true);
        let client = tokio::spawn(client(pipe, note, said, may_read));
        Self { received, say, reading, client, server, cursor: None }
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
        let mut frames = Vec::new();
        while let Ok(frame) = self.received.try_recv() {
            self.follow(&frame);
            frames.push(frame);
        }
        frames
    }

    /// Everything until the connection ends.
    pub async fn rest(&mut self) -> Vec<String> {
        let mut frames = Vec::new();
        while let Some(frame) = self.received.recv().await {
            frames.push(frame);
        }
        frames
    }

    /// Whether the server has let go of the connection.
    pub fn is_over(&self) -> bool {
        self.server.is_over()
    }

    /// Keeps the cursor as a client would.
    fn follow(&mut self, frame: &str) {
        let Ok(frame) = serde_json::from_str::<Value>(frame) else { return };
        let number = |key: &str| frame[key].as_u64();
        match (frame["kind"].as_str(), &mut self.cursor) {
            (Some("hello"), _) => {
                let resumed = frame["resumed"] == "ok";
                let n = self.cursor.as_ref().filter(|_| resumed).and_then(|cursor| cursor.2);
                let run = frame["run"].as_str().unwrap_or_default().to_owned();
                self.cursor = Some((run, number("epoch").unwrap_or(0), n));
            }
            (Some("playback"), Some(cursor)) => {
                let epoch = number("epoch").unwrap_or(0);
                if epoch != cursor.1 {
                    (cursor.1, cursor.2) = (epoch, None);
                }
            }
            (Some("event" | "tick"), Some(cursor)) => cursor.2 = number("n"),
            _ => {}
        }
    }
}

async fn client(
    pipe: DuplexStream,
    note: mpsc::UnboundedSender<String>,
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
                    let _ = note.send(text.to_string());
                }
                Some(Ok(Message::Close(frame))) => {
                    let code = frame.map(|frame| format!("{} {}", u16::from(frame.code), frame.reason));
                    let _ = note.send(format!("closed {}", code.unwrap_or_default()));
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
