//! Clocks in other notations, and the same clock in the notation of this format.

use crate::football::{Minute, Reading};

/// A clock in another notation, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct ClockHint {
    /// The notation: mistakes with the same notation are one finding.
    pub notation: &'static str,
    /// The clock.
    pub reading: Reading,
    /// What is wrong and what to write: the end of a sentence that begins with the text.
    pub advice: String,
}

impl ClockHint {
    fn new(notation: &'static str, millis: i64, advice: impl FnOnce(Reading) -> String) -> Option<Self> {
        let reading = Reading::from_millis(millis);
        let advice = advice(reading);
        (reading.minutes().abs() < Reading::MAX_MINUTES).then_some(Self { notation, reading, advice })
    }
}

const MINUTE: i64 = 60_000;

/// The clock that a text in another notation means. `None` if it is not understood.
pub(in super::super) fn clock_hint(text: &str) -> Option<ClockHint> {
    let text = text.trim();
    if text.len() > 40 {
        return None;
    }
    parse_stoppage(text)
        .or_else(|| parse_minute(text))
        .or_else(|| parse_iso_duration(text))
        .or_else(|| parse_hours(text))
        .or_else(|| parse_separated(text))
}

/// `45+2`, `45'+2'`, `45:00+2`, `45+2:30`, `45:00+2:30`.
fn parse_stoppage(text: &str) -> Option<ClockHint> {
    let bare: String = text.chars().filter(|c| !is_prime(*c) && !c.is_whitespace()).collect();
    if let Some(Minute { minute, added: Some(added) }) = Minute::parse(&bare.replace(":00+", "+")) {
        let millis = (i64::from(minute) + i64::from(added) - 1) * MINUTE;
        return ClockHint::new("label", millis, |reading| {
            format!("is a label, not a clock: write \"{reading}\", the running clock")
        });
    }
    let (base, added) = bare.split_once('+')?;
    let base = Reading::parse(base).or_else(|| Some(Reading::from_minutes(parse_whole(base)?)))?;
    let added = Reading::parse(added)?;
    ClockHint::new("added", base.as_millis() + added.as_millis(), |reading| {
        format!("is not a clock, which runs on in stoppage time: write \"{reading}\"")
    })
}

/// `12'`, `12`, `12 min`.
fn parse_minute(text: &str) -> Option<ClockHint> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit()).trim();
    let minutes = parse_whole(digits)?;
    match text[digits.len()..].trim() {
        "" => {
            // 1230 means 12:30.
            let millis = match (digits.len(), minutes / 100, minutes % 100) {
                (4, minutes @ ..=130, seconds @ ..=59) => minutes * MINUTE + seconds * 1_000,
                _ => clock_from_number(digits)?.as_millis(),
            };
            ClockHint::new("minutes", millis, |reading| {
                format!("is not a clock, which has minutes and seconds: write \"{reading}\"")
            })
        }
        unit if unit.chars().all(is_prime) || ["min", "min.", "m", "mins", ".", "th"].contains(&unit) => {
            ClockHint::new("minute", (minutes - 1).max(0) * MINUTE, |reading| {
                format!("is a minute, not a clock: write \"{reading}\", at which it begins, or the exact second")
            })
        }
        _ => None,
    }
}

/// `PT12M31S`, `12m31s`.
fn parse_iso_duration(text: &str) -> Option<ClockHint> {
    let lower = text.to_ascii_lowercase();
    let mut rest = lower.strip_prefix("pt").unwrap_or(&lower);
    let mut millis = 0;
    if !rest.ends_with(['h', 'm', 's']) {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(['h', 'm', 's'])?;
        let unit = match rest.as_bytes().get(end)? {
            b'h' => 60 * MINUTE,
            b'm' => MINUTE,
            _ => 1_000,
        };
        millis += parse_decimal(rest[..end].trim(), unit)?;
        rest = &rest[end + 1..];
    }
    ClockHint::new("duration", millis, format_reading)
}

/// `00:12:31`.
fn parse_hours(text: &str) -> Option<ClockHint> {
    let mut parts = text.splitn(3, ':');
    let (hours, minutes, seconds) = (parse_whole(parts.next()?)?, parse_whole(parts.next()?)?, parts.next()?);
    if minutes > 59 || hours > 99 {
        return None;
    }
    ClockHint::new("hours", hours * 60 * MINUTE + minutes * MINUTE + parse_decimal(seconds, 1_000)?, |reading| {
        format!("is not a clock, which has minutes and seconds alone: write \"{reading}\"")
    })
}

