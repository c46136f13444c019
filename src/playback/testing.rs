//! A driver for tests: sleeps by setting `now`, and records what was released when.

use std::time::{Duration, Instant};

use super::*;
use crate::scenario::{SHIPPED, Timeline};

/// The default match. Media time 0 is a minute before kick-off.
pub(in crate::playback) fn flagship() -> Timeline {
    Timeline::new(&SHIPPED[0].load().expect("shipped"))
}

/// Two matches at once, with corrections.
pub(in crate::playback) fn var_night() -> Timeline {
    Timeline::new(&SHIPPED[2].load().expect("shipped"))
}

/// A match with these events; period 1 begins at media time 0.
pub(in crate::playback) fn timeline(events: &str) -> Timeline {
    Timeline::new(&crate::scenario::testing::scenario(events))
}

/// Three matches at once: `off` is postponed, `cut` is abandoned at 30:00, `all` has two halves and a goal in each.
pub(in crate::playback) fn matchday() -> Timeline {
    use crate::scenario::testing::{fixture, header};
    let matches = ["off", "cut", "all"].map(|id| fixture(id, "2018-04-22T15:00:00Z"));
    let events = [
        r#"{"match":"off","type":"commentary","status":"postponed","clock":"00:00","text":"ice"}"#,
        r#"{"match":"all","type":"goal","period":1,"clock":"05:00","side":"home"}"#,
        r#"{"match":"cut","type":"goal","period":1,"clock":"10:00","side":"home"}"#,
        r#"{"match":"cut","type":"abandoned","period":1,"clock":"30:00"}"#,
        r#"{"match":"all","type":"goal","period":2,"clock":"88:00","side":"home"}"#,
        r#"{"match":"all","type":"commentary","status":"full_time","clock":"03:00","text":"over"}"#,
    ];
    let text = [header("t")].into_iter().chain(matches).chain(events.map(str::to_owned)).collect::<Vec<_>>().join("\n");
    Timeline::new(&crate::scenario::Scenario::parse("t", &text).expect("a scenario"))
}

pub(in crate::playback) fn speed(factor: f64) -> Speed {
    Speed::new(factor).expect("in range")
}

pub(in crate::playback) fn position(text: &str) -> Position {
    Position::parse(text).expect("a position")
}

pub(in crate::playback) fn secs(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// Kick-off at 0, a goal at 60 s and one at 120 s; two cues at 180 s; the last at 240 s.
pub(in crate::playback) fn short() -> Timeline {
    timeline(
        r#"{"type":"kick_off","period":1,"clock":"00:00","side":"home"}
           {"type":"goal","period":1,"clock":"01:00","side":"home","player":"h9"}
           {"type":"goal","period":1,"clock":"02:00","side":"away","player":"a9"}
           {"type":"foul","period":1,"clock":"03:00","side":"away","player":"a5"}
           {"type":"yellow_card","period":1,"clock":"03:00","side":"away","player":"a5"}
           {"type":"corner","period":1,"clock":"04:00","side":"home"}"#,
    )
}

pub(in crate::playback) fn options(factor: f64) -> PlaybackOptions {
    PlaybackOptions { speed: speed(factor), stall_limit: Some(STALL_LIMIT), ..PlaybackOptions::default() }
}

/// What tests compare of a playhead: epoch, cues released, state and cause.
pub(in crate::playback) fn summary(driver: &TestDriver) -> (u64, u32, State, ChangeCause) {
    let playhead = driver.head();
    (playhead.epoch, playhead.head, playhead.state, playhead.cause)
}

pub(in crate::playback) fn media_secs(driver: &TestDriver) -> f64 {
    driver.head().clock.media_time(driver.now).as_nanos() as f64 / 1e9
}

pub(in crate::playback) fn indices(released: &[ReleasedCue]) -> Vec<u32> {
    released.iter().map(|released| released.index).collect()
}

/// A released cue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::playback) struct ReleasedCue {
    pub epoch: u64,
    pub index: u32,
    pub at: Instant,
}

/// A playback with its timeline and a virtual wall clock.
pub(in crate::playback) struct TestDriver<'a> {
    pub timeline: &'a Timeline,
    pub playback: Playback,
    pub began: Instant,
    pub now: Instant,
    pub released: Vec<ReleasedCue>,
}

impl<'a> TestDriver<'a> {
    pub fn new(timeline: &'a Timeline, options: PlaybackOptions) -> Self {
        let now = Instant::now();
        let playback = Playback::new(timeline, options, now).expect("options that make sense");
        Self { timeline, playback, began: now, now, released: Vec::new() }
    }

    pub fn head(&self) -> Playhead {
        self.playback.playhead()
    }

    /// One wake.
    pub fn advance(&mut self) -> Option<Instant> {
        let before = self.head();
        let wake = self.playback.advance(self.timeline, self.now);
        self.record_releases(before);
        wake
    }

    /// Executes a command line, which must be accepted.
    pub fn run(&mut self, line: &str) -> Applied {
        self.apply(&Command::parse_line(line).expect(line)).expect(line)
    }

    pub fn apply(&mut self, command: &Command) -> Result<Applied, Rejection> {
        self.advance();
        let before = self.head();
        let applied = self.playback.apply(self.timeline, command, self.now)?;
        self.record_releases(before);
        Ok(applied)
    }

    /// Plays for so long in wall time, waking exactly when asked to.
    pub fn play_for(&mut self, wall: Duration) {
        let until = self.now + wall;
        let mut wakes = 0;
        while let Some(wake) = self.advance().filter(|wake| *wake <= until) {
            self.now = wake;
            wakes += 1;
            assert!(wakes < 100_000, "spinning at {:?}", self.head());
        }
        self.now = until;
        self.advance();
    }

    /// Plays until nothing more happens without a command; returns how long that took.
    pub fn play_out(&mut self) -> Duration {
        while let Some(wake) = self.advance() {
            self.now = wake;
        }
        self.now - self.began
    }

    fn record_releases(&mut self, before: Playhead) {
        let (after, at) = (self.head(), self.now);
        let mut note = |epoch: u64, indices: std::ops::Range<u32>| {
            self.released.extend(indices.map(|index| ReleasedCue { epoch, index, at }));
        };
        if after.epoch == before.epoch {
            note(after.epoch, before.head..after.head);
            return;
        }
        if let Some(previous_lap) = after.previous_lap.filter(|previous_lap| previous_lap.epoch == before.epoch) {
            note(previous_lap.epoch, before.head..previous_lap.head);
        }
        note(after.epoch, after.start..after.head);
    }
}
