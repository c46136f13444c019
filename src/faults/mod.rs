//! Faults: a plan of what goes wrong in a feed, and what the feed then says; and of what goes wrong on links.
//!
//! ```
//! use touchline::faults::{FaultPlan, apply};
//! use touchline::{Scenario, Timeline};
//!
//! let timeline = Timeline::new(&Scenario::generate(7)?);
//! let plan = FaultPlan::parse("drop:at=next:goal; late:p=0.1,by=20s")?;
//! let faulty = apply(&timeline, &plan, 42)?;
//! for entry in faulty.faults().into_iter().flat_map(|report| &report.journal) {
//!     println!("{entry}");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Everything here is a pure function of the timeline, the plan and the seed; for links also of time.

// To add a fault: a word with its parameters in `football/fault_words.rs`, a file in `kinds/` and a line in its list.

mod chance;
mod deliveries;
mod fault;
#[cfg_attr(not(feature = "net"), allow(dead_code))]
mod kinds;
#[cfg_attr(not(feature = "net"), allow(dead_code))]
pub(crate) mod link;
mod place;
mod plan;
mod probability;
mod room;
mod selection;
#[cfg(test)]
mod sent_tests;
mod story;
#[cfg(test)]
mod story_tests;
#[cfg(test)]
mod tests;
mod window;

pub use fault::Fault;
pub(crate) use fault::{EndCode, is_client_name};
pub use plan::FaultPlan;

use crate::playback::Rejection;
use crate::scenario::Timeline;
pub use crate::scenario::{FaultReport, JournalEntry};
use deliveries::Deliveries;
use kinds::Effect;
use selection::Chosen;
use story::Story;

/// Refuses the fault lines of a scenario that cannot be played together.
pub(crate) fn check_scenario(timeline: &Timeline) -> Result<(), Rejection> {
    let plan = FaultPlan::of_scenario(timeline)?;
    link::LinkPlan::resolve(timeline, &plan, 0)?;
    apply(timeline, &plan, 0).map(|_| ())
}

/// The timeline with the feed faults of a plan. [`Timeline::faults`] tells what they did. A plan without any gives the timeline
/// without faults.
///
/// Fails if the plan names a match, a type or a position that the timeline does not have, contradicts itself, or multiplies
/// the events beyond all bounds ([`ErrorCode::OverLimit`](crate::ErrorCode::OverLimit)).
pub fn apply(timeline: &Timeline, plan: &FaultPlan, seed: u64) -> Result<Timeline, Rejection> {
    let truth = timeline.truth();
    let plan = plan.feed();
    if plan.is_empty() {
        return Ok(truth);
    }
    let faults = plan.faults();
    let chosen = (0..faults.len()).map(|place| Chosen::resolve(&truth, faults, place, seed));
    let chosen = chosen.collect::<Result<Vec<_>, _>>()?;
    selection::check_contradictions(&chosen)?;
    let mut story = Story::of(&truth);
    for chosen in &chosen {
        if let Effect::Story(change) = kinds::kind_of(chosen.fault().kind).effect {
            change(&mut story, chosen);
        }
    }
    let (story, journal) = story.finish()?;
    let mut deliveries = Deliveries::of(&truth, story, journal);
    for chosen in &chosen {
        if let Effect::Delivery(change) = kinds::kind_of(chosen.fault().kind).effect {
            change(&mut deliveries, chosen);
        }
    }
    let plan_text = plan.to_string().into();
    deliveries.finish(plan_text, seed, plan.digest(seed))
}
