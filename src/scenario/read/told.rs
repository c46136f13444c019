//! What has been told of a match so far: that an id stands once, and what a correction is a correction of.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use super::super::number::{Numbers, number_of};
use super::super::{Entry, EventRecord, Item};
use crate::football::{EventId, EventType, MatchClock};

/// What has been told of a match so far.
#[derive(Default)]
pub(super) struct Told {
    /// How many event lines it has, wrong ones among them.
    pub(super) lines: u32,
    /// The entries that tell a happening for the first time, by the number that its id is.
    numbers: Numbers,
    /// Whether a number was stated as an id before the match had so many lines. It stands among the other ids then: a file
    /// must not make room for a hundred million numbers with one line.
    ahead: bool,
    /// Likewise by other ids. Only their places: the ids stand there.
    firsts: HashTable<u32>,
    /// What is not as its first telling says: it has been corrected, or the line was wrong and left no entry.
    others: HashMap<EventId, Happening>,
    hasher: DefaultHashBuilder,
}

/// A happening as it was last told.
#[derive(Debug, Clone)]
pub(super) struct Happening {
    pub(super) kind: EventType,
    /// When it happened, unless the line was wrong about that.
    pub(super) clock: Option<MatchClock>,
    /// Whether it has not been removed.
    pub(super) stands: bool,
}

/// The id that an entry tells for the first time.
fn id_of(entry: &Entry) -> Option<&str> {
    match &entry.item {
        Item::Event(EventRecord::First(event)) => Some(event.id.as_str()),
        _ => None,
    }
}

impl Told {
    /// Whether an id has been told.
    pub(super) fn has(&self, entries: &[Entry], id: &str) -> bool {
        !self.others.is_empty() && self.others.contains_key(id) || self.first(entries, id).is_some()
    }

    /// What was last told under an id.
    pub(super) fn happening(&self, entries: &[Entry], id: &str) -> Option<Happening> {
        if let Some(other) = self.others.get(id) {
            return Some(other.clone());
        }
        match &entries[self.first(entries, id)?].item {
            Item::Event(EventRecord::First(event)) => {
                Some(Happening { kind: event.kind.clone(), clock: Some(event.clock), stands: true })
            }
            _ => None,
        }
    }

    /// Whether an id is that of an entry, and not only of a line that was wrong.
    pub(super) fn is_entry(&self, entries: &[Entry], id: &str) -> bool {
        self.first(entries, id).is_some()
    }

    fn first(&self, entries: &[Entry], id: &str) -> Option<usize> {
        let same = |place: &u32| entries.get(*place as usize).and_then(id_of) == Some(id);
        let number = number_of(id);
        let place = number.and_then(|number| self.numbers.get(number));
        if place.is_some() || number.is_some() && !self.ahead {
            return place.map(|place| place as usize);
        }
        self.firsts.find(self.hasher.hash_one(id), same).map(|place| *place as usize)
    }

    /// Takes note of a first telling that has become the entry at `place`.
    pub(super) fn add(&mut self, entries: &[Entry], place: usize) {
        let (Ok(at), Some(id)) = (u32::try_from(place), entries.get(place).and_then(id_of)) else { return };
        match number_of(id) {
            Some(number) if number <= self.lines => return self.numbers.set(number, at),
            number => self.ahead |= number.is_some(),
        }
        let hasher = &self.hasher;
        let of = |place: &u32| hasher.hash_one(entries.get(*place as usize).and_then(id_of).unwrap_or_default());
        self.firsts.insert_unique(hasher.hash_one(id), at, of);
    }

    /// Takes note of a correction, or of a first telling that was wrong.
    pub(super) fn set(&mut self, id: EventId, happening: Happening) {
        self.others.insert(id, happening);
    }

    /// The ids of what has been corrected, and of lines that were wrong.
    pub(super) fn other_ids(&self) -> impl Iterator<Item = EventId> {
        self.others.keys().cloned()
    }

    /// Ids for suggestions: those that stand in the file, not the numbers given to events that state none.
    pub(super) fn ids<'a>(&'a self, entries: &'a [Entry]) -> impl Iterator<Item = &'a str> {
        let firsts = self.firsts.iter().filter_map(|place| entries.get(*place as usize).and_then(id_of));
        firsts.chain(self.others.keys().map(EventId::as_str))
    }
}
