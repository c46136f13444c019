//! The frames of `touchline.v1` as a client parses them. Unknown kinds and fields are ignored.

use std::collections::BTreeMap;

use super::word::Word;
use crate::dialect::native::Resumed;
use crate::error::Error;
use crate::error_code::ErrorCode;
use crate::football::{Op, Score, Side, Status};
use crate::message::with_accepted;
use crate::playback::{ChangeCause, Speed, State};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// A frame, by its `kind`.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClientFrame {
    /// The first frame of a connection.
    Hello(Box<HelloFrame>),
    /// The state of a match.
    Snapshot(Box<SnapshotFrame>),
    /// An event or its correction.
    Event(Box<EventFrame>),
    /// A heartbeat with the clocks of the matches.
    Tick(TickFrame),
    /// Playback has changed.
    Playback(Box<PlaybackFrame>),
    /// A refusal, or an error that ends the connection.
    Error(ErrorFrame),
    /// The end of a match.
    End(EndFrame),
    /// Any other kind, as later versions may add.
    #[serde(other)]
    Unknown,
}

/// The first frame of a connection.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct HelloFrame {
    /// The replay's name.
    pub replay: String,
    /// The digest of the scenario and the frames' revision: a cursor of another run cannot be resumed.
    pub run: String,
    /// The epoch: an unbroken stretch of playback.
    pub epoch: u64,
    /// The number of events played so far.
    pub head: u32,
    /// Whether the missed events follow; `None` without a cursor.
    pub resumed: Option<Word<Resumed>>,
    /// The scenario's headline.
    #[serde(default)]
    pub title: String,
    /// The matches subscribed to.
    #[serde(default)]
    pub matches: Vec<MatchInfo>,
    /// The state of playback.
    pub playback: PlaybackInfo,
}

/// A match, as the hello frame names it.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct MatchInfo {
    /// Its id in all frames.
    pub id: String,
    /// The competition's name, such as `Serie A`.
    pub competition: Option<String>,
    /// Its kick-off.
    pub kickoff: Option<String>,
    /// The home team.
    pub home: TeamInfo,
    /// The away team.
    pub away: TeamInfo,
    /// The number of its events.
    #[serde(default)]
    pub events: u32,
}

/// A team.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct TeamInfo {
    /// The full name, such as `Juventus`.
    pub name: String,
    /// The abbreviation, such as `JUV`.
    #[serde(default)]
    pub short: String,
}

/// The state and speed of playback.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct PlaybackInfo {
    /// Whether playback moves, and if not, why.
    pub state: Word<State>,
    /// The speed in effect.
    pub speed: Speed,
    /// The speed set by command, while a pace rule overrides it.
    pub nominal: Option<Speed>,
    /// Whether playback restarts at the end.
    #[serde(default, rename = "loop")]
    pub looping: bool,
    /// The pace rules in force, as a pace command takes them.
    pub pace: Option<String>,
    /// The media time, in milliseconds.
    pub at: i64,
    /// The length of the timeline, in milliseconds, if stated.
    pub length: Option<i64>,
    /// Rises by one with every change.
    #[serde(default)]
    pub version: u64,
}

/// A change of playback.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct PlaybackFrame {
    /// The state after the change.
    #[serde(flatten)]
    pub state: PlaybackInfo,
    /// The run, as in [`HelloFrame::run`].
    pub run: String,
    /// The epoch after the change.
    pub epoch: u64,
    /// What caused the change.
    #[serde(default)]
    pub cause: Word<ChangeCause>,
    /// The author of the command, if stated.
    pub by: Option<String>,
}

/// The state of a match at one place of the timeline.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct SnapshotFrame {
    /// The match's id.
    #[serde(rename = "match")]
    pub match_id: String,
    /// The number of events of the timeline included.
    pub n: u32,
    /// The number of the match's own events included.
    #[serde(default)]
    pub seq: u32,
    /// The state.
    pub state: SnapshotState,
}

/// The state in a snapshot.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct SnapshotState {
    /// The status of the match.
    pub status: Word<Status>,
    /// The goals.
    pub score: Score,
    /// The goals as played, where the result is awarded.
    pub played: Option<Score>,
    /// The events for a ticker.
    #[serde(default)]
    pub events: Vec<EventFrame>,
}

/// An event or its correction.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct EventFrame {
    /// The match's id; empty in `was` and in snapshots, whose frame states it.
    #[serde(rename = "match", default)]
    pub match_id: String,
    /// Its number in the timeline, from 1; 0 in `was` and in snapshots.
    #[serde(default)]
    pub n: u32,
    /// Identifies the event across corrections.
    pub id: String,
    /// What the frame does to the event.
    pub op: Word<Op>,
    /// The event's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status of the match after the event.
    pub status: Word<Status>,
    /// The minute to show, such as `45+1`.
    #[serde(default, deserialize_with = "none_if_unreadable")]
    pub label: Option<String>,
    /// The event's side.
    #[serde(default, deserialize_with = "none_if_unreadable")]
    pub side: Option<Word<Side>>,
    /// The score after the event. A feed with faults may leave it out.
    #[serde(default, deserialize_with = "none_if_unreadable")]
    pub score: Option<Score>,
    /// The score of the shoot-out after the event.
    #[serde(default, deserialize_with = "none_if_unreadable")]
    pub shootout: Option<Score>,
    /// The previous revision, in a correction.
    #[serde(default, deserialize_with = "none_if_unreadable")]
    pub was: Option<Box<EventFrame>>,
    /// All other fields, of any shape: the type may be unknown to this client.
    #[serde(flatten)]
    pub details: Map<String, Value>,
}

