//! `slow_handshake`: the response to the handshake comes late.

use super::{Effect, Kind, LinkEffect};
use crate::faults::fault::FaultSpec;
use crate::football::FaultKind;

pub(super) const KIND: Kind = Kind {
    spec: FaultSpec { requires: &["by"], ..FaultSpec::new(FaultKind::SlowHandshake) },
    effect: Effect::Link(LinkEffect::Handshake),
};
