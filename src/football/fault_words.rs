//! The words for feed faults, in plans and in the `fault` lines of a scenario.

use crate::words::words;

/// The parameters that choose events. Every fault has them.
pub(crate) const CHOOSING_PARAMETERS: [&str; 6] = ["p", "at", "types", "match", "from", "until"];
/// Words for faults of connections. Scenarios may have them already.
pub(crate) const LINK_FAULTS: [&str; 8] =
    ["delay", "stall", "cut", "refuse", "throttle", "fragment", "corrupt", "half_open"];

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

impl FaultKind {
    /// The names of its own parameters, beside those that choose events.
    pub(crate) const fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::Drop => &[],
            Self::Late | Self::Reorder | Self::Vanish | Self::Reissue => &["by"],
            Self::Duplicate => &["by", "times"],
            Self::Burst => &["for"],
            Self::Correct => &["by", "what"],
            Self::Unknown => &["what"],
            Self::Clock => &["by", "for", "what"],
            Self::Swap => &["for", "with"],
        }
    }
}
