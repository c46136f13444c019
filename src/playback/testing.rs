//! A driver for tests: sleeps by setting `now`, and writes down what was released when.

use std::time::{Duration, Instant};

use super::*;
use crate::scenario::{SHIPPED, Timeline};

/// The match that is played when nothing is named: 0 is a minute before kick-off.
pub(super) fn flagship() -> Timeline {
    Timeline::new(&SHIPPED[0].load().expect("shipped"))
}

/// Two matches at once, with corrections.
pub(super) fn var_night() -> Timeline {
    Timeline::new(&SHIPPED[2].load().expect("shipped"))
}

/// A match with these events, beside period 1 from 0.
pub(super) fn timeline(events: &str) -> Timeline {
    Timeline::new(&crate::scenario::testing::scenario(events))
}

pub(super) fn speed(factor: f64) -> Speed {
    Speed::new(factor).expect("in range")
}

pub(super) fn position(text: &str) -> Position {
    Position::parse(text).expect("a position")
}

pub(super) fn secs(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// A cue as it was released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Released {
    pub epoch: u32,
    pub index: u32,
    pub at: Instant,
}

/// A playback with its timeline, and a wall clock of its own.
pub(super) struct Film<'a> {
    pub timeline: &'a Timeline,
    pub playback: Playback,
    pub began: Instant,
    pub now: Instant,
    pub released: Vec<Released>,
}

impl<'a> Film<'a> {
    pub fn new(timeline: &'a Timeline, options: Options) -> Self {
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
        self.write_down(before);
        wake
    }

    /// A command, by name, which must be followed.
    pub fn tell(&mut self, line: &str) -> Applied {
        self.give(&Command::parse_line(line).expect(line)).expect(line)
    }

    pub fn give(&mut self, command: &Command) -> Result<Applied, Rejection> {
        self.advance();
        let before = self.head();
        let applied = self.playback.apply(self.timeline, command, self.now)?;
        self.write_down(before);
        Ok(applied)
    }

    /// Plays for so long on the wall, waking exactly when asked to.
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

    /// Plays until nothing more happens by itself; tells how long that took.
    pub fn play_out(&mut self) -> Duration {
        while let Some(wake) = self.advance() {
            self.now = wake;
        }
        self.now - self.began
    }

    fn write_down(&mut self, before: Playhead) {
        let (after, at) = (self.head(), self.now);
        let mut note = |epoch: u32, indices: std::ops::Range<u32>| {
            self.released.extend(indices.map(|index| Released { epoch, index, at }));
        };
        if after.epoch == before.epoch {
            note(after.epoch, before.head..after.head);
            return;
        }
        if let Some(tail) = after.tail.filter(|tail| tail.epoch == before.epoch) {
            note(tail.epoch, before.head..tail.head);
        }
        note(after.epoch, after.start..after.head);
    }
}
