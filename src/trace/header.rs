//! The first line of a trace: what was played, how, with which command, and how that ended.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::VERSION;
use crate::error::{Error, Result};
use crate::faults::FaultPlan;
use crate::json::{ObjectWriter, error_without_place, write_text};
use crate::message::excerpt;
use crate::playback::{Position, Speed};
use crate::verdict::Expectations;

/// The header of a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceHeader {
    /// The version of the program.
    pub program: String,
    /// The name of the scenario.
    pub scenario: String,
    /// All faults of the replay `main`. Those of the scenario are among them, if they were in force.
    pub faults: FaultPlan,
    /// The seed of what chance decides about faults.
    pub seed: u64,
    /// How `main` was played.
    pub playback: TracePlayback,
    /// What was expected.
    pub expectations: Expectations,
    /// The command and its arguments.
    pub command: Vec<String>,
    /// How the run ended, as a word.
    pub outcome: String,
    /// The first failure of the verdict.
    pub failure: Option<TraceFailure>,
}

/// How a replay was played.
#[derive(Debug, Clone, PartialEq)]
pub struct TracePlayback {
    pub from: Option<Position>,
    pub until: Option<Position>,
    pub speed: Speed,
    pub pace: String,
    pub wait_for: usize,
    pub once: bool,
}

/// A failure of the verdict, and where it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceFailure {
    /// The client.
    pub client: String,
    /// The replay that it followed.
    pub replay: String,
    /// The match; `None`: it is about the connection.
    #[serde(rename = "match")]
    pub match_id: Option<String>,
    /// The media time, in milliseconds.
    pub at: i64,
    /// What was wrong, on one line.
    pub what: String,
}

/// The header as in a file.
#[derive(Deserialize)]
struct HeaderLine<'a> {
    #[serde(default)]
    program: String,
    scenario: String,
    lines: usize,
    faults: String,
    seed: u64,
    playback: PlaybackMembers,
    #[serde(borrow)]
    expect: &'a RawValue,
    command: Vec<String>,
    #[serde(default)]
    outcome: String,
    failure: Option<TraceFailure>,
}

#[derive(Deserialize)]
struct PlaybackMembers {
    from: Option<String>,
    until: Option<String>,
    speed: String,
    pace: String,
    wait_for: usize,
    #[serde(default)]
    once: bool,
}

/// What tells a header from other lines.
#[derive(Deserialize)]
struct Marks {
    kind: String,
    version: Option<serde_json::Number>,
}

/// Whether a line is the header of a trace, of whatever version.
pub fn is_header(line: &str) -> bool {
    serde_json::from_str(line).is_ok_and(|marks: Marks| marks.kind == "trace")
}

impl TraceHeader {
    /// Writes the header of a trace whose scenario has so many lines.
    pub(super) fn write(&self, lines: usize, o: &mut ObjectWriter<'_>) {
        o.text("kind", "trace");
        o.unquoted("version", VERSION);
        o.text("program", &self.program);
        o.text("scenario", &self.scenario);
        o.unquoted("lines", lines);
        o.text("faults", &self.faults.to_string());
        o.unquoted("seed", self.seed);
        o.object("playback", |o| {
            let TracePlayback { from, until, speed, pace, wait_for, once } = &self.playback;
            o.text_or_null("from", from.as_ref().map(Position::to_string).as_deref());
            o.text_or_null("until", until.as_ref().map(Position::to_string).as_deref());
            o.text("speed", &speed.to_string());
            o.text("pace", pace);
            o.unquoted("wait_for", wait_for);
            o.unquoted("once", once);
        });
        o.object("expect", |o| self.expectations.write(o));
        o.array("command", &self.command, |out, word| write_text(out, word));
        o.text("outcome", &self.outcome);
        match &self.failure {
            None => o.null("failure"),
            Some(TraceFailure { client, replay, match_id, at, what }) => o.object("failure", |o| {
                o.text("client", client);
                o.text("replay", replay);
                o.text_or_null("match", match_id.as_deref());
                o.unquoted("at", at);
                o.text("what", what);
            }),
        }
    }

    /// Parses the first line of the file `name`. Returns the number of lines of the scenario, too.
    pub(super) fn parse(name: &str, line: &str) -> Result<(Self, usize)> {
        let place = format!("{name}:1");
        let marks: Marks = serde_json::from_str(line).map_err(|error| malformed(&place, &error))?;
        let version = marks.version.map(|version| version.to_string()).unwrap_or_default();
        if version != VERSION.to_string() {
            let version = excerpt(&version);
            return Err(Error::misuse(format!(
                "{place}: this trace has version {version}, and this program reads version {VERSION}: run the test again"
            )));
        }
        let header: HeaderLine<'_> = serde_json::from_str(line).map_err(|error| malformed(&place, &error))?;
        let HeaderLine { program, scenario, lines, faults, seed, playback, expect, command, outcome, failure } = header;
        let PlaybackMembers { from, until, speed, pace, wait_for, once } = playback;
        let refuse = |field: &str, message: String| Error::invalid(format!("{place}: {field}: {message}"));
        let position = |field: &str, text: Option<String>| {
            let position = text.map(|text| Position::parse(&text)).transpose();
            position.map_err(|rejection| refuse(field, rejection.describe()))
        };
        let playback = TracePlayback {
            from: position("from", from)?,
            until: position("until", until)?,
            speed: Speed::parse(&speed).map_err(|rejection| refuse("speed", rejection.describe()))?,
            pace,
            wait_for,
            once,
        };
        let faults = FaultPlan::parse(&faults).map_err(|rejection| refuse("faults", rejection.describe()))?;
        let expectations = Expectations::parse(&format!("{place}: expect"), expect.get())?;
        Ok((Self { program, scenario, faults, seed, playback, expectations, command, outcome, failure }, lines))
    }
}

fn malformed(place: &str, error: &serde_json::Error) -> Error {
    let why = error_without_place(error);
    Error::invalid(format!("{place}: the header of this trace is incomplete: {why}"))
}
