//! Shares strings and lists of values among the events of a scenario.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use hashbrown::HashTable;

use crate::football::{Field, FieldValue};

/// Shares equal strings and lists of values, so that a name that occurs a thousand times is held once.
#[derive(Default)]
pub(crate) struct Interner {
    texts: hashbrown::HashSet<Arc<str>>,
    lists: HashTable<Arc<[FieldValue]>>,
}

impl Interner {
    /// The shared string equal to `text`.
    pub(super) fn intern(&mut self, text: &str) -> Arc<str> {
        match self.texts.get(text) {
            Some(shared) => shared.clone(),
            None => {
                let shared: Arc<str> = text.into();
                self.texts.insert(shared.clone());
                shared
            }
        }
    }

    /// The values of some fields, as a list shared by all events with equal values: the same players pass to each other
    /// with the same outcome a thousand times. A list with a value that is not hashed is not shared.
    pub(crate) fn intern_values(&mut self, fields: &mut Vec<(Field, FieldValue)>) -> Arc<[FieldValue]> {
        if fields.iter().any(|(_, value)| hash_input(value).is_none()) {
            return fields.drain(..).map(|(_, value)| value).collect();
        }
        let hasher = self.texts.hasher();
        let hash = |list: &mut dyn Iterator<Item = &FieldValue>| {
            let mut state = hasher.build_hasher();
            list.filter_map(hash_input).for_each(|value| value.hash(&mut state));
            state.finish()
        };
        let key = hash(&mut fields.iter().map(|(_, value)| value));
        let same = |list: &Arc<[FieldValue]>| list.iter().eq(fields.iter().map(|(_, value)| value));
        if let Some(shared) = self.lists.find(key, same) {
            return shared.clone();
        }
        let shared: Arc<[FieldValue]> = fields.drain(..).map(|(_, value)| value).collect();
        self.lists.insert_unique(key, shared.clone(), |list| hash(&mut list.iter()));
        shared
    }
}

/// What is hashed of a value to find a shared list. `None` for values that hardly repeat: their lists are not shared.
fn hash_input(value: &FieldValue) -> Option<(&str, u16)> {
    match value {
        FieldValue::Player(id) => Some((id.as_str(), 0)),
        // Longer texts are sentences, which do not repeat.
        FieldValue::Text(text) if text.len() <= 24 => Some((text, 0)),
        FieldValue::Flag(flag) => Some(("", u16::from(*flag))),
        FieldValue::Minutes(minutes) => Some(("", *minutes)),
        FieldValue::Withdrawn => Some(("withdrawn", 0)),
        _ => None,
    }
}
