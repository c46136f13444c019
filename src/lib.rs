//! Touchline plays football matches as live event streams, on a clock you control.
//!
//! The house has floors, and imports point down only (`tests/floors.rs` is the wall, `docs/architecture.md` the map):
//!
//! ```text
//! 6  cli (binary)     words typed by a person become options; the only place that prints
//! 5  server  client   sockets: accept, upgrade, conversation / connect, watch
//! 4  hub              replays and what their subscribers are owed: tokio without sockets
//! 3  dialect          words on the wire: frames out, requests in
//! 2  playback         time control, pure: `now` is an argument
//! 1  scenario         matches on a timeline: file format, edits, checks
//! 0  football         what football is
//! ```
//!
//! A scenario is already a log: immutable and ordered. What moves is a playhead over it; a subscriber is a cursor that
//! chases the playhead. Frames are pure functions of the timeline, so they are encoded once and shared by everyone.
//!
//! ```
//! use touchline::football::Side;
//! use touchline::scenario::{SHIPPED, Timeline};
//!
//! let timeline = Timeline::new(&SHIPPED[0].load()?);
//! let end = timeline.state_at(0, timeline.cues().len());
//! assert_eq!((end.score().home, end.score().away), (0, 1));
//! assert_eq!(end.statistics(Side::Away).shots, 13);
//! # Ok::<(), touchline::error::Error>(())
//! ```
//!
//! To serve a match from a program of your own, bind a [`server::Server`] and open it in its hub: see
//! `examples/serve_a_match.rs`.

mod certificate;
pub mod client;
pub mod dialect;
pub mod error;
pub mod football;
pub mod hub;
mod json;
pub mod latency;
pub mod playback;
pub mod printable;
pub mod scenario;
pub mod server;
mod suspension;

pub use certificate::Fingerprint;
pub use error::{Error, Result};
pub use football::{EventType, Match, MatchEvent, MatchState};
pub use hub::{Control, Hub, Replay, ReplayOptions};
pub use playback::{Command, Pace, Playback, Position, Speed};
pub use scenario::{MediaTime, Scenario, Timeline};
