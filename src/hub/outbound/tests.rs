//! Snapshots of many matches on their way to readers who take what they like.

use std::collections::HashMap;
use std::io::{self, IoSlice};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use serde_json::Value;
use tokio::time::Instant;

use super::*;
use crate::hub::framing::Framing;
use crate::hub::segment::SEGMENT_CUES;
use crate::hub::shelf::Shelf;
use crate::hub::{Follow, Hub, MAX_REPLAYS, Opened, ReplayOptions, Wall};
use crate::playback::{Options, Position, Speed};
use crate::scenario::{SHIPPED, Scenario, Timeline, merge};

const MATCHES: usize = 12;
/// How many bytes of snapshots there may be at one turn before the last.
const A_TURN: usize = 128 << 10;

/// The flagship so many times side by side.
static SEASON: LazyLock<Arc<Timeline>> = LazyLock::new(|| copies(MATCHES));

fn copies(count: usize) -> Arc<Timeline> {
    let copy = |at: usize| {
        let text = SHIPPED[0].text().replace("juv-nap", &format!("copy-{at}"));
        Scenario::parse("a copy", &text).expect("a scenario")
    };
    Arc::new(Timeline::new(&merge((0..count).map(copy).collect()).expect("matches that differ")))
}

/// Takes as many bytes as it has room for.
#[derive(Default)]
struct Narrow {
    room: usize,
    taken: Vec<u8>,
}

impl Narrow {
    fn with_room(room: usize) -> Self {
        Self { room, taken: Vec::new() }
    }
}

impl Outlet for Narrow {
    fn try_write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let before = self.taken.len();
        for buffer in buffers {
            let bytes = buffer.len().min(self.room);
            self.taken.extend_from_slice(&buffer[..bytes]);
            self.room -= bytes;
        }
        match self.taken.len() - before {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            taken => Ok(taken),
        }
    }
}

/// A replay of the season that begins at a place, with so much room for snapshots and tables.
fn opened(from: &str, paused: bool, states: usize) -> Opened {
    opened_of(SEASON.clone(), from, paused, states)
}

fn opened_of(timeline: Arc<Timeline>, from: &str, paused: bool, states: usize) -> Opened {
    let hub = Hub::by_tasks(Shelf::with_budgets(64 << 20, states), MAX_REPLAYS);
    let from = Some(Position::parse(from).expect("a position"));
    let (instant, time) = (Instant::now().into_std(), SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_327_200));
    let options = ReplayOptions {
        playback: Options { from, paused, speed: Speed::parse("1").expect("a speed"), ..Options::default() },
        wall: Wall::Fixed { instant, time },
        ..ReplayOptions::default()
    };
    hub.open("main", timeline, options).expect("a replay")
}

/// Joins with a full snapshot of every match.
fn joined(replay: &Replay, framing: Framing) -> Outbound {
    let ids: Vec<String> = SEASON.tracks().iter().map(|track| track.fixture.id.as_str().to_owned()).collect();
    let follow = Follow::new(&SEASON, Some(&ids), None).expect("matches");
    let terms = Terms { follow, snapshot: Some(native::SnapshotDetail::Full), framing, ..Terms::default() };
    let view = replay.view(Instant::now().into_std());
    Outbound::join(replay.clone(), Join { terms, ..Join::default() }, &view, Instant::now().into_std())
}

fn pump(outbound: &mut Outbound, outlet: &mut Narrow) -> Progress {
    let view = outbound.replay.view(Instant::now().into_std());
    outbound.pump(&view, Instant::now().into_std(), outlet).expect("no error")
}

/// All that a reader gets who takes everything.
fn all_of(outbound: &mut Outbound) -> Vec<u8> {
    let mut outlet = Narrow::with_room(usize::MAX);
    while pump(outbound, &mut outlet) == Progress::More {}
    outlet.taken
}

const FRAMINGS: [Framing; 3] = [Framing::WebSocket, Framing::Sse, Framing::Lines];

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime")
}

