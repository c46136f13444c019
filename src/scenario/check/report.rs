//! The report of the lints: collects their findings, finds the column of each, and merges them with those of the
//! reader.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::io::{self, BufRead};

use hashbrown::DefaultHashBuilder;

use super::super::fields::Fields;
use super::super::finding::{Finding, Findings, Severity};
use super::super::read::{LineReadResult, LineReader, ReadGaps};
use crate::football::{MatchClock, PlayerId, Side, TeamId};

/// The line that a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineRef {
    /// A line by its number.
    Line(u32),
    /// The line of a match, by its index in the scenario.
    Match(usize),
    /// The line of a table, by its index in the scenario.
    Table(usize),
    /// The line of a tie, by its index in the scenario.
    Tie(usize),
}

/// The line numbers of the matches, tables and ties of a file.
#[derive(Debug, Default)]
pub(super) struct LineNumbers<'a> {
    pub(super) matches: &'a [u32],
    pub(super) tables: &'a [u32],
    pub(super) ties: &'a [u32],
}

/// The value within a line that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ValueRef {
    /// A field of the line; the whole line if the name is empty or the field absent.
    Field(&'static str),
    /// A field of a team in a match line; its name if the field is absent.
    Team(Side, &'static str),
    /// A field of a player on a team sheet; the id if the field is absent.
    Player(Side, PlayerId, &'static str),
    /// A field of a team's row in a table; `team` if the field is absent.
    Row(TeamId, &'static str),
}

impl From<&'static str> for ValueRef {
    fn from(field: &'static str) -> Self {
        Self::Field(field)
    }
}

impl ValueRef {
    /// Adds a finding about this value of a line to `out`.
    fn report(&self, line: &mut Fields<'_>, out: &mut Findings, severity: Severity, message: String) {
        // Errors in nested objects have been reported by the reader.
        let mut ignored = Findings::default();
        let (list, id, field) = match self {
            Self::Field(field) => return line.report_at(out, field, severity, message),
            Self::Team(side, field) => {
                return match line.object(side.as_str(), "a team", &mut ignored) {
                    Some(team) => {
                        team.report_at(out, if team.has(field) { field } else { "name" }, severity, message);
                    }
                    None => line.report_at(out, side.as_str(), severity, message),
                };
            }
            Self::Player(side, player, field) => {
                let team = line.object(side.as_str(), "a team", &mut ignored);
                let players = team.map(|mut team| team.objects("players", "a player", &mut ignored));
                (players.unwrap_or_default(), ("id", player.as_str()), field)
            }
            Self::Row(team, field) => (line.objects("rows", "a row", &mut ignored), ("team", team.as_str()), field),
        };
        let (key, id) = id;
        let mut named = |object: &mut Fields<'_>| object.text(key, &mut ignored).is_some_and(|found| *found == *id);
        // A repeated id is an error of its own.
        match list.into_iter().rev().find_map(|mut object| named(&mut object).then_some(object)) {
            Some(object) => object.report_at(out, if object.has(field) { field } else { key }, severity, message),
            None => line.report(out, severity, message),
        }
    }
}

/// The findings of the lints, each mistake once, at its first place.
///
/// Bounded: a file of nonsense is wrong on every line.
#[derive(Debug, Default)]
pub(super) struct LintReport {
    list: Vec<LintFinding>,
    /// The index in `list` of each mistake, by its key.
    index_by_key: HashMap<u64, usize>,
    hasher: DefaultHashBuilder,
    dropped: usize,
    dropped_errors: usize,
}

/// A finding without column and excerpt.
#[derive(Debug)]
struct LintFinding {
    line: LineRef,
    value: ValueRef,
    severity: Severity,
    message: String,
    /// The number of further places with the same mistake.
    more: usize,
}

/// The most findings that a report holds. The rest are counted.
const MAX_HELD: usize = 10_000;

impl LintReport {
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds a finding about a value of a line.
    pub(super) fn add(&mut self, severity: Severity, line: LineRef, value: impl Into<ValueRef>, message: String) {
        let key = self.hasher.hash_one((severity, &message));
        self.add_keyed(key, LintFinding { line, value: value.into(), severity, message, more: 0 });
    }

    /// Adds a finding that counts as the same mistake as all others with this `mistake`, whatever their messages.
    pub(super) fn add_grouped(
        &mut self,
        severity: Severity,
        mistake: &str,
        line: LineRef,
        value: impl Into<ValueRef>,
        message: String,
    ) {
        let key = self.hasher.hash_one((severity, mistake));
        self.add_keyed(key, LintFinding { line, value: value.into(), severity, message, more: 0 });
    }

    fn add_keyed(&mut self, key: u64, finding: LintFinding) {
        if let Some(first) = self.index_by_key.get(&key).and_then(|at| self.list.get_mut(*at)) {
            let more = first.more + 1;
            // Each lint runs over the whole file, and over each match, so an earlier line may come later.
            let before = match (finding.line, first.line) {
                (LineRef::Line(at), LineRef::Line(first)) => at < first,
                (LineRef::Match(at), LineRef::Match(first))
                | (LineRef::Table(at), LineRef::Table(first))
                | (LineRef::Tie(at), LineRef::Tie(first)) => at < first,
                _ => false,
            };
            if before { *first = LintFinding { more, ..finding } } else { first.more = more }
        } else if self.list.len() < MAX_HELD {
            self.index_by_key.insert(key, self.list.len());
            self.list.push(finding);
        } else {
            self.dropped += 1;
            self.dropped_errors += usize::from(finding.severity == Severity::Error);
        }
    }

    /// Adds an error: something impossible.
    pub(super) fn error(&mut self, line: LineRef, value: impl Into<ValueRef>, message: String) {
        self.add(Severity::Error, line, value, message);
    }

    /// Adds a warning: something improbable.
    pub(super) fn warning(&mut self, line: LineRef, value: impl Into<ValueRef>, message: String) {
        self.add(Severity::Warning, line, value, message);
    }

    /// Adds a note.
    pub(super) fn note(&mut self, line: LineRef, value: impl Into<ValueRef>, message: String) {
        self.add(Severity::Note, line, value, message);
    }

    /// The findings in the order of lines; those about the whole file come last. Findings on a line with an error or
    /// warning of the reader are dropped, since they may follow from it.
    pub(super) fn into_sorted(self, lines: &LineNumbers<'_>, gaps: &ReadGaps) -> SortedReport {
        let finding = |LintFinding { line, value, severity, message, more }| {
            let line = match line {
                LineRef::Line(line) => line,
                LineRef::Match(track) => lines.matches.get(track).copied().unwrap_or(0),
                LineRef::Table(table) => lines.tables.get(table).copied().unwrap_or(0),
                LineRef::Tie(tie) => lines.ties.get(tie).copied().unwrap_or(0),
            };
            (Finding { more, ..Finding::without_column(severity, line, message) }, value)
        };
        let mut list: Vec<(Finding, ValueRef)> = self.list.into_iter().map(finding).collect();
        list.retain(|(finding, _)| !gaps.has_line(finding.line));
        list.sort_by_key(|(finding, _)| line_sort_key(finding.line));
        SortedReport { list, dropped: self.dropped, dropped_errors: self.dropped_errors }
    }
}

/// A sort key for line numbers: line 0, the whole file, comes after all others.
fn line_sort_key(line: u32) -> u32 {
    line.wrapping_sub(1)
}

/// The findings of the lints in the order of lines.
pub(super) struct SortedReport {
    list: Vec<(Finding, ValueRef)>,
    dropped: usize,
    dropped_errors: usize,
}

impl SortedReport {
    /// Reads the file once more and gives each finding its column and excerpt.
    pub(super) fn add_columns_and_excerpts(&mut self, input: impl BufRead) -> io::Result<()> {
        let mut findings = self.list.iter_mut().skip_while(|(finding, _)| finding.line == 0).peekable();
        let mut lines = LineReader::new(input);
        while let Some((finding, _)) = findings.peek()
            && finding.line > 0
            && let Some((number, line)) = lines.next()?
        {
            while let Some((finding, value)) = findings.next_if(|(finding, _)| finding.line == number) {
                let LineReadResult::Text(text) = line else { continue };
                let mut located = Findings::default();
                if let Ok(mut fields) = Fields::of_line(text, number) {
                    let message = std::mem::take(&mut finding.message);
                    value.report(&mut fields, &mut located, finding.severity, message);
                    if let Some(found) = located.listed().first() {
                        *finding = Finding { more: finding.more, ..found.clone() };
                    }
                }
            }
        }
        Ok(())
    }

    /// The findings of the reader and of the lints together.
    pub(super) fn merged_with(self, read: &Findings) -> Findings {
        let mut all: Vec<Finding> = read.listed().to_vec();
        all.extend(self.list.into_iter().map(|(finding, _)| finding));
        all.sort_by_key(|finding| (line_sort_key(finding.line), finding.column));
        let mut findings = Findings::default();
        let listed_errors = read.listed().iter().filter(|finding| finding.severity == Severity::Error).count();
        findings.count_unlisted(
            read.unlisted_count() + self.dropped,
            read.error_count() - listed_errors + self.dropped_errors,
        );
        all.into_iter().for_each(|finding| findings.push(finding));
        findings
    }
}

/// A clock in words: `47:05 of period 1`, `14:00 of half_time`.
pub(super) fn clock_text(clock: MatchClock) -> String {
    match clock.period() {
        Some(period) => format!("{} of period {}", clock.reading, period.number()),
        None => format!("{} of {}", clock.reading, clock.status),
    }
}
