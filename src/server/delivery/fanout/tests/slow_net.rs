//! A network under virtual time, on which every write takes time and as many bytes as the connection has room for.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::rc::Rc;

use super::super::super::manual_host::ManualHost;
use super::super::super::network::{ConnectionToken, Interest, Network, NewSubscriber};
use super::super::*;
use crate::hub::{CacheBudget, Framing, Hub, MAX_REPLAYS, ReplayOptions, SubscribeRequest, Wall};
use crate::playback::Speed;
use crate::scenario::Timeline;
use crate::server::internals::parse_parameters;
use crate::server::link::HandedOver;

/// One end of a connection: the server's, and the test's.
#[derive(Clone)]
pub(super) struct FakeSocket(Rc<State>);

struct State {
    clock: Rc<Cell<Instant>>,
    cost: Cell<Duration>,
    framing: Framing,
    taken: RefCell<Vec<u8>>,
    /// For each write its instant, and how many bytes had been taken in all.
    writes: RefCell<Vec<(Instant, usize)>>,
    room: Cell<usize>,
    said: RefCell<VecDeque<Vec<u8>>>,
    hung_up: Cell<bool>,
    watched: Cell<Option<(ConnectionToken, Interest)>>,
}

/// A frame that a line has taken.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ReceivedFrame {
    pub(super) kind: String,
    pub(super) n: u64,
    pub(super) text: String,
}

impl FakeSocket {
    pub(super) fn give_room(&self, bytes: usize) {
        self.0.room.set(bytes);
    }

    pub(super) fn make_fast(&self) {
        self.0.cost.set(Duration::ZERO);
    }

    /// Sends a line of text as a message.
    pub(super) fn say(&self, text: &str) {
        let mut frame = vec![0x81, 0x80 | u8::try_from(text.len()).expect("short"), 0, 0, 0, 0];
        frame.extend_from_slice(text.as_bytes());
        self.0.said.borrow_mut().push_back(frame);
    }

    pub(super) fn hang_up(&self) {
        self.0.hung_up.set(true);
    }

    pub(super) fn has_left(&self) -> bool {
        self.0.hung_up.get()
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.0.taken.borrow().clone()
    }

    pub(super) fn writes(&self) -> Vec<(Instant, usize)> {
        self.0.writes.borrow().clone()
    }

