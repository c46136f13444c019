//! Filters: the matches and event types that a subscriber follows.

use super::bits::BitSet;
use crate::football::{EventType, GROUPS, TypeSelector};
use crate::message::did_you_mean;
use crate::playback::Rejection;
use crate::scenario::{Cue, MediaTime, Timeline};

/// What a subscriber follows: everything, unless it names matches or types. Two filters of a timeline that select the same are
/// equal, however they were spelt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    tracks: Option<Tracks>,
    types: Option<Types>,
}

/// The named matches, and the league tables that concern them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Tracks {
    tracks: BitSet,
    tables: BitSet,
}

/// The named types.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Types {
    kinds: BitSet,
    /// The types that share the number [`Cue::OVERFLOW_KIND`], in order.
    rest: Box<[Box<str>]>,
}

/// The error of an unknown match or type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    /// One line, with a suggestion where a known name is similar.
    pub message: String,
    /// The accepted names, as [`Rejection::accepted_list`] formats them.
    pub accepted: Vec<String>,
    /// `true`: an unknown match; `false`: an unknown event type.
    pub is_match: bool,
}

/// The most snapshots for a new subscriber that names no match.
const MAX_SNAPSHOTS: usize = 20;
/// The most pairs of letters compared to suggest a known name. This takes some tenth of a millisecond, during which the delivery
/// thread waits.
const MAX_COMPARED_LETTERS: usize = 20_000;

impl Filter {
    /// Follows the named matches and types; `None` follows all.
    pub fn new(timeline: &Timeline, matches: Option<&[String]>, types: Option<&[String]>) -> Result<Self, UnknownName> {
        Ok(Self {
            tracks: matches
                .map(|ids| Tracks::from_ids(timeline, ids))
                .transpose()?
                .filter(|tracks| !tracks.is_all(timeline)),
            types: types
                .map(|words| Types::from_words(timeline, words))
                .transpose()?
                .filter(|types| !types.is_all(timeline)),
        })
    }

    /// Whether everything is selected, so that runs of frames can be written as they are.
    pub fn selects_everything(&self) -> bool {
        self.tracks.is_none() && self.types.is_none()
    }

    /// Whether the filter names no match, so that all matches are followed.
    pub fn names_no_match(&self) -> bool {
        self.tracks.is_none()
    }

    /// Whether a match is followed.
    pub fn selects_track(&self, track: usize) -> bool {
        self.tracks.as_ref().is_none_or(|named| named.tracks.contains(track))
    }

    /// Whether every subscriber with this filter has been sent the state of a match. Of many matches, it may never have been.
    pub fn guarantees_state_sent(&self, timeline: &Timeline, track: usize) -> bool {
        self.selects_track(track) && (self.tracks.is_some() || timeline.tracks().len() <= MAX_SNAPSHOTS)
    }

    /// Whether the event of a cue is selected.
    pub fn selects(&self, cue: &Cue) -> bool {
        !cue.silent
            && self.selects_track(usize::from(cue.track))
            && self.types.as_ref().is_none_or(|named| named.selects(cue))
    }

    /// Whether a league table concerns a followed match.
    pub fn selects_table(&self, table: usize) -> bool {
        self.tracks.as_ref().is_none_or(|named| named.tables.contains(table))
    }

    /// The followed matches.
    pub fn tracks<'a>(&'a self, timeline: &Timeline) -> Box<dyn Iterator<Item = usize> + 'a> {
        match &self.tracks {
            Some(named) => Box::new(named.tracks.iter()),
            None => Box::new(0..timeline.tracks().len()),
        }
    }

    /// The matches of which a subscriber that joins at `at` receives snapshots: all that it names; where it names none and there
    /// are many, those nearest in time.
    pub fn snapshot_tracks(&self, timeline: &Timeline, at: MediaTime) -> Vec<usize> {
        match &self.tracks {
            Some(named) => named.tracks.iter().collect(),
            None => timeline.nearest_matches(at, MAX_SNAPSHOTS).into_iter().map(usize::from).collect(),
        }
    }
}

