//! The subscriber writer over a socket that accepts partial writes: the stream is correct however few bytes each write accepts.
//!
//! The bytes are decoded as a client of each framing does, and the frames compared with the list of expected ones, made from the
//! timeline and the filter alone.

use std::io::{self, IoSlice};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;
use tokio::time::Instant;
use touchline::CloseCode;
use touchline::internals::hub::{Framing, PumpResult, SentTotals, SubscribeRequest, SubscriberWriter, TryWrite};
use touchline::internals::server::parse_parameters;
use touchline::playback::{Command, Speed};
use touchline::replay::ReplayOptions;
use touchline::scenario::{SHIPPED, Scenario, Timeline};

use super::fold::{Fold, read, shown};
use super::harness::Harness;
use super::pipes::DeliveryMode;
use super::wire::{FRAMINGS, Received, StreamDecoder};

/// Seven copies of the flagship match in parallel: three segments of cues, and instants with seven of them.
static SEASON: LazyLock<Arc<Timeline>> = LazyLock::new(|| copies(7));
static FLAGSHIP: LazyLock<Arc<Timeline>> = LazyLock::new(|| copies(1));
static ROUND: LazyLock<Arc<Timeline>> = LazyLock::new(|| Arc::new(Timeline::new(&SHIPPED[1].load().expect("shipped"))));

fn copies(count: usize) -> Arc<Timeline> {
    let copy = |at: usize| {
        let text = SHIPPED[0].text().replace("juv-nap", &format!("copy-{at}"));
        Scenario::parse("a copy", &text).expect("a scenario")
    };
    Arc::new(Timeline::new(&Scenario::merge((0..count).map(copy).collect()).expect("matches that differ")))
}

/// A socket that accepts only as many bytes as it is allowed.
#[derive(Default)]
struct LimitedWriter {
    leave: usize,
    taken: Vec<u8>,
}

impl TryWrite for LimitedWriter {
    fn try_write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        assert!(buffers.iter().any(|buffer| !buffer.is_empty()), "nothing to write is not to be written");
        let before = self.taken.len();
        for buffer in buffers {
            let bytes = buffer.len().min(self.leave);
            self.taken.extend_from_slice(&buffer[..bytes]);
            self.leave -= bytes;
        }
        match self.taken.len() - before {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            taken => Ok(taken),
        }
    }
}

/// The frames among complete WebSocket bytes; a close as `closed 1000`.
fn frames(bytes: &mut Vec<u8>) -> Vec<String> {
    let mut decoder = StreamDecoder::of(Framing::WebSocket);
    let received = decoder.feed(&std::mem::take(bytes)).into_iter().map(Received::text).collect();
    assert!(decoder.is_whole(), "whole frames only");
    received
}

/// The filter of a subscription, in the terms of the protocol.
#[derive(Debug, Clone, Default)]
struct Filter {
    matches: Option<Vec<String>>,
    types: Option<Vec<String>>,
}

impl Filter {
    fn follows_everything(&self) -> bool {
        self.matches.is_none() && self.types.is_none()
    }

    fn query(&self) -> String {
        let named = |name: &str, words: &Option<Vec<String>>| {
            words.as_ref().map(|words| format!("{name}={}&", words.join(","))).unwrap_or_default()
        };
        named("match", &self.matches) + &named("types", &self.types)
    }

    /// All frames that the filter selects from a timeline: kind and `n`.
    fn expected(&self, timeline: &Timeline) -> Vec<(&'static str, u64)> {
        let mut expected = Vec::new();
        for (index, cue) in timeline.cues().iter().enumerate() {
            let n = index as u64 + 1;
            let id = timeline.tracks()[usize::from(cue.track)].fixture.id.as_str();
            let follows = self.matches.as_ref().is_none_or(|matches| matches.iter().any(|word| word == id));
            let kind = cue.event.kind.as_str();
            let selected = self.types.as_ref().is_none_or(|types| types.iter().any(|word| word == kind));
            if follows && selected {
                expected.push(("event", n));
            }
            // Each timeline here has one competition.
            if cue.table.is_some() {
                expected.push(("table", n));
            }
            if cue.last && follows {
                expected.push(("end", n));
            }
        }
        expected
    }
}

