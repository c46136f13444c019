//! The lookup index of a timeline: cues by event type, events by id, markers and matches by name. Built once, so that the
//! cost of a seek does not grow with the number of cues.

use std::collections::BTreeSet;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::super::number::{IndexByNumber, parse_event_number};
use super::{Cue, Marker, Track};
use crate::football::{CustomType, EventId, EventType, GROUPS, LeagueTable, MatchEvent, Op, TypeSelector};

/// The index of one timeline.
#[derive(Debug)]
pub(super) struct Index {
    /// The cues of each known type, in the order of [`EventType::WORDS`].
    types: Vec<CueList>,
    /// The cues of each group, in the order of [`GROUPS`].
    groups: Vec<CueList>,
    /// The cues of each custom type, in alphabetical order.
    custom: Vec<(CustomType, CueList)>,
    /// The cues that correct an earlier event.
    corrections: CueList,
    /// The cues that remove an earlier event.
    removals: CueList,
    /// All corrections as (first cue of the event, cue of the correction), sorted.
    revisions: Vec<(u32, u32)>,
    ids: EventIds,
    /// For lookups without a match; only if there are several matches.
    global_ids: Option<GlobalEventIds>,
    /// Marker indices by name, then time.
    markers: Vec<u32>,
    /// Marker indices by name, match, then time.
    markers_of_matches: Vec<u32>,
    /// Match indices by id.
    matches: Vec<u16>,
    /// League table indices by competition.
    tables: Vec<u16>,
}

/// The [`Cue::kind`] of the type with an index among the known types followed by the custom types.
pub(super) fn cue_kind(place: usize) -> u16 {
    u16::try_from(place).unwrap_or(Cue::OVERFLOW_KIND)
}

/// A list of cue indices, for all matches and by match.
#[derive(Debug, Default)]
struct CueList {
    /// All, in order.
    all: Vec<u32>,
    /// Grouped by match, each group in order; empty if there is only one match.
    by_match: Vec<u32>,
}

impl Index {
    pub(super) fn new(
        cues: &[Cue],
        tracks: &[Track],
        markers: &[Marker],
        tables: &[LeagueTable],
        ids: EventIds,
    ) -> Self {
        let empty = |count: usize| std::iter::repeat_with(CueList::default).take(count).collect::<Vec<_>>();
        let own: BTreeSet<&CustomType> = cues.iter().filter_map(|cue| custom_type(&cue.event.kind)).collect();
        let mut index = Self {
            types: empty(EventType::WORDS.len()),
            groups: empty(GROUPS.len()),
            custom: own.into_iter().map(|word| (word.clone(), CueList::default())).collect(),
            corrections: CueList::default(),
            removals: CueList::default(),
            revisions: Vec::new(),
            ids,
            global_ids: None,
            markers: sorted_indices(markers, |marker| (&marker.name, 0)),
            markers_of_matches: sorted_indices(markers, |marker| (&marker.name, marker.track)),
            matches: (0..).take(tracks.len()).collect(),
            tables: (0..).take(tables.len()).collect(),
        };
        index.tables.sort_by_key(|table| &*tables[usize::from(*table)].competition);
        index.matches.sort_by_key(|track| tracks[usize::from(*track)].fixture.id.as_str());
        // For each cue the first cue of its event.
        let mut firsts: Vec<u32> = Vec::with_capacity(cues.len());
        for (place, cue) in (0..).zip(cues) {
            index.add(place, cue, cue.previous.map(|previous| &*cues[previous as usize].event));
            firsts.push(cue.previous.map_or(place, |previous| firsts[previous as usize]));
            if cue.previous.is_some() {
                index.corrections.all.push(place);
                index.revisions.push((firsts[place as usize], place));
            }
            if cue.event.op == Op::Remove {
                index.removals.all.push(place);
            }
        }
        index.revisions.sort_unstable();
        index.revisions.shrink_to_fit();
        index.global_ids = (tracks.len() > 1).then(|| GlobalEventIds::new(cues, tracks));
        index.ids.shrink_to_fit(cues);
        let own = index.custom.iter_mut().map(|(_, cue_list)| cue_list);
        let corrections = [&mut index.corrections, &mut index.removals];
        for cue_list in index.types.iter_mut().chain(&mut index.groups).chain(own).chain(corrections) {
            cue_list.finish(cues, tracks);
        }
        index
    }

