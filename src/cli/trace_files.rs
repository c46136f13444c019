//! Traces of test runs in place of scenarios: `serve` plays them again, `test` runs them again, `info` and `check` describe them.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::playback::Position;
use crate::scenario::{MediaTime, Shipped, Span};
use crate::trace::{Trace, TraceFailure, TraceHeader, is_trace};

/// How long before a failure a trace is shown, in media time.
pub const LEAD: Duration = Duration::from_secs(5);
/// How much of a file is read to find out what it is.
const MAX_HEADER_BYTES: u64 = 1 << 20;

/// Reads the trace that `word` names; `None` if it names something else.
pub fn open_trace(word: &str) -> Result<Option<Trace>> {
    // A pipe cannot be read twice.
    if !std::fs::metadata(word).is_ok_and(|found| found.is_file()) || Shipped::find_by_name(word)?.is_some() {
        return Ok(None);
    }
    let open = || File::open(word).map_err(|error| Error::io(format!("reading {word}"), error));
    let mut head = Vec::new();
    // An error will occur again where the file is read.
    let _ = BufReader::new(open()?.take(MAX_HEADER_BYTES)).read_until(b'\n', &mut head);
    if !is_trace(&head) {
        return Ok(None);
    }
    Trace::read(word, BufReader::new(open()?)).map(Some)
}

/// `a trace of touchline test, version 0.1.0: juventus-napoli-2018-04-22 with faults drop:at=89:07 and seed 7, failed`.
pub fn describe_trace(header: &TraceHeader) -> String {
    let TraceHeader { program, scenario, faults, seed, outcome, .. } = header;
    let faults =
        if faults.is_empty() { "without faults".to_owned() } else { format!("with faults {faults} and seed {seed}") };
    format!("a trace of touchline test, version {program}: {scenario} {faults}, {outcome}")
}

/// `web: missed: juv-nap: showed 0-0 for 3.2s from 89:07 while 0-1 was right`.
pub fn describe_failure_of(failure: &TraceFailure) -> String {
    format!("{}: {}", failure.client, failure.what)
}

/// The failure of a trace, if it is one of the replay `main`.
pub fn failure_of_main(header: &TraceHeader) -> Option<&TraceFailure> {
    header.failure.as_ref().filter(|failure| failure.replay == "main")
}

/// Shortly before a failure; `None`: at the beginning.
pub fn position_before(failure: &TraceFailure) -> Option<Position> {
    let before = MediaTime::from_millis(failure.at) - Span::from_duration(LEAD);
    (before > MediaTime::ZERO).then(|| Position::Relative(before - MediaTime::ZERO))
}
