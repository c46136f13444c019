//! Findings: what reading and checking a scenario file report, with severity, line and column.

use std::fmt;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashSet};

use crate::message::{group_digits, suggest, suggestion_text};
use crate::words::words;

words! {
    /// How much a [`Finding`] matters.
    Severity {
        /// Worth knowing: nothing is wrong.
        Note = "note",
        /// Probably a mistake.
        Warning = "warning",
        /// Wrong: impossible, or not readable.
        Error = "error",
    }
}

/// One mistake or remark, at its first place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Error, warning or note.
    pub severity: Severity,
    /// The line of the file, from 1; 0 for the whole file.
    pub line: u32,
    /// The column in characters, from 1; 0 for the whole line.
    pub column: u32,
    /// What is wrong and what to write, in one line.
    pub message: String,
    /// The line, cut to at most 120 characters around the column.
    pub excerpt: String,
    /// The number of further places with the same mistake. They have no finding of their own.
    pub more: usize,
}

impl Finding {
    /// A finding about a whole line, or about the whole file where `line` is 0.
    pub(crate) fn without_column(severity: Severity, line: u32, message: String) -> Self {
        Self { severity, line, column: 0, message, excerpt: String::new(), more: 0 }
    }

    /// The message and the number of further places: `the event needs "clock" (and 2,399 more)`.
    pub fn text(&self) -> String {
        match self.more {
            0 => self.message.clone(),
            more => format!("{} (and {} more)", self.message, group_digits(more as u64)),
        }
    }
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

/// The findings of one file, each mistake once.
///
/// Findings of one severity with the same message (hints aside) are one finding, at its first place, which counts the
/// others. Where the message contains a value that differs from place to place (`12.31 is a number`), the caller passes
/// a key (`add_grouped`).
///
/// Bounded: a file of noise is wrong on every line.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    list: Vec<Finding>,
    /// The key of each listed finding: equal keys are the same mistake.
    keys: Vec<u64>,
    /// The keys of findings that are counted but not listed, at most [`Self::MAX_COUNTED_KEYS`].
    counted: HashSet<u64>,
    hasher: DefaultHashBuilder,
    unlisted: usize,
    errors: usize,
    /// The number of reported errors, and of reported errors and warnings, each including repeated ones.
    reported_errors: usize,
    reported_faults: usize,
    /// How many comparisons of characters the search for hints has taken so far.
    hint_work: usize,
}

impl Findings {
    /// Adds to the line numbers: the text is a part of a file, below other lines.
    pub(super) fn move_down(&mut self, lines: u32) {
        self.list.iter_mut().filter(|finding| finding.line > 0).for_each(|finding| finding.line += lines);
    }

    /// The most findings that are listed. The rest are counted.
    pub(crate) const MAX_LISTED: usize = 100;
    /// The length of an excerpt, in characters.
    const EXCERPT: usize = 120;
    /// No more hints after so much work, about a second: a file may have the same mistyped name on every line, and as many
    /// candidates as lines.
    const MAX_HINT_WORK: usize = 50_000_000;
    /// What a comparison costs, however short the words.
    const HINT_WORK: usize = 64;
    /// The most unlisted findings that are recognised when they are reported again.
    const MAX_COUNTED_KEYS: usize = 10_000;

    /// Findings that nobody reads: the search for hints would be in vain.
    pub(super) fn without_hints() -> Self {
        Self { hint_work: usize::MAX, ..Self::default() }
    }

    /// Adds a finding at a byte of a text that begins on `line` and may span several lines.
    pub(crate) fn add(&mut self, severity: Severity, line: u32, byte: usize, text: &str, message: String) {
        let key = self.mistake_key(severity, &message);
        self.add_keyed(key, severity, line, byte, text, message);
    }

    /// Adds a finding that counts as the same mistake as all others with this `mistake`, whatever their messages.
    pub(crate) fn add_grouped(
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
        // Check first: building an excerpt takes time in proportion to the line, and noise has many findings.
        if self.count_if_known(key, severity, 0) || self.count_if_full(key, severity) {
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
        self.insert_or_replace_lesser(key, Finding { severity, line, column, message, excerpt, more: 0 });
    }

    /// Adds a finding.
    pub(crate) fn push(&mut self, finding: Finding) {
        let key = self.mistake_key(finding.severity, &finding.message);
        if !self.count_if_known(key, finding.severity, finding.more) && !self.count_if_full(key, finding.severity) {
            self.insert_or_replace_lesser(key, finding);
        }
    }

    /// The same message with the same severity is the same mistake. The key leaves the hint out: once the list is full,
    /// findings are reported without one.
    fn mistake_key(&self, severity: Severity, message: &str) -> u64 {
        let (before, after) = message.split_once(" (did you mean ").unwrap_or((message, ""));
        let after = after.split_once(')').map_or("", |(_, after)| after);
        self.hasher.hash_one((before, after, severity))
    }

    /// Counts a report. Returns whether its mistake is known already.
    fn count_if_known(&mut self, key: u64, severity: Severity, more: usize) -> bool {
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

    /// Counts a new mistake instead of listing it if the list is full. Returns whether it is.
    fn count_if_full(&mut self, key: u64, severity: Severity) -> bool {
        let full = self.is_full();
        if full {
            self.errors += usize::from(severity == Severity::Error);
            self.count_unlisted_key(key);
        }
        full
    }

    fn count_unlisted_key(&mut self, key: u64) {
        self.unlisted += 1;
        if self.counted.len() < Self::MAX_COUNTED_KEYS {
            self.counted.insert(key);
        }
    }

    fn insert_or_replace_lesser(&mut self, key: u64, finding: Finding) {
        self.errors += usize::from(finding.severity == Severity::Error);
        if self.list.len() >= Self::MAX_LISTED {
            // A hundred notes must not hide an error that makes the file unusable: it replaces the last lesser finding.
            let Some(lesser) = self.list.iter().rposition(|listed| listed.severity < finding.severity) else {
                return self.count_unlisted_key(key);
            };
            self.list.remove(lesser);
            let lesser = self.keys.remove(lesser);
            self.count_unlisted_key(lesser);
        }
        self.list.push(finding);
        self.keys.push(key);
    }

    /// A "did you mean" suffix, or nothing once the list is full: the search goes through all candidates, and a file of
    /// noise has a mistyped word on every line.
    pub(crate) fn hint<'a>(&mut self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
        self.closest_match(word, candidates).map(suggestion_text).unwrap_or_default()
    }

    /// The candidate nearest to `word`, under the same condition as [`hint`](Self::hint).
    pub(super) fn closest_match<'a>(
        &mut self,
        word: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        if self.is_full() || self.hint_work > Self::MAX_HINT_WORK {
            return None;
        }
        let work = &mut self.hint_work;
        suggest(
            word,
            candidates.into_iter().inspect(|candidate| *work += Self::HINT_WORK + word.len() * candidate.len()),
        )
    }

