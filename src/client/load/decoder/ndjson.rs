//! NDJSON, also called JSON Lines: one message per line.

use super::{append, clear};

/// Holds the beginning of an incomplete line.
#[derive(Debug, Default)]
pub struct LineDecoder(Vec<u8>);

impl LineDecoder {
    /// Decodes a piece of the stream and emits every line that it completes. Empty lines are heartbeats and are
    /// skipped.
    pub(super) fn decode(&mut self, mut bytes: &[u8], emit: &mut impl FnMut(&[u8])) -> Result<(), String> {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            bytes = rest;
            if self.0.is_empty() {
                emit_line(line, emit);
            } else {
                append(&mut self.0, line)?;
                self.finish(emit);
            }
        }
        append(&mut self.0, bytes)
    }

    /// Emits the last line at the end of the stream, where it needs no line feed.
    pub(super) fn finish(&mut self, emit: &mut impl FnMut(&[u8])) {
        emit_line(&self.0, emit);
        clear(&mut self.0);
    }
}

fn emit_line(line: &[u8], emit: &mut impl FnMut(&[u8])) {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if !line.is_empty() {
        emit(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::MAX_FRAME_BYTES;

    #[test]
    fn lines_are_complete_in_pieces_of_any_size_and_empty_lines_are_skipped() {
        let stream = b"{\"n\":1}\n\r\n\n{\"n\":2}\r\nlast";
        for step in 1..=stream.len() {
            let (mut lines, mut all) = (LineDecoder::default(), Vec::new());
            let mut add = |line: &[u8]| all.push(String::from_utf8_lossy(line).into_owned());
            stream.chunks(step).for_each(|piece| lines.decode(piece, &mut add).expect("lines"));
            lines.finish(&mut add);
            assert_eq!(all, ["{\"n\":1}", "{\"n\":2}", "last"], "in pieces of {step}");
        }
    }

    #[test]
    fn a_line_may_not_grow_without_end() {
        let (mut lines, piece) = (LineDecoder::default(), vec![b'x'; 1 << 20]);
        let refused = (0..=MAX_FRAME_BYTES >> 20).find(|_| lines.decode(&piece, &mut |_| {}).is_err());
        assert_eq!(refused, Some(MAX_FRAME_BYTES >> 20));
    }
}
