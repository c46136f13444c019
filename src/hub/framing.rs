//! Stub until the framings are merged.

/// How frames are told apart on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Framing {
    /// WebSocket.
    #[default]
    WebSocket,
    /// SSE.
    Sse,
    /// NDJSON.
    Lines,
}
