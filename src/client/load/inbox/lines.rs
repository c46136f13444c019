//! A message a line: NDJSON, also called JSON Lines.

use super::{clear, keep};

/// The beginning of a line that is still to be completed.
#[derive(Debug, Default)]
pub(in super::super) struct Lines(Vec<u8>);

impl Lines {
    /// Takes a piece of the stream and hands on every line that is complete with it; empty ones are signs of life.
    pub(super) fn take(&mut self, mut bytes: &[u8], told: &mut impl FnMut(&[u8])) -> Result<(), String> {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            bytes = rest;
            if self.0.is_empty() {
                tell(line, told);
            } else {
                keep(&mut self.0, line)?;
                self.end(told);
            }
        }
        keep(&mut self.0, bytes)
    }

    /// The stream is over: the last line needs no end of its own.
    pub(super) fn end(&mut self, told: &mut impl FnMut(&[u8])) {
        tell(&self.0, told);
        clear(&mut self.0);
    }
}

fn tell(line: &[u8], told: &mut impl FnMut(&[u8])) {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if !line.is_empty() {
        told(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::MAX_FRAME_BYTES;

    #[test]
    fn lines_are_whole_wherever_they_are_cut_and_empty_ones_tell_nothing() {
        let stream = b"{\"n\":1}\n\r\n\n{\"n\":2}\r\nlast";
        for step in 1..=stream.len() {
            let (mut lines, mut all) = (Lines::default(), Vec::new());
            let mut note = |line: &[u8]| all.push(String::from_utf8_lossy(line).into_owned());
            stream.chunks(step).for_each(|piece| lines.take(piece, &mut note).expect("lines"));
            lines.end(&mut note);
            assert_eq!(all, ["{\"n\":1}", "{\"n\":2}", "last"], "in pieces of {step}");
        }
    }

    #[test]
    fn a_line_may_not_grow_without_end() {
        let (mut lines, piece) = (Lines::default(), vec![b'x'; 1 << 20]);
        let refused = (0..=MAX_FRAME_BYTES >> 20).find(|_| lines.take(&piece, &mut |_| {}).is_err());
        assert_eq!(refused, Some(MAX_FRAME_BYTES >> 20));
    }
}
