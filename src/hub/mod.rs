//! Replays and what their subscribers are owed: tokio without sockets.
//!
//! A replay is a driver that moves one playhead over an immutable timeline, and is called by its host; a subscriber is an [`Outbound`], a
//! cursor that chases it. Nothing is queued per subscriber and nothing upstream waits for a reader: a slow one is merely
//! behind. What differs between transports is how an [`Outlet`] writes; drivers only sleep, wake and write.

mod audience;
mod bell;
mod bits;
mod close;
mod cursor;
mod driver;
mod emissions;
mod follow;
mod frame;
mod frames;
mod framing;
mod host;
mod kickoff;
mod mailbox;
mod name;
mod outbound;
mod programme;
mod registry;
mod replay;
mod room;
mod run;
mod segment;
mod shared;
mod shelf;
mod state_frame;
mod tally;
mod tick;
mod token;
mod view;
mod wall;
mod websocket_frame;

pub use audience::{Barrier, Behind, Told};
pub use bell::Bell;
pub use close::CloseCode;
pub use cursor::{Cursor, Since};
pub use driver::{Driver, Due};
pub use follow::{Follow, UnknownName};
pub use frame::Frame;
pub use frames::Frames;
pub use framing::Framing;
pub use host::Host;
pub use kickoff::{Kickoff, KickoffTime};
pub use outbound::{Join, Outbound, Outlet, Progress, Sent, Terms, TickRate};
pub use programme::{LINGER, Programme};
pub use registry::{Hub, MAX_REPLAYS, Opened};
pub use replay::{Answer, Control, Gone, Observer, Replay, ReplayOptions, SubscriberGuard};
pub use run::run_of;
pub use segment::{FrameKind, SEGMENT_CUES, Segment};
pub use shelf::{FRAME_BUDGET, Shelf};
pub use state_frame::StateFrame;
pub use tally::Tally;
pub use tick::Tick;
pub use token::Token;
pub use view::{Stopping, View};
pub use wall::Wall;
pub(crate) use websocket_frame::control_frame;
