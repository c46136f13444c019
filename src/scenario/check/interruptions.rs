//! Suspensions: a suspended match is resumed or abandoned, and nothing is played meanwhile.

use std::collections::HashMap;

use super::super::layout::STATUS_ORDER;
use super::report::{LineRef, LintReport, clock_text};
use super::{EventRecord, EventType, LineContent, MatchClock, MatchEvent, MatchView, Op, Reading, Severity, Status};
use crate::football::{EventId, TypeClass};

/// The events that interrupt play or resume it, in the order of the file. The timeline has laid later clocks after the
/// suspension already, so its order does not show the mistake.
#[derive(Default)]
struct Interruptions<'a> {
    /// Line, type and clock of each; `None` if removed.
    list: Vec<Option<(u32, &'a EventType, MatchClock)>>,
    /// The index in `list` of each event that is not removed.
    indices: HashMap<&'a EventId, usize>,
}

impl<'a> Interruptions<'a> {
    fn add(&mut self, id: &'a EventId, line: u32, kind: &'a EventType, clock: MatchClock) {
        self.indices.insert(id, self.list.len());
        self.list.push(Some((line, kind, clock)));
    }

    fn remove(&mut self, id: &EventId) {
        if let Some(index) = self.indices.remove(id) {
            self.list[index] = None;
        }
        while self.list.pop_if(|last| last.is_none()).is_some() {}
    }

    fn last_kind(&self) -> Option<&EventType> {
        self.list.last().copied().flatten().map(|(_, kind, _)| kind)
    }

    /// Line and clock of the suspension that has not ended.
    fn open_suspension(&self) -> Option<(u32, MatchClock)> {
        let (line, kind, clock) = self.list.last().copied().flatten()?;
        (*kind == EventType::Suspended).then_some((line, clock))
    }
}

/// The place of a clock in the course of a match; `None` outside it.
fn place_in_course(clock: MatchClock) -> Option<(usize, Reading)> {
    let step = STATUS_ORDER.iter().position(|status| *status == clock.status)?;
    Some((step, clock.reading))
}

