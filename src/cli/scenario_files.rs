//! Opens scenarios by the words of the command line: shipped ones, files, traces, files of data providers, folders, and standard
//! input.

use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::football::Match;
use crate::import::{
    Document, FileSet, Format, ImportError, ImportJob, ImportOptions, ImportedMatch, STDIN, STDIN_NAME,
};
use crate::message::{format_count, group_digits};
use crate::scenario::{Scenario, Shipped};

use super::trace_files::open_trace;

/// The most warnings of importers that are shown; `touchline import` shows them all.
const MAX_WARNINGS: usize = 5;

/// Scenarios that have been opened, on one clock.
#[derive(Debug)]
pub struct OpenedScenario {
    pub scenario: Scenario,
    /// What it was made of, where that is no scenario file.
    pub notes: Vec<String>,
    /// The files that it was read from.
    pub files: FileSet,
}

/// What the words of the command line lead to. All files of data providers are read in one run, and match data once for all.
pub struct Inputs<T> {
    pub inputs: Vec<Input<T>>,
    /// What could not be listed or opened.
    pub unread: Vec<String>,
    /// Matches that could not be imported.
    pub errors: Vec<Error>,
    pub files: FileSet,
}

/// What one word leads to.
pub struct Input<T> {
    pub word: String,
    pub source: InputSource,
    /// Its matches of data providers.
    pub matches: Vec<T>,
}

/// The scenarios of an input.
pub enum InputSource {
    /// The word is the name or the path of a scenario or of a trace.
    Word,
    /// Scenario files in a folder or an archive, or the content of a pipe; none where all files are those of data providers.
    Documents(Vec<Document>),
}

/// Lists the files and folders among the words, and imports the matches of data providers in them. `each` is called for every
/// match, on several threads at once.
pub fn read_inputs<T: Send>(words: &[PathBuf], each: impl Fn(ImportedMatch) -> T + Sync) -> Result<Inputs<T>> {
    let is_listed = |word: &Path| {
        let is_shipped = || word.to_str().is_some_and(|word| Shipped::find_by_name(word).is_ok_and(|it| it.is_some()));
        word == Path::new(STDIN) || word.is_dir() || (word.exists() && !is_shipped())
    };
    let (mut inputs, mut listed): (Vec<Input<T>>, Vec<PathBuf>) = (Vec::new(), Vec::new());
    for word in words {
        let mut source = InputSource::Word;
        if is_listed(word) {
            listed.push(word.clone());
            source = InputSource::Documents(Vec::new());
        }
        inputs.push(Input { word: word.display().to_string(), source, matches: Vec::new() });
    }
    let mut job = ImportJob::prepare(&listed, &ImportOptions::default())?;
    let mut files = job.files().clone();
    let is_word = |error: &ImportError| inputs.iter().any(|input| input.name() == error.document());
    let (failed, unread): (Vec<_>, Vec<_>) = job.take_unread().into_iter().partition(is_word);
    // Documents come in the order of the words.
    let mut at = 0;
    for document in job.take_others() {
        at = input_of(&inputs, at, document.name());
        if document.is_named() && document.file().is_some() {
            let same = inputs.iter_mut().skip(at).filter(|input| input.word == document.name());
            same.for_each(|input| input.source = InputSource::Word);
            continue;
        }
        let Some(Input { source, .. }) = inputs.get_mut(at) else { break };
        match (document.file(), source) {
            (file, InputSource::Documents(documents)) if file.is_none() || document.name().ends_with(".jsonl") => {
                files.extend(file.into_iter().collect());
                documents.push(document);
            }
            _ => {}
        }
    }
    let run = job.run(|imported| (imported.document.clone(), each(imported)));
    at = 0;
    for (document, result) in run.imported {
        at = input_of(&inputs, at, &document);
        if let Some(input) = inputs.get_mut(at) {
            input.matches.push(result);
        }
    }
    let mut errors: Vec<String> = failed.iter().map(|error| format!("reading {error}")).collect();
    errors.extend(run.errors.iter().map(|error| format!("importing {error}")));
    for input in inputs.iter().filter(|input| input.is_empty()) {
        let has = |document: &str| Path::new(document).starts_with(input.name());
        let left_out = run.left_out.iter().find(|left| has(&left.document));
        // A file may be given twice.
        let is_empty = left_out.is_some() || Path::new(&input.word).is_dir();
        if is_empty && !failed.iter().chain(&unread).chain(&run.errors).any(|error| has(error.document())) {
            let first = left_out.map(|left| format!("{}: {}; ", left.document, left.reason)).unwrap_or_default();
            errors.push(format!("reading {}: {first}there are no scenarios, and no events to import", input.name()));
        }
    }
    let unread = unread.iter().map(|error| format!("reading {error}")).collect();
    Ok(Inputs { inputs, unread, errors: errors.into_iter().map(Error::invalid).collect(), files })
}

