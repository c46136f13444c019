//! The documents of API-Football v3.

use serde_json::json;

use super::document::{DocumentDialect, DocumentRequest, DocumentResponse, Moment, Provider};
use crate::scenario::Span;

/// API-Football.
pub static PROVIDER: Provider = Provider {
    dialect: &ApiFootball,
    title: "API-Football v3",
    hosts: &["v3.football.api-sports.io", "api-football-v1.p.rapidapi.com"],
    base_url_variable: "API_FOOTBALL_BASE_URL",
};

#[derive(Debug)]
struct ApiFootball;

impl DocumentDialect for ApiFootball {
    fn name(&self) -> &str {
        "api-football"
    }

    fn step(&self) -> Span {
        Span::from_secs(15)
    }

    fn respond(&self, _: &Moment<'_>, request: &DocumentRequest<'_>) -> DocumentResponse {
        self.error(request, 404)
    }

    fn error(&self, _: &DocumentRequest<'_>, status: u16) -> DocumentResponse {
        DocumentResponse::json(status, &json!({ "code": status }))
    }
}