/// A suspension is followed by `resumed`, `abandoned` or `awarded`, and nothing is played in between.
pub(super) fn check_suspensions_are_resolved(view: &MatchView<'_>, out: &mut LintReport) {
    if view.may_lack(&[EventType::Suspended, EventType::Resumed, EventType::Abandoned]) {
        return;
    }
    let final_events = view.final_events();
    let lasts = |id: &EventId, kind: &EventType| final_events.get(id.as_str()).is_some_and(|last| last.kind == *kind);
    let mut interruptions = Interruptions::default();
    // Line, type and clock of the `abandoned` or `awarded`, in force in the end, after which nothing is played.
    let mut over: Option<(u32, &EventType, MatchClock)> = None;
    for (entry, _) in &view.entries {
        let (line, place) = (entry.line, LineRef::Line(entry.line));
        let (id, kind, clock) = match &entry.item {
            LineContent::Event(EventRecord::First(event)) => (&event.id, &event.kind, event.clock),
            LineContent::Event(EventRecord::Correction(correction)) => {
                if correction.op == Op::Remove || correction.kind.is_some() {
                    interruptions.remove(&correction.id);
                }
                let Some(kind) = &correction.kind else { continue };
                (&correction.id, kind, correction.told)
            }
            LineContent::Marker(_) | LineContent::Fault(_) => continue,
        };
        let suspended = interruptions.open_suspension();
        let stopped = suspended.map_or(clock, |(_, at)| at);
        match (kind, over) {
            (EventType::Abandoned | EventType::Awarded, None)
                if lasts(id, kind) && place_in_course(stopped).is_some() =>
            {
                over = Some((line, kind, stopped));
            }
            (EventType::Resumed, _) => over = None,
            (_, Some((since, decision, at)))
                if (kind.is(TypeClass::Play) || *kind == EventType::PeriodStart)
                    && matches!(entry.item, LineContent::Event(EventRecord::First(_)))
                    && final_events.contains_key(id.as_str())
                    && place_in_course(clock) > place_in_course(at) =>
            {
                let (severity, what) = match decision {
                    EventType::Awarded => (Severity::Warning, "the result is awarded"),
                    _ => (Severity::Error, "the match is abandoned"),
                };
                let message = format!("play goes on after {what} at {}, on line {since}", clock_text(at));
                out.add(severity, place, "clock", message);
            }
            _ => {}
        }
        match (kind, suspended) {
            (EventType::Suspended, Some((since, _))) => {
                out.error(
                    place,
                    "type",
                    format!("play is suspended since line {since}: \"resumed\" or \"abandoned\" comes first"),
                );
            }
            (EventType::Suspended, None) => interruptions.add(id, line, kind, clock),
            (EventType::Resumed, None) => {
                let message = match interruptions.last_kind() {
                    Some(EventType::Abandoned) => {
                        "an abandoned match cannot be resumed: if it is continued later, write \"suspended\" instead \
                         of \"abandoned\""
                    }
                    _ => "play is not suspended: \"resumed\" needs a \"suspended\" before it",
                };
                out.error(place, "type", message.into());
            }
            (EventType::Resumed, _) if clock.period().is_some() => {
                interruptions.add(id, line, kind, clock);
                let message = "\"resumed\" in a period gives the suspension no duration: write \"status\":\"suspended\", and \
                               the duration as \"clock\"";
                out.warning(place, "period", message.into());
            }
            (EventType::Awarded, _) if !lasts(id, kind) => {}
            (EventType::Resumed | EventType::Abandoned | EventType::Awarded, _) => {
                interruptions.add(id, line, kind, clock)
            }
            (_, Some((since, at)))
                if clock.period().is_some() && clock.status == at.status && clock.reading > at.reading =>
            {
                let at = at.reading;
                let message = format!("play is suspended at {at}, on line {since}: \"resumed\" comes first");
                out.error(place, "clock", message);
            }
            _ => {}
        }
    }
    if let Some((line, _)) = interruptions.open_suspension() {
        let message = "no \"resumed\" or \"abandoned\" follows this suspension".to_owned();
        out.warning(LineRef::Line(line), "type", message);
    }
}

/// Whether an event resumes a match that is abandoned.
pub(super) fn resumes_abandoned(event: &MatchEvent) -> bool {
    event.kind == EventType::Resumed && event.clock.status == Status::Abandoned
}

#[cfg(test)]
mod tests {
    use super::super::testing::finds;

    #[test]
    fn a_suspension_is_resumed_or_abandoned() {
        finds(
            r#"{"type":"suspended","period":1,"clock":"20:00"}
               {"type":"foul","period":1,"clock":"20:30","side":"home"}
               {"type":"resumed","status":"suspended","clock":"05:00"}
               {"type":"foul","period":1,"clock":"20:30","side":"home"}"#,
            &[
                "4 \"20:30\": error: play is suspended at 20:00, on line 3: \"resumed\" comes first",
                "5 \"05:00\": error: told at 05:00 of suspended, after line 4, which is told at 20:30 of period 1: sort the lines by when they are told",
            ],
        );
        for status in ["suspended", "abandoned"] {
            finds(
                &r#"{"type":"abandoned","period":1,"clock":"20:00"}
                   {"type":"resumed","status":"STATUS","clock":"12:00"}
                   {"type":"foul","period":1,"clock":"30:00","side":"home"}"#
                    .replace("STATUS", status),
                &[
                    "4 \"resumed\": error: an abandoned match cannot be resumed: if it is continued later, write \"suspended\" instead of \"abandoned\"",
                ],
            );
        }
        finds(
            r#"{"type":"resumed","period":1,"clock":"20:00"}
               {"type":"suspended","period":1,"clock":"21:00"}"#,
            &[
                "3 \"resumed\": error: play is not suspended: \"resumed\" needs a \"suspended\" before it",
                "4 \"suspended\": warning: no \"resumed\" or \"abandoned\" follows this suspension",
            ],
        );
        finds(
            r#"{"type":"suspended","period":1,"clock":"20:00"}
               {"type":"abandoned","status":"suspended","clock":"30:00"}"#,
            &[],
        );
    }

