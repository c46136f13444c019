//! Framings: the three encodings in which the same stream of frames can be sent. What is sent, and when, is the same for all.

use std::io::Write;

use bytes::{Buf, Bytes};

use super::cursor::Cursor;
use super::state_frame::StateFrame;
use super::websocket_frame::{encode_control_frame, write_text_frame};
use crate::dialect::native;
use crate::playback::Rejection;

/// How frames are delimited on the wire. Their texts are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Framing {
    /// Text frames (RFC 6455). Only here can subscribers send requests.
    #[default]
    WebSocket,
    /// Server-sent events (WHATWG HTML, section 9.2): `data:` lines, and `id:` lines where a frame carries a cursor.
    Sse,
    /// One frame a line (NDJSON).
    Lines,
}

impl Framing {
    /// Whether subscribers can send requests. In other framings all that arrives is ignored.
    pub const fn is_two_way(self) -> bool {
        matches!(self, Self::WebSocket)
    }

    /// The `Content-Type` of a stream in the body of an HTTP response.
    pub const fn media_type(self) -> Option<&'static str> {
        match self {
            Self::WebSocket => None,
            Self::Sse => Some("text/event-stream"),
            Self::Lines => Some("application/x-ndjson"),
        }
    }

    /// The bytes before the first frame: after how many milliseconds clients of server-sent events reconnect. No blank line
    /// follows, because some clients take it for an event without data.
    pub(super) const fn preamble(self) -> &'static [u8] {
        match self {
            Self::Sse => b"retry: 1000\n",
            Self::WebSocket | Self::Lines => b"",
        }
    }

    /// The bytes that keep an otherwise silent connection alive: a ping, or a comment, without a blank line as above. `None` for
    /// lines, in which only ticks can do that: any other line would be parsed as a frame.
    pub const fn keep_alive(self) -> Option<&'static [u8]> {
        const PING: &[u8] = &[0x89, 0];
        match self {
            Self::WebSocket => Some(PING),
            Self::Sse => Some(b":\n"),
            Self::Lines => None,
        }
    }

    /// A WebSocket close frame; in other framings a last frame with the same contents.
    pub(super) fn close_frame(self, code: u16, reason: &str) -> PendingBytes {
        const CLOSE: u8 = 8;
        match self {
            // RFC 6455, section 5.5.1: the code and the reason.
            Self::WebSocket => {
                let mut payload = code.to_be_bytes().to_vec();
                payload.extend_from_slice(reason.as_bytes());
                PendingBytes::from_control_bytes(encode_control_frame(CLOSE, &payload))
            }
            Self::Sse | Self::Lines => {
                let mut text = Vec::new();
                native::write_close(code, reason, &mut text);
                let mut out = Vec::new();
                self.write(&mut out, &text, None);
                PendingBytes { bytes: out.into(), frames: 1 }
            }
        }
    }

    /// All bytes for a subscriber that is refused: an error frame and the close frame.
    pub fn refusal_bytes(self, rejection: &Rejection) -> Vec<u8> {
        let mut out = self.preamble().to_vec();
        let mut text = Vec::new();
        native::write_error(None, rejection, &mut text);
        self.write(&mut out, &text, None);
        let code = rejection.code.close_code();
        out.extend_from_slice(&self.close_frame(code.code(), code.reason()).bytes);
        out
    }

    /// The bytes before and after the text of a frame, where they do not depend on the text: not for a WebSocket.
    const fn delimiters(self) -> (&'static [u8], &'static [u8]) {
        match self {
            Self::WebSocket => (b"", b""),
            // Encoded JSON has no line breaks, so that it is one line of data.
            Self::Sse => (b"data: ", b"\n\n"),
            Self::Lines => (b"", b"\n"),
        }
    }

    /// A snapshot or table as it is sent, in parts.
    pub(super) fn frame_parts(self, frame: &StateFrame) -> [&[u8]; 3] {
        let (before, behind) = self.delimiters();
        match self {
            Self::WebSocket => [frame.websocket(), before, behind],
            Self::Sse | Self::Lines => [before, frame.text(), behind],
        }
    }

    /// Appends a frame. `place` is the cursor of a subscriber that has received it, if the frame carries one.
    pub(super) fn write(self, out: &mut Vec<u8>, text: &[u8], place: Option<&Cursor>) {
        if self == Self::WebSocket {
            return write_text_frame(out, text);
        }
        let (before, behind) = self.delimiters();
        out.reserve(text.len() + 64);
        if let Some(place) = place.filter(|_| self == Self::Sse) {
            // Writing to a Vec cannot fail.
            let _ = writeln!(out, "id: {place}");
        }
        out.extend_from_slice(before);
        out.extend_from_slice(text);
        out.extend_from_slice(behind);
    }
}

