//! Counters of a hub, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::playback::Command;

/// Counters since the hub was created.
#[derive(Debug, Default)]
pub struct HubCounters {
    /// The number of replays opened.
    pub opened: AtomicU64,
    /// The number of replays that were closed, evicted or over.
    pub closed: AtomicU64,
    /// For each command in [`Command::NAMES`]: how often it was applied and how often rejected.
    commands: [[AtomicU64; 2]; Command::NAMES.len()],
}

impl HubCounters {
    /// For each command its name, how often it was applied, and how often it was valid but rejected.
    pub fn commands(&self) -> impl Iterator<Item = (&'static str, [u64; 2])> {
        let counts = self.commands.iter().map(|counts| [0, 1].map(|at: usize| counts[at].load(Ordering::Relaxed)));
        Command::NAMES.iter().copied().zip(counts)
    }

    pub(super) fn count_replay_opened(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_replay_closed(&self) {
        self.closed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_command(&self, name: &str, applied: bool) {
        if let Some(place) = Command::NAMES.iter().position(|known| *known == name) {
            self.commands[place][usize::from(!applied)].fetch_add(1, Ordering::Relaxed);
        }
    }
}
