#![no_main]

libfuzzer_sys::fuzz_target!(
    init: touchline_fuzz::write_corpus("load_reader"),
    |input: &[u8]| touchline_fuzz::run("load_reader", input)
);
