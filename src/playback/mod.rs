//! Time control: moves a playhead over a timeline.
//!
//! [`Playback`] is a pure state machine: the instant is an argument, and it does no I/O, spawns no tasks and draws no random
//! numbers. A test plays a whole match in milliseconds. Its caller sleeps until the instant that [`Playback::advance`] returns,
//! calls it again, and sends the cues that the [`Playhead`] has released.
//!
//! ```
//! use std::time::{Duration, Instant};
//!
//! use touchline::playback::{Command, PlaybackOptions};
//! use touchline::{Playback, Scenario, Timeline};
//!
//! let timeline = Timeline::new(&Scenario::generate(7)?);
//! let start = Instant::now();
//! let mut playback = Playback::new(&timeline, PlaybackOptions::default(), start)?;
//!
//! playback.advance(&timeline, start);
//! // At the default speed of 60, a minute plays an hour.
//! let now = start + Duration::from_secs(60);
//! playback.advance(&timeline, now);
//! let at = playback.playhead().clock.media_time(now);
//! assert_eq!(playback.playhead().head as usize, timeline.index_after(at));
//!
//! playback.apply(&timeline, &Command::parse_line("seek 89:00")?, now)?;
//! let head = playback.playhead().head as usize;
//! println!("{} at {}", timeline.state_at(0, head).score(), timeline.cues()[head].event.clock);
//! # Ok::<(), touchline::Error>(())
//! ```

// This floor uses only the football and scenario floors.
//
// - To add a command: a variant of `Command` with its name and its arm in `decode`, and an arm in `engine/control.rs`.
// - To add a notation for positions: a variant of `Position`, parsed in `position.rs` and resolved in `resolve/`.
// - To add a word for `next:` and `prev:`: `search.rs`.
// - To add a pace rule: a field of `Pace`, and its effect in `profile/window.rs`.

mod clock;
mod command;
mod command_request;
mod engine;
mod fit;
mod pace;
mod playhead;
mod position;
mod profile;
#[cfg(test)]
mod properties;
mod rejection;
mod resolve;
mod resolved;
mod search;
mod speed;
#[cfg(test)]
mod testing;
mod wall_time;
mod wording;

pub use clock::PlaybackClock;
pub use command::{Applied, Command, StepOutcome, StepTarget};
pub use command_request::CommandRequest;
pub(crate) use engine::{MIN_LAP, PlaybackRecord, STALL_LIMIT, track_of};
pub use engine::{Playback, PlaybackOptions};
pub(crate) use fit::fit_speed;
pub(crate) use pace::format_span;
pub use pace::{Pace, Slowdown};
pub use playhead::{ChangeCause, Playhead, Release, State};
pub use position::Position;
pub(crate) use profile::wall_duration;
pub use rejection::Rejection;
pub(crate) use resolved::SeekOrigin;
pub use speed::Speed;
pub(crate) use wall_time::{WallAnchor, WallTime};

#[doc(hidden)]
pub mod internals {
    pub use super::fit::fit_speed;
    pub use super::profile::wall_duration;
}
