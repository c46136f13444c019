//! Shared by all peers: command line, messages and schedule. The contract of a peer is in
//! `docs/performance.md`, "Fan-out side by side".

pub mod command_line;
pub mod message;
pub mod schedule;
pub mod topic;
