//! `corrupt`: frames of events are damaged.

use super::{Effect, Kind, LinkEffect};
use crate::faults::fault::FaultSpec;
use crate::football::FaultKind;

pub(super) const KIND: Kind = Kind {
    spec: FaultSpec { variants: &["json", "utf8", "truncated"], ..FaultSpec::new(FaultKind::Corrupt) },
    effect: Effect::Link(LinkEffect::Corrupt),
};
