//! The body of `POST /api/replays`: the options of a replay as JSON, perhaps with the lines of a scenario; or these lines
//! alone, with the options in the query.

use std::collections::HashSet;
use std::fmt;

use axum::body::{Body, HttpBody};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::OwnedSemaphorePermit;

use super::Query;
use super::body::{body_too_long_rejection, read_growing_body, too_long_rejection};
use crate::dialect::MAX_SCENARIO_BYTES;
use crate::error_code::ErrorCode;
use crate::hub::ReplaySpec;
use crate::json::{Members, error_without_place, message_excerpt, parse_value};
use crate::message::excerpt;
use crate::playback::Rejection;
use crate::server::access::UPLOAD_DENIED_MESSAGE;
use crate::server::app_state::AppState;
use crate::server::byte_budget::ByteBudget;
use crate::server::extract::find_caller;
use crate::server::slow_work::run_blocking;
use crate::server::{parameters, query};

/// The longest JSON body with lines: their escapes take room, too.
const MAX_JSON_BYTES: usize = 2 * MAX_SCENARIO_BYTES;
/// The fields of a JSON body that are not options of the replay itself.
const OWN_FIELDS: &[&str] = &["name", "lines"];
/// The media types of JSON Lines.
const JSON_LINES: &[&str] = &["application/x-ndjson", "application/jsonl", "application/ndjson"];

/// A request to open a replay.
#[derive(Default)]
pub(super) struct OpenRequest<Lines = SentLines> {
    pub(super) name: Option<String>,
    pub(super) replay_spec: ReplaySpec,
    pub(super) lines: Option<Lines>,
}

/// The lines of a scenario. They count towards the limit on sent scenarios until they are dropped.
pub(super) struct SentLines {
    pub(super) text: Vec<u8>,
    _taken: Option<OwnedSemaphorePermit>,
}

/// Reads the request. What the head alone decides is rejected before the body is read; only a caller that may send scenarios
/// can send a long one.
pub(super) async fn read_open_request(app: &AppState, head: &Parts, body: Body) -> Result<OpenRequest, Rejection> {
    let may_upload = app.access.allows_uploads(&find_caller(head)?);
    let mut memory = UploadMemory { budget: &app.upload_budget, taken: None };
    if is_json_lines(&head.headers) {
        if !may_upload {
            return Err(upload_denied_rejection());
        }
        let (name, replay_spec) = parse_query(head.uri.query().unwrap_or_default())?;
        let limit = memory.take(body.size_hint().exact(), MAX_SCENARIO_BYTES)?;
        let text = read_growing_body(app, head, body, limit, |_| Err(body_too_long_rejection(limit))).await?;
        return Ok(OpenRequest { name, replay_spec, lines: Some(memory.hold(text)?) });
    }
    Query::parse(head.uri.query(), &[]).map_err(|mut rejection| {
        rejection.message += "; the fields are parameters only beside lines, with Content-Type: application/x-ndjson";
        rejection
    })?;
    let short = app.limits.body_bytes;
    let extend = |length| {
        if may_upload { memory.take(length, MAX_JSON_BYTES) } else { Err(body_too_long_rejection(short)) }
    };
    let sent = read_growing_body(app, head, body, short, extend).await?;
    let is_long = sent.len() > short;
    let request = if is_long { run_blocking(|| parse_json(&sent)) } else { parse_json(&sent) }?;
    drop(sent);
    let lines = match request.lines {
        Some(_) if !may_upload => return Err(upload_denied_rejection()),
        None if is_long => return Err(body_too_long_rejection(short)),
        lines => lines.map(|text| memory.hold(text)).transpose()?,
    };
    Ok(OpenRequest { name: request.name, replay_spec: request.replay_spec, lines })
}

/// The memory that the request takes of the limit on sent scenarios.
struct UploadMemory<'a> {
    budget: &'a ByteBudget,
    taken: Option<OwnedSemaphorePermit>,
}