/// Checks every frame of a stream as a strict client.
struct StreamChecker {
    timeline: Arc<Timeline>,
    expected: Vec<(&'static str, u64)>,
    stamped: bool,
    /// The suffix of SSE ids after the cursor, if there are ids.
    ids: Option<&'static str>,
    /// The position in `expected`; unknown until a frame states it.
    place: Option<usize>,
    run: String,
    epoch: u64,
    n: Option<u64>,
    opened: bool,
    resumed: bool,
    tables: bool,
    closed: bool,
    version: u64,
    at: i64,
    fold: Fold,
    log: Vec<String>,
    /// The last event received on this connection in this epoch; 0 for none.
    last_event: u64,
}

impl StreamChecker {
    fn new(timeline: &Arc<Timeline>, filter: &Filter, stamped: bool, tables: bool, ids: Option<&'static str>) -> Self {
        Self {
            timeline: timeline.clone(),
            expected: filter.expected(timeline),
            stamped,
            ids,
            place: None,
            run: String::new(),
            epoch: 0,
            n: None,
            opened: false,
            resumed: false,
            tables,
            closed: false,
            version: 0,
            at: 0,
            fold: Fold::default(),
            log: Vec::new(),
            last_event: 0,
        }
    }

    /// The position in `expected` of the first frame with a greater `n`.
    fn after(&self, n: u64) -> usize {
        self.expected.partition_point(|(_, expected)| *expected <= n)
    }

    fn next_expected(&self) -> Option<(&'static str, u64)> {
        self.expected.get(self.place?).copied()
    }

    fn enter(&mut self, epoch: u64) {
        assert!(epoch > self.epoch, "epoch {epoch} after {}", self.epoch);
        (self.epoch, self.n, self.place, self.last_event) = (epoch, None, None, 0);
        self.at = i64::MIN;
    }

    /// The last frames, in short.
    fn log(&self) -> String {
        self.log[self.log.len().saturating_sub(12)..].join("\n")
    }

    fn check(&mut self, received: Received) {
        assert!(!self.closed, "after the goodbye:\n{}", self.log());
        match received {
            Received::Frame(text, id) => {
                let kind = text.split('"').nth(3).unwrap_or_default();
                if kind == "close" {
                    self.closed = true;
                } else {
                    self.take(&text);
                }
                let tells = self.ids.filter(|_| kind == "event" || kind == "tick");
                let place = tells.and_then(|name| Some(self.cursor()? + name));
                assert_eq!(id, place, "the place that it tells:\n{}\n{text}", self.log());
            }
            Received::Closed(_) => self.closed = true,
            Received::Retry(millis) => {
                assert!(self.ids.is_some() && !self.opened && millis == 1_000, "sent first, once")
            }
            Received::Comment(_) => panic!("nothing was asked to be kept alive"),
        }
    }