/// How long the longest snapshot is, and what readers of each framing get who take everything at once.
static UNHINDERED: LazyLock<(usize, HashMap<Framing, Vec<u8>>)> = LazyLock::new(|| {
    runtime().block_on(async {
        let Opened { replay, .. } = opened("100%", true, 64 << 20);
        let all = FRAMINGS.map(|framing| (framing, all_of(&mut joined(&replay, framing))));
        (longest_state(&replay), all.into())
    })
});

fn longest_state(replay: &Replay) -> usize {
    let states = (0..MATCHES).map(|track| {
        let index = SEASON.cues().len();
        replay.frames().snapshot(track, index, native::SnapshotDetail::Full).websocket().len()
    });
    states.max().expect("some")
}

#[tokio::test(start_paused = true)]
async fn snapshots_are_encoded_one_after_another_as_they_are_sent() {
    let measured = opened("100%", true, 64 << 20);
    let longest = longest_state(&measured.replay);
    let Opened { replay, .. } = opened("100%", true, 64 << 20);
    let shelf = replay.frames().shelf().clone();
    let mut outbound = joined(&replay, Framing::WebSocket);
    assert_eq!(shelf.states_bytes(), 0, "nothing is encoded by joining");
    let mut outlet = Narrow::with_room(usize::MAX);
    let mut pumps = 1;
    loop {
        let before = shelf.states_bytes();
        let progress = pump(&mut outbound, &mut outlet);
        let encoded = shelf.states_bytes() - before;
        assert!(encoded < A_TURN + longest, "{encoded} bytes encoded at one turn");
        if progress == Progress::Idle {
            break;
        }
        assert_eq!(progress, Progress::More);
        pumps += 1;
    }
    assert!(shelf.states_bytes() > 2 * (A_TURN + longest) && pumps > 2, "{pumps} turns");
    // One who takes nothing beyond hello has one encoded, and no more.
    let before = shelf.states_bytes();
    let mut blocked = joined(&replay, Framing::Lines);
    let mut outlet = Narrow::with_room(20_000);
    assert_eq!(pump(&mut blocked, &mut outlet), Progress::Blocked);
    assert_eq!(shelf.states_bytes(), before, "those that are there are found again");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn blocked_readers_share_a_budget_and_receive_what_unhindered_ones_do(
        framings in prop::collection::vec(prop::sample::select(FRAMINGS.to_vec()), 1..6),
        frames in 0usize..4,
        turns in prop::collection::vec((0usize..6, prop_oneof![0usize..20, 0usize..9_000, 0usize..90_000]), 1..60),
    ) {
        let (longest, expected) = &*UNHINDERED;
        runtime().block_on(async {
            let longest = *longest;
            let tight = opened("100%", true, frames * longest);
            let shelf = tight.replay.frames().shelf().clone();
            let mut readers: Vec<_> =
                framings.iter().map(|framing| (joined(&tight.replay, *framing), Narrow::default())).collect();
            for (who, room) in turns {
                let (outbound, outlet) = &mut readers[who % framings.len()];
                outlet.room = room;
                pump(outbound, outlet);
                assert!(shelf.states_bytes() <= frames * longest, "beyond the budget");
            }
            for (framing, (mut outbound, mut outlet)) in framings.iter().zip(readers) {
                outlet.taken.extend(all_of(&mut outbound));
                assert!(expected[framing] == outlet.taken, "{framing:?}");
            }
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_in_the_middle_of_a_snapshot_holds_that_one_alone() {
    let Opened { replay, .. } = opened("100%", true, 64 << 20);
    let shelf = replay.frames().shelf().clone();
    let mut outbound = joined(&replay, Framing::WebSocket);
    let mut outlet = Narrow::with_room(usize::MAX);
    pump(&mut outbound, &mut outlet);
    outlet.room = 1;
    assert_eq!(pump(&mut outbound, &mut outlet), Progress::Blocked);
    // All that is kept for others goes; what a connection holds stays.
    let before = shelf.states_bytes();
    shelf.evict_states();
    let held = shelf.states_bytes();
    assert!(held > 0 && held <= longest_state(&opened("100%", true, 64 << 20).replay), "{held} of {before}");
    drop(outbound);
    assert_eq!(shelf.states_bytes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_filter_passes_over_so_many_cues_at_a_turn_whatever_was_encoded_before() {
    let timeline = copies(100);
    let cues = u32::try_from(timeline.cues().len()).expect("a few");
    let turns = |warm: bool, types: &str| {
        let Opened { replay, .. } = opened_of(timeline.clone(), "100%", true, 64 << 20);
        for segment in (0..timeline.cues().len().div_ceil(SEGMENT_CUES)).filter(|_| warm) {
            replay.frames().segment(segment);
        }
        let follow = Follow::new(&timeline, None, Some(&[types.to_owned()])).expect("a type");
        let terms = Terms { follow, snapshot: None, ticks: TickRate::Off, ..Terms::default() };
        let view = replay.view(Instant::now().into_std());
        let join = Join { terms, since: Some(Since::Start), ..Join::default() };
        let mut outbound = Outbound::join(replay.clone(), join, &view, Instant::now().into_std());
        let mut turns = Vec::new();
        loop {
            let (before, mut outlet) = (outbound.backlog.next(), Narrow::with_room(usize::MAX));
            let progress = pump(&mut outbound, &mut outlet);
            assert!(outbound.backlog.next() - before <= PASS_CUES);
            turns.push(outlet.taken);
            if progress == Progress::Idle {
                return turns;
            }
        }
    };
    for types in ["goal", "foul", "var"] {
        let cold = turns(false, types);
        assert!(cold.len() > 1 && cues > PASS_CUES, "{} turns", cold.len());
        assert!(cold == turns(true, types), "the same at each turn: {types}");
    }
}

/// The ticks among frames as WebSockets are sent them.
fn ticks(bytes: &[u8]) -> Vec<Value> {
    let text = String::from_utf8_lossy(bytes);
    let ticks = text.split(r#"{"kind":"tick""#).skip(1).map(|rest| {
        let end = rest.find("}}}}").expect("the end of a tick");
        serde_json::from_str(&format!(r#"{{"kind":"tick"{}}}}}}}}}"#, &rest[..end])).expect("a tick")
    });
    ticks.collect()
}

#[tokio::test(start_paused = true)]
async fn the_tick_that_opens_an_epoch_is_of_the_moment_at_which_it_is_sent() {
    let Opened { replay, .. } = opened("0%", false, 64 << 20);
    let _observer = replay.observe();
    tokio::time::sleep(Duration::from_millis(1)).await;
    let view = || replay.view(Instant::now().into_std());
    let (head, joined_at) = (view().playhead.head, Instant::now());
    for (later, told) in [(Duration::from_secs(3), true), (Duration::from_secs(40), false)] {
        let mut outbound = joined(&replay, Framing::WebSocket);
        let mut outlet = Narrow::with_room(60_000);
        assert_eq!(pump(&mut outbound, &mut outlet), Progress::Blocked);
        tokio::time::sleep(later).await;
        let now = Instant::now().into_std();
        let at = view().playhead.clock.media_time(now).as_millis();
        assert_eq!(view().playhead.head == head, told, "{:?} after it was joined", joined_at.elapsed());
        // The one that all are told is another.
        outbound.tick = view().tick.map_or(0, |tick| tick.serial);
        let told_now = ticks(&all_of(&mut outbound));
        let expected = told.then_some((u64::from(head), at));
        let seen = told_now.first().map(|tick| (tick["n"].as_u64().expect("n"), tick["at"].as_i64().expect("at")));
        assert_eq!((seen, told_now.len()), (expected, usize::from(told)));
    }
}
