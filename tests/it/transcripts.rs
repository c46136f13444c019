//! Transcripts: scripted runs of a replay and its subscribers, as text files.
//!
//! Each line of a file is a direction; the indented lines under it are the frames that every subscriber received in response. The
//! test runs the directions in both delivery modes and compares the whole file. `TOUCHLINE_BLESS=1` rewrites the files.
//!
//! ```text
//! play juv speed=60 loop hold=5s wait=1     open the replay (first line)
//! join ann ?types=goal                      connect (since=last: come back to where she was; since=run.1.5:
//!                                           a cursor of what is played)
//! join ann as sse ?types=goal               the same to server-sent events (`as lines`: to NDJSON; `as sse naming`: with
//!                                           ids that name the replay); ids stand behind their frames
//! say ann pause                             send a request
//! wait 10s                                  let virtual time pass
//! stall ann / go ann                        stop reading, read on
//! cut ann / hang_up ann                     the connection breaks; she says goodbye
//! stop                                      the server stops
//! ```

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use touchline::internals::hub::Framing;
use touchline::playback::{Pace, Position, Speed};
use touchline::replay::ReplayOptions;
use touchline::scenario::{Scenario, Span, Timeline};

use super::harness::{Harness, PIPE_BYTES};
use super::pipes::{DELIVERY_MODES, DeliveryMode};

