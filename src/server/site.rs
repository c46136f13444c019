//! What is served where: all that a request may need.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio_util::sync::CancellationToken;

use super::access::Access;
use super::answers::Answers;
use super::catalogue::Catalogue;
use super::delivery::Delivery;
use super::limits::Limits;
use super::meters::Meters;
use super::pulse::Timing;
use super::seats::Seats;
use super::slow_work::SlowWork;
use crate::hub::Hub;

/// The replay that the plain paths mean.
pub(super) const MAIN: &str = "main";

/// What every request may need.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) hub: Arc<Hub>,
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) access: Access,
    pub(super) limits: Limits,
    pub(super) seats: Seats,
    pub(super) meters: Arc<Meters>,
    pub(super) answers: Answers,
    pub(super) slow_work: SlowWork,
    pub(super) timing: Timing,
    /// Ends whatever the server has begun: it is not waited for any more.
    pub(super) abort: CancellationToken,
    /// Serves the subscribers, where there is one.
    pub(super) delivery: Option<Arc<Delivery>>,
    /// Set once the server takes its leave.
    pub(super) leaving: AtomicBool,
}

#[cfg(test)]
pub(super) mod testing {
    use super::super::access::Rules;
    use super::*;
    use crate::hub::ReplayOptions;
    use crate::scenario::{SHIPPED, Timeline};

    /// A site on loopback that plays the flagship, without a delivery loop.
    pub(in crate::server) fn site() -> Site {
        let hub = Hub::new();
        let timeline = Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")));
        hub.open(MAIN, timeline, ReplayOptions::default()).expect("a replay");
        let bound = "127.0.0.1:8089".parse().expect("an address");
        Site {
            hub,
            catalogue: Arc::default(),
            access: Access::new(bound, false, Rules::default()),
            limits: Limits::default(),
            seats: Seats::new(Limits::default().connections, 1),
            meters: Arc::default(),
            answers: Answers::within(Limits::default().answer_bytes),
            slow_work: SlowWork::default(),
            timing: Timing::default(),
            abort: CancellationToken::new(),
            delivery: None,
            leaving: AtomicBool::new(false),
        }
    }
}
