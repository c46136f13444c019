//! What is played: every revision complete and in its place, and the states that follow from them.
//!
//! A timeline is immutable and ordered; what moves over it is a playhead. It is built once, from a [`Scenario`].

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::Scenario;
use super::layout::Layout;
use super::media_time::{MediaTime, Span};
use crate::football::{
    EventId, Field, LeagueTable, Match, MatchClock, MatchEvent, MatchState, Minute, Reading, Score, Status,
};

mod build;

pub(super) use build::Laid;

/// How many cues of a match lie between two keyframes of its state.
const KEYFRAME_EVERY: usize = 256;

/// One thing to be told, and when.
#[derive(Debug, Clone)]
pub struct Cue {
    /// When it is due.
    pub at: MediaTime,
    /// The match it belongs to: a place in [`Timeline::tracks`].
    pub track: u16,
    /// Its number within the match, from 1.
    pub seq: u32,
    /// What is told.
    pub event: MatchEvent,
    /// The cue that told the revision before.
    pub was: Option<u32>,
    /// The score once it has been told.
    pub score: Score,
    /// Likewise of the shoot-out, once it has begun.
    pub shootout: Option<Score>,
    /// The league table that it changes: a place in [`Timeline::tables`].
    pub table: Option<u16>,
    /// Whether it is the last of its match.
    pub last: bool,
}

/// One match on the timeline.
#[derive(Debug)]
pub struct Track {
    /// Who plays whom.
    pub fixture: Arc<Match>,
    /// Where its clocks lie.
    pub layout: Layout,
    /// Its cues, by their places in the timeline.
    cues: Vec<u32>,
    /// Those that matter to a late joiner, likewise.
    key_cues: Vec<u32>,
    /// Its state after 0, 256, 512, ... of its cues.
    keyframes: Vec<MatchState>,
}

impl Track {
    /// How many events it has.
    pub fn len(&self) -> usize {
        self.cues.len()
    }

    /// Whether nothing is told of it.
    pub fn is_empty(&self) -> bool {
        self.cues.is_empty()
    }

    /// How many of the first `index` cues of the timeline are its own.
    pub fn told(&self, index: usize) -> usize {
        self.cues.partition_point(|cue| (*cue as usize) < index)
    }

    /// Its cues, by their places in the timeline.
    pub fn cues(&self) -> &[u32] {
        &self.cues
    }
}

/// A place on the timeline with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// Where.
    pub at: MediaTime,
    /// What it is called.
    pub name: Arc<str>,
    /// The match it belongs to: a place in [`Timeline::tracks`].
    pub track: u16,
}

/// What a scoreboard shows of a match at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoreboardClock {
    /// Where the match is.
    pub status: Status,
    /// What its clock reads.
    pub reading: Reading,
    /// The minute, in play.
    pub minute: Option<Minute>,
    /// Minutes of stoppage time announced for the period.
    pub announced: Option<u16>,
}

/// An ordered, immutable sequence of cues with the states folded from them.
#[derive(Debug)]
pub struct Timeline {
    title: Arc<str>,
    cues: Vec<Cue>,
    /// For each cue the entry that it was made from: a place in [`Scenario::entries`].
    entries: Vec<u32>,
    tracks: Vec<Track>,
    markers: Vec<Marker>,
    tables: Vec<LeagueTable>,
    own_types: BTreeSet<Arc<str>>,
    length: MediaTime,
    uncut: Span,
    digest: u32,
}

impl Timeline {
    /// Lays a scenario out.
    pub fn new(scenario: &Scenario) -> Self {
        build::timeline(scenario)
    }

    /// The scenario's headline.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Everything told, in order.
    pub fn cues(&self) -> &[Cue] {
        &self.cues
    }

    /// The entry that a cue was made from: a place in [`Scenario::entries`].
    pub(super) fn entry_of(&self, cue: usize) -> usize {
        self.entries[cue] as usize
    }

    /// The matches.
    pub fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// The match of that id: its place in [`Timeline::tracks`].
    pub fn track_of(&self, id: &str) -> Option<usize> {
        self.tracks.iter().position(|track| track.fixture.id.as_str() == id)
    }

    /// The named places, in order.
    pub fn markers(&self) -> &[Marker] {
        &self.markers
    }

    /// The league tables as they stood before.
    pub fn tables(&self) -> &[LeagueTable] {
        &self.tables
    }

    /// The event types of its own that this version does not know, each once.
    pub fn own_types(&self) -> Vec<&str> {
        self.own_types.iter().map(|word| &**word).collect()
    }

    /// When the last cue is due.
    pub fn length(&self) -> MediaTime {
        self.length
    }

