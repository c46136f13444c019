//! A playback command as the control API takes it, and the API's reply.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::frame::{PlaybackInfo, Scoreboard};
use crate::playback::{Command, StepTarget};
use crate::scenario::Span;

/// A command with its author and its conditions: the body of `POST /api/replays/{replay}/command`.
#[derive(Debug, Clone)]
pub struct ApiCommand {
    /// The command itself.
    pub command: Command,
    /// The author: a name of printable characters. Every subscriber sees it in `playback.by`.
    pub by: Option<String>,
    /// The server refuses the command unless playback has this version.
    pub if_version: Option<u64>,
    /// What a step waits for.
    pub barrier: BarrierOptions,
}

/// What a step waits for, beyond its events being written to every subscriber.
#[derive(Debug, Clone, Default)]
pub struct BarrierOptions {
    /// Before the step: wait for this many subscribers.
    pub wait_for: Option<u32>,
    /// After the step: wait until every subscriber has acknowledged what it was sent.
    pub acknowledged: bool,
    /// The limit for both together; the server's default is 5 s.
    pub timeout: Option<Duration>,
}

impl From<Command> for ApiCommand {
    /// Without an author and without conditions.
    fn from(command: Command) -> Self {
        Self { command, by: None, if_version: None, barrier: BarrierOptions::default() }
    }
}

impl ApiCommand {
    /// The JSON body.
    pub(crate) fn to_json(&self) -> String {
        let mut fields = encode(&self.command);
        let BarrierOptions { wait_for, acknowledged, timeout } = &self.barrier;
        let own = [
            ("by", self.by.as_deref().map(Value::from)),
            ("if_version", self.if_version.map(Value::from)),
            ("wait_for", wait_for.map(Value::from)),
            ("acknowledged", acknowledged.then_some(Value::Bool(true))),
            ("timeout", timeout.map(|timeout| format!("{}ms", timeout.as_millis()).into())),
        ];
        fields.extend(own.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        Value::Object(fields).to_string()
    }
}

/// The fields that [`Command::decode`] reads.
fn encode(command: &Command) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    set("command", command.name().into());
    match command {
        Command::Play | Command::Pause | Command::Restart => {}
        Command::Speed(speed) => set("to", (*speed).into()),
        Command::Pace(pace) => set("to", pace.to_string().into()),
        Command::Loop(on) => set("to", (*on).into()),
        Command::Faults { plan, seed } => {
            set("to", (**plan).into());
            seed.iter().for_each(|seed| set("seed", (*seed).into()));
        }
        Command::Fault { fault } => set("do", (**fault).into()),
        Command::Seek { to, lead, track } => {
            set("to", to.to_string().into());
            if *lead != Span::ZERO {
                set("lead", format!("{}ms", lead.as_nanos() as f64 / 1e6).into());
            }
            track.iter().for_each(|track| set("match", track.as_str().into()));
        }
        Command::Step(StepTarget::Count(count)) => set("count", (*count).into()),
        Command::Step(StepTarget::Until { to, track, or_end }) => {
            set("until", to.to_string().into());
            track.iter().for_each(|track| set("match", track.as_str().into()));
            if *or_end {
                set("or", "end".into());
            }
        }
    }
    fields
}

/// The server's reply to an [`ApiCommand`].
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct CommandReply {
    /// Playback after the command.
    pub playback: PlaybackInfo,
    /// Of a step: the head before it, in events.
    pub from: Option<u32>,
    /// Of a step: the head after it, in events.
    pub to: Option<u32>,
    /// Of a step: whether it reached its target.
    pub reached: Option<bool>,
    /// Of a step: the number of subscribers that its events were written to.
    pub subscribers: Option<u32>,
    /// Of a seek: whether it went to the nearest place, because the timeline does not have the one named.
    #[serde(default)]
    pub beyond: bool,
    /// The match that the command was about, or the only one.
    pub now: Option<CurrentMatch>,
    /// The number of matches in play, where the replay has several.
    pub in_play: Option<usize>,
}

/// A match with its scoreboard, as a reply has it.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct CurrentMatch {
    /// The match's id.
    #[serde(rename = "match")]
    pub match_id: String,
    /// Its scoreboard.
    #[serde(flatten)]
    pub board: Scoreboard,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(request: &ApiCommand) -> Map<String, Value> {
        serde_json::from_str(&request.to_json()).expect("an object")
    }

    #[test]
    fn an_encoded_command_decodes_to_itself() {
        for line in [
            "play",
            "pause",
            "restart",
            "speed 60",
            "speed 0.5",
            "speed max",
            "pace highlights",
            "pace off",
            "loop on",
            "loop off",
            "seek 89:07",
            "seek 45+1:12",
            "seek -30s",
            "seek 12.5%",
            "seek next:goal lead=20s",
            "seek next:goal lead=1.5ms match=juv-nap",
            "seek Chiellini injured",
            "step",
            "step 12",
            "step HT match=juv-nap",
            "step HT or=end",
            "step wyckhart-67@2 match=van-lar or=end",
        ] {
            let command = Command::parse_line(line).expect(line);
            let sent = fields(&ApiCommand::from(command.clone()));
            assert_eq!(Command::decode(&sent), Ok(command), "{line}: {sent:?}");
        }
    }

    #[test]
    fn conditions_stand_beside_the_command() {
        let request = ApiCommand {
            by: Some("anna".into()),
            if_version: Some(4),
            barrier: BarrierOptions {
                wait_for: Some(2),
                acknowledged: true,
                timeout: Some(Duration::from_millis(1500)),
            },
            ..ApiCommand::from(Command::Step(StepTarget::Count(1)))
        };
        let sent = serde_json::json!({"command": "step", "count": 1, "by": "anna", "if_version": 4, "wait_for": 2,
            "acknowledged": true, "timeout": "1500ms"});
        assert_eq!(Value::Object(fields(&request)), sent);
    }
}
