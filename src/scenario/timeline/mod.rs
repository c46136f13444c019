//! What is played: every revision complete and in its place, and the states that follow from them.
//!
//! A timeline is immutable and ordered; what moves over it is a playhead. It is built once, from a [`Scenario`].

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
use nearest::Nearest;

mod build;
mod discipline;
mod index;
mod kickoffs;
mod nearest;
mod outlook;
mod scoreboard;
mod status;
mod ties;

pub(super) use build::Laid;
pub use outlook::Stretch;
pub use scoreboard::ScoreboardClock;
use ties::TieLeg;
pub use ties::TieState;

/// How many cues of a match lie between two keyframes of its state.
const KEYFRAME_EVERY: usize = 256;
/// How many names of each sort are looked through for what a mistyped one may have meant: the replay waits meanwhile.
pub(crate) const HINTS_FROM: usize = 1_000;

/// One thing to be told, and when.
#[derive(Debug, Clone)]
pub struct Cue {
    /// When it is due.
    pub at: MediaTime,
    /// The match it belongs to: a place in [`Timeline::tracks`].
    pub track: u16,
    /// Its number within the match, from 1.
    pub seq: u32,
    /// The number of its event's type on this timeline: known types by their place in [`EventType::WORDS`](crate::football::EventType::WORDS), then the
    /// scenario's own in the order of their words. [`Cue::REST`] for those that there is no number left for.
    pub kind: u16,
    /// What is told: shared with the scenario, if that lives.
    pub event: Arc<MatchEvent>,
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

impl Cue {
    /// The [`kind`](Self::kind) that all types share whose number would be this or greater.
    pub const REST: u16 = u16::MAX;
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
    /// What it is in the tie that it belongs to.
    tie: Option<TieLeg>,
    /// The disciplinary points of both sides after each cue that changes them, in turn; only if a table needs them.
    discipline: Vec<(u32, [u32; 2])>,
    /// The cues that award its result, or take that back, in turn.
    awards: Vec<u32>,
    /// The cues that change positions, each with those that the players it names have after it.
    positions: Vec<(u32, Box<[Taken]>)>,
    /// Its state after 0, 256, 512, ... of its cues.
    keyframes: Vec<MatchState>,
}

/// A player, and the position that the player has; `None` where the sheet has none.
pub type Taken = (PlayerId, Option<Arc<str>>);

impl Track {
    fn shrink(&mut self) {
        self.cues.shrink_to_fit();
        self.key_cues.shrink_to_fit();
        self.keyframes.shrink_to_fit();
    }

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

