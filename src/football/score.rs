//! A score.

/// Goals a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Score {
    /// Of the home side.
    pub home: u16,
    /// Of the away side.
    pub away: u16,
}
