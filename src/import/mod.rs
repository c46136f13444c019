//! Importers: scenarios from the event files of data providers.
//!
//! [`FORMATS`] lists what is read. [`import`] takes files, folders and archives, recognises what each document is, and makes a
//! scenario of every match in them. `docs/importing.md` says what becomes of each format.
//!
//! ```no_run
//! use touchline::import::{ImportOptions, import};
//!
//! let run = import(&["season/".into()], &ImportOptions::default(), |imported| imported.scenario.title.clone())?;
//! for title in run.imported {
//!     println!("{title}");
//! }
//! # Ok::<(), touchline::Error>(())
//! ```

// To add a format: a file or folder in `formats/`, a line in its list, and the field names by which its documents are recognised
// in `scenario/recognise/formats.rs`.

mod attempt;
mod document;
mod draft;
mod duplicate_rows;
mod file_name;
mod format;
mod formats;
mod frame;
mod match_claims;
mod names;
mod neighbours;
mod opta_events;
mod parallel;
mod results;
mod row_clocks;
mod run;
mod teams;
#[cfg(test)]
mod testing;
mod wyscout;
mod xml;

pub(crate) use document::{Document, FileSet, Listing, STDIN, STDIN_NAME};
pub use document::{ImportError, LeftOutDocument};
pub(crate) use file_name::match_file_stem;
pub(crate) use format::DocumentRole;
pub use format::Format;
pub use formats::FORMATS;
pub(crate) use formats::recognise;
pub use results::Results;
pub(crate) use run::ImportJob;
pub use run::{ImportOptions, ImportRun, import};

#[doc(hidden)]
pub mod internals {
    pub use super::document::Document;
    pub use super::run::ImportJob;
}

use crate::scenario::Scenario;
use crate::words::words;

words! {
    /// How much of a match is imported.
    #[derive(Default)]
    Detail {
        /// Everything: passes, duels and touches as well.
        #[default]
        Full = "full",
        /// What a live-score feed would send: goals, cards, substitutions, shots, saves, corners, fouls, offsides, and the course
        /// of the match.
        LiveScore = "live-score",
    }
}

/// A match that has been imported.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ImportedMatch {
    /// The name of the document that holds its events.
    pub document: String,
    /// The format of that document.
    pub format: &'static Format,
    /// The scenario of this one match.
    pub scenario: Scenario,
    /// The rows of the document that belong to the match.
    pub rows: usize,
    /// How many rows gave no event of their own, by the reason.
    pub left_out: Vec<(&'static str, usize)>,
    /// What is missing or contradictory.
    pub warnings: Vec<String>,
}

impl ImportedMatch {
    /// A name for a file of it, which no match with another id has: `2018-04-22-juventus-napoli-2576295`.
    pub fn file_stem(&self) -> String {
        self.scenario.matches.first().map_or_else(|| "match".to_owned(), |fixture| match_file_stem(fixture))
    }
}
