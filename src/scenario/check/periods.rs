//! Periods: events lie between the start and end of their period, and play happens in a period.

use super::report::{LineRef, LintReport};
use super::{EventType, MatchView, Op, Period, Reading, Revision};
use crate::football::TypeClass;

/// The start and end of a period so far.
#[derive(Default, Clone, Copy)]
struct Bounds {
    /// The match has a `period_start` for it.
    has_start: bool,
    /// The line of its `period_start`.
    started: Option<u32>,
    /// The clock and line of its end.
    ended: Option<(Reading, u32)>,
}

fn index_of(period: Period) -> usize {
    usize::from(period.number()) - 1
}

/// Events of a period come after its start and not after its end. Each period starts and ends once, and the match ends
/// once.
pub(super) fn check_events_lie_within_their_period(view: &MatchView<'_>, out: &mut LintReport) {
    if view.may_lack(&[EventType::PeriodStart, EventType::PeriodEnd, EventType::MatchEnd]) {
        return;
    }
    let mut bounds = [Bounds::default(); Period::ALL.len()];
    for revision in &view.revisions {
        if let (EventType::PeriodStart, Some(period)) = (&revision.event.kind, revision.event.clock.period()) {
            bounds[index_of(period)].has_start = true;
        }
    }
    let mut over: Option<(Period, u32)> = None;
    for revision in &view.revisions {
        let Some(period) = revision.event.clock.period() else { continue };
        let bound = &mut bounds[index_of(period)];
        match revision.event.op {
            Op::Add => {
                if let Some((field, message)) = out_of_bounds_text(revision, period, bound, over) {
                    out.error(LineRef::Line(revision.line), field, message);
                    continue;
                }
                match revision.event.kind {
                    EventType::PeriodStart => bound.started = Some(revision.line),
                    EventType::PeriodEnd => bound.ended = Some((revision.event.clock.reading, revision.line)),
                    EventType::MatchEnd => {
                        over = Some((period, revision.line));
                        bound.ended.get_or_insert((revision.event.clock.reading, revision.line));
                    }
                    _ => {}
                }
            }
            Op::Update => {}
            Op::Remove => match revision.event.kind {
                EventType::PeriodStart => bound.started = None,
                EventType::PeriodEnd => bound.ended = None,
                EventType::MatchEnd => (over, bound.ended) = (None, None),
                _ => {}
            },
        }
    }
}

/// The mistake if an event is outside its period: field and message.
fn out_of_bounds_text(
    revision: &Revision<'_>,
    period: Period,
    bound: &Bounds,
    over: Option<(Period, u32)>,
) -> Option<(&'static str, String)> {
    let (event, number) = (revision.event, period.number());
    match (&event.kind, bound.started, bound.ended) {
        (EventType::PeriodStart, Some(line), _) => {
            Some(("type", format!("period {number} has started on line {line} already")))
        }
        (EventType::PeriodEnd, _, Some((_, line))) => {
            Some(("type", format!("period {number} has ended on line {line} already")))
        }
        (EventType::PeriodStart, None, _) => None,
        (_, None, _) if bound.has_start => {
            Some(("clock", format!("period {number} has not started: its \"period_start\" comes later")))
        }
        (_, _, Some((end, line))) if event.clock.reading > end => {
            Some(("clock", format!("period {number} ended at {end}, on line {line}")))
        }
        _ => match over {
            Some((last, line)) if last < period => Some(("clock", format!("the match has ended on line {line}"))),
            _ => None,
        },
    }
}

/// A full feed has the start and end of each period and the end of the match. A period without an end lasts its nominal
/// time.
pub(super) fn check_starts_and_ends_are_given(view: &MatchView<'_>, out: &mut LintReport) {
    let place = LineRef::Match(view.track);
    if view.revisions.is_empty() && view.gaps.may_lack_any(view.track) {
        return;
    }
    if view.revisions.is_empty() {
        out.note(place, "", format!("match {:?} has no events", view.fixture.id.as_str()));
        return;
    }
    let has = |kind: &EventType, period: Option<Period>| {
        let matches = |revision: &Revision<'_>| {
            revision.event.kind == *kind && (period.is_none() || revision.event.clock.period() == period)
        };
        view.without_removals().any(matches) || view.gaps.may_lack(view.track, std::slice::from_ref(kind), period)
    };
    let interrupted = has(&EventType::Abandoned, None) || has(&EventType::Suspended, None);
    let mut missing = Vec::new();
    for period in Period::ALL {
        let played = view.without_removals().any(|revision| revision.event.clock.period() == Some(period));
        for (kind, name) in [(EventType::PeriodStart, "start"), (EventType::PeriodEnd, "end")] {
            if played && !has(&kind, Some(period)) && !(interrupted && name == "end") {
                missing.push(format!("the {name} of period {}", period.number()));
            }
        }
    }
    // A postponed match has no end.
    let plays = view.layout.kickoff().is_some();
    if !has(&EventType::MatchEnd, None) && !interrupted && plays {
        missing.push("the end of the match".into());
    }
    if !missing.is_empty() {
        let missing = missing.join(", ");
        out.note(place, "", format!("match {:?} has no event for {missing}", view.fixture.id.as_str()));
    }
}

