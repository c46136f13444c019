//! Reads the fields that say when and where: clocks, official minutes, sides and moments.

use std::num::NonZeroU16;

use super::{Fields, Findings, Severity};
use crate::football::{Match, MatchClock, Minute, Period, PeriodRules, Reading, Side, Status, UtcMillis};
use crate::scenario::hints;

/// Reads `period` or `status`, with `clock`. A correction may leave out what it does not change, which is then
/// `previous`.
///
/// If the clock is wrong and the status is not, returns the clock that was probably meant, or else the start of the
/// status.
pub(super) fn read_clock(
    fields: &mut Fields<'_>,
    fixture: &Match,
    previous: Option<MatchClock>,
    out: &mut Findings,
) -> Option<MatchClock> {
    let status = match (fields.has("period"), fields.has("status")) {
        (true, true) => {
            let message = "write \"period\" (in play) or \"status\" (outside play), not both".to_owned();
            let key = if fields.is_renamed("period") { "period" } else { "status" };
            fields.report_at(out, key, Severity::Error, message);
            for key in ["period", "status", "clock"] {
                fields.take_raw(key);
            }
            return None;
        }
        (true, false) => read_period(fields, "period", out),
        (false, true) => read_status_outside_play(fields, "status", out),
        (false, false) => previous.map(|previous| previous.status).or_else(|| {
            let message = "the event needs \"period\" (1 to 5), or \"status\" outside play".to_owned();
            fields.report(out, Severity::Error, message);
            None
        }),
    };
    let stated = fields.has("clock");
    let reading = if stated {
        read_reading(fields, "clock", out)
    } else {
        previous.map(|previous| Valid(previous.reading)).or_else(|| {
            report_missing_clock(fields, out);
            None
        })
    };
    let status = status?;
    let begins = status.period().map_or(Reading::default(), |period| fixture.rules.periods.start(period));
    match reading {
        Some(Valid(reading)) => {
            let clock = MatchClock { status, reading };
            check_range(clock, &fixture.rules.periods, "clock", fields, out);
            Some(clock)
        }
        Some(Guessed(reading)) => Some(MatchClock { status, reading: reading.max(begins) }),
        None => Some(MatchClock { status, reading: begins }),
    }
}

/// The reading of a clock.
enum ParsedReading {
    Valid(Reading),
    /// The clock is wrong and has been reported; this is what it probably means.
    Guessed(Reading),
}
use ParsedReading::{Guessed, Valid};

/// Reports a missing clock, and suggests one if a minute is given.
fn report_missing_clock(fields: &Fields<'_>, out: &mut Findings) {
    let stated = fields.peek("label").or_else(|| fields.peek("minute"));
    let minute = stated.and_then(|minute| Minute::parse(minute.trim_matches('"')));
    let message = match minute {
        Some(minute) => {
            let begins = i64::from(minute.minute) + minute.added.map_or(0, i64::from) - 1;
            format!("the event needs \"clock\": minute {minute} begins at \"{}\"", Reading::from_minutes(begins))
        }
        None => "the event needs \"clock\", such as \"16:04\"".to_owned(),
    };
    fields.report_grouped(out, "clock", "no clock", message);
}

/// Reads `told`, with `told_period` or `told_status`: when the feed reports the event. `own` is when it happened, if
/// known.
pub(super) fn read_told_clock(
    fields: &mut Fields<'_>,
    fixture: &Match,
    own: Option<MatchClock>,
    out: &mut Findings,
) -> Option<MatchClock> {
    let stated = match (fields.has("told_period"), fields.has("told_status")) {
        (true, true) => {
            let message = "write \"told_period\" (in play) or \"told_status\" (outside play), not both".to_owned();
            fields.report_at(out, "told_status", Severity::Error, message);
            // Taken, so that they are not reported as unknown fields as well.
            for key in ["told", "told_period", "told_status"] {
                fields.take_raw(key);
            }
            return None;
        }
        (true, false) => Some(read_period(fields, "told_period", out)),
        (false, true) => Some(read_status_outside_play(fields, "told_status", out)),
        (false, false) => None,
    };
    if !fields.has("told") {
        if let Some(key) = ["told_period", "told_status"].into_iter().find(|key| fields.has(key)) {
            let message = format!("{key} needs \"told\", the clock at which the feed tells it");
            fields.report_at(out, key, Severity::Error, message);
        }
        return None;
    }
    let reading = match read_reading(fields, "told", out)? {
        Valid(reading) => reading,
        Guessed(_) => return None,
    };
    let told = MatchClock { status: stated.unwrap_or_else(|| own.map(|own| own.status))?, reading };
    if stated.is_none()
        && let Some(message) = implausible_told(told, own, fixture)
    {
        fields.report_at(out, "told", Severity::Error, message);
        return None;
    }
    check_range(told, &fixture.rules.periods, "told", fields, out).then_some(told)
}

