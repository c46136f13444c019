//! The match clock. It runs on within a period: 46:12 of period 1 is stoppage time and the scoreboard shows 45+2.

use std::fmt;

use super::words::{Period, Status};

/// A clock reading with millisecond precision: `16:04`, `94:02`; negative before kick-off: `-1:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Reading(i64);

impl Reading {
    /// The exclusive limit of readings in files, in minutes: far beyond any match, far below overflow.
    pub(crate) const MAX_MINUTES: i64 = 1_000_000;

    /// From milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From whole minutes, within the range of a reading.
    pub const fn from_minutes(minutes: i64) -> Self {
        Self(minutes.saturating_mul(60_000))
    }

    /// In milliseconds.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole minutes that have passed, rounded down.
    pub const fn minutes(self) -> i64 {
        self.0.div_euclid(60_000)
    }

    /// Parses `mm:ss` and `mm:ss.mmm`, with an optional minus in front.
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (minutes, seconds) = rest.split_once(':')?;
        let (seconds, fraction) = match seconds.split_once('.') {
            Some((seconds, fraction)) if (1..=3).contains(&fraction.len()) => (seconds, fraction),
            Some(_) => return None,
            None => (seconds, ""),
        };
        if minutes.is_empty() || minutes.len() > 6 || seconds.len() != 2 {
            return None;
        }
        let minutes = parse_digits(minutes)?;
        let seconds = parse_digits(seconds)?;
        let millis = match fraction.len() {
            0 => 0,
            1 => parse_digits(fraction)? * 100,
            2 => parse_digits(fraction)? * 10,
            _ => parse_digits(fraction)?,
        };
        if seconds > 59 || minutes >= Self::MAX_MINUTES {
            return None;
        }
        Some(Self(sign * (minutes * 60_000 + seconds * 1_000 + millis)))
    }
}

fn parse_digits(text: &str) -> Option<i64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let millis = self.0.unsigned_abs();
        let (minutes, seconds, rest) = (millis / 60_000, millis / 1_000 % 60, millis % 1_000);
        // Before the match a scoreboard shows -1:00, in play 00:57.
        if self.0 < 0 {
            write!(f, "{sign}{minutes}:{seconds:02}")?;
        } else {
            write!(f, "{minutes:02}:{seconds:02}")?;
        }
        if rest > 0 {
            write!(f, "{}", format!(".{rest:03}").trim_end_matches('0'))?;
        }
        Ok(())
    }
}

/// A time within a match: its status and the clock reading.
///
/// In play the clock runs on through the period. In a break it counts from the start of the status; before the match it
/// counts down to kick-off and is negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MatchClock {
    /// The status of the match.
    pub status: Status,
    /// The clock reading.
    pub reading: Reading,
}

impl MatchClock {
    /// A clock within a period of play.
    pub const fn in_period(period: Period, reading: Reading) -> Self {
        Self { status: period.status(), reading }
    }

    /// The period, if the ball was in play.
    pub const fn period(self) -> Option<Period> {
        self.status.period()
    }

    /// The minute that a scoreboard shows: the reading in whole minutes plus one; past the nominal end of the period, the
    /// nominal minute and the added minutes. `None` outside play.
    pub fn minute(self, rules: &PeriodRules) -> Option<Minute> {
        let period = self.period()?;
        let shown = self.reading.minutes().max(0) + 1;
        let end = rules.end(period).minutes();
        if period != Period::Shootout && shown > end {
            return Some(Minute { minute: clamp_minutes(end), added: Some(clamp_minutes(shown - end)) });
        }
        Some(Minute { minute: clamp_minutes(shown), added: None })
    }
}

impl fmt::Display for MatchClock {
    /// In words, to the second, such that it can follow "at": `89:07, second half`, `half-time (05:00)`,
    /// `1:00 before kick-off`, `full time`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reading = Reading::from_millis(self.reading.0.div_euclid(1_000) * 1_000);
        match self.status {
            Status::Scheduled if reading.0 < 0 => {
                write!(f, "{} before kick-off", reading.to_string().trim_start_matches('-'))
            }
            Status::Scheduled => f.write_str("kick-off"),
            Status::FirstHalf => write!(f, "{reading}, first half"),
            Status::SecondHalf => write!(f, "{reading}, second half"),
            Status::ExtraFirstHalf => write!(f, "{reading}, extra time, first half"),
            Status::ExtraSecondHalf => write!(f, "{reading}, extra time, second half"),
            Status::Shootout => f.write_str("the shoot-out"),
            Status::HalfTime => write!(f, "half-time ({reading})"),
            Status::ExtraTimeBreak => write!(f, "the break before extra time ({reading})"),
            Status::ExtraHalfTime => write!(f, "half-time of extra time ({reading})"),
            Status::ShootoutBreak => write!(f, "the break before the shoot-out ({reading})"),
            Status::Suspended => write!(f, "a suspension ({reading})"),
            Status::FullTime => f.write_str("full time"),
            Status::Abandoned => f.write_str("the abandonment"),
            Status::Postponed => f.write_str("the postponement"),
        }
    }
}

/// A count of minutes, as far as a scoreboard can show it.
pub(crate) fn clamp_minutes(minutes: i64) -> u16 {
    u16::try_from(minutes).unwrap_or(u16::MAX)
}

