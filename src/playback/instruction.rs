//! A command together with what its sender says beside it.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::command::Command;
use super::rejection::Rejection;
use crate::json::MAX_SAFE_INTEGER;
use crate::printable::{is_printable, is_visible};

/// The longest name that a sender may give itself, in characters.
pub const MAX_NAME: usize = 60;

/// A command, on which condition it is meant, and whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Instruction {
    /// What is to be done.
    pub command: Command,
    /// The version of playback that the sender looked at: where that is not the present one, nothing is done.
    pub if_version: Option<u64>,
    /// Who wants it, as everybody is told.
    pub by: Option<Arc<str>>,
}

impl From<Command> for Instruction {
    fn from(command: Command) -> Self {
        Self { command, if_version: None, by: None }
    }
}

impl Instruction {
    /// Reads a command as [`Command::decode`] does, with `if_version` and `by` beside it.
    pub fn decode(fields: &mut Map<String, Value>) -> Result<Self, Rejection> {
        Self::decode_beside(fields, &[])
    }

    /// The same for a caller who has taken fields out: `beside` names them in refusals.
    pub fn decode_beside(fields: &mut Map<String, Value>, beside: &[&str]) -> Result<Self, Rejection> {
        let if_version = match fields.remove("if_version") {
            None | Some(Value::Null) => None,
            Some(version) => {
                let number = version.as_u64().filter(|version| *version <= MAX_SAFE_INTEGER);
                let wrong = || Rejection::bad_argument("if_version must be the version of a playback: a number");
                Some(number.ok_or_else(wrong)?)
            }
        };
        let by = match fields.remove("by") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(Self::name(&name)?),
            Some(_) => return Err(Rejection::bad_argument("by must be a text: the name of who wants it")),
        };
        let beside = [&["if_version", "by"], beside].concat();
        Ok(Self { command: Command::decode_beside(fields, &beside)?, if_version, by })
    }

    /// A name as it may be shown to all: 1 to [`MAX_NAME`] characters, of which all are [printable](is_printable) and at
    /// least one is [visible](is_visible). Blanks around it are cut off.
    pub fn name(name: &str) -> Result<Arc<str>, Rejection> {
        let name = name.trim();
        let why = if let Some(c) = name.chars().find(|c| !is_printable(*c)) {
            format!("and U+{:04X} in it is a control character or invisible", u32::from(c))
        } else if !is_visible(name) {
            "and this one shows nothing".to_owned()
        } else if name.chars().nth(MAX_NAME).is_some() {
            format!("and this one has {}", name.chars().count())
        } else {
            return Ok(name.into());
        };
        Err(Rejection::bad_argument(format!(
            "by must be a name of 1 to {MAX_NAME} characters that can be shown, {why}"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(json: &str) -> Result<Instruction, Rejection> {
        Instruction::decode(&mut serde_json::from_str(json).expect("an object"))
    }

    #[test]
    fn what_stands_beside_a_command_is_understood_or_refused() {
        let pause = decode(r#"{"command":"pause","if_version":4,"by":" anna "}"#).expect("an instruction");
        assert_eq!(pause, Instruction { command: Command::Pause, if_version: Some(4), by: Some("anna".into()) });
        assert_eq!(decode(r#"{"command":"pause","by":null}"#), Ok(Command::Pause.into()));
        let largest = decode(r#"{"command":"pause","if_version":9007199254740991}"#).expect("an instruction");
        assert_eq!(largest.if_version, Some(MAX_SAFE_INTEGER));
        for json in [
            r#"{"command":"pause","if_version":-1}"#,
            r#"{"command":"pause","if_version":"4"}"#,
            r#"{"command":"pause","if_version":9007199254740992}"#,
            r#"{"command":"pause","by":""}"#,
            r#"{"command":"pause","by":7}"#,
            "{\"command\":\"pause\",\"by\":\"a\\u001b[2J\"}",
        ] {
            assert_eq!(decode(json).expect_err(json).code, "bad_argument", "{json}");
        }
        assert!(Instruction::name(&"x".repeat(MAX_NAME + 1)).is_err());
        assert!(Instruction::name(&"é".repeat(MAX_NAME)).is_ok());
        for nothing in
            ["", "   ", "\u{a0}\u{3000}", "\u{200b}", "\u{feff}\u{2060}", "\u{3164}", "\u{2800}", "\u{e0041}", "\n"]
        {
            assert!(Instruction::name(nothing).is_err(), "{nothing:?} shows nothing");
        }
        for hidden in ["an\u{202e}na", "an\u{2066}na", "anna\u{200d}", "an\u{2028}na", "an\u{85}na", "\u{feff}anna"] {
            let refused = Instruction::name(hidden).expect_err(hidden);
            assert!(refused.message.contains("U+"), "{}", refused.message);
        }
        for shown in ["Šárka", "Sa\u{301}rka", "صلاح", "⚽\u{fe0f}", "本田 圭佑"] {
            assert_eq!(Instruction::name(shown).as_deref(), Ok(shown));
        }
        assert_eq!(decode(r#"{"command":"pasue","by":"anna"}"#).expect_err("unknown").code, "unknown_command");
    }
}
