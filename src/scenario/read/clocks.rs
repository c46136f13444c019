//! Clocks, minutes and moments: the fields that say when.

use std::num::NonZeroU16;

use super::{Fields, Findings, Severity};
use crate::football::{Match, MatchClock, Minute, Period, PeriodRules, Reading, Side, Status, UtcMillis};

/// `period` or `status`, with `clock`. A correction may leave out what it does not change.
pub(super) fn clock(
    fields: &mut Fields<'_>,
    fixture: &Match,
    was: Option<MatchClock>,
    out: &mut Findings,
) -> Option<MatchClock> {
    let status = match (fields.has("period"), fields.has("status")) {
        (true, true) => {
            let message = "an event has a period (in play) or a status (outside it), not both".to_owned();
            fields.report_at(out, "status", Severity::Error, message);
            return None;
        }
        (true, false) => period(fields, "period", out).map(Period::status),
        (false, true) => place(fields, "status", out),
        (false, false) => was.map(|was| was.status).or_else(|| {
            let message = "the event needs \"period\" (1 to 5), or outside play \"status\"".to_owned();
            fields.report(out, Severity::Error, message);
            None
        }),
    };
    let reading = match fields.has("clock") {
        true => reading(fields, "clock", out),
        false => was.map(|was| was.reading).or_else(|| {
            fields.report(out, Severity::Error, "the event needs \"clock\", such as \"16:04\"".into());
            None
        }),
    };
    let clock = MatchClock { status: status?, reading: reading? };
    in_range(clock, &fixture.rules.periods, "clock", fields, out).then_some(clock)
}

/// When it was told, if that is stated.
pub(super) fn told_at(fields: &mut Fields<'_>, fixture: &Match, own: Status, out: &mut Findings) -> Option<MatchClock> {
    let status = match (fields.has("told_period"), fields.has("told_status")) {
        (true, true) => {
            let message = "it is told in a period (told_period) or outside play (told_status), not both".to_owned();
            fields.report_at(out, "told_status", Severity::Error, message);
            // Asked for, so that they are not reported as strange as well.
            for key in ["told", "told_period", "told_status"] {
                fields.raw(key);
            }
            return None;
        }
        (true, false) => period(fields, "told_period", out)?.status(),
        (false, true) => place(fields, "told_status", out)?,
        (false, false) => own,
    };
    if !fields.has("told") {
        if let Some(key) = ["told_period", "told_status"].into_iter().find(|key| fields.has(key)) {
            let message = format!("{key} stands beside \"told\", which is missing");
            fields.report_at(out, key, Severity::Error, message);
        }
        return None;
    }
    let told = MatchClock { status, reading: reading(fields, "told", out)? };
    in_range(told, &fixture.rules.periods, "told", fields, out).then_some(told)
}

pub(super) fn period(fields: &mut Fields<'_>, key: &str, out: &mut Findings) -> Option<Period> {
    let number: u64 = fields.get(key, "1, 2, 3, 4 (extra time) or 5 (shoot-out)", out)?;
    let period = Period::from_number(number);
    if period.is_none() {
        let message = format!("{key} is {number}, expected 1, 2, 3, 4 (extra time) or 5 (shoot-out)");
        fields.report_at(out, key, Severity::Error, message);
    }
    period
}

/// A status outside play.
pub(super) fn place(fields: &mut Fields<'_>, key: &str, out: &mut Findings) -> Option<Status> {
    let status = fields.word(key, Status::WORDS, Status::parse, out)?;
    if let Some(period) = status.period() {
        let message = format!("in play an event has \"period\":{}, not a status", period.number());
        fields.report_at(out, key, Severity::Error, message);
        return None;
    }
    Some(status)
}

pub(super) fn reading(fields: &mut Fields<'_>, key: &str, out: &mut Findings) -> Option<Reading> {
    let text = fields.text(key, out)?;
    let reading = Reading::parse(&text);
    if reading.is_none() {
        let message =
            format!("{key} {text:?} is not a clock; expected minutes and seconds, such as \"16:04\", below 10000:00");
        fields.report_at(out, key, Severity::Error, message);
    }
    reading
}

