//! `touchline man`: manual pages, made of the same definitions as the help texts.

use std::path::{Path, PathBuf};

use clap_mangen::Man;

use super::CliError;
use super::print::print_line;
use crate::error::Error;
use crate::message::did_you_mean;

/// `touchline man`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  touchline man serve | man -l -
  touchline man --dir ~/.local/share/man/man1      all pages, as files")]
pub struct Args {
    /// A command; without one the page is that of the program
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
    /// Write the pages of the program and of all commands into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    dir: Option<PathBuf>,
}

/// Prints one page, or writes all of them.
pub fn run(args: &Args) -> Result<(), CliError> {
    let program = program();
    if let Some(dir) = &args.dir {
        return write_pages(program, dir);
    }
    let page = match &args.command {
        None => program,
        Some(name) => command(&program, name)?,
    };
    let mut text = Vec::new();
    Man::new(page).render(&mut text).map_err(CliError::output)?;
    print_line(String::from_utf8_lossy(&text).trim_end())
}

/// The program with the names that its pages have: `touchline-serve`.
fn program() -> clap::Command {
    let mut program = super::clap_command().disable_help_subcommand(true);
    program.build();
    program
}

fn command(program: &clap::Command, name: &str) -> Result<clap::Command, Error> {
    program.find_subcommand(name).cloned().ok_or_else(|| {
        let names = super::command_names();
        let hint = did_you_mean(name, names.iter().map(String::as_str));
        Error::not_found(format!("no command {name:?}{hint}; there are: {}", names.join(", ")))
    })
}

fn write_pages(program: clap::Command, dir: &Path) -> Result<(), CliError> {
    let failed = |error| Error::io(format!("writing manual pages into {}", dir.display()), error);
    std::fs::create_dir_all(dir).map_err(failed)?;
    clap_mangen::generate_to(program, dir).map_err(failed)?;
    Ok(())
}
