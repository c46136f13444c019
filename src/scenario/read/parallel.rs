//! Reading long files on several threads.
//!
//! Only two things about a line depend on the lines before it: whether its id is new, and which event a correction
//! refers to. So each thread first parses a chunk of lines with a reader of its own that knows the matches. The calling thread then merges the chunks
//! in order: it takes over each parsed event without findings, and reads every other line again from its text. The
//! result is the same to the last finding, however the file is cut.

use std::io::{self, BufRead};
use std::num::NonZero;
use std::ops::Range;
use std::sync::Arc;
use std::thread;

use super::super::{EventRecord, LineContent, TimedLine};
use super::clocks::read_clock;
use super::event_line::read_event_type;
use super::lines::{LineReadResult, LineReader};
use super::{Fields, Findings, Reader};
use crate::football::{EventId, MatchEvent};

/// How a file is divided among threads.
#[derive(Debug, Clone, Copy)]
pub struct Chunking {
    /// The bytes that are read before any thread is started, and the size of each chunk after that.
    pub bytes: usize,
    /// The number of threads, including the calling one.
    pub threads: usize,
}

impl Chunking {
    /// The chunking for this machine: at most four threads, since more would wait for the merge.
    pub(super) fn for_this_machine() -> Self {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        Self { bytes: 1 << 20, threads: processors.min(4) }
    }
}

/// Consecutive lines.
#[derive(Default)]
struct LineChunk {
    text: String,
    lines: Vec<(u32, ChunkLine)>,
}

enum ChunkLine {
    /// A range of the chunk's text.
    Text(Range<usize>),
    /// A line that is not text.
    Other(LineReadResult<'static>),
}

/// An added event, parsed without the events before it.
struct ParsedEvent {
    track: u16,
    /// The id is empty if the line has none.
    event: Arc<MatchEvent>,
}

/// Reads all lines.
pub(super) fn read_all(
    reader: &mut Reader,
    lines: &mut LineReader<impl BufRead>,
    chunking: Chunking,
) -> io::Result<()> {
    let mut left = chunking.bytes;
    while chunking.threads < 2 || left > 0 || reader.scenario.matches.is_empty() {
        let Some((number, line)) = lines.next()? else { return Ok(()) };
        left = left.saturating_sub(line.size());
        reader.read_line(number, line);
        if reader.stopped {
            return Ok(());
        }
    }
    let mut chunks: Vec<LineChunk> = (0..chunking.threads).map(|_| LineChunk::default()).collect();
    let mut workers: Vec<Reader> = (0..chunking.threads).map(|_| Reader::worker()).collect();
    let mut more = true;
    while more {
        more = fill_chunks(&mut chunks, lines, chunking.bytes)?;
        workers.iter_mut().for_each(|worker| worker.copy_matches(reader));
        let (matches, parsed) = (reader.scenario.matches.len(), parse_chunks(&mut workers, &chunks));
        for (chunk, parsed) in chunks.iter_mut().zip(parsed) {
            reader.merge_chunk(chunk, parsed, matches);
        }
        more &= !reader.stopped;
    }
    Ok(())
}

/// Fills the chunks with lines. Returns whether there may be more.
fn fill_chunks(chunks: &mut [LineChunk], lines: &mut LineReader<impl BufRead>, bytes: usize) -> io::Result<bool> {
    for chunk in chunks {
        chunk.text.clear();
        let mut size = 0;
        while size < bytes {
            let Some((number, line)) = lines.next()? else { return Ok(false) };
            // An empty line takes memory, too.
            size += line.size() + 1;
            let line = match line {
                LineReadResult::Text(text) => {
                    let from = chunk.text.len();
                    chunk.text.push_str(text);
                    ChunkLine::Text(from..chunk.text.len())
                }
                LineReadResult::InvalidUtf8(text, at, byte) => {
                    ChunkLine::Other(LineReadResult::InvalidUtf8(text.into_owned().into(), at, byte))
                }
                LineReadResult::TooLong => ChunkLine::Other(LineReadResult::TooLong),
                LineReadResult::TooMany => ChunkLine::Other(LineReadResult::TooMany),
            };
            chunk.lines.push((number, line));
        }
    }
    Ok(true)
}

/// Parses each chunk on a thread of its own, the first on the calling one. A chunk whose thread does not start or
/// panics has no parsed events: the merge then reads its lines.
fn parse_chunks(workers: &mut [Reader], chunks: &[LineChunk]) -> Vec<Vec<Option<ParsedEvent>>> {
    thread::scope(|scope| {
        let mut pairs = workers.iter_mut().zip(chunks);
        let own = pairs.next();
        let threads: Vec<_> = pairs
            .filter(|(_, chunk)| !chunk.lines.is_empty())
            .map(|(worker, chunk)| thread::Builder::new().spawn_scoped(scope, || worker.parse_chunk(chunk)).ok())
            .collect();
        let first = own.map(|(worker, chunk)| worker.parse_chunk(chunk)).unwrap_or_default();
        let others = threads.into_iter().map(|thread| thread.and_then(|thread| thread.join().ok()).unwrap_or_default());
        std::iter::once(first).chain(others).collect()
    })
}

impl Reader {
    /// A reader of which only events are kept that have no findings.
    fn worker() -> Self {
        Self { findings: Findings::without_hints(), ..Self::default() }
    }

    /// Copies the matches of `reader`, on which the meaning of a line depends.
    fn copy_matches(&mut self, reader: &Self) {
        if self.scenario.matches.len() != reader.scenario.matches.len() {
            self.scenario.matches.clone_from(&reader.scenario.matches);
            self.matches.clone_from(&reader.matches);
            self.incomplete_sheets.clone_from(&reader.incomplete_sheets);
        }
    }

