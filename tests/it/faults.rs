//! Feed faults over both delivery modes under virtual time: each subscriber receives the frames of the run that it is told of,
//! wherever it joins and resumes and whenever the faults change; what is sent is the truth changed as the journal says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;
use touchline::faults::{FaultPlan, apply};
use touchline::internals::hub::{FrameCache, Framing, SEGMENT_CUES};
use touchline::playback::{Command, Speed};
use touchline::replay::ReplayOptions;
use touchline::scenario::Timeline;

use super::harness::{Harness, PIPE_BYTES};
use super::pipes::{DELIVERY_MODES, DeliveryMode};
use super::properties::{command_line, runtime, timeline};
use super::wire::FRAMINGS;

/// Plans of every kind, for any scenario with several matches or one.
fn plan() -> impl Strategy<Value = String> {
    let fault = prop::sample::select(vec![
        "drop:p=0.2",
        "late:p=0.3,by=5s..3m",
        "duplicate:p=0.2,times=2",
        "reorder:p=0.3",
        "burst:p=0.05,for=2m",
        "vanish:p=0.5",
        "correct:p=0.2",
        "reissue:p=0.1",
        "unknown:p=0.2",
        "clock:p=0.05",
    ]);
    prop::collection::vec(fault, 1..4).prop_map(|faults| faults.join("; "))
}

fn options(speed: &str) -> ReplayOptions {
    let mut options = ReplayOptions::default();
    options.playback.speed = Speed::parse(speed).expect("a speed");
    options
}

/// What one client has received, checked against the frames of each run.
#[derive(Default)]
struct Reader {
    run: String,
    epoch: u64,
    n: u64,
    events: usize,
}

/// The frames of each run that has been played.
type Runs = BTreeMap<String, Run>;

struct Run {
    frames: Arc<FrameCache>,
    /// The texts of the events of each segment that has been needed. The cache may keep no segment, and would encode it for each
    /// event.
    events: BTreeMap<usize, Vec<Vec<u8>>>,
}

impl Reader {
    fn take(&mut self, text: &str, runs: &mut Runs) {
        // Comments of SSE and reasons of closes are no frames.
        let Ok(frame) = serde_json::from_str::<Value>(text) else { return };
        let number = |key: &str| frame[key].as_u64();
        match frame["kind"].as_str().expect("a kind") {
            "hello" | "playback" => {
                let (run, epoch) = (frame["run"].as_str().expect("a run"), number("epoch").expect("an epoch"));
                if (run, epoch) != (&self.run, self.epoch) {
                    (self.run, self.epoch) = (run.to_owned(), epoch);
                    self.n = 0;
                }
            }
            "snapshot" => self.n = number("n").expect("a number"),
            "event" => {
                let n = number("n").expect("a number");
                assert!(n > self.n, "{n} after {}", self.n);
                let Run { frames, events } = runs.get_mut(&self.run).expect("a run that was played");
                let skipped = self.n as usize..n as usize - 1;
                let cues = frames.timeline().cues();
                assert!(self.n == 0 || cues[skipped].iter().all(|cue| cue.silent), "only silent cues have no event");
                let (segment, place) = ((n as usize - 1) / SEGMENT_CUES, (n as usize - 1) % SEGMENT_CUES);
                let events = events.entry(segment).or_insert_with(|| {
                    let encoded = frames.segment(segment);
                    let count = SEGMENT_CUES.min(cues.len() - segment * SEGMENT_CUES);
                    (0..count).map(|place| encoded.text(encoded.frame_range_of(place).start).to_vec()).collect()
                });
                assert_eq!(text.as_bytes(), events[place], "the frame of this run");
                self.n = n;
                self.events += 1;
            }
            _ => {}
        }
    }
}

/// The readers of a harness, and the runs that it has played.
struct World {
    harness: Harness,
    readers: Vec<(&'static str, Framing, Reader)>,
    runs: Runs,
}

impl World {
    async fn settle(&mut self) {
        // Building a timeline takes real time, in which virtual time stands still.
        self.harness.settle().await;
        let frames = self.harness.replay.frames();
        let run = frames.run_text().to_owned();
        self.runs.entry(run).or_insert_with(|| Run { frames, events: BTreeMap::new() });
        for (name, _, reader) in &mut self.readers {
            for text in self.harness.subscriber(name).received() {
                reader.take(&text, &mut self.runs);
            }
        }
    }

    fn join(&mut self, who: usize, query: &str) {
        let (name, framing, _) = &self.readers[who];
        self.harness.subscribe_as(name, *framing, false, query, if who == 0 { 700 } else { PIPE_BYTES });
    }
}

#[derive(Debug, Clone)]
enum Action {
    Wait(u64),
    Command(String),
    Faults(String, u8),
    Resume(usize),
    JoinAnew(usize),
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => (1u64..15_000).prop_map(Action::Wait),
        2 => command_line().prop_map(Action::Command),
        2 => (plan(), any::<u8>()).prop_map(|(plan, seed)| Action::Faults(plan, seed)),
        1 => Just(Action::Faults("off".to_owned(), 0)),
        2 => (0..3usize).prop_map(Action::Resume),
        1 => (0..3usize).prop_map(Action::JoinAnew),
    ]
}

