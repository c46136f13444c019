//! Server-sent events (WHATWG HTML, section 9.2.6): of each, its data. Names, ids and times to come back are of no use here.

use super::{clear, keep};

/// What has come of an event that is still to be completed.
#[derive(Debug, Default)]
pub(in super::super) struct EventStream {
    /// The beginning of a line.
    cut: Vec<u8>,
    /// The lines of data before it, where they could not stay where they lay.
    data: Option<Vec<u8>>,
    /// The last line ended with a carriage return: a line feed now belongs to it.
    after_return: bool,
    /// Whether the first line is over, before which a byte order mark may stand.
    begun: bool,
}

impl EventStream {
    /// Takes a piece of the stream and hands on the data of every event that is complete with it.
    pub(super) fn take(&mut self, mut bytes: &[u8], told: &mut impl FnMut(&[u8])) -> Result<(), String> {
        // The only line of data so far, where it lies: one line is what nearly every event has.
        let mut lying: Option<&[u8]> = None;
        loop {
            if !bytes.is_empty() && std::mem::take(&mut self.after_return) {
                bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', bytes) else { break };
            self.after_return = bytes[end] == b'\r';
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            bytes = rest;
            if !self.cut.is_empty() {
                keep(&mut self.cut, line)?;
                let mut cut = std::mem::take(&mut self.cut);
                match field(self.without_mark(&cut)) {
                    Field::Data(value) => self.stay(value)?,
                    Field::None | Field::End => {}
                }
                clear(&mut cut);
                self.cut = cut;
                continue;
            }
            match field(self.without_mark(line)) {
                Field::Data(value) if lying.is_none() && self.data.is_none() => lying = Some(value),
                Field::Data(value) => {
                    if let Some(first) = lying.take() {
                        self.stay(first)?;
                    }
                    self.stay(value)?;
                }
                Field::End => {
                    if let Some(data) = self.data.take() {
                        told(&data);
                    } else if let Some(data) = lying.take() {
                        told(data);
                    }
                }
                Field::None => {}
            }
        }
        if let Some(data) = lying {
            self.stay(data)?;
        }
        keep(&mut self.cut, bytes)
    }

    /// A line of data that is kept until its event is complete.
    fn stay(&mut self, value: &[u8]) -> Result<(), String> {
        let Some(data) = &mut self.data else {
            return keep(self.data.insert(Vec::new()), value);
        };
        keep(data, b"\n")?;
        keep(data, value)
    }

    fn without_mark<'a>(&mut self, line: &'a [u8]) -> &'a [u8] {
        match std::mem::replace(&mut self.begun, true) {
            true => line,
            false => line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line),
        }
    }
}

/// What a line means.
enum Field<'a> {
    Data(&'a [u8]),
    /// The event is complete.
    End,
    /// A comment, or a field that tells no data.
    None,
}

fn field(line: &[u8]) -> Field<'_> {
    match line.strip_prefix(b"data") {
        Some([]) => Field::Data(b""),
        Some([b':', b' ', value @ ..] | [b':', value @ ..]) => Field::Data(value),
        None if line.is_empty() => Field::End,
        _ => Field::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::MAX_FRAME_BYTES;

    fn told(stream: &str, step: usize) -> Vec<String> {
        let (mut events, mut all) = (EventStream::default(), Vec::new());
        for piece in stream.as_bytes().chunks(step) {
            let taken = events.take(piece, &mut |data| all.push(String::from_utf8_lossy(data).into_owned()));
            taken.expect("events");
        }
        all
    }

    #[test]
    fn the_standards_own_examples_are_read_as_it_says_however_they_are_cut() {
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
                    assert_eq!(told(&stream, step), expected, "{stream:?} in pieces of {step}");
                }
            }
        }
        assert_eq!(
            told("data: a\r\n\rdata: b\n\r\ndata: c\r\r", 1),
            ["a", "b", "c"],
            "all ends of lines in one stream"
        );
    }

    #[test]
    fn what_lies_whole_in_a_piece_is_not_copied() {
        let stream = b"id: 1\ndata: {\"n\":1}\n\ndata: {\"n\":2}\n\n";
        let (mut events, mut count) = (EventStream::default(), 0);
        let taken = events.take(stream, &mut |data| {
            assert!(stream.as_ptr_range().contains(&data.as_ptr()), "it lies elsewhere");
            count += 1;
        });
        taken.expect("events");
        assert_eq!((count, events.cut.capacity(), events.data), (2, 0, None));
    }

    #[test]
    fn an_event_may_not_grow_without_end() {
        for line in ["data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", "xxxxxxxxxxxxxxxxxxxxxxxxxx"]
        {
            let piece = line.repeat(20_000);
            let mut events = EventStream::default();
            let refused =
                (0..=MAX_FRAME_BYTES / (piece.len() / 2)).find(|_| events.take(piece.as_bytes(), &mut |_| {}).is_err());
            assert!(refused.is_some(), "{line:?}");
        }
    }
}
