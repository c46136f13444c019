//! Time-outs that count only the time in which this process runs: while it is suspended, it cannot receive from its
//! peers.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::Timer;
use tokio::task::unconstrained;
use tokio::time::{Instant, Sleep, sleep};

use crate::suspension::suspended_for;

/// In how many steps a time-out is waited for. A suspension shows as a step that ends late; within a step it looks like
/// time that passes.
pub(super) const COUNTDOWN_STEPS: u32 = 4;

/// Completes when its time has passed, not counting suspensions of this process.
#[derive(Debug)]
pub(super) struct Countdown {
    left: Duration,
    step: Duration,
    /// When the current step began. It ends with the timer.
    began: Instant,
    timer: Pin<Box<Sleep>>,
}

impl Countdown {
    pub(super) fn new(limit: Duration) -> Self {
        let step = step_length(limit);
        Self { left: limit, step, began: Instant::now(), timer: Box::pin(sleep(step)) }
    }

    /// Starts again.
    pub(super) fn restart(&mut self, limit: Duration) {
        (self.left, self.step) = (limit, step_length(limit));
        self.begin_step();
    }

    fn begin_step(&mut self) {
        /// Longer than any wait, and well within the range of clocks.
        const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);
        self.began = Instant::now();
        self.timer.as_mut().reset(self.began + self.step.min(self.left).min(LONGEST));
    }
}

fn step_length(limit: Duration) -> Duration {
    // At least a millisecond, the resolution of the runtime's timer: time has to pass in a step.
    (limit / COUNTDOWN_STEPS).max(Duration::from_millis(1))
}

impl Future for Countdown {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.timer.as_mut().poll(cx));
            let now = Instant::now();
            let slept = suspended_for(self.timer.deadline().into_std(), now.into_std());
            self.left = self.left.saturating_sub((now - self.began).saturating_sub(slept));
            if self.left.is_zero() {
                return Poll::Ready(());
            }
            self.begin_step();
        }
    }
}

/// The future did not complete in time.
#[derive(Debug)]
pub(super) struct Elapsed;

/// Waits for a future, at most for `limit`.
pub(super) async fn timeout<F: Future>(limit: Duration, future: F) -> Result<F::Output, Elapsed> {
    tokio::select! {
        biased;
        output = future => Ok(output),
        // Unconstrained: a future that is always busy uses up the task's budget, and the timer must be polled all the
        // same.
        () = unconstrained(Countdown::new(limit)) => Err(Elapsed),
    }
}

/// The timer of hyper's own time-outs.
#[derive(Debug)]
pub(super) struct HyperTimer;

impl Timer for HyperTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(Countdown::new(duration))
    }

    fn sleep_until(&self, deadline: std::time::Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        self.sleep(deadline.saturating_duration_since(self.now()))
    }

    fn now(&self) -> std::time::Instant {
        Instant::now().into_std()
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn hyper::rt::Sleep>>, deadline: std::time::Instant) {
        match sleep.as_mut().downcast_mut_pin::<Countdown>() {
            Some(countdown) => countdown.get_mut().restart(deadline.saturating_duration_since(self.now())),
            None => *sleep = self.sleep_until(deadline),
        }
    }
}

impl hyper::rt::Sleep for Countdown {}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn it_takes_as_long_as_it_says() {
        for limit in [Duration::ZERO, Duration::from_nanos(3), Duration::from_millis(999), LIMIT] {
            let began = Instant::now();
            assert!(timeout(limit, std::future::pending::<()>()).await.is_err());
            let took = began.elapsed();
            // The runtime's timer counts in milliseconds, for each step.
            assert!(limit <= took && took <= limit + Duration::from_millis(1) * COUNTDOWN_STEPS, "{limit:?}: {took:?}");
        }
        assert!(timeout(LIMIT, async { 1 }).await.is_ok());
        let endless = timeout(Duration::MAX, std::future::pending::<()>());
        assert!(tokio::time::timeout(LIMIT, endless).await.is_err());
    }

    #[tokio::test]
    async fn a_future_that_is_always_busy_is_given_up() {
        let began = Instant::now();
        let busy = async {
            while began.elapsed() < LIMIT {
                tokio::task::coop::consume_budget().await;
            }
        };
        assert!(timeout(Duration::from_millis(20), busy).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_suspension_hardly_counts() {
        for after in [0, 1, 4, 9] {
            let waiting = tokio::spawn(timeout(LIMIT, std::future::pending::<()>()));
            tokio::time::sleep(Duration::from_secs(after)).await;
            let woken = Instant::now() + Duration::from_secs(600);
            advance(Duration::from_secs(600)).await;
            assert!(waiting.await.expect("no panic").is_err());
            // What was left, without the rest of the current step and the second of a suspension that counts.
            let left = LIMIT - Duration::from_secs(after);
            let after = woken.elapsed();
            assert!(
                after <= left && after + LIMIT / COUNTDOWN_STEPS + Duration::from_secs(1) >= left,
                "{left:?}: {after:?}"
            );
        }
    }
}
