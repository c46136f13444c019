//! What the lints remark, put in order with what the reader found, each at its column.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::io::{self, BufRead};

use hashbrown::DefaultHashBuilder;

use super::super::finding::{Finding, Findings, Severity};
use super::super::line::Fields;
use super::super::read::{Flawed, Line, Lines};
use crate::football::{PlayerId, Side, TeamId};

/// What a remark is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A line of the file.
    Line(u32),
    /// The line of a match, by its place in the scenario.
    Match(usize),
    /// The line of a table, likewise.
    Table(usize),
    /// The line of a tie, likewise.
    Tie(usize),
}

/// The lines of the matches, tables and ties of a file.
#[derive(Debug, Default)]
pub(super) struct PlaceLines<'a> {
    pub(super) matches: &'a [u32],
    pub(super) tables: &'a [u32],
    pub(super) ties: &'a [u32],
}

/// Which value of the line a remark marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Spot {
    /// A field of the line; all of the line where the field is empty or not there.
    Field(&'static str),
    /// A field of a team of a match; its name where the field is not there.
    Team(Side, &'static str),
    /// A field of a player on a team sheet.
    Player(Side, PlayerId, &'static str),
    /// A field of a team's row of a table.
    Row(TeamId, &'static str),
}

impl From<&'static str> for Spot {
    fn from(field: &'static str) -> Self {
        Self::Field(field)
    }
}

impl Spot {
    /// Reports something about this value of a line.
    fn report(&self, line: &mut Fields<'_>, out: &mut Findings, severity: Severity, message: String) {
        // The reader has said what is wrong with the objects within the line.
        let mut said = Findings::default();
        let (list, id, field) = match self {
            Self::Field(field) => return line.report_at(out, field, severity, message),
            Self::Team(side, field) => {
                return match line.object(side.as_str(), "a team", &mut said) {
                    Some(team) => {
                        team.report_at(out, if team.has(field) { field } else { "name" }, severity, message);
                    }
                    None => line.report_at(out, side.as_str(), severity, message),
                };
            }
            Self::Player(side, player, field) => {
                let team = line.object(side.as_str(), "a team", &mut said);
                let players = team.map(|mut team| team.objects("players", "a player", &mut said));
                (players.unwrap_or_default(), ("id", player.as_str()), field)
            }
            Self::Row(team, field) => (line.objects("rows", "a row", &mut said), ("team", team.as_str()), field),
        };
        let (key, id) = id;
        let mut named = |object: &mut Fields<'_>| object.text(key, &mut said).is_some_and(|found| *found == *id);
        // Where an id stands twice, which is an error of its own, the last is as good as the first.
        match list.into_iter().rev().find_map(|mut object| named(&mut object).then_some(object)) {
            Some(object) => object.report_at(out, if object.has(field) { field } else { key }, severity, message),
            None => line.report(out, severity, message),
        }
    }
}

/// What the lints remark, each message once, at the first place that it was said of: bounded, because a file of nonsense
/// is wrong on every line.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    list: Vec<Remark>,
    /// Where in the list each mistake stands.
    said: HashMap<u64, usize>,
    hasher: DefaultHashBuilder,
    dropped: usize,
    dropped_errors: usize,
}

/// What is remarked at the first place.
#[derive(Debug)]
struct Remark {
    place: Place,
    spot: Spot,
    severity: Severity,
    message: String,
    /// In how many more places the mistake is made.
    more: usize,
}

/// How many remarks are held, to be put in order.
const HELD: usize = 10_000;

impl Remarks {
    /// Remarks on a value of a line.
    pub(super) fn add(&mut self, severity: Severity, place: Place, spot: impl Into<Spot>, message: String) {
        let key = self.hasher.hash_one((severity, &message));
        self.add_keyed(key, Remark { place, spot: spot.into(), severity, message, more: 0 });
    }

    /// A remark on the same mistake as all that have the same `mistake`, whatever their messages say.
    pub(super) fn add_alike(
        &mut self,
        severity: Severity,
        mistake: &str,
        place: Place,
        spot: impl Into<Spot>,
        message: String,
    ) {
        let key = self.hasher.hash_one((severity, mistake));
        self.add_keyed(key, Remark { place, spot: spot.into(), severity, message, more: 0 });
    }

    fn add_keyed(&mut self, key: u64, remark: Remark) {
        if let Some(first) = self.said.get(&key).and_then(|at| self.list.get_mut(*at)) {
            let more = first.more + 1;
            // Each lint goes through the file on its own, and each match.
            let before = match (remark.place, first.place) {
                (Place::Line(at), Place::Line(first)) => at < first,
                (Place::Match(at), Place::Match(first))
                | (Place::Table(at), Place::Table(first))
                | (Place::Tie(at), Place::Tie(first)) => at < first,
                _ => false,
            };
            match before {
                true => *first = Remark { more, ..remark },
                false => first.more = more,
            }
        } else if self.list.len() < HELD {
            self.said.insert(key, self.list.len());
            self.list.push(remark);
        } else {
            self.dropped += 1;
            self.dropped_errors += usize::from(remark.severity == Severity::Error);
        }
    }

    /// What cannot be.
    pub(super) fn error(&mut self, place: Place, spot: impl Into<Spot>, message: String) {
        self.add(Severity::Error, place, spot, message);
    }

    /// What can hardly be.
    pub(super) fn warning(&mut self, place: Place, spot: impl Into<Spot>, message: String) {
        self.add(Severity::Warning, place, spot, message);
    }

    /// What is worth knowing.
    pub(super) fn note(&mut self, place: Place, spot: impl Into<Spot>, message: String) {
        self.add(Severity::Note, place, spot, message);
    }

    /// The remarks as findings with the value each marks, by line; what is about the whole comes last. Remarks on a line
    /// with an error or warning of the reader are dropped: they may follow from it.
    pub(super) fn in_order(self, lines: &PlaceLines<'_>, flawed: &Flawed) -> Ordered {
        let finding = |Remark { place, spot, severity, message, more }| {
            let line = match place {
                Place::Line(line) => line,
                Place::Match(track) => lines.matches.get(track).copied().unwrap_or(0),
                Place::Table(table) => lines.tables.get(table).copied().unwrap_or(0),
                Place::Tie(tie) => lines.ties.get(tie).copied().unwrap_or(0),
            };
            (Finding { more, ..Finding::whole(severity, line, message) }, spot)
        };
        let mut list: Vec<(Finding, Spot)> = self.list.into_iter().map(finding).collect();
        list.retain(|(finding, _)| !flawed.has_line(finding.line));
        list.sort_by_key(|(finding, _)| last_if_none(finding.line));
        Ordered { list, dropped: self.dropped, dropped_errors: self.dropped_errors }
    }
}

/// Line 0 stands for the whole file and comes after all lines.
fn last_if_none(line: u32) -> u32 {
    line.wrapping_sub(1)
}

/// Remarks in the order of their lines.
pub(super) struct Ordered {
    list: Vec<(Finding, Spot)>,
    dropped: usize,
    dropped_errors: usize,
}

impl Ordered {
    /// Reads the file once more to give each remark its column and its excerpt.
    pub(super) fn place(&mut self, input: impl BufRead) -> io::Result<()> {
        let mut remarks = self.list.iter_mut().skip_while(|(finding, _)| finding.line == 0).peekable();
        let mut lines = Lines::of(input);
        while let Some((finding, _)) = remarks.peek()
            && finding.line > 0
            && let Some((number, line)) = lines.next()?
        {
            while let Some((finding, spot)) = remarks.next_if(|(finding, _)| finding.line == number) {
                let Line::Text(text) = line else { continue };
                let mut placed = Findings::default();
                if let Ok(mut fields) = Fields::of_line(text, number) {
                    let message = std::mem::take(&mut finding.message);
                    spot.report(&mut fields, &mut placed, finding.severity, message);
                    if let Some(found) = placed.listed().first() {
                        *finding = Finding { more: finding.more, ..found.clone() };
                    }
                }
            }
        }
        Ok(())
    }

    /// All that was found, by the reader and by the lints.
    pub(super) fn with(self, read: &Findings) -> Findings {
        let mut all: Vec<Finding> = read.listed().to_vec();
        all.extend(self.list.into_iter().map(|(finding, _)| finding));
        all.sort_by_key(|finding| (last_if_none(finding.line), finding.column));
        let mut findings = Findings::default();
        let listed_errors = read.listed().iter().filter(|finding| finding.severity == Severity::Error).count();
        findings.count_unlisted(read.unlisted() + self.dropped, read.errors() - listed_errors + self.dropped_errors);
        all.into_iter().for_each(|finding| findings.push(finding));
        findings
    }
}
