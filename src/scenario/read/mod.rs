//! Reads scenario files: JSON Lines, format version 1.
//!
//! A line with an error is reported with its column and left out, and reading continues, so that one run reports every
//! mistake. [`ReadGaps`] records what such lines contained, so that their consequences are not reported as well. Beside
//! the scenario, the reader holds one line at a time, of at most [`MAX_LINE_BYTES`].

mod clocks;
mod details;
mod event_line;
mod fault_line;
mod gaps;
mod json_mistakes;
mod known_events;
pub mod line_fields;
mod lines;
mod malformed;
mod match_line;
mod parallel;
mod table_line;
mod tie_line;

use std::io::{BufRead, Read};
use std::sync::Arc;

use super::fields::Fields;
use super::finding::{Finding, Findings, Severity};
use super::interner::Interner;
use super::recognise::{FIRST_LINE, HEAD_BYTES, recognise};
use super::{Correction, EventRecord, FaultLine, LineContent, MarkerLine, Scenario, TimedLine, UpcomingMatch};
use crate::error::{Error, Result};
use crate::football::{EventId, EventType, Field, FieldValue, Match};
use clocks::read_clock;
use event_line::CustomTypes;
pub(super) use gaps::ReadGaps;
use known_events::KnownEvents;
use line_fields::{MARKER_FIELDS, SCENARIO_FIELDS};
pub(super) use lines::{LineReadResult, LineReader};
use malformed::Unfinished;
pub use parallel::Chunking;

/// The longest line, in bytes. A match line with two squads has about 10,000.
pub const MAX_LINE_BYTES: usize = 1 << 20;
/// The most lines of a file.
pub const MAX_LINES: u32 = 20_000_000;
/// The most matches in one scenario.
pub(super) const MAX_MATCHES: usize = 10_000;

/// The result of reading a file.
#[derive(Debug, Default)]
pub struct FileReading {
    /// What could be read. Usable only if no finding is an error: see [`into_scenario`](Self::into_scenario).
    pub scenario: Scenario,
    /// Errors, warnings and notes.
    pub findings: Findings,
    /// The number of errors that the lints have not found.
    pub(super) read_errors: usize,
    /// The line of each match.
    pub(super) match_lines: Vec<u32>,
    /// The line of each table.
    pub(super) table_lines: Vec<u32>,
    /// The line of each tie.
    pub(super) tie_lines: Vec<u32>,
    /// What is missing because of errors.
    pub(super) gaps: ReadGaps,
}

impl FileReading {
    /// The same of a scenario that stands in its file below so many other lines.
    #[cfg_attr(not(feature = "net"), allow(dead_code))]
    pub(crate) fn moved_down(mut self, lines: u32) -> Self {
        self.findings.move_down(lines);
        self.scenario.entries.iter_mut().for_each(|entry| entry.line += lines);
        self
    }

    /// Whether the scenario can be played. Errors that only lints have found do not prevent that.
    pub(crate) fn is_playable(&self) -> bool {
        self.read_errors == 0
    }

    /// The scenario.
    ///
    /// # Errors
    /// If a finding is an error: the first one, preceded by `name`, line and column.
    pub fn into_scenario(self, name: &str) -> Result<Scenario> {
        let Some(first) = self.findings.first_error() else { return Ok(self.scenario) };
        let place = match (first.line, first.column) {
            (0, _) => name.to_owned(),
            (line, 0) => format!("{name}:{line}"),
            (line, column) => format!("{name}:{line}:{column}"),
        };
        let more = match self.findings.error_count() - 1 {
            0 => String::new(),
            1 => format!(" (and 1 more error: `touchline check {name}` shows it)"),
            more => format!(" (and {more} more errors: `touchline check {name}` shows them)"),
        };
        Err(Error::invalid(format!("reading {place}: {}{more}", first.text())))
    }
}

/// Reads a scenario. Mistakes in it are findings.
///
/// # Errors
/// If the input itself cannot be read.
pub fn read(input: impl BufRead) -> std::io::Result<FileReading> {
    read_in_chunks(input, Chunking::for_this_machine())
}

