//! One run over many documents: recognises them, reads match data first, and imports matches on all processors.

use std::collections::{BTreeSet, VecDeque};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::document::Listing;
use super::format::Importer;
use super::{Detail, Document, DocumentRole, FORMATS, Format, ImportError, ImportedMatch, recognise};
use crate::error::{Error, Result};

/// The most files of a folder that are looked at for match data.
const MAX_NEIGHBOURS: usize = 500;

/// How to import.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Further files with line-ups, dates and results.
    pub match_data: Vec<PathBuf>,
    /// Read everything in this format, and leave out documents of others.
    pub format: Option<&'static Format>,
    /// How much of each match.
    pub detail: Detail,
}

/// The result of a run.
#[derive(Debug)]
pub struct ImportRun<T> {
    /// What became of each imported match, in the order of the documents.
    pub imported: Vec<T>,
    /// What could not be read.
    pub errors: Vec<ImportError>,
    /// Documents that are of no use here.
    pub left_out: Vec<LeftOutDocument>,
}

/// A document of which nothing was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOutDocument {
    /// Its name.
    pub document: String,
    /// Why, for people.
    pub reason: String,
}

/// A document and what it is.
struct Recognised {
    document: Document,
    format: &'static Format,
    role: DocumentRole,
}

/// Documents that have been listed and recognised, with their match data read: ready to be imported.
pub struct ImportJob {
    events: Vec<Recognised>,
    importers: Vec<(&'static Format, Box<dyn Importer>)>,
    detail: Detail,
    errors: Vec<ImportError>,
    left_out: Vec<LeftOutDocument>,
}

/// Imports all matches of some files, folders and archives: [`ImportJob::prepare`] and [`ImportJob::run`].
///
/// # Errors
/// If an input does not exist, or none of the documents holds events. What is wrong with single documents is in
/// [`ImportRun::errors`].
pub fn import<T: Send>(
    inputs: &[PathBuf],
    options: &ImportOptions,
    each: impl Fn(ImportedMatch) -> T + Sync,
) -> Result<ImportRun<T>> {
    Ok(ImportJob::prepare(inputs, options)?.run(each))
}

impl ImportJob {
    /// Lists the documents, recognises them, and reads the match data.
    ///
    /// Where no match data are given, they are looked for beside the files: in the same folder, and under the same name in the
    /// folders next to it.
    ///
    /// # Errors
    /// If an input does not exist, or none of the documents holds events.
    pub fn prepare(inputs: &[PathBuf], options: &ImportOptions) -> Result<Self> {
        let mut listing = Listing::default();
        for input in inputs.iter().chain(&options.match_data) {
            listing.add(input).map_err(|error| Error::invalid(format!("reading {error}")))?;
        }
        let mut job = Self::of_listing(listing, options)?;
        if options.match_data.is_empty() {
            job.add_neighbours(inputs);
        }
        Ok(job)
    }

    /// The same of documents that are listed already.
    ///
    /// # Errors
    /// If none of the documents holds events.
    pub fn of_listing(listing: Listing, options: &ImportOptions) -> Result<Self> {
        let Listing { documents, errors } = listing;
        let mut job =
            Self { events: Vec::new(), importers: Vec::new(), detail: options.detail, errors, left_out: Vec::new() };
        let mut match_data = Vec::new();
        for document in documents {
            match job.recognise(document, options.format) {
                Some(found) if found.role == DocumentRole::Events => job.events.push(found),
                Some(found) => match_data.push(found),
                None => {}
            }
        }
        for format in FORMATS {
            if job.events.iter().any(|found| found.format.word == format.word) {
                job.importers.push((format, (format.start)()));
            }
        }
        if job.events.is_empty() && job.errors.is_empty() {
            return Err(nothing_found(&match_data, &job.left_out));
        }
        for found in match_data {
            match job.add_match_data(&found) {
                Some(Ok(())) => {}
                Some(Err(error)) => job.errors.push(error),
                None => {
                    let reason = format!("match data of {}, without any of its events", found.format.name);
                    job.leave_out(&found.document, reason);
                }
            }
        }
        Ok(job)
    }

    /// How many documents hold events.
    pub fn document_count(&self) -> usize {
        self.events.len()
    }

