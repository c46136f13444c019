//! The frames of `touchline.v1` as a reader takes them: what it does not know, it passes over.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// A line has room for so many words that would have been accepted; a longer list helps nobody in it.
const MOST_ACCEPTED: usize = 12;

/// One frame, by its `kind`.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Frame {
    /// The first frame of a connection.
    Hello(Box<Hello>),
    /// A match as it stands.
    Snapshot(Box<Snapshot>),
    /// Something has happened, or is corrected.
    Event(Box<Event>),
    /// A sign of life.
    Tick(Tick),
    /// Playback has changed.
    Playback(Box<Playback>),
    /// Something was wrong.
    Error(Refusal),
    /// A match is over.
    End(End),
    /// Anything else: later versions may say more.
    #[serde(other)]
    Unknown,
}

/// Goals a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub struct Goals {
    /// Of the home side.
    pub home: u16,
    /// Of the away side.
    pub away: u16,
}

/// What the first frame tells.
#[derive(Debug, Clone, Deserialize)]
pub struct Hello {
    /// The replay's name.
    pub replay: String,
    /// The digest of what is played.
    pub run: String,
    /// The unbroken run of playback.
    pub epoch: u64,
    /// How many events have been told in all.
    pub head: u32,
    /// `ok` where what was missed follows, `reset` where it cannot be told.
    pub resumed: Option<String>,
    /// The scenario's headline.
    #[serde(default)]
    pub title: String,
    /// The matches that are followed.
    #[serde(default)]
    pub matches: Vec<Fixture>,
    /// Where playback is.
    pub playback: State,
}

/// A match, as the hello frame names it.
#[derive(Debug, Clone, Deserialize)]
pub struct Fixture {
    /// Its name in all frames.
    pub id: String,
    /// `Serie A`.
    pub competition: Option<String>,
    /// When it begins.
    pub kickoff: Option<String>,
    /// The team named first.
    pub home: Team,
    /// The team named second.
    pub away: Team,
    /// How many events it has.
    #[serde(default)]
    pub events: u32,
}

/// A team.
#[derive(Debug, Clone, Deserialize)]
pub struct Team {
    /// `Juventus`.
    pub name: String,
    /// `JUV`.
    #[serde(default)]
    pub short: String,
}

/// Where playback is and how it moves.
#[derive(Debug, Clone, Deserialize)]
pub struct State {
    /// `waiting`, `playing`, `paused` or `ended`.
    pub state: String,
    /// A number, or `"max"`.
    pub speed: Value,
    /// The speed that was asked for, where a pace rule has changed it.
    pub nominal: Option<Value>,
    /// Whether it begins again at its end.
    #[serde(default, rename = "loop")]
    pub looping: bool,
    /// The pace rules in force, as a pace command takes them.
    pub pace: Option<String>,
    /// The place on the timeline, in milliseconds.
    pub at: i64,
    /// The length of the timeline, in milliseconds, where it is told.
    pub length: Option<i64>,
    /// Rises by one with every change.
    #[serde(default)]
    pub version: u64,
}

/// Playback has changed.
#[derive(Debug, Clone, Deserialize)]
pub struct Playback {
    /// How.
    #[serde(flatten)]
    pub state: State,
    /// The digest of what is played.
    pub run: String,
    /// The unbroken run of playback.
    pub epoch: u64,
    /// What did it.
    #[serde(default)]
    pub cause: String,
    /// Who did it, if that was said.
    pub by: Option<String>,
}

/// A match as it stands.
#[derive(Debug, Clone, Deserialize)]
pub struct Snapshot {
    /// Which.
    #[serde(rename = "match")]
    pub match_id: String,
    /// How many events are in it.
    pub n: u32,
    /// How many of them are the match's.
    #[serde(default)]
    pub seq: u32,
    /// What is known.
    pub state: Standing,
}

/// What a snapshot knows.
#[derive(Debug, Clone, Deserialize)]
pub struct Standing {
    /// Where the match is.
    pub status: String,
    /// The goals.
    pub score: Goals,
    /// The goals as played, where the result is awarded.
    pub played: Option<Goals>,
    /// The events that a ticker wants.
    #[serde(default)]
    pub events: Vec<Event>,
}

/// Something has happened.
#[derive(Debug, Clone, Deserialize)]
pub struct Event {
    /// In which match; in `was` and in snapshots that stands around it.
    #[serde(rename = "match", default)]
    pub match_id: String,
    /// Its place in what is played; 0 in `was` and in snapshots.
    #[serde(default)]
    pub n: u32,
    /// Names the happening for ever.
    pub id: String,
    /// `add`, `update` or `remove`.
    pub op: String,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where the match is after it.
    pub status: String,
    /// What a scoreboard shows for it.
    pub label: Option<String>,
    /// Whose it is.
    pub side: Option<String>,
    /// The goals after it.
    #[serde(default)]
    pub score: Goals,
    /// Likewise of the shoot-out.
    pub shootout: Option<Goals>,
    /// The revision before.
    pub was: Option<Box<Event>>,
    /// All else. Of any shape: event types that nobody here knows may carry what they like.
    #[serde(flatten)]
    pub details: Map<String, Value>,
}

