//! `slow_body`: the bodies of documents come late.

use super::{Kind, document};
use crate::faults::fault::FaultSpec;
use crate::football::FaultKind;

pub(super) const KIND: Kind = document(FaultSpec { requires: &["by"], ..FaultSpec::new(FaultKind::SlowBody) });
