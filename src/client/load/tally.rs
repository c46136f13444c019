//! What a measurement counts.

use super::cause_counts::CauseCounts;

/// Frames that subscribers received wrongly or not at all, summed over all subscribers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// Frames that a subscriber should have received and did not.
    pub lost: u64,
    /// Frames received after later ones.
    pub out_of_order: u64,
    /// Frames received twice, or not by most other subscribers.
    pub extra: u64,
    /// The part of `extra` received twice.
    pub duplicates: u64,
    /// Subscribers that were behind at the end, or too far behind to be tracked.
    pub behind_at_end: u64,
}

/// What all subscribers received, beside its faults.
#[derive(Debug, Clone, Default)]
pub struct ReceiptTally {
    /// Messages received in the time measured.
    pub frames: u64,
    /// The bytes of their payloads.
    pub bytes: u64,
    /// Receipts whose order was checked.
    pub checked: u64,
    /// Frames with a timestamp in the named field, also before the time measured.
    pub timestamped: u64,
    /// How often the server moved a lagging subscriber to the head, by its own statement.
    pub resyncs: u64,
    /// Why connections were lost, or streams ended too early.
    pub drops: CauseCounts,
    /// The number of streams that the server closed after sending everything.
    pub finished: usize,
}
