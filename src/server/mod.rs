//! Sockets: accept, upgrade, and the conversation with each subscriber.
//!
//! The accept loop and hyper speak HTTP, axum's router says who answers what, and after the upgrade a
//! `Conversation` drives one [`Outbound`](crate::hub::Outbound) over the socket. To add a transport: a file in
//! `transport` that frames and reads, and a route.

mod accept;
mod access;
mod conversation;
pub mod delivery;
mod handshake;
mod parameters;
mod pulse;
mod requests;
mod routes;
mod seats;
mod transport;

pub use accept::{Server, ServerOptions, raise_open_file_limit};
pub use conversation::Conversation;
pub use parameters::parse as parse_parameters;
pub use pulse::Timing;
pub use seats::Seat;
