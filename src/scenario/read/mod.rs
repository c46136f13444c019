//! Reading scenario files: JSON Lines, format version 1, line by line, all findings at once.
//!
//! A line that is wrong is reported with its column and left out; reading goes on, so that one run shows everything. What
//! it would have told is kept as far as it can be seen, so that what refers to it is not reported as well.
//! Nothing in a file can make the reader hold more than one line of at most [`MAX_LINE_BYTES`] beside what it keeps.

mod ahead;
mod broken;
mod clocks;
mod details;
mod event_line;
mod flawed;
mod lines;
mod match_line;
mod slips;
mod table_line;
mod tie_line;
mod told;

use std::io::{BufRead, Read};
use std::sync::Arc;

use super::finding::{Finding, Findings, Severity};
use super::line::{Fields, Interner};
use super::recognise::{FIRST_LINE, HEAD, recognise};
use super::{Correction, Entry, EventRecord, FaultLine, Fixture, Item, MarkerLine, Scenario};
use crate::error::{Error, Result};
use crate::football::{EventId, EventType, Field, Match, Value};
use ahead::Cut;
use broken::Open;
use clocks::clock;
use event_line::OwnTypes;
pub(super) use flawed::Flawed;
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
    /// The line of each tie.
    pub(super) tie_lines: Vec<u32>,
    /// What could not be read as it was meant.
    pub(super) flawed: Flawed,
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
        Err(Error::invalid(format!("reading {place}: {}{more}", first.text())))
    }
}

/// Reads a scenario. Fails only where the input itself cannot be read; what is wrong with it is in the findings.
pub fn read(input: impl BufRead) -> std::io::Result<FileReading> {
    read_cut(input, Cut::usual())
}

fn read_cut(mut input: impl BufRead, cut: Cut) -> std::io::Result<FileReading> {
    let mut reader = Reader::default();
    // What a file is that is no scenario shows at its beginning.
    let mut head = Vec::new();
    input.by_ref().take(HEAD).read_to_end(&mut head)?;
    if let Some(finding) = recognise(&head) {
        reader.findings.push(finding);
        return Ok(FileReading { findings: reader.findings, ..FileReading::default() });
    }
    ahead::read_all(&mut reader, &mut Lines::of(head.chain(input)), cut)?;
    Ok(reader.finish())
}

/// An error about a whole line, or about the file where `line` is 0.
fn whole(line: u32, message: String) -> Finding {
    Finding::whole(Severity::Error, line, message)
}

const KINDS: &[&str] = &["scenario", "match", "table", "tie", "fixture", "event", "marker", "fault"];

#[derive(Default)]
struct Reader {
    scenario: Scenario,
    findings: Findings,
    flawed: Flawed,
    interner: Interner,
    own_types: OwnTypes,
    /// Something has been read that counts as the first line.
    began: bool,
    /// The rest of the file is not read: it is no scenario.
    stopped: bool,
    /// What began on an earlier line and is not over.
    open: Option<Open>,
    matches: hashbrown::HashMap<Arc<str>, u16>,
    match_lines: Vec<u32>,
    table_lines: Vec<u32>,
    tie_lines: Vec<u32>,
    /// Of which matches players may be missing on the sheets, for their lines are wrong.
    incomplete_sheets: Vec<bool>,
    /// There is a match line that cannot be read.
    lost_match: bool,
    /// What has been told of each match so far: for ids, and for the period that a correction's clock belongs to.
    told: Vec<Told>,
    /// The ids of events that state none, in order: the matches share them.
    numbered: Vec<EventId>,
    /// What the line being read has been found to carry; empty between lines, and kept for its memory.
    found: Vec<(Field, Value)>,
}

