//! What the delivery loop needs of a network and a clock: the kernel's, or a test's under virtual time.

use std::io::{Read, Write};
use std::time::Instant;

use crate::hub::{Replay, SubscribeRequest};
use crate::server::connection_limit::ConnectionPermit;
use crate::server::link::HandedOver;

/// Identifies one connection for good. The generation tells a slot's connections apart, so that a late event for a
/// closed one does not reach its successor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConnectionToken {
    /// The connection's slot.
    pub slot: u32,
    /// How many connections there had been when this one was added.
    pub generation: u32,
}

impl From<ConnectionToken> for u64 {
    fn from(token: ConnectionToken) -> Self {
        Self::from(token.generation) << 32 | Self::from(token.slot)
    }
}

impl From<u64> for ConnectionToken {
    fn from(word: u64) -> Self {
        Self { slot: word as u32, generation: (word >> 32) as u32 }
    }
}

/// Which readiness of a connection is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interest {
    /// That it can be read.
    pub read: bool,
    /// That it can be written.
    pub write: bool,
}

/// Non-blocking connections, and a clock.
pub trait Network {
    /// A connection. Dropping it closes and deregisters it.
    type Socket: Read + Write;

    /// The current instant.
    fn now(&self) -> Instant;

    /// Begins to report a connection's readiness, level-triggered: again and again as long as it is ready.
    fn register(&mut self, socket: &Self::Socket, token: ConnectionToken, interest: Interest) -> std::io::Result<()>;

    /// Replaces the token and the interest of a registered connection.
    fn reregister(&mut self, socket: &Self::Socket, token: ConnectionToken, interest: Interest) -> std::io::Result<()>;

    /// Tells the peer that nothing more will be written.
    fn shutdown_write(&mut self, socket: &mut Self::Socket);

    /// Gives a connection to a task: `SubscriberTask::resume`. It is registered no more.
    fn hand_over(&mut self, connection: HandedOver<Self::Socket>);

    /// Refuses a connection because of a link fault: resets it, or writes a response and closes it.
    fn refuse(&mut self, socket: Self::Socket, response: Option<Vec<u8>>);
}

/// A subscriber whose handshake is done.
#[derive(Debug)]
pub struct NewSubscriber<S> {
    /// Its connection.
    pub socket: S,
    /// Sent before the first frame: the head of the HTTP response, unless it is out already.
    pub response_head: Vec<u8>,
    /// What arrived behind the request's head.
    pub leftover: Vec<u8>,
    /// The replay that it follows.
    pub replay: Replay,
    /// What it asks for, and where it starts.
    pub join: SubscribeRequest,
    /// The longest message that it may send, in bytes.
    pub message_bytes: usize,
    /// Its connection permit, returned when it has gone.
    pub permit: Option<ConnectionPermit>,
}
