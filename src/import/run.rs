//! One run over many documents: recognises them, reads match data first, and imports matches on all processors.

use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::format::Importer;
use super::{Detail, Document, FORMATS, Format, ImportError, ImportedMatch, Role};
use crate::error::{Error, Result};

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
    role: Role,
}

/// Imports all matches of some files, folders and archives.
///
/// `each` is called for every match, on several threads at once; at most one match per processor is in memory, beside what
/// `each` keeps.
///
/// # Errors
/// If an input does not exist, or none of the documents holds events. What is wrong with single documents is in
/// [`ImportRun::errors`].
pub fn import<T: Send>(
    inputs: &[PathBuf],
    options: &ImportOptions,
    each: impl Fn(ImportedMatch) -> T + Sync,
) -> Result<ImportRun<T>> {
    let mut documents = Vec::new();
    for input in inputs.iter().chain(&options.match_data) {
        documents.extend(Document::list(input).map_err(|error| Error::invalid(format!("reading {error}")))?);
    }
    import_documents(documents, options, each)
}

/// The same of documents that are listed already.
pub(super) fn import_documents<T: Send>(
    documents: Vec<Document>,
    options: &ImportOptions,
    each: impl Fn(ImportedMatch) -> T + Sync,
) -> Result<ImportRun<T>> {
    let mut run = ImportRun { imported: Vec::new(), errors: Vec::new(), left_out: Vec::new() };
    let (events, match_data) = recognise(documents, options, &mut run);
    let mut importers: Vec<(&'static Format, Box<dyn Importer>)> = Vec::new();
    for format in FORMATS {
        if events.iter().any(|found| found.format.word == format.word) {
            importers.push((format, (format.start)()));
        }
    }
    for found in match_data {
        let importer = importers.iter_mut().find(|(format, _)| format.word == found.format.word);
        match importer.map(|(_, importer)| importer.add_match_data(&found.document)) {
            Some(Ok(())) => {}
            Some(Err(error)) => run.errors.push(error),
            None => run.left_out.push(LeftOutDocument {
                document: found.document.name().to_owned(),
                reason: format!("match data of {}, without any of its events", found.format.name),
            }),
        }
    }
    if events.is_empty() && run.errors.is_empty() {
        return Err(nothing_found(&run.left_out));
    }
    let import_one = |found: &Recognised| {
        let mut results = Vec::new();
        let importer = importers.iter().find(|(format, _)| format.word == found.format.word);
        let ended = importer.map_or(Ok(()), |(_, importer)| {
            importer.import(&found.document, options.detail, &mut |result| results.push(result.map(&each)))
        });
        results.extend(ended.err().map(Err));
        results
    };
    for result in in_parallel(&events, import_one).into_iter().flatten() {
        match result {
            Ok(imported) => run.imported.push(imported),
            Err(error) => run.errors.push(error),
        }
    }
    Ok(run)
}

/// Divides documents by what they are good for.
fn recognise<T>(
    documents: Vec<Document>,
    options: &ImportOptions,
    run: &mut ImportRun<T>,
) -> (Vec<Recognised>, Vec<Recognised>) {
    let (mut events, mut match_data) = (Vec::new(), Vec::new());
    for document in documents {
        let head = match document.head() {
            Ok(head) => head,
            Err(error) => {
                run.errors.push(error);
                continue;
            }
        };
        let reason = match (Format::recognise(&head), options.format) {
            (Ok((format, role)), wanted) if wanted.is_none_or(|wanted| wanted.word == format.word) => {
                let list = if role == Role::Events { &mut events } else { &mut match_data };
                list.push(Recognised { document, format, role });
                continue;
            }
            (Err(None), Some(format)) => {
                events.push(Recognised { document, format, role: Role::Events });
                continue;
            }
            (Ok((format, _)), _) => format!("this is {}", format.name),
            (Err(Some(name)), _) => format!("this looks like {name}, which is not imported"),
            (Err(None), None) => "no known format".to_owned(),
        };
        run.left_out.push(LeftOutDocument { document: document.name().to_owned(), reason });
    }
    (events, match_data)
}

fn nothing_found(left_out: &[LeftOutDocument]) -> Error {
    let formats = FORMATS.iter().map(|format| format.name).collect::<Vec<_>>().join(", ");
    let first = left_out.first().map(|left| format!("{}: {}; ", left.document, left.reason)).unwrap_or_default();
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
