//! Touchline plays football matches as live event streams, on a clock you control.
//!
//! The crate is layered, and imports point down only. `tests/floors.rs` checks this; `docs/architecture.md` has the map.
//!
//! ```text
//! 6  cli (binary)     command line: flags to options, terminal output
//! 5  server  client   sockets: accept, upgrade, deliver / connect, subscribe
//! 4  hub              replays and their subscribers: tokio without sockets
//! 3  dialect          the wire protocol: frames out, requests in
//! 2  playback         time control, pure: `now` is an argument
//! 1  scenario         matches on a timeline: file format, edits, checks
//! 0  football         the football model
//! ```
//!
//! A scenario is an immutable, ordered log. A replay moves a playhead over it, and each subscriber is a cursor that
//! follows the playhead. A frame is a pure function of the timeline, so it is encoded once and shared by all subscribers.
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
//! To serve a match from your own program, bind a [`server::Server`] and open a replay in its hub: see
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
