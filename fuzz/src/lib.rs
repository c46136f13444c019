//! The fuzz targets of `tests/it/fuzz` as a library, and the corpora that they begin from.

#[allow(dead_code, reason = "a part of it is for other tests")]
#[path = "../../tests/it/client_frame.rs"]
mod client_frame;
#[path = "../../tests/it/fuzz/mod.rs"]
mod targets;

use std::path::Path;

use targets::{TARGETS, Target};

fn find(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).expect("the name of a target")
}

/// Writes the inputs to begin from into the target's corpus, before libFuzzer reads it.
pub fn write_corpus(name: &str) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    std::fs::create_dir_all(&corpus).expect("a folder");
    for (at, seed) in (find(name).seeds)().iter().enumerate() {
        std::fs::write(corpus.join(format!("seed-{at}")), seed).expect("written");
    }
}

/// Runs a target on an input.
pub fn run(name: &str, input: &[u8]) {
    (find(name).run)(input);
}
