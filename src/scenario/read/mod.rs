//! Reading scenario files: JSON Lines, format version 1, line by line, all findings at once.
//!
//! A line that is wrong is reported with its column and left out; reading goes on, so that one run shows everything.
//! Nothing in a file can make the reader hold more than one line of at most [`MAX_LINE_BYTES`] beside what it keeps.

mod ahead;
mod clocks;
mod details;
mod event_line;
mod lines;
mod match_line;
mod table_line;
mod told;

use std::io::BufRead;
use std::sync::Arc;

use super::finding::{Finding, Findings, Severity};
use super::line::{Fields, Interner};
use super::{Correction, Entry, FaultLine, Fixture, Item, MarkerLine, Scenario, Telling};
use crate::error::{Error, Result};
use crate::football::{EventId, Field, Match, Value};
use ahead::Cut;
use clocks::clock;
pub(super) use lines::{Line, Lines};
use told::Told;

/// The longest line that is read, in bytes: a match line with two squads is about 10,000.
pub const MAX_LINE_BYTES: usize = 1 << 20;
/// The most lines that are read.
pub const MAX_LINES: u32 = 20_000_000;
/// The most matches in one scenario.
pub(super) const MAX_MATCHES: usize = 10_000;

/// What came of reading a file.
#[derive(Debug, Default)]
pub struct FileReading {
    /// What could be read; to be used only if no finding is an error.
    pub scenario: Scenario,
    /// What was found.
    pub findings: Findings,
    /// The line of each match.
    pub(super) match_lines: Vec<u32>,
    /// The line of each table.
    pub(super) table_lines: Vec<u32>,
}

impl FileReading {
    /// The scenario, or the first error with `name` and line in front.
    pub fn into_scenario(self, name: &str) -> Result<Scenario> {
        let Some(first) = self.findings.first_error() else { return Ok(self.scenario) };
        let place = match (first.line, first.column) {
            (0, _) => name.to_owned(),
            (line, 0) => format!("{name}:{line}"),
            (line, column) => format!("{name}:{line}:{column}"),
        };
        let more = match self.findings.errors() - 1 {
            0 => String::new(),
            1 => format!(" (and 1 more error: `touchline check {name}` shows it)"),
            more => format!(" (and {more} more errors: `touchline check {name}` shows them)"),
        };
        Err(Error::invalid(format!("reading {place}: {}{more}", first.message)))
    }
}

/// Reads a scenario. Fails only where the input itself cannot be read; what is wrong with it is in the findings.
pub fn read(input: impl BufRead) -> std::io::Result<FileReading> {
    read_cut(input, Cut::usual())
}

fn read_cut(input: impl BufRead, cut: Cut) -> std::io::Result<FileReading> {
    let mut reader = Reader::default();
    ahead::read_all(&mut reader, &mut Lines::of(input), cut)?;
    Ok(reader.finish())
}

/// A finding about a whole line.
fn whole(line: u32, message: String) -> Finding {
    Finding { severity: Severity::Error, line, column: 0, message, excerpt: String::new() }
}

const KINDS: &[&str] = &["scenario", "match", "table", "fixture", "event", "marker", "fault"];

#[derive(Default)]
struct Reader {
    scenario: Scenario,
    findings: Findings,
    interner: Interner,
    began: bool,
    matches: hashbrown::HashMap<Arc<str>, u16>,
    match_lines: Vec<u32>,
    table_lines: Vec<u32>,
    /// What has been told of each match so far: for ids, and for the period that a correction's clock belongs to.
    told: Vec<Told>,
    /// The ids of events that state none, in order: the matches share them.
    numbered: Vec<EventId>,
    /// What the line being read has been found to carry; empty between lines, and kept for its memory.
    found: Vec<(Field, Value)>,
}

impl Reader {
    fn any_line(&mut self, number: u32, line: Line<'_>) {
        let message = match line {
            Line::Text(text) => return self.line(number, text),
            Line::Noise(text, byte) => {
                self.began = true;
                return self.findings.add(Severity::Error, number, byte, &text, "not UTF-8 text".into());
            }
            Line::TooLong => {
                self.began = true;
                format!("the line is longer than {MAX_LINE_BYTES} bytes")
            }
            Line::TooMany => format!("more than {MAX_LINES} lines"),
        };
        self.findings.push(whole(number, message));
    }

    fn line(&mut self, number: u32, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        // Whatever it says, it is the first line: those after it are not to blame.
        let first = !std::mem::replace(&mut self.began, true);
        let Some(mut fields) = Fields::of_line(text, number, "the line", &mut self.findings) else { return };
        let kind = match fields.text("kind", &mut self.findings) {
            Some(kind) => kind,
            None if fields.has("kind") => return,
            None => "event".into(),
        };
        if first && kind != "scenario" {
            let message = "the first line must be {\"kind\":\"scenario\",\"version\":1,\"title\":…}".to_owned();
            fields.report(&mut self.findings, Severity::Error, message);
        }
        fields.call(name_of(&kind));
        match &*kind {
            "scenario" => self.header(fields, number),
            "match" => self.fixture_line(fields, number),
            "table" => self.table(fields, number),
            "fixture" => self.upcoming(fields),
            "event" => self.event(fields, number),
            "marker" => self.marker(fields, number),
            "fault" => self.fault(fields, number),
            _ => {
                let hint = self.findings.hint(&kind, KINDS.iter().copied());
                let message = format!("unknown kind {kind:?}{hint}; accepted: {}", KINDS.join(", "));
                fields.report_at(&mut self.findings, "kind", Severity::Error, message);
            }
        }
    }

