//! `touchline completions`: completion scripts for shells.

use clap_complete::{Shell, generate};

use super::CliError;
use super::print::print_line;

/// `touchline completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  touchline completions bash > ~/.local/share/bash-completion/completions/touchline
  touchline completions zsh > ~/.zfunc/_touchline
  touchline completions fish > ~/.config/fish/completions/touchline.fish")]
pub struct Args {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Prints the script.
pub fn run(args: &Args) -> Result<(), CliError> {
    let mut script = Vec::new();
    generate(args.shell, &mut super::clap_command(), "touchline", &mut script);
    print_line(String::from_utf8_lossy(&script).trim_end())
}
