//! The playhead: all that moves in a replay, as one small value.

use std::fmt;
use std::ops::Range;

use super::clock::PlaybackClock;
use super::speed::Speed;

/// Where a playback is. A copy of it is all that a reader needs, also to compute the media time for itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Playhead {
    /// Which unbroken run this is, from 1: rises with each seek, restart and lap.
    pub epoch: u64,
    /// How many cues lay behind when the epoch began: the index of its first.
    pub start: u32,
    /// How many cues of the timeline have been released; never falls within an epoch.
    pub head: u32,
    /// The end of the lap before, for readers that still follow it. Only after a lap.
    pub tail: Option<Tail>,
    /// Where media time is.
    pub clock: PlaybackClock,
    /// The speed asked for; the clock has the one in effect.
    pub nominal: Speed,
    /// Whether it moves.
    pub state: State,
    /// Whether it begins again after each end.
    pub looping: bool,
    /// Rises with every change that is to be told, from 1. One command may make several.
    pub version: u64,
    /// How many cues had been released when this version began. Those come before it is told, later ones after.
    pub version_head: u32,
    /// How many steps have been made: each is followed by a tick, even one that released nothing.
    pub steps: u32,
    /// What made this version.
    pub cause: Cause,
    /// How the epoch began.
    pub opening: Opening,
}

/// The last version before the first cue of an epoch: what a reader that enters it late is told before that cue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Opening {
    version: u64,
    clock: PlaybackClock,
    nominal: Speed,
    state: State,
    looping: bool,
    cause: Cause,
}

impl Playhead {
    /// As it was before the first cue of the epoch was released.
    pub fn at_opening(self) -> Self {
        let Opening { version, clock, nominal, state, looping, cause } = self.opening;
        Self { head: self.start, version, version_head: self.start, clock, nominal, state, looping, cause, ..self }
    }
}

impl Opening {
    /// That of the first version.
    pub(super) fn first(clock: PlaybackClock, nominal: Speed, state: State, looping: bool) -> Self {
        Self { version: 1, clock, nominal, state, looping, cause: Cause::Start }
    }

    /// That of a playhead that has released nothing of its epoch yet.
    pub(super) fn of(playhead: &Playhead) -> Self {
        let Playhead { version, clock, nominal, state, looping, cause, .. } = *playhead;
        Self { version, clock, nominal, state, looping, cause }
    }
}

/// Cues that were released by one clock, which says when each was due.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// The epoch.
    pub epoch: u64,
    /// Their places in the timeline.
    pub cues: Range<u32>,
    /// The clock.
    pub clock: PlaybackClock,
}

/// Where the lap before ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tail {
    /// Its epoch.
    pub epoch: u64,
    /// How many cues had been released at its end.
    pub head: u32,
}

/// Whether a playback moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not begun: there are not enough subscribers yet.
    Waiting,
    /// Media time runs.
    Playing,
    /// Somebody made it stand still.
    Paused,
    /// There is nothing more to come, unless a loop begins again.
    Ended,
}

impl State {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Playing => "playing",
            Self::Paused => "paused",
            Self::Ended => "ended",
        }
    }
}

/// What made a new version of a playhead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It began.
    Start,
    /// Play was asked for.
    Play,
    /// Pause was asked for.
    Pause,
    /// A seek.
    Seek,
    /// Another speed.
    Speed,
    /// A step.
    Step,
    /// A restart, or play at the end.
    Restart,
    /// The next lap, or looping was turned on or off.
    Loop,
    /// Other pace rules, or the speed changed because of them.
    Pace,
    /// Other feed faults.
    Faults,
    /// The machine slept, and the clock was put off by as much.
    Stall,
    /// The end.
    End,
    /// A reader was too far behind and was cut over; no playback makes this one.
    Resync,
}

impl Cause {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Play => "play",
            Self::Pause => "pause",
            Self::Seek => "seek",
            Self::Speed => "speed",
            Self::Step => "step",
            Self::Restart => "restart",
            Self::Loop => "loop",
            Self::Pace => "pace",
            Self::Faults => "faults",
            Self::Stall => "stall",
            Self::End => "end",
            Self::Resync => "resync",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
