//! Reads a file line by line and holds one line at a time, so that memory stays bounded for any input.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use super::{MAX_LINE_BYTES, MAX_LINES};

/// One line of the file.
pub(in super::super) enum LineReadResult<'a> {
    /// Text, without line end and byte order mark.
    Text(&'a str),
    /// Not UTF-8: the text with replacement characters, the place of the first invalid byte, and that byte.
    InvalidUtf8(Cow<'a, str>, usize, u8),
    /// Longer than [`MAX_LINE_BYTES`]; skipped.
    TooLong,
    /// The line after [`MAX_LINES`]; nothing is read after it.
    TooMany,
}

impl LineReadResult<'_> {
    /// The size of its text in bytes.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::InvalidUtf8(text, ..) => text.len(),
            Self::TooLong | Self::TooMany => 0,
        }
    }
}

/// Reads a file line by line.
pub(in super::super) struct LineReader<R> {
    input: R,
    line: Vec<u8>,
    number: u32,
}

impl<R: BufRead> LineReader<R> {
    pub(in super::super) fn new(input: R) -> Self {
        Self { input, line: Vec::new(), number: 0 }
    }

    /// The next line and its number, from 1.
    pub(in super::super) fn next(&mut self) -> io::Result<Option<(u32, LineReadResult<'_>)>> {
        if self.number > MAX_LINES {
            return Ok(None);
        }
        self.line.clear();
        let taken = self.input.by_ref().take(MAX_LINE_BYTES as u64 + 1).read_until(b'\n', &mut self.line)?;
        if taken == 0 {
            return Ok(None);
        }
        self.number += 1;
        let number = self.number;
        if number > MAX_LINES {
            return Ok(Some((number, LineReadResult::TooMany)));
        }
        if taken > MAX_LINE_BYTES && self.line.last() != Some(&b'\n') {
            self.input.skip_until(b'\n')?;
            return Ok(Some((number, LineReadResult::TooLong)));
        }
        while self.line.last().is_some_and(|end| matches!(end, b'\n' | b'\r')) {
            self.line.pop();
        }
        let bytes = match number {
            1 => self.line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&self.line),
            _ => &self.line,
        };
        Ok(Some((
            number,
            match std::str::from_utf8(bytes) {
                Ok(text) => LineReadResult::Text(text),
                Err(error) => {
                    let at = error.valid_up_to();
                    LineReadResult::InvalidUtf8(
                        String::from_utf8_lossy(bytes),
                        at,
                        bytes.get(at).copied().unwrap_or_default(),
                    )
                }
            },
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{file, header};
    use super::super::super::{Severity, read};
    use super::*;

    /// An input of any length that is not held in memory: the bytes of `start`, then a repeated buffer.
    struct Endless {
        start: Vec<u8>,
        left: usize,
        buffer: Vec<u8>,
    }

    impl Read for Endless {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let some = self.fill_buf()?;
            let taken = some.len().min(out.len());
            out[..taken].copy_from_slice(&some[..taken]);
            self.consume(taken);
            Ok(taken)
        }
    }

    impl BufRead for Endless {
        fn fill_buf(&mut self) -> io::Result<&[u8]> {
            Ok(if self.start.is_empty() { &self.buffer[..self.left.min(self.buffer.len())] } else { &self.start })
        }

        fn consume(&mut self, taken: usize) {
            if self.start.is_empty() { self.left -= taken } else { drop(self.start.drain(..taken)) }
        }
    }

    fn errors(input: impl BufRead) -> Vec<String> {
        let findings = read(input).expect("readable").findings;
        findings.listed().iter().filter(|f| f.severity == Severity::Error).map(ToString::to_string).collect()
    }

    #[test]
    fn an_endless_line_is_skipped_without_being_held() {
        let start = format!("{}\n{{\"text\":\"", header("t")).into_bytes();
        let mut input = Endless { start, left: 64 << 20, buffer: vec![b'a'; 8192] };
        let mut lines = LineReader::new(&mut input);
        assert!(matches!(lines.next(), Ok(Some((1, LineReadResult::Text(_))))));
        assert!(matches!(lines.next(), Ok(Some((2, LineReadResult::TooLong)))));
        assert!(lines.line.capacity() <= 2 * MAX_LINE_BYTES + 2, "held {}", lines.line.capacity());
        assert!(matches!(lines.next(), Ok(None)));
        assert_eq!(input.left, 0);

        let endless = Endless { start: Vec::new(), left: 5 << 20, buffer: vec![b'{'; 8192] };
        assert_eq!(errors(endless), ["1: error: the line is longer than 1048576 bytes"]);
    }

    #[test]
    fn the_longest_line_is_read_and_one_byte_more_is_not() {
        let padded = |length: usize| header("t") + &" ".repeat(length - header("t").len()) + "\n";
        let text = file("");
        let rest = text.split_once('\n').expect("lines").1;
        assert_eq!(errors((padded(MAX_LINE_BYTES) + rest).as_bytes()), [""; 0]);
        assert_eq!(
            errors((padded(MAX_LINE_BYTES + 1) + rest).as_bytes()),
            ["1: error: the line is longer than 1048576 bytes"]
        );
    }

    #[test]
    fn line_ends_and_byte_order_marks_of_any_editor_are_accepted() {
        let text = file(r#"{"type":"corner","period":1,"clock":"10:00","side":"home"}"#);
        let plain = read(text.as_bytes()).expect("memory").scenario;
        for other in [
            text.replace('\n', "\r\n"),
            format!("\u{feff}{text}"),
            text.trim_end().to_owned(),
            text.replace("\n{\"type", "\n\n  \t\n{\"type").replace("  \t\n", ""),
        ] {
            let mut reading = read(other.as_bytes()).expect("memory");
            assert_eq!(reading.findings.error_count(), 0, "{:?}", reading.findings);
            reading.scenario.entries[0].line = 3;
            assert_eq!(reading.scenario, plain);
        }
    }

    #[test]
    fn invalid_utf8_is_one_error() {
        assert_eq!(errors(&b"\x80\x81k\n\x82\n"[..]), ["1:1: error: not UTF-8 text"]);
        let noise = [file("").as_bytes(), b"\x00\x00\n\xc3(\n\xc3(\n"].concat();
        let found = errors(&*noise);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[1].starts_with("4:1: error: not UTF-8 text") && found[1].ends_with("(and 1 more)"), "{found:?}");
        for empty in [&b""[..], b"\n \n"] {
            assert_eq!(
                errors(empty),
                [
                    "error: the file is empty: a scenario is JSON Lines and begins with {\"kind\":\"scenario\",\"version\":1,\"title\":…}"
                ]
            );
        }
    }

    #[test]
    fn a_file_cut_off_in_the_middle_of_a_line_says_so() {
        let text = file(r#"{"type":"corner","period":1,"clock":"10:00","side":"home"}"#);
        let cut = text.rfind("\"10:").expect("the clock") + 3;
        let line = text[..cut].rfind('\n').expect("lines") + 1;
        let expected =
            format!("3:{}: error: the line ends inside a JSON object: the rest of the object is missing", cut - line);
        assert_eq!(errors(&text.as_bytes()[..cut]), [expected]);
    }
}