impl Event {
    /// A word or text that it carries.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.details.get(field)?.as_str()
    }

    /// The name of a player that it carries.
    pub fn player(&self, field: &str) -> Option<&str> {
        let player = self.details.get(field)?;
        player.get("name").or_else(|| player.get("id"))?.as_str()
    }

    /// Whether who it carries is the coach of its side.
    pub fn is_coach(&self, field: &str) -> bool {
        self.details.get(field).and_then(|player| player.get("role")).is_some_and(|role| role == "coach")
    }

    /// A yes or no that it carries.
    pub fn flag(&self, field: &str) -> Option<bool> {
        self.details.get(field)?.as_bool()
    }
}

/// A sign of life.
#[derive(Debug, Clone, Deserialize)]
pub struct Tick {
    /// All events followed up to this one have been sent.
    pub n: u32,
    /// Where the matches are.
    #[serde(default)]
    pub matches: BTreeMap<String, Scoreboard>,
}

/// What a scoreboard shows.
#[derive(Debug, Clone, Deserialize)]
pub struct Scoreboard {
    /// Where the match is.
    pub status: String,
    /// What its clock reads.
    pub clock: String,
    /// What a scoreboard shows.
    pub label: Option<String>,
    /// Whether the clock runs.
    #[serde(default)]
    pub running: bool,
    /// The goals.
    pub score: Goals,
}

/// Something was wrong.
#[derive(Debug, Clone, Deserialize)]
pub struct Refusal {
    /// One word.
    #[serde(default)]
    pub code: String,
    /// One line.
    pub message: String,
    /// What would have been accepted.
    #[serde(default)]
    pub accepted: Vec<String>,
}

impl Refusal {
    /// The message, and what would have been accepted where that is short.
    pub fn in_words(&self) -> String {
        match &self.accepted[..] {
            accepted @ [_, ..] if accepted.len() <= MOST_ACCEPTED => {
                format!("{}; accepted: {}", self.message, accepted.join(", "))
            }
            _ => self.message.clone(),
        }
    }
}

/// A match is over.
#[derive(Debug, Clone, Deserialize)]
pub struct End {
    /// Which.
    #[serde(rename = "match")]
    pub match_id: String,
    /// The place of its last event.
    pub n: u32,
    /// Where the match is then: `full_time`, or where its feed breaks off.
    pub status: String,
    /// The result.
    pub score: Goals,
    /// The tie that it belongs to.
    pub tie: Option<Tie>,
}

/// A two-legged tie as it stands, seen from one of its matches.
#[derive(Debug, Clone, Deserialize)]
pub struct Tie {
    /// Which leg the match is, 1 or 2.
    pub leg: u8,
    /// The other leg.
    pub other: OtherLeg,
    /// Whether goals scored away decide where the aggregate is level.
    pub away_goals: bool,
    /// The side that goes through, once that is decided.
    pub winner: Option<String>,
}

/// The leg of a tie that a match is not.
#[derive(Debug, Clone, Deserialize)]
pub struct OtherLeg {
    /// Its goals; home and away are those of the match.
    pub score: Goals,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_passed_over() {
        let read = |text: &str| serde_json::from_str::<Frame>(text).expect(text);
        assert!(matches!(read(r#"{"kind":"weather","sky":[1,2]}"#), Frame::Unknown));
        let event = r#"{"kind":"event","match":"m","n":3,"seq":3,"id":"w1","rev":0,"op":"add","type":"weather",
            "status":"first_half","label":"4","player":17,"text":{"it":"rains"},"score":{"home":0,"away":0}}"#;
        let Frame::Event(event) = read(event) else { panic!("an event") };
        assert_eq!((event.player("player"), event.text("text"), event.n), (None, None, 3));
    }
    #[test]
    fn a_refusal_names_what_it_would_take_if_that_is_short() {
        let said = |accepted: usize| {
            let accepted: Vec<String> = (0..accepted).map(|word| format!("w{word}")).collect();
            Refusal { code: "bad_parameter".to_owned(), message: "no such thing".to_owned(), accepted }.in_words()
        };
        assert_eq!((said(0), said(13)), ("no such thing".to_owned(), "no such thing".to_owned()));
        assert_eq!(said(2), "no such thing; accepted: w0, w1");
        assert!(said(12).ends_with("w11"));
    }
}
