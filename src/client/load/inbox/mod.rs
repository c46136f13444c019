//! Messages out of the bytes of a connection, as a server sends them: read where they lie, copied only when they are cut.

mod body;
mod event_stream;
mod lines;
mod websocket;

use crate::client::MAX_FRAME_BYTES;
use event_stream::EventStream;
use lines::Lines;
use websocket::Frames;

pub(super) use body::Body;

/// Room that is kept for the next message that comes in pieces; what a longer one needed is given back.
const KEPT_BYTES: usize = 4 << 10;

/// What a server says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message<'a> {
    /// Text, or bytes: whole.
    Data(&'a [u8]),
    /// To be answered with the same.
    Ping(&'a [u8]),
    /// The last, with a code and a reason.
    Close(&'a [u8]),
    /// The stream is over, and whole; why, is not said.
    End,
}

/// How messages are told apart in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    /// Server-sent events.
    Events,
    /// One a line.
    Lines,
}

/// What has come of messages that are still to be completed.
#[derive(Debug)]
pub(super) enum Inbox {
    WebSocket(Frames),
    Events(Body, EventStream),
    Lines(Body, Lines),
}

impl Inbox {
    /// Of a WebSocket whose handshake is over.
    pub(super) fn websocket() -> Self {
        Self::WebSocket(Frames::default())
    }

    /// Of an answer over HTTP whose head has been read.
    pub(super) fn http(body: Body, text: Text) -> Self {
        match text {
            Text::Events => Self::Events(body, EventStream::default()),
            Text::Lines => Self::Lines(body, Lines::default()),
        }
    }

    /// Whether nothing can be said to the server.
    pub(super) fn is_one_way(&self) -> bool {
        !matches!(self, Self::WebSocket(_))
    }

    /// Takes what was read and hands on every message that is complete with it. An error says what a server must not send.
    pub(super) fn take(&mut self, bytes: &[u8], mut told: impl FnMut(Message<'_>)) -> Result<(), String> {
        let over = match self {
            Self::WebSocket(frames) => return frames.take(bytes, told),
            Self::Events(body, events) => {
                body.take(bytes, |part| events.take(part, &mut |data| told(Message::Data(data))))?;
                body.is_over()
            }
            Self::Lines(body, lines) => {
                body.take(bytes, |part| lines.take(part, &mut |data| told(Message::Data(data))))?;
                if body.is_over() {
                    lines.end(&mut |data| told(Message::Data(data)));
                }
                body.is_over()
            }
        };
        if over {
            told(Message::End);
        }
        Ok(())
    }

    /// The server has hung up: for some that is how they say that it was all.
    pub(super) fn hung_up(&mut self, mut told: impl FnMut(Message<'_>)) {
        match self {
            Self::Events(Body::Open, _) => {}
            Self::Lines(Body::Open, lines) => lines.end(&mut |data| told(Message::Data(data))),
            _ => return,
        }
        told(Message::End);
    }
}

fn too_long() -> String {
    format!("a frame of more than {} MiB", MAX_FRAME_BYTES >> 20)
}

/// Bytes of a message that is not whole yet. Beyond what a message may have is an error.
fn keep(kept: &mut Vec<u8>, bytes: &[u8]) -> Result<(), String> {
    if kept.len().saturating_add(bytes.len()) > MAX_FRAME_BYTES {
        return Err(too_long());
    }
    kept.extend_from_slice(bytes);
    Ok(())
}

/// Nothing of it is needed any more, and of its room little.
fn clear(kept: &mut Vec<u8>) {
    kept.clear();
    kept.shrink_to(KEPT_BYTES);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of these bytes in pieces of a length, and then of the server's hanging up.
    fn told(inbox: impl Fn() -> Inbox, bytes: &[u8], step: usize) -> Vec<String> {
        let (mut inbox, mut all) = (inbox(), Vec::new());
        let mut note = |message: Message<'_>| match message {
            Message::Data(data) => all.push(String::from_utf8_lossy(data).into_owned()),
            other => all.push(format!("{other:?}")),
        };
        for piece in bytes.chunks(step) {
            inbox.take(piece, &mut note).expect("well-formed");
        }
        inbox.hung_up(&mut note);
        all
    }

    #[test]
    fn a_body_ends_as_its_head_has_said_and_otherwise_is_cut() {
        let chunked = b"5\r\n{\"a\":\r\n4;x=y\r\n1}\n{\r\n1\r\n}\r\n0\r\ntrailer: t\r\n\r\n";
        let lines = |body: fn() -> Body| move || Inbox::http(body(), Text::Lines);
        for step in 1..=chunked.len() {
            assert_eq!(told(lines(Body::chunked), chunked, step), ["{\"a\":1}", "{}", "End"], "{step}");
            let cut = &chunked[..chunked.len() - 2];
            assert_eq!(told(lines(Body::chunked), cut, step), ["{\"a\":1}"], "no last line without an end");
            assert_eq!(told(lines(|| Body::Length(8)), b"one\ntwo!", step), ["one", "two!", "End"]);
            assert_eq!(told(lines(|| Body::Length(9)), b"one\ntwo!", step), ["one"]);
            assert_eq!(told(lines(|| Body::Open), b"one\ntwo", step), ["one", "two", "End"]);
            let events = || Inbox::http(Body::Open, Text::Events);
            assert_eq!(told(events, b"data: one\n\ndata: two\n", step), ["one", "End"], "an event ends with its line");
        }
    }
}
