//! The server: replays for subscribers over WebSocket, SSE and NDJSON, an HTTP API, and a page.
//!
//! [`Server`] binds an address and owns a [`Hub`](crate::replay::Hub) of replays. Each replay is opened there, or by clients over
//! HTTP. `docs/protocol.md` describes what clients see, `docs/operations.md` how to run a server behind a proxy.

// The `delivery` loop serves subscribers, or a `SubscriberTask` each where there is no loop; hyper and axum's router answer every
// other request.
//
// To add a transport: give the hub a `Framing`, which frames what is sent; add its paths to `stream_request::STREAM_ROUTES`, and if
// it is not plain HTTP its handshake to `response_head`; add its counters to `metrics`; and if clients send messages on it, add a
// reader to `transport`. Routing, access and both drivers follow from these.

mod accept;
mod accept_header;
mod accepted_connection;
mod access;
mod admission;
mod api;
mod app_state;
mod byte_budget;
mod catalogue;
mod compress;
mod connection;
mod connection_limit;
pub(crate) mod contracts;
mod countdown;
mod dashboard;
mod delivery;
mod etag;
mod extract;
mod fast_path;
mod handshake;
mod limits;
mod link;
mod log_throttle;
mod metrics;
mod mount;
mod open_files;
mod opening;
mod parameters;
mod provider_port;
mod provider_proxy;
mod query;
mod refusal;
mod requests;
mod response_budget;
mod routes;
mod serve;
mod slow_work;
mod static_file;
mod stream_request;
mod subscriber_task;
mod timers;
mod tls;
mod transport;
mod write_timeout;

pub use crate::certificate::Fingerprint;
pub use access::{Authority, ControlToken, PublicUrl, WebOrigin};
pub(crate) use app_state::MAIN_REPLAY;
pub(crate) use catalogue::CatalogueEntry;
pub use ipnet::IpNet;
pub use limits::Limits;
pub(crate) use open_files::OpenFiles;
pub(crate) use open_files::raise_open_file_limit;
pub use provider_port::{ProviderProxy, ProxyPass};
pub use serve::{Server, ServerBuilder};
pub use timers::Timing;
pub use tls::Tls;

#[doc(hidden)]
pub mod internals {
    pub mod contracts {
        pub use super::super::contracts::{document, names};
    }
    pub use super::link::HandedOver;
    pub mod delivery {
        pub use super::super::delivery::{ConnectionToken, Delivery, Fanout, Interest, Network, NewSubscriber};
    }
    pub use super::metrics::{ConnectionUsage, Metrics};
    pub use super::open_files::raise_open_file_limit;
    pub use super::parameters::parse as parse_parameters;
    pub use super::subscriber_task::SubscriberTask;
}
