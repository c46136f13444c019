//! What is served where: all that a request may need.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::access::Access;
use super::delivery::Delivery;
use super::pulse::Timing;
use crate::hub::Hub;

/// The replay that the plain paths mean.
pub(super) const MAIN: &str = "main";
/// Where subscribers connect.
pub(super) const WEBSOCKET_PATH: &str = "/ws";

/// What every request may need.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) hub: Arc<Hub>,
    pub(super) access: Access,
    pub(super) timing: Timing,
    /// Ends whatever the server has begun: it is not waited for any more.
    pub(super) abort: CancellationToken,
    /// Serves the subscribers, where there is one.
    pub(super) delivery: Option<Arc<Delivery>>,
}
