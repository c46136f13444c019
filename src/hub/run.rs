//! The run identifies the frames that a replay sends. A cursor of another run is not resumed, because it would mean other frames.

use crate::dialect::native::REVISION;
use crate::scenario::Timeline;

/// The run of a timeline: a digest of the scenario and of the [`REVISION`] of the code that lays it out and encodes it. On the
/// wire it is 8 hexadecimal digits.
pub fn run_of(timeline: &Timeline) -> u32 {
    combine_hash(timeline.digest(), REVISION)
}

/// Mixes both by invertible steps (multiplication by odd numbers, folding). Hence scenarios with different digests have
/// different runs in each revision, and a scenario has another run in each revision.
fn combine_hash(digest: u32, revision: u32) -> u32 {
    let mixed = (digest ^ revision.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b);
    mixed ^ mixed >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_revision_of_a_scenario_is_another_run() {
        let runs: std::collections::HashSet<u32> =
            (0..1_000).map(|revision| combine_hash(0x9aed_494a, revision)).collect();
        assert_eq!(runs.len(), 1_000);
        assert_ne!(combine_hash(1, REVISION), combine_hash(2, REVISION));
    }
}