    /// Whether the list is full of errors, so that any further finding is only counted.
    pub(super) fn is_full(&self) -> bool {
        self.list.len() >= Self::MAX_LISTED && self.list.iter().all(|listed| listed.severity == Severity::Error)
    }

    /// The listed findings, in the order in which they were added.
    pub fn listed(&self) -> &[Finding] {
        &self.list
    }

    /// Counts findings that the caller did not keep.
    pub(crate) fn count_unlisted(&mut self, findings: usize, errors: usize) {
        self.unlisted += findings;
        self.errors += errors;
    }

    /// Whether there are no findings.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty() && self.unlisted == 0
    }

    /// The number of findings that are not listed.
    pub fn unlisted_count(&self) -> usize {
        self.unlisted
    }

    /// The number of errors, listed or not. A repeated mistake counts once.
    pub fn error_count(&self) -> usize {
        self.errors
    }

    /// Counts an error without adding a finding: one that follows from a reported mistake.
    pub(super) fn count_repeated_error(&mut self) {
        self.reported_errors += 1;
        self.reported_faults += 1;
    }

    /// The number of reported errors, including repeated ones.
    pub(super) fn reported_error_count(&self) -> usize {
        self.reported_errors
    }

    /// The number of reported errors and warnings, including repeated ones.
    pub(super) fn reported_fault_count(&self) -> usize {
        self.reported_faults
    }

    /// The first listed error.
    pub fn first_error(&self) -> Option<&Finding> {
        self.list.iter().find(|finding| finding.severity == Severity::Error)
    }
}

/// The line of a multi-line text that holds a byte: its number, the byte within the line, and the line.
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
        assert_eq!((findings.listed().len(), findings.unlisted_count(), findings.error_count()), (100, 51, 1));
        assert_eq!(findings.first_error().map(|error| error.line), Some(151));
        for line in 152..=400 {
            findings.add(Severity::Error, line, 0, "", format!("wrong {line}"));
        }
        assert_eq!((findings.listed().len(), findings.unlisted_count(), findings.error_count()), (100, 300, 250));
        assert_eq!(findings.first_error().map(|error| error.line), Some(151), "the first is kept");
        assert!(findings.hint("gaol", ["goal"]).is_empty(), "no hint once the list is full");
    }

    #[test]
    fn the_same_mistake_is_one_finding_at_its_first_place() {
        let mut findings = Findings::default();
        for line in 3..=2_402 {
            findings.add(Severity::Note, line, 0, "{}", "unknown event type \"x\"".into());
            findings.add(Severity::Error, line, 0, "{}", "unknown event type \"x\"".into());
            findings.add_grouped("a number", Severity::Error, line, 0, "{}", format!("{line} is a number"));
        }
        let found: Vec<String> = findings.listed().iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "3:1: note: unknown event type \"x\" (and 2,399 more)",
                "3:1: error: unknown event type \"x\" (and 2,399 more)",
                "3:1: error: 3 is a number (and 2,399 more)",
            ]
        );
        assert_eq!((findings.error_count(), findings.unlisted_count(), findings.reported_error_count()), (2, 0, 4_800));
    }

    #[test]
    fn unlisted_findings_are_counted_once() {
        let mut findings = Findings::default();
        for at in 0..300 {
            let word = format!("gaol{}", at % 150);
            let hint = findings.hint(&word, ["goal"]);
            findings.add(Severity::Error, at + 1, 0, "", format!("unknown {word:?}{hint}; accepted: goal"));
        }
        assert_eq!((findings.listed().len(), findings.unlisted_count(), findings.error_count()), (100, 50, 150));
        assert!(findings.listed().iter().all(|finding| finding.more == 1), "{findings:?}");
        assert_eq!(["999", "1,000", "1,234,567"], [999, 1_000, 1_234_567].map(group_digits).each_ref().map(|n| &**n));
    }

    #[test]
    fn the_search_for_hints_ends_after_a_while() {
        let mut findings = Findings::default();
        assert!(!findings.hint("gaol", ["goal"]).is_empty());
        // Never compared, because of their lengths.
        let (word, candidate) = ("x".repeat(100), "y".repeat(1_000));
        for _ in 0..Findings::MAX_HINT_WORK / 100_000 {
            findings.hint(&word, [&*candidate]);
        }
        assert!(findings.hint("gaol", ["goal"]).is_empty());
    }

    #[test]
    fn a_byte_of_a_multi_line_text_is_reported_on_its_line() {
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