    fn finish(mut self) -> FileReading {
        if !self.began {
            self.findings.push(whole(0, "the file is empty: no scenario line".into()));
        } else if self.scenario.matches.is_empty() && self.findings.errors() == 0 {
            self.findings.push(whole(0, "there is no match: a line with \"kind\":\"match\" is needed".into()));
        }
        FileReading {
            scenario: self.scenario,
            findings: self.findings,
            match_lines: self.match_lines,
            table_lines: self.table_lines,
        }
    }

    fn share(&mut self, text: Option<impl AsRef<str>>) -> Option<Arc<str>> {
        text.map(|text| self.interner.share(text.as_ref()))
    }

    fn header(&mut self, mut fields: Fields<'_>, number: u32) {
        let out = &mut self.findings;
        if number != 1 {
            fields.report(out, Severity::Error, "the scenario line stands once, as the first line".into());
            return;
        }
        match fields.get::<u64>("version", "1", out) {
            Some(1) => {}
            Some(version) => {
                let message = format!("version {version} of the format is not known to this program; it reads 1");
                fields.report_at(out, "version", Severity::Error, message);
            }
            None if !fields.has("version") => {
                fields.report(out, Severity::Error, "the scenario needs \"version\":1".into());
            }
            None => {}
        }
        self.scenario.title = fields.required("title", out).as_deref().unwrap_or_default().into();
        self.scenario.about = fields.text("about", out).as_deref().map(Arc::from);
        let sources: Vec<String> = fields.get("sources", "a list of strings", out).unwrap_or_default();
        self.scenario.sources = sources.into_iter().map(Arc::from).collect();
        fields.finish(&["kind", "version", "title", "about", "sources"], out);
    }

    /// Which match a line belongs to: the one it names, or the only one.
    fn track(&mut self, fields: &mut Fields<'_>) -> Option<(u16, Arc<Match>)> {
        let out = &mut self.findings;
        let track = match (fields.has("match"), self.scenario.matches.len()) {
            (false, 1) => 0,
            (false, 0) => {
                fields.report(out, Severity::Error, "there is no match yet: match lines come first".into());
                return None;
            }
            (false, _) => {
                let message = "with several matches every line needs \"match\"".to_owned();
                fields.report(out, Severity::Error, message);
                return None;
            }
            (true, _) => {
                let id = fields.text("match", out)?;
                let Some(track) = self.matches.get(&*id) else {
                    let mut hint = out.hint(&id, self.matches.keys().map(|id| &**id));
                    if let (true, [only]) = (hint.is_empty(), &*self.scenario.matches) {
                        hint = format!(" (the only match is {:?})", only.id.as_str());
                    }
                    fields.report_at(out, "match", Severity::Error, format!("unknown match {id:?}{hint}"));
                    return None;
                };
                *track
            }
        };
        Some((track, self.scenario.matches[usize::from(track)].clone()))
    }

    fn marker(&mut self, mut fields: Fields<'_>, line: u32) {
        let Some((track, fixture)) = self.track(&mut fields) else { return };
        let out = &mut self.findings;
        let clock = clock(&mut fields, &fixture, None, out);
        let name = fields.required("name", out);
        fields.finish(&["kind", "match", "period", "status", "clock", "name"], out);
        let (Some(clock), Some(name)) = (clock, name) else { return };
        let name = self.interner.share(&name);
        self.scenario.entries.push(Entry { line, track, item: Item::Marker(Box::new(MarkerLine { clock, name })) });
    }

    fn fault(&mut self, mut fields: Fields<'_>, line: u32) {
        let Some((track, fixture)) = self.track(&mut fields) else { return };
        let out = &mut self.findings;
        let Some(clock) = clock(&mut fields, &fixture, None, out) else { return };
        let rest = fields.verbatim(&[], out).into_iter().map(|(name, json)| (name.into(), json.into())).collect();
        fields.report(out, Severity::Note, "this version keeps fault lines but does not play them".into());
        self.scenario.entries.push(Entry {
            line,
            track,
            item: Item::Fault(Box::new(FaultLine { clock, fields: rest })),
        });
    }
}

/// What an object of this kind is called in a message.
fn name_of(kind: &str) -> &'static str {
    match kind {
        "scenario" => "the scenario",
        "match" => "the match",
        "table" => "the table",
        "fixture" => "the fixture",
        "marker" => "the marker",
        "fault" => "the fault",
        _ => "the event",
    }
}
