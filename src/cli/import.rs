//! `touchline import`: scenarios from the event files of data providers.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use crate::error::{Error, Result};
use crate::football::{MatchState, Score, Status};
use crate::import::{Detail, FORMATS, FileSet, Format, ImportJob, ImportOptions, ImportRun, ImportedMatch, STDIN};
use crate::message::{did_you_mean, format_count, group_digits};
use crate::scenario::{EventRecord, LineContent, Scenario};
use indicatif::{ProgressBar, ProgressStyle};

use super::CliError;
use super::output_file::{OutputFile, write_file};
use super::print::{eprint_line, format_table, print_line, sanitise};
use super::scenario_files::merge_imported;

/// The path for `--output -`.
const STDOUT: &str = "/dev/stdout";

/// How many files that are left out are named one by one.
const MAX_NAMED: usize = 10;

/// `touchline import`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "OUT ending in .jsonl, and - for standard output, is one scenario with all matches on one clock. Any other
OUT is a folder with a file for each match. A file appears only when it is complete, and never replaces
an input.

Line-ups, dates and results are often in files of their own. They are found beside the events; those
elsewhere are given by --meta.

Exits with 1 if a file could not be imported; all others are.

Examples:
  touchline import 2576295.json --meta matches_Italy.json -o juventus-napoli.jsonl
  touchline import serie-a.zip -o season/
  touchline import events/15986.json --detail live-score -o - | touchline open -"
)]
pub struct Args {
    /// Files, folders, and zip or gzip archives; - for standard input
    #[arg(value_name = "INPUT", required = true)]
    inputs: Vec<PathBuf>,
    /// Where to write: a .jsonl file, a folder, or - for standard output
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// A file or folder with line-ups, dates and results, of which no events are read; may be repeated
    #[arg(long, value_name = "FILE")]
    meta: Vec<PathBuf>,
    /// Read this format only, also an INPUT that is not recognised [default: as each file looks]
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
struct ImportedRow {
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
    /// Where it was written.
    file: Option<PathBuf>,
    /// Why it was not written.
    error: Option<Error>,
}

/// Imports, and prints a summary.
pub fn run(args: &Args) -> Result<(), CliError> {
    let (match_data, detail) = (args.meta.clone(), args.detail.unwrap_or_default());
    let options = ImportOptions { match_data, format: args.from, detail, inputs_only: false };
    let job = ImportJob::prepare(&args.inputs, &options)?.with_events()?;
    let target = ImportTarget::new(&args.output, job.files().clone())?;
    let bar = progress_bar(job.document_count());
    let mut run = job.run(|imported| {
        let row = target.take(imported);
        bar.inc(1);
        row
    });
    bar.finish_and_clear();
    let mut errors: Vec<Error> = run.imported.iter_mut().filter_map(|row| row.error.take()).collect();
    errors.extend(run.errors.iter().map(|error| Error::invalid(format!("importing {error}"))));
    if let Err(error) = target.finish(&mut run.imported) {
        errors.push(error);
    }
    for line in summary(&run, errors.len()) {
        // Standard output may be the scenario.
        if target.is_stdout() { eprint_line(&line) } else { print_line(&sanitise(&line))? }
    }
    for row in &run.imported {
        row.warnings.iter().for_each(|warning| eprint_line(&format!("{}: warning: {warning}", row.document)));
    }
    errors.iter().for_each(|error| eprint_line(&format!("touchline: {error}")));
    if errors.is_empty() { Ok(()) } else { Err(CliError::Reported) }
}

fn progress_bar(documents: usize) -> ProgressBar {
    if documents < 2 || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    // A document may hold any number of matches.
    let template = format!("{{spinner}} {{human_pos}} matches of {}", format_count(documents, "file", "files"));
    let style = ProgressStyle::with_template(&template);
    ProgressBar::no_length().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}

/// Where the scenarios go.
struct ImportTarget {
    path: PathBuf,
    /// Whether all matches go to one file, rather than to one for each.
    is_file: bool,
    /// What must not be replaced.
    inputs: FileSet,
}

impl ImportTarget {
    fn new(path: &Path, inputs: FileSet) -> Result<Self> {
        if path == Path::new(STDIN) {
            return Ok(Self { path: STDOUT.into(), is_file: true, inputs });
        }
        let found = std::fs::metadata(path);
        // A device or a pipe is nothing to make a folder of.
        let is_special = found.as_ref().is_ok_and(|found| !found.is_file() && !found.is_dir());
        let is_folder = found.as_ref().is_ok_and(std::fs::Metadata::is_dir);
        let is_file = !is_folder && (path.extension().is_some_and(|extension| extension == "jsonl") || is_special);
        let target = Self { path: path.to_owned(), is_file, inputs };
        if is_file {
            target.refuse_input(path)?;
        } else if !is_folder && found.is_ok() {
            let path = path.display();
            return Err(Error::misuse(format!(
                "--output: {path} is a file that does not end in .jsonl: name one that does, a folder, or -"
            )));
        } else {
            std::fs::create_dir_all(path).map_err(|error| Error::io(format!("creating {}", path.display()), error))?;
        }
        Ok(target)
    }

