//! Where a timeline has what a seek asks for by name: the moments of each sort, the ids, the markers and the matches. Built
//! once, so that finding any of them does not take longer the more is told.

use std::collections::BTreeSet;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::super::number::{Numbers, number_of};
use super::{Cue, Marker, Track};
use crate::football::{EventId, EventType, GROUPS, LeagueTable, MatchEvent, Op, OwnType, TypeSelector};

/// The index of one timeline.
#[derive(Debug)]
pub(super) struct Index {
    /// By known type, in the order of their words.
    types: Vec<Moments>,
    /// By group, in the order of [`GROUPS`].
    groups: Vec<Moments>,
    /// By types of the scenario's own, in the order of their words.
    own: Vec<(OwnType, Moments)>,
    /// The cues that correct an earlier event, and those of them that remove it.
    corrections: Moments,
    removals: Moments,
    /// The same corrections, each as (first cue of its event, cue of the correction), sorted.
    revisions: Vec<(u32, u32)>,
    ids: Ids,
    /// Where there are several matches.
    anywhere: Option<Anywhere>,
    /// The places of the markers by name, and in time.
    markers: Vec<u32>,
    /// The same by name and match, and in time.
    markers_of_matches: Vec<u32>,
    /// The places of the matches by id.
    matches: Vec<u16>,
    /// The places of the league tables by competition.
    tables: Vec<u16>,
}

/// The number of a type that has this place among the known types and, after them, the scenario's own.
pub(super) fn kind_number(place: usize) -> u16 {
    u16::try_from(place).unwrap_or(Cue::REST)
}

/// The cues at which something becomes of one sort.
#[derive(Debug, Default)]
struct Moments {
    /// In order.
    all: Vec<u32>,
    /// Match after match, each in order; empty where there is only one match.
    by_match: Vec<u32>,
}

impl Index {
    pub(super) fn new(cues: &[Cue], tracks: &[Track], markers: &[Marker], tables: &[LeagueTable], ids: Ids) -> Self {
        let empty = |count: usize| std::iter::repeat_with(Moments::default).take(count).collect::<Vec<_>>();
        let own: BTreeSet<&OwnType> = cues.iter().filter_map(|cue| own_type(&cue.event.kind)).collect();
        let mut index = Self {
            types: empty(EventType::WORDS.len()),
            groups: empty(GROUPS.len()),
            own: own.into_iter().map(|word| (word.clone(), Moments::default())).collect(),
            corrections: Moments::default(),
            removals: Moments::default(),
            revisions: Vec::new(),
            ids,
            anywhere: None,
            markers: sorted(markers, |marker| (&marker.name, 0)),
            markers_of_matches: sorted(markers, |marker| (&marker.name, marker.track)),
            matches: (0..).take(tracks.len()).collect(),
            tables: (0..).take(tables.len()).collect(),
        };
        index.tables.sort_by_key(|table| &*tables[usize::from(*table)].competition);
        index.matches.sort_by_key(|track| tracks[usize::from(*track)].fixture.id.as_str());
        // For each cue the first one of its event.
        let mut firsts: Vec<u32> = Vec::with_capacity(cues.len());
        for (place, cue) in (0..).zip(cues) {
            index.see(place, cue, cue.was.map(|was| &*cues[was as usize].event));
            firsts.push(cue.was.map_or(place, |was| firsts[was as usize]));
            if cue.was.is_some() {
                index.corrections.all.push(place);
                index.revisions.push((firsts[place as usize], place));
            }
            if cue.event.op == Op::Remove {
                index.removals.all.push(place);
            }
        }
        index.revisions.sort_unstable();
        index.revisions.shrink_to_fit();
        index.anywhere = (tracks.len() > 1).then(|| Anywhere::new(cues, tracks));
        index.ids.shrink_to_fit(cues);
        let own = index.own.iter_mut().map(|(_, moments)| moments);
        let corrections = [&mut index.corrections, &mut index.removals];
        for moments in index.types.iter_mut().chain(&mut index.groups).chain(own).chain(corrections) {
            moments.finish(cues, tracks);
        }
        index
    }

