//! The status of a match after each of its events, with corrections of interruptions, awards and ends of periods.

use std::collections::VecDeque;

use crate::football::{EventId, EventType, MatchEvent, Status};

/// How many interruptions can still be corrected: the older ones are settled, so that a correction costs no more in a
/// match with many.
const MAX_TURNS: usize = 100;

/// Follows the status of one match while its timeline is built.
///
/// Two things make up a status: how far the match has come in its course, and what interrupts it, which is derived
/// from the interruptions that stand. So a correction of one gives the same status as if the match had been told that
/// way from the start.
#[derive(Default)]
pub(super) struct StatusTracker {
    /// The furthest step of the course that was told of.
    course: Course,
    /// What interrupts the match: derived from `settled` and `turns`.
    interruption: Option<Status>,
    /// What interrupted the match before the first of `turns`.
    settled: Option<Status>,
    /// What interrupts the match or takes it up again, in the order of telling.
    turns: VecDeque<(EventId, Turn)>,
}

/// A step in the course of a match, from [`Status::Scheduled`] to [`Status::FullTime`].
struct Course(Status);

impl Default for Course {
    fn default() -> Self {
        Self(Status::Scheduled)
    }
}

impl Course {
    /// Moves on to a status that comes later in the course.
    fn reach(&mut self, status: Status) {
        if !is_interruption(status) {
            self.0 = self.0.max(status);
        }
    }

    /// Goes back to a status.
    fn return_to(&mut self, status: Status) {
        if !is_interruption(status) {
            self.0 = status;
        }
    }
}

/// What an event does to an interruption.
#[derive(Clone, Copy)]
enum Turn {
    /// The match is interrupted by this.
    Begins(Status),
    /// Play is resumed.
    Ends,
    /// A period or the match ends, and with it a suspension.
    PeriodEnds,
    /// A result is awarded in this status: a match that has not begun or is interrupted is not played any more.
    Awarded(Status),
}

impl Turn {
    fn after(self, interruption: Option<Status>) -> Option<Status> {
        use Status::*;
        match (self, interruption) {
            (Self::Begins(status), _) => Some(status),
            (Self::Ends, _) | (Self::PeriodEnds, Some(Suspended)) => None,
            (Self::PeriodEnds, other) => other,
            (Self::Awarded(Scheduled | Suspended | Postponed | Abandoned), _) => Some(Abandoned),
            (Self::Awarded(_), Some(Suspended | Postponed)) => Some(Abandoned),
            (Self::Awarded(_), other) => other,
        }
    }
}

fn is_interruption(status: Status) -> bool {
    matches!(status, Status::Suspended | Status::Abandoned | Status::Postponed)
}

fn ends_a_period(kind: &EventType) -> bool {
    matches!(kind, EventType::PeriodEnd | EventType::MatchEnd)
}

impl StatusTracker {
    /// The status after an event whose revision before was `was`. `is_laid_out` says whether the match ever has a
    /// status.
    pub(super) fn status_after(
        &mut self,
        event: &MatchEvent,
        was: Option<&MatchEvent>,
        is_laid_out: impl Fn(Status) -> bool,
    ) -> Status {
        let told = event.telling().status;
        let was = was.filter(|was| was.stands());
        if let Some(was) = was.filter(|was| !event.stands() || was.kind != event.kind) {
            if ends_a_period(&was.kind) {
                self.course.return_to(told);
            }
            self.remove(&event.id);
        }
        let is_new = event.stands() && was.is_none_or(|was| was.kind != event.kind);
        // Feeds tell the end of a period also of a match that was called off, which stays as far as it came.
        let called_off = matches!(self.interruption, Some(Status::Abandoned | Status::Postponed));
        if !(called_off && ends_a_period(&event.kind)) {
            self.course.reach(told);
            if is_new && let Some(status) = status_after_period(event, is_laid_out) {
                self.course.reach(status);
            }
        }
        let turn = match event.kind {
            _ if !is_new => None,
            EventType::Suspended => Some(Turn::Begins(Status::Suspended)),
            EventType::Abandoned => Some(Turn::Begins(Status::Abandoned)),
            EventType::Postponed => Some(Turn::Begins(Status::Postponed)),
            EventType::Resumed => Some(Turn::Ends),
            EventType::PeriodEnd | EventType::MatchEnd => Some(Turn::PeriodEnds),
            EventType::Awarded if is_interruption(told) => Some(Turn::Awarded(told)),
            EventType::Awarded => Some(Turn::Awarded(self.course.0)),
            _ => None,
        };
        // A status may be known only from an event that is told in it.
        let implied = Some(Turn::Begins(told)).filter(|_| is_interruption(told) && self.interruption.is_none());
        if let Some(turn) = turn.or(implied) {
            self.add(event.id.clone(), turn);
        }
        self.interruption.unwrap_or(self.course.0)
    }

    fn add(&mut self, id: EventId, turn: Turn) {
        self.interruption = turn.after(self.interruption);
        self.turns.push_back((id, turn));
        if self.turns.len() > MAX_TURNS
            && let Some((_, oldest)) = self.turns.pop_front()
        {
            self.settled = oldest.after(self.settled);
        }
    }

    fn remove(&mut self, id: &EventId) {
        self.turns.retain(|(of, _)| of != id);
        self.interruption = self.turns.iter().fold(self.settled, |interruption, (_, turn)| turn.after(interruption));
    }
}

/// The status that follows the end of a period or of the match.
fn status_after_period(event: &MatchEvent, is_laid_out: impl Fn(Status) -> bool) -> Option<Status> {
    use Status::*;
    let first = |candidates: &[Status]| candidates.iter().copied().find(|status| is_laid_out(*status));
    match (&event.kind, event.clock.status) {
        (EventType::PeriodEnd, FirstHalf) => Some(HalfTime),
        (EventType::PeriodEnd, SecondHalf) => Some(first(&[ExtraTimeBreak, ShootoutBreak]).unwrap_or(FullTime)),
        (EventType::PeriodEnd, ExtraFirstHalf) => Some(ExtraHalfTime),
        (EventType::PeriodEnd, ExtraSecondHalf) => Some(first(&[ShootoutBreak]).unwrap_or(FullTime)),
        (EventType::PeriodEnd, Shootout) | (EventType::MatchEnd, _) => Some(FullTime),
        _ => None,
    }
}
