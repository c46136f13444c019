//! The list of formats.

mod opta;
mod stats_perform;
mod wyscout_v2;

use super::Format;

/// All formats that are read, in the order of the documentation.
pub const FORMATS: &[&Format] = &[&wyscout_v2::FORMAT, &opta::FORMAT, &stats_perform::FORMAT];
