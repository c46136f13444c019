//! The client of a server: [`Subscription`] follows a replay and resumes after a disconnect, [`RemoteReplay`] controls one.

// It prints nothing and decides nothing about what is shown: that is the caller's part. `load` runs many subscribers at once, to
// measure a server.

mod address;
mod api_command;
mod backoff;
mod dial;
mod disconnect;
mod followed_replay;
mod frame;
pub(crate) mod http;
pub(crate) mod load;
mod received;
mod remote_replay;
mod resume_position;
mod subscription;
mod tls;
mod trust;
mod word;

pub use address::Address;
pub use api_command::{ApiCommand, BarrierOptions, CommandReply, CurrentMatch};
pub(crate) use disconnect::MAX_FRAME_BYTES;
pub(crate) use followed_replay::FollowedReplay;
pub use frame::{
    ClientFrame, EndFrame, ErrorFrame, EventFrame, HelloFrame, MatchInfo, OtherLeg, PlaybackFrame, PlaybackInfo,
    Scoreboard, SnapshotFrame, SnapshotState, TeamInfo, TickFrame, TieInfo,
};
pub use remote_replay::RemoteReplay;
pub use resume_position::ResumePosition;
pub use subscription::{Subscription, Update};
pub use trust::Trust;
pub use word::Word;

pub use crate::dialect::native::Resumed;

#[doc(hidden)]
pub mod internals {
    pub mod load {
        pub use super::super::load::decoder::{BodyDecoder, Decoder, ServerMessage, StreamFormat};
        pub use super::super::load::{LoadPlan, LoadTarget, measure};
    }
    pub use super::tls::connect;
}
