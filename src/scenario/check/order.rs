//! Order and clocks: lines in the order of telling, clocks that a match can reach, labels that run forwards.

use super::super::media_time::MediaTime;
use super::called_off::is_in_the_past;
use super::remark::{Place, Remarks};
use super::{
    Entry, EventRecord, EventType, Field, Item, MatchClock, Op, Period, Reading, Severity, Status, Step, Story,
};
use crate::football::{Minute, PeriodRules};

/// Lines stand in the order in which the feed tells them.
pub(super) fn told_in_order(story: &Story<'_>, out: &mut Remarks) {
    // What follows an interruption has its place after it.
    if story.lacks(&[EventType::Suspended, EventType::Resumed, EventType::Abandoned])
        || story.standing().any(|step| is_in_the_past(story, step.event))
    {
        return;
    }
    // A line at fault may have no business where it stands, nor has a clock before the match that is after kick-off.
    let kickoff = story.laid.layout.kickoff_reading();
    let after_kickoff =
        |told: MatchClock| told.status == Status::Scheduled && kickoff.is_some_and(|kickoff| told.reading > kickoff);
    // What is told of a suspension that has no place in the match comes last of all.
    let over = story.laid.layout.phases().iter().rfind(|phase| phase.status.in_play()).map(|phase| phase.to);
    let unplaced =
        |told: MatchClock, at: MediaTime| told.status == Status::Suspended && over.is_some_and(|over| at > over);
    let right = |entry: &Entry, at: MediaTime| {
        let told = entry.item.reported_at();
        !story.flawed.has_line(entry.line) && !after_kickoff(told) && !unplaced(told, at)
    };
    let mut entries = story.entries.iter().filter(|(entry, at)| right(entry, *at));
    let Some(mut last) = entries.next() else { return };
    for next in entries {
        let ((before, earlier), (entry, at)) = (last, next);
        last = next;
        let own = match &entry.item {
            Item::Event(EventRecord::First(event)) if event.told.is_some() => Some(event.clock),
            _ => None,
        };
        let told = entry.item.reported_at();
        // That it is told before it happens is said of it already.
        if at >= earlier || own.is_some_and(|own| own.status == told.status && told.reading < own.reading) {
            continue;
        }
        let stated = matches!(&entry.item, Item::Event(EventRecord::First(event)) if event.told.is_none());
        let field = if stated || !matches!(entry.item, Item::Event(_)) { "clock" } else { "told" };
        let place = place_of_line_before(told, before).filter(|_| field == "told");
        let message = format!(
            "told at {}, but line {} before it is told at {}: lines stand in order of telling{}",
            said(told),
            before.line,
            said(before.item.reported_at()),
            place.map(|place| format!("; if it is told then, add {place}")).unwrap_or_default()
        );
        out.error(Place::Line(entry.line), field, message);
    }
}

/// The place that a clock may be of in truth, which is read as one of an earlier place: that of the line before.
fn place_of_line_before(told: MatchClock, before: &Entry) -> Option<String> {
    let was = before.item.reported_at();
    let ended = matches!(&before.item, Item::Event(EventRecord::First(event)) if event.kind == EventType::PeriodEnd);
    match was.period() {
        // Only a break has clocks that begin anew.
        Some(Period::First) if ended && was.status == told.status => Some(r#""told_status":"half_time""#.to_owned()),
        _ if was.status == told.status || told.reading < was.reading => None,
        Some(period) => Some(format!("\"told_period\":{}", period.number())),
        None => Some(format!("\"told_status\":{:?}", was.status.as_str())),
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
        Status::Suspended => 366 * 24 * 60,
        _ => 24 * 60,
    })
}

