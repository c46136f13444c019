//! Opens scenarios by the words of the command line: shipped ones, files, traces, files of data providers, and folders.

use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::import::{self, Document, DocumentRole, ImportJob, ImportOptions, ImportedMatch, Listing};
use crate::message::{format_count, group_digits};
use crate::scenario::{Scenario, Shipped};

use super::trace_files::open_trace;

/// The most warnings of importers that are shown; `touchline import` shows them all.
const MAX_WARNINGS: usize = 5;

/// A scenario that has been opened.
#[derive(Debug)]
pub struct OpenedScenario {
    pub scenario: Scenario,
    /// What it was made of, where that is no scenario file.
    pub notes: Vec<String>,
}

/// Opens a scenario by name or path: also that of a trace, of files of data providers, and all of a folder on one clock.
pub fn open_scenario(word: &str) -> Result<OpenedScenario> {
    if let Some(trace) = open_trace(word)? {
        return Ok(OpenedScenario { scenario: trace.scenario, notes: Vec::new() });
    }
    let path = Path::new(word);
    if path.is_dir() {
        return open_folder(path);
    }
    if let Some(matches) = import_file(path)? {
        let notes = import_notes(word, &matches);
        return Ok(OpenedScenario { scenario: merge_matches(matches)?, notes });
    }
    let scenario = Scenario::open(word).map_err(|error| match error.kind() {
        ErrorKind::NotFound => super::with_command_hint(error, word),
        _ => error,
    })?;
    Ok(OpenedScenario { scenario, notes: Vec::new() })
}

/// Opens scenarios by name or path, and merges several onto one clock.
pub fn open_scenarios(words: &[String]) -> Result<OpenedScenario> {
    match words {
        [] => Err(Error::misuse("no scenario is given: name one, or the path of a file")),
        [one] => open_scenario(one),
        several => {
            let opened = several.iter().map(|word| open_scenario(word)).collect::<Result<Vec<_>>>()?;
            let (scenarios, notes): (Vec<_>, Vec<_>) = opened.into_iter().map(|it| (it.scenario, it.notes)).unzip();
            Ok(OpenedScenario { scenario: Scenario::merge(scenarios)?, notes: notes.concat() })
        }
    }
}

/// The matches in a file of a data provider; `None` if it is none.
pub fn import_file(path: &Path) -> Result<Option<Vec<ImportedMatch>>> {
    // A pipe cannot be read twice.
    if !path.is_file()
        || path.to_str().is_some_and(|word| Shipped::find_by_name(word).is_ok_and(|found| found.is_some()))
    {
        return Ok(None);
    }
    // What cannot be listed or read is reported where the file is read as a scenario.
    let is_events = |document: &Document| {
        document.head().is_ok_and(|head| import::recognise(&head).is_ok_and(|(_, role)| role == DocumentRole::Events))
    };
    if !Document::list(path).is_ok_and(|listing| listing.documents.iter().any(is_events)) {
        return Ok(None);
    }
    let job = ImportJob::prepare(&[path.to_owned()], &ImportOptions::default())?;
    run_job(job).map(Some)
}

fn run_job(job: ImportJob) -> Result<Vec<ImportedMatch>> {
    let run = job.run(|imported| imported);
    match run.errors.first() {
        Some(error) => Err(Error::invalid(format!("importing {error}"))),
        None => Ok(run.imported),
    }
}

/// The scenario of all matches of a file.
pub fn merge_matches(matches: Vec<ImportedMatch>) -> Result<Scenario> {
    import::merge(matches.into_iter().map(|imported| imported.scenario).collect())
}

/// All scenario files and all files of data providers in a folder.
fn open_folder(folder: &Path) -> Result<OpenedScenario> {
    let failed = |error| Error::invalid(format!("reading {error}"));
    let (mut scenarios, mut foreign): (Vec<PathBuf>, Vec<Document>) = (Vec::new(), Vec::new());
    let Listing { documents, errors } = Document::list(folder).map_err(failed)?;
    if let Some(error) = errors.into_iter().next() {
        return Err(failed(error));
    }
    for document in documents {
        match import::recognise(&document.head().map_err(failed)?) {
            Ok(_) => foreign.push(document),
            Err(None) if document.name().ends_with(".jsonl") => scenarios.push(document.name().into()),
            Err(_) => {}
        }
    }
    let mut opened: Vec<Scenario> = scenarios.iter().map(Scenario::load).collect::<Result<_>>()?;
    let mut notes = Vec::new();
    // Match data alone are of no use here; a folder of scenarios may have them beside.
    if opened.is_empty() || !foreign.is_empty() {
        match ImportJob::of_listing(Listing { documents: foreign, errors: Vec::new() }, &ImportOptions::default()) {
            Ok(job) => {
                let matches = run_job(job)?;
                notes = import_notes(&folder.display().to_string(), &matches);
                opened.push(merge_matches(matches)?);
            }
            Err(_) if !opened.is_empty() => {}
            Err(error) => return Err(error.context(format!("reading {}", folder.display()))),
        }
    }
    Ok(OpenedScenario { scenario: Scenario::merge(opened)?, notes })
}

/// What was imported: `2576295.json: Wyscout v2, 1,733 rows`.
pub fn import_notes(word: &str, matches: &[ImportedMatch]) -> Vec<String> {
    let mut formats: Vec<&str> = matches.iter().map(|imported| imported.format.name).collect();
    formats.dedup();
    let rows: usize = matches.iter().map(|imported| imported.rows).sum();
    let count = match matches.len() {
        1 => String::new(),
        more => format!("{} of ", format_count(more, "match", "matches")),
    };
    let mut notes = vec![format!("{word}: {count}{}, {} rows", formats.join(" and "), group_digits(rows as u64))];
    let warnings: Vec<String> = matches
        .iter()
        .flat_map(|imported| {
            imported.warnings.iter().map(|warning| format!("{}: warning: {warning}", imported.document))
        })
        .collect();
    notes.extend(warnings.iter().take(MAX_WARNINGS).cloned());
    if warnings.len() > MAX_WARNINGS {
        notes.push(format!("{word}: {} more warnings: `touchline import` lists them", warnings.len() - MAX_WARNINGS));
    }
    notes
}
