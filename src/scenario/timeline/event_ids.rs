//! Finds the first cue of an event by its id.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::super::number::{IndexByNumber, parse_event_number};
use super::{Cue, Track};
use crate::football::EventId;

/// Maps match and event id to the first cue of the event. Stores only cue indices; the ids are those of the cues.
#[derive(Debug, Default)]
pub(super) struct EventIds {
    /// For each match the events with a numbered id, up to the number in `most`.
    numbers: Vec<IndexByNumber>,
    most: Vec<u32>,
    others: HashTable<u32>,
    /// Whether all cues count as cues of match 0.
    global: bool,
    /// Randomly seeded, so that a file cannot provoke collisions.
    hasher: DefaultHashBuilder,
}

impl EventIds {
    /// An empty map, given the number of event lines of each match.
    pub(super) fn new(most: Vec<u32>) -> Self {
        Self { numbers: vec![IndexByNumber::default(); most.len()], most, ..Self::default() }
    }

    /// A map of all events as if they were of match 0. Of equal ids it has the event of the first match.
    pub(super) fn of_all_matches(cues: &[Cue], tracks: &[Track]) -> Self {
        let most = tracks.iter().map(Track::len).max().and_then(|most| u32::try_from(most).ok()).unwrap_or(0);
        let mut ids = Self { global: true, ..Self::new(vec![most]) };
        for place in tracks.iter().flat_map(|track| &track.cues) {
            let cue = &cues[*place as usize];
            if cue.previous.is_none() {
                ids.add(cues, *place, 0, &cue.event.id);
            }
        }
        ids.shrink_to_fit(cues);
        ids
    }

    /// The number of an id, if it belongs in `numbers`.
    fn parse_number_in_range(&self, track: u16, id: &str) -> Option<u32> {
        let most = self.most.get(usize::from(track))?;
        parse_event_number(id).filter(|number| number <= most)
    }

    /// The first cue of an event.
    #[inline]
    pub(super) fn first(&self, cues: &[Cue], track: u16, id: &str) -> Option<u32> {
        if let Some(number) = self.parse_number_in_range(track, id) {
            return self.numbers[usize::from(track)].get(number);
        }
        let same = |place: &u32| key_of(&cues[*place as usize], self.global) == (track, id);
        self.others.find(self.hasher.hash_one((track, id)), same).copied()
    }

    /// Adds an event whose first cue will have the index `place`. If the id exists already, returns its first cue instead.
    #[inline]
    pub(super) fn add(&mut self, cues: &[Cue], place: u32, track: u16, id: &EventId) -> Option<u32> {
        let first = self.first(cues, track, id.as_str());
        if first.is_some() {
            return first;
        }
        if let Some(number) = self.parse_number_in_range(track, id.as_str()) {
            self.numbers[usize::from(track)].set(number, place);
            return None;
        }
        let Self { others, global, hasher, .. } = self;
        // Rehashes only existing entries, whose cues exist. The new cue does not yet.
        let hash = |place: &u32| cues.get(*place as usize).map_or(0, |cue| hasher.hash_one(key_of(cue, *global)));
        others.insert_unique(hasher.hash_one((track, id.as_str())), place, hash);
        None
    }

    pub(super) fn shrink_to_fit(&mut self, cues: &[Cue]) {
        let Self { numbers, others, global, hasher, .. } = self;
        numbers.iter_mut().for_each(IndexByNumber::shrink_to_fit);
        others.shrink_to_fit(|place| hasher.hash_one(key_of(&cues[*place as usize], *global)));
    }
}

/// The key of a cue: its match and the id of its event.
fn key_of(cue: &Cue, global: bool) -> (u16, &str) {
    (if global { 0 } else { cue.track }, cue.event.id.as_str())
}