#[test]
fn every_transcript_is_reproduced_exactly() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file").path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut different = Vec::new();
    for file in files {
        let expected = std::fs::read_to_string(&file).expect("a transcript");
        for mode in DELIVERY_MODES {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
            let actual = runtime.expect("a runtime").block_on(replay_transcript(&expected, mode));
            if std::env::var_os("TOUCHLINE_BLESS").is_some() && mode == DELIVERY_MODES[0] {
                std::fs::write(&file, actual).expect("written");
            } else if actual != expected {
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                different.push(format!("{name}, served {mode:?}:\n{}", difference(&expected, &actual)));
            }
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

fn difference(expected: &str, actual: &str) -> String {
    let pairs = expected.lines().map(Some).chain(std::iter::repeat(None));
    let at = actual
        .lines()
        .map(Some)
        .chain([None])
        .zip(pairs)
        .position(|(actual, expected)| actual != expected)
        .unwrap_or(0);
    let around = |text: &str| text.lines().skip(at.saturating_sub(3)).take(8).collect::<Vec<_>>().join("\n");
    format!("line {}: received\n{}\n-- but expected\n{}\n", at + 1, around(actual), around(expected))
}

async fn replay_transcript(expected: &str, mode: DeliveryMode) -> String {
    let mut story = String::new();
    let mut harness: Option<Harness> = None;
    for line in expected.lines().filter(|line| !line.starts_with("  ")) {
        writeln!(story, "{line}").expect("text");
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        if verb == "play" {
            harness = Some(play(rest, mode));
        }
        let harness = harness.as_mut().expect("the first direction is play");
        run_direction(harness, verb, rest).await;
        harness.settle().await;
        for name in harness.names() {
            let subscriber = harness.subscriber(&name);
            for (frame, id) in subscriber.received_with_ids() {
                let id = id.map(|id| format!(" #{id}")).unwrap_or_default();
                writeln!(story, "  {name} {}{id}", summary(&frame)).expect("text");
            }
        }
    }
    story
}

async fn run_direction(harness: &mut Harness, verb: &str, rest: &str) {
    let (name, more) = rest.split_once(' ').unwrap_or((rest, ""));
    match verb {
        "play" => {}
        "join" => join(harness, name, more, PIPE_BYTES),
        // A subscriber with a pipe so small that the server soon blocks on it.
        "join_narrow" => join(harness, name, more, 600),
        "say" => harness.subscriber(name).send_text(more),
        "wait" => tokio::time::sleep(Span::parse(rest).expect("a span").to_duration() - Duration::from_millis(1)).await,
        "stall" => harness.subscriber(name).set_reading(false),
        "go" => harness.subscriber(name).set_reading(true),
        "cut" => harness.disconnect(name),
        "hang_up" => harness.subscriber(name).send_close(),
        "stop" => harness.stop(),
        _ => panic!("unknown direction {verb:?}"),
    }
}

fn join(harness: &mut Harness, name: &str, words: &str, pipe: usize) {
    let (how, query) = words.split_once('?').unwrap_or((words, ""));
    let (framing, names_replay) = match how.trim() {
        "" => (Framing::WebSocket, false),
        "as sse" => (Framing::Sse, false),
        "as sse naming" => (Framing::Sse, true),
        "as lines" => (Framing::Lines, false),
        _ => panic!("unknown way to join {how:?}"),
    };
    harness.subscribe_as(name, framing, names_replay, query, pipe);
}

fn play(words: &str, mode: DeliveryMode) -> Harness {
    let mut words = words.split_whitespace();
    let name = words.next().expect("a scenario");
    let scenario = if name.ends_with(".jsonl") {
        Scenario::load(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name))
    } else {
        Scenario::open(name)
    };
    let timeline = Timeline::new(&scenario.expect("a scenario"));
    let mut options = ReplayOptions::default();
    let playback = &mut options.playback;
    for word in words {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        let span = || Span::parse(value).expect("a span").to_duration();
        let position = || Some(Position::parse(value).expect("a position"));
        match key {
            "speed" => playback.speed = Speed::parse(value).expect("a speed"),
            "pace" => playback.pace = Pace::parse(value, timeline.custom_types()).expect("a pace"),
            "loop" => playback.looping = true,
            "hold" => playback.hold = span(),
            "paused" => playback.paused = true,
            "from" => playback.from = position(),
            "until" => playback.until = position(),
            "wait" => options.wait_for = value.parse().expect("a number"),
            "once" => options.once = true,
            _ => panic!("unknown word {word:?}"),
        }
    }
    Harness::new(mode, Arc::new(timeline), options)
}

/// A frame as one readable line.
fn summary(text: &str) -> String {
    let Ok(frame) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
    let word = |key: &str| frame[key].as_str().unwrap_or("-").to_owned();
    let score = |value: &Value| format!("{}-{}", value["home"], value["away"]);
    let playback = |value: &Value| {
        let nominal = value.get("nominal").map(|nominal| format!(" (of {nominal})")).unwrap_or_default();
        let cause = value["cause"].as_str().map(|cause| format!(" cause {cause}")).unwrap_or_default();
        let state = value["state"].as_str().unwrap_or_default();
        let (at, speed) = (value["at"].as_f64().unwrap_or(0.0) / 1e3, &value["speed"]);
        let looping = if value["loop"] == true { " loop" } else { "" };
        let pace = value["pace"].as_str().map(|pace| format!(" pace {pace}")).unwrap_or_default();
        format!("{state} v{} at {at}s x{speed}{nominal}{looping}{pace}{cause}", value["version"])
    };
    match frame["kind"].as_str().unwrap_or_default() {
        "hello" => format!(
            "hello epoch {} head {} resumed {} control {} [{}]",
            frame["epoch"],
            frame["head"],
            frame["resumed"],
            frame["control"],
            playback(&frame["playback"])
        ),
        "snapshot" => {
            let state = &frame["state"];
            let events = state["events"].as_array().map_or(0, Vec::len);
            let status = state["status"].as_str().unwrap_or_default();
            format!("snapshot {} n {} {status} {} events {events}", word("match"), frame["n"], score(&state["score"]))
        }
        "event" => {
            let op = if frame["op"] == "add" { String::new() } else { format!("{} ", word("op")) };
            let emitted = frame["emitted"].as_str().map(|at| format!(" emitted {at}")).unwrap_or_default();
            let place = format!("{} {}", word("clock"), word("label"));
            format!("event {} {op}{} {place} {}{emitted}", frame["n"], word("type"), score(&frame["score"]))
        }
        "tick" => {
            let matches = frame["matches"].as_object().into_iter().flatten();
            let clocks: Vec<_> = matches
                .map(|(id, tick)| {
                    let running = if tick["running"] == true { "" } else { " still" };
                    format!("{id} {} {}{running}", tick["clock"].as_str().unwrap_or_default(), score(&tick["score"]))
                })
                .collect();
            format!("tick n {} at {}s {}", frame["n"], frame["at"].as_f64().unwrap_or(0.0) / 1e3, clocks.join(", "))
        }
        "table" => {
            let rows = frame["rows"].as_array().into_iter().flatten().take(2);
            let rows: Vec<_> =
                rows.map(|row| format!("{} {}", row["team"].as_str().unwrap_or_default(), row["points"])).collect();
            format!("table n {} {}", frame["n"], rows.join(", "))
        }
        "playback" => format!("playback epoch {} {}", frame["epoch"], playback(&frame)),
        "end" => format!("end {} n {} {}", word("match"), frame["n"], score(&frame["score"])),
        "reply" => {
            let step =
                frame.get("reached").map(|reached| format!(" {} to {} reached {reached}", frame["from"], frame["to"]));
            let beyond = if frame["beyond"] == true { " beyond" } else { "" };
            let where_to = frame.get("playback").map(|now| format!(" [epoch {} {}]", now["epoch"], playback(now)));
            let payload = frame.get("payload").map(|payload| format!(" payload {payload}")).unwrap_or_default();
            let (step, where_to) = (step.unwrap_or_default(), where_to.unwrap_or_default());
            format!("reply {}{step}{beyond}{where_to}{payload}", frame["id"])
        }
        "close" => format!("close {} {}", frame["code"], word("reason")),
        "error" => format!("error {} {} {}", frame["id"], word("code"), word("message")),
        _ => text.to_owned(),
    }
}
