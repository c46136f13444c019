//! What a hub counts, from when it was made, for whoever watches over it.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::playback::Command;

/// What a hub has counted.
#[derive(Debug, Default)]
pub struct Tally {
    opened: AtomicU64,
    closed: AtomicU64,
    /// Of each command in [`Command::NAMES`], those applied and those refused.
    commands: [[AtomicU64; 2]; Command::NAMES.len()],
}

impl Tally {
    /// How many replays have been opened.
    pub fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    /// How many of them have gone, because somebody closed them or because they were over.
    pub fn closed(&self) -> u64 {
        self.closed.load(Ordering::Relaxed)
    }

    /// How often replays were given each command: its name, how often it was applied, and how often it was understood and yet
    /// refused.
    pub fn commands(&self) -> impl Iterator<Item = (&'static str, [u64; 2])> {
        let counts = self.commands.iter().map(|counts| [0, 1].map(|at: usize| counts[at].load(Ordering::Relaxed)));
        Command::NAMES.iter().copied().zip(counts)
    }

    pub(super) fn note_opened(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn note_closed(&self) {
        self.closed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn note_command(&self, name: &str, applied: bool) {
        if let Some(place) = Command::NAMES.iter().position(|known| *known == name) {
            self.commands[place][usize::from(!applied)].fetch_add(1, Ordering::Relaxed);
        }
    }
}
