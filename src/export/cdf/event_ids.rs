//! Ids of events. The validator reads an id of letters, digits and underscores as a word where it stands in a list of related
//! events, and accepts words in lower case only.

use std::collections::{HashMap, HashSet};

use crate::football::EventId;

/// The ids of the exported events.
#[derive(Debug, Default)]
pub(super) struct ExportedIds<'a> {
    by_event: HashMap<&'a EventId, String>,
    taken: HashSet<String>,
    /// The last number given to each id.
    numbers: HashMap<String, usize>,
}

impl<'a> ExportedIds<'a> {
    /// Gives ids to events. Ids that are not words stay as they are.
    pub fn new(events: impl Iterator<Item = &'a EventId> + Clone) -> Self {
        let mut ids = Self::default();
        for as_word in [false, true] {
            for id in events.clone().filter(|id| needs_lower_case(id.as_str()) == as_word) {
                let word = if as_word { id.as_str().to_ascii_lowercase() } else { id.as_str().to_owned() };
                let word = ids.take(word);
                ids.by_event.insert(id, word);
            }
        }
        ids
    }

    /// The id of an exported event; `None` for any other.
    pub fn get(&self, id: &EventId) -> Option<&str> {
        self.by_event.get(id).map(String::as_str)
    }

    /// An id that no other event has: this one, or with a number behind it.
    pub fn take(&mut self, id: String) -> String {
        let mut free = id.clone();
        while !self.taken.insert(free.clone()) {
            let number = self.numbers.entry(id.clone()).or_insert(1);
            *number += 1;
            free = format!("{id}-{number}");
        }
        free
    }
}

fn needs_lower_case(id: &str) -> bool {
    let word =
        id.starts_with(|c: char| c.is_ascii_alphabetic()) && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    word && id.contains(|c: char| c.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_with_capitals_change_and_ids_stay_unique() {
        let ids: Vec<EventId> = ["G1", "g1", "A-1", "7", "_X"].map(EventId::from).into();
        let mut exported = ExportedIds::new(ids.iter());
        let found: Vec<_> = ids.iter().filter_map(|id| exported.get(id)).collect();
        assert_eq!(found, ["g1-2", "g1", "A-1", "7", "_X"]);
        assert_eq!(exported.take("7".to_owned()), "7-2");
        assert_eq!(exported.get(&"other".into()), None);
    }
}
