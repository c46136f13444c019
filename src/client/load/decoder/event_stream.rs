//! Server-sent events (WHATWG HTML, section 9.2.6). Only the data of an event is decoded, not its name, id or retry
//! time.

use super::{append, clear};

/// Holds the bytes of an incomplete event.
#[derive(Debug, Default)]
pub struct EventStreamDecoder {
    /// The beginning of an incomplete line.
    partial: Vec<u8>,
    /// The data lines of the event so far, if they could not be borrowed from the read.
    data: Option<Vec<u8>>,
    /// Whether the last line ended with a carriage return: a line feed that follows belongs to it.
    after_return: bool,
    /// Whether the first line has been read, which may begin with a byte order mark.
    first_line_read: bool,
}

impl EventStreamDecoder {
    /// Decodes a piece of the stream and emits the data of every event that it completes.
    pub(super) fn decode(&mut self, mut bytes: &[u8], emit: &mut impl FnMut(&[u8])) -> Result<(), String> {
        // The first data line, borrowed: nearly every event has only one.
        let mut borrowed: Option<&[u8]> = None;
        loop {
            if !bytes.is_empty() && std::mem::take(&mut self.after_return) {
                bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', bytes) else { break };
            self.after_return = bytes[end] == b'\r';
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            bytes = rest;
            if !self.partial.is_empty() {
                append(&mut self.partial, line)?;
                let mut partial = std::mem::take(&mut self.partial);
                match parse_line(self.without_byte_order_mark(&partial)) {
                    ParsedLine::Data(value) => self.append_data(value)?,
                    ParsedLine::None | ParsedLine::End => {}
                }
                clear(&mut partial);
                self.partial = partial;
                continue;
            }
            match parse_line(self.without_byte_order_mark(line)) {
                ParsedLine::Data(value) if borrowed.is_none() && self.data.is_none() => borrowed = Some(value),
                ParsedLine::Data(value) => {
                    if let Some(first) = borrowed.take() {
                        self.append_data(first)?;
                    }
                    self.append_data(value)?;
                }
                ParsedLine::End => {
                    if let Some(data) = self.data.take() {
                        emit(&data);
                    } else if let Some(data) = borrowed.take() {
                        emit(data);
                    }
                }
                ParsedLine::None => {}
            }
        }
        if let Some(data) = borrowed {
            self.append_data(data)?;
        }
        append(&mut self.partial, bytes)
    }

    /// Copies a data line, to keep it until its event is complete.
    fn append_data(&mut self, value: &[u8]) -> Result<(), String> {
        let Some(data) = &mut self.data else {
            return append(self.data.insert(Vec::new()), value);
        };
        append(data, b"\n")?;
        append(data, value)
    }

    fn without_byte_order_mark<'a>(&mut self, line: &'a [u8]) -> &'a [u8] {
        if std::mem::replace(&mut self.first_line_read, true) {
            line
        } else {
            line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
        }
    }
}

/// The meaning of a line.
enum ParsedLine<'a> {
    Data(&'a [u8]),
    /// An empty line, which ends the event.
    End,
    /// A comment, or another field.
    None,
}

fn parse_line(line: &[u8]) -> ParsedLine<'_> {
    match line.strip_prefix(b"data") {
        Some([]) => ParsedLine::Data(b""),
        Some([b':', b' ', value @ ..] | [b':', value @ ..]) => ParsedLine::Data(value),
        None if line.is_empty() => ParsedLine::End,
        _ => ParsedLine::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::MAX_FRAME_BYTES;

    fn decoded(stream: &str, step: usize) -> Vec<String> {
        let (mut events, mut all) = (EventStreamDecoder::default(), Vec::new());
        for piece in stream.as_bytes().chunks(step) {
            let result = events.decode(piece, &mut |data| all.push(String::from_utf8_lossy(data).into_owned()));
            result.expect("events");
        }
        all
    }

    #[test]
    fn the_examples_of_the_standard_are_decoded_in_pieces_of_any_size() {
        for (stream, expected) in [
            ("data: YHOO\ndata: +2\ndata: 10\n\n", &["YHOO\n+2\n10"][..]),
            (
                ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
                &["first event", "second event"],
            ),
            ("data\n\ndata\ndata\n\ndata:\n", &["", "\n"]),
            ("data:test\n\ndata: test\n\n", &["test", "test"]),
            ("event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n", &["73857293", "2153"]),
            ("\u{feff}data: marked\n\n\u{feff}data: a field of another name\n\ndatabase: x\n\n", &["marked"]),
            (":\n\n:\n\nretry: 1000\n\nid: 7c1e90ab.3.84\ndata: {}\n\n", &["{}"]),
        ] {
            for end in ["\n", "\r", "\r\n"] {
                let stream = stream.replace('\n', end);
                for step in 1..=stream.len() {
                    assert_eq!(decoded(&stream, step), expected, "{stream:?} in pieces of {step}");
                }
            }
        }
        assert_eq!(decoded("data: a\r\n\rdata: b\n\r\ndata: c\r\r", 1), ["a", "b", "c"], "mixed line endings");
    }

    #[test]
    fn an_event_within_one_piece_is_not_copied() {
        let stream = b"id: 1\ndata: {\"n\":1}\n\ndata: {\"n\":2}\n\n";
        let (mut events, mut count) = (EventStreamDecoder::default(), 0);
        let result = events.decode(stream, &mut |data| {
            assert!(stream.as_ptr_range().contains(&data.as_ptr()), "it was copied");
            count += 1;
        });
        result.expect("events");
        assert_eq!((count, events.partial.capacity(), events.data), (2, 0, None));
    }

    #[test]
    fn an_event_may_not_grow_without_end() {
        for line in ["data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", "xxxxxxxxxxxxxxxxxxxxxxxxxx"]
        {
            let piece = line.repeat(20_000);
            let mut events = EventStreamDecoder::default();
            let refused = (0..=MAX_FRAME_BYTES / (piece.len() / 2))
                .find(|_| events.decode(piece.as_bytes(), &mut |_| {}).is_err());
            assert!(refused.is_some(), "{line:?}");
        }
    }
}
