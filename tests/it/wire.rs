//! The three framings as a client reads them: written from RFC 6455, the WHATWG's HTML standard (section 9.2) and the rule
//! of a JSON object a line, not from the server's code. Strict: whatever a server of ours has no reason to send is a panic.

use touchline::hub::Framing;

pub const FRAMINGS: [Framing; 3] = [Framing::WebSocket, Framing::Sse, Framing::Lines];

/// Something that a stream has told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A frame of `touchline.v1`, and what stands in its own `id:`.
    Frame(String, Option<String>),
    /// A WebSocket's close code.
    Closed(u16),
    /// A comment of an event stream.
    Comment(String),
    /// How long to wait before coming back, in milliseconds.
    Retry(u64),
}

impl Told {
    /// A frame's text; of anything else what it is.
    pub fn text(self) -> String {
        match self {
            Self::Frame(text, _) => text,
            Self::Closed(code) => format!("closed {code}"),
            Self::Comment(comment) => format!("comment {comment:?}"),
            Self::Retry(millis) => format!("retry {millis}"),
        }
    }
}

/// Reads a stream, however it is cut into pieces.
#[derive(Debug)]
pub enum Wire {
    WebSocket(Vec<u8>),
    Sse(EventStream),
    Lines(Vec<u8>),
}

impl Wire {
    pub fn of(framing: Framing) -> Self {
        match framing {
            Framing::WebSocket => Self::WebSocket(Vec::new()),
            Framing::Sse => Self::Sse(EventStream::default()),
            Framing::Lines => Self::Lines(Vec::new()),
        }
    }

    /// What is whole with these bytes.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<Told> {
        match self {
            Self::WebSocket(held) => {
                held.extend_from_slice(bytes);
                std::iter::from_fn(|| websocket_frame(held)).collect()
            }
            Self::Sse(stream) => {
                let mut told = Vec::new();
                bytes.iter().for_each(|byte| stream.byte(*byte, &mut told));
                told
            }
            Self::Lines(held) => {
                held.extend_from_slice(bytes);
                std::iter::from_fn(|| {
                    let end = held.iter().position(|byte| *byte == b'\n')?;
                    let line: Vec<u8> = held.drain(..=end).collect();
                    let line = String::from_utf8(line).expect("text");
                    assert!(!line.contains('\r'), "a line of its own for some readers: {line:?}");
                    Some(Told::Frame(line.trim_end_matches('\n').to_owned(), None))
                })
                .collect()
            }
        }
    }

    /// Whether what has come ends between two frames.
    pub fn is_whole(&self) -> bool {
        match self {
            Self::WebSocket(held) | Self::Lines(held) => held.is_empty(),
            Self::Sse(stream) => *stream == EventStream { begun: stream.begun, ..EventStream::default() },
        }
    }
}

/// Takes the frame at the front of the bytes, if it is there as a whole.
fn websocket_frame(bytes: &mut Vec<u8>) -> Option<Told> {
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
        0x81 => Told::Frame(String::from_utf8(payload).expect("text"), None),
        0x88 => Told::Closed(u16::from_be_bytes([payload[0], payload[1]])),
        other => panic!("a frame that begins with {other:#x}"),
    })
}

/// An event stream, by the standard's steps: lines end with CR, LF or both; a blank line dispatches.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct EventStream {
    begun: bool,
    line: Vec<u8>,
    after_cr: bool,
    data: String,
    id: Option<String>,
    /// Whether something other than a comment stands before the next blank line.
    fields: bool,
}

impl EventStream {
    fn byte(&mut self, byte: u8, told: &mut Vec<Told>) {
        let after_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
        match byte {
            b'\n' if after_cr => {}
            b'\n' | b'\r' => {
                let line = String::from_utf8(std::mem::take(&mut self.line)).expect("text");
                assert!(self.begun || !line.starts_with('\u{feff}'), "a mark that nobody needs");
                self.begun = true;
                self.line(&line, told);
            }
            byte => self.line.push(byte),
        }
    }

    fn line(&mut self, line: &str, told: &mut Vec<Told>) {
        if line.is_empty() {
            let (data, id) = (std::mem::take(&mut self.data), self.id.take());
            self.fields = false;
            // By the standard that is nothing; to some readers, an event without data.
            let text =
                data.strip_suffix('\n').unwrap_or_else(|| panic!("a blank line that ends nothing, with id {id:?}"));
            told.push(Told::Frame(text.to_owned(), id));
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        assert!(!field.is_empty() || !self.fields, "a comment in the middle of an event");
        self.fields |= !field.is_empty();
        match field {
            "" => told.push(Told::Comment(value.to_owned())),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" => {
                assert!(!value.is_empty() && !value.contains('\0'), "{value:?} is no place");
                assert_eq!(self.id.replace(value.to_owned()), None, "two ids");
            }
            "retry" => told.push(Told::Retry(value.parse().expect("digits"))),
            // `event:` would keep frames from `onmessage`.
            other => panic!("the field {other:?}"),
        }
    }
}

#[test]
fn event_streams_are_parsed_by_the_standard() {
    let text = b": hello\nretry: 7\r\nid: a\rdata: one\rdata:two\r\rdata\n\ndata:  x\n\n:\ndata: half";
    let expected = vec![
        Told::Comment("hello".into()),
        Told::Retry(7),
        Told::Frame("one\ntwo".into(), Some("a".into())),
        Told::Frame(String::new(), None),
        Told::Frame(" x".into(), None),
        Told::Comment(String::new()),
    ];
    for piece in [1, 2, 5, text.len()] {
        let mut wire = Wire::of(Framing::Sse);
        let told: Vec<_> = text.chunks(piece).flat_map(|piece| wire.take(piece)).collect();
        assert_eq!(told, expected, "{piece} bytes at a time");
        assert!(!wire.is_whole());
        wire.take(b"\n\n");
        assert!(wire.is_whole());
    }
}
