//! The list of formats.

mod sportec;
mod statsbomb;
mod wyscout_v2;
mod wyscout_v3;

use super::Format;

/// All formats that are read, in the order of the documentation.
pub static FORMATS: &[&Format] = &[&wyscout_v2::FORMAT, &statsbomb::FORMAT, &sportec::FORMAT, &wyscout_v3::FORMAT];
