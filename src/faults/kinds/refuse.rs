//! `refuse`: new connections are refused, once their request has been read.

use super::{Effect, Kind, LinkEffect};
use crate::faults::fault::FaultSpec;
use crate::football::FaultKind;

pub(super) const KIND: Kind = Kind {
    spec: FaultSpec { codes: (&[400..=599], true), ..FaultSpec::new(FaultKind::Refuse) },
    effect: Effect::Link(LinkEffect::Refuse),
};
