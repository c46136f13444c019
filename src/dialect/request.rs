//! What a subscriber may say: commands as JSON objects, or as bare words typed by a person.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::error::did_you_mean;
use crate::playback::{Command, Instruction, Rejection};

/// The longest request that is read, in bytes.
pub const MAX_REQUEST_BYTES: usize = 64 << 10;

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
    Playback(Instruction),
    /// Everything up to the event of this number has been dealt with.
    Ack {
        /// The number.
        n: u32,
        /// The epoch that it is of; that which the subscriber is in where it does not say.
        epoch: Option<u32>,
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
    const OWN: &'static [&'static str] = &["subscribe", "ack", "ping"];

    /// Reads a text frame.
    pub fn decode(text: &str) -> Result<Self, RequestError> {
        let text = text.trim();
        if !text.starts_with('{') {
            return Self::bare(text).map_err(|rejection| RequestError { id: None, rejection });
        }
        let mut fields: Map<String, Value> = serde_json::from_str(text).map_err(|error| {
            let message = format!("not a JSON object: {error}");
            RequestError { id: None, rejection: Rejection { code: "bad_json", message, accepted: Vec::new() } }
        })?;
        let id = fields.remove("id").map(|id| id.to_string());
        // Ids are echoed, so they are bounded.
        if id.as_ref().is_some_and(|id| id.len() > 200) {
            let message = "the id of a request may have at most 200 characters".to_owned();
            return Err(RequestError { id: None, rejection: bad_argument(message, &[]) });
        }
        match Self::action(&mut fields, text) {
            Ok(action) => Ok(Self { id, action }),
            Err(rejection) => Err(RequestError { id, rejection }),
        }
    }

    fn action(fields: &mut Map<String, Value>, text: &str) -> Result<Action, Rejection> {
        match fields.get("command") {
            Some(Value::String(command)) if command == "subscribe" => {
                let matches = words(fields, "match")?;
                let types = words(fields, "types")?;
                nothing_else(fields, &["command", "match", "types", "id"])?;
                Ok(Action::Subscribe { matches, types })
            }
            Some(Value::String(command)) if command == "ack" => {
                nothing_else(fields, &["command", "n", "epoch", "id"])?;
                let number = |key| fields.get(key).map(|number| number.as_u64().and_then(|n| u32::try_from(n).ok()));
                match (number("n"), number("epoch")) {
                    (Some(Some(n)), None) => Ok(Action::Ack { n, epoch: None }),
                    (Some(Some(n)), Some(Some(epoch))) => Ok(Action::Ack { n, epoch: Some(epoch) }),
                    _ => Err(bad_argument(
                        "ack: n must be the number of an event, epoch that of its epoch".to_owned(),
                        &[],
                    )),
                }
            }
            Some(Value::String(command)) if command == "ping" => {
                #[derive(serde::Deserialize)]
                struct Ping<'a> {
                    #[serde(borrow)]
                    payload: Option<&'a RawValue>,
                }
                // The payload goes back byte for byte, so it is taken from the text itself.
                let ping: Option<Ping<'_>> = serde_json::from_str(text).ok();
                let payload = ping.and_then(|ping| ping.payload).map(|payload| payload.get().to_owned());
                fields.remove("payload");
                nothing_else(fields, &["command", "payload", "id"])?;
                Ok(Action::Ping { payload })
            }
            Some(Value::String(command)) if Command::NAMES.contains(&command.as_str()) => {
                Instruction::decode(fields).map(Action::Playback)
            }
            Some(Value::String(command)) => Err(unknown_command(command)),
            _ => Err(Rejection {
                code: "unknown_command",
                message: "a request needs \"command\"".to_owned(),
                accepted: commands(),
            }),
        }
    }

    fn bare(text: &str) -> Result<Self, Rejection> {
        let action = match text.split_whitespace().next() {
            Some("ping") if text == "ping" => Action::Ping { payload: None },
            Some(word) if Self::OWN.contains(&word) => {
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

fn commands() -> Vec<String> {
    Command::NAMES.iter().chain(Request::OWN).map(|name| (*name).to_owned()).collect()
}

fn unknown_command(word: &str) -> Rejection {
    let word: String = word.chars().take(40).collect();
    let hint = did_you_mean(&word, Command::NAMES.iter().chain(Request::OWN).copied());
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

fn nothing_else(fields: &Map<String, Value>, accepted: &[&str]) -> Result<(), Rejection> {
    match fields.keys().find(|key| !accepted.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let hint = did_you_mean(key, accepted.iter().copied());
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
        assert!(refusal("{").starts_with(" bad_json"));
        assert!(refusal("").starts_with(" unknown_command"));
        assert!(refusal("subscribe goal").contains("as JSON"));
        assert!(refusal("ping 7").contains("as JSON"));
    }
}
