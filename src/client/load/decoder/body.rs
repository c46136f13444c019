//! The framing of an HTTP response body (RFC 9112, sections 6.3 and 7.1): which bytes belong to it, and where it ends.

/// The longest chunk-size or trailer line, in bytes.
const MAX_LINE_BYTES: usize = 4 << 10;

/// Extracts the body from the bytes of the connection.
#[derive(Debug)]
pub enum BodyDecoder {
    /// The body ends with the connection.
    UntilEof,
    /// The remaining bytes, by the content length.
    Length(u64),
    /// Chunked transfer coding.
    Chunked(ChunkState),
}

/// The state of chunked decoding.
#[derive(Debug)]
pub enum ChunkState {
    /// In a line between chunks, with the bytes of it received so far.
    Line(ChunkBoundary, Vec<u8>),
    /// In a chunk, with its remaining bytes.
    Data(u64),
    Complete,
}

/// The kinds of lines between chunks.
#[derive(Debug, Clone, Copy)]
pub enum ChunkBoundary {
    /// The size of the next chunk.
    Size,
    /// The empty line after the data of a chunk.
    DataEnd,
    /// A trailer field, which is ignored, or the empty line that ends the body.
    Trailer,
}

impl BodyDecoder {
    /// A chunked body.
    pub fn chunked() -> Self {
        Self::Chunked(ChunkState::Line(ChunkBoundary::Size, Vec::new()))
    }

    /// Whether the whole body has been received. A body that ends with the connection never is.
    pub fn is_complete(&self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunked(ChunkState::Complete))
    }

    /// Emits the bytes that belong to the body. Bytes after its end are ignored.
    pub fn decode(&mut self, bytes: &[u8], mut emit: impl FnMut(&[u8]) -> Result<(), String>) -> Result<(), String> {
        match self {
            Self::UntilEof => emit(bytes),
            Self::Length(remaining) => emit(split_remaining(bytes, remaining).0),
            Self::Chunked(chunk) => {
                let mut rest = bytes;
                while !rest.is_empty() && !matches!(chunk, ChunkState::Complete) {
                    rest = chunk.decode_piece(rest, &mut emit)?;
                }
                Ok(())
            }
        }
    }
}

/// Splits off at most `remaining` bytes and subtracts their number from it.
fn split_remaining<'a>(bytes: &'a [u8], remaining: &mut u64) -> (&'a [u8], &'a [u8]) {
    let count = usize::try_from(*remaining).unwrap_or(usize::MAX).min(bytes.len());
    *remaining -= count as u64;
    bytes.split_at(count)
}

impl ChunkState {
    /// Decodes up to the end of the current chunk or line and returns the remaining bytes.
    fn decode_piece<'a>(
        &mut self,
        bytes: &'a [u8],
        emit: &mut impl FnMut(&[u8]) -> Result<(), String>,
    ) -> Result<&'a [u8], String> {
        let (expected, partial) = match self {
            Self::Data(remaining) => {
                let (data, rest) = split_remaining(bytes, remaining);
                if *remaining == 0 {
                    *self = Self::Line(ChunkBoundary::DataEnd, Vec::new());
                }
                emit(data)?;
                return Ok(rest);
            }
            Self::Line(expected, partial) => (*expected, partial),
            Self::Complete => return Ok(&[]),
        };
        let end = memchr::memchr(b'\n', bytes);
        let (line, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
        if partial.len() + line.len() > MAX_LINE_BYTES {
            return Err("a line between chunks that does not end".to_owned());
        }
        if end.is_none() || !partial.is_empty() {
            partial.extend_from_slice(line);
        }
        if end.is_some() {
            *self = expected.next_state(if partial.is_empty() { line } else { partial })?;
        }
        Ok(rest)
    }
}

impl ChunkBoundary {
    /// The state after this line.
    fn next_state(self, line: &[u8]) -> Result<ChunkState, String> {
        let empty = matches!(line, b"\r\n" | b"\n");
        let next = |expected: Self| ChunkState::Line(expected, Vec::new());
        match self {
            Self::Size if !empty => match httparse::parse_chunk_size(line) {
                Ok(httparse::Status::Complete((_, 0))) => Ok(next(Self::Trailer)),
                Ok(httparse::Status::Complete((_, size))) => Ok(ChunkState::Data(size)),
                _ => Err("an invalid chunk size".to_owned()),
            },
            Self::Size => Err("an invalid chunk size".to_owned()),
            Self::DataEnd if empty => Ok(next(Self::Size)),
            Self::DataEnd => Err("a chunk that is longer than its size".to_owned()),
            Self::Trailer if empty => Ok(ChunkState::Complete),
            Self::Trailer => Ok(next(Self::Trailer)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_in_pieces_of_any_size_and_bytes_after_the_body_are_ignored() {
        let wire = b"4\r\nWiki\r\n0A;ext=1\r\nin\n\nchunks\r\n0\r\nA: b\r\nC: d\r\n\r\n4\r\nmore\r\n";
        for step in 1..=wire.len() {
            let (mut body, mut all) = (BodyDecoder::chunked(), Vec::new());
            for piece in wire.chunks(step) {
                let result = body.decode(piece, |part| {
                    all.extend_from_slice(part);
                    Ok(())
                });
                result.expect("chunks");
            }
            assert_eq!((all.as_slice(), body.is_complete()), (&b"Wikiin\n\nchunks"[..], true), "in pieces of {step}");
        }
    }

    #[test]
    fn invalid_chunks_are_refused() {
        let endless = [b"1;".as_slice(), &[b'x'; MAX_LINE_BYTES]].concat();
        let trailer = [b"0\r\n".as_slice(), &[b'x'; MAX_LINE_BYTES + 1]].concat();
        for wire in
            [&b"data: one\n\n"[..], b"\r\n", b"1\r\nab\r\n", b"1ffffffffffffffff\r\n", b"-1\r\n", &endless, &trailer]
        {
            for step in [1, wire.len()] {
                let mut body = BodyDecoder::chunked();
                let result = wire.chunks(step).try_for_each(|piece| body.decode(piece, |_| Ok(())));
                assert!(result.is_err(), "{:?}", String::from_utf8_lossy(&wire[..10.min(wire.len())]));
            }
        }
    }

    #[test]
    fn a_body_with_a_length_is_complete_with_its_last_byte() {
        let (mut body, mut all) = (BodyDecoder::Length(5), 0);
        for piece in [&b"abc"[..], b"defg"] {
            assert!(!body.is_complete());
            let result = body.decode(piece, |part| {
                all += part.len();
                Ok(())
            });
            result.expect("bytes");
        }
        assert_eq!((all, body.is_complete()), (5, true));
    }
}
