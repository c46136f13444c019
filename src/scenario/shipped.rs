//! The scenarios that come with the program, and finding one by name.

use std::path::Path;

use super::Scenario;
use crate::error::{Error, Result, did_you_mean};

/// A scenario embedded in the program.
#[derive(Debug, Clone, Copy)]
pub struct Shipped {
    /// What to call it.
    pub name: &'static str,
    text: &'static str,
}

/// All of them; the first is what plays when nothing is named.
pub const SHIPPED: &[Shipped] = &[
    Shipped {
        name: "juventus-napoli-2018-04-22",
        text: include_str!("../../scenarios/juventus-napoli-2018-04-22.jsonl"),
    },
    Shipped { name: "serie-a-2017-18-round-34", text: include_str!("../../scenarios/serie-a-2017-18-round-34.jsonl") },
    Shipped { name: "var-night", text: include_str!("../../scenarios/var-night.jsonl") },
];

impl Shipped {
    /// Reads it.
    pub fn load(&self) -> Result<Scenario> {
        Scenario::parse(self.name, self.text)
    }

    /// The file itself.
    pub fn text(&self) -> &'static str {
        self.text
    }
}

/// Opens what a person named: a shipped scenario, a unique beginning of its name, or a path.
///
/// Whatever looks like a path (has a slash or a dot, or is a file that is there) is one.
pub fn open(word: &str) -> Result<Scenario> {
    if word.contains(['/', '\\', '.']) || Path::new(word).is_file() {
        return Scenario::load(word);
    }
    if let Some(exact) = SHIPPED.iter().find(|shipped| shipped.name == word) {
        return exact.load();
    }
    let begins = |shipped: &&Shipped| !word.is_empty() && shipped.name.starts_with(word);
    let names = || SHIPPED.iter().map(|shipped| shipped.name);
    match SHIPPED.iter().filter(begins).collect::<Vec<_>>().as_slice() {
        [one] => one.load(),
        [] => {
            // People mistype the beginning of a name as often as the whole.
            let first_words = names().map(|name| name.split('-').next().unwrap_or(name));
            let hint = did_you_mean(word, names().chain(first_words));
            let shipped = names().collect::<Vec<_>>().join(", ");
            Err(Error::not_found(format!("no scenario {word:?}{hint}; shipped: {shipped}; or give the path of a file")))
        }
        several => {
            let names = several.iter().map(|shipped| shipped.name).collect::<Vec<_>>().join(", ");
            Err(Error::misuse(format!("scenario {word:?} could be any of {names}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_scenario_reads_and_says_where_it_comes_from() {
        for shipped in SHIPPED {
            let scenario = shipped.load().expect(shipped.name);
            let about = scenario.about.as_deref().unwrap_or_default();
            assert!(!scenario.sources.is_empty() || about.to_lowercase().contains("fictional"), "{}", shipped.name);
        }
    }

    #[test]
    fn a_unique_beginning_is_enough_and_a_slip_is_named() {
        assert_eq!(open("juv").expect("flagship").title, SHIPPED[0].load().expect("flagship").title);
        let error = open("juventos").expect_err("mistyped").to_string();
        assert!(error.contains("did you mean \"juventus\""), "{error}");
        assert!(open("").is_err() && open("./nowhere.jsonl").is_err());
    }
}
