//! Reading long files with more than one processor.
//!
//! What a line says hardly depends on the lines before it: only whether its id is new does, and what a correction
//! corrects. So stretches of lines are drafted side by side, each by a reader of its own that knows the matches; then they
//! are gone through in order, and whatever has not become a plain first telling without a remark is read there as if
//! nobody had looked at it before. What comes of a file is the same to the last finding, however it is cut.

use std::io::{self, BufRead};
use std::num::NonZero;
use std::ops::Range;
use std::sync::Arc;
use std::thread;

use super::super::{Entry, EventRecord, Item};
use super::clocks::clock;
use super::event_line::event_type;
use super::lines::{Line, Lines};
use super::{Fields, Findings, Reader};
use crate::football::{EventId, MatchEvent};

/// How a file is cut up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// How many bytes are read before any thread is started, and from then on by each at a time.
    pub(super) stretch: usize,
    /// How many threads read, the calling one among them.
    pub(super) threads: usize,
}

impl Cut {
    /// For this machine. More than a few threads would wait for what has to be done in order.
    pub(super) fn usual() -> Self {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        Self { stretch: 1 << 20, threads: processors.min(4) }
    }
}

/// Lines in a row.
#[derive(Default)]
struct Stretch {
    text: String,
    lines: Vec<(u32, Held)>,
}

enum Held {
    /// A place in the text.
    Text(Range<usize>),
    /// Not text: what it is instead.
    Odd(Line<'static>),
}

/// An event that is told for the first time, as far as can be said without what was told before.
struct Draft {
    track: u16,
    /// Its id is empty where the line states none.
    event: Arc<MatchEvent>,
}

/// Reads all lines.
pub(super) fn read_all(reader: &mut Reader, lines: &mut Lines<impl BufRead>, cut: Cut) -> io::Result<()> {
    let mut left = cut.stretch;
    while cut.threads < 2 || left > 0 || reader.scenario.matches.is_empty() {
        let Some((number, line)) = lines.next()? else { return Ok(()) };
        left = left.saturating_sub(line.size());
        reader.any_line(number, line);
        if reader.stopped {
            return Ok(());
        }
    }
    let mut stretches: Vec<Stretch> = (0..cut.threads).map(|_| Stretch::default()).collect();
    let mut helpers: Vec<Reader> = (0..cut.threads).map(|_| Reader::default()).collect();
    let mut more = true;
    while more {
        more = fill(&mut stretches, lines, cut.stretch)?;
        helpers.iter_mut().for_each(|helper| helper.know_the_matches_of(reader));
        let (matches, drafts) = (reader.scenario.matches.len(), drafts(&mut helpers, &stretches));
        for (stretch, drafts) in stretches.iter_mut().zip(drafts) {
            reader.go_through(stretch, drafts, matches);
        }
        more &= !reader.stopped;
    }
    Ok(())
}

/// Reads lines without looking at them; tells whether there may be more.
fn fill(stretches: &mut [Stretch], lines: &mut Lines<impl BufRead>, bytes: usize) -> io::Result<bool> {
    for stretch in stretches {
        stretch.text.clear();
        let mut size = 0;
        while size < bytes {
            let Some((number, line)) = lines.next()? else { return Ok(false) };
            // Empty lines, too, take room.
            size += line.size() + 1;
            let held = match line {
                Line::Text(text) => {
                    let from = stretch.text.len();
                    stretch.text.push_str(text);
                    Held::Text(from..stretch.text.len())
                }
                Line::Noise(text, at, byte) => Held::Odd(Line::Noise(text.into_owned().into(), at, byte)),
                Line::TooLong => Held::Odd(Line::TooLong),
                Line::TooMany => Held::Odd(Line::TooMany),
            };
            stretch.lines.push((number, held));
        }
    }
    Ok(true)
}

/// What can be said of each line of each stretch.
fn drafts(helpers: &mut [Reader], stretches: &[Stretch]) -> Vec<Vec<Option<Draft>>> {
    thread::scope(|scope| {
        let mut pairs = helpers.iter_mut().zip(stretches);
        let own = pairs.next();
        let threads: Vec<_> = pairs
            .filter(|(_, stretch)| !stretch.lines.is_empty())
            .map(|(helper, stretch)| thread::Builder::new().spawn_scoped(scope, || helper.draft_all(stretch)).ok())
            .collect();
        let first = own.map(|(helper, stretch)| helper.draft_all(stretch)).unwrap_or_default();
        // Where there was no thread to be had there are no drafts, and all is read in order.
        let others = threads.into_iter().map(|thread| thread.and_then(|thread| thread.join().ok()).unwrap_or_default());
        std::iter::once(first).chain(others).collect()
    })
}

impl Reader {
    /// Takes over what a line's meaning depends on.
    fn know_the_matches_of(&mut self, reader: &Self) {
        if self.scenario.matches.len() != reader.scenario.matches.len() {
            self.scenario.matches.clone_from(&reader.scenario.matches);
            self.matches.clone_from(&reader.matches);
            self.incomplete_sheets.clone_from(&reader.incomplete_sheets);
        }
    }

