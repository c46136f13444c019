//! Which document a match is taken from where several hold it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use crate::football::MatchId;

/// The documents that matches are taken from, by their numbers: of several, the first one, although they are imported in any order.
#[derive(Default)]
pub(super) struct MatchClaims(Mutex<HashMap<MatchId, Claim>>);

struct Claim {
    document: usize,
    /// Held while the match is taken.
    taking: Arc<Mutex<()>>,
}

impl MatchClaims {
    /// Takes a match from a document, unless an earlier one has it. What is taken from a later document before may be replaced.
    pub fn take<T>(&self, id: &MatchId, document: usize, take: impl FnOnce() -> T) -> Option<T> {
        let taking = match self.lock().entry(id.clone()) {
            Entry::Occupied(entry) if entry.get().document <= document => return None,
            Entry::Occupied(mut entry) => {
                entry.get_mut().document = document;
                entry.get().taking.clone()
            }
            Entry::Vacant(entry) => entry.insert(Claim { document, taking: Arc::default() }).taking.clone(),
        };
        let _turn = taking.lock().unwrap_or_else(PoisonError::into_inner);
        // An earlier document may have come in between.
        (self.document(id) == Some(document)).then(take)
    }

    /// The document that a match is taken from.
    pub fn document(&self, id: &MatchId) -> Option<usize> {
        self.lock().get(id).map(|claim| claim.document)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MatchId, Claim>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_document_has_the_match_whoever_comes_first() {
        let (claims, id) = (MatchClaims::default(), MatchId::from("m"));
        assert_eq!(claims.take(&id, 3, || "of 3"), Some("of 3"));
        assert_eq!(claims.take(&id, 3, || "twice in it"), None);
        assert_eq!(claims.take(&id, 5, || "later"), None);
        assert_eq!(claims.take(&id, 1, || "of 1"), Some("of 1"), "replaces it");
        assert_eq!(claims.document(&id), Some(1));
        // While the match is being taken from a document, an earlier one comes.
        let other = MatchId::from("n");
        std::thread::scope(|scope| {
            let taken = claims.take(&other, 2, || {
                let earlier = scope.spawn(|| claims.take(&other, 0, || ()));
                while claims.document(&other) != Some(0) {
                    std::thread::yield_now();
                }
                earlier
            });
            assert_eq!(taken.map(|earlier| earlier.join().expect("no panic")), Some(Some(())));
        });
        assert_eq!(claims.document(&other), Some(0));
    }
}
