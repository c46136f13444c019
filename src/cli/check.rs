//! `touchline check`: reports everything that is wrong with scenario files.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::faults;
use crate::import::{Document, ImportedMatch};
use crate::playback::Rejection;
use crate::scenario::{FileReading, Finding, Findings, LineContent, Scenario, Severity, Timeline};
use crate::trace::HEADER_LINES;
use anstyle::{AnsiColor, Style};

use super::CliError;
use super::print::{Colours, eprint_line, format_count, print_line, sanitise};
use super::scenario_files::{ForeignInput, STDIN, describe_matches, import_folder, list_folder, open_foreign};
use super::trace_files::{describe_trace, open_trace};

/// `touchline check`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Prints one line per finding, FILE:LINE:COLUMN: SEVERITY: MESSAGE, and below it the line of the
file with the position marked.
Exits with 1 if any of them is an error.

Examples:
  touchline check my-match.jsonl
  touchline check scenarios/*.jsonl | grep ': error:'")]
pub struct Args {
    /// Scenario files to check, files of a data provider, or folders of them; - for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

/// What is counted for the summary.
#[derive(Default)]
struct CheckTotals {
    files: usize,
    unread: usize,
    errors: usize,
    remarks: usize,
}

/// What was found in a file, and a description of all but scenarios.
type CheckResult = Result<(FileReading, Option<String>), Error>;

/// Checks the files one by one.
pub fn run(args: &Args) -> Result<(), CliError> {
    let colours = Colours::for_stream(&std::io::stdout());
    let mut totals = CheckTotals::default();
    for path in &args.files {
        check_input(path, &mut |name, result| report(name, result, colours, &mut totals))?;
    }
    eprint_line(&summary_text(&totals));
    if totals.errors + totals.unread > 0 { Err(CliError::Reported) } else { Ok(()) }
}

/// Prints what was found in a file.
fn report(name: &str, result: CheckResult, colours: Colours, totals: &mut CheckTotals) -> Result<(), CliError> {
    let name = sanitise(name);
    totals.files += 1;
    let (reading, description) = match result {
        Ok(found) => found,
        Err(error) => {
            eprint_line(&format!("touchline: {error}"));
            totals.unread += 1;
            return Ok(());
        }
    };
    if let Some(description) = description {
        print_line(&format!("{name}: {}", sanitise(&description)))?;
    }
    let findings = &reading.findings;
    for line in format_findings(&name, findings, colours) {
        print_line(&line)?;
    }
    totals.errors += findings.error_count();
    if findings.error_count() == 0
        && let Err(rejection) = check_faults(&reading.scenario)
    {
        let severity = colours.paint(severity_style(Severity::Error), "error");
        print_line(&format!("{name}: {severity}: {}", sanitise(&rejection.message)))?;
        totals.errors += 1;
    }
    totals.remarks += findings.listed().len() + findings.unlisted_count() - findings.error_count();
    Ok(())
}

/// Checks a file, or all scenario files and files of data providers of a folder.
fn check_input(path: &Path, report: &mut dyn FnMut(&str, CheckResult) -> Result<(), CliError>) -> Result<(), CliError> {
    let name = if path == Path::new(STDIN) { "standard input".to_owned() } else { path.display().to_string() };
    if !path.is_dir() {
        return report(&name, check_file(path));
    }
    let mut listed = match list_folder(path) {
        Ok(listed) => listed,
        Err(error) => return report(&name, Err(error)),
    };
    for document in &listed.scenarios {
        report(document.name(), check_document(document))?;
    }
    for error in &listed.errors {
        report(&name, Err(Error::invalid(error.as_str())))?;
    }
    match import_folder(path, &mut listed) {
        Ok(Some(ForeignInput::Matches(matches, _))) => report(&name, Ok(check_imported(matches))),
        Ok(_) => Ok(()),
        Err(error) => report(&name, Err(error)),
    }
}

fn check_document(document: &Document) -> CheckResult {
    let bytes = document.bytes().map_err(|error| Error::invalid(format!("reading {error}")))?;
    Ok((Scenario::check_text(&bytes), None))
}

/// Reads a scenario, that of a trace, or what a file of a data provider gives.
fn check_file(path: &Path) -> CheckResult {
    let word = path.to_str();
    match word.map_or(Ok(None), open_foreign)? {
        Some(ForeignInput::Matches(matches, _)) => return Ok(check_imported(matches)),
        Some(ForeignInput::Stream(document)) => return check_document(&document),
        None => {}
    }
    let Some(trace) = word.map_or(Ok(None), open_trace)? else {
        return Ok((Scenario::check_file(path)?, None));
    };
    // A trace holds the scenario as it is written.
    let mut text = Vec::new();
    trace.scenario.write(&mut text).map_err(|error| Error::io("writing the scenario", error))?;
    let cut_off = trace.warning.map(|_| "; it was cut off").unwrap_or_default();
    let reading = Scenario::check_text(&text).moved_down(HEADER_LINES);
    Ok((reading, Some(format!("{}{cut_off}", describe_trace(&trace.header)))))
}

/// Checks what a file of a data provider gives. The findings have no lines: they are of the scenario, not of the file.
fn check_imported(matches: Vec<ImportedMatch>) -> (FileReading, Option<String>) {
    let description = describe_matches(&matches);
    let mut reading = FileReading::default();
    for imported in matches {
        for warning in imported.warnings {
            reading.findings.push(Finding::without_column(Severity::Warning, 0, warning));
        }
        let found = imported.scenario.check();
        found.listed().iter().for_each(|finding| reading.findings.push(finding.clone()));
        reading.findings.count_unlisted(found.unlisted_count(), 0);
    }
    (reading, Some(description))
}

/// Refuses fault lines that cannot be played together.
fn check_faults(scenario: &Scenario) -> Result<(), Rejection> {
    if scenario.entries.iter().all(|entry| !matches!(entry.item, LineContent::Fault(_))) {
        return Ok(());
    }
    faults::check_scenario(&Timeline::new(scenario))
}

fn summary_text(totals: &CheckTotals) -> String {
    let CheckTotals { files, unread, errors, remarks } = *totals;
    let files_read = files - unread;
    let files = format_count(files_read, "file", "files");
    let found = match (errors, remarks) {
        (0, 0) => "nothing wrong".to_owned(),
        (0, remarks) => format!("no errors, {}", format_count(remarks, "remark", "remarks")),
        (errors, 0) => format_count(errors, "error", "errors"),
        (errors, remarks) => {
            format!("{}, {}", format_count(errors, "error", "errors"), format_count(remarks, "remark", "remarks"))
        }
    };
    match (files_read, unread) {
        (0, unread) => format!("{} could not be read", format_count(unread, "file", "files")),
        (_, 0) => format!("{files} checked: {found}"),
        (_, unread) => format!("{files} checked: {found}; {unread} could not be read"),
    }
}

/// One line for each finding, and below it the line of the file with the position marked.
pub fn format_findings(name: &str, findings: &Findings, colours: Colours) -> Vec<String> {
    let mut lines = Vec::new();
    for finding in findings.listed() {
        let place = match (finding.line, finding.column) {
            (0, _) => name.to_owned(),
            (line, 0) => format!("{name}:{line}"),
            (line, column) => format!("{name}:{line}:{column}"),
        };
        let severity = colours.paint(severity_style(finding.severity), finding.severity.to_string().as_str());
        lines.push(format!("{place}: {severity}: {}", sanitise(&finding.text())));
        lines.extend(format_excerpt(finding, colours));
    }
    if findings.unlisted_count() > 0 {
        lines.push(format!("{name}: note: {} more are not listed", findings.unlisted_count()));
    }
    lines
}

fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Error => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Yellow.on_default().bold(),
        Severity::Note => AnsiColor::Cyan.on_default(),
    }
}

/// The offset of the column in the excerpt. An excerpt from the middle of a line begins with an ellipsis, and has half its width
/// before the column.
fn caret_offset(finding: &Finding) -> Option<usize> {
    const BEFORE: usize = 60;
    let column = usize::try_from(finding.column).ok()?.checked_sub(1)?;
    let offset = if finding.excerpt.starts_with('…') && column > BEFORE { BEFORE + 1 } else { column };
    (offset <= finding.excerpt.chars().count()).then_some(offset)
}

/// The excerpt, and a caret below the column.
fn format_excerpt(finding: &Finding, colours: Colours) -> Vec<String> {
    if finding.excerpt.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![format!("    {}", sanitise(&finding.excerpt))];
    if let Some(offset) = caret_offset(finding) {
        lines.push(format!("    {}{}", " ".repeat(offset), colours.paint(severity_style(finding.severity), "^")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use crate::scenario::Scenario;

    use super::*;

    fn lines(text: &str) -> Vec<String> {
        format_findings("a.jsonl", &Scenario::check_text(text.as_bytes()).findings, Colours::OFF)
    }

    #[test]
    fn the_caret_is_below_the_column_however_long_the_line() {
        for before in ["", &"x".repeat(200)] {
            let text = format!("{{\"kind\":\"scenario\",\"version\":1,\"title\":\"{before}\",\"colour\":}}\n");
            let lines = lines(&text);
            let [first, excerpt, caret, ..] = &lines[..] else { panic!("{lines:?}") };
            assert!(first.starts_with("a.jsonl:1:") && first.contains(": error: "), "{first}");
            let column = caret.chars().position(|c| c == '^').expect("a caret");
            let from: String = excerpt.chars().skip(column).collect();
            assert!(from.starts_with('}'), "{lines:#?}");
        }
    }

    #[test]
    fn the_summary_counts_files_errors_and_remarks() {
        assert_eq!(summary_text(&CheckTotals { files: 1, ..CheckTotals::default() }), "1 file checked: nothing wrong");
        assert_eq!(
            summary_text(&CheckTotals { files: 3, unread: 1, errors: 2, remarks: 1 }),
            "2 files checked: 2 errors, 1 remark; 1 could not be read"
        );
    }
}
