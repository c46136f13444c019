//! Stand-ins for systems without epoll, where tasks serve subscribers: a delivery loop that cannot be started.

use std::convert::Infallible;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use tokio::sync::mpsc;

use super::super::admission::FastPath;
use super::network::NewSubscriber;
use crate::error::Result;
use crate::hub::{Driver, DriverRunner};
use crate::latency::Latency;
use crate::server::accept::Accepted;
use crate::server::connection_limit::ConnectionLimit;
use crate::server::limits::Limits;
use crate::server::metrics::Metrics;
use crate::server::timers::Timing;

/// The delivery loop, which this system cannot have.
#[derive(Debug)]
pub struct Delivery(Infallible);

/// Its acceptor, likewise.
#[derive(Debug)]
pub struct Acceptor(());

impl Acceptor {
    pub(in crate::server) fn new(
        _: TcpListener,
        _: FastPath,
        _: &Limits,
        _: Arc<Metrics>,
        _: ConnectionLimit,
        _: mpsc::UnboundedSender<Accepted>,
    ) -> Self {
        Self(())
    }
}

impl DriverRunner for Delivery {
    fn run(&self, _: Driver) {
        match self.0 {}
    }

    fn lateness(&self) -> Latency {
        match self.0 {}
    }
}

impl Delivery {
    /// Always `None`: the delivery loop needs epoll (Linux).
    pub fn start(_: Timing, _: Arc<Metrics>) -> Result<Option<Self>> {
        Ok(None)
    }

    /// Cannot be called.
    pub fn join(&self, _: NewSubscriber<TcpStream>) -> io::Result<()> {
        match self.0 {}
    }

    /// Cannot be called.
    pub(in crate::server) fn start_accepting(&self, _: Acceptor) {
        match self.0 {}
    }

    /// Cannot be called.
    pub(in crate::server) fn stop_accepting(&self) {
        match self.0 {}
    }

    /// Cannot be called.
    pub fn disconnect_all(&self) {
        match self.0 {}
    }
}
