//! The documents of dialects: made once for each step of the clock, and shared by all who request them.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::OnceCell;

use crate::dialect::document::{DocumentResponse, NumericIds, Usage};
use crate::scenario::{MediaTime, Timeline, WeakTimeline};

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
    /// Locked briefly. A dialect has a slot from its first request on; there are few dialects.
    slots: Mutex<Vec<Slot>>,
}

/// The place of a document, made by the first who needs it.
pub(crate) type DocumentCell = Arc<OnceCell<DocumentResponse>>;

/// How many documents of dialects have been requested. Images do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct DocumentCounts {
    /// All, whatever the answer was.
    pub(crate) requested: u64,
    /// Those that a fault has refused, or that were answered with an error status.
    pub(crate) refused: u64,
}

impl std::iter::Sum for DocumentCounts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, own| Self {
            requested: sum.requested + own.requested,
            refused: sum.refused + own.refused,
        })
    }
}

/// The documents of one dialect.
#[derive(Debug)]
struct Slot {
    dialect: Arc<str>,
    step: Option<Step>,
    /// By path and query.
    documents: HashMap<String, DocumentCell>,
    usage: Usage,
    counts: DocumentCounts,
    minute_began: Instant,
}

/// What documents depend on, beside the request.
#[derive(Debug)]
pub(super) struct Step {
    timeline: (usize, usize),
    /// As long as it is held, no other timeline has this identity.
    _holder: WeakTimeline,
    index: usize,
    at: MediaTime,
}

impl Step {
    pub(super) fn new(timeline: &Timeline, index: usize, at: MediaTime) -> Self {
        Self { timeline: timeline.identity(), _holder: timeline.downgrade(), index, at }
    }

    fn is_same(&self, other: &Self) -> bool {
        (self.timeline, self.index, self.at) == (other.timeline, other.index, other.at)
    }
}

impl Documents {
    fn slot<'a>(slots: &'a mut Vec<Slot>, dialect: &str, now: Instant) -> &'a mut Slot {
        let place = slots.iter().position(|slot| &*slot.dialect == dialect).unwrap_or(slots.len());
        if place == slots.len() {
            slots.push(Slot {
                dialect: dialect.into(),
                step: None,
                documents: HashMap::new(),
                usage: Usage::default(),
                counts: DocumentCounts::default(),
                minute_began: now,
            });
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

    /// The place of the document for a request at a step; `None`: the request is too long to be kept.
    pub(super) fn kept(&self, dialect: &str, step: Step, key: &str, now: Instant) -> Option<DocumentCell> {
        if key.len() > MAX_KEY_BYTES {
            return None;
        }
        let mut slots = self.slots.lock();
        let slot = Self::slot(&mut slots, dialect, now);
        if !slot.step.as_ref().is_some_and(|before| before.is_same(&step)) {
            (slot.step, slot.documents) = (Some(step), HashMap::new());
        }
        if let Some(kept) = slot.documents.get(key) {
            return Some(kept.clone());
        }
        let bytes: usize = slot.documents.values().filter_map(|kept| kept.get()).map(|kept| kept.body.len()).sum();
        if slot.documents.len() >= MAX_KEPT || bytes >= MAX_KEPT_BYTES {
            // Addresses that differ in each request must not keep out those that all ask for.
            slot.documents.clear();
        }
        Some(slot.documents.entry(key.to_owned()).or_default().clone())
    }

    /// The numbers of the scenario. Feed faults change none of them.
    pub(super) fn ids(&self, timeline: &Timeline) -> &NumericIds {
        self.ids.get_or_init(|| NumericIds::new(timeline))
    }

    pub(super) fn note_response(&self, dialect: &str, refused: bool, now: Instant) {
        let mut slots = self.slots.lock();
        let counts = &mut Self::slot(&mut slots, dialect, now).counts;
        counts.requested += 1;
        counts.refused += u64::from(refused);
    }

    pub(super) fn counts(&self) -> DocumentCounts {
        self.slots.lock().iter().map(|slot| slot.counts).sum()
    }

    /// How many documents are kept of the first dialect.
    #[cfg(test)]
    pub(super) fn kept_count(&self) -> usize {
        self.slots.lock().first().map_or(0, |slot| slot.documents.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::{FaultPlan, apply};
    use crate::scenario::SHIPPED;

    #[test]
    fn a_timeline_that_is_gone_is_never_taken_for_another_one() {
        let truth = Timeline::new(&SHIPPED[0].load().expect("shipped"));
        let faulty = |plan: &str| apply(&truth, &FaultPlan::parse(plan).expect("a plan"), 0).expect("faults");
        let (documents, now) = (Documents::default(), Instant::now());
        let first = faulty("drop:at=koulibaly-goal");
        let identity = first.identity();
        let step = |timeline: &Timeline| Step::new(timeline, 80, MediaTime::ZERO);
        let kept = documents.kept("d", step(&first), "a", now).expect("a place");
        kept.set(DocumentResponse::of(200, "text/plain", "first")).expect("empty");
        drop(first);
        // Without a holder the next one is at the same address.
        for _ in 0..50 {
            let next = faulty("vanish:at=koulibaly-goal,by=60s");
            assert_ne!(next.identity(), identity);
        }
        let next = faulty("vanish:at=koulibaly-goal,by=60s");
        assert_eq!(documents.kept("d", step(&next), "a", now).expect("a place").get(), None);
    }
}
