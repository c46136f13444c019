//! Touchline plays football matches as live event streams, on a clock you control.
//!
//! - **Serve** a match in a test or an application: [`server::Server`].
//! - **Follow** a server, with typed frames and resume: [`client`].
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
//! A scenario is an immutable, ordered log. A replay moves a playhead over it, and each subscriber is a cursor that follows the
//! playhead. A frame is a pure function of the timeline, so it is encoded once and shared by all subscribers.
//!
//! The feature `cli` (on by default) adds the `touchline` program. A library without it builds neither clap nor what else only a
//! terminal needs: `touchline = { version = "0.1", default-features = false }`.

mod certificate;
#[cfg(feature = "cli")]
mod cli;
pub mod client;
mod dialect;
mod error;
pub mod football;
mod hub;
mod json;
mod latency;
pub mod playback;
mod printable;
pub mod scenario;
pub mod server;
mod suspension;

pub use error::{Error, Kind, Result};
pub use playback::Playback;
pub use scenario::{Scenario, Timeline};

pub mod replay {
    //! Replays on a server, or in a [`Hub`] without one: handles with which they are observed and controlled.
    pub use crate::hub::{Answer, Control, Hub, Observer, Opened, Replay, ReplayOptions, ReplayStatus, Stopping};
}

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
    pub use crate::client::internals as client;
    pub use crate::football::internals as football;
    pub use crate::latency::Latency;
    pub use crate::playback::internals as playback;
    pub use crate::printable::is_printable;
    pub use crate::scenario::internals as scenario;
    pub use crate::server::internals as server;
}