/// Events of play have a period, and `shootout_penalty` is used for the kicks of a shoot-out and nothing else.
pub(super) fn check_play_needs_a_period(view: &MatchView<'_>, out: &mut LintReport) {
    use EventType::*;
    for revision in view
        .without_removals()
        .filter(|revision| revision.previous.is_none_or(|previous| previous.clock != revision.event.clock))
    {
        let (kind, place) = (&revision.event.kind, LineRef::Line(revision.line));
        match revision.event.clock.period() {
            None if !kind.is(TypeClass::Anywhere) => {
                let message = format!("{kind} happens in play: write \"period\" instead of \"status\"");
                out.error(place, "status", message);
            }
            Some(Period::Shootout) if matches!(kind, Goal | PenaltyMissed) => {
                out.error(place, "type", format!("{kind} in a shoot-out: write its kicks as \"shootout_penalty\""));
            }
            Some(period) if period != Period::Shootout && *kind == ShootoutPenalty => {
                let message = format!("shootout_penalty in period {}: the shoot-out is period 5", period.number());
                out.error(place, "period", message);
            }
            _ => {}
        }
    }
}

/// Extra time and video assistants occur only if the rules of the match have them.
pub(super) fn check_rules_are_kept(view: &MatchView<'_>, out: &mut LintReport) {
    let rules = &view.fixture.rules;
    let first = |of: &dyn Fn(&Revision<'_>) -> bool| {
        view.without_removals().find(|revision| of(revision)).map(|revision| revision.line)
    };
    let extra = |revision: &Revision<'_>| {
        matches!(revision.event.clock.period(), Some(Period::ExtraFirst | Period::ExtraSecond))
    };
    if let Some(line) = first(&extra).filter(|_| !rules.extra_time) {
        let message = "the rules of the match have no extra time: add \"extra_time\":true to \"rules\"".to_owned();
        out.warning(LineRef::Line(line), "period", message);
    }
    let var = |revision: &Revision<'_>| matches!(revision.event.kind, EventType::VarReview | EventType::VarDecision);
    if let Some(line) = first(&var).filter(|_| !rules.var) {
        let message = "the rules of the match have no video assistant: add \"var\":true to \"rules\"".to_owned();
        out.warning(LineRef::Line(line), "type", message);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Severity;
    use super::super::super::testing::{fixture, header};
    use super::super::Scenario;
    use super::super::testing::{finds, finds_in_match_with};

    #[test]
    fn nothing_happens_outside_its_period() {
        finds(
            r#"{"type":"kick_off","period":1,"clock":"00:00","side":"home"}
               {"type":"period_start","period":1,"clock":"00:00"}
               {"type":"period_start","period":1,"clock":"00:05"}
               {"type":"period_end","period":1,"clock":"47:00"}
               {"type":"commentary","period":1,"clock":"47:00","text":"over"}
               {"type":"corner","period":1,"clock":"47:10","side":"home"}
               {"type":"match_end","period":2,"clock":"93:00"}
               {"type":"period_end","period":2,"clock":"93:00"}
               {"type":"corner","period":3,"clock":"91:00","side":"home"}"#,
            &[
                "3 \"00:00\": error: period 1 has not started: its \"period_start\" comes later",
                "5 \"period_start\": error: period 1 has started on line 4 already",
                "8 \"47:10\": error: period 1 ended at 47:00, on line 6",
                "10 \"period_end\": error: period 2 has ended on line 9 already",
                "11 3: warning: the rules of the match have no extra time: add \"extra_time\":true to \"rules\"",
                "11 \"91:00\": error: the match has ended on line 9",
            ],
        );
    }

    #[test]
    fn a_removed_end_has_no_effect() {
        finds(
            r#"{"type":"period_start","period":1,"clock":"00:00"}
               {"type":"period_end","id":"early","period":1,"clock":"44:00"}
               {"op":"remove","id":"early","told":"44:10"}
               {"type":"corner","period":1,"clock":"44:30","side":"home"}
               {"type":"period_end","period":1,"clock":"46:00"}"#,
            &[],
        );
    }

    #[test]
    fn missing_starts_and_ends_give_a_note() {
        let goal = r#"{"type":"goal","period":1,"clock":"20:00","side":"home","player":"h9"}"#;
        let text = format!("{}\n{}\n{goal}\n", header("test"), fixture("a", "2018-04-22T18:45:00Z"));
        let reading = Scenario::check_text(text.as_bytes());
        let [note] = reading.findings.listed() else { panic!("{:?}", reading.findings) };
        assert_eq!((note.severity, note.line), (Severity::Note, 2));
        assert_eq!(
            note.message,
            "match \"a\" has no event for the start of period 1, the end of period 1, the end of the match"
        );
    }

    #[test]
    fn play_is_in_a_period() {
        finds(
            r#"{"type":"goal","status":"half_time","clock":"01:00","side":"home","player":"h9"}
               {"type":"added_time","status":"half_time","clock":"02:00","minutes":3}
               {"type":"substitution","status":"half_time","clock":"03:00","side":"home","in":"h12","out":"h9"}
               {"type":"shootout_penalty","period":2,"clock":"50:00","side":"home","player":"h10","outcome":"scored"}
               {"type":"goal","period":5,"clock":"120:00","side":"home","player":"h10"}"#,
            &[
                "3 \"half_time\": error: goal happens in play: write \"period\" instead of \"status\"",
                "4 \"half_time\": error: added_time happens in play: write \"period\" instead of \"status\"",
                "6 2: error: shootout_penalty in period 2: the shoot-out is period 5",
                "7 \"goal\": error: goal in a shoot-out: write its kicks as \"shootout_penalty\"",
            ],
        );
    }

    #[test]
    fn the_rules_of_the_match_are_kept() {
        let event = r#"{"type":"var_decision","period":1,"clock":"20:00","question":"goal","outcome":"upheld"}"#;
        finds(
            event,
            &[
                "3 \"var_decision\": warning: the rules of the match have no video assistant: add \"var\":true to \"rules\"",
            ],
        );
        let with_var = |line: &str| line.replacen(r#""home":{"#, r#""rules":{"var":true},"home":{"#, 1);
        finds_in_match_with(with_var, event, &[]);
    }
}
