//! Derives the status of a match after each of its events, including corrections of interruptions, awards and ends of
//! periods.

use std::collections::VecDeque;

use crate::football::{EventId, EventType, MatchEvent, Status};

/// How many transitions can still be corrected. Older ones are settled, which bounds the cost of a correction.
const MAX_CORRECTABLE_TRANSITIONS: usize = 100;

/// Tracks the status of one match while its timeline is built.
///
/// A status has two parts: the progress of the match in its course, and its interruption, which is replayed from the
/// transitions in force. A correction of a transition therefore gives the same status as if the feed had reported it
/// correctly from the start.
#[derive(Default)]
pub(super) struct StatusTracker {
    /// The progress of the match.
    course: MatchProgress,
    /// The current interruption, derived from `settled` and `transitions`.
    interruption: Option<Status>,
    /// The interruption before the first of `transitions`.
    settled: Option<Status>,
    /// The transitions in force, in file order.
    transitions: VecDeque<(EventId, Transition)>,
}

/// The furthest status of the course that the match has reached, from [`Status::Scheduled`] to [`Status::FullTime`].
struct MatchProgress(Status);

impl Default for MatchProgress {
    fn default() -> Self {
        Self(Status::Scheduled)
    }
}

impl MatchProgress {
    /// Advances to a status, if it comes later in the course.
    fn advance_to(&mut self, status: Status) {
        if !is_interruption(status) {
            self.0 = self.0.max(status);
        }
    }

    /// Returns to an earlier status.
    fn return_to(&mut self, status: Status) {
        if !is_interruption(status) {
            self.0 = status;
        }
    }
}

/// The effect of an event on the interruption.
#[derive(Clone, Copy)]
enum Transition {
    /// The interruption begins.
    Begins(Status),
    /// Play is resumed.
    Ends,
    /// A period or the match ends, which ends a suspension.
    PeriodEnds,
    /// A result is awarded in this status. A match that has not begun or is interrupted is then abandoned.
    Awarded(Status),
}

impl Transition {
    fn apply_to(self, interruption: Option<Status>) -> Option<Status> {
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
    /// The status after an event with the previous revision `previous`. `is_laid_out` tells whether the layout has a phase
    /// with a status.
    pub(super) fn status_after(
        &mut self,
        event: &MatchEvent,
        previous: Option<&MatchEvent>,
        is_laid_out: impl Fn(Status) -> bool,
    ) -> Status {
        let reported = event.reported_at().status;
        let previous = previous.filter(|previous| previous.is_in_force());
        let gone = previous.filter(|previous| !event.is_in_force() || previous.kind != event.kind);
        if let Some(previous) = gone {
            if ends_a_period(&previous.kind) {
                self.course.return_to(reported);
            }
            self.remove(&event.id);
        }
        let is_new = event.is_in_force() && previous.is_none_or(|previous| previous.kind != event.kind);
        // Feeds report the end of a period of a match that was called off, too. Its progress stays.
        let called_off = matches!(self.interruption, Some(Status::Abandoned | Status::Postponed));
        if !(called_off && ends_a_period(&event.kind)) {
            self.course.advance_to(reported);
            if is_new && let Some(status) = status_after_period(event, is_laid_out) {
                self.course.advance_to(status);
            }
        }
        let transition = match event.kind {
            _ if !is_new => None,
            EventType::Suspended => Some(Transition::Begins(Status::Suspended)),
            EventType::Abandoned => Some(Transition::Begins(Status::Abandoned)),
            EventType::Postponed => Some(Transition::Begins(Status::Postponed)),
            EventType::Resumed => Some(Transition::Ends),
            EventType::PeriodEnd | EventType::MatchEnd => Some(Transition::PeriodEnds),
            EventType::Awarded if is_interruption(reported) => Some(Transition::Awarded(reported)),
            EventType::Awarded => Some(Transition::Awarded(self.course.0)),
            _ => None,
        };
        // An interruption may be known only from an event reported in it. The removal of an interruption is reported in it,
        // too, and does not begin it again.
        let implied = Some(Transition::Begins(reported))
            .filter(|_| is_interruption(reported) && self.interruption.is_none() && gone.is_none());
        if let Some(transition) = transition.or(implied) {
            self.add(event.id.clone(), transition);
        }
        self.interruption.unwrap_or(self.course.0)
    }

    fn add(&mut self, id: EventId, transition: Transition) {
        self.interruption = transition.apply_to(self.interruption);
        self.transitions.push_back((id, transition));
        if self.transitions.len() > MAX_CORRECTABLE_TRANSITIONS
            && let Some((_, oldest)) = self.transitions.pop_front()
        {
            self.settled = oldest.apply_to(self.settled);
        }
    }

    fn remove(&mut self, id: &EventId) {
        self.transitions.retain(|(of, _)| of != id);
        self.interruption = self
            .transitions
            .iter()
            .fold(self.settled, |interruption, (_, transition)| transition.apply_to(interruption));
    }
}

/// The status after an event that ends a period or the match.
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
    fn a_removed_interruption_restores_the_status_before_it() {
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
