#![no_main]

libfuzzer_sys::fuzz_target!(
    init: touchline_fuzz::write_corpus("first_bytes"),
    |input: &[u8]| touchline_fuzz::run("first_bytes", input)
);
