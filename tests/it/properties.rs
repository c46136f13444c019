//! What must hold whatever is done: a client that folds what it receives holds exactly the server's state.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use touchline::hub::{Framing, ReplayOptions};
use touchline::playback::Speed;
use touchline::scenario::{SHIPPED, Timeline};

use super::fold::{Fold, shown};
use super::pipes::{BOTH, Served};
use super::stage::{PIPE_BYTES, Stage};
use super::wire::FRAMINGS;

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime")
}

pub fn timeline(shipped: usize) -> Arc<Timeline> {
    Arc::new(Timeline::new(&SHIPPED[shipped].load().expect("shipped")))
}

fn options(speed: &str) -> ReplayOptions {
    let mut options = ReplayOptions::default();
    options.playback.speed = Speed::parse(speed).expect("a speed");
    options
}

/// What a newcomer is told now: the server's state.
async fn server_state(stage: &mut Stage) -> Vec<(String, serde_json::Value)> {
    stage.join("newcomer", "ticks=off", PIPE_BYTES);
    stage.settle().await;
    let frames = stage.subscriber("newcomer").received();
    frames.iter().filter(|frame| frame.starts_with(r#"{"kind":"snapshot""#)).map(|frame| shown(frame)).collect()
}

async fn holds_the_servers_state(stage: &mut Stage, name: &str, fold: &mut Fold) {
    stage.settle().await;
    for frame in stage.subscriber(name).received() {
        fold.take(&frame);
    }
    assert!(fold.faults.is_empty(), "{name}: {:?}", fold.faults);
    let held = fold.states();
    let told = server_state(stage).await;
    // What a newcomer sees between the two looks may be a millisecond ahead; both are taken while nothing moves.
    for (id, state) in told {
        let held = held.get(id.as_str()).unwrap_or_else(|| panic!("{name} knows nothing of {id}"));
        assert_same(held, &state);
    }
}

fn assert_same(held: &serde_json::Value, told: &serde_json::Value) {
    if held != told {
        for (key, value) in told.as_object().expect("an object") {
            let (held, told) = (held[key].to_string(), value.to_string());
            // Told briefly: where the two part, not the whole season.
            let at = held.bytes().zip(told.bytes()).position(|(a, b)| a != b).unwrap_or(held.len().min(told.len()));
            let around = |text: &str| text.chars().skip(at.saturating_sub(80)).take(200).collect::<String>();
            assert!(held == told, "{key} differs:\nheld …{}\ntold …{}", around(&held), around(&told));
        }
    }
}

#[derive(Debug, Clone)]
enum Act {
    Wait(u64),
    Say(String),
    Stall(usize),
    Go(usize),
    CutAndComeBack,
    ComeAnew,
}

fn served() -> impl Strategy<Value = Served> {
    prop::sample::select(BOTH.to_vec())
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

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (1u64..20_000).prop_map(Act::Wait),
        4 => command_line().prop_map(Act::Say),
        2 => (0..COMPANY.len()).prop_map(Act::Stall),
        3 => (0..COMPANY.len()).prop_map(Act::Go),
        1 => Just(Act::CutAndComeBack),
        1 => Just(Act::ComeAnew),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn joining_at_any_moment_folds_to_the_same_final_state(served in served(), shipped in 0usize..3, first in framing(), moments in prop::collection::vec((0u64..30_000, framing()), 1..4)) {
        runtime().block_on(async {
            let mut stage = Stage::new(served, timeline(shipped), options("600"));
            stage.join_as("first", first, false, "ticks=off", PIPE_BYTES);
            let mut folds = vec![("first".to_owned(), Fold::default())];
            for (at, (moment, framing)) in moments.into_iter().enumerate() {
                tokio::time::sleep(Duration::from_millis(moment)).await;
                let name = format!("late {at}");
                stage.join_as(&name, framing, false, "", PIPE_BYTES);
                folds.push((name, Fold::default()));
            }
            stage.control.apply(touchline::playback::Command::parse_line("speed max").expect("a command")).await
                .expect("a replay").expect("applied");
            for (name, fold) in &mut folds {
                holds_the_servers_state(&mut stage, name, fold).await;
            }
            let end = folds[0].1.states();
            for (name, fold) in &folds {
                assert_eq!(fold.n as usize, stage.replay.timeline().cues().len(), "{name}");
                assert_eq!(fold.states(), end, "{name}");
                assert_eq!(&fold.tables, &folds[0].1.tables, "{name}");
            }
        });
    }

    #[test]
    fn after_any_actions_the_folded_state_equals_the_servers_state(served in served(), shipped in 0usize..3, narrow in any::<bool>(), framings in [framing(), framing(), framing()], acts in prop::collection::vec(act(), 1..25)) {
        runtime().block_on(async {
            let mut options = options("120");
            options.playback.hold = Duration::from_secs(2);
            let mut stage = Stage::new(served, timeline(shipped), options);
            let pipe = |name: &str| match name {
                "ann" if narrow => 700,
                "cat" => 300,
                "dan" => 9_000,
                _ => PIPE_BYTES,
            };
            let join = |stage: &mut Stage, name: &str, query: &str| {
                let framing = COMPANY.iter().position(|known| *known == name).map(|at| framings[at]);
                stage.join_as(name, framing.expect("one of them"), false, query, pipe(name));
            };
            stage.join("ben", "ticks=off", PIPE_BYTES);
            for name in COMPANY {
                join(&mut stage, name, "");
            }
            let mut folds = COMPANY.map(|_| Fold::default());
            for act in acts {
                match act {
                    Act::Wait(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
                    Act::Say(words) => stage.subscriber("ben").say(&words),
                    Act::Stall(who) => stage.subscriber(COMPANY[who]).read(false),
                    Act::Go(who) => stage.subscriber(COMPANY[who]).read(true),
                    Act::CutAndComeBack | Act::ComeAnew => {
                        stage.settle().await;
                        take(&mut stage, &mut folds);
                        stage.cut("ann");
                        let anew = matches!(act, Act::ComeAnew);
                        join(&mut stage, "ann", if anew { "" } else { "since=last" });
                    }
                }
                for name in COMPANY {
                    if stage.subscriber(name).is_over() {
                        // Stalled for so long that it was closed; it comes back where it was.
                        join(&mut stage, name, "since=last");
                    }
                }
                stage.settle().await;
                take(&mut stage, &mut folds);
            }
            stage.subscriber("ben").say("pause");
            for name in COMPANY {
                stage.subscriber(name).read(true);
            }
            // A reader that had stalled may have been closed just now.
            tokio::time::sleep(Duration::from_secs(1)).await;
            take(&mut stage, &mut folds);
            for (name, fold) in COMPANY.iter().zip(&mut folds) {
                if stage.subscriber(name).is_over() {
                    join(&mut stage, name, "since=last");
                }
                holds_the_servers_state(&mut stage, name, fold).await;
            }
        });
    }
}

/// Readers on the same terms but for the framing: in step as long as they keep up.
const COMPANY: [&str; 3] = ["ann", "cat", "dan"];

fn take(stage: &mut Stage, folds: &mut [Fold]) {
    for (name, fold) in COMPANY.iter().zip(folds) {
        for frame in stage.subscriber(name).received() {
            fold.take(&frame);
        }
    }
}

#[test]
fn a_scenario_gives_identical_event_bytes_on_every_run_and_to_every_subscriber() {
    let run = |served: Served, framing: Framing, speed: &'static str| {
        runtime().block_on(async move {
            let mut options = options(speed);
            options.wait_for = 2;
            options.once = true;
            let mut stage = Stage::new(served, timeline(0), options);
            stage.join_as("ann", framing, true, "ticks=off", PIPE_BYTES);
            stage.join_as("ned", framing, true, "ticks=off", 300);
            let ann: Vec<_> = stage.subscriber("ann").rest().await;
            let ned: Vec<_> = stage.subscriber("ned").rest().await;
            let events = |frames: Vec<String>| -> Vec<String> {
                frames.into_iter().filter(|frame| frame.starts_with(r#"{"kind":"event""#)).collect()
            };
            let (ann, ned) = (events(ann), events(ned));
            assert_eq!(ann, ned);
            ann
        })
    };
    let first = run(Served::ByTasks, Framing::WebSocket, "60");
    assert_eq!(first.len(), timeline(0).cues().len());
    for (served, framing) in BOTH.into_iter().flat_map(|served| FRAMINGS.map(|framing| (served, framing))) {
        assert_eq!(first, run(served, framing, "60"), "whoever serves, and however: {served:?}, {framing:?}");
        assert_eq!(first, run(served, framing, "max"), "the speed is not in the events");
    }
}

#[test]
fn event_times_do_not_drift_over_a_whole_match() {
    for served in BOTH {
        runtime().block_on(assert_no_drift(served));
    }
}

async fn assert_no_drift(served: Served) {
    let mut stage = Stage::new(served, timeline(0), options("60"));
    stage.join("ann", "stamp=1&snapshot=off&since=start", PIPE_BYTES);
    tokio::time::sleep(Duration::from_secs(130)).await;
    let frames = stage.subscriber("ann").received();
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
    assert_eq!(events, stage.replay.timeline().cues().len());
}
