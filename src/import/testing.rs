//! What tests of several formats share.

use super::{Document, Format, ImportJob, ImportOptions, ImportRun, ImportedMatch};
use crate::error::Result;

/// Imports documents, each a name and a text, in one format.
pub fn import_texts(format: &'static Format, documents: &[(&str, &str)]) -> Result<ImportRun<ImportedMatch>> {
    let documents = documents.iter().map(|(name, text)| Document::in_memory(name, text.as_bytes().to_vec()));
    let options = ImportOptions { format: Some(format), ..ImportOptions::default() };
    Ok(ImportJob::of_documents(documents.collect(), &options)?.run(|imported| imported))
}
