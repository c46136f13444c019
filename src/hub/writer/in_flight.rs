//! The frame in flight: bytes of the subscriber's own, or a shared snapshot or table.

use std::io::{self, IoSlice};
use std::sync::Arc;

use super::TryWrite;
use crate::hub::frame_cache::FrameCache;
use crate::hub::framing::{Framing, PendingBytes};
use crate::hub::state_frame::{StateFrame, StateKey};

/// The rest of a frame that has been begun, or is about to be.
#[derive(Debug, Clone)]
pub(super) enum InFlight {
    /// Bytes that are held here until they have been written.
    Bytes(PendingBytes),
    /// A snapshot or table.
    State(StateInFlight),
}

impl Default for InFlight {
    fn default() -> Self {
        Self::Bytes(PendingBytes::default())
    }
}

impl From<PendingBytes> for InFlight {
    fn from(pending: PendingBytes) -> Self {
        Self::Bytes(pending)
    }
}

impl InFlight {
    pub(super) fn state(key: StateKey, framing: Framing) -> Self {
        Self::State(StateInFlight { key, framing, written: 0, frame: None })
    }

    /// Whether nothing is left to write.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Bytes(pending) if pending.is_empty())
    }

    /// Gets the bytes that are to be written. Returns how many had to be looked up or encoded for that.
    pub(super) fn prepare(&mut self, frames: &FrameCache) -> usize {
        match self {
            Self::State(state) if state.frame.is_none() => state.frame.insert(frames.state(state.key)).text().len(),
            Self::State(_) | Self::Bytes(_) => 0,
        }
    }

    /// How many bytes are left to write.
    pub(super) fn remaining(&mut self, frames: &FrameCache) -> usize {
        self.prepare(frames);
        match self {
            Self::Bytes(pending) => pending.bytes.len(),
            Self::State(state) => state.len() - state.written,
        }
    }

    /// Writes as much as the sink takes.
    pub(super) fn write(&self, sink: &mut impl TryWrite) -> io::Result<usize> {
        match self {
            Self::Bytes(pending) => sink.try_write_vectored(&[IoSlice::new(&pending.bytes)]),
            Self::State(state) => state.write(sink),
        }
    }

    /// Removes bytes that have been written. Returns the number of frames that are complete with them.
    pub(super) fn advance(&mut self, written: usize) -> u32 {
        match self {
            Self::Bytes(pending) => pending.advance(written),
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

    /// Drops a shared snapshot or table, which can be encoded again.
    pub(super) fn release_shared(&mut self) {
        if let Self::State(state) = self {
            state.frame = None;
        }
    }
}

/// A snapshot or table in flight. Its bytes are a function of its key, so that they may be dropped halfway and encoded again.
#[derive(Debug, Clone)]
pub(super) struct StateInFlight {
    key: StateKey,
    framing: Framing,
    written: usize,
    frame: Option<Arc<StateFrame>>,
}

impl StateInFlight {
    /// All bytes, written ones included; empty where they have been dropped.
    fn parts(&self) -> [&[u8]; 3] {
        self.frame.as_deref().map_or([&[]; 3], |frame| self.framing.frame_parts(frame))
    }

    fn len(&self) -> usize {
        self.parts().iter().map(|part| part.len()).sum()
    }

    fn write(&self, sink: &mut impl TryWrite) -> io::Result<usize> {
        let mut buffers = self.parts().map(IoSlice::new);
        let mut rest = &mut buffers[..];
        IoSlice::advance_slices(&mut rest, self.written.min(self.len()));
        match rest {
            // In most framings nothing comes after it, and a plain send is cheaper.
            [only, behind @ ..] if behind.iter().all(|part| part.is_empty()) => {
                sink.try_write_vectored(std::slice::from_ref(only))
            }
            rest => sink.try_write_vectored(rest),
        }
    }
}