/// Reads a field of another type than the protocol's as absent: a feed with faults may send one, and the event is worth more than
/// the field.
fn none_if_unreadable<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    Value::deserialize(deserializer).map(|value| serde_json::from_value(value).ok())
}

impl EventFrame {
    /// The side, if the event has one that this version knows.
    pub fn side(&self) -> Option<Side> {
        self.side.as_ref()?.known()
    }

    /// A text field.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.details.get(field)?.as_str()
    }

    /// The name of the player in a field, or the id where there is no name.
    pub fn player(&self, field: &str) -> Option<&str> {
        let player = self.details.get(field)?;
        player.get("name").or_else(|| player.get("id"))?.as_str()
    }

    /// Whether the person in a field is the side's coach.
    pub fn is_coach(&self, field: &str) -> bool {
        self.details.get(field).and_then(|player| player.get("role")).is_some_and(|role| role == "coach")
    }

    /// A boolean field.
    pub fn flag(&self, field: &str) -> Option<bool> {
        self.details.get(field)?.as_bool()
    }
}

/// A heartbeat.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct TickFrame {
    /// All subscribed events up to this number have been sent.
    pub n: u32,
    /// The scoreboards by match id.
    #[serde(default)]
    pub matches: BTreeMap<String, Scoreboard>,
}

/// A match as a scoreboard shows it.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Scoreboard {
    /// The status of the match.
    pub status: Word<Status>,
    /// The match clock.
    pub clock: String,
    /// The minute to show.
    pub label: Option<String>,
    /// Whether the clock runs.
    #[serde(default)]
    pub running: bool,
    /// The goals.
    pub score: Score,
}

/// A refusal or an error; also the body of an unsuccessful HTTP response.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct ErrorFrame {
    /// The error code.
    #[serde(default)]
    pub code: Word<ErrorCode>,
    /// The message, one line.
    pub message: String,
    /// The accepted values.
    #[serde(default)]
    pub accepted: Vec<String>,
}

impl ErrorFrame {
    /// The message, followed by the accepted values if they are few.
    pub fn describe(&self) -> String {
        with_accepted(&self.message, &self.accepted)
    }

    /// The error for the caller. The HTTP status is that of the answer; on a stream there is none.
    pub(super) fn to_error(&self, http_status: Option<u16>) -> Error {
        Error::refused(http_status, self.code.known(), self.describe())
    }
}

/// The end of a match.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct EndFrame {
    /// The match's id.
    #[serde(rename = "match")]
    pub match_id: String,
    /// The number of its last event.
    pub n: u32,
    /// The final status: `full_time`, or the last one where the feed stops early.
    pub status: Word<Status>,
    /// The final score.
    pub score: Score,
    /// The tie, if the match is one of two legs.
    pub tie: Option<TieInfo>,
}

/// A two-legged tie, from the view of one of its matches.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct TieInfo {
    /// The match's leg, 1 or 2.
    pub leg: u8,
    /// The other leg.
    pub other: OtherLeg,
    /// Whether away goals decide a level aggregate.
    pub away_goals: bool,
    /// The side that goes through, once decided.
    pub winner: Option<Word<Side>>,
}

/// The other leg of a tie.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct OtherLeg {
    /// Its goals; home and away are the sides of this match.
    pub score: Score,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_kinds_and_fields_are_ignored() {
        let read = |text: &str| serde_json::from_str::<ClientFrame>(text).expect(text);
        assert!(matches!(read(r#"{"kind":"weather","sky":[1,2]}"#), ClientFrame::Unknown));
        let event = r#"{"kind":"event","match":"m","n":3,"seq":3,"id":"w1","rev":0,"op":"add","type":"weather",
            "status":"first_half","label":"4","player":17,"text":{"it":"rains"},"score":{"home":0,"away":0}}"#;
        let ClientFrame::Event(event) = read(event) else { panic!("an event") };
        assert_eq!((event.player("player"), event.text("text"), event.n), (None, None, 3));
    }
    #[test]
    fn a_refusal_lists_the_accepted_values_if_they_are_few() {
        let described = |accepted: usize| {
            let accepted: Vec<String> = (0..accepted).map(|word| format!("w{word}")).collect();
            ErrorFrame { code: Word::Known(ErrorCode::BadParameter), message: "no such thing".to_owned(), accepted }
                .describe()
        };
        assert_eq!((described(0), described(31)), ("no such thing".to_owned(), "no such thing".to_owned()));
        assert_eq!(described(2), "no such thing; accepted: w0, w1");
        assert!(described(30).ends_with("w29"));
    }
}
