//! The status of a match after each telling, corrections of interruptions and awards among them.

use crate::football::{EventType, MatchEvent, Status};

/// What has been told of a match so far, while the timeline is built.
#[derive(Default)]
pub(super) struct Teller {
    status: Option<Status>,
    /// How many awards stand, and the status that the first of them has ended.
    awards: usize,
    before_award: Option<Status>,
    /// Where the match is apart from a suspension: what it goes back to when play is resumed.
    course: Option<Status>,
}

impl Teller {
    /// Where the match is once an event has been told that was `was` before. `laid` says whether the match ever has a status.
    pub(super) fn status_after(
        &mut self,
        event: &MatchEvent,
        was: Option<&MatchEvent>,
        laid: impl Fn(Status) -> bool,
    ) -> Status {
        use Status::*;
        let now = self.status.unwrap_or(Scheduled);
        let first = |candidates: &[Status]| candidates.iter().copied().find(|status| laid(*status));
        let told = event.telling().status;
        // What was taken back, or has become another, did not interrupt or end anything.
        let was = was.filter(|was| was.stands());
        let gone = was.filter(|was| !event.stands() || was.kind != event.kind).map(|was| &was.kind);
        let is_new = event.stands() && was.is_none_or(|was| was.kind != event.kind);
        if gone == Some(&EventType::Awarded) {
            self.awards = self.awards.saturating_sub(1);
        }
        let ends_play = |kind: &EventType| {
            matches!(
                kind,
                EventType::PeriodEnd
                    | EventType::MatchEnd
                    | EventType::Suspended
                    | EventType::Abandoned
                    | EventType::Postponed
            )
        };
        let after = match (&event.kind, event.clock.status) {
            _ if gone.is_some_and(ends_play) => told,
            _ if gone == Some(&EventType::Awarded) && self.awards == 0 => self.before_award.take().unwrap_or(now),
            _ if !is_new => now.max_in_course(told),
            // Feeds tell the end of a period and of the match also where play was called off: it stays called off.
            (EventType::PeriodEnd | EventType::MatchEnd, _) if matches!(now, Abandoned | Postponed) => now,
            (EventType::PeriodEnd, FirstHalf) => HalfTime,
            (EventType::PeriodEnd, SecondHalf) => first(&[ExtraTimeBreak, ShootoutBreak]).unwrap_or(FullTime),
            (EventType::PeriodEnd, ExtraFirstHalf) => ExtraHalfTime,
            (EventType::PeriodEnd, ExtraSecondHalf) => first(&[ShootoutBreak]).unwrap_or(FullTime),
            (EventType::PeriodEnd, Shootout) | (EventType::MatchEnd, _) => FullTime,
            (EventType::Suspended, _) => {
                // The suspension may be the first to tell of the period that it interrupts.
                if told != Suspended {
                    self.course = Some(self.course.unwrap_or(Scheduled).max_in_course(told));
                }
                Suspended
            }
            (EventType::Abandoned, _) => Abandoned,
            (EventType::Postponed, _) => Postponed,
            (EventType::Commentary, Postponed) if now != Abandoned => Postponed,
            (EventType::Awarded, _) => {
                self.awards += 1;
                // What has a result is not played any more.
                match now.max_in_course(told) {
                    Scheduled | Suspended | Postponed => {
                        self.before_award = Some(now);
                        Abandoned
                    }
                    other => other,
                }
            }
            (EventType::Resumed, _) => self.course.unwrap_or(Scheduled),
            _ => now.max_in_course(told),
        };
        // An award may be taken back, and what it ended go on.
        if after != Suspended && !(after == Abandoned && self.before_award.is_some()) {
            self.course = Some(after);
        }
        self.status = Some(after);
        after
    }
}

impl Status {
    /// The later of two statuses in the course of a match; interruptions and ends hold until they are told to be over.
    fn max_in_course(self, other: Self) -> Self {
        match self {
            Self::Suspended | Self::Abandoned | Self::Postponed => self,
            _ => self.max(other),
        }
    }
}
