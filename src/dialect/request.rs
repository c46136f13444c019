//! What a subscriber may say: commands as JSON objects, or as bare words typed by a person.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::error::{did_you_mean, excerpt};
use crate::json::{self, LARGEST_WHOLE, Members};
use crate::playback::{Command, CommandRequest, Rejection};

/// The longest request that is read, in bytes.
pub const MAX_REQUEST_BYTES: usize = 64 << 10;

/// The longest id of a request, in bytes of JSON.
const MAX_ID: usize = 200;

/// What a subscriber asks for.
#[derive(Debug)]
pub struct Request {
    /// Its own name for the request, as JSON; the answer carries it.
    pub id: Option<String>,
    /// What is to be done.
    pub action: Action,
}

/// What is to be done.
#[derive(Debug)]
pub enum Action {
    /// Control the replay.
    Playback(CommandRequest),
    /// Everything up to the event of this number has been dealt with.
    Ack {
        /// The number.
        n: u32,
        /// The epoch that it is of; that which the subscriber is in where it does not say.
        epoch: Option<u64>,
    },
    /// Follow other matches or types; what is not named is followed whole.
    Subscribe {
        /// Match ids.
        matches: Option<Vec<String>>,
        /// Types and groups.
        types: Option<Vec<String>>,
    },
    /// Answer with the payload and the time.
    Ping {
        /// As JSON.
        payload: Option<String>,
    },
}

/// A request that makes no sense, with its id if it had one.
#[derive(Debug)]
pub struct RequestError {
    /// As in [`Request::id`].
    pub id: Option<String>,
    /// Why, and what would be accepted.
    pub rejection: Rejection,
}

impl Request {
    /// The commands that are not playback's.
    const OWN_COMMANDS: &'static [&'static str] = &["subscribe", "ack", "ping"];

    /// Reads a text frame.
    pub fn decode(text: &str) -> Result<Self, RequestError> {
        let text = text.trim();
        if !text.starts_with('{') {
            return Self::bare(text).map_err(|rejection| RequestError { id: None, rejection });
        }
        let (id, members) = members(text)?;
        match Self::action(&members) {
            Ok(action) => Ok(Self { id, action }),
            Err(rejection) => Err(RequestError { id, rejection }),
        }
    }

    /// Reads a command to playback where the requests about one connection have no meaning. `take` may remove fields that are
    /// the caller's own from those of an object, and gives their names.
    pub fn decode_command(
        text: &str,
        take: impl FnOnce(&mut Map<String, Value>) -> Result<&'static [&'static str], Rejection>,
    ) -> Result<CommandRequest, Rejection> {
        let text = text.trim();
        let about_connection = |word: &str| Self::OWN_COMMANDS.contains(&word);
        let unknown = |word: &str| match about_connection(word) {
            true => bad_argument(
                format!("{word} is about one connection: send it on a WebSocket; here the replay is controlled"),
                Command::NAMES,
            ),
            false => Rejection::unknown_command(&excerpt(word), Command::NAMES),
        };
        if !text.starts_with('{') {
            let word = text.split_whitespace().next().unwrap_or_default();
            return match Command::NAMES.contains(&word) {
                true => Command::parse_line(text).map(Into::into),
                false => Err(unknown(word)),
            };
        }
        let (_, members) = members(text).map_err(|error| error.rejection)?;
        match command(&members) {
            None => Err(no_command(Command::NAMES)),
            Some(name) if Command::NAMES.contains(&&*name) => {
                let mut fields = values(&members)?;
                let extra_fields = [&["id"], take(&mut fields)?].concat();
                CommandRequest::decode_accepting(&mut fields, &extra_fields)
            }
            Some(name) => Err(unknown(&name)),
        }
    }

    fn action(members: &BTreeMap<String, &RawValue>) -> Result<Action, Rejection> {
        let Some(name) = command(members) else {
            return Err(no_command(&[Command::NAMES, Self::OWN_COMMANDS].concat()));
        };
        match &*name {
            "subscribe" => {
                nothing_else(members, &["command", "match", "types", "id"])?;
                let mut fields = values(members)?;
                Ok(Action::Subscribe { matches: words(&mut fields, "match")?, types: words(&mut fields, "types")? })
            }
            "ack" => {
                nothing_else(members, &["command", "n", "epoch", "id"])?;
                let fields = values(members)?;
                let n = fields.get("n").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
                let epoch = fields.get("epoch").filter(|epoch| !epoch.is_null());
                match (n, epoch.map(|epoch| epoch.as_u64().filter(|epoch| *epoch <= LARGEST_WHOLE))) {
                    (Some(n), None) => Ok(Action::Ack { n, epoch: None }),
                    (Some(n), Some(Some(epoch))) => Ok(Action::Ack { n, epoch: Some(epoch) }),
                    _ => Err(bad_argument(
                        "ack: n must be the number of an event, epoch that of its epoch".to_owned(),
                        &[],
                    )),
                }
            }
            "ping" => {
                nothing_else(members, &["command", "payload", "id"])?;
                // The reply has the payload as JSON on one line, with the digits and escapes that it was sent with.
                Ok(Action::Ping { payload: members.get("payload").map(|payload| payload.get().to_owned()) })
            }
            name if Command::NAMES.contains(&name) => {
                CommandRequest::decode_accepting(&mut values(members)?, &["id"]).map(Action::Playback)
            }
            name => Err(unknown_command(name)),
        }
    }

    fn bare(text: &str) -> Result<Self, Rejection> {
        let action = match text.split_whitespace().next() {
            Some("ping") if text == "ping" => Action::Ping { payload: None },
            Some(word) if Self::OWN_COMMANDS.contains(&word) => {
                return Err(bad_argument(
                    format!("{word} takes its words as JSON: {{\"command\":\"{word}\", …}}"),
                    &[],
                ));
            }
            Some(word) if Command::NAMES.contains(&word) => Action::Playback(Command::parse_line(text)?.into()),
            word => return Err(unknown_command(word.unwrap_or_default())),
        };
        Ok(Self { id: None, action })
    }
}