    /// Whether its result is an awarded one after the first `index` cues of the timeline.
    fn is_awarded(&self, index: usize) -> bool {
        self.awards.partition_point(|award| (*award as usize) < index) % 2 == 1
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

/// An ordered, immutable sequence of cues with the states folded from them.
#[derive(Debug)]
pub struct Timeline {
    title: Arc<str>,
    cues: Vec<Cue>,
    /// For each cue the entry that it was made from: a place in [`Scenario::entries`].
    entries: Vec<u32>,
    tracks: Vec<Track>,
    markers: Vec<Marker>,
    breaks: Vec<Range<MediaTime>>,
    /// When a match comes into play, and when one is in play no more, each in order.
    play: (Vec<MediaTime>, Vec<MediaTime>),
    tables: Vec<LeagueTable>,
    index: Index,
    nearest: Nearest,
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
        self.index.track(&self.tracks, id)
    }

    /// The places of the cues at which something becomes of the selected sort, in order: told for the first time, or
    /// corrected into it. A goal that is later annulled is still a goal at its moment. `track`: of that match only.
    pub fn moments(&self, selector: &TypeSelector, track: Option<usize>) -> &[u32] {
        self.index.moments(&self.cues, selector, track)
    }

    /// The places of the cues that correct an earlier event, in order. `track`: of that match only.
    pub fn corrections(&self, track: Option<usize>) -> &[u32] {
        self.index.corrections(&self.cues, track)
    }

    /// Those of them that remove it.
    pub fn removals(&self, track: Option<usize>) -> &[u32] {
        self.index.removals(&self.cues, track)
    }

    /// The cue of a revision of the event whose first cue is at `first`.
    pub fn revision(&self, first: usize, rev: usize) -> Option<usize> {
        let Some(later) = rev.checked_sub(1) else { return Some(first) };
        self.index.revisions(u32::try_from(first).ok()?).get(later).map(|(_, place)| *place as usize)
    }

    /// How many revisions that event has, the first telling among them.
    pub fn revisions(&self, first: usize) -> usize {
        1 + u32::try_from(first).map_or(0, |first| self.index.revisions(first).len())
    }

    /// The cue that told the happening of that id for the first time, in one match or in the earliest that has it.
    pub fn first_telling(&self, id: &str, track: Option<usize>) -> Option<usize> {
        self.index.first_telling(&self.cues, id, track)
    }

    /// The marker of that name: of several, the first of the match at place `track`, or else the first of all.
    pub fn marker(&self, name: &str, track: Option<usize>) -> Option<&Marker> {
        self.index.marker(&self.markers, name, track)
    }

    /// The named places, in order.
    pub fn markers(&self) -> &[Marker] {
        &self.markers
    }

    /// The stretches between two spells of play, in order, when no match is in play: half-times, suspensions, lulls between
    /// matches.
    pub fn breaks(&self) -> &[Range<MediaTime>] {
        &self.breaks
    }

    /// How many matches are in play at a moment.
    pub fn in_play_at(&self, at: MediaTime) -> usize {
        let (starts, ends) = &self.play;
        starts.partition_point(|start| *start <= at) - ends.partition_point(|end| *end <= at)
    }

    /// The league tables as they stood before.
    pub fn tables(&self) -> &[LeagueTable] {
        &self.tables
    }

    /// The event types of its own that this version does not know, each once, in order.
    pub fn own_types(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.index.own_types()
    }

    /// The numbers ([`Cue::kind`]) of the types that a word names: a group, a known type, or one of its own. `None`: it
    /// names nothing.
    pub fn kinds(&self, word: &str) -> Option<Vec<u16>> {
        self.index.kinds(word)
    }

    /// The event types of its own to look `word` up in: `word` itself if it is one of them, and the first thousand for a hint.
    /// A scenario may have as many as it has events, and a command must not look through them all.
    pub fn own_types_near<'a>(&'a self, word: &str) -> impl Iterator<Item = &'a str> + Clone + use<'a> {
        self.index.own_type(word).into_iter().chain(self.own_types().take(HINTS_FROM))
    }

    /// The ids of matches that stand next to a word in alphabetical order, so many at most: what a look at all of them would
    /// take too long for.
    pub fn ids_near(&self, word: &str, count: usize) -> impl Iterator<Item = &str> {
        self.index.ids_near(&self.tracks, word, count)
    }

    /// The league tables of a competition: their places in [`Timeline::tables`].
    pub fn tables_of(&self, competition: &str) -> &[u16] {
        self.index.tables_of(&self.tables, competition)
    }

    /// The matches nearest to a moment, so many at most: their places in [`Timeline::tracks`], in order.
    pub fn nearest(&self, at: MediaTime, count: usize) -> Vec<u16> {
        self.nearest.at(at, count)
    }

    /// When the last cue is due.
    pub fn length(&self) -> MediaTime {
        self.length
    }

    /// How long it was before stretches without a match were cut.
    pub fn uncut_length(&self) -> Span {
        self.uncut
    }

    /// A digest of the scenario: the same for the same one on any machine, and most unlikely to be the same for another.
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

    /// The positions that players have after a cue that changes some; empty after any other.
    pub fn positions_after(&self, index: usize) -> &[Taken] {
        let positions = &self.tracks[usize::from(self.cues[index].track)].positions;
        let found = positions.binary_search_by_key(&index, |(cue, _)| *cue as usize);
        found.map_or(&[], |found| &positions[found].1)
    }

