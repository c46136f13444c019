//! How fast media time runs against the wall.

use std::fmt;

use serde_json::Value;

use crate::json::shown;

/// How many times faster than the wall a replay runs: 0.01 to 10,000, or `max`, which waits for nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed(f64);

impl Speed {
    /// No waiting at all: everything up to the next stop is due at once.
    pub const MAX: Self = Self(f64::INFINITY);
    /// The slowest that may be asked for.
    pub const SLOWEST: Self = Self(0.01);
    /// The fastest that may be asked for, short of [`Speed::MAX`].
    pub const FASTEST: Self = Self(10_000.0);

    /// What an effective speed is kept within, so that the clock's arithmetic is exact. A cap of a millisecond on a
    /// wait of a century stays inside.
    const EFFECTIVE: (f64, f64) = (0.001, 1e14);

    /// So many times the speed of the wall.
    pub fn new(factor: f64) -> Result<Self, String> {
        if (Self::SLOWEST.0..=Self::FASTEST.0).contains(&factor) {
            return Ok(Self(factor));
        }
        Err(format!("speed {factor} is out of range: give 0.01 to 10000, or \"max\""))
    }

    /// Reads `60`, `60x`, `0.5`, `max`.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("max") {
            return Ok(Self::MAX);
        }
        let number = text.strip_suffix(['x', 'X']).unwrap_or(text);
        // Rust would also read "inf", "1e3" and ".5": people who write those mean something else.
        let plain = number.starts_with(|c: char| c.is_ascii_digit() || c == '-')
            && number.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
        match number.parse() {
            Ok(factor) if plain => Self::new(factor),
            _ => Err(format!("no speed {text:?}: give 0.01 to 10000 (60, 0.5), or \"max\"")),
        }
    }

    /// Reads it from JSON: a number, or a text as [`Self::parse`] takes it.
    pub fn from_json(value: &Value) -> Result<Self, String> {
        match value {
            Value::Number(number) => Self::new(number.as_f64().unwrap_or(f64::NAN)),
            Value::String(text) => Self::parse(text),
            other => {
                Err(format!("must be a number or a text, and is {}: give 0.01 to 10000, or \"max\"", shown(other)))
            }
        }
    }

    /// How many times faster than the wall; `None` at [`Speed::MAX`].
    pub fn factor(self) -> Option<f64> {
        self.0.is_finite().then_some(self.0)
    }

    /// A factor as people read it: with at most three significant digits, whole ones all the same: `13.7`, `0.0123`, `1235`.
    pub fn rounded(factor: f64) -> String {
        let leading = factor.abs().log10().floor() as i32;
        let decimals = 2_i32.saturating_sub(leading).clamp(0, 6) as usize;
        let text = format!("{factor:.decimals$}");
        match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text,
        }
    }

    /// The speed that pace rules make of a stretch. It may lie outside what a person can ask for.
    pub(super) fn effective(factor: f64) -> Self {
        let (slowest, fastest) = Self::EFFECTIVE;
        if factor.is_nan() { Self::SLOWEST } else { Self(factor.clamp(slowest, fastest)) }
    }
}

impl Default for Speed {
    /// Sixty: a minute of football in a second.
    fn default() -> Self {
        Self(60.0)
    }
}

impl From<Speed> for Value {
    /// As it is sent: a number, or `"max"`.
    fn from(speed: Speed) -> Self {
        speed.factor().map_or_else(|| "max".into(), Self::from)
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
    fn people_read_at_most_three_digits() {
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
            assert_eq!(Speed::rounded(factor), shown);
        }
    }

    #[test]
    fn rule_8_what_is_out_of_range_is_refused_and_the_range_named() {
        for text in
            ["0", "-1", "NaN", "inf", "infinity", "1e3", "0.001", "10001", "", "x", "fast", "6 0", "--1", "1.2.3"]
        {
            let error = Speed::parse(text).expect_err(text);
            assert!(error.contains("0.01 to 10000"), "{error}");
        }
        for factor in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, -60.0, f64::MIN_POSITIVE] {
            assert!(Speed::new(factor).is_err(), "{factor}");
        }
    }
}
