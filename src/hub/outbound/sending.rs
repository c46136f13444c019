//! What goes out just now, before all else: bytes of the subscriber's own, or a snapshot or table that all share.

use std::io::{self, IoSlice};
use std::sync::Arc;

use super::Outlet;
use crate::hub::frames::Frames;
use crate::hub::framing::{Framing, Wire};
use crate::hub::state_frame::{StateFrame, StateKey};

/// The rest of a frame that has been begun, or is about to be.
#[derive(Debug, Clone)]
pub(super) enum Sending {
    /// Bytes that are held here until they have been written.
    Own(Wire),
    /// A snapshot or table.
    State(StateSending),
}

impl Default for Sending {
    fn default() -> Self {
        Self::Own(Wire::default())
    }
}

impl From<Wire> for Sending {
    fn from(wire: Wire) -> Self {
        Self::Own(wire)
    }
}

impl Sending {
    pub(super) fn state(key: StateKey, framing: Framing) -> Self {
        Self::State(StateSending { key, framing, written: 0, frame: None })
    }

    /// Whether nothing is left to be written.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Own(wire) if wire.is_empty())
    }

    /// Has the bytes ready that are to be written. Tells how many had to be got for that.
    pub(super) fn prepare(&mut self, frames: &Frames) -> usize {
        match self {
            Self::State(state) if state.frame.is_none() => state.frame.insert(frames.state(state.key)).text().len(),
            Self::State(_) | Self::Own(_) => 0,
        }
    }

    /// Writes what the outlet takes.
    pub(super) fn write(&self, outlet: &mut impl Outlet) -> io::Result<usize> {
        match self {
            Self::Own(wire) => outlet.try_write_vectored(&[IoSlice::new(&wire.bytes)]),
            Self::State(state) => state.write(outlet),
        }
    }

    /// Notes that so many bytes have been written. Tells how many frames are whole with them.
    pub(super) fn advance(&mut self, written: usize) -> u32 {
        match self {
            Self::Own(wire) => wire.advance(written),
            Self::State(state) => {
                state.written += written;
                if state.written < state.len() {
                    return 0;
                }
                *self = Self::default();
                1
            }
        }
    }

    /// Lets go of bytes that can be got again.
    pub(super) fn let_go(&mut self) {
        if let Self::State(state) = self {
            state.frame = None;
        }
    }
}

/// A snapshot or table on its way. Its bytes are a function of its key, so that they may be let go in the middle of it.
#[derive(Debug, Clone)]
pub(super) struct StateSending {
    key: StateKey,
    framing: Framing,
    written: usize,
    frame: Option<Arc<StateFrame>>,
}

impl StateSending {
    /// All its bytes, those that have been written among them; empty where they have been let go.
    fn parts(&self) -> [&[u8]; 3] {
        self.frame.as_deref().map_or([&[]; 3], |frame| self.framing.parts(frame))
    }

    fn len(&self) -> usize {
        self.parts().iter().map(|part| part.len()).sum()
    }

    fn write(&self, outlet: &mut impl Outlet) -> io::Result<usize> {
        let mut buffers = self.parts().map(IoSlice::new);
        let mut rest = &mut buffers[..];
        IoSlice::advance_slices(&mut rest, self.written.min(self.len()));
        match rest {
            // Nothing stands behind it in most framings: a plain send is cheaper.
            [only, behind @ ..] if behind.iter().all(|part| part.is_empty()) => {
                outlet.try_write_vectored(std::slice::from_ref(only))
            }
            rest => outlet.try_write_vectored(rest),
        }
    }
}
