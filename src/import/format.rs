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
    pub(super) documents: &'static [(&'static str, Role)],
    /// What it does not carry, for people: `injuries, VAR`.
    pub absent: &'static str,
    /// A new importer, for one run.
    pub(super) start: fn() -> Box<dyn Importer>,
}

/// What a document is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
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

    /// The format and the role of a document, by its first bytes; the name of what else it is, if that is known.
    pub(crate) fn recognise(head: &[u8]) -> Result<(&'static Self, Role), Option<&'static str>> {
        let name = crate::scenario::recognise_provider(head).ok_or(None)?;
        let found = super::FORMATS.iter().find_map(|format| {
            let role = format.documents.iter().find(|(known, _)| *known == name)?.1;
            Some((*format, role))
        });
        found.ok_or(Some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::super::FORMATS;

    #[test]
    fn each_document_of_a_format_can_be_recognised() {
        let known = crate::scenario::provider_names();
        for format in FORMATS {
            for (name, _) in format.documents {
                assert!(
                    known.contains(name),
                    "{}: no rule in `scenario/recognise/formats.rs` gives {name:?}",
                    format.word
                );
            }
        }
    }
}
