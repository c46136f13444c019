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
mod encrypted;
mod facts;
mod fold;
mod foreign;
mod hostile;
mod library;
mod load;
#[cfg(target_os = "linux")]
mod long;
mod metrics;
mod outlet;
mod pipes;
mod program;
mod properties;
mod protocol_page;
mod real;
mod scenario_page;
mod serving;
mod sockets;
mod stage;
mod transcripts;
mod watching;
mod wire;
