//! `touchline.v1`: one JSON object per frame, `kind` first. The contract is `docs/protocol.md`.

pub mod documents;
#[cfg(test)]
mod faulty_frames;
mod frames;
mod match_frames;
mod patch;
mod reply;

pub use frames::{
    Hello, MatchTick, PlaybackStatus, Resumed, format_wall_time, write_close, write_end, write_hello,
    write_match_lines, write_playback, write_table, write_tick,
};
pub use match_frames::{SnapshotDetail, write_event, write_snapshot};
pub use reply::{ReplyBody, write_answer, write_error, write_reply, write_scenario_error};

/// The WebSocket subprotocol: accepted if offered, never required.
pub const PROTOCOL: &str = "touchline.v1";

/// The revision of layout and encoding. Raise it with every change that alters the bytes of an `event`, `table`, `end` or
/// `snapshot` frame or of the `/timeline` document for some scenario: a change of the encoding, or of where cues are placed
/// on the timeline.
///
/// The `run` in cursors and entity tags is computed from the scenario's digest and this number. A cursor of another revision
/// is therefore answered with `resumed: "reset"`. `tests/it/golden.rs` fails if bytes changed and this number did not.
pub const REVISION: u32 = 3;
