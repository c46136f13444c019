//! The time before a match: delays, decisions to call it off, and their corrections.

use super::super::{EventRecord, LineContent};
use crate::football::{EventType, Field, FieldValue, MatchClock, Op, Reading, Status, UtcMillis, ValueHistory};

/// The maximum number of changes before one match. Every lookup of a time searches the phases of the match, so a file must
/// not be able to make them many.
pub(in super::super) const MAX_PREMATCH_CHANGES: usize = 100;

/// A change before a match.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum PrematchChange {
    /// A new kick-off; `None` for the scheduled one again.
    Kickoff(Option<UtcMillis>),
    /// The match is called off, or scheduled again.
    Status(Status),
}

/// The changes before a match.
#[derive(Default)]
pub(in super::super) struct Prematch {
    /// In file order, each with the reading at which the feed reports it, on the clock that counts down to the scheduled
    /// kick-off.
    changes: Vec<(Reading, PrematchChange)>,
    /// The delays in force.
    delays: ValueHistory<UtcMillis>,
    /// The decisions in force that call the match off, each with the resulting status.
    decisions: ValueHistory<Status>,
}

impl Prematch {
    /// All changes, in file order.
    pub(super) fn changes(&self) -> &[(Reading, PrematchChange)] {
        &self.changes
    }

    /// The status after the last decision; `None` if there was none.
    pub(super) fn status(&self) -> Option<Status> {
        self.statuses().next_back().map(|(_, status)| status)
    }

    fn statuses(&self) -> impl DoubleEndedIterator<Item = (Reading, Status)> {
        self.changes.iter().filter_map(|(reported, change)| match change {
            PrematchChange::Status(status) => Some((*reported, *status)),
            PrematchChange::Kickoff(_) => None,
        })
    }

    /// Whether a clock belongs to the time before the match, including while it is called off.
    pub(super) fn covers(&self, clock: MatchClock) -> bool {
        let is_called_off = || self.decisions.latest().is_some();
        matches!(clock.status, Status::Scheduled | Status::Postponed)
            || clock.status == Status::Abandoned && is_called_off()
    }

    /// The place of a clock that counts from the last decision so far, on the clock that counts down to the scheduled
    /// kick-off; `None` for any other clock.
    pub(in super::super) fn since_decision(&self, clock: MatchClock) -> Option<Reading> {
        let (since, _) = self.statuses().next_back()?;
        (clock.status != Status::Scheduled && self.covers(clock))
            .then(|| Reading::from_millis(since.as_millis() + clock.reading.as_millis()))
    }

    /// Records one line of the file. Ignores reports during play. Returns false if the line is beyond
    /// [`MAX_PREMATCH_CHANGES`].
    pub(in super::super) fn add_change(&mut self, item: &LineContent) -> bool {
        let LineContent::Event(record) = item else { return true };
        let reported = record.reported_at();
        if !self.covers(reported) {
            return true;
        }
        let at = self.since_decision(reported).unwrap_or(reported.reading);
        let status = self.decisions.latest().copied();
        if self.record_delay(record) {
            self.changes.push((at, PrematchChange::Kickoff(self.delays.latest().copied())));
        }
        self.record_decision(record);
        let now = self.decisions.latest().copied();
        if now != status {
            self.changes.push((at, PrematchChange::Status(now.unwrap_or(Status::Scheduled))));
        }
        let within = self.changes.len() <= MAX_PREMATCH_CHANGES;
        self.changes.truncate(MAX_PREMATCH_CHANGES);
        within
    }

    /// Records a delay or the correction of one. Returns false for any other record.
    fn record_delay(&mut self, record: &EventRecord) -> bool {
        match record {
            EventRecord::First(event) if event.kind == EventType::Delayed => {
                self.delays.set(&event.id, event.details.time(Field::Kickoff));
            }
            EventRecord::Correction(correction)
                if self.delays.has(&correction.id) || correction.kind == Some(EventType::Delayed) =>
            {
                let other = correction.kind.as_ref().is_some_and(|kind| *kind != EventType::Delayed);
                let kickoff = correction.details.get(Field::Kickoff);
                if other || correction.op == Op::Remove || kickoff.as_deref() == Some(&FieldValue::Withdrawn) {
                    self.delays.set(&correction.id, None);
                } else if let Some(at) = correction.details.time(Field::Kickoff) {
                    self.delays.set(&correction.id, Some(at));
                }
            }
            _ => return false,
        }
        true
    }

    fn record_decision(&mut self, record: &EventRecord) {
        let resulting_status = |kind: &EventType| match kind {
            EventType::Postponed => Some(Status::Postponed),
            // A match with an awarded result is not played any more.
            EventType::Abandoned | EventType::Awarded => Some(Status::Abandoned),
            _ => None,
        };
        match record {
            EventRecord::First(event) => {
                if let Some(status) = resulting_status(&event.kind) {
                    self.decisions.set(&event.id, Some(status));
                }
            }
            EventRecord::Correction(correction) if correction.op == Op::Remove => {
                self.decisions.set(&correction.id, None);
            }
            EventRecord::Correction(correction) => {
                if let Some(kind) = &correction.kind {
                    // A new type is a new decision, after those in force.
                    self.decisions.set(&correction.id, None);
                    self.decisions.set(&correction.id, resulting_status(kind));
                }
            }
        }
    }
}
