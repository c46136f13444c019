//! What several events tell of one thing: the last of them that stands holds.

use super::lineup::EventId;

/// What events have told, in the order of their first telling: a correction changes one where it stands. One that is taken
/// back uncovers the one before, of the last few.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Newest<T> {
    told: Vec<(EventId, T)>,
}

/// How many are remembered.
const REMEMBERED: usize = 8;

impl<T> Default for Newest<T> {
    fn default() -> Self {
        Self { told: Vec::new() }
    }
}

impl<T> Newest<T> {
    /// An event tells this now, or nothing more.
    pub fn set(&mut self, id: &EventId, told: Option<T>) {
        match (self.told.iter().position(|(of, _)| of == id), told) {
            (Some(at), Some(told)) => self.told[at].1 = told,
            (Some(at), None) => _ = self.told.remove(at),
            (None, Some(told)) => {
                if self.told.len() == REMEMBERED {
                    self.told.remove(0);
                }
                self.told.push((id.clone(), told));
            }
            (None, None) => {}
        }
    }

    /// Whether an event is among those that are remembered.
    pub fn has(&self, id: &EventId) -> bool {
        self.told.iter().any(|(of, _)| of == id)
    }

    /// The last.
    pub fn last(&self) -> Option<&T> {
        self.told.last().map(|(_, told)| told)
    }

    /// All of them, the last first.
    pub fn last_first(&self) -> impl Iterator<Item = &T> {
        self.told.iter().rev().map(|(_, told)| told)
    }
}
