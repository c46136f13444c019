#![no_main]

libfuzzer_sys::fuzz_target!(
    init: touchline_fuzz::write_corpus("command"),
    |input: &[u8]| touchline_fuzz::run("command", input)
);