    fn add(&mut self, place: u32, cue: &Cue, previous: Option<&MatchEvent>) {
        if cue.event.op == Op::Remove {
            return;
        }
        let (kind, before) =
            (&cue.event.kind, previous.filter(|previous| previous.op != Op::Remove).map(|previous| &previous.kind));
        if before == Some(kind) {
            return;
        }
        match kind {
            EventType::Other(word) => {
                if let Ok(at) = self.custom.binary_search_by(|(own, _)| own.cmp(word)) {
                    self.custom[at].1.all.push(place);
                }
            }
            kind => self.types[kind.index()].all.push(place),
        }
        for ((_, members), cue_list) in GROUPS.iter().zip(&mut self.groups) {
            if members.contains(kind) && !before.is_some_and(|before| members.contains(before)) {
                cue_list.all.push(place);
            }
        }
    }

    /// The custom types, in alphabetical order.
    pub(super) fn custom_types(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.custom.iter().map(|(word, _)| &**word)
    }

    /// The [`Cue::kind`] of a custom type.
    pub(super) fn custom_type_number(&self, word: &str) -> Option<u16> {
        let at = self.custom.binary_search_by(|(own, _)| (**own).cmp(word)).ok()?;
        Some(cue_kind(EventType::WORDS.len() + at))
    }

    pub(super) fn cue_kinds(&self, word: &str) -> Option<Vec<u16>> {
        let known = |kind: &EventType| cue_kind(kind.index());
        match (GROUPS.iter().find(|(name, _)| *name == word), EventType::parse(word)) {
            (Some((_, members)), _) => Some(members.iter().map(known).collect()),
            (None, Some(kind)) => Some(vec![known(&kind)]),
            (None, None) => self.custom_type_number(word).map(|kind| vec![kind]),
        }
    }

    /// Looks up a custom type.
    pub(super) fn custom_type(&self, word: &str) -> Option<&str> {
        let at = self.custom.binary_search_by(|(own, _)| (**own).cmp(word)).ok()?;
        Some(&self.custom[at].0)
    }

