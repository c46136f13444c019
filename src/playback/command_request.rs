//! A command as a client sends it: with an optional precondition and the sender's name.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::command::Command;
use super::rejection::Rejection;
use crate::json::MAX_SAFE_INTEGER;
use crate::printable::{is_printable, is_visible};

/// The maximum length of a sender's name, in characters.
pub const MAX_SENDER_NAME: usize = 60;

/// A command, the version it is conditional on, and its sender's name.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandRequest {
    /// The command.
    pub command: Command,
    /// The version of playback that the sender based the command on. If another version is current, the command is
    /// rejected.
    pub if_version: Option<u64>,
    /// The sender's name, shown to all subscribers.
    pub by: Option<Arc<str>>,
}

impl From<Command> for CommandRequest {
    fn from(command: Command) -> Self {
        Self { command, if_version: None, by: None }
    }
}

impl CommandRequest {
    /// Decodes a command as [`Command::decode`] does, together with `if_version` and `by`, for a caller that has already removed
    /// fields of its own: rejections list `extra_fields` as accepted.
    pub(crate) fn decode_accepting(fields: &mut Map<String, Value>, extra_fields: &[&str]) -> Result<Self, Rejection> {
        let if_version = match fields.remove("if_version") {
            None | Some(Value::Null) => None,
            Some(version) => {
                let number = version.as_u64().filter(|version| *version <= MAX_SAFE_INTEGER);
                let wrong = || {
                    Rejection::bad_argument(
                        "if_version must be a number: the version of playback that the command is based on",
                    )
                };
                Some(number.ok_or_else(wrong)?)
            }
        };
        // A fault has a parameter of that name.
        let takes_sender = fields.get("command").and_then(Value::as_str) != Some("fault");
        let by = match if takes_sender { fields.remove("by") } else { None } {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(Self::validate_sender_name(&name)?),
            Some(_) => return Err(Rejection::bad_argument("by must be a string: the sender's name")),
        };
        let extra_fields = [&["if_version", "by"], extra_fields].concat();
        Ok(Self { command: Command::decode_accepting(fields, &extra_fields)?, if_version, by })
    }

    /// Validates a sender's name: 1 to `MAX_SENDER_NAME` characters, all [printable](is_printable) and at least one
    /// visible. Surrounding white space is removed.
    pub(crate) fn validate_sender_name(name: &str) -> Result<Arc<str>, Rejection> {
        let name = name.trim();
        let why = if let Some(c) = name.chars().find(|c| !is_printable(*c)) {
            format!("but U+{:04X} in it is a control character or invisible", u32::from(c))
        } else if !is_visible(name) {
            "but this one is invisible".to_owned()
        } else if name.chars().nth(MAX_SENDER_NAME).is_some() {
            format!("but this one has {}", name.chars().count())
        } else {
            return Ok(name.into());
        };
        Err(Rejection::bad_argument(format!("by must be a name of 1 to {MAX_SENDER_NAME} printable characters, {why}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error_code::ErrorCode;

    fn decode(json: &str) -> Result<CommandRequest, Rejection> {
        CommandRequest::decode_accepting(&mut serde_json::from_str(json).expect("an object"), &[])
    }

    #[test]
    fn a_precondition_and_a_name_are_decoded_or_rejected() {
        let pause = decode(r#"{"command":"pause","if_version":4,"by":" anna "}"#).expect("a command");
        assert_eq!(pause, CommandRequest { command: Command::Pause, if_version: Some(4), by: Some("anna".into()) });
        assert_eq!(decode(r#"{"command":"pause","by":null}"#), Ok(Command::Pause.into()));
        let largest = decode(r#"{"command":"pause","if_version":9007199254740991}"#).expect("a command");
        assert_eq!(largest.if_version, Some(MAX_SAFE_INTEGER));
        for json in [
            r#"{"command":"pause","if_version":-1}"#,
            r#"{"command":"pause","if_version":"4"}"#,
            r#"{"command":"pause","if_version":9007199254740992}"#,
            r#"{"command":"pause","by":""}"#,
            r#"{"command":"pause","by":7}"#,
            "{\"command\":\"pause\",\"by\":\"a\\u001b[2J\"}",
        ] {
            assert_eq!(decode(json).expect_err(json).code, ErrorCode::BadArgument, "{json}");
        }
        assert!(CommandRequest::validate_sender_name(&"x".repeat(MAX_SENDER_NAME + 1)).is_err());
        assert!(CommandRequest::validate_sender_name(&"é".repeat(MAX_SENDER_NAME)).is_ok());
        for nothing in
            ["", "   ", "\u{a0}\u{3000}", "\u{200b}", "\u{feff}\u{2060}", "\u{3164}", "\u{2800}", "\u{e0041}", "\n"]
        {
            assert!(CommandRequest::validate_sender_name(nothing).is_err(), "{nothing:?} shows nothing");
        }
        for hidden in ["an\u{202e}na", "an\u{2066}na", "anna\u{200d}", "an\u{2028}na", "an\u{85}na", "\u{feff}anna"] {
            let rejection = CommandRequest::validate_sender_name(hidden).expect_err(hidden);
            assert!(rejection.message.contains("U+"), "{}", rejection.message);
        }
        for shown in ["Šárka", "Sa\u{301}rka", "صلاح", "⚽\u{fe0f}", "本田 圭佑"] {
            assert_eq!(CommandRequest::validate_sender_name(shown).as_deref(), Ok(shown));
        }
        assert_eq!(decode(r#"{"command":"pasue","by":"anna"}"#).expect_err("unknown").code, ErrorCode::UnknownCommand);
    }
}
