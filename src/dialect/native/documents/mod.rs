//! Documents served over HTTP: the same facts in the same words as the frames, for clients that poll instead of subscribing.
//! Each is one JSON value. The times `at`, `from`, `to`, `stoppage` and `length` are milliseconds of media time.

mod catalogue;
mod scrubber;
mod state;

pub use catalogue::{OpenedReplay, ReplayEntry, opened, replay, scenario};
pub use scrubber::{SpoilerLimit, timeline, timeline_etag};
pub use state::{MAX_HISTORY, etag, history, state, state_of_match, tables};
