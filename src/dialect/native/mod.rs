//! `touchline.v1`: one JSON object per frame, `kind` first. The contract is `docs/protocol.md`.

pub mod documents;
mod frames;
mod story;

pub use frames::{
    Hello, MatchTick, Resumed, Whereabouts, answer, close, end, error, hello, playback, reply, table, tick, wall_time,
};
pub use story::{SnapshotDetail, event, snapshot};

/// The subprotocol, accepted if offered and never required.
pub const PROTOCOL: &str = "touchline.v1";
