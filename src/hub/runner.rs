//! Runners of drivers: they wait until a driver has something to do, and poll it.

use std::fmt::Debug;
use std::sync::Arc;

use parking_lot::Mutex;

use super::driver::Driver;
use super::wall::runtime_now;
use crate::latency::Latency;

/// Runs drivers, each until its replay is over.
pub trait DriverRunner: Debug + Send + Sync {
    /// Takes over a driver. The runner calls [`Driver::poll`] at once, then at `Due::first` or when the
    /// [wake flag](Driver::wake_flag) is set, whichever comes first. After each poll it calls [`Driver::notify_watchers`], and
    /// [`Driver::record_lateness`] if it measures lateness. When a poll returns `None` it drops the driver.
    fn run(&self, driver: Driver);

    /// How late cues were that came due one by one: from the instant at which a cue was due to the first write to a
    /// subscriber.
    fn lateness(&self) -> Latency;
}

/// Runs each driver as a task of the tokio runtime in which the replay was opened. As exact as tokio's timer: one to two
/// milliseconds.
#[derive(Debug, Default)]
pub(super) struct TokioRunner {
    /// Held while a few figures are added.
    lateness: Arc<Mutex<Latency>>,
}

impl DriverRunner for TokioRunner {
    fn run(&self, mut driver: Driver) {
        let lateness = self.lateness.clone();
        tokio::spawn(async move {
            let wake_flag = driver.wake_flag();
            while let Some(due) = driver.poll(runtime_now()) {
                // Subscribers are tasks of their own, which this wakes.
                driver.notify_watchers();
                let sent_at = runtime_now();
                driver.record_lateness(sent_at, &mut lateness.lock());
                tokio::select! {
                    () = wake_flag.wait_for_wake() => {}
                    () = tokio::time::sleep_until(due.first().into()) => {}
                }
            }
        });
    }

    fn lateness(&self) -> Latency {
        self.lateness.lock().clone()
    }
}
