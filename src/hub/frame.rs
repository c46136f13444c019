//! One frame of `touchline.v1`, encoded: hello, a snapshot, a table, playback, a tick, an answer.

use bytes::Bytes;

use super::websocket_frame::{payload, text_frame};

/// An encoded frame. Its bytes are shared by all who are sent it; how each is sent it, its [`Framing`](super::Framing)
/// says.
#[derive(Debug, Clone)]
pub struct Frame {
    /// With the header of a WebSocket in front: for most, these are the bytes on the wire.
    websocket: Bytes,
    /// The place that it tells, as a tick does: all up to there has been sent.
    tells: Option<u32>,
}

impl Frame {
    /// Of what `fill` writes.
    pub(super) fn of(fill: impl FnOnce(&mut Vec<u8>)) -> Self {
        let (mut text, mut frame) = (Vec::new(), Vec::new());
        fill(&mut text);
        text_frame(&mut frame, &text);
        Self { websocket: frame.into(), tells: None }
    }

    /// The same, which tells that all up to cue `n` has been sent.
    pub(super) fn telling(n: u32, fill: impl FnOnce(&mut Vec<u8>)) -> Self {
        Self { tells: Some(n), ..Self::of(fill) }
    }

    /// Its text, a JSON object.
    pub fn text(&self) -> &[u8] {
        payload(&self.websocket)
    }

    /// The same with the header of a WebSocket in front.
    pub(super) fn websocket(&self) -> &[u8] {
        &self.websocket
    }

    /// As a WebSocket is sent it.
    pub(super) fn into_websocket(self) -> Bytes {
        self.websocket
    }

    /// The place that it tells, if it tells one.
    pub(super) fn tells(&self) -> Option<u32> {
        self.tells
    }

    /// How much memory it takes.
    pub(super) fn memory(&self) -> usize {
        self.websocket.len()
    }
}
