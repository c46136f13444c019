//! What calls the host of a driver before the instant that it waits for.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, Waker};

use futures::task::AtomicWaker;

/// Rings where a command has come, a replay is to stop, or the subscribers are as many as were waited for. It stays rung
/// until somebody looks: nobody can miss it.
#[derive(Debug, Default)]
pub struct Bell {
    rung: AtomicBool,
    host: AtomicWaker,
}

impl Bell {
    pub(super) fn ring(&self) {
        // One who has rung already and was not heard yet is not outdone.
        if !self.rung.swap(true, Ordering::AcqRel) {
            self.host.wake();
        }
    }

    /// Whether it has rung since the last look.
    pub fn take(&self) -> bool {
        self.rung.swap(false, Ordering::AcqRel)
    }

    /// Wakes this host when it rings. To be said before each look.
    pub fn wakes(&self, host: &Waker) {
        self.host.register(host);
    }

    /// Waits for it.
    pub async fn rung(&self) {
        poll_fn(|cx| {
            self.wakes(cx.waker());
            if self.take() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn it_stays_rung_until_somebody_looks() {
        let bell = Arc::new(Bell::default());
        bell.ring();
        bell.ring();
        bell.rung().await;
        assert!(!bell.take(), "twice is once");
        let ringer = bell.clone();
        let waiting = tokio::spawn(async move { bell.rung().await });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        ringer.ring();
        waiting.await.expect("rung");
    }
}
