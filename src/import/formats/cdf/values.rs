//! Values of the format: ids, words, moments and clocks. A value of another kind than expected counts as absent.

use serde_json::Value;

use crate::football::Period;

/// Stands for an id or a word that is required but not known.
const UNKNOWN: &str = "unknown";

/// The words of the periods.
pub const PERIODS: [(&str, Period); 5] = [
    ("first_half", Period::First),
    ("second_half", Period::Second),
    ("first_half_extratime", Period::ExtraFirst),
    ("second_half_extratime", Period::ExtraSecond),
    ("shootout", Period::Shootout),
];

/// The period of a word.
pub fn period(word: &str) -> Option<Period> {
    PERIODS.iter().find(|(known, _)| *known == word).map(|(_, period)| *period)
}

/// A text that is not empty. Ids may be written as numbers.
pub fn text(object: &Value, name: &str) -> Option<String> {
    let text = match object.get(name)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// A text that says something.
pub fn known(object: &Value, name: &str) -> Option<String> {
    text(object, name).filter(|text| text != UNKNOWN)
}

/// A list of ids.
pub fn ids(object: &Value, name: &str) -> Vec<String> {
    let list = object.get(name).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|id| id.as_str().map(str::to_owned).or_else(|| id.as_u64().map(|id| id.to_string()))).collect()
}

pub fn list<'a>(object: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    object.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// A moment, in milliseconds since 1970.
pub fn moment(object: &Value, name: &str) -> Option<i64> {
    let at: jiff::Timestamp = object.get(name)?.as_str()?.parse().ok()?;
    Some(at.as_millisecond())
}

/// `92:01.04`, in milliseconds.
pub fn match_clock(object: &Value) -> Option<i64> {
    crate::football::Reading::parse(object.get("match_clock")?.as_str()?.trim()).map(|reading| reading.as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn odd_values_are_absent() {
        let odd = json!({"a": null, "b": [], "c": "", "d": " x ", "e": 7, "f": "unknown", "g": ["1", 2, null]});
        let texts: Vec<_> = ["a", "b", "c", "d", "e", "f", "z"].iter().map(|name| text(&odd, name)).collect();
        let said = |text: &str| Some(text.to_owned());
        assert_eq!(texts, [None, None, None, said("x"), said("7"), said("unknown"), None]);
        assert_eq!(known(&odd, "f"), None);
        assert_eq!(ids(&odd, "g"), ["1", "2"]);
        assert!(ids(&odd, "a").is_empty() && list(&odd, "e").next().is_none());
    }

    #[test]
    fn moments_and_clocks() {
        let at = |text: &str| moment(&json!({ "time": text }), "time");
        assert_eq!(at("2018-04-22T18:45:00Z"), Some(1_524_422_700_000));
        assert_eq!(at("2018-04-22T20:45:00.25+02:00"), Some(1_524_422_700_250));
        assert_eq!(at("yesterday"), None);
        let clock = |text: &str| match_clock(&json!({ "match_clock": text }));
        assert_eq!(clock("92:01.04"), Some(5_521_040));
        assert_eq!(clock("30:15.35"), Some(1_815_350));
        assert_eq!(clock("92"), None);
    }
}
