//! `touchline.v1`: one JSON object per frame, `kind` first. The contract is `docs/protocol.md`.

pub mod documents;
mod frames;
mod match_frames;
mod reply;

pub use frames::{
    Hello, MatchTick, PlaybackStatus, Resumed, close, end, hello, match_lines, playback, table, tick, wall_time,
};
pub use match_frames::{SnapshotDetail, event, snapshot};
pub use reply::{ReplyBody, answer, error, reply};

/// The WebSocket subprotocol: accepted if offered, never required.
pub const PROTOCOL: &str = "touchline.v1";

/// The revision of layout and encoding. Raise it with every change that alters the bytes of an `event`, `table`, `end` or
/// `snapshot` frame or of the `/timeline` document for some scenario: a change of the encoding, or of where cues are placed
/// on the timeline.
///
/// The `run` in cursors and entity tags is computed from the scenario's digest and this number. A cursor of another revision
/// is therefore answered with `resumed: "reset"`. `tests/it/golden.rs` fails if bytes changed and this number did not.
pub const REVISION: u32 = 3;
