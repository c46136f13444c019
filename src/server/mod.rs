//! Sockets: accept, upgrade, and the conversation with each subscriber.
//!
//! [`Server`] brings an address and a hub together. Subscribers are served by the [`delivery`] loop, or by a
//! [`Conversation`] each; hyper and axum's router answer everything else. To add a transport: a file in `transport` that
//! frames and reads, and a route.

mod accept;
mod access;
mod answers;
mod api;
mod catalogue;
mod connection;
mod conversation;
mod countdown;
mod dashboard;
pub mod delivery;
mod entrance;
mod etag;
mod handshake;
mod limits;
mod meters;
mod negotiation;
mod open_files;
mod opening;
mod outflow;
mod parameters;
mod pulse;
mod query;
mod refusal;
mod repeated;
mod requests;
mod routes;
mod seats;
mod serve;
mod shorten;
mod site;
mod slow_work;
mod tls;
mod transport;

pub use access::{Authority, ControlToken, PublicUrl, WebOrigin};
pub use catalogue::{Catalogue, Offered};
pub use conversation::Conversation;
pub use limits::Limits;
pub use meters::{Connections, Meters};
pub use open_files::{OpenFiles, raise_open_file_limit};
pub use parameters::parse as parse_parameters;
pub use pulse::Timing;
pub use seats::Seat;
pub use serve::{Server, ServerOptions};
pub use tls::{Tls, TlsStream};
