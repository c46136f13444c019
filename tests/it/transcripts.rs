//! Transcripts: stories of a replay and its subscribers, as text files.
//!
//! Each line of a file is a direction; the indented lines under it are what every subscriber received because of it. The
//! test plays the directions to both drivers and compares the whole story. `TOUCHLINE_BLESS=1` writes what was seen back to
//! the files.
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
use touchline::hub::{Framing, ReplayOptions};
use touchline::playback::{Pace, Position, Speed};
use touchline::scenario::{Scenario, Span, Timeline, open};

use super::pipes::{BOTH, Served};
use super::stage::{PIPE_BYTES, Stage};

#[test]
fn every_transcript_is_reproduced_exactly() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file").path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut different = Vec::new();
    for file in files {
        let written = std::fs::read_to_string(&file).expect("a transcript");
        for served in BOTH {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
            let told = runtime.expect("a runtime").block_on(tell(&written, served));
            if std::env::var_os("TOUCHLINE_BLESS").is_some() && served == BOTH[0] {
                std::fs::write(&file, told).expect("written");
            } else if told != written {
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                different.push(format!("{name}, served {served:?}:\n{}", difference(&written, &told)));
            }
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

fn difference(written: &str, told: &str) -> String {
    let pairs = written.lines().map(Some).chain(std::iter::repeat(None));
    let at = told.lines().map(Some).chain([None]).zip(pairs).position(|(told, written)| told != written).unwrap_or(0);
    let around = |text: &str| text.lines().skip(at.saturating_sub(3)).take(8).collect::<Vec<_>>().join("\n");
    format!("line {}: told\n{}\n-- but written\n{}\n", at + 1, around(told), around(written))
}

async fn tell(written: &str, served: Served) -> String {
    let mut story = String::new();
    let mut stage: Option<Stage> = None;
    for line in written.lines().filter(|line| !line.starts_with("  ")) {
        writeln!(story, "{line}").expect("text");
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        if verb == "play" {
            stage = Some(play(rest, served));
        }
        let stage = stage.as_mut().expect("the first direction is play");
        direct(stage, verb, rest).await;
        stage.settle().await;
        for name in stage.names() {
            let subscriber = stage.subscriber(&name);
            for (frame, id) in subscriber.received_with_ids() {
                let id = id.map(|id| format!(" #{id}")).unwrap_or_default();
                writeln!(story, "  {name} {}{id}", brief(&frame)).expect("text");
            }
        }
    }
    story
}

async fn direct(stage: &mut Stage, verb: &str, rest: &str) {
    let (name, more) = rest.split_once(' ').unwrap_or((rest, ""));
    match verb {
        "play" => {}
        "join" => join(stage, name, more, PIPE_BYTES),
        // A reader with a pipe so small that the server is soon blocked by it.
        "join_narrow" => join(stage, name, more, 600),
        "say" => stage.subscriber(name).say(more),
        "wait" => tokio::time::sleep(Span::parse(rest).expect("a span").to_duration() - Duration::from_millis(1)).await,
        "stall" => stage.subscriber(name).read(false),
        "go" => stage.subscriber(name).read(true),
        "cut" => stage.cut(name),
        "hang_up" => stage.subscriber(name).hang_up(),
        "stop" => stage.stop(),
        _ => panic!("unknown direction {verb:?}"),
    }
}

fn join(stage: &mut Stage, name: &str, words: &str, pipe: usize) {
    let (how, query) = words.split_once('?').unwrap_or((words, ""));
    let (framing, names_replay) = match how.trim() {
        "" => (Framing::WebSocket, false),
        "as sse" => (Framing::Sse, false),
        "as sse naming" => (Framing::Sse, true),
        "as lines" => (Framing::Lines, false),
        _ => panic!("unknown way to join {how:?}"),
    };
    stage.join_as(name, framing, names_replay, query, pipe);
}

fn play(words: &str, served: Served) -> Stage {
    let mut words = words.split_whitespace();
    let name = words.next().expect("a scenario");
    let scenario = match name.ends_with(".jsonl") {
        true => Scenario::load(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)),
        false => open(name),
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
    Stage::new(served, Arc::new(timeline), options)
}

/// A frame as a line that a person can follow.
fn brief(text: &str) -> String {
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