    pub(super) fn similar_match_ids<'a>(
        &self,
        tracks: &'a [Track],
        word: &str,
        count: usize,
    ) -> impl Iterator<Item = &'a str> + use<'a, '_> {
        let of = |track: &u16| tracks[usize::from(*track)].fixture.id.as_str();
        let at = self.matches.partition_point(|track| of(track) < word);
        window_around(&self.matches, at, count).iter().map(of)
    }

    pub(super) fn table_indices_of(&self, tables: &[LeagueTable], competition: &str) -> &[u16] {
        let of = |table: &u16| &*tables[usize::from(*table)].competition;
        let from = self.tables.partition_point(|table| of(table) < competition);
        let count = self.tables[from..].partition_point(|table| of(table) == competition);
        &self.tables[from..from + count]
    }

    pub(super) fn cues_of_type(&self, cues: &[Cue], selector: &TypeSelector, track: Option<usize>) -> &[u32] {
        let word = selector.as_str();
        let cue_list = match (GROUPS.iter().position(|(name, _)| *name == word), EventType::parse(word)) {
            (Some(group), _) => &self.groups[group],
            (None, Some(kind)) => &self.types[kind.index()],
            (None, None) => match self.custom.binary_search_by(|(own, _)| (**own).cmp(word)) {
                Ok(at) => &self.custom[at].1,
                Err(_) => return &[],
            },
        };
        self.cues_of_match(cues, cue_list, track)
    }

    pub(super) fn corrections(&self, cues: &[Cue], track: Option<usize>) -> &[u32] {
        self.cues_of_match(cues, &self.corrections, track)
    }

    pub(super) fn removals(&self, cues: &[Cue], track: Option<usize>) -> &[u32] {
        self.cues_of_match(cues, &self.removals, track)
    }

    /// The cues of one match, or all.
    fn cues_of_match<'a>(&self, cues: &[Cue], cue_list: &'a CueList, track: Option<usize>) -> &'a [u32] {
        match track {
            Some(track) if self.matches.len() > 1 => {
                let list = &cue_list.by_match;
                let of = |place: &u32| usize::from(cues[*place as usize].track);
                &list[list.partition_point(|place| of(place) < track)..list.partition_point(|place| of(place) <= track)]
            }
            Some(1..) => &[],
            _ => &cue_list.all,
        }
    }

    pub(super) fn first_cue_of(&self, cues: &[Cue], id: &str, track: Option<usize>) -> Option<usize> {
        let found = match (track, &self.global_ids) {
            (None, Some(global_ids)) => global_ids.first(cues, id),
            (track, _) => self.ids.first(cues, u16::try_from(track.unwrap_or(0)).ok()?, id),
        };
        found.map(|place| place as usize)
    }

    /// The corrections of the event whose first cue is `first`, in order, as (first cue, cue of the correction).
    pub(super) fn revisions(&self, first: u32) -> &[(u32, u32)] {
        let from = self.revisions.partition_point(|(of, _)| *of < first);
        let count = self.revisions[from..].partition_point(|(of, _)| *of == first);
        &self.revisions[from..from + count]
    }

    pub(super) fn marker<'a>(&self, markers: &'a [Marker], name: &str, track: Option<usize>) -> Option<&'a Marker> {
        let first = |order: &[u32], key: (&str, u16), of: fn(&Marker) -> (&str, u16)| {
            let at = order.partition_point(|place| of(&markers[*place as usize]) < key);
            order.get(at).map(|place| &markers[*place as usize]).filter(|marker| of(marker) == key)
        };
        let own = track.and_then(|track| u16::try_from(track).ok());
        let own =
            own.and_then(|track| first(&self.markers_of_matches, (name, track), |marker| (&marker.name, marker.track)));
        own.or_else(|| first(&self.markers, (name, 0), |marker| (&marker.name, 0)))
    }

    pub(super) fn track(&self, tracks: &[Track], id: &str) -> Option<usize> {
        let of = |track: &u16| tracks[usize::from(*track)].fixture.id.as_str();
        // Ids are unique in a file that was read. Among duplicates made in code the first one counts.
        let at = self.matches.partition_point(|track| of(track) < id);
        self.matches.get(at).filter(|track| of(track) == id).map(|track| usize::from(*track))
    }
}

/// The custom type, if a type is one.
fn custom_type(kind: &EventType) -> Option<&CustomType> {
    match kind {
        EventType::Other(word) => Some(word),
        _ => None,
    }
}

/// The `count` elements around an index, fewer at the ends.
fn window_around<T>(list: &[T], at: usize, count: usize) -> &[T] {
    &list[at.saturating_sub(count / 2)..list.len().min(at + count.div_ceil(2))]
}

/// Marker indices sorted by a key; equal ones stay in order of time.
fn sorted_indices<'a, K: Ord>(markers: &'a [Marker], key: impl Fn(&'a Marker) -> K) -> Vec<u32> {
    let mut places: Vec<u32> = (0..).take(markers.len()).collect();
    places.sort_by_key(|place| key(&markers[*place as usize]));
    places
}

impl CueList {
    fn finish(&mut self, cues: &[Cue], tracks: &[Track]) {
        self.all.shrink_to_fit();
        if tracks.len() > 1 && !self.all.is_empty() {
            self.by_match = self.all.clone();
            self.by_match.sort_by_key(|place| cues[*place as usize].track);
        }
    }
}

/// Maps match and event id to the first cue of the event. Stores only cue indices; the ids are those of the cues.
#[derive(Debug, Default)]
pub(super) struct EventIds {
    /// For each match the events with a numbered id, up to the number in `most`.
    numbers: Vec<IndexByNumber>,
    most: Vec<u32>,
    others: HashTable<u32>,
    /// Randomly seeded, so that a file cannot provoke collisions.
    hasher: DefaultHashBuilder,
}

