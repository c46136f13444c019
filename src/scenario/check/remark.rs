//! What the lints remark, put in order with what the reader found, each at its column.

use std::collections::HashMap;
use std::io::{self, BufRead};

use super::super::finding::{Finding, Findings, Severity};
use super::super::line::Fields;
use super::super::read::{Flawed, Line, Lines};

/// What a remark is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A line of the file.
    Line(u32),
    /// The line of a match, by its place in the scenario.
    Match(usize),
}

/// What the lints remark, each message once, at the first place that it was said of: bounded, because a file of nonsense
/// is wrong on every line.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    /// Place, field, and in how many more places the same was said.
    list: Vec<(Place, &'static str, usize)>,
    /// Where in the list each stands.
    said: HashMap<(Severity, String), usize>,
    dropped: usize,
    dropped_errors: usize,
}

/// How many remarks are held, to be put in order.
const HELD: usize = 10_000;

impl Remarks {
    /// Remarks on a field of a line; on all of it where the field is empty or not there.
    pub(super) fn add(&mut self, severity: Severity, place: Place, field: &'static str, message: String) {
        let key = (severity, message);
        if let Some((first, _, more)) = self.said.get(&key).and_then(|at| self.list.get_mut(*at)) {
            *more += 1;
            // Each lint goes through the file on its own, and each match.
            if let (Place::Line(line), Place::Line(known)) = (place, first) {
                *known = line.min(*known);
            }
        } else if self.list.len() < HELD {
            self.said.insert(key, self.list.len());
            self.list.push((place, field, 0));
        } else {
            self.dropped += 1;
            self.dropped_errors += usize::from(severity == Severity::Error);
        }
    }

    /// What cannot be.
    pub(super) fn error(&mut self, place: Place, field: &'static str, message: String) {
        self.add(Severity::Error, place, field, message);
    }

    /// What can hardly be.
    pub(super) fn warning(&mut self, place: Place, field: &'static str, message: String) {
        self.add(Severity::Warning, place, field, message);
    }

    /// What is worth knowing.
    pub(super) fn note(&mut self, place: Place, field: &'static str, message: String) {
        self.add(Severity::Note, place, field, message);
    }

    /// The remarks as findings with the field each is about, by line; what is about the whole comes last. `line_of`
    /// knows the lines of matches. Of a line that the reader has found fault with, nothing else is said: it may come of
    /// that.
    pub(super) fn in_order(self, line_of: impl Fn(usize) -> u32, flawed: &Flawed) -> Ordered {
        let mut said: Vec<((Severity, String), usize)> = self.said.into_iter().collect();
        said.sort_unstable_by_key(|(_, at)| *at);
        let finding = |((place, field, more), ((severity, message), _))| {
            let line = match place {
                Place::Line(line) => line,
                Place::Match(track) => line_of(track),
            };
            (Finding { more, ..Finding::whole(severity, line, message) }, field)
        };
        let mut list: Vec<(Finding, &'static str)> = self.list.into_iter().zip(said).map(finding).collect();
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
    list: Vec<(Finding, &'static str)>,
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
            while let Some((finding, field)) = remarks.next_if(|(finding, _)| finding.line == number) {
                let Line::Text(text) = line else { continue };
                let mut placed = Findings::default();
                if let Ok(fields) = Fields::of_line(text, number) {
                    fields.report_at(&mut placed, field, finding.severity, std::mem::take(&mut finding.message));
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
