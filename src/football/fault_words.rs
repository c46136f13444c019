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
        /// A goal stops counting, and no event says so.
        Vanish = "vanish",
        /// An event is wrong at first and corrected later.
        Correct = "correct",
        /// An event is replaced by the same one under another id, with a later minute.
        Reissue = "reissue",
        /// An event has an unknown type or field, or lacks one.
        Unknown = "unknown",
        /// The match clock jumps, stands still or gains.
        Clock = "clock",
        /// The events of two matches are sent under each other's match id.
        Swap = "swap",
    }
}
