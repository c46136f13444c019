//! The words for faults, of feeds and of links, in plans and in the `fault` lines of a scenario.

use crate::words::words;

/// The parameters that choose events. Every feed fault has them.
const CHOOSING_EVENTS: [&str; 6] = ["p", "at", "types", "match", "from", "until"];
/// The parameters that choose requests, then new connections, then connections: every link fault has those of what it concerns.
const CHOOSING_REQUESTS: [&str; 5] = ["p", "at", "match", "from", "until"];
const CHOOSING_CONNECTS: [&str; 6] = ["p", "at", "match", "from", "until", "client"];
const CHOOSING_CONNECTIONS: [&str; 7] = ["p", "at", "match", "from", "until", "subscriber", "client"];

words! {
    /// What can go wrong: in a feed, then on a link.
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
        /// What the server sends arrives later.
        Delay = "delay",
        /// Nothing is sent or read for a while.
        Stall = "stall",
        /// A connection ends: reset, or closed with a code.
        Cut = "cut",
        /// New connections are refused.
        Refuse = "refuse",
        /// What the server sends arrives at a limited rate.
        Throttle = "throttle",
        /// What the server sends arrives in small pieces.
        Fragment = "fragment",
        /// Frames of events are damaged.
        Corrupt = "corrupt",
        /// A connection dies, and neither end is told.
        HalfOpen = "half_open",
        /// The response to the handshake comes late.
        SlowHandshake = "slow_handshake",
        /// Documents are answered with an error.
        HttpError = "http_error",
        /// The bodies of documents come late.
        SlowBody = "slow_body",
        /// Documents are refused once too many have been requested.
        Limit = "limit",
    }
}

impl FaultKind {
    /// Whether it bends a link, and leaves the feed alone.
    pub const fn is_link(self) -> bool {
        !matches!(
            self,
            Self::Late
                | Self::Drop
                | Self::Duplicate
                | Self::Reorder
                | Self::Burst
                | Self::Vanish
                | Self::Correct
                | Self::Reissue
                | Self::Unknown
                | Self::Clock
                | Self::Swap
        )
    }

    /// The names of the parameters that choose what it concerns.
    pub(crate) const fn choosing_parameters(self) -> &'static [&'static str] {
        match self {
            Self::HttpError | Self::SlowBody | Self::Limit => &CHOOSING_REQUESTS,
            Self::Refuse => &CHOOSING_CONNECTS,
            _ if self.is_link() => &CHOOSING_CONNECTIONS,
            _ => &CHOOSING_EVENTS,
        }
    }

    /// The names of its own parameters, beside those.
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
            Self::Delay => &["by", "for", "every"],
            Self::Stall => &["for", "every"],
            Self::Cut => &["code", "every"],
            Self::Refuse => &["code", "times"],
            Self::Throttle => &["rate", "for", "every"],
            Self::Fragment => &["size", "for", "every"],
            Self::Corrupt => &["what", "every"],
            Self::HalfOpen => &["for", "every"],
            Self::SlowHandshake => &["by"],
            Self::HttpError => &["code", "what"],
            Self::SlowBody => &["by", "what"],
            Self::Limit => &["times", "every", "code", "what"],
        }
    }
}