    /// What a cue's happening was before it.
    pub fn revision_before(&self, cue: &Cue) -> Option<&MatchEvent> {
        cue.was.map(|was| &*self.cues[was as usize].event)
    }

    /// A league table after the first `index` cues. A match of which nothing is told counts all the same once it has kicked
    /// off by its nominal course.
    pub fn table_at(&self, table: usize, index: usize) -> LeagueTable {
        let at = index.checked_sub(1).and_then(|last| self.cues.get(last)).map_or(MediaTime::ZERO, |cue| cue.at);
        // Score and status are those of the cue told last; cards and awards have lists of their own.
        self.tables[table].with(self.tracks.iter().map(|track| {
            let last = self.last_told(track, index);
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

    /// What was told last of a match by the first `index` cues.
    fn last_told(&self, track: &Track, index: usize) -> Option<&Cue> {
        track.told(index).checked_sub(1).map(|last| &self.cues[track.cues[last] as usize])
    }

    /// The happenings of a match that stand after the first `index` cues, each in its latest revision, in the order
    /// in which they were first told. `key`: only those that a late joiner's ticker wants.
    pub fn standing(&self, track: usize, index: usize, key: bool) -> Vec<&Cue> {
        let latest = self.happenings(track, index, key).into_iter().map(|(_, latest)| &self.cues[latest as usize]);
        latest.filter(|cue| cue.event.stands() && (!key || is_key(&cue.event))).collect()
    }

    /// The happenings of a match told by the first `index` cues, those that were taken back among them, in the order in
    /// which they were first told: for each the cue that told it first and the one that told it last. `key`: only those
    /// that a late joiner's ticker wants, or once did.
    pub fn happenings(&self, track: usize, index: usize, key: bool) -> Vec<(u32, u32)> {
        let track = &self.tracks[track];
        let cues = if key { &track.key_cues } else { &track.cues };
        let told = &cues[..cues.partition_point(|cue| (*cue as usize) < index)];
        // Of a happening's revisions the latest is the one that no other follows.
        let followed: HashSet<u32> = told.iter().filter_map(|cue| self.cues[*cue as usize].was).collect();
        let latest = told.iter().filter(|cue| !followed.contains(cue));
        let mut happenings: Vec<(u32, u32)> = latest.map(|cue| (self.first_told(*cue), *cue)).collect();
        // What has been corrected has its place where it was first told.
        happenings.sort_unstable();
        happenings
    }

    /// The cue that told a cue's happening for the first time.
    fn first_told(&self, mut cue: u32) -> u32 {
        while let Some(was) = self.cues[cue as usize].was {
            cue = was;
        }
        cue
    }
}

/// Whether a late joiner's ticker wants it: a key type, or anything with words.
fn is_key(event: &MatchEvent) -> bool {
    event.kind.is_key() || event.details.get(Field::Text).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{arbitrary::long_matches, arbitrary::scenarios, fixture, header, scenario};
    use super::super::{Correction, Entry, Item, SHIPPED, Telling};
    use super::*;
    use crate::football::{Details, MatchClock, Op, Reading, Side, Statistics, Status};

    fn timeline(lines: &str) -> Timeline {
        Timeline::new(&scenario(lines))
    }

    /// What must be true of every timeline.
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
            // The revision before is the latest of the same happening, and the happening begins with revision 0.
            let same = |other: &Cue| other.track == cue.track && other.event.id == cue.event.id;
            assert_eq!(cue.was.map(|was| was as usize), cues[..index].iter().rposition(same));
            let before = timeline.revision_before(cue);
            assert_eq!(cue.event.rev, before.map_or(0, |was| was.rev + 1));
            assert_eq!(before.is_none(), cue.event.op == Op::Add);
        }
        for track in 0..timeline.tracks().len() {
            let mut state = MatchState::new(timeline.tracks()[track].fixture.clone());
            for index in 0..=cues.len() {
                if index % every == 0 || index == cues.len() {
                    assert_eq!(timeline.state_at(track, index), state, "after {index} cues");
                }
                let Some(cue) = cues.get(index).filter(|cue| usize::from(cue.track) == track) else { continue };
                state.apply(&cue.event, timeline.revision_before(cue));
                assert_eq!((cue.score, cue.shootout), (state.score(), state.shootout()));
            }
            for index in [0, cues.len() / 3, cues.len()] {
                for key in [false, true] {
                    assert_eq!(ids(&timeline.standing(track, index, key)), stands(timeline, track, index, key));
                }
            }
        }
    }

    fn ids(cues: &[&Cue]) -> Vec<(String, u32)> {
        cues.iter().map(|cue| (cue.event.id.to_string(), cue.event.rev)).collect()
    }

    /// What stands, by its meaning: each happening where it was first told, as it was last told.
    fn stands(timeline: &Timeline, track: usize, index: usize, key: bool) -> Vec<(String, u32)> {
        let told: Vec<&Cue> = timeline.cues()[..index].iter().filter(|cue| usize::from(cue.track) == track).collect();
        let firsts = told.iter().filter(|cue| cue.was.is_none());
        let latest = |first: &&Cue| told.iter().rfind(|cue| cue.event.id == first.event.id).copied();
        let mut standing: Vec<&Cue> = firsts.filter_map(latest).filter(|cue| cue.event.op != Op::Remove).collect();
        standing.retain(|cue| !key || is_key(&cue.event));
        ids(&standing)
    }

    #[test]
    fn a_break_is_when_no_match_is_in_play() {
        let flagship = Timeline::new(&SHIPPED[0].load().expect("shipped"));
        let at = |seconds: i64| MediaTime::from_millis(seconds * 1_000);
        assert_eq!(flagship.breaks(), [at(2_885)..at(3_785)]);
        let var_night = Timeline::new(&SHIPPED[2].load().expect("shipped"));
        for stretch in var_night.breaks() {
            let phases = var_night.tracks().iter().flat_map(|track| track.layout.phases());
            let mut play = phases.filter(|phase| phase.status.in_play());
            assert!(play.all(|phase| phase.to <= stretch.start || phase.from >= stretch.end), "{stretch:?}");
        }
        assert!(var_night.breaks().is_sorted_by(|a, b| a.end <= b.start));
    }

    #[test]
    fn any_type_of_its_own_is_found_and_few_are_looked_through_for_a_hint() {
        let told = |number: usize| {
            format!(r#"{{"type":"x_{number:05}","period":1,"clock":"{:02}:{:02}"}}"#, number / 60, number % 60)
        };
        let lines: Vec<String> = (0..1_500).map(told).collect();
        let timeline = timeline(&lines.join("\n"));
        assert_eq!(timeline.own_types().count(), 1_500);
        let near = |word| timeline.own_types_near(word).collect::<Vec<_>>();
        assert_eq!((near("x_01499")[0], near("x_01499").len()), ("x_01499", HINTS_FROM + 1));
        assert_eq!(near("x_1499").len(), HINTS_FROM);
        assert!(TypeSelector::parse("x_01499", timeline.own_types_near("x_01499")).is_ok());
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
        fn whatever_chance_tells_makes_a_sound_timeline(scenario in scenarios(40)) {
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
        fn what_is_taken_back_leaves_nothing_behind(mut scenario in scenarios(40)) {
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
                let item = Item::Event(Telling::Correction(Box::new(remove)));
                scenario.entries.push(Entry { line: 0, track: cue.track, item });
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
                prop_assert!(timeline.standing(track, timeline.cues().len(), false).is_empty());
            }
        }
    }

    #[test]
    fn a_removed_goal_derives_the_score_anew() {
        let timeline = timeline(
            r#"{"type":"goal","id":"g1","period":1,"clock":"10:00","side":"home","player":"h9"}
               {"type":"goal","id":"g2","period":1,"clock":"20:00","side":"away","player":"a9"}
               {"op":"update","id":"g2","told":"20:30","side":"home","own_goal":true}
               {"op":"remove","id":"g1","told":"21:00","reason":"offside"}"#,
        );
        let scores: Vec<_> = timeline.cues().iter().map(|cue| (cue.score.home, cue.score.away)).collect();
        assert_eq!(scores, [(1, 0), (1, 1), (2, 0), (1, 0)]);
        let state = timeline.state_at(0, 4);
        assert_eq!(state.statistics(Side::Home).shots, 0, "an own goal is nobody's shot");
        assert_eq!(state.tally("a9").map(|tally| (tally.goals, tally.own_goals)), Some((0, 1)));
        let last = &timeline.cues()[3].event;
        assert_eq!((last.op, last.rev, last.details.text(Field::Reason)), (Op::Remove, 1, Some("offside")));
        assert_eq!(last.player().map(|player| player.as_str()), Some("h9"), "every revision is complete");
        assert_eq!(
            (last.clock.reading.to_string(), last.telling().reading.to_string()),
            ("10:00".into(), "21:00".into())
        );
    }

    #[test]
    fn a_suspension_that_is_taken_back_does_not_hold_play() {
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
    fn play_goes_on_where_it_was_suspended() {
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
    fn what_happens_when_play_goes_on_is_told_after_the_suspension() {
        let timeline = timeline(
            r#"{"type":"foul","id":"before","period":1,"clock":"10:00","side":"home"}
               {"type":"suspended","id":"halt","period":1,"clock":"10:00"}
               {"type":"resumed","id":"on","status":"suspended","clock":"05:00"}
               {"type":"free_kick","id":"after","period":1,"clock":"10:00","side":"home"}
               {"type":"suspended","id":"halt again","period":1,"clock":"10:00"}
               {"type":"resumed","id":"on again","status":"suspended","clock":"01:00"}
               {"type":"free_kick","id":"at last","period":1,"clock":"10:00","side":"home"}"#,
        );
        let told: Vec<_> = timeline.cues().iter().map(|cue| (cue.at.as_millis(), cue.event.id.as_str())).collect();
        let (one, two) = (300_000, 360_000);
        assert_eq!(
            told,
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
    fn what_is_told_at_one_instant_keeps_the_order_of_the_file() {
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
    fn long_lulls_between_matches_are_cut() {
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
        // 95 minutes of the match at 10:00 are left, one of the lull, and the other's first 20.
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
    fn no_lull_is_cut_while_a_match_is_in_play_by_its_nominal_course() {
        let goal = |id: &str, period: u8, clock: &str| {
            format!(r#"{{"type":"goal","match":"{id}","period":{period},"clock":"{clock}","side":"home"}}"#)
        };
        let file = |at: [&str; 3], events: &[String]| {
            let matches = ["a", "b", "c"].iter().zip(at).map(|(id, at)| fixture(id, &format!("2018-04-22T{at}:00Z")));
            [header("t")].into_iter().chain(matches).chain(events.iter().cloned()).collect::<Vec<_>>().join("\n")
        };
        // Matches that kick off together stay together, however long either feed is silent.
        let sparse = [goal("a", 1, "10:00"), goal("b", 2, "70:00")];
        assert_eq!(kickoffs(&file(["15:00", "15:00", "15:00"], &sparse)), [-600, -600, -600]);
        // A match without a goal is in play all the same: nothing is cut between those before and after it.
        let late = [goal("a", 1, "10:00"), goal("c", 1, "1:00")];
        assert_eq!(kickoffs(&file(["15:00", "16:30", "18:00"], &late)), [-600, 90 * 60 - 600, 180 * 60 - 600]);
        assert_eq!(kickoffs(&file(["15:00", "19:00", "23:00"], &late)), [-600, 96 * 60, 96 * 60 + 106 * 60]);
        // After the last telling there is nothing to wait for, and nothing to cut.
        assert_eq!(kickoffs(&file(["15:00", "20:00", "15:00"], &late)), [-60, 300 * 60 - 60, -60]);
    }
}
