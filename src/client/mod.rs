//! The client library: connects to a replay, reads its frames and resumes after a disconnect; sends commands over HTTP;
//! and runs many subscribers at once to measure a server ([`load`]).
//!
//! It prints nothing and decides nothing about what is shown: that is the caller's part.

mod address;
mod api_command;
mod backoff;
mod frame;
pub(crate) mod http;
pub(crate) mod load;
mod received;
mod resume_position;
mod subscription;
mod tls;
mod trust;

pub use address::Address;
pub use api_command::{ApiCommand, BarrierOptions, CommandReply, CurrentMatch};
pub use frame::{
    ClientFrame, EndFrame, ErrorFrame, EventFrame, Goals, HelloFrame, MatchInfo, OtherLeg, PlaybackFrame, PlaybackInfo,
    Scoreboard, SnapshotFrame, SnapshotState, TeamInfo, TickFrame, TieInfo,
};
pub use resume_position::ResumePosition;
pub(crate) use subscription::MAX_FRAME_BYTES;
pub use subscription::{Update, subscribe};
pub use trust::Trust;

#[doc(hidden)]
pub mod internals {
    pub mod load {
        pub use super::super::load::decoder::{BodyDecoder, Decoder, ServerMessage, StreamFormat};
        pub use super::super::load::{LoadPlan, LoadTarget, measure};
    }
    pub use super::tls::connect;
}
