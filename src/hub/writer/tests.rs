//! Snapshots of many matches, and subscribers that take as many bytes as they like.

use std::collections::HashMap;
use std::io::{self, IoSlice};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use serde_json::Value;
use tokio::time::Instant;

use super::*;
use crate::hub::cache_budget::CacheBudget;
use crate::hub::framing::Framing;
use crate::hub::segment::SEGMENT_CUES;
use crate::hub::{Filter, Hub, MAX_REPLAYS, Opened, ReplayOptions, Wall};
use crate::playback::{PlaybackOptions, Position, Speed};
use crate::scenario::{SHIPPED, Scenario, Timeline};

const MATCHES: usize = 12;
/// The bytes of snapshots in one call before the last snapshot.
const A_TURN: usize = 128 << 10;

/// The flagship so many times side by side.
static SEASON: LazyLock<Arc<Timeline>> = LazyLock::new(|| copies(MATCHES));

fn copies(count: usize) -> Arc<Timeline> {
    let copy = |at: usize| {
        let text = SHIPPED[0].text().replace("juv-nap", &format!("copy-{at}"));
        Scenario::parse("a copy", &text).expect("a scenario")
    };
    Arc::new(Timeline::new(&Scenario::merge((0..count).map(copy).collect()).expect("matches that differ")))
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

impl TryWrite for Narrow {
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

/// A replay of the season that begins at a place, with a limit for snapshots and tables.
fn opened(from: &str, paused: bool, states: usize) -> Opened {
    opened_of(SEASON.clone(), from, paused, states)
}

fn opened_of(timeline: Arc<Timeline>, from: &str, paused: bool, states: usize) -> Opened {
    let hub = Hub::with_limits(CacheBudget::with_budgets(64 << 20, states), MAX_REPLAYS);
    let from = Some(Position::parse(from).expect("a position"));
    let (instant, time) = (Instant::now().into_std(), SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_327_200));
    let options = ReplayOptions {
        playback: PlaybackOptions {
            from,
            paused,
            speed: Speed::parse("1").expect("a speed"),
            ..PlaybackOptions::default()
        },
        wall: Wall::Fixed { instant, time },
        ..ReplayOptions::default()
    };
    hub.open("main", timeline, options).expect("a replay")
}

/// Joins with a full snapshot of every match.
fn joined(replay: &Replay, framing: Framing) -> SubscriberWriter {
    let ids: Vec<String> = SEASON.tracks().iter().map(|track| track.fixture.id.as_str().to_owned()).collect();
    let filter = Filter::new(&SEASON, Some(&ids), None).expect("matches");
    let options = SubscribeOptions {
        filter,
        snapshot: Some(native::SnapshotDetail::Full),
        framing,
        ..SubscribeOptions::default()
    };
    let status = replay.status(Instant::now().into_std());
    SubscriberWriter::new(
        replay.clone(),
        SubscribeRequest { options, ..SubscribeRequest::default() },
        &status,
        Instant::now().into_std(),
    )
}

fn pump(writer: &mut SubscriberWriter, sink: &mut Narrow) -> PumpResult {
    let status = writer.replay.status(Instant::now().into_std());
    writer.pump(&status, Instant::now().into_std(), sink).expect("no error")
}

/// All bytes for a subscriber that takes everything.
fn all_of(writer: &mut SubscriberWriter) -> Vec<u8> {
    let mut sink = Narrow::with_room(usize::MAX);
    while pump(writer, &mut sink) == PumpResult::More {}
    sink.taken
}

const FRAMINGS: [Framing; 3] = [Framing::WebSocket, Framing::Sse, Framing::Lines];

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime")
}

