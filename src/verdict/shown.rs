//! The command `shows`: what an app says that it shows of one match.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::football::{MatchId, Score};
use crate::json::message_excerpt;
use crate::message::{did_you_mean, excerpt};
use crate::playback::{Position, Rejection, track_of};
use crate::scenario::Timeline;

/// What an app shows of one match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The match.
    pub match_id: MatchId,
    /// The score.
    pub score: Score,
    /// The match clock as written: `89:07`, `45+2:10`.
    pub clock: Option<Arc<str>>,
    /// The number of the last event that is included.
    pub n: Option<u32>,
}

impl Shown {
    /// The fields of the command.
    pub const FIELDS: &'static [&'static str] = &["command", "match", "score", "clock", "n", "id"];

    /// Decodes the fields of the command.
    pub fn decode(fields: &Map<String, Value>) -> Result<Self, Rejection> {
        Self::decode_fields(fields).map_err(|rejection| rejection.context("shows"))
    }

    /// Fails unless a timeline has the match.
    pub fn check_match(&self, timeline: &Timeline) -> Result<(), Rejection> {
        track_of(timeline, Some(&self.match_id)).map(|_| ()).map_err(|rejection| rejection.context("shows"))
    }

    fn decode_fields(fields: &Map<String, Value>) -> Result<Self, Rejection> {
        if let Some(field) = fields.keys().find(|field| !Self::FIELDS.contains(&field.as_str())) {
            let hint = did_you_mean(field, Self::FIELDS.iter().copied());
            let message = format!("unknown field {:?}{hint}", excerpt(field));
            return Err(Rejection::bad_argument(message).accepting(Self::FIELDS));
        }
        let read_match = |text: &str| (!text.is_empty()).then(|| MatchId::from(text));
        let n = match fields.get("n") {
            None | Some(Value::Null) => None,
            Some(n) => {
                let number = n.as_u64().and_then(|n| u32::try_from(n).ok());
                Some(number.ok_or_else(|| wrong_value("n", "the number of an event", n))?)
            }
        };
        Ok(Self {
            match_id: required(fields, "match", "the id of a match", read_match)?,
            score: required(fields, "score", "text as \"0-1\"", parse_score)?,
            clock: optional(fields, "clock", "text as \"89:07\" or \"45+2:10\"", read_clock)?,
            n,
        })
    }
}

/// Parses `0-1`: at most two digits for each side.
pub(crate) fn parse_score(text: &str) -> Option<Score> {
    let goals = |text: &str| {
        let digits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten()
    };
    let (home, away) = text.split_once('-')?;
    Some(Score { home: goals(home)?, away: goals(away)? })
}

/// A clock as scoreboards show it. The other notations of a position, as `HT` and `50%`, are no readings.
fn read_clock(text: &str) -> Option<Arc<str>> {
    matches!(Position::parse(text), Ok(Position::Clock(_) | Position::Stoppage { .. })).then(|| text.trim().into())
}

fn wrong_value(field: &str, accepted: &str, value: &Value) -> Rejection {
    Rejection::bad_argument(format!("{field} must be {accepted}, not {}", message_excerpt(value)))
}

fn optional<T>(
    fields: &Map<String, Value>,
    field: &str,
    accepted: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Rejection> {
    let wrong = |value| wrong_value(field, accepted, value);
    match fields.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_str().and_then(read).map(Some).ok_or_else(|| wrong(value)),
    }
}

fn required<T>(
    fields: &Map<String, Value>,
    field: &str,
    accepted: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, Rejection> {
    let missing = || Rejection::bad_argument(format!("{field} is missing: {accepted}"));
    optional(fields, field, accepted, read)?.ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(json: &str) -> Result<Shown, String> {
        let fields = serde_json::from_str(json).expect("an object");
        Shown::decode(&fields).map_err(|rejection| rejection.describe())
    }

    #[test]
    fn what_is_shown_is_decoded() {
        let shown = decode(r#"{"command":"shows","match":"juv-nap","score":"0-1","clock":"89:07","n":83,"id":7}"#);
        let (match_id, score) = (MatchId::from("juv-nap"), Score { home: 0, away: 1 });
        let whole = Shown { match_id, score, clock: Some("89:07".into()), n: Some(83) };
        assert_eq!(shown, Ok(whole.clone()));
        let least = decode(r#"{"match":"juv-nap","score":"0-1","clock":null,"n":null}"#);
        assert_eq!(least, Ok(Shown { clock: None, n: None, ..whole }));
        for (text, score) in [("99-0", Some((99, 0))), ("00-01", Some((0, 1))), ("10-10", Some((10, 10)))] {
            assert_eq!(parse_score(text).map(|score| (score.home, score.away)), score, "{text}");
        }
        for clock in ["45+2:10", "-1:00", "00:00", " 89:07"] {
            let json = format!(r#"{{"match":"a","score":"0-0","clock":"{clock}"}}"#);
            assert_eq!(decode(&json).expect(clock).clock.as_deref(), Some(clock.trim()));
        }
    }

    #[test]
    fn a_wrong_field_is_rejected_with_what_would_be_accepted() {
        for (json, message) in [
            (r#"{"match":"a","score":3}"#, "shows: score must be text as \"0-1\", not 3"),
            (r#"{"match":"a","score":"0 - 1"}"#, "shows: score must be text as \"0-1\", not \"0 - 1\""),
            (r#"{"match":"a","score":"100-1"}"#, "shows: score must be text as \"0-1\", not \"100-1\""),
            (r#"{"match":"a","score":"+1-1"}"#, "shows: score must be text as \"0-1\", not \"+1-1\""),
            (r#"{"match":"a","score":"1-"}"#, "shows: score must be text as \"0-1\", not \"1-\""),
            (r#"{"match":"a"}"#, "shows: score is missing: text as \"0-1\""),
            (r#"{"score":"0-1"}"#, "shows: match is missing: the id of a match"),
            (r#"{"match":"","score":"0-1"}"#, "shows: match must be the id of a match, not \"\""),
            (
                r#"{"match":"a","score":"0-1","clock":"HT"}"#,
                "shows: clock must be text as \"89:07\" or \"45+2:10\", not \"HT\"",
            ),
            (r#"{"match":"a","score":"0-1","n":-1}"#, "shows: n must be the number of an event, not -1"),
            (
                r#"{"match":"a","scor":"0-1"}"#,
                "shows: unknown field \"scor\" (did you mean \"score\"?); accepted: command, match, score, clock, n, id",
            ),
        ] {
            assert_eq!(decode(json), Err(message.to_owned()), "{json}");
        }
    }
}
