//! Media time: positions and lengths on a timeline, in nanoseconds. Distinct types, so that they are never confused with
//! match clocks or wall-clock times.

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub};

use serde::{Deserialize, Serialize};

/// A position on the timeline. Zero is the first instant of the scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MediaTime(i64);

/// A length of media or wall-clock time; may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(i64);

impl MediaTime {
    /// The first instant.
    pub const ZERO: Self = Self(0);

    /// From milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// From nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// In whole milliseconds, rounded down; the unit of the wire.
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// In nanoseconds.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }
}

impl Span {
    /// The empty span.
    pub const ZERO: Self = Self(0);

    /// From milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// From seconds.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000_000_000))
    }

    /// From nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// In nanoseconds.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// In whole milliseconds, rounded down.
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// In seconds.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// As a duration; zero if negative.
    pub fn to_duration(self) -> std::time::Duration {
        std::time::Duration::from_nanos(u64::try_from(self.0).unwrap_or(0))
    }

    /// From a duration; saturates at about 292 years.
    pub fn from_duration(duration: std::time::Duration) -> Self {
        Self(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
    }

    /// Parses a span that is not negative.
    pub(crate) fn parse_length(text: &str) -> Option<std::time::Duration> {
        Self::parse(text).filter(|span| *span >= Self::ZERO).map(Self::to_duration)
    }

    /// Parses `30s`, `5m`, `1h2m`, `250ms`, `1.5s`, with an optional sign in front; at most 366 days.
    pub fn parse(text: &str) -> Option<Self> {
        const YEAR_NANOS: f64 = 366.0 * 86_400.0 * 1e9;
        let (sign, mut rest) = match text.as_bytes().first()? {
            b'-' => (-1, &text[1..]),
            b'+' => (1, &text[1..]),
            _ => (1, text),
        };
        if rest.is_empty() {
            return None;
        }
        let mut nanos = 0.0;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let number: f64 = rest[..digits].parse().ok()?;
            rest = &rest[digits..];
            let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            let unit = match &rest[..letters] {
                "h" => 3_600e9,
                "m" | "min" => 60e9,
                "s" => 1e9,
                "ms" => 1e6,
                _ => return None,
            };
            rest = &rest[letters..];
            nanos += number * unit;
        }
        (nanos <= YEAR_NANOS).then_some(Self(sign * nanos.round() as i64))
    }
}

impl fmt::Display for Span {
    /// `1h 52m`, `3m 05s`, `20s`, `1.5s`, `250ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let nanos = self.0.unsigned_abs();
        let (hours, minutes, seconds) = (nanos / 3_600_000_000_000, nanos / 60_000_000_000, nanos / 1_000_000_000);
        match (hours, minutes, seconds) {
            (1.., ..) => write!(f, "{hours}h {:02}m", minutes % 60),
            (_, 1.., _) => write!(f, "{minutes}m {:02}s", seconds % 60),
            (.., 1..) if nanos.is_multiple_of(1_000_000_000) => write!(f, "{seconds}s"),
            (.., 1..) => write!(f, "{:.1}s", nanos as f64 / 1e9),
            _ => write!(f, "{}ms", nanos / 1_000_000),
        }
    }
}

impl Add<Span> for MediaTime {
    type Output = Self;
    fn add(self, by: Span) -> Self {
        Self(self.0.saturating_add(by.0))
    }
}

impl AddAssign<Span> for MediaTime {
    fn add_assign(&mut self, by: Span) {
        *self = *self + by;
    }
}

impl Sub<Span> for MediaTime {
    type Output = Self;
    fn sub(self, by: Span) -> Self {
        Self(self.0.saturating_sub(by.0))
    }
}

impl Sub for MediaTime {
    type Output = Span;
    fn sub(self, from: Self) -> Span {
        Span(self.0.saturating_sub(from.0))
    }
}

impl Neg for Span {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, by: Self) -> Self {
        Self(self.0.saturating_add(by.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_parsed_with_their_unit() {
        let read = |text| Span::parse(text).map(Span::as_nanos);
        assert_eq!(read("30s"), Some(30_000_000_000));
        assert_eq!(read("-1.5s"), Some(-1_500_000_000));
        assert_eq!(read("+1h2m3s4ms"), Some(3_723_004_000_000));
        for text in ["", "-", "5", "5x", "s", "1..5s", "9999999999h", "5m3", "NaNs", "infs", "1e9s", "３s"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn spans_are_displayed_in_short() {
        let print = |millis| Span::from_millis(millis).to_string();
        assert_eq!(print(6_730_000), "1h 52m");
        assert_eq!(print(185_000), "3m 05s");
        assert_eq!(print(20_000), "20s");
        assert_eq!(print(1_500), "1.5s");
        assert_eq!(print(-250), "-250ms");
    }
}
