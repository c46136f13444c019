//! One run over many documents: recognises them, reads match data first, and imports matches on all processors.

use std::path::PathBuf;

use super::document::{FileSet, LeftOutDocument, Listing, is_archive};
use super::format::Importer;
use super::match_claims::MatchClaims;
use super::neighbours::Neighbours;
use super::parallel::in_parallel;
use super::{Detail, Document, DocumentRole, FORMATS, Format, ImportError, ImportedMatch, recognise};
use crate::error::{Error, Result};
use crate::scenario::is_scenario;

/// The most matches of a document of which the errors are kept.
const MAX_ERRORS: usize = 20;

/// How to import.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ImportOptions {
    /// Files and folders with line-ups, dates and results. Events in them are not imported.
    pub match_data: Vec<PathBuf>,
    /// Read this format only. An input that is not recognised is read in it; what folders and archives hold is left out.
    pub format: Option<&'static Format>,
    /// How much of each match.
    pub detail: Detail,
    /// Do not look for match data beside the inputs. They are not looked for either where [`match_data`](Self::match_data) are given.
    pub inputs_only: bool,
}

/// The result of a run.
#[derive(Debug)]
#[non_exhaustive]
pub struct ImportRun<T> {
    /// What became of each imported match, in the order of the documents.
    pub imported: Vec<T>,
    /// What could not be read.
    pub errors: Vec<ImportError>,
    /// Documents that are of no use here.
    pub left_out: Vec<LeftOutDocument>,
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
    wanted: Option<&'static Format>,
    detail: Detail,
    files: FileSet,
    others: Vec<Document>,
    unread: Vec<ImportError>,
    errors: Vec<ImportError>,
    left_out: Vec<LeftOutDocument>,
}

/// Imports all matches of some files, folders and archives.
///
/// Where no match data are given, they are looked for beside the inputs: in the folders of files, and under the same names in the
/// folders next to them. `each` is called for every match, on several threads at once; at most one match for each processor is in
/// memory, beside what `each` keeps. Of two matches with one id the first is imported, and the other is an error: where the later
/// one was read first, `each` is called for it as well, before it is called for the first.
///
/// # Errors
/// If match data are given that do not exist, or none of the documents holds events. What is wrong with single documents is in
/// [`ImportRun::errors`].
pub fn import<T: Send>(
    inputs: &[PathBuf],
    options: &ImportOptions,
    each: impl Fn(ImportedMatch) -> T + Sync,
) -> Result<ImportRun<T>> {
    Ok(ImportJob::prepare(inputs, options)?.with_events()?.run(each))
}

impl ImportJob {
    /// Lists the documents, recognises them, and reads the match data.
    pub fn prepare(inputs: &[PathBuf], options: &ImportOptions) -> Result<Self> {
        let (mut listing, mut match_data, mut neighbours) =
            (Listing::default(), Listing::default(), Neighbours::default());
        for input in inputs {
            let before = listing.documents.len();
            match listing.add(input) {
                Ok(()) => neighbours.add(input, &listing.documents[before..]),
                Err(error) => listing.errors.push(error),
            }
        }
        for path in &options.match_data {
            match_data.add(path).map_err(|error| Error::invalid(format!("reading {error}")))?;
        }
        let mut job = Self::of_listings(listing, match_data, options);
        // Without events there is nothing to complete: a scenario file is played without a look at the files beside it.
        if options.match_data.is_empty() && !options.inputs_only && !job.events.is_empty() {
            job.add_neighbours(&neighbours);
        }
        Ok(job)
    }

    /// The same of documents that are listed already, without those beside them.
    pub fn of_documents(documents: Vec<Document>, options: &ImportOptions) -> Result<Self> {
        Self::of_listings(Listing { documents, ..Listing::default() }, Listing::default(), options).with_events()
    }