    #[test]
    fn corrections_of_interruptions_count() {
        let start = r#"{"type":"suspended","id":"s","period":1,"clock":"20:00"}"#;
        let resumed = r#"{"type":"resumed","status":"suspended","clock":"40:00"}"#;
        let case = |lines: &[&str]| finds(&[&[start], lines].concat().join("\n"), &[]);
        let abandoned = r#"{"type":"abandoned","id":"a","status":"suspended","clock":"20:00"}"#;
        case(&[abandoned, r#"{"op":"remove","id":"a","told":"21:00","told_status":"suspended"}"#, resumed]);
        let early = r#"{"type":"resumed","id":"r","status":"suspended","clock":"30:00"}"#;
        case(&[early, r#"{"op":"remove","id":"r","told":"31:00","told_status":"suspended"}"#, resumed]);
        case(&[r#"{"op":"update","id":"s","told":"5:00","told_status":"suspended","type":"abandoned"}"#]);
        finds(
            r#"{"type":"abandoned","period":1,"clock":"20:00"}
               {"type":"resumed","status":"suspended","clock":"9000:00"}
               {"type":"goal","period":1,"clock":"30:00","side":"home","player":"h9"}"#,
            &[
                "4 \"resumed\": error: an abandoned match cannot be resumed: if it is continued later, write \"suspended\" instead of \"abandoned\"",
            ],
        );
    }

    #[test]
    fn an_abandoned_match_is_not_played_on() {
        let abandoned = r#"{"type":"abandoned","id":"a","period":1,"clock":"20:00"}"#;
        let suspended = r#"{"type":"suspended","period":1,"clock":"20:00"}"#;
        let later = r#"{"type":"abandoned","status":"suspended","clock":"20:00"}"#;
        let awarded = r#"{"type":"awarded","period":1,"clock":"20:00","score":{"home":3,"away":0}}"#;
        let before = r#"{"type":"foul","period":1,"clock":"19:50","told":"20:30","side":"home"}"#;
        let card = r#"{"type":"red_card","period":1,"clock":"20:30","side":"home","player":"h5"}"#;
        let goal = r#"{"type":"goal","id":"g","period":1,"clock":"21:00","side":"home","player":"h9"}"#;
        let second = r#"{"type":"period_start","period":2,"clock":"45:00"}"#;
        let end = r#"{"type":"match_end","period":1,"clock":"22:00"}"#;
        let case = |lines: &[&str], expected: &[&str]| finds(&lines.join("\n"), expected);
        case(&[abandoned, before, card, end], &[]);
        let played_on = "play goes on after the match is abandoned at 20:00 of period 1, on line 3";
        case(&[abandoned, goal, second], &[&format!("4 \"21:00\": error: {played_on} (and 1 more)")]);
        case(&[abandoned, second], &[&format!("4 \"45:00\": error: {played_on}")]);
        case(&[abandoned, goal, r#"{"op":"remove","id":"g","told":"22:00"}"#], &[]);
        case(&[abandoned, goal, r#"{"op":"remove","id":"a","told":"22:00"}"#], &[]);
        case(
            &[suspended, later, second],
            &["5 \"45:00\": error: play goes on after the match is abandoned at 20:00 of period 1, on line 4"],
        );
        case(
            &[awarded, goal],
            &["4 \"21:00\": warning: play goes on after the result is awarded at 20:00 of period 1, on line 3"],
        );
        case(&[awarded, end], &[]);
    }

    #[test]
    fn a_match_is_suspended_once_it_has_begun() {
        finds(
            r#"{"type":"suspended","status":"scheduled","clock":"-5:00"}
               {"type":"resumed","status":"suspended","clock":"10:00"}"#,
            &[
                "3 \"suspended\": error: suspended comes after kick-off, in a period or a break: before it write \"delayed\" or \"postponed\"",
            ],
        );
    }
}
