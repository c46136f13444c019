//! Decodes what a subscriber sends: commands as JSON objects, or as plain words typed by a person.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::error_code::ErrorCode;
use crate::faults::is_client_name;
use crate::json::{self, MAX_SAFE_INTEGER, Members};
use crate::message::{did_you_mean, excerpt};
use crate::playback::{Command, CommandRequest, Rejection};
use crate::verdict::Shown;

/// The maximum size of a request, in bytes.
pub const MAX_REQUEST_BYTES: usize = 64 << 10;

/// The maximum length of a request's id, in bytes of JSON.
const MAX_ID: usize = 200;

/// A request from a subscriber.
#[derive(Debug)]
pub struct Request {
    /// The client's identifier for the request, as JSON; the reply repeats it.
    pub id: Option<String>,
    /// What is requested.
    pub action: Action,
}

/// What a request asks for.
#[derive(Debug)]
pub enum Action {
    /// Controls the replay.
    Playback(CommandRequest),
    /// Acknowledges all events up to this number.
    Ack {
        /// The number.
        n: u32,
        /// The epoch of that number; `None`: the one that the subscriber is in.
        epoch: Option<u64>,
    },
    /// Replaces the subscriber's filter. Without a list, everything of that kind is followed.
    Subscribe {
        /// Match ids.
        matches: Option<Vec<String>>,
        /// Event types and groups.
        types: Option<Vec<String>>,
    },
    /// Says what the client shows of a match.
    Shows(Shown),
    /// Requests a reply with the payload and the time.
    Ping {
        /// The payload as JSON.
        payload: Option<String>,
    },
}

/// An invalid request, with its id if it had one.
#[derive(Debug)]
pub struct RequestError {
    /// As in [`Request::id`].
    pub id: Option<String>,
    /// Why it was rejected, and what would be accepted.
    pub rejection: Rejection,
}

