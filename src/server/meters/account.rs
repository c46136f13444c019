//! One subscriber in the meters.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::Meters;
use crate::hub::{Framing, Progress, ReplayStatus, SentTotals, SubscriberWriter};

/// Counts a subscriber as long as it is held, and as one that is behind while its socket is full.
#[derive(Debug)]
pub(in crate::server) struct Account {
    meters: Arc<Meters>,
    framing: Framing,
    behind: bool,
}

impl Account {
    pub(in crate::server) fn open(meters: &Arc<Meters>, framing: Framing) -> Self {
        meters.of(framing).subscribers.fetch_add(1, Ordering::Relaxed);
        Self { meters: meters.clone(), framing, behind: false }
    }

    /// Counts what a call of [`SubscriberWriter::pump`] has written, and notes how it ended; `None`: the connection is broken.
    pub(in crate::server) fn pumped(
        &mut self,
        outbound: &SubscriberWriter,
        before: SentTotals,
        progress: Option<Progress>,
        view: &ReplayStatus,
        now: Instant,
    ) {
        self.meters.wrote(outbound.replay(), self.framing, outbound.sent().since(before), 1);
        let behind = progress == Some(Progress::Blocked);
        match (std::mem::replace(&mut self.behind, behind), behind) {
            (false, true) => drop(self.meters.behind.fetch_add(1, Ordering::Relaxed)),
            (true, false) => drop(self.meters.behind.fetch_sub(1, Ordering::Relaxed)),
            _ => {}
        }
        self.note_lag(outbound, view, now);
    }

    /// Notes how far behind it is, if it is: to be called now and then where it waits for long.
    pub(in crate::server) fn note_lag(&self, outbound: &SubscriberWriter, view: &ReplayStatus, now: Instant) {
        if self.behind {
            self.meters.lag.note(outbound.lag(view), now);
        }
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.meters.of(self.framing).subscribers.fetch_sub(1, Ordering::Relaxed);
        if self.behind {
            self.meters.behind.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
