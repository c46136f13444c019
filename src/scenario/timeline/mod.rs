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
        let mut standing: Vec<(u32, &Cue)> = Vec::new();
        let mut places: HashMap<&EventId, usize> = HashMap::new();
        for index in cues.iter().take_while(|cue| (**cue as usize) < index) {
            let cue = &self.cues[*index as usize];
            match places.get(&cue.event.id) {
                Some(place) => standing[*place].1 = cue,
                None => {
                    places.insert(&cue.event.id, standing.len());
                    standing.push((self.first_told(*index), cue));
                }
            }
        }
        standing.retain(|(_, cue)| cue.event.stands() && (!key || is_key(&cue.event)));
        // What a correction has made a key event is found there, but has its place where it was first told.
        standing.sort_by_key(|(first, _)| *first);
        standing.into_iter().map(|(_, cue)| cue).collect()
    }

    /// The cue that told a cue's happening for the first time.
    fn first_told(&self, mut cue: u32) -> u32 {
        while let Some(was) = self.cues[cue as usize].was {
            cue = was;
        }
        cue
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
        let at = match status {
            // Long before the match the clock counts down to it all the same.
            Status::Scheduled => at,
            // Play goes on showing the last reading until its end has been told.
            status if status.in_play() => at.min(phase.to).max(phase.from),
            _ => at.max(phase.from),
        };
        let reading = phase.reading_at(at);
        let clock = MatchClock { status, reading };
        let announced = status.period().and_then(|period| state.announced(period));
        ScoreboardClock { status, reading, minute: clock.minute(&fixture.rules.periods), announced }
    }
}

