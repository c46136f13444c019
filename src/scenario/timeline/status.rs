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
        let gone = was.filter(|was| !event.stands() || was.kind != event.kind);
        if let Some(was) = gone {
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
        // A status may be known only from an event that is told in it. What takes an interruption back is told in it, too.
        let implied =
            Some(Turn::Begins(told)).filter(|_| is_interruption(told) && self.interruption.is_none() && gone.is_none());
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

#[cfg(test)]
mod tests {
    use super::super::super::testing::scenario;
    use super::super::{Timeline, Track};

    /// The status after each event, in short, and the phases of the layout.
    fn statuses(lines: &[&str]) -> (String, String) {
        let timeline = Timeline::new(&scenario(&lines.join("\n")));
        let events = timeline.cues().iter().map(|cue| cue.event.status.as_str());
        let Track { layout, .. } = &timeline.tracks()[0];
        let phases = layout.phases().iter().map(|phase| phase.status.as_str());
        (events.collect::<Vec<_>>().join(" "), phases.collect::<Vec<_>>().join(" "))
    }

    const POSTPONED: &str = r#"{"type":"postponed","id":"off","status":"scheduled","clock":"-50:00"}"#;
    const WHILE_OFF: &str = r#"{"type":"commentary","status":"postponed","clock":"3:00","text":"They wait."}"#;
    const START: &str = r#"{"type":"period_start","id":"start","period":1,"clock":"0:00"}"#;
    const SUSPENDED: &str = r#"{"type":"suspended","id":"halt","period":1,"clock":"20:00"}"#;
    const MEANWHILE: &str = r#"{"type":"commentary","status":"suspended","clock":"5:00","text":"They wait."}"#;
    const RESUMED: &str = r#"{"type":"resumed","status":"suspended","clock":"30:00"}"#;
    const GOAL: &str = r#"{"type":"goal","period":1,"clock":"31:00","side":"home","player":"h9"}"#;
    const PLAYED: &str = "first_half half_time second_half full_time";
    const PLAYED_ON: &str = "first_half suspended first_half half_time second_half full_time";

    #[test]
    fn a_match_goes_back_to_what_a_removed_interruption_interrupted() {
        let case = |lines: &[&str], events: &str, phases: &str| {
            assert_eq!(statuses(lines), (events.to_owned(), phases.to_owned()), "{lines:#?}");
        };
        let back = r#"{"op":"remove","id":"off","told":"-40:00"}"#;
        let taken_back = format!("scheduled postponed scheduled {PLAYED}");
        case(&[POSTPONED, back, START], "postponed scheduled first_half", &taken_back);
        case(&[POSTPONED, WHILE_OFF, back, START], "postponed postponed scheduled first_half", &taken_back);
        let back = r#"{"op":"remove","id":"off","told":"10:00","told_status":"postponed"}"#;
        case(&[POSTPONED, WHILE_OFF, back, START], "postponed postponed scheduled first_half", &taken_back);

        let back = r#"{"op":"remove","id":"halt","told":"9:00","told_status":"suspended"}"#;
        case(
            &[START, SUSPENDED, MEANWHILE, back, GOAL],
            "first_half suspended suspended first_half first_half",
            PLAYED_ON,
        );
        let abandoned = r#"{"type":"abandoned","id":"ab","status":"suspended","clock":"20:00"}"#;
        let on = r#"{"op":"remove","id":"ab","told":"21:00","told_status":"suspended"}"#;
        case(
            &[START, SUSPENDED, abandoned, on, RESUMED, GOAL],
            "first_half suspended abandoned suspended first_half first_half",
            PLAYED_ON,
        );
    }

    #[test]
    fn interruptions_are_removed_in_any_order() {
        let case = |lines: &[&str], events: &str| assert_eq!(statuses(lines).0, events, "{lines:#?}");
        let awarded =
            r#"{"type":"awarded","id":"aw","status":"scheduled","clock":"-45:00","score":{"home":3,"away":0}}"#;
        let (off, award) =
            (r#"{"op":"remove","id":"off","told":"-40:00"}"#, r#"{"op":"remove","id":"aw","told":"-30:00"}"#);
        case(&[POSTPONED, awarded, off, award, START], "postponed abandoned abandoned scheduled first_half");
        let (award, off) =
            (r#"{"op":"remove","id":"aw","told":"-40:00"}"#, r#"{"op":"remove","id":"off","told":"-30:00"}"#);
        case(&[POSTPONED, awarded, award, off, START], "postponed abandoned postponed scheduled first_half");
        let awarded = r#"{"type":"awarded","id":"aw","period":1,"clock":"20:00","score":{"home":3,"away":0}}"#;
        let (halt, award) =
            (r#"{"op":"remove","id":"halt","told":"20:30"}"#, r#"{"op":"remove","id":"aw","told":"20:40"}"#);
        case(
            &[START, SUSPENDED, awarded, halt, award, GOAL],
            "first_half suspended abandoned first_half first_half first_half",
        );
    }

    #[test]
    fn a_correction_of_the_type_begins_or_ends_an_interruption() {
        let case = |lines: &[&str], events: &str, phases: &str| {
            assert_eq!(statuses(lines), (events.to_owned(), phases.to_owned()), "{lines:#?}");
        };
        let now = |kind: &str| format!(r#"{{"op":"update","id":"off","told":"-10:00","type":"{kind}"}}"#);
        case(&[POSTPONED, &now("abandoned")], "postponed abandoned", "scheduled postponed abandoned");
        let awarded = now(r#"awarded","score":{"home":3,"away":0},"reason":"absent"#);
        case(&[POSTPONED, &awarded], "postponed abandoned", "scheduled postponed abandoned");
        let delayed =
            r#"{"type":"delayed","id":"off","status":"scheduled","clock":"-50:00","kickoff":"2018-04-22T19:00:00Z"}"#;
        case(&[delayed, &now("postponed")], "scheduled postponed", "scheduled scheduled scheduled postponed");
        let words = r#"{"type":"commentary","id":"off","status":"scheduled","clock":"-50:00","text":"They talk."}"#;
        case(&[words, &now("abandoned")], "scheduled abandoned", "scheduled abandoned");
        let given_up = r#"{"op":"update","id":"halt","told":"5:00","told_status":"suspended","type":"abandoned"}"#;
        case(&[START, SUSPENDED, given_up], "first_half suspended abandoned", "first_half suspended abandoned");
        let injury = r#"{"type":"injury","id":"halt","period":1,"clock":"20:00","side":"home","player":"h5"}"#;
        let halted = r#"{"op":"update","id":"halt","told":"20:30","type":"suspended"}"#;
        case(
            &[START, injury, halted, RESUMED, GOAL],
            "first_half first_half suspended first_half first_half",
            PLAYED_ON,
        );
    }

    #[test]
    fn a_match_is_suspended_in_a_break() {
        let lines = [
            r#"{"type":"period_end","period":1,"clock":"45:00"}"#,
            r#"{"type":"suspended","status":"half_time","clock":"10:00"}"#,
            RESUMED,
            r#"{"type":"period_start","period":2,"clock":"45:00"}"#,
        ];
        let (events, phases) = statuses(&lines);
        assert_eq!(events, "half_time suspended half_time second_half");
        assert_eq!(phases, "first_half half_time suspended half_time second_half full_time");
    }
}
