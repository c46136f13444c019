//! Integration tests: whole matches over in-memory pipes under virtual time, and a few over real sockets.

mod accepted;
mod api;
mod asking;
mod binary;
mod bodies;
mod chance;
mod controlling;
mod conversation;
mod damage;
mod doors;
mod encrypted;
mod facts;
mod fold;
mod foreign;
mod hostile;
mod impostors;
mod library;
mod lifetime;
mod load;
#[cfg(target_os = "linux")]
mod long;
mod metrics;
mod outlet;
mod pipes;
mod program;
mod properties;
mod protocol_page;
mod proxied;
mod real;
mod scenario_page;
mod serving;
mod sockets;
mod stage;
mod transcripts;
mod watching;
mod wire;
