//! The documents that are read over HTTP: the same facts in the same words as the frames, for whoever asks instead of
//! listening. Each is one JSON value; times `at`, `from`, `to`, `stoppage` and `length` are milliseconds of the timeline.

mod catalogue;
mod now;
mod scrubber;

pub use catalogue::{OpenedLine, ReplayLine, opened, replay, scenario};
pub use now::{MAX_HISTORY, etag, history, state, state_of_match, tables};
pub use scrubber::{Seen, timeline, timeline_etag};