/// The members of a request and its id, which the reply repeats.
fn members(text: &str) -> Result<(Option<String>, BTreeMap<String, &RawValue>), RequestError> {
    let refused = |id, rejection| Err(RequestError { id, rejection });
    let Members { mut by_name, twice } = match serde_json::from_str(text) {
        Ok(members) => members,
        Err(error) => {
            let message = format!("not a JSON object: {error}");
            return refused(None, Rejection { code: "bad_json", message, accepted: Vec::new() });
        }
    };
    let id = by_name.remove("id").map(|id| id.get().to_owned());
    // Ids are echoed, so they are bounded.
    if id.as_ref().is_some_and(|id| id.len() > MAX_ID) {
        return refused(None, bad_argument(format!("the id of a request may have at most {MAX_ID} bytes"), &[]));
    }
    match twice {
        None => Ok((id, by_name)),
        Some(name) => {
            // Of two ids neither is the request's.
            let id = id.filter(|_| name != "id");
            refused(id, Rejection::field_given_twice(&name))
        }
    }
}

/// The name of the command, if it is a text.
fn command(members: &BTreeMap<String, &RawValue>) -> Option<String> {
    serde_json::from_str(members.get("command")?.get()).ok()
}

fn values(members: &BTreeMap<String, &RawValue>) -> Result<Map<String, Value>, Rejection> {
    let value = |(name, member): (&String, &&RawValue)| match json::value(member) {
        Ok(value) => Ok((name.clone(), value)),
        Err(error) => Err(Rejection::unreadable_field(name, &error)),
    };
    members.iter().map(value).collect()
}

fn no_command(accepted: &[&str]) -> Rejection {
    Rejection { code: "unknown_command", ..bad_argument("a request needs \"command\"".to_owned(), accepted) }
}

fn commands() -> Vec<String> {
    Command::NAMES.iter().chain(Request::OWN_COMMANDS).map(|name| (*name).to_owned()).collect()
}

fn unknown_command(word: &str) -> Rejection {
    let word = excerpt(word);
    let hint = did_you_mean(&word, Command::NAMES.iter().chain(Request::OWN_COMMANDS).copied());
    Rejection { code: "unknown_command", message: format!("unknown command {word:?}{hint}"), accepted: commands() }
}

fn bad_argument(message: String, accepted: &[&str]) -> Rejection {
    Rejection { code: "bad_argument", message, accepted: accepted.iter().map(|word| (*word).to_owned()).collect() }
}

/// A word, or a list of words.
fn words(fields: &mut Map<String, Value>, key: &str) -> Result<Option<Vec<String>>, Rejection> {
    let refuse = || bad_argument(format!("{key} must be a list of words"), &[]);
    match fields.remove(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(word)) => Ok(Some(word.split(',').map(str::to_owned).collect())),
        Some(Value::Array(items)) => {
            let word = |item| match item {
                Value::String(word) => Ok(word),
                _ => Err(refuse()),
            };
            items.into_iter().map(word).collect::<Result<_, _>>().map(Some)
        }
        Some(_) => Err(refuse()),
    }
}