/// Whether a late joiner's ticker wants it: a key type, or anything with words.
fn is_key(event: &MatchEvent) -> bool {
    event.kind.is_key() || event.details.get(Field::Text).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{arbitrary::scenarios, fixture, header, scenario};
    use super::super::{Entry, SHIPPED, open};
    use super::*;
    use crate::football::{Op, Side, Statistics};

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
        fn states_are_the_same_beyond_a_keyframe(scenario in scenarios(900)) {
            assert_sound(&Timeline::new(&scenario), 61);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]
        #[test]
        fn what_is_taken_back_leaves_nothing_behind(mut scenario in scenarios(40)) {
            let last = Timeline::new(&scenario);
            let end = crate::football::MatchClock { status: Status::FullTime, reading: Reading::from_minutes(600) };
            for cue in last.cues().iter().filter(|cue| cue.event.op == Op::Add) {
                let remove = super::super::Correction {
                    id: cue.event.id.clone(),
                    op: Op::Remove,
                    told: end,
                    clock: None,
                    kind: None,
                    official: None,
                    side: None,
                    details: crate::football::Details::default(),
                };
                let item = super::super::Item::Event(super::super::Telling::Correction(remove));
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

    /// What the scoreboard shows at a moment given in seconds from the first telling: `first_half 45:00 45+1`.
    fn shown(timeline: &Timeline, millis: i64) -> String {
        let at = MediaTime::from_millis(millis);
        let state = timeline.state_at(0, timeline.index_after(at));
        let clock = timeline.clock_at(0, at, &state);
        let minute = clock.minute.map(|minute| format!(" {minute}")).unwrap_or_default();
        let announced = clock.announced.map(|minutes| format!(" (+{minutes})")).unwrap_or_default();
        format!("{} {}{minute}{announced}", clock.status, clock.reading)
    }

    #[test]
    fn the_scoreboard_of_a_full_feed() {
        let timeline = timeline(
            r#"{"type":"lineup","status":"scheduled","clock":"-1:00","side":"home"}
               {"type":"period_start","period":1,"clock":"00:00"}
               {"type":"added_time","period":1,"clock":"45:00","minutes":2}
               {"type":"period_end","period":1,"clock":"47:05"}
               {"type":"period_start","period":2,"clock":"45:00"}
               {"type":"period_end","period":2,"clock":"94:02"}
               {"type":"match_end","period":2,"clock":"94:02"}
               {"type":"commentary","status":"full_time","clock":"0:30","text":"over"}"#,
        );
        let (kickoff, half, second, end) = (60_000, 60_000 + 2_825_000, 60_000 + 3_725_000, 60_000 + 6_667_000);
        for (at, expected) in [
            (0, "scheduled -1:00"),
            (kickoff - 1, "scheduled -0:00.001"),
            (kickoff, "first_half 00:00 1"),
            (kickoff + 59_999, "first_half 00:59.999 1"),
            (kickoff + 2_699_999, "first_half 44:59.999 45"),
            (kickoff + 2_700_000, "first_half 45:00 45+1 (+2)"),
            (half - 1, "first_half 47:04.999 45+3 (+2)"),
            (half, "half_time 00:00"),
            (half + 60_000, "half_time 01:00"),
            (second - 1, "half_time 14:59.999"),
            (second, "second_half 45:00 46"),
            (end - 2_000, "second_half 94:00 90+5"),
            (end, "full_time 00:00"),
            (end + 30_000, "full_time 00:30"),
        ] {
            assert_eq!(shown(&timeline, at), expected, "at {at}");
        }
    }

    #[test]
    fn the_scoreboard_of_a_sparse_feed() {
        let timeline = timeline(
            r#"{"type":"goal","period":1,"clock":"20:00","side":"home","player":"h9"}
               {"type":"goal","period":2,"clock":"50:00","side":"home","player":"h9"}
               {"type":"commentary","status":"full_time","clock":"1:00","text":"over"}"#,
        );
        for (at, expected) in [
            (0, "first_half 20:00 21"),
            (1_499_999, "first_half 44:59.999 45"),
            (1_500_000, "first_half 45:00 45+1"),
            (1_500_001, "half_time 00:00.001"),
            (2_400_000, "half_time 15:00"),
            (2_400_001, "second_half 45:00.001 46"),
            (2_700_000, "second_half 50:00 51"),
            (5_100_001, "full_time 00:00.001"),
            (5_160_000, "full_time 01:00"),
        ] {
            assert_eq!(shown(&timeline, at), expected, "at {at}");
        }
    }

    #[test]
    fn the_scoreboard_of_a_suspension() {
        let timeline = timeline(
            r#"{"type":"period_start","period":1,"clock":"00:00"}
               {"type":"suspended","period":1,"clock":"30:00"}
               {"type":"resumed","status":"suspended","clock":"10:00"}
               {"type":"corner","period":1,"clock":"30:00","side":"home"}
               {"type":"corner","period":1,"clock":"31:00","side":"home"}"#,
        );
        for (at, expected) in [
            (1_799_999, "first_half 29:59.999 30"),
            (1_800_000, "suspended 00:00"),
            (2_399_999, "suspended 09:59.999"),
            (2_400_000, "first_half 30:00 31"),
            (2_460_000, "first_half 31:00 32"),
        ] {
            assert_eq!(shown(&timeline, at), expected, "at {at}");
        }
    }

    #[test]
    fn the_table_follows_the_round_as_it_is_played() {
        let timeline = Timeline::new(&open("serie-a").expect("shipped"));
        let points = |index: usize, team: &str| {
            let table = timeline.table_at(0, index);
            table.rows.iter().find(|row| row.team.as_str() == team).map(|row| (row.played, row.points))
        };
        let end = timeline.cues().len();
        assert_eq!((points(0, "juventus"), points(0, "napoli")), (Some((33, 85)), Some((33, 81))));
        assert_eq!((points(end, "juventus"), points(end, "napoli")), (Some((34, 85)), Some((34, 84))));
        let track = timeline.track_of("juv-nap").expect("the match");
        let goal =
            timeline.cues().iter().position(|cue| usize::from(cue.track) == track && cue.score != Score::default());
        let goal = goal.expect("a goal");
        assert_eq!((points(goal, "juventus"), points(goal, "napoli")), (Some((34, 86)), Some((34, 82))));
        assert_eq!(timeline.cues()[goal].table, Some(0));

        let table = timeline.table_at(0, end);
        let order: Vec<_> = table.rows.iter().map(|row| format!("{} {}", row.name, row.points)).collect();
        assert_eq!(
            order.join(", "),
            "Juventus 85, Napoli 84, Lazio 67, Roma 67, Internazionale 66, Atalanta 55, Milan 54, Fiorentina 51, \
             Sampdoria 51, Torino 47, Genoa 41, Bologna 39, Sassuolo 37, Udinese 33, Cagliari 33, Chievo 31, \
             Crotone 31, SPAL 29, Hellas Verona 25, Benevento 17"
        );
        assert!(table.rows.iter().all(|row| row.played == 34));
    }

    #[test]
    fn all_matches_of_the_round_end_as_they_did() {
        let timeline = Timeline::new(&open("serie-a").expect("shipped"));
        let mut results: Vec<String> = (0..timeline.tracks().len())
            .map(|track| {
                let state = timeline.state_at(track, timeline.cues().len());
                let (fixture, score, half) = (state.fixture(), state.score(), state.half_time().expect("over"));
                assert_eq!(state.status, Status::FullTime);
                format!(
                    "{} {}-{} {} ({}-{})",
                    fixture.home.name, score.home, score.away, fixture.away.name, half.home, half.away
                )
            })
            .collect();
        results.sort();
        assert_eq!(
            results,
            [
                "Atalanta 2-1 Torino (0-0)",
                "Cagliari 0-0 Bologna (0-0)",
                "Chievo 1-2 Internazionale (0-0)",
                "Genoa 3-1 Hellas Verona (1-0)",
                "Juventus 0-1 Napoli (0-0)",
                "Lazio 4-0 Sampdoria (2-0)",
                "Milan 0-1 Benevento (0-1)",
                "SPAL 0-3 Roma (0-1)",
                "Sassuolo 1-0 Fiorentina (1-0)",
                "Udinese 1-2 Crotone (1-1)",
            ]
        );
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
        assert_eq!(at, [0, 60_000], "a match of which nothing is told takes no time");
        assert_eq!(timeline.uncut_length().to_string(), "24h 10m");
    }
}
