//! Documents served over HTTP: the same facts in the same words as the frames, for clients that poll instead of subscribing.
//! Each is one JSON value. The times `at`, `from`, `to`, `stoppage` and `length` are milliseconds of media time.

mod catalogue;
mod journal;
mod scrubber;
mod sent;
mod state;

pub use catalogue::{OpenedReplay, ReplayEntry, write_opened_replay, write_replay, write_scenario};
pub use journal::{PlayedFaults, write_journal};
pub(crate) use scrubber::MARKER_FIELDS;
pub use scrubber::{SpoilerLimit, timeline_etag, write_timeline};
pub use sent::write_sent;
pub use state::{MAX_HISTORY, etag, write_history, write_match_state, write_state, write_tables};
