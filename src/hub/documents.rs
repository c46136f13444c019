//! The documents of dialects: made once for each step of the clock, and shared by all who request them.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::dialect::document::{DocumentResponse, NumericIds, Usage};
use crate::scenario::{MediaTime, Timeline};

/// How many documents of a dialect are kept at a time, and the longest request of one, in bytes.
pub(super) const MAX_KEPT: usize = 256;
const MAX_KEY_BYTES: usize = 512;
/// How many bytes of documents of a dialect are kept at a time.
const MAX_KEPT_BYTES: usize = 8 << 20;
/// The time in which requests are counted.
const MINUTE: Duration = Duration::from_secs(60);

/// The documents of a replay.
#[derive(Debug, Default)]
pub(super) struct Documents {
    ids: OnceLock<NumericIds>,
    /// Held for a look. A dialect has a slot from its first request on; there are few dialects.
    slots: Mutex<Vec<Slot>>,
}

/// The documents of one dialect.
#[derive(Debug)]
struct Slot {
    dialect: Arc<str>,
    step: Option<Step>,
    /// By path and query.
    documents: HashMap<String, Arc<OnceLock<DocumentResponse>>>,
    usage: Usage,
    minute_began: Instant,
}

/// What documents depend on, beside the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) timeline: (usize, usize),
    pub(super) index: usize,
    pub(super) at: MediaTime,
}

impl Documents {
    fn slot<'a>(slots: &'a mut Vec<Slot>, dialect: &str, now: Instant) -> &'a mut Slot {
        let place = slots.iter().position(|slot| &*slot.dialect == dialect).unwrap_or(slots.len());
        if place == slots.len() {
            let (documents, usage) = (HashMap::new(), Usage::default());
            slots.push(Slot { dialect: dialect.into(), step: None, documents, usage, minute_began: now });
        }
        &mut slots[place]
    }

    pub(super) fn count(&self, dialect: &str, now: Instant) -> Usage {
        let mut slots = self.slots.lock();
        let slot = Self::slot(&mut slots, dialect, now);
        if now.saturating_duration_since(slot.minute_began) >= MINUTE {
            (slot.minute_began, slot.usage.requests_this_minute) = (now, 0);
        }
        slot.usage.requests += 1;
        slot.usage.requests_this_minute += 1;
        slot.usage
    }

    /// The place of the document for a request at a step; `None`: there is none left.
    pub(super) fn kept(
        &self,
        dialect: &str,
        step: Step,
        key: &str,
        now: Instant,
    ) -> Option<Arc<OnceLock<DocumentResponse>>> {
        if key.len() > MAX_KEY_BYTES {
            return None;
        }
        let mut slots = self.slots.lock();
        let slot = Self::slot(&mut slots, dialect, now);
        if slot.step != Some(step) {
            (slot.step, slot.documents) = (Some(step), HashMap::new());
        }
        if let Some(kept) = slot.documents.get(key) {
            return Some(kept.clone());
        }
        let bytes: usize = slot.documents.values().filter_map(|kept| kept.get()).map(|kept| kept.body.len()).sum();
        if slot.documents.len() >= MAX_KEPT || bytes >= MAX_KEPT_BYTES {
            return None;
        }
        Some(slot.documents.entry(key.to_owned()).or_default().clone())
    }

    /// The numbers of the scenario. Feed faults change none of them.
    pub(super) fn ids(&self, timeline: &Timeline) -> &NumericIds {
        self.ids.get_or_init(|| NumericIds::new(timeline))
    }

    /// How many documents have been requested.
    pub(super) fn requests(&self) -> u64 {
        self.slots.lock().iter().map(|slot| slot.usage.requests).sum()
    }

    /// How many documents are kept of the first dialect.
    #[cfg(test)]
    pub(super) fn kept_count(&self) -> usize {
        self.slots.lock().first().map_or(0, |slot| slot.documents.len())
    }
}
