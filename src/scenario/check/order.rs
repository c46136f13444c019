//! Order and clocks: lines are in the order in which the feed tells them, clocks are plausible, labels do not run
//! backwards.

use super::super::media_time::MediaTime;
use super::called_off::{delays_into_the_past, last_kickoff_of_postponed};
use super::interruptions::resumes_abandoned;
use super::report::{LineRef, LintReport, clock_text};
use super::{
    EventRecord, EventType, Field, LineContent, MatchClock, MatchView, Op, Period, Reading, Revision, Severity, Status,
    TimedLine,
};
use crate::football::{Minute, PeriodRules};

/// The lines of a match are in the order in which the feed tells them.
pub(super) fn check_lines_are_in_order(view: &MatchView<'_>, out: &mut LintReport) {
    // The times of lines after an interruption depend on it; that an abandoned match is resumed has a finding of its own.
    if view.may_lack(&[EventType::Suspended, EventType::Resumed, EventType::Abandoned])
        || view
            .without_removals()
            .any(|revision| delays_into_the_past(view, revision.event) || resumes_abandoned(revision.event))
    {
        return;
    }
    // Lines with errors are not compared, nor pre-match clocks after kick-off: both have findings of their own.
    let kickoff = view.layout.kickoff_reading();
    let after_kickoff =
        |told: MatchClock| told.status == Status::Scheduled && kickoff.is_some_and(|kickoff| told.reading > kickoff);
    // A clock of a suspension that does not take place is laid out after the match.
    let over = view.layout.phases().iter().rfind(|phase| phase.status.is_in_play()).map(|phase| phase.to);
    let unplaced =
        |told: MatchClock, at: MediaTime| told.status == Status::Suspended && over.is_some_and(|over| at > over);
    let comparable = |entry: &TimedLine, at: MediaTime| {
        let told = entry.item.reported_at();
        !view.gaps.has_line(entry.line) && !after_kickoff(told) && !unplaced(told, at)
    };
    let mut entries = view.entries.iter().filter(|(entry, at)| comparable(entry, *at));
    let Some(mut last) = entries.next() else { return };
    for next in entries {
        let ((before, earlier), (entry, at)) = (last, next);
        last = next;
        let own = match &entry.item {
            LineContent::Event(EventRecord::First(event)) if event.told.is_some() => Some(event.clock),
            _ => None,
        };
        let told = entry.item.reported_at();
        // An event that is told before it happens has a finding of its own.
        if at >= earlier || own.is_some_and(|own| own.status == told.status && told.reading < own.reading) {
            continue;
        }
        let uses_clock = matches!(&entry.item, LineContent::Event(EventRecord::First(event)) if event.told.is_none());
        let field = if uses_clock || !matches!(entry.item, LineContent::Event(_)) { "clock" } else { "told" };
        let place = period_of_line_before(told, before).filter(|_| field == "told");
        let message = format!(
            "told at {}, after line {}, which is told at {}: sort the lines by when they are told{}",
            clock_text(told),
            before.line,
            clock_text(before.item.reported_at()),
            place.map(|place| format!(", or add {place}")).unwrap_or_default()
        );
        out.error(LineRef::Line(entry.line), field, message);
    }
}

