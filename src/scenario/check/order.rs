//! Order and clocks: lines in the order of telling, clocks that a match can reach, labels that run forwards.

use super::remark::{Place, Remarks};
use super::{Item, MatchClock, Op, Period, Reading, Status, Story, Telling};
use crate::football::Minute;

/// Lines stand in the order in which the feed tells them.
pub(super) fn told_in_order(story: &Story<'_>, out: &mut Remarks) {
    for pair in story.entries.windows(2) {
        let [(before, earlier), (entry, at)] = pair else { continue };
        if at < earlier {
            let (told, was) = (said(entry.item.told()), said(before.item.told()));
            let message = format!(
                "told at {told}, but line {} before it is told at {was}: lines stand in order of telling",
                before.line
            );
            let stated = matches!(&entry.item, Item::Event(Telling::First(event)) if event.told.is_none());
            let field = if stated || !matches!(entry.item, Item::Event(_)) { "clock" } else { "told" };
            out.error(Place::Line(entry.line), field, message);
        }
    }
}

/// A clock in words: `47:05 of period 1`, `14:00 of half_time`.
fn said(clock: MatchClock) -> String {
    match clock.period() {
        Some(period) => format!("{} of period {}", clock.reading, period.number()),
        None => format!("{} of {}", clock.reading, clock.status),
    }
}

/// The longest stoppage time that is believed, and the longest shoot-out, break, suspension, time before and after.
fn longest(status: Status) -> Reading {
    Reading::from_minutes(match status {
        Status::FirstHalf | Status::SecondHalf | Status::ExtraFirstHalf | Status::ExtraSecondHalf => 30,
        Status::HalfTime | Status::ExtraTimeBreak | Status::ExtraHalfTime | Status::ShootoutBreak => 60,
        Status::Shootout => 60,
        _ => 24 * 60,
    })
}

/// Clocks are such as a match can reach, and nothing is told before it happens.
pub(super) fn clocks_within_reason(story: &Story<'_>, out: &mut Remarks) {
    let rules = story.fixture.rules.periods;
    for (entry, _) in &story.entries {
        let (clock, told) = match &entry.item {
            Item::Event(Telling::First(event)) => (Some(event.clock), event.told.as_deref().copied()),
            Item::Event(Telling::Correction(correction)) => (correction.clock, Some(correction.told)),
            Item::Marker(_) | Item::Fault(_) => (Some(entry.item.told()), None),
        };
        for (field, clock) in [("clock", clock), ("told", told)] {
            let Some(clock) = clock else { continue };
            let from = clock.period().map_or(Reading::default(), |period| rules.end(period));
            let past = Reading::from_millis((clock.reading.as_millis() - from.as_millis()).abs());
            if past <= longest(clock.status) || clock.period().is_some() && clock.reading < from {
                continue;
            }
            let message = match clock.period() {
                Some(Period::Shootout) => format!("{} is {} minutes into the shoot-out", clock.reading, past.minutes()),
                Some(period) => {
                    format!(
                        "{} is {} minutes past the end of period {}",
                        clock.reading,
                        past.minutes(),
                        period.number()
                    )
                }
                None => format!("{} is longer than {} lasts", clock.reading, clock.status),
            };
            out.warning(Place::Line(entry.line), field, message);
        }
        if let (Some(clock), Some(told)) = (clock, told)
            && clock.status == told.status
            && told.reading < clock.reading
        {
            let message = format!("told at {}, before it happens at {}", told.reading, clock.reading);
            out.error(Place::Line(entry.line), "told", message);
        }
    }
}

