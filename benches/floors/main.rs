//! The cost of the pure floors: encoding frames, folding a match, seeking, loading.
//!
//! `cargo bench --bench floors` runs everything in about two minutes; a word after `--` selects benches by name. `cargo
//! bench --bench floors -- write feed PATH` writes a scenario of a million events instead (`feed`, `long`, `copies` or
//! `season`, see `million.rs`), as input for the program. `-- load PATH` prints how long the parts of loading a file
//! take, and `-- pace PATH` the cost of pace rules on it.

mod million;
mod paces;
mod seeks;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, Throughput};
use million::Shape;
use touchline::football::{Match, MatchState};
use touchline::internals::dialect::native::{SnapshotDetail, write_snapshot};
use touchline::internals::hub::{FrameCache, SEGMENT_CUES};
use touchline::scenario::{SHIPPED, Scenario, Timeline};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["write", shape, path, ..] => write(Shape::named(shape), Path::new(path)),
        ["pace", path, ..] => paces::run(&Timeline::new(&Scenario::load(path).expect("a scenario"))),
        ["load", path, ..] => (0..5).for_each(|_| load(path)),
        _ => measure(&mut Criterion::default().configure_from_args()),
    }
}

fn measure(criterion: &mut Criterion) {
    small(criterion);
    for (name, shape) in Shape::ALL {
        large(criterion, name, shape);
    }
    criterion.final_summary();
}

fn write(shape: Shape, path: &Path) {
    let file = std::fs::File::create(path).expect("a file can be made there");
    shape.write(&mut std::io::BufWriter::new(file)).expect("the file can be written");
}

/// Writes a large scenario to a temporary file.
fn written(shape: Shape) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("million.jsonl");
    write(shape, &path);
    path
}

/// Prints how long each part of loading a file takes.
fn load(path: &str) {
    let began = Instant::now();
    let scenario = Scenario::load(path).expect("a scenario");
    let read = began.elapsed();
    let timeline = Timeline::new(&scenario);
    let laid_out = began.elapsed() - read;
    drop(scenario);
    println!("read {read:?}, laid out {laid_out:?}, in all {:?}: {} cues", began.elapsed(), timeline.cues().len());
}

/// Benches the shipped flagship.
fn small(criterion: &mut Criterion) {
    let text = SHIPPED[0].text();
    let mut group = criterion.benchmark_group("flagship");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("load", |bencher| {
        bencher.iter(|| Timeline::new(&Scenario::parse("flagship", black_box(text)).expect("shipped")));
    });
    let timeline = Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")));
    group.throughput(Throughput::Elements(timeline.cues().len() as u64));
    group.bench_function("encode", |bencher| encode(bencher, &timeline, 0));
    let fixture: &Arc<Match> = &timeline.tracks()[0].fixture;
    group.bench_function("fold", |bencher| {
        bencher.iter(|| {
            let mut state = MatchState::new(fixture.clone());
            for cue in timeline.cues() {
                state.apply(black_box(&cue.event), timeline.previous_revision(cue));
            }
            state
        });
    });
    group.finish();
}

/// Encodes a segment that is not cached.
fn encode(bencher: &mut criterion::Bencher<'_>, timeline: &Arc<Timeline>, segment: usize) {
    bencher.iter_batched_ref(
        || FrameCache::new(timeline.clone(), Arc::default()),
        |frames| frames.segment(segment).bytes().len(),
        BatchSize::LargeInput,
    );
}

/// Benches a large scenario.
fn large(criterion: &mut Criterion, name: &str, shape: Shape) {
    let path = written(shape);
    let mut group = criterion.benchmark_group(format!("million {name}"));
    group.sample_size(10).warm_up_time(Duration::from_millis(1)).measurement_time(Duration::from_secs(15));
    group.throughput(Throughput::Bytes(std::fs::metadata(&path).expect("it is there").len()));
    group.bench_function("load", |bencher| {
        bencher.iter_with_large_drop(|| Timeline::new(&Scenario::load(&path).expect("a scenario")));
    });
    let timeline = Arc::new(Timeline::new(&Scenario::load(&path).expect("a scenario")));
    let last = timeline.cues().len() - 1;
    group.sample_size(100).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    group.throughput(Throughput::Elements(SEGMENT_CUES as u64));
    group.bench_function("encode", |bencher| encode(bencher, &timeline, last / 2 / SEGMENT_CUES));
    group.throughput(Throughput::Elements(1));
    let track = usize::from(timeline.cues()[last].track);
    group.bench_function("state at the end of a match", |bencher| {
        bencher.iter(|| timeline.state_at(black_box(track), black_box(last)));
    });
    group.sample_size(10);
    group.bench_function("snapshot at the end of a match", |bencher| {
        let mut out = Vec::new();
        bencher.iter(|| {
            out.clear();
            write_snapshot(&timeline, black_box(track), last, last, SnapshotDetail::Key, &mut out);
            out.len()
        });
    });
    group.sample_size(100);
    let mut seeks = seeks::Seeks::new(&timeline);
    group.bench_function("seek", |bencher| bencher.iter(|| seeks.apply_next()));
    group.finish();
    seeks::report_slowest(name, &timeline);
}
