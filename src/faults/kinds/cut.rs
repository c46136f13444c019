//! `cut`: a connection ends: it is reset, or closed with a code.

use std::time::Duration;

use super::{Kind, end};
use crate::faults::fault::{EndCode, Fault, FaultSpec};
use crate::faults::link::Break;
use crate::football::FaultKind;

pub(super) const KIND: Kind = end(FaultSpec { codes: (1_000..=4_999, true), ..FaultSpec::new(FaultKind::Cut) }, cut);

fn cut(fault: &Fault) -> Break {
    match fault.code {
        Some(EndCode::Number(code)) => Break::Close(code),
        Some(EndCode::Reset) | None => Break::Reset(Duration::ZERO),
    }
}