impl EventIds {
    /// An empty map, given the number of event lines of each match.
    pub(super) fn new(most: Vec<u32>) -> Self {
        Self { numbers: vec![IndexByNumber::default(); most.len()], most, ..Self::default() }
    }

    /// The number of an id, if it belongs in `numbers`.
    fn parse_number_in_range(&self, track: u16, id: &str) -> Option<u32> {
        let most = self.most.get(usize::from(track))?;
        parse_event_number(id).filter(|number| number <= most)
    }

    fn hash(&self, track: u16, id: &str) -> u64 {
        self.hasher.hash_one((track, id))
    }

    /// The first cue of an event.
    pub(super) fn first(&self, cues: &[Cue], track: u16, id: &str) -> Option<u32> {
        if let Some(number) = self.parse_number_in_range(track, id) {
            return self.numbers[usize::from(track)].get(number);
        }
        let same = |place: &u32| {
            let cue = &cues[*place as usize];
            cue.track == track && cue.event.id.as_str() == id
        };
        self.others.find(self.hash(track, id), same).copied()
    }

    /// Adds an event whose first cue will have the index `place`. If the id exists already, returns its first cue instead.
    pub(super) fn add(&mut self, cues: &[Cue], place: u32, track: u16, id: &EventId) -> Option<u32> {
        let first = self.first(cues, track, id.as_str());
        if first.is_some() {
            return first;
        }
        if let Some(number) = self.parse_number_in_range(track, id.as_str()) {
            self.numbers[usize::from(track)].set(number, place);
            return None;
        }
        let hasher = &self.hasher;
        // Rehashes only existing entries, whose cues exist. The new cue does not yet.
        let of = |place: &u32| {
            cues.get(*place as usize).map_or(0, |cue| hasher.hash_one((cue.track, cue.event.id.as_str())))
        };
        self.others.insert_unique(hasher.hash_one((track, id.as_str())), place, of);
        None
    }

    fn shrink_to_fit(&mut self, cues: &[Cue]) {
        let hasher = &self.hasher;
        self.numbers.iter_mut().for_each(IndexByNumber::shrink_to_fit);
        self.others.shrink_to_fit(|place| {
            let cue = &cues[*place as usize];
            hasher.hash_one((cue.track, cue.event.id.as_str()))
        });
    }
}

