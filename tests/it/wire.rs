//! Client-side stream decoders for the three framings: WebSocket, SSE and NDJSON. Written from RFC 6455, the WHATWG HTML standard
//! (section 9.2) and the rule of one JSON object per line, not from the server's code. Strict: bytes that this server has no
//! reason to send are a panic.

use touchline::internals::hub::Framing;

use super::contract::CONTRACT;

pub const FRAMINGS: [Framing; 3] = [Framing::WebSocket, Framing::Sse, Framing::Lines];

/// One item of a decoded stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// A frame of `touchline.v1`, and its own SSE `id:`, if it has one.
    Frame(String, Option<String>),
    /// A WebSocket close frame, with its code.
    Closed(u16),
    /// An SSE comment.
    Comment(String),
    /// The SSE reconnection time, in milliseconds.
    Retry(u64),
}

impl Received {
    /// The text of a frame; a description of any other item.
    pub fn text(self) -> String {
        match self {
            Self::Frame(text, _) => text,
            Self::Closed(code) => format!("closed {code}"),
            Self::Comment(comment) => format!("comment {comment:?}"),
            Self::Retry(millis) => format!("retry {millis}"),
        }
    }
}

/// Decodes a stream incrementally, wherever its bytes are split.
#[derive(Debug)]
pub enum StreamDecoder {
    WebSocket(Vec<u8>),
    Sse(EventStream),
    Lines(Vec<u8>),
}

impl StreamDecoder {
    pub fn of(framing: Framing) -> Self {
        match framing {
            Framing::WebSocket => Self::WebSocket(Vec::new()),
            Framing::Sse => Self::Sse(EventStream::default()),
            Framing::Lines => Self::Lines(Vec::new()),
        }
    }

    /// Adds bytes and returns the items that they complete. Frames are what the published schemas say.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Received> {
        let received = self.feed_unchecked(bytes);
        for frame in &received {
            if let Received::Frame(text, _) = frame {
                CONTRACT.expect_frame(text);
            }
        }
        received
    }

    /// [`Self::feed`] of a feed or a link that is broken on purpose.
    pub fn feed_unchecked(&mut self, bytes: &[u8]) -> Vec<Received> {
        match self {
            Self::WebSocket(held) => {
                held.extend_from_slice(bytes);
                std::iter::from_fn(|| websocket_frame(held)).collect()
            }
            Self::Sse(stream) => {
                let mut received = Vec::new();
                bytes.iter().for_each(|byte| stream.push_byte(*byte, &mut received));
                received
            }
            Self::Lines(held) => {
                held.extend_from_slice(bytes);
                std::iter::from_fn(|| {
                    let end = held.iter().position(|byte| *byte == b'\n')?;
                    let line: Vec<u8> = held.drain(..=end).collect();
                    let line = String::from_utf8(line).expect("text");
                    assert!(!line.contains('\r'), "some readers end a line at CR: {line:?}");
                    Some(Received::Frame(line.trim_end_matches('\n').to_owned(), None))
                })
                .collect()
            }
        }
    }

    /// Whether the bytes so far end at a frame boundary.
    pub fn is_whole(&self) -> bool {
        match self {
            Self::WebSocket(held) | Self::Lines(held) => held.is_empty(),
            Self::Sse(stream) => *stream == EventStream { begun: stream.begun, ..EventStream::default() },
        }
    }
}

/// Removes the first frame from the bytes, once it is complete.
fn websocket_frame(bytes: &mut Vec<u8>) -> Option<Received> {
    let (&first, &short) = bytes.first().zip(bytes.get(1))?;
    let wide = match short {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let long = bytes.get(2..2 + wide)?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    let length = if wide == 0 { usize::from(short) } else { long };
    if bytes.len() < 2 + wide + length {
        return None;
    }
    let payload: Vec<u8> = bytes.drain(..2 + wide + length).skip(2 + wide).collect();
    Some(match first {
        0x81 => Received::Frame(String::from_utf8(payload).expect("text"), None),
        0x88 => Received::Closed(u16::from_be_bytes([payload[0], payload[1]])),
        other => panic!("a frame that begins with {other:#x}"),
    })
}

/// An SSE parser that follows the standard: lines end with CR, LF or CRLF; a blank line dispatches the event.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct EventStream {
    begun: bool,
    line: Vec<u8>,
    after_cr: bool,
    data: String,
    id: Option<String>,
    /// Whether the current event has a field, comments aside.
    fields: bool,
}

impl EventStream {
    fn push_byte(&mut self, byte: u8, received: &mut Vec<Received>) {
        let after_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
        match byte {
            b'\n' if after_cr => {}
            b'\n' | b'\r' => {
                let line = String::from_utf8(std::mem::take(&mut self.line)).expect("text");
                assert!(self.begun || !line.starts_with('\u{feff}'), "a needless byte order mark");
                self.begun = true;
                self.push_line(&line, received);
            }
            byte => self.line.push(byte),
        }
    }

    fn push_line(&mut self, line: &str, received: &mut Vec<Received>) {
        if line.is_empty() {
            let (data, id) = (std::mem::take(&mut self.data), self.id.take());
            self.fields = false;
            // The standard ignores such a blank line; some readers dispatch an event without data.
            let text =
                data.strip_suffix('\n').unwrap_or_else(|| panic!("a blank line that ends nothing, with id {id:?}"));
            received.push(Received::Frame(text.to_owned(), id));
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        assert!(!field.is_empty() || !self.fields, "a comment in the middle of an event");
        self.fields |= !field.is_empty();
        match field {
            "" => received.push(Received::Comment(value.to_owned())),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" => {
                assert!(!value.is_empty() && !value.contains('\0'), "{value:?} is no place");
                assert_eq!(self.id.replace(value.to_owned()), None, "two ids");
            }
            "retry" => received.push(Received::Retry(value.parse().expect("digits"))),
            // `event:` would keep frames from `onmessage`.
            other => panic!("the field {other:?}"),
        }
    }
}

#[test]
fn event_streams_are_parsed_by_the_standard() {
    let text = b": hello\nretry: 7\r\nid: a\rdata: one\rdata:two\r\rdata\n\ndata:  x\n\n:\ndata: half";
    let expected = vec![
        Received::Comment("hello".into()),
        Received::Retry(7),
        Received::Frame("one\ntwo".into(), Some("a".into())),
        Received::Frame(String::new(), None),
        Received::Frame(" x".into(), None),
        Received::Comment(String::new()),
    ];
    for piece in [1, 2, 5, text.len()] {
        let mut decoder = StreamDecoder::of(Framing::Sse);
        let received: Vec<_> = text.chunks(piece).flat_map(|piece| decoder.feed_unchecked(piece)).collect();
        assert_eq!(received, expected, "{piece} bytes at a time");
        assert!(!decoder.is_whole());
        decoder.feed_unchecked(b"\n\n");
        assert!(decoder.is_whole());
    }
}
