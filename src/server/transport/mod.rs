//! Reads what subscribers send, for framings in which they can send.

pub(super) mod websocket;

use self::websocket::Incoming;
use crate::hub::Framing;

/// How many bytes are read at once. Subscribers send little, and the buffer is on the stack.
pub(super) const READ_BUFFER_BYTES: usize = 512;

/// The reading half of a connection.
#[derive(Debug)]
pub(super) enum StreamReader {
    /// Reads messages and control frames.
    WebSocket(websocket::MessageReader),
    /// Discards whatever arrives.
    Discard,
}

impl StreamReader {
    /// A reader for a connection of that framing, with messages of at most so many bytes.
    pub(super) fn new(framing: Framing, message_bytes: usize) -> Self {
        if framing.is_two_way() { Self::WebSocket(websocket::MessageReader::new(message_bytes)) } else { Self::Discard }
    }

    /// Reads the next message or control frame, and removes its bytes. `None`: all bytes are consumed, and nothing more
    /// is complete.
    pub(super) fn read_next(&mut self, unread: &mut &[u8]) -> Option<Incoming> {
        match self {
            Self::WebSocket(reader) => reader.read_next(unread),
            Self::Discard => {
                *unread = &[];
                None
            }
        }
    }
}
