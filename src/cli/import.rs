//! `touchline import`: scenarios from the event files of data providers.

use std::collections::{BTreeMap, HashMap};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::football::{Score, Status};
use crate::import::{self, Detail, FORMATS, Format, ImportJob, ImportOptions, ImportRun, ImportedMatch};
use crate::message::{did_you_mean, format_count, group_digits};
use crate::scenario::{Scenario, Timeline};
use indicatif::{ProgressBar, ProgressStyle};

use super::CliError;
use super::output_file::{OutputFile, write_file};
use super::print::{eprint_line, format_table, print_line, sanitise};

/// How many files that are left out are named one by one.
const MAX_NAMED: usize = 10;

/// `touchline import`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "OUT ending in .jsonl, and - for standard output, is one scenario with all matches on one clock. Any other
OUT is a folder with a file for each match. A file appears only when it is complete.

Line-ups, dates and results are often in files of their own. They are found beside the events; those
elsewhere are given by --meta.

Exits with 1 if a file could not be imported; all others are.

Examples:
  touchline import 2576295.json --meta matches_Italy.json -o juventus-napoli.jsonl
  touchline import serie-a.zip -o season/
  touchline import events/15986.json --detail live-score -o - | touchline open -"
)]
pub struct Args {
    /// Files, folders, and zip or gzip archives
    #[arg(value_name = "INPUT", required = true)]
    inputs: Vec<PathBuf>,
    /// Where to write: a .jsonl file, a folder, or - for standard output
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// A file or folder with line-ups, dates and results; may be repeated
    #[arg(long, value_name = "FILE")]
    meta: Vec<PathBuf>,
    /// Read this format only, and leave the others out [default: as each file looks]
    #[arg(long, value_name = "FORMAT", value_parser = parse_format)]
    from: Option<&'static Format>,
    /// How much of each match: full, or live-score for what a live-score feed would send [default: full]
    #[arg(long, value_name = "DETAIL", value_parser = parse_detail)]
    detail: Option<Detail>,
}

fn parse_format(word: &str) -> Result<&'static Format, String> {
    let words = || FORMATS.iter().map(|format| format.word);
    FORMATS.iter().copied().find(|format| format.word == word).ok_or_else(|| {
        let listed = words().collect::<Vec<_>>().join(", ");
        format!("no format {word:?}{}; formats: {listed}", did_you_mean(word, words()))
    })
}

fn parse_detail(word: &str) -> Result<Detail, String> {
    Detail::parse(word).ok_or_else(|| format!("{word:?} is none of {}", Detail::WORDS.join(", ")))
}