/// Reads a file, divided among threads in this way.
pub fn read_in_chunks(mut input: impl BufRead, chunking: Chunking) -> std::io::Result<FileReading> {
    let mut reader = Reader::default();
    // A file that is not a scenario is recognised by its first bytes.
    let mut head = Vec::new();
    input.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
    if let Some(finding) = recognise(&head) {
        reader.findings.push(finding);
        let read_errors = reader.findings.error_count();
        return Ok(FileReading { findings: reader.findings, read_errors, ..FileReading::default() });
    }
    parallel::read_all(&mut reader, &mut LineReader::new(head.chain(input)), chunking)?;
    Ok(reader.finish())
}

/// An error about a whole line, or about the whole file where `line` is 0.
fn error_without_column(line: u32, message: String) -> Finding {
    Finding::without_column(Severity::Error, line, message)
}

/// The kinds of lines.
const KINDS: &[&str] = &["scenario", "match", "table", "tie", "fixture", "event", "marker", "fault"];

#[derive(Default)]
struct Reader {
    scenario: Scenario,
    findings: Findings,
    gaps: ReadGaps,
    interner: Interner,
    custom_types: CustomTypes,
    /// A line that counts as the first one has been read.
    started: bool,
    /// The rest of the file is not read.
    stopped: bool,
    /// An object or comment that continues on the next line.
    unfinished: Option<Unfinished>,
    matches: hashbrown::HashMap<Arc<str>, u16>,
    match_lines: Vec<u32>,
    table_lines: Vec<u32>,
    tie_lines: Vec<u32>,
    /// For each match, whether errors in its line may have left players off the team sheets.
    incomplete_sheets: Vec<bool>,
    /// A match line could not be read.
    has_lost_match: bool,
    /// The events of each match so far.
    known_events: Vec<KnownEvents>,
    /// The ids of events without one, in order. The matches share them.
    default_ids: Vec<EventId>,
    /// The values of the current line; empty between lines, and kept for its memory.
    values: Vec<(Field, FieldValue)>,
}

impl Reader {
    /// Reads a line, and records it if it has errors or warnings.
    fn read_line(&mut self, number: u32, line: LineReadResult<'_>) {
        if self.stopped {
            return;
        }
        let faults = self.findings.reported_fault_count();
        match line {
            LineReadResult::Text(text) => self.read_text_line(number, text),
            LineReadResult::InvalidUtf8(text, at, byte) => self.report_invalid_utf8(number, &text, at, byte),
            LineReadResult::TooLong => {
                self.report_skipped_line(number, format!("the line is longer than {MAX_LINE_BYTES} bytes"))
            }
            LineReadResult::TooMany => self.report_skipped_line(number, format!("more than {MAX_LINES} lines")),
        }
        if self.findings.reported_fault_count() > faults {
            self.gaps.add_line(number);
        }
    }

    fn read_text_line(&mut self, number: u32, text: &str) {
        if let Some(unfinished) = self.unfinished.take() {
            return self.continue_unfinished(unfinished, number, text);
        }
        if text.trim().is_empty() {
            return;
        }
        match Fields::of_line(text, number) {
            Ok(fields) => self.read_object(fields, number),
            Err(error) => self.report_malformed_line(number, text, &error),
        }
    }

    /// Reads the object of a line, according to its kind.
    fn read_object(&mut self, mut fields: Fields<'_>, number: u32) {
        // It counts as the first line even with errors, so that the next one is not reported for its position.
        let first = !std::mem::replace(&mut self.started, true);
        if !fields.has("kind") && fields.untaken_fields().any(|(_, raw)| KINDS.contains(&raw.get().trim_matches('"'))) {
            fields.rename_aliases(&["kind"], Some(&["kind"]), &mut self.findings);
        }
        let kind = match fields.text("kind", &mut self.findings) {
            Some(kind) => kind,
            None if fields.has("kind") => return self.record_lost_event(""),
            None => match implied_kind(&fields) {
                Some(kind) => kind.into(),
                None if first => {
                    self.stopped = true;
                    let names: Vec<String> =
                        fields.untaken_fields().take(5).map(|(name, _)| format!("{name:?}")).collect();
                    let message =
                        format!("this JSON object (with {}) is not a scenario: {FIRST_LINE}", names.join(", "));
                    return fields.report(&mut self.findings, Severity::Error, message);
                }
                None => "event".into(),
            },
        };
        if first && kind != "scenario" && KINDS.contains(&&*kind) {
            fields.report(&mut self.findings, Severity::Error, FIRST_LINE.to_owned());
        } else if kind != "event" && !fields.has("kind") {
            let message = format!("a {kind} line needs \"kind\":{kind:?}");
            fields.report(&mut self.findings, Severity::Error, message);
        }
        let Some(kind) = self.read_kind(&mut fields, &kind) else { return self.record_lost_event("") };
        fields.set_object_name(object_name(kind));
        match kind {
            "scenario" => self.read_scenario_line(fields, first, number),
            "match" => self.read_match_line(fields, number),
            "table" => self.read_table_line(fields, number),
            "tie" => self.read_tie_line(fields, number),
            "fixture" => self.read_fixture_line(fields),
            "event" => self.read_event_line(fields, number),
            "marker" => self.read_marker_line(fields, number),
            _ => self.read_fault_line(fields, number),
        }
    }