/// Clocks are such as a match can reach, and nothing is told before it happens.
pub(super) fn clocks_within_reason(story: &Story<'_>, out: &mut Remarks) {
    let rules = story.fixture.rules.periods;
    let kickoff = story.laid.layout.kickoff_reading();
    // A delay that cannot be read, or that does not say until when, may put kick-off after these clocks.
    let delays_are_known = !story.lacks(&[EventType::Delayed])
        && story
            .standing()
            .all(|step| step.event.kind != EventType::Delayed || step.event.details.get(Field::Kickoff).is_some());
    for (entry, _) in &story.entries {
        let (clock, told) = match &entry.item {
            Item::Event(EventRecord::First(event)) => (Some(event.clock), event.told.as_deref().copied()),
            Item::Event(EventRecord::Correction(correction)) => (correction.clock, Some(correction.told)),
            Item::Marker(_) | Item::Fault(_) => (Some(entry.item.reported_at()), None),
        };
        for (field, clock) in [("clock", clock), ("told", told)] {
            let Some(clock) = clock else { continue };
            if clock.status == Status::Scheduled
                && let Some(kickoff) = kickoff.filter(|kickoff| clock.reading > *kickoff)
            {
                let message = match kickoff == Reading::default() {
                    true => {
                        format!("{field} {} is after kick-off: before the match the clock is negative", clock.reading)
                    }
                    false => format!("{field} {} is after kick-off, which is at {kickoff}", clock.reading),
                };
                if !delays_are_known {
                    continue;
                }
                let mistake = format!("{field} after kick-off");
                out.add_alike(Severity::Error, &mistake, Place::Line(entry.line), field, message);
                continue;
            }
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

/// Labels belong to their period, and do not run backwards within it. What is told late may bear an earlier one.
pub(super) fn labels_run_forwards(story: &Story<'_>, out: &mut Remarks) {
    let rules = &story.fixture.rules.periods;
    let mut shown: [Vec<(Minute, &Step<'_>)>; Period::ALL.len()] = Default::default();
    for step in &story.steps {
        let event = step.event;
        let Some(period) = event.clock.period() else { continue };
        if let Some(message) = event.official.and_then(|label| foreign(label, period, rules)) {
            if step.was.is_none_or(|was| was.official != event.official) && event.stands() {
                out.add_alike(Severity::Error, "label of another period", Place::Line(step.line), "label", message);
            }
            continue;
        }
        let label = event.official.or(event.clock.minute(rules)).filter(|_| event.op == Op::Add && !step.is_late());
        if let Some(label) = label {
            shown[usize::from(period.number()) - 1].push((label, step));
        }
    }
    for shown in shown {
        let labels: Vec<Minute> = shown.iter().map(|(label, _)| *label).collect();
        let kept = longest_run(&labels);
        let mut before = None;
        let mut after = shown.iter().zip(&kept).filter_map(|(shown, kept)| kept.then_some(shown)).peekable();
        for (shown, kept) in shown.iter().zip(&kept) {
            if *kept {
                before = after.next();
                continue;
            }
            let (label, step) = shown;
            let before = before.filter(|(before, _)| before > label);
            let after = after.peek();
            let message = match (before, after) {
                (Some((before, _)), _) => format!("label {label} after {before}: labels do not run backwards"),
                (None, Some((after, of))) => {
                    format!("label {label}, but {after} after it, on line {}: labels do not run backwards", of.line)
                }
                _ => continue,
            };
            let field = if step.event.official.is_some() { "label" } else { "clock" };
            out.error(Place::Line(step.line), field, message);
        }
    }
}

/// What is wrong with a label that cannot be one of its period.
fn foreign(label: Minute, period: Period, rules: &PeriodRules) -> Option<String> {
    let end = rules.end(period).minutes();
    let number = period.number();
    match (label.added, i64::from(label.minute)) {
        _ if period == Period::Shootout => None,
        (None, minute) if minute > end => Some(format!(
            "label {label} lies past period {number}, which ends at {end}: its stoppage time is written \"{end}+{}\"",
            minute - end
        )),
        (Some(added), minute) if minute != end => {
            Some(format!("label {label} is no stoppage time of period {number}, which is written \"{end}+{added}\""))
        }
        _ => None,
    }
}

/// Which of some labels to keep so that the others are as few as can be, and those kept do not run backwards: one wrong
/// label is then one, however many follow that are right. Of several ways that which keeps the earlier ones.
fn longest_run(labels: &[Minute]) -> Vec<bool> {
    if labels.is_sorted() {
        return vec![true; labels.len()];
    }
    // From the end: for each length the place of the largest label that begins a run of it, and what follows each.
    let mut begins: Vec<usize> = Vec::new();
    let mut next: Vec<Option<usize>> = vec![None; labels.len()];
    for at in (0..labels.len()).rev() {
        let shorter = begins.partition_point(|begin| labels[*begin] >= labels[at]);
        next[at] = shorter.checked_sub(1).map(|length| begins[length]);
        match begins.get_mut(shorter) {
            Some(begin) => *begin = at,
            None => begins.push(at),
        }
    }
    let mut kept = vec![false; labels.len()];
    let mut place = begins.last().copied();
    while let Some(at) = place {
        kept[at] = true;
        place = next[at];
    }
    kept
}

/// A period begins when the match line says so, unless the one before it is still being played.
pub(super) fn stated_starts_hold(story: &Story<'_>, out: &mut Remarks) {
    if story.flawed.lacks_anything(story.track) {
        return;
    }
    let layout = &story.laid.layout;
    let from = |status: Status| layout.phases().iter().find(|phase| phase.status == status).map(|phase| phase.from);
    let kickoff = layout.scheduled_kickoff();
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
    use super::{Minute, longest_run};

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
    fn what_follows_from_a_delay_without_a_kickoff_is_not_said() {
        finds(
            r#"{"type":"delayed","status":"scheduled","clock":"-5:00"}
               {"type":"commentary","status":"scheduled","clock":"5:00","text":"They wait."}"#,
            &["3 \"delayed\": error: delayed needs \"kickoff\", the moment at which the match now begins"],
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
    fn one_wrong_label_is_one_error() {
        let corners = |labels: &[&str]| -> String {
            let corner = |(at, label): (usize, &&str)| {
                let label = if label.is_empty() { String::new() } else { format!(r#","label":"{label}""#) };
                format!(r#"{{"type":"corner","period":2,"clock":"{}:30","side":"home"{label}}}"#, 60 + at) + "\n"
            };
            labels.iter().enumerate().map(corner).collect()
        };
        for (labels, expected) in [
            // Too late, where twenty right ones follow; too early; past the period; of another period.
            (vec!["", "72"], r#"4 "72": error: label 72, but 63 after it, on line 5: labels do not run backwards"#),
            (vec!["", "", "61"], r#"5 "61": error: label 61 after 62: labels do not run backwards"#),
            (
                vec!["91"],
                r#"3 "91": error: label 91 lies past period 2, which ends at 90: its stoppage time is written "90+1""#,
            ),
            (
                vec!["", "45+2"],
                r#"4 "45+2": error: label 45+2 is no stoppage time of period 2, which is written "90+2""#,
            ),
        ] {
            let labels: Vec<&str> = labels.into_iter().chain([""; 20]).collect();
            finds(&corners(&labels), &[expected]);
        }
    }

    #[test]
    fn the_longest_run_is_kept() {
        let kept = |labels: &[u16]| -> String {
            let labels: Vec<Minute> = labels.iter().map(|minute| Minute { minute: *minute, added: None }).collect();
            longest_run(&labels).iter().map(|kept| if *kept { '+' } else { '-' }).collect()
        };
        for (labels, expected) in [
            (&[][..], ""),
            (&[1, 1, 2], "+++"),
            (&[1, 9, 2, 3], "+-++"),
            (&[5, 6, 1, 7], "++-+"),
            (&[2, 1], "+-"),
            (&[3, 2, 1], "+--"),
            (&[90, 89, 91, 90], "+-+-"),
        ] {
            assert_eq!(kept(labels), expected, "{labels:?}");
        }
    }

    #[test]
    fn a_clock_of_another_place_is_recognised() {
        finds(
            r#"{"type":"foul","id":"f","period":1,"clock":"45:10","side":"home"}
               {"type":"period_start","period":2,"clock":"45:00"}
               {"op":"update","id":"f","told":"46:00","text":"seen again"}
               {"type":"foul","period":1,"clock":"46:30","told":"46:10","side":"home"}"#,
            &[
                "5 \"46:00\": error: told at 46:00 of period 1, but line 4 before it is told at 45:00 of period 2: lines stand in order of telling; if it is told then, add \"told_period\":2",
                "6 \"46:10\": error: told at 46:10, before it happens at 46:30",
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
