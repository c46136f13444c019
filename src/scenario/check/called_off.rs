//! Decisions off the field: a match is postponed, delayed or abandoned, or its result is awarded.

use super::super::layout::{MAX_KICKOFF_SHIFT_MILLIS, MAX_PREMATCH_CHANGES, MAX_SUSPENSIONS, Prematch, STATUS_ORDER};
use super::report::{LineRef, LintReport};
use super::{EventType, Field, MatchEvent, MatchView, Op, Reading, Revision, Status};

/// `delayed` has a `kickoff` and `awarded` a `score`; `postponed` and `delayed` come before kick-off, `suspended` after
/// it.
pub(super) fn check_decisions_are_complete(view: &MatchView<'_>, out: &mut LintReport) {
    for revision in view.without_removals() {
        let (kind, place) = (&revision.event.kind, LineRef::Line(revision.line));
        // The previous revision, if it had the same type: its mistakes have been reported.
        let previous = revision.previous_in_force().filter(|previous| previous.kind == *kind);
        let needed = match kind {
            EventType::Delayed => Some((Field::Kickoff, r#""kickoff", the moment at which the match now begins"#)),
            EventType::Awarded => Some((Field::Score, r#""score", such as {"home":3,"away":0}"#)),
            _ => None,
        };
        let lacks = |event: &MatchEvent, field| event.details.get(field).is_none();
        if let Some((field, needs)) = needed
            && lacks(revision.event, field)
            && !previous.is_some_and(|previous| lacks(previous, field))
        {
            out.error(place, if previous.is_some() { field.as_str() } else { "type" }, format!("{kind} needs {needs}"));
        }
        let message = match kind {
            EventType::Postponed | EventType::Delayed => format!(
                "{kind} comes before kick-off, with \"status\":\"scheduled\": after it write \"suspended\" or \"abandoned\""
            ),
            EventType::Suspended => {
                "suspended comes after kick-off, in a period or a break: before it write \"delayed\" or \"postponed\""
                    .to_owned()
            }
            _ => continue,
        };
        // A correction of the kick-off comes too late once the match has begun.
        let too_late = *kind == EventType::Delayed
            && previous.is_none_or(|of| of.details.get(Field::Kickoff) != revision.event.details.get(Field::Kickoff))
            && (STATUS_ORDER.contains(&revision.event.reported_at().status)
                || revision.event.reported_at().status == Status::FullTime);
        let misplaced = |event: &MatchEvent| {
            let told = if event.op == Op::Add { event.reported_at() } else { event.clock };
            match kind {
                EventType::Suspended => {
                    matches!(event.clock.status, Status::Scheduled | Status::FullTime | Status::Postponed)
                }
                _ => event.clock.status != Status::Scheduled || told.status != Status::Scheduled,
            }
        };
        if too_late || misplaced(revision.event) && !previous.is_some_and(misplaced) {
            let field = if revision.event.clock.status == Status::Scheduled && *kind != EventType::Suspended {
                "told"
            } else {
                "type"
            };
            out.error(place, field, message);
        }
    }
}

/// A match that is called off or decided before kick-off is not played.
pub(super) fn check_called_off_is_not_played(view: &MatchView<'_>, out: &mut LintReport) {
    let final_events = view.final_events();
    // The first report of each event, with its last revision.
    let lasting = || {
        view.revisions
            .iter()
            .filter(|revision| revision.previous.is_none())
            .filter_map(|revision| Some((revision, *final_events.get(revision.event.id.as_str())?)))
    };
    let Some((played, _)) = lasting().find(|(_, last)| STATUS_ORDER.contains(&last.clock.status)) else { return };
    let decided = |event: &MatchEvent| match event.kind {
        EventType::Postponed => event.clock.period().is_none(),
        EventType::Abandoned | EventType::Awarded => {
            matches!(event.clock.status, Status::Scheduled | Status::Postponed)
        }
        _ => false,
    };
    if let Some((off, last)) = lasting().find(|(_, last)| decided(last)) {
        let what = match last.kind {
            EventType::Awarded => "its result is awarded before kick-off",
            EventType::Abandoned => "is abandoned before kick-off",
            _ => "is postponed",
        };
        let message = format!("the match is played, but {what} on line {}", off.line);
        out.error(LineRef::Line(played.line), "type", message);
    }
}

/// Whether an event delays the match to a moment that has passed when the feed tells it.
pub(super) fn delays_into_the_past(view: &MatchView<'_>, event: &MatchEvent) -> bool {
    let told = event.reported_at();
    let kickoff = event.details.time(Field::Kickoff).filter(|_| event.kind == EventType::Delayed);
    told.status == Status::Scheduled
        && kickoff.is_some_and(|kickoff| kickoff.0.saturating_sub(view.fixture.kickoff.0) < told.reading.as_millis())
}

/// The latest kick-off that a match had which is postponed in the end, on the clock that counts down to the scheduled one.
/// `None` for other matches: that one side does not appear is known only after kick-off.
pub(super) fn last_kickoff_of_postponed(view: &MatchView<'_>) -> Option<Reading> {
    let postponed = view.final_events().values().any(|event| event.kind == EventType::Postponed);
    let delays = view.revisions.iter().filter(|revision| revision.event.kind == EventType::Delayed);
    let kickoffs = delays.filter_map(|revision| revision.event.details.time(Field::Kickoff));
    let late = kickoffs.map(|at| Reading::from_millis(at.0.saturating_sub(view.fixture.kickoff.0)));
    postponed.then(|| late.max().unwrap_or_default().max(Reading::default()))
}

/// The changes before a match and its suspensions are within the limits of the layout, and kick-offs within a year.
pub(super) fn check_decisions_are_within_limits(view: &MatchView<'_>, out: &mut LintReport) {
    let mut prematch = Prematch::default();
    let beyond = view.entries.iter().find(|(entry, _)| !prematch.add_change(&entry.item));
    if let Some((entry, _)) = beyond {
        let message = format!(
            "more than {MAX_PREMATCH_CHANGES} delays, postponements and corrections of them in a match: this one has no effect"
        );
        out.error(LineRef::Line(entry.line), "type", message);
    }
    let begins = |revision: &&Revision<'_>| {
        let suspended = |event: &MatchEvent| event.kind == EventType::Suspended;
        suspended(revision.event) && !revision.previous_in_force().is_some_and(suspended)
    };
    if let Some(revision) = view.without_removals().filter(begins).nth(MAX_SUSPENSIONS) {
        let message = format!("more than {MAX_SUSPENSIONS} events \"suspended\" in a match");
        out.error(LineRef::Line(revision.line), "type", message);
    }
    for revision in &view.revisions {
        let (event, place) = (revision.event, LineRef::Line(revision.line));
        if event.kind != EventType::Delayed {
            continue;
        }
        if let Some(kickoff) = event.details.time(Field::Kickoff)
            && kickoff.0.abs_diff(view.fixture.kickoff.0) > MAX_KICKOFF_SHIFT_MILLIS.unsigned_abs()
        {
            let message = "the new kick-off is more than a year from the scheduled one".to_owned();
            out.error(place, Field::Kickoff.as_str(), message);
        }
        if delays_into_the_past(view, event)
            && !revision.previous.is_some_and(|previous| delays_into_the_past(view, previous))
        {
            let message =
                format!("the new kick-off has passed at {}, when the feed tells it", event.reported_at().reading);
            out.error(place, Field::Kickoff.as_str(), message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::finds;

    const OFF: &str = r#"{"type":"postponed","id":"off","status":"scheduled","clock":"-90:00"}"#;

    #[test]
    fn a_postponed_match_is_not_played() {
        let goal = r#"{"type":"goal","period":1,"clock":"10:00","side":"home","player":"h9"}"#;
        finds(&format!("{OFF}\n{goal}"), &["4 \"goal\": error: the match is played, but is postponed on line 3"]);
        let back = r#"{"op":"remove","id":"off","told":"-60:00","told_status":"scheduled"}"#;
        finds(&format!("{OFF}\n{back}\n{goal}"), &[]);
        finds(OFF, &[]);
        for (off, what) in [
            (r#""abandoned""#, "is abandoned before kick-off"),
            (r#""awarded","score":{"home":3,"away":0}"#, "its result is awarded before kick-off"),
        ] {
            let off = format!(r#"{{"type":{off},"id":"off","status":"scheduled","clock":"-90:00"}}"#);
            let found = format!("4 \"goal\": error: the match is played, but {what} on line 3");
            finds(&format!("{off}\n{goal}"), &[&found]);
            finds(&format!("{off}\n{back}\n{goal}"), &[]);
            finds(&off, &[]);
        }
    }

    #[test]
    fn a_match_is_called_off_by_its_last_revision_and_played_in_breaks_too() {
        let words = r#"{"type":"commentary","id":"off","status":"scheduled","clock":"-90:00","text":"They talk."}"#;
        let off = r#"{"op":"update","id":"off","told":"-60:00","told_status":"scheduled","type":"abandoned"}"#;
        let change =
            r#"{"type":"substitution","status":"half_time","clock":"3:00","side":"home","in":"h12","out":"h9"}"#;
        finds(
            &[words, off, change].join("\n"),
            &["5 \"substitution\": error: the match is played, but is abandoned before kick-off on line 3"],
        );
    }

    #[test]
    fn a_correction_does_not_withdraw_required_fields() {
        finds(
            r#"{"type":"delayed","id":"late","status":"scheduled","clock":"-30:00","kickoff":"2018-04-22T18:55:00Z"}
               {"op":"update","id":"late","kickoff":null,"told":"-20:00","told_status":"scheduled"}
               {"type":"period_start","period":1,"clock":"0:00"}
               {"type":"abandoned","id":"off","period":1,"clock":"9:00"}
               {"type":"awarded","id":"given","status":"abandoned","clock":"0:00","score":{"home":3,"away":0}}
               {"op":"update","id":"given","told":"1:00","told_status":"abandoned","score":null}"#,
            &[
                "4 null: error: delayed needs \"kickoff\", the moment at which the match now begins",
                "8 null: error: awarded needs \"score\", such as {\"home\":3,\"away\":0}",
            ],
        );
        finds(
            r#"{"type":"postponed","id":"off","status":"scheduled","clock":"-30:00"}
               {"op":"update","id":"off","type":"delayed","told":"-20:00","told_status":"scheduled"}"#,
            &["4 \"delayed\": error: delayed needs \"kickoff\", the moment at which the match now begins"],
        );
        finds(
            r#"{"type":"postponed","id":"off","status":"scheduled","clock":"-30:00"}
               {"op":"update","id":"off","type":"delayed","kickoff":"2018-04-22T18:55:00Z","told":"-20:00","told_status":"scheduled"}
               {"type":"period_start","period":1,"clock":"0:00"}"#,
            &[],
        );
    }

    #[test]
    fn decisions_are_complete_and_in_time() {
        finds(
            r#"{"type":"delayed","status":"scheduled","clock":"-5:00"}
               {"type":"period_start","period":1,"clock":"0:00"}
               {"type":"postponed","period":1,"clock":"3:00"}
               {"type":"awarded","period":1,"clock":"4:00"}"#,
            &[
                "3 \"delayed\": error: delayed needs \"kickoff\", the moment at which the match now begins",
                "5 \"postponed\": error: postponed comes before kick-off, with \"status\":\"scheduled\": after it write \"suspended\" or \"abandoned\"",
                "6 \"awarded\": error: awarded needs \"score\", such as {\"home\":3,\"away\":0}",
            ],
        );
    }

    #[test]
    fn a_kick_off_is_not_corrected_after_it() {
        let delayed = r#"{"type":"delayed","id":"d","status":"scheduled","clock":"-5:00","kickoff":"2018-04-22T18:55:00Z"}
                         {"type":"period_start","period":1,"clock":"0:00"}"#;
        let words = delayed.replace("delayed", "commentary").replace(r#","kickoff":"2018-04-22T18:55:00Z""#, "");
        let told = r#"{"op":"update","id":"d","told":"5:00","told_period":1"#;
        let found = "5 \"5:00\": error: delayed comes before kick-off, with \"status\":\"scheduled\": after it write \"suspended\" or \"abandoned\"";
        finds(&format!("{delayed}\n{told},\"kickoff\":\"2018-04-22T18:50:00Z\"}}"), &[found]);
        let kickoff = r#""type":"delayed","kickoff":"2018-04-22T18:50:00Z""#;
        finds(&format!("{words}\n{told},{kickoff}}}"), &[found]);
        finds(&format!("{delayed}\n{told},\"reason\":\"fog\"}}"), &[]);
    }

    #[test]
    fn decisions_are_few_and_within_a_year() {
        let delayed = r#"{"type":"delayed","status":"scheduled","clock":"-9:00","kickoff":"2018-04-22T18:55:00Z"}"#;
        finds(&vec![delayed; 100].join("\n"), &[]);
        let beyond = |line: usize, value: &str| {
            format!(
                "{line} {value}: error: more than 100 delays, postponements and corrections of them in a match: this one has no effect"
            )
        };
        finds(&vec![delayed; 102].join("\n"), &[&beyond(103, "\"delayed\"")]);
        let off_and_on = |number: usize| {
            format!(
                r#"{{"type":"postponed","id":"p{number}","status":"scheduled","clock":"-9:00"}}
                   {{"op":"remove","id":"p{number}","told":"-9:00"}}"#
            )
        };
        let postponed: Vec<String> = (0..50).map(off_and_on).collect();
        finds(&postponed.join("\n"), &[]);
        finds(&[&*postponed, &[off_and_on(50)]].concat().join("\n"), &[&beyond(103, "\"postponed\"")]);
        let halt = r#"{"type":"suspended","period":1,"clock":"9:00"}
                      {"type":"resumed","status":"suspended","clock":"0:01"}"#;
        finds(&vec![halt; 50].join("\n"), &[]);
        let found = "103 \"suspended\": error: more than 50 events \"suspended\" in a match";
        finds(&vec![halt; 52].join("\n"), &[found]);
        finds(
            &delayed.replace("2018", "2020"),
            &["3 \"2020-04-22T18:55:00Z\": error: the new kick-off is more than a year from the scheduled one"],
        );
        let early = delayed.replace("18:55", "18:30");
        finds(
            &format!("{early}\n{{\"type\":\"period_start\",\"period\":1,\"clock\":\"0:00\"}}"),
            &["3 \"2018-04-22T18:30:00Z\": error: the new kick-off has passed at -9:00, when the feed tells it"],
        );
    }

    #[test]
    fn clocks_before_the_match_end_with_the_real_kick_off() {
        let late = |clock: &str| {
            format!(
                r#"{{"type":"delayed","status":"scheduled","clock":"-5:00","kickoff":"2018-04-22T18:55:00Z"}}
                   {{"type":"commentary","status":"scheduled","clock":"{clock}","text":"They wait."}}
                   {{"type":"period_start","period":1,"clock":"0:00"}}"#
            )
        };
        finds(&late("9:59"), &[]);
        let found = &["4 \"11:00\": error: clock 11:00 is after kick-off, which is at 10:00"];
        finds(&late("11:00"), found);
        finds(
            r#"{"type":"commentary","status":"scheduled","clock":"1:00","text":"They wait."}"#,
            &[
                "3 \"1:00\": error: clock 01:00 is after kick-off: before the match clocks are negative, unless \"delayed\" moves it",
            ],
        );
        let off = |clock: &str| format!(r#"{{"type":"postponed","status":"scheduled","clock":"{clock}"}}"#);
        finds(
            &off("45:00"),
            &[
                "3 \"45:00\": error: clock 45:00 is after kick-off: before the match clocks are negative, unless \"delayed\" moves it",
            ],
        );
        let delay = r#"{"type":"delayed","status":"scheduled","clock":"-5:00","kickoff":"2018-04-22T18:55:00Z"}"#;
        finds(&format!("{delay}\n{}", off("9:00")), &[]);
        finds(
            &format!("{delay}\n{}", off("11:00")),
            &["4 \"11:00\": error: clock 11:00 is after kick-off, which is at 10:00"],
        );
        let given = r#"{"type":"awarded","status":"scheduled","clock":"15:00","score":{"home":3,"away":0}}"#;
        finds(given, &[]);
    }
}
