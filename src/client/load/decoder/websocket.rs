//! WebSocket messages (RFC 6455) from a server.

use std::io::Cursor;

use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::{KEPT_BYTES, ServerMessage, too_long_error};
use crate::client::MAX_FRAME_BYTES;

/// Holds the bytes of an incomplete message.
#[derive(Debug, Default)]
pub struct WebSocketDecoder {
    /// The incomplete frame.
    partial: Vec<u8>,
    /// The payload of the complete frames of a fragmented message.
    fragments: Option<Vec<u8>>,
}

impl WebSocketDecoder {
    /// Decodes the bytes of one read and emits every message that they complete.
    ///
    /// # Errors
    /// Names what a server must not send.
    pub(super) fn decode(&mut self, bytes: &[u8], mut emit: impl FnMut(ServerMessage<'_>)) -> Result<(), String> {
        if self.partial.is_empty() {
            let used = self.decode_frames(bytes, &mut emit)?;
            self.partial.extend_from_slice(&bytes[used..]);
            return Ok(());
        }
        let mut partial = std::mem::take(&mut self.partial);
        partial.extend_from_slice(bytes);
        let used = self.decode_frames(&partial, &mut emit)?;
        partial.drain(..used);
        partial.shrink_to(KEPT_BYTES);
        self.partial = partial;
        Ok(())
    }

    /// Decodes all complete frames and returns their length in bytes.
    fn decode_frames(&mut self, bytes: &[u8], emit: &mut impl FnMut(ServerMessage<'_>)) -> Result<usize, String> {
        let mut used = 0;
        loop {
            let mut cursor = Cursor::new(&bytes[used..]);
            let Some((header, length)) = FrameHeader::parse(&mut cursor).map_err(|error| error.to_string())? else {
                return Ok(used);
            };
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let before = self.fragments.as_ref().map_or(0, Vec::len);
            if length.saturating_add(before) > MAX_FRAME_BYTES {
                return Err(too_long_error());
            }
            if header.mask.is_some() || header.rsv1 || header.rsv2 || header.rsv3 {
                return Err("a masked or compressed frame, which was not negotiated".to_owned());
            }
            let start = used + usize::try_from(cursor.position()).unwrap_or(usize::MAX);
            let Some(payload) = bytes.get(start..start + length) else { return Ok(used) };
            self.decode_frame(&header, payload, emit)?;
            used = start + length;
        }
    }

    fn decode_frame(
        &mut self,
        header: &FrameHeader,
        payload: &[u8],
        emit: &mut impl FnMut(ServerMessage<'_>),
    ) -> Result<(), String> {
        match (header.opcode, self.fragments.take()) {
            (OpCode::Control(control), fragments) => {
                self.fragments = fragments;
                match control {
                    Control::Ping if payload.len() <= 125 => emit(ServerMessage::Ping(payload)),
                    Control::Close => emit(ServerMessage::Close(payload)),
                    Control::Pong => {}
                    _ => return Err("an invalid control frame".to_owned()),
                }
            }
            (OpCode::Data(Data::Continue), Some(mut message)) => {
                message.extend_from_slice(payload);
                if header.is_final { emit(ServerMessage::Data(&message)) } else { self.fragments = Some(message) }
            }
            (OpCode::Data(Data::Text | Data::Binary), None) if header.is_final => emit(ServerMessage::Data(payload)),
            (OpCode::Data(Data::Text | Data::Binary), None) => self.fragments = Some(payload.to_vec()),
            _ => return Err("fragments in an invalid order".to_owned()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio_tungstenite::tungstenite::protocol::frame::Frame;

    use super::*;

    fn bytes(frames: &[Frame]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for frame in frames {
            frame.clone().format(&mut bytes).expect("formatted");
        }
        bytes
    }

    fn data(text: &str, code: Data, last: bool) -> Frame {
        Frame::message(text.to_owned(), OpCode::Data(code), last)
    }

    #[test]
    fn messages_are_the_same_in_pieces_of_any_size() {
        let long = "x".repeat(70_000);
        let all = bytes(&[
            data("one", Data::Text, true),
            data("tw", Data::Text, false),
            Frame::ping("?".to_owned()),
            data("o", Data::Continue, true),
            data(&long, Data::Text, true),
            Frame::close(None),
        ]);
        for step in [1, 2, 3, 7, 1_000, all.len()] {
            let (mut decoder, mut messages) = (WebSocketDecoder::default(), Vec::new());
            for piece in all.chunks(step) {
                let result = decoder.decode(piece, |message| {
                    messages.push(match message {
                        ServerMessage::Data(text) => String::from_utf8_lossy(text).into_owned(),
                        ServerMessage::Ping(text) => format!("ping {}", String::from_utf8_lossy(text)),
                        ServerMessage::Close(_) => "close".to_owned(),
                        ServerMessage::End => "end".to_owned(),
                    });
                });
                result.expect("frames");
            }
            assert_eq!(messages, ["one", "ping ?", "two", &long, "close"], "in pieces of {step}");
            assert!(decoder.partial.is_empty() && decoder.partial.capacity() <= KEPT_BYTES, "the capacity is freed");
        }
    }

    #[test]
    fn invalid_server_frames_are_refused() {
        for (name, bytes) in [
            ("too long", vec![0x81, 127, 0, 0, 0, 0, 0x7f, 0, 0, 0]),
            ("masked", vec![0x81, 0x81, 1, 2, 3, 4, 5]),
            ("compressed", vec![0xc1, 1, 5]),
            ("continuing nothing", bytes(&[data("o", Data::Continue, true)])),
            ("a message in a message", bytes(&[data("o", Data::Text, false), data("p", Data::Text, true)])),
            ("no opcode", vec![0x83, 0]),
        ] {
            assert!(WebSocketDecoder::default().decode(&bytes, |_| {}).is_err(), "{name}");
        }
    }
}
