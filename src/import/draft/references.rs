//! Ids of events: unique, and named only where the event is.

use std::sync::Arc;

use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};

use super::{DraftEvent, MatchDraft};
use crate::football::{EventId, FieldValue};

impl MatchDraft {
    /// Drops events that stand twice, as in a file that was joined to itself, and numbers different ones of the same id.
    pub(super) fn clean_ids(&mut self) {
        let mut first: HashMap<EventId, usize> = HashMap::with_capacity(self.events.len());
        // The last number given to each id: a file may repeat one id a hundred thousand times.
        let mut numbers: HashMap<EventId, usize> = HashMap::new();
        let mut repeated = Vec::new();
        for index in 0..self.events.len() {
            let id = self.events[index].id.clone();
            let earlier = match first.entry(id.clone()) {
                Entry::Vacant(entry) => {
                    entry.insert(index);
                    continue;
                }
                Entry::Occupied(entry) => *entry.get(),
            };
            if is_repetition(&self.events[earlier], &self.events[index]) {
                repeated.push(index);
                continue;
            }
            let number = numbers.entry(id.clone()).or_insert(1);
            self.events[index].id = loop {
                *number += 1;
                if let Entry::Vacant(entry) = first.entry(format!("{id}-{number}").into()) {
                    break entry.insert_entry(index).key().clone();
                }
            };
        }
        let mut index = 0..;
        self.events.retain(|_| repeated.binary_search(&index.next().unwrap_or_default()).is_err());
        self.leave_out_rows("duplicate rows", repeated.len());
    }

    /// Removes references to events that are not there, or to the event itself.
    pub(super) fn drop_dangling_references(&mut self) {
        let ids: HashSet<EventId> = self.events.iter().map(|event| event.id.clone()).collect();
        for event in &mut self.events {
            let exists = |id: &EventId| *id != event.id && ids.contains(id);
            event.fields.retain_mut(|(_, value)| match value {
                FieldValue::Event(id) => exists(id),
                FieldValue::Events(named) => {
                    if !named.iter().all(exists) {
                        *named = named.iter().filter(|id| exists(id)).cloned().collect::<Arc<[_]>>();
                    }
                    !named.is_empty()
                }
                _ => true,
            });
        }
    }
}

fn is_repetition(one: &DraftEvent, other: &DraftEvent) -> bool {
    let head = |event: &DraftEvent| (event.clock, event.side, event.official);
    one.kind == other.kind && head(one) == head(other) && one.fields == other.fields
}
