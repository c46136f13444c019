//! Time control: what moves a playhead over a timeline, and nothing else.
//!
//! [`Playback`] is arithmetic: the instant is an argument, there is no I/O, no task and no randomness, so whole matches
//! are played in a test in milliseconds. It may use the football and scenario floors; drivers above only sleep until the
//! instant it names, wake it and write what its [`Playhead`] shows to be due.
//!
//! To add a command: a variant of [`Command`] with its name and its arm in `decode`, and an arm in
//! `engine/control.rs`. To add a notation for positions: a variant of [`Position`], read in `position.rs` and placed in
//! `resolve/`; a word for `next:`, in `moments.rs`. To add a pace rule: a field of [`Pace`], and what it does to a draft in `profile/draft.rs`.

mod clock;
mod command;
mod engine;
mod fit;
mod instruction;
mod landing;
mod moments;
mod pace;
mod playhead;
mod position;
mod profile;
#[cfg(test)]
mod properties;
mod rejection;
mod resolve;
mod speed;
mod surroundings;
#[cfg(test)]
mod testing;

pub use clock::PlaybackClock;
pub use command::{Applied, Command, Step, Stepped};
pub use engine::{Options, Playback, SHORTEST_LAP, STALL_BOUND};
pub use fit::fit;
pub use instruction::{Instruction, MAX_NAME};
pub use landing::{Landing, Whence};
pub use pace::{Before, Pace};
pub use playhead::{Cause, Opening, Playhead, Release, State, Tail};
pub use position::Position;
pub use profile::wall_length;
pub use rejection::Rejection;
pub use speed::Speed;
