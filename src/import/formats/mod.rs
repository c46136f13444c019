//! The list of formats.

mod statsbomb;
mod wyscout_v2;

use super::Format;

/// All formats that are read, in the order of the documentation.
pub static FORMATS: &[&Format] = &[&wyscout_v2::FORMAT, &statsbomb::FORMAT];