    /// The kind of a line, after reporting a wrong word for it.
    fn read_kind(&mut self, fields: &mut Fields<'_>, kind: &str) -> Option<&'static str> {
        let of_list = |word: &str| KINDS.iter().find(|known| **known == word).copied();
        if of_list(kind).is_some() {
            return of_list(kind);
        }
        if EventType::parse(kind).is_none() || fields.has("type") {
            return fields.word("kind", KINDS, of_list, &mut self.findings);
        }
        let message = format!("unknown kind {kind:?}: write it as the \"type\" of an event, which needs no \"kind\"");
        fields.report_at(&mut self.findings, "kind", Severity::Error, message);
        fields.rename("kind", "type");
        Some("event")
    }

    fn finish(mut self) -> FileReading {
        self.report_truncated_at_eof();
        if !self.started {
            self.findings.push(error_without_column(0, format!("the file is empty: {FIRST_LINE}")));
        } else if self.scenario.matches.is_empty() && self.findings.error_count() == 0 {
            let message = "the file has no match: add a line with \"kind\":\"match\"".to_owned();
            self.findings.push(error_without_column(0, message));
        }
        for (track, known) in (0..).zip(&self.known_events) {
            self.gaps.add_ids(track, known.override_ids());
        }
        let Self { scenario, findings, gaps, match_lines, table_lines, tie_lines, .. } = self;
        let read_errors = findings.error_count();
        FileReading { scenario, findings, read_errors, match_lines, table_lines, tie_lines, gaps }
    }

    fn intern(&mut self, text: Option<impl AsRef<str>>) -> Option<Arc<str>> {
        text.map(|text| self.interner.intern(text.as_ref()))
    }

    /// Reads the scenario line.
    fn read_scenario_line(&mut self, mut fields: Fields<'_>, first: bool, number: u32) {
        let out = &mut self.findings;
        // A first line of another kind has been reported already.
        if !first && !self.scenario.title.is_empty() {
            let message = "a second scenario line: a file holds one scenario, so move this line and those after it \
                           into a file of its own";
            fields.report(out, Severity::Error, message.into());
            self.gaps.add_unknown_id(None);
            self.gaps.add_event(None, None, None);
            self.stopped = true;
            return;
        }
        if first && number != 1 && out.error_count() == 0 {
            let message = "empty lines before the scenario line: remove them".to_owned();
            fields.report(out, Severity::Error, message);
        }
        fields.rename_aliases(SCENARIO_FIELDS, None, out);
        match fields.get::<u64>("version", "1", out) {
            Some(1) => {}
            Some(version) => {
                let message = format!("unknown format version {version}: this program reads version 1");
                fields.report_at(out, "version", Severity::Error, message);
            }
            None if !fields.has("version") => {
                fields.report(out, Severity::Error, "the scenario needs \"version\":1".into());
            }
            None => {}
        }
        self.scenario.title = fields.required_text("title", out).as_deref().unwrap_or_default().into();
        self.scenario.about = fields.text("about", out).as_deref().map(Arc::from);
        let sources: Vec<String> = fields.get("sources", "a list of strings", out).unwrap_or_default();
        self.scenario.sources = sources.into_iter().map(Arc::from).collect();
        fields.finish(SCENARIO_FIELDS, out);
    }

    /// The match of a line: the one it names, or the only one.
    fn read_track(&mut self, fields: &mut Fields<'_>) -> Option<(u16, Arc<Match>)> {
        let out = &mut self.findings;
        let track = match (fields.has("match"), self.scenario.matches.len()) {
            (false, 1) => 0,
            // The line of the match has been reported.
            (_, 0) if self.has_lost_match => return None,
            (false, 0) => {
                fields.report(out, Severity::Error, "no match before this line: write the match lines first".into());
                return None;
            }
            (false, _) => {
                let message = "the file has several matches: add \"match\" with the id of one".to_owned();
                fields.report(out, Severity::Error, message);
                return None;
            }
            (true, matches) => {
                let id = fields.text("match", out)?;
                match self.matches.get(&*id) {
                    Some(track) => *track,
                    None if self.has_lost_match => return None,
                    None => {
                        let mut hint = out.hint(&id, self.matches.keys().map(|id| &**id));
                        if let (true, [only]) = (hint.is_empty(), &*self.scenario.matches) {
                            hint = format!(" (the only match is {:?})", only.id.as_str());
                        }
                        fields.report_at(out, "match", Severity::Error, format!("unknown match {id:?}{hint}"));
                        (matches == 1).then_some(0)?
                    }
                }
            }
        };
        Some((track, self.scenario.matches[usize::from(track)].clone()))
    }

    /// Reads a marker line.
    fn read_marker_line(&mut self, mut fields: Fields<'_>, line: u32) {
        let errors = self.findings.reported_error_count();
        fields.rename_aliases(MARKER_FIELDS, None, &mut self.findings);
        let Some((track, fixture)) = self.read_track(&mut fields) else { return };
        let out = &mut self.findings;
        let clock = read_clock(&mut fields, &fixture, None, out);
        let name = fields.required_text("name", out);
        fields.finish(MARKER_FIELDS, out);
        let (Some(clock), Some(name)) = (clock, name) else { return };
        if self.findings.reported_error_count() == errors {
            let name = self.interner.intern(&name);
            self.scenario.entries.push(TimedLine {
                line,
                track,
                item: LineContent::Marker(Box::new(MarkerLine { clock, name })),
            });
        }
    }

    /// Reads a fault line.
    fn read_fault_line(&mut self, mut fields: Fields<'_>, line: u32) {
        let errors = self.findings.reported_error_count();
        let Some((track, fixture)) = self.read_track(&mut fields) else { return };
        let out = &mut self.findings;
        let Some(clock) = read_clock(&mut fields, &fixture, None, out) else { return };
        let members = fields.take_remaining(&[], out);
        if out.reported_error_count() == errors {
            fault_line::check_fault(&fields, &members, out);
        }
        if out.reported_error_count() == errors {
            let fields = members.into_iter().map(|(name, json)| (name.into(), json.into())).collect();
            let item = LineContent::Fault(Box::new(FaultLine { clock, fields }));
            self.scenario.entries.push(TimedLine { line, track, item });
        }
    }
}

/// The kind of a line without `kind`, by its fields. `None` if no field belongs to a scenario.
fn implied_kind(fields: &Fields<'_>) -> Option<&'static str> {
    let all = |names: &[&str]| names.iter().all(|name| fields.has(name));
    let kind = match () {
        _ if fields.has("type") || fields.has("op") => "event",
        _ if all(&["home", "away", "id"]) => "match",
        _ if all(&["home", "away", "kickoff"]) => "fixture",
        _ if all(&["competition", "rows"]) => "table",
        _ if all(&["legs"]) => "tie",
        _ if all(&["version", "title"]) => "scenario",
        _ if all(&["clock", "period", "name"]) => "marker",
        _ if fields.has("clock") || fields.has("period") => "event",
        _ => return None,
    };
    Some(kind)
}

/// The name of an object of this kind in messages.
fn object_name(kind: &str) -> &'static str {
    match kind {
        "scenario" => "the scenario",
        "match" => "the match",
        "table" => "the table",
        "tie" => "the tie",
        "fixture" => "the fixture",
        "marker" => "the marker",
        "fault" => "the fault",
        _ => "the event",
    }
}
