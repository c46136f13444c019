//! The cost of pace rules on a long timeline: of a pace command, of playing across pace boundaries, of `fit`, and in
//! memory per replay.

use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use touchline::Playback;
use touchline::internals::playback::{fit_speed, wall_duration};
use touchline::playback::Speed;
use touchline::playback::{Command, Pace, PlaybackOptions};
use touchline::scenario::{MediaTime, Timeline};

/// Rules of every kind, and rules with overlapping leads.
const RULES: [&str; 3] = ["highlights", "gap=1s", "gap=2s+break=3s+goal:lead=2h,speed=5+shot:lead=5m,speed=20"];

/// Runs all measurements and prints the results.
pub fn run(timeline: &Timeline) {
    println!("{} cues", timeline.cues().len());
    for rules in RULES {
        pace_commands(timeline, rules);
        wakes(timeline, rules);
        memory(timeline, rules);
        fits(timeline, rules);
    }
}

/// The CPU time of this thread, accurate to some milliseconds.
fn cpu_time() -> Duration {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    Duration::from_nanos(stat.split(' ').next().and_then(|nanos| nanos.parse().ok()).expect("a number"))
}

fn playback(timeline: &Timeline, rules: &str, now: Instant) -> Playback {
    let pace = Pace::parse(rules, []).expect("rules");
    let options = PlaybackOptions { pace, speed: Speed::new(60.0).expect("in range"), ..PlaybackOptions::default() };
    Playback::new(timeline, options, now).expect("options that make sense")
}

fn sorted(name: &str, rules: &str, mut took: Vec<Duration>) {
    took.sort();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    println!("{rules}: {name}, {} times: median {:?}, p99 {:?}, worst {:?}", took.len(), at(0.5), at(0.99), at(1.0));
}

/// How often each step is measured. The fastest counts: the slowest would show the interruptions of the machine.
const REPETITIONS: usize = 5;

/// The fastest time of each step over several runs.
fn fastest(run: impl Fn() -> Vec<Duration>) -> Vec<Duration> {
    let mut took = run();
    for _ in 1..REPETITIONS {
        took.iter_mut().zip(run()).for_each(|(fastest, took)| *fastest = took.min(*fastest));
    }
    took
}

/// Pace commands at places all over the timeline.
fn pace_commands(timeline: &Timeline, rules: &str) {
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

/// Plays a thousand seconds of wall time, with a wake for each boundary and cue.
fn wakes(timeline: &Timeline, rules: &str) {
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

/// The resident memory of this process, in bytes.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") << 10
}

/// The memory of ten thousand paused replays, or of as many as fit into 300 MB.
fn memory(timeline: &Timeline, rules: &str) {
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

fn fits(timeline: &Timeline, rules: &str) {
    let pace = Pace::parse(rules, []).expect("rules");
    let speed = Speed::new(300.0).expect("in range");
    let wall = wall_duration(timeline, speed, &pace, MediaTime::ZERO, timeline.length()).expect("no max");
    let before = cpu_time();
    let found = fit_speed(timeline, black_box(&pace), MediaTime::ZERO, timeline.length(), wall);
    println!("{rules}: fit in {:?}: {found:?}", cpu_time() - before);
}
