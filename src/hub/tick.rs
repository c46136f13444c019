//! Ticks: where every match is just now, told as a sign of life.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime};

use super::follow::Follow;
use super::frame::Frame;
use super::wall::Wall;
use crate::dialect::native::{self, MatchTick};
use crate::playback::Playhead;
use crate::scenario::{MediaTime, Timeline};

/// The most matches that a tick tells of.
const TICK_MATCHES: usize = 20;

/// A sign of life: where every match was at a moment.
#[derive(Debug)]
pub struct Tick {
    /// Rises with each.
    pub serial: u64,
    /// Whether it is one of those that are told every five seconds.
    pub slow: bool,
    /// Whether it answers a step or tells of an end, so that everyone who takes ticks at all wants it.
    pub asked: bool,
    /// The epoch it belongs to.
    pub epoch: u64,
    /// How many cues had been released.
    pub n: u32,
    at: MediaTime,
    wall: SystemTime,
    running: bool,
    frame: OnceLock<Frame>,
}

impl Tick {
    /// Of this moment, for one who has just come.
    pub(super) fn now(playhead: &Playhead, now: Instant, wall: Wall) -> Self {
        Self {
            serial: 0,
            slow: false,
            asked: false,
            epoch: playhead.epoch,
            n: playhead.head,
            at: playhead.clock.media_time(now),
            wall: wall.at(now),
            running: playhead.clock.running,
            frame: OnceLock::new(),
        }
    }

    /// The same for everyone, numbered.
    pub(super) fn told(self, serial: u64, slow: bool, asked: bool) -> Self {
        Self { serial, slow, asked, ..self }
    }

    /// The frame; encoded once for all who name no match, whatever types they follow, and kept where there are others.
    pub(super) fn frame(&self, timeline: &Timeline, follow: &Follow, others: bool) -> Frame {
        if follow.names_no_match() && others {
            return self.frame.get_or_init(|| self.encode(timeline, follow)).clone();
        }
        self.encode(timeline, follow)
    }

    fn encode(&self, timeline: &Timeline, follow: &Follow) -> Frame {
        let mut tracks = follow.snapshots(timeline, self.at);
        tracks.truncate(TICK_MATCHES);
        let states: Vec<_> = tracks.iter().map(|track| (*track, timeline.state_at(*track, self.n as usize))).collect();
        let matches: Vec<_> = states
            .iter()
            .map(|(track, state)| MatchTick::new(timeline, *track, state, self.at, self.running))
            .collect();
        Frame::telling(self.n, |out| native::tick(self.n, self.at, self.wall, &matches, out))
    }
}
