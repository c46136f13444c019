//! `throttle`: what the server sends arrives at a limited rate.

use super::{Kind, bend};
use crate::faults::fault::{Fault, FaultSpec};
use crate::faults::link::Conditions;
use crate::football::FaultKind;

pub(super) const KIND: Kind = bend(FaultSpec { requires: &["rate"], ..FaultSpec::new(FaultKind::Throttle) }, throttle);

fn throttle(fault: &Fault, conditions: &mut Conditions) {
    conditions.rate = conditions.rate.into_iter().chain(fault.rate).min();
}
