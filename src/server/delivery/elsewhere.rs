//! Where the system has no epoll there is no delivery loop; tasks do its work.

use std::convert::Infallible;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use tokio::sync::mpsc;

use super::net::Newcomer;
use crate::error::Result;
use crate::hub::{Driver, DriverRunner};
use crate::latency::Latency;
use crate::server::accept::Arrived;
use crate::server::meters::Meters;
use crate::server::pulse::Timing;
use crate::server::seats::Seats;
use crate::server::site::Site;

/// The delivery loop, which this system cannot have.
#[derive(Debug)]
pub struct Delivery(Infallible);

/// The way in to it, likewise.
#[derive(Debug)]
pub struct Door(());

impl Door {
    pub(in crate::server) fn new(_: TcpListener, _: Arc<Site>, _: Seats, _: mpsc::UnboundedSender<Arrived>) -> Self {
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
    /// `None`: it takes Linux.
    pub fn start(_: Timing, _: Arc<Meters>) -> Result<Option<Self>> {
        Ok(None)
    }

    /// Cannot be called.
    pub fn join(&self, _: Newcomer<TcpStream>) -> io::Result<()> {
        match self.0 {}
    }

    /// Cannot be called.
    pub(in crate::server) fn open(&self, _: Door) {
        match self.0 {}
    }

    /// Cannot be called.
    pub(in crate::server) fn shut(&self) {
        match self.0 {}
    }

    /// Cannot be called.
    pub fn clear(&self) {
        match self.0 {}
    }
}
