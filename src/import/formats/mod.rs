//! The list of formats.

mod cdf;
mod wyscout_v2;

use super::Format;

/// All formats that are read, in the order of the documentation.
pub const FORMATS: &[&Format] = &[&wyscout_v2::FORMAT, &cdf::FORMAT];