/// Clocks run on from the start of their period, count up from the start of a break, and down to kick-off.
pub(super) fn in_range(
    clock: MatchClock,
    rules: &PeriodRules,
    key: &str,
    fields: &Fields<'_>,
    out: &mut Findings,
) -> bool {
    let message = match (clock.period(), clock.status) {
        (Some(period), _) if clock.reading < rules.start(period) => {
            format!("{key} {} is before period {} begins at {}", clock.reading, period.number(), rules.start(period))
        }
        (None, Status::Scheduled) if clock.reading > Reading::default() => {
            format!("{key} {} is after kick-off: before the match the clock is negative", clock.reading)
        }
        (None, status) if status != Status::Scheduled && clock.reading < Reading::default() => {
            format!("{key} {} is negative: during {status} it counts from 0:00", clock.reading)
        }
        _ => return true,
    };
    fields.report_at(out, key, Severity::Error, message);
    false
}

/// The minute as the record has it: `label`, or `minute` alone.
pub(super) fn official(fields: &mut Fields<'_>, out: &mut Findings) -> Option<Minute> {
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

pub(super) fn side(fields: &mut Fields<'_>, out: &mut Findings) -> Option<Side> {
    fields.word("side", Side::WORDS, Side::parse, out)
}

/// A moment as `2018-04-22T18:45:00Z`, or with an offset.
pub(super) fn instant(fields: &mut Fields<'_>, key: &str, out: &mut Findings) -> Option<UtcMillis> {
    let text = fields.text(key, out)?;
    match text.parse::<jiff::Timestamp>() {
        Ok(instant) => Some(UtcMillis(instant.as_millisecond())),
        Err(_) => {
            let message = format!("{key} {text:?} is not a time; expected such as \"2018-04-22T18:45:00Z\"");
            fields.report_at(out, key, Severity::Error, message);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{file, reading_finds};

    /// What is found in a corner that has these fields.
    fn finds(fields: &str) -> Vec<String> {
        reading_finds(&file(&format!(r#"{{"type":"corner","side":"home",{fields}}}"#)))
    }

    #[test]
    fn a_wrong_clock_says_what_would_be_right() {
        assert_eq!(
            finds(r#""period":1,"clock":"16.04""#),
            [
                "3 \"16.04\": error: clock \"16.04\" is not a clock; expected minutes and seconds, such as \"16:04\", below 10000:00"
            ]
        );
        for clock in ["99999999999999999999:00", "10001:00", "16:60", "", "16"] {
            assert_eq!(finds(&format!(r#""period":1,"clock":"{clock}""#)).len(), 1, "{clock}");
        }
        assert_eq!(finds(r#""period":1,"clock":964"#), ["3 964: error: clock of the event is 964, expected a string"]);
        assert_eq!(
            finds(r#""period":2,"clock":"44:59""#),
            ["3 \"44:59\": error: clock 44:59 is before period 2 begins at 45:00"]
        );
        assert_eq!(
            finds(r#""status":"half_time","clock":"-1:00""#),
            ["3 \"-1:00\": error: clock -1:00 is negative: during half_time it counts from 0:00"]
        );
        assert_eq!(
            finds(r#""status":"scheduled","clock":"1:00""#),
            ["3 \"1:00\": error: clock 01:00 is after kick-off: before the match the clock is negative"]
        );
    }

    #[test]
    fn a_place_is_a_period_or_a_status() {
        assert_eq!(
            finds(r#""period":6,"clock":"1:00""#),
            ["3 6: error: period is 6, expected 1, 2, 3, 4 (extra time) or 5 (shoot-out)"]
        );
        assert_eq!(finds(r#""period":1,"status":"half_time","clock":"1:00""#).len(), 1);
        assert_eq!(
            finds(r#""status":"first_half","clock":"1:00""#),
            ["3 \"first_half\": error: in play an event has \"period\":1, not a status"]
        );
        assert_eq!(
            finds(r#""clock":"1:00""#),
            ["3 {\"type\":\"corner\": error: the event needs \"period\" (1 to 5), or outside play \"status\""]
        );
        assert_eq!(
            finds(r#""period":1"#),
            ["3 {\"type\":\"corner\": error: the event needs \"clock\", such as \"16:04\""]
        );
    }

    #[test]
    fn a_telling_has_its_clock() {
        assert_eq!(
            finds(r#""period":1,"clock":"10:00","told_period":2"#),
            ["3 2: error: told_period stands beside \"told\", which is missing"]
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
