//! WebSocket messages (RFC 6455) out of the bytes of a connection, as a server sends them.

use std::io::Cursor;

use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::{KEPT_BYTES, Message, too_long};
use crate::client::MAX_FRAME_BYTES;

/// The bytes of a message that are still to be completed.
#[derive(Debug, Default)]
pub(in super::super) struct Frames {
    /// A frame that has not come to its end.
    cut: Vec<u8>,
    /// The frames before it of a message in several.
    fragments: Option<Vec<u8>>,
}

impl Frames {
    /// Takes what was read and hands on every message that is complete with it. An error says what a server must not send.
    pub(super) fn take(&mut self, bytes: &[u8], mut told: impl FnMut(Message<'_>)) -> Result<(), String> {
        if self.cut.is_empty() {
            let used = self.whole_frames(bytes, &mut told)?;
            self.cut.extend_from_slice(&bytes[used..]);
            return Ok(());
        }
        let mut cut = std::mem::take(&mut self.cut);
        cut.extend_from_slice(bytes);
        let used = self.whole_frames(&cut, &mut told)?;
        cut.drain(..used);
        cut.shrink_to(KEPT_BYTES);
        self.cut = cut;
        Ok(())
    }

    /// Hands on what is complete and tells how many bytes that was.
    fn whole_frames(&mut self, bytes: &[u8], told: &mut impl FnMut(Message<'_>)) -> Result<usize, String> {
        let mut used = 0;
        loop {
            let mut cursor = Cursor::new(&bytes[used..]);
            let Some((header, length)) = FrameHeader::parse(&mut cursor).map_err(|error| error.to_string())? else {
                return Ok(used);
            };
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let before = self.fragments.as_ref().map_or(0, Vec::len);
            if length.saturating_add(before) > MAX_FRAME_BYTES {
                return Err(too_long());
            }
            if header.mask.is_some() || header.rsv1 || header.rsv2 || header.rsv3 {
                return Err("a frame that is masked or compressed, which was not agreed".to_owned());
            }
            let start = used + usize::try_from(cursor.position()).unwrap_or(usize::MAX);
            let Some(payload) = bytes.get(start..start + length) else { return Ok(used) };
            self.frame(&header, payload, told)?;
            used = start + length;
        }
    }

    fn frame(
        &mut self,
        header: &FrameHeader,
        payload: &[u8],
        told: &mut impl FnMut(Message<'_>),
    ) -> Result<(), String> {
        match (header.opcode, self.fragments.take()) {
            (OpCode::Control(control), fragments) => {
                self.fragments = fragments;
                match control {
                    Control::Ping if payload.len() <= 125 => told(Message::Ping(payload)),
                    Control::Close => told(Message::Close(payload)),
                    Control::Pong => {}
                    _ => return Err("a control frame that is none".to_owned()),
                }
            }
            (OpCode::Data(Data::Continue), Some(mut message)) => {
                message.extend_from_slice(payload);
                match header.is_final {
                    true => told(Message::Data(&message)),
                    false => self.fragments = Some(message),
                }
            }
            (OpCode::Data(Data::Text | Data::Binary), None) if header.is_final => told(Message::Data(payload)),
            (OpCode::Data(Data::Text | Data::Binary), None) => self.fragments = Some(payload.to_vec()),
            _ => return Err("frames in an order that makes no message".to_owned()),
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
    fn however_the_bytes_are_cut_the_messages_are_the_same() {
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
            let (mut inbox, mut told) = (Frames::default(), Vec::new());
            for piece in all.chunks(step) {
                let taken = inbox.take(piece, |message| {
                    told.push(match message {
                        Message::Data(text) => String::from_utf8_lossy(text).into_owned(),
                        Message::Ping(text) => format!("ping {}", String::from_utf8_lossy(text)),
                        Message::Close(_) => "close".to_owned(),
                        Message::End => "end".to_owned(),
                    });
                });
                taken.expect("frames");
            }
            assert_eq!(told, ["one", "ping ?", "two", &long, "close"], "in pieces of {step}");
            assert!(inbox.cut.is_empty() && inbox.cut.capacity() <= KEPT_BYTES, "what was needed is given back");
        }
    }

    #[test]
    fn what_no_server_may_send_is_refused() {
        for (name, bytes) in [
            ("too long", vec![0x81, 127, 0, 0, 0, 0, 0x7f, 0, 0, 0]),
            ("masked", vec![0x81, 0x81, 1, 2, 3, 4, 5]),
            ("compressed", vec![0xc1, 1, 5]),
            ("continuing nothing", bytes(&[data("o", Data::Continue, true)])),
            ("a message in a message", bytes(&[data("o", Data::Text, false), data("p", Data::Text, true)])),
            ("no opcode", vec![0x83, 0]),
        ] {
            assert!(Frames::default().take(&bytes, |_| {}).is_err(), "{name}");
        }
    }
}
