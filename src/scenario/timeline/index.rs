//! The lookup index of a timeline: cues by event type, events by id, markers and matches by name. Built once, so that the
//! cost of a seek does not grow with the number of cues.

use std::collections::BTreeSet;

use super::event_ids::EventIds;
use super::{Cue, Marker, Track};
use crate::football::{CustomType, EventType, GROUPS, LeagueTable, MatchEvent, Op};

/// The index of one timeline.
#[derive(Debug)]
pub(super) struct Index {
    /// The cues of each known type, in the order of [`EventType::WORDS`].
    pub(super) types: Vec<CueList>,
    /// The cues of each group, in the order of [`GROUPS`].
    pub(super) groups: Vec<CueList>,
    /// The cues of each custom type, in alphabetical order.
    pub(super) custom: Vec<(CustomType, CueList)>,
    /// The cues that correct an earlier event.
    pub(super) corrections: CueList,
    /// The cues that remove an earlier event.
    pub(super) removals: CueList,
    /// All corrections as (first cue of the event, cue of the correction), sorted.
    pub(super) revisions: Vec<(u32, u32)>,
    pub(super) ids: EventIds,
    /// For lookups without a match; only if there are several matches.
    pub(super) global_ids: Option<EventIds>,
    /// Marker indices by name, then time.
    pub(super) markers: Vec<u32>,
    /// Marker indices by name, match, then time.
    pub(super) markers_of_matches: Vec<u32>,
    /// Match indices by id.
    pub(super) matches: Vec<u16>,
    /// League table indices by competition.
    pub(super) tables: Vec<u16>,
}

/// The [`Cue::kind`] of the type with an index among the known types followed by the custom types.
pub(super) fn cue_kind(place: usize) -> u16 {
    u16::try_from(place).unwrap_or(Cue::OVERFLOW_KIND)
}

/// A list of cue indices, for all matches and by match.
#[derive(Debug, Default)]
pub(super) struct CueList {
    /// All, in order.
    pub(super) all: Vec<u32>,
    /// Grouped by match, each group in order; empty if there is only one match.
    pub(super) by_match: Vec<u32>,
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
        index.global_ids = (tracks.len() > 1).then(|| EventIds::of_all_matches(cues, tracks));
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
                if let Some(at) = self.custom_index(word) {
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

    /// The index of a custom type in `custom`.
    pub(super) fn custom_index(&self, word: &str) -> Option<usize> {
        self.custom.binary_search_by(|(own, _)| (**own).cmp(word)).ok()
    }

    /// The [`Cue::kind`] of a custom type.
    pub(super) fn custom_type_number(&self, word: &str) -> Option<u16> {
        self.custom_index(word).map(|at| cue_kind(EventType::WORDS.len() + at))
    }
}

/// The custom type, if a type is one.
fn custom_type(kind: &EventType) -> Option<&CustomType> {
    match kind {
        EventType::Other(word) => Some(word),
        _ => None,
    }
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