/// The length of the longest snapshot, and for each framing what a subscriber receives that takes everything at once.
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
    let budget = replay.frames().budget().clone();
    let mut writer = joined(&replay, Framing::WebSocket);
    assert_eq!(budget.states_bytes(), 0, "nothing is encoded by joining");
    let mut sink = Narrow::with_room(usize::MAX);
    let mut pumps = 1;
    loop {
        let before = budget.states_bytes();
        let progress = pump(&mut writer, &mut sink);
        let encoded = budget.states_bytes() - before;
        assert!(encoded < A_TURN + longest, "{encoded} bytes encoded at one turn");
        if progress == PumpResult::Idle {
            break;
        }
        assert_eq!(progress, PumpResult::More);
        pumps += 1;
    }
    assert!(budget.states_bytes() > 2 * (A_TURN + longest) && pumps > 2, "{pumps} turns");
    // A subscriber that takes nothing beyond hello causes no more to be encoded.
    let before = budget.states_bytes();
    let mut blocked = joined(&replay, Framing::Lines);
    let mut sink = Narrow::with_room(20_000);
    assert_eq!(pump(&mut blocked, &mut sink), PumpResult::Blocked);
    assert_eq!(budget.states_bytes(), before, "cached ones are found again");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn blocked_subscribers_share_a_budget_and_receive_the_same_as_others(
        framings in prop::collection::vec(prop::sample::select(FRAMINGS.to_vec()), 1..6),
        frames in 0usize..4,
        turns in prop::collection::vec((0usize..6, prop_oneof![0usize..20, 0usize..9_000, 0usize..90_000]), 1..60),
    ) {
        let (longest, expected) = &*UNHINDERED;
        runtime().block_on(async {
            let longest = *longest;
            let tight = opened("100%", true, frames * longest);
            let budget = tight.replay.frames().budget().clone();
            let mut readers: Vec<_> =
                framings.iter().map(|framing| (joined(&tight.replay, *framing), Narrow::default())).collect();
            for (who, room) in turns {
                let (writer, sink) = &mut readers[who % framings.len()];
                sink.room = room;
                pump(writer, sink);
                assert!(budget.states_bytes() <= frames * longest, "beyond the budget");
            }
            for (framing, (mut writer, mut sink)) in framings.iter().zip(readers) {
                sink.taken.extend(all_of(&mut writer));
                assert!(expected[framing] == sink.taken, "{framing:?}");
            }
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_in_the_middle_of_a_snapshot_holds_that_one_alone() {
    let Opened { replay, .. } = opened("100%", true, 64 << 20);
    let budget = replay.frames().budget().clone();
    let mut writer = joined(&replay, Framing::WebSocket);
    let mut sink = Narrow::with_room(usize::MAX);
    pump(&mut writer, &mut sink);
    sink.room = 1;
    assert_eq!(pump(&mut writer, &mut sink), PumpResult::Blocked);
    // Cached frames are dropped; the one that a connection holds stays.
    let before = budget.states_bytes();
    budget.evict_states();
    let held = budget.states_bytes();
    assert!(held > 0 && held <= longest_state(&opened("100%", true, 64 << 20).replay), "{held} of {before}");
    drop(writer);
    assert_eq!(budget.states_bytes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_filter_passes_over_so_many_cues_in_a_call_whatever_was_encoded_before() {
    let timeline = copies(100);
    let cues = u32::try_from(timeline.cues().len()).expect("a few");
    let turns = |warm: bool, types: &str| {
        let Opened { replay, .. } = opened_of(timeline.clone(), "100%", true, 64 << 20);
        for segment in (0..timeline.cues().len().div_ceil(SEGMENT_CUES)).filter(|_| warm) {
            replay.frames().segment(segment);
        }
        let filter = Filter::new(&timeline, None, Some(&[types.to_owned()])).expect("a type");
        let options = SubscribeOptions { filter, snapshot: None, ticks: TickRate::Off, ..SubscribeOptions::default() };
        let status = replay.status(Instant::now().into_std());
        let join = SubscribeRequest { options, since: Some(Since::Start), ..SubscribeRequest::default() };
        let mut writer = SubscriberWriter::new(replay.clone(), join, &status, Instant::now().into_std());
        let mut turns = Vec::new();
        loop {
            let (before, mut sink) = (writer.backlog.next, Narrow::with_room(usize::MAX));
            let progress = pump(&mut writer, &mut sink);
            assert!(writer.backlog.next - before <= MAX_PUMP_CUES);
            turns.push(sink.taken);
            if progress == PumpResult::Idle {
                return turns;
            }
        }
    };
    for types in ["goal", "foul", "var"] {
        let cold = turns(false, types);
        assert!(cold.len() > 1 && cues > MAX_PUMP_CUES, "{} turns", cold.len());
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
    let status = || replay.status(Instant::now().into_std());
    let (head, joined_at) = (status().playhead.head, Instant::now());
    for (later, sent) in [(Duration::from_secs(3), true), (Duration::from_secs(40), false)] {
        let mut writer = joined(&replay, Framing::WebSocket);
        let mut sink = Narrow::with_room(60_000);
        assert_eq!(pump(&mut writer, &mut sink), PumpResult::Blocked);
        tokio::time::sleep(later).await;
        let now = Instant::now().into_std();
        let at = status().playhead.clock.media_time(now).as_millis();
        assert_eq!(status().playhead.head == head, sent, "{:?} after it was joined", joined_at.elapsed());
        // The published tick is another one.
        writer.tick = status().tick.map_or(0, |tick| tick.serial);
        let ticks_now = ticks(&all_of(&mut writer));
        let expected = sent.then_some((u64::from(head), at));
        let seen = ticks_now.first().map(|tick| (tick["n"].as_u64().expect("n"), tick["at"].as_i64().expect("at")));
        assert_eq!((seen, ticks_now.len()), (expected, usize::from(sent)));
    }
}
