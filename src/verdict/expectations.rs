//! What a test allows: the most of each finding, as a file of the user says.

use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;

use super::wrong_period::as_millis;
use crate::error::{Error, Result};
use crate::json::{self, MAX_SAFE_INTEGER, MembersInOrder, ObjectWriter, message_excerpt};
use crate::message::{did_you_mean, excerpt};
use crate::playback::format_span;
use crate::scenario::Span;
use crate::words::words;

words! {
    /// A field of the expectations: a finding, of which at most so much is allowed.
    Expectation {
        /// Scores that were never shown.
        Missed = "missed",
        /// Corrections that were never shown.
        Stale = "stale",
        /// Goals that were counted twice.
        Duplicated = "duplicated",
        /// Returns to an older score.
        OutOfOrder = "out_of_order",
        /// The longest time for which a wrong score was shown.
        WrongFor = "wrong_for",
        /// The longest time until the truth was shown after a fault.
        Recovery = "recovery",
        /// Connections after the first.
        Reconnects = "reconnects",
    }
}

/// The longest wrong period by default: the grace, and as much again for a machine that is busy.
const DEFAULT_WRONG_FOR: Duration = Duration::from_secs(2);
/// The longest recovery by default: a client that waits up to five seconds before it reconnects, and does so twice.
const DEFAULT_RECOVERY: Duration = Duration::from_secs(10);

/// The most of each finding that a client may have. An empty file is `{}`: the defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Expectations {
    pub missed: u64,
    pub stale: u64,
    pub duplicated: u64,
    pub out_of_order: u64,
    #[serde(rename = "wrong_for_ms", serialize_with = "as_millis")]
    pub wrong_for: Duration,
    #[serde(rename = "recovery_ms", serialize_with = "as_millis")]
    pub recovery: Duration,
    /// `None`: any number. A feed with faults makes clients reconnect.
    pub reconnects: Option<u64>,
}

impl Default for Expectations {
    fn default() -> Self {
        Self {
            missed: 0,
            stale: 0,
            duplicated: 0,
            out_of_order: 0,
            wrong_for: DEFAULT_WRONG_FOR,
            recovery: DEFAULT_RECOVERY,
            reconnects: None,
        }
    }
}

impl Expectations {
    /// Parses the text of a file of this name. Every error is one line that begins with the name.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        // Some editors begin files with a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let MembersInOrder(members) = serde_json::from_str(text).map_err(|error| {
            let why = json::error_without_place(&error);
            let form = "expectations are a JSON object, as {\"missed\": 0, \"wrong_for\": \"2s\"}";
            Error::misuse(format!("{name}:{}:{}: {form}: {why}", error.line(), error.column()))
        })?;
        let mut expectations = Self::default();
        let mut given = Vec::new();
        for (field, value) in members {
            let (line, column) = place_of(value, text);
            let refuse = |message: String| Error::misuse(format!("{name}:{line}:{column}: {message}"));
            let Some(expectation) = Expectation::parse(&field) else {
                let hint = did_you_mean(&field, Expectation::WORDS.iter().copied());
                let accepted = Expectation::WORDS.join(", ");
                return Err(refuse(format!("unknown field {:?}{hint}; accepted: {accepted}", excerpt(&field))));
            };
            if given.contains(&expectation) {
                return Err(refuse(format!("the field {field:?} is given twice")));
            }
            given.push(expectation);
            expectations.set(expectation, value).map_err(refuse)?;
        }
        Ok(expectations)
    }

    /// Writes the fields of a file that [`Self::parse`] reads as the same expectations.
    pub(crate) fn write(&self, o: &mut ObjectWriter<'_>) {
        o.unquoted("missed", self.missed);
        o.unquoted("stale", self.stale);
        o.unquoted("duplicated", self.duplicated);
        o.unquoted("out_of_order", self.out_of_order);
        o.text("wrong_for", &format_span(Span::from_duration(self.wrong_for)));
        o.text("recovery", &format_span(Span::from_duration(self.recovery)));
        o.unquoted_if("reconnects", self.reconnects);
    }

    fn set(&mut self, expectation: Expectation, value: &RawValue) -> Result<(), String> {
        match expectation {
            Expectation::Missed => self.missed = read_count(expectation, value)?,
            Expectation::Stale => self.stale = read_count(expectation, value)?,
            Expectation::Duplicated => self.duplicated = read_count(expectation, value)?,
            Expectation::OutOfOrder => self.out_of_order = read_count(expectation, value)?,
            Expectation::WrongFor => self.wrong_for = read_length(expectation, value)?,
            Expectation::Recovery => self.recovery = read_length(expectation, value)?,
            Expectation::Reconnects => self.reconnects = Some(read_count(expectation, value)?),
        }
        Ok(())
    }
}

