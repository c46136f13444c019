//! Touchline replays football matches as live event streams.
pub mod client;
pub mod dialect;
pub mod error;
pub mod football;
pub mod hub;
mod json;
pub mod playback;
pub mod scenario;
pub mod server;
