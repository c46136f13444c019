//! Encodes the frames of one subscriber: in its framing, with its cursor, and with emission times if it asked for them.

use super::options::SubscribeOptions;
use crate::dialect::native;
use crate::hub::cursor::Cursor;
use crate::hub::frame::Frame;
use crate::hub::frame_cache::FrameCache;
use crate::hub::framing::{Framing, PendingBytes};
use crate::hub::replay::Replay;
use crate::hub::segment::FrameKind;

/// Encodes the frames of one subscriber: the only way from a [`Frame`], or from the text of a cue's frame, to its bytes.
#[derive(Debug)]
pub(super) struct FrameWriter<'a> {
    pub(super) options: &'a SubscribeOptions,
    /// The subscriber's cursor. Each frame that carries a cursor sets its `n`.
    pub(super) cursor: Cursor,
    /// The replay that knows when events were emitted, if events are to contain that.
    pub(super) emissions: Option<(&'a Replay, &'a FrameCache)>,
}

impl<'a> FrameWriter<'a> {
    /// The writer of a subscriber that has reached cue `n` of an epoch.
    pub(super) fn new(
        replay: &'a Replay,
        frames: &'a FrameCache,
        options: &'a SubscribeOptions,
        epoch: u64,
        n: u32,
    ) -> Self {
        let name = options.names_replay.then(|| replay.inner.name.clone());
        let cursor = Cursor { run: frames.run(), epoch, n, replay: name };
        Self { options, cursor, emissions: options.stamp.then_some((replay, frames)) }
    }

    /// Whether events are sent as they lie in segments.
    pub(super) fn shares_segments(&self) -> bool {
        self.options.framing == Framing::WebSocket && self.emissions.is_none()
    }

    /// Whether the frames of a cue have to be encoded for this subscriber. `event`: whether its event is among them.
    pub(super) fn needs_private_encoding(&self, event: bool) -> bool {
        self.options.framing != Framing::WebSocket || (self.emissions.is_some() && event)
    }

    /// A frame as it is sent.
    pub(super) fn encode(mut self, frame: Frame) -> PendingBytes {
        let bytes = match self.options.framing {
            Framing::WebSocket => frame.into_websocket(),
            framing @ (Framing::Sse | Framing::Lines) => {
                let mut out = Vec::new();
                let cursor = frame.position.map(|n| {
                    self.cursor.n = n;
                    &self.cursor
                });
                framing.write(&mut out, frame.text(), cursor);
                out.into()
            }
        };
        PendingBytes { bytes, frames: 1 }
    }

    /// Appends a frame of a cue.
    pub(super) fn write(&mut self, out: &mut Vec<u8>, text: &[u8], kind: FrameKind, cue: u32) {
        let framing = self.options.framing;
        if kind != FrameKind::Event {
            // It mostly follows an event with the same number. Only events carry the cursor.
            return framing.write(out, text, None);
        }
        self.cursor.n = cue + 1;
        match self.with_emission_time(text, cue) {
            Some(stamped) => framing.write(out, &stamped, Some(&self.cursor)),
            None => framing.write(out, text, Some(&self.cursor)),
        }
    }

    /// The text of a cue's event with its emission time; `None`: it is to have none, or the time is not known. The time is the
    /// replay's, so that all subscribers get the same bytes.
    fn with_emission_time(&self, text: &[u8], cue: u32) -> Option<Vec<u8>> {
        let (replay, frames) = self.emissions?;
        let wall = replay.emitted_at(frames.timeline(), self.cursor.epoch, cue)?;
        let mut text = text.to_vec();
        text.pop();
        text.extend_from_slice(b",\"emitted\":\"");
        text.extend_from_slice(native::format_wall_time(wall).as_bytes());
        text.extend_from_slice(b"\"}");
        Some(text)
    }

    /// A line with the cursor of the subscriber, beside a frame that carries none. Empty in framings without such lines.
    pub(super) fn sse_id_line(&self) -> Vec<u8> {
        match self.options.framing {
            Framing::Sse => format!("id: {}\n", self.cursor).into_bytes(),
            Framing::WebSocket | Framing::Lines => Vec::new(),
        }
    }
}
