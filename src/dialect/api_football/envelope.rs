//! The frame that all responses have.

use serde_json::{Map, Value, json};

use crate::dialect::document::{DocumentRequest, DocumentResponse};

/// The frame of a response.
pub(super) struct Envelope {
    get: String,
    parameters: Value,
}

/// Why a request has no answer: the name of the error and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiFootballError {
    name: String,
    text: String,
}

impl ApiFootballError {
    pub(super) fn new(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), text: text.to_owned() }
    }
}

impl Envelope {
    /// Of a request to an endpoint.
    pub(super) fn new(path: &str, request: &DocumentRequest<'_>) -> Self {
        let parameters: Map<String, Value> =
            request.query.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        // Without parameters it is a list: PHP has one type for both.
        let parameters = if parameters.is_empty() { json!([]) } else { Value::Object(parameters) };
        Self { get: path.to_owned(), parameters }
    }

    /// Of a request to no endpoint.
    pub(super) fn unknown(request: &DocumentRequest<'_>) -> Self {
        Self::new("", request)
    }

    fn document(&self, errors: &Value, results: usize, response: &Value) -> DocumentResponse {
        let document = json!({
            "get": self.get,
            "parameters": self.parameters,
            "errors": errors,
            "results": results,
            "paging": { "current": 1, "total": 1 },
            "response": response,
        });
        DocumentResponse::json(200, &document)
    }

    pub(super) fn responses(&self, responses: Vec<Value>) -> DocumentResponse {
        self.document(&json!([]), responses.len(), &Value::Array(responses))
    }

    /// The response of `/status`, which is no list.
    pub(super) fn status(&self, account: &Value) -> DocumentResponse {
        self.document(&json!([]), 1, account)
    }

    /// An error is a 200.
    pub(super) fn refused(&self, refused: &ApiFootballError) -> DocumentResponse {
        self.document(&json!({ &refused.name: refused.text }), 0, &json!([]))
    }
}