fn mode() -> impl Strategy<Value = DeliveryMode> {
    prop::sample::select(DELIVERY_MODES.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_reader_receives_the_frames_of_its_run_whatever_happens(
        mode in mode(), shipped in 0usize..3, framings in prop::array::uniform3(prop::sample::select(FRAMINGS.to_vec())),
        actions in prop::collection::vec(action(), 1..20),
    ) {
        runtime().block_on(async {
            let mut harness = Harness::new(mode, timeline(shipped), options("120"));
            harness.has_odd_events = true;
            let names = ["ann", "cat", "dan"].into_iter().zip(framings);
            let readers = names.map(|(name, framing)| (name, framing, Reader::default())).collect();
            let mut world = World { harness, readers, runs: Runs::new() };
            world.harness.subscribe("ben", "ticks=off", PIPE_BYTES);
            (0..3).for_each(|who| world.join(who, ""));
            world.settle().await;
            for action in actions {
                match action {
                    Action::Wait(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
                    Action::Command(words) => world.harness.subscriber("ben").send_text(&words),
                    Action::Faults(plan, seed) => {
                        let command = format!(r#"{{"command":"faults","to":"{plan}","seed":{seed}}}"#);
                        world.harness.subscriber("ben").send_text(&command);
                    }
                    Action::Resume(who) | Action::JoinAnew(who) => {
                        world.settle().await;
                        let name = world.readers[who].0;
                        world.harness.disconnect(name);
                        world.join(who, if matches!(action, Action::Resume(_)) { "since=last" } else { "" });
                    }
                }
                world.settle().await;
            }
            world.harness.subscriber("ben").send_text("speed max");
            world.harness.subscriber("ben").send_text("play");
            for _ in 0..5 {
                world.settle().await;
            }
        });
    }
}

#[test]
fn a_match_with_faults_gives_the_same_bytes_in_every_mode_and_framing() {
    let truth = timeline(2);
    let plan = "drop:p=0.1; duplicate:p=0.1; late:p=0.1,by=5s..1m; correct:p=0.1; unknown:p=0.1";
    let faulty = Arc::new(apply(&truth, &FaultPlan::parse(plan).expect("a plan"), 7).expect("faults"));
    let events = |timeline: &Arc<Timeline>, mode: DeliveryMode, framing: Framing| {
        let timeline = timeline.clone();
        runtime().block_on(async move {
            let mut options = options("max");
            (options.wait_for, options.once) = (1, true);
            let mut harness = Harness::new(mode, timeline, options);
            harness.has_odd_events = true;
            harness.subscribe_as("ann", framing, false, "ticks=off&since=start", PIPE_BYTES);
            let frames: Vec<String> = harness.subscriber("ann").rest().await;
            let of_matches = |frame: &String| {
                ["event", "table", "end"].iter().any(|kind| frame.starts_with(&format!(r#"{{"kind":"{kind}""#)))
            };
            frames.into_iter().filter(of_matches).collect::<Vec<_>>()
        })
    };
    let first = events(&faulty, DeliveryMode::Tasks, Framing::WebSocket);
    assert!(first.len() > 50);
    for (mode, framing) in DELIVERY_MODES.into_iter().flat_map(|mode| FRAMINGS.map(|framing| (mode, framing))) {
        assert_eq!(first, events(&faulty, mode, framing), "{mode:?} {framing:?}");
    }
    // Tables and ends are the same as without faults, but for their numbers.
    let carried = |frames: &[String]| -> Vec<Value> {
        let frames = frames.iter().filter(|frame| !frame.starts_with(r#"{"kind":"event""#));
        frames
            .map(|frame| {
                let mut frame: Value = serde_json::from_str(frame).expect("JSON");
                frame["n"] = Value::Null;
                frame
            })
            .collect()
    };
    assert_eq!(carried(&first), carried(&events(&truth, DeliveryMode::Loop, Framing::WebSocket)));
}

#[test]
fn a_command_takes_a_plan_at_any_moment_and_refuses_a_wrong_one() {
    for mode in DELIVERY_MODES {
        runtime().block_on(async move {
            let mut harness = Harness::new(mode, timeline(0), options("60"));
            harness.control.apply(Command::parse_line("pause").expect("a command")).await.expect("paused");
            harness.control.apply(Command::parse_line("seek 88:50").expect("a command")).await.expect("there");
            harness.subscribe("ben", "ticks=off&snapshot=off", PIPE_BYTES);
            harness.settle().await;
            harness.subscriber("ben").received();
            let mut ask = async |command: &str| {
                harness.subscriber("ben").send_text(command);
                harness.settle().await;
                let frames = harness.subscriber("ben").received();
                frames.iter().map(|frame| serde_json::from_str::<Value>(frame).expect("JSON")).collect::<Vec<_>>()
            };
            for (command, code, message) in [
                (
                    r#"{"command":"faults","to":"dorp:p=1"}"#,
                    "bad_argument",
                    "faults: unknown fault \"dorp\" (did you mean \"drop\"?)",
                ),
                (r#"{"command":"faults"}"#, "bad_argument", "faults: \"to\" is missing"),
                (
                    r#"{"command":"faults","to":"drop:at=nobody"}"#,
                    "not_found",
                    "faults: drop: at: no marker or event \"nobody\"",
                ),
                (r#"{"command":"faults","to":"off","seed":-1}"#, "bad_argument", "faults: seed must be a whole number"),
                (
                    r#"{"command":"faults","to":"off","sede":1}"#,
                    "bad_argument",
                    "faults: unknown field \"sede\" (did you mean \"seed\"?)",
                ),
                (r#"{"command":"faults","to":"off","if_version":1}"#, "stale", "playback is at version 3"),
            ] {
                let frames = ask(command).await;
                let [refused] = &frames[..] else { panic!("{mode:?} {command}: {frames:?}") };
                assert_eq!(refused["code"], code, "{refused}");
                assert!(refused["message"].as_str().expect("a text").starts_with(message), "{refused}");
            }
            let frames = ask(r#"{"command":"faults","to":"drop:at=next:goal","seed":3,"by":"anna","id":1}"#).await;
            let kinds: Vec<_> = frames.iter().map(|frame| frame["kind"].as_str().expect("a kind")).collect();
            assert!(kinds.contains(&"reply") && kinds.contains(&"playback"), "{kinds:?}");
            let playback = frames.iter().find(|frame| frame["kind"] == "playback").expect("a change");
            assert_eq!((&playback["cause"], &playback["by"]), (&"faults".into(), &"anna".into()));
            let run = harness.replay.frames().run_text().to_owned();
            assert_eq!(playback["run"], *run);
            let report = harness.replay.timeline().faults().expect("faults").clone();
            assert_eq!((&*report.plan, report.seed), ("drop:at=koulibaly-goal@0", 3));
            let mut ask = async |command: &str| {
                harness.subscriber("ben").send_text(command);
                harness.settle().await;
                harness.subscriber("ben").received()
            };
            let stepped = ask("step next:goal").await.join("\n");
            assert!(
                !stepped.contains("koulibaly-goal") && stepped.contains(r#""score":{"home":0,"away":1}"#),
                "{stepped}"
            );
            let again = ask("step next:goal").await.join("\n");
            assert!(again.contains("no goal ahead"), "it is past though it was lost: {again}");
            assert!(ask("faults off").await.iter().any(|frame| frame.contains(r#""cause":"faults""#)));
            assert!(harness.replay.timeline().faults().is_none());
        });
    }
}

#[test]
fn a_snapshot_is_the_truth_of_its_moment_and_commands_keep_their_order() {
    for mode in DELIVERY_MODES {
        runtime().block_on(async move {
            // Without a table, nothing marks the place of a goal that is lost.
            let mut scenario = touchline::scenario::SHIPPED[0].load().expect("shipped");
            scenario.tables.clear();
            let truth = Timeline::new(&scenario);
            let plan = FaultPlan::parse("drop:at=koulibaly-goal; late:p=1,from=89:08,by=25m").expect("a plan");
            let mut options = options("60");
            options.playback.paused = true;
            let mut harness = Harness::new(mode, Arc::new(apply(&truth, &plan, 1).expect("faults")), options);
            let mut snapshot_at = async |command: &str, name: &str| {
                harness.control.apply(Command::parse_line(command).expect(command)).await.expect(command);
                harness.subscribe(name, "ticks=off", PIPE_BYTES);
                harness.settle().await;
                let frames = harness.subscriber(name).received();
                let snapshot =
                    frames.iter().find(|frame| frame.starts_with(r#"{"kind":"snapshot""#)).expect("a snapshot");
                let snapshot: Value = serde_json::from_str(snapshot).expect("JSON");
                (snapshot["state"]["score"]["away"].clone(), snapshot["state"]["status"].clone())
            };
            assert_eq!(snapshot_at("seek 89:06", "ann").await, (0.into(), "second_half".into()));
            assert_eq!(snapshot_at("seek 89:20", "cat").await, (1.into(), "second_half".into()));
            assert_eq!(snapshot_at("seek FT", "dan").await, (1.into(), "full_time".into()));

            let many = ["late:p=0.5,by=1s..2s"; 24].join("; ");
            for (id, plan) in [(1, &*many), (2, "off"), (3, "lossy"), (4, "off")] {
                let command = format!(r#"{{"command":"faults","to":"{plan}","id":{id}}}"#);
                harness.subscriber("ann").send_text(&command);
            }
            harness.subscriber("ann").send_text(r#"{"command":"pause","id":5}"#);
            for _ in 0..20 {
                harness.settle().await;
            }
            let frames = harness.subscriber("ann").received();
            let ids = frames.iter().filter_map(|frame| serde_json::from_str::<Value>(frame).ok()?["id"].as_u64());
            assert_eq!(ids.collect::<Vec<_>>(), [1, 2, 3, 4, 5], "{mode:?}");
            assert!(harness.replay.timeline().faults().is_none());
        });
    }
}
