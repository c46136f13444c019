//! Where the system has no epoll there is no delivery loop; tasks do its work.

use std::convert::Infallible;
use std::io;
use std::net::TcpStream;

use super::net::Newcomer;
use crate::error::Result;
use crate::hub::{Driver, Host};
use crate::latency::Latency;
use crate::server::pulse::Timing;

/// The delivery loop, which this system cannot have.
#[derive(Debug)]
pub struct Delivery(Infallible);

impl Host for Delivery {
    fn host(&self, _: Driver) {
        match self.0 {}
    }

    fn lateness(&self) -> Latency {
        match self.0 {}
    }
}

impl Delivery {
    /// `None`: it takes Linux.
    pub fn start(_: Timing) -> Result<Option<Self>> {
        Ok(None)
    }

    /// Cannot be called.
    pub fn join(&self, _: Newcomer<TcpStream>) -> io::Result<()> {
        match self.0 {}
    }

    /// Cannot be called.
    pub fn clear(&self) {
        match self.0 {}
    }
}