impl Tracks {
    fn from_ids(timeline: &Timeline, ids: &[String]) -> Result<Self, UnknownName> {
        let mut tracks = BitSet::with_bound(timeline.tracks().len());
        let mut tables = BitSet::with_bound(timeline.tables().len());
        for id in ids {
            let track = timeline.track_of(id).ok_or_else(|| UnknownName::of_match(timeline, id))?;
            tracks.insert(track);
            let competition = timeline.tracks()[track].fixture.competition.as_deref();
            let own = competition.map_or(&[][..], |competition| timeline.table_indices_of(competition));
            // The tables of a competition are selected together.
            if own.first().is_some_and(|first| !tables.contains((*first).into())) {
                own.iter().for_each(|table| tables.insert((*table).into()));
            }
        }
        Ok(Self { tracks, tables })
    }

    /// Whether naming these matches makes no difference. It does where there are many matches, because named ones have snapshots.
    fn is_all(&self, timeline: &Timeline) -> bool {
        let all = timeline.tracks().len();
        all <= MAX_SNAPSHOTS && self.tracks.len() == all && self.tables.len() == timeline.tables().len()
    }
}

impl Types {
    fn from_words(timeline: &Timeline, words: &[String]) -> Result<Self, UnknownName> {
        let mut kinds = BitSet::with_bound(Self::numbered_type_count(timeline));
        let mut rest = Vec::new();
        for word in words {
            for kind in timeline.cue_kinds(word).ok_or_else(|| UnknownName::of_type(timeline, word))? {
                match kind {
                    Cue::OVERFLOW_KIND => rest.push(word.as_str().into()),
                    kind => kinds.insert(kind.into()),
                }
            }
        }
        rest.sort_unstable();
        rest.dedup();
        Ok(Self { kinds, rest: rest.into() })
    }

    /// How many types have a number of their own.
    fn numbered_type_count(timeline: &Timeline) -> usize {
        (EventType::WORDS.len() + timeline.custom_types().count()).min(Cue::OVERFLOW_KIND.into())
    }

    fn selects(&self, cue: &Cue) -> bool {
        match cue.kind {
            Cue::OVERFLOW_KIND => self.rest.binary_search_by(|word| (**word).cmp(cue.event.kind.as_str())).is_ok(),
            kind => self.kinds.contains(kind.into()),
        }
    }

    /// Whether naming these types makes no difference.
    fn is_all(&self, timeline: &Timeline) -> bool {
        self.kinds.len() + self.rest.len() == EventType::WORDS.len() + timeline.custom_types().count()
    }
}

/// With how many known names a word may be compared.
fn max_candidates_for(word: &str) -> usize {
    (MAX_COMPARED_LETTERS / word.len().pow(2).max(1)).clamp(2, 256)
}

impl UnknownName {
    fn of_match(timeline: &Timeline, id: &str) -> Self {
        let near = timeline.similar_match_ids(id, max_candidates_for(id));
        Self {
            message: format!("unknown match {id:?}{}", did_you_mean(id, near)),
            accepted: Rejection::accepted_list(timeline.tracks().iter().map(|track| track.fixture.id.as_str())),
            is_match: true,
        }
    }