impl Request {
    /// The commands that concern one connection rather than playback.
    const CONNECTION_COMMANDS: &'static [&'static str] = &["subscribe", "ack", "shows", "ping"];

    /// Decodes a text frame.
    pub fn decode(text: &str) -> Result<Self, RequestError> {
        let text = text.trim();
        if !text.starts_with('{') {
            return Self::decode_text_command(text).map_err(|rejection| RequestError { id: None, rejection });
        }
        let (id, members) = parse_members(text)?;
        match Self::decode_action(&members) {
            Ok(action) => Ok(Self { id, action }),
            Err(rejection) => Err(RequestError { id, rejection }),
        }
    }

    /// Decodes what a client says over HTTP that it shows, with the name of the client.
    pub fn decode_shown(text: &str) -> Result<(Arc<str>, Shown), Rejection> {
        let (_, members) = parse_members(text).map_err(|error| error.rejection)?;
        if let Some(command) = command_name(&members).filter(|command| command != "shows") {
            let message = format!("{:?} is sent to the path .../command: this one is for shows", excerpt(&command));
            return Err(Rejection::bad_argument(message).accepting(["shows"]));
        }
        let mut fields = decode_values(&members)?;
        let client = fields.remove("client").as_ref().and_then(Value::as_str).map(str::to_owned);
        let client = client.filter(|name| is_client_name(name)).ok_or_else(|| {
            Rejection::bad_argument("shows: \"client\" must name the client, as client= in the address of its stream")
        })?;
        Ok((client.into(), Shown::decode(&fields)?))
    }

    /// Decodes a playback command where requests about a connection have no meaning. `take` may remove the caller's own
    /// fields from an object, and returns their names.
    pub fn decode_command(
        text: &str,
        take: impl FnOnce(&mut Map<String, Value>) -> Result<&'static [&'static str], Rejection>,
    ) -> Result<CommandRequest, Rejection> {
        let text = text.trim();
        let about_connection = |word: &str| Self::CONNECTION_COMMANDS.contains(&word);
        let unknown = |word: &str| {
            if word == "shows" {
                Rejection::bad_argument(
                    "shows is sent on a WebSocket, or with the name of the client to the path /shows",
                )
            } else if about_connection(word) {
                Rejection::bad_argument(format!(
                    "{word} concerns one connection: send it on a WebSocket; only playback commands are accepted here"
                ))
                .accepting(Command::NAMES)
            } else {
                Rejection::unknown_command(&excerpt(word), Command::NAMES)
            }
        };
        if !text.starts_with('{') {
            let word = text.split_whitespace().next().unwrap_or_default();
            return if Command::NAMES.contains(&word) {
                Command::parse_line(text).map(Into::into)
            } else {
                Err(unknown(word))
            };
        }
        let (_, members) = parse_members(text).map_err(|error| error.rejection)?;
        match command_name(&members) {
            None => Err(missing_command_rejection(Command::NAMES)),
            Some(name) if Command::NAMES.contains(&&*name) => {
                let mut fields = decode_values(&members)?;
                let extra_fields = [&["id"], take(&mut fields)?].concat();
                CommandRequest::decode_accepting(&mut fields, &extra_fields)
            }
            Some(name) => Err(unknown(&name)),
        }
    }

    fn decode_action(members: &BTreeMap<String, &RawValue>) -> Result<Action, Rejection> {
        let Some(name) = command_name(members) else {
            return Err(missing_command_rejection(&all_commands()));
        };
        match &*name {
            "subscribe" => {
                reject_unknown_fields(members, &["command", "match", "types", "id"])?;
                let mut fields = decode_values(members)?;
                Ok(Action::Subscribe {
                    matches: take_words(&mut fields, "match")?,
                    types: take_words(&mut fields, "types")?,
                })
            }
            "ack" => {
                reject_unknown_fields(members, &["command", "n", "epoch", "id"])?;
                let fields = decode_values(members)?;
                let n = fields.get("n").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
                let epoch = fields.get("epoch").filter(|epoch| !epoch.is_null());
                match (n, epoch.map(|epoch| epoch.as_u64().filter(|epoch| *epoch <= MAX_SAFE_INTEGER))) {
                    (Some(n), None) => Ok(Action::Ack { n, epoch: None }),
                    (Some(n), Some(Some(epoch))) => Ok(Action::Ack { n, epoch: Some(epoch) }),
                    _ => Err(Rejection::bad_argument(
                        "ack: n must be the number of an event, epoch the number of its epoch",
                    )),
                }
            }
            "shows" => Shown::decode(&decode_values(members)?).map(Action::Shows),
            "ping" => {
                reject_unknown_fields(members, &["command", "payload", "id"])?;
                // The reply repeats the payload as JSON on one line, with its original digits and escapes.
                Ok(Action::Ping { payload: members.get("payload").map(|payload| payload.get().to_owned()) })
            }
            name if Command::NAMES.contains(&name) => {
                CommandRequest::decode_accepting(&mut decode_values(members)?, &["id"]).map(Action::Playback)
            }
            name => Err(unknown_command(name)),
        }
    }

    fn decode_text_command(text: &str) -> Result<Self, Rejection> {
        let action = match text.split_whitespace().next() {
            Some("ping") if text == "ping" => Action::Ping { payload: None },
            Some(word) if Self::CONNECTION_COMMANDS.contains(&word) => {
                let message = format!("{word} must be written as JSON: {{\"command\":\"{word}\", …}}");
                return Err(Rejection::bad_argument(message));
            }
            Some(word) if Command::NAMES.contains(&word) => Action::Playback(Command::parse_line(text)?.into()),
            word => return Err(unknown_command(word.unwrap_or_default())),
        };
        Ok(Self { id: None, action })
    }
}

/// The members of a request, and its id for the reply.
fn parse_members(text: &str) -> Result<(Option<String>, BTreeMap<String, &RawValue>), RequestError> {
    let refused = |id, rejection| Err(RequestError { id, rejection });
    let Members { mut by_name, duplicate } = match serde_json::from_str(text) {
        Ok(members) => members,
        Err(error) => {
            let message = format!("not a JSON object: {error}");
            return refused(None, Rejection::new(ErrorCode::BadJson, message));
        }
    };
    let id = by_name.remove("id").map(|id| id.get().to_owned());
    // Ids are echoed, so their length is limited.
    if id.as_ref().is_some_and(|id| id.len() > MAX_ID) {
        let message = format!("the id of a request may be at most {MAX_ID} bytes long");
        return refused(None, Rejection::bad_argument(message));
    }
    match duplicate {
        None => Ok((id, by_name)),
        Some(name) => {
            // Of two ids, neither is the request's.
            let id = id.filter(|_| name != "id");
            refused(id, Rejection::field_given_twice(&name))
        }
    }
}