/// The message about a `told` without `told_period` or `told_status` that can hardly belong to the period or status of
/// the event: it is probably a clock of a later one.
fn implausible_told(told: MatchClock, own: Option<MatchClock>, fixture: &Match) -> Option<String> {
    // A smaller difference may be a typing mistake, and few breaks last longer.
    let (tolerance, longest_break) = (Reading::from_minutes(5).as_millis(), Reading::from_minutes(20));
    let begins = told.period().map(|period| (period, fixture.rules.periods.start(period)));
    let own = own.filter(|own| {
        own.status == told.status
            && told.reading < longest_break
            && told.reading.as_millis() < own.reading.as_millis() - tolerance
    });
    let before = match (begins, own) {
        (Some((period, begins)), _) if told.reading < begins => {
            format!("before the start of period {} at {begins}", period.number())
        }
        (Some((period, _)), Some(own)) => {
            format!("before the event happens at {} of period {}", own.reading, period.number())
        }
        (None, _) if told.status == Status::Scheduled && told.reading > Reading::default() => {
            "after kick-off".to_owned()
        }
        _ => return None,
    };
    let place = match told.status {
        Status::FirstHalf => r#"at half-time, add "told_status":"half_time""#,
        Status::SecondHalf if fixture.rules.extra_time => {
            r#"before extra time, add "told_status":"extra_time_break", after the match "told_status":"full_time""#
        }
        Status::SecondHalf | Status::ExtraSecondHalf | Status::Shootout => {
            r#"after the match, add "told_status":"full_time""#
        }
        Status::ExtraFirstHalf => r#"at half-time of extra time, add "told_status":"extra_half_time""#,
        _ => r#"in the first half, add "told_period":1"#,
    };
    Some(format!("told {} is {before}: if the feed tells it {place}", told.reading))
}

/// Reads a period, as its status.
pub(super) fn read_period(fields: &mut Fields<'_>, key: &str, out: &mut Findings) -> Option<Status> {
    const EXPECTED: &str = "1, 2, 3, 4 (extra time) or 5 (shoot-out)";
    if let Some(text) = fields.peek(key).filter(|raw| raw.starts_with('"')) {
        let meant = hints::period_hint(text.trim_matches('"'));
        let hint = match meant {
            Some(Ok(period)) => format!("write {}", period.number()),
            Some(Err(status)) => {
                format!("outside play write \"{}\":{:?} instead", key.replace("period", "status"), status.as_str())
            }
            None => format!("expected {EXPECTED}"),
        };
        fields.take_raw(key);
        fields.report_at(out, key, Severity::Error, format!("{key} is {}: {hint}", crate::message::excerpt(text)));
        return meant.map(|meant| meant.map_or_else(|status| status, Period::status));
    }
    let number: u64 = fields.get(key, EXPECTED, out)?;
    let period = Period::from_number(number);
    if period.is_none() {
        let message = format!("{key} is {number}, expected {EXPECTED}");
        fields.report_at(out, key, Severity::Error, message);
    }
    period.map(Period::status)
}

/// Reads a status outside play.
pub(super) fn read_status_outside_play(fields: &mut Fields<'_>, key: &str, out: &mut Findings) -> Option<Status> {
    let status = fields.word(key, Status::WORDS, Status::parse, out)?;
    if let Some(period) = status.period() {
        let message = format!("in play write \"period\":{}, not a status", period.number());
        fields.report_at(out, key, Severity::Error, message);
    }
    Some(status)
}

