//! What goes wrong: the arguments that `serve` and `test` share.

use std::sync::Arc;

use crate::error::Error;
use crate::faults::link::LinkPlan;
use crate::faults::{self, FaultPlan};
use crate::hub::parse_seed;
use crate::playback::{Position, Rejection};
use crate::scenario::Timeline;
use crate::trace::TraceHeader;

use super::playback_args;

/// The plan of faults and its seed.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct FaultPlanArgs {
    /// What goes wrong in the feed: faults separated by ;, as 'drop:at=89:07; late:p=0.05,by=20s', a preset, or off
    /// [default: what the scenario says]
    #[arg(long, value_name = "PLAN", value_parser = playback_args::parse_faults)]
    pub faults: Option<FaultPlan>,
    /// The seed of what chance decides about faults [default: 0]
    #[arg(long, value_name = "N", value_parser = parse_seed, allow_negative_numbers = true)]
    pub seed: Option<u64>,
}

/// A timeline with faults.
#[derive(Debug)]
pub struct AppliedFaults {
    /// The timeline with the faults of the feed.
    pub timeline: Arc<Timeline>,
    /// Those of links; `None`: there are none.
    pub link: Option<Arc<LinkPlan>>,
    /// All of them. Their places do not depend on where playback begins.
    pub plan: FaultPlan,
}

impl FaultPlanArgs {
    /// Adds what a trace says where the command line says nothing.
    pub fn adopt(&mut self, header: &TraceHeader) {
        self.faults.get_or_insert_with(|| header.faults.clone());
        self.seed.get_or_insert(header.seed);
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed.unwrap_or(0)
    }

    /// The timeline with the faults that are given, else with those of its scenario. `from`: where playback begins.
    pub fn apply(&self, timeline: Arc<Timeline>, from: Option<&Position>) -> Result<AppliedFaults, Error> {
        let misuse = |rejection: Rejection| match &self.faults {
            Some(_) => Error::misuse(format!("--faults: {}", rejection.describe())),
            None => Error::misuse(rejection.describe()),
        };
        let plan = self.faults.clone().map_or_else(|| FaultPlan::of_scenario(&timeline), Ok);
        let plan = plan.and_then(|plan| plan.resolve_from(&timeline, from)).map_err(misuse)?;
        let link = LinkPlan::resolve(&timeline, &plan, self.seed()).map_err(misuse)?;
        let link = Some(Arc::new(link)).filter(|link| !link.is_empty());
        if plan.feed().is_empty() {
            return Ok(AppliedFaults { timeline, link, plan });
        }
        let timeline = Arc::new(faults::apply(&timeline, &plan, self.seed()).map_err(misuse)?);
        Ok(AppliedFaults { timeline, link, plan })
    }
}
