//! Barriers: a step that waits for acknowledgements passes or times out, whatever happens meanwhile. A table of concurrent changes
//! under virtual time.

use std::sync::Arc;
use std::time::Duration;

use touchline::CloseCode;
use touchline::internals::hub::{Barrier, Behind, Framing};
use touchline::playback::{Command, PlaybackOptions};
use touchline::replay::{ReplayOptions, Stopping};
use touchline::scenario::{Scenario, Timeline};

use super::harness::{Harness, PIPE_BYTES};
use super::misbehaving_clients::for_each_mode;

/// The timeout of the barrier.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What happens while a client waits for `ann` to acknowledge a step.
#[derive(Debug, Clone, Copy)]
enum Meanwhile {
    Acknowledges,
    AcknowledgesWithId,
    /// Acknowledges all but the last event.
    AcknowledgesLess,
    Nothing,
    Leaves,
    IsCut,
    /// These commands are applied in order.
    Commands(&'static [&'static str]),
    Closed,
    ServerStops,
}

/// Whether the barrier passes at once, or fails at its timeout.
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
    // A new epoch whose events are sent at once, none of them acknowledged.
    (Meanwhile::Commands(&["speed max", "seek 80:00", "play"]), Outcome::Passed),
    // The end of the lap: the next lap is another epoch.
    (Meanwhile::Commands(&["loop on", "speed max", "play"]), Outcome::Passed),
    // Playing on, pausing and another step acknowledge nothing.
    (Meanwhile::Commands(&["pause", "play", "step"]), Outcome::Behind),
    (Meanwhile::Closed, Outcome::Passed),
    (Meanwhile::ServerStops, Outcome::Passed),
];

#[test]
fn a_barrier_settles_after_any_concurrent_change() {
    for_each_mode(async |mode| {
        let timeline = Arc::new(Timeline::new(&Scenario::open("juv").expect("shipped")));
        for (meanwhile, outcome) in CASES {
            let options = ReplayOptions {
                playback: PlaybackOptions { paused: true, ..PlaybackOptions::default() },
                ..ReplayOptions::default()
            };
            let mut harness = Harness::new(mode, timeline.clone(), options);
            harness.subscribe("ann", "ticks=off", PIPE_BYTES);
            harness.settle().await;
            let step = Command::parse_line("step HT").expect("a step");
            let answer = harness.control.apply(step).await.expect("applied");
            let stepped = answer.applied.stepped.expect("a step");
            let barrier = Barrier {
                version: answer.playhead.version,
                newest: harness.replay.newest_subscriber_number(),
                acknowledged_from: Some((answer.playhead.epoch, stepped.from)),
            };
            let (replay, control) = (harness.replay.clone(), harness.control.clone());
            let began = tokio::time::Instant::now();
            let happening = async {
                harness.settle().await;
                let n = stepped.to;
                match meanwhile {
                    Meanwhile::Nothing => {}
                    Meanwhile::Acknowledges => {
                        harness.subscriber("ann").send_text(&format!(r#"{{"command":"ack","n":{n}}}"#))
                    }
                    Meanwhile::AcknowledgesWithId => {
                        harness.subscriber("ann").send_text(&format!(r#"{{"command":"ack","n":{n},"id":1}}"#));
                    }
                    Meanwhile::AcknowledgesLess => {
                        harness.subscriber("ann").send_text(&format!(r#"{{"command":"ack","n":{}}}"#, n - 1));
                    }
                    Meanwhile::Leaves => harness.subscriber("ann").send_close(),
                    Meanwhile::IsCut => harness.disconnect("ann"),
                    Meanwhile::Commands(lines) => {
                        for line in lines {
                            let command = Command::parse_line(line).expect(line);
                            control.apply(command).await.expect(line);
                        }
                    }
                    Meanwhile::Closed => replay.stop(Stopping { code: CloseCode::Gone, drain: false }),
                    Meanwhile::ServerStops => harness.stop(),
                }
            };
            let (passed, ()) = tokio::join!(replay.wait_for_barrier(barrier, TIMEOUT), happening);
            let waited = began.elapsed();
            match outcome {
                Outcome::Passed => {
                    assert_eq!(passed, Ok(()), "{meanwhile:?} {mode:?}");
                    assert!(waited < Duration::from_secs(2), "{meanwhile:?} {mode:?}: {waited:?}");
                }
                Outcome::Behind => {
                    let behind = passed.expect_err("not acknowledged");
                    assert!(matches!(behind[..], [Behind { subscriber: 1, .. }]), "{meanwhile:?}: {behind:?}");
                    assert_eq!(waited, TIMEOUT, "{meanwhile:?} {mode:?}");
                }
            }
            assert!(!replay.has_barriers(), "{meanwhile:?}: no barrier is left");
        }
    });
}

#[test]
fn a_barrier_fails_for_subscribers_that_cannot_acknowledge_and_skips_those_with_nothing_to_acknowledge() {
    for_each_mode(async |mode| {
        let timeline = Arc::new(Timeline::new(&Scenario::open("juv").expect("shipped")));
        for (framing, query, passes) in [
            (Framing::Sse, "ticks=off", false),
            (Framing::Lines, "ticks=off", false),
            (Framing::WebSocket, "ticks=off&types=red_card", true),
            (Framing::Lines, "ticks=off&types=red_card", true),
        ] {
            let options = ReplayOptions {
                playback: PlaybackOptions { paused: true, ..PlaybackOptions::default() },
                ..ReplayOptions::default()
            };
            let mut harness = Harness::new(mode, timeline.clone(), options);
            harness.subscribe_as("ann", framing, false, query, PIPE_BYTES);
            harness.settle().await;
            let step = Command::parse_line("step HT").expect("a step");
            let answer = harness.control.apply(step).await.expect("applied");
            let barrier = Barrier {
                version: answer.playhead.version,
                newest: harness.replay.newest_subscriber_number(),
                acknowledged_from: Some((answer.playhead.epoch, 0)),
            };
            let passed = harness.replay.wait_for_barrier(barrier, TIMEOUT).await;
            assert_eq!(passed.is_ok(), passes, "{framing:?} {query} {mode:?}");
        }
    });
}
