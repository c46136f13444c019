//! What a frame's text becomes on the wire: the three ways in which the same stream can be read.
//!
//! All that differs between them on the way out stands here; what is sent, and when, is the same for all.

use std::io::Write;

use bytes::{Buf, Bytes};

use super::close::CloseCode;
use super::cursor::Cursor;
use super::frame::Frame;
use super::state_frame::StateFrame;
use super::websocket_frame::{control_frame, text_frame};
use crate::dialect::native;
use crate::playback::Rejection;

/// How frames are told apart on the wire. The texts in them are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Framing {
    /// Text frames (RFC 6455). The only one on which subscribers can say something.
    #[default]
    WebSocket,
    /// Server-sent events (WHATWG HTML, section 9.2): `data:` lines, and `id:` lines with the cursor where a frame tells it.
    Sse,
    /// A frame a line (NDJSON).
    Lines,
}

impl Framing {
    /// Whether subscribers can say something, and are heard. Elsewhere nothing that arrives means anything.
    pub const fn is_two_way(self) -> bool {
        matches!(self, Self::WebSocket)
    }

    /// The `Content-Type` of a stream that is framed so, where it is the body of an HTTP answer.
    pub const fn media_type(self) -> Option<&'static str> {
        match self {
            Self::WebSocket => None,
            Self::Sse => Some("text/event-stream"),
            Self::Lines => Some("application/x-ndjson"),
        }
    }

    /// What stands before the first frame. Readers of server-sent events come back by themselves, after so many
    /// milliseconds. No blank line of its own: some readers take what it ends for an event without data.
    pub(super) const fn preamble(self) -> &'static [u8] {
        match self {
            Self::Sse => b"retry: 1000\n",
            Self::WebSocket | Self::Lines => b"",
        }
    }

    /// What keeps a connection alive on which nothing else happens: a ping, a comment; nothing on lines, where ticks are the
    /// only signs of life that would not be taken for a frame. A comment is a line, and no blank one after it, as above.
    pub const fn keep_alive(self) -> Option<&'static [u8]> {
        const PING: &[u8] = &[0x89, 0];
        match self {
            Self::WebSocket => Some(PING),
            Self::Sse => Some(b":\n"),
            Self::Lines => None,
        }
    }

    /// The goodbye: a close frame, or a last frame that says the same where there are none.
    pub(super) fn farewell(self, code: CloseCode) -> Wire {
        const CLOSE: u8 = 8;
        match self {
            // RFC 6455, section 5.5.1: the number and the reason.
            Self::WebSocket => {
                let mut payload = code.code().to_be_bytes().to_vec();
                payload.extend_from_slice(code.reason().as_bytes());
                Wire::raw(control_frame(CLOSE, &payload))
            }
            Self::Sse | Self::Lines => {
                let mut text = Vec::new();
                native::close(code.code(), code.reason(), &mut text);
                let mut out = Vec::new();
                self.write(&mut out, &text, None);
                Wire { bytes: out.into(), frames: 1 }
            }
        }
    }

    /// All that is sent to a subscriber who is refused: an error, and the goodbye.
    pub fn refusal(self, code: CloseCode, rejection: &Rejection) -> Vec<u8> {
        let mut out = self.preamble().to_vec();
        let mut text = Vec::new();
        native::error(None, rejection, &mut text);
        self.write(&mut out, &text, None);
        out.extend_from_slice(&self.farewell(code).bytes);
        out
    }

    /// What stands before and behind a frame's text, where that does not depend on the text: not on a WebSocket.
    const fn around(self) -> (&'static [u8], &'static [u8]) {
        match self {
            Self::WebSocket => (b"", b""),
            // JSON as we write it has no line breaks, so that it is one line of data.
            Self::Sse => (b"data: ", b"\n\n"),
            Self::Lines => (b"", b"\n"),
        }
    }

    /// A snapshot or table as it is sent, in parts.
    pub(super) fn parts(self, frame: &StateFrame) -> [&[u8]; 3] {
        let (before, behind) = self.around();
        match self {
            Self::WebSocket => [frame.websocket(), before, behind],
            Self::Sse | Self::Lines => [before, frame.text(), behind],
        }
    }

    /// Appends a frame. `place` is where a reader is that has it, if it tells that.
    fn write(self, out: &mut Vec<u8>, text: &[u8], place: Option<&Cursor>) {
        if self == Self::WebSocket {
            return text_frame(out, text);
        }
        let (before, behind) = self.around();
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

/// Frames a subscriber's frames: the only way from a [`Frame`] to the wire.
#[derive(Debug, Clone)]
pub(super) struct Pen {
    pub(super) framing: Framing,
    /// The cursor of a reader in the same epoch; of its `n` each frame says its own.
    pub(super) cursor: Cursor,
}

impl Pen {
    /// Appends a frame with that text, which tells the place `n`, or none.
    pub(super) fn write(&mut self, out: &mut Vec<u8>, text: &[u8], tells: Option<u32>) {
        let place = tells.map(|n| {
            self.cursor.n = n;
            &self.cursor
        });
        self.framing.write(out, text, place);
    }

    /// The line that tells the place where the reader is, beside a frame that does not: nothing where there are no such
    /// lines.
    pub(super) fn place_line(&self) -> Vec<u8> {
        match self.framing {
            Framing::Sse => format!("id: {}\n", self.cursor).into_bytes(),
            Framing::WebSocket | Framing::Lines => Vec::new(),
        }
    }

    /// A frame as it is sent.
    pub(super) fn wire(&mut self, frame: Frame) -> Wire {
        let bytes = match self.framing {
            Framing::WebSocket => frame.into_websocket(),
            Framing::Sse | Framing::Lines => {
                let mut out = Vec::new();
                self.write(&mut out, frame.text(), frame.tells());
                out.into()
            }
        };
        Wire { bytes, frames: 1 }
    }
}

/// Bytes on their way, and how many frames have been sent once they are.
#[derive(Debug, Clone, Default)]
pub(super) struct Wire {
    pub(super) bytes: Bytes,
    pub(super) frames: u32,
}

impl Wire {
    /// Bytes that are no frames of `touchline.v1`: pings, pongs, close frames.
    pub(super) fn raw(bytes: impl Into<Bytes>) -> Self {
        Self { bytes: bytes.into(), frames: 0 }
    }

    /// The same with bytes before it that are no frames.
    pub(super) fn after(self, before: &[u8]) -> Self {
        match before {
            [] => self,
            before => Self { bytes: [before, &self.bytes].concat().into(), ..self },
        }
    }

    /// One after another, as one.
    pub(super) fn joined(wires: impl IntoIterator<Item = Self>) -> Self {
        let (mut bytes, mut frames) = (Vec::new(), 0);
        for wire in wires {
            bytes.extend_from_slice(&wire.bytes);
            frames += wire.frames;
        }
        Self { bytes: bytes.into(), frames }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Notes that so many bytes have been written. Tells how many frames are whole with them.
    pub(super) fn advance(&mut self, written: usize) -> u32 {
        self.bytes.advance(written.min(self.bytes.len()));
        if self.bytes.is_empty() { std::mem::take(&mut self.frames) } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pen(framing: Framing, replay: Option<&str>) -> Pen {
        Pen { framing, cursor: Cursor { run: 0x7c1e_90ab, epoch: 3, n: 0, replay: replay.map(Into::into) } }
    }

    #[test]
    fn the_same_text_stands_in_every_framing() {
        let tick = Frame::telling(84, |out| out.extend_from_slice(br#"{"kind":"tick"}"#));
        let table = Frame::of(|out| out.extend_from_slice(br#"{"kind":"table"}"#));
        let wire = |mut pen: Pen, frame: &Frame| {
            let Wire { bytes, frames } = pen.wire(frame.clone());
            assert_eq!(frames, 1);
            String::from_utf8_lossy(&bytes).into_owned()
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
            assert_eq!(wire(pen(framing, name), &tick), expected_tick);
            assert_eq!(wire(pen(framing, name), &table), expected_table);
        }
    }

    #[test]
    fn a_goodbye_says_why_in_every_framing() {
        let said = |framing: Framing| framing.farewell(CloseCode::Ended).bytes;
        let text = r#"{"kind":"close","code":1000,"reason":"the replay has ended"}"#;
        assert_eq!(said(Framing::WebSocket), [&[0x88, 22, 3, 232], &b"the replay has ended"[..]].concat());
        assert_eq!(said(Framing::Sse), format!("data: {text}\n\n"));
        assert_eq!(said(Framing::Lines), format!("{text}\n"));
        assert_eq!(Framing::WebSocket.keep_alive(), Some(&control_frame(9, b"")[..]));
    }
}