/// Reads a clock.
fn read_reading(fields: &mut Fields<'_>, key: &str, out: &mut Findings) -> Option<ParsedReading> {
    if let Some(number) = fields.peek(key).filter(|raw| raw.starts_with(|c: char| c.is_ascii_digit() || c == '-')) {
        fields.take_raw(key);
        let meant = hints::clock_from_number(number);
        let example = meant.map_or_else(|| "12:31".to_owned(), |meant| meant.to_string());
        let message = format!(
            "{key} is the number {}, but a clock is text, such as {example:?}",
            crate::message::excerpt(number)
        );
        fields.report_grouped(out, key, &format!("{key} is a number"), message);
        return meant.map(Guessed);
    }
    let text = fields.text(key, out)?;
    if let Some(reading) = Reading::parse(&text) {
        return Some(Valid(reading));
    }
    if let Some(meant) = hints::clock_hint(&text) {
        let message = format!("{key} {text:?} {}", meant.advice);
        fields.report_grouped(out, key, &format!("{key} {}", meant.notation), message);
        return Some(Guessed(meant.reading));
    }
    let message = match hints::period_hint(&text) {
        Some(Err(status)) => {
            let beside = key.replace("clock", "status").replace("told", "told_status");
            format!("{key} {text:?} is not a clock: write \"{beside}\":{:?} and \"{key}\":\"0:00\"", status.as_str())
        }
        _ => format!(
            "{key} {:?} is not a clock; expected minutes and seconds, such as \"16:04\", below 1000000:00",
            crate::message::excerpt(&text)
        ),
    };
    fields.report_at(out, key, Severity::Error, message);
    None
}

/// Checks that a clock is not before the start of its period or status. Only before kick-off clocks are negative.
fn check_range(clock: MatchClock, rules: &PeriodRules, key: &str, fields: &Fields<'_>, out: &mut Findings) -> bool {
    let (mistake, message) = match (clock.period(), clock.status) {
        (Some(period), _) if clock.reading < rules.start(period) => {
            let start = rules.start(period);
            let meant = Reading::from_millis(start.as_millis() + clock.reading.as_millis());
            // Probably counted from the start of the period, unless it may belong to the end of the one before.
            let hint = if clock.reading >= Reading::default() && clock.reading <= Reading::from_minutes(40) {
                format!("; it continues through the match: write \"{meant}\"")
            } else {
                String::new()
            };
            (
                "early",
                format!("{key} {} is before the start of period {} at {start}{hint}", clock.reading, period.number()),
            )
        }
        (None, status) if status != Status::Scheduled && clock.reading < Reading::default() => {
            ("negative", format!("{key} {} is negative: during {status} it counts from 0:00", clock.reading))
        }
        _ => return true,
    };
    fields.report_grouped(out, key, &format!("{key} {mistake}"), message);
    false
}

/// Reads the official minute: `label`, or `minute` alone.
pub(super) fn read_official_minute(fields: &mut Fields<'_>, out: &mut Findings) -> Option<Minute> {
    let minute: Option<NonZeroU16> = fields.get("minute", "a minute, counted from 1", out);
    let minute = minute.map(NonZeroU16::get);
    let label = match fields.text("label", out) {
        Some(text) => match Minute::parse(&text) {
            Some(label) => Some(label),
            None => {
                let message = format!("label {text:?} is not a minute; expected such as \"16\" or \"45+2\"");
                fields.report_at(out, "label", Severity::Error, message);
                None
            }
        },
        None => None,
    };
    match (label, minute) {
        (Some(label), Some(minute)) if label.minute != minute => {
            fields.report_at(out, "minute", Severity::Error, format!("minute {minute} and label {label} disagree"));
            None
        }
        (Some(label), _) => Some(label),
        (None, minute) => minute.map(|minute| Minute { minute, added: None }),
    }
}

/// Reads the side of an event.
pub(super) fn read_side(fields: &mut Fields<'_>, fixture: &Match, out: &mut Findings) -> Option<Side> {
    let word = fields.text("side", out)?;
    if let Some(side) = Side::parse(&word) {
        return Some(side);
    }
    let named = |side: &Side| {
        let team = fixture.team(*side);
        [team.id.as_str(), &*team.name, &*team.short].iter().any(|name| name.to_lowercase() == word.to_lowercase())
    };
    if let Some(side) = [Side::Home, Side::Away].into_iter().find(named) {
        let message = format!("unknown side {word:?}: that is the {side} team, write {:?}", side.as_str());
        fields.report_at(out, "side", Severity::Error, message);
        return Some(side);
    }
    fields.word("side", Side::WORDS, Side::parse, out)
}

