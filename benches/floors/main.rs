//! What the pure floors cost: encoding frames, folding a match, seeking, loading.
//!
//! `cargo bench --bench floors` measures all (two minutes); a word after `--` picks those whose names hold it.
//! `cargo bench --bench floors -- write feed PATH` only writes a scenario of a million events (`feed`, `long` or
//! `copies`, see `million.rs`), to be given to the program.

mod million;

use million::Shape;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [write, shape, path, ..] = &arguments[..]
        && write == "write"
    {
        let (_, shape) = Shape::ALL.into_iter().find(|(name, _)| name == shape).expect("feed, long or copies");
        let file = std::fs::File::create(path).expect("a file");
        shape.write(&mut std::io::BufWriter::new(file)).expect("written");
        return;
    }
    if let [load, path, ..] = &arguments[..]
        && load == "load"
    {
        for _ in 0..5 {
            use std::time::Instant;
            let a = Instant::now();
            let scenario = touchline::Scenario::load(path).expect("loads");
            let b = Instant::now();
            let timeline = touchline::Timeline::new(&scenario);
            let c = Instant::now();
            drop(scenario);
            let d = Instant::now();
            drop(timeline);
            println!("read {:?} timeline {:?} drop scenario {:?} drop timeline {:?}", b - a, c - b, d - c, d.elapsed());
        }
    }
}