/// `12.31`, `12,31`, `12-31`, `12:3`.
fn parse_separated(text: &str) -> Option<ClockHint> {
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let separator = text[at..].chars().next()?;
    if !".,;-_ h：∶".contains(separator) && separator != ':' {
        return None;
    }
    let (minutes, seconds) = (parse_whole(&text[..at])?, text[at + separator.len_utf8()..].trim());
    if separator == '.' && seconds.len() == 1 {
        return ClockHint::new("separator", clock_from_number(text)?.as_millis(), format_reading);
    }
    let seconds = parse_whole(seconds)?;
    if seconds > 59 {
        return None;
    }
    ClockHint::new("separator", minutes * MINUTE + seconds * 1_000, format_reading)
}

/// The clock that a number means. `None` if it is not understood.
pub(in super::super) fn clock_from_number(number: &str) -> Option<Reading> {
    let millis = match number.split_once('.') {
        // 12.31 means 12:31.
        Some((minutes, seconds))
            if seconds.len() == 2 && parse_whole(seconds)? < 60 && parse_whole(minutes)? <= 130 =>
        {
            parse_whole(minutes)? * MINUTE + parse_whole(seconds)? * 1_000
        }
        // More minutes than any match lasts: seconds.
        _ if parse_decimal(number, 1)? > 130 => parse_decimal(number, 1_000)?,
        _ => parse_decimal(number, MINUTE)? / 1_000 * 1_000,
    };
    let reading = Reading::from_millis(millis);
    (reading.minutes() < 300).then_some(reading)
}

fn format_reading(reading: Reading) -> String {
    format!("is not a clock: write \"{reading}\"")
}

fn is_prime(c: char) -> bool {
    matches!(c, '\'' | '’' | '′' | '´' | '`' | '"' | '″')
}

fn parse_whole(digits: &str) -> Option<i64> {
    let fine = (1..=6).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    fine.then(|| digits.parse().ok()).flatten()
}

/// A decimal number of units of `unit` milliseconds, in milliseconds.
fn parse_decimal(digits: &str, unit: i64) -> Option<i64> {
    let (whole_part, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    if fraction.is_empty() || fraction.len() > 15 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let fraction: f64 = format!("0.{fraction}").parse().ok()?;
    Some(parse_whole(whole_part)? * unit + (fraction * unit as f64) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_notations_are_read() {
        for (text, right) in [
            ("45+2", "46:00"),
            ("90+1", "90:00"),
            ("45'+2'", "46:00"),
            ("105 + 3", "107:00"),
            ("45+2:30", "47:30"),
            ("45:00+02:30", "47:30"),
            ("12'", "11:00"),
            ("12’", "11:00"),
            ("12", "12:00"),
            ("1230", "12:30"),
            ("0930", "09:30"),
            ("751", "12:31"),
            ("12 min", "11:00"),
            ("PT12M31S", "12:31"),
            ("PT1H2M3S", "62:03"),
            ("PT751S", "12:31"),
            ("12m31s", "12:31"),
            ("12m 31s", "12:31"),
            ("00:12:31", "12:31"),
            ("01:02:03", "62:03"),
            ("00:18:11.954", "18:11.954"),
            ("45:00+2", "46:00"),
            ("12.31", "12:31"),
            ("12.5", "12:30"),
            ("12,31", "12:31"),
            ("12:3", "12:03"),
            ("12：31", "12:31"),
        ] {
            let clock = clock_hint(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(clock.reading.to_string(), right, "{text}");
            assert!(clock.advice.contains(right) && Reading::parse(right).is_some(), "{text}: {}", clock.advice);
        }
        for text in
            ["", "noon", "12:75", "16:60", "30000", "99999999999:00", "2026-03-07T15:12:31Z", "+", "'", "h", "1:2:3:4"]
        {
            assert_eq!(clock_hint(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_means_minutes_or_seconds() {
        for (number, right) in [
            ("12.31", Some("12:31")),
            ("12", Some("12:00")),
            ("12.5", Some("12:30")),
            ("751", Some("12:31")),
            ("751.25", Some("12:31.25")),
            ("1772895600", None),
            ("1e9", None),
            ("-1", None),
        ] {
            assert_eq!(clock_from_number(number).map(|reading| reading.to_string()).as_deref(), right, "{number}");
        }
    }
}
