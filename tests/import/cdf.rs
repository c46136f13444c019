//! Common Data Format: exports are validated by the format's own validator, and read back.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use touchline::Scenario;
use touchline::export::{Export, cdf};
use touchline::scenario::SHIPPED;

/// The folder of the validator, which `tests/foreign/install` fetches.
fn validator() -> Option<PathBuf> {
    let foreign = std::env::var_os("TOUCHLINE_FOREIGN").map_or_else(|| "target/foreign".into(), PathBuf::from);
    let found = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(foreign).join("cdf-0.1.1");
    if found.exists() {
        return Some(found);
    }
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{} is missing", found.display());
    eprintln!("SKIPPED: {} is missing: tests/foreign/install fetches it", found.display());
    None
}

/// Writes the files of matches into a folder each, below a folder of this name.
fn write(name: &str, exports: &[Export]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::remove_dir_all(&folder).ok();
    let matches = exports.iter().flat_map(|export| &export.matches);
    for (number, exported) in matches.enumerate() {
        let into = folder.join(format!("{number:03}"));
        fs::create_dir_all(&into).expect("a folder");
        for file in &exported.files {
            fs::write(into.join(file.name), &file.text).expect("written");
        }
    }
    folder
}

/// Validates all three files of each match: nothing may be wrong or unknown to the format.
fn validate(folder: &Path) {
    let Some(validator) = validator() else { return };
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/import/cdf_validator.py");
    let run = Command::new("python3")
        .env("PYTHONPATH", validator)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args([&script, folder])
        .output()
        .expect("python3");
    let (out, errors) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{out}{errors}");
    println!("{out}");
}

fn shipped() -> Vec<Scenario> {
    SHIPPED.iter().map(|shipped| shipped.load().expect("a shipped scenario")).collect()
}

#[test]
fn shipped_scenarios_are_valid() {
    let exports: Vec<Export> = shipped().iter().map(cdf::export).collect();
    let left_out: Vec<_> = exports.iter().flat_map(|export| &export.left_out).map(|(id, _)| id.as_str()).collect();
    assert_eq!(left_out, ["sal-fer"], "the match that was not played");
    let matches = exports.iter().map(|export| export.matches.len()).sum::<usize>();
    assert_eq!(matches, shipped().iter().map(|scenario| scenario.matches.len()).sum::<usize>() - 1);
    validate(&write("cdf-shipped", &exports));
}

#[test]
fn generated_scenarios_are_valid() {
    let exports: Vec<Export> = (0..20).map(|seed| cdf::export(&Scenario::generate(seed).expect("a match"))).collect();
    validate(&write("cdf-generated", &exports));
}

#[test]
fn imported_matches_are_valid() {
    let Some(folder) = super::data("wyscout-v2") else { return };
    let run = super::run(&[folder]);
    let exports: Vec<Export> = run.imported.iter().map(|imported| cdf::export(&imported.scenario)).collect();
    assert_eq!(exports.len(), 10);
    validate(&write("cdf-wyscout", &exports));
}
