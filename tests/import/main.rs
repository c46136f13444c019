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

/// Imports some files and folders, and nothing that lies beside them.
pub fn run(inputs: &[PathBuf]) -> ImportRun<ImportedMatch> {
    let options = ImportOptions { inputs_only: true, ..ImportOptions::default() };
    import(inputs, &options, |imported| imported).expect("matches to import")
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
