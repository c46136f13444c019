//! The playhead: the complete, copyable state of a playback.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::clock::PlaybackClock;
use super::speed::Speed;
use crate::words::words;

/// Where a playback is. A copy is all that a subscriber's cursor needs; the media time at any instant follows from it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Playhead {
    /// Counts uninterrupted runs, from 1: each seek, restart and lap begins a new epoch.
    pub epoch: u64,
    /// How many cues were behind when the epoch began: the index of its first cue.
    pub(crate) start: u32,
    /// How many cues of the timeline have been released. Never decreases within an epoch.
    pub head: u32,
    /// Where the previous lap ended, for subscribers that are still in it. `None` unless this epoch is a lap.
    pub(crate) previous_lap: Option<PreviousLap>,
    /// Maps instants to media time.
    pub clock: PlaybackClock,
    /// The requested speed. The clock holds the one in effect.
    pub nominal: Speed,
    /// Whether media time advances, and if not, why.
    pub state: State,
    /// Whether playback starts again after each end.
    pub looping: bool,
    /// Increases with every change that clients are notified of, from 1. One command may make several versions.
    pub version: u64,
    /// How many cues had been released when this version began. Subscribers receive those before the change, later ones
    /// after it.
    pub(crate) version_head: u32,
    /// How many steps have been made. Each is followed by a tick, even one that released nothing.
    pub(crate) steps: u32,
    /// What made this version.
    pub cause: ChangeCause,
    /// How the epoch began.
    pub(crate) epoch_start: EpochStart,
}

/// The last version before the first cue of an epoch. A subscriber that enters the epoch late receives it before that
/// cue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EpochStart {
    pub(super) version: u64,
    pub(super) clock: PlaybackClock,
    pub(super) nominal: Speed,
    pub(super) state: State,
    pub(super) looping: bool,
    pub(super) cause: ChangeCause,
}

impl Playhead {
    /// The playhead as it was before the first cue of the epoch was released.
    pub(crate) fn at_epoch_start(self) -> Self {
        let EpochStart { version, clock, nominal, state, looping, cause } = self.epoch_start;
        Self { head: self.start, version, version_head: self.start, clock, nominal, state, looping, cause, ..self }
    }
}

impl Playhead {
    /// The playhead as if only so many cues had been released, and nothing had changed since a version.
    #[cfg_attr(not(feature = "net"), allow(dead_code))]
    pub(crate) fn up_to(self, cues: u32, version: u64) -> Self {
        Self { head: self.head.min(cues), version_head: self.version_head.min(cues), version, ..self }
    }
}

impl EpochStart {
    /// The start of the first epoch, at version 1.
    pub(super) fn first_epoch(clock: PlaybackClock, nominal: Speed, state: State, looping: bool) -> Self {
        Self { version: 1, clock, nominal, state, looping, cause: ChangeCause::Start }
    }

    /// The start of the epoch of a playhead that has released nothing in it yet.
    pub(super) fn from_playhead(playhead: &Playhead) -> Self {
        let Playhead { version, clock, nominal, state, looping, cause, .. } = *playhead;
        Self { version, clock, nominal, state, looping, cause }
    }
}

/// Cues released by one clock, which says when each was due.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Release {
    /// The epoch that they were released in.
    pub epoch: u64,
    /// Their indices in the timeline.
    pub cues: Range<u32>,
    /// The clock that released them.
    pub clock: PlaybackClock,
}

/// Where the previous lap ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousLap {
    /// The epoch of the previous lap.
    pub epoch: u64,
    /// How many cues had been released at its end.
    pub head: u32,
}

words! {
    /// Whether a playback moves, and if not, why.
    #[non_exhaustive]
    State {
        /// Not started: the replay waits for subscribers.
        Waiting = "waiting",
        /// Media time advances.
        Playing = "playing",
        /// Paused by a command, or started paused.
        Paused = "paused",
        /// At the end: nothing more is released unless a new lap begins.
        Ended = "ended",
    }
}

words! {
    /// What made a new version of a playhead.
    #[non_exhaustive]
    ChangeCause {
        /// Playback began.
        Start = "start",
        /// A play command.
        Play = "play",
        /// A pause command.
        Pause = "pause",
        /// A seek command.
        Seek = "seek",
        /// A change of speed.
        Speed = "speed",
        /// A step command.
        Step = "step",
        /// A restart command, or play at the end.
        Restart = "restart",
        /// A new lap began, or looping was switched on or off.
        Loop = "loop",
        /// A change of pace rules, or of the speed in effect because of them.
        Pace = "pace",
        /// A change of feed faults.
        Faults = "faults",
        /// The process was suspended for longer than ten seconds, and the clock was shifted
        /// by as much.
        Stall = "stall",
        /// The end was reached.
        End = "end",
        /// A subscriber was more than a lap behind and was cut over. The hub makes this one; no playback does.
        Resync = "resync",
    }
}