/// The name of the command, if it is a string.
fn command_name(members: &BTreeMap<String, &RawValue>) -> Option<String> {
    serde_json::from_str(members.get("command")?.get()).ok()
}

fn decode_values(members: &BTreeMap<String, &RawValue>) -> Result<Map<String, Value>, Rejection> {
    let value = |(name, member): (&String, &&RawValue)| match json::parse_value(member) {
        Ok(value) => Ok((name.clone(), value)),
        Err(error) => Err(Rejection::unreadable_field(name, &error)),
    };
    members.iter().map(value).collect()
}

fn missing_command_rejection(accepted: &[&str]) -> Rejection {
    Rejection::new(ErrorCode::UnknownCommand, "a request must have a \"command\"").accepting(accepted)
}

fn unknown_command(word: &str) -> Rejection {
    Rejection::unknown_command(&excerpt(word), &all_commands())
}

fn all_commands() -> Vec<&'static str> {
    [Command::NAMES, Request::CONNECTION_COMMANDS].concat()
}

/// A string of words separated by commas, or a list of words.
fn take_words(fields: &mut Map<String, Value>, key: &str) -> Result<Option<Vec<String>>, Rejection> {
    let invalid = || Rejection::bad_argument(format!("{key} must be a word or a list of words"));
    match fields.remove(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(word)) => Ok(Some(word.split(',').map(str::to_owned).collect())),
        Some(Value::Array(items)) => {
            let word = |item| match item {
                Value::String(word) => Ok(word),
                _ => Err(invalid()),
            };
            items.into_iter().map(word).collect::<Result<_, _>>().map(Some)
        }
        Some(_) => Err(invalid()),
    }
}

