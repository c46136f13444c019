//! What reading or checking a scenario file found.

use std::fmt;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashSet};

use crate::error::{suggest, suggestion};

/// How much a [`Finding`] matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// In how many more places the same mistake is made: they have no finding of their own.
    pub more: usize,
}

impl Finding {
    /// A finding about a whole line, or about the whole file where `line` is 0.
    pub(super) fn whole(severity: Severity, line: u32, message: String) -> Self {
        Self { severity, line, column: 0, message, excerpt: String::new(), more: 0 }
    }

    /// The message, with how many more places have the same: `the event needs "clock" (and 2,399 more)`.
    pub fn text(&self) -> String {
        match self.more {
            0 => self.message.clone(),
            more => format!("{} (and {} more)", self.message, grouped(more)),
        }
    }
}

/// A number with a comma between thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl fmt::Display for Finding {
    /// `12:40: error: unknown event type "gaol" (did you mean "goal"?)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => {}
            (line, 0) => write!(f, "{line}: ")?,
            (line, column) => write!(f, "{line}:{column}: ")?,
        }
        write!(f, "{}: {}", self.severity, self.text())
    }
}

/// The findings of one file, each mistake once: findings of one severity whose messages are the same (but for a hint)
/// are one finding, at its first place, with the number of the others. Where a mistake has another value in each place
/// (`12.31 is a number`), the caller passes a key (`add_alike`).
///
/// Bounded, because a file of noise is wrong on every line.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    list: Vec<Finding>,
    /// What makes each listed finding the same as another.
    keys: Vec<u64>,
    /// Likewise of those that are only counted, at most [`Self::COUNTED`].
    counted: HashSet<u64>,
    hasher: DefaultHashBuilder,
    unlisted: usize,
    errors: usize,
    /// How often an error was reported, and how often an error or a warning, repeated ones among them.
    reported_errors: usize,
    reported_faults: usize,
}

impl Findings {
    /// How many are listed; the rest are counted.
    pub const LISTED: usize = 100;
    /// How much of a line an excerpt shows, in characters.
    const EXCERPT: usize = 120;
    /// Up to how many findings that are not listed are recognised when they come again.
    const COUNTED: usize = 10_000;

    /// Adds a finding about a place in a text that begins on `line`.
    pub(crate) fn add(&mut self, severity: Severity, line: u32, byte: usize, text: &str, message: String) {
        let key = self.key(severity, &message);
        self.add_keyed(key, severity, line, byte, text, message);
    }

    /// Adds a finding that is the same mistake as all that have the same `mistake`, whatever their messages say.
    pub(crate) fn add_alike(
        &mut self,
        mistake: &str,
        severity: Severity,
        line: u32,
        byte: usize,
        text: &str,
        message: String,
    ) {
        let key = self.hasher.hash_one((mistake, severity));
        self.add_keyed(key, severity, line, byte, text, message);
    }

    fn add_keyed(&mut self, key: u64, severity: Severity, line: u32, byte: usize, text: &str, message: String) {
        // An excerpt takes time in proportion to the line, of which noise has many.
        if self.repeats(key, severity, 0) || self.only_counts(key, severity) {
            return;
        }
        let (line, byte, text) = line_of(line, byte, text);
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
        self.list_new(key, Finding { severity, line, column, message, excerpt, more: 0 });
    }

    /// Adds a finding.
    pub fn push(&mut self, finding: Finding) {
        let key = self.key(finding.severity, &finding.message);
        if !self.repeats(key, finding.severity, finding.more) && !self.only_counts(key, finding.severity) {
            self.list_new(key, finding);
        }
    }

    /// The same message of the same severity is the same mistake. The key leaves hints out: a finding that is only counted
    /// gets none.
    fn key(&self, severity: Severity, message: &str) -> u64 {
        let (before, after) = message.split_once(" (did you mean ").unwrap_or((message, ""));
        let after = after.split_once(')').map_or("", |(_, after)| after);
        self.hasher.hash_one((before, after, severity))
    }

    /// Counts a report, and tells whether it is of a mistake that is known.
    fn repeats(&mut self, key: u64, severity: Severity, more: usize) -> bool {
        self.reported_errors += usize::from(severity == Severity::Error);
        self.reported_faults += usize::from(severity > Severity::Note);
        match self.keys.iter().position(|known| *known == key) {
            Some(at) => {
                self.list[at].more += 1 + more;
                true
            }
            None => self.counted.contains(&key),
        }
    }

    /// Only counts a new mistake where it would not be listed, whatever its message.
    fn only_counts(&mut self, key: u64, severity: Severity) -> bool {
        let full = self.is_full();
        if full {
            self.errors += usize::from(severity == Severity::Error);
            self.count(key);
        }
        full
    }

    fn count(&mut self, key: u64) {
        self.unlisted += 1;
        if self.counted.len() < Self::COUNTED {
            self.counted.insert(key);
        }
    }

