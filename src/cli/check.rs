//! `touchline check`: everything that is wrong with scenario files.

use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use touchline::scenario::{Finding, Findings, Severity, check_file};

use super::Failure;
use super::print::{Colours, count, note, out, sanitise};

/// Which files.
#[derive(Debug, clap::Args)]
#[command(after_help = "One line per finding, FILE:LINE:COLUMN: SEVERITY: MESSAGE, and below it the place in the file.
Exits with 1 if any of them is an error.

Examples:
  touchline check my-match.jsonl
  touchline check scenarios/*.jsonl | grep ': error:'")]
pub struct Args {
    /// The files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

/// Checks one file after the other.
pub fn run(args: &Args) -> Result<(), Failure> {
    let colours = Colours::of(&std::io::stdout());
    let (mut errors, mut others, mut unread) = (0, 0, 0);
    for path in &args.files {
        let name = sanitise(&path.display().to_string());
        match check_file(path) {
            Ok(reading) => {
                let findings = &reading.findings;
                for line in report(&name, findings, colours) {
                    out(&line)?;
                }
                errors += findings.errors();
                others += findings.listed().len() + findings.unlisted() - findings.errors();
            }
            Err(error) => {
                note(&format!("touchline: {error}"));
                unread += 1;
            }
        }
    }
    note(&summary(args.files.len(), unread, errors, others));
    if errors + unread > 0 { Err(Failure::Told) } else { Ok(()) }
}

fn summary(files: usize, unread: usize, errors: usize, others: usize) -> String {
    let files_read = files - unread;
    let files = count(files_read, "file", "files");
    let found = match (errors, others) {
        (0, 0) => "nothing wrong".to_owned(),
        (0, others) => format!("no errors, {}", count(others, "remark", "remarks")),
        (errors, 0) => count(errors, "error", "errors"),
        (errors, others) => format!("{}, {}", count(errors, "error", "errors"), count(others, "remark", "remarks")),
    };
    match (files_read, unread) {
        (0, unread) => format!("{} could not be read", count(unread, "file", "files")),
        (_, 0) => format!("{files} checked: {found}"),
        (_, unread) => format!("{files} checked: {found}; {unread} could not be read"),
    }
}

fn report(name: &str, findings: &Findings, colours: Colours) -> Vec<String> {
    let mut lines = Vec::new();
    for finding in findings.listed() {
        let place = match (finding.line, finding.column) {
            (0, _) => name.to_owned(),
            (line, 0) => format!("{name}:{line}"),
            (line, column) => format!("{name}:{line}:{column}"),
        };
        let severity = colours.paint(style(finding.severity), finding.severity.to_string().as_str());
        lines.push(format!("{place}: {severity}: {}", sanitise(&finding.text())));
        lines.extend(excerpt(finding, colours));
    }
    if findings.unlisted() > 0 {
        lines.push(format!("{name}: note: {} more are not listed", findings.unlisted()));
    }
    lines
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Error => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Yellow.on_default().bold(),
        Severity::Note => AnsiColor::Cyan.on_default(),
    }
}

/// How far into the excerpt the column lies: an excerpt that does not begin the line has an ellipsis and half a width of
/// text before the column.
fn mark(finding: &Finding) -> Option<usize> {
    const BEFORE: usize = 60;
    let column = usize::try_from(finding.column).ok()?.checked_sub(1)?;
    let mark = if finding.excerpt.starts_with('…') && column > BEFORE { BEFORE + 1 } else { column };
    (mark <= finding.excerpt.chars().count()).then_some(mark)
}

/// The line itself and a mark below the column.
fn excerpt(finding: &Finding, colours: Colours) -> Vec<String> {
    if finding.excerpt.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![format!("    {}", sanitise(&finding.excerpt))];
    if let Some(mark) = mark(finding) {
        lines.push(format!("    {}{}", " ".repeat(mark), colours.paint(style(finding.severity), "^")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use touchline::scenario::check_text;

    use super::*;

    fn lines(text: &str) -> Vec<String> {
        report("a.jsonl", &check_text(text.as_bytes()).findings, Colours::OFF)
    }

    #[test]
    fn the_caret_stands_below_the_place_however_long_the_line() {
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
    fn the_summary_counts() {
        assert_eq!(summary(1, 0, 0, 0), "1 file checked: nothing wrong");
        assert_eq!(summary(3, 1, 2, 1), "2 files checked: 2 errors, 1 remark; 1 could not be read");
    }
}
