//! `touchline schema`: prints the contracts for programs.

use super::CliError;
use super::print::{format_table, print_line};
use crate::error::Error;
use crate::message::did_you_mean;
use crate::server::contracts;

/// `touchline schema`.
#[derive(Debug, clap::Args)]
#[command(after_help = "JSON Schema 2020-12, AsyncAPI and OpenAPI. A server has them at /schema/NAME.json,
/asyncapi.json and /openapi.json.

Examples:
  touchline schema                                   list the names
  touchline schema scenario-line > scenario-line.json
  touchline schema openapi")]
pub struct Args {
    /// What to print; without a name all names are listed
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Prints one contract, or lists them.
pub fn run(args: &Args) -> Result<(), CliError> {
    let Some(name) = &args.name else {
        let rows: Vec<Vec<String>> =
            contracts::names().map(|(name, about)| vec![name.to_owned(), about.to_owned()]).collect();
        return print_line(&format_table(&rows, &[]));
    };
    let name = name.trim_end_matches(".json");
    let known = || contracts::names().map(|(name, _)| name);
    match contracts::document(name) {
        Some(document) => print_line(document.trim_end()),
        None => {
            let hint = did_you_mean(name, known());
            let known: Vec<&str> = known().collect();
            Err(Error::not_found(format!("no schema {name:?}{hint}; there are: {}", known.join(", "))).into())
        }
    }
}
