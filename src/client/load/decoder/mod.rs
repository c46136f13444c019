//! Decodes a server's messages from the bytes of a connection. A message is borrowed from the read buffer, and copied
//! only if it spans several reads.

mod body;
mod event_stream;
mod ndjson;
mod websocket;

use crate::client::MAX_FRAME_BYTES;
use event_stream::EventStreamDecoder;
use ndjson::LineDecoder;
use websocket::WebSocketDecoder;

pub use body::BodyDecoder;

/// The capacity that a buffer for partial messages keeps; the rest is freed after a long message.
const KEPT_BYTES: usize = 4 << 10;

/// A decoded message.
#[derive(Debug, PartialEq, Eq)]
pub enum ServerMessage<'a> {
    /// A complete text or binary message.
    Data(&'a [u8]),
    /// A ping, to be answered with the same payload.
    Ping(&'a [u8]),
    /// The payload of the close frame: a code and a reason.
    Close(&'a [u8]),
    /// The end of a complete HTTP body, which states no reason.
    End,
}

/// The format of the messages in an HTTP body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamFormat {
    /// Server-sent events.
    EventStream,
    /// NDJSON: one message per line.
    Ndjson,
}

/// The decoder of one connection. It holds the bytes of incomplete messages.
#[derive(Debug)]
pub enum Decoder {
    /// WebSocket frames.
    WebSocket(WebSocketDecoder),
    /// Server-sent events in an HTTP body.
    EventStream(BodyDecoder, EventStreamDecoder),
    /// NDJSON in an HTTP body.
    Ndjson(BodyDecoder, LineDecoder),
}

impl Decoder {
    /// For a WebSocket after its handshake.
    pub fn websocket() -> Self {
        Self::WebSocket(WebSocketDecoder::default())
    }

    /// For an HTTP response after its head.
    pub fn http(body: BodyDecoder, format: StreamFormat) -> Self {
        match format {
            StreamFormat::EventStream => Self::EventStream(body, EventStreamDecoder::default()),
            StreamFormat::Ndjson => Self::Ndjson(body, LineDecoder::default()),
        }
    }

    /// Whether the client cannot send anything: over HTTP.
    pub fn is_one_way(&self) -> bool {
        !matches!(self, Self::WebSocket(_))
    }

    /// Decodes the bytes of one read and emits every message that they complete.
    ///
    /// # Errors
    /// Names the violation of the protocol.
    pub fn decode(&mut self, bytes: &[u8], mut emit: impl FnMut(ServerMessage<'_>)) -> Result<(), String> {
        let complete = match self {
            Self::WebSocket(frames) => return frames.decode(bytes, emit),
            Self::EventStream(body, events) => {
                body.decode(bytes, |part| events.decode(part, &mut |data| emit(ServerMessage::Data(data))))?;
                body.is_complete()
            }
            Self::Ndjson(body, lines) => {
                body.decode(bytes, |part| lines.decode(part, &mut |data| emit(ServerMessage::Data(data))))?;
                if body.is_complete() {
                    lines.finish(&mut |data| emit(ServerMessage::Data(data)));
                }
                body.is_complete()
            }
        };
        if complete {
            emit(ServerMessage::End);
        }
        Ok(())
    }

    /// The server has closed the connection, which completes a body of unstated length.
    pub fn decode_eof(&mut self, mut emit: impl FnMut(ServerMessage<'_>)) {
        match self {
            Self::EventStream(BodyDecoder::UntilEof, _) => {}
            Self::Ndjson(BodyDecoder::UntilEof, lines) => lines.finish(&mut |data| emit(ServerMessage::Data(data))),
            _ => return,
        }
        emit(ServerMessage::End);
    }
}

fn too_long_error() -> String {
    format!("a frame of more than {} MiB", MAX_FRAME_BYTES >> 20)
}

/// Appends the bytes of an incomplete message.
///
/// # Errors
/// If the message exceeds [`MAX_FRAME_BYTES`].
fn append(partial: &mut Vec<u8>, bytes: &[u8]) -> Result<(), String> {
    if partial.len().saturating_add(bytes.len()) > MAX_FRAME_BYTES {
        return Err(too_long_error());
    }
    partial.extend_from_slice(bytes);
    Ok(())
}

/// Empties a buffer and frees its capacity beyond [`KEPT_BYTES`].
fn clear(partial: &mut Vec<u8>) {
    partial.clear();
    partial.shrink_to(KEPT_BYTES);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The messages in these bytes, read in pieces of `step` bytes and followed by EOF.
    fn decoded(decoder: impl Fn() -> Decoder, bytes: &[u8], step: usize) -> Vec<String> {
        let (mut decoder, mut all) = (decoder(), Vec::new());
        let mut add = |message: ServerMessage<'_>| match message {
            ServerMessage::Data(data) => all.push(String::from_utf8_lossy(data).into_owned()),
            other => all.push(format!("{other:?}")),
        };
        for piece in bytes.chunks(step) {
            decoder.decode(piece, &mut add).expect("well-formed");
        }
        decoder.decode_eof(&mut add);
        all
    }

    #[test]
    fn a_body_ends_as_its_head_states_and_is_otherwise_truncated() {
        let chunked = b"5\r\n{\"a\":\r\n4;x=y\r\n1}\n{\r\n1\r\n}\r\n0\r\ntrailer: t\r\n\r\n";
        let lines = |body: fn() -> BodyDecoder| move || Decoder::http(body(), StreamFormat::Ndjson);
        for step in 1..=chunked.len() {
            assert_eq!(decoded(lines(BodyDecoder::chunked), chunked, step), ["{\"a\":1}", "{}", "End"], "{step}");
            let partial = &chunked[..chunked.len() - 2];
            assert_eq!(
                decoded(lines(BodyDecoder::chunked), partial, step),
                ["{\"a\":1}"],
                "no last line without an end"
            );
            assert_eq!(decoded(lines(|| BodyDecoder::Length(8)), b"one\ntwo!", step), ["one", "two!", "End"]);
            assert_eq!(decoded(lines(|| BodyDecoder::Length(9)), b"one\ntwo!", step), ["one"]);
            assert_eq!(decoded(lines(|| BodyDecoder::UntilEof), b"one\ntwo", step), ["one", "two", "End"]);
            let events = || Decoder::http(BodyDecoder::UntilEof, StreamFormat::EventStream);
            assert_eq!(
                decoded(events, b"data: one\n\ndata: two\n", step),
                ["one", "End"],
                "an event ends with its line"
            );
        }
    }
}
