//! Opens scenarios by the words of the command line: shipped ones, files, traces, files of data providers, folders, and standard
//! input.

use std::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::import::{self, Document, FileSet, ImportJob, ImportOptions, ImportedMatch, Listing};
use crate::message::{format_count, group_digits};
use crate::scenario::{Scenario, Shipped};

use super::trace_files::open_trace;

/// The word for standard input.
pub const STDIN: &str = "-";

/// The most warnings of importers that are shown; `touchline import` shows them all.
const MAX_WARNINGS: usize = 5;

/// A scenario that has been opened.
#[derive(Debug)]
pub struct OpenedScenario {
    pub scenario: Scenario,
    /// What it was made of, where that is no scenario file.
    pub notes: Vec<String>,
    /// The files that it was read from.
    pub files: FileSet,
}

/// What a word of the command line leads to, beside the names and paths of scenarios.
pub enum ForeignInput {
    /// Matches of a data provider, and the files that they were read from.
    Matches(Vec<ImportedMatch>, FileSet),
    /// Standard input or a pipe, which cannot be read twice, with anything else.
    Stream(Document),
}

/// A folder, in the order of the names.
pub struct ScenarioFolder {
    pub scenarios: Vec<Document>,
    /// Files of data providers.
    pub foreign: Vec<Document>,
    /// What could not be read.
    pub errors: Vec<String>,
}

/// Opens a scenario by name or path: also that of a trace, of files of data providers, and all of a folder on one clock.
pub fn open_scenario(word: &str) -> Result<OpenedScenario> {
    let path = Path::new(word);
    if path.is_dir() {
        return open_folder(path);
    }
    let files: FileSet = [path].into_iter().collect();
    if let Some(trace) = open_trace(word)? {
        return Ok(OpenedScenario { scenario: trace.scenario, notes: Vec::new(), files });
    }
    let scenario = match open_foreign(word)? {
        Some(ForeignInput::Matches(matches, files)) => {
            let notes = import_notes(word, &matches);
            return Ok(OpenedScenario { scenario: merge_matches(matches)?, notes, files });
        }
        Some(ForeignInput::Stream(document)) => parse_document(&document)?,
        None => Scenario::open(word).map_err(|error| match error.kind() {
            ErrorKind::NotFound => super::with_command_hint(error, word),
            _ => error,
        })?,
    };
    Ok(OpenedScenario { scenario, notes: Vec::new(), files })
}

/// Opens scenarios by name or path, and merges several onto one clock.
pub fn open_scenarios(words: &[String]) -> Result<OpenedScenario> {
    match words {
        [] => Err(Error::misuse("no scenario is given: name one, or the path of a file")),
        [one] => open_scenario(one),
        several => {
            let (mut scenarios, mut notes, mut files) = (Vec::new(), Vec::new(), FileSet::default());
            for word in several {
                let opened = open_scenario(word)?;
                scenarios.push(opened.scenario);
                notes.extend(opened.notes);
                files.extend(opened.files);
            }
            Ok(OpenedScenario { scenario: Scenario::merge(scenarios)?, notes, files })
        }
    }
}

/// Reads standard input, a pipe, or a file of a data provider; `None` if the word leads to something else.
pub fn open_foreign(word: &str) -> Result<Option<ForeignInput>> {
    let path = Path::new(word);
    let options = ImportOptions::default();
    let is_shipped = || Shipped::find_by_name(word).is_ok_and(|found| found.is_some());
    if path.is_file() && !is_shipped() {
        // What cannot be listed or read is reported where the file is read as a scenario.
        let job = ImportJob::prepare(&[path.to_owned()], &options).ok().filter(|job| job.document_count() > 0);
        return job.map(run_job).transpose();
    }
    if word != STDIN && (path.is_dir() || path.is_file() || !path.exists()) {
        return Ok(None);
    }
    let listing = Listing::of(path).map_err(|error| Error::invalid(format!("reading {error}")))?;
    let first = listing.documents.first().cloned();
    match ImportJob::of_documents(listing.documents, &options) {
        Ok(job) if job.document_count() > 0 => run_job(job).map(Some),
        _ => Ok(first.map(ForeignInput::Stream)),
    }
}

