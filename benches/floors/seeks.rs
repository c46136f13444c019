//! Seeks of every kind to places all over a timeline.

use std::time::{Duration, Instant};

use touchline::Playback;
use touchline::playback::Speed;
use touchline::playback::{Command, PlaybackOptions};
use touchline::scenario::Timeline;

/// Applies seek commands in turn to one playback, which plays on.
pub struct Seeks<'a> {
    timeline: &'a Timeline,
    playback: Playback,
    now: Instant,
    commands: Vec<Command>,
    next: usize,
}

impl<'a> Seeks<'a> {
    pub fn new(timeline: &'a Timeline) -> Self {
        let now = Instant::now();
        let options = PlaybackOptions { speed: Speed::new(60.0).expect("in range"), ..PlaybackOptions::default() };
        let playback = Playback::new(timeline, options, now).expect("options that make sense");
        Self { timeline, playback, now, commands: commands(timeline), next: 0 }
    }

    /// Applies the next seek and asks for the next wake, as a driver does.
    pub fn apply_next(&mut self) -> bool {
        let command = &self.commands[self.next];
        self.next = (self.next + 1) % self.commands.len();
        self.now += Duration::from_micros(10);
        let landed = self.playback.apply(self.timeline, command, self.now).is_ok();
        self.playback.advance(self.timeline, self.now);
        landed
    }
}

/// Ten thousand seeks to percentages, clocks, stoppage time, relative moments, ids and markers, in all matches.
fn commands(timeline: &Timeline) -> Vec<Command> {
    let (tracks, cues) = (timeline.tracks(), timeline.cues());
    let mut commands = Vec::new();
    for at in 0..1_000_usize {
        // Multiples of a prime: pseudorandom places.
        let cue = &cues[at * 104_729 % cues.len()];
        let of = |track: usize| format!("match={}", tracks[track].fixture.id);
        let (own, other) = (of(usize::from(cue.track)), of(at * 7_919 % tracks.len()));
        let percent = (at * 37 % 1_000) as f64 / 10.0;
        let minute = at * 13 % 96;
        let marker = match timeline.markers() {
            [] => "HT".to_owned(),
            markers => markers[at * 104_729 % markers.len()].name.to_string(),
        };
        for line in [
            format!("seek {percent}%"),
            format!("seek {minute}:30 {other}"),
            format!("seek 45+1 {own}"),
            format!("seek next:goal {other}"),
            format!("seek {} {own}", cue.event.id),
            "seek next:goal lead=10s".to_owned(),
            format!("seek {}", cue.event.id),
            "seek prev:card".to_owned(),
            "seek next:red_card".to_owned(),
            format!("seek {marker} {other}"),
            format!("seek prev:shot {other}"),
        ] {
            // Lines that are not valid commands are skipped, as for a name that is also a clock or a command.
            commands.extend(Command::parse_line(&line).ok());
        }
    }
    commands
}

/// How often each seek is measured. The fastest counts: the slowest would show the interruptions of the machine.
const REPETITIONS: usize = 5;

/// Prints how long the slowest seeks took.
pub fn report_slowest(name: &str, timeline: &Timeline) {
    let mut seeks = Seeks::new(timeline);
    let count = seeks.commands.len();
    let mut took = vec![(Duration::MAX, false, 0); count];
    // Round by round, so that ten thousand other seeks lie between two of the same.
    for _ in 0..REPETITIONS {
        for (at, took) in took.iter_mut().enumerate() {
            let began = Instant::now();
            let landed = seeks.apply_next();
            *took = (took.0.min(began.elapsed()), landed, at);
        }
    }
    took.sort();
    let landed = took.iter().filter(|(_, landed, _)| *landed).count();
    let at = |share: f64| took[((count - 1) as f64 * share) as usize].0;
    let (worst, _, slowest) = took[count - 1];
    println!(
        "million {name}: {count} seeks, {landed} landed: median {:?}, p99 {:?}, p99.9 {:?}, worst {worst:?} ({:?})",
        at(0.5),
        at(0.99),
        at(0.999),
        seeks.commands[slowest]
    );
}