/// The field to add if a `told` really belongs to the period or status of the line before, which is a later one.
fn period_of_line_before(told: MatchClock, before: &TimedLine) -> Option<String> {
    let previous = before.item.reported_at();
    let ended =
        matches!(&before.item, LineContent::Event(EventRecord::First(event)) if event.kind == EventType::PeriodEnd);
    match previous.period() {
        // After the end of the first half, clocks start again at half-time.
        Some(Period::First) if ended && previous.status == told.status => {
            Some(r#""told_status":"half_time""#.to_owned())
        }
        _ if previous.status == told.status || told.reading < previous.reading => None,
        Some(period) => Some(format!("\"told_period\":{}", period.number())),
        None => Some(format!("\"told_status\":{:?}", previous.status.as_str())),
    }
}

/// The longest plausible stoppage time, for a period, or the longest plausible duration of any other status.
fn longest_plausible(status: Status) -> Reading {
    Reading::from_minutes(match status {
        Status::FirstHalf | Status::SecondHalf | Status::ExtraFirstHalf | Status::ExtraSecondHalf => 30,
        Status::HalfTime | Status::ExtraTimeBreak | Status::ExtraHalfTime | Status::ShootoutBreak => 60,
        Status::Shootout => 60,
        // An award, or the decision about a card, comes weeks later.
        Status::Suspended | Status::FullTime | Status::Abandoned => 366 * 24 * 60,
        _ => 24 * 60,
    })
}

/// Clocks are plausible, and nothing is told before it happens.
pub(super) fn check_clocks_are_plausible(view: &MatchView<'_>, out: &mut LintReport) {
    let rules = view.fixture.rules.periods;
    let kickoff = view.layout.kickoff_reading().or_else(|| last_kickoff_of_postponed(view));
    // A delay that could not be read, or that has no `kickoff`, may move kick-off after these clocks.
    let delays_are_known = !view.may_lack(&[EventType::Delayed])
        && view.without_removals().all(|revision| {
            revision.event.kind != EventType::Delayed || revision.event.details.get(Field::Kickoff).is_some()
        });
    for (entry, _) in &view.entries {
        let (clock, told) = match &entry.item {
            LineContent::Event(EventRecord::First(event)) => (Some(event.clock), event.told.as_deref().copied()),
            LineContent::Event(EventRecord::Correction(correction)) => (correction.clock, Some(correction.told)),
            LineContent::Marker(_) | LineContent::Fault(_) => (Some(entry.item.reported_at()), None),
        };
        for (field, clock) in [("clock", clock), ("told", told)] {
            let Some(clock) = clock else { continue };
            if clock.status == Status::Scheduled
                && let Some(kickoff) = kickoff.filter(|kickoff| clock.reading > *kickoff)
            {
                let message = if kickoff == Reading::default() {
                    format!(
                        "{field} {} is after kick-off: before the match clocks are negative, unless \"delayed\" moves it",
                        clock.reading
                    )
                } else {
                    format!("{field} {} is after kick-off, which is at {kickoff}", clock.reading)
                };
                if !delays_are_known {
                    continue;
                }
                let mistake = format!("{field} after kick-off");
                out.add_grouped(Severity::Error, &mistake, LineRef::Line(entry.line), field, message);
                continue;
            }
            let from = clock.period().map_or(Reading::default(), |period| rules.end(period));
            let past = Reading::from_millis((clock.reading.as_millis() - from.as_millis()).abs());
            if past <= longest_plausible(clock.status) || clock.period().is_some() && clock.reading < from {
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
            out.warning(LineRef::Line(entry.line), field, message);
        }
        if let (Some(clock), Some(told)) = (clock, told)
            && clock.status == told.status
            && told.reading < clock.reading
        {
            let message = format!(
                "told {} is before clock {}: an event is told when it happens or later",
                told.reading, clock.reading
            );
            out.error(LineRef::Line(entry.line), "told", message);
        }
    }
}

/// Labels belong to their period and do not run backwards within it. Events that are told late may have earlier labels.
pub(super) fn check_labels_run_forwards(view: &MatchView<'_>, out: &mut LintReport) {
    let rules = &view.fixture.rules.periods;
    let mut shown: [Vec<(Minute, &Revision<'_>)>; Period::ALL.len()] = Default::default();
    for revision in &view.revisions {
        let event = revision.event;
        let Some(period) = event.clock.period() else { continue };
        if let Some(message) = event.official.and_then(|label| outside_period_text(label, period, rules)) {
            if revision.previous.is_none_or(|previous| previous.official != event.official) && event.is_in_force() {
                out.add_grouped(
                    Severity::Error,
                    "label of another period",
                    LineRef::Line(revision.line),
                    "label",
                    message,
                );
            }
            continue;
        }
        let label = event.official.or(event.clock.minute(rules)).filter(|_| event.op == Op::Add && !revision.is_late());
        if let Some(label) = label {
            shown[usize::from(period.number()) - 1].push((label, revision));
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
            let (label, revision) = shown;
            let before = before.filter(|(before, _)| before > label);
            let after = after.peek();
            let message = match (before, after) {
                (Some((before, _)), _) => format!("label {label} after {before}: labels do not run backwards"),
                (None, Some((after, of))) => {
                    format!("label {label}, but {after} after it, on line {}: labels do not run backwards", of.line)
                }
                _ => continue,
            };
            let field = if revision.event.official.is_some() { "label" } else { "clock" };
            out.error(LineRef::Line(revision.line), field, message);
        }
    }
}

/// The message about a label that does not belong to its period.
fn outside_period_text(label: Minute, period: Period, rules: &PeriodRules) -> Option<String> {
    let end = rules.end(period).minutes();
    let number = period.number();
    match (label.added, i64::from(label.minute)) {
        _ if period == Period::Shootout => None,
        (None, minute) if minute > end => Some(format!(
            "label {label} is past the end of period {number} at {end}: write stoppage time as \"{end}+{}\"",
            minute - end
        )),
        (Some(added), minute) if minute != end => {
            Some(format!("label {label} is not stoppage time of period {number}: write \"{end}+{added}\""))
        }
        _ => None,
    }
}

/// Marks a longest non-decreasing subsequence of labels. The others are wrong: one wrong label gives one finding,
/// however many right ones follow. Prefers to keep earlier labels.
fn longest_run(labels: &[Minute]) -> Vec<bool> {
    if labels.is_sorted() {
        return vec![true; labels.len()];
    }
    // From the end: for each length, the start of the run whose first label is largest, and the successor of each
    // label.
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

/// Periods begin when `period_starts` of the match line says so: nothing before them lasts longer.
pub(super) fn check_stated_starts_hold(view: &MatchView<'_>, out: &mut LintReport) {
    if view.gaps.may_lack_any(view.track) {
        return;
    }
    let layout = &view.layout;
    let from = |status: Status| layout.phases().iter().find(|phase| phase.status == status).map(|phase| phase.from);
    let kickoff = layout.scheduled_kickoff();
    for (period, stated) in &view.fixture.period_starts {
        let Some(actual) = from(period.status()) else { continue };
        let stated = stated.0.saturating_sub(view.fixture.kickoff.0);
        if (actual - kickoff).as_millis() != stated {
            let message =
                format!("period {} cannot begin at this time: what comes before it lasts longer", period.number());
            out.warning(LineRef::Match(view.track), "period_starts", message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{finds, finds_in_match_with};
    use super::{Minute, longest_run};

    #[test]
    fn lines_are_in_the_order_of_telling() {
        finds(
            r#"{"type":"foul","period":1,"clock":"12:00","side":"home"}
               {"type":"foul","period":1,"clock":"11:59","side":"home"}"#,
            &[
                "4 \"11:59\": error: told at 11:59 of period 1, after line 3, which is told at 12:00 of period 1: sort the lines by when they are told",
            ],
        );
        finds(
            r#"{"type":"foul","period":1,"clock":"12:00","side":"home"}
               {"type":"yellow_card","period":1,"clock":"11:30","told":"12:10","side":"home","player":"h4"}"#,
            &[],
        );
    }

    #[test]
    fn consequences_of_a_delay_without_a_kickoff_are_not_reported() {
        finds(
            r#"{"type":"delayed","status":"scheduled","clock":"-5:00"}
               {"type":"commentary","status":"scheduled","clock":"5:00","text":"They wait."}"#,
            &["3 \"delayed\": error: delayed needs \"kickoff\", the moment at which the match now begins"],
        );
    }

    #[test]
    fn implausible_clocks_are_reported() {
        finds(
            r#"{"type":"foul","period":1,"clock":"75:00","side":"home"}
               {"type":"foul","period":1,"clock":"75:01","side":"home"}
               {"type":"commentary","status":"half_time","clock":"60:01","text":"long"}
               {"type":"foul","period":2,"clock":"60:00","told":"59:00","side":"home"}"#,
            &[
                "4 \"75:01\": warning: 75:01 is 30 minutes past the end of period 1",
                "5 \"60:01\": warning: 60:01 is longer than half_time lasts",
                "6 \"59:00\": error: told 59:00 is before clock 60:00: an event is told when it happens or later",
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
            // Too high, before twenty right ones; too low; past the period; of another period.
            (vec!["", "72"], r#"4 "72": error: label 72, but 63 after it, on line 5: labels do not run backwards"#),
            (vec!["", "", "61"], r#"5 "61": error: label 61 after 62: labels do not run backwards"#),
            (vec!["91"], r#"3 "91": error: label 91 is past the end of period 2 at 90: write stoppage time as "90+1""#),
            (vec!["", "45+2"], r#"4 "45+2": error: label 45+2 is not stoppage time of period 2: write "90+2""#),
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
    fn a_told_of_another_period_is_recognised() {
        finds(
            r#"{"type":"foul","id":"f","period":1,"clock":"45:10","side":"home"}
               {"type":"period_start","period":2,"clock":"45:00"}
               {"op":"update","id":"f","told":"46:00","text":"seen again"}
               {"type":"foul","period":1,"clock":"46:30","told":"46:10","side":"home"}"#,
            &[
                "5 \"46:00\": error: told at 46:00 of period 1, after line 4, which is told at 45:00 of period 2: sort the lines by when they are told, or add \"told_period\":2",
                "6 \"46:10\": error: told 46:10 is before clock 46:30: an event is told when it happens or later",
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
            &["warning: period 2 cannot begin at this time: what comes before it lasts longer"],
        );
    }
}
