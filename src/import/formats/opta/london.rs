//! London time: the clock by which F24 tells the time, with summer time but without saying so.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;

use crate::football::UtcMillis;

/// An hour, in milliseconds.
const HOUR: i64 = 3_600_000;

/// Parses `2018-09-23T15:02:14.39` of London. The fraction is a number of milliseconds without zeros in front: this is 39 of
/// them.
pub fn parse_london(text: &str) -> Option<UtcMillis> {
    // Some exports say of which zone the time is.
    if let Ok(at) = text.trim().parse::<jiff::Timestamp>() {
        return Some(UtcMillis(at.as_millisecond()));
    }
    let clock = parse_clock(text)?;
    let start = utc(last_sunday(clock.year, 3)?.at(1, 0, 0, 0))?;
    let end = utc(last_sunday(clock.year, 10)?.at(1, 0, 0, 0))?;
    // Of the hour that there is twice in October, the first.
    let summer = (start..end).contains(&(clock.millis - HOUR));
    Some(UtcMillis(if summer { clock.millis - HOUR } else { clock.millis }))
}

/// Parses a time of the same form that is UTC.
pub fn parse_utc(text: &str) -> Option<UtcMillis> {
    parse_clock(text).map(|clock| UtcMillis(clock.millis))
}

/// A time of day of an unknown zone, as if it were UTC.
struct ClockTime {
    year: i16,
    millis: i64,
}

fn parse_clock(text: &str) -> Option<ClockTime> {
    let text = text.trim().trim_end_matches('Z');
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let civil: DateTime = seconds.parse().ok()?;
    // Some times have more than three digits.
    let millis: i64 =
        fraction.get(..3).unwrap_or(fraction).parse().ok().filter(|millis| (0..1_000).contains(millis))?;
    Some(ClockTime { year: civil.year(), millis: utc(civil)? + millis })
}

fn utc(civil: DateTime) -> Option<i64> {
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

fn last_sunday(year: i16, month: i8) -> Option<Date> {
    let first = Date::new(year, month, 1).ok()?;
    first.nth_weekday_of_month(-1, Weekday::Sunday).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        let at = jiff::Timestamp::from_millisecond(parse_london(text)?.0).ok()?;
        Some(at.to_string())
    }

    #[test]
    fn summer_time_lasts_from_the_last_sunday_of_march_to_that_of_october() {
        let cases = [
            ("2018-09-23T15:02:14", "2018-09-23T14:02:14Z"),
            ("2018-12-26T15:00:00", "2018-12-26T15:00:00Z"),
            // 2018: 25 March, 28 October.
            ("2018-03-25T00:59:59", "2018-03-25T00:59:59Z"),
            ("2018-03-25T02:00:00", "2018-03-25T01:00:00Z"),
            ("2018-10-28T01:59:59", "2018-10-28T00:59:59Z"),
            ("2018-10-28T02:00:00", "2018-10-28T02:00:00Z"),
            ("2018-09-23T15:02:14Z", "2018-09-23T15:02:14Z"),
            ("2018-09-23T15:02:14+02:00", "2018-09-23T13:02:14Z"),
        ];
        for (london, utc) in cases {
            assert_eq!(shown(london).as_deref(), Some(utc), "{london}");
        }
    }

    #[test]
    fn milliseconds_have_no_zeros_in_front() {
        assert_eq!(shown("2018-12-26T15:02:14.39").as_deref(), Some("2018-12-26T15:02:14.039Z"));
        assert_eq!(shown("2018-12-26T15:02:14.7887").as_deref(), Some("2018-12-26T15:02:14.788Z"));
        assert_eq!(shown("2018-12-26 15:02:14").as_deref(), Some("2018-12-26T15:02:14Z"));
        for text in ["", "yesterday", "2018-12-26T15:02:14.", "2018-12-26T15:02:14.x", "2018-02-30T10:00:00"] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
