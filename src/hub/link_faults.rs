//! The link faults of a replay: the plan in force, and a journal of what it has done.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::faults::link::{LinkNote, LinkPlan};

/// How many entries of the journal are kept.
const MAX_NOTES: usize = 1_000;
/// In this time at most so many lines are logged about what the link faults of a replay do.
const LOG_EVERY: Duration = Duration::from_secs(1);
const MAX_LOG_LINES: u32 = 10;

/// The link faults of a replay.
#[derive(Debug, Default)]
pub(super) struct LinkFaults {
    /// Held for a look or a change. `None`: there have never been any.
    plan: Mutex<Option<Arc<LinkPlan>>>,
    /// Rises with each change of the plan; 0: there have never been any.
    version: AtomicU64,
    /// How many clients have connected, or requested a document, while there were faults.
    attempts: AtomicU64,
    /// Held while one entry is added, or all are copied.
    notes: Mutex<VecDeque<LinkNote>>,
    /// Held while a command changes faults: it reads the plan first.
    pub(super) changing: tokio::sync::Mutex<()>,
    /// The second in which lines were logged last, how many, and how many were not. Held for a look.
    logged: Mutex<LoggedLines>,
}

/// Log lines about what link faults do: ten thousand connections may each have one at the same moment.
#[derive(Debug, Default)]
struct LoggedLines {
    since: Option<Instant>,
    lines: u32,
    suppressed: u32,
}

impl LinkFaults {
    pub(super) fn new(plan: Option<Arc<LinkPlan>>) -> Self {
        let version = u64::from(plan.is_some());
        Self { plan: Mutex::new(plan), version: AtomicU64::new(version), ..Self::default() }
    }

    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The plan in force; `None`: there have never been any link faults.
    pub(super) fn plan(&self) -> Option<Arc<LinkPlan>> {
        if self.version() == 0 {
            return None;
        }
        self.plan.lock().clone()
    }

    /// Replaces the plan. Returns whether that changes anything.
    pub(super) fn set(&self, plan: LinkPlan) -> bool {
        let mut current = self.plan.lock();
        if current.is_none() && plan.is_empty() {
            return false;
        }
        *current = Some(Arc::new(plan));
        // While the lock is held, so that a reader of the new version finds the new plan.
        self.version.fetch_add(1, Ordering::Release);
        true
    }

    /// The number of an attempt to connect, or of a request.
    pub(super) fn count_attempt(&self) -> u64 {
        self.attempts.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether a line may be logged, and how many were not since the last one.
    pub(super) fn allow_log_line(&self, now: Instant) -> Option<u32> {
        let mut logged = self.logged.lock();
        if logged.since.is_none_or(|since| now.saturating_duration_since(since) >= LOG_EVERY) {
            (logged.since, logged.lines) = (Some(now), 0);
        }
        if logged.lines == MAX_LOG_LINES {
            logged.suppressed += 1;
            return None;
        }
        logged.lines += 1;
        Some(std::mem::take(&mut logged.suppressed))
    }

    pub(super) fn note(&self, note: LinkNote) {
        let mut notes = self.notes.lock();
        if notes.len() == MAX_NOTES {
            notes.pop_front();
        }
        notes.push_back(note);
    }

    pub(super) fn notes(&self) -> Vec<LinkNote> {
        self.notes.lock().iter().cloned().collect()
    }
}