impl UploadMemory<'_> {
    /// Takes as much as a body has, or of unknown length may have. Returns how long it may be.
    fn take(&mut self, length: Option<u64>, most: usize) -> Result<usize, Rejection> {
        let length = length.map_or(most, |length| usize::try_from(length).unwrap_or(usize::MAX));
        if length > most || self.taken.is_some() {
            return Err(body_too_long_rejection(most));
        }
        self.taken = self.budget.try_take(length);
        if self.taken.is_none() {
            let message = format!(
                "scenarios that are being sent fill the limit of {} bytes; try again in a moment",
                self.budget.bytes
            );
            return Err(Rejection::new(ErrorCode::OverLimit, message));
        }
        Ok(length)
    }

    fn hold(mut self, text: Vec<u8>) -> Result<SentLines, Rejection> {
        if self.taken.is_none() {
            self.take(Some(text.len() as u64), MAX_SCENARIO_BYTES)?;
        }
        Ok(SentLines { text, _taken: self.taken })
    }
}

fn upload_denied_rejection() -> Rejection {
    Rejection::new(ErrorCode::NotAuthorised, UPLOAD_DENIED_MESSAGE)
}

/// Whether the body is JSON Lines. Any other is JSON, whatever its media type.
fn is_json_lines(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|media_type| media_type.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    JSON_LINES.iter().any(|known| media_type.eq_ignore_ascii_case(known))
}

/// Parses the options of a replay beside which the body is a scenario.
fn parse_query(text: &str) -> Result<(Option<String>, ReplaySpec), Rejection> {
    let (mut name, mut replay_spec) = (None, ReplaySpec::default());
    let mut seen = HashSet::new();
    for (field, value) in query::parse_pairs(text) {
        if !seen.insert(field.clone()) {
            return Err(parameters::given_twice_rejection(&field));
        }
        match &*field {
            "name" => name = Some(value.into_owned()),
            // Checked with the access rules.
            "token" => {}
            "scenario" => return Err(played_twice_rejection()),
            field if ReplaySpec::is_field(field) => replay_spec.set(field, &value)?,
            field => {
                let known = ["name", "token"].iter().chain(ReplaySpec::FIELDS).filter(|known| **known != "scenario");
                return Err(parameters::unknown_parameter_rejection(field, &known.copied().collect::<Vec<_>>()));
            }
        }
    }
    Ok((name, replay_spec))
}

fn played_twice_rejection() -> Rejection {
    Rejection::bad_argument(
        "the lines of a scenario and the field scenario are two ways to say what is played: give one",
    )
}

/// Parses a JSON body: the name, the options and the lines.
fn parse_json(sent: &[u8]) -> Result<OpenRequest<Vec<u8>>, Rejection> {
    let mut request = OpenRequest::default();
    if sent.trim_ascii().is_empty() {
        return Ok(request);
    }
    let Members { by_name, duplicate } = serde_json::from_slice(sent).map_err(|error| {
        // Tools send a file as a form or without a type.
        let is_scenario = sent.trim_ascii_start().starts_with(b"{\"kind\"");
        let hint = if is_scenario { "; send a scenario's lines with Content-Type: application/x-ndjson" } else { "" };
        Rejection::new(ErrorCode::BadJson, format!("the body is not a JSON object: {error}{hint}"))
    })?;
    if let Some(field) = duplicate {
        return Err(Rejection::field_given_twice(&field));
    }
    for (field, member) in by_name {
        let unreadable = |error: String| Rejection::unreadable_field(&field, &error);
        if field == "lines" && member.get().starts_with(['"', '[']) {
            request.lines = Some(parse_lines(member).map_err(unreadable)?);
            continue;
        }
        match (&*field, parse_value(member).map_err(unreadable)?) {
            ("name" | "lines", Value::Null) => {}
            ("name", Value::String(given)) => request.name = Some(given),
            ("name", other) => {
                let message = format!("name must be a text, and is {}", message_excerpt(&other));
                return Err(Rejection::bad_argument(message));
            }
            ("lines", other) => {
                let message = format!("lines must be a text or a list of objects, and is {}", message_excerpt(&other));
                return Err(Rejection::bad_argument(message));
            }
            (field, value) => request.replay_spec.set_json(field, &value, OWN_FIELDS)?,
        }
    }
    match &request.lines {
        Some(_) if request.replay_spec.scenario.is_some() => Err(played_twice_rejection()),
        Some(text) if text.len() > MAX_SCENARIO_BYTES => Err(too_long_rejection("the scenario", MAX_SCENARIO_BYTES)),
        _ => Ok(request),
    }
}

