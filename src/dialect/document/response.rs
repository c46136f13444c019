//! The response to a request for a document.

use bytes::Bytes;
use serde_json::Value;

/// The response to a request for a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentResponse {
    /// The HTTP status.
    pub status: u16,
    /// The media type.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
}

impl DocumentResponse {
    /// A response with a JSON document.
    pub fn json(status: u16, document: &Value) -> Self {
        Self::of(status, "application/json", document.to_string())
    }

    /// A response with a body of another media type.
    pub fn of(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status, content_type, body: body.into() }
    }
}
