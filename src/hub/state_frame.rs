//! An encoded snapshot or table, counted for as long as a reference to it exists.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::frame::Frame;
use crate::dialect::native::SnapshotDetail;
use crate::scenario::Span;

/// Identifies a snapshot or table of a timeline. The bytes are a function of this key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum StateKey {
    Snapshot {
        track: usize,
        index: usize,
        /// How many true cues are past: with feed faults, time passes between two cues that are sent.
        past: usize,
        detail: SnapshotDetail,
    },
    Table {
        table: usize,
        index: usize,
        /// As in a snapshot.
        past: usize,
    },
    /// The list of all matches in hello: no frame, but cached like one.
    Matches { kickoff_offset: Span },
}

/// An encoded snapshot or table.
#[derive(Debug)]
pub struct StateFrame {
    frame: Frame,
    /// Whether it was requested since it was last considered for eviction.
    pub(super) used: AtomicBool,
    /// The number of bytes of all such frames together.
    total: Arc<AtomicUsize>,
}

impl StateFrame {
    /// Counts a frame until it is dropped.
    pub(super) fn new_counted(frame: Frame, total: &Arc<AtomicUsize>) -> Arc<Self> {
        total.fetch_add(frame.memory_bytes(), Ordering::Relaxed);
        Arc::new(Self { frame, used: AtomicBool::new(false), total: total.clone() })
    }

    /// The text, a JSON object.
    pub fn text(&self) -> &[u8] {
        self.frame.text()
    }

    /// The frame with a WebSocket header.
    pub(super) fn websocket(&self) -> &[u8] {
        self.frame.websocket()
    }
}

impl Drop for StateFrame {
    fn drop(&mut self) {
        self.total.fetch_sub(self.frame.memory_bytes(), Ordering::Relaxed);
    }
}
