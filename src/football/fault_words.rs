//! The words for feed faults, in plans and in the `fault` lines of a scenario.

use crate::words::words;

words! {
    /// What can go wrong in a feed.
    FaultKind {
        /// An event is sent later than it happened.
        Late = "late",
        /// An event is lost.
        Drop = "drop",
        /// An event is sent several times.
        Duplicate = "duplicate",
        /// An event is sent after the next event of its match.
        Reorder = "reorder",
        /// The feed says nothing for a while, then everything at once.
        Burst = "burst",
    }
}
