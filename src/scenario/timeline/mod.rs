//! The timeline: an immutable, ordered sequence of cues, with the states folded from them. Built once, from a [`Scenario`].
//!
//! Most lookups take an index `n` and answer for the state after the first `n` cues: the head of a playhead.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use super::layout::Layout;
use super::media_time::{MediaTime, Span};
use super::{FaultLine, Scenario};
use crate::football::{Field, LeagueTable, Match, MatchEvent, MatchResult, MatchState, PlayerId, Score, Status};
pub(crate) use clock_bend::{Bend, ClockBend};
pub use fault_report::{FaultReport, JournalEntry};
use faulty_feed::FaultyFeed;
pub(crate) use faulty_feed::{Delivery, Patch, WeakTimeline};
use index::Index;
use nearest::NearestMatches;

mod build;
mod clock_bend;
mod discipline;
mod event_ids;
mod fault_report;
mod faulty_feed;
mod index;
mod kickoffs;
mod known_phases;
mod lookup;
mod nearest;
mod scoreboard;
mod sent_cues;
mod sent_match;
mod status;
mod story_event;
#[cfg(test)]
mod tests;
mod ties;

pub(super) use build::ScenarioLayout;
pub use known_phases::KnownPhase;
pub use scoreboard::ScoreboardClock;
pub(crate) use story_event::StoryEvent;
use ties::TieLeg;
pub use ties::TieState;

/// The number of cues of a match between two keyframes of its state.
const KEYFRAME_EVERY: usize = 256;
/// The maximum number of names of each kind that are searched for a suggestion. The replay waits for the search.
pub(crate) const MAX_HINT_CANDIDATES: usize = 1_000;

/// One revision of an event and the time at which it is due.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Cue {
    /// The time at which it is due.
    pub at: MediaTime,
    /// The match it belongs to: an index in [`Timeline::tracks`].
    pub track: u16,
    /// The sequence number that the feed gives its event within the match, from 1.
    pub seq: u32,
    /// The number of its event type on this timeline: the index of a known type in
    /// [`EventType::WORDS`](crate::football::EventType::WORDS); after these the custom types, in alphabetical order.
    /// [`Cue::OVERFLOW_KIND`] if no number is left.
    pub kind: u16,
    /// The revision, complete. Shared with the scenario if it is unchanged.
    pub event: Arc<MatchEvent>,
    /// The cue of the previous revision.
    pub previous: Option<u32>,
    /// The score after it.
    pub score: Score,
    /// The score of the shoot-out after it, once that has begun.
    pub shootout: Option<Score>,
    /// The league table that it changes: an index in [`Timeline::tables`].
    pub table: Option<u16>,
    /// Whether it is the last of its match.
    pub last: bool,
    /// Whether the feed says nothing of the event here: the cue is only the place of a table or of the end of its match.
    pub silent: bool,
}

impl Cue {
    #[doc(hidden)]
    /// The [`kind`](Self::kind) shared by all types whose number would be this or greater.
    pub const OVERFLOW_KIND: u16 = u16::MAX;
}

/// One match on the timeline.
#[derive(Debug)]
pub struct Track {
    /// The match.
    pub fixture: Arc<Match>,
    /// Maps its clock to media time.
    pub(crate) layout: Layout,
    /// The indices of its cues in the timeline.
    cues: Vec<u32>,
    /// The indices of the cues in a late joiner's ticker.
    key_cues: Vec<u32>,
    /// Its tie, if it belongs to one.
    tie: Option<TieLeg>,
    /// The disciplinary points of both sides after each cue that changes them, in order; only if a table needs them.
    discipline: Vec<(u32, [u32; 2])>,
    /// The cues that award its result or withdraw the award, alternating.
    awards: Vec<u32>,
    /// The cues that change positions, each with the new positions of its players.
    positions: Vec<(u32, Box<[PlayerPosition]>)>,
    /// Its states after 0, [`KEYFRAME_EVERY`], 2 × [`KEYFRAME_EVERY`], ... of its cues.
    keyframes: Vec<MatchState>,
}