    fn of_type(timeline: &Timeline, word: &str) -> Self {
        let near = timeline.similar_custom_types(word).take(max_candidates_for(word));
        let groups = GROUPS.iter().map(|(name, _)| *name);
        Self {
            // The word is none of `near`, or it would be known.
            message: TypeSelector::parse(word, near).err().unwrap_or_default(),
            accepted: Rejection::accepted_list(
                groups.chain(EventType::WORDS.iter().copied()).chain(timeline.custom_types()),
            ),
            is_match: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::faults::{FaultPlan, apply};
    use crate::football::{CustomType, MatchEvent};
    use crate::scenario::{EventRecord, LineContent, SHIPPED, Scenario, TimedLine};

    /// A round with tables, a match of no competition, types of its own.
    static ROUND: LazyLock<Timeline> = LazyLock::new(|| {
        let drone = SHIPPED[0].text().replacen(r#""type":"kick_off","#, r#""type":"x_drone","#, 2);
        let drone = drone.replace(r#""type":"offside""#, r#""type":"x_hawk""#);
        let drone = drone.replace("juv-nap", "drone").replace("serie-a", "drones");
        let scenarios =
            vec![SHIPPED[1].load().expect("shipped"), Scenario::parse("drones", &drone).expect("a scenario")];
        Timeline::new(&Scenario::merge(scenarios).expect("matches that differ"))
    });
    /// More matches than a new subscriber has snapshots of.
    static SEASON: LazyLock<Timeline> = LazyLock::new(|| {
        let copy = |at: usize| {
            let text = SHIPPED[0].text().replace("juv-nap", &format!("copy-{at}"));
            Scenario::parse("a copy", &text).expect("a scenario")
        };
        Timeline::new(&Scenario::merge((0..25).map(copy).collect()).expect("matches that differ"))
    });

    /// A second implementation of the filter, by its definition.
    struct Plain {
        matches: Option<Vec<String>>,
        types: Option<Vec<TypeSelector>>,
    }

    impl Plain {
        fn selects_track(&self, timeline: &Timeline, track: usize) -> bool {
            let id = timeline.tracks()[track].fixture.id.as_str();
            self.matches.as_ref().is_none_or(|ids| ids.iter().any(|named| named == id))
        }

        fn selects(&self, timeline: &Timeline, cue: &Cue) -> bool {
            self.selects_track(timeline, cue.track.into())
                && self.types.as_ref().is_none_or(|types| types.iter().any(|kind| kind.selects(&cue.event.kind)))
        }

        fn selects_table(&self, timeline: &Timeline, table: usize) -> bool {
            let competition = &*timeline.tables()[table].competition;
            let of = |track: &usize| timeline.tracks()[*track].fixture.competition.as_deref() == Some(competition);
            self.matches.is_none()
                || (0..timeline.tracks().len())
                    .filter(|track| self.selects_track(timeline, *track))
                    .any(|track| of(&track))
        }
    }

    fn words() -> Vec<&'static str> {
        let groups = GROUPS.iter().map(|(name, _)| *name);
        groups.chain(EventType::WORDS.iter().copied()).chain(["x_drone", "x_hawk"]).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]
        #[test]
        fn a_filter_selects_what_each_of_its_names_selects(
            matches in prop::option::of(prop::collection::vec(0usize..100, 0..14)),
            types in prop::option::of(prop::collection::vec(0usize..1_000, 0..90)),
        ) {
            let timeline = &*ROUND;
            let (tracks, words) = (timeline.tracks(), words());
            let ids = matches.map(|matches| {
                let ids = matches.iter().map(|at| tracks[at % tracks.len()].fixture.id.as_str().to_owned());
                ids.collect::<Vec<_>>()
            });
            let types = types.map(|types| types.iter().map(|at| words[at % words.len()].to_owned()).collect::<Vec<_>>());
            let filter = Filter::new(timeline, ids.as_deref(), types.as_deref()).expect("names");
            let own: Vec<&str> = timeline.custom_types().collect();
            let selector = |word: &String| TypeSelector::parse(word, own.iter().copied()).expect("a type");
            let plain = Plain { matches: ids.clone(), types: types.as_ref().map(|types| types.iter().map(selector).collect()) };
            for cue in timeline.cues() {
                prop_assert_eq!(filter.selects(cue), plain.selects(timeline, cue), "{:?}", cue);
            }
            for table in 0..timeline.tables().len() {
                prop_assert_eq!(filter.selects_table(table), plain.selects_table(timeline, table));
            }
            let followed: Vec<usize> = (0..tracks.len()).filter(|track| plain.selects_track(timeline, *track)).collect();
            prop_assert!(filter.tracks(timeline).eq(followed));
            // The same spelt otherwise: in another order, several times, groups by their members.
            let said_again = |names: Option<Vec<String>>| names.map(|names| {
                let names = names.iter().rev().chain(&names).cloned();
                names.collect::<Vec<_>>()
            });
            let spelt = types.map(|types| types.into_iter().flat_map(|word| match GROUPS.iter().find(|(name, _)| *name == word) {
                Some((_, members)) => members.iter().map(|kind| kind.as_str().to_owned()).collect(),
                None => vec![word],
            }).collect());
            let again = Filter::new(timeline, said_again(ids).as_deref(), said_again(spelt).as_deref()).expect("names");
            prop_assert_eq!(again, filter);
        }
    }

    #[test]
    fn filters_that_select_the_same_are_equal() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let of = |types: &[&str]| Filter::new(&ROUND, None, Some(&names(types))).expect("types");
        assert_eq!(of(&["card"]), of(&["red_card", "second_yellow_card", "yellow_card", "red_card"]));
        assert_ne!(of(&["card"]), of(&["red_card"]));
        assert_eq!(of(&words()), Filter::default(), "every type is no filter");
        let every = |timeline: &Timeline| {
            let ids = timeline.tracks().iter().map(|track| track.fixture.id.as_str().to_owned()).collect::<Vec<_>>();
            Filter::new(timeline, Some(&ids), None).expect("matches")
        };
        assert!(every(&ROUND).selects_everything(), "every match is no filter");
        assert_ne!(every(&SEASON), Filter::default(), "but that all of many have snapshots");
        assert_eq!(every(&SEASON).snapshot_tracks(&SEASON, MediaTime::ZERO).len(), 25);
        assert_eq!(Filter::default().snapshot_tracks(&SEASON, MediaTime::ZERO).len(), 20);
    }

    #[test]
    fn a_faulty_feed_is_filtered_as_it_is_sent() {
        let plan = "swap:at=koulibaly-goal,match=juv-nap,with=drone; unknown:at=koulibaly-goal,match=juv-nap,what=type";
        let plan = FaultPlan::parse(plan).expect("a plan");
        let timeline = apply(&ROUND, &plan, 1).expect("a plan");
        let goal = timeline.cues().iter().find(|cue| cue.event.id.as_str() == "koulibaly-goal" && !cue.silent);
        let goal = goal.expect("the first match has it");
        let selects = |id: &str, types: &[String]| {
            Filter::new(&timeline, Some(&[id.to_owned()]), Some(types)).expect("names").selects(goal)
        };
        let unknown =
            [timeline.custom_types().find(|word| !["x_drone", "x_hawk"].contains(word)).expect("one").to_owned()];
        assert!(selects("drone", &unknown));
        assert!(!selects("juv-nap", &unknown), "sent under another id");
        assert!(!selects("drone", &["goal".to_owned()]), "sent as another type");
    }

    #[test]
    fn types_without_a_number_are_distinguished_by_their_words() {
        let mut scenario = SHIPPED[0].load().expect("shipped");
        let first = scenario.entries.iter().find_map(|entry| match &entry.item {
            LineContent::Event(EventRecord::First(event)) => Some((entry.clone(), event.clone())),
            _ => None,
        });
        let (entry, event) = first.expect("an event");
        let last = usize::from(Cue::OVERFLOW_KIND) + 3;
        scenario.entries.extend((0..last).map(|at| {
            let mut event = MatchEvent::clone(&event);
            event.kind = EventType::Other(CustomType::from(&*format!("x_{at:05}")));
            TimedLine { item: LineContent::Event(EventRecord::First(event.into())), ..entry.clone() }
        }));
        let timeline = Timeline::new(&scenario);
        let named = vec![format!("x_{:05}", 7), format!("x_{:05}", last - 2)];
        let filter = Filter::new(&timeline, None, Some(&named)).expect("types");
        let wanted =
            timeline.cues().iter().filter(|cue| filter.selects(cue)).map(|cue| cue.event.kind.as_str().to_owned());
        assert_eq!(wanted.collect::<Vec<_>>(), named);
        assert!(timeline.cues().iter().filter(|cue| cue.kind == Cue::OVERFLOW_KIND).count() > 3);
    }

    #[test]
    fn an_unknown_name_yields_a_suggestion_however_many_names_there_are() {
        let unknown = |matches: Option<&str>, types: Option<&str>| {
            let names = |name: &str| vec![name.to_owned()];
            let (matches, types) = (matches.map(names), types.map(names));
            Filter::new(&SEASON, matches.as_deref(), types.as_deref()).expect_err("unknown")
        };
        let error = unknown(Some("copy-33"), None);
        assert!(error.message.starts_with("unknown match \"copy-33\" (did you mean \"copy-"), "{}", error.message);
        assert_eq!((error.is_match, error.accepted.len()), (true, 25));
        let error = unknown(None, Some("gaol"));
        assert_eq!(error.message, "unknown event type \"gaol\" (did you mean \"goal\"?)");
        assert!(error.accepted.iter().any(|word| word == "card"));
        assert_eq!(max_candidates_for(&"x".repeat(60)), 5, "long ones with a few");
    }
}
