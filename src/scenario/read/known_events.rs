//! The events that a match has so far, by id: whether an id is free, and what a correction refers to.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use super::super::number::{IndexByNumber, parse_event_number};
use super::super::{EventRecord, LineContent, TimedLine};
use crate::football::{EventId, EventType, MatchClock};

/// The events of one match that have been read so far.
///
/// An event that was added and never corrected is found through its entry. Only the others are stored here.
#[derive(Default)]
pub(super) struct KnownEvents {
    /// The number of event lines, including lines with errors.
    pub(super) lines: u32,
    /// The entries that add an event whose id is a number, by that number.
    numbers: IndexByNumber,
    /// An id is a number larger than the number of lines before it. Such an id is stored in `by_id`, so that one line
    /// cannot allocate room for a hundred million numbers.
    has_large_number: bool,
    /// The entries that add an event with any other id. The ids themselves are in the entries.
    by_id: HashTable<u32>,
    /// Events that differ from the entry that added them, if any: corrected ones, and those of lines with errors.
    overrides: HashMap<EventId, KnownEvent>,
    hasher: DefaultHashBuilder,
}

/// The latest state of an event.
#[derive(Debug, Clone)]
pub(super) struct KnownEvent {
    pub(super) kind: EventType,
    /// When it happened. `None` if its line has an error in the clock.
    pub(super) clock: Option<MatchClock>,
    /// Whether the event has been removed.
    pub(super) removed: bool,
}

/// The id of the event that an entry adds.
fn added_event_id(entry: &TimedLine) -> Option<&str> {
    match &entry.item {
        LineContent::Event(EventRecord::First(event)) => Some(event.id.as_str()),
        _ => None,
    }
}

impl KnownEvents {
    /// Whether an id is taken.
    pub(super) fn contains(&self, entries: &[TimedLine], id: &str) -> bool {
        !self.overrides.is_empty() && self.overrides.contains_key(id) || self.find(entries, id).is_some()
    }

    /// The latest state of the event with this id.
    pub(super) fn get(&self, entries: &[TimedLine], id: &str) -> Option<KnownEvent> {
        if let Some(known) = self.overrides.get(id) {
            return Some(known.clone());
        }
        match &entries[self.find(entries, id)?].item {
            LineContent::Event(EventRecord::First(event)) => {
                Some(KnownEvent { kind: event.kind.clone(), clock: Some(event.clock), removed: false })
            }
            _ => None,
        }
    }

    /// Whether an entry added the event with this id. `false` if only a line with errors did.
    pub(super) fn has_entry(&self, entries: &[TimedLine], id: &str) -> bool {
        self.find(entries, id).is_some()
    }

    /// The index of the entry that adds the event with this id.
    fn find(&self, entries: &[TimedLine], id: &str) -> Option<usize> {
        let same = |index: &u32| entries.get(*index as usize).and_then(added_event_id) == Some(id);
        let number = parse_event_number(id);
        let index = number.and_then(|number| self.numbers.get(number));
        if index.is_some() || number.is_some() && !self.has_large_number {
            return index.map(|index| index as usize);
        }
        self.by_id.find(self.hasher.hash_one(id), same).map(|index| *index as usize)
    }

    /// Records the event that the entry at `index` adds. Does nothing for other entries.
    pub(super) fn add(&mut self, entries: &[TimedLine], index: usize) {
        let (Ok(at), Some(id)) = (u32::try_from(index), entries.get(index).and_then(added_event_id)) else { return };
        match parse_event_number(id) {
            Some(number) if number <= self.lines => return self.numbers.set(number, at),
            number => self.has_large_number |= number.is_some(),
        }
        let hasher = &self.hasher;
        let hash =
            |index: &u32| hasher.hash_one(entries.get(*index as usize).and_then(added_event_id).unwrap_or_default());
        self.by_id.insert_unique(hasher.hash_one(id), at, hash);
    }

    /// Records a correction, or an event whose line has errors.
    pub(super) fn set_override(&mut self, id: EventId, known: KnownEvent) {
        self.overrides.insert(id, known);
    }

    /// The ids of corrected events, and of events whose lines have errors.
    pub(super) fn override_ids(&self) -> impl Iterator<Item = EventId> {
        self.overrides.keys().cloned()
    }

    /// The ids to suggest for a mistyped one: those written in the file, without the default ids.
    pub(super) fn ids<'a>(&'a self, entries: &'a [TimedLine]) -> impl Iterator<Item = &'a str> {
        let added = self.by_id.iter().filter_map(|index| entries.get(*index as usize).and_then(added_event_id));
        added.chain(self.overrides.keys().map(EventId::as_str))
    }
}