/// A player and the player's position; `None` if the sheet has none.
pub type PlayerPosition = (PlayerId, Option<Arc<str>>);

impl Track {
    fn shrink(&mut self) {
        self.cues.shrink_to_fit();
        self.key_cues.shrink_to_fit();
        self.keyframes.shrink_to_fit();
    }

    /// The number of its cues.
    pub fn len(&self) -> usize {
        self.cues.len()
    }

    /// Whether it has no cues.
    pub fn is_empty(&self) -> bool {
        self.cues.is_empty()
    }

    /// How many of the first `index` cues of the timeline belong to this match.
    pub(crate) fn cues_before(&self, index: usize) -> usize {
        self.cues.partition_point(|cue| (*cue as usize) < index)
    }

    /// Whether its result is awarded after the first `index` cues of the timeline.
    fn is_awarded(&self, index: usize) -> bool {
        self.awards.partition_point(|award| (*award as usize) < index) % 2 == 1
    }

    /// The indices of its cues in the timeline.
    pub fn cues(&self) -> &[u32] {
        &self.cues
    }
}

/// A named time on the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Marker {
    /// The time.
    pub at: MediaTime,
    /// The name.
    pub name: Arc<str>,
    /// The match it belongs to: an index in [`Timeline::tracks`].
    pub track: u16,
}

/// A feed fault that the scenario asks for.
#[derive(Debug, Clone)]
pub(crate) struct ScenarioFault {
    /// The time of its line.
    pub(crate) at: MediaTime,
    /// Its line number in the file; 0 if it comes from no file.
    pub(crate) line: u32,
    /// The match it belongs to: an index in [`Timeline::tracks`].
    pub(crate) track: u16,
    pub(crate) fault: FaultLine,
}

/// An ordered, immutable sequence of cues with the states folded from them. A clone is cheap.
///
/// Of a timeline with [feed faults](crate::faults) the cues are those that the feed reports. States, tables, phases and markers
/// stay true: an index counts cues of the timeline itself, and a lookup by index answers with what has really happened by then.
#[derive(Debug, Clone)]
pub struct Timeline {
    content: Arc<Content>,
    /// The cues of a faulty feed, in place of those of the content.
    feed: Option<Arc<FaultyFeed>>,
}

/// What has really happened.
#[derive(Debug)]
struct Content {
    title: Arc<str>,
    /// What it was built from, where that is kept. Both share the events: it costs a pointer and two numbers for each.
    scenario: Option<Arc<Scenario>>,
    cues: Vec<Cue>,
    /// The entry of each cue: an index in [`Scenario::entries`].
    entries: Vec<u32>,
    tracks: Vec<Track>,
    markers: Vec<Marker>,
    faults: Vec<ScenarioFault>,
    breaks: Vec<Range<MediaTime>>,
    /// The starts and the ends of play of all matches, each in order.
    play_bounds: (Vec<MediaTime>, Vec<MediaTime>),
    tables: Vec<LeagueTable>,
    index: Index,
    nearest: NearestMatches,
    length: MediaTime,
    /// The length before phases were cut to what is reported in them.
    uncut_length: Span,
    digest: u32,
}

impl Timeline {
    /// Builds the timeline of a scenario.
    ///
    /// # Panics
    /// If an entry or a tie is of no match of the scenario.
    pub fn new(scenario: &Scenario) -> Self {
        Self { content: Arc::new(build::content(scenario)), feed: None }
    }

    /// The same, and keeps the scenario.
    #[cfg_attr(not(feature = "net"), allow(dead_code))]
    pub(crate) fn keeping(scenario: Arc<Scenario>) -> Self {
        let content = Content { scenario: Some(scenario.clone()), ..build::content(&scenario) };
        Self { content: Arc::new(content), feed: None }
    }

    /// The scenario's headline.
    pub fn title(&self) -> &str {
        &self.content.title
    }

    /// The scenario that it was built from, if it keeps it.
    #[cfg_attr(not(feature = "net"), allow(dead_code))]
    pub(crate) fn scenario(&self) -> Option<&Arc<Scenario>> {
        self.content.scenario.as_ref()
    }

