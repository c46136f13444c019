//! `touchline info`.
use super::Failure;
/// To come.
#[derive(Debug, clap::Args)]
pub struct Args {}
/// To come.
pub fn run(_: &Args) -> Result<(), Failure> {
    Ok(())
}
