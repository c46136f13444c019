//! Values as the format writes them: moments, numbers and words.

use jiff::Timestamp;
use serde_json::Value;

/// The first moment that has a year of four digits, and the last one that `jiff` knows.
const MOMENTS: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_207_200_000;

/// An object without the fields that have no value.
pub(super) fn without_absent(mut object: Value) -> Value {
    if let Value::Object(fields) = &mut object {
        fields.retain(|_, value| !value.is_null());
    }
    object
}

/// The text of a file.
pub(super) fn pretty(document: &Value) -> String {
    format!("{document:#}\n")
}

/// A moment in UTC: `2026-03-07T15:00:00Z`.
pub(super) fn moment(millis: i64) -> String {
    let millis = millis.clamp(*MOMENTS.start(), *MOMENTS.end());
    Timestamp::from_millisecond(millis).unwrap_or_default().to_string()
}

/// The shortest decimal number that is this one: 0.1, not 0.10000000149.
pub(super) fn number(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_default()
}

/// A text as a word of the format: lower-case letters, digits and underscores, beginning with a letter.
pub(super) fn snake_case(text: &str) -> String {
    let lower = text.to_lowercase();
    let parts = lower.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    let word = parts.collect::<Vec<_>>().join("_");
    if word.is_empty() { super::UNKNOWN.to_owned() } else { word }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_in_utc_and_have_four_digits_of_a_year() {
        assert_eq!(moment(1_524_422_700_000), "2018-04-22T18:45:00Z");
        assert_eq!(moment(1_524_422_700_050), "2018-04-22T18:45:00.05Z");
        assert_eq!(moment(i64::MAX), "9999-12-30T22:00:00Z");
        assert_eq!(moment(i64::MIN), "0001-01-01T00:00:00Z");
    }

    #[test]
    fn words_are_in_snake_case() {
        for (text, word) in [
            ("Semi-final, first leg", "semi_final_first_leg"),
            ("34", "34"),
            ("Final", "final"),
            ("Pass Offside", "pass_offside"),
            ("—", "unknown"),
        ] {
            assert_eq!(snake_case(text), word);
        }
    }

    #[test]
    fn numbers_are_as_short_as_they_were() {
        assert_eq!(number(0.1).to_string(), "0.1");
        assert_eq!(number(0.083).to_string(), "0.083");
    }
}
