//! The program: reads the words it was given, does as they say, and ends with 0 (done), 1 (failed) or 2 (misused).

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run(std::env::args_os()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let message = failure.to_string();
            if !message.is_empty() {
                cli::print::note(&format!("touchline: {message}"));
            }
            ExitCode::from(failure.exit_code())
        }
    }
}
