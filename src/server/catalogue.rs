//! The catalogue: scenarios that clients can ask for by name. It holds the shipped ones and those that the server was
//! given, and never takes a path: the machine's files are not for clients.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use crate::error_code::ErrorCode;
use crate::message::{did_you_mean, excerpt};
use crate::playback::Rejection;
use crate::scenario::{SHIPPED, Scenario, Shipped, Timeline};

/// A scenario with its timeline, and what its file says about itself.
#[derive(Debug, Clone)]
pub struct CatalogueEntry {
    /// What is played.
    pub timeline: Arc<Timeline>,
    /// What the scenario is for.
    pub about: Option<Arc<str>>,
    /// Where its facts come from.
    pub sources: Vec<Arc<str>>,
}

impl CatalogueEntry {
    /// Builds the timeline of a scenario.
    pub fn new(scenario: Arc<Scenario>) -> Self {
        Self {
            about: scenario.about.clone(),
            sources: scenario.sources.clone(),
            timeline: Arc::new(Timeline::keeping(scenario)),
        }
    }
}

/// The scenarios that can be asked for by name.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// Locked only for a look-up.
    added: Mutex<BTreeMap<String, CatalogueEntry>>,
    shipped: [OnceLock<CatalogueEntry>; SHIPPED.len()],
    /// Locked while a shipped scenario is loaded. Many clients may ask at once; loading takes memory, and is done once.
    loading: Mutex<()>,
}

/// A scenario that was found.
#[derive(Debug)]
pub(super) enum Lookup {
    /// Can be played at once.
    Ready(Arc<Timeline>),
    /// The shipped scenario at this index has to be loaded first, which takes a moment.
    NotLoaded(usize),
}

impl Catalogue {
    /// Adds a scenario under a name. It takes precedence over a shipped one of that name.
    pub fn add(&self, name: &str, entry: CatalogueEntry) {
        self.added.lock().insert(name.to_owned(), entry);
    }

    /// Finds a scenario by its name, or by an unambiguous prefix.
    pub(super) fn find(&self, word: &str) -> Result<Lookup, Rejection> {
        let added = self.added.lock();
        if let Some(entry) = added.get(word) {
            return Ok(Lookup::Ready(entry.timeline.clone()));
        }
        let shipped = SHIPPED.iter().map(|shipped| shipped.name).enumerate();
        let ready = |index: usize| match self.shipped[index].get() {
            Some(entry) => Lookup::Ready(entry.timeline.clone()),
            None => Lookup::NotLoaded(index),
        };
        if let Some((index, _)) = shipped.clone().find(|(_, name)| *name == word) {
            return Ok(ready(index));
        }
        let begins = |name: &str| !word.is_empty() && name.starts_with(word);
        let mut candidates: BTreeMap<&str, Lookup> =
            shipped.filter(|(_, name)| begins(name)).map(|(index, name)| (name, ready(index))).collect();
        // An added scenario takes precedence over a shipped one of the same name.
        let own = added.iter().filter(|(name, _)| begins(name));
        candidates.extend(own.map(|(name, entry)| (&**name, Lookup::Ready(entry.timeline.clone()))));
        let own = added.keys().map(String::as_str);
        let not_given = SHIPPED.iter().map(|it| it.name).filter(|name| !added.contains_key(*name));
        let names: Vec<&str> = own.chain(not_given).collect();
        let shown = excerpt(word);
        let rejection = |message: String| Rejection::new(ErrorCode::UnknownScenario, message);
        match (candidates.len(), candidates.pop_first()) {
            (1, Some((_, found))) => Ok(found),
            (_, None) => {
                let first_words = names.iter().map(|name| name.split('-').next().unwrap_or(name));
                let hint = did_you_mean(&shown, names.iter().copied().chain(first_words));
                Err(rejection(format!("unknown scenario {shown:?}{hint}")).accepting(names))
            }
            (_, Some((first, _))) => {
                let several: Vec<&str> = std::iter::once(first).chain(candidates.into_keys()).collect();
                Err(rejection(format!("scenario {shown:?} could be any of {}", several.join(", "))).accepting(several))
            }
        }
    }

    /// Loads a shipped scenario, once.
    pub(super) fn load(&self, index: usize) -> Result<CatalogueEntry, Rejection> {
        let broken = |message: String| Rejection::new(ErrorCode::UnknownScenario, message);
        let (Some(slot), Some(shipped)) = (self.shipped.get(index), SHIPPED.get(index)) else {
            return Err(broken("there is no shipped scenario at this index".to_owned()));
        };
        if let Some(entry) = slot.get() {
            return Ok(entry.clone());
        }
        let _alone = self.loading.lock();
        if let Some(entry) = slot.get() {
            return Ok(entry.clone());
        }
        let scenario = Shipped::load(shipped).map_err(|error| broken(error.to_string()))?;
        Ok(slot.get_or_init(|| CatalogueEntry::new(Arc::new(scenario))).clone())
    }

    /// All scenarios with their names, added ones first.
    pub(super) fn all(&self) -> Result<Vec<(String, CatalogueEntry)>, Rejection> {
        let mut all: Vec<(String, CatalogueEntry)> = {
            let added = self.added.lock();
            added.iter().map(|(name, entry)| (name.clone(), entry.clone())).collect()
        };
        for (index, shipped) in SHIPPED.iter().enumerate() {
            if !all.iter().any(|(name, _)| name == shipped.name) {
                all.push((shipped.name.to_owned(), self.load(index)?));
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_are_found_by_name_or_prefix_and_loaded_once() {
        let catalogue = Catalogue::default();
        let Ok(Lookup::NotLoaded(index)) = catalogue.find("juv") else { panic!("not laid out yet") };
        let first = catalogue.load(index).expect("shipped");
        let Ok(Lookup::Ready(second)) = catalogue.find("juventus-napoli-2018-04-22") else { panic!("laid out") };
        assert!(Arc::ptr_eq(&first.timeline, &second));
        catalogue.add("mine", first.clone());
        assert!(matches!(catalogue.find("mi"), Ok(Lookup::Ready(_))));
        catalogue.add("var-night", first.clone());
        for word in ["var-night", "var"] {
            let Ok(Lookup::Ready(own)) = catalogue.find(word) else { panic!("given") };
            assert!(Arc::ptr_eq(&own, &first.timeline), "what was given goes first");
        }
        assert_eq!(catalogue.all().expect("readable").len(), SHIPPED.len() + 1);
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let catalogue = Catalogue::default();
        catalogue.add("juniors", catalogue.load(0).expect("shipped"));
        let refused = |word: &str| catalogue.find(word).map(|_| ()).expect_err(word).message;
        assert!(refused("juventos").contains("did you mean \"juventus\""), "{}", refused("juventos"));
        assert!(refused("ju").contains("could be any of juniors, juventus"), "{}", refused("ju"));
        for word in ["", "../../etc/passwd", "scenarios/var-night.jsonl"] {
            assert!(refused(word).starts_with("unknown scenario"), "{word}");
        }
    }
}