    /// All cues, in order.
    pub fn cues(&self) -> &[Cue] {
        self.feed.as_ref().map_or(&self.content.cues, |feed| &feed.cues)
    }

    /// The entry of a cue: an index in [`Scenario::entries`].
    pub(super) fn entry_of(&self, cue: usize) -> usize {
        self.content.entries[cue] as usize
    }

    /// The matches.
    pub fn tracks(&self) -> &[Track] {
        &self.content.tracks
    }

    /// The markers, in order of time.
    pub fn markers(&self) -> &[Marker] {
        &self.content.markers
    }

    /// The feed faults that the scenario asks for, in the order of its lines.
    pub(crate) fn scenario_faults(&self) -> &[ScenarioFault] {
        &self.content.faults
    }

    /// The intervals between play in which no match is in play, in order: half-times, suspensions, gaps between matches.
    pub(crate) fn breaks(&self) -> &[Range<MediaTime>] {
        &self.content.breaks
    }

    /// How many matches are in play at a time.
    pub(crate) fn matches_in_play_at(&self, at: MediaTime) -> usize {
        let (starts, ends) = &self.content.play_bounds;
        starts.partition_point(|start| *start <= at) - ends.partition_point(|end| *end <= at)
    }

    /// The league tables before the first cue.
    pub fn tables(&self) -> &[LeagueTable] {
        &self.content.tables
    }

    /// At most `count` matches nearest to a time: indices in [`Timeline::tracks`], in order.
    pub(crate) fn nearest_matches(&self, at: MediaTime, count: usize) -> Vec<u16> {
        self.content.nearest.find_nearest(at, count)
    }

    /// The time of the last cue or marker.
    pub fn length(&self) -> MediaTime {
        self.feed.as_ref().map_or(self.content.length, |feed| feed.length)
    }

    /// The length before gaps between matches were cut.
    pub(crate) fn uncut_length(&self) -> Span {
        self.content.uncut_length
    }

    /// A digest of the scenario's contents and the feed faults: equal for equal ones on any machine, and most likely different
    /// for others.
    pub fn digest(&self) -> u32 {
        self.feed.as_ref().map_or(self.content.digest, |feed| feed.digest)
    }

    /// How many cues are due strictly before a time.
    pub fn index_before(&self, at: MediaTime) -> usize {
        self.cues().partition_point(|cue| cue.at < at)
    }

    /// How many cues are due at or before a time.
    pub fn index_after(&self, at: MediaTime) -> usize {
        self.cues().partition_point(|cue| cue.at <= at)
    }

    /// The state of a match after the first `index` cues of the timeline.
    ///
    /// # Panics
    /// If `track` is not an index in [`Self::tracks`].
    pub fn state_at(&self, track: usize, index: usize) -> MatchState {
        let Track { cues, keyframes, .. } = &self.content.tracks[track];
        let released = self.content.tracks[track].cues_before(self.true_index(index));
        let keyframe = released / KEYFRAME_EVERY;
        let mut state = keyframes[keyframe].clone();
        for cue in &cues[keyframe * KEYFRAME_EVERY..released] {
            let cue = &self.content.cues[*cue as usize];
            state.apply(&cue.event, self.content.previous_cue(cue).map(|previous| &*previous.event));
        }
        state
    }

    /// The new positions of the players whose positions a cue changes; empty for any other cue.
    pub(crate) fn positions_after(&self, index: usize) -> &[PlayerPosition] {
        let Some((Content { tracks, cues, .. }, index)) = self.reported(index) else { return &[] };
        let positions = &tracks[usize::from(cues[index].track)].positions;
        let found = positions.binary_search_by_key(&index, |(cue, _)| *cue as usize);
        found.map_or(&[], |found| &positions[found].1)
    }

    /// The cue of the previous revision of a cue's event. Of a faulty feed, it may be one that was never sent.
    pub fn previous_cue(&self, cue: &Cue) -> Option<&Cue> {
        self.feed.as_ref().map_or(&self.content, |feed| &feed.story.content).previous_cue(cue)
    }