    fn see(&mut self, place: u32, cue: &Cue, was: Option<&MatchEvent>) {
        if cue.event.op == Op::Remove {
            return;
        }
        let (kind, before) = (&cue.event.kind, was.filter(|was| was.op != Op::Remove).map(|was| &was.kind));
        if before == Some(kind) {
            return;
        }
        match kind {
            EventType::Other(word) => {
                if let Ok(at) = self.own.binary_search_by(|(own, _)| own.cmp(word)) {
                    self.own[at].1.all.push(place);
                }
            }
            kind => self.types[kind.place()].all.push(place),
        }
        for ((_, members), moments) in GROUPS.iter().zip(&mut self.groups) {
            if members.contains(kind) && !before.is_some_and(|before| members.contains(before)) {
                moments.all.push(place);
            }
        }
    }

    /// The types of the scenario's own that are told, in order.
    pub(super) fn own_types(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.own.iter().map(|(word, _)| &**word)
    }

    /// The number of a type of the scenario's own.
    pub(super) fn own_kind(&self, word: &str) -> Option<u16> {
        let at = self.own.binary_search_by(|(own, _)| (**own).cmp(word)).ok()?;
        Some(kind_number(EventType::WORDS.len() + at))
    }

    pub(super) fn kinds(&self, word: &str) -> Option<Vec<u16>> {
        let known = |kind: &EventType| kind_number(kind.place());
        match (GROUPS.iter().find(|(name, _)| *name == word), EventType::parse(word)) {
            (Some((_, members)), _) => Some(members.iter().map(known).collect()),
            (None, Some(kind)) => Some(vec![known(&kind)]),
            (None, None) => self.own_kind(word).map(|kind| vec![kind]),
        }
    }

    /// The type of the scenario's own that is written like that.
    pub(super) fn own_type(&self, word: &str) -> Option<&str> {
        let at = self.own.binary_search_by(|(own, _)| (**own).cmp(word)).ok()?;
        Some(&self.own[at].0)
    }

    pub(super) fn ids_near<'a>(
        &self,
        tracks: &'a [Track],
        word: &str,
        count: usize,
    ) -> impl Iterator<Item = &'a str> + use<'a, '_> {
        let of = |track: &u16| tracks[usize::from(*track)].fixture.id.as_str();
        let at = self.matches.partition_point(|track| of(track) < word);
        around(&self.matches, at, count).iter().map(of)
    }

    pub(super) fn tables_of(&self, tables: &[LeagueTable], competition: &str) -> &[u16] {
        let of = |table: &u16| &*tables[usize::from(*table)].competition;
        let from = self.tables.partition_point(|table| of(table) < competition);
        let count = self.tables[from..].partition_point(|table| of(table) == competition);
        &self.tables[from..from + count]
    }

    pub(super) fn moments(&self, cues: &[Cue], selector: &TypeSelector, track: Option<usize>) -> &[u32] {
        let word = selector.as_str();
        let moments = match (GROUPS.iter().position(|(name, _)| *name == word), EventType::parse(word)) {
            (Some(group), _) => &self.groups[group],
            (None, Some(kind)) => &self.types[kind.place()],
            (None, None) => match self.own.binary_search_by(|(own, _)| (**own).cmp(word)) {
                Ok(at) => &self.own[at].1,
                Err(_) => return &[],
            },
        };
        self.of_match(cues, moments, track)
    }

    pub(super) fn corrections(&self, cues: &[Cue], track: Option<usize>) -> &[u32] {
        self.of_match(cues, &self.corrections, track)
    }

    pub(super) fn removals(&self, cues: &[Cue], track: Option<usize>) -> &[u32] {
        self.of_match(cues, &self.removals, track)
    }

    /// Those of one match, or all.
    fn of_match<'a>(&self, cues: &[Cue], moments: &'a Moments, track: Option<usize>) -> &'a [u32] {
        match track {
            Some(track) if self.matches.len() > 1 => {
                let list = &moments.by_match;
                let of = |place: &u32| usize::from(cues[*place as usize].track);
                &list[list.partition_point(|place| of(place) < track)..list.partition_point(|place| of(place) <= track)]
            }
            Some(1..) => &[],
            _ => &moments.all,
        }
    }

    pub(super) fn first_telling(&self, cues: &[Cue], id: &str, track: Option<usize>) -> Option<usize> {
        let found = match (track, &self.anywhere) {
            (None, Some(anywhere)) => anywhere.first(cues, id),
            (track, _) => self.ids.first(cues, u16::try_from(track.unwrap_or(0)).ok()?, id),
        };
        found.map(|place| place as usize)
    }

    /// The corrections of the event whose first cue is at `first`, in order, as (first cue, cue of the correction).
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
        // Ids differ in what was read; of two that were made the same by hand the first is meant.
        let at = self.matches.partition_point(|track| of(track) < id);
        self.matches.get(at).filter(|track| of(track) == id).map(|track| usize::from(*track))
    }
}