    fn list_new(&mut self, key: u64, finding: Finding) {
        self.errors += usize::from(finding.severity == Severity::Error);
        if self.list.len() >= Self::LISTED {
            // A hundred notes must not hide the error that keeps the file from being used.
            let Some(lesser) = self.list.iter().rposition(|listed| listed.severity < finding.severity) else {
                return self.count(key);
            };
            self.list.remove(lesser);
            let lesser = self.keys.remove(lesser);
            self.count(lesser);
        }
        self.list.push(finding);
        self.keys.push(key);
    }

    /// "Did you mean", unless one more error would only be counted: looking for a near word goes through all the
    /// candidates, and a file of noise has a mistyped word on every line.
    pub(crate) fn hint<'a>(&self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
        self.near(word, candidates).map(suggestion).unwrap_or_default()
    }

    /// The candidate that a hint would name.
    pub(super) fn near<'a>(&self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        if self.is_full() { None } else { suggest(word, candidates) }
    }

    /// Whether one more finding would only be counted, whatever it is.
    pub(super) fn is_full(&self) -> bool {
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

    /// Counts an error that is said already.
    pub(super) fn repeat_error(&mut self) {
        self.reported_errors += 1;
        self.reported_faults += 1;
    }

    /// How often an error has been reported, the same mistake each time that it was made.
    pub(super) fn reported_errors(&self) -> usize {
        self.reported_errors
    }

    /// The same for errors and warnings.
    pub(super) fn reported_faults(&self) -> usize {
        self.reported_faults
    }

    /// The first error.
    pub fn first_error(&self) -> Option<&Finding> {
        self.list.iter().find(|finding| finding.severity == Severity::Error)
    }
}

/// The line of a text of several lines in which a byte lies: its number, the byte within it, and the line.
fn line_of(first: u32, byte: usize, text: &str) -> (u32, usize, &str) {
    let Some(before) = text.get(..byte) else { return (first, byte, text) };
    let from = before.rfind('\n').map_or(0, |at| at + 1);
    let skipped = before.bytes().filter(|byte| *byte == b'\n').count();
    let line = text[from..].split('\n').next().unwrap_or_default();
    (first.saturating_add(u32::try_from(skipped).unwrap_or(u32::MAX)), byte - from, line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_notes_do_not_hide_an_error() {
        let mut findings = Findings::default();
        for line in 1..=150 {
            findings.add(Severity::Note, line, 0, "", format!("odd {line}"));
        }
        findings.add(Severity::Error, 151, 0, "", "wrong".into());
        assert_eq!((findings.listed().len(), findings.unlisted(), findings.errors()), (100, 51, 1));
        assert_eq!(findings.first_error().map(|error| error.line), Some(151));
        for line in 152..=400 {
            findings.add(Severity::Error, line, 0, "", format!("wrong {line}"));
        }
        assert_eq!((findings.listed().len(), findings.unlisted(), findings.errors()), (100, 300, 250));
        assert_eq!(findings.first_error().map(|error| error.line), Some(151), "the first is kept");
        assert!(findings.hint("gaol", ["goal"]).is_empty(), "nobody will read it");
    }

    #[test]
    fn the_same_mistake_is_one_finding_at_its_first_place() {
        let mut findings = Findings::default();
        for line in 3..=2_402 {
            findings.add(Severity::Note, line, 0, "{}", "unknown event type \"x\"".into());
            findings.add(Severity::Error, line, 0, "{}", "unknown event type \"x\"".into());
            findings.add_alike("a number", Severity::Error, line, 0, "{}", format!("{line} is a number"));
        }
        let said: Vec<String> = findings.listed().iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "3:1: note: unknown event type \"x\" (and 2,399 more)",
                "3:1: error: unknown event type \"x\" (and 2,399 more)",
                "3:1: error: 3 is a number (and 2,399 more)",
            ]
        );
        assert_eq!((findings.errors(), findings.unlisted(), findings.reported_errors()), (2, 0, 4_800));
    }

    #[test]
    fn what_is_not_listed_is_counted_once_too() {
        let mut findings = Findings::default();
        for at in 0..300 {
            let word = format!("gaol{}", at % 150);
            let hint = findings.hint(&word, ["goal"]);
            findings.add(Severity::Error, at + 1, 0, "", format!("unknown {word:?}{hint}; accepted: goal"));
        }
        assert_eq!((findings.listed().len(), findings.unlisted(), findings.errors()), (100, 50, 150));
        assert!(findings.listed().iter().all(|finding| finding.more == 1), "{findings:?}");
        assert_eq!(["999", "1,000", "1,234,567"], [999, 1_000, 1_234_567].map(grouped).each_ref().map(|n| &**n));
    }

    #[test]
    fn a_place_in_a_text_of_several_lines_is_on_its_own_line() {
        let mut findings = Findings::default();
        let text = "{\n  \"a\": 1,\n  \"b\": 2\n}";
        findings.add(Severity::Error, 7, text.find("\"b").expect("b"), text, "wrong".into());
        let [finding] = findings.listed() else { panic!("one") };
        assert_eq!((finding.line, finding.column, finding.excerpt.as_str()), (9, 3, "  \"b\": 2"));
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
