//! A connection on its way from the delivery loop to a task of its own: link faults take timers, which only tasks have.

use std::sync::Arc;

use tracing::Span;

use crate::faults::link::SeenPlace;
use crate::hub::{SubscriberGuard, SubscriberWriter};
use crate::server::connection_limit::ConnectionPermit;
use crate::server::metrics::{Metrics, SubscriberGauge};
use crate::server::timers::{ConnectionTimers, Timing};
use crate::server::transport::StreamReader;
use crate::verdict::Shown;

/// A subscriber's connection, with everything that serving it takes.
pub struct HandedOver<S> {
    pub(in crate::server) socket: S,
    pub(in crate::server) state: ServedSubscriber,
    pub(in crate::server) timing: Timing,
    pub(in crate::server) metrics: Arc<Metrics>,
    /// What has arrived and was not read yet.
    pub(in crate::server) leftover: Vec<u8>,
}

/// The state of a subscriber's connection, but for its socket.
pub(in crate::server) struct ServedSubscriber {
    pub(in crate::server) writer: Box<SubscriberWriter>,
    pub(in crate::server) reader: StreamReader,
    pub(in crate::server) timers: ConnectionTimers,
    pub(in crate::server) guard: SubscriberGuard,
    pub(in crate::server) gauge: SubscriberGauge,
    pub(in crate::server) may_control: bool,
    pub(in crate::server) permit: Option<ConnectionPermit>,
    /// Link faults that happened at once, up to this serial number, do not concern it: it came later.
    pub(in crate::server) link_serial: u64,
    /// Where playback was when it was served last: places after that are still to be reached.
    pub(in crate::server) seen: SeenPlace,
    /// What the client shows, if its saying so is why it is handed over.
    pub(in crate::server) shown: Option<Shown>,
}

impl<S> HandedOver<S> {
    /// The socket.
    pub fn socket(&self) -> &S {
        &self.socket
    }

    /// The span of the connection's log lines.
    pub(in crate::server) fn span(&self) -> Span {
        self.state.permit.as_ref().map_or_else(Span::none, ConnectionPermit::span)
    }

    /// The same connection over another kind of socket.
    pub fn try_map_socket<T, E>(self, change: impl FnOnce(S) -> Result<T, E>) -> Result<HandedOver<T>, E> {
        let Self { socket, state, timing, metrics, leftover } = self;
        Ok(HandedOver { socket: change(socket)?, state, timing, metrics, leftover })
    }
}

impl<S> std::fmt::Debug for HandedOver<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HandedOver").field("subscriber", &self.state.guard.number()).finish_non_exhaustive()
    }
}