/// The matches of a job; an error if one could not be read.
fn run_job(job: ImportJob) -> Result<ForeignInput> {
    let files = job.files().clone();
    let run = job.run(|imported| imported);
    match run.errors.first() {
        Some(error) => Err(Error::invalid(format!("importing {error}"))),
        None => Ok(ForeignInput::Matches(run.imported, files)),
    }
}

/// The scenario of all matches of a file.
pub fn merge_matches(matches: Vec<ImportedMatch>) -> Result<Scenario> {
    import::merge(matches.into_iter().map(|imported| imported.scenario).collect())
}

fn parse_document(document: &Document) -> Result<Scenario> {
    let bytes = document.bytes().map_err(|error| Error::invalid(format!("reading {error}")))?;
    Scenario::check_text(&bytes).into_scenario(document.name())
}

/// What a folder and its folders hold: scenario files by their names, files of data providers by their contents.
pub fn list_folder(folder: &Path) -> Result<ScenarioFolder> {
    let Listing { documents, errors, .. } =
        Listing::of(folder).map_err(|error| Error::invalid(format!("reading {error}")))?;
    let mut errors: Vec<String> = errors.iter().map(|error| format!("reading {error}")).collect();
    let (mut scenarios, mut foreign) = (Vec::new(), Vec::new());
    for document in documents {
        match document.head().map(|head| import::recognise(&head)) {
            Ok(Ok(_)) => foreign.push(document),
            Ok(Err(None)) if document.name().ends_with(".jsonl") => scenarios.push(document),
            Ok(Err(_)) => {}
            Err(error) => errors.push(format!("reading {error}")),
        }
    }
    Ok(ScenarioFolder { scenarios, foreign, errors })
}

/// The matches of the files of data providers in a folder; `None`: there are none that have to be read.
pub fn import_folder(folder: &Path, listed: &mut ScenarioFolder) -> Result<Option<ForeignInput>> {
    // Match data alone are of no use here; a folder of scenarios may have them beside.
    if listed.foreign.is_empty() && !listed.scenarios.is_empty() {
        return Ok(None);
    }
    match ImportJob::of_documents(std::mem::take(&mut listed.foreign), &ImportOptions::default()) {
        Ok(job) => run_job(job).map(Some),
        Err(_) if !listed.scenarios.is_empty() => Ok(None),
        Err(error) => Err(error.context(format!("reading {}", folder.display()))),
    }
}

/// All scenario files and all files of data providers in a folder.
fn open_folder(folder: &Path) -> Result<OpenedScenario> {
    let mut listed = list_folder(folder)?;
    let mut files: FileSet = listed.scenarios.iter().filter_map(Document::file).collect();
    let mut scenarios = listed.scenarios.iter().map(parse_document).collect::<Result<Vec<_>>>()?;
    let imported = import_folder(folder, &mut listed)?;
    let mut notes = listed.errors;
    if let Some(ForeignInput::Matches(matches, read)) = imported {
        notes.extend(import_notes(&folder.display().to_string(), &matches));
        scenarios.push(merge_matches(matches)?);
        files.extend(read);
    }
    Ok(OpenedScenario { scenario: Scenario::merge(scenarios)?, notes, files })
}

/// What was imported: `Wyscout v2, 1,733 rows`.
pub fn describe_matches(matches: &[ImportedMatch]) -> String {
    let mut formats: Vec<&str> = matches.iter().map(|imported| imported.format.name).collect();
    formats.dedup();
    let rows: usize = matches.iter().map(|imported| imported.rows).sum();
    let count = match matches.len() {
        1 => String::new(),
        more => format!("{} of ", format_count(more, "match", "matches")),
    };
    format!("{count}{}, {} rows", formats.join(" and "), group_digits(rows as u64))
}

/// What was imported, and the first warnings.
pub fn import_notes(word: &str, matches: &[ImportedMatch]) -> Vec<String> {
    let word = if word == STDIN { "standard input" } else { word };
    let mut notes = vec![format!("{word}: {}", describe_matches(matches))];
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
