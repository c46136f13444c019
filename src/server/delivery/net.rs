//! What the delivery loop needs of a network and a clock: the kernel's, or a stage's under virtual time.

use std::io::{Read, Write};
use std::time::Instant;

use crate::hub::{Replay, SubscribeRequest};
use crate::server::seats::Seat;

/// Names one connection for good: a late word about one that has gone is not taken for one about its successor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token {
    /// Its slot.
    pub slot: u32,
    /// How many connections there had been when it came.
    pub generation: u32,
}

impl From<Token> for u64 {
    fn from(token: Token) -> Self {
        Self::from(token.generation) << 32 | Self::from(token.slot)
    }
}

impl From<u64> for Token {
    fn from(word: u64) -> Self {
        Self { slot: word as u32, generation: (word >> 32) as u32 }
    }
}

/// What is to be told of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interest {
    /// That it can be read.
    pub read: bool,
    /// That it can be written to again.
    pub write: bool,
}

/// Connections that say "would block" rather than wait, and a clock.
pub trait Net {
    /// A connection. Dropping it closes it and ends what is told of it.
    type Link: Read + Write;

    /// The time.
    fn now(&self) -> Instant;

    /// Begins to tell of a connection, by level: again and again as long as it can be read or written to.
    fn watch(&mut self, link: &Self::Link, token: Token, interest: Interest) -> std::io::Result<()>;

    /// Tells something else of it from now on.
    fn change(&mut self, link: &Self::Link, token: Token, interest: Interest) -> std::io::Result<()>;

    /// Lets the peer know that nothing more will be written.
    fn finish(&mut self, link: &mut Self::Link);
}

/// A subscriber whose handshake is done.
#[derive(Debug)]
pub struct Newcomer<L> {
    /// Its connection.
    pub link: L,
    /// What it is to be sent before all else: the answer to its handshake, if that is not out yet.
    pub greeting: Vec<u8>,
    /// What arrived together with the handshake.
    pub early: Vec<u8>,
    /// What it follows.
    pub replay: Replay,
    /// How it joins.
    pub join: SubscribeRequest,
    /// The longest message that it may send, in bytes.
    pub message_bytes: usize,
    /// Its place among the connections, given back when it has gone.
    pub seat: Option<Seat>,
}
