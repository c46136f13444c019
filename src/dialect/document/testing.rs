//! Documents of shipped scenarios for the tests of the dialects, and their golden files.

use std::path::PathBuf;

use serde_json::Value;

use super::{DocumentDialect, DocumentRequest, DocumentResponse, Moment, NumericIds, Usage};
use crate::playback::{Position, SeekOrigin};
use crate::scenario::{SHIPPED, Span, Timeline};

/// A timeline and its numbers: what moments are made of.
pub(crate) struct DocumentFixture {
    pub(crate) timeline: Timeline,
    ids: NumericIds,
}

impl DocumentFixture {
    pub(crate) fn new(timeline: Timeline) -> Self {
        Self { ids: NumericIds::new(&timeline), timeline }
    }

    /// A shipped scenario, by the beginning of its name.
    pub(crate) fn shipped(name: &str) -> Self {
        let shipped = SHIPPED.iter().find(|shipped| shipped.name.starts_with(name)).expect("shipped");
        Self::new(Timeline::new(&shipped.load().expect("shipped")))
    }

    /// The moment just before a position of a match, in the notation of seeks: `89:07`, `HT`, the id of an event.
    pub(crate) fn before(&self, id: &str, position: &str) -> Moment<'_> {
        self.at_position(id, position, false)
    }

    /// The moment at a position of a match, with all that is due by then.
    pub(crate) fn after(&self, id: &str, position: &str) -> Moment<'_> {
        self.at_position(id, position, true)
    }

    fn at_position(&self, id: &str, position: &str, after: bool) -> Moment<'_> {
        let track = Some(self.timeline.track_of(id).expect(id));
        let parsed = Position::parse(position).expect(position);
        let resolved = parsed.resolve(&self.timeline, track, &SeekOrigin::default(), Span::ZERO).expect(position);
        assert!(!resolved.beyond, "{id} has no {position}");
        let index =
            if after { self.timeline.index_after(resolved.at) } else { resolved.index(&self.timeline) as usize };
        self.moment(index, resolved.at)
    }

    /// The moment with a number of cues released, at the time of the last one.
    pub(crate) fn at_index(&self, index: usize) -> Moment<'_> {
        let last = index.checked_sub(1).and_then(|last| self.timeline.cues().get(last));
        self.moment(index, last.map_or(crate::scenario::MediaTime::ZERO, |cue| cue.at))
    }

    fn moment(&self, index: usize, at: crate::scenario::MediaTime) -> Moment<'_> {
        Moment { timeline: &self.timeline, index, at, kickoff_offset: Span::ZERO, ids: &self.ids, base: "" }
    }
}

/// The response to a request without headers: `/a/b?c=1`.
pub(crate) fn respond_at(dialect: &dyn DocumentDialect, moment: &Moment<'_>, target: &str) -> DocumentResponse {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    dialect.respond(moment, &DocumentRequest::new(path, query, &|_| None, Usage::default()))
}

/// The document with status 200 at a moment.
pub(crate) fn document_at(dialect: &dyn DocumentDialect, moment: &Moment<'_>, target: &str) -> Value {
    let response = respond_at(dialect, moment, target);
    assert_eq!(response.status, 200, "{target}: {:?}", response.body);
    serde_json::from_slice(&response.body).expect("JSON")
}

/// Compares a document with a golden file of a dialect, a path below this folder's parent. `TOUCHLINE_BLESS=1` rewrites it.
pub(crate) fn assert_golden(file: &str, document: &Value) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/dialect").join(file);
    let text = format!("{document:#}\n");
    if std::env::var_os("TOUCHLINE_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect(file);
        std::fs::write(&path, text).expect(file);
        return;
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = golden.lines().zip(text.lines()).position(|(golden, made)| golden != made);
    let line = differs.unwrap_or(golden.lines().count().min(text.lines().count()));
    let of = |text: &str| text.lines().nth(line).unwrap_or_default().to_owned();
    assert!(
        golden == text,
        "{file}, line {}: {:?} in place of {:?}; TOUCHLINE_BLESS=1 rewrites the file",
        line + 1,
        of(&text),
        of(&golden)
    );
}