impl Reader {
    fn any_line(&mut self, number: u32, line: Line<'_>) {
        if self.stopped {
            return;
        }
        let faults = self.findings.reported_faults();
        match line {
            Line::Text(text) => self.line(number, text),
            Line::Noise(text, at, byte) => self.noise(number, &text, at, byte),
            Line::TooLong => self.unread(number, format!("the line is longer than {MAX_LINE_BYTES} bytes")),
            Line::TooMany => self.unread(number, format!("more than {MAX_LINES} lines")),
        }
        if self.findings.reported_faults() > faults {
            self.flawed.add_line(number);
        }
    }

    fn line(&mut self, number: u32, text: &str) {
        if let Some(open) = self.open.take() {
            return self.go_on(open, number, text);
        }
        if text.trim().is_empty() {
            return;
        }
        match Fields::of_line(text, number) {
            Ok(fields) => self.object(fields, number),
            Err(error) => self.broken(number, text, &error),
        }
    }

    fn object(&mut self, mut fields: Fields<'_>, number: u32) {
        // Whatever it says, it is the first line: those after it are not to blame.
        let first = !std::mem::replace(&mut self.began, true);
        if !fields.has("kind") && fields.left_over().any(|(_, raw)| KINDS.contains(&raw.get().trim_matches('"'))) {
            fields.rename_aliases(&["kind"], Some(&["kind"]), &mut self.findings);
        }
        let kind = match fields.text("kind", &mut self.findings) {
            Some(kind) => kind,
            None if fields.has("kind") => return self.note_lost_event(""),
            None => match meant_kind(&fields) {
                Some(kind) => kind.into(),
                None if first => {
                    self.stopped = true;
                    let names: Vec<String> = fields.left_over().take(5).map(|(name, _)| format!("{name:?}")).collect();
                    let message =
                        format!("this is JSON with the fields {}, but no scenario: {FIRST_LINE}", names.join(", "));
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
        let Some(kind) = self.known_kind(&mut fields, &kind) else { return self.note_lost_event("") };
        fields.set_object_name(name_of(kind));
        match kind {
            "scenario" => self.header(fields, first, number),
            "match" => self.fixture_line(fields, number),
            "table" => self.table(fields, number),
            "tie" => self.tie(fields, number),
            "fixture" => self.upcoming(fields),
            "event" => self.event(fields, number),
            "marker" => self.marker(fields, number),
            _ => self.fault(fields, number),
        }
    }

    /// One of the kinds, or the one that is meant by another word.
    fn known_kind(&mut self, fields: &mut Fields<'_>, kind: &str) -> Option<&'static str> {
        let of_list = |word: &str| KINDS.iter().find(|known| **known == word).copied();
        if of_list(kind).is_some() {
            return of_list(kind);
        }
        if EventType::parse(kind).is_none() || fields.has("type") {
            return fields.word("kind", KINDS, of_list, &mut self.findings);
        }
        let message =
            format!("unknown kind {kind:?}: what happened is the \"type\" of an event, which needs no \"kind\"");
        fields.report_at(&mut self.findings, "kind", Severity::Error, message);
        fields.rename("kind", "type");
        Some("event")
    }

    fn finish(mut self) -> FileReading {
        self.close();
        if !self.began {
            self.findings.push(whole(0, format!("the file is empty: {FIRST_LINE}")));
        } else if self.scenario.matches.is_empty() && self.findings.errors() == 0 {
            self.findings.push(whole(0, "there is no match: a line with \"kind\":\"match\" is needed".into()));
        }
        for (track, told) in (0..).zip(&self.told) {
            self.flawed.add_ids(track, told.other_ids());
        }
        let Self { scenario, findings, flawed, match_lines, table_lines, tie_lines, .. } = self;
        FileReading { scenario, findings, match_lines, table_lines, tie_lines, flawed }
    }

    fn share(&mut self, text: Option<impl AsRef<str>>) -> Option<Arc<str>> {
        text.map(|text| self.interner.share(text.as_ref()))
    }

    fn header(&mut self, mut fields: Fields<'_>, first: bool, number: u32) {
        const ACCEPTED: &[&str] = &["kind", "version", "title", "about", "sources"];
        let out = &mut self.findings;
        // Where line 1 is another, that is said.
        if !first && !self.scenario.title.is_empty() {
            let message = "the scenario line stands once, as the first line: what follows is another scenario, and belongs \
                           into a file of its own";
            fields.report(out, Severity::Error, message.into());
            self.flawed.add_unknown_id(None);
            self.flawed.add_event(None, None, None);
            self.stopped = true;
            return;
        }
        if first && number != 1 && out.errors() == 0 {
            let message = "nothing may stand before the scenario line: take the empty lines out".to_owned();
            fields.report(out, Severity::Error, message);
        }
        fields.rename_aliases(ACCEPTED, None, out);
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
        fields.finish(ACCEPTED, out);
    }

    /// Which match a line belongs to: the one it names, or the only one.
    fn track(&mut self, fields: &mut Fields<'_>) -> Option<(u16, Arc<Match>)> {
        let out = &mut self.findings;
        let track = match (fields.has("match"), self.scenario.matches.len()) {
            (false, 1) => 0,
            // Why there is none is said of its line.
            (_, 0) if self.lost_match => return None,
            (false, 0) => {
                fields.report(out, Severity::Error, "there is no match yet: match lines come first".into());
                return None;
            }
            (false, _) => {
                let message = "with several matches every line needs \"match\"".to_owned();
                fields.report(out, Severity::Error, message);
                return None;
            }
            (true, matches) => {
                let id = fields.text("match", out)?;
                match self.matches.get(&*id) {
                    Some(track) => *track,
                    None if self.lost_match => return None,
                    None => {
                        let mut hint = out.hint(&id, self.matches.keys().map(|id| &**id));
                        if let (true, [only]) = (hint.is_empty(), &*self.scenario.matches) {
                            hint = format!(" (the only match is {:?})", only.id.as_str());
                        }
                        fields.report_at(out, "match", Severity::Error, format!("unknown match {id:?}{hint}"));
                        // The only match, or else none.
                        (matches == 1).then_some(0)?
                    }
                }
            }
        };
        Some((track, self.scenario.matches[usize::from(track)].clone()))
    }

    fn marker(&mut self, mut fields: Fields<'_>, line: u32) {
        const ACCEPTED: &[&str] = &["kind", "match", "period", "status", "clock", "name"];
        let errors = self.findings.reported_errors();
        fields.rename_aliases(ACCEPTED, None, &mut self.findings);
        let Some((track, fixture)) = self.track(&mut fields) else { return };
        let out = &mut self.findings;
        let clock = clock(&mut fields, &fixture, None, out);
        let name = fields.required("name", out);
        fields.finish(ACCEPTED, out);
        let (Some(clock), Some(name)) = (clock, name) else { return };
        if self.findings.reported_errors() == errors {
            let name = self.interner.share(&name);
            self.scenario.entries.push(Entry { line, track, item: Item::Marker(Box::new(MarkerLine { clock, name })) });
        }
    }

    fn fault(&mut self, mut fields: Fields<'_>, line: u32) {
        let errors = self.findings.reported_errors();
        let Some((track, fixture)) = self.track(&mut fields) else { return };
        let out = &mut self.findings;
        let Some(clock) = clock(&mut fields, &fixture, None, out) else { return };
        let rest = fields.verbatim(&[], out).into_iter().map(|(name, json)| (name.into(), json.into())).collect();
        fields.report(out, Severity::Note, "this version keeps fault lines but does not play them".into());
        if out.reported_errors() == errors {
            let item = Item::Fault(Box::new(FaultLine { clock, fields: rest }));
            self.scenario.entries.push(Entry { line, track, item });
        }
    }
}

/// What a line without a kind is, if it is no event. `None` where nothing of it belongs to a scenario.
fn meant_kind(fields: &Fields<'_>) -> Option<&'static str> {
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

/// What an object of this kind is called in a message.
fn name_of(kind: &str) -> &'static str {
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