fn nothing_else(members: &BTreeMap<String, &RawValue>, accepted: &[&str]) -> Result<(), Rejection> {
    match members.keys().find(|key| !accepted.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let hint = did_you_mean(key, accepted.iter().copied());
            let key = excerpt(key);
            Err(bad_argument(format!("the request has no field {key:?}{hint}"), accepted))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        let RequestError { id, rejection } = Request::decode(text).expect_err(text);
        format!("{} {} {}", id.unwrap_or_default(), rejection.code, rejection.message)
    }

    #[test]
    fn what_is_said_is_understood_as_json_and_as_words() {
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
    fn a_ping_gives_its_payload_back_byte_for_byte() {
        let request = Request::decode(r#"{"command":"ping","id":"a","payload":{"b":1.50,"a":[ 2 ]}}"#).expect("a ping");
        let Action::Ping { payload } = request.action else { panic!("not a ping") };
        assert_eq!(payload.as_deref(), Some(r#"{"b":1.50,"a":[ 2 ]}"#));
        assert_eq!(request.id.as_deref(), Some("\"a\""));
    }

    #[test]
    fn a_refusal_carries_the_id_and_what_was_probably_meant() {
        assert_eq!(
            refusal(r#"{"command":"sek","id":8}"#),
            "8 unknown_command unknown command \"sek\" (did you mean \"seek\"?)"
        );
        assert!(refusal("pasue").contains("did you mean \"pause\""));
        assert!(refusal(r#"{"command":"subscribe","typs":[]}"#).contains("did you mean \"types\""));
        assert!(refusal(r#"{"command":"subscribe","types":7}"#).starts_with(" bad_argument"));
        assert!(refusal(r#"{"command":"ack","id":3}"#).starts_with("3 bad_argument ack: n must be"));
        assert!(refusal(r#"{"cmd":"play"}"#).contains("needs \"command\""));
        assert!(refusal(r#"{"command":"subscribe","types":[["goal"]]}"#).contains("types must be a list of words"));
        assert!(refusal(r#"{"command":"ack","n":1,"x":null}"#).contains("no field \"x\""));
        assert!(refusal(r#"{"command":"ack","n":true}"#).contains("n must be"));
        assert!(refusal(r#"{"command":"ack","n":1,"epoch":9007199254740992}"#).contains("n must be"));
        let late = Request::decode(r#"{"command":"ack","n":1,"epoch":4294967296}"#).expect("a request");
        assert!(matches!(late.action, Action::Ack { n: 1, epoch: Some(0x1_0000_0000) }), "{late:?}");
        assert!(refusal(r#"{"command":{"a":1}}"#).contains("needs \"command\""));
        assert!(refusal("{").starts_with(" bad_json"));
        assert!(refusal("").starts_with(" unknown_command"));
        assert!(refusal("subscribe goal").contains("as JSON"));
        assert!(refusal("ping 7").contains("as JSON"));
    }

    #[test]
    fn a_field_that_is_given_twice_is_refused_even_an_id() {
        for (text, told) in [
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
            assert_eq!(refusal(text), told, "{text}");
        }
    }

    #[test]
    fn an_id_is_echoed_as_it_is_written_and_what_cannot_be_held_is_refused() {
        for id in ["12345678901234567890123", "1.50", r#""\u0041""#, "1e999", "null", r#"{"b":1,"a":2}"#] {
            let request = Request::decode(&format!(r#"{{"command":"ping","id":{id}}}"#)).expect("a ping");
            assert_eq!(request.id.as_deref(), Some(id));
        }
        assert!(
            refusal(r#"{"command":"speed","to":1e999,"id":1}"#).starts_with(r#"1 bad_argument the field "to" cannot"#)
        );
        let deep = format!(r#"{{"command":"seek","to":{}{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
        assert!(refusal(&deep).contains("the field \"to\" cannot be read: recursion limit"));
        assert!(refusal(r#"{"command":"speed","to":NaN}"#).starts_with(" bad_json"));
        assert!(refusal(&format!(r#"{{"command":"play","id":"{}"}}"#, "x".repeat(200))).contains("at most 200 bytes"));
    }

    #[test]
    fn where_there_is_no_connection_only_playback_is_commanded() {
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
