//! The list of formats.

mod sportec;
mod wyscout_v2;
mod wyscout_v3;

use super::Format;

/// All formats that are read, in the order of the documentation.
pub const FORMATS: &[&Format] = &[&wyscout_v2::FORMAT, &sportec::FORMAT, &wyscout_v3::FORMAT];
