//! Runs computations that grow with the length of a timeline, a few at once.

use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::error_code::ErrorCode;
use crate::playback::Rejection;

/// Limits computations that grow with the length of a timeline and that any client can ask for (see
/// [`ReplaySpec::cost_depends_on_length`](crate::hub::ReplaySpec::cost_depends_on_length)). A few run at once, others wait in order.
#[derive(Debug)]
pub(super) struct SlowWork {
    running: Semaphore,
    queued: Semaphore,
}

impl SlowWork {
    /// How many computations may wait.
    const MAX_QUEUED: usize = 64;
    /// How long each may wait.
    const MAX_WAIT: Duration = Duration::from_secs(10);

    /// Runs at most so many computations at once.
    pub(super) fn with_concurrency(running: usize) -> Self {
        let running = running.clamp(1, Semaphore::MAX_PERMITS);
        Self { running: Semaphore::new(running), queued: Semaphore::new(Self::MAX_QUEUED) }
    }

    /// Runs the work when it is its turn, and not at all if the future is dropped before. Rejects it with `over_limit`
    /// if too many wait already, or if its turn does not come in time.
    pub(super) async fn run<T>(&self, work: impl FnOnce() -> T) -> Result<T, Rejection> {
        let busy = || {
            let message = "too many replays with fit, now, wall, faults or scenarios of their own are being opened, or documents of \
                           dialects made, at once; try again in a moment";
            Rejection::new(ErrorCode::OverLimit, message)
        };
        let place = self.queued.try_acquire().map_err(|_| busy())?;
        let Ok(Ok(_running)) = timeout(Self::MAX_WAIT, self.running.acquire()).await else { return Err(busy()) };
        drop(place);
        Ok(run_blocking(work))
    }
}

impl Default for SlowWork {
    /// Leaves half of the cores for everything else.
    fn default() -> Self {
        Self::with_concurrency(std::thread::available_parallelism().map_or(1, |cores| cores.get() / 2))
    }
}

/// Runs work that takes long, moving other tasks to other threads if the runtime has several.
pub(super) fn run_blocking<T>(work: impl FnOnce() -> T) -> T {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => tokio::task::block_in_place(work),
        _ => work(),
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::{Arc, mpsc};
    use std::task::Poll;

    use super::*;

    /// Work that lasts until it is told to end.
    fn endless() -> (mpsc::Sender<()>, impl FnOnce() + Send + 'static) {
        let (end, ended) = mpsc::channel();
        (end, move || ended.recv().unwrap_or_default())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn slow_work_runs_in_turn_and_too_much_of_it_is_refused() {
        let slow = Arc::new(SlowWork::with_concurrency(1));
        let (end, work) = endless();
        let first = tokio::spawn({
            let slow = slow.clone();
            async move { slow.run(work).await }
        });
        while slow.running.available_permits() > 0 || slow.queued.available_permits() < SlowWork::MAX_QUEUED {
            tokio::task::yield_now().await;
        }
        let (done, mut order) = tokio::sync::mpsc::unbounded_channel();
        let mut waiting = Vec::new();
        for number in 0..SlowWork::MAX_QUEUED {
            let (slow, done) = (slow.clone(), done.clone());
            let mut run = Box::pin(async move { slow.run(|| done.send(number)).await });
            // Polled here, so that each is queued before the next one.
            assert!(poll_fn(|context| Poll::Ready(run.as_mut().poll(context))).await.is_pending(), "{number}");
            waiting.push(tokio::spawn(run));
        }
        assert_eq!(slow.queued.available_permits(), 0);
        let refused = slow.run(|| ()).await.expect_err("one too many");
        assert_eq!(refused.code, ErrorCode::OverLimit);
        // An aborted task is not run, and its place becomes free.
        waiting.remove(1).abort();
        while slow.queued.available_permits() == 0 {
            tokio::task::yield_now().await;
        }
        end.send(()).expect("it runs");
        first.await.expect("no panic").expect("its turn");
        for waiting in waiting {
            waiting.await.expect("no panic").expect("its turn").expect("received");
        }
        drop(done);
        let mut all = Vec::new();
        while let Some(number) = order.recv().await {
            all.push(number);
        }
        assert_eq!(all, (0..SlowWork::MAX_QUEUED).filter(|number| *number != 1).collect::<Vec<_>>());
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_times_out() {
        let slow = SlowWork::with_concurrency(1);
        let _taken = slow.running.acquire().await.expect("free");
        assert_eq!(slow.run(|| ()).await.expect_err("no turn").code, ErrorCode::OverLimit);
        assert_eq!(slow.queued.available_permits(), SlowWork::MAX_QUEUED);
    }
}
