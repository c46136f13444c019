//! An encoded snapshot or table, counted for as long as anybody holds it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::frame::Frame;
use crate::dialect::native::SnapshotDetail;
use crate::scenario::Span;

/// Which snapshot or table of a timeline. Its bytes are a function of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum StateKey {
    Snapshot {
        track: usize,
        index: usize,
        detail: SnapshotDetail,
    },
    Table {
        table: usize,
        index: usize,
    },
    /// All matches as hello tells of them, which is not a frame, but kept likewise.
    Matches {
        kickoff_moved: Span,
    },
}

/// An encoded snapshot or table.
#[derive(Debug)]
pub struct StateFrame {
    frame: Frame,
    /// Whether somebody asked for it since it was last considered for eviction.
    pub(super) used: AtomicBool,
    /// How many bytes of such frames there are in all.
    total: Arc<AtomicUsize>,
}

impl StateFrame {
    /// Counts a frame until this is dropped.
    pub(super) fn counted(frame: Frame, total: &Arc<AtomicUsize>) -> Arc<Self> {
        total.fetch_add(frame.memory(), Ordering::Relaxed);
        Arc::new(Self { frame, used: AtomicBool::new(false), total: total.clone() })
    }

    /// Its text, a JSON object.
    pub fn text(&self) -> &[u8] {
        self.frame.text()
    }

    /// With the header of a WebSocket in front.
    pub(super) fn websocket(&self) -> &[u8] {
        self.frame.websocket()
    }
}

impl Drop for StateFrame {
    fn drop(&mut self) {
        self.total.fetch_sub(self.frame.memory(), Ordering::Relaxed);
    }
}
