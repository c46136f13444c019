//! Bounds on what others may take of this server.

use std::time::Duration;

use crate::dialect::MAX_REQUEST_BYTES;
use crate::hub::MAX_REPLAYS;

/// Bounds on what others may take of this server. Whoever goes beyond one is told which.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once, and no more than this process may open files for. A few more are let in to be told so; others
    /// wait to be accepted.
    pub connections: usize,
    /// Replays at once, shared and private.
    pub replays: usize,
    /// The longest request head, in bytes; at least 8,192.
    pub head_bytes: usize,
    /// How long each step up to a request may take: until a connection says something, the TLS handshake, a request's head,
    /// and until the next one has come.
    pub head_time: Duration,
    /// The longest request body, in bytes.
    pub body_bytes: usize,
    /// How long a request's body may take.
    pub body_time: Duration,
    /// How many bytes of answers may wait to be taken by those who asked, of all connections together. Those that a
    /// connection takes at once do not count; a single one may always have more.
    pub answer_bytes: usize,
    /// The longest message on a WebSocket, in bytes.
    pub message_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            replays: MAX_REPLAYS,
            head_bytes: 16 << 10,
            head_time: Duration::from_secs(10),
            body_bytes: 64 << 10,
            body_time: Duration::from_secs(10),
            answer_bytes: 64 << 20,
            message_bytes: MAX_REQUEST_BYTES,
        }
    }
}

impl Limits {
    /// The same with what would serve nobody put right.
    pub(super) fn sensible(self) -> Self {
        // hyper takes no smaller buffer.
        const LEAST_HEAD: usize = 8 << 10;
        // Nobody waits longer, and clocks can be asked for it.
        const MOST_TIME: Duration = Duration::from_secs(24 * 60 * 60);
        Self {
            connections: self.connections.max(1),
            head_bytes: self.head_bytes.max(LEAST_HEAD),
            head_time: self.head_time.min(MOST_TIME),
            body_time: self.body_time.min(MOST_TIME),
            ..self
        }
    }
}