    /// How long it was before stretches without a match were cut.
    pub fn uncut_length(&self) -> Span {
        self.uncut
    }

    /// A digest of what is played: the same for the same scenario, whoever plays it, and most unlikely to be the
    /// same for another.
    pub fn digest(&self) -> u32 {
        self.digest
    }

    /// How many cues are due before a moment, those of the moment itself left out.
    pub fn index_before(&self, at: MediaTime) -> usize {
        self.cues.partition_point(|cue| cue.at < at)
    }

    /// How many cues are due by a moment, those of the moment itself included.
    pub fn index_after(&self, at: MediaTime) -> usize {
        self.cues.partition_point(|cue| cue.at <= at)
    }

    /// The state of a match after the first `index` cues of the timeline.
    pub fn state_at(&self, track: usize, index: usize) -> MatchState {
        let Track { cues, keyframes, .. } = &self.tracks[track];
        let told = self.tracks[track].told(index);
        let keyframe = told / KEYFRAME_EVERY;
        let mut state = keyframes[keyframe].clone();
        for cue in &cues[keyframe * KEYFRAME_EVERY..told] {
            let cue = &self.cues[*cue as usize];
            state.apply(&cue.event, self.revision_before(cue));
        }
        state
    }

    /// What a cue's happening was before it.
    pub fn revision_before(&self, cue: &Cue) -> Option<&MatchEvent> {
        cue.was.map(|was| &self.cues[was as usize].event)
    }

    /// A league table after the first `index` cues.
    pub fn table_at(&self, table: usize, index: usize) -> LeagueTable {
        let states: Vec<_> = (0..self.tracks.len()).map(|track| self.state_at(track, index)).collect();
        self.tables[table].with(&states)
    }

    /// The happenings of a match that stand after the first `index` cues, each in its latest revision, in the order
    /// in which they were first told. `key`: only those that a late joiner's ticker wants.
    pub fn standing(&self, track: usize, index: usize, key: bool) -> Vec<&Cue> {
        let track = &self.tracks[track];
        let cues = if key { &track.key_cues } else { &track.cues };
        let mut standing: Vec<&Cue> = Vec::new();
        let mut places: HashMap<&EventId, usize> = HashMap::new();
        for cue in cues.iter().take_while(|cue| (**cue as usize) < index) {
            let cue = &self.cues[*cue as usize];
            match places.get(&cue.event.id) {
                Some(place) => standing[*place] = cue,
                None => {
                    places.insert(&cue.event.id, standing.len());
                    standing.push(cue);
                }
            }
        }
        standing.retain(|cue| cue.event.stands() && (!key || is_key(&cue.event)));
        standing
    }

    /// What a scoreboard shows of a match at a moment, when its state is that after the cues released by then.
    ///
    /// At the very instant that a phase begins the state decides: before the cue that tells it, the phase before.
    pub fn clock_at(&self, track: usize, at: MediaTime, state: &MatchState) -> ScoreboardClock {
        let Track { fixture, layout, .. } = &self.tracks[track];
        let told = layout.phase_of(state.status, at).map(|phase| phase.from);
        let status = match (layout.phase_before(at), told) {
            // Sparse feeds do not tell kick-offs and ends; the layout knows them all the same.
            (Some(phase), Some(told)) if phase.from > told => phase.status,
            (Some(phase), None) if state.status == Status::Scheduled => phase.status,
            _ => state.status,
        };
        let Some(phase) = layout.phase_of(status, at) else {
            // A status that no clock was told in: it counts to the first phase, or from the last.
            let since = |from: MediaTime| Reading::from_millis((at - from).as_nanos().div_euclid(1_000_000));
            let phases = layout.phases();
            let reading = match status {
                Status::Scheduled => phases.first().map(|first| since(first.from).min(Reading::default())),
                _ => phases.last().map(|last| since(last.to).max(Reading::default())),
            };
            let reading = reading.unwrap_or_default();
            return ScoreboardClock { status, reading, minute: None, announced: None };
        };
        // Play goes on showing the last reading until its end has been told.
        let last = if status.in_play() { at.min(phase.to) } else { at };
        let reading = phase.reading_at(last.max(phase.from));
        let clock = MatchClock { status, reading };
        let announced = status.period().and_then(|period| state.announced(period));
        ScoreboardClock { status, reading, minute: clock.minute(&fixture.rules.periods), announced }
    }
}

/// Whether a late joiner's ticker wants it: a key type, or anything with words.
fn is_key(event: &MatchEvent) -> bool {
    event.kind.is_key() || event.details.get(Field::Text).is_some()
}
