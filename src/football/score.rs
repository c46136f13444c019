//! The score of a match.

use std::fmt;

use super::words::Side;

/// The goals of both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, serde::Deserialize)]
pub struct Score {
    /// Goals of the home side.
    pub home: u16,
    /// Goals of the away side.
    pub away: u16,
}

impl Score {
    /// The goals of both sides together.
    pub(crate) fn total(self) -> u32 {
        u32::from(self.home) + u32::from(self.away)
    }

    /// The goals of a side.
    #[cfg_attr(not(feature = "net"), allow(dead_code))]
    pub(crate) fn of(self, side: Side) -> u16 {
        match side {
            Side::Home => self.home,
            Side::Away => self.away,
        }
    }

    /// Counts a goal of a side.
    #[cfg_attr(not(feature = "import"), allow(dead_code))]
    pub(crate) fn add_goal(&mut self, side: Side) {
        let goals = match side {
            Side::Home => &mut self.home,
            Side::Away => &mut self.away,
        };
        *goals = goals.saturating_add(1);
    }
}

impl fmt::Display for Score {
    /// `1-0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.home, self.away)
    }
}
