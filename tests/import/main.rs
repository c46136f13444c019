//! Importers over real and hand-made files.

mod cdf;
mod cdf_export;
mod files;
mod opta;
mod sportec;
mod stats_perform;
mod statsbomb;
mod wyscout_v2;
mod wyscout_v3;

use std::path::PathBuf;

use touchline::import::{ImportOptions, ImportRun, ImportedMatch, import};
use touchline::scenario::internals::{Chunking, read_in_chunks};

/// Options of which some are not the default.
pub fn options(set: impl FnOnce(&mut ImportOptions)) -> ImportOptions {
    let mut options = ImportOptions::default();
    set(&mut options);
    options
}

/// Imports some files and folders, and nothing that lies beside them.
pub fn run(inputs: &[PathBuf]) -> ImportRun<ImportedMatch> {
    import(inputs, &options(|it| it.inputs_only = true), |imported| imported).expect("matches to import")
}

/// Imports some texts as the files of a folder. The name must be unique among the tests.
pub fn run_texts(name: &str, texts: &[(&str, &[u8])]) -> ImportRun<ImportedMatch> {
    let folder = files::Folder::new(name);
    for (file, text) in texts {
        folder.write(file, text);
    }
    run(&[folder.to_path_buf()])
}

/// A hand-made file below `tests/fixtures/import/`.
pub fn fixture(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/import").join(path)
}

/// A folder of real files that are not part of the repository: `TOUCHLINE_DATA` names the place. Says so where it is absent.
pub fn data(folder: &str) -> Option<PathBuf> {
    let Some(data) = std::env::var_os("TOUCHLINE_DATA").map(PathBuf::from) else {
        eprintln!("SKIPPED: TOUCHLINE_DATA does not name the folder with {folder}");
        return None;
    };
    Some(data.join(folder))
}

/// A match file that `tests/foreign/install` fetches: `kloppy-3.19.1/opta_f24.xml`. Says so where it is absent, and fails under
/// `CI=true`.
pub fn sample(path: &str) -> Option<PathBuf> {
    let foreign = std::env::var_os("TOUCHLINE_FOREIGN").map_or_else(|| "target/foreign".into(), PathBuf::from);
    let found = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(foreign).join("samples").join(path);
    if found.exists() {
        return Some(found);
    }
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{} is missing", found.display());
    eprintln!("SKIPPED: {} is missing: tests/foreign/install fetches it", found.display());
    None
}

/// The types that importers add to those of the format are no typing mistakes of known ones, nor words that other feeds use for
/// them: `check` would ask for a change that breaks the file.
#[test]
fn custom_types_are_passed_on_without_a_warning() {
    let samples = sample("kloppy-3.19.1").into_iter();
    let mut inputs: Vec<PathBuf> = ["cdf", "opta", "sportec", "stats_perform", "statsbomb", "wyscout-v2", "wyscout_v3"]
        .iter()
        .map(|format| fixture(format))
        .chain(samples)
        .collect();
    inputs.extend(data("wyscout-v2"));
    for input in inputs {
        let scenarios = run(std::slice::from_ref(&input)).imported.into_iter().map(|imported| imported.scenario);
        for scenario in scenarios {
            let mut text = Vec::new();
            scenario.write(&mut text).expect("memory");
            let findings = read_in_chunks(&*text, Chunking { threads: 1, bytes: 1 << 20 }).expect("readable").findings;
            let about_types = findings.listed().iter().filter(|finding| finding.text().contains("event type"));
            let worse: Vec<_> = about_types.filter(|it| it.severity > touchline::scenario::Severity::Note).collect();
            assert!(worse.is_empty(), "{}, {}: {worse:?}", input.display(), scenario.title);
        }
    }
}
