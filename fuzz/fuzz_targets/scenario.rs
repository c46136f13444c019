#![no_main]

libfuzzer_sys::fuzz_target!(
    init: touchline_fuzz::write_corpus("scenario"),
    |input: &[u8]| touchline_fuzz::run("scenario", input)
);
