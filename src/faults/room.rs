//! The room for what faults add: a plan may multiply a feed, and several of its faults multiply each other.

use crate::error_code::ErrorCode;
use crate::playback::Rejection;
use crate::scenario::Timeline;

/// How many events or notes there may be in all, as a multiple of those of the truth.
const MULTIPLE: usize = 3;
/// The least limit: a short match may be multiplied further.
const LEAST: usize = 100_000;

/// A limit, and whether it was reached.
#[derive(Debug)]
pub(super) struct Room {
    limit: usize,
    is_full: bool,
}

impl Room {
    pub(super) fn for_timeline(truth: &Timeline) -> Self {
        Self { limit: (truth.cues().len() * MULTIPLE).max(LEAST), is_full: false }
    }

    /// Whether one more can be added to a list of this length.
    pub(super) fn take(&mut self, length: usize) -> bool {
        let fits = length < self.limit;
        self.is_full |= !fits;
        fits
    }

    /// Refuses the plan if something did not fit.
    pub(super) fn check(&self) -> Result<(), Rejection> {
        if !self.is_full {
            return Ok(());
        }
        let message = format!("the plan makes more than {} events of this scenario: lower p or times", self.limit);
        Err(Rejection::new(ErrorCode::OverLimit, message))
    }
}