    fn take(&mut self, text: &str) {
        let frame = read(text).expect("a frame");
        self.fold.take_read(&frame);
        self.log.push(text.chars().take(110).collect());
        let kind = frame["kind"].as_str().expect("a kind");
        assert_eq!(kind == "hello", !self.opened, "hello is the first and the only:\n{}", self.log());
        let n = frame["n"].as_u64();
        match kind {
            "hello" => {
                self.last_event = 0;
                // The cursor may lie before the last change it has received.
                (self.opened, self.resumed, self.at) = (true, frame["resumed"] == "ok", i64::MIN);
                (self.run, self.version) = (
                    frame["run"].as_str().expect("a run").to_owned(),
                    frame["playback"]["version"].as_u64().expect("a version"),
                );
                let epoch = frame["epoch"].as_u64().expect("an epoch");
                match &frame["resumed"] {
                    Value::String(resumed) if resumed == "ok" => assert_eq!(epoch, self.epoch),
                    _ => {
                        self.epoch = epoch;
                        (self.n, self.place) = (None, None);
                    }
                }
            }
            "playback" => {
                let epoch = frame["epoch"].as_u64().expect("an epoch");
                let version = frame["version"].as_u64().expect("a version");
                assert!(version > self.version, "version {version} again:\n{}", self.log());
                self.version = version;
                if epoch != self.epoch {
                    self.enter(epoch);
                }
                // A playback change is sent after everything due before it, and before everything due after it.
                let at = frame["at"].as_i64().expect("an instant");
                // Toggling the loop leaves the clock alone.
                if frame["cause"] != "loop" || self.at == i64::MIN {
                    assert!(at >= self.at, "what was due before it comes after it:\n{}", self.log());
                    self.at = at;
                }
            }
            "snapshot" => {
                let n = n.expect("a number");
                if self.place.is_none() {
                    self.place = Some(self.after(n));
                } else {
                    assert!(n >= self.n.unwrap_or(0), "a state from the past:\n{}", self.log());
                }
            }
            // Part of the frames that open an epoch.
            "table" if self.tables && self.n.is_none() && self.next_expected() != n.map(|n| ("table", n)) => {
                self.place = self.place.or(n.map(|n| self.after(n)));
            }
            "event" | "table" | "end" => {
                let n = n.expect("a number");
                if kind != "event" && self.resumed && self.n == Some(n) {
                    return;
                }
                self.resumed = false;
                let found = self.expected.iter().position(|expected| (expected.0, expected.1) == (kind, n));
                if found.is_none() && kind != "event" && self.n == Some(n) {
                    // The table of an event follows it, even if the filter has changed since.
                    return;
                }
                let found = found.unwrap_or_else(|| panic!("unexpected:\n{}", self.log()));
                if let Some(place) = self.place {
                    assert_eq!(found, place, "{:?} was expected:\n{}", self.expected.get(place), self.log());
                }
                self.place = Some(found + 1);
                self.n = Some(n);
                if kind == "event" {
                    self.last_event = n;
                    assert_eq!(frame.get("emitted").is_some(), self.stamped, "stamped or not:\n{}", self.log());
                    let at = frame["at"].as_i64().expect("an instant");
                    assert!(at >= self.at, "it was due before the change that precedes it:\n{}", self.log());
                    self.at = at;
                }
            }
            "tick" => {
                let n = n.expect("a number");
                assert!(n >= self.n.unwrap_or(0), "a tick from the past:\n{}", self.log());
                if let Some(place) = self.place {
                    assert!(place >= self.after(n), "{:?} was expected:\n{}", self.expected.get(place), self.log());
                }
                (self.n, self.place) = (Some(n), Some(self.after(n)));
            }
            _ => {}
        }
    }

    fn cursor(&self) -> Option<String> {
        self.n.map(|n| format!("{}.{}.{n}", self.run, self.epoch))
    }
}

#[derive(Debug, Clone)]
enum Action {
    Wait(u64),
    Command(String),
    Take(usize),
    Subscribe(Filter),
    Reconnect(Filter),
}

fn filter() -> impl Strategy<Value = Filter> {
    let types = prop::sample::subsequence(vec!["goal", "foul", "match_end", "commentary", "substitution"], 1..4);
    let words = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let matches = prop::collection::vec(0usize..7, 1..4);
    (prop::option::weighted(0.4, matches), prop::option::weighted(0.4, types)).prop_map(move |(matches, types)| {
        Filter {
            // Numbers stand for matches until the timeline is known.
            matches: matches.map(|matches| matches.into_iter().map(|at| at.to_string()).collect()),
            types: types.map(words),
        }
    })
}

fn action() -> impl Strategy<Value = Action> {
    let command = prop_oneof![
        (0u32..100).prop_map(|percent| format!("seek {percent}%")),
        Just("pause".to_owned()),
        Just("play".to_owned()),
        Just("restart".to_owned()),
        (1u32..300).prop_map(|cues| format!("step {cues}")),
        Just("loop on".to_owned()),
        Just("speed max".to_owned()),
        (1u32..9_000).prop_map(|speed| format!("speed {speed}")),
        Just("pace highlights".to_owned()),
    ];
    prop_oneof![
        3 => (1u64..8_000).prop_map(Action::Wait),
        3 => command.prop_map(Action::Command),
        4 => prop_oneof![0usize..40, 0usize..3_000, 0usize..200_000].prop_map(Action::Take),
        1 => filter().prop_map(Action::Subscribe),
        1 => filter().prop_map(Action::Reconnect),
    ]
}

/// Matches by name instead of number.
fn named(filter: Filter, timeline: &Timeline) -> Filter {
    let name = |at: String| {
        let at: usize = at.parse().expect("a number");
        timeline.tracks()[at % timeline.tracks().len()].fixture.id.as_str().to_owned()
    };
    Filter { matches: filter.matches.map(|matches| matches.into_iter().map(name).collect()), ..filter }
}

struct Session {
    harness: Harness,
    outbound: SubscriberWriter,
    outlet: LimitedWriter,
    /// What has been sent, as counted by the client.
    counted: SentTotals,
    decoder: StreamDecoder,
    names_replay: bool,
    checker: StreamChecker,
    filter: Filter,
    /// Whether the filter has always selected everything, so that the fold must equal the state.
    everything: bool,
}

impl Session {
    fn join(&self, query: &str) -> SubscribeRequest {
        let mut join = parse_parameters(query, &self.harness.replay.timeline()).expect("parameters");
        (join.options.framing, join.options.names_replay) = (self.framing(), self.names_replay);
        join
    }

