//! A barrier settles whatever happens while somebody waits at it: a table of what may happen, under virtual time.

use std::sync::Arc;
use std::time::Duration;

use touchline::hub::{Barrier, Behind, CloseCode, Framing, ReplayOptions, Stopping};
use touchline::playback::{Command, Options};
use touchline::scenario::{Timeline, open};

use super::conversation::by_both;
use super::stage::{PIPE_BYTES, Stage};

/// How long a client waits.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What happens while somebody waits for `ann` to acknowledge a step.
#[derive(Debug, Clone, Copy)]
enum Meanwhile {
    Acknowledges,
    AcknowledgesWithId,
    /// An event before the last.
    AcknowledgesLess,
    Nothing,
    Leaves,
    IsCut,
    /// These commands are given, one after the other.
    Commands(&'static [&'static str]),
    Closed,
    ServerStops,
}

/// Whether it is passed, and when: at once, or not before the client's patience is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Behind,
}

const CASES: [(Meanwhile, Outcome); 15] = [
    (Meanwhile::Acknowledges, Outcome::Passed),
    (Meanwhile::AcknowledgesWithId, Outcome::Passed),
    (Meanwhile::AcknowledgesLess, Outcome::Behind),
    (Meanwhile::Nothing, Outcome::Behind),
    (Meanwhile::Leaves, Outcome::Passed),
    (Meanwhile::IsCut, Outcome::Passed),
    (Meanwhile::Commands(&["seek 0%"]), Outcome::Passed),
    (Meanwhile::Commands(&["seek 80:00"]), Outcome::Passed),
    (Meanwhile::Commands(&["seek 100%"]), Outcome::Passed),
    (Meanwhile::Commands(&["restart"]), Outcome::Passed),
    // A new epoch of which events are told at once, and none of them acknowledged.
    (Meanwhile::Commands(&["speed max", "seek 80:00", "play"]), Outcome::Passed),
    // The end of the lap: the next one is another epoch.
    (Meanwhile::Commands(&["loop on", "speed max", "play"]), Outcome::Passed),
    // Nothing of what was stepped over is acknowledged by playing on, pausing or another step.
    (Meanwhile::Commands(&["pause", "play", "step"]), Outcome::Behind),
    (Meanwhile::Closed, Outcome::Passed),
    (Meanwhile::ServerStops, Outcome::Passed),
];

#[test]
fn a_barrier_settles_whatever_happens_meanwhile() {
    by_both(async |served| {
        let timeline = Arc::new(Timeline::new(&open("juv").expect("shipped")));
        for (meanwhile, outcome) in CASES {
            let options =
                ReplayOptions { playback: Options { paused: true, ..Options::default() }, ..ReplayOptions::default() };
            let mut stage = Stage::new(served, timeline.clone(), options);
            stage.join("ann", "ticks=off", PIPE_BYTES);
            stage.settle().await;
            let step = Command::parse_line("step HT").expect("a step");
            let answer = stage.control.apply(step).await.expect("a replay").expect("applied");
            let stepped = answer.applied.stepped.expect("a step");
            let barrier = Barrier {
                version: answer.playhead.version,
                newest: stage.replay.newest_subscriber_number(),
                acknowledged_from: Some((answer.playhead.epoch, stepped.from)),
            };
            let (replay, control) = (stage.replay.clone(), stage.control.clone());
            let began = tokio::time::Instant::now();
            let happening = async {
                stage.settle().await;
                let n = stepped.to;
                match meanwhile {
                    Meanwhile::Nothing => {}
                    Meanwhile::Acknowledges => stage.subscriber("ann").say(&format!(r#"{{"command":"ack","n":{n}}}"#)),
                    Meanwhile::AcknowledgesWithId => {
                        stage.subscriber("ann").say(&format!(r#"{{"command":"ack","n":{n},"id":1}}"#));
                    }
                    Meanwhile::AcknowledgesLess => {
                        stage.subscriber("ann").say(&format!(r#"{{"command":"ack","n":{}}}"#, n - 1));
                    }
                    Meanwhile::Leaves => stage.subscriber("ann").hang_up(),
                    Meanwhile::IsCut => stage.cut("ann"),
                    Meanwhile::Commands(lines) => {
                        for line in lines {
                            let command = Command::parse_line(line).expect(line);
                            control.apply(command).await.expect("a replay").expect(line);
                        }
                    }
                    Meanwhile::Closed => replay.stop(Stopping { code: CloseCode::Gone, drain: false }),
                    Meanwhile::ServerStops => stage.stop(),
                }
            };
            let (passed, ()) = tokio::join!(replay.wait_for_barrier(barrier, TIMEOUT), happening);
            let waited = began.elapsed();
            match outcome {
                Outcome::Passed => {
                    assert_eq!(passed, Ok(()), "{meanwhile:?} {served:?}");
                    assert!(waited < Duration::from_secs(2), "{meanwhile:?} {served:?}: {waited:?}");
                }
                Outcome::Behind => {
                    let behind = passed.expect_err("not acknowledged");
                    assert!(matches!(behind[..], [Behind { subscriber: 1, .. }]), "{meanwhile:?}: {behind:?}");
                    assert_eq!(waited, TIMEOUT, "{meanwhile:?} {served:?}");
                }
            }
            assert!(!replay.has_barriers(), "{meanwhile:?}: nobody waits any more");
        }
    });
}

#[test]
fn who_cannot_acknowledge_is_named_and_who_has_nothing_to_acknowledge_is_not_waited_for() {
    by_both(async |served| {
        let timeline = Arc::new(Timeline::new(&open("juv").expect("shipped")));
        for (framing, query, passes) in [
            (Framing::Sse, "ticks=off", false),
            (Framing::Lines, "ticks=off", false),
            (Framing::WebSocket, "ticks=off&types=red_card", true),
            (Framing::Lines, "ticks=off&types=red_card", true),
        ] {
            let options =
                ReplayOptions { playback: Options { paused: true, ..Options::default() }, ..ReplayOptions::default() };
            let mut stage = Stage::new(served, timeline.clone(), options);
            stage.join_as("ann", framing, false, query, PIPE_BYTES);
            stage.settle().await;
            let step = Command::parse_line("step HT").expect("a step");
            let answer = stage.control.apply(step).await.expect("a replay").expect("applied");
            let barrier = Barrier {
                version: answer.playhead.version,
                newest: stage.replay.newest_subscriber_number(),
                acknowledged_from: Some((answer.playhead.epoch, 0)),
            };
            let passed = stage.replay.wait_for_barrier(barrier, TIMEOUT).await;
            assert_eq!(passed.is_ok(), passes, "{framing:?} {query} {served:?}");
        }
    });
}
