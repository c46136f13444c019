//! The lines of a file, one at a time, never more than one held: whatever comes, memory stays bounded.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use super::{MAX_LINE_BYTES, MAX_LINES};

/// What a line turned out to be.
pub(in super::super) enum Line<'a> {
    /// Text, without its end and without a byte order mark.
    Text(&'a str),
    /// Not UTF-8: the text as far as it can be shown, and the byte of it where the fault is.
    Noise(Cow<'a, str>, usize),
    /// Longer than [`MAX_LINE_BYTES`]; skipped.
    TooLong,
    /// One line more than [`MAX_LINES`]; nothing is read after it.
    TooMany,
}

/// Reads line by line.
pub(in super::super) struct Lines<R> {
    input: R,
    line: Vec<u8>,
    number: u32,
}

impl<R: BufRead> Lines<R> {
    pub(in super::super) fn of(input: R) -> Self {
        Self { input, line: Vec::new(), number: 0 }
    }

    /// The next line and its number, from 1.
    pub(in super::super) fn next(&mut self) -> io::Result<Option<(u32, Line<'_>)>> {
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
            return Ok(Some((number, Line::TooMany)));
        }
        if taken > MAX_LINE_BYTES && self.line.last() != Some(&b'\n') {
            skip_line(&mut self.input)?;
            return Ok(Some((number, Line::TooLong)));
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
                Ok(text) => Line::Text(text),
                Err(error) => Line::Noise(String::from_utf8_lossy(bytes), error.valid_up_to()),
            },
        )))
    }
}

/// Reads to the end of the line without keeping it.
fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = match input.fill_buf() {
            Ok(buffer) => buffer,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let (used, done) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        input.consume(used);
        if done {
            return Ok(());
        }
    }
}
