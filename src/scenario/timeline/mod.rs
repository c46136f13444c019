//! The timeline: an immutable, ordered sequence of cues, with the states folded from them. Built once, from a [`Scenario`].
//!
//! Most lookups take an index `n` and answer for the state after the first `n` cues: the head of a playhead.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use super::Scenario;
use super::layout::Layout;
use super::media_time::{MediaTime, Span};
use crate::football::{
    Field, LeagueTable, Match, MatchEvent, MatchResult, MatchState, PlayerId, Score, Status, TypeSelector,
};
use index::Index;
use nearest::NearestMatches;

mod build;
mod discipline;
mod index;
mod kickoffs;
mod known_phases;
mod nearest;
mod scoreboard;
mod status;
mod ties;

pub(super) use build::ScenarioLayout;
pub use known_phases::KnownPhase;
pub use scoreboard::ScoreboardClock;
use ties::TieLeg;
pub use ties::TieState;

/// The number of cues of a match between two keyframes of its state.
const KEYFRAME_EVERY: usize = 256;
/// The maximum number of names of each kind that are searched for a suggestion. The replay waits for the search.
pub(crate) const MAX_HINT_CANDIDATES: usize = 1_000;

/// One revision of an event and the time at which it is due.
#[derive(Debug, Clone)]
pub struct Cue {
    /// The time at which it is due.
    pub at: MediaTime,
    /// The match it belongs to: an index in [`Timeline::tracks`].
    pub track: u16,
    /// Its sequence number within the match, from 1.
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
pub struct Marker {
    /// The time.
    pub at: MediaTime,
    /// The name.
    pub name: Arc<str>,
    /// The match it belongs to: an index in [`Timeline::tracks`].
    pub track: u16,
}

/// An ordered, immutable sequence of cues with the states folded from them.
#[derive(Debug)]
pub struct Timeline {
    title: Arc<str>,
    cues: Vec<Cue>,
    /// The entry of each cue: an index in [`Scenario::entries`].
    entries: Vec<u32>,
    tracks: Vec<Track>,
    markers: Vec<Marker>,
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
    pub fn new(scenario: &Scenario) -> Self {
        build::timeline(scenario)
    }

    /// The scenario's headline.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// All cues, in order.
    pub fn cues(&self) -> &[Cue] {
        &self.cues
    }

    /// The entry of a cue: an index in [`Scenario::entries`].
    pub(super) fn entry_of(&self, cue: usize) -> usize {
        self.entries[cue] as usize
    }

    /// The matches.
    pub fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// Looks up a match by id: an index in [`Timeline::tracks`].
    pub fn track_of(&self, id: &str) -> Option<usize> {
        self.index.track(&self.tracks, id)
    }

    /// The indices of the cues at which an event becomes of the selected type, in order: the original reports, and corrections
    /// from another type. Includes events that are removed later. `track`: of that match only.
    pub(crate) fn cues_of_type(&self, selector: &TypeSelector, track: Option<usize>) -> &[u32] {
        self.index.cues_of_type(&self.cues, selector, track)
    }

    /// The indices of the cues that correct an earlier event, in order. `track`: of that match only.
    pub(crate) fn corrections(&self, track: Option<usize>) -> &[u32] {
        self.index.corrections(&self.cues, track)
    }

    /// The indices of the cues that remove an earlier event, in order. `track`: of that match only.
    pub(crate) fn removals(&self, track: Option<usize>) -> &[u32] {
        self.index.removals(&self.cues, track)
    }

    /// The cue of a revision of the event whose first cue is `first`.
    pub(crate) fn revision_cue(&self, first: usize, rev: usize) -> Option<usize> {
        let Some(later) = rev.checked_sub(1) else { return Some(first) };
        self.index.revisions(u32::try_from(first).ok()?).get(later).map(|(_, place)| *place as usize)
    }