    fn of_listings(inputs: Listing, given_match_data: Listing, options: &ImportOptions) -> Self {
        let named = inputs.documents.iter().chain(&given_match_data.documents).filter(|document| document.is_named());
        let mut job = Self {
            events: Vec::new(),
            importers: Vec::new(),
            wanted: options.format,
            detail: options.detail,
            files: named.filter_map(Document::file).collect(),
            others: Vec::new(),
            unread: inputs.errors,
            errors: Vec::new(),
            left_out: inputs.left_out,
        };
        job.unread.extend(given_match_data.errors);
        job.left_out.extend(given_match_data.left_out);
        let mut match_data = Vec::new();
        for document in inputs.documents {
            match job.recognise(document, DocumentRole::Events) {
                Some(found) if found.role == DocumentRole::Events => job.events.push(found),
                Some(found) => match_data.push(found),
                None => {}
            }
        }
        for document in given_match_data.documents {
            match job.recognise(document, DocumentRole::MatchData) {
                Some(found) if found.role == DocumentRole::Events => {
                    let reason = format!("events of {}, given as match data: give it as INPUT", found.format.name);
                    job.leave_out(found.document, reason);
                }
                found => match_data.extend(found),
            }
        }
        for format in FORMATS {
            if job.events.iter().any(|found| found.format.word == format.word) {
                job.importers.push((format, (format.start)()));
            }
        }
        job.files.extend(job.events.iter().chain(&match_data).filter_map(|found| found.document.file()).collect());
        for found in match_data {
            match job.add_match_data(&found) {
                Some(Ok(())) => {}
                Some(Err(error)) => job.errors.push(error),
                None => {
                    let reason = format!("match data of {}, without any of its events", found.format.name);
                    job.leave_out(found.document, reason);
                }
            }
        }
        job
    }

    /// An error if there is nothing to import.
    pub fn with_events(self) -> Result<Self> {
        let errors = self.unread.iter().chain(&self.errors).take(MAX_ERRORS);
        let errors: Vec<String> = errors.map(|error| format!("reading {error}")).collect();
        match (self.events.is_empty(), errors.is_empty()) {
            (false, _) => Ok(self),
            (true, false) => Err(Error::invalid(errors.join("; "))),
            (true, true) => Err(self.nothing_found()),
        }
    }

    /// How many documents hold events.
    pub fn document_count(&self) -> usize {
        self.events.len()
    }

    /// The files that the user names, and those that events and match data are read from.
    pub(crate) fn files(&self) -> &FileSet {
        &self.files
    }

    /// The documents of no known format, and all others that the user names and that are left out.
    pub(crate) fn take_others(&mut self) -> Vec<Document> {
        std::mem::take(&mut self.others)
    }

    /// What could not be listed or opened.
    pub(crate) fn take_unread(&mut self) -> Vec<ImportError> {
        std::mem::take(&mut self.unread)
    }

    /// Imports all matches: see [`import`].
    pub fn run<T: Send>(self, each: impl Fn(ImportedMatch) -> T + Sync) -> ImportRun<T> {
        let claims = MatchClaims::default();
        let results = in_parallel(&self.events, |number, found| {
            let (mut results, mut errors) = (Vec::new(), 0);
            let importer = self.importers.iter().find(|(format, _)| format.word == found.format.word);
            let ended = importer.map_or(Ok(()), |(_, importer)| {
                importer.import(&found.document, self.detail, &mut |result| {
                    let result = result.map(|imported| {
                        let id = imported.scenario.matches.first().map_or_else(|| "".into(), |it| it.id.clone());
                        (claims.take(&id, number, || each(imported)), id)
                    });
                    let is_taken = matches!(result, Ok((Some(_), _)));
                    errors += usize::from(!is_taken);
                    if is_taken || errors <= MAX_ERRORS {
                        results.push(result);
                    }
                })
            });
            if errors > MAX_ERRORS {
                let message = format!("and {} more matches of it have errors", errors - MAX_ERRORS);
                results.push(Err(ImportError::new(&found.document, message)));
            }
            results.extend(ended.err().map(Err));
            results
        });
        let mut run = ImportRun { imported: Vec::new(), errors: self.unread, left_out: self.left_out };
        run.errors.extend(self.errors);
        let of = |number: usize| &self.events[number].document;
        for (number, result) in
            results.into_iter().enumerate().flat_map(|(number, of)| of.into_iter().map(move |it| (number, it)))
        {
            match result {
                Ok((taken, id)) => match (taken, claims.document(&id)) {
                    (Some(taken), Some(holder)) if holder == number => run.imported.push(taken),
                    (_, holder) => {
                        let first = of(holder.unwrap_or(number)).name();
                        let message = format!("match {id} is in {first} already, and is imported from there");
                        run.errors.push(ImportError::new(of(number), message));
                    }
                },
                Err(error) => run.errors.push(error),
            }
        }
        run
    }