/// Reads a moment: `2018-04-22T18:45:00Z`, or with an offset. If it is wrong, returns what was probably meant.
pub(super) fn read_instant(fields: &mut Fields<'_>, key: &str, out: &mut Findings) -> Option<UtcMillis> {
    if let Some(number) = fields.peek(key).filter(|raw| raw.starts_with(|c: char| c.is_ascii_digit())) {
        fields.take_raw(key);
        let at = number.parse::<i64>().ok().and_then(|number| {
            let epoch = jiff::Timestamp::from_second(number).ok().filter(|_| number < 100_000_000_000);
            epoch.or_else(|| jiff::Timestamp::from_millisecond(number).ok())
        });
        let example = at.map_or_else(|| "2018-04-22T18:45:00Z".to_owned(), |at| at.to_string());
        let message =
            format!("{key} is the number {}, but a time is text: {example:?}", crate::message::excerpt(number));
        fields.report_grouped(out, key, &format!("{key} is a number"), message);
        return at.map(|at| UtcMillis(at.as_millisecond()));
    }
    let text = fields.text(key, out)?;
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(UtcMillis(instant.as_millisecond()));
    }
    let local = text.trim().parse::<jiff::civil::DateTime>().ok();
    let meant = local.and_then(|local| jiff::tz::TimeZone::UTC.to_timestamp(local).ok());
    match meant {
        Some(at) => {
            let missing = if text.contains(':') { "zone" } else { "time of day" };
            let local = at.to_string().trim_end_matches('Z').to_owned();
            let message =
                format!("{key} {text:?} has no {missing}: write \"{local}Z\", or with an offset, \"{local}+01:00\"");
            fields.report_grouped(out, key, &format!("{key} {missing}"), message);
        }
        None => {
            let message = format!("{key} {text:?} is not a time; expected such as \"2018-04-22T18:45:00Z\"");
            fields.report_at(out, key, Severity::Error, message);
        }
    }
    meant.map(|at| UtcMillis(at.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{file, reading_finds};

    /// The findings in a corner with these fields.
    fn finds(fields: &str) -> Vec<String> {
        reading_finds(&file(&format!(r#"{{"type":"corner","side":"home",{fields}}}"#)))
    }

    #[test]
    fn a_wrong_clock_is_answered_with_the_right_one() {
        assert_eq!(
            finds(r#""period":1,"clock":"noon""#),
            [
                "3 \"noon\": error: clock \"noon\" is not a clock; expected minutes and seconds, such as \"16:04\", below 1000000:00"
            ]
        );
        for clock in ["99999999999999999999:00", "1000001:00", "16:60", "", "16"] {
            assert_eq!(finds(&format!(r#""period":1,"clock":"{clock}""#)).len(), 1, "{clock}");
        }
        assert_eq!(
            finds(r#""period":1,"clock":964"#),
            ["3 964: error: clock is the number 964, but a clock is text, such as \"16:04\""]
        );
        assert_eq!(
            finds(r#""period":2,"clock":"44:59""#),
            ["3 \"44:59\": error: clock 44:59 is before the start of period 2 at 45:00"]
        );
        assert_eq!(
            finds(r#""status":"half_time","clock":"-1:00""#),
            ["3 \"-1:00\": error: clock -1:00 is negative: during half_time it counts from 0:00"]
        );
    }

    #[test]
    fn an_event_has_a_period_or_a_status() {
        assert_eq!(
            finds(r#""period":6,"clock":"1:00""#),
            ["3 6: error: period is 6, expected 1, 2, 3, 4 (extra time) or 5 (shoot-out)"]
        );
        assert_eq!(finds(r#""period":1,"status":"half_time","clock":"1:00""#).len(), 1);
        assert_eq!(
            finds(r#""status":"first_half","clock":"1:00""#),
            ["3 \"first_half\": error: in play write \"period\":1, not a status"]
        );
        assert_eq!(
            finds(r#""clock":"1:00""#),
            ["3 {\"type\":\"corner\": error: the event needs \"period\" (1 to 5), or \"status\" outside play"]
        );
        assert_eq!(
            finds(r#""period":1"#),
            ["3 {\"type\":\"corner\": error: the event needs \"clock\", such as \"16:04\""]
        );
    }

    #[test]
    fn told_period_needs_told() {
        assert_eq!(
            finds(r#""period":1,"clock":"10:00","told_period":2"#),
            ["3 2: error: told_period needs \"told\", the clock at which the feed tells it"]
        );
        assert_eq!(
            finds(r#""period":1,"clock":"10:00","told":"46:00","told_period":2,"told_status":"half_time""#).len(),
            1
        );
        assert_eq!(finds(r#""period":1,"clock":"10:00","told":"46:00","told_period":2"#), [""; 0]);
    }

    #[test]
    fn an_official_minute_counts_from_one_and_agrees_with_its_label() {
        for wrong in [r#""minute":0"#, r#""minute":70000"#, r#""label":"45+0""#, r#""minute":17,"label":"16""#] {
            assert_eq!(finds(&format!(r#""period":1,"clock":"10:00",{wrong}"#)).len(), 1, "{wrong}");
        }
    }
}
