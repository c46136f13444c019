//! The parameters of a stream, also those that open a replay.

use std::time::Instant;

use touchline::internals::hub::ReplaySpec;
use touchline::internals::server::parse_parameters;

use super::{FLAGSHIP, files, transcript_texts};

const QUERIES: &[&str] = &[
    "match=juv-nap&types=goal,card&since=7c1e90ab.1.84&snapshot=full&ticks=5s&stamp=1",
    "scenario=juv&fit=30s&paused=1&linger=1s&wait=1&hold=2s",
    "speed=max&loop=1&pace=gap%3D5s+break%3D3s&from=45+2&until=FT",
    "wall=20:45+01:00&now=1&from=Two+minutes+of+joy",
    "replay=own&token=correct-horse&lastEventId=7c1e90ab.1.84@own",
];

pub fn seeds() -> Vec<Vec<u8>> {
    let joins = transcript_texts("join").into_iter();
    let queries = joins.filter_map(|text| text.split_once('?').map(|(_, query)| query.to_owned()));
    let positions = files("tests/page/fixtures").into_iter().filter(|path| path.ends_with("positions.json"));
    let positions = positions.flat_map(|path| {
        let table = std::fs::read_to_string(path).expect("a table");
        let table: Vec<(String, String)> = serde_json::from_str(&table).expect("pairs of written and meant");
        table.into_iter().map(|(written, _)| format!("from={written}"))
    });
    let lines = queries.chain(positions).chain(QUERIES.iter().map(|query| (*query).to_owned()));
    lines.map(String::into_bytes).collect()
}

pub fn run(bytes: &[u8]) {
    let query = String::from_utf8_lossy(bytes);
    if let Err(rejection) = parse_parameters(&query, &FLAGSHIP) {
        assert!(!rejection.message.contains('\n'), "one line: {:?}", rejection.message);
    }
    let mut replay_spec = ReplaySpec::default();
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        if ReplaySpec::is_field(name) {
            let _ = replay_spec.set(name, value);
        }
    }
    let _ = replay_spec.options(&FLAGSHIP, Instant::now());
}
