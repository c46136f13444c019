//! The `touchline` program. Exit codes: 0 done, 1 failed, 2 misused.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run(std::env::args_os()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let message = error.to_string();
            if !message.is_empty() {
                cli::print::eprint_line(&format!("touchline: {message}"));
            }
            ExitCode::from(error.exit_code())
        }
    }
}
