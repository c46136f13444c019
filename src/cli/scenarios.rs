//! `touchline scenarios`: lists the shipped scenarios.

use crate::scenario::{SHIPPED, Span, Timeline};

use super::CliError;
use super::print::{format_table, print_line, sanitise};

/// `touchline scenarios`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Play one by its name or the start of it:
  touchline juv")]
pub struct Args {}

/// Prints the list as a table.
pub fn run(_: &Args) -> Result<(), CliError> {
    print_line(&format_listing()?)
}

fn format_listing() -> Result<String, CliError> {
    let mut rows = vec![["name", "title", "matches", "events", "length"].map(str::to_owned).to_vec()];
    for shipped in SHIPPED {
        let timeline = Timeline::new(&shipped.load()?);
        rows.push(vec![
            shipped.name.to_owned(),
            sanitise(timeline.title()),
            timeline.tracks().len().to_string(),
            timeline.cues().len().to_string(),
            Span::from_nanos(timeline.length().as_nanos()).to_string(),
        ]);
    }
    Ok(format_table(&rows, &[false, false, true, true, true]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_scenario_has_a_row() {
        let listing = format_listing().expect("shipped scenarios read");
        assert_eq!(listing.lines().count(), SHIPPED.len() + 1);
        assert!(SHIPPED.iter().all(|shipped| listing.contains(shipped.name)), "{listing}");
    }
}
