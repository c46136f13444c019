//! How every peer is called, and how it says where it listens.

use std::io::{self, Write};
use std::net::SocketAddr;

/// What a peer is told on its command line.
#[derive(Debug, Clone, Copy, clap::Parser)]
pub struct CommandLine {
    /// Begin when so many have subscribed
    #[arg(long)]
    pub subscribers: usize,
    /// How many messages everyone is sent
    #[arg(long)]
    pub messages: u64,
    /// Messages a second; 0: as fast as they are taken, and nothing is lost
    #[arg(long)]
    pub rate: u32,
}

/// Where peers listen: a free port of this machine.
pub const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// Says on standard output that subscribers may come: the port, alone on a line.
pub fn tell_port(bound: SocketAddr) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", bound.port())?;
    out.flush()
}
