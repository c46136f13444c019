//! The write time-out of an HTTP connection: a peer that does not take its responses is dropped.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use super::countdown::Countdown;

/// How many bytes a peer must take to restart the time-out. If one byte did, a peer could hold a response of megabytes
/// for hours.
const MIN_PROGRESS: u64 = 64 << 10;

/// Whether the last write to a connection blocked, and how many bytes have been written.
#[derive(Debug, Clone, Default)]
pub(super) struct WriteProgress(Arc<ProgressCounters>);

#[derive(Debug, Default)]
struct ProgressCounters {
    blocked: AtomicBool,
    bytes: AtomicU64,
}

impl WriteProgress {
    pub(super) fn is_blocked(&self) -> bool {
        self.0.blocked.load(Ordering::Relaxed)
    }

    /// Notes the result of a write.
    pub(super) fn note_written(&self, written: &Poll<io::Result<usize>>) {
        self.0.blocked.store(written.is_pending(), Ordering::Relaxed);
        if let Poll::Ready(Ok(bytes)) = written {
            self.0.bytes.fetch_add(*bytes as u64, Ordering::Relaxed);
        }
    }

    /// Notes the result of a flush: an encrypting socket takes bytes that it cannot send yet.
    pub(super) fn note_flushed(&self, flushed: &Poll<io::Result<()>>) {
        self.0.blocked.store(flushed.is_pending(), Ordering::Relaxed);
    }

    fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }
}

/// Elapses when a peer has not taken its responses for too long.
#[derive(Debug)]
pub(super) struct WriteTimeout {
    write_progress: WriteProgress,
    limit: Duration,
    /// How many bytes had been written when the time-out was last restarted; `None`: nothing is blocked.
    since: Option<u64>,
    countdown: Countdown,
}

impl WriteTimeout {
    pub(super) fn new(write_progress: WriteProgress, limit: Duration) -> Self {
        Self { write_progress, limit, since: None, countdown: Countdown::new(limit) }
    }

    /// Whether a write is blocked.
    pub(super) fn is_blocked(&self) -> bool {
        self.write_progress.is_blocked()
    }

    /// Ready once the time-out has elapsed. To be polled after each attempt to write.
    pub(super) fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.is_blocked() {
            self.since = None;
            return Poll::Pending;
        }
        let bytes = self.write_progress.bytes();
        if self.since.is_none_or(|since| bytes >= since + MIN_PROGRESS) {
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
    async fn a_peer_that_takes_too_little_times_out() {
        let write_progress = WriteProgress::default();
        let mut write_timeout = WriteTimeout::new(write_progress.clone(), Duration::from_secs(20));
        let mut elapsed = async |seconds| {
            tokio::time::timeout(Duration::from_secs(seconds), poll_fn(|cx| write_timeout.poll_elapsed(cx)))
                .await
                .is_ok()
        };
        assert!(!elapsed(100).await, "nothing waits");
        write_progress.note_written(&Poll::Pending);
        assert!(!elapsed(19).await);
        write_progress.note_written(&Poll::Ready(Ok(MIN_PROGRESS as usize)));
        write_progress.note_written(&Poll::Pending);
        assert!(!elapsed(19).await, "it has taken something");
        write_progress.note_written(&Poll::Ready(Ok(1)));
        write_progress.note_written(&Poll::Pending);
        assert!(elapsed(2).await, "a byte is not enough");
        write_progress.note_flushed(&Poll::Ready(Ok(())));
        assert!(!elapsed(100).await, "all is out");
        write_progress.note_flushed(&Poll::Pending);
        assert!(elapsed(21).await);
        write_progress.note_flushed(&Poll::Ready(Ok(())));
        assert!(!elapsed(100).await);
        write_progress.note_flushed(&Poll::Pending);
        assert!(!elapsed(1).await);
        tokio::time::advance(Duration::from_secs(600)).await;
        assert!(!elapsed(9).await, "the process was suspended");
        assert!(elapsed(10).await);
    }
}
