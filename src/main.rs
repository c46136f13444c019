//! The `touchline` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    touchline::internals::run_program()
}
