//! Scenarios and timelines: recorded matches, as a file and as a playable sequence of cues.
//!
//! [`Scenario`] has the shape of the file (lines in file order, corrections as corrections); it is read or built, edited, checked
//! and written. [`Timeline`] is made from it and played: every revision is complete, every cue has its time, the states are
//! folded. `docs/scenario.md` describes the file format.

// This floor knows football and files, but neither wall clocks nor the network.
//
// To add a lint: a function in `check/` and a line in its list. To add a word of another feed: a line in a table of `hints/`. To
// recognise another file format: a line in `recognise/formats.rs`. To add a shipped scenario: a file in `scenarios/` and a line in
// `shipped.rs`.

mod builder;
mod check;
mod digest;
mod edit;
mod fields;
mod finding;
mod generate;
mod hints;
mod interner;
mod layout;
mod media_time;
mod number;
mod parallel;
mod read;
mod recognise;
mod shipped;
#[cfg(test)]
pub(crate) mod testing;
mod timeline;
mod write;

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

pub use builder::ScenarioBuilder;
pub use edit::Alignment;
pub use finding::{Finding, Findings, Severity};
pub(crate) use interner::Interner;
pub(crate) use layout::Layout;
pub use media_time::{MediaTime, Span};
pub use read::FileReading;
use read::read;
#[cfg(test)]
pub(crate) use recognise::provider_names;
pub(crate) use recognise::{is_scenario, recognise_provider};
pub use shipped::{SHIPPED, Shipped};
pub(crate) use timeline::{
    Bend, ClockBend, Delivery, MAX_HINT_CANDIDATES, Patch, ScenarioFault, StoryEvent, WeakTimeline,
};
pub use timeline::{Cue, FaultReport, JournalEntry, KnownPhase, Marker, ScoreboardClock, TieState, Timeline, Track};
pub(crate) use write::{write_goals, write_plain_value, write_table_row, write_told_clock};

#[doc(hidden)]
pub mod internals {
    pub use super::read::{Chunking, MAX_LINE_BYTES, MAX_LINES, line_fields, read_in_chunks};
}

use crate::error::{Error, Result};
use crate::football::{
    Details, EventId, EventType, Field, LeagueTable, Match, MatchClock, MatchEvent, Minute, Op, Score, Side, UtcMillis,
};

/// Matches and the events that a feed reports of them, in file order.
///
/// A scenario that is built or changed in code has to keep its indices of matches, in entries and ties, within [`Self::matches`].
/// [`Self::check`] reports one that is not; what plays, writes or trims the scenario panics.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scenario {
    /// The headline.
    pub title: Arc<str>,
    /// A description of the scenario.
    pub about: Option<Arc<str>>,
    /// The sources of its facts.
    pub sources: Vec<Arc<str>>,
    /// The matches.
    pub matches: Vec<Arc<Match>>,
    /// The league tables before the first event.
    pub tables: Vec<LeagueTable>,
    /// Two-legged ties.
    pub ties: Vec<Tie>,
    /// Upcoming matches, for information only.
    pub fixtures: Vec<UpcomingMatch>,
    /// Events, markers and faults, in file order.
    pub entries: Vec<TimedLine>,
}

/// A two-legged tie.
#[derive(Debug, Clone, PartialEq)]
pub struct Tie {
    /// The first leg.
    pub first: FirstLeg,
    /// The second leg: an index in [`Scenario::matches`].
    pub second: u16,
    /// Whether away goals decide if the aggregate is level.
    pub away_goals: bool,
}

/// The first leg of a tie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FirstLeg {
    /// A match of the scenario: an index in [`Scenario::matches`].
    Match(u16),
    /// Its result, if the scenario does not contain the match. Its home team is the away team of the second leg.
    Result(Score),
}

/// An upcoming match that is not part of the scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct UpcomingMatch {
    /// The competition: `Serie A`.
    pub competition: Option<Arc<str>>,
    /// The round: `35`.
    pub round: Option<Arc<str>>,
    /// The kick-off, if known.
    pub kickoff: Option<UtcMillis>,
    /// The name of the home team.
    pub home: Arc<str>,
    /// The name of the away team.
    pub away: Arc<str>,
}

/// A line with a time on the timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedLine {
    /// Its line number in the file, from 1; 0 if it comes from no file.
    pub line: u32,
    /// Its match: an index in [`Scenario::matches`].
    pub track: u16,
    /// Its content.
    pub item: LineContent,
}