/// The nominal lengths of the periods of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeriodRules {
    /// Minutes in each half: 45 by the laws of the game, fewer in youth football.
    pub half_minutes: u8,
    /// Minutes in each half of extra time: 15 by the laws of the game.
    pub extra_minutes: u8,
}

impl Default for PeriodRules {
    fn default() -> Self {
        Self { half_minutes: 45, extra_minutes: 15 }
    }
}

impl PeriodRules {
    /// The clock reading at the start of a period.
    pub const fn start(&self, period: Period) -> Reading {
        let (half, extra) = (self.half_minutes as i64, self.extra_minutes as i64);
        Reading::from_minutes(match period {
            Period::First => 0,
            Period::Second => half,
            Period::ExtraFirst => 2 * half,
            Period::ExtraSecond => 2 * half + extra,
            Period::Shootout => 2 * half + 2 * extra,
        })
    }

    /// The clock reading at the nominal end of a period, when stoppage time begins. A shoot-out has no nominal length: its
    /// end is its start.
    pub const fn end(&self, period: Period) -> Reading {
        match period {
            Period::First => self.start(Period::Second),
            Period::Second => self.start(Period::ExtraFirst),
            Period::ExtraFirst => self.start(Period::ExtraSecond),
            Period::ExtraSecond | Period::Shootout => self.start(Period::Shootout),
        }
    }
}

/// A scoreboard minute: `16`, `45+2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minute {
    /// The minute, counted from 1.
    pub minute: u16,
    /// Minutes of stoppage time, counted from 1.
    pub added: Option<u16>,
}

impl Minute {
    /// Parses `16` and `45+2`.
    pub fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| parse_digits(text).and_then(|n| u16::try_from(n).ok()).filter(|n| *n > 0);
        match text.split_once('+') {
            Some((minute, added)) => Some(Self { minute: number(minute)?, added: Some(number(added)?) }),
            None => Some(Self { minute: number(text)?, added: None }),
        }
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.minute)?;
        match self.added {
            Some(added) => write!(f, "+{added}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(period: Period, clock: &str) -> String {
        let reading = Reading::parse(clock).expect("a clock");
        MatchClock::in_period(period, reading).minute(&PeriodRules::default()).expect("in play").to_string()
    }

    #[test]
    fn a_clock_reads_as_it_prints() {
        for text in ["00:57", "16:04", "94:02", "-1:00", "120:00", "10:15.6", "00:00.001"] {
            assert_eq!(Reading::parse(text).expect(text).to_string(), text);
        }
        for text in [
            "",
            ":",
            "1:2",
            "1:60",
            "16.04",
            "16:04:00",
            "a:00",
            "+1:00",
            "1:00.",
            "1:00.1234",
            "1000000:00",
            "--1:00",
            "٣:00",
        ] {
            assert_eq!(Reading::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_match_clock_prints_as_people_say_it() {
        for (status, reading, words) in [
            (Status::Scheduled, "-1:00", "1:00 before kick-off"),
            (Status::Scheduled, "-0:30", "0:30 before kick-off"),
            (Status::Scheduled, "-0:00.5", "0:01 before kick-off"),
            (Status::Scheduled, "-12:05", "12:05 before kick-off"),
            (Status::Scheduled, "00:00", "kick-off"),
            (Status::FirstHalf, "47:05.9", "47:05, first half"),
            (Status::HalfTime, "05:00", "half-time (05:00)"),
            (Status::SecondHalf, "89:07", "89:07, second half"),
            (Status::ExtraSecondHalf, "119:59", "119:59, extra time, second half"),
            (Status::Suspended, "09:59", "a suspension (09:59)"),
            (Status::FullTime, "01:40", "full time"),
        ] {
            let reading = Reading::parse(reading).expect("a clock");
            assert_eq!(MatchClock { status, reading }.to_string(), words);
        }
    }

    #[test]
    fn the_scoreboard_counts_from_one_and_adds_stoppage_time() {
        assert_eq!(minute(Period::First, "00:00"), "1");
        assert_eq!(minute(Period::First, "16:04"), "17");
        assert_eq!(minute(Period::First, "44:59"), "45");
        assert_eq!(minute(Period::First, "46:12"), "45+2");
        assert_eq!(minute(Period::Second, "45:00"), "46");
        assert_eq!(minute(Period::Second, "89:07"), "90");
        assert_eq!(minute(Period::Second, "94:02"), "90+5");
        assert_eq!(minute(Period::ExtraFirst, "105:30"), "105+1");
        assert_eq!(minute(Period::ExtraSecond, "119:59"), "120");
        assert_eq!(minute(Period::ExtraSecond, "121:00"), "120+2");
    }

    #[test]
    fn outside_play_there_is_no_minute() {
        let clock = MatchClock { status: Status::HalfTime, reading: Reading::from_minutes(3) };
        assert_eq!(clock.minute(&PeriodRules::default()), None);
    }

    #[test]
    fn a_label_reads_as_it_prints() {
        for text in ["16", "45+2", "90+11"] {
            assert_eq!(Minute::parse(text).expect(text).to_string(), text);
        }
        for text in ["", "0", "45+", "+2", "45+0", "x", "45+2+1", "70000"] {
            assert_eq!(Minute::parse(text), None, "{text}");
        }
    }
}
