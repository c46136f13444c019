//! The scenarios of a command line: what `main` plays, and under which names each may be asked for.

use std::path::Path;
use std::sync::Arc;

use touchline::error::Result;
use touchline::scenario::{SHIPPED, Scenario, Shipped, Timeline, merge};
use touchline::server::CatalogueEntry;

use super::super::playing;

/// What several scenarios on one clock are called.
const TOGETHER: &str = "main";

/// What is played, and what is offered by name.
#[derive(Debug)]
pub struct Repertoire {
    /// What `main` plays.
    pub main: Arc<Timeline>,
    /// Everything that was named, by name. What `main` plays is among it, and not laid out twice.
    pub offered: Vec<(String, CatalogueEntry)>,
}

impl Repertoire {
    /// Reads what was named; the first shipped scenario where nothing was.
    pub fn load(words: &[String]) -> Result<Self> {
        let usual = || SHIPPED.iter().take(1).map(|shipped| shipped.name.to_owned()).collect();
        let words = if words.is_empty() { usual() } else { words.to_vec() };
        let read = |word: &String| Ok((playing::load_one(word)?, Shipped::named(word)?));
        let mut read = words.iter().map(read).collect::<Result<Vec<(Scenario, Option<&Shipped>)>>>()?;
        let mut offered = Vec::new();
        if let [(scenario, shipped)] = &read[..] {
            let name = shipped.map_or_else(|| stem(&words[0]), |shipped| shipped.name.to_owned());
            offered.push((name, CatalogueEntry::new(scenario)));
        } else {
            for (word, (scenario, _)) in words.iter().zip(&read).filter(|(_, (_, shipped))| shipped.is_none()) {
                // The shipped ones are there already.
                offered.push((free(&offered, stem(word)), CatalogueEntry::new(scenario)));
            }
            let together = merge(read.drain(..).map(|(scenario, _)| scenario).collect())?;
            offered.push((free(&offered, TOGETHER.to_owned()), CatalogueEntry::new(&together)));
        }
        let (_, last) = &offered[offered.len() - 1];
        Ok(Self { main: last.timeline.clone(), offered })
    }
}

/// What the file of a path is called.
fn stem(path: &str) -> String {
    Path::new(path).file_stem().map_or_else(|| path.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// A name that none has yet: two files may be called alike.
fn free(offered: &[(String, CatalogueEntry)], name: String) -> String {
    let taken = |name: &str| offered.iter().any(|(taken, _)| taken == name);
    if !taken(&name) {
        return name;
    }
    (2..).map(|number| format!("{name}-{number}")).find(|name| !taken(name)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(words: &[&str]) -> Result<Repertoire> {
        Repertoire::load(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    fn names(repertoire: &Repertoire) -> Vec<&str> {
        repertoire.offered.iter().map(|(name, _)| &**name).collect()
    }

    #[test]
    fn what_main_plays_is_offered_without_being_laid_out_twice() {
        for words in [&[][..], &["juv"]] {
            let repertoire = load(words).expect("shipped");
            assert_eq!(names(&repertoire), ["juventus-napoli-2018-04-22"]);
            assert!(Arc::ptr_eq(&repertoire.main, &repertoire.offered[0].1.timeline));
        }
        let file = load(&["./scenarios/var-night.jsonl"]).expect("a file");
        assert_eq!(names(&file), ["var-night"]);
        assert!(Arc::ptr_eq(&file.main, &file.offered[0].1.timeline));
    }

    #[test]
    fn several_are_offered_one_by_one_and_together() {
        let both = load(&["juv", "scenarios/var-night.jsonl"]).expect("different matches");
        assert_eq!(names(&both), ["var-night", "main"]);
        assert_eq!((both.offered[0].1.timeline.tracks().len(), both.main.tracks().len()), (2, 3));
        assert!(Arc::ptr_eq(&both.main, &both.offered[1].1.timeline));
    }

    #[test]
    fn files_that_are_called_alike_have_names_of_their_own() {
        let one = load(&["juv"]).expect("shipped").offered.remove(0).1;
        let offered = [("a".to_owned(), one.clone()), ("a-2".to_owned(), one)];
        assert_eq!(free(&offered, "a".to_owned()), "a-3");
        assert_eq!(free(&offered, "b".to_owned()), "b");
        assert_eq!((stem("cups/final.jsonl"), stem("final")), ("final".to_owned(), "final".to_owned()));
    }
}
