//! What all peers have in common: how they are called, what they send and when. The contract is in
//! `docs/performance.md`, "Fan-out side by side".

pub mod command_line;
pub mod message;
pub mod room;
pub mod schedule;
