//! A scenario: matches on a timeline, as a file tells them.
//!
//! [`Scenario`] has the shape of the file (lines in the order of telling, corrections as corrections) and is what is
//! read, edited, checked and written. [`Timeline`] is what is played: every revision complete, every cue at its
//! place, the states folded. This floor knows football and files; it knows no wall clock and no network.
//!
//! To add a lint: a function in `check/` and a line in its list. To add a word that other feeds have for one of ours: a
//! word in a table of `hints/`. To recognise one more format: a line in `recognise/formats.rs`. To add a shipped scenario: a file in `scenarios/`
//! and a line in `shipped.rs`.

mod check;
#[cfg(test)]
mod damage;
mod digest;
mod edit;
mod fields;
mod finding;
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

pub use check::{check, check_file, check_text};
pub use edit::{merge, shift, trim};
pub use finding::{Finding, Findings, Severity};
pub use layout::{Layout, Phase, Reach};
pub use media_time::{MediaTime, Span};
pub use read::{FileReading, MAX_LINE_BYTES, MAX_LINES, read};
pub use shipped::{SHIPPED, Shipped, open};
pub(crate) use timeline::HINTS_FROM;
pub use timeline::{Cue, Marker, ScoreboardClock, Stretch, TieState, Timeline, Track};
pub use write::write;
pub(crate) use write::{goals, plain_value, table_row};

use crate::error::{Error, Result};
use crate::football::{
    Details, EventId, EventType, Field, LeagueTable, Match, MatchClock, MatchEvent, Minute, Op, Score, Side, UtcMillis,
};

/// Matches and what a feed tells of them, in the order of telling.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scenario {
    /// A headline.
    pub title: Arc<str>,
    /// What it is good for.
    pub about: Option<Arc<str>>,
    /// Where its facts come from.
    pub sources: Vec<Arc<str>>,
    /// The matches.
    pub matches: Vec<Arc<Match>>,
    /// League tables as they stood before.
    pub tables: Vec<LeagueTable>,
    /// Two-legged ties.
    pub ties: Vec<Tie>,
    /// Matches still to come, for the talk around them.
    pub fixtures: Vec<Fixture>,
    /// What is told, line by line.
    pub entries: Vec<Entry>,
}

/// Two matches that decide together who goes through.
#[derive(Debug, Clone, PartialEq)]
pub struct Tie {
    /// The first leg.
    pub first: FirstLeg,
    /// The second: a place in [`Scenario::matches`].
    pub second: u16,
    /// Whether goals scored away decide where the aggregate is level.
    pub away_goals: bool,
}

/// The first leg of a tie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FirstLeg {
    /// A match of the scenario: a place in [`Scenario::matches`].
    Match(u16),
    /// Its result, where the scenario does not hold the match. Its home team is the away team of the second leg.
    Result(Score),
}

/// A match that is not part of the scenario but spoken of.
#[derive(Debug, Clone, PartialEq)]
pub struct Fixture {
    /// `Serie A`.
    pub competition: Option<Arc<str>>,
    /// `35`.
    pub round: Option<Arc<str>>,
    /// When it begins.
    pub kickoff: Option<UtcMillis>,
    /// Who plays at home.
    pub home: Arc<str>,
    /// Who plays away.
    pub away: Arc<str>,
}

/// A line that stands somewhere on the timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its line in the file, from 1; 0 where it never stood in one.
    pub line: u32,
    /// The match it belongs to: a place in [`Scenario::matches`].
    pub track: u16,
    /// What it says.
    pub item: Item,
}

/// What an [`Entry`] says.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// Something happened, or is corrected.
    Event(Telling),
    /// A name for a place on the timeline.
    Marker(Box<MarkerLine>),
    /// A fault to be played there; kept as it is.
    Fault(Box<FaultLine>),
}

/// A name for a place on the timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkerLine {
    /// When.
    pub clock: MatchClock,
    /// What to call it.
    pub name: Arc<str>,
}

/// A fault to be played at a place on the timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultLine {
    /// When.
    pub clock: MatchClock,
    /// What to do: name and JSON text of each field.
    pub fields: Vec<(Arc<str>, Arc<str>)>,
}

/// What a feed says at one moment: a happening, or a correction that gives only what changes.
#[derive(Debug, Clone, PartialEq)]
pub enum Telling {
    /// For the first time. `status` is not yet known here but taken to be that of the clock: where the timeline finds
    /// no other, it shares the event.
    First(Arc<MatchEvent>),
    /// Again.
    Correction(Box<Correction>),
}

/// A correction of an earlier happening, as a file gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    /// Which happening.
    pub id: EventId,
    /// Update or remove.
    pub op: Op,
    /// When the feed says so.
    pub told: MatchClock,
    /// Changed: when it happened.
    pub clock: Option<MatchClock>,
    /// Changed: what it was.
    pub kind: Option<EventType>,
    /// Changed: the official minute.
    pub official: Option<Minute>,
    /// Changed: whose it was.
    pub side: Option<Side>,
    /// Changed or withdrawn: all else.
    pub details: Details,
}

impl Item {
    /// When it is told, or stands.
    pub fn told(&self) -> MatchClock {
        match self {
            Self::Event(telling) => telling.told(),
            Self::Marker(marker) => marker.clock,
            Self::Fault(fault) => fault.clock,
        }
    }
}

impl Telling {
    /// Which happening it is about.
    pub fn id(&self) -> &EventId {
        match self {
            Self::First(event) => &event.id,
            Self::Correction(correction) => &correction.id,
        }
    }

    /// When the feed says so.
    pub fn told(&self) -> MatchClock {
        match self {
            Self::First(event) => event.telling(),
            Self::Correction(correction) => correction.told,
        }
    }
}

impl Correction {
    /// The complete event that it makes of the revision before.
    ///
    /// What a new type cannot carry goes: a shot that turns out to be a goal has no outcome any more.
    pub fn applied_to(&self, was: &MatchEvent) -> MatchEvent {
        let mut details = was.details.corrected(&self.details);
        if let Some(kind) = self.kind.as_ref().filter(|kind| **kind != was.kind) {
            details.retain(|field| kind.carries(field) || field == Field::Reason);
        }
        MatchEvent {
            id: was.id.clone(),
            rev: was.rev.saturating_add(1),
            op: self.op,
            kind: self.kind.clone().unwrap_or_else(|| was.kind.clone()),
            clock: self.clock.unwrap_or(was.clock),
            told: Some(Box::new(self.told)),
            status: was.status,
            official: self.official.or(was.official),
            side: self.side.or(was.side),
            details,
        }
    }
}

impl Scenario {
    /// Reads a scenario file. The error names the first wrong line and how many more there are.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let doing = || format!("reading {}", path.display());
        let file = File::open(path).map_err(|error| Error::io(doing(), error))?;
        let reading = read(BufReader::new(file)).map_err(|error| Error::io(doing(), error))?;
        reading.into_scenario(&path.display().to_string())
    }

    /// Reads a scenario from text in memory; `name` stands for the file in errors.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        read(text.as_bytes()).map_err(|error| Error::io(format!("reading {name}"), error))?.into_scenario(name)
    }
}