/// Bytes to be written, and the number of frames that are complete once all are.
#[derive(Debug, Clone, Default)]
pub(super) struct PendingBytes {
    pub(super) bytes: Bytes,
    pub(super) frames: u32,
}

impl PendingBytes {
    /// Bytes that are no frames of `touchline.v1`: pings, pongs, close frames.
    pub(super) fn from_control_bytes(bytes: impl Into<Bytes>) -> Self {
        Self { bytes: bytes.into(), frames: 0 }
    }

    /// The same with other bytes in front, which are no frames.
    pub(super) fn with_prefix(self, before: &[u8]) -> Self {
        match before {
            [] => self,
            before => Self { bytes: [before, &self.bytes].concat().into(), ..self },
        }
    }

    /// Concatenates several.
    pub(super) fn concat(parts: impl IntoIterator<Item = Self>) -> Self {
        let (mut bytes, mut frames) = (Vec::new(), 0);
        for part in parts {
            bytes.extend_from_slice(&part.bytes);
            frames += part.frames;
        }
        Self { bytes: bytes.into(), frames }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Removes bytes that have been written. Returns the number of frames that are complete with them.
    pub(super) fn advance(&mut self, written: usize) -> u32 {
        self.bytes.advance(written.min(self.bytes.len()));
        if self.bytes.is_empty() { std::mem::take(&mut self.frames) } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::close_code::CloseCode;

    #[test]
    fn every_framing_contains_the_same_text() {
        let write = |framing: Framing, text: &str, place: Option<&Cursor>| {
            let mut out = Vec::new();
            framing.write(&mut out, text.as_bytes(), place);
            String::from_utf8_lossy(&out).into_owned()
        };
        for (framing, name, expected_tick, expected_table) in [
            (Framing::WebSocket, None, "\u{fffd}\u{f}{\"kind\":\"tick\"}", "\u{fffd}\u{10}{\"kind\":\"table\"}"),
            (Framing::Lines, Some("x"), "{\"kind\":\"tick\"}\n", "{\"kind\":\"table\"}\n"),
            (Framing::Sse, None, "id: 7c1e90ab.3.84\ndata: {\"kind\":\"tick\"}\n\n", "data: {\"kind\":\"table\"}\n\n"),
            (
                Framing::Sse,
                Some("r-1"),
                "id: 7c1e90ab.3.84@r-1\ndata: {\"kind\":\"tick\"}\n\n",
                "data: {\"kind\":\"table\"}\n\n",
            ),
        ] {
            let cursor = Cursor { run: 0x7c1e_90ab, epoch: 3, n: 84, replay: name.map(Into::into) };
            assert_eq!(write(framing, r#"{"kind":"tick"}"#, Some(&cursor)), expected_tick);
            assert_eq!(write(framing, r#"{"kind":"table"}"#, None), expected_table);
        }
    }

    #[test]
    fn a_close_frame_gives_the_reason_in_every_framing() {
        let closing = |framing: Framing| framing.close_frame(CloseCode::Ended.code(), CloseCode::Ended.reason()).bytes;
        let text = r#"{"kind":"close","code":1000,"reason":"the replay has ended"}"#;
        assert_eq!(closing(Framing::WebSocket), [&[0x88, 22, 3, 232], &b"the replay has ended"[..]].concat());
        assert_eq!(closing(Framing::Sse), format!("data: {text}\n\n"));
        assert_eq!(closing(Framing::Lines), format!("{text}\n"));
        assert_eq!(Framing::WebSocket.keep_alive(), Some(&encode_control_frame(9, b"")[..]));
    }
}
