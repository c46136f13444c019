//! Feed faults: a plan of what goes wrong in a feed, and what the feed then says.
//!
//! ```
//! use touchline::faults::{FaultPlan, apply};
//! use touchline::{Scenario, Timeline};
//!
//! let timeline = Timeline::new(&Scenario::generate(7)?);
//! let plan = FaultPlan::parse("drop:at=next:goal; late:p=0.1,by=20s")?;
//! let (faulty, journal) = apply(&timeline, &plan, 42)?;
//! for entry in &journal {
//!     println!("{entry}");
//! }
//! assert!(faulty.has_faults());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Everything here is a pure function of the timeline, the plan and the seed.

// To add a fault: a word in `football/fault_words.rs`, a file in `kinds/` and a line in its list.

mod chance;
mod deliveries;
mod fault;
mod journal;
mod kinds;
mod plan;
mod probability;
mod selection;
mod story;
#[cfg(test)]
mod story_tests;
#[cfg(test)]
mod tests;

pub use fault::Fault;
pub use journal::JournalEntry;
pub use plan::FaultPlan;

use crate::playback::Rejection;
use crate::scenario::Timeline;
use deliveries::Deliveries;
use kinds::Effect;
use selection::Chosen;
use story::Story;

/// The timeline with the faults of a plan, and the journal of what they did, in the order in which it shows.
///
/// Fails if the plan names a match, a type or a position that the timeline does not have, or contradicts itself.
pub fn apply(timeline: &Timeline, plan: &FaultPlan, seed: u64) -> Result<(Timeline, Vec<JournalEntry>), Rejection> {
    let truth = timeline.truth();
    let chosen =
        plan.faults().iter().enumerate().map(|(place, fault)| Chosen::resolve(&truth, plan, place, fault, seed));
    let chosen = chosen.collect::<Result<Vec<_>, _>>()?;
    selection::check_contradictions(&chosen)?;
    let mut story = Story::of(&truth);
    for chosen in &chosen {
        if let Effect::Story(change) = chosen.kind().effect {
            change(&mut story, chosen);
        }
    }
    let (story, journal) = story.finish();
    let mut deliveries = Deliveries::of(&truth, story, journal);
    for chosen in &chosen {
        if let Effect::Delivery(change) = chosen.kind().effect {
            change(&mut deliveries, chosen);
        }
    }
    Ok(deliveries.finish(plan.digest(seed)))
}
