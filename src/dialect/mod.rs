//! The words on the wire: football and playback into frames, and what subscribers say into requests.
//!
//! A frame is a pure function of what it tells (event and snapshot frames: of timeline, index and match alone), so it is
//! encoded once and its bytes are shared. This floor writes into buffers and reads text; it knows no sockets and no
//! transports. A dialect is a file here; `touchline.v1` is [`native`].

pub mod native;
mod request;

pub use request::{Action, MAX_REQUEST_BYTES, Request, RequestError};
