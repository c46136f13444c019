//! Fuzz targets: functions that no input may make panic, each with inputs to begin from, which are taken from the repository.
//!
//! `fuzz/` runs them under libFuzzer, and `damage.rs` on seeded damage of the same inputs. To add a target: a file here, a line
//! in [`TARGETS`], and a file in `fuzz/fuzz_targets/` with its line in `fuzz/Cargo.toml`.

mod command;
pub mod first_bytes;
mod load_reader;
mod query;
mod scenario;

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use touchline::scenario::{SHIPPED, Timeline};

/// A fuzz target.
pub struct Target {
    pub name: &'static str,
    /// Panics where the code under test is wrong.
    pub run: fn(&[u8]),
    /// Valid inputs, to be mutated.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

pub const TARGETS: &[Target] = &[
    Target { name: "scenario", run: scenario::run, seeds: scenario::seeds },
    Target { name: "command", run: command::run, seeds: command::seeds },
    Target { name: "query", run: query::run, seeds: query::seeds },
    Target { name: "first_bytes", run: first_bytes::run, seeds: first_bytes::seeds },
    Target { name: "load_reader", run: load_reader::run, seeds: load_reader::seeds },
];

static FLAGSHIP: LazyLock<Arc<Timeline>> =
    LazyLock::new(|| Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped"))));

/// A path in the repository; `fuzz/` is a crate of its own in it.
fn in_repository(path: &str) -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = if package.join("tests").exists() { package } else { package.parent().unwrap_or(package) };
    root.join(path)
}

/// The files of a folder.
fn files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(in_repository(folder)).expect("a folder of the repository");
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

/// What follows a word and a name in the lines of the transcripts: `say ann TEXT`, `join ann QUERY`.
fn transcript_texts(word: &str) -> Vec<String> {
    let texts = files("tests/transcripts").into_iter().flat_map(|path| {
        let transcript = std::fs::read_to_string(path).expect("a transcript");
        let lines = transcript.lines().filter_map(|line| line.strip_prefix(word)?.trim_start().split_once(' '));
        lines.map(|(_, text)| text.to_owned()).collect::<Vec<_>>()
    });
    let mut texts: Vec<String> = texts.collect();
    texts.sort();
    texts.dedup();
    texts
}
