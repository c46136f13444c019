//! Reads back what a frame has told a client: the judge judges by what was really sent, damage included.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::football::{MatchId, Score};
use crate::verdict::{SentIn, SentScore};

/// What a frame has told a client.
#[derive(Debug, PartialEq)]
pub(super) enum Told {
    /// A connection has begun.
    Hello {
        /// Whether the client resumed at the cursor that it gave; `None` if it gave none.
        resumed: Option<bool>,
    },
    /// An epoch has begun.
    Epoch(u64),
    /// The score of a match, in a snapshot.
    Snapshot(MatchId, Score),
    /// An event.
    Event(SentEvent),
    /// The scores of matches, with their clocks.
    Tick(Vec<(MatchId, Score, Option<Arc<str>>)>),
    /// Nothing that is judged, or nothing that a client can read.
    Nothing,
}

/// An event as it was sent.
#[derive(Debug, PartialEq)]
pub(super) struct SentEvent {
    pub(super) match_id: MatchId,
    pub(super) id: String,
    pub(super) rev: u64,
    n: u32,
    is_correction: bool,
    score: Option<Score>,
    clock: Option<Arc<str>>,
}

impl SentEvent {
    /// The score that it tells. `repeated`: the client was sent this revision before.
    pub(super) fn score(&self, repeated: bool) -> Option<SentScore> {
        let sent_in = SentIn::Event { n: self.n, is_correction: self.is_correction, repeated };
        Some(SentScore { score: self.score?, sent_in, clock: self.clock.clone() })
    }
}

/// The members of all frames. Values may have any type: a feed may be wrong on purpose.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FrameMembers {
    kind: String,
    #[serde(rename = "match")]
    match_id: Value,
    id: Value,
    rev: Value,
    n: Value,
    op: Value,
    score: Value,
    clock: Value,
    told: Value,
    resumed: Value,
    epoch: Value,
    state: Value,
    matches: Value,
}

/// Reads the text of a frame.
pub(super) fn read(text: &[u8]) -> Told {
    let Ok(members) = serde_json::from_slice::<FrameMembers>(text) else { return Told::Nothing };
    let match_id = members.match_id.as_str().map(MatchId::from);
    match (members.kind.as_str(), match_id) {
        ("hello", _) => Told::Hello { resumed: members.resumed.as_str().map(|resumed| resumed == "ok") },
        ("playback", _) => members.epoch.as_u64().map_or(Told::Nothing, Told::Epoch),
        ("snapshot", Some(match_id)) => {
            score_of(&members.state["score"]).map_or(Told::Nothing, |score| Told::Snapshot(match_id, score))
        }
        ("event", Some(match_id)) => Told::Event(SentEvent {
            match_id,
            id: members.id.as_str().unwrap_or_default().to_owned(),
            rev: members.rev.as_u64().unwrap_or_default(),
            n: members.n.as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or_default(),
            is_correction: members.op.as_str().is_some_and(|op| op != "add"),
            score: score_of(&members.score),
            // Of an event that is reported late, the clock at which it is.
            clock: members.told.as_str().or(members.clock.as_str()).map(Into::into),
        }),
        ("tick", _) => {
            let matches = members.matches.as_object().into_iter().flatten();
            let scores = matches.filter_map(|(id, tick)| {
                Some((MatchId::from(id.as_str()), score_of(&tick["score"])?, tick["clock"].as_str().map(Into::into)))
            });
            Told::Tick(scores.collect())
        }
        _ => Told::Nothing,
    }
}

fn score_of(value: &Value) -> Option<Score> {
    let goals = |side: &str| value[side].as_u64().and_then(|goals| u16::try_from(goals).ok());
    Some(Score { home: goals("home")?, away: goals("away")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_tell_what_a_client_can_read() {
        let score = Score { home: 0, away: 1 };
        let id = MatchId::from("m");
        for (text, told) in [
            (r#"{"kind":"hello","replay":"main"}"#, Told::Hello { resumed: None }),
            (r#"{"kind":"hello","resumed":"ok"}"#, Told::Hello { resumed: Some(true) }),
            (r#"{"kind":"hello","resumed":"reset"}"#, Told::Hello { resumed: Some(false) }),
            (r#"{"kind":"playback","epoch":3}"#, Told::Epoch(3)),
            (
                r#"{"kind":"snapshot","match":"m","state":{"score":{"home":0,"away":1}}}"#,
                Told::Snapshot(id.clone(), score),
            ),
            (
                r#"{"kind":"tick","matches":{"m":{"clock":"12:00","score":{"home":0,"away":1}},"x":{"score":"0-1"}}}"#,
                Told::Tick(vec![(id.clone(), score, Some("12:00".into()))]),
            ),
            (r#"{"kind":"event","match":7}"#, Told::Nothing),
            (r#"{"kind":"event","match":"m""#, Told::Nothing),
            (r#"{"kind":"end","match":"m","score":{"home":0,"away":1}}"#, Told::Nothing),
        ] {
            assert_eq!(read(text.as_bytes()), told, "{text}");
        }
        let event = r#"{"kind":"event","match":"m","n":7,"id":"g","rev":1,"op":"remove","clock":"70:00","score":{"home":0,"away":1}}"#;
        let Told::Event(event) = read(event.as_bytes()) else { panic!("an event") };
        let sent = event.score(true).expect("a score");
        assert_eq!(sent.sent_in, SentIn::Event { n: 7, is_correction: true, repeated: true });
        assert_eq!((sent.score, sent.clock.as_deref(), event.rev), (score, Some("70:00"), 1));
        let Told::Event(event) = read(br#"{"kind":"event","match":"m","score":"0-1"}"#) else { panic!("an event") };
        assert!(event.score(false).is_none(), "a field of another type tells nothing");
    }
}