/// The content of a [`TimedLine`].
#[derive(Debug, Clone, PartialEq)]
pub enum LineContent {
    /// An event or a correction.
    Event(EventRecord),
    /// A named time.
    Marker(Box<MarkerLine>),
    /// A feed fault. See [`FaultPlan::of_scenario`](crate::faults::FaultPlan::of_scenario).
    Fault(Box<FaultLine>),
}

/// A named time of a match.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkerLine {
    /// The match clock.
    pub clock: MatchClock,
    /// The name.
    pub name: Arc<str>,
}

/// A fault to be injected at a time of a match.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultLine {
    /// The match clock.
    pub clock: MatchClock,
    /// The fields: name and JSON text.
    pub fields: Vec<(Arc<str>, Arc<str>)>,
}

/// One record of the feed: the original report of an event, or a correction that gives only the changes.
#[derive(Debug, Clone, PartialEq)]
pub enum EventRecord {
    /// The original report. Its `status` is not final: the reader copies it from the clock. If the timeline derives the same
    /// status, it shares this event.
    First(Arc<MatchEvent>),
    /// A correction of an earlier event.
    Correction(Box<Correction>),
}

/// A correction of an earlier event, as in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    /// The id of the event.
    pub id: EventId,
    /// [`Op::Update`] or [`Op::Remove`].
    pub op: Op,
    /// The match clock at which the feed reports the correction.
    pub told: MatchClock,
    /// The new match clock of the event, if changed.
    pub clock: Option<MatchClock>,
    /// The new type, if changed.
    pub kind: Option<EventType>,
    /// The new official minute, if changed.
    pub official: Option<Minute>,
    /// The new side, if changed.
    pub side: Option<Side>,
    /// All other fields that are changed or withdrawn.
    pub details: Details,
}

impl LineContent {
    /// The match clock at which the feed reports it; of a marker or fault, its own clock.
    pub fn reported_at(&self) -> MatchClock {
        match self {
            Self::Event(record) => record.reported_at(),
            Self::Marker(marker) => marker.clock,
            Self::Fault(fault) => fault.clock,
        }
    }
}

impl EventRecord {
    /// The id of the event.
    pub fn id(&self) -> &EventId {
        match self {
            Self::First(event) => &event.id,
            Self::Correction(correction) => &correction.id,
        }
    }

    /// The match clock at which the feed reports it.
    pub fn reported_at(&self) -> MatchClock {
        match self {
            Self::First(event) => event.reported_at(),
            Self::Correction(correction) => correction.told,
        }
    }
}

impl Correction {
    /// The complete revision that results from applying the correction to the previous one.
    ///
    /// Fields that a new type cannot carry are removed: a shot that is corrected to a goal loses its outcome.
    pub fn applied_to(&self, previous: &MatchEvent) -> MatchEvent {
        let mut details = previous.details.corrected(&self.details);
        if let Some(kind) = self.kind.as_ref().filter(|kind| **kind != previous.kind) {
            details.retain(|field| kind.carries(field) || field == Field::Reason);
        }
        MatchEvent {
            id: previous.id.clone(),
            rev: previous.rev.saturating_add(1),
            op: self.op,
            kind: self.kind.clone().unwrap_or_else(|| previous.kind.clone()),
            clock: self.clock.unwrap_or(previous.clock),
            told: Some(Box::new(self.told)),
            status: previous.status,
            official: self.official.or(previous.official),
            side: self.side.or(previous.side),
            details,
        }
    }
}

impl Scenario {
    /// A scenario of one match to be built in code, by the names of the teams.
    pub fn builder(home: &str, away: &str) -> ScenarioBuilder {
        ScenarioBuilder::new(home, away)
    }

    /// Reads a scenario file. The error names the first invalid line and the number of further ones.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let doing = || format!("reading {}", path.display());
        let file = File::open(path).map_err(|error| Error::io(doing(), error))?;
        let reading = read(BufReader::new(file)).map_err(|error| Error::io(doing(), error))?;
        reading.into_scenario(&path.display().to_string())
    }

    /// Parses a scenario that stands in the file `name` below so many other lines.
    #[cfg_attr(not(feature = "net"), allow(dead_code))]
    pub(crate) fn parse_below(lines: u32, name: &str, text: &str) -> Result<Self> {
        let reading = read(text.as_bytes()).map_err(|error| Error::io(format!("reading {name}"), error))?;
        reading.moved_down(lines).into_scenario(name)
    }

    /// Parses a scenario from memory; errors use `name` as the file name.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        read(text.as_bytes()).map_err(|error| Error::io(format!("reading {name}"), error))?.into_scenario(name)
    }
}
