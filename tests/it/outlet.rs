//! An outlet that takes what it likes: whatever is written when, the stream is the one that was promised.
//!
//! The bytes are read as a client of each framing does, and the frames held against a list of what is owed, made from the
//! timeline and the filter alone.

use std::io::{self, IoSlice};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;
use tokio::time::Instant;
use touchline::hub::{
    CloseCode, Framing, PumpResult, ReplayOptions, SentTotals, SubscribeRequest, SubscriberWriter, TryWrite,
};
use touchline::playback::{Command, Speed};
use touchline::scenario::{SHIPPED, Scenario, Timeline, merge};
use touchline::server::parse_parameters;

use super::fold::{Fold, shown};
use super::pipes::Served;
use super::stage::Stage;
use super::wire::{FRAMINGS, Told, Wire};

/// The flagship seven times side by side: three segments of cues, and instants with seven of them.
static SEASON: LazyLock<Arc<Timeline>> = LazyLock::new(|| copies(7));
static FLAGSHIP: LazyLock<Arc<Timeline>> = LazyLock::new(|| copies(1));
static ROUND: LazyLock<Arc<Timeline>> = LazyLock::new(|| Arc::new(Timeline::new(&SHIPPED[1].load().expect("shipped"))));

fn copies(count: usize) -> Arc<Timeline> {
    let copy = |at: usize| {
        let text = SHIPPED[0].text().replace("juv-nap", &format!("copy-{at}"));
        Scenario::parse("a copy", &text).expect("a scenario")
    };
    Arc::new(Timeline::new(&merge((0..count).map(copy).collect()).expect("matches that differ")))
}

/// Takes as many bytes as it is given leave for.
#[derive(Default)]
struct Narrow {
    leave: usize,
    taken: Vec<u8>,
}

impl TryWrite for Narrow {
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

/// The frames of a WebSocket whose bytes have all come; a close as `closed 1000`.
fn frames(bytes: &mut Vec<u8>) -> Vec<String> {
    let mut wire = Wire::of(Framing::WebSocket);
    let told = wire.take(&std::mem::take(bytes)).into_iter().map(Told::text).collect();
    assert!(wire.is_whole(), "whole frames only");
    told
}

/// What is followed, in the words of the wire.
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

    /// All that is owed of a timeline: kind and `n`.
    fn owed(&self, timeline: &Timeline) -> Vec<(&'static str, u64)> {
        let mut owed = Vec::new();
        for (index, cue) in timeline.cues().iter().enumerate() {
            let n = index as u64 + 1;
            let id = timeline.tracks()[usize::from(cue.track)].fixture.id.as_str();
            let follows = self.matches.as_ref().is_none_or(|matches| matches.iter().any(|word| word == id));
            let kind = cue.event.kind.as_str();
            let selected = self.types.as_ref().is_none_or(|types| types.iter().any(|word| word == kind));
            if follows && selected {
                owed.push(("event", n));
            }
            // One competition a timeline here.
            if cue.table.is_some() {
                owed.push(("table", n));
            }
            if cue.last && follows {
                owed.push(("end", n));
            }
        }
        owed
    }
}