/// The word of a type that this version does not know.
fn own_type(kind: &EventType) -> Option<&OwnType> {
    match kind {
        EventType::Other(word) => Some(word),
        _ => None,
    }
}

/// The `count` elements around a place, fewer at the ends.
fn around<T>(list: &[T], at: usize, count: usize) -> &[T] {
    &list[at.saturating_sub(count / 2)..list.len().min(at + count.div_ceil(2))]
}

/// The places of markers in an order that leaves equal ones in time.
fn sorted<'a, K: Ord>(markers: &'a [Marker], key: impl Fn(&'a Marker) -> K) -> Vec<u32> {
    let mut places: Vec<u32> = (0..).take(markers.len()).collect();
    places.sort_by_key(|place| key(&markers[*place as usize]));
    places
}

impl Moments {
    fn finish(&mut self, cues: &[Cue], tracks: &[Track]) {
        self.all.shrink_to_fit();
        if tracks.len() > 1 && !self.all.is_empty() {
            self.by_match = self.all.clone();
            self.by_match.sort_by_key(|place| cues[*place as usize].track);
        }
    }
}

/// The cues that tell a happening for the first time, found by match and id. Only their places are held: the ids stand in
/// the cues.
#[derive(Debug, Default)]
pub(super) struct Ids {
    /// Those whose id is a number no greater than `most`, for each match.
    numbers: Vec<Numbers>,
    most: Vec<u32>,
    others: HashTable<u32>,
    /// Seeded by chance: a file cannot aim at one slot.
    hasher: DefaultHashBuilder,
}

impl Ids {
    /// For matches that have so many lines each.
    pub(super) fn new(most: Vec<u32>) -> Self {
        Self { numbers: vec![Numbers::default(); most.len()], most, ..Self::default() }
    }

    /// The number that an id is, where it is kept as such.
    fn number_of(&self, track: u16, id: &str) -> Option<u32> {
        let most = self.most.get(usize::from(track))?;
        number_of(id).filter(|number| number <= most)
    }

    fn hash(&self, track: u16, id: &str) -> u64 {
        self.hasher.hash_one((track, id))
    }

    /// The first telling of a happening.
    pub(super) fn first(&self, cues: &[Cue], track: u16, id: &str) -> Option<u32> {
        if let Some(number) = self.number_of(track, id) {
            return self.numbers[usize::from(track)].get(number);
        }
        let same = |place: &u32| {
            let cue = &cues[*place as usize];
            cue.track == track && cue.event.id.as_str() == id
        };
        self.others.find(self.hash(track, id), same).copied()
    }

    /// Adds the first telling of a happening, whose cue will be at `place`; tells where it has been told before, if it has.
    pub(super) fn add(&mut self, cues: &[Cue], place: u32, track: u16, id: &EventId) -> Option<u32> {
        let first = self.first(cues, track, id.as_str());
        if first.is_some() {
            return first;
        }
        if let Some(number) = self.number_of(track, id.as_str()) {
            self.numbers[usize::from(track)].set(number, place);
            return None;
        }
        let hasher = &self.hasher;
        // The one that is being added is not among the cues yet, and not among those that are hashed anew.
        let of = |place: &u32| {
            cues.get(*place as usize).map_or(0, |cue| hasher.hash_one((cue.track, cue.event.id.as_str())))
        };
        self.others.insert_unique(hasher.hash_one((track, id.as_str())), place, of);
        None
    }

