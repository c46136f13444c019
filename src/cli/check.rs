//! `touchline check`: reports everything that is wrong with scenario files.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::faults;
use crate::import::{Format, ImportedMatch};
use crate::playback::Rejection;
use crate::scenario::{FileReading, Finding, Findings, LineContent, Scenario, Severity, Timeline};
use crate::trace::HEADER_LINES;
use anstyle::{AnsiColor, Style};

use super::CliError;
use super::print::{Colours, eprint_line, format_count, print_line, sanitise};
use super::scenario_files::{Input, InputSource, describe_matches, read_inputs};
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

/// What was found in a match of a data provider, without the match: there may be thousands.
struct CheckedMatch {
    document: String,
    id: String,
    format: &'static Format,
    rows: usize,
    findings: Findings,
}

/// Checks the files: those of data providers first, all in one run.
pub fn run(args: &Args) -> Result<(), CliError> {
    let colours = Colours::for_stream(&std::io::stdout());
    let mut totals = CheckTotals::default();
    let read = read_inputs(&args.files, CheckedMatch::of)?;
    for (path, input) in args.files.iter().zip(&read.inputs) {
        check_input(path, input, colours, &mut totals)?;
    }
    for error in read.unread.into_iter().chain(read.errors.iter().map(Error::to_string)) {
        totals.add_unread(&error);
    }
    eprint_line(&summary_text(&totals));
    if totals.errors + totals.unread > 0 { Err(CliError::Reported) } else { Ok(()) }
}

impl CheckTotals {
    fn add_unread(&mut self, error: &str) {
        eprint_line(&format!("touchline: {error}"));
        self.files += 1;
        self.unread += 1;
    }
}

/// Prints what was found in a file, or in all scenario files and files of data providers of a folder.
fn check_input(
    path: &Path,
    input: &Input<CheckedMatch>,
    colours: Colours,
    totals: &mut CheckTotals,
) -> Result<(), CliError> {
    match &input.source {
        InputSource::Word => match check_file(path) {
            Ok((reading, description)) => {
                if let Some(description) = description {
                    print_line(&sanitise(&format!("{}: {description}", input.word)))?;
                }
                report(&input.word, &reading, colours, totals)?;
            }
            Err(error) => totals.add_unread(&error.to_string()),
        },
        InputSource::Documents(documents) => {
            for document in documents {
                match document.bytes() {
                    Ok(bytes) => report(document.name(), &Scenario::check_text(&bytes), colours, totals)?,
                    Err(error) => totals.add_unread(&format!("reading {error}")),
                }
            }
        }
    }
    if !input.matches.is_empty() {
        let description = describe_matches(input.matches.iter().map(|checked| (checked.format, checked.rows)));
        print_line(&sanitise(&format!("{}: {description}", input.name())))?;
    }
    for of_document in input.matches.chunk_by(|one, next| one.document == next.document) {
        totals.files += 1;
        for CheckedMatch { document, id, findings, .. } in of_document {
            let name = if of_document.len() > 1 { format!("{document} (match {id})") } else { document.clone() };
            report_findings(&sanitise(&name), findings, colours, totals)?;
        }
    }
    Ok(())
}

/// Prints what was found in a scenario file.
fn report(name: &str, reading: &FileReading, colours: Colours, totals: &mut CheckTotals) -> Result<(), CliError> {
    let name = sanitise(name);
    totals.files += 1;
    report_findings(&name, &reading.findings, colours, totals)?;
    if reading.findings.error_count() == 0
        && let Err(rejection) = check_faults(&reading.scenario)
    {
        let severity = colours.paint(severity_style(Severity::Error), "error");
        print_line(&format!("{name}: {severity}: {}", sanitise(&rejection.message)))?;
        totals.errors += 1;
    }
    Ok(())
}

fn report_findings(
    name: &str,
    findings: &Findings,
    colours: Colours,
    totals: &mut CheckTotals,
) -> Result<(), CliError> {
    for line in format_findings(name, findings, colours) {
        print_line(&line)?;
    }
    totals.errors += findings.error_count();
    totals.remarks += findings.listed().len() + findings.unlisted_count() - findings.error_count();
    Ok(())
}

/// Reads a scenario, or that of a trace, with a description of the latter.
fn check_file(path: &Path) -> Result<(FileReading, Option<String>), Error> {
    let Some(trace) = path.to_str().map_or(Ok(None), open_trace)? else {
        return Ok((Scenario::check_file(path)?, None));
    };
    // A trace holds the scenario as it is written.
    let mut text = Vec::new();
    trace.scenario.write(&mut text).map_err(|error| Error::io("writing the scenario", error))?;
    let cut_off = trace.warning.map(|_| "; it was cut off").unwrap_or_default();
    let reading = Scenario::check_text(&text).moved_down(HEADER_LINES);
    Ok((reading, Some(format!("{}{cut_off}", describe_trace(&trace.header)))))
}

impl CheckedMatch {
    /// The findings have no lines: they are of the scenario, not of the file.
    fn of(imported: ImportedMatch) -> Self {
        let mut findings = Findings::default();
        for warning in imported.warnings {
            findings.push(Finding::without_column(Severity::Warning, 0, warning));
        }
        let found = imported.scenario.check();
        found.listed().iter().for_each(|finding| findings.push(finding.clone()));
        findings.count_unlisted(found.unlisted_count(), 0);
        let id = imported.scenario.matches.first().map(|fixture| fixture.id.to_string()).unwrap_or_default();
        Self { document: imported.document, id, format: imported.format, rows: imported.rows, findings }
    }
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