/// The lines of a scenario from a text that holds them all, or from a list with an object for each.
fn parse_lines(member: &RawValue) -> Result<Vec<u8>, String> {
    let lines = if member.get().starts_with('"') {
        serde_json::from_str::<String>(member.get()).map(String::into_bytes)
    } else {
        serde_json::from_str(member.get()).map(|ListedLines(lines)| lines)
    };
    // The position is relative to the member, so it would mislead.
    lines.map_err(|error| error_without_place(&error))
}

/// The lines of a list of objects.
struct ListedLines(Vec<u8>);

impl<'de> Deserialize<'de> for ListedLines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfList;
        impl<'de> Visitor<'de> for OfList {
            type Value = ListedLines;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of objects")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<ListedLines, A::Error> {
                let (mut lines, mut index) = (Vec::new(), 0);
                while let Some(item) = items.next_element::<&RawValue>()? {
                    let item = item.get();
                    if !item.starts_with('{') {
                        let shown = excerpt(item);
                        return Err(A::Error::custom(format_args!("item {index} must be an object, and is {shown}")));
                    }
                    // Line ends are blanks between the tokens of an object.
                    lines.extend(item.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }));
                    lines.push(b'\n');
                    index += 1;
                }
                Ok(ListedLines(lines))
            }
        }
        deserializer.deserialize_seq(OfList)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(json: &str) -> Result<String, String> {
        let request = parse_json(json.as_bytes()).map_err(|rejection| rejection.message)?;
        Ok(String::from_utf8(request.lines.expect("lines")).expect("text"))
    }

    #[test]
    fn a_text_and_a_list_hold_the_same_lines() {
        let written = "{\"kind\":\"scenario\"}\n{\"kind\":\"match\",\"id\":\"a\\\\n\"}\n";
        let as_text = serde_json::json!({ "lines": written }).to_string();
        assert_eq!(lines_of(&as_text).as_deref(), Ok(written));
        let as_list = "{\"lines\":[{\"kind\":\"scenario\"} , {\"kind\":\"match\",\"id\":\"a\\\\n\"}],\"paused\":true}";
        assert_eq!(lines_of(as_list).as_deref(), Ok(written));
        let over_lines = "{\"lines\":[{\r\n\"a\":\r\n1}]}";
        assert_eq!(lines_of(over_lines).as_deref(), Ok("{  \"a\":  1}\n"), "an item is one line");
        for (json, words) in [
            (r#"{"lines":[{},"{}"]}"#, "the field \"lines\" cannot be read: item 1 must be an object, and is \"{}\""),
            (r#"{"lines":7}"#, "lines must be a text or a list of objects, and is 7"),
            (r#"{"lines":{}}"#, "lines must be a text or a list of objects, and is {}"),
            (r#"{"lines":"","scenario":"juv"}"#, "give one"),
            ("{\"kind\":\"scenario\"}\n{}", "Content-Type: application/x-ndjson"),
        ] {
            assert!(lines_of(json).expect_err(json).contains(words), "{json}: {:?}", lines_of(json));
        }
        assert!(parse_json(br#"{"lines":null}"#).expect("not given").lines.is_none());
    }

    #[test]
    fn the_query_beside_lines_has_the_fields_of_the_json_body() {
        let (name, spec) = parse_query("name=cup&from=45+2&paused=1&token=t0ken").expect("understood");
        assert_eq!((name.as_deref(), spec.paused), (Some("cup"), true));
        assert_eq!(spec.from.map(|from| from.to_string()).as_deref(), Some("45+2"));
        for (query, words) in [
            ("replay=cup", "unknown parameter \"replay\""),
            ("nmae=cup", "did you mean \"name\""),
            ("name=a&name=b", "given twice"),
            ("scenario=juv", "give one"),
            ("speed=fast", "speed: "),
        ] {
            assert!(parse_query(query).expect_err(query).message.contains(words), "{query}");
        }
    }
}
