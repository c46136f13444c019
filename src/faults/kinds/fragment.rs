//! `fragment`: what the server sends arrives in small pieces: messages of a WebSocket as several frames (RFC 6455, section 5.4).

use super::{Kind, bend};
use crate::faults::fault::{Fault, FaultSpec};
use crate::faults::link::Conditions;
use crate::football::FaultKind;

pub(super) const KIND: Kind = bend(FaultSpec { requires: &["size"], ..FaultSpec::new(FaultKind::Fragment) }, fragment);

fn fragment(fault: &Fault, conditions: &mut Conditions) {
    conditions.piece = conditions.piece.into_iter().chain(fault.size).min();
}
