//! `http_error`: documents are answered with an error.

use super::{Effect, Kind, LinkEffect};
use crate::faults::fault::FaultSpec;
use crate::football::FaultKind;

pub(super) const KIND: Kind = Kind {
    spec: FaultSpec { codes: (&[400..=599], false), requires: &["code"], ..FaultSpec::new(FaultKind::HttpError) },
    effect: Effect::Link(LinkEffect::Document),
};
