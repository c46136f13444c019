//! Reading what a subscriber says, where its framing lets it say something.

pub(super) mod websocket;

use self::websocket::Heard;
use crate::hub::Framing;

/// How many bytes are read at once. Subscribers send little, and the buffer lies on the stack.
pub(super) const READ_BYTES: usize = 512;

/// The reading half of a connection.
#[derive(Debug)]
pub(super) enum Reader {
    /// Hears requests, pongs and goodbyes.
    WebSocket(websocket::Reader),
    /// Throws away whatever arrives.
    Deaf,
}

impl Reader {
    /// Of a connection on which frames go out like that, and no longer messages come in.
    pub(super) fn beside(framing: Framing, message_bytes: usize) -> Self {
        match framing.is_two_way() {
            true => Self::WebSocket(websocket::Reader::new(message_bytes)),
            false => Self::Deaf,
        }
    }

    /// What the first of the bytes say; those are taken off. `None`: nothing more has arrived as a whole, and all bytes
    /// are taken.
    pub(super) fn hear(&mut self, unread: &mut &[u8]) -> Option<Heard> {
        match self {
            Self::WebSocket(reader) => reader.hear(unread),
            Self::Deaf => {
                *unread = &[];
                None
            }
        }
    }
}