    fn framing(&self) -> Framing {
        self.outbound.options().framing
    }

    fn follow(&mut self, filter: Filter) {
        self.filter = named(filter, &self.harness.replay.timeline());
        self.everything &= self.filter.follows_everything();
    }

    fn pump(&mut self, leave: usize) -> PumpResult {
        self.outlet.leave = leave;
        let view = self.harness.replay.status(Instant::now().into_std());
        let now = Instant::now().into_std();
        let (mut twin, before) = (self.outbound.clone(), self.outlet.taken.len());
        let progress = loop {
            match self.outbound.pump(&view, now, &mut self.outlet).expect("no error") {
                PumpResult::More => {}
                progress => break progress,
            }
        };
        // A clone writes the same bytes for the same status, however small the writes: grouped subscribers rely on it.
        let written = &self.outlet.taken[before..];
        let mut outlet = LimitedWriter::default();
        for piece in written.chunks(1 + written.len() / 7) {
            outlet.leave = piece.len();
            while outlet.leave > 0 {
                twin.pump(&view, now, &mut outlet).expect("no error");
            }
        }
        assert!(outlet.taken == written, "a copy wrote something else");
        if progress == PumpResult::Idle {
            assert_eq!(self.outbound.lag(&view), 0);
        }
        progress
    }

