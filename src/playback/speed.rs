//! Playback speed: the ratio of media time to wall time.

use super::rejection::Rejection;
use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::json::message_excerpt;

/// A speed as a multiple of real time: 0.01 to 10,000, or `max`, which does not wait at all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed(f64);

impl Speed {
    /// No waiting: everything up to the next stop is due at once.
    pub const MAX: Self = Self(f64::INFINITY);
    /// The slowest speed that a command or an option accepts.
    pub const SLOWEST: Self = Self(0.01);
    /// The fastest speed that a command or an option accepts, apart from [`Speed::MAX`].
    pub const FASTEST: Self = Self(10_000.0);

    /// The range of effective speeds, within which the clock's arithmetic is exact. It is wide enough for a cap of one
    /// millisecond on a wait of a century.
    const EFFECTIVE: (f64, f64) = (0.001, 1e14);

    /// A speed of `factor` times real time. The error names the accepted range.
    pub fn new(factor: f64) -> Result<Self, Rejection> {
        if (Self::SLOWEST.0..=Self::FASTEST.0).contains(&factor) {
            return Ok(Self(factor));
        }
        Err(Rejection::bad_argument(format!("speed {factor} is out of range: give 0.01 to 10000, or \"max\"")))
    }

    /// Parses `60`, `60x`, `0.5`, `max`.
    pub fn parse(text: &str) -> Result<Self, Rejection> {
        if text.eq_ignore_ascii_case("max") {
            return Ok(Self::MAX);
        }
        let number = text.strip_suffix(['x', 'X']).unwrap_or(text);
        // `f64::from_str` also accepts "inf", "1e3" and ".5", which are more likely mistakes than speeds.
        let plain = number.starts_with(|c: char| c.is_ascii_digit() || c == '-')
            && number.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
        match number.parse() {
            Ok(factor) if plain => Self::new(factor),
            _ => {
                let message = format!("{text:?} is not a speed: give 0.01 to 10000 (60, 0.5), or \"max\"");
                Err(Rejection::bad_argument(message))
            }
        }
    }

    /// Reads a speed from JSON: a number, or a string as [`Self::parse`] accepts it.
    pub(crate) fn from_json(value: &Value) -> Result<Self, Rejection> {
        match value {
            Value::Number(number) => Self::new(number.as_f64().unwrap_or(f64::NAN)),
            Value::String(text) => Self::parse(text),
            other => Err(Rejection::bad_argument(format!(
                "must be a number or a string, not {}: give 0.01 to 10000, or \"max\"",
                message_excerpt(other)
            ))),
        }
    }

    /// The multiple of real time; `None` at [`Speed::MAX`].
    pub fn factor(self) -> Option<f64> {
        self.0.is_finite().then_some(self.0)
    }

    /// Formats a factor for people, to three significant digits but never rounding off digits before the decimal point:
    /// `13.7`, `0.0123`, `1235`.
    pub(crate) fn format_factor(factor: f64) -> String {
        let leading = factor.abs().log10().floor() as i32;
        let decimals = 2_i32.saturating_sub(leading).clamp(0, 6) as usize;
        let text = format!("{factor:.decimals$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    }

    /// The speed that results from pace rules. It may lie outside the range that commands accept.
    pub(super) fn from_pace_factor(factor: f64) -> Self {
        let (slowest, fastest) = Self::EFFECTIVE;
        if factor.is_nan() { Self::SLOWEST } else { Self(factor.clamp(slowest, fastest)) }
    }
}

impl Default for Speed {
    /// 60: one second for a minute of football.
    fn default() -> Self {
        Self(60.0)
    }
}

impl From<Speed> for Value {
    /// The value on the wire: a number, or `"max"`.
    fn from(speed: Speed) -> Self {
        speed.factor().map_or_else(|| "max".into(), Self::from)
    }
}

impl<'de> Deserialize<'de> for Speed {
    /// A speed in effect, as frames state it. It may lie outside the range that commands accept.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Number(number) => Ok(Self::from_pace_factor(number.as_f64().unwrap_or(f64::NAN))),
            value => Self::from_json(&value).map_err(Error::custom),
        }
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.factor() {
            Some(factor) => write!(f, "{factor}"),
            None => f.write_str("max"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_prints_as_it_is_read() {
        for text in ["60", "0.5", "max", "0.01", "10000"] {
            assert_eq!(Speed::parse(text).expect(text).to_string(), text);
        }
        assert_eq!(Speed::parse("60x"), Speed::new(60.0));
        assert_eq!(Speed::MAX.factor(), None);
    }

    #[test]
    fn a_rounded_factor_has_three_significant_digits() {
        for (factor, shown) in [
            (60.0, "60"),
            (13.666_666_666_666_668, "13.7"),
            (9.996, "10"),
            (0.5, "0.5"),
            (0.0123, "0.0123"),
            (0.012_345, "0.0123"),
            (0.001, "0.001"),
            (99.96, "100"),
            (100.4, "100"),
            (1_234.5, "1234"),
            (10_000.0, "10000"),
            (1.0 / 3.0, "0.333"),
            (0.0, "0"),
        ] {
            assert_eq!(Speed::format_factor(factor), shown);
        }
    }

    #[test]
    fn rule_8_out_of_range_is_rejected_with_the_range() {
        for text in
            ["0", "-1", "NaN", "inf", "infinity", "1e3", "0.001", "10001", "", "x", "fast", "6 0", "--1", "1.2.3"]
        {
            let error = Speed::parse(text).expect_err(text);
            assert!(error.message.contains("0.01 to 10000"), "{error}");
        }
        for factor in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, -60.0, f64::MIN_POSITIVE] {
            assert!(Speed::new(factor).is_err(), "{factor}");
        }
    }
}
