//! Touchline plays football matches as live event streams, on a clock you control.
//!
//! - **Serve** a match in a test or an application: [`server::Server`].
//! - **Follow** a server, with typed frames and resume: [`client`].
//! - **Step** through a match in a test: [`testing::TestServer`].
//! - **Play** a match without sockets, tasks or clocks of its own: [`Playback`].
//! - **Load, edit, check and write** scenarios: [`Scenario`], and [`Timeline`] to play one.
//!
//! ```
//! use touchline::football::Side;
//! use touchline::scenario::SHIPPED;
//! use touchline::Timeline;
//!
//! let timeline = Timeline::new(&SHIPPED[0].load()?);
//! let end = timeline.state_at(0, timeline.cues().len());
//! assert_eq!((end.score().home, end.score().away), (0, 1));
//! assert_eq!(end.statistics(Side::Away).shots, 13);
//! # Ok::<(), touchline::Error>(())
//! ```
//!
//! Words that recur: a *cue* is one entry of a timeline, an event in one revision with the time at which it is due; a *track* is a match
//! by its number; the *head* is how many cues have been played; an *epoch* is a stretch of playback without a jump.
//!
//! `examples/` has a program for each task: a match served, a ticker, a test of an app, events into a channel of one's own. Everything
//! that serves or connects runs on tokio.
//!
//! # Features
//! - `cli` (on by default): the `touchline` program. For a library in a test, leave it out:
//!   `touchline = { version = "0.1", default-features = false, features = ["net"] }`.
//! - `net` (part of `cli`): servers, clients and replays. Without it only what is pure remains: scenarios, timelines and playback,
//!   with a dozen small dependencies and no runtime.

// What only the program or a server needs is unused in a library without them.
#![cfg_attr(not(feature = "cli"), allow(dead_code, unused_imports))]

#[cfg(feature = "net")]
mod certificate;
#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "net")]
pub mod client;
mod close_code;
#[cfg(feature = "net")]
mod dialect;
mod error;
mod error_code;
#[cfg(feature = "import")]
pub mod export;
pub mod faults;
mod fnv;
pub mod football;
#[cfg(feature = "net")]
mod hub;
#[cfg(feature = "import")]
pub mod import;
mod json;
#[cfg(feature = "net")]
mod latency;
mod message;
pub mod playback;
mod printable;
pub mod scenario;
#[cfg(feature = "net")]
pub mod server;
#[cfg(feature = "net")]
mod suspension;
#[cfg(feature = "net")]
pub mod testing;
#[cfg(feature = "net")]
#[cfg_attr(not(feature = "cli"), allow(dead_code, unused_imports))]
mod trace;
#[cfg(feature = "net")]
mod verdict;
mod words;

pub use close_code::CloseCode;
pub use error::{Error, ErrorKind, Result};
pub use error_code::ErrorCode;
pub use playback::Playback;
pub use scenario::{Scenario, Timeline};

#[cfg(feature = "net")]
pub mod replay {
    //! Replays on a server, or in a [`Hub`] without one: handles with which they are observed and controlled.
    pub use crate::hub::{
        Answer, Control, Hub, Observer, Opened, Replay, ReplayEvent, ReplayEvents, ReplayOptions, ReplayStatus,
        Stopping,
    };
}

#[cfg(all(feature = "import", not(feature = "net")))]
#[doc(hidden)]
pub mod internals {
    pub use crate::import::internals as import;
}

#[cfg(feature = "net")]
#[doc(hidden)]
pub mod internals {
    //! What the program, the tests and the benchmarks need beside the API. It changes without notice.

    #[cfg(feature = "cli")]
    pub use crate::cli::run_program;

    pub mod hub {
        pub use crate::hub::{
            Barrier, Behind, CacheBudget, Driver, DriverRunner, FrameCache, Framing, MAX_REPLAYS, PumpResult,
            ReplaySpec, SEGMENT_CUES, SentTotals, SubscribeRequest, SubscriberWriter, TryWrite, Wall, run_of,
        };
    }
    pub mod dialect {
        pub use crate::dialect::{Action, Request, native};
    }
    pub mod faults {
        pub use crate::faults::link::{
            Break, Conditions, ConnectionFaults, Corruption, DocumentFault, DueBreak, LinkNote, LinkPlan,
        };
    }
    #[cfg(feature = "net")]
    pub mod verdict {
        pub use crate::hub::client_reports;
        pub use crate::verdict::ClientReport;
    }
    pub use crate::client::internals as client;
    pub use crate::football::internals as football;
    #[cfg(feature = "import")]
    pub use crate::import::internals as import;
    pub use crate::latency::Latency;
    pub use crate::playback::internals as playback;
    pub use crate::printable::is_printable;
    pub use crate::scenario::internals as scenario;
    pub use crate::server::internals as server;
}

/// The Rust test of the guide.
#[cfg(doctest)]
#[doc = include_str!("../docs/testing.md")]
mod testing_guide {}
