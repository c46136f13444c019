//! A line of a trace after the scenario: what a client was sent, said or met with.

use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;

use crate::football::{MatchId, Score};
use crate::json::ObjectWriter;
use crate::scenario::MediaTime;
use crate::verdict::{DisconnectedBy, Shown};

/// Something that was recorded of a replay.
#[derive(Debug, Clone)]
pub struct TraceEntry<'a> {
    /// The wall time since the run began; `None`: not known.
    pub wall: Option<Duration>,
    /// The media time.
    pub at: MediaTime,
    /// The replay.
    pub replay: &'a str,
    /// The client; `None`: it is about none.
    pub client: Option<Arc<str>>,
    /// The number of the client's connection; 0 for none.
    pub subscriber: u32,
    /// What was recorded.
    pub event: TraceEvent<'a>,
}

/// What a [`TraceEntry`] is about.
#[derive(Debug, Clone)]
pub enum TraceEvent<'a> {
    /// The client has connected. Whether it resumed at the cursor that it gave.
    Connected { resumed: Option<bool> },
    /// The connection has ended.
    Disconnected(DisconnectedBy),
    /// The text of a frame that was sent.
    Sent(&'a [u8]),
    /// The client has said what it shows. `truth`: the true score then.
    Shows { shown: &'a Shown, truth: Option<Score> },
    /// The true score of a match has changed.
    Truth { match_id: &'a MatchId, score: Score },
    /// A link fault has hit the connection.
    Fault(&'a str),
    /// An entry of the journal of faults: what was done; the event, with its `n` and match, if it is about one.
    Journal { what: String, event: Option<(usize, MatchId, String)> },
}

impl TraceEvent<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Connected { .. } => "connected",
            Self::Disconnected(_) => "disconnected",
            Self::Sent(_) => "sent",
            Self::Shows { .. } => "shows",
            Self::Truth { .. } => "truth",
            Self::Fault(_) => "fault",
            Self::Journal { .. } => "journal",
        }
    }
}

impl TraceEntry<'_> {
    pub(super) fn write(&self, o: &mut ObjectWriter<'_>) {
        o.text("kind", self.event.kind());
        o.unquoted_if("wall", self.wall.map(|wall| wall.as_millis()));
        o.unquoted("at", self.at.as_millis());
        o.text("replay", self.replay);
        o.text_if("client", self.client.as_deref());
        o.unquoted_if("subscriber", Some(self.subscriber).filter(|subscriber| *subscriber > 0));
        match &self.event {
            TraceEvent::Connected { resumed } => o.unquoted_or_null("resumed", *resumed),
            TraceEvent::Disconnected(by) => o.text("by", disconnected_by(*by)),
            TraceEvent::Sent(text) => write_frame(text, o),
            TraceEvent::Shows { shown, truth } => {
                o.text("match", shown.match_id.as_str());
                o.text("score", &shown.score.to_string());
                o.text_or_null("clock", shown.clock.as_deref());
                o.unquoted_or_null("n", shown.n);
                o.text_or_null("truth", truth.map(|truth| truth.to_string()).as_deref());
            }
            TraceEvent::Truth { match_id, score } => {
                o.text("match", match_id.as_str());
                o.text("score", &score.to_string());
            }
            TraceEvent::Fault(what) => o.text("what", what),
            TraceEvent::Journal { what, event } => {
                if let Some((n, match_id, id)) = event {
                    o.unquoted("n", n);
                    o.text("match", match_id.as_str());
                    o.text("id", id);
                }
                o.text("what", what);
            }
        }
    }
}

/// Writes a frame as `frame`, or as `text` if a fault has damaged it so that it is no JSON.
fn write_frame(frame: &[u8], o: &mut ObjectWriter<'_>) {
    let text = String::from_utf8_lossy(frame);
    match serde_json::from_str::<&RawValue>(&text) {
        Ok(json) if !json.get().contains('\n') => o.verbatim("frame", json.get()),
        _ => o.text("text", &text),
    }
}

fn disconnected_by(by: DisconnectedBy) -> &'static str {
    match by {
        DisconnectedBy::Fault => "fault",
        DisconnectedBy::Client => "client",
        DisconnectedBy::Server => "server",
    }
}
