//! Lookups by event type, id and name. Their cost does not grow with the number of cues.

use super::index::{CueList, cue_kind};
use super::{MAX_HINT_CANDIDATES, Marker, Timeline};
use crate::football::{EventType, GROUPS, TypeSelector};

impl Timeline {
    /// Looks up a match by id: an index in [`Timeline::tracks`].
    pub fn track_of(&self, id: &str) -> Option<usize> {
        let of = |track: &u16| self.match_id(*track);
        // Ids are unique in a file that was read. Among duplicates made in code the first one counts.
        let at = self.content.index.matches.partition_point(|track| of(track) < id);
        self.content.index.matches.get(at).filter(|track| of(track) == id).map(|track| usize::from(*track))
    }

    /// At most `count` ids of matches that are next to a word in alphabetical order: candidates for suggestions, found without
    /// searching all matches.
    pub(crate) fn similar_match_ids(&self, word: &str, count: usize) -> impl Iterator<Item = &str> {
        let matches = &self.content.index.matches;
        let at = matches.partition_point(|track| self.match_id(*track) < word);
        let near = &matches[at.saturating_sub(count / 2)..matches.len().min(at + count.div_ceil(2))];
        near.iter().map(|track| self.match_id(*track))
    }

    fn match_id(&self, track: u16) -> &str {
        self.content.tracks[usize::from(track)].fixture.id.as_str()
    }

    /// The indices of the cues at which an event becomes of the selected type, in order: the original reports, and corrections
    /// from another type. Includes events that are removed later. `track`: of that match only.
    pub(crate) fn cues_of_type(&self, selector: &TypeSelector, track: Option<usize>) -> &[u32] {
        let (word, index) = (selector.as_str(), &self.content.index);
        let list = match (GROUPS.iter().position(|(name, _)| *name == word), EventType::parse(word)) {
            (Some(group), _) => Some(&index.groups[group]),
            (None, Some(kind)) => Some(&index.types[kind.index()]),
            (None, None) => index.custom_index(word).map(|at| &index.custom[at].1),
        };
        list.map_or(&[], |list| self.cues_of_match(list, track))
    }

    /// The indices of the cues that correct an earlier event, in order. `track`: of that match only.
    pub(crate) fn corrections(&self, track: Option<usize>) -> &[u32] {
        self.cues_of_match(&self.content.index.corrections, track)
    }

    /// The indices of the cues that remove an earlier event, in order. `track`: of that match only.
    pub(crate) fn removals(&self, track: Option<usize>) -> &[u32] {
        self.cues_of_match(&self.content.index.removals, track)
    }

    /// The cues of one match, or all.
    fn cues_of_match<'a>(&self, list: &'a CueList, track: Option<usize>) -> &'a [u32] {
        match track {
            Some(track) if self.content.tracks.len() > 1 => {
                let list = &list.by_match;
                let of = |place: &u32| usize::from(self.content.cues[*place as usize].track);
                &list[list.partition_point(|place| of(place) < track)..list.partition_point(|place| of(place) <= track)]
            }
            Some(1..) => &[],
            _ => &list.all,
        }
    }

    /// Looks up an event by id: its first cue. Without `track`, in the first match that has the id.
    pub(crate) fn first_cue_of(&self, id: &str, track: Option<usize>) -> Option<usize> {
        let (ids, track) = match (track, &self.content.index.global_ids) {
            (None, Some(global_ids)) => (global_ids, 0),
            (track, _) => (&self.content.index.ids, u16::try_from(track.unwrap_or(0)).ok()?),
        };
        ids.first(&self.content.cues, track, id).map(|place| place as usize)
    }

    /// The cue of a revision of the event whose first cue is `first`.
    pub(crate) fn revision_cue(&self, first: usize, rev: usize) -> Option<usize> {
        let Some(later) = rev.checked_sub(1) else { return Some(first) };
        self.later_revisions(first).get(later).map(|(_, place)| *place as usize)
    }

    /// The number of revisions of the event whose first cue is `first`, including the original.
    pub(crate) fn revision_count(&self, first: usize) -> usize {
        1 + self.later_revisions(first).len()
    }

    /// The corrections of the event whose first cue is `first`, in order, as (first cue, cue of the correction).
    fn later_revisions(&self, first: usize) -> &[(u32, u32)] {
        let revisions = &self.content.index.revisions;
        let revisions = &revisions[revisions.partition_point(|(of, _)| (*of as usize) < first)..];
        &revisions[..revisions.partition_point(|(of, _)| *of as usize == first)]
    }

    /// Looks up a marker by name. If several have the name: the first one of the match `track`, else the first of all.
    pub fn marker(&self, name: &str, track: Option<usize>) -> Option<&Marker> {
        let first = |order: &[u32], key: (&str, u16), of: fn(&Marker) -> (&str, u16)| {
            let at = order.partition_point(|place| of(&self.content.markers[*place as usize]) < key);
            order.get(at).map(|place| &self.content.markers[*place as usize]).filter(|marker| of(marker) == key)
        };
        let of_match =
            |track| first(&self.content.index.markers_of_matches, (name, track), |marker| (&marker.name, marker.track));
        let own = track.and_then(|track| u16::try_from(track).ok()).and_then(of_match);
        own.or_else(|| first(&self.content.index.markers, (name, 0), |marker| (&marker.name, 0)))
    }

    /// The custom event types of the scenario, each once, in alphabetical order.
    pub fn custom_types(&self) -> impl Iterator<Item = &str> + Clone {
        let unheard = self.feed.iter().flat_map(|feed| &feed.unheard_types);
        self.content.index.custom.iter().map(|(word, _)| &**word).chain(unheard.map(|word| &**word))
    }

    /// The type numbers ([`Cue::kind`](super::Cue::kind)) that a word names: a group, a known type or a custom type. `None` if it
    /// names none.
    pub(crate) fn cue_kinds(&self, word: &str) -> Option<Vec<u16>> {
        let known = |kind: &EventType| cue_kind(kind.index());
        match (GROUPS.iter().find(|(name, _)| *name == word), EventType::parse(word)) {
            (Some((_, members)), _) => Some(members.iter().map(known).collect()),
            (None, Some(kind)) => Some(vec![known(&kind)]),
            (None, None) => self.custom_type_number(word).map(|kind| vec![kind]),
        }
    }

    /// The custom types to resolve `word` against: `word` itself if it is one, and the first thousand for suggestions. A
    /// scenario may have as many types as events, and a command must not search them all.
    pub(crate) fn similar_custom_types<'a>(&'a self, word: &str) -> impl Iterator<Item = &'a str> + Clone + use<'a> {
        let own = self.content.index.custom_index(word).map(|at| &*self.content.index.custom[at].0);
        own.into_iter().chain(self.custom_types().take(MAX_HINT_CANDIDATES))
    }

    /// The league tables of a competition: indices in [`Timeline::tables`].
    pub(crate) fn table_indices_of(&self, competition: &str) -> &[u16] {
        let of = |table: &u16| &*self.content.tables[usize::from(*table)].competition;
        let tables = &self.content.index.tables;
        let tables = &tables[tables.partition_point(|table| of(table) < competition)..];
        &tables[..tables.partition_point(|table| of(table) == competition)]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::testing::arbitrary::scenarios;
    use super::super::Cue;
    use super::*;
    use crate::football::{MatchEvent, Op};

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