    fn parse_chunk(&mut self, chunk: &LineChunk) -> Vec<Option<ParsedEvent>> {
        let parse = |(number, line): &(u32, ChunkLine)| match line {
            ChunkLine::Text(range) => self.parse_clean_event(*number, &chunk.text[range.clone()]),
            ChunkLine::Other(_) => None,
        };
        chunk.lines.iter().map(parse).collect()
    }

    /// The event that a line adds, if there are no findings about the line.
    fn parse_clean_event(&mut self, number: u32, text: &str) -> Option<ParsedEvent> {
        let parsed = self.parse_event(number, text);
        if self.findings.is_empty() {
            return parsed;
        }
        self.findings = Findings::without_hints();
        None
    }

    fn parse_event(&mut self, number: u32, text: &str) -> Option<ParsedEvent> {
        if text.trim().is_empty() {
            return None;
        }
        let mut fields = Fields::of_line(text, number).ok()?;
        fields.set_object_name("the event");
        if fields.has("kind") || fields.has("op") {
            return None;
        }
        let (track, fixture) = self.read_track(&mut fields)?;
        let kind = read_event_type(&mut fields, true, &mut self.custom_types, &mut self.findings)?;
        let clock = read_clock(&mut fields, &fixture, None, &mut self.findings)?;
        let id = if fields.has("id") {
            let id = fields.required_text("id", &mut self.findings)?;
            self.interner.intern(&id)
        } else {
            Arc::default()
        };
        let event = self.build_event(&mut fields, (track, &fixture), &EventId::from(id), &kind, Some(clock));
        Some(ParsedEvent { track, event: Arc::new(event) })
    }

    /// Reads a chunk in order, given the events parsed from it when there were `matches` matches. Once a further match
    /// has been read, lines may mean something else: those without `match`, and those that name the new one.
    fn merge_chunk(&mut self, chunk: &mut LineChunk, parsed: Vec<Option<ParsedEvent>>, matches: usize) {
        let mut parsed = parsed.into_iter();
        for (number, line) in chunk.lines.drain(..) {
            let valid = self.scenario.matches.len() == matches && self.unfinished.is_none() && !self.stopped;
            let parsed = parsed.next().flatten().filter(|_| valid);
            match line {
                ChunkLine::Text(_) if parsed.is_some_and(|parsed| self.add_parsed(number, parsed)) => {}
                ChunkLine::Text(range) => self.read_line(number, LineReadResult::Text(&chunk.text[range])),
                ChunkLine::Other(line) => self.read_line(number, line),
            }
        }
    }

    /// Adds a parsed event as the next entry. Returns `false`, and does nothing, if its id is taken.
    fn add_parsed(&mut self, line: u32, parsed: ParsedEvent) -> bool {
        let ParsedEvent { track, mut event } = parsed;
        let match_index = usize::from(track);
        let lines = self.known_events[match_index].lines.saturating_add(1);
        if event.id.as_str().is_empty() {
            // The only reference to it, so this succeeds.
            let Some(event) = Arc::get_mut(&mut event) else { return false };
            event.id = self.default_id(lines);
        }
        let (known, entries) = (&mut self.known_events[match_index], &mut self.scenario.entries);
        if known.contains(entries, event.id.as_str()) {
            return false;
        }
        known.lines = lines;
        entries.push(TimedLine { line, track, item: LineContent::Event(EventRecord::First(event)) });
        known.add(entries, entries.len() - 1);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::SHIPPED;
    use super::super::super::testing::{file, fixture};
    use super::super::read_in_chunks;
    use super::*;

    /// Reads a text on one thread and in chunks, and compares the results.
    fn assert_the_same(text: &[u8], bytes: usize, threads: usize) {
        let whole = read_in_chunks(text, Chunking { bytes, threads: 1 }).expect("memory");
        let chunked = read_in_chunks(text, Chunking { bytes, threads }).expect("memory");
        let shown = || String::from_utf8_lossy(text).into_owned();
        assert_eq!(chunked.scenario, whole.scenario, "{}", shown());
        assert_eq!(chunked.findings.listed(), whole.findings.listed(), "{}", shown());
        assert_eq!(chunked.findings.unlisted_count(), whole.findings.unlisted_count(), "{}", shown());
        assert_eq!(chunked.match_lines, whole.match_lines, "{}", shown());
        assert_eq!(chunked.table_lines, whole.table_lines, "{}", shown());
    }

    #[test]
    fn a_file_reads_the_same_however_it_is_cut() {
        for shipped in SHIPPED {
            for (bytes, threads) in [(1, 2), (5_000, 2), (700, 3)] {
                assert_the_same(shipped.text().as_bytes(), bytes, threads);
            }
        }
        // A match line after events, an id that is also a default id, lines that are not JSON.
        let corner = r#"{"type":"corner","period":1,"clock":"10:00","side":"home"}"#;
        let late = fixture("late", "2018-04-22T18:45:00Z");
        let text = file(&format!(
            "{corner}\n\n{}\n{corner}\n{late}\n{}\n{corner}\n",
            corner.replacen("{", r#"{"id":"e3","#, 1),
            corner.replacen("{", r#"{"match":"late","#, 1)
        ));
        let mut noise = text.clone().into_bytes();
        noise.extend(b"\xff\xfe\n{}\n");
        for bytes in [1, 60, 200] {
            assert_the_same(text.as_bytes(), bytes, 2);
            assert_the_same(&noise, bytes, 3);
        }
    }
}
