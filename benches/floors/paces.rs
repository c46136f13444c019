//! What pace rules cost on a long timeline: a command that changes them, playing across their boundaries, finding a speed,
//! and what each replay holds.

use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use touchline::playback::{Command, Options, Pace, fit, wall_duration};
use touchline::scenario::{MediaTime, Timeline};
use touchline::{Playback, Speed};

/// Rules of every sort, and with leads that overlap.
const RULES: [&str; 3] = ["highlights", "gap=1s", "gap=2s+break=3s+goal:lead=2h,speed=5+shot:lead=5m,speed=20"];

/// Tells all of it.
pub fn tell(timeline: &Timeline) {
    println!("{} cues", timeline.cues().len());
    for rules in RULES {
        commands(timeline, rules);
        playing(timeline, rules);
        holding(timeline, rules);
        fitting(timeline, rules);
    }
}

/// How long this thread has run so far, to some milliseconds.
fn ran() -> Duration {
    let told = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    Duration::from_nanos(told.split(' ').next().and_then(|nanos| nanos.parse().ok()).expect("a number"))
}

fn playback(timeline: &Timeline, rules: &str, now: Instant) -> Playback {
    let pace = Pace::parse(rules, []).expect("rules");
    let options = Options { pace, speed: Speed::new(60.0).expect("in range"), ..Options::default() };
    Playback::new(timeline, options, now).expect("options that make sense")
}

fn sorted(name: &str, rules: &str, mut took: Vec<Duration>) {
    took.sort();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    println!("{rules}: {name}, {} times: median {:?}, p99 {:?}, worst {:?}", took.len(), at(0.5), at(0.99), at(1.0));
}

/// How often each step is measured; the fastest counts, or the worst would be the machine's interruptions.
const TIMES: usize = 5;

/// The fastest of several runs of the same steps, step by step.
fn fastest(run: impl Fn() -> Vec<Duration>) -> Vec<Duration> {
    let mut took = run();
    for _ in 1..TIMES {
        took.iter_mut().zip(run()).for_each(|(fastest, took)| *fastest = took.min(*fastest));
    }
    took
}

/// Commands all over the timeline.
fn commands(timeline: &Timeline, rules: &str) {
    let run = || {
        let mut now = Instant::now();
        let mut playback = playback(timeline, "off", now);
        let mut give = |line: &str| {
            now += Duration::from_micros(10);
            let command = Command::parse_line(line).expect("a command");
            let before = Instant::now();
            playback.apply(timeline, &command, now).expect("a command that can be followed");
            before.elapsed()
        };
        let took = (0..50).map(|at| {
            give("pace off");
            give(&format!("seek {}%", at * 37 % 100));
            give(&format!("pace {rules}"))
        });
        took.collect()
    };
    sorted("a pace command", rules, fastest(run));
}

/// A thousand seconds on the wall, with a wake for each boundary and cue.
fn playing(timeline: &Timeline, rules: &str) {
    let began = Instant::now();
    let run = || {
        let mut playback = playback(timeline, rules, began);
        let mut took = Vec::new();
        let mut now = began;
        while now < began + Duration::from_secs(1_000) {
            let before = Instant::now();
            let wake = playback.advance(timeline, now);
            took.push(before.elapsed());
            let Some(wake) = wake else { break };
            now = wake;
        }
        took
    };
    sorted("a wake", rules, fastest(run));
}

/// What this process holds, in bytes.
fn resident() -> usize {
    let told = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = told.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it is told");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") << 10
}

/// Ten thousand paused replays, or as many as take 300 MB.
fn holding(timeline: &Timeline, rules: &str) {
    let (now, before) = (Instant::now(), resident());
    let mut held = Vec::new();
    while held.len() < 10_000 && resident() < before + (300 << 20) {
        let mut playback = playback(timeline, rules, now);
        let place = Command::parse_line(&format!("seek {}%", held.len() % 100)).expect("a command");
        playback.apply(timeline, &place, now).expect("a place");
        held.push(playback);
    }
    println!("{rules}: {} replays hold {} bytes each", held.len(), (resident() - before) / held.len());
}

fn fitting(timeline: &Timeline, rules: &str) {
    let pace = Pace::parse(rules, []).expect("rules");
    let speed = Speed::new(300.0).expect("in range");
    let wall = wall_duration(timeline, speed, &pace, MediaTime::ZERO, timeline.length()).expect("no max");
    let before = ran();
    let found = fit(timeline, black_box(&pace), MediaTime::ZERO, timeline.length(), wall);
    println!("{rules}: fit in {:?}: {found:?}", ran() - before);
}