    /// All complete frames; for a stream of lines, the closing frame included.
    pub(super) fn received(&self) -> Vec<ReceivedFrame> {
        let taken = self.bytes();
        let mut rest = &taken[..];
        let mut texts = Vec::new();
        while !rest.is_empty() {
            if self.0.framing == Framing::Lines {
                let Some(end) = memchr::memchr(b'\n', rest) else { break };
                texts.push(&rest[..end]);
                rest = &rest[end + 1..];
                continue;
            }
            let [opcode, short, ..] = *rest else { break };
            let (from, length) = match short {
                126 if rest.len() >= 4 => (4, usize::from(u16::from_be_bytes([rest[2], rest[3]]))),
                127 if rest.len() >= 10 => {
                    (10, usize::try_from(u64::from_be_bytes(rest[2..10].try_into().expect("eight"))).expect("fits"))
                }
                126 | 127 => break,
                short => (2, usize::from(short)),
            };
            assert!(matches!(opcode, 0x81 | 0x88..=0x8a), "no beginning of a frame: {opcode:#x}");
            if rest.len() < from + length {
                break;
            }
            if opcode == 0x81 {
                texts.push(&rest[from..from + length]);
            }
            rest = &rest[from + length..];
        }
        let received = |text: &[u8]| {
            let text = String::from_utf8(text.to_vec()).expect("text");
            let after = |mark: &str| text.split_once(mark).map(|(_, rest)| rest);
            let kind = after(r#"{"kind":""#).and_then(|rest| rest.split('"').next()).expect("a kind").to_owned();
            let digits = after(r#""n":"#).and_then(|rest| rest.split([',', '}']).next());
            ReceivedFrame { kind, n: digits.and_then(|n| n.parse().ok()).unwrap_or(0), text }
        };
        texts.into_iter().map(received).collect()
    }
}

impl Read for FakeSocket {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.has_left() {
            return Ok(0);
        }
        match self.0.said.borrow_mut().pop_front() {
            Some(said) => {
                bytes[..said.len()].copy_from_slice(&said);
                Ok(said.len())
            }
            None => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl Write for FakeSocket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.clock.set(self.0.clock.get() + self.0.cost.get());
        let taken = &bytes[..bytes.len().min(self.0.room.get())];
        self.0.room.set(self.0.room.get() - taken.len());
        if taken.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.0.taken.borrow_mut().extend_from_slice(taken);
        self.0.writes.borrow_mut().push((self.0.clock.get(), self.0.taken.borrow().len()));
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) struct SlowNet {
    clock: Rc<Cell<Instant>>,
    /// How much time passes with each call of `now`.
    pub(super) look: Duration,
}

impl Network for SlowNet {
    type Socket = FakeSocket;

    fn now(&self) -> Instant {
        self.clock.set(self.clock.get() + self.look);
        self.clock.get()
    }

    fn register(&mut self, line: &FakeSocket, token: ConnectionToken, interest: Interest) -> io::Result<()> {
        line.0.watched.set(Some((token, interest)));
        Ok(())
    }

    fn reregister(&mut self, line: &FakeSocket, token: ConnectionToken, interest: Interest) -> io::Result<()> {
        line.0.watched.set(Some((token, interest)));
        Ok(())
    }

    fn shutdown_write(&mut self, _: &mut FakeSocket) {}

    fn hand_over(&mut self, _: HandedOver<FakeSocket>) {}

    fn refuse(&mut self, _: FakeSocket, _: Option<Vec<u8>>) {}
}

/// Replays on such a network.
pub(super) struct World {
    pub(super) fanout: Fanout<SlowNet>,
    pub(super) hub: Arc<Hub>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) lines: Vec<FakeSocket>,
    manual_host: Arc<ManualHost>,
    clock: Rc<Cell<Instant>>,
    cost: Duration,
}

impl World {
    /// A network on which every write takes so long.
    pub(super) fn new(cost: Duration) -> Self {
        let manual_host = Arc::<ManualHost>::default();
        let hub = Hub::with_runner(manual_host.clone(), CacheBudget::default(), MAX_REPLAYS);
        let clock = Rc::new(Cell::new(Instant::now()));
        let metrics = Arc::<Metrics>::default();
        let timing =
            Timing { silence: Duration::from_secs(9_999), stall: Duration::from_secs(9_999), ..Timing::default() };
        let net = SlowNet { clock: clock.clone(), look: Duration::ZERO };
        let fanout = Fanout::new(net, timing, Waker::noop().clone(), Arc::default(), metrics.clone());
        Self { fanout, hub, metrics, lines: Vec::new(), manual_host, clock, cost }
    }

    pub(super) fn open(&mut self, name: &str, timeline: &Arc<Timeline>, speed: f64, wait_for: usize) -> Replay {
        let mut options = ReplayOptions { wait_for, ..ReplayOptions::default() };
        let time = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_327_200);
        options.wall = Wall::Fixed { instant: self.now(), time };
        options.playback.speed = Speed::new(speed).expect("a speed");
        let opened = self.hub.open(name, timeline.clone(), options).expect("a replay");
        let driver = self.manual_host.0.lock().remove(0);
        // The replay was created at a real instant: its ticks are to have the same phase on this clock in each run.
        self.wait_until(Instant::now());
        self.fanout.add_driver(driver);
        opened.replay
    }

    pub(super) fn join(&mut self, replay: &Replay, query: &str, framing: Framing) -> FakeSocket {
        let line = FakeSocket(Rc::new(State {
            clock: self.clock.clone(),
            cost: Cell::new(self.cost),
            framing,
            taken: RefCell::default(),
            writes: RefCell::default(),
            room: Cell::new(usize::MAX),
            said: RefCell::default(),
            hung_up: Cell::new(false),
            watched: Cell::new(None),
        }));
        let mut join =
            SubscribeRequest { control: true, ..parse_parameters(query, &replay.timeline()).expect("parameters") };
        join.options.framing = framing;
        self.fanout.join(NewSubscriber {
            socket: line.clone(),
            response_head: Vec::new(),
            leftover: Vec::new(),
            replay: replay.clone(),
            join,
            message_bytes: 64 << 10,
            permit: None,
        });
        self.lines.push(line.clone());
        line
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.get()
    }

    pub(super) fn wait_until(&mut self, at: Instant) {
        self.clock.set(self.clock.get().max(at));
    }

    /// Handles every connection that can be read or written. Returns whether there was one.
    pub(super) fn act(&mut self) -> bool {
        let mut acted = false;
        for line in &self.lines {
            let Some((token, interest)) = line.0.watched.get() else { continue };
            let readable = interest.read && (line.has_left() || !line.0.said.borrow().is_empty());
            let writable = interest.write && line.0.room.get() > 0;
            if (readable || writable) && self.fanout.connection(token).is_some() {
                self.fanout.on_ready(token, readable, writable);
                acted = true;
            }
        }
        acted
    }

    /// Runs until nothing more is due.
    pub(super) fn settle(&mut self) -> Option<Instant> {
        loop {
            let next = self.fanout.run_due();
            if !self.act() && next.is_none_or(|next| next > self.now()) {
                return next;
            }
        }
    }

    /// Runs until that instant, or until a turn has left a tick round unfinished. Returns whether it did the latter.
    pub(super) fn run(&mut self, until: Instant, stop_at_ticks: bool) -> bool {
        while self.now() < until {
            let next = self.fanout.run_due();
            if stop_at_ticks && self.has_unfinished_ticks() {
                return true;
            }
            if !self.act() && next.is_none_or(|next| next > self.now()) {
                self.wait_until(next.map_or(until, |next| next.min(until)));
            }
        }
        false
    }

    pub(super) fn has_unfinished_ticks(&self) -> bool {
        let mut cohorts = self.fanout.replays.iter().flat_map(|(_, hosted)| &hosted.cohorts);
        cohorts.any(|(_, cohort)| cohort.ticking.is_some())
    }

    /// A counter of the page that sums over all labels.
    pub(super) fn counted(&self, name: &str) -> u64 {
        let page = self.metrics.page(&self.hub, None);
        let samples = page.lines().filter(|line| line.starts_with(&format!("{name}{{")));
        samples.map(|line| line.rsplit(' ').next().and_then(|value| value.parse::<u64>().ok()).expect("a count")).sum()
    }
}
