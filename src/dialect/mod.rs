//! Wire formats: encodes football and playback as frames, decodes what subscribers send as requests.
//!
//! A frame is a pure function of its arguments. Event and snapshot frames depend on timeline, index and match alone, so each
//! is encoded once and its bytes are shared. This floor writes into buffers and parses text; it has no sockets and no
//! transports. Each dialect is a module here; `touchline.v1` is [`native`].

pub mod native;
mod request;

/// The most bytes of a scenario that a client sends.
pub const MAX_SCENARIO_BYTES: usize = 8 << 20;

pub use request::{Action, MAX_REQUEST_BYTES, Request, RequestError};
