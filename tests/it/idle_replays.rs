//! Idle replays: without subscribers a replay hardly wakes, and a later subscriber finds it at the position it would have had with
//! subscribers all along.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;
use touchline::ErrorCode;
use touchline::internals::Latency;
use touchline::internals::hub::{CacheBudget, Driver, DriverRunner, MAX_REPLAYS};
use touchline::playback::{ChangeCause, Command, Pace, Position, Speed, State};
use touchline::replay::{Hub, Opened, ReplayOptions};

use super::harness::{Harness, PIPE_BYTES};
use super::pipes::DELIVERY_MODES;
use super::properties::{command_line, runtime, timeline};

/// Runs drivers as tasks and counts how often they are polled.
#[derive(Debug, Default)]
struct CountingRunner {
    turns: Arc<AtomicUsize>,
    lateness: Arc<Mutex<Latency>>,
}

impl DriverRunner for CountingRunner {
    fn run(&self, mut driver: Driver) {
        let (turns, lateness) = (self.turns.clone(), self.lateness.clone());
        tokio::spawn(async move {
            let bell = driver.wake_flag();
            while let Some(due) = driver.poll(Instant::now().into_std()) {
                driver.notify_watchers();
                driver.record_lateness(Instant::now().into_std(), &mut lateness.lock().expect("unbroken"));
                turns.fetch_add(1, Ordering::Relaxed);
                tokio::select! {
                    () = bell.wait_for_wake() => {}
                    () = tokio::time::sleep_until(due.first().into()) => {}
                }
            }
        });
    }

    fn lateness(&self) -> Latency {
        self.lateness.lock().expect("unbroken").clone()
    }
}

fn options(speed: &str, looping: bool) -> ReplayOptions {
    let mut options = ReplayOptions::default();
    options.playback.speed = Speed::parse(speed).expect("a speed");
    options.playback.looping = looping;
    options
}

#[tokio::test(start_paused = true)]
async fn a_replay_without_subscribers_is_woken_every_five_seconds() {
    let host = Arc::<CountingRunner>::default();
    let turns = || host.turns.swap(0, Ordering::Relaxed);
    let hub = Hub::with_runner(host.clone(), CacheBudget::default(), MAX_REPLAYS);
    let Opened { replay, control } = hub.open("a", timeline(0), options("10000", true)).expect("a replay");
    let minute = async || tokio::time::sleep(Duration::from_secs(60)).await;
    minute().await;
    assert!((12..=14).contains(&turns()), "60 laps of 101 events without a subscriber");
    // Reading the status wakes nothing.
    let view = replay.status(Instant::now().into_std());
    assert!((59..=61).contains(&view.playhead.epoch) && turns() == 0, "{:?}", view.playhead);
    minute().await;
    assert_eq!(host.lateness().count(), 0, "no event was late");
    turns();
    let subscriber = replay.add_subscriber();
    minute().await;
    assert!(turns() > 3_000, "with a subscriber it wakes for each event");
    assert!(host.lateness().count() > 3_000);
    drop(subscriber);
    minute().await;
    assert!(turns() < 20, "and has gone again");
    control.apply(Command::Pause).await.expect("applied");
    minute().await;
    assert!(turns() < 20);
}

/// Keeps the driver for the test to poll.
#[derive(Debug, Default)]
struct ManualRunner(Mutex<Option<Driver>>);

impl DriverRunner for ManualRunner {
    fn run(&self, driver: Driver) {
        *self.0.lock().expect("unbroken") = Some(driver);
    }

    fn lateness(&self) -> Latency {
        Latency::new()
    }
}

