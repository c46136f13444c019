//! The run: names what a replay plays, so that a cursor is honoured only where it means the same frames.

use crate::dialect::native::REVISION;
use crate::scenario::Timeline;

/// Names what is played: the scenario, and the [`REVISION`] of the code that lays it out and encodes it. On the wire these are 8
/// hexadecimal digits.
pub fn run_of(timeline: &Timeline) -> u32 {
    mixed(timeline.digest(), REVISION)
}

/// Mixes both by steps that can be undone: multiplication by odd numbers, and folding. Two scenarios with different digests
/// have different runs in each revision, and a scenario has a different run in each revision.
fn mixed(digest: u32, revision: u32) -> u32 {
    let mixed = (digest ^ revision.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b);
    mixed ^ mixed >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_revision_of_a_scenario_is_another_run() {
        let runs: std::collections::HashSet<u32> = (0..1_000).map(|revision| mixed(0x9aed_494a, revision)).collect();
        assert_eq!(runs.len(), 1_000);
        assert_ne!(mixed(1, REVISION), mixed(2, REVISION));
    }
}
