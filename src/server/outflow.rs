//! How answers flow out of an HTTP connection, and how long somebody who does not take them is waited for.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use super::countdown::Countdown;

/// How much a peer must take to be waited for again. Less would let one that takes a byte now and then hold an answer of
/// megabytes for hours.
const PROGRESS: u64 = 64 << 10;

/// Whether what was last written to a connection has to wait, and how much has been written.
#[derive(Debug, Clone, Default)]
pub(super) struct Outflow(Arc<Flow>);

#[derive(Debug, Default)]
struct Flow {
    blocked: AtomicBool,
    bytes: AtomicU64,
}

impl Outflow {
    pub(super) fn is_blocked(&self) -> bool {
        self.0.blocked.load(Ordering::Relaxed)
    }

    /// Notes what became of a write.
    pub(super) fn note_written(&self, written: &Poll<io::Result<usize>>) {
        self.0.blocked.store(written.is_pending(), Ordering::Relaxed);
        if let Poll::Ready(Ok(bytes)) = written {
            self.0.bytes.fetch_add(*bytes as u64, Ordering::Relaxed);
        }
    }

    /// Notes what became of a flush: a socket that encrypts takes what it cannot pass on yet.
    pub(super) fn note_flushed(&self, flushed: &Poll<io::Result<()>>) {
        self.0.blocked.store(flushed.is_pending(), Ordering::Relaxed);
    }

    fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }
}

/// Waits for a peer that does not take its answers, but not for ever.
#[derive(Debug)]
pub(super) struct Patience {
    outflow: Outflow,
    limit: Duration,
    /// How much had been written when it was last waited for anew; `None`: nothing waits.
    since: Option<u64>,
    countdown: Countdown,
}

impl Patience {
    pub(super) fn new(outflow: Outflow, limit: Duration) -> Self {
        Self { outflow, limit, since: None, countdown: Countdown::new(limit) }
    }

    /// Whether something has to wait to be written.
    pub(super) fn is_waiting(&self) -> bool {
        self.outflow.is_blocked()
    }

    /// Ready once the peer has been waited for long enough. To be called after each attempt to write.
    pub(super) fn poll_lost(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.is_waiting() {
            self.since = None;
            return Poll::Pending;
        }
        let bytes = self.outflow.bytes();
        if self.since.is_none_or(|since| bytes >= since + PROGRESS) {
            self.since = Some(bytes);
            self.countdown.restart(self.limit);
        }
        Pin::new(&mut self.countdown).poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_takes_little_is_lost_and_who_takes_enough_is_not() {
        let outflow = Outflow::default();
        let mut patience = Patience::new(outflow.clone(), Duration::from_secs(20));
        let mut lost = async |seconds| {
            tokio::time::timeout(Duration::from_secs(seconds), poll_fn(|cx| patience.poll_lost(cx))).await.is_ok()
        };
        assert!(!lost(100).await, "nothing waits");
        outflow.note_written(&Poll::Pending);
        assert!(!lost(19).await);
        outflow.note_written(&Poll::Ready(Ok(PROGRESS as usize)));
        outflow.note_written(&Poll::Pending);
        assert!(!lost(19).await, "it has taken something");
        outflow.note_written(&Poll::Ready(Ok(1)));
        outflow.note_written(&Poll::Pending);
        assert!(lost(2).await, "a byte is not enough");
        outflow.note_flushed(&Poll::Ready(Ok(())));
        assert!(!lost(100).await, "all is out");
        outflow.note_flushed(&Poll::Pending);
        assert!(lost(21).await);
        outflow.note_flushed(&Poll::Ready(Ok(())));
        assert!(!lost(100).await);
        outflow.note_flushed(&Poll::Pending);
        assert!(!lost(1).await);
        tokio::time::advance(Duration::from_secs(600)).await;
        assert!(!lost(9).await, "nobody was there to write");
        assert!(lost(10).await);
    }
}
