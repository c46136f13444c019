//! `--report`: files in which other programs find the result.

use std::fs::{OpenOptions, metadata, remove_file, symlink_metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

use super::super::output_file::{OutputFile, write_file};
use super::super::print::eprint_line;

/// A report: its format and its file.
#[derive(Debug, Clone)]
pub struct ReportArg {
    pub format: ReportFormat,
    pub path: PathBuf,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    Junit,
    Json,
}

impl ReportArg {
    /// Parses `junit=FILE` and `json=FILE`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a report: write junit=FILE or json=FILE");
        let (format, path) = text.split_once('=').filter(|(_, path)| !path.is_empty()).ok_or_else(wrong)?;
        let format = match format {
            "junit" => ReportFormat::Junit,
            "json" => ReportFormat::Json,
            _ => return Err(wrong()),
        };
        Ok(Self { format, path: path.into() })
    }
}

/// Checks before a run that a file can be written after it. A regular file of an earlier run is removed: it would be taken for that of
/// this run if this one is interrupted.
pub fn prepare_file(path: &Path) -> Result<()> {
    let found = metadata(path);
    if found.as_ref().is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        // A pipe or a device: opening it now might block.
        return Ok(());
    }
    let opened = OpenOptions::new().append(true).create(true).open(path);
    opened.map_err(|error| Error::io(format!("writing {}", path.display()), error))?;
    if symlink_metadata(path).is_ok_and(|found| found.is_file())
        && let Err(error) = remove_file(path)
        && error.kind() != ErrorKind::NotFound
    {
        // A bind mount cannot be removed; it is emptied.
        let emptied = OpenOptions::new().write(true).truncate(true).open(path);
        emptied.map_err(|error| Error::io(format!("writing {}", path.display()), error))?;
    }
    Ok(())
}

/// Writes a file that outlives the program.
pub fn write_result(path: &Path, text: &str) -> Result<()> {
    let on_error = |error: Error| eprint_line(&format!("touchline: {error}"));
    write_file(path, text, 0o644, on_error)?.into_iter().for_each(OutputFile::keep);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_a_format_and_a_file() {
        let report = ReportArg::parse("junit=a=b.xml").expect("a report");
        assert_eq!((report.format, report.path), (ReportFormat::Junit, PathBuf::from("a=b.xml")));
        for wrong in ["", "junit", "junit=", "xml=a", "=a"] {
            assert!(ReportArg::parse(wrong).is_err(), "{wrong}");
        }
    }
}