/// The input that holds a document: the one at `at`, or one behind it.
fn input_of<T>(inputs: &[Input<T>], at: usize, document: &str) -> usize {
    let later = inputs.iter().skip(at).position(|input| Path::new(document).starts_with(input.name()));
    later.map_or(at, |later| at + later)
}

impl<T> Input<T> {
    /// The word, or what it stands for.
    pub fn name(&self) -> &str {
        if self.word == STDIN { STDIN_NAME } else { &self.word }
    }

    fn is_empty(&self) -> bool {
        self.matches.is_empty() && matches!(&self.source, InputSource::Documents(documents) if documents.is_empty())
    }
}

impl Inputs<ImportedMatch> {
    /// The scenario of each word that has any.
    pub fn open(self, notes: &mut Vec<String>) -> Result<Vec<(String, Scenario)>> {
        if let Some(error) = self.errors.into_iter().next() {
            return Err(error);
        }
        let mut opened = Vec::new();
        for input in self.inputs.into_iter().filter(|input| !input.is_empty()) {
            let mut scenarios = match &input.source {
                InputSource::Word => vec![open_word(&input.word)?],
                InputSource::Documents(documents) => {
                    documents.iter().map(parse_document).collect::<Result<Vec<_>>>()?
                }
            };
            if !input.matches.is_empty() {
                notes.extend(import_notes(input.name(), &input.matches));
                let matches = input.matches.into_iter().map(|imported| imported.scenario);
                scenarios.push(merge_imported(matches.collect())?);
            }
            opened.push((input.word, Scenario::merge(scenarios)?));
        }
        notes.extend(self.unread);
        Ok(opened)
    }
}

/// Opens scenarios by name or path, and merges several onto one clock.
pub fn open_scenarios(words: &[String]) -> Result<OpenedScenario> {
    if words.is_empty() {
        return Err(Error::misuse("no scenario is given: name one, or the path of a file"));
    }
    let words: Vec<PathBuf> = words.iter().map(PathBuf::from).collect();
    let (mut inputs, mut notes) = (read_inputs(&words, |imported| imported)?, Vec::new());
    let files = std::mem::take(&mut inputs.files);
    let scenarios = inputs.open(&mut notes)?.into_iter().map(|(_, scenario)| scenario);
    let scenario = Scenario::merge(scenarios.collect())?;
    Ok(OpenedScenario { scenario, notes, files })
}

fn open_word(word: &str) -> Result<Scenario> {
    if let Some(trace) = open_trace(word)? {
        return Ok(trace.scenario);
    }
    Scenario::open(word).map_err(|error| match error.kind() {
        ErrorKind::NotFound => super::with_command_hint(error, word),
        _ => error,
    })
}

/// Reads a scenario of a folder, an archive or a pipe.
fn parse_document(document: &Document) -> Result<Scenario> {
    let bytes = document.bytes().map_err(|error| Error::invalid(format!("reading {error}")))?;
    Scenario::check_text(&bytes).into_scenario(document.name())
}

/// The scenario of several matches, on one clock, under one title.
///
/// # Errors
/// If two of them are the same match.
pub fn merge_imported(matches: Vec<Scenario>) -> Result<Scenario> {
    let fixtures: Vec<_> = matches.iter().flat_map(|scenario| scenario.matches.clone()).collect();
    let mut merged = Scenario::merge(matches)?;
    if fixtures.len() > 1 {
        let competition =
            |fixture: &Match| [&fixture.competition, &fixture.season].map(|it| it.clone().unwrap_or_default());
        let round = |fixture: &Match| fixture.round.clone();
        let first = &fixtures[0];
        let same = fixtures.iter().all(|fixture| competition(fixture) == competition(first));
        let mut words: Vec<String> = competition(first).iter().map(ToString::to_string).filter(|_| same).collect();
        words.retain(|word| !word.is_empty());
        let mut title = vec![words.join(" "), format!("{} matches", fixtures.len())];
        if let Some(number) =
            round(first).filter(|_| same && fixtures.iter().all(|fixture| round(fixture) == round(first)))
        {
            title.insert(1, format!("round {number}"));
        }
        title.retain(|part| !part.is_empty());
        merged.title = title.join(", ").into();
    }
    Ok(merged)
}

/// What was imported: `Wyscout v2, 1,733 rows`.
pub fn describe_matches(format_and_rows: impl Iterator<Item = (&'static Format, usize)>) -> String {
    let (mut formats, rows): (Vec<&str>, Vec<usize>) = format_and_rows.map(|(it, rows)| (it.name, rows)).unzip();
    let count = match formats.len() {
        1 => String::new(),
        more => format!("{} of ", format_count(more, "match", "matches")),
    };
    let rows: usize = rows.iter().sum();
    formats.dedup();
    format!("{count}{}, {} rows", formats.join(" and "), group_digits(rows as u64))
}

/// What was imported, and the first warnings.
fn import_notes(word: &str, matches: &[ImportedMatch]) -> Vec<String> {
    let mut notes = vec![format!("{word}: {}", describe_matches(matches.iter().map(|it| (it.format, it.rows))))];
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
