//! Reading a WebSocket: tungstenite's protocol engine without its stream.
//!
//! Frames go out as they were encoded, so the engine only reads; what it has to say itself (pongs, the echo of a close)
//! is caught and sent between two frames by whoever writes. Where whole messages arrive it is there only while they are read,
//! for most subscribers never say more than a pong; it is kept where one has come in part.

use std::io::{self, Read, Write};

use tokio_tungstenite::tungstenite::error::{CapacityError, Error as WsError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::{Message, Role, WebSocketConfig, WebSocketContext};

use super::READ_BYTES;
use crate::hub::CloseCode;

/// What a subscriber has said.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A text frame.
    Text(String),
    /// A sign of life, and what is to be said to it: whole frames.
    Alive {
        /// A pong to a ping.
        answers: Vec<u8>,
    },
    /// Goodbye.
    Close {
        /// The frame that answers it.
        echo: Vec<u8>,
    },
    /// The connection is gone.
    Gone,
    /// Something that ends the conversation.
    Broken(CloseCode),
}

/// The reading half of a WebSocket.
#[derive(Debug)]
pub(crate) struct Reader {
    /// The longest message.
    message_bytes: usize,
    /// Kept where a frame or a message has arrived in part.
    engine: Option<Box<WebSocketContext>>,
}

impl Reader {
    pub(crate) fn new(message_bytes: usize) -> Self {
        Self { message_bytes, engine: None }
    }

    /// What the first of the bytes say; those are taken off. `None`: nothing more has arrived as a whole, and all bytes
    /// are taken.
    pub(crate) fn hear(&mut self, unread: &mut &[u8]) -> Option<Heard> {
        let mut engine = match self.engine.take() {
            Some(engine) => engine,
            None if unread.is_empty() => return None,
            None => {
                let config = WebSocketConfig::default()
                    .read_buffer_size(READ_BYTES)
                    .write_buffer_size(0)
                    .max_message_size(Some(self.message_bytes))
                    .max_frame_size(Some(self.message_bytes));
                // One whole message by itself: what follows it stays outside, so that the engine can go again.
                let whole = whole_message(unread);
                let (first, rest) = unread.split_at(whole.unwrap_or(unread.len()));
                let mut engine =
                    Box::new(WebSocketContext::from_partially_read(first.to_vec(), Role::Server, Some(config)));
                *unread = rest;
                if whole.is_some() {
                    return read(&mut engine, &mut &[][..]);
                }
                engine
            }
        };
        let heard = read(&mut engine, unread);
        self.engine = Some(engine);
        heard
    }
}

/// Has the engine read on; `None`: it wants more than there is.
fn read(engine: &mut WebSocketContext, unread: &mut &[u8]) -> Option<Heard> {
    let mut answers = Vec::new();
    let mut pipe = Pipe { unread, answers: &mut answers };
    let heard = match engine.read(&mut pipe) {
        Ok(Message::Text(text)) => Heard::Text(text.to_string()),
        Ok(Message::Close(_)) => {
            // The echo stands in the engine until it is asked to write it.
            let _ = engine.flush(&mut pipe);
            Heard::Close { echo: answers }
        }
        Ok(Message::Binary(_)) => Heard::Broken(CloseCode::NotText),
        Ok(_) => {
            let _ = engine.flush(&mut pipe);
            Heard::Alive { answers }
        }
        Err(WsError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return None,
        Err(WsError::Capacity(CapacityError::MessageTooLong { .. })) => Heard::Broken(CloseCode::TooLong),
        Err(WsError::Utf8(_)) => Heard::Broken(CloseCode::NotText),
        Err(WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => Heard::Gone,
        Err(WsError::Protocol(_)) => Heard::Broken(CloseCode::Protocol),
        Err(_) => Heard::Gone,
    };
    Some(heard)
}

/// How many of the bytes are the frame at their front (RFC 6455, section 5.2), where that is a whole message, short and
/// masked as clients must. Whatever else it may be is for the engine to judge.
fn whole_message(bytes: &[u8]) -> Option<usize> {
    const FIN: u8 = 0x80;
    const MASK: u8 = 0x80;
    let (&first, &second) = bytes.first().zip(bytes.get(1))?;
    let (opcode, length) = (first & 0x0f, usize::from(second & !MASK));
    // A continuation ends a message that began before.
    let whole = first & FIN != 0 && opcode != 0 && second & MASK != 0;
    let end = match length {
        126 => 8 + usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?])),
        127 => return None,
        length => 6 + length,
    };
    (whole && end <= bytes.len()).then_some(end)
}

