//! A short history of one value that several events set, such as the announced stoppage time.

use super::lineup::EventId;

/// The last few values that events have set, in the order of the original reports. The latest one holds. A correction
/// changes a value in place; removing the latest value restores the one before it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ValueHistory<T> {
    values: Vec<(EventId, T)>,
}

/// How many values are kept. Bounds the state of a match, however many events a file has.
const CAPACITY: usize = 8;

impl<T> Default for ValueHistory<T> {
    fn default() -> Self {
        Self { values: Vec::new() }
    }
}

impl<T> ValueHistory<T> {
    /// Sets the value of an event, or removes it.
    pub fn set(&mut self, id: &EventId, value: Option<T>) {
        match (self.values.iter().position(|(of, _)| of == id), value) {
            (Some(at), Some(value)) => self.values[at].1 = value,
            (Some(at), None) => _ = self.values.remove(at),
            (None, Some(value)) => {
                if self.values.len() == CAPACITY {
                    self.values.remove(0);
                }
                self.values.push((id.clone(), value));
            }
            (None, None) => {}
        }
    }

    /// Whether the history holds a value of an event.
    pub fn has(&self, id: &EventId) -> bool {
        self.values.iter().any(|(of, _)| of == id)
    }

    /// The latest value, which holds.
    pub fn latest(&self) -> Option<&T> {
        self.values.last().map(|(_, value)| value)
    }

    /// All values, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &T> {
        self.values.iter().rev().map(|(_, value)| value)
    }
}
