//! The score of a match.

/// The goals of both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, serde::Deserialize)]
pub struct Score {
    /// Goals of the home side.
    pub home: u16,
    /// Goals of the away side.
    pub away: u16,
}
