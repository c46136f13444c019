//! The scenarios of the command line: the one that `main` plays, and the names under which clients can open them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Result;
use crate::scenario::{SHIPPED, Scenario, Shipped, Timeline};
use crate::server::CatalogueEntry;
use crate::trace::{RecordedShow, Trace, TraceHeader};
use serde_json::value::RawValue;

use super::playback_args::PlaybackArgs;
use super::scenario_files::read_inputs;
use super::trace_files::open_trace;

/// The name of several scenarios merged onto one clock.
const MERGED_NAME: &str = "main";

/// The scenarios that a server plays and offers.
#[derive(Debug)]
pub struct ServedScenarios {
    /// The timeline of the replay `main`.
    pub main: Arc<Timeline>,
    /// The scenario that it is made from.
    pub scenario: Arc<Scenario>,
    /// The name of that scenario: one of those that are offered.
    pub name: String,
    /// The trace that it comes from, without its scenario.
    pub trace: Option<ServedTrace>,
    /// All scenarios by name. The timeline of `main` is one of them, and shared with it.
    pub offered: Vec<(String, CatalogueEntry)>,
    /// What they were made of, where that is no scenario file.
    pub notes: Vec<String>,
}

/// What a trace says beside its scenario.
#[derive(Debug)]
pub struct ServedTrace {
    pub header: TraceHeader,
    pub shown: Vec<RecordedShow>,
    pub clients: Vec<Box<RawValue>>,
    pub warning: Option<String>,
}

impl ServedScenarios {
    /// Reads the scenarios that the arguments name, or the first shipped scenario if there are none.
    pub fn load(args: &PlaybackArgs) -> Result<Self> {
        let default = || SHIPPED.iter().take(1).map(|shipped| shipped.name.to_owned()).collect();
        let words = if args.scenarios.is_empty() { default() } else { args.scenarios.clone() };
        if let [word] = &words[..]
            && let Some(trace) = open_trace(word)?
        {
            return Ok(Self::of_trace(trace));
        }
        let mut notes = Vec::new();
        let words: Vec<PathBuf> = words.iter().map(PathBuf::from).collect();
        let mut read = read_inputs(&words, |imported| imported)?.open(&mut notes)?;
        let mut offered = Vec::new();
        let (name, scenario) = if read.len() == 1 {
            let (word, scenario) = read.swap_remove(0);
            let shipped = Shipped::find_by_name(&word)?;
            (shipped.map_or_else(|| file_stem(&word), |shipped| shipped.name.to_owned()), scenario)
        } else {
            for (word, scenario) in &read {
                // The catalogue has the shipped ones already.
                if Shipped::find_by_name(word)?.is_none() {
                    let entry = CatalogueEntry::new(Arc::new(scenario.clone()));
                    offered.push((unused_name(&offered, file_stem(word)), entry));
                }
            }
            let merged = Scenario::merge(read.into_iter().map(|(_, scenario)| scenario).collect())?;
            (unused_name(&offered, MERGED_NAME.to_owned()), merged)
        };
        let scenario = Arc::new(args.arrange(scenario, &mut notes)?);
        let main = CatalogueEntry::new(scenario.clone());
        let timeline = main.timeline.clone();
        offered.push((name.clone(), main));
        Ok(Self { main: timeline, scenario, name, trace: None, offered, notes })
    }

    fn of_trace(trace: Trace) -> Self {
        let Trace { header, scenario, shown, clients, warning } = trace;
        let scenario = Arc::new(scenario);
        let (name, main) = (header.scenario.clone(), CatalogueEntry::new(scenario.clone()));
        let timeline = main.timeline.clone();
        let trace = Some(ServedTrace { header, shown, clients, warning });
        Self { main: timeline, scenario, offered: vec![(name.clone(), main)], name, trace, notes: Vec::new() }
    }
}

/// The file name of a path, without its extension.
fn file_stem(path: &str) -> String {
    Path::new(path).file_stem().map_or_else(|| path.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// `name`, with a number appended if it is taken: two files may have the same name.
fn unused_name(offered: &[(String, CatalogueEntry)], name: String) -> String {
    let taken = |name: &str| offered.iter().any(|(taken, _)| taken == name);
    if !taken(&name) {
        return name;
    }
    (2..).map(|number| format!("{name}-{number}")).find(|name| !taken(name)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(words: &[&str]) -> Result<ServedScenarios> {
        let scenarios = words.iter().map(|word| (*word).to_owned()).collect();
        ServedScenarios::load(&PlaybackArgs { scenarios, ..PlaybackArgs::default() })
    }

    fn names(served_scenarios: &ServedScenarios) -> Vec<&str> {
        served_scenarios.offered.iter().map(|(name, _)| &**name).collect()
    }

    #[test]
    fn the_scenario_of_main_is_offered_and_its_timeline_is_built_once() {
        for words in [&[][..], &["juv"]] {
            let served_scenarios = load(words).expect("shipped");
            assert_eq!(names(&served_scenarios), ["juventus-napoli-2018-04-22"]);
            assert!(Arc::ptr_eq(&served_scenarios.main, &served_scenarios.offered[0].1.timeline));
        }
        let file = load(&["./scenarios/var-night.jsonl"]).expect("a file");
        assert_eq!(names(&file), ["var-night"]);
        assert!(Arc::ptr_eq(&file.main, &file.offered[0].1.timeline));
    }

    #[test]
    fn several_scenarios_are_offered_one_by_one_and_merged() {
        let both = load(&["juv", "scenarios/var-night.jsonl"]).expect("different matches");
        assert_eq!(names(&both), ["var-night", "main"]);
        assert_eq!((both.offered[0].1.timeline.tracks().len(), both.main.tracks().len()), (2, 3));
        assert!(Arc::ptr_eq(&both.main, &both.offered[1].1.timeline));
    }

    #[test]
    fn files_of_the_same_name_are_numbered() {
        let one = load(&["juv"]).expect("shipped").offered.remove(0).1;
        let offered = [("a".to_owned(), one.clone()), ("a-2".to_owned(), one)];
        assert_eq!(unused_name(&offered, "a".to_owned()), "a-3");
        assert_eq!(unused_name(&offered, "b".to_owned()), "b");
        assert_eq!((file_stem("cups/final.jsonl"), file_stem("final")), ("final".to_owned(), "final".to_owned()));
    }
}
