//! The fuzz targets on seeded damage of their inputs. `fuzz/` does the same guided by coverage.
//!
//! `first_bytes` is missing, for its server would run until this process ends, beside other tests' servers; `long.rs` sends the
//! same damage to the real program.

use std::panic::catch_unwind;

use super::fuzz::TARGETS;
use super::seeded_damage::{Random, damaged, seed};

/// Inputs longer than this take many times as long as others.
const LARGE: usize = 8_192;
/// How often each of those is damaged.
const ROUNDS_OF_LARGE: usize = 3;

/// Runs a target on its inputs as they are, and on so many that are damaged.
fn survives(name: &str, times: usize) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target");
    let (seeds, mut random) = ((target.seeds)(), Random::from(seed()));
    seeds.iter().for_each(|seed| (target.run)(seed));
    for time in 0..times {
        let seed = &seeds[time % seeds.len()];
        if seed.len() > LARGE && time / seeds.len() >= ROUNDS_OF_LARGE {
            continue;
        }
        let bytes = damaged(seed, &mut random);
        assert!(catch_unwind(|| (target.run)(&bytes)).is_ok(), "{name}:\n{}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn damaged_scenarios_cause_no_panic() {
    survives("scenario", 3_000);
}

#[test]
fn damaged_commands_cause_no_panic() {
    survives("command", 10_000);
}

#[test]
fn damaged_queries_cause_no_panic() {
    survives("query", 10_000);
}

#[test]
fn damaged_streams_are_decoded_the_same_however_they_are_cut() {
    survives("load_reader", 10_000);
}
