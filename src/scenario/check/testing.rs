//! Test helpers: check a small file and compare its findings.

use super::super::finding::Severity;
use super::super::testing::{file, fixture, pointed};
use super::Scenario;

/// Checks a match with these events and compares all errors and warnings, each with its line and the value at its
/// column.
#[track_caller]
pub(super) fn finds(events: &str, expected: &[&str]) {
    finds_in_match_with(str::to_owned, events, expected);
}

/// As [`finds`], for a changed match line without events.
#[track_caller]
pub(super) fn finds_in_match(change: impl FnOnce(&str) -> String, expected: &[&str]) {
    finds_in_match_with(change, "", expected);
}

/// A match line without the sheet of the home side.
pub(super) fn without_a_sheet(line: &str) -> String {
    let from = line.find(r#","players":["#).expect("a sheet");
    let to = from + line[from..].find(']').expect("its end");
    format!("{}{}", &line[..from], &line[to + 1..])
}

/// As [`finds`], for a changed match line with events. Findings in the match line are compared without their place.
#[track_caller]
pub(super) fn finds_in_match_with(change: impl FnOnce(&str) -> String, events: &str, expected: &[&str]) {
    let line = fixture("hom-awa", "2018-04-22T18:45:00Z");
    let text = file(events).replace(&line, &change(&line));
    let reading = Scenario::check_text(text.as_bytes());
    let found: Vec<String> = reading
        .findings
        .listed()
        .iter()
        .filter(|finding| finding.severity > Severity::Note)
        .map(|finding| match finding.line {
            2 => format!("{}: {}", finding.severity, finding.message),
            _ => pointed(&text, finding),
        })
        .collect();
    assert_eq!(found, expected);
}