    fn is_stdout(&self) -> bool {
        self.path == Path::new(STDOUT)
    }

    fn refuse_input(&self, path: &Path) -> Result<()> {
        if !self.inputs.contains(path) {
            return Ok(());
        }
        Err(Error::misuse(format!("--output: {} is an input, which would be lost: name another file", path.display())))
    }

    /// Writes a match to its file, or keeps it for the file of all.
    fn take(&self, imported: ImportedMatch) -> ImportedRow {
        let name = format!("{}.jsonl", imported.file_stem());
        let ImportedMatch { document, format, scenario, rows, left_out, warnings, .. } = imported;
        let teams = scenario.matches.first().map(|fixture| format!("{} - {}", fixture.home.name, fixture.away.name));
        let mut row = ImportedRow {
            document,
            format: format.name,
            rows,
            events: scenario.entries.len(),
            result: result_text(&scenario),
            teams: teams.unwrap_or_default(),
            left_out,
            warnings,
            scenario: None,
            file: None,
            error: None,
        };
        if self.is_file {
            row.scenario = Some(scenario);
            return row;
        }
        let path = self.path.join(name);
        match self.refuse_input(&path).and_then(|()| write_scenario(&path, &scenario)) {
            Ok(()) => row.file = Some(path),
            Err(error) => row.error = Some(error),
        }
        row
    }

    /// Writes the file of all matches.
    fn finish(&self, imported: &mut [ImportedRow]) -> Result<()> {
        let scenarios: Vec<Scenario> = imported.iter_mut().filter_map(|row| row.scenario.take()).collect();
        if scenarios.is_empty() {
            return Ok(());
        }
        let merged = merge_imported(scenarios)?;
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            let failed = |error| Error::io(format!("creating {}", folder.display()), error);
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        write_scenario(&self.path, &merged)?;
        imported.iter_mut().for_each(|row| row.file = Some(self.path.clone()));
        Ok(())
    }
}

/// Writes a scenario, and waits for the reader of a pipe.
fn write_scenario(path: &Path, scenario: &Scenario) -> Result<()> {
    let mut text = Vec::new();
    scenario.write(&mut text).map_err(|error| Error::io(format!("writing {}", path.display()), error))?;
    let text = String::from_utf8(text).map_err(|error| Error::invalid(error.to_string()))?;
    let (sender, failure) = mpsc::channel();
    write_file(path, &text, 0o644, move |error| drop(sender.send(error)))?.into_iter().for_each(OutputFile::keep);
    // The sender is dropped when everything is written.
    failure.recv().map_or(Ok(()), Err)
}

/// `1-0`, `2-2 (3-4 on penalties)`.
fn result_text(scenario: &Scenario) -> String {
    let Some(fixture) = scenario.matches.first() else { return "-".to_owned() };
    let mut state = MatchState::new(fixture.clone());
    for entry in &scenario.entries {
        if let LineContent::Event(EventRecord::First(event)) = &entry.item {
            state.apply(event, None);
        }
    }
    if state.status == Status::Scheduled {
        return "-".to_owned();
    }
    let Score { home, away } = state.score();
    let kicks = state.shootout_score().map(|kicks| format!(" ({}-{} on penalties)", kicks.home, kicks.away));
    format!("{home}-{away}{}", kicks.unwrap_or_default())
}

/// A table of the matches, what was left out, and why.
fn summary(run: &ImportRun<ImportedRow>, errors: usize) -> Vec<String> {
    let rows = run.imported.iter().map(|row| {
        let (rows, events) = (group_digits(row.rows as u64), group_digits(row.events as u64));
        let file = row.file.as_ref().map_or_else(|| "not written".to_owned(), |file| file.display().to_string());
        vec![row.teams.clone(), row.result.clone(), row.format.to_owned(), rows, events, file]
    });
    let header = ["match", "score", "format", "rows", "events", "file"].map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = std::iter::once(header).chain(rows).collect();
    let table = format_table(&rows, &[false, false, false, true, true, false]);
    let mut lines: Vec<String> = table.lines().filter(|_| rows.len() > 1).map(str::to_owned).collect();
    let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
    for (reason, count) in run.imported.iter().flat_map(|row| &row.left_out) {
        *left_out.entry(reason).or_default() += count;
    }
    let warnings: usize = run.imported.iter().map(|row| row.warnings.len()).sum();
    let written = run.imported.iter().filter(|row| row.file.is_some()).count();
    let mut total = format_count(written, "match", "matches") + " imported";
    if written < run.imported.len() {
        total += &format!(", {} not written", run.imported.len() - written);
    }
    for (count, one, many) in [(warnings, "warning", "warnings"), (errors, "error", "errors")] {
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
        lines.push(format!("left out: {} more files", group_digits((run.left_out.len() - MAX_NAMED) as u64)));
    }
    lines
}
