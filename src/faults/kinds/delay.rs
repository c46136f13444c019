//! `delay`: what the server sends arrives later.

use super::{Kind, bend};
use crate::faults::fault::{Fault, FaultSpec};
use crate::faults::link::Conditions;
use crate::football::FaultKind;

pub(super) const KIND: Kind = bend(FaultSpec { requires: &["by"], ..FaultSpec::new(FaultKind::Delay) }, delay);

fn delay(fault: &Fault, conditions: &mut Conditions) {
    if let Some((shortest, longest)) = fault.by {
        conditions.delay.0 += shortest.to_duration();
        conditions.delay.1 += longest.to_duration();
    }
}
