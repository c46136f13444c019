//! Ids of events: unique, and named only where the event is.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::MatchDraft;
use crate::football::{EventId, FieldValue};

impl MatchDraft {
    /// Makes ids unique by numbers, and removes references to events that are not there, or to the event itself.
    pub(super) fn clean_references(&mut self) {
        // The last number given to each id: a file may repeat one id a hundred thousand times.
        let mut numbers: HashMap<EventId, usize> = HashMap::with_capacity(self.events.len());
        let mut ids: HashSet<EventId> = HashSet::with_capacity(self.events.len());
        for event in &mut self.events {
            while !ids.insert(event.id.clone()) {
                let number = numbers.entry(event.id.clone()).or_insert(1);
                *number += 1;
                let numbered = EventId::from(format!("{}-{number}", event.id));
                if !ids.contains(&numbered) {
                    event.id = numbered;
                }
            }
        }
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
