//! Clients that record when each byte arrives, of a replay of the flagship under virtual time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use touchline::internals::hub::Framing;
use touchline::internals::server::parse_parameters;
use touchline::playback::{Command, Rejection, Speed};
use touchline::replay::{Answer, ReplayOptions};

use super::client_frame::{self, FINAL, PONG};
use super::harness::{Harness, PIPE_BYTES};
use super::pipes::{CloseFlag, DeliveryMode, Handshake};
use super::properties::timeline;
use super::wire::StreamDecoder;

/// A replay of the flagship at 60x.
pub struct Stage {
    pub harness: Harness,
    began: Instant,
}

/// A client that records what it receives, and when: in milliseconds since the stage began.
pub struct Tap {
    framing: Framing,
    log: Arc<Mutex<TapLog>>,
    outgoing: mpsc::UnboundedSender<Vec<u8>>,
    reads: watch::Sender<bool>,
    /// Whether it proves every ten seconds that it is alive.
    is_alive: Arc<AtomicBool>,
    /// The tasks that read and write.
    tasks: [JoinHandle<()>; 2],
    pub server: CloseFlag,
    /// Its events are damaged on purpose.
    pub is_corrupted: bool,
}

#[derive(Default)]
struct TapLog {
    chunks: Vec<(u64, Vec<u8>)>,
    /// When the stream ended.
    ended: Option<u64>,
}

impl Stage {
    /// Paused at a place.
    pub async fn at(mode: DeliveryMode, place: &str) -> Self {
        let mut options = ReplayOptions::default();
        options.playback.speed = Speed::parse("60").expect("a speed");
        options.playback.paused = true;
        let stage = Self::with(mode, options);
        stage.command(&format!("seek {place}")).await;
        stage
    }

    pub fn with(mode: DeliveryMode, options: ReplayOptions) -> Self {
        Self { harness: Harness::new(mode, timeline(0), options), began: Instant::now() }
    }

    pub async fn try_command(&self, line: &str) -> Result<Answer, Rejection> {
        self.harness.control.apply(Command::parse_line(line)?).await
    }

    pub async fn command(&self, line: &str) -> Answer {
        self.try_command(line).await.unwrap_or_else(|rejection| panic!("{line}: {rejection}"))
    }

    /// Connects a client, and lets it receive what is there.
    pub async fn connect(&self, framing: Framing, query: &str) -> Tap {
        let tap = self.connect_with(framing, query, 4 * PIPE_BYTES, Handshake::default());
        self.wait(1).await;
        tap
    }

    pub fn connect_with(&self, framing: Framing, query: &str, pipe: usize, handshake: Handshake) -> Tap {
        let Harness { replay, control, test_hub, .. } = &self.harness;
        let mut join = parse_parameters(query, &replay.timeline()).expect("parameters");
        join.options.framing = framing;
        let (ours, server) = test_hub.connect_with(replay, control.clone(), join, pipe, handshake);
        Tap::new(framing, ours, server, self.began)
    }

    /// Lets milliseconds pass.
    pub async fn wait(&self, millis: u64) {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }

    /// The milliseconds since it began.
    pub fn now(&self) -> u64 {
        millis_since(self.began)
    }

    /// What link faults have done: the kinds and words of the journal.
    pub fn journal(&self) -> Vec<String> {
        let notes = self.harness.replay.link_notes();
        notes.iter().map(|note| format!("{:?} {}: {}", note.subscriber, note.kind, note.what)).collect()
    }
}

fn millis_since(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).expect("a short test")
}

impl Tap {
    fn new(framing: Framing, pipe: tokio::io::DuplexStream, server: CloseFlag, began: Instant) -> Self {
        let (outgoing, mut messages) = mpsc::unbounded_channel::<Vec<u8>>();
        let (reads, mut may_read) = watch::channel(true);
        let log = Arc::<Mutex<TapLog>>::default();
        let (mut reading, mut writing) = tokio::io::split(pipe);
        let record = log.clone();
        let reading = tokio::spawn(async move {
            let mut bytes = vec![0; 64 << 10];
            loop {
                let _ = may_read.wait_for(|may| *may).await;
                let read = tokio::select! {
                    read = reading.read(&mut bytes) => read,
                    _ = may_read.changed() => continue,
                };
                let (now, mut log) = (millis_since(began), record.lock());
                match read {
                    Ok(read @ 1..) => match log.chunks.last_mut() {
                        Some((at, chunk)) if *at == now => chunk.extend_from_slice(&bytes[..read]),
                        _ => log.chunks.push((now, bytes[..read].to_vec())),
                    },
                    Ok(0) | Err(_) => return log.ended = Some(now),
                }
            }
        });
        let is_alive = Arc::new(AtomicBool::new(framing == Framing::WebSocket));
        let alive = is_alive.clone();
        let writing = tokio::spawn(async move {
            loop {
                tokio::select! {
                    Some(message) = messages.recv() => drop(writing.write_all(&message).await),
                    () = tokio::time::sleep(Duration::from_secs(10)), if alive.load(Ordering::Relaxed) => {
                        drop(writing.write_all(&client_frame::frame(FINAL | PONG, b"")).await);
                    }
                    else => return,
                }
            }
        });
        Self { framing, log, outgoing, reads, is_alive, tasks: [reading, writing], server, is_corrupted: false }
    }

