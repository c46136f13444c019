//! Encodes the events of one subscriber: in its framing, and with emission times if it asked for them.

use crate::dialect::native;
use crate::hub::filter::Filter;
use crate::hub::framing::{FrameWriter, Framing};
use crate::hub::replay::Replay;
use crate::hub::segment::FrameKind;

/// Which events a subscriber receives, and how they are encoded.
pub(super) struct EventWriter<'a> {
    pub(super) filter: &'a Filter,
    pub(super) stamp: Option<EmissionStamp<'a>>,
    pub(super) frame_writer: FrameWriter,
}

impl EventWriter<'_> {
    /// Whether frames are sent as they lie in segments.
    pub(super) fn shares_segments(&self) -> bool {
        self.frame_writer.framing == Framing::WebSocket && self.stamp.is_none()
    }

    /// Whether the frames of a cue have to be encoded for this subscriber. `event`: whether its event is among them.
    pub(super) fn needs_own_bytes(&self, event: bool) -> bool {
        self.frame_writer.framing != Framing::WebSocket || (self.stamp.is_some() && event)
    }

    /// Appends a frame of a cue.
    pub(super) fn write(&mut self, out: &mut Vec<u8>, text: &[u8], kind: FrameKind, cue: u32) {
        if kind != FrameKind::Event {
            // It follows an event with the same number, and only the event carries the cursor.
            return self.frame_writer.write(out, text, None);
        }
        match self.stamp.and_then(|stamp| stamp.on(text, cue)) {
            Some(stamped) => self.frame_writer.write(out, &stamped, Some(cue + 1)),
            None => self.frame_writer.write(out, text, Some(cue + 1)),
        }
    }
}

/// Adds emission times to events.
#[derive(Clone, Copy)]
pub(super) struct EmissionStamp<'a> {
    pub(super) replay: &'a Replay,
    pub(super) epoch: u64,
}

impl EmissionStamp<'_> {
    /// The text of a cue's event with its emission time; `None`: the time is not known. The time is the replay's, so that all
    /// subscribers get the same bytes.
    fn on(self, text: &[u8], cue: u32) -> Option<Vec<u8>> {
        let wall = self.replay.emitted(self.epoch, cue)?;
        let mut text = text.to_vec();
        text.pop();
        text.extend_from_slice(b",\"emitted\":\"");
        text.extend_from_slice(native::wall_time(wall).as_bytes());
        text.extend_from_slice(b"\"}");
        Some(text)
    }
}
