//! How events are told to one subscriber: in its framing, and stamped if it wants that.

use crate::dialect::native;
use crate::hub::follow::Follow;
use crate::hub::framing::{Framing, Pen};
use crate::hub::replay::Replay;
use crate::hub::segment::FrameKind;

/// How events are told to a subscriber: which, and what is made of their texts.
pub(super) struct Telling<'a> {
    pub(super) follow: &'a Follow,
    pub(super) stamp: Option<Stamp<'a>>,
    pub(super) pen: Pen,
}

impl Telling<'_> {
    /// Whether frames go out as they lie in segments.
    pub(super) fn takes_shared(&self) -> bool {
        self.pen.framing == Framing::WebSocket && self.stamp.is_none()
    }

    /// Whether those of a cue, of which the event is owed or not, have to be made for this subscriber.
    pub(super) fn makes_own(&self, event: bool) -> bool {
        self.pen.framing != Framing::WebSocket || (self.stamp.is_some() && event)
    }

    /// Appends a frame of a cue.
    pub(super) fn write(&mut self, out: &mut Vec<u8>, text: &[u8], kind: FrameKind, cue: u32) {
        if kind != FrameKind::Event {
            // It comes with an event that has the same number: only that tells the place.
            return self.pen.write(out, text, None);
        }
        match self.stamp.and_then(|stamp| stamp.on(text, cue)) {
            Some(stamped) => self.pen.write(out, &stamped, Some(cue + 1)),
            None => self.pen.write(out, text, Some(cue + 1)),
        }
    }
}

/// Marks events with the time of their emission.
#[derive(Clone, Copy)]
pub(super) struct Stamp<'a> {
    pub(super) replay: &'a Replay,
    pub(super) epoch: u64,
}

impl Stamp<'_> {
    /// The text of a cue's event with the time at which it was emitted, as far as that is known. The time is the replay's,
    /// so that all subscribers get the same bytes.
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