    pub fn set_reading(&self, may: bool) {
        self.reads.send_replace(may);
    }

    /// Sends no pongs any more.
    pub fn fall_silent(&self) {
        self.is_alive.store(false, Ordering::Relaxed);
    }

    /// Sends a message.
    pub fn send(&self, text: &str) {
        let _ = self.outgoing.send(client_frame::text(text.as_bytes()));
    }

    /// The bytes received, with the milliseconds at which they came.
    pub fn chunks(&self) -> Vec<(u64, Vec<u8>)> {
        self.log.lock().chunks.clone()
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.chunks().into_iter().flat_map(|(_, chunk)| chunk).collect()
    }

    /// When the stream ended, if it has.
    pub fn ended(&self) -> Option<u64> {
        self.log.lock().ended
    }

    /// The frames received, with the milliseconds at which each was complete. Pings are left out.
    pub fn frames(&self) -> Vec<(u64, String)> {
        let mut decoder = StreamDecoder::of(self.framing);
        let mut held = Vec::new();
        let mut frames = Vec::new();
        for (at, chunk) in self.chunks() {
            held.extend_from_slice(&chunk);
            let whole = if self.framing == Framing::WebSocket {
                take_without_pings(&mut held)
            } else {
                std::mem::take(&mut held)
            };
            let received = if self.is_corrupted { decoder.feed_unchecked(&whole) } else { decoder.feed(&whole) };
            frames.extend(received.into_iter().map(|it| (at, it.text())));
        }
        frames
    }

    /// The frames after those with which the connection began: the first tick is the last of these. Without comments.
    pub fn news(&self) -> Vec<(u64, String)> {
        let frames: Vec<_> = self.frames().into_iter().filter(|(_, frame)| frame.starts_with('{')).collect();
        let first = frames.iter().position(|(_, frame)| frame.starts_with(r#"{"kind":"tick""#)).expect("a tick");
        frames[first + 1..].to_vec()
    }

    /// The frames of events, and when they came.
    pub fn events(&self) -> Vec<(u64, String)> {
        self.frames().into_iter().filter(|(_, frame)| is_event(frame)).collect()
    }

    /// The numbers of the events.
    pub fn numbers(&self) -> Vec<u64> {
        self.events().iter().map(|(_, event)| number_of(event)).collect()
    }

    /// The cursor from which the client resumes.
    pub fn cursor(&self) -> String {
        let mut cursor = (String::new(), 0, 0);
        for (_, frame) in self.frames() {
            let Ok(frame) = serde_json::from_str::<Value>(&frame) else { continue };
            match frame["kind"].as_str() {
                Some("hello" | "playback") => {
                    cursor.0 = frame["run"].as_str().expect("a run").to_owned();
                    cursor.1 = frame["epoch"].as_u64().expect("an epoch");
                }
                Some("event" | "tick") => cursor.2 = frame["n"].as_u64().expect("a number"),
                _ => {}
            }
        }
        format!("since={}.{}.{}", cursor.0, cursor.1, cursor.2)
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Takes the complete frames of a WebSocket, without pings.
fn take_without_pings(held: &mut Vec<u8>) -> Vec<u8> {
    let mut taken = Vec::new();
    while let Some(length) = frame_length(held).filter(|length| *length <= held.len()) {
        let frame: Vec<u8> = held.drain(..length).collect();
        if frame[0] != 0x89 {
            taken.extend(frame);
        }
    }
    taken
}

/// The length of the frame with which the bytes begin, if they tell.
fn frame_length(bytes: &[u8]) -> Option<usize> {
    Some(match *bytes.get(1)? {
        126 => 4 + usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)),
        127 => 10 + u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?) as usize,
        short => 2 + usize::from(short),
    })
}

pub fn is_event(frame: &str) -> bool {
    frame.starts_with(r#"{"kind":"event""#)
}

/// The `n` of a frame.
pub fn number_of(frame: &str) -> u64 {
    serde_json::from_str::<Value>(frame).expect("JSON")["n"].as_u64().expect("a number")
}
