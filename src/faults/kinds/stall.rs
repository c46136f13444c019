//! `stall`: nothing is sent or read for a while.

use super::{Kind, bend};
use crate::faults::fault::{Fault, FaultSpec};
use crate::faults::link::Conditions;
use crate::football::FaultKind;

pub(super) const KIND: Kind = bend(FaultSpec { requires: &["for"], ..FaultSpec::new(FaultKind::Stall) }, stall);

fn stall(_: &Fault, conditions: &mut Conditions) {
    conditions.stalled = true;
}