    /// The previous revision of a cue's event.
    pub fn previous_revision(&self, cue: &Cue) -> Option<&MatchEvent> {
        self.previous_cue(cue).map(|previous| &*previous.event)
    }

    /// A league table after the first `index` cues. A match without any cue counts once its nominal kick-off has passed.
    ///
    /// # Panics
    /// If `table` is not an index in [`Self::tables`].
    pub fn table_at(&self, table: usize, index: usize) -> LeagueTable {
        let index = self.true_index(index);
        let at =
            index.checked_sub(1).and_then(|last| self.content.cues.get(last)).map_or(MediaTime::ZERO, |cue| cue.at);
        // Score and status are those of the last cue of each match; cards and awards have lists of their own.
        self.content.tables[table].with_results(self.content.tracks.iter().map(|track| {
            let last = self.content.last_cue(track, index);
            let (status, score) =
                last.map_or((Status::Scheduled, Score::default()), |cue| (cue.event.status, cue.score));
            let silent = status == Status::Scheduled && track.layout.kickoff().is_some_and(|kickoff| kickoff < at);
            let carded = track.discipline.partition_point(|(cue, _)| (*cue as usize) < index).checked_sub(1);
            MatchResult {
                discipline: carded.map_or([0; 2], |last| track.discipline[last].1),
                fixture: &track.fixture,
                status: if silent { Status::FirstHalf } else { status },
                score,
                awarded: track.is_awarded(index),
            }
        }))
    }

    /// The events of a match in force after the first `index` cues, that is, not removed: the cue of the latest revision of
    /// each, in the order of the original reports. `key`: only those in a late joiner's ticker.
    ///
    /// # Panics
    /// If `track` is not an index in [`Self::tracks`].
    pub fn events_in_force(&self, track: usize, index: usize, key: bool) -> Vec<&Cue> {
        let latest =
            self.event_cues(track, index, key).into_iter().map(|(_, latest)| &self.content.cues[latest as usize]);
        latest.filter(|cue| cue.event.is_in_force() && (!key || is_key(&cue.event))).collect()
    }

    /// All events of a match among the first `index` cues, including removed ones, in the order of the original reports: the
    /// first and the latest cue of each. `key`: only those that are or were in a late joiner's ticker.
    pub(crate) fn event_cues(&self, track: usize, index: usize, key: bool) -> Vec<(u32, u32)> {
        let index = self.true_index(index);
        let track = &self.content.tracks[track];
        let cues = if key { &track.key_cues } else { &track.cues };
        let released = &cues[..cues.partition_point(|cue| (*cue as usize) < index)];
        // The latest revision of an event is the one that is not the previous revision of another.
        let followed: HashSet<u32> =
            released.iter().filter_map(|cue| self.content.cues[*cue as usize].previous).collect();
        let latest = released.iter().filter(|cue| !followed.contains(cue));
        let mut event_cues: Vec<(u32, u32)> = latest.map(|cue| (self.first_cue(*cue), *cue)).collect();
        // By first cue: a corrected event keeps the place of its original report.
        event_cues.sort_unstable();
        event_cues
    }

    /// The first cue of a cue's event.
    fn first_cue(&self, mut cue: u32) -> u32 {
        while let Some(previous) = self.content.cues[cue as usize].previous {
            cue = previous;
        }
        cue
    }
}

impl Content {
    fn previous_cue(&self, cue: &Cue) -> Option<&Cue> {
        cue.previous.map(|previous| &self.cues[previous as usize])
    }

    /// The last cue of a match among the first `index` cues.
    fn last_cue(&self, track: &Track, index: usize) -> Option<&Cue> {
        track.cues_before(index).checked_sub(1).map(|last| &self.cues[track.cues[last] as usize])
    }
}

/// Whether a late joiner's ticker includes an event: a key type, or any event with a text.
fn is_key(event: &MatchEvent) -> bool {
    event.kind.is_key() || event.details.get(Field::Text).is_some()
}
