//! Where the body of an answer ends (RFC 9112, section 6.3), and what of the bytes on the wire belongs to it (section 7.1).

/// How long the line may be that says how long a chunk is, and a line of a trailer.
const MAX_LINE_BYTES: usize = 4 << 10;

/// What is still to come of a body.
#[derive(Debug)]
pub(in super::super) enum Body {
    /// As long as the connection lasts.
    Open,
    /// So many bytes.
    Length(u64),
    /// Pieces that say how long they are.
    Chunked(Chunk),
}

/// Where in the chunks one is.
#[derive(Debug)]
pub(in super::super) enum Chunk {
    /// In a line, of which this has come.
    Line(Line, Vec<u8>),
    /// So many bytes of a chunk are left.
    Data(u64),
    Over,
}

/// What a line between chunks says.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Line {
    /// How long the next is.
    Size,
    /// Nothing: it ends the one before.
    Behind,
    /// Something of no use, behind the last; or nothing, and it is over.
    Trailer,
}

impl Body {
    /// One that comes in chunks.
    pub(in super::super) fn chunked() -> Self {
        Self::Chunked(Chunk::Line(Line::Size, Vec::new()))
    }

    /// Whether nothing more belongs to it.
    pub(in super::super) fn is_over(&self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunked(Chunk::Over))
    }

    /// Takes what was read and hands on what belongs to the body; what follows is passed over.
    pub(in super::super) fn take(
        &mut self,
        bytes: &[u8],
        mut told: impl FnMut(&[u8]) -> Result<(), String>,
    ) -> Result<(), String> {
        match self {
            Self::Open => told(bytes),
            Self::Length(left) => told(begin(bytes, left).0),
            Self::Chunked(chunk) => {
                let mut rest = bytes;
                while !rest.is_empty() && !matches!(chunk, Chunk::Over) {
                    rest = chunk.step(rest, &mut told)?;
                }
                Ok(())
            }
        }
    }
}

/// As much as is left, which it is less by then; and what follows.
fn begin<'a>(bytes: &'a [u8], left: &mut u64) -> (&'a [u8], &'a [u8]) {
    let count = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
    *left -= count as u64;
    bytes.split_at(count)
}

impl Chunk {
    /// One step on. What follows is for the next.
    fn step<'a>(
        &mut self,
        bytes: &'a [u8],
        told: &mut impl FnMut(&[u8]) -> Result<(), String>,
    ) -> Result<&'a [u8], String> {
        let (expected, begun) = match self {
            Self::Data(left) => {
                let (data, rest) = begin(bytes, left);
                if *left == 0 {
                    *self = Self::Line(Line::Behind, Vec::new());
                }
                told(data)?;
                return Ok(rest);
            }
            Self::Line(expected, begun) => (*expected, begun),
            Self::Over => return Ok(&[]),
        };
        let end = memchr::memchr(b'\n', bytes);
        let (line, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
        if begun.len() + line.len() > MAX_LINE_BYTES {
            return Err("a line between chunks that does not end".to_owned());
        }
        if end.is_none() || !begun.is_empty() {
            begun.extend_from_slice(line);
        }
        if end.is_some() {
            *self = expected.then(if begun.is_empty() { line } else { begun })?;
        }
        Ok(rest)
    }
}

impl Line {
    /// What follows it.
    fn then(self, line: &[u8]) -> Result<Chunk, String> {
        let empty = matches!(line, b"\r\n" | b"\n");
        let next = |expected: Self| Chunk::Line(expected, Vec::new());
        match self {
            Self::Size if !empty => match httparse::parse_chunk_size(line) {
                Ok(httparse::Status::Complete((_, 0))) => Ok(next(Self::Trailer)),
                Ok(httparse::Status::Complete((_, size))) => Ok(Chunk::Data(size)),
                _ => Err("chunks that do not say how long they are".to_owned()),
            },
            Self::Size => Err("chunks that do not say how long they are".to_owned()),
            Self::Behind if empty => Ok(next(Self::Size)),
            Self::Behind => Err("a chunk that is longer than it says".to_owned()),
            Self::Trailer if empty => Ok(Chunk::Over),
            Self::Trailer => Ok(next(Self::Trailer)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_wherever_the_bytes_are_cut_and_what_follows_is_passed_over() {
        let wire = b"4\r\nWiki\r\n0A;ext=1\r\nin\n\nchunks\r\n0\r\nA: b\r\nC: d\r\n\r\n4\r\nmore\r\n";
        for step in 1..=wire.len() {
            let (mut body, mut all) = (Body::chunked(), Vec::new());
            for piece in wire.chunks(step) {
                let taken = body.take(piece, |part| {
                    all.extend_from_slice(part);
                    Ok(())
                });
                taken.expect("chunks");
            }
            assert_eq!((all.as_slice(), body.is_over()), (&b"Wikiin\n\nchunks"[..], true), "in pieces of {step}");
        }
    }

    #[test]
    fn what_are_no_chunks_is_refused() {
        let endless = [b"1;".as_slice(), &[b'x'; MAX_LINE_BYTES]].concat();
        let trailer = [b"0\r\n".as_slice(), &[b'x'; MAX_LINE_BYTES + 1]].concat();
        for wire in
            [&b"data: one\n\n"[..], b"\r\n", b"1\r\nab\r\n", b"1ffffffffffffffff\r\n", b"-1\r\n", &endless, &trailer]
        {
            for step in [1, wire.len()] {
                let mut body = Body::chunked();
                let taken = wire.chunks(step).try_for_each(|piece| body.take(piece, |_| Ok(())));
                assert!(taken.is_err(), "{:?}", String::from_utf8_lossy(&wire[..10.min(wire.len())]));
            }
        }
    }

    #[test]
    fn a_body_with_a_length_is_over_with_its_last_byte() {
        let (mut body, mut all) = (Body::Length(5), 0);
        for piece in [&b"abc"[..], b"defg"] {
            assert!(!body.is_over());
            let taken = body.take(piece, |part| {
                all += part.len();
                Ok(())
            });
            taken.expect("bytes");
        }
        assert_eq!((all, body.is_over()), (5, true));
    }
}
