//! Who runs drivers: waits for what is due, and calls them.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use super::driver::Driver;
use crate::latency::Latency;

/// Runs drivers, each until it is over.
pub trait Host: Debug + Send + Sync {
    /// Takes a driver over. Its first [`Driver::turn`] is due at once, the next ones at [`Due::first`](super::Due::first) or when
    /// its [bell](Driver::bell) rings, whichever comes first. After each turn the host calls [`Driver::announce`], and
    /// [`Driver::note_lateness`] if it measures that; after a turn that gives `None` it drops the driver.
    fn host(&self, driver: Driver);

    /// How late the cues have been that it told one by one, each from the instant at which it was due to the one at which
    /// the first subscriber was written to.
    fn lateness(&self) -> Latency;
}

/// Runs each driver as a task of the tokio runtime in which it was opened; as exact as tokio's timer, a millisecond or two.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    /// Held while a few figures are added.
    lateness: Arc<Mutex<Latency>>,
}

impl Host for Tasks {
    fn host(&self, mut driver: Driver) {
        let lateness = self.lateness.clone();
        tokio::spawn(async move {
            let bell = driver.bell();
            while let Some(due) = driver.turn(tokio::time::Instant::now().into_std()) {
                // Subscribers have tasks of their own, which are awake then.
                driver.announce();
                let told = tokio::time::Instant::now().into_std();
                driver.note_lateness(told, &mut lateness.lock().unwrap_or_else(PoisonError::into_inner));
                tokio::select! {
                    () = bell.rung() => {}
                    () = tokio::time::sleep_until(due.first().into()) => {}
                }
            }
        });
    }

    fn lateness(&self) -> Latency {
        self.lateness.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
