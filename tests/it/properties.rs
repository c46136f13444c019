//! Property tests under virtual time: after any sequence of commands, stalls and reconnects, a client that folds its frames has
//! exactly the server's state.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;
use touchline::internals::hub::Framing;
use touchline::playback::Speed;
use touchline::replay::ReplayOptions;
use touchline::scenario::{SHIPPED, Timeline};

use super::fold::{Fold, shown};
use super::harness::{Harness, PIPE_BYTES};
use super::pipes::{DELIVERY_MODES, DeliveryMode};
use super::wire::FRAMINGS;

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime")
}

pub fn timeline(shipped: usize) -> Arc<Timeline> {
    static TIMELINES: [OnceLock<Arc<Timeline>>; 3] = [const { OnceLock::new() }; 3];
    let load = || Arc::new(Timeline::new(&SHIPPED[shipped].load().expect("shipped")));
    TIMELINES[shipped].get_or_init(load).clone()
}

fn options(speed: &str) -> ReplayOptions {
    let mut options = ReplayOptions::default();
    options.playback.speed = Speed::parse(speed).expect("a speed");
    options
}

/// The server's state: the snapshots that a new subscriber receives now.
async fn server_state(harness: &mut Harness) -> Vec<(String, Value)> {
    harness.subscribe("newcomer", "ticks=off", PIPE_BYTES);
    harness.settle().await;
    let frames = harness.subscriber("newcomer").received();
    frames.iter().filter(|frame| frame.starts_with(r#"{"kind":"snapshot""#)).map(|frame| shown(frame)).collect()
}

/// Each of these clients takes what is left for it, and then has the server's state. Nothing moves meanwhile. Returns the states.
async fn assert_hold_server_state<'a>(
    harness: &mut Harness,
    folds: impl IntoIterator<Item = (&'a str, &'a mut Fold)>,
) -> Vec<BTreeMap<&'a str, Value>> {
    harness.settle().await;
    let folds: Vec<(&str, &Fold)> = folds
        .into_iter()
        .map(|(name, fold)| {
            harness.subscriber(name).received().iter().for_each(|frame| fold.take(frame));
            (name, &*fold)
        })
        .collect();
    let expected = server_state(harness).await;
    assert!(!expected.is_empty());
    let states = folds.into_iter().map(|(name, fold)| {
        assert!(fold.faults.is_empty(), "{name}: {:?}", fold.faults);
        let folded = fold.states();
        for (id, state) in &expected {
            assert_same(folded.get(id.as_str()).unwrap_or_else(|| panic!("{name} has no state of {id}")), state);
        }
        folded
    });
    states.collect()
}

fn assert_same(folded: &Value, expected: &Value) {
    if folded != expected {
        for (key, value) in expected.as_object().expect("an object") {
            let (folded, expected) = (folded[key].to_string(), value.to_string());
            // Show the text around the first difference, not the whole season.
            let at = folded
                .bytes()
                .zip(expected.bytes())
                .position(|(a, b)| a != b)
                .unwrap_or(folded.len().min(expected.len()));
            let around = |text: &str| text.chars().skip(at.saturating_sub(80)).take(200).collect::<String>();
            assert!(folded == expected, "{key} differs:\nfolded …{}\nserver …{}", around(&folded), around(&expected));
        }
    }
}

#[derive(Debug, Clone)]
enum Action {
    Wait(u64),
    Command(String),
    Stall(usize),
    ReadOn(usize),
    Reconnect,
    JoinAnew,
}

fn mode() -> impl Strategy<Value = DeliveryMode> {
    prop::sample::select(DELIVERY_MODES.to_vec())
}

fn framing() -> impl Strategy<Value = Framing> {
    prop::sample::select(FRAMINGS.to_vec())
}

