//! A host for tests: it keeps drivers until the test takes them.

use crate::hub::{Driver, DriverRunner};
use crate::latency::Latency;
use parking_lot::Mutex;

#[derive(Debug, Default)]
pub(super) struct ManualHost(pub(super) Mutex<Vec<Driver>>);

impl DriverRunner for ManualHost {
    fn run(&self, driver: Driver) {
        self.0.lock().push(driver);
    }

    fn lateness(&self) -> Latency {
        Latency::new()
    }
}