    /// The number of revisions of the event whose first cue is `first`, including the original.
    pub(crate) fn revision_count(&self, first: usize) -> usize {
        1 + u32::try_from(first).map_or(0, |first| self.index.revisions(first).len())
    }

    /// Looks up an event by id: its first cue. Without `track`, in the first match that has the id.
    pub(crate) fn first_cue_of(&self, id: &str, track: Option<usize>) -> Option<usize> {
        self.index.first_cue_of(&self.cues, id, track)
    }

    /// Looks up a marker by name. If several have the name: the first one of the match `track`, else the first of all.
    pub fn marker(&self, name: &str, track: Option<usize>) -> Option<&Marker> {
        self.index.marker(&self.markers, name, track)
    }

    /// The markers, in order of time.
    pub fn markers(&self) -> &[Marker] {
        &self.markers
    }

    /// The intervals between play in which no match is in play, in order: half-times, suspensions, gaps between matches.
    pub(crate) fn breaks(&self) -> &[Range<MediaTime>] {
        &self.breaks
    }

    /// How many matches are in play at a time.
    pub(crate) fn matches_in_play_at(&self, at: MediaTime) -> usize {
        let (starts, ends) = &self.play_bounds;
        starts.partition_point(|start| *start <= at) - ends.partition_point(|end| *end <= at)
    }

    /// The league tables before the first cue.
    pub fn tables(&self) -> &[LeagueTable] {
        &self.tables
    }

    /// The custom event types of the scenario, each once, in alphabetical order.
    pub fn custom_types(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.index.custom_types()
    }

    /// The type numbers ([`Cue::kind`]) that a word names: a group, a known type or a custom type. `None` if it names none.
    pub(crate) fn cue_kinds(&self, word: &str) -> Option<Vec<u16>> {
        self.index.cue_kinds(word)
    }

    /// The custom types to resolve `word` against: `word` itself if it is one, and the first thousand for suggestions. A
    /// scenario may have as many types as events, and a command must not search them all.
    pub(crate) fn similar_custom_types<'a>(&'a self, word: &str) -> impl Iterator<Item = &'a str> + Clone + use<'a> {
        self.index.custom_type(word).into_iter().chain(self.custom_types().take(MAX_HINT_CANDIDATES))
    }

    /// At most `count` ids of matches that are next to a word in alphabetical order: candidates for suggestions, found without
    /// searching all matches.
    pub(crate) fn similar_match_ids(&self, word: &str, count: usize) -> impl Iterator<Item = &str> {
        self.index.similar_match_ids(&self.tracks, word, count)
    }

    /// The league tables of a competition: indices in [`Timeline::tables`].
    pub(crate) fn table_indices_of(&self, competition: &str) -> &[u16] {
        self.index.table_indices_of(&self.tables, competition)
    }

    /// At most `count` matches nearest to a time: indices in [`Timeline::tracks`], in order.
    pub(crate) fn nearest_matches(&self, at: MediaTime, count: usize) -> Vec<u16> {
        self.nearest.find_nearest(at, count)
    }

    /// The time of the last cue or marker.
    pub fn length(&self) -> MediaTime {
        self.length
    }

    /// The length before gaps between matches were cut.
    pub(crate) fn uncut_length(&self) -> Span {
        self.uncut_length
    }

    /// A digest of the scenario's contents: equal for equal scenarios on any machine, and most likely different for others.
    pub fn digest(&self) -> u32 {
        self.digest
    }

    /// How many cues are due strictly before a time.
    pub fn index_before(&self, at: MediaTime) -> usize {
        self.cues.partition_point(|cue| cue.at < at)
    }

    /// How many cues are due at or before a time.
    pub fn index_after(&self, at: MediaTime) -> usize {
        self.cues.partition_point(|cue| cue.at <= at)
    }