/// Commands that a controller may give, as lines.
pub fn command_line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("pause".to_owned()),
        Just("play".to_owned()),
        Just("restart".to_owned()),
        Just("step 3".to_owned()),
        Just("step HT".to_owned()),
        Just("seek next:goal".to_owned()),
        Just("seek prev:card".to_owned()),
        Just("loop on".to_owned()),
        Just("loop off".to_owned()),
        Just("pace highlights".to_owned()),
        Just("pace off".to_owned()),
        (0u32..100).prop_map(|percent| format!("seek {percent}%")),
        (1u32..10_000).prop_map(|speed| format!("speed {speed}")),
        Just("speed max".to_owned()),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => (1u64..20_000).prop_map(Action::Wait),
        4 => command_line().prop_map(Action::Command),
        2 => (0..SUBSCRIBERS.len()).prop_map(Action::Stall),
        3 => (0..SUBSCRIBERS.len()).prop_map(Action::ReadOn),
        1 => Just(Action::Reconnect),
        1 => Just(Action::JoinAnew),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn joining_at_any_moment_folds_to_the_same_final_state(mode in mode(), shipped in 0usize..3, first in framing(), moments in prop::collection::vec((0u64..30_000, framing()), 1..4)) {
        runtime().block_on(async {
            let mut harness = Harness::new(mode, timeline(shipped), options("600"));
            harness.subscribe_as("first", first, false, "ticks=off", PIPE_BYTES);
            let mut folds = vec![("first".to_owned(), Fold::default())];
            for (at, (moment, framing)) in moments.into_iter().enumerate() {
                tokio::time::sleep(Duration::from_millis(moment)).await;
                let name = format!("late {at}");
                harness.subscribe_as(&name, framing, false, "", PIPE_BYTES);
                folds.push((name, Fold::default()));
            }
            harness.control.apply(touchline::playback::Command::parse_line("speed max").expect("a command")).await.expect("applied");
            let states =
                assert_hold_server_state(&mut harness, folds.iter_mut().map(|(name, fold)| (&**name, fold))).await;
            assert!(states.iter().all(|state| *state == states[0]));
            drop(states);
            for (name, fold) in &folds {
                assert_eq!(fold.n as usize, harness.replay.timeline().cues().len(), "{name}");
                assert_eq!(&fold.tables, &folds[0].1.tables, "{name}");
            }
        });
    }

    #[test]
    fn after_any_actions_the_folded_state_equals_the_servers_state(mode in mode(), shipped in 0usize..3, narrow in any::<bool>(), framings in [framing(), framing(), framing()], actions in prop::collection::vec(action(), 1..25)) {
        runtime().block_on(async {
            let mut options = options("120");
            options.playback.hold = Duration::from_secs(2);
            let mut harness = Harness::new(mode, timeline(shipped), options);
            let pipe = |name: &str| match name {
                "ann" if narrow => 700,
                "cat" => 300,
                "dan" => 9_000,
                _ => PIPE_BYTES,
            };
            let join = |harness: &mut Harness, name: &str, query: &str| {
                let framing = SUBSCRIBERS.iter().position(|known| *known == name).map(|at| framings[at]);
                harness.subscribe_as(name, framing.expect("one of them"), false, query, pipe(name));
            };
            harness.subscribe("ben", "ticks=off", PIPE_BYTES);
            for name in SUBSCRIBERS {
                join(&mut harness, name, "");
            }
            let mut folds = SUBSCRIBERS.map(|_| Fold::default());
            for action in actions {
                match action {
                    Action::Wait(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
                    Action::Command(words) => harness.subscriber("ben").send_text(&words),
                    Action::Stall(who) => harness.subscriber(SUBSCRIBERS[who]).set_reading(false),
                    Action::ReadOn(who) => harness.subscriber(SUBSCRIBERS[who]).set_reading(true),
                    Action::Reconnect | Action::JoinAnew => {
                        harness.settle().await;
                        take(&mut harness, &mut folds);
                        harness.disconnect("ann");
                        let anew = matches!(action, Action::JoinAnew);
                        join(&mut harness, "ann", if anew { "" } else { "since=last" });
                    }
                }
                for name in SUBSCRIBERS {
                    if harness.subscriber(name).is_over() {
                        // It stalled for so long that it was closed; it resumes.
                        join(&mut harness, name, "since=last");
                    }
                }
                harness.settle().await;
                take(&mut harness, &mut folds);
            }
            harness.subscriber("ben").send_text("pause");
            for name in SUBSCRIBERS {
                harness.subscriber(name).set_reading(true);
            }
            // A stalled subscriber may have been closed just now.
            tokio::time::sleep(Duration::from_secs(1)).await;
            take(&mut harness, &mut folds);
            for name in SUBSCRIBERS {
                if harness.subscriber(name).is_over() {
                    join(&mut harness, name, "since=last");
                }
            }
            assert_hold_server_state(&mut harness, SUBSCRIBERS.into_iter().zip(&mut folds)).await;
        });
    }
}

