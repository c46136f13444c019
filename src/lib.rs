//! Touchline replays football matches as live event streams.
pub mod error;
pub mod football;
mod json;
pub mod playback;
pub mod scenario;