fn reject_unknown_fields(members: &BTreeMap<String, &RawValue>, accepted: &[&str]) -> Result<(), Rejection> {
    match members.keys().find(|key| !accepted.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let hint = did_you_mean(key, accepted.iter().copied());
            let key = excerpt(key);
            Err(Rejection::bad_argument(format!("the request has no field {key:?}{hint}")).accepting(accepted))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejection_text(text: &str) -> String {
        let RequestError { id, rejection } = Request::decode(text).expect_err(text);
        format!("{} {} {}", id.unwrap_or_default(), rejection.code, rejection.message)
    }

    #[test]
    fn requests_are_decoded_from_json_and_from_words() {
        for text in [
            r#"{"command":"play"}"#,
            r#"{"command":"seek","to":"next:goal","lead":"20s","id":7}"#,
            r#"{"command":"step","until":"HT"}"#,
            r#"{"command":"subscribe","match":["m1"],"types":["goal"]}"#,
            r#"{"command":"ping","payload":1}"#,
            r#"{"command":"pause","if_version":4,"by":"anna"}"#,
            r#"{"command":"ack","n":83}"#,
            "pause",
            "speed 60",
            " ping ",
        ] {
            Request::decode(text).expect(text);
        }
    }

    #[test]
    fn a_ping_keeps_its_payload_byte_for_byte() {
        let request = Request::decode(r#"{"command":"ping","id":"a","payload":{"b":1.50,"a":[ 2 ]}}"#).expect("a ping");
        let Action::Ping { payload } = request.action else { panic!("not a ping") };
        assert_eq!(payload.as_deref(), Some(r#"{"b":1.50,"a":[ 2 ]}"#));
        assert_eq!(request.id.as_deref(), Some("\"a\""));
    }

    #[test]
    fn a_rejection_carries_the_id_and_a_suggestion() {
        assert_eq!(
            rejection_text(r#"{"command":"sek","id":8}"#),
            "8 unknown_command unknown command \"sek\" (did you mean \"seek\"?)"
        );
        assert!(rejection_text("pasue").contains("did you mean \"pause\""));
        assert!(rejection_text(r#"{"command":"subscribe","typs":[]}"#).contains("did you mean \"types\""));
        assert!(rejection_text(r#"{"command":"subscribe","types":7}"#).starts_with(" bad_argument"));
        assert!(rejection_text(r#"{"command":"ack","id":3}"#).starts_with("3 bad_argument ack: n must be"));
        assert!(rejection_text(r#"{"cmd":"play"}"#).contains("must have a \"command\""));
        assert!(
            rejection_text(r#"{"command":"subscribe","types":[["goal"]]}"#)
                .contains("types must be a word or a list of words")
        );
        assert!(rejection_text(r#"{"command":"ack","n":1,"x":null}"#).contains("no field \"x\""));
        assert!(rejection_text(r#"{"command":"ack","n":true}"#).contains("n must be"));
        assert!(rejection_text(r#"{"command":"ack","n":1,"epoch":9007199254740992}"#).contains("n must be"));
        let late = Request::decode(r#"{"command":"ack","n":1,"epoch":4294967296}"#).expect("a request");
        assert!(matches!(late.action, Action::Ack { n: 1, epoch: Some(0x1_0000_0000) }), "{late:?}");
        assert!(rejection_text(r#"{"command":{"a":1}}"#).contains("must have a \"command\""));
        assert!(rejection_text("{").starts_with(" bad_json"));
        assert!(rejection_text("").starts_with(" unknown_command"));
        assert!(rejection_text("subscribe goal").contains("as JSON"));
        assert!(rejection_text("ping 7").contains("as JSON"));
    }

    #[test]
    fn a_duplicate_field_is_rejected_even_an_id() {
        for (text, message) in [
            (r#"{"command":"speed","to":1,"to":2,"id":7}"#, r#"7 bad_argument the field "to" is given twice"#),
            (r#"{"command":"play","command":"pause"}"#, r#" bad_argument the field "command" is given twice"#),
            (r#"{"command":"play","id":1,"id":1}"#, r#" bad_argument the field "id" is given twice"#),
            (r#"{"command":"ping","payload":1,"payload":1}"#, r#" bad_argument the field "payload" is given twice"#),
            (r#"{"command":"pause","\u0062y":"a","by":"b"}"#, r#" bad_argument the field "by" is given twice"#),
            (
                r#"{"command":"subscribe","types":null,"types":"goal"}"#,
                r#" bad_argument the field "types" is given twice"#,
            ),
        ] {
            assert_eq!(rejection_text(text), message, "{text}");
        }
    }

    #[test]
    fn an_id_is_echoed_as_written_and_unrepresentable_values_are_rejected() {
        for id in ["12345678901234567890123", "1.50", r#""\u0041""#, "1e999", "null", r#"{"b":1,"a":2}"#] {
            let request = Request::decode(&format!(r#"{{"command":"ping","id":{id}}}"#)).expect("a ping");
            assert_eq!(request.id.as_deref(), Some(id));
        }
        assert!(
            rejection_text(r#"{"command":"speed","to":1e999,"id":1}"#)
                .starts_with(r#"1 bad_argument the field "to" cannot"#)
        );
        let deep = format!(r#"{{"command":"seek","to":{}{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
        assert!(rejection_text(&deep).contains("the field \"to\" cannot be read: recursion limit"));
        assert!(rejection_text(r#"{"command":"speed","to":NaN}"#).starts_with(" bad_json"));
        assert!(
            rejection_text(&format!(r#"{{"command":"play","id":"{}"}}"#, "x".repeat(200)))
                .contains("at most 200 bytes")
        );
    }

    #[test]
    fn without_a_connection_only_playback_commands_are_accepted() {
        let none = |_: &mut Map<String, Value>| Ok(&[][..]);
        for text in ["ping", "subscribe goal", r#"{"command":"ack","n":1}"#, r#"{"command":"pong"}"#, "", "{}"] {
            let refused = Request::decode_command(text, none).expect_err(text);
            assert_eq!(refused.accepted, Command::NAMES, "{text}: {refused}");
        }
        let take = |fields: &mut Map<String, Value>| {
            fields.remove("wait_for");
            Ok(&["wait_for"][..])
        };
        assert!(Request::decode_command(r#"{"command":"step","wait_for":1,"id":3}"#, take).is_ok());
        let refused = Request::decode_command(r#"{"command":"step","wait":1}"#, take).expect_err("unknown");
        assert_eq!(
            refused.accepted,
            ["command", "count", "until", "match", "or", "if_version", "by", "id", "wait_for"]
        );
    }
}
