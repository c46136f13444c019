//! The documents of ESPN's site API.

use serde_json::json;

use super::document::{DocumentDialect, DocumentRequest, DocumentResponse, Moment, Provider};
use crate::scenario::Span;

/// ESPN.
pub static PROVIDER: Provider = Provider {
    dialect: &Espn,
    title: "ESPN site API",
    hosts: &["site.api.espn.com", "site.web.api.espn.com", "cdn.espn.com"],
    base_url_variable: "ESPN_BASE_URL",
};

#[derive(Debug)]
struct Espn;

impl DocumentDialect for Espn {
    fn name(&self) -> &str {
        "espn"
    }

    fn step(&self) -> Span {
        Span::from_secs(5)
    }

    fn respond(&self, _: &Moment<'_>, request: &DocumentRequest<'_>) -> DocumentResponse {
        self.error(request, 404)
    }

    fn error(&self, _: &DocumentRequest<'_>, status: u16) -> DocumentResponse {
        DocumentResponse::json(status, &json!({ "code": status }))
    }
}
