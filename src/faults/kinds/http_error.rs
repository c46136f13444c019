//! `http_error`: documents are answered with an error.

use super::{Kind, document};
use crate::faults::fault::FaultSpec;
use crate::football::FaultKind;

pub(super) const KIND: Kind =
    document(FaultSpec { codes: (&[400..=599], false), requires: &["code"], ..FaultSpec::new(FaultKind::HttpError) });
