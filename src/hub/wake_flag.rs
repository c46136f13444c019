//! A flag that wakes a driver's runner before the instant for which the runner sleeps.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, Waker};

use futures::task::AtomicWaker;

/// Set when a command has arrived, the replay is to stop, or a subscriber or observer needs the driver. The flag stays set
/// until the runner takes it, so that no wake-up is lost.
#[derive(Debug, Default)]
pub struct WakeFlag {
    set: AtomicBool,
    runner: AtomicWaker,
}

impl WakeFlag {
    /// Sets the flag and wakes the runner. Waking twice before the runner takes the flag has no further effect.
    pub(super) fn wake(&self) {
        if !self.set.swap(true, Ordering::AcqRel) {
            self.runner.wake();
        }
    }

    /// Clears the flag. Returns whether it was set.
    pub fn take(&self) -> bool {
        self.set.swap(false, Ordering::AcqRel)
    }

    /// Registers the waker of the runner. Must be called before each [`Self::take`], or a wake-up in between is lost.
    pub fn register(&self, runner: &Waker) {
        self.runner.register(runner);
    }

    /// Waits until the flag is set, and clears it.
    pub async fn wait_for_wake(&self) {
        poll_fn(|cx| {
            self.register(cx.waker());
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
    async fn the_flag_stays_set_until_it_is_taken() {
        let flag = Arc::new(WakeFlag::default());
        flag.wake();
        flag.wake();
        flag.wait_for_wake().await;
        assert!(!flag.take(), "twice is once");
        let waker = flag.clone();
        let waiting = tokio::spawn(async move { flag.wait_for_wake().await });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        waker.wake();
        waiting.await.expect("woken");
    }
}