fn read_count(field: Expectation, value: &RawValue) -> Result<u64, String> {
    let count = json::parse_value(value)?;
    count.as_u64().filter(|count| *count <= MAX_SAFE_INTEGER).ok_or_else(|| {
        let count = message_excerpt(&count);
        format!("{field} must be a whole number: the most that are allowed, as 0, not {count}")
    })
}

fn read_length(field: Expectation, value: &RawValue) -> Result<Duration, String> {
    let length = json::parse_value(value)?;
    length.as_str().and_then(Span::parse_length).ok_or_else(|| {
        let length = message_excerpt(&length);
        format!("{field} must be a length as \"2s\" or \"500ms\", not {length}")
    })
}

/// The line and the column, in characters and from 1, at which a value of this text begins.
fn place_of(value: &RawValue, text: &str) -> (usize, usize) {
    let offset = (value.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let before = text.get(..offset).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn what_is_missing_takes_its_default() {
        assert_eq!(Expectations::parse("e.json", "{}").expect("an object"), Expectations::default());
        let text = "\u{feff}{\"missed\": 1, \"stale\": 2, \"duplicated\": 3, \"out_of_order\": 4, \"wrong_for\": \"500ms\",\n\
                    \"recovery\": \"1m30s\", \"reconnects\": 0}";
        let all = Expectations {
            missed: 1,
            stale: 2,
            duplicated: 3,
            out_of_order: 4,
            wrong_for: Duration::from_millis(500),
            recovery: Duration::from_secs(90),
            reconnects: Some(0),
        };
        assert_eq!(Expectations::parse("e.json", text).expect("expectations"), all);
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let changed = Expectations {
            missed: 7,
            wrong_for: Duration::from_millis(61_500),
            recovery: Duration::ZERO,
            reconnects: Some(2),
            ..Expectations::default()
        };
        for expectations in [Expectations::default(), changed] {
            let mut text = Vec::new();
            json::write_object(&mut text, |o| expectations.write(o));
            let text = String::from_utf8(text).expect("text");
            assert_eq!(Expectations::parse("e.json", &text).expect(&text), expectations);
        }
    }

    #[test]
    fn an_error_is_one_line_with_the_place_and_what_is_accepted() {
        let form = "expectations are a JSON object, as {\"missed\": 0, \"wrong_for\": \"2s\"}";
        let accepted = "missed, stale, duplicated, out_of_order, wrong_for, recovery, reconnects";
        for (text, message) in [
            ("", format!("1:0: {form}: EOF while parsing a value")),
            ("{\"missed\": 1,}", format!("1:14: {form}: trailing comma")),
            ("[1]", format!("1:0: {form}: invalid type: sequence, expected an object")),
            ("{} {}", format!("1:4: {form}: trailing characters")),
            (
                "{\n  \"mised\": 1}",
                format!("2:12: unknown field \"mised\" (did you mean \"missed\"?); accepted: {accepted}"),
            ),
            ("{\"a\\nb\": 1}", format!("1:10: unknown field \"a\\nb\"; accepted: {accepted}")),
            ("{\"stale\": 1, \"stale\": 1}", "1:23: the field \"stale\" is given twice".to_owned()),
            (
                "{\"missed\": \"1\"}",
                "1:12: missed must be a whole number: the most that are allowed, as 0, not \"1\"".to_owned(),
            ),
            (
                "{\"reconnects\": 1.5}",
                "1:16: reconnects must be a whole number: the most that are allowed, as 0, not 1.5".to_owned(),
            ),
            ("{\"wrong_for\": 2}", "1:15: wrong_for must be a length as \"2s\" or \"500ms\", not 2".to_owned()),
            (
                "{\"recovery\": \"-2s\"}",
                "1:14: recovery must be a length as \"2s\" or \"500ms\", not \"-2s\"".to_owned(),
            ),
        ] {
            let error = Expectations::parse("e.json", text).expect_err(text);
            assert_eq!((error.to_string(), error.kind()), (format!("e.json:{message}"), ErrorKind::Misuse), "{text}");
        }
    }
}