/// A match that was imported, for the summary.
struct Line {
    document: String,
    format: &'static str,
    rows: usize,
    events: usize,
    result: String,
    teams: String,
    left_out: Vec<(&'static str, usize)>,
    warnings: Vec<String>,
    /// Kept until all matches of one file are known.
    scenario: Option<Scenario>,
    /// Where it was written, or why it was not.
    written: Result<String>,
}

/// Imports, and prints a summary.
pub fn run(args: &Args) -> Result<(), CliError> {
    let options =
        ImportOptions { match_data: args.meta.clone(), format: args.from, detail: args.detail.unwrap_or_default() };
    let job = ImportJob::prepare(&args.inputs, &options)?;
    let bar = progress_bar(job.document_count());
    let output = Output::new(&args.output)?;
    let mut run = job.run(|imported| {
        let line = output.take(imported);
        bar.inc(1);
        line
    });
    bar.finish_and_clear();
    let mut failed = run.errors.len();
    if let Output::File(path) = &output {
        let scenarios: Vec<Scenario> = run.imported.iter_mut().filter_map(|line| line.scenario.take()).collect();
        if !scenarios.is_empty() {
            write_scenario(path, &import::merge(scenarios)?)?;
        }
    }
    // Standard output may be the scenario.
    let to_stdout = matches!(&output, Output::File(path) if path == Path::new("/dev/stdout"));
    for line in summary(&run) {
        if to_stdout { eprint_line(&line) } else { print_line(&sanitise(&line))? }
    }
    for line in &run.imported {
        for warning in &line.warnings {
            eprint_line(&format!("{}: warning: {warning}", line.document));
        }
        if let Err(error) = &line.written {
            eprint_line(&format!("touchline: {error}"));
            failed += 1;
        }
    }
    for error in &run.errors {
        eprint_line(&format!("touchline: importing {error}"));
    }
    if failed > 0 { Err(CliError::Reported) } else { Ok(()) }
}

fn progress_bar(documents: usize) -> ProgressBar {
    if documents < 2 || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{wide_bar} {pos} of {len} matches");
    ProgressBar::new(documents as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Where the scenarios go.
enum Output {
    /// All matches in one file.
    File(PathBuf),
    /// A file for each match. The names in use, and the match of each.
    Folder { folder: PathBuf, names: Mutex<HashMap<String, String>> },
}

impl Output {
    fn new(path: &Path) -> Result<Self> {
        if path == Path::new("-") {
            return Ok(Self::File("/dev/stdout".into()));
        }
        if !path.is_dir() && (path.extension().is_some_and(|extension| extension == "jsonl") || is_special(path)) {
            return Ok(Self::File(path.to_owned()));
        }
        std::fs::create_dir_all(path).map_err(|error| Error::io(format!("creating {}", path.display()), error))?;
        Ok(Self::Folder { folder: path.to_owned(), names: Mutex::default() })
    }

    /// Writes a match to its file, or keeps it for the file of all.
    fn take(&self, imported: ImportedMatch) -> Line {
        let stem = imported.file_stem();
        let ImportedMatch { document, format, scenario, rows, left_out, warnings } = imported;
        let fixture = scenario.matches.first();
        let (teams, id) = fixture.map_or_else(Default::default, |fixture| {
            (format!("{} - {}", fixture.home.name, fixture.away.name), fixture.id.to_string())
        });
        let written = match self {
            Self::File(path) => Ok(path.display().to_string()),
            Self::Folder { folder, names } => {
                let name = format!("{stem}.jsonl");
                let mut names = names.lock().unwrap_or_else(PoisonError::into_inner);
                match names.insert(name.clone(), document.clone()) {
                    Some(other) => Err(Error::invalid(format!(
                        "match {id} of {document} is in {other} as well: it is written once, to {name}"
                    ))),
                    None => {
                        drop(names);
                        let path = folder.join(name);
                        write_scenario(&path, &scenario).map(|()| path.display().to_string())
                    }
                }
            }
        };
        Line {
            document,
            format: format.name,
            rows,
            events: scenario.entries.len(),
            result: result_text(&scenario),
            teams,
            left_out,
            warnings,
            scenario: matches!(self, Self::File(_)).then_some(scenario),
            written,
        }
    }
}

/// A device or a pipe: nothing to make a folder of.
fn is_special(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

fn write_scenario(path: &Path, scenario: &Scenario) -> Result<()> {
    let mut text = Vec::new();
    scenario.write(&mut text).map_err(|error| Error::io(format!("writing {}", path.display()), error))?;
    let text = String::from_utf8(text).map_err(|error| Error::invalid(error.to_string()))?;
    write_file(path, &text, 0o644, |_| {})?.into_iter().for_each(OutputFile::keep);
    Ok(())
}

/// `1-0`, `2-2 (3-4 on penalties)`.
fn result_text(scenario: &Scenario) -> String {
    let timeline = Timeline::new(scenario);
    let state = timeline.state_at(0, timeline.cues().len());
    if state.status == Status::Scheduled {
        return "-".to_owned();
    }
    let Score { home, away } = state.score();
    let kicks = state.shootout_score().map(|kicks| format!(" ({}-{} on penalties)", kicks.home, kicks.away));
    format!("{home}-{away}{}", kicks.unwrap_or_default())
}

/// A table of the matches, what was left out, and why.
fn summary(run: &ImportRun<Line>) -> Vec<String> {
    let mut lines = Vec::new();
    let rows = run.imported.iter().map(|line| {
        let (rows, events) = (group_digits(line.rows as u64), group_digits(line.events as u64));
        let written = line.written.as_deref().unwrap_or("not written").to_owned();
        vec![line.teams.clone(), line.result.clone(), line.format.to_owned(), rows, events, written]
    });
    let header = ["match", "score", "format", "rows", "events", "file"].map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = std::iter::once(header).chain(rows).collect();
    lines.extend(format_table(&rows, &[false, false, false, true, true, false]).lines().map(str::to_owned));
    let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
    for (reason, count) in run.imported.iter().flat_map(|line| &line.left_out) {
        *left_out.entry(reason).or_default() += count;
    }
    let warnings: usize = run.imported.iter().map(|line| line.warnings.len()).sum();
    let mut total = format_count(run.imported.len(), "match", "matches") + " imported";
    for (count, one, many) in [(warnings, "warning", "warnings"), (run.errors.len(), "error", "errors")] {
        if count > 0 {
            total += &format!(", {}", format_count(count, one, many));
        }
    }
    lines.push(total);
    if !left_out.is_empty() {
        let parts: Vec<String> =
            left_out.iter().map(|(reason, count)| format!("{} {reason}", group_digits(*count as u64))).collect();
        lines.push(format!("rows without an event of their own: {}", parts.join(", ")));
    }
    let named = run.left_out.iter().take(MAX_NAMED);
    lines.extend(named.map(|left| format!("left out: {}: {}", left.document, left.reason)));
    if run.left_out.len() > MAX_NAMED {
        lines.push(format!("left out: {} more files", run.left_out.len() - MAX_NAMED));
    }
    lines
}
