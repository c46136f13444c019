//! Parses the notations for a position on a timeline: clock readings, percentages, searches, names.

use std::fmt;
use std::sync::Arc;

use super::rejection::Rejection;
use crate::football::{Minute, Reading};
use crate::scenario::Span;

/// A position as it was written. What it means depends on the timeline and on where playback is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Position {
    /// `89:07`: a reading of the match clock.
    Clock(Reading),
    /// `45+1:12`: a time after the regular end of a period.
    Stoppage {
        /// The minute at which stoppage time begins: 45, 90, 105 or 120.
        minute: u16,
        /// How long after that.
        past: Reading,
    },
    /// `45+2`: the first moment at which a scoreboard shows this minute.
    Label(Minute),
    /// `HT`: just after the first half has ended.
    HalfTime,
    /// `FT`: just after the match has ended.
    FullTime,
    /// `50%` of the whole timeline, from 0 to 100. 100% is after the last event.
    Percent(f64),
    /// `+5m`, `-30s`: relative to the current media time.
    Relative(Span),
    /// `next:goal`, `next:correction`: the next such event.
    Next(Arc<str>),
    /// `prev:card`: the previous such event.
    Previous(Arc<str>),
    /// A marker's name; if there is none, the id of an event; else an id and a revision, `wyckhart-67@2`.
    Named(Arc<str>),
}

/// The maximum length of a position in bytes: longer than any marker's name.
const MAX_BYTES: usize = 1_000;

impl Position {
    /// An example of each notation, for messages.
    pub const NOTATIONS: &'static [&'static str] = &[
        "89:07",
        "45+1:12",
        "45+2",
        "HT",
        "FT",
        "50%",
        "+5m",
        "-30s",
        "next:goal",
        "prev:card",
        "next:correction",
        "a marker's name",
        "an event's id",
        "an event's id@1",
    ];

    /// Parses any notation. Text that matches no form is a name, so an error means an incomplete form, such as `89:7`.
    pub fn parse(text: &str) -> Result<Self, Rejection> {
        Self::parse_notation(text.trim()).map_err(|message| Rejection::bad_argument(message).accepting(Self::NOTATIONS))
    }

    fn parse_notation(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.len() > MAX_BYTES {
            return Err(format!("not a position: write one of {}", Self::NOTATIONS.join(", ")));
        }
        if let Some(word) = text.strip_prefix("next:") {
            return Ok(Self::Next(word.into()));
        }
        if let Some(word) = text.strip_prefix("prev:") {
            return Ok(Self::Previous(word.into()));
        }
        match text {
            _ if text.eq_ignore_ascii_case("HT") => return Ok(Self::HalfTime),
            _ if text.eq_ignore_ascii_case("FT") => return Ok(Self::FullTime),
            _ => {}
        }
        // Names are free text. Only text that can be nothing else has to match a form.
        let digit_at = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
        let numeric = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b":+-.%".contains(&b));
        if let Some(number) = text.strip_suffix('%').map(str::trim_end).filter(|number| numeric(number)) {
            return Self::parse_percent(text, number);
        }
        match text.as_bytes()[0] {
            b'+' | b'-' if digit_at(1) && !text.contains(':') => Self::parse_relative(text),
            _ if !numeric(text) => Ok(Self::Named(text.into())),
            _ if text.contains(':') || text.contains('+') => Self::parse_clock(text),
            _ => Ok(Self::Named(text.into())),
        }
    }

    fn parse_relative(text: &str) -> Result<Self, String> {
        match Span::parse(text) {
            Some(by) => Ok(Self::Relative(by)),
            None => Err(format!("{text:?} is not a duration: write +5m, -30s or +1h2m3s")),
        }
    }

    fn parse_percent(text: &str, number: &str) -> Result<Self, String> {
        let number = number.parse().ok().filter(|number| (0.0..=100.0).contains(number));
        number.map(Self::Percent).ok_or_else(|| format!("{text:?} is not a percentage: write 0% to 100%"))
    }

    fn parse_clock(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a clock reading: write 89:07, 45+1:12 or 45+2");
        if let Some(reading) = Reading::parse(text) {
            return Ok(Self::Clock(reading));
        }
        if let Some(label) = Minute::parse(text).filter(|label| label.added.is_some()) {
            return Ok(Self::Label(label));
        }
        let (minute, past) = text.split_once('+').ok_or_else(wrong)?;
        match (Minute::parse(minute), Reading::parse(past)) {
            (Some(Minute { minute, added: None }), Some(past)) if past >= Reading::default() => {
                Ok(Self::Stoppage { minute, past })
            }
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Position {
    /// Prints the position as it is written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock(reading) => write!(f, "{reading}"),
            Self::Stoppage { minute, past } => write!(f, "{minute}+{past}"),
            Self::Label(label) => write!(f, "{label}"),
            Self::HalfTime => f.write_str("HT"),
            Self::FullTime => f.write_str("FT"),
            Self::Percent(percent) => write!(f, "{percent}%"),
            Self::Relative(by) => {
                let sign = if *by < Span::ZERO { "-" } else { "+" };
                write!(f, "{sign}{}", super::pace::format_span(if *by < Span::ZERO { -*by } else { *by }))
            }
            Self::Next(word) => write!(f, "next:{word}"),
            Self::Previous(word) => write!(f, "prev:{word}"),
            Self::Named(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_notation_is_read_and_printed() {
        for text in ["89:07", "45+1:12", "45+2", "HT", "FT", "50%", "next:goal", "prev:card", "+5m", "-30s", "-1:00"] {
            let position = Position::parse(text).expect(text);
            assert!(!matches!(position, Position::Named(_)), "{text}");
            assert_eq!(position.to_string(), text.replace("+1:12", "+01:12"));
        }
        assert_eq!(Position::parse("45+1:12"), Position::parse("45+01:12"));
        assert_eq!(Position::parse("ht"), Ok(Position::HalfTime));
        for text in ["100%", "100.0%", "100.0 %", "100 %"] {
            assert_eq!(Position::parse(text), Ok(Position::Percent(100.0)), "{text}");
        }
    }

    #[test]
    fn text_of_no_form_is_a_name() {
        for text in [
            "Koulibaly!",
            "e84",
            "Pjanić hits the post",
            "17",
            "-",
            "2:0, and it is over",
            "HT talk",
            "100 per cent",
            "a 5 %",
        ] {
            assert_eq!(Position::parse(text), Ok(Position::Named(text.into())));
        }
    }

    #[test]
    fn an_incomplete_form_is_rejected() {
        for (text, hint) in [
            ("89:7", "89:07"),
            ("89:60", "89:07"),
            ("45+", "45+2"),
            ("45+0", "45+2"),
            ("45+1:72", "45+1:12"),
            ("45+-1:00", "45+1:12"),
            ("101%", "0% to 100%"),
            ("50%%", "0% to 100%"),
            ("-5%", "0% to 100%"),
            ("%", "0% to 100%"),
            ("-0.5 %", "0% to 100%"),
            ("+5", "+5m"),
            ("-30x", "-30s"),
            ("", "89:07"),
        ] {
            let error = Position::parse(text).expect_err(text);
            assert!(error.message.contains(hint), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_rejected_and_prints_what_parses_to_the_same(text in "\\PC{0,12}|[0-9:+%.smh-]{0,9}") {
            if let Ok(position) = Position::parse(&text) {
                prop_assert_eq!(Position::parse(&position.to_string()), Ok(position));
            }
        }
    }
}
