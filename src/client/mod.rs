//! The other end of the wire: connecting to a replay, reading its frames, and coming back after a cut; telling it what to do;
//! and many readers at once, to measure a server by.
//!
//! Prints nothing and decides nothing about what is shown: that is for whoever reads the updates.

mod address;
mod backoff;
mod frame;
pub mod http;
pub mod load;
mod order;
mod place;
mod received;
mod subscription;
mod tls;
mod trust;

pub use address::Address;
pub use frame::{
    End, Event, Fixture, Frame, Goals, Hello, OtherLeg, Playback, Refusal, Scoreboard, Snapshot, Standing, State, Team,
    Tick, Tie,
};
pub use order::{Barrier, Now, Order, Reply};
pub use place::Place;
pub use subscription::{MAX_FRAME_BYTES, Update, subscribe};
pub use tls::{Stream, connect};
pub use trust::Trust;
