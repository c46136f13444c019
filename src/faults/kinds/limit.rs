//! `limit`: in a time only so many documents are answered, as by the plan of a data provider.

use super::{Kind, document};
use crate::faults::fault::FaultSpec;
use crate::football::FaultKind;

pub(super) const KIND: Kind = document(FaultSpec {
    codes: (&[200..=200, 400..=599], false),
    requires: &["times"],
    ..FaultSpec::new(FaultKind::Limit)
});
