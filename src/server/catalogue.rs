//! The scenarios that can be asked for by name: those that are shipped, and those that the server was given. Never a path:
//! what lies on this machine is nobody else's business.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::error::{did_you_mean, excerpt};
use crate::playback::Rejection;
use crate::scenario::{SHIPPED, Scenario, Shipped, Timeline};

/// A scenario that is laid out, and what its file says of itself.
#[derive(Debug, Clone)]
pub struct Offered {
    /// What is played.
    pub timeline: Arc<Timeline>,
    /// What it is good for.
    pub about: Option<Arc<str>>,
    /// Where its facts come from.
    pub sources: Vec<Arc<str>>,
}

impl Offered {
    /// Lays a scenario out.
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            timeline: Arc::new(Timeline::new(scenario)),
            about: scenario.about.clone(),
            sources: scenario.sources.clone(),
        }
    }
}

/// The scenarios that can be asked for by name.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// Held for the time of a look.
    given: Mutex<BTreeMap<String, Offered>>,
    shipped: [OnceLock<Offered>; SHIPPED.len()],
    /// Held while one is laid out, which many may ask for at once: that takes memory, and is done once.
    laying_out: Mutex<()>,
}

/// One of them.
#[derive(Debug)]
pub(super) enum Found {
    /// It can be played at once.
    Ready(Arc<Timeline>),
    /// It has to be laid out first, which takes a moment.
    Shipped(usize),
}

impl Catalogue {
    /// Offers a scenario under a name. It goes before a shipped one of that name.
    pub fn give(&self, name: &str, offered: Offered) {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), offered);
    }

    /// Finds one by its name, or the beginning of it if no other begins like that.
    pub(super) fn find(&self, word: &str) -> Result<Found, Rejection> {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(offered) = given.get(word) {
            return Ok(Found::Ready(offered.timeline.clone()));
        }
        let shipped = SHIPPED.iter().map(|shipped| shipped.name).enumerate();
        let ready = |place: usize| match self.shipped[place].get() {
            Some(offered) => Found::Ready(offered.timeline.clone()),
            None => Found::Shipped(place),
        };
        if let Some((place, _)) = shipped.clone().find(|(_, name)| *name == word) {
            return Ok(ready(place));
        }
        let begins = |name: &str| !word.is_empty() && name.starts_with(word);
        let mut candidates: BTreeMap<&str, Found> =
            shipped.filter(|(_, name)| begins(name)).map(|(place, name)| (name, ready(place))).collect();
        // One that was given goes before a shipped one of the same name.
        let own = given.iter().filter(|(name, _)| begins(name));
        candidates.extend(own.map(|(name, offered)| (&**name, Found::Ready(offered.timeline.clone()))));
        let own = given.keys().map(String::as_str);
        let not_given = SHIPPED.iter().map(|it| it.name).filter(|name| !given.contains_key(*name));
        let names: Vec<&str> = own.chain(not_given).collect();
        let shown = excerpt(word);
        let rejection = |message: String| Rejection { code: "unknown_scenario", message, accepted: Vec::new() };
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

    /// Lays a shipped scenario out, once.
    pub(super) fn lay_out(&self, place: usize) -> Result<Offered, Rejection> {
        let broken = |message: String| Rejection { code: "unknown_scenario", message, accepted: Vec::new() };
        let (Some(slot), Some(shipped)) = (self.shipped.get(place), SHIPPED.get(place)) else {
            return Err(broken("no such scenario is shipped".to_owned()));
        };
        if let Some(offered) = slot.get() {
            return Ok(offered.clone());
        }
        let _alone = self.laying_out.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(offered) = slot.get() {
            return Ok(offered.clone());
        }
        let scenario = Shipped::load(shipped).map_err(|error| broken(error.to_string()))?;
        Ok(slot.get_or_init(|| Offered::new(&scenario)).clone())
    }

    /// All of them with their names, those that were given first.
    pub(super) fn all(&self) -> Result<Vec<(String, Offered)>, Rejection> {
        let mut all: Vec<(String, Offered)> = {
            let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
            given.iter().map(|(name, offered)| (name.clone(), offered.clone())).collect()
        };
        for (place, shipped) in SHIPPED.iter().enumerate() {
            if !all.iter().any(|(name, _)| name == shipped.name) {
                all.push((shipped.name.to_owned(), self.lay_out(place)?));
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_are_found_by_name_or_its_beginning_and_laid_out_once() {
        let catalogue = Catalogue::default();
        let Ok(Found::Shipped(place)) = catalogue.find("juv") else { panic!("not laid out yet") };
        let first = catalogue.lay_out(place).expect("shipped");
        let Ok(Found::Ready(second)) = catalogue.find("juventus-napoli-2018-04-22") else { panic!("laid out") };
        assert!(Arc::ptr_eq(&first.timeline, &second));
        catalogue.give("mine", first.clone());
        assert!(matches!(catalogue.find("mi"), Ok(Found::Ready(_))));
        catalogue.give("var-night", first.clone());
        for word in ["var-night", "var"] {
            let Ok(Found::Ready(own)) = catalogue.find(word) else { panic!("given") };
            assert!(Arc::ptr_eq(&own, &first.timeline), "what was given goes first");
        }
        assert_eq!(catalogue.all().expect("readable").len(), SHIPPED.len() + 1);
    }

    #[test]
    fn what_is_not_there_is_told_with_what_is() {
        let catalogue = Catalogue::default();
        catalogue.give("juniors", catalogue.lay_out(0).expect("shipped"));
        let refused = |word: &str| catalogue.find(word).map(|_| ()).expect_err(word).message;
        assert!(refused("juventos").contains("did you mean \"juventus\""), "{}", refused("juventos"));
        assert!(refused("ju").contains("could be any of juniors, juventus"), "{}", refused("ju"));
        for word in ["", "../../etc/passwd", "scenarios/var-night.jsonl"] {
            assert!(refused(word).starts_with("unknown scenario"), "{word}");
        }
    }
}
