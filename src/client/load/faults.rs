//! The faults that a measurement counts.

/// Frames that subscribers received wrongly or not at all, summed over all subscribers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Faults {
    pub(super) lost: u64,
    pub(super) out_of_order: u64,
    /// Frames received twice, or not by most other subscribers.
    pub(super) extra: u64,
    /// The part of `extra` received twice.
    pub(super) duplicates: u64,
    /// Subscribers that were behind at the end, or too far behind to be tracked.
    pub(super) behind_at_end: u64,
}
