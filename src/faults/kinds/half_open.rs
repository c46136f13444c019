//! `half_open`: a connection dies, and neither end is told: the client sees only silence.

use std::time::Duration;

use super::{Kind, end};
use crate::faults::fault::{Fault, FaultSpec};
use crate::faults::link::Break;
use crate::football::FaultKind;
use crate::scenario::Span;

pub(super) const KIND: Kind = end(FaultSpec::new(FaultKind::HalfOpen), half_open);

/// How long a client that notices nothing is left alone before its connection is reset.
const DEFAULT: Duration = Duration::from_secs(60);

fn half_open(fault: &Fault) -> Break {
    Break::Reset(fault.lasts.map_or(DEFAULT, Span::to_duration))
}
