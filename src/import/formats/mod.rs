//! The list of formats.

mod opta;
mod sportec;
mod stats_perform;
mod statsbomb;
mod wyscout_v2;
mod wyscout_v3;

use super::Format;

/// All formats that are read, in the order of the documentation.
pub static FORMATS: &[&Format] = &[
    &wyscout_v2::FORMAT,
    &statsbomb::FORMAT,
    &opta::FORMAT,
    &stats_perform::FORMAT,
    &sportec::FORMAT,
    &wyscout_v3::FORMAT,
];
