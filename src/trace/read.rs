//! Reads a trace: the header, the scenario, and what the clients have shown.

use std::io::{self, BufRead, Read};

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::header::{TraceHeader, is_header};
use crate::error::{Error, Result};
use crate::football::Score;
use crate::json::error_without_place;
use crate::scenario::{MediaTime, Scenario};
use crate::verdict::{Shown, parse_score};

/// The largest file that is read. A recording of a replay has at most 64 MiB of frames.
const MAX_BYTES: u64 = 1 << 30;
/// How many lines are above the scenario.
pub const HEADER_LINES: u32 = 1;
/// The longest line.
const MAX_LINE_BYTES: u64 = 16 << 20;

/// A trace, without the frames that were sent.
#[derive(Debug)]
pub struct Trace {
    /// What was played, how, and how it ended.
    pub header: TraceHeader,
    /// The scenario.
    pub scenario: Scenario,
    /// What clients have shown, in order.
    pub shown: Vec<RecordedShow>,
    /// What was found about each client, as in the report.
    pub clients: Vec<Box<RawValue>>,
    /// What is missing, on one line; `None`: the trace is complete.
    pub warning: Option<String>,
}

/// What a client has said that it shows.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedShow {
    /// The replay.
    pub replay: String,
    /// The client.
    pub client: String,
    /// The media time.
    pub at: MediaTime,
    /// What it showed.
    pub shown: Shown,
    /// The true score then.
    pub truth: Option<Score>,
}

/// Whether a file that begins with these bytes is a trace, of whatever version.
pub fn is_trace(head: &[u8]) -> bool {
    let head = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(head);
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    str::from_utf8(line).is_ok_and(is_header)
}

#[derive(Deserialize)]
struct LineKind {
    #[serde(default)]
    kind: String,
}

#[derive(Deserialize)]
struct VerdictLine {
    clients: Vec<Box<RawValue>>,
}

impl Trace {
    /// Reads a trace from the file `name`. One that was cut off is read as far as it goes, if the scenario is complete.
    pub fn read(name: &str, input: impl BufRead) -> Result<Self> {
        let mut lines = TraceLines { name, input: input.take(MAX_BYTES), number: 0 };
        let first = lines.next()?.unwrap_or_default();
        let (header, count) = TraceHeader::parse(name, first.trim_start_matches('\u{feff}'))?;
        let mut text = String::new();
        for read in 0..count {
            let Some(line) = lines.next()?.filter(|line| line.ends_with('\n')) else {
                let message = format!("the trace ends within its scenario, after {read} of {count} lines");
                return Err(lines.invalid(&message));
            };
            text += &line;
        }
        let scenario = Scenario::parse_below(HEADER_LINES, name, &text)?;
        let mut trace = Self { header, scenario, shown: Vec::new(), clients: Vec::new(), warning: None };
        let mut complete = false;
        while let Some(line) = lines.next()? {
            let is_whole = line.ends_with('\n');
            match trace.take_line(&line) {
                Ok(is_last) => complete |= is_last,
                Err(_) if !is_whole => break,
                Err(message) => return Err(lines.invalid(&message)),
            }
        }
        if !complete {
            let number = lines.number;
            trace.warning = Some(format!("{name}:{number}: the trace was cut off here: what came later is missing"));
        }
        Ok(trace)
    }

    /// Takes in a line after the scenario. Returns whether it is the last one of a complete trace.
    fn take_line(&mut self, line: &str) -> Result<bool, String> {
        let LineKind { kind } = serde_json::from_str(line).map_err(|error| without_place(&error))?;
        match &*kind {
            "shows" => self.shown.push(read_show(line)?),
            "verdict" => {
                let VerdictLine { clients } = serde_json::from_str(line).map_err(|error| without_place(&error))?;
                self.clients = clients;
                return Ok(true);
            }
            _ => {}
        }
        Ok(false)
    }
}

fn read_show(line: &str) -> Result<RecordedShow, String> {
    let mut members: Map<String, Value> = serde_json::from_str(line).map_err(|error| without_place(&error))?;
    let mut text = |name: &str| match members.remove(name) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(format!("shows: {name} is missing or no text")),
    };
    let (replay, client) = (text("replay")?, text("client")?);
    let truth = text("truth").ok().as_deref().and_then(parse_score);
    let at = members.get("at").and_then(Value::as_i64).ok_or("shows: at is missing or no number")?;
    members.retain(|name, _| Shown::FIELDS.contains(&name.as_str()));
    let shown = Shown::decode(&members).map_err(|rejection| rejection.describe())?;
    Ok(RecordedShow { replay, client, at: MediaTime::from_millis(at), shown, truth })
}

fn without_place(error: &serde_json::Error) -> String {
    format!("the line is no JSON object: {}", error_without_place(error))
}

/// The lines of a file, with their ends.
struct TraceLines<'a, R> {
    name: &'a str,
    input: io::Take<R>,
    /// The number of the last line, from 1.
    number: usize,
}

impl<R: BufRead> TraceLines<'_, R> {
    fn next(&mut self) -> Result<Option<String>> {
        let mut line = Vec::new();
        let read = (&mut self.input).take(MAX_LINE_BYTES).read_until(b'\n', &mut line);
        let read = read.map_err(|error| Error::io(format!("reading {}", self.name), error))? as u64;
        if read == 0 {
            return match self.input.limit() {
                0 => Err(self.invalid(&format!("the trace has more than {MAX_BYTES} bytes"))),
                _ => Ok(None),
            };
        }
        self.number += 1;
        if read == MAX_LINE_BYTES {
            return Err(self.invalid(&format!("the line has more than {MAX_LINE_BYTES} bytes")));
        }
        match String::from_utf8(line) {
            Ok(line) => Ok(Some(line)),
            // A file may be cut off within a character.
            Err(error) if !error.as_bytes().ends_with(b"\n") => {
                Ok(Some(String::from_utf8_lossy(error.as_bytes()).into_owned()))
            }
            Err(_) => Err(self.invalid("the line is no UTF-8")),
        }
    }

    fn invalid(&self, message: &str) -> Error {
        Error::invalid(format!("{}:{}: {message}", self.name, self.number))
    }
}