    fn draft_all(&mut self, stretch: &Stretch) -> Vec<Option<Draft>> {
        let draft = |(number, held): &(u32, Held)| match held {
            Held::Text(range) => self.draft(*number, &stretch.text[range.clone()]),
            Held::Odd(_) => None,
        };
        stretch.lines.iter().map(draft).collect()
    }

    /// The event of a line about which there is nothing to be remarked.
    fn draft(&mut self, number: u32, text: &str) -> Option<Draft> {
        let draft = self.first_telling(number, text);
        if self.findings.is_empty() {
            return draft;
        }
        self.findings = Findings::default();
        None
    }

    fn first_telling(&mut self, number: u32, text: &str) -> Option<Draft> {
        if text.trim().is_empty() {
            return None;
        }
        let mut fields = Fields::of_line(text, number).ok()?;
        fields.set_object_name("the event");
        if fields.has("kind") || fields.has("op") {
            return None;
        }
        let (track, fixture) = self.track(&mut fields)?;
        let kind = event_type(&mut fields, true, &mut self.own_types, &mut self.findings)?;
        let clock = clock(&mut fields, &fixture, None, &mut self.findings)?;
        let id = match fields.has("id") {
            true => {
                let id = fields.required("id", &mut self.findings)?;
                self.interner.share(&id)
            }
            false => Arc::default(),
        };
        let event = self.happening(&mut fields, (track, &fixture), &EventId::from(id), &kind, Some(clock));
        Some(Draft { track, event: Arc::new(event) })
    }

    /// Goes through lines in order that were drafted when there were so many matches. A further one changes what lines mean
    /// that name none, or one that was not known.
    fn go_through(&mut self, stretch: &mut Stretch, drafts: Vec<Option<Draft>>, matches: usize) {
        let mut drafts = drafts.into_iter();
        for (number, held) in stretch.lines.drain(..) {
            let fits = self.scenario.matches.len() == matches && self.open.is_none() && !self.stopped;
            let draft = drafts.next().flatten().filter(|_| fits);
            match held {
                Held::Text(_) if draft.is_some_and(|draft| self.adopt(number, draft)) => {}
                Held::Text(range) => self.any_line(number, Line::Text(&stretch.text[range])),
                Held::Odd(line) => self.any_line(number, line),
            }
        }
    }

    /// Takes a draft over as the next entry, unless its id has been told.
    fn adopt(&mut self, line: u32, draft: Draft) -> bool {
        let Draft { track, mut event } = draft;
        let place = usize::from(track);
        let lines = self.told[place].lines.saturating_add(1);
        if event.id.as_str().is_empty() {
            // Nobody else holds it yet.
            let Some(event) = Arc::get_mut(&mut event) else { return false };
            event.id = self.numbered(lines);
        }
        let (told, entries) = (&mut self.told[place], &mut self.scenario.entries);
        if told.has(entries, event.id.as_str()) {
            return false;
        }
        told.lines = lines;
        entries.push(Entry { line, track, item: Item::Event(EventRecord::First(event)) });
        told.add(entries, entries.len() - 1);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::SHIPPED;
    use super::super::super::damage::damaged_files;
    use super::super::super::testing::{file, fixture};
    use super::super::read_cut;
    use super::*;

    /// Reads a text in one go and cut into pieces, which must come to the same.
    fn assert_the_same(text: &[u8], stretch: usize, threads: usize) {
        let whole = read_cut(text, Cut { stretch, threads: 1 }).expect("memory");
        let cut = read_cut(text, Cut { stretch, threads }).expect("memory");
        let shown = || String::from_utf8_lossy(text).into_owned();
        assert_eq!(cut.scenario, whole.scenario, "{}", shown());
        assert_eq!(cut.findings.listed(), whole.findings.listed(), "{}", shown());
        assert_eq!(cut.findings.unlisted(), whole.findings.unlisted(), "{}", shown());
        assert_eq!(cut.match_lines, whole.match_lines, "{}", shown());
        assert_eq!(cut.table_lines, whole.table_lines, "{}", shown());
    }

    #[test]
    fn a_file_reads_the_same_however_it_is_cut() {
        for shipped in SHIPPED {
            for (stretch, threads) in [(1, 2), (5_000, 2), (700, 3)] {
                assert_the_same(shipped.text().as_bytes(), stretch, threads);
            }
        }
        // A match that comes late, an id that a number takes, lines that are none.
        let corner = r#"{"type":"corner","period":1,"clock":"10:00","side":"home"}"#;
        let late = fixture("late", "2018-04-22T18:45:00Z");
        let text = file(&format!(
            "{corner}\n\n{}\n{corner}\n{late}\n{}\n{corner}\n",
            corner.replacen("{", r#"{"id":"e3","#, 1),
            corner.replacen("{", r#"{"match":"late","#, 1)
        ));
        let mut noise = text.clone().into_bytes();
        noise.extend(b"\xff\xfe\n{}\n");
        for stretch in [1, 60, 200] {
            assert_the_same(text.as_bytes(), stretch, 2);
            assert_the_same(&noise, stretch, 3);
        }
    }

    #[test]
    fn a_damaged_file_reads_the_same_however_it_is_cut() {
        for (at, bytes) in damaged_files(300).enumerate() {
            assert_the_same(&bytes, [1, 300, 2_000][at % 3], 2 + at % 2);
        }
    }
}