/// Reads a stream as a client that trusts nobody.
struct Witness {
    timeline: Arc<Timeline>,
    owed: Vec<(&'static str, u64)>,
    stamped: bool,
    /// What ids look like behind the cursor, where there are ids.
    ids: Option<&'static str>,
    /// Where in `owed` it is; unknown until something tells.
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
    /// The last event that came on this connection in this epoch; 0: none did.
    last_event: u64,
}

impl Witness {
    fn new(timeline: &Arc<Timeline>, filter: &Filter, stamped: bool, tables: bool, ids: Option<&'static str>) -> Self {
        Self {
            timeline: timeline.clone(),
            owed: filter.owed(timeline),
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

    /// The place in `owed` from which all has `n` greater than this.
    fn after(&self, n: u64) -> usize {
        self.owed.partition_point(|(_, owed)| *owed <= n)
    }

    fn owed_next(&self) -> Option<(&'static str, u64)> {
        self.owed.get(self.place?).copied()
    }

    fn enter(&mut self, epoch: u64) {
        assert!(epoch > self.epoch, "epoch {epoch} after {}", self.epoch);
        (self.epoch, self.n, self.place, self.last_event) = (epoch, None, None, 0);
        self.at = i64::MIN;
    }

    fn hear(&mut self, told: Told) {
        let log = self.log[self.log.len().saturating_sub(12)..].join("\n");
        assert!(!self.closed, "after the goodbye:\n{log}");
        match told {
            Told::Frame(text, id) => {
                let kind = text.split('"').nth(3).unwrap_or_default();
                if kind == "close" {
                    self.closed = true;
                } else {
                    self.take(&text);
                }
                let tells = self.ids.filter(|_| kind == "event" || kind == "tick");
                let place = tells.and_then(|name| Some(self.cursor()? + name));
                assert_eq!(id, place, "the place that it tells:\n{log}\n{text}");
            }
            Told::Closed(_) => self.closed = true,
            Told::Retry(millis) => assert!(self.ids.is_some() && !self.opened && millis == 1_000, "told first, once"),
            Told::Comment(_) => panic!("nothing was asked to be kept alive"),
        }
    }

    fn take(&mut self, text: &str) {
        self.fold.take(text);
        self.log.push(text.chars().take(110).collect());
        let log = self.log[self.log.len().saturating_sub(12)..].join("\n");
        let frame: Value = serde_json::from_str(text).expect("a frame");
        let kind = frame["kind"].as_str().expect("a kind");
        assert_eq!(kind == "hello", !self.opened, "hello is the first and the only:\n{}", log);
        let n = frame["n"].as_u64();
        match kind {
            "hello" => {
                self.last_event = 0;
                // Its cursor may lie before the last change that it was told of.
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
                assert!(version > self.version, "version {version} again:\n{}", log);
                self.version = version;
                if epoch != self.epoch {
                    self.enter(epoch);
                }
                // A change is told after all that was due before it, and before all that was due after it.
                let at = frame["at"].as_i64().expect("an instant");
                // Looping is turned on and off without touching the clock.
                if frame["cause"] != "loop" || self.at == i64::MIN {
                    assert!(at >= self.at, "what was due before it comes after it:\n{}", log);
                    self.at = at;
                }
            }
            "snapshot" => {
                let n = n.expect("a number");
                if self.place.is_none() {
                    self.place = Some(self.after(n));
                } else {
                    assert!(n >= self.n.unwrap_or(0), "a state from the past:\n{}", log);
                }
            }
            // Part of what opens an epoch.
            "table" if self.tables && self.n.is_none() && self.owed_next() != n.map(|n| ("table", n)) => {
                self.place = self.place.or(n.map(|n| self.after(n)));
            }
            "event" | "table" | "end" => {
                let n = n.expect("a number");
                if kind != "event" && self.resumed && self.n == Some(n) {
                    return;
                }
                self.resumed = false;
                let found = self.owed.iter().position(|owed| (owed.0, owed.1) == (kind, n));
                if found.is_none() && kind != "event" && self.n == Some(n) {
                    // What belongs to an event comes with it, though something else is followed since.
                    return;
                }
                let found = found.unwrap_or_else(|| panic!("not owed:\n{}", log));
                if let Some(place) = self.place {
                    assert_eq!(found, place, "{:?} was owed:\n{}", self.owed.get(place), log);
                }
                self.place = Some(found + 1);
                self.n = Some(n);
                if kind == "event" {
                    self.last_event = n;
                    assert_eq!(frame.get("emitted").is_some(), self.stamped, "stamped or not:\n{}", log);
                    let at = frame["at"].as_i64().expect("an instant");
                    assert!(at >= self.at, "it was due before the change told before it:\n{}", log);
                    self.at = at;
                }
            }
            "tick" => {
                let n = n.expect("a number");
                assert!(n >= self.n.unwrap_or(0), "a tick from the past:\n{}", log);
                if let Some(place) = self.place {
                    assert!(place >= self.after(n), "{:?} was owed:\n{}", self.owed.get(place), log);
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
enum Act {
    Wait(u64),
    Tell(String),
    Take(usize),
    Subscribe(Filter),
    ComeBack(Filter),
}

fn filter() -> impl Strategy<Value = Filter> {
    let types = prop::sample::subsequence(vec!["goal", "foul", "match_end", "commentary", "substitution"], 1..4);
    let words = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let matches = prop::collection::vec(0usize..7, 1..4);
    (prop::option::weighted(0.4, matches), prop::option::weighted(0.4, types)).prop_map(move |(matches, types)| {
        Filter {
            // Numbers for now: which matches there are is not known yet.
            matches: matches.map(|matches| matches.into_iter().map(|at| at.to_string()).collect()),
            types: types.map(words),
        }
    })
}

fn act() -> impl Strategy<Value = Act> {
    let tell = prop_oneof![
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
        3 => (1u64..8_000).prop_map(Act::Wait),
        3 => tell.prop_map(Act::Tell),
        4 => prop_oneof![0usize..40, 0usize..3_000, 0usize..200_000].prop_map(Act::Take),
        1 => filter().prop_map(Act::Subscribe),
        1 => filter().prop_map(Act::ComeBack),
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

struct Play {
    stage: Stage,
    outbound: SubscriberWriter,
    outlet: Narrow,
    /// What it has written so far as the client has counted it.
    counted: SentTotals,
    wire: Wire,
    names_replay: bool,
    witness: Witness,
    filter: Filter,
    /// Whether it has followed everything all the time, so that a fold of it must hold.
    everything: bool,
}

impl Play {
    fn join(&self, query: &str) -> SubscribeRequest {
        let mut join = parse_parameters(query, self.stage.replay.timeline()).expect("parameters");
        (join.options.framing, join.options.names_replay) = (self.framing(), self.names_replay);
        join
    }

    fn framing(&self) -> Framing {
        self.outbound.options().framing
    }

    fn follow(&mut self, filter: Filter) {
        self.filter = named(filter, self.stage.replay.timeline());
        self.everything &= self.filter.follows_everything();
    }

    fn pump(&mut self, leave: usize) -> PumpResult {
        self.outlet.leave = leave;
        let view = self.stage.replay.status(Instant::now().into_std());
        let now = Instant::now().into_std();
        let (mut twin, before) = (self.outbound.clone(), self.outlet.taken.len());
        let progress = loop {
            match self.outbound.pump(&view, now, &mut self.outlet).expect("no error") {
                PumpResult::More => {}
                progress => break progress,
            }
        };
        // A copy writes the same by the same view, however little is taken at a time: those who are in step rely on it.
        let written = &self.outlet.taken[before..];
        let mut outlet = Narrow::default();
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
        for told in self.wire.take(&std::mem::take(&mut self.outlet.taken)) {
            let Told::Frame(frame, _) = &told else {
                self.witness.hear(told);
                continue;
            };
            self.counted.frames += 1;
            self.counted.resyncs += u64::from(frame.contains(r#""cause":"resync""#));
            // From here on another list is owed, from where it is or from a little before.
            if frame.starts_with(r#"{"kind":"reply","id":"other""#) {
                let table = self.witness.owed_next().filter(|(kind, n)| *kind == "table" && Some(*n) == self.witness.n);
                self.witness.owed = self.filter.owed(&self.witness.timeline);
                // But the table of an event that has been told comes all the same.
                self.witness.place = table.and_then(|table| self.witness.owed.iter().position(|owed| *owed == table));
            }
            self.witness.hear(told);
        }
        assert_eq!(self.counted.bytes, self.outbound.sent().bytes);
        let (told, lag) =
            (self.outbound.sent_mark(), self.outbound.lag(&self.stage.replay.status(Instant::now().into_std())));
        // Between two frames, and not between hello or a new epoch's first frame and what has been decided before it.
        if self.wire.is_whole() && lag == 0 && told.epoch == self.witness.epoch && self.witness.opened {
            assert_eq!(u64::from(told.last_event), self.witness.last_event, "the last event that was sent");
        }
    }

    /// Reads to the end of all that was written, where that is nothing but whole frames.
    fn read_all(&mut self) {
        self.read();
        assert!(self.wire.is_whole(), "whole frames only");
        let sent = self.outbound.sent();
        // Where yet another epoch begins, it is that which is told.
        assert!(self.counted.resyncs <= sent.resyncs);
        assert_eq!(SentTotals { resyncs: sent.resyncs, ..self.counted }, sent);
    }

    async fn act(&mut self, act: Act, stamp: bool, snapshot: bool) {
        let timeline = self.stage.replay.timeline().clone();
        match act {
            Act::Wait(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
            Act::Tell(line) => {
                let command = Command::parse_line(&line).expect("a command");
                let answer = self.stage.control.apply(command).await.expect("a replay");
                if let Ok(answer) = answer
                    && self.framing().is_two_way()
                {
                    self.outbound.reply(None, &answer);
                }
            }
            Act::Take(bytes) => {
                self.pump(bytes);
                self.read();
            }
            Act::Subscribe(_) if !self.framing().is_two_way() => {}
            Act::Subscribe(filter) => {
                // One at a time, so that the witness knows which reply is which.
                self.pump(usize::MAX);
                self.read();
                tokio::time::sleep(Duration::from_millis(700)).await;
                self.pump(1_000);
                self.follow(filter);
                let join = self.join(&self.filter.query());
                self.outbound.subscribe(Some("\"other\""), join.options.filter);
            }
            Act::ComeBack(filter) => {
                self.pump(0);
                self.read();
                (self.wire, self.counted) = (Wire::of(self.framing()), SentTotals::default());
                // A cursor is one of what was followed; of something else it tells nothing.
                let name = if self.names_replay { "@main" } else { "" };
                let since = self.witness.cursor().map(|cursor| format!("since={cursor}{name}&")).unwrap_or_default();
                if since.is_empty() {
                    self.follow(filter);
                    self.witness.place = None;
                }
                let view = self.stage.replay.status(Instant::now().into_std());
                let snapshot = if snapshot { "" } else { "&snapshot=off" };
                let query = format!("{since}{}stamp={}{snapshot}", self.filter.query(), u8::from(stamp));
                let now = Instant::now().into_std();
                self.outbound = SubscriberWriter::new(self.stage.replay.clone(), self.join(&query), &view, now);
                self.witness.owed = self.filter.owed(&timeline);
                (self.witness.opened, self.witness.last_event) = (false, 0);
                if let Some(n) = self.witness.n {
                    self.witness.place = Some(self.witness.after(n));
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_outlet_takes_the_stream_is_the_one_promised(
        season in any::<bool>(), stamp in any::<bool>(), snapshot in any::<bool>(), drain in any::<bool>(),
        framing in prop::sample::select(FRAMINGS.to_vec()), names_replay in any::<bool>(),
        first in filter(), acts in prop::collection::vec(act(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.expect("a runtime").block_on(async {
            let timeline = if season { SEASON.clone() } else { ROUND.clone() };
            let mut options = ReplayOptions::default();
            options.playback.speed = Speed::parse("600").expect("a speed");
            let stage = Stage::new(Served::ByTasks, timeline.clone(), options);
            // As a subscriber does: the replay is woken for each of its events.
            let mut observer = stage.replay.observe();
            observer.next().await;
            let filter = named(first, &timeline);
            let view = stage.replay.status(Instant::now().into_std());
            let off = if snapshot { "" } else { "&snapshot=off" };
            let query = format!("{}stamp={}{off}", filter.query(), u8::from(stamp));
            let mut join = parse_parameters(&query, &timeline).expect("parameters");
            (join.options.framing, join.options.names_replay) = (framing, names_replay);
            let outbound = SubscriberWriter::new(stage.replay.clone(), join, &view, Instant::now().into_std());
            let ids = (framing == Framing::Sse).then_some(if names_replay { "@main" } else { "" });
            let witness = Witness::new(&timeline, &filter, stamp, snapshot, ids);
            let everything = filter.follows_everything();
            let (outlet, counted, wire) = (Narrow::default(), SentTotals::default(), Wire::of(framing));
            let mut play =
                Play { stage, outbound, outlet, counted, wire, names_replay, witness, filter, everything };
            for act in acts {
                play.act(act, stamp, snapshot).await;
            }
            if drain {
                assert_eq!(play.pump(usize::MAX), PumpResult::Idle);
                play.read_all();
                let head = play.stage.replay.status(Instant::now().into_std()).playhead.head;
                if let Some(place) = play.witness.place {
                    assert_eq!(place, play.witness.after(head.into()), "everything owed has come");
                }
            }
            play.stage.stop();
            assert_eq!(play.pump(usize::MAX), PumpResult::Finished);
            play.read_all();
            assert!(play.witness.closed);
            if play.everything && snapshot && drain {
                assert!(play.witness.fold.faults.is_empty(), "{:?}", play.witness.fold.faults);
                let view = play.stage.replay.status(Instant::now().into_std());
                let frames = play.stage.replay.frames().clone();
                for track in 0..timeline.tracks().len() {
                    let detail = touchline::dialect::native::SnapshotDetail::Key;
                    let snapshot = frames.snapshot(track, view.playhead.head as usize, detail);
                    let (id, state) = shown(std::str::from_utf8(snapshot.text()).expect("text"));
                    assert!(play.witness.fold.states().get(id.as_str()) == Some(&state), "{id} is not as it is told");
                }
            }
        });
    }
}

/// What follows a snapshot of the flagship, told with a subscribe after so many bytes of the goal and its table.
async fn a_goal_cut_by_a_subscribe(query: &str, leave: usize) -> (Vec<String>, usize) {
    let timeline = FLAGSHIP.clone();
    let mut options = ReplayOptions::default();
    options.playback.from = Some(touchline::playback::Position::parse("89:07").expect("a position"));
    options.playback.paused = true;
    let stage = Stage::new(Served::ByTasks, timeline.clone(), options);
    let mut outlet = Narrow { leave: usize::MAX, ..Narrow::default() };
    let join = parse_parameters(query, &timeline).expect("parameters");
    let follow = join.options.filter.clone();
    let now = || Instant::now().into_std();
    let view = || stage.replay.status(now());
    let mut outbound = SubscriberWriter::new(stage.replay.clone(), join, &view(), now());
    assert_eq!(outbound.pump(&view(), now(), &mut outlet).expect("no error"), PumpResult::Idle);
    outlet.taken.clear();
    stage.control.apply(Command::parse_line("step").expect("a command")).await.expect("a replay").expect("a step");
    outlet.leave = leave;
    outbound.pump(&view(), now(), &mut outlet).expect("no error");
    outbound.subscribe(None, follow);
    outlet.leave = usize::MAX;
    assert_eq!(outbound.pump(&view(), now(), &mut outlet).expect("no error"), PumpResult::Idle);
    let bytes = outlet.taken.len();
    let kind = |frame: String| frame.split('"').nth(3).unwrap_or_default().to_owned();
    let kinds = frames(&mut outlet.taken).into_iter().map(kind).filter(|kind| kind != "reply").collect();
    (kinds, bytes)
}

#[tokio::test(start_paused = true)]
async fn a_subscribe_between_any_two_bytes_loses_nothing() {
    for query in ["snapshot=off", "snapshot=off&stamp=1"] {
        let (whole, bytes) = a_goal_cut_by_a_subscribe(query, usize::MAX).await;
        assert!(whole.contains(&"table".to_owned()), "{whole:?}");
        for leave in 0..bytes {
            assert_eq!(a_goal_cut_by_a_subscribe(query, leave).await.0, whole, "{query} {leave}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_was_cut_off_between_an_event_and_its_table_gets_the_table() {
    let timeline = FLAGSHIP.clone();
    let mut options = ReplayOptions::default();
    options.playback.from = Some(touchline::playback::Position::parse("89:07").expect("a position"));
    let stage = Stage::new(Served::ByTasks, timeline.clone(), options);
    stage.settle().await;
    let view = stage.replay.status(Instant::now().into_std());
    let now = Instant::now().into_std();
    for (n, told) in [(86, 3), (87, 2)] {
        let since = format!("since={}.1.{n}", stage.replay.run_text());
        let join = parse_parameters(&since, &timeline).expect("parameters");
        let mut outlet = Narrow { leave: usize::MAX, ..Narrow::default() };
        SubscriberWriter::new(stage.replay.clone(), join, &view, now).pump(&view, now, &mut outlet).expect("no error");
        let frames = frames(&mut outlet.taken);
        assert_eq!(frames.len(), told, "{frames:?}");
        assert!(frames[0].contains(r#""resumed":"ok""#), "{}", frames[0]);
        assert!(frames[told - 1].starts_with(r#"{"kind":"table","n":87"#), "{}", frames[told - 1]);
    }
}

#[tokio::test(start_paused = true)]
async fn of_many_matches_a_subscribe_tells_the_state_of_those_it_names() {
    let timeline = copies(25);
    let stage = Stage::new(Served::ByTasks, timeline.clone(), ReplayOptions::default());
    let mut outlet = Narrow { leave: usize::MAX, ..Narrow::default() };
    let view = stage.replay.status(Instant::now().into_std());
    let now = Instant::now().into_std();
    let mut outbound = SubscriberWriter::new(stage.replay.clone(), SubscribeRequest::default(), &view, now);
    outbound.pump(&view, now, &mut outlet).expect("no error");
    let snapshots = |outlet: &mut Narrow| {
        frames(&mut outlet.taken).iter().filter(|frame| frame.starts_with(r#"{"kind":"snapshot""#)).count()
    };
    assert_eq!(snapshots(&mut outlet), 20);
    let last = parse_parameters("match=copy-24", &timeline).expect("parameters");
    outbound.subscribe(None, last.options.filter);
    outbound.pump(&view, now, &mut outlet).expect("no error");
    assert_eq!(snapshots(&mut outlet), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_file_says_in_several_lines_is_told_in_one() {
    // CR is blank in JSON, and ends a line for some.
    let words = "\"type\":\"kick_off\",";
    let own = "\"type\":\"x_drone\",\"height\":[1,\r2],";
    let scenario = Scenario::parse("a drone", &SHIPPED[0].text().replacen(words, own, 1)).expect("a scenario");
    let timeline = Arc::new(Timeline::new(&scenario));
    let stage = Stage::new(Served::ByTasks, timeline.clone(), ReplayOptions::default());
    stage.control.apply(Command::parse_line("seek 100%").expect("a command")).await.expect("there").expect("applied");
    let view = stage.replay.status(Instant::now().into_std());
    let now = Instant::now().into_std();
    let told = FRAMINGS.map(|framing| {
        let mut join = parse_parameters("since=start&snapshot=off", &timeline).expect("parameters");
        join.options.framing = framing;
        let mut outbound = SubscriberWriter::new(stage.replay.clone(), join, &view, now);
        assert_eq!(outbound.lag(&view) as usize, timeline.cues().len());
        let mut outlet = Narrow { leave: usize::MAX, ..Narrow::default() };
        while outbound.pump(&view, now, &mut outlet).expect("no error") == PumpResult::More {}
        let mut wire = Wire::of(framing);
        let told: Vec<_> = wire.take(&outlet.taken).into_iter().map(Told::text).collect();
        assert!(wire.is_whole());
        told.into_iter().filter(|told| told.starts_with(r#"{"kind":"event""#)).collect::<Vec<_>>()
    });
    assert_eq!(told[0].len(), timeline.cues().len());
    assert!(told[0].iter().any(|event| event.contains("\"height\":[1, 2]")), "{:?}", told[0].get(4));
    assert!(told[1] == told[0] && told[2] == told[0], "the same texts, however they are framed");
}

#[tokio::test(start_paused = true)]
async fn how_far_a_reader_is_behind_is_what_it_has_still_to_come_to() {
    let timeline = FLAGSHIP.clone();
    let cues = u32::try_from(timeline.cues().len()).expect("a few");
    let mut options = ReplayOptions::default();
    options.playback.paused = true;
    let stage = Stage::new(Served::ByTasks, timeline, options);
    let now = || Instant::now().into_std();
    let view = || stage.replay.status(now());
    let tell = async |line: &str| {
        let command = Command::parse_line(line).expect("a command");
        stage.control.apply(command).await.expect("there").expect("applied");
    };
    let mut outbound = SubscriberWriter::new(stage.replay.clone(), SubscribeRequest::default(), &view(), now());
    let mut outlet = Narrow { leave: usize::MAX, ..Narrow::default() };
    outbound.pump(&view(), now(), &mut outlet).expect("no error");
    tell("step 7").await;
    assert_eq!(outbound.lag(&view()), 7);
    // As much as is not a whole frame, and then the rest.
    outlet.leave = 1;
    outbound.pump(&view(), now(), &mut outlet).expect("no error");
    assert_eq!(outbound.lag(&view()), 7);
    outlet.leave = usize::MAX;
    outbound.pump(&view(), now(), &mut outlet).expect("no error");
    assert_eq!(outbound.lag(&view()), 0);
    // What a seek goes past is not owed; the rest of a lap is.
    tell("seek 50%").await;
    assert_eq!(outbound.lag(&view()), 0);
    outbound.pump(&view(), now(), &mut outlet).expect("no error");
    let half = view().playhead.head;
    for line in ["loop on", "speed 600", "play"] {
        tell(line).await;
    }
    while view().playhead.epoch == 2 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(outbound.lag(&view()), cues - half + view().playhead.head);
    outbound.close(CloseCode::Gone);
    assert_eq!(outbound.lag(&view()), 0);
}
