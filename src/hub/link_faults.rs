//! The link faults of a replay: the plan in force, and a journal of what it has done.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::faults::link::{LinkNote, LinkPlan};

/// How many entries of the journal are kept.
const MAX_NOTES: usize = 1_000;

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