    fn shrink_to_fit(&mut self, cues: &[Cue]) {
        let hasher = &self.hasher;
        self.numbers.iter_mut().for_each(Numbers::shrink_to_fit);
        self.others.shrink_to_fit(|place| {
            let cue = &cues[*place as usize];
            hasher.hash_one((cue.track, cue.event.id.as_str()))
        });
    }
}

/// For each id the first telling in the earliest match that has it.
#[derive(Debug, Default)]
struct Anywhere {
    numbers: Numbers,
    most: u32,
    others: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Anywhere {
    fn new(cues: &[Cue], tracks: &[Track]) -> Self {
        let most = tracks.iter().map(Track::len).max().and_then(|most| u32::try_from(most).ok()).unwrap_or(0);
        let mut anywhere = Self { most, ..Self::default() };
        for place in tracks.iter().flat_map(|track| &track.cues) {
            let cue = &cues[*place as usize];
            if cue.was.is_none() {
                anywhere.add(cues, *place, cue.event.id.as_str());
            }
        }
        anywhere.numbers.shrink_to_fit();
        anywhere
    }

    fn number_of(&self, id: &str) -> Option<u32> {
        number_of(id).filter(|number| *number <= self.most)
    }

    fn first(&self, cues: &[Cue], id: &str) -> Option<u32> {
        match self.number_of(id) {
            Some(number) => self.numbers.get(number),
            None => {
                let same = |place: &u32| cues[*place as usize].event.id.as_str() == id;
                self.others.find(self.hasher.hash_one(id), same).copied()
            }
        }
    }

    fn add(&mut self, cues: &[Cue], place: u32, id: &str) {
        match (self.first(cues, id), self.number_of(id)) {
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

    /// What a moment is, by its meaning.
    fn moments(timeline: &Timeline, selector: &TypeSelector, track: Option<usize>) -> Vec<u32> {
        let is = |event: &MatchEvent| event.op != Op::Remove && selector.selects(&event.kind);
        let becomes = |cue: &Cue| is(&cue.event) && !timeline.revision_before(cue).is_some_and(is);
        let wanted = |cue: &Cue| track.is_none_or(|track| usize::from(cue.track) == track) && becomes(cue);
        (0..).zip(timeline.cues()).filter(|(_, cue)| wanted(cue)).map(|(place, _)| place).collect()
    }

    fn first_telling(timeline: &Timeline, id: &str, track: Option<usize>) -> Option<usize> {
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
        fn what_is_found_is_what_a_search_through_everything_would_find(
            mut scenario in scenarios(40), named_alike in any::<bool>(),
        ) {
            for entry in &mut scenario.entries {
                if let super::super::super::Item::Marker(marker) = &mut entry.item && named_alike {
                    marker.name = "m".into();
                }
            }
            let timeline = Timeline::new(&scenario);
            let tracks = (0..timeline.tracks().len() + 1).map(Some).chain([None]);
            for track in tracks {
                let words = EventType::WORDS.iter().copied().chain(GROUPS.iter().map(|(name, _)| *name));
                for word in words.chain(["x_drone"]) {
                    let selector = TypeSelector::parse(word, ["x_drone"]).expect("a type");
                    prop_assert_eq!(timeline.moments(&selector, track), moments(&timeline, &selector, track), "{}", word);
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
                    prop_assert_eq!(timeline.first_telling(&id, track), first_telling(&timeline, &id, track));
                    prop_assert_eq!(timeline.marker(&name, track), marker(&timeline, &name, track));
                    let Some(first) = timeline.first_telling(&id, track) else { continue };
                    let same = |cue: &Cue| cue.track == timeline.cues()[first].track && cue.event.id.as_str() == id;
                    for (rev, (place, cue)) in timeline.cues().iter().enumerate().filter(|(_, cue)| same(cue)).enumerate() {
                        prop_assert_eq!(cue.event.rev as usize, rev);
                        prop_assert_eq!(timeline.revision(first, rev), Some(place));
                    }
                    let count = timeline.cues().iter().filter(|cue| same(cue)).count();
                    prop_assert_eq!(timeline.revisions(first), count);
                    prop_assert_eq!(timeline.revision(first, count), None);
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