    /// The state of a match after the first `index` cues of the timeline.
    pub fn state_at(&self, track: usize, index: usize) -> MatchState {
        let Track { cues, keyframes, .. } = &self.tracks[track];
        let released = self.tracks[track].cues_before(index);
        let keyframe = released / KEYFRAME_EVERY;
        let mut state = keyframes[keyframe].clone();
        for cue in &cues[keyframe * KEYFRAME_EVERY..released] {
            let cue = &self.cues[*cue as usize];
            state.apply(&cue.event, self.previous_revision(cue));
        }
        state
    }

    /// The new positions of the players whose positions a cue changes; empty for any other cue.
    pub(crate) fn positions_after(&self, index: usize) -> &[PlayerPosition] {
        let positions = &self.tracks[usize::from(self.cues[index].track)].positions;
        let found = positions.binary_search_by_key(&index, |(cue, _)| *cue as usize);
        found.map_or(&[], |found| &positions[found].1)
    }

    /// The previous revision of a cue's event.
    pub fn previous_revision(&self, cue: &Cue) -> Option<&MatchEvent> {
        cue.previous.map(|previous| &*self.cues[previous as usize].event)
    }

    /// A league table after the first `index` cues. A match without any cue counts once its nominal kick-off has passed.
    pub fn table_at(&self, table: usize, index: usize) -> LeagueTable {
        let at = index.checked_sub(1).and_then(|last| self.cues.get(last)).map_or(MediaTime::ZERO, |cue| cue.at);
        // Score and status are those of the last cue of each match; cards and awards have lists of their own.
        self.tables[table].with_results(self.tracks.iter().map(|track| {
            let last = self.last_cue(track, index);
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

    /// The last cue of a match among the first `index` cues.
    fn last_cue(&self, track: &Track, index: usize) -> Option<&Cue> {
        track.cues_before(index).checked_sub(1).map(|last| &self.cues[track.cues[last] as usize])
    }

    /// The events of a match in force after the first `index` cues, that is, not removed: the cue of the latest revision of
    /// each, in the order of the original reports. `key`: only those in a late joiner's ticker.
    pub fn events_in_force(&self, track: usize, index: usize, key: bool) -> Vec<&Cue> {
        let latest = self.event_cues(track, index, key).into_iter().map(|(_, latest)| &self.cues[latest as usize]);
        latest.filter(|cue| cue.event.is_in_force() && (!key || is_key(&cue.event))).collect()
    }

    /// All events of a match among the first `index` cues, including removed ones, in the order of the original reports: the
    /// first and the latest cue of each. `key`: only those that are or were in a late joiner's ticker.
    pub(crate) fn event_cues(&self, track: usize, index: usize, key: bool) -> Vec<(u32, u32)> {
        let track = &self.tracks[track];
        let cues = if key { &track.key_cues } else { &track.cues };
        let released = &cues[..cues.partition_point(|cue| (*cue as usize) < index)];
        // The latest revision of an event is the one that is not the previous revision of another.
        let followed: HashSet<u32> = released.iter().filter_map(|cue| self.cues[*cue as usize].previous).collect();
        let latest = released.iter().filter(|cue| !followed.contains(cue));
        let mut event_cues: Vec<(u32, u32)> = latest.map(|cue| (self.first_cue(*cue), *cue)).collect();
        // By first cue: a corrected event keeps the place of its original report.
        event_cues.sort_unstable();
        event_cues
    }

    /// The first cue of a cue's event.
    fn first_cue(&self, mut cue: u32) -> u32 {
        while let Some(previous) = self.cues[cue as usize].previous {
            cue = previous;
        }
        cue
    }
}

/// Whether a late joiner's ticker includes an event: a key type, or any event with a text.
fn is_key(event: &MatchEvent) -> bool {
    event.kind.is_key() || event.details.get(Field::Text).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{arbitrary::long_matches, arbitrary::scenarios, fixture, header, scenario};
    use super::super::{Correction, EventRecord, LineContent, SHIPPED, TimedLine};
    use super::*;
    use crate::football::{Details, MatchClock, Op, Reading, Side, Statistics, Status};

    fn timeline(lines: &str) -> Timeline {
        Timeline::new(&scenario(lines))
    }

    /// Checks the invariants of every timeline.
    fn assert_sound(timeline: &Timeline, every: usize) {
        let cues = timeline.cues();
        let mut seqs = vec![0; timeline.tracks().len()];
        for (index, cue) in cues.iter().enumerate() {
            let track = usize::from(cue.track);
            seqs[track] += 1;
            assert_eq!(cue.seq, seqs[track], "numbers without gaps");
            assert!(index == 0 || cues[index - 1].at <= cue.at, "in order");
            assert!(cue.at >= MediaTime::ZERO && cue.at <= timeline.length());
            let last = cues[index + 1..].iter().all(|later| later.track != cue.track);
            assert_eq!(cue.last, last);
            // The previous revision is the latest one of the same event, and an event begins with revision 0.
            let same = |other: &Cue| other.track == cue.track && other.event.id == cue.event.id;
            assert_eq!(cue.previous.map(|previous| previous as usize), cues[..index].iter().rposition(same));
            let before = timeline.previous_revision(cue);
            assert_eq!(cue.event.rev, before.map_or(0, |previous| previous.rev + 1));
            assert_eq!(before.is_none(), cue.event.op == Op::Add);
        }
        for track in 0..timeline.tracks().len() {
            let mut state = MatchState::new(timeline.tracks()[track].fixture.clone());
            for index in 0..=cues.len() {
                if index % every == 0 || index == cues.len() {
                    assert_eq!(timeline.state_at(track, index), state, "after {index} cues");
                }
                let Some(cue) = cues.get(index).filter(|cue| usize::from(cue.track) == track) else { continue };
                state.apply(&cue.event, timeline.previous_revision(cue));
                assert_eq!((cue.score, cue.shootout), (state.score(), state.shootout_score()));
            }
            for index in [0, cues.len() / 3, cues.len()] {
                for key in [false, true] {
                    assert_eq!(
                        ids(&timeline.events_in_force(track, index, key)),
                        in_force(timeline, track, index, key)
                    );
                }
            }
        }
    }

    fn ids(cues: &[&Cue]) -> Vec<(String, u32)> {
        cues.iter().map(|cue| (cue.event.id.to_string(), cue.event.rev)).collect()
    }

    /// The events in force, by definition: each at the place of its original report, in its latest revision.
    fn in_force(timeline: &Timeline, track: usize, index: usize, key: bool) -> Vec<(String, u32)> {
        let released: Vec<&Cue> =
            timeline.cues()[..index].iter().filter(|cue| usize::from(cue.track) == track).collect();
        let firsts = released.iter().filter(|cue| cue.previous.is_none());
        let latest = |first: &&Cue| released.iter().rfind(|cue| cue.event.id == first.event.id).copied();
        let mut in_force: Vec<&Cue> = firsts.filter_map(latest).filter(|cue| cue.event.op != Op::Remove).collect();
        in_force.retain(|cue| !key || is_key(&cue.event));
        ids(&in_force)
    }

    #[test]
    fn a_break_is_when_no_match_is_in_play() {
        let flagship = Timeline::new(&SHIPPED[0].load().expect("shipped"));
        let at = |seconds: i64| MediaTime::from_millis(seconds * 1_000);
        assert_eq!(flagship.breaks(), [at(2_885)..at(3_785)]);
        let var_night = Timeline::new(&SHIPPED[2].load().expect("shipped"));
        for stretch in var_night.breaks() {
            let phases = var_night.tracks().iter().flat_map(|track| track.layout.phases());
            let mut play = phases.filter(|phase| phase.status.is_in_play());
            assert!(play.all(|phase| phase.to <= stretch.start || phase.from >= stretch.end), "{stretch:?}");
        }
        assert!(var_night.breaks().is_sorted_by(|a, b| a.end <= b.start));
    }

    #[test]
    fn any_custom_type_is_found_and_few_are_searched_for_a_suggestion() {
        let line = |number: usize| {
            format!(r#"{{"type":"x_{number:05}","period":1,"clock":"{:02}:{:02}"}}"#, number / 60, number % 60)
        };
        let lines: Vec<String> = (0..1_500).map(line).collect();
        let timeline = timeline(&lines.join("\n"));
        assert_eq!(timeline.custom_types().count(), 1_500);
        let near = |word| timeline.similar_custom_types(word).collect::<Vec<_>>();
        assert_eq!((near("x_01499")[0], near("x_01499").len()), ("x_01499", MAX_HINT_CANDIDATES + 1));
        assert_eq!(near("x_1499").len(), MAX_HINT_CANDIDATES);
        assert!(TypeSelector::parse("x_01499", timeline.similar_custom_types("x_01499")).is_ok());
    }

    #[test]
    fn the_shipped_timelines_are_sound() {
        for shipped in SHIPPED {
            assert_sound(&Timeline::new(&shipped.load().expect("shipped")), 1);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]
        #[test]
        fn any_scenario_makes_a_sound_timeline(scenario in scenarios(40)) {
            assert_sound(&Timeline::new(&scenario), 1);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(6) })]
        #[test]
        fn states_are_the_same_beyond_a_keyframe(scenario in long_matches(700)) {
            let timeline = Timeline::new(&scenario);
            prop_assert!(timeline.tracks()[0].len() > 2 * KEYFRAME_EVERY);
            assert_sound(&timeline, 61);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]
        #[test]
        fn removing_all_events_restores_the_initial_state(mut scenario in scenarios(40)) {
            let last = Timeline::new(&scenario);
            let end = MatchClock { status: Status::FullTime, reading: Reading::from_minutes(600) };
            for cue in last.cues().iter().filter(|cue| cue.event.op == Op::Add) {
                let remove = Correction {
                    id: cue.event.id.clone(),
                    op: Op::Remove,
                    told: end,
                    clock: None,
                    kind: None,
                    official: None,
                    side: None,
                    details: Details::default(),
                };
                let item = LineContent::Event(EventRecord::Correction(Box::new(remove)));
                scenario.entries.push(TimedLine { line: 0, track: cue.track, item });
            }
            let timeline = Timeline::new(&scenario);
            for track in 0..timeline.tracks().len() {
                let state = timeline.state_at(track, timeline.cues().len());
                let fresh = MatchState::new(state.fixture().clone());
                prop_assert_eq!(state.score(), Score::default());
                for side in [Side::Home, Side::Away] {
                    prop_assert_eq!(state.statistics(side), &Statistics::default());
                    prop_assert!(state.players(side).eq(fresh.players(side)));
                    prop_assert_eq!(state.coach(side), fresh.coach(side));
                    let positions = |of: &MatchState| -> Vec<Option<String>> {
                        (0..16).map(|index| of.position(side, index).map(str::to_owned)).collect()
                    };
                    prop_assert_eq!(positions(&state), positions(&fresh));
                }
                prop_assert!(timeline.events_in_force(track, timeline.cues().len(), false).is_empty());
            }
        }
    }

    #[test]
    fn a_removed_goal_lowers_the_score() {
        let timeline = timeline(
            r#"{"type":"goal","id":"g1","period":1,"clock":"10:00","side":"home","player":"h9"}
               {"type":"goal","id":"g2","period":1,"clock":"20:00","side":"away","player":"a9"}
               {"op":"update","id":"g2","told":"20:30","side":"home","own_goal":true}
               {"op":"remove","id":"g1","told":"21:00","reason":"offside"}"#,
        );
        let scores: Vec<_> = timeline.cues().iter().map(|cue| (cue.score.home, cue.score.away)).collect();
        assert_eq!(scores, [(1, 0), (1, 1), (2, 0), (1, 0)]);
        let state = timeline.state_at(0, 4);
        assert_eq!(state.statistics(Side::Home).shots, 0, "an own goal is no shot");
        assert_eq!(state.tally("a9").map(|tally| (tally.goals, tally.own_goals)), Some((0, 1)));
        let last = &timeline.cues()[3].event;
        assert_eq!((last.op, last.rev, last.details.text(Field::Reason)), (Op::Remove, 1, Some("offside")));
        assert_eq!(last.player().map(|player| player.as_str()), Some("h9"), "every revision is complete");
        assert_eq!(
            (last.clock.reading.to_string(), last.reported_at().reading.to_string()),
            ("10:00".into(), "21:00".into())
        );
    }

    #[test]
    fn a_removed_suspension_does_not_hold_play() {
        let timeline = timeline(
            r#"{"type":"period_start","period":1,"clock":"00:00"}
               {"type":"suspended","id":"s","period":1,"clock":"10:00"}
               {"op":"remove","id":"s","told":"10:00"}
               {"type":"corner","period":1,"clock":"10:00","side":"home"}"#,
        );
        let statuses: Vec<_> = timeline.cues().iter().map(|cue| cue.event.status).collect();
        assert_eq!(statuses, [Status::FirstHalf, Status::Suspended, Status::FirstHalf, Status::FirstHalf]);
    }

    #[test]
    fn play_continues_where_it_was_suspended() {
        use Status::*;
        let goals = r#"{"type":"goal","period":1,"clock":"12:00","side":"home"}
                       {"type":"goal","period":2,"clock":"88:00","side":"home"}"#;
        let halt = r#"{"type":"suspended","period":1,"clock":"10:00"}"#;
        let rain = r#"{"type":"commentary","status":"suspended","clock":"01:00","text":"rain"}"#;
        let on = r#"{"type":"resumed","status":"suspended","clock":"15:00"}"#;
        let end = r#"{"type":"period_end","period":1,"clock":"46:00"}"#;
        let at_half_time = r#"{"type":"suspended","status":"half_time","clock":"10:00"}"#;
        for (events, expected) in [
            (vec![halt, on, goals], vec![Suspended, FirstHalf, FirstHalf, SecondHalf]),
            (vec![halt, rain, on, goals], vec![Suspended, Suspended, FirstHalf, FirstHalf, SecondHalf]),
            (vec![end, at_half_time, on], vec![HalfTime, Suspended, HalfTime]),
        ] {
            let timeline = timeline(&events.join("\n"));
            let statuses: Vec<_> = timeline.cues().iter().map(|cue| cue.event.status).collect();
            assert_eq!(statuses, expected, "{events:?}");
        }
    }

    #[test]
    fn an_event_at_the_reading_of_a_suspension_comes_after_it_once_play_is_resumed() {
        let timeline = timeline(
            r#"{"type":"foul","id":"before","period":1,"clock":"10:00","side":"home"}
               {"type":"suspended","id":"halt","period":1,"clock":"10:00"}
               {"type":"resumed","id":"on","status":"suspended","clock":"05:00"}
               {"type":"free_kick","id":"after","period":1,"clock":"10:00","side":"home"}
               {"type":"suspended","id":"halt again","period":1,"clock":"10:00"}
               {"type":"resumed","id":"on again","status":"suspended","clock":"01:00"}
               {"type":"free_kick","id":"at last","period":1,"clock":"10:00","side":"home"}"#,
        );
        let order: Vec<_> = timeline.cues().iter().map(|cue| (cue.at.as_millis(), cue.event.id.as_str())).collect();
        let (one, two) = (300_000, 360_000);
        assert_eq!(
            order,
            [
                (0, "before"),
                (0, "halt"),
                (one, "on"),
                (one, "after"),
                (one, "halt again"),
                (two, "on again"),
                (two, "at last")
            ]
        );
    }

    #[test]
    fn events_at_the_same_time_keep_the_file_order() {
        let timeline = timeline(
            r#"{"type":"foul","id":"b","period":1,"clock":"12:00","side":"home"}
               {"type":"foul","id":"c","period":1,"clock":"12:00","side":"home"}
               {"type":"foul","id":"a","period":1,"clock":"11:00","side":"home"}
               {"type":"foul","id":"d","period":1,"clock":"11:30","told":"12:00","side":"home"}"#,
        );
        let order: Vec<_> = timeline.cues().iter().map(|cue| cue.event.id.as_str()).collect();
        assert_eq!(order, ["a", "b", "c", "d"]);
        assert_eq!((timeline.index_before(timeline.cues()[1].at), timeline.index_after(timeline.cues()[1].at)), (1, 4));
    }

    #[test]
    fn long_gaps_between_matches_are_cut() {
        let corner = |id: &str, clock: &str| {
            format!(r#"{{"type":"corner","match":"{id}","period":1,"clock":"{clock}","side":"home"}}"#)
        };
        let text = format!(
            "{}\n{}\n{}\n{}\n{}\n{}",
            header("t"),
            fixture("a", "2018-04-22T10:00:00Z"),
            fixture("b", "2018-04-23T10:00:00Z"),
            fixture("c", "2018-04-20T10:00:00Z"),
            corner("a", "10:00"),
            corner("b", "20:00"),
        );
        let timeline = Timeline::new(&Scenario::parse("t", &text).expect("a scenario"));
        let at: Vec<_> = timeline.cues().iter().map(|cue| cue.at.as_millis()).collect();
        // 95 minutes of the match at 10:00 remain, one of the gap, and the first 20 of the other match.
        assert_eq!(at, [0, (95 + 1 + 20) * 60_000]);
        assert_eq!(timeline.uncut_length().to_string(), "24h 10m");
    }

    /// The kick-off of each match, in seconds of the timeline.
    fn kickoffs(text: &str) -> Vec<i64> {
        let timeline = Timeline::new(&Scenario::parse("t", text).expect("a scenario"));
        let first = |track: &Track| {
            let mut phases = track.layout.phases().iter();
            phases.find(|phase| phase.status == Status::FirstHalf).map(|phase| phase.from.as_millis() / 1_000)
        };
        timeline.tracks().iter().map(|track| first(track).unwrap_or(i64::MAX)).collect()
    }

    #[test]
    fn no_gap_is_cut_while_a_match_is_in_play_by_its_nominal_course() {
        let goal = |id: &str, period: u8, clock: &str| {
            format!(r#"{{"type":"goal","match":"{id}","period":{period},"clock":"{clock}","side":"home"}}"#)
        };
        let file = |at: [&str; 3], events: &[String]| {
            let matches = ["a", "b", "c"].iter().zip(at).map(|(id, at)| fixture(id, &format!("2018-04-22T{at}:00Z")));
            [header("t")].into_iter().chain(matches).chain(events.iter().cloned()).collect::<Vec<_>>().join("\n")
        };
        // Matches that kick off together stay together, however long either feed reports nothing.
        let sparse = [goal("a", 1, "10:00"), goal("b", 2, "70:00")];
        assert_eq!(kickoffs(&file(["15:00", "15:00", "15:00"], &sparse)), [-600, -600, -600]);
        // A match without an event is in play all the same: no time is cut between the matches before and after it.
        let late = [goal("a", 1, "10:00"), goal("c", 1, "1:00")];
        assert_eq!(kickoffs(&file(["15:00", "16:30", "18:00"], &late)), [-600, 90 * 60 - 600, 180 * 60 - 600]);
        assert_eq!(kickoffs(&file(["15:00", "19:00", "23:00"], &late)), [-600, 96 * 60, 96 * 60 + 106 * 60]);
        // Gaps after the last report are not cut.
        assert_eq!(kickoffs(&file(["15:00", "20:00", "15:00"], &late)), [-60, 300 * 60 - 60, -60]);
    }
}
