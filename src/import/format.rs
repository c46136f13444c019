//! What a format is: its name, the documents that it consists of, and the importer that reads them.

use super::{Detail, Document, ImportError, ImportedMatch};

/// A format of a data provider.
#[derive(Debug)]
pub struct Format {
    /// The word for the command line: `wyscout-v2`.
    pub word: &'static str,
    /// The name: `Wyscout v2`.
    pub name: &'static str,
    /// The documents of the format, by the names under which they are recognised, and what each is good for.
    pub(super) documents: &'static [(&'static str, DocumentRole)],
    /// What it does not carry, for people: `injuries, VAR`.
    pub absent: &'static str,
    /// A new importer, for one run.
    pub(super) start: fn() -> Box<dyn Importer>,
}

/// What a document is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DocumentRole {
    /// It holds the events of one or more matches.
    Events,
    /// It adds to the events of other documents: line-ups, dates, results.
    MatchData,
}

/// Reads the documents of one format.
///
/// Match data come first, all of them; then documents of events, several at once.
pub(super) trait Importer: Send + Sync {
    /// Takes what is known of matches beside their events.
    fn add_match_data(&mut self, document: &Document) -> Result<(), ImportError>;

    /// Imports the matches of a document, one after the other.
    ///
    /// An error about one match goes to `out`; one that ends the document is returned.
    fn import(
        &self,
        document: &Document,
        detail: Detail,
        out: &mut dyn FnMut(Result<ImportedMatch, ImportError>),
    ) -> Result<(), ImportError>;
}

impl Format {
    /// What a scenario made of it says about itself.
    pub(super) fn about(&self, detail: Detail) -> String {
        let what = match detail {
            Detail::Full => "all events",
            Detail::LiveScore => "what a live-score feed sends",
        };
        format!("Imported from {}: {what}. The format does not carry {}.", self.name, self.absent)
    }
}