#[test]
fn an_idle_replay_reports_lateness_only_for_late_wakeups() {
    for (late, stalled) in [(8, false), (11, true)] {
        let host = Arc::<ManualRunner>::default();
        let hub = Hub::with_runner(host.clone(), CacheBudget::default(), MAX_REPLAYS);
        // An event about every quarter of a second.
        let Opened { replay, .. } = hub.open("a", timeline(0), options("300", false)).expect("a replay");
        let mut driver = host.0.lock().expect("unbroken").take().expect("hosted");
        let now = Instant::now().into_std();
        let due = driver.poll(now).expect("it plays");
        let called = due.first() + Duration::from_secs(late);
        assert!(due.cue.is_none() && called > now + Duration::from_secs(12), "{due:?}");
        driver.poll(called);
        assert_eq!(replay.status(called).playhead.cause == ChangeCause::Stall, stalled, "{late}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_observer_sees_each_event_when_it_is_due() {
    let hub = Hub::new();
    let Opened { replay, .. } = hub.open("a", timeline(0), options("60", false)).expect("a replay");
    tokio::time::sleep(Duration::from_millis(12_345)).await;
    let (now, timeline) = (Instant::now(), replay.timeline().clone());
    let before = replay.status(now.into_std()).playhead;
    let due = before.clock.due_at(timeline.cues()[before.head as usize].at).expect("it plays");
    let view = replay.observe().find(|view| view.playhead.head > before.head).await.expect("another event");
    assert_eq!(view.playhead.head, before.head + 1);
    let late = Instant::now().into_std().saturating_duration_since(due);
    assert!(late < Duration::from_millis(2), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn a_once_replay_ends_on_time_without_subscribers() {
    for pace in ["off", "highlights"] {
        let hub = Hub::new();
        let mut options = ReplayOptions { once: true, ..options("600", false) };
        options.playback.pace = if pace == "off" { Pace::NONE } else { Pace::parse(pace, []).expect("a pace") };
        let Opened { replay, .. } = hub.open("a", timeline(0), options.clone()).expect("a replay");
        let mut alone =
            touchline::playback::Playback::new(&replay.timeline(), options.playback, Instant::now().into_std())
                .expect("a playback");
        let mut instant = Instant::now().into_std();
        while let Some(wake) = alone.advance(&replay.timeline(), instant) {
            instant = wake;
        }
        replay.wait_until_over().await;
        let ended = Instant::now().into_std();
        let off = ended.max(instant) - ended.min(instant);
        assert!(off < Duration::from_millis(2), "{pace}: {off:?}");
        assert_eq!(replay.status(ended).playhead.state, State::Ended);
    }
}

/// What is done to two replays, one with a permanent subscriber and one without.
#[derive(Debug, Clone)]
enum Action {
    Wait(u64),
    Command(String),
    /// A subscriber joins both, stays for this many milliseconds, and leaves.
    Visit(u64),
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => (1u64..40_000).prop_map(Action::Wait),
        1 => command_line().prop_map(Action::Command),
        2 => (1u64..3_000).prop_map(Action::Visit),
    ]
}

/// A frame without its per-subscriber fields, and the milliseconds at which it was emitted.
fn parsed(frame: &str) -> (serde_json::Value, Option<i64>) {
    let mut frame: serde_json::Value = serde_json::from_str(frame).expect("JSON");
    let fields = frame.as_object_mut().expect("an object");
    fields.remove("subscriber");
    let emitted = fields.remove("emitted").map(|emitted| {
        let time: jiff::Timestamp = emitted.as_str().expect("a text").parse().expect("a time");
        time.as_millisecond()
    });
    (frame, emitted)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_late_subscriber_of_an_idle_replay_sees_the_same_as_one_of_a_busy_replay(
        mode in prop::sample::select(DELIVERY_MODES.to_vec()),
        shipped in 0usize..3,
        speed in prop::sample::select(vec!["30", "600", "10000", "max"]),
        looping in any::<bool>(),
        hold in prop::sample::select(vec![0, 700, 12_000]),
        from in prop::sample::select(vec![None, Some("40%")]),
        actions in prop::collection::vec(action(), 1..12),
    ) {
        runtime().block_on(async {
            let mut options = options(speed, looping);
            options.playback.hold = Duration::from_millis(hold);
            options.playback.from = from.map(|from| Position::parse(from).expect("a position"));
            let mut followed = Harness::new(mode, timeline(shipped), options.clone());
            let mut alone = Harness::new(mode, timeline(shipped), options);
            followed.subscribe("always", "ticks=off&snapshot=off", PIPE_BYTES);
            for action in actions {
                match action {
                    Action::Wait(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
                    Action::Command(line) => {
                        let command = Command::parse_line(&line).expect("a command");
                        for harness in [&followed, &alone] {
                            let refused = harness.control.apply(command.clone()).await.err();
                            assert!(refused.is_none_or(|refused| refused.code != ErrorCode::UnknownReplay));
                        }
                    }
                    Action::Visit(millis) => {
                        visit(&mut followed, &mut alone, millis).await;
                    }
                }
            }
            visit(&mut followed, &mut alone, 10).await;
        });
    }
}

async fn visit(followed: &mut Harness, alone: &mut Harness, millis: u64) {
    let now = Instant::now().into_std();
    // One that is followed wakes by a timer that is exact to a millisecond: a command has it do what was due meanwhile.
    let looping = Command::Loop(followed.replay.status(now).playhead.looping);
    followed.control.apply(looping).await.expect("applied");
    let seen = alone.replay.status(now);
    let real = followed.replay.status(now);
    assert_eq!(seen.playhead, real.playhead);
    assert_eq!((seen.pace, seen.epoch_start_pace, seen.by), (real.pace, real.epoch_start_pace, real.by));
    for harness in [&mut *followed, &mut *alone] {
        harness.subscribe("late", "since=start&stamp=1&ticks=off", 4 << 20);
    }
    tokio::time::sleep(Duration::from_millis(millis)).await;
    let [followed, alone] = [followed, alone].map(|harness| {
        let frames = harness.subscriber("late").received();
        harness.disconnect("late");
        frames
    });
    tokio::time::sleep(Duration::from_millis(2)).await;
    assert_eq!(followed.len(), alone.len());
    for (followed, alone) in followed.iter().zip(&alone) {
        if followed == alone {
            continue;
        }
        let ((frame, emitted), (seen, when)) = (parsed(followed), parsed(alone));
        assert_eq!(frame, seen);
        assert_eq!(emitted.is_some(), when.is_some(), "{followed} {alone}");
        let off = emitted.zip(when).map_or(0, |(emitted, when)| (emitted - when).abs());
        assert!(off <= 2, "{followed} {alone}");
    }
}
