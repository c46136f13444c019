//! The state that all requests share.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio_util::sync::CancellationToken;

use super::access::Access;
use super::byte_budget::ByteBudget;
use super::catalogue::Catalogue;
use super::connection_limit::ConnectionLimit;
use super::delivery::Delivery;
use super::limits::Limits;
use super::metrics::Metrics;
use super::response_budget::ResponseBudget;
use super::slow_work::SlowWork;
use super::timers::Timing;
use crate::dialect::document::DocumentDialect;
use crate::hub::Hub;

/// The replay that the paths without `/r/{replay}` mean.
pub(crate) const MAIN_REPLAY: &str = "main";

/// The state that all requests share.
#[derive(Debug)]
pub(super) struct AppState {
    pub(super) hub: Arc<Hub>,
    pub(super) catalogue: Arc<Catalogue>,
    /// The dialects of this server that are templates.
    pub(super) templates: Vec<Arc<dyn DocumentDialect>>,
    pub(super) access: Access,
    pub(super) limits: Limits,
    pub(super) connection_limit: ConnectionLimit,
    pub(super) metrics: Arc<Metrics>,
    pub(super) response_budget: ResponseBudget,
    /// For scenarios on their way.
    pub(super) upload_budget: ByteBudget,
    pub(super) slow_work: SlowWork,
    /// The making of dialects' documents.
    pub(super) document_work: SlowWork,
    pub(super) timing: Timing,
    /// Aborts all tasks when the server is dropped, or its grace period is over.
    pub(super) abort: CancellationToken,
    /// Serves the subscribers. `None`: each has a task.
    pub(super) delivery: Option<Arc<Delivery>>,
    /// Set once the server shuts down.
    pub(super) shutting_down: AtomicBool,
}

#[cfg(test)]
pub(super) mod testing {
    use super::super::access::AccessRules;
    use super::*;
    use crate::hub::ReplayOptions;
    use crate::scenario::{SHIPPED, Timeline};

    /// A server on loopback that plays the flagship, without a delivery loop.
    pub(in crate::server) fn app() -> AppState {
        let hub = Hub::new();
        let timeline = Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")));
        hub.open(MAIN_REPLAY, timeline, ReplayOptions::default()).expect("a replay");
        let bound = "127.0.0.1:8089".parse().expect("an address");
        AppState {
            hub,
            catalogue: Arc::default(),
            templates: Vec::new(),
            access: Access::new(bound, false, AccessRules::default()),
            limits: Limits::default(),
            connection_limit: ConnectionLimit::new(Limits::default().connections, 1),
            metrics: Arc::default(),
            response_budget: ResponseBudget::with_limit(Limits::default().answer_bytes),
            upload_budget: ByteBudget::with_limit(Limits::default().upload_bytes),
            slow_work: SlowWork::default(),
            document_work: SlowWork::default(),
            timing: Timing::default(),
            abort: CancellationToken::new(),
            delivery: None,
            shutting_down: AtomicBool::new(false),
        }
    }
}
