//! `slow_body`: the bodies of documents come late.

use super::{Effect, Kind, LinkEffect};
use crate::faults::fault::FaultSpec;
use crate::football::FaultKind;

pub(super) const KIND: Kind = Kind {
    spec: FaultSpec { requires: &["by"], ..FaultSpec::new(FaultKind::SlowBody) },
    effect: Effect::Link(LinkEffect::Document),
};
