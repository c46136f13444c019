//! The time before a match: when it is delayed or called off, and when such a decision is taken back.

use super::super::{Item, Telling};
use crate::football::{EventType, Field, MatchClock, Newest, Op, Reading, Status, UtcMillis, Value};

/// How many turns before one match are laid out: every place is sought among its phases, so a file must not be able to
/// make them many.
pub(in super::super) const MAX_TURNS: usize = 100;

/// What changes before a match.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Turn {
    /// It kicks off then; `None`: as scheduled again.
    Kickoff(Option<UtcMillis>),
    /// It is called off, or scheduled again.
    Status(Status),
}

/// The turns before a match.
#[derive(Default)]
pub(super) struct BeforeKickoff {
    /// In the order of the file, each with when the feed says so, on the clock that counts to the scheduled kick-off.
    turns: Vec<(Reading, Turn)>,
    /// The delays that stand.
    delays: Newest<UtcMillis>,
    /// The decisions by which the match is called off that stand, each with the status that it brings.
    decisions: Newest<Status>,
}

impl BeforeKickoff {
    /// All turns, in order.
    pub(super) fn turns(&self) -> &[(Reading, Turn)] {
        &self.turns
    }

    /// The last status that was decided; `None`: none ever was.
    pub(super) fn status(&self) -> Option<Status> {
        self.statuses().next_back().map(|(_, status)| status)
    }

    fn statuses(&self) -> impl DoubleEndedIterator<Item = (Reading, Status)> {
        self.turns.iter().filter_map(|(told, turn)| match turn {
            Turn::Status(status) => Some((*told, *status)),
            Turn::Kickoff(_) => None,
        })
    }

    /// Whether a clock is one of the time before the match, also while it is called off.
    pub(super) fn has(&self, clock: MatchClock) -> bool {
        let called_off = self.status().is_some_and(|status| status != Status::Scheduled);
        matches!(clock.status, Status::Scheduled | Status::Postponed) || clock.status == Status::Abandoned && called_off
    }

    /// Takes in one line of the file. What is said during play comes too late.
    pub(super) fn take(&mut self, item: &Item) {
        let Item::Event(telling) = item else { return };
        let told = telling.told();
        if !self.has(told) {
            return;
        }
        let at = match told.status {
            Status::Scheduled => told.reading,
            // The clock began with the decision.
            _ => {
                let since = self.statuses().next_back().map_or(0, |(since, _)| since.as_millis());
                Reading::from_millis(since + told.reading.as_millis())
            }
        };
        let status = self.decisions.last().copied();
        if self.take_delay(telling) {
            self.add(at, Turn::Kickoff(self.delays.last().copied()));
        }
        self.take_decision(telling);
        let now = self.decisions.last().copied();
        if now != status {
            self.add(at, Turn::Status(now.unwrap_or(Status::Scheduled)));
        }
    }

    fn add(&mut self, at: Reading, turn: Turn) {
        if self.turns.len() < MAX_TURNS {
            self.turns.push((at, turn));
        }
    }

    /// Whether this delays the match, or corrects a delay.
    fn take_delay(&mut self, telling: &Telling) -> bool {
        match telling {
            Telling::First(event) if event.kind == EventType::Delayed => {
                self.delays.set(&event.id, event.details.moment(Field::Kickoff));
            }
            Telling::Correction(correction)
                if self.delays.has(&correction.id) || correction.kind == Some(EventType::Delayed) =>
            {
                let other = correction.kind.as_ref().is_some_and(|kind| *kind != EventType::Delayed);
                let kickoff = correction.details.get(Field::Kickoff);
                if other || correction.op == Op::Remove || kickoff.as_deref() == Some(&Value::Withdrawn) {
                    self.delays.set(&correction.id, None);
                } else if let Some(at) = correction.details.moment(Field::Kickoff) {
                    self.delays.set(&correction.id, Some(at));
                }
            }
            _ => return false,
        }
        true
    }

    fn take_decision(&mut self, telling: &Telling) {
        let brings = |kind: &EventType| match kind {
            EventType::Postponed => Some(Status::Postponed),
            // What has a result is not played any more.
            EventType::Abandoned | EventType::Awarded => Some(Status::Abandoned),
            _ => None,
        };
        match telling {
            Telling::First(event) => {
                if let Some(status) = brings(&event.kind) {
                    self.decisions.set(&event.id, Some(status));
                }
            }
            Telling::Correction(correction) if correction.op == Op::Remove => {
                self.decisions.set(&correction.id, None);
            }
            Telling::Correction(correction) => {
                if let Some(kind) = &correction.kind {
                    // Another decision comes after those that stand.
                    self.decisions.set(&correction.id, None);
                    self.decisions.set(&correction.id, brings(kind));
                }
            }
        }
    }
}
