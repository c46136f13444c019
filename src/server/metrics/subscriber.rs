//! One subscriber in the metrics.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::Metrics;
use crate::hub::{Framing, PumpResult, ReplayStatus, SentTotals, SubscriberWriter};

/// Counts a subscriber as long as it exists, and as a lagging one while its socket is full.
#[derive(Debug)]
pub(in crate::server) struct SubscriberGauge {
    metrics: Arc<Metrics>,
    framing: Framing,
    behind: bool,
}

impl SubscriberGauge {
    pub(in crate::server) fn open(metrics: &Arc<Metrics>, framing: Framing) -> Self {
        metrics.transport_counters(framing).subscribers.fetch_add(1, Ordering::Relaxed);
        Self { metrics: metrics.clone(), framing, behind: false }
    }

    /// Counts what a call of [`SubscriberWriter::pump`] has written, and notes how it ended; `None`: the connection is broken.
    pub(in crate::server) fn record_pump(
        &mut self,
        writer: &SubscriberWriter,
        before: SentTotals,
        progress: Option<PumpResult>,
        view: &ReplayStatus,
        now: Instant,
    ) {
        self.metrics.record_written(writer.replay(), self.framing, writer.sent().since(before), 1);
        let behind = progress == Some(PumpResult::Blocked);
        match (std::mem::replace(&mut self.behind, behind), behind) {
            (false, true) => drop(self.metrics.behind.fetch_add(1, Ordering::Relaxed)),
            (true, false) => drop(self.metrics.behind.fetch_sub(1, Ordering::Relaxed)),
            _ => {}
        }
        self.note_lag(writer, view, now);
    }

    /// Notes the subscriber's lag, if it has one. To be called now and then while its socket stays full.
    pub(in crate::server) fn note_lag(&self, writer: &SubscriberWriter, view: &ReplayStatus, now: Instant) {
        if self.behind {
            self.metrics.lag.record(writer.lag(view), now);
        }
    }
}

impl Drop for SubscriberGauge {
    fn drop(&mut self) {
        self.metrics.transport_counters(self.framing).subscribers.fetch_sub(1, Ordering::Relaxed);
        if self.behind {
            self.metrics.behind.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
