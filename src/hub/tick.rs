//! Ticks: regular frames with the present clock of every match, which also show that the connection is alive.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime};

use super::filter::Filter;
use super::frame::Frame;
use super::wall::Wall;
use crate::dialect::native::{self, MatchTick};
use crate::playback::Playhead;
use crate::scenario::{MediaTime, Timeline};

/// The most matches in a tick.
const MAX_TICK_MATCHES: usize = 20;

/// The place of playback at a moment, and the clock of every match.
#[derive(Debug)]
pub struct Tick {
    /// Rises with each published tick.
    pub serial: u64,
    /// Whether it is one of the ticks sent every five seconds.
    pub slow: bool,
    /// Whether it answers a step or marks an end: subscribers with slow ticks receive it too.
    pub for_all_rates: bool,
    /// The epoch to which it belongs.
    pub epoch: u64,
    /// How many cues have been released.
    pub n: u32,
    at: MediaTime,
    wall: SystemTime,
    running: bool,
    frame: OnceLock<Frame>,
}

impl Tick {
    /// The tick of a moment, for a new subscriber.
    pub(super) fn at_present(playhead: &Playhead, now: Instant, wall: Wall) -> Self {
        Self {
            serial: 0,
            slow: false,
            for_all_rates: false,
            epoch: playhead.epoch,
            n: playhead.head,
            at: playhead.clock.media_time(now),
            wall: wall.at(now),
            running: playhead.clock.running,
            frame: OnceLock::new(),
        }
    }

    /// The same tick with a number, to be published.
    pub(super) fn for_publication(self, serial: u64, slow: bool, for_all_rates: bool) -> Self {
        Self { serial, slow, for_all_rates, ..self }
    }

    /// The encoded frame. For filters that name no match it is encoded once, whatever their types, and kept if `others` may
    /// need it.
    pub(super) fn encoded(&self, timeline: &Timeline, filter: &Filter, others: bool) -> Frame {
        if filter.names_no_match() && others {
            return self.frame.get_or_init(|| self.encode(timeline, filter)).clone();
        }
        self.encode(timeline, filter)
    }

    fn encode(&self, timeline: &Timeline, filter: &Filter) -> Frame {
        let mut tracks = filter.snapshot_tracks(timeline, self.at);
        tracks.truncate(MAX_TICK_MATCHES);
        let (truth, past) = (timeline.truth(), timeline.true_index_at(self.n as usize, self.at));
        let states: Vec<_> = tracks.iter().map(|track| (*track, truth.state_at(*track, past))).collect();
        let tick = |(track, state)| {
            let tick = MatchTick::new(timeline, track, state, self.at, self.running);
            tick.reported(timeline, track, self.at)
        };
        let matches: Vec<_> = states.iter().map(|(track, state)| tick((*track, state))).collect();
        Frame::with_position(self.n, |out| native::write_tick(self.n, self.at, self.wall, &matches, out))
    }
}
