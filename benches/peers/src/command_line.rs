//! The command line of every peer, and how it reports its port.

use std::io::{self, Write};
use std::net::SocketAddr;

/// The parameters of a peer.
#[derive(Debug, Clone, Copy, clap::Parser)]
pub struct CommandLine {
    /// Start sending once this many have subscribed
    #[arg(long)]
    pub subscribers: usize,
    /// Number of messages to each subscriber
    #[arg(long)]
    pub messages: u64,
    /// Messages per second; 0: as fast as subscribers read, without loss
    #[arg(long)]
    pub rate: u32,
}

/// The address that peers listen on: a free port of this machine.
pub const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// Prints the port alone on a line: the peer accepts connections.
pub fn print_port(bound: SocketAddr) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", bound.port())?;
    out.flush()
}
