//! Importing: MB of a provider's files a second, parsed and mapped in memory on one core.
//!
//! `TOUCHLINE_DATA` names the folder with `wyscout-v2/`; matches of other formats are those that `tests/foreign/install` fetches.
//! `benches/import-peers` measures kloppy over the same files in the same run.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use touchline::import::ImportOptions;
use touchline::internals::import::{Document, ImportJob};

/// The documents of each group, by the folder and the names of its files.
fn groups() -> Vec<(&'static str, Vec<PathBuf>)> {
    let data = std::env::var_os("TOUCHLINE_DATA").map(PathBuf::from).unwrap_or_default();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/foreign/samples");
    let wyscout = ["2576295.json", "matches_gw34.json"].map(|name| data.join("wyscout-v2").join(name));
    let kloppy = |names: &[&str]| names.iter().map(|name| samples.join("kloppy-3.19.1").join(name)).collect();
    vec![
        ("wyscout-v2", wyscout.to_vec()),
        ("statsbomb", kloppy(&["statsbomb_15986_event.json", "statsbomb_15986_lineup.json"])),
        ("stats-perform", kloppy(&["statsperform_event_ma3.json", "statsperform_event_ma1.json"])),
        ("wyscout-v3", kloppy(&["wyscout_events_v3.json"])),
    ]
}

fn import(c: &mut Criterion) {
    let mut group = c.benchmark_group("import");
    for (name, files) in groups() {
        let Ok(texts) = files.iter().map(std::fs::read).collect::<Result<Vec<_>, _>>() else {
            eprintln!("SKIPPED: {name}: {} is missing", files[0].display());
            continue;
        };
        let documents: Vec<Document> = files
            .iter()
            .zip(texts)
            .map(|(path, text)| Document::in_memory(&path.display().to_string(), text))
            .collect();
        let Ok(bytes) = documents[0].bytes() else { continue };
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |bencher| {
            // Match data are read once for all matches of a run.
            let prepare = || ImportJob::of_documents(documents.clone(), &ImportOptions::default()).expect("events");
            bencher.iter_batched(
                prepare,
                |job| black_box(job.run(|imported| imported.scenario).imported),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, import);
criterion_main!(benches);
