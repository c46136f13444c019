//! Splits what a writer writes to a connection into its frames, and damages or fragments them.

use bytes::{Bytes, BytesMut};

use crate::faults::link::Corruption;
use crate::hub::{Framing, encode_frame, frame_payload};

/// The first bytes of the frame of an event.
const EVENT: &[u8] = br#"{"kind":"event""#;

/// The opcodes of a text frame and of the frames that continue it (RFC 6455, section 5.2).
const TEXT: u8 = 1;
const CONTINUATION: u8 = 0;
const FINAL: u8 = 0x80;

/// Splits a stream of written bytes into frames.
#[derive(Debug)]
pub(super) struct FrameSplitter {
    framing: Framing,
    /// How many bytes are passed on before the first frame begins.
    before_frames: usize,
    buffer: BytesMut,
    /// How many bytes of the buffer have been searched for the end of a part.
    searched: usize,
}

/// A part of what is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum WrittenPart {
    /// Bytes that are no frame, or the rest of one.
    Other(Bytes),
    /// A whole frame, with its delimiters.
    Frame(Bytes),
}

impl FrameSplitter {
    /// For a connection on which so many bytes of a frame, or of the response head, are still to be written.
    pub(super) fn new(framing: Framing, before_frames: usize) -> Self {
        Self { framing, before_frames, buffer: BytesMut::new(), searched: 0 }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next complete part.
    pub(super) fn next_part(&mut self) -> Option<WrittenPart> {
        if self.before_frames > 0 {
            let end = self.before_frames.min(self.buffer.len());
            self.before_frames -= end;
            return (end > 0).then(|| WrittenPart::Other(self.take(end)));
        }
        let end = self.end_of_frame()?;
        Some(WrittenPart::Frame(self.take(end)))
    }

    fn take(&mut self, end: usize) -> Bytes {
        self.searched = 0;
        self.buffer.split_to(end).freeze()
    }

    /// The length of the buffer up to the end of `wanted`, if that is there. Searches each byte once.
    fn find_end(&mut self, wanted: &[u8]) -> Option<usize> {
        let from = self.searched;
        let found = find(&self.buffer[from..], wanted);
        self.searched = self.buffer.len().saturating_sub(wanted.len() - 1);
        found.map(|at| from + at + wanted.len())
    }

    /// The length of the first frame, if it is complete.
    fn end_of_frame(&mut self) -> Option<usize> {
        let bytes = &self.buffer[..];
        let end = match self.framing {
            Framing::WebSocket => {
                let (header, length) = match (*bytes.get(1)?, bytes) {
                    (126, [_, _, high, low, ..]) => (4, usize::from(u16::from_be_bytes([*high, *low]))),
                    (127, _) => {
                        let length =
                            bytes.get(2..10)?.iter().fold(0_u64, |length, byte| length << 8 | u64::from(*byte));
                        (10, usize::try_from(length).ok()?)
                    }
                    (126, _) => return None,
                    (length, _) => (2, usize::from(length)),
                };
                header + length
            }
            // A comment, and the line before the first event, stand alone.
            Framing::Sse if !bytes.starts_with(b"id:") && !bytes.starts_with(b"data:") => self.find_end(b"\n")?,
            Framing::Sse => self.find_end(b"\n\n")?,
            Framing::Lines => self.find_end(b"\n")?,
        };
        (end <= self.buffer.len()).then_some(end)
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// The text of a frame: what stands before it, and itself. Empty for control frames and comments.
fn text_of(framing: Framing, frame: &[u8]) -> (&[u8], &[u8]) {
    match framing {
        Framing::WebSocket if frame.first() == Some(&(FINAL | TEXT)) => (b"", frame_payload(frame)),
        Framing::WebSocket => (b"", b""),
        Framing::Sse => match find(frame, b"data: ") {
            Some(at) => (&frame[..at + 6], frame[at + 6..].trim_ascii_end()),
            None => (b"", b""),
        },
        Framing::Lines => (b"", frame.trim_ascii_end()),
    }
}

/// The text of a frame.
pub(super) fn frame_text(framing: Framing, frame: &[u8]) -> &[u8] {
    text_of(framing, frame).1
}

/// Whether a frame has an event.
pub(super) fn is_event(framing: Framing, frame: &[u8]) -> bool {
    frame_text(framing, frame).starts_with(EVENT)
}

/// A frame with damage. A truncated one is only its first half.
pub(super) fn corrupt(framing: Framing, frame: &Bytes, how: Corruption) -> Bytes {
    let (before, text) = text_of(framing, frame);
    let mut text = text.to_vec();
    match how {
        Corruption::Truncated => return frame.slice(..frame.len() / 2),
        // The last brace.
        Corruption::Json => drop(text.pop()),
        Corruption::Utf8 => {
            let middle = text.len() / 2;
            text.iter_mut().skip(middle).take(1).for_each(|byte| *byte = 0xff);
        }
    }
    let frame = match framing {
        Framing::WebSocket => encode_frame(FINAL | TEXT, &text),
        Framing::Sse => [before, &text, b"\n\n"].concat(),
        Framing::Lines => [&text[..], b"\n"].concat(),
    };
    frame.into()
}

/// A frame that is sent in pieces of at most so many bytes of text: frames of one message on a WebSocket, else plain bytes. Each
/// piece is made when it is sent, because small ones take many times the memory of the frame.
#[derive(Debug)]
pub(super) struct FragmentedFrame {
    /// What is left: of the text on a WebSocket, else of the frame.
    rest: Bytes,
    size: usize,
    /// The opcode of the next piece; `None`: pieces are plain bytes.
    opcode: Option<u8>,
}

impl FragmentedFrame {
    pub(super) fn new(framing: Framing, frame: &Bytes, size: usize) -> Self {
        let text = frame_text(framing, frame);
        let is_message = framing == Framing::WebSocket && !text.is_empty();
        let rest = if is_message { frame.slice_ref(text) } else { frame.clone() };
        Self { rest, size: size.max(1), opcode: is_message.then_some(TEXT) }
    }

    /// The next piece, as it is sent.
    pub(super) fn next_piece(&mut self) -> Option<Bytes> {
        if self.rest.is_empty() {
            return None;
        }
        let piece = self.rest.split_to(self.size.min(self.rest.len()));
        let Some(opcode) = &mut self.opcode else { return Some(piece) };
        let opcode = std::mem::replace(opcode, CONTINUATION);
        let is_final = if self.rest.is_empty() { FINAL } else { 0 };
        Some(encode_frame(is_final | opcode, &piece).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAMINGS: [Framing; 3] = [Framing::WebSocket, Framing::Sse, Framing::Lines];

    /// What a writer writes, and its parts.
    fn written(framing: Framing) -> (Vec<u8>, Vec<WrittenPart>) {
        let long = format!(r#"{{"kind":"snapshot","x":"{}"}}"#, "y".repeat(70_000));
        let texts = [r#"{"kind":"hello"}"#, r#"{"kind":"event","n":87}"#, &"z".repeat(200), &long];
        let mut parts = vec![WrittenPart::Other(Bytes::from_static(b"HTTP/1.1 200 OK\r\na: b\r\n\r\n"))];
        if framing == Framing::Sse {
            parts.push(WrittenPart::Frame(Bytes::from_static(b"retry: 1000\n")));
        }
        for text in texts {
            let frame = match framing {
                Framing::WebSocket => encode_frame(FINAL | TEXT, text.as_bytes()),
                Framing::Sse => format!("id: 7.1.2\ndata: {text}\n\n").into_bytes(),
                Framing::Lines => format!("{text}\n").into_bytes(),
            };
            parts.push(WrittenPart::Frame(frame.into()));
            parts.extend(framing.keep_alive().map(|bytes| WrittenPart::Frame(Bytes::from_static(bytes))));
        }
        let bytes = parts.iter().flat_map(|part| match part {
            WrittenPart::Other(bytes) | WrittenPart::Frame(bytes) => bytes.clone(),
        });
        (bytes.collect(), parts)
    }

    fn split(splitter: &mut FrameSplitter, bytes: &[u8], step: usize) -> Vec<WrittenPart> {
        let mut parts = Vec::new();
        for chunk in bytes.chunks(step) {
            splitter.push(chunk);
            parts.extend(std::iter::from_fn(|| splitter.next_part()));
        }
        parts
    }

    #[test]
    fn bytes_are_split_into_frames_however_they_come() {
        for framing in FRAMINGS {
            let (bytes, parts) = written(framing);
            for step in [1, 7, 1_000, bytes.len()] {
                let WrittenPart::Other(head) = &parts[0] else { panic!("the head comes first") };
                let mut splitter = FrameSplitter::new(framing, head.len());
                let found = split(&mut splitter, &bytes, step);
                let passed_on = found.iter().take_while(|part| matches!(part, WrittenPart::Other(_))).count();
                assert!(found[passed_on..] == parts[1..], "{framing:?} in steps of {step}");
            }
        }
    }

    #[test]
    fn the_rest_of_a_frame_goes_before_the_first_whole_one() {
        for framing in FRAMINGS {
            let (bytes, parts) = written(framing);
            let head = bytes.len() - 70_000;
            // From within the last frame on, and then all again without the head.
            let rest = bytes[head..].to_vec();
            let WrittenPart::Other(response_head) = &parts[0] else { panic!("the head comes first") };
            let all = [&rest, &bytes[response_head.len()..]].concat();
            let mut splitter = FrameSplitter::new(framing, rest.len());
            let found = split(&mut splitter, &all, usize::MAX);
            assert!(found[0] == WrittenPart::Other(rest.into()) && found[1..] == parts[1..], "{framing:?}");
        }
    }

    #[test]
    fn damage_changes_only_the_text_and_is_what_it_says() {
        for framing in FRAMINGS {
            let (_, parts) = written(framing);
            let event = parts.iter().find_map(|part| match part {
                WrittenPart::Frame(frame) if is_event(framing, frame) => Some(frame),
                _ => None,
            });
            let event = event.expect("an event");
            let text = |how| frame_text(framing, &corrupt(framing, event, how)).to_vec();
            assert_eq!(text(Corruption::Json), br#"{"kind":"event","n":87"#, "{framing:?}");
            let not_utf8 = text(Corruption::Utf8);
            assert!(not_utf8.len() == 23 && std::str::from_utf8(&not_utf8).is_err(), "{framing:?}");
            let half = corrupt(framing, event, Corruption::Truncated);
            assert!(event.starts_with(&half) && half.len() == event.len() / 2, "{framing:?}");
        }
    }

    #[test]
    fn fragments_are_one_message() {
        let fragment = |framing, frame: &[u8], size| {
            let mut fragmented = FragmentedFrame::new(framing, &Bytes::copy_from_slice(frame), size);
            std::iter::from_fn(move || fragmented.next_piece()).collect::<Vec<_>>()
        };
        let frame = encode_frame(FINAL | TEXT, b"0123456789");
        let pieces = fragment(Framing::WebSocket, &frame, 4);
        assert_eq!(pieces, [&b"\x01\x040123"[..], b"\x00\x044567", b"\x80\x0289"]);
        assert_eq!(fragment(Framing::WebSocket, &frame, 10), [&frame[..]]);
        assert_eq!(fragment(Framing::WebSocket, &[0x89, 0], 1), [&[0x89][..], &[0]], "no text");
        assert_eq!(fragment(Framing::Lines, b"abcde\n", 4), [&b"abcd"[..], b"e\n"]);
    }
}