/// Subscribers with the same options but for the framing: grouped as long as they keep up.
const SUBSCRIBERS: [&str; 3] = ["ann", "cat", "dan"];

fn take(harness: &mut Harness, folds: &mut [Fold]) {
    for (name, fold) in SUBSCRIBERS.iter().zip(folds) {
        for frame in harness.subscriber(name).received() {
            fold.take(&frame);
        }
    }
}

#[test]
fn a_scenario_gives_identical_event_bytes_on_every_run_and_to_every_subscriber() {
    let run = |mode: DeliveryMode, framing: Framing, speed: &'static str| {
        runtime().block_on(async move {
            let mut options = options(speed);
            options.wait_for = 2;
            options.once = true;
            let mut harness = Harness::new(mode, timeline(0), options);
            harness.subscribe_as("ann", framing, true, "ticks=off", PIPE_BYTES);
            harness.subscribe_as("ned", framing, true, "ticks=off", 300);
            let ann: Vec<_> = harness.subscriber("ann").rest().await;
            let ned: Vec<_> = harness.subscriber("ned").rest().await;
            let events = |frames: Vec<String>| -> Vec<String> {
                frames.into_iter().filter(|frame| frame.starts_with(r#"{"kind":"event""#)).collect()
            };
            let (ann, ned) = (events(ann), events(ned));
            assert_eq!(ann, ned);
            ann
        })
    };
    let first = run(DeliveryMode::Tasks, Framing::WebSocket, "60");
    assert_eq!(first.len(), timeline(0).cues().len());
    for (mode, framing) in DELIVERY_MODES.into_iter().flat_map(|mode| FRAMINGS.map(|framing| (mode, framing))) {
        assert_eq!(first, run(mode, framing, "60"), "for every delivery mode and framing:  {mode:?}, {framing:?}");
        assert_eq!(first, run(mode, framing, "max"), "the speed is not in the events");
    }
}

#[test]
fn event_times_do_not_drift_over_a_whole_match() {
    for mode in DELIVERY_MODES {
        runtime().block_on(assert_no_drift(mode));
    }
}

async fn assert_no_drift(mode: DeliveryMode) {
    let mut harness = Harness::new(mode, timeline(0), options("60"));
    harness.subscribe("ann", "stamp=1&snapshot=off&since=start", PIPE_BYTES);
    tokio::time::sleep(Duration::from_secs(130)).await;
    let frames = harness.subscriber("ann").received();
    let base: jiff::Timestamp = "2026-11-22T06:00:00Z".parse().expect("a time");
    let mut events = 0;
    for frame in frames.iter().filter(|frame| frame.starts_with(r#"{"kind":"event""#)) {
        let frame: serde_json::Value = serde_json::from_str(frame).expect("a frame");
        let emitted: jiff::Timestamp = frame["emitted"].as_str().expect("stamped").parse().expect("a time");
        let due = frame["at"].as_i64().expect("a number") / 60;
        let late = emitted.as_millisecond() - base.as_millisecond() - due;
        // tokio's timer has a resolution of a millisecond; the stamp is cut to one.
        assert!((0..=2).contains(&late), "event {} is {late} ms late", frame["n"]);
        events += 1;
    }
    assert_eq!(events, harness.replay.timeline().cues().len());
}
