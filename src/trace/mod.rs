//! Traces of test runs: a file with a scenario, how it was played and judged, and what clients were sent and said.
//!
//! A trace is JSON Lines: a [header](TraceHeader), the lines of the scenario, and then what was recorded, in order. The last line is
//! of kind `verdict`. Readers ignore lines of kinds that they do not know.

// To add a kind of line: a variant of `TraceEvent` with its arm in `entry.rs` and, if it is needed when a trace is played again, its
// arm in `read.rs`.

mod entry;
mod header;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use entry::{TraceEntry, TraceEvent};
pub use header::{TraceFailure, TraceHeader, TracePlayback};
pub use read::{HEADER_LINES, RecordedShow, Trace, is_trace};
pub use write::write_trace;

/// The version of the format. Files of another one are refused.
const VERSION: u64 = 1;
