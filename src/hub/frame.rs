//! One encoded frame of `touchline.v1`: hello, snapshot, table, playback, tick, or answer.

use bytes::Bytes;

use super::websocket_frame::{frame_payload, write_text_frame};

/// An encoded frame. All recipients share its bytes; [`Framing`](super::Framing) defines what each is sent.
#[derive(Debug, Clone)]
pub struct Frame {
    /// With a WebSocket header in front: for most subscribers, these are the bytes on the wire.
    websocket: Bytes,
    /// The cursor that the frame carries, as a tick does: all cues up to `n` have been sent.
    pub(super) position: Option<u32>,
}

impl Frame {
    /// Encodes what `fill` writes.
    pub(super) fn encode(fill: impl FnOnce(&mut Vec<u8>)) -> Self {
        let (mut text, mut frame) = (Vec::new(), Vec::new());
        fill(&mut text);
        write_text_frame(&mut frame, &text);
        Self { websocket: frame.into(), position: None }
    }

    /// Encodes a frame that carries a cursor: all cues up to `n` have been sent.
    pub(super) fn with_position(n: u32, fill: impl FnOnce(&mut Vec<u8>)) -> Self {
        Self { position: Some(n), ..Self::encode(fill) }
    }

    /// The text, a JSON object.
    pub fn text(&self) -> &[u8] {
        frame_payload(&self.websocket)
    }

    /// The frame with a WebSocket header.
    pub(super) fn websocket(&self) -> &[u8] {
        &self.websocket
    }

    /// Like [`Self::websocket`], without a copy.
    pub(super) fn into_websocket(self) -> Bytes {
        self.websocket
    }

    /// The number of bytes that it takes in memory.
    pub(super) fn memory_bytes(&self) -> usize {
        self.websocket.len()
    }
}
