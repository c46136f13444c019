//! `touchline.v1`: one JSON object per frame, `kind` first. The contract is `docs/protocol.md`.

pub mod documents;
mod frames;
mod story;

pub use frames::{
    Hello, MatchTick, Resumed, Whereabouts, answer, close, end, error, hello, match_lines, playback, reply, table,
    tick, wall_time,
};
pub use story::{SnapshotDetail, event, snapshot};

/// The subprotocol, accepted if offered and never required.
pub const PROTOCOL: &str = "touchline.v1";

/// The revision of layout and encoding. Raise it with every change that alters the bytes of an `event`, `table`, `end` or
/// `snapshot` frame or of the `/timeline` document for some scenario. A change of the encoding does that, and so does one of
/// where cues are placed on the timeline.
///
/// The `run` in cursors and entity tags is made of the scenario's digest and of this. A cursor of another revision is
/// therefore answered with `resumed: "reset"`. `tests/it/golden.rs` fails where bytes changed and this did not.
pub const REVISION: u32 = 3;