    /// Imports all matches.
    ///
    /// `each` is called for every match, on several threads at once; at most one match per processor is in memory, beside what
    /// `each` keeps.
    pub fn run<T: Send>(self, each: impl Fn(ImportedMatch) -> T + Sync) -> ImportRun<T> {
        let import_one = |found: &Recognised| {
            let mut results = Vec::new();
            let importer = self.importers.iter().find(|(format, _)| format.word == found.format.word);
            let ended = importer.map_or(Ok(()), |(_, importer)| {
                importer.import(&found.document, self.detail, &mut |result| results.push(result.map(&each)))
            });
            results.extend(ended.err().map(Err));
            results
        };
        let results = in_parallel(&self.events, import_one);
        let mut run = ImportRun { imported: Vec::new(), errors: self.errors, left_out: self.left_out };
        for result in results.into_iter().flatten() {
            match result {
                Ok(imported) => run.imported.push(imported),
                Err(error) => run.errors.push(error),
            }
        }
        run
    }

    /// What a document is. One that cannot be read is an error, one of another kind is left out.
    fn recognise(&mut self, document: Document, wanted: Option<&'static Format>) -> Option<Recognised> {
        let head = document.head().map_err(|error| self.errors.push(error)).ok()?;
        let reason = match (recognise(&head), wanted) {
            (Ok((format, role)), wanted) if wanted.is_none_or(|wanted| wanted.word == format.word) => {
                return Some(Recognised { document, format, role });
            }
            (Err(None), Some(format)) => return Some(Recognised { document, format, role: DocumentRole::Events }),
            (Ok((format, _)), _) => format!("this is {}", format.name),
            (Err(Some(name)), _) => format!("this looks like {name}, which is not imported"),
            (Err(None), None) => "no known format".to_owned(),
        };
        self.leave_out(&document, reason);
        None
    }

    fn leave_out(&mut self, document: &Document, reason: String) {
        self.left_out.push(LeftOutDocument { document: document.name().to_owned(), reason });
    }

    /// `None` if there are no events of the format.
    fn add_match_data(&mut self, found: &Recognised) -> Option<std::result::Result<(), ImportError>> {
        let importer = self.importers.iter_mut().find(|(format, _)| format.word == found.format.word);
        importer.map(|(_, importer)| importer.add_match_data(&found.document))
    }

    /// Adds the match data that lie beside the files. What cannot be read there was not asked for.
    fn add_neighbours(&mut self, inputs: &[PathBuf]) {
        for path in neighbours(inputs) {
            let listed = Document::list(&path).unwrap_or_default().documents;
            let Ok([document]) = <[Document; 1]>::try_from(listed) else { continue };
            let Ok((format, DocumentRole::MatchData)) =
                document.head().map_err(|_| None).and_then(|head| recognise(&head))
            else {
                continue;
            };
            let _ = self.add_match_data(&Recognised { document, format, role: DocumentRole::MatchData });
        }
    }
}

/// The files beside some files, and those of the same name in the folders next to theirs.
fn neighbours(inputs: &[PathBuf]) -> Vec<PathBuf> {
    let list = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).take(MAX_NEIGHBOURS).collect()
    };
    let mut found = BTreeSet::new();
    for file in inputs.iter().filter(|input| input.is_file()) {
        let folder = match file.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        found.extend(list(&folder).into_iter().filter(|path| path.is_file()));
        let (Some(name), Ok(folder)) = (file.file_name(), folder.canonicalize()) else { continue };
        let folders = folder.parent().map(list).unwrap_or_default();
        found.extend(
            folders.iter().filter(|other| **other != folder).map(|other| other.join(name)).filter(|it| it.is_file()),
        );
    }
    found.into_iter().filter(|path| !inputs.contains(path)).collect()
}

fn nothing_found(match_data: &[Recognised], left_out: &[LeftOutDocument]) -> Error {
    let formats = FORMATS.iter().map(|format| format.name).collect::<Vec<_>>().join(", ");
    let only_match_data = match_data.first().map(|found| {
        format!("{}: match data of {}, without any of its events; ", found.document.name(), found.format.name)
    });
    let first = left_out.first().map(|left| format!("{}: {}; ", left.document, left.reason));
    let first = only_match_data.or(first).unwrap_or_default();
    Error::invalid(format!("{first}there are no events to import: what can be read are the event files of {formats}"))
}

/// Runs a computation for each item on all processors; the results are in the order of the items.
fn in_parallel<I: Sync, R: Send>(items: &[I], compute: impl Fn(&I) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(items.len());
    let waiting: Mutex<VecDeque<usize>> = Mutex::new((0..items.len()).collect());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let work = || {
        let mut done = Vec::new();
        while let Some(index) = next() {
            done.push((index, compute(&items[index])));
        }
        done
    };
    let mut done = thread::scope(|scope| {
        let others: Vec<_> =
            (1..threads).filter_map(|_| thread::Builder::new().spawn_scoped(scope, work).ok()).collect();
        let mut done = work();
        for thread in others {
            done.extend(thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
