//! Playback commands, as values, as JSON objects and as lines typed by a person.

use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::pace::Pace;
use super::position::Position;
use super::rejection::Rejection;
use super::speed::Speed;
use crate::error_code::ErrorCode;
use crate::football::MatchId;
use crate::json::{MAX_SAFE_INTEGER, message_excerpt};
use crate::message::{did_you_mean, excerpt};
use crate::scenario::{MediaTime, Span};

/// A command to a playback.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Command {
    /// Plays; at the end, starts again from the beginning.
    Play,
    /// Pauses.
    Pause,
    /// Changes the speed.
    Speed(Speed),
    /// Changes the pace rules.
    Pace(Pace),
    /// Jumps to a position. A playback that was playing or had ended plays on from there; a paused one stays paused.
    Seek {
        /// The position.
        to: Position,
        /// How much media time before it to arrive.
        lead: Span,
        /// The match whose clock, events and markers are meant; `None`: the first match that has them.
        track: Option<MatchId>,
    },
    /// Pauses, and moves forward by cues instead of time.
    Step(StepTarget),
    /// Jumps to where the playback began, like a seek.
    Restart,
    /// Switches looping on or off.
    Loop(bool),
    /// Changes what goes wrong in the feed. A replay on a server does it; a playback cannot, because its timeline changes.
    Faults {
        /// The plan, as `FaultPlan::parse` reads it.
        plan: Arc<str>,
        /// The seed; `None`: as before.
        seed: Option<u64>,
    },
    /// Adds one fault to those of a replay. A replay on a server does it.
    Fault {
        /// The fault, as in a plan: `cut:subscriber=3,at=next:goal`.
        fault: Arc<str>,
    },
}

/// How far a [`Command::Step`] goes.
#[derive(Debug, Clone, PartialEq)]
pub enum StepTarget {
    /// A number of cues, at least 1.
    Count(u32),
    /// To a position, including all cues at that instant.
    Until {
        /// The position.
        to: Position,
        /// The match that is meant, as in [`Command::Seek`].
        track: Option<MatchId>,
        /// If the position is not ahead: `true` steps to the end, `false` rejects the command.
        or_end: bool,
    },
}

/// The effect of a command, beyond what [`Playhead`](super::Playhead) shows afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Applied {
    /// The media time that a seek or a restart jumped to.
    pub moved_to: Option<MediaTime>,
    /// Whether a seek went to the nearest position, because the timeline does not have the one that was named.
    pub beyond: bool,
    /// The match that the position of a seek or step belongs to, or the match of the last event of a step by count: an
    /// index into [`Timeline::tracks`](crate::scenario::Timeline::tracks).
    pub track: Option<usize>,
    /// What a step released.
    pub stepped: Option<StepOutcome>,
}

/// The cues that a step released: those at indices `from..to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StepOutcome {
    /// How many cues were released before the step.
    pub from: u32,
    /// How many are released after it.
    pub to: u32,
    /// Whether the step got as far as requested. If not, it went to the end: fewer events were ahead, or `or: end`
    /// allowed it.
    pub reached: bool,
}

