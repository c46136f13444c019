//! `touchline export`: the matches of scenarios in formats of other programs.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::export::{EXPORT_FORMATS, ExportFormat, ExportedFile, ExportedMatch};
use crate::import::{STDIN, match_file_stem};
use crate::message::{did_you_mean, format_count, group_digits};

use super::CliError;
use super::output_file::{OutputFile, write_file};
use super::print::{eprint_line, print_line, sanitise, write_out};
use super::scenario_files::{OpenedScenario, open_scenarios};

/// `touchline export`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Writes the files of a match into OUT; of several matches, into a folder for each.

Examples:
  touchline export juv -o juventus-napoli/
  touchline export season/ -o cdf/")]
pub struct Args {
    /// Scenarios, as `touchline serve` takes them: names, files and folders
    #[arg(value_name = "SCENARIO", required = true)]
    scenarios: Vec<String>,
    /// The folder to write to
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// The format: cdf, the Common Data Format [default: cdf]
    #[arg(long, value_name = "FORMAT", value_parser = parse_format)]
    to: Option<&'static ExportFormat>,
}

fn parse_format(word: &str) -> Result<&'static ExportFormat, String> {
    let words = || EXPORT_FORMATS.iter().map(|format| format.word);
    EXPORT_FORMATS.iter().copied().find(|format| format.word == word).ok_or_else(|| {
        let listed = words().collect::<Vec<_>>().join(", ");
        format!("no format {word:?}{}; formats: {listed}", did_you_mean(word, words()))
    })
}

/// Exports, and prints what was written.
pub fn run(args: &Args) -> Result<(), CliError> {
    let OpenedScenario { scenario, notes, files: inputs } = open_scenarios(&args.scenarios)?;
    notes.iter().for_each(|note| eprint_line(&format!("touchline: {note}")));
    let format =
        args.to.or(EXPORT_FORMATS.first().copied()).ok_or_else(|| CliError::misuse("no format to export to"))?;
    let export = (format.export)(&scenario);
    for (id, reason) in &export.left_out {
        eprint_line(&format!("touchline: match {id} is left out: {reason}"));
    }
    if args.output == Path::new(STDIN) {
        return write_to_stdout(&export.matches);
    }
    let folder = |exported: &ExportedMatch| match scenario.matches.iter().find(|fixture| fixture.id == exported.id) {
        Some(fixture) if scenario.matches.len() > 1 => args.output.join(match_file_stem(fixture)),
        _ => args.output.clone(),
    };
    let paths = |exported: &ExportedMatch| exported.files.iter().map(|file| folder(exported).join(file.name)).collect();
    let paths: Vec<PathBuf> = export.matches.iter().flat_map::<Vec<_>, _>(paths).collect();
    if let Some(input) = paths.iter().find(|path| inputs.contains(path)) {
        let message = format!("--output: {} is an input, which would be lost: name another folder", input.display());
        return Err(CliError::misuse(message));
    }
    for exported in &export.matches {
        let folder = folder(exported);
        write_files(&folder, exported)?;
        print_line(&sanitise(&summary(&folder, exported)))?;
    }
    if export.matches.is_empty() { Err(CliError::Reported) } else { Ok(()) }
}

/// Standard output takes one file.
fn write_to_stdout(matches: &[ExportedMatch]) -> Result<(), CliError> {
    let files: Vec<&ExportedFile> = matches.iter().flat_map(|exported| &exported.files).collect();
    match &files[..] {
        [file] => write_out(&file.text),
        files => Err(CliError::misuse(format!(
            "--output: standard output takes one file, and these are {}: name a folder",
            files.len()
        ))),
    }
}

fn write_files(folder: &Path, exported: &ExportedMatch) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| Error::io(format!("creating {}", folder.display()), error))?;
    for file in &exported.files {
        write_file(&folder.join(file.name), &file.text, 0o644, |_| {})?.into_iter().for_each(OutputFile::keep);
    }
    Ok(())
}

/// `out: event.jsonl, match.json, meta.json; left out: 3 texts`.
fn summary(folder: &Path, exported: &ExportedMatch) -> String {
    let names: Vec<&str> = exported.files.iter().map(|file| file.name).collect();
    let events = exported.files.first().map_or(0, |file| file.text.lines().count());
    let left_out: Vec<String> =
        exported.left_out.iter().map(|(reason, count)| format!("{} {reason}", group_digits(*count as u64))).collect();
    let left_out = if left_out.is_empty() { String::new() } else { format!("; left out: {}", left_out.join(", ")) };
    format!("{}: {}, {}{left_out}", folder.display(), names.join(", "), format_count(events, "event", "events"))
}
