#![no_main]

libfuzzer_sys::fuzz_target!(
    init: touchline_fuzz::write_corpus("query"),
    |input: &[u8]| touchline_fuzz::run("query", input)
);
