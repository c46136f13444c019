//! Exporters: the matches of a scenario as files in formats of other programs.
//!
//! [`EXPORT_FORMATS`] lists what is written. An export makes texts; the caller writes them where it likes.
//!
//! ```
//! use touchline::export::cdf;
//! use touchline::scenario::SHIPPED;
//!
//! let export = cdf::export(&SHIPPED[0].load()?);
//! let files: Vec<&str> = export.matches[0].files.iter().map(|file| file.name).collect();
//! assert_eq!(files, ["event.jsonl", "match.json", "meta.json"]);
//! # Ok::<(), touchline::Error>(())
//! ```

// To add a format: a folder beside `cdf/`, and a line in the list.

pub mod cdf;

use crate::football::MatchId;
use crate::scenario::Scenario;

/// All formats that are written, in the order of the documentation.
pub const EXPORT_FORMATS: &[&ExportFormat] = &[&cdf::FORMAT];

/// A format that scenarios are exported to.
#[derive(Debug)]
#[non_exhaustive]
pub struct ExportFormat {
    /// The word for the command line: `cdf`.
    pub word: &'static str,
    /// The name: `Common Data Format`.
    pub name: &'static str,
    /// Exports all matches of a scenario.
    pub export: fn(&Scenario) -> Export,
}

/// The matches of a scenario in another format.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Export {
    /// The exported matches, in the order of the scenario.
    pub matches: Vec<ExportedMatch>,
    /// Matches that the format cannot hold, and why.
    pub left_out: Vec<(MatchId, &'static str)>,
}

/// A match in another format.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportedMatch {
    /// The id of the match.
    pub id: MatchId,
    /// Its files.
    pub files: Vec<ExportedFile>,
    /// How many events the format cannot hold, by the reason.
    pub left_out: Vec<(&'static str, usize)>,
}

/// A file of an exported match.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportedFile {
    /// The name: `event.jsonl`.
    pub name: &'static str,
    /// Its contents.
    pub text: String,
}