/// The minutes shown do not run backwards within a period. What is told late may bear an earlier one.
pub(super) fn labels_run_forwards(story: &Story<'_>, out: &mut Remarks) {
    let mut latest: [Option<Minute>; Period::ALL.len()] = [None; Period::ALL.len()];
    for step in story.steps.iter().filter(|step| step.event.op == Op::Add && !step.is_late()) {
        let (event, rules) = (step.event, &story.fixture.rules.periods);
        let Some(period) = event.clock.period() else { continue };
        let Some(label) = event.official.or(event.clock.minute(rules)) else { continue };
        let latest = &mut latest[usize::from(period.number()) - 1];
        match *latest {
            Some(before) if label < before => {
                let message = format!("label {label} after {before}: labels do not run backwards");
                out.error(Place::Line(step.line), if event.official.is_some() { "label" } else { "clock" }, message);
            }
            _ => *latest = Some(label),
        }
    }
}

/// A period begins when the match line says so, unless the one before it is still being played.
pub(super) fn stated_starts_hold(story: &Story<'_>, out: &mut Remarks) {
    let layout = &story.laid.layout;
    let from = |status: Status| layout.phases().iter().find(|phase| phase.status == status).map(|phase| phase.from);
    let Some(kickoff) = from(Status::FirstHalf) else { return };
    for (period, stated) in &story.fixture.period_starts {
        let Some(laid) = from(period.status()) else { continue };
        let stated = stated.0.saturating_sub(story.fixture.kickoff.0);
        if (laid - kickoff).as_millis() != stated {
            let message = format!("period {} cannot begin then: what is before it lasts longer", period.number());
            out.warning(Place::Match(story.track), "period_starts", message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{finds, finds_in_match_with};

    #[test]
    fn lines_stand_in_the_order_of_telling() {
        finds(
            r#"{"type":"foul","period":1,"clock":"12:00","side":"home"}
               {"type":"foul","period":1,"clock":"11:59","side":"home"}"#,
            &[
                "4 \"11:59\": error: told at 11:59 of period 1, but line 3 before it is told at 12:00 of period 1: lines stand in order of telling",
            ],
        );
        finds(
            r#"{"type":"foul","period":1,"clock":"12:00","side":"home"}
               {"type":"yellow_card","period":1,"clock":"11:30","told":"12:10","side":"home","player":"h4"}"#,
            &[],
        );
    }

    #[test]
    fn clocks_are_such_as_a_match_can_reach() {
        finds(
            r#"{"type":"foul","period":1,"clock":"75:00","side":"home"}
               {"type":"foul","period":1,"clock":"75:01","side":"home"}
               {"type":"commentary","status":"half_time","clock":"60:01","text":"long"}
               {"type":"foul","period":2,"clock":"60:00","told":"59:00","side":"home"}"#,
            &[
                "4 \"75:01\": warning: 75:01 is 30 minutes past the end of period 1",
                "5 \"60:01\": warning: 60:01 is longer than half_time lasts",
                "6 \"59:00\": error: told at 59:00, before it happens at 60:00",
            ],
        );
    }

    #[test]
    fn labels_run_forwards() {
        finds(
            r#"{"type":"foul","period":2,"clock":"88:50","label":"90","side":"home"}
               {"type":"foul","period":2,"clock":"88:55","side":"home"}
               {"type":"foul","period":2,"clock":"90:01","side":"home"}
               {"type":"foul","period":2,"clock":"90:05","label":"90","side":"home"}"#,
            &[
                "4 \"88:55\": error: label 89 after 90: labels do not run backwards",
                "6 \"90\": error: label 90 after 90+1: labels do not run backwards",
            ],
        );
    }

    #[test]
    fn a_period_cannot_begin_before_the_one_before_is_over() {
        let starts = |at: &'static str| {
            move |line: &str| line.replacen(r#""home":{"#, &format!(r#""period_starts":{{"2":"{at}"}},"home":{{"#), 1)
        };
        let events = r#"{"type":"period_end","period":1,"clock":"50:00"}
            {"type":"period_start","period":2,"clock":"45:00"}"#;
        finds_in_match_with(starts("2018-04-22T19:50:00Z"), events, &[]);
        finds_in_match_with(
            starts("2018-04-22T19:30:00Z"),
            events,
            &["warning: period 2 cannot begin then: what is before it lasts longer"],
        );
    }
}