impl Command {
    /// The name of every command.
    pub const NAMES: &'static [&'static str] =
        &["play", "pause", "speed", "pace", "seek", "step", "restart", "loop", "faults", "fault"];

    /// The command's name on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Play => "play",
            Self::Pause => "pause",
            Self::Speed(_) => "speed",
            Self::Pace(_) => "pace",
            Self::Seek { .. } => "seek",
            Self::Step(_) => "step",
            Self::Restart => "restart",
            Self::Loop(_) => "loop",
            Self::Faults { .. } => "faults",
            Self::Fault { .. } => "fault",
        }
    }

    /// Decodes `{"command":"seek","to":"next:goal","lead":"20s"}`. Unknown fields are rejected: callers remove their
    /// own (`id`, `by`, `if_version`) first.
    pub(crate) fn decode(fields: &Map<String, Value>) -> Result<Self, Rejection> {
        Self::decode_accepting(fields, &[])
    }

    /// The same for a caller that has already removed fields of its own: rejections list `extra_fields` as accepted.
    pub(super) fn decode_accepting(fields: &Map<String, Value>, extra_fields: &[&str]) -> Result<Self, Rejection> {
        let name = match fields.get("command") {
            Some(Value::String(name)) => name.as_str(),
            _ => return Err(Rejection::bad_argument("command must be a string").accepting(Self::NAMES)),
        };
        let fields = CommandFields { fields, extra_fields };
        let command = match name {
            "play" => fields.reject_unknown_fields(&[]).map(|()| Self::Play),
            "pause" => fields.reject_unknown_fields(&[]).map(|()| Self::Pause),
            "restart" => fields.reject_unknown_fields(&[]).map(|()| Self::Restart),
            "speed" => fields.reject_unknown_fields(&["to"]).and_then(|()| fields.speed("to")).map(Self::Speed),
            "pace" => fields.reject_unknown_fields(&["to"]).and_then(|()| fields.pace("to")).map(Self::Pace),
            "loop" => fields.reject_unknown_fields(&["to"]).and_then(|()| fields.flag("to")).map(Self::Loop),
            "faults" => fields.reject_unknown_fields(&["to", "seed"]).and_then(|()| fields.parse_faults()),
            "fault" => fields.parse_fault(),
            "seek" => fields.reject_unknown_fields(&["to", "lead", "match"]).and_then(|()| fields.parse_seek()),
            "step" => fields
                .reject_unknown_fields(&["count", "until", "match", "or"])
                .and_then(|()| fields.parse_step())
                .map(Self::Step),
            _ => Err(Rejection::unknown_command(name, Self::NAMES)),
        };
        // The message for an unknown command already contains its name.
        command.map_err(|rejection| match rejection.code {
            ErrorCode::UnknownCommand => rejection,
            _ => rejection.context(name),
        })
    }

    /// Parses `cut subscriber=3 at=next:goal`, or the fault as in a plan. A word without `=` continues the value before it: the name
    /// of a marker may have blanks.
    fn parse_fault_line(text: &str) -> Result<Self, Rejection> {
        let mut fault = String::new();
        for (place, word) in text.split_whitespace().enumerate() {
            match (place, word.contains('=')) {
                (0, _) => {}
                (1, _) if !fault.contains(':') => fault.push(':'),
                (_, true) => fault.push(','),
                (_, false) => fault.push(' '),
            }
            fault.push_str(word);
        }
        if fault.is_empty() {
            return Err(Rejection::bad_argument("fault: which one? As in: fault cut subscriber=3 at=next:goal"));
        }
        Ok(Self::Fault { fault: fault.into() })
    }

    /// Parses `speed 60`, `pause`, `seek next:goal`, `step`, `step 3`, `step HT`, `loop on`. A seek may end in
    /// `lead=20s`, a step in `or=end`, both in `match=juv-nap`, faults in `seed=7`. Other fields require JSON.
    pub fn parse_line(line: &str) -> Result<Self, Rejection> {
        let (name, rest) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
        let mut fields = Map::new();
        let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        set("command", name.into());
        // A position may be a marker's name with spaces: it extends up to the options.
        let mut rest = rest.trim();
        while let "seek" | "step" = name
            && let (before, last) = rest.rsplit_once(char::is_whitespace).unwrap_or(("", rest))
            && let Some((option @ ("lead" | "match" | "or"), value)) = last.split_once('=')
        {
            set(option, value.into());
            rest = before.trim_end();
        }
        if name == "faults"
            && let Some((before, seed)) = rest.rsplit_once("seed=")
            && (before.is_empty() || before.ends_with(char::is_whitespace))
        {
            set("seed", seed.parse::<u64>().map_or_else(|_| seed.into(), Value::from));
            rest = before.trim_end();
        }
        if name == "fault" {
            return Self::parse_fault_line(rest);
        }
        // Without this check, a field that lines do not support would become part of a name, and the error would be a
        // name that was not found.
        if let "seek" | "step" | "play" | "pause" | "restart" | "speed" | "loop" = name
            && let Some(word) = rest.split_whitespace().find(|word| is_field(word))
        {
            let takes = match name {
                "seek" => "command line accepts only lead= and match=, at its end",
                "step" => "command line accepts only match= and or=, at its end",
                _ => "command line accepts no fields",
            };
            return Err(Rejection::bad_argument(format!("{name}: {word:?}: a {name} {takes}; write it as JSON")));
        }
        match (name, rest) {
            ("loop", "on" | "true") => drop(set("to", true.into())),
            ("loop", "off" | "false") => drop(set("to", false.into())),
            ("loop", word) => {
                let word = excerpt(word);
                let message = format!("loop: {word:?} is not \"on\" or \"off\"");
                return Err(Rejection::bad_argument(message).accepting(["on", "off", "true", "false"]));
            }
            // An empty plan is refused like any other that cannot be read.
            (_, "") if name != "faults" => {}
            ("step", rest) => match rest.parse::<u64>() {
                Ok(cues) => drop(set("count", cues.into())),
                Err(_) => drop(set("until", rest.into())),
            },
            (_, rest) => drop(set("to", rest.into())),
        }
        Self::decode(&fields)
    }
}