/// What has arrived, as the engine sees it: reads what is there, and "writes" into the answers.
struct Pipe<'a, 'b> {
    unread: &'a mut &'b [u8],
    answers: &'a mut Vec<u8>,
}

impl Read for Pipe<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.unread.read(buffer)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            bytes => Ok(bytes),
        }
    }
}

impl Write for Pipe<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.answers.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client's frame, masked with zeros.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![first];
        match payload.len() {
            length @ ..=125 => frame.push(0x80 | length as u8),
            length => {
                frame.push(0x80 | 126);
                frame.extend_from_slice(&(length as u16).to_be_bytes());
            }
        }
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(payload);
        frame
    }

    /// What is heard of the bytes, arriving in pieces of that many.
    fn heard(bytes: &[u8], piece: usize) -> (Vec<String>, Reader) {
        let mut reader = Reader::new(1_000);
        let mut told = Vec::new();
        for piece in bytes.chunks(piece) {
            let mut unread = piece;
            while let Some(heard) = reader.hear(&mut unread) {
                told.push(format!("{heard:?}"));
            }
            assert!(unread.is_empty());
        }
        (told, reader)
    }

    #[test]
    fn however_it_arrives_the_same_is_heard() {
        let long = "x".repeat(300);
        let frames = [
            frame(0x8a, b""),
            frame(0x81, br#"{"command":"play"}"#),
            frame(0x89, b"there?"),
            frame(0x81, long.as_bytes()),
            frame(0x01, b"in "),
            frame(0x89, b"between"),
            frame(0x80, b"parts"),
            frame(0x8a, b"pong"),
        ];
        let bytes = frames.concat();
        let (told, _) = heard(&bytes, bytes.len());
        assert_eq!(told.len(), 7, "{told:?}");
        assert!(told[0].starts_with("Alive") && told[1].contains("play") && told[3].contains(&long));
        assert!(told[4].contains("[138, 7, 98"), "the pong to the ping between the parts: {}", told[4]);
        assert!(told[5].contains("in parts"));
        for piece in [1, 2, 7, 100] {
            assert_eq!(heard(&bytes, piece).0, told, "{piece} bytes at a time");
        }
    }

    #[test]
    fn nothing_is_kept_of_what_arrived_as_a_whole() {
        let bytes = [frame(0x8a, b""), frame(0x81, b"{}")].concat();
        assert!(heard(&bytes, bytes.len()).1.engine.is_none());
        assert!(heard(&bytes, 3).1.engine.is_some(), "in pieces");
    }

    #[test]
    fn a_goodbye_is_echoed_and_what_is_broken_is_named() {
        let close = |bytes: &[u8]| heard(bytes, bytes.len()).0.remove(0);
        assert_eq!(close(&frame(0x88, &1000_u16.to_be_bytes())), "Close { echo: [136, 2, 3, 232] }");
        assert_eq!(close(&frame(0x82, b"abc")), "Broken(NotText)");
        assert_eq!(close(&frame(0x81, b"\xff\xff")), "Broken(NotText)");
        assert_eq!(close(&frame(0x87, b"")), "Broken(Protocol)");
        assert_eq!(close(&[0x81, 0x02, b'h', b'i']), "Broken(Protocol)", "without a mask");
        assert_eq!(close(&frame(0x80, b"the end of nothing")), "Broken(Protocol)");
        assert_eq!(close(&[0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]), "Broken(TooLong)");
    }
}