    /// What a document is. One that cannot be read is an error, one of another kind is left out. One that the user names is
    /// what the user says that it is, unless it is recognised.
    fn recognise(&mut self, document: Document, role: DocumentRole) -> Option<Recognised> {
        let head = document.head().map_err(|error| self.unread.push(error)).ok()?;
        let found = recognise(&head);
        let reason = match (found, self.wanted) {
            (Ok((format, role)), wanted) if wanted.is_none_or(|wanted| wanted.word == format.word) => {
                return Some(Recognised { document, format, role });
            }
            (Ok((format, _)), Some(wanted)) => format!("this is {}, and --from asks for {}", format.name, wanted.name),
            (Err(Some(name)), _) => format!("this looks like {name}, which is not imported"),
            _ if is_archive(&head) => "an archive within an archive, which is not opened".to_owned(),
            _ if is_scenario(&head) => "this is a scenario already".to_owned(),
            (_, Some(format)) if document.is_named() => return Some(Recognised { document, format, role }),
            _ => "no known format".to_owned(),
        };
        if !document.is_named() && matches!(found, Err(None)) {
            self.others.push(document.clone());
        }
        self.leave_out(document, reason);
        None
    }

    fn leave_out(&mut self, document: Document, reason: String) {
        self.left_out.push(LeftOutDocument { document: document.name().to_owned(), reason });
        if document.is_named() {
            self.others.push(document);
        }
    }

    /// `None` if there are no events of the format.
    fn add_match_data(&mut self, found: &Recognised) -> Option<std::result::Result<(), ImportError>> {
        let importer = self.importers.iter_mut().find(|(format, _)| format.word == found.format.word);
        importer.map(|(_, importer)| importer.add_match_data(&found.document))
    }

    /// Adds the match data that lie beside the inputs. What cannot be read there was not asked for.
    fn add_neighbours(&mut self, neighbours: &Neighbours) {
        let (paths, too_large) =
            neighbours.find(&self.events.iter().filter_map(|found| found.document.file()).collect());
        self.left_out.extend(too_large);
        for path in paths {
            let listed = Listing::of(&path).unwrap_or_default().documents;
            let Ok([document]) = <[Document; 1]>::try_from(listed) else { continue };
            let head = document.head().unwrap_or_default();
            let Ok((format, role @ DocumentRole::MatchData)) = recognise(&head) else { continue };
            if let Some(Ok(())) = self.add_match_data(&Recognised { document, format, role }) {
                // The file is there: it has just been read.
                let _ = self.files.insert(&path);
            }
        }
    }

    fn nothing_found(&self) -> Error {
        let first = self.left_out.first().map(|left| format!("{}: {}; ", left.document, left.reason));
        let first = first.unwrap_or_default();
        let formats: Vec<&str> =
            self.wanted.map_or_else(|| FORMATS.iter().map(|format| format.name).collect(), |wanted| vec![wanted.name]);
        let formats = formats.join(", ");
        Error::invalid(format!(
            "{first}there are no events to import: what can be read are the event files of {formats}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_events_nothing_is_looked_for_beside_the_inputs() {
        let folder = std::env::temp_dir().join(format!("touchline-run-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let scenario = folder.join("scenario.jsonl");
        std::fs::write(&scenario, crate::scenario::SHIPPED[0].text()).expect("written");
        // More files than are looked at, which would be said.
        (0..=500).for_each(|number| drop(std::fs::write(folder.join(format!("{number}.txt")), "")));
        let job = ImportJob::prepare(&[scenario], &ImportOptions::default());
        std::fs::remove_dir_all(&folder).expect("removed");
        let left_out = job.expect("a job").left_out;
        let reasons: Vec<&str> = left_out.iter().map(|left| left.reason.as_str()).collect();
        assert_eq!(reasons, ["this is a scenario already"]);
    }
}
