//! Who runs drivers: waits for what is due, and calls them.

use std::fmt::Debug;

use super::driver::Driver;

/// Runs drivers, each until it is over.
pub trait Host: Debug + Send + Sync {
    /// Takes a driver over: its first [`Driver::turn`] is due at once.
    fn host(&self, driver: Driver);
}

/// Runs each driver as a task of the tokio runtime in which it was opened; as exact as tokio's timer, a millisecond or two.
#[derive(Debug)]
pub(super) struct Tasks;

impl Host for Tasks {
    fn host(&self, mut driver: Driver) {
        tokio::spawn(async move {
            let bell = driver.bell();
            while let Some(due) = driver.turn(tokio::time::Instant::now().into_std()) {
                tokio::select! {
                    () = bell.rung() => {}
                    () = tokio::time::sleep_until(due.into()) => {}
                }
            }
        });
    }
}
