//! Replays and their subscribers: tokio without sockets.
//!
//! A replay is a [`Driver`] that moves one playhead over an immutable timeline, polled by its [`DriverRunner`]. A subscriber is a
//! [`SubscriberWriter`]: a cursor that follows the playhead. Nothing is queued per subscriber, and nothing upstream waits for
//! one: a slow subscriber is merely behind. Transports differ in how their [`TryWrite`] writes; their drivers only sleep, wake
//! and write.

mod answer;
mod bits;
mod cache_budget;
mod command_queue;
mod counters;
mod cursor;
mod documents;
mod driver;
mod emission_log;
mod eviction;
mod feeds;
mod filter;
mod frame;
mod frame_cache;
mod framing;
mod judge;
mod kickoff;
mod link_faults;
mod name;
mod registry;
mod replay;
mod replay_documents;
mod replay_events;
mod replay_inner;
mod replay_judging;
mod replay_options;
mod replay_record;
mod replay_spec;
mod replay_status;
mod run;
mod runner;
mod segment;
mod shared;
mod shared_clock;
mod state_frame;
mod subscribers;
mod tick;
mod timeline_budget;
mod token;
mod uploads;
mod wake_flag;
mod wall;
mod websocket_frame;
mod writer;

pub use answer::Answer;
pub use cache_budget::{CacheBudget, FRAME_BUDGET_BYTES};
pub(crate) use cursor::Cursor;
pub use cursor::Since;
pub(crate) use documents::DocumentCounts;
pub use driver::{Driver, Due};
pub use filter::Filter;
pub use frame_cache::FrameCache;
pub use framing::Framing;
pub(crate) use judge::{JudgedConnection, Recorded, RecordedEntry, RecordedRun, ReplayJudge};
pub use kickoff::{Kickoff, KickoffTime};
pub use registry::{Hub, MAX_REPLAYS, Opened};
pub use replay::{Control, Observer, Replay, SubscriberGuard};
pub use replay_events::{ReplayEvent, ReplayEvents};
pub use replay_judging::client_reports;
pub use replay_options::ReplayOptions;
pub(crate) use replay_record::{CommandAuthority, ReplayRecord, SharedStart, Submitted, parse_record};
pub use replay_spec::ReplaySpec;
pub(crate) use replay_spec::parse_seed;
pub use replay_status::{ReplayStatus, Stopping};
pub use run::run_of;
pub use runner::DriverRunner;
pub use segment::SEGMENT_CUES;
pub(crate) use shared_clock::SharedClock;
pub use subscribers::{Barrier, Behind};
pub use timeline_budget::TIMELINE_BUDGET_BYTES;
pub use token::Token;
pub use uploads::{UploadReport, UploadedScenario};
pub use wall::{Wall, runtime_now};
pub(crate) use websocket_frame::{encode_control_frame, encode_frame, frame_payload};
pub use writer::{PumpResult, SentTotals, SubscribeOptions, SubscribeRequest, SubscriberWriter, TickRate, TryWrite};