    fn read(&mut self) {
        self.counted.bytes += self.outlet.taken.len() as u64;
        for received in self.decoder.feed(&std::mem::take(&mut self.outlet.taken)) {
            let Received::Frame(frame, _) = &received else {
                self.checker.check(received);
                continue;
            };
            self.counted.frames += 1;
            self.counted.resyncs += u64::from(frame.contains(r#""cause":"resync""#));
            // From here on another list is expected, from the current position or a little before.
            if frame.starts_with(r#"{"kind":"reply","id":"other""#) {
                let table =
                    self.checker.next_expected().filter(|(kind, n)| *kind == "table" && Some(*n) == self.checker.n);
                self.checker.expected = self.filter.expected(&self.checker.timeline);
                // The table of an event already sent still follows.
                self.checker.place =
                    table.and_then(|table| self.checker.expected.iter().position(|expected| *expected == table));
            }
            self.checker.check(received);
        }
        assert_eq!(self.counted.bytes, self.outbound.sent().bytes);
        let (sent, lag) =
            (self.outbound.sent_mark(), self.outbound.lag(&self.harness.replay.status(Instant::now().into_std())));
        // At a frame boundary, but not between hello or the first frame of an epoch and the rest of the opening.
        if self.decoder.is_whole() && lag == 0 && sent.epoch == self.checker.epoch && self.checker.opened {
            assert_eq!(u64::from(sent.last_event), self.checker.last_event, "the last event that was sent");
        }
    }

    /// Reads all written bytes, which must be whole frames.
    fn read_all(&mut self) {
        self.read();
        assert!(self.decoder.is_whole(), "whole frames only");
        let sent = self.outbound.sent();
        // If yet another epoch begins, that one is sent.
        assert!(self.counted.resyncs <= sent.resyncs);
        assert_eq!(SentTotals { resyncs: sent.resyncs, ..self.counted }, sent);
    }

    async fn perform(&mut self, action: Action, stamp: bool, snapshot: bool) {
        let timeline = self.harness.replay.timeline().clone();
        match action {
            Action::Wait(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
            Action::Command(line) => {
                let command = Command::parse_line(&line).expect("a command");
                if let Ok(answer) = self.harness.control.apply(command).await
                    && self.framing().is_two_way()
                {
                    self.outbound.reply(None, &answer);
                }
            }
            Action::Take(bytes) => {
                self.pump(bytes);
                self.read();
            }
            Action::Subscribe(_) if !self.framing().is_two_way() => {}
            Action::Subscribe(filter) => {
                // One at a time, so that the checker can match replies.
                self.pump(usize::MAX);
                self.read();
                tokio::time::sleep(Duration::from_millis(700)).await;
                self.pump(1_000);
                self.follow(filter);
                let join = self.join(&self.filter.query());
                self.outbound.subscribe(Some("\"other\""), join.options.filter);
            }
            Action::Reconnect(filter) => {
                self.pump(0);
                self.read();
                (self.decoder, self.counted) = (StreamDecoder::of(self.framing()), SentTotals::default());
                // A cursor is valid for the filter it was received with.
                let name = if self.names_replay { "@main" } else { "" };
                let since = self.checker.cursor().map(|cursor| format!("since={cursor}{name}&")).unwrap_or_default();
                if since.is_empty() {
                    self.follow(filter);
                    self.checker.place = None;
                }
                let view = self.harness.replay.status(Instant::now().into_std());
                let snapshot = if snapshot { "" } else { "&snapshot=off" };
                let query = format!("{since}{}stamp={}{snapshot}", self.filter.query(), u8::from(stamp));
                let now = Instant::now().into_std();
                self.outbound = SubscriberWriter::new(self.harness.replay.clone(), self.join(&query), &view, now);
                self.checker.expected = self.filter.expected(&timeline);
                (self.checker.opened, self.checker.last_event) = (false, 0);
                if let Some(n) = self.checker.n {
                    self.checker.place = Some(self.checker.after(n));
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_stream_is_correct_whatever_partial_writes_the_socket_accepts(
        season in any::<bool>(), stamp in any::<bool>(), snapshot in any::<bool>(), drain in any::<bool>(),
        framing in prop::sample::select(FRAMINGS.to_vec()), names_replay in any::<bool>(),
        first in filter(), actions in prop::collection::vec(action(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.expect("a runtime").block_on(async {
            let timeline = if season { SEASON.clone() } else { ROUND.clone() };
            let mut options = ReplayOptions::default();
            options.playback.speed = Speed::parse("600").expect("a speed");
            let harness = Harness::new(DeliveryMode::Tasks, timeline.clone(), options);
            // Acts as a subscriber: the replay wakes for each of its events.
            let mut observer = harness.replay.observe();
            observer.next().await;
            let filter = named(first, &timeline);
            let view = harness.replay.status(Instant::now().into_std());
            let off = if snapshot { "" } else { "&snapshot=off" };
            let query = format!("{}stamp={}{off}", filter.query(), u8::from(stamp));
            let mut join = parse_parameters(&query, &timeline).expect("parameters");
            (join.options.framing, join.options.names_replay) = (framing, names_replay);
            let outbound = SubscriberWriter::new(harness.replay.clone(), join, &view, Instant::now().into_std());
            let ids = (framing == Framing::Sse).then_some(if names_replay { "@main" } else { "" });
            let checker = StreamChecker::new(&timeline, &filter, stamp, snapshot, ids);
            let everything = filter.follows_everything();
            let (outlet, counted, decoder) = (LimitedWriter::default(), SentTotals::default(), StreamDecoder::of(framing));
            let mut session =
                Session { harness, outbound, outlet, counted, decoder, names_replay, checker, filter, everything };
            for action in actions {
                session.perform(action, stamp, snapshot).await;
            }
            if drain {
                assert_eq!(session.pump(usize::MAX), PumpResult::Idle);
                session.read_all();
                let head = session.harness.replay.status(Instant::now().into_std()).playhead.head;
                if let Some(place) = session.checker.place {
                    assert_eq!(place, session.checker.after(head.into()), "every expected frame has arrived");
                }
            }
            session.harness.stop();
            assert_eq!(session.pump(usize::MAX), PumpResult::Finished);
            session.read_all();
            assert!(session.checker.closed);
            if session.everything && snapshot && drain {
                assert!(session.checker.fold.faults.is_empty(), "{:?}", session.checker.fold.faults);
                let view = session.harness.replay.status(Instant::now().into_std());
                let frames = session.harness.replay.frames().clone();
                for track in 0..timeline.tracks().len() {
                    let detail = touchline::internals::dialect::native::SnapshotDetail::Key;
                    let snapshot = frames.snapshot(track, view.playhead.head as usize, detail);
                    let (id, state) = shown(std::str::from_utf8(snapshot.text()).expect("text"));
                    assert!(session.checker.fold.states().get(id.as_str()) == Some(&state), "{id} differs from the server's state");
                }
            }
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_subscribe_between_any_two_bytes_loses_nothing() {
    let timeline = FLAGSHIP.clone();
    for query in ["snapshot=off", "snapshot=off&stamp=1"] {
        let mut options = ReplayOptions::default();
        options.playback.from = Some(touchline::playback::Position::parse("89:07").expect("a position"));
        options.playback.paused = true;
        let harness = Harness::new(DeliveryMode::Tasks, timeline.clone(), options);
        let join = parse_parameters(query, &timeline).expect("parameters");
        let follow = join.options.filter.clone();
        let now = || Instant::now().into_std();
        let view = || harness.replay.status(now());
        let mut before = SubscriberWriter::new(harness.replay.clone(), join, &view(), now());
        let mut outlet = LimitedWriter { leave: usize::MAX, ..LimitedWriter::default() };
        assert_eq!(before.pump(&view(), now(), &mut outlet).expect("no error"), PumpResult::Idle);
        harness.control.apply(Command::parse_line("step").expect("a command")).await.expect("a step");
        // The kinds of the frames of the goal and its table, with a subscribe after this many of their bytes.
        let cut = |leave: usize| {
            let (mut outbound, mut outlet) = (before.clone(), LimitedWriter { leave, ..LimitedWriter::default() });
            outbound.pump(&view(), now(), &mut outlet).expect("no error");
            outbound.subscribe(None, follow.clone());
            outlet.leave = usize::MAX;
            assert_eq!(outbound.pump(&view(), now(), &mut outlet).expect("no error"), PumpResult::Idle);
            let bytes = outlet.taken.len();
            let kind = |frame: String| frame.split('"').nth(3).unwrap_or_default().to_owned();
            let kinds: Vec<String> = frames(&mut outlet.taken).into_iter().map(kind).collect();
            (kinds.into_iter().filter(|kind| kind != "reply").collect::<Vec<_>>(), bytes)
        };
        let (whole, bytes) = cut(usize::MAX);
        assert!(whole.contains(&"table".to_owned()), "{whole:?}");
        for leave in 0..bytes {
            assert_eq!(cut(leave).0, whole, "{query} {leave}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_resume_between_an_event_and_its_table_delivers_the_table() {
    let timeline = FLAGSHIP.clone();
    let mut options = ReplayOptions::default();
    options.playback.from = Some(touchline::playback::Position::parse("89:07").expect("a position"));
    let harness = Harness::new(DeliveryMode::Tasks, timeline.clone(), options);
    harness.settle().await;
    let view = harness.replay.status(Instant::now().into_std());
    let now = Instant::now().into_std();
    for (n, count) in [(86, 3), (87, 2)] {
        let since = format!("since={}.1.{n}", harness.replay.frames().run_text());
        let join = parse_parameters(&since, &timeline).expect("parameters");
        let mut outlet = LimitedWriter { leave: usize::MAX, ..LimitedWriter::default() };
        SubscriberWriter::new(harness.replay.clone(), join, &view, now)
            .pump(&view, now, &mut outlet)
            .expect("no error");
        let frames = frames(&mut outlet.taken);
        assert_eq!(frames.len(), count, "{frames:?}");
        assert!(frames[0].contains(r#""resumed":"ok""#), "{}", frames[0]);
        assert!(frames[count - 1].starts_with(r#"{"kind":"table","n":87"#), "{}", frames[count - 1]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_subscribe_sends_snapshots_of_the_named_matches() {
    let timeline = copies(25);
    let harness = Harness::new(DeliveryMode::Tasks, timeline.clone(), ReplayOptions::default());
    let mut outlet = LimitedWriter { leave: usize::MAX, ..LimitedWriter::default() };
    let view = harness.replay.status(Instant::now().into_std());
    let now = Instant::now().into_std();
    let mut outbound = SubscriberWriter::new(harness.replay.clone(), SubscribeRequest::default(), &view, now);
    outbound.pump(&view, now, &mut outlet).expect("no error");
    let snapshots = |outlet: &mut LimitedWriter| {
        frames(&mut outlet.taken).iter().filter(|frame| frame.starts_with(r#"{"kind":"snapshot""#)).count()
    };
    assert_eq!(snapshots(&mut outlet), 20);
    let last = parse_parameters("match=copy-24", &timeline).expect("parameters");
    outbound.subscribe(None, last.options.filter);
    outbound.pump(&view, now, &mut outlet).expect("no error");
    assert_eq!(snapshots(&mut outlet), 1);
}

#[tokio::test(start_paused = true)]
async fn multi_line_text_in_a_scenario_is_sent_in_one_line() {
    // CR is whitespace in JSON, but ends a line for some readers.
    let words = "\"type\":\"kick_off\",";
    let own = "\"type\":\"x_drone\",\"height\":[1,\r2],";
    let scenario = Scenario::parse("a drone", &SHIPPED[0].text().replacen(words, own, 1)).expect("a scenario");
    let timeline = Arc::new(Timeline::new(&scenario));
    let harness = Harness::new(DeliveryMode::Tasks, timeline.clone(), ReplayOptions::default());
    harness.control.apply(Command::parse_line("seek 100%").expect("a command")).await.expect("applied");
    let view = harness.replay.status(Instant::now().into_std());
    let now = Instant::now().into_std();
    let received = FRAMINGS.map(|framing| {
        let mut join = parse_parameters("since=start&snapshot=off", &timeline).expect("parameters");
        join.options.framing = framing;
        let mut outbound = SubscriberWriter::new(harness.replay.clone(), join, &view, now);
        assert_eq!(outbound.lag(&view) as usize, timeline.cues().len());
        let mut outlet = LimitedWriter { leave: usize::MAX, ..LimitedWriter::default() };
        while outbound.pump(&view, now, &mut outlet).expect("no error") == PumpResult::More {}
        let mut decoder = StreamDecoder::of(framing);
        let received: Vec<_> = decoder.feed(&outlet.taken).into_iter().map(Received::text).collect();
        assert!(decoder.is_whole());
        received.into_iter().filter(|received| received.starts_with(r#"{"kind":"event""#)).collect::<Vec<_>>()
    });
    assert_eq!(received[0].len(), timeline.cues().len());
    assert!(received[0].iter().any(|event| event.contains("\"height\":[1, 2]")), "{:?}", received[0].get(4));
    assert!(received[1] == received[0] && received[2] == received[0], "the same texts, however they are framed");
}

#[tokio::test(start_paused = true)]
async fn lag_is_the_number_of_events_still_to_deliver() {
    let timeline = FLAGSHIP.clone();
    let cues = u32::try_from(timeline.cues().len()).expect("a few");
    let mut options = ReplayOptions::default();
    options.playback.paused = true;
    let harness = Harness::new(DeliveryMode::Tasks, timeline, options);
    let now = || Instant::now().into_std();
    let view = || harness.replay.status(now());
    let send_command = async |line: &str| {
        let command = Command::parse_line(line).expect("a command");
        harness.control.apply(command).await.expect("applied");
    };
    let mut outbound = SubscriberWriter::new(harness.replay.clone(), SubscribeRequest::default(), &view(), now());
    let mut outlet = LimitedWriter { leave: usize::MAX, ..LimitedWriter::default() };
    outbound.pump(&view(), now(), &mut outlet).expect("no error");
    send_command("step 7").await;
    assert_eq!(outbound.lag(&view()), 7);
    // Part of a frame, then the rest.
    outlet.leave = 1;
    outbound.pump(&view(), now(), &mut outlet).expect("no error");
    assert_eq!(outbound.lag(&view()), 7);
    outlet.leave = usize::MAX;
    outbound.pump(&view(), now(), &mut outlet).expect("no error");
    assert_eq!(outbound.lag(&view()), 0);
    // A seek removes the events it skips from the lag; the rest of a lap counts.
    send_command("seek 50%").await;
    assert_eq!(outbound.lag(&view()), 0);
    outbound.pump(&view(), now(), &mut outlet).expect("no error");
    let half = view().playhead.head;
    for line in ["loop on", "speed 600", "play"] {
        send_command(line).await;
    }
    while view().playhead.epoch == 2 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(outbound.lag(&view()), cues - half + view().playhead.head);
    outbound.close(CloseCode::Gone);
    assert_eq!(outbound.lag(&view()), 0);
}