/// Maps event ids to the first cue of the event, in the first match that has the id.
#[derive(Debug, Default)]
struct GlobalEventIds {
    numbers: IndexByNumber,
    most: u32,
    others: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl GlobalEventIds {
    fn new(cues: &[Cue], tracks: &[Track]) -> Self {
        let most = tracks.iter().map(Track::len).max().and_then(|most| u32::try_from(most).ok()).unwrap_or(0);
        let mut global_ids = Self { most, ..Self::default() };
        for place in tracks.iter().flat_map(|track| &track.cues) {
            let cue = &cues[*place as usize];
            if cue.previous.is_none() {
                global_ids.add(cues, *place, cue.event.id.as_str());
            }
        }
        global_ids.numbers.shrink_to_fit();
        global_ids
    }

    fn parse_number_in_range(&self, id: &str) -> Option<u32> {
        parse_event_number(id).filter(|number| *number <= self.most)
    }

    fn first(&self, cues: &[Cue], id: &str) -> Option<u32> {
        match self.parse_number_in_range(id) {
            Some(number) => self.numbers.get(number),
            None => {
                let same = |place: &u32| cues[*place as usize].event.id.as_str() == id;
                self.others.find(self.hasher.hash_one(id), same).copied()
            }
        }
    }

    fn add(&mut self, cues: &[Cue], place: u32, id: &str) {
        match (self.first(cues, id), self.parse_number_in_range(id)) {
            (Some(_), _) => {}
            (None, Some(number)) => self.numbers.set(number, place),
            (None, None) => {
                let hasher = &self.hasher;
                let of = |place: &u32| hasher.hash_one(cues[*place as usize].event.id.as_str());
                self.others.insert_unique(hasher.hash_one(id), place, of);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::testing::arbitrary::scenarios;
    use super::super::Timeline;
    use super::*;

    /// The cues of a type, by definition.
    fn cue_list(timeline: &Timeline, selector: &TypeSelector, track: Option<usize>) -> Vec<u32> {
        let is = |event: &MatchEvent| event.op != Op::Remove && selector.selects(&event.kind);
        let becomes = |cue: &Cue| is(&cue.event) && !timeline.previous_revision(cue).is_some_and(is);
        let wanted = |cue: &Cue| track.is_none_or(|track| usize::from(cue.track) == track) && becomes(cue);
        (0..).zip(timeline.cues()).filter(|(_, cue)| wanted(cue)).map(|(place, _)| place).collect()
    }

    fn first_cue_of(timeline: &Timeline, id: &str, track: Option<usize>) -> Option<usize> {
        let cues = timeline.cues().iter().enumerate();
        let own = cues.filter(|(_, cue)| track.is_none_or(|track| usize::from(cue.track) == track));
        own.filter(|(_, cue)| cue.event.id.as_str() == id).min_by_key(|(at, cue)| (cue.track, *at)).map(|(at, _)| at)
    }

    fn marker<'a>(timeline: &'a Timeline, name: &str, track: Option<usize>) -> Option<&'a Marker> {
        let own = |marker: &Marker| track == Some(usize::from(marker.track));
        let mut named = timeline.markers().iter().filter(|marker| &*marker.name == name);
        named.clone().find(|marker| own(marker)).or_else(|| named.next())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]
        #[test]
        fn lookups_find_what_a_full_search_finds(
            mut scenario in scenarios(40), named_alike in any::<bool>(),
        ) {
            for entry in &mut scenario.entries {
                if let super::super::super::LineContent::Marker(marker) = &mut entry.item && named_alike {
                    marker.name = "m".into();
                }
            }
            let timeline = Timeline::new(&scenario);
            let tracks = (0..timeline.tracks().len() + 1).map(Some).chain([None]);
            for track in tracks {
                let words = EventType::WORDS.iter().copied().chain(GROUPS.iter().map(|(name, _)| *name));
                for word in words.chain(["x_drone"]) {
                    let selector = TypeSelector::parse(word, ["x_drone"]).expect("a type");
                    prop_assert_eq!(timeline.cues_of_type(&selector, track), cue_list(&timeline, &selector, track), "{}", word);
                }
                let own = |cue: &Cue| track.is_none_or(|track| usize::from(cue.track) == track);
                let corrected = |wanted: fn(Op) -> bool| -> Vec<u32> {
                    let cues = (0..).zip(timeline.cues());
                    cues.filter(|(_, cue)| own(cue) && wanted(cue.event.op)).map(|(place, _)| place).collect()
                };
                prop_assert_eq!(timeline.corrections(track), corrected(|op| op != Op::Add));
                prop_assert_eq!(timeline.removals(track), corrected(|op| op == Op::Remove));
                for line in 0..60 {
                    let (id, name) = (format!("n{line}"), format!("m{line} Đ"));
                    prop_assert_eq!(timeline.first_cue_of(&id, track), first_cue_of(&timeline, &id, track));
                    prop_assert_eq!(timeline.marker(&name, track), marker(&timeline, &name, track));
                    let Some(first) = timeline.first_cue_of(&id, track) else { continue };
                    let same = |cue: &Cue| cue.track == timeline.cues()[first].track && cue.event.id.as_str() == id;
                    for (rev, (place, cue)) in timeline.cues().iter().enumerate().filter(|(_, cue)| same(cue)).enumerate() {
                        prop_assert_eq!(cue.event.rev as usize, rev);
                        prop_assert_eq!(timeline.revision_cue(first, rev), Some(place));
                    }
                    let count = timeline.cues().iter().filter(|cue| same(cue)).count();
                    prop_assert_eq!(timeline.revision_count(first), count);
                    prop_assert_eq!(timeline.revision_cue(first, count), None);
                }
                prop_assert_eq!(timeline.marker("m", track), marker(&timeline, "m", track));
            }
            for (place, track) in timeline.tracks().iter().enumerate() {
                prop_assert_eq!(timeline.track_of(track.fixture.id.as_str()), Some(place));
            }
            prop_assert_eq!(timeline.track_of("nobody"), None);
        }
    }
}
