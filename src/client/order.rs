//! A command as it is sent to the control API, and what is answered.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::frame::{Scoreboard, State};
use crate::playback::{Command, StepTarget};
use crate::scenario::Span;

/// A command, who gives it, and on what condition: the body of `POST /api/replays/{replay}/command`.
#[derive(Debug, Clone)]
pub struct Order {
    /// What is to be done.
    pub command: Command,
    /// Who wants it, as [`CommandRequest::name`](crate::playback::CommandRequest::name) takes it: shown to all in `playback.by`.
    pub by: Option<String>,
    /// Refused unless playback still has this version.
    pub if_version: Option<u64>,
    /// Whom a step waits for.
    pub barrier: Barrier,
}

/// Whom a step waits for, beyond its events being written to every subscriber.
#[derive(Debug, Clone, Default)]
pub struct Barrier {
    /// Before it steps: so many subscribers.
    pub wait_for: Option<u32>,
    /// After it has stepped: that all have acknowledged what they were sent.
    pub acknowledged: bool,
    /// How long, in all; 5 s otherwise.
    pub timeout: Option<Duration>,
}

impl From<Command> for Order {
    /// From nobody in particular, whatever has happened meanwhile.
    fn from(command: Command) -> Self {
        Self { command, by: None, if_version: None, barrier: Barrier::default() }
    }
}

impl Order {
    /// As JSON.
    pub fn to_json(&self) -> String {
        let mut fields = encode(&self.command);
        let Barrier { wait_for, acknowledged, timeout } = &self.barrier;
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

/// What [`Command::decode`] reads.
fn encode(command: &Command) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    set("command", command.name().into());
    match command {
        Command::Play | Command::Pause | Command::Restart => {}
        Command::Speed(speed) => set("to", (*speed).into()),
        Command::Pace(pace) => set("to", pace.to_string().into()),
        Command::Loop(on) => set("to", (*on).into()),
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

/// What became of an [`Order`].
#[derive(Debug, Clone, Deserialize)]
pub struct Reply {
    /// Playback after it.
    pub playback: State,
    /// Of a step: how many events had been told before,
    pub from: Option<u32>,
    /// and how many have been now.
    pub to: Option<u32>,
    /// Of a step: whether it got as far as was asked.
    pub reached: Option<bool>,
    /// Of a step: how many subscribers it was written to.
    pub subscribers: Option<u32>,
    /// Of a seek: whether it went to the nearest place, because the timeline does not have the one that was named.
    #[serde(default)]
    pub beyond: bool,
    /// What the scoreboard of the match shows that the command was about, or of the only one.
    pub now: Option<Now>,
    /// How many matches are in play, where there are several.
    pub in_play: Option<usize>,
}

/// Where a match is, as a reply has it.
#[derive(Debug, Clone, Deserialize)]
pub struct Now {
    /// Which.
    #[serde(rename = "match")]
    pub match_id: String,
    /// What its scoreboard shows.
    #[serde(flatten)]
    pub board: Scoreboard,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(order: &Order) -> Map<String, Value> {
        serde_json::from_str(&order.to_json()).expect("an object")
    }

    #[test]
    fn what_is_sent_is_read_as_what_was_meant() {
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
            let sent = fields(&Order::from(command.clone()));
            assert_eq!(Command::decode(&sent), Ok(command), "{line}: {sent:?}");
        }
    }

    #[test]
    fn conditions_stand_beside_the_command() {
        let order = Order {
            by: Some("anna".into()),
            if_version: Some(4),
            barrier: Barrier { wait_for: Some(2), acknowledged: true, timeout: Some(Duration::from_millis(1500)) },
            ..Order::from(Command::Step(StepTarget::Count(1)))
        };
        let sent = serde_json::json!({"command": "step", "count": 1, "by": "anna", "if_version": 4, "wait_for": 2,
            "acknowledged": true, "timeout": "1500ms"});
        assert_eq!(Value::Object(fields(&order)), sent);
    }
}
