//! Resource limits for clients: connections, replays, sizes and times.

use std::time::Duration;

use crate::dialect::MAX_REQUEST_BYTES;
use crate::hub::{MAX_REPLAYS, TIMELINE_BUDGET_BYTES};

/// Longer than any wait, and within the range of clocks and of the kernel's time-outs.
pub(super) const MAX_TIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Resource limits for clients. The error of a client that exceeds one names it.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; never more than the process may open files for. A few over the limit are accepted
    /// and refused with an error; the rest wait in the listen backlog.
    pub connections: usize,
    /// Replays at once, shared and private.
    pub replays: usize,
    /// The longest request head, in bytes: 8,192 to 1,048,576.
    pub head_bytes: usize,
    /// The time limit for each of: the first bytes of a new connection, the TLS handshake, a request's head, and the wait
    /// for the next request.
    pub head_time: Duration,
    /// The longest request body, in bytes.
    pub body_bytes: usize,
    /// How long a request's body may take to arrive.
    pub body_time: Duration,
    /// How many bytes of responses may wait to be taken, over all connections. Responses that the kernel takes at once
    /// do not count, and a single response may always exceed it.
    pub answer_bytes: usize,
    /// The longest message on a WebSocket, in bytes.
    pub message_bytes: usize,
    /// How many bytes of scenarios may be on their way, over all requests, from before they are read until they are built.
    pub upload_bytes: usize,
    /// How many bytes the timelines may take together that clients cause: those of scenarios that they send, and those with
    /// feed faults.
    pub timeline_bytes: usize,
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
            upload_bytes: 64 << 20,
            timeline_bytes: TIMELINE_BUDGET_BYTES,
        }
    }
}

impl Limits {
    /// The same limits, with unusable values corrected.
    pub(super) fn clamped(self) -> Self {
        // hyper takes no smaller buffer.
        const MIN_HEAD: usize = 8 << 10;
        // The acceptor keeps a buffer of this size, and hyper one for each connection.
        const MAX_HEAD: usize = 1 << 20;
        Self {
            connections: self.connections.max(1),
            head_bytes: self.head_bytes.clamp(MIN_HEAD, MAX_HEAD),
            head_time: self.head_time.min(MAX_TIME),
            body_time: self.body_time.min(MAX_TIME),
            ..self
        }
    }
}
