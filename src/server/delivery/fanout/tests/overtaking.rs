//! Events overtake ticks: what all subscribers receive then, and when.

use proptest::prelude::*;

use super::super::dispatch::TICK_BATCH;
use super::slow_net::{FakeSocket, ReceivedFrame, World};
use super::*;
use crate::hub::{Filter, Framing};
use crate::playback::Command;

fn timeline() -> Arc<Timeline> {
    Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")))
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// What was received after playback began, without what is particular to one subscriber.
fn since_the_start(line: &FakeSocket) -> Vec<ReceivedFrame> {
    let received = line.received();
    let start = received.iter().position(|received| received.kind == "playback").expect("it began");
    let mut received = received[start..].to_vec();
    // The tick that opens an epoch shows the moment at which a cohort is served.
    for at in 1..received.len() {
        if received[at].kind == "tick" && matches!(&*received[at - 1].kind, "snapshot" | "table") {
            received[at].text.clear();
        }
    }
    received
}

/// Runs until an event has interrupted a tick round that has yet to reach at least so many members. Returns how many.
fn interrupted(world: &mut World, at_least: usize) -> usize {
    for _ in 0..2_000 {
        if world.run(world.now() + Duration::from_secs(2), true) {
            let ticking = world.fanout.replays.iter().flat_map(|(_, hosted)| &hosted.cohorts);
            let unreached = ticking.filter_map(|(_, cohort)| Some(cohort.ticking.as_ref()?.unreached.len())).sum();
            if unreached >= at_least && world.fanout.cues.first().is_some_and(|due| due <= world.now()) {
                return unreached;
            }
        }
    }
    panic!("no event fell due in the middle of a round");
}

#[test]
fn an_event_that_becomes_due_in_a_tick_round_is_sent_before_the_rest_of_the_ticks() {
    let (mut world, members) = (World::new(millis(1)), 400);
    let replay = world.open("main", &timeline(), 60.0, members);
    let lines: Vec<_> = (0..members).map(|_| world.join(&replay, "", Framing::WebSocket)).collect();
    let unreached = interrupted(&mut world, 1);
    let due = world.fanout.cues.first().expect("an event");
    assert!(world.now() - due <= millis(1) * TICK_BATCH as u32, "it gave way late");
    let (before, at): (Vec<_>, _) = (lines.iter().map(|line| line.received().len()).collect(), world.now());
    world.fanout.run_due();
    let mut together = 0;
    for (line, before) in lines.iter().zip(before) {
        let received = &line.received()[before..];
        let kinds: Vec<_> = received.iter().map(|received| &*received.kind).collect();
        match kinds[..] {
            ["event"] => {}
            ["tick", "event"] => together += 1,
            _ => panic!("{kinds:?}"),
        }
        let writes: Vec<_> = line.writes().into_iter().filter(|(when, _)| *when > at).collect();
        assert_eq!(writes.len(), 1, "all in one write");
        assert!(writes[0].0 <= at + millis(1) * members as u32);
    }
    assert_eq!(together, unreached, "each member is sent the tick exactly once");
    assert!(!world.has_unfinished_ticks());
}

#[test]
fn whatever_a_socket_takes_of_tick_and_event_the_rest_is_sent_later() {
    let (mut world, members) = (World::new(millis(1) / 16), 3_000);
    // Nothing but tick and event comes in between.
    world.fanout.timing.ping_every = Duration::from_secs(9_999);
    let replay = world.open("main", &timeline(), 60.0, members);
    let lines: Vec<_> = (0..members).map(|_| world.join(&replay, "snapshot=off", Framing::WebSocket)).collect();
    world.run(world.now() + Duration::from_secs(1), false);
    let unreached = interrupted(&mut world, 1_500);
    // Members ahead of the interruption have the tick.
    let frames: Vec<_> = lines.iter().map(|line| line.received().len()).collect();
    let most = frames.iter().copied().max().expect("at least one");
    let ahead = &lines[frames.iter().position(|frames| *frames == most).expect("one of the most")];
    let owing: Vec<_> = lines.iter().zip(&frames).filter(|(_, frames)| **frames < most).map(|(line, _)| line).collect();
    assert_eq!(owing.len(), unreached);
    let before: Vec<_> = owing.iter().map(|line| line.bytes().len()).collect();
    for (room, line) in owing.iter().enumerate() {
        line.give_room(room);
    }
    world.fanout.run_due();
    let taken: Vec<_> = owing.iter().zip(before).map(|(line, before)| line.bytes().len() - before).collect();
    let whole = taken.iter().copied().max().expect("at least one");
    assert!(whole + 1 < unreached, "not every position was tried: {whole} bytes, {unreached} members");
    for (room, (line, taken)) in owing.iter().zip(taken).enumerate() {
        assert_eq!(taken, room.min(whole));
        line.give_room(usize::MAX);
    }
    world.settle();
    let expected = since_the_start(ahead);
    for (room, line) in owing.iter().enumerate() {
        assert!(since_the_start(line) == expected, "after {room} bytes of {whole}");
    }
    assert_eq!(world.fanout.replays[0].cohorts[0].members.len(), members, "all are in step again");
    let taken: u64 = lines.iter().map(|line| line.received().len() as u64).sum();
    assert_eq!(world.counted("touchline_sent_frames_total"), taken);
}

#[test]
fn an_event_of_another_replay_comes_in_between_and_the_ticks_go_on() {
    let (mut world, timeline) = (World::new(millis(1)), timeline());
    let quiet = world.open("quiet", &timeline, 1.0, 300);
    let lines: Vec<_> = (0..300).map(|_| world.join(&quiet, "", Framing::WebSocket)).collect();
    let lively = world.open("lively", &timeline, 60.0, 1);
    let one = world.join(&lively, "ticks=off", Framing::WebSocket);
    interrupted(&mut world, 1);
    let (events, at) = (one.received().len(), world.now());
    world.fanout.run_due();
    assert!(one.received().len() > events, "it comes in the middle");
    assert!(one.writes().last().expect("a write").0 <= at + millis(1));
    world.settle();
    assert!(!world.has_unfinished_ticks());
    let first = since_the_start(&lines[0]);
    assert!(first.iter().any(|received| received.kind == "tick"));
    assert!(lines.iter().all(|line| since_the_start(line) == first), "and each member is sent the tick");
}

#[test]
fn an_event_that_a_cohort_does_not_follow_does_not_hurry_its_ticks() {
    let mut world = World::new(millis(1));
    let replay = world.open("main", &timeline(), 60.0, 301);
    let lines: Vec<_> = (0..300).map(|_| world.join(&replay, "types=red_card", Framing::WebSocket)).collect();
    let one = world.join(&replay, "ticks=off", Framing::WebSocket);
    interrupted(&mut world, 100);
    let (writes, at) = (one.writes().len(), world.now());
    world.fanout.run_due();
    let received = one.writes()[writes].0;
    assert!(received <= at + millis(1), "{:?} late", received - at);
    assert!(world.fanout.replays[0].cohorts.len() == 2);
    world.settle();
    let ticks = |line: &FakeSocket| line.received().iter().filter(|received| received.kind == "tick").count();
    assert!(lines.iter().all(|line| ticks(line) == ticks(&lines[0])));
}

#[test]
fn cohorts_that_still_wait_for_a_tick_are_sent_tick_and_event_together() {
    let mut world = World::new(millis(1));
    let replay = world.open("main", &timeline(), 60.0, 300);
    // Each gets a cohort of its own: the named types differ, though all include cards and goals.
    let kinds = ["goal", "card", "shot", "corner", "foul", "offside", "substitution", "save"];
    let lines: Vec<_> = (0..300)
        .map(|at: usize| {
            let named = kinds.iter().enumerate().filter(|(bit, _)| at >> bit & 1 == 1).map(|(_, kind)| *kind);
            let types = named.collect::<Vec<_>>().join(",");
            let framing = if at < 256 { Framing::WebSocket } else { Framing::Lines };
            let query = if types.is_empty() { String::new() } else { format!("types={types}") };
            world.join(&replay, &query, framing)
        })
        .collect();
    assert!(world.fanout.replays[0].cohorts.len() > 100, "{}", world.fanout.replays[0].cohorts.len());
    let mut tried = 0;
    for _ in 0..60 * 10 {
        // An event that is due while cohorts wait for their turns.
        world.fanout.run_due();
        world.act();
        tried += usize::from(world.fanout.replays[0].ticking);
        let next = world.fanout.run_due();
        if next.is_some_and(|next| next > world.now()) {
            world.wait_until(next.expect("some"));
        }
    }
    world.settle();
    let ticks = |line: &FakeSocket| line.received().iter().filter(|received| received.kind == "tick").count();
    // The first tick of each is that of its joining.
    let expected = ticks(&lines[0]);
    assert!(expected > 5 && tried > 0, "{expected} ticks, {tried}");
    for line in &lines {
        assert_eq!(ticks(line), expected);
    }
}

#[test]
fn a_long_tick_round_lets_sockets_have_their_turn() {
    let (mut world, members) = (World::new(Duration::ZERO), 1_500);
    let replay = world.open("main", &timeline(), 1.0, members);
    let lines: Vec<_> = (0..members).map(|_| world.join(&replay, "snapshot=off", Framing::WebSocket)).collect();
    world.settle();
    assert!(world.run(world.now() + Duration::from_secs(2), true));
    lines.iter().for_each(|line| line.say("ping"));
    world.act();
    let answered = lines.iter().filter(|line| line.received().iter().any(|received| received.kind == "reply")).count();
    assert_eq!(answered, members, "in the middle of the round");
    world.settle();
    let first = lines[0].received().iter().filter(|received| received.kind == "tick").count();
    assert!(
        lines.iter().all(|line| line.received().iter().filter(|received| received.kind == "tick").count() == first)
    );
}

#[test]
fn ticks_of_many_replays_let_sockets_have_their_turn() {
    let (mut world, timeline, replays) = (World::new(Duration::ZERO), timeline(), 300);
    let all: Vec<_> = (0..replays).map(|at| world.open(&format!("r{at}"), &timeline, 60.0, 0)).collect();
    world.settle();
    world.fanout.network_mut().look = millis(1);
    world.wait_until(world.now() + Duration::from_secs(9));
    let began = world.now();
    world.fanout.run_due();
    assert!(world.now() - began < super::super::TICK_BUDGET + millis(20), "{:?}", world.now() - began);
    world.fanout.network_mut().look = Duration::ZERO;
    let next = world.settle().expect("more ticks");
    assert!(next > world.now(), "all have had theirs");
    assert_eq!(all.len(), replays);
}

#[test]
fn an_event_is_sent_between_replays_that_are_commanded_all_at_once() {
    let (mut world, timeline) = (World::new(millis(1)), timeline());
    let replays: Vec<_> = (0..60).map(|at| world.open(&format!("r{at}"), &timeline, 1.0, 10)).collect();
    replays.iter().for_each(|replay| (0..10).for_each(|_| drop(world.join(replay, "ticks=off", Framing::WebSocket))));
    let lively = world.open("lively", &timeline, 60.0, 1);
    let one = world.join(&lively, "ticks=off", Framing::WebSocket);
    world.settle();
    let due = world.fanout.cues.first().expect("an event");
    world.wait_until(due - millis(50));
    let pause = Command::parse_line("pause").expect("a command");
    let controls: Vec<_> = replays.iter().map(|replay| world.hub.get(replay.name()).expect("a replay").1).collect();
    let mut commands: Vec<_> = controls.iter().map(|control| Box::pin(control.apply(pause.clone()))).collect();
    let mut context = std::task::Context::from_waker(Waker::noop());
    commands.iter_mut().for_each(|command| assert!(command.as_mut().poll(&mut context).is_pending()));
    let (events, writes) = (one.received().len(), one.writes().len());
    world.fanout.run_due();
    assert!(one.received().len() > events && world.now() > due + millis(300), "all in one turn");
    let received = one.writes()[writes].0;
    assert!(received - due < millis(15), "{:?} late", received - due);
}

#[test]
fn connections_that_leave_join_or_change_in_a_tick_round_are_sent_no_wrong_tick_and_none_twice() {
    let (mut world, timeline) = (World::new(millis(1)), timeline());
    let quiet = world.open("quiet", &timeline, 1.0, 300);
    let lines: Vec<_> = (0..300).map(|_| world.join(&quiet, "", Framing::WebSocket)).collect();
    let lively = world.open("lively", &timeline, 60.0, 1);
    world.join(&lively, "ticks=off", Framing::WebSocket);
    interrupted(&mut world, 200);
    let ticks = |line: &FakeSocket| line.received().iter().filter(|received| received.kind == "tick").count();
    let most = lines.iter().map(ticks).max().expect("at least one");
    let owing: Vec<_> = lines.iter().filter(|line| ticks(line) < most).collect();
    // One changes its filter, and two disconnect; other connections take their slots at once.
    owing[0].say(r#"{"command":"subscribe","types":["card"]}"#);
    owing[1].hang_up();
    owing[2].hang_up();
    world.act();
    let stranger = world.join(&lively, "ticks=off", Framing::WebSocket);
    let newcomer = world.join(&quiet, "", Framing::WebSocket);
    let came_with = ticks(&newcomer);
    while world.has_unfinished_ticks() {
        world.fanout.run_due();
    }
    assert_eq!((ticks(&stranger), ticks(&newcomer)), (0, came_with));
    let gone = |line: &FakeSocket| line.has_left();
    assert!(lines.iter().all(|line| gone(line) || ticks(line) == most), "each has it once");
}

#[test]
fn a_tick_that_is_due_before_the_last_round_has_finished_is_sent_after_it() {
    let mut world = World::new(millis(1));
    let replay = world.open("main", &timeline(), 1.0, 2_500);
    let lines: Vec<_> = (0..2_500).map(|_| world.join(&replay, "snapshot=off", Framing::WebSocket)).collect();
    let state = |world: &World| {
        let hosted = &world.fanout.replays[0];
        (hosted.cohorts[0].ticking.is_some(), hosted.cohorts[0].settled == hosted.serial)
    };
    for _ in 0..100 {
        world.run(world.now() + Duration::from_secs(1), true);
        if state(&world) == (true, false) {
            break;
        }
    }
    assert_eq!(state(&world), (true, false), "two ticks at once");
    lines.iter().for_each(FakeSocket::make_fast);
    world.settle();
    assert_eq!(state(&world), (false, true));
    let last = |line: &FakeSocket| line.received().into_iter().rev().find(|received| received.kind == "tick");
    assert!(lines.iter().all(|line| last(line) == last(&lines[0])));
}

#[test]
fn the_memory_of_a_large_chunk_is_freed() {
    let mut scene = Scene::new(1);
    let line = scene.join(usize::MAX);
    scene.finish();
    assert!(line.events() == scene.all());
    assert!(scene.fanout.chunk.capacity() <= 64 << 10, "{} bytes", scene.fanout.chunk.capacity());
}

#[derive(Debug, Clone)]
enum Act {
    /// So many turns, in which time passes only by writing.
    Turns(usize),
    Wait(u64),
    Join(usize, bool),
    Leave(usize),
    Say(usize, &'static str),
    Room(usize, usize),
}

const QUERIES: [&str; 5] = ["", "types=goal", "ticks=5s", "ticks=off", "types=card&snapshot=off"];

fn act() -> impl Strategy<Value = Act> {
    let say = prop::sample::select(vec![
        "ping",
        "pause",
        "play",
        "seek next:goal",
        "seek 40%",
        "step",
        "speed 60",
        "speed 240",
        "loop on",
        "restart",
        r#"{"command":"subscribe","types":["card"]}"#,
        "nonsense",
    ]);
    prop_oneof![
        6 => (1usize..4).prop_map(Act::Turns),
        6 => (1u64..1_500).prop_map(Act::Wait),
        2 => (0usize..64, any::<bool>()).prop_map(|(kind, lines)| Act::Join(kind, lines)),
        1 => (0usize..64).prop_map(Act::Leave),
        2 => (0usize..64, say).prop_map(|(who, what)| Act::Say(who, what)),
        3 => (0usize..64, prop_oneof![0usize..600, Just(usize::MAX)]).prop_map(|(who, room)| Act::Room(who, room)),
    ]
}

/// Checks that a stream is consistent by itself: events without a gap, and each tick once and in its place.
fn check_stream(received: &[ReceivedFrame], follow: Option<&Filter>, timeline: &Timeline) -> Result<(), TestCaseError> {
    let (mut n, mut wall) = (None::<u64>, String::new());
    let (mut epoch, mut opening) = (None, false);
    for ReceivedFrame { kind, n: its, text } in received {
        let frame: serde_json::Value = serde_json::from_str(text).expect("JSON");
        let followed = |from: u64, to: u64| {
            let cues = &timeline.cues()[from as usize..to as usize];
            follow.is_none_or(|follow| cues.iter().any(|cue| follow.selects(cue)))
        };
        match &**kind {
            "hello" => {
                n = frame["resumed"].as_str().map(|_| frame["head"].as_u64().expect("a head"));
                epoch = frame["epoch"].as_u64();
            }
            // A snapshot says where it begins, also in a new epoch. Of several versions at once only the last is sent.
            "playback" if frame["epoch"].as_u64() != epoch => (n, epoch) = (None, frame["epoch"].as_u64()),
            "snapshot" => n = Some(n.unwrap_or(*its).max(*its)),
            "event" => {
                if let Some(n) = n {
                    prop_assert!(*its > n, "event {its} after {n}");
                    prop_assert!(*its == n + 1 || follow.is_some() && !followed(n, its - 1), "a gap: {n}, {its}");
                }
                n = Some(*its);
            }
            "tick" => {
                if let Some(n) = n {
                    prop_assert!(*its >= n, "tick {its} after {n}");
                    prop_assert!(*its == n || follow.is_some() && !followed(n, *its), "tick {its} ahead of {n}");
                }
                n = Some(*its);
                let its = frame["wall"].as_str().expect("a time").to_owned();
                // The tick that opens an epoch is of the moment in which it is written.
                if !opening {
                    prop_assert!(its > wall, "a tick of {its} after that of {wall}");
                    wall = its;
                }
            }
            _ => {}
        }
        opening = matches!(&**kind, "hello" | "playback" | "snapshot" | "table");
    }
    Ok(())
}

/// Plays out what guests do among subscribers of a cohort, and checks what all of them have received.
fn play_out(cost: u64, speed: u32, acts: Vec<Act>) -> Result<(), TestCaseError> {
    let (mut world, timeline) = (World::new(millis(cost)), timeline());
    let steady = 36;
    let replays = [world.open("one", &timeline, speed.into(), steady + 2), world.open("two", &timeline, 60.0, 1)];
    for _ in 0..steady {
        world.join(&replays[0], "", Framing::WebSocket);
    }
    // Alone in a cohort; one of them is sent no ticks.
    let alone = world.join(&replays[0], "", Framing::Lines);
    world.join(&replays[0], "ticks=off", Framing::Lines);
    let mut guests: Vec<(FakeSocket, usize, usize, bool)> = Vec::new();
    for act in acts {
        match act {
            Act::Turns(turns) => {
                for _ in 0..turns {
                    world.fanout.run_due();
                    world.act();
                }
            }
            Act::Wait(time) => {
                world.run(world.now() + millis(time), true);
            }
            Act::Join(kind, lines) => {
                let framing = if lines { Framing::Lines } else { Framing::WebSocket };
                let (replay, query) = (kind % 2, kind / 2 % QUERIES.len());
                guests.push((world.join(&replays[replay], QUERIES[query], framing), replay, query, false));
            }
            Act::Leave(who) if !guests.is_empty() => guests[who % guests.len()].0.hang_up(),
            Act::Say(who, what) if !guests.is_empty() => {
                let who = who % guests.len();
                guests[who].0.say(what);
                guests[who].3 |= what.starts_with('{');
            }
            Act::Room(who, room) if !guests.is_empty() => guests[who % guests.len()].0.give_room(room),
            _ => {}
        }
    }
    for (line, ..) in &guests {
        line.give_room(usize::MAX);
    }
    world.run(world.now() + millis(300), false);
    world.settle();
    while world.has_unfinished_ticks() {
        world.settle();
    }
    let expected = since_the_start(&alone);
    check_stream(&alone.received(), None, &timeline)?;
    for line in &world.lines[..steady] {
        let mine = since_the_start(line);
        let at = mine.iter().zip(&expected).position(|(a, b)| a != b).unwrap_or(mine.len().min(expected.len()));
        let text =
            |received: &[ReceivedFrame]| received.get(at).map_or("nothing", |received| &received.text).to_owned();
        prop_assert!(mine == expected, "at {at}\n{}\nexpected\n{}", text(&mine), text(&expected));
    }
    for (line, replay, query, subscribed) in &guests {
        let join = parse_parameters(QUERIES[*query], &timeline).expect("parameters");
        let follow = Some(&join.options.filter).filter(|follow| !follow.selects_everything());
        if !subscribed {
            check_stream(&line.received(), follow, &timeline)?;
        }
        // A connected subscriber has received everything in the end.
        if !line.has_left() && !subscribed && follow.is_none() {
            let status = replays[*replay].status(world.now());
            let last = line
                .received()
                .iter()
                .rev()
                .find(|received| matches!(&*received.kind, "event" | "snapshot"))
                .map_or(0, |received| received.n);
            prop_assert!(
                QUERIES[*query].contains("snapshot=off") || last == u64::from(status.playhead.head),
                "{last} of {}",
                status.playhead.head
            );
        }
    }
    // What is counted is what was taken.
    let (bytes, frames): (Vec<_>, Vec<_>) =
        world.lines.iter().map(|line| (line.bytes().len() as u64, line.received().len() as u64)).unzip();
    prop_assert_eq!(world.counted("touchline_sent_bytes_total"), bytes.iter().sum::<u64>());
    // An event counts together with the table that comes with it: a subscriber that left in between has one frame more.
    let (counted, frames) = (world.counted("touchline_sent_frames_total"), frames.iter().sum::<u64>());
    let left = world.lines.iter().filter(|line| line.has_left()).count() as u64;
    prop_assert!(counted <= frames && frames <= counted + left, "{} of {}, {} have left", counted, frames, left);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_in_a_tick_round_all_subscribers_receive_everything(cost in 1u64..12, speed in 30u32..200, acts in prop::collection::vec(act(), 20..120)) {
        play_out(cost, speed, acts)?;
    }
}

#[test]
fn a_subscriber_that_missed_the_seek_before_a_pause_knows_the_epoch() {
    // The guest without room receives only the second of two versions that come in one turn.
    let acts = vec![
        Act::Join(48, false),
        Act::Room(0, 0),
        Act::Join(2, false),
        Act::Say(1, "pause"),
        Act::Say(0, "seek 40%"),
        Act::Turns(1),
        Act::Wait(334),
        Act::Room(0, usize::MAX),
        Act::Wait(3_000),
    ];
    play_out(1, 30, acts).expect("a stream that makes sense");
}
