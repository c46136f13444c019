//! `cut`: a connection ends: it is reset, or closed with a code.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::{Kind, end};
use crate::faults::fault::{EndCode, Fault, FaultSpec};
use crate::faults::link::Break;
use crate::football::FaultKind;

/// What a close frame may have (RFC 6455, section 7.4).
const CODES: [RangeInclusive<u16>; 3] = [1_000..=1_003, 1_007..=1_014, 3_000..=4_999];

pub(super) const KIND: Kind = end(FaultSpec { codes: (&CODES, true), ..FaultSpec::new(FaultKind::Cut) }, cut);

fn cut(fault: &Fault) -> Break {
    match fault.code {
        Some(EndCode::Number(code)) => Break::Close(code),
        Some(EndCode::Reset) | None => Break::Reset(Duration::ZERO),
    }
}