impl FromStr for Command {
    type Err = Rejection;

    /// As [`Self::parse_line`].
    fn from_str(line: &str) -> Result<Self, Rejection> {
        Self::parse_line(line)
    }
}

/// Whether a word of a line looks like a field and its value, as in `by=anna`.
fn is_field(word: &str) -> bool {
    let named = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    word.split_once('=').is_some_and(|(name, _)| named(name))
}

fn missing_field_rejection(field: &str) -> Rejection {
    Rejection::bad_argument(format!("{field:?} is missing"))
}

/// The fields of one command.
struct CommandFields<'a> {
    fields: &'a Map<String, Value>,
    /// Fields that the caller has removed: listed as accepted in rejections.
    extra_fields: &'a [&'a str],
}

impl CommandFields<'_> {
    /// Rejects every field but these.
    fn reject_unknown_fields(&self, known: &[&str]) -> Result<(), Rejection> {
        let accepted = || ["command"].iter().chain(known).chain(self.extra_fields).copied();
        match self.fields.keys().find(|field| !accepted().any(|name| name == *field)) {
            Some(field) => {
                let hint = did_you_mean(field, accepted());
                let field = excerpt(field);
                Err(Rejection::bad_argument(format!("unknown field {field:?}{hint}")).accepting(accepted()))
            }
            None => Ok(()),
        }
    }

    fn text(&self, field: &str) -> Result<Option<&str>, Rejection> {
        match self.fields.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => {
                Err(Rejection::bad_argument(format!("{field} must be a string, not {}", message_excerpt(other))))
            }
        }
    }

    fn required(&self, field: &str) -> Result<&str, Rejection> {
        self.text(field)?.ok_or_else(|| missing_field_rejection(field))
    }

    fn speed(&self, field: &str) -> Result<Speed, Rejection> {
        match self.fields.get(field) {
            None | Some(Value::Null) => Err(missing_field_rejection(field)),
            Some(value @ (Value::Number(_) | Value::String(_))) => Speed::from_json(value),
            Some(value) => {
                Speed::from_json(value).map_err(|refused| Rejection::bad_argument(format!("{field} {refused}")))
            }
        }
    }

    fn pace(&self, field: &str) -> Result<Pace, Rejection> {
        Pace::read(self.required(field)?)
    }

    fn parse_faults(&self) -> Result<Command, Rejection> {
        let seed = match self.fields.get("seed") {
            None | Some(Value::Null) => None,
            Some(seed) => Some(seed.as_u64().filter(|seed| *seed <= MAX_SAFE_INTEGER).ok_or_else(|| {
                let seed = message_excerpt(seed);
                Rejection::bad_argument(format!("seed must be a whole number from 0 to {MAX_SAFE_INTEGER}, not {seed}"))
            })?),
        };
        Ok(Command::Faults { plan: self.required("to")?.into(), seed })
    }

    /// The fault that `do` names, with all other fields as its parameters. Whether it takes them is for the replay to say.
    fn parse_fault(&self) -> Result<Command, Rejection> {
        let mut fault = self.required("do")?.to_owned();
        let mut separator = if fault.contains(':') { ',' } else { ':' };
        for (name, value) in self.fields.iter().filter(|(name, _)| !["command", "do"].contains(&name.as_str())) {
            let value = match value {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                other => {
                    let message = format!("{name} must be a text or a number, not {}", message_excerpt(other));
                    return Err(Rejection::bad_argument(message));
                }
            };
            if value.contains([',', ';']) || name.contains([',', ';', '=']) {
                let value = excerpt(&value);
                return Err(Rejection::bad_argument(format!(
                    "{name} is {value:?}: a parameter has no comma or semicolon"
                )));
            }
            fault.push(separator);
            separator = ',';
            fault += &format!("{name}={value}");
        }
        Ok(Command::Fault { fault: fault.into() })
    }

    fn flag(&self, field: &str) -> Result<bool, Rejection> {
        match self.fields.get(field) {
            Some(Value::Bool(flag)) => Ok(*flag),
            _ => Err(Rejection::bad_argument(format!("{field:?} must be true or false")).accepting(["true", "false"])),
        }
    }

    fn position(&self, field: &str) -> Result<Position, Rejection> {
        Position::parse(self.required(field)?)
    }

    fn parse_lead_time(&self, field: &str) -> Result<Span, Rejection> {
        let Some(text) = self.text(field)? else { return Ok(Span::ZERO) };
        Span::parse(text).filter(|lead| *lead >= Span::ZERO).ok_or_else(|| {
            let text = excerpt(text);
            Rejection::bad_argument(format!("lead {text:?} is not a duration: write 20s, 1m30s"))
        })
    }

    fn track(&self, field: &str) -> Result<Option<MatchId>, Rejection> {
        Ok(self.text(field)?.map(MatchId::from))
    }

    /// Whether a step whose position is not ahead goes to the end.
    fn parse_or_end(&self) -> Result<bool, Rejection> {
        match self.text("or")? {
            None => Ok(false),
            Some("end") => Ok(true),
            Some(word) => {
                Err(Rejection::bad_argument(format!("or must be \"end\", not {:?}", excerpt(word))).accepting(["end"]))
            }
        }
    }

    fn parse_seek(&self) -> Result<Command, Rejection> {
        let to = self.position("to")?;
        Ok(Command::Seek { to, lead: self.parse_lead_time("lead")?, track: self.track("match")? })
    }

    fn parse_step(&self) -> Result<StepTarget, Rejection> {
        let given = |field: &str| self.fields.get(field).filter(|value| !value.is_null());
        match (given("count"), given("until")) {
            (None, Some(_)) => {
                let (to, track) = (self.position("until")?, self.track("match")?);
                Ok(StepTarget::Until { to, track, or_end: self.parse_or_end()? })
            }
            (..) if given("or").is_some() => Err(Rejection::bad_argument(
                "\"or\" goes only with \"until\": it says what to do where that position is not ahead",
            )),
            (None, None) => Ok(StepTarget::Count(1)),
            (Some(count), None) => match count.as_u64().map(u32::try_from) {
                Some(Ok(count @ 1..)) => Ok(StepTarget::Count(count)),
                bounded => {
                    let bound = if let Some(Err(_)) = bounded { "at most 4294967295" } else { "at least 1" };
                    let message = format!("count must be a whole number of {bound}, not {}", message_excerpt(count));
                    Err(Rejection::bad_argument(message))
                }
            },
            (Some(_), Some(_)) => Err(Rejection::bad_argument("give count or until, not both")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(json: &str) -> Result<Command, Rejection> {
        Command::decode(&serde_json::from_str(json).expect("an object"))
    }

    fn seek(to: &str, lead: i64, track: Option<&str>) -> Command {
        let to = Position::parse(to).expect("a position");
        Command::Seek { to, lead: Span::from_secs(lead), track: track.map(MatchId::from) }
    }

    fn until(to: &str) -> Command {
        until_or(to, false)
    }

    fn until_or(to: &str, or_end: bool) -> Command {
        Command::Step(StepTarget::Until { to: Position::parse(to).expect("a position"), track: None, or_end })
    }

    #[test]
    fn a_count_of_a_step_has_two_bounds() {
        for (count, bound) in [("0", "at least 1"), ("4294967296", "at most 4294967295")] {
            let error = Command::parse_line(&format!("step {count}")).expect_err(count);
            assert_eq!(error.message, format!("step: count must be a whole number of {bound}, not {count}"));
        }
    }

    #[test]
    fn every_command_is_read_as_json_and_as_a_line() {
        let sixty = Speed::new(60.0).expect("a speed");
        for (json, line, command) in [
            (r#"{"command":"play"}"#, "play", Command::Play),
            (r#"{"command":"pause"}"#, "pause", Command::Pause),
            (r#"{"command":"restart"}"#, " restart ", Command::Restart),
            (r#"{"command":"speed","to":60}"#, "speed 60", Command::Speed(sixty)),
            (r#"{"command":"speed","to":"max"}"#, "speed max", Command::Speed(Speed::MAX)),
            (r#"{"command":"pace","to":"off"}"#, "pace off", Command::Pace(Pace::NONE)),
            (r#"{"command":"loop","to":true}"#, "loop on", Command::Loop(true)),
            (r#"{"command":"step"}"#, "step", Command::Step(StepTarget::Count(1))),
            (r#"{"command":"step","count":3}"#, "step 3", Command::Step(StepTarget::Count(3))),
            (r#"{"command":"step","until":"HT"}"#, "step HT", until("HT")),
            (r#"{"command":"step","until":"HT","or":"end"}"#, "step HT or=end", until_or("HT", true)),
            (
                r#"{"command":"seek","to":"next:goal","lead":"20s"}"#,
                "seek next:goal lead=20s",
                seek("next:goal", 20, None),
            ),
            (
                r#"{"command":"seek","to":"Chiellini injured","match":"juv-nap"}"#,
                "seek Chiellini injured match=juv-nap",
                seek("Chiellini injured", 0, Some("juv-nap")),
            ),
            (
                r#"{"command":"faults","to":"late:p=0.1,by=20s; lossy","seed":7}"#,
                "faults late:p=0.1,by=20s; lossy seed=7",
                Command::Faults { plan: "late:p=0.1,by=20s; lossy".into(), seed: Some(7) },
            ),
            (
                r#"{"command":"faults","to":"lossy"}"#,
                "faults lossy",
                Command::Faults { plan: "lossy".into(), seed: None },
            ),
        ] {
            assert_eq!(decode(json).as_ref(), Ok(&command), "{json}");
            assert_eq!(Command::parse_line(line).as_ref(), Ok(&command), "{line}");
            assert!(Command::NAMES.contains(&command.name()));
        }
    }

    #[test]
    fn rule_8_invalid_commands_are_rejected_with_a_reason() {
        for (json, code, hint) in [
            (r#"{"command":"sek"}"#, "unknown_command", "unknown command \"sek\" (did you mean \"seek\"?)"),
            (r#"{"command":7}"#, "bad_argument", "must be a string"),
            (r#"{}"#, "bad_argument", "must be a string"),
            (r#"{"command":"speed"}"#, "bad_argument", "speed: \"to\" is missing"),
            (r#"{"command":"speed","to":0}"#, "bad_argument", "0.01 to 10000"),
            (r#"{"command":"speed","to":-1}"#, "bad_argument", "0.01 to 10000"),
            (r#"{"command":"speed","to":1e400}"#, "bad_argument", "0.01 to 10000"),
            (r#"{"command":"speed","to":"fast"}"#, "bad_argument", "0.01 to 10000"),
            (r#"{"command":"seek","to":"89:7"}"#, "bad_argument", "89:07"),
            (r#"{"command":"seek","to":"HT","lead":"-5s"}"#, "bad_argument", "is not a duration"),
            (r#"{"command":"seek","to":"HT","led":"5s"}"#, "bad_argument", "did you mean \"lead\""),
            (r#"{"command":"seek","to":12}"#, "bad_argument", "to must be a string"),
            (r#"{"command":"step","count":0}"#, "bad_argument", "at least 1"),
            (r#"{"command":"step","count":1.5}"#, "bad_argument", "at least 1"),
            (r#"{"command":"step","count":1,"until":"HT"}"#, "bad_argument", "not both"),
            (r#"{"command":"step","until":"HT","or":"stay"}"#, "bad_argument", "or must be \"end\""),
            (r#"{"command":"step","until":"HT","or":true}"#, "bad_argument", "or must be a string"),
            (r#"{"command":"step","count":1,"or":"end"}"#, "bad_argument", "goes only with"),
            (r#"{"command":"step","or":"end"}"#, "bad_argument", "goes only with"),
            (r#"{"command":"seek","to":"HT","or":"end"}"#, "bad_argument", "unknown field \"or\""),
            (r#"{"command":"pace","to":"gpa=5s"}"#, "bad_argument", "did you mean \"gap\""),
            (r#"{"command":"loop","to":"yes"}"#, "bad_argument", "true or false"),
            (r#"{"command":"loop","to":1}"#, "bad_argument", "true or false"),
            (r#"{"command":"speed","to":true}"#, "bad_argument", "to must be a number or a string, not true"),
            (r#"{"command":"speed","to":{"x":1}}"#, "bad_argument", "to must be a number or a string, not {"),
            (r#"{"command":"seek","to":["HT"]}"#, "bad_argument", "to must be a string, not ["),
            (r#"{"command":"step","count":"3"}"#, "bad_argument", "at least 1, not \"3\""),
            (r#"{"command":"step","until":true}"#, "bad_argument", "until must be a string, not true"),
            (r#"{"command":"pause","x":null}"#, "bad_argument", "unknown field \"x\""),
            (r#"{"command":"play","to":1}"#, "bad_argument", "unknown field \"to\""),
        ] {
            // serde_json itself rejects numbers that no `f64` can hold.
            let Ok(fields) = serde_json::from_str(json) else { continue };
            let rejection = Command::decode(&fields).expect_err(json);
            assert_eq!(rejection.code.as_str(), code, "{json}: {rejection}");
            assert!(rejection.message.contains(hint), "{json}: {rejection}");
        }
        assert_eq!(Command::parse_line("").expect_err("nothing").code, ErrorCode::UnknownCommand);
    }

    #[test]
    fn a_line_names_the_fields_that_require_json() {
        for (line, hint) in [
            (
                "seek next:goal by=anna",
                "seek: \"by=anna\": a seek command line accepts only lead= and match=, at its end; write it as JSON",
            ),
            ("seek led=20s next:goal", "write it as JSON"),
            ("seek lead=20s next:goal", "at its end"),
            ("step HT if_version=4", "a step command line accepts only match= and or=, at its end; write it as JSON"),
            ("pause by=anna", "accepts no fields; write it as JSON"),
            ("sek 45:00 by=anna", "did you mean \"seek\""),
            ("loop yes", "\"yes\" is not \"on\" or \"off\""),
            ("loop", "is not \"on\" or \"off\""),
            ("faults lossy seed=-1", "seed must be a whole number from 0 to 9007199254740991, not \"-1\""),
        ] {
            let message = Command::parse_line(line).expect_err(line).message;
            assert!(message.contains(hint), "{line}: {message}");
        }
        assert!(Command::parse_line("seek E=mc2, and he scores").is_ok(), "a marker's name");
    }

    proptest! {
        #[test]
        fn any_line_is_parsed_or_rejected(line in "\\PC{0,30}|(seek|step|speed|loop|pace) [a-z0-9:+=. ]{0,20}") {
            let _ = Command::parse_line(&line);
        }
    }
}
