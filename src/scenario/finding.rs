//! What reading or checking a scenario file found.

use std::fmt;

use crate::error::did_you_mean;

/// How much a [`Finding`] matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Note,
    /// Probably not what was meant.
    Warning,
    /// Wrong.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One thing found, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The line of the file, from 1; 0 where it is about the whole.
    pub line: u32,
    /// The column in characters, from 1; 0 where it is about the whole line.
    pub column: u32,
    /// What is wrong and what would be accepted, in one line.
    pub message: String,
    /// The line itself, cut to a readable length around the column.
    pub excerpt: String,
}

impl fmt::Display for Finding {
    /// `12:40: error: unknown event type "gaol" (did you mean "goal"?)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => {}
            (line, 0) => write!(f, "{line}: ")?,
            (line, column) => write!(f, "{line}:{column}: ")?,
        }
        write!(f, "{}: {}", self.severity, self.message)
    }
}

/// The findings of one file: bounded, because a file of noise is wrong on every line.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    list: Vec<Finding>,
    unlisted: usize,
    errors: usize,
}

impl Findings {
    /// How many are listed; the rest are counted.
    pub const LISTED: usize = 100;
    /// How much of a line an excerpt shows, in characters.
    const EXCERPT: usize = 120;

    /// Adds a finding about a place in a line of text.
    pub(crate) fn add(&mut self, severity: Severity, line: u32, byte: usize, text: &str, message: String) {
        if self.is_full() {
            // An excerpt takes time in proportion to the line, of which noise has many.
            self.unlisted += 1;
            self.errors += usize::from(severity == Severity::Error);
            return;
        }
        let column = text.get(..byte).map_or(0, |before| before.chars().count());
        let start = column.saturating_sub(Self::EXCERPT / 2);
        let mut excerpt: String = text.chars().skip(start).take(Self::EXCERPT).collect();
        if start > 0 {
            excerpt.insert(0, '…');
        }
        if text.chars().nth(start + Self::EXCERPT).is_some() {
            excerpt.push('…');
        }
        let excerpt = excerpt.replace(|c: char| c.is_control(), "\u{fffd}");
        let column = u32::try_from(column + 1).unwrap_or(u32::MAX);
        self.push(Finding { severity, line, column, message, excerpt });
    }

    /// Adds a finding.
    pub fn push(&mut self, finding: Finding) {
        self.errors += usize::from(finding.severity == Severity::Error);
        if self.list.len() >= Self::LISTED {
            self.unlisted += 1;
            // A hundred notes must not hide the error that keeps the file from being used.
            let Some(lesser) = self.list.iter().rposition(|listed| listed.severity < finding.severity) else { return };
            self.list.remove(lesser);
        }
        self.list.push(finding);
    }

    /// "Did you mean", unless one more error would only be counted: looking for a near word goes through all the
    /// candidates, and a file of noise has a mistyped word on every line.
    pub(crate) fn hint<'a>(&self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
        match self.is_full() {
            true => String::new(),
            false => did_you_mean(word, candidates),
        }
    }

    /// Whether one more finding would only be counted, whatever it is.
    fn is_full(&self) -> bool {
        self.list.len() >= Self::LISTED && self.list.iter().all(|listed| listed.severity == Severity::Error)
    }

    /// The first of them, as found.
    pub fn listed(&self) -> &[Finding] {
        &self.list
    }

    /// Counts findings that were not worth keeping.
    pub(crate) fn count_unlisted(&mut self, findings: usize, errors: usize) {
        self.unlisted += findings;
        self.errors += errors;
    }

    /// Whether nothing was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty() && self.unlisted == 0
    }

    /// How many more there are.
    pub fn unlisted(&self) -> usize {
        self.unlisted
    }

    /// How many of all are errors.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// The first error.
    pub fn first_error(&self) -> Option<&Finding> {
        self.list.iter().find(|finding| finding.severity == Severity::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_notes_do_not_hide_an_error() {
        let mut findings = Findings::default();
        for line in 1..=150 {
            findings.add(Severity::Note, line, 0, "", "odd".into());
        }
        findings.add(Severity::Error, 151, 0, "", "wrong".into());
        assert_eq!((findings.listed().len(), findings.unlisted(), findings.errors()), (100, 51, 1));
        assert_eq!(findings.first_error().map(|error| error.line), Some(151));
        for line in 152..=400 {
            findings.add(Severity::Error, line, 0, "", "wrong".into());
        }
        assert_eq!((findings.listed().len(), findings.unlisted(), findings.errors()), (100, 300, 250));
        assert_eq!(findings.first_error().map(|error| error.line), Some(151), "the first is kept");
        assert!(findings.hint("gaol", ["goal"]).is_empty(), "nobody will read it");
    }

    #[test]
    fn an_excerpt_shows_the_line_around_the_column() {
        let mut findings = Findings::default();
        let line = format!("{}\u{7}here{}", "ž".repeat(200), "x".repeat(200));
        findings.add(Severity::Error, 3, line.find("here").expect("here"), &line, "wrong".into());
        let [finding] = findings.listed() else { panic!("one") };
        assert_eq!((finding.column, finding.excerpt.chars().count()), (202, 122));
        assert!(
            finding.excerpt.starts_with("…ž")
                && finding.excerpt.contains("\u{fffd}here")
                && finding.excerpt.ends_with("x…")
        );
        assert_eq!(finding.to_string(), "3:202: error: wrong");
    }
}
