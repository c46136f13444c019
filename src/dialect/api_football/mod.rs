//! The documents of API-Football v3.
//!
//! Sources: the public documentation of API-Football v3, and what public clients read. `docs/dialects/api-football.md` says what
//! could not be verified.

mod crests;
mod envelope;
mod events;
mod fixture;
mod fixtures;
mod lineups;
mod lists;
mod parameters;
mod people;
mod standings;
mod statistics;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use super::document::{DocumentDialect, DocumentRequest, DocumentResponse, Moment, Provider, Usage};
use crate::scenario::Span;
use envelope::{ApiFootballError, Envelope};
use parameters::Parameters;

/// API-Football.
pub static PROVIDER: Provider = Provider {
    dialect: &ApiFootball,
    title: "API-Football v3",
    hosts: &["v3.football.api-sports.io", "api-football-v1.p.rapidapi.com"],
    base_url_variable: "API_FOOTBALL_BASE_URL",
};

/// The limits of the plan Pro, a day and a minute, as the headers tell them. Only faults enforce any.
const DAY_LIMIT: u64 = 7_500;
const MINUTE_LIMIT: u64 = 300;

#[derive(Debug)]
struct ApiFootball;

/// An endpoint: its path, the parameters that it takes, and what it responds with.
struct Endpoint {
    path: &'static str,
    parameters: &'static [&'static str],
    respond: fn(&Moment<'_>, &Parameters<'_>) -> Result<Vec<Value>, ApiFootballError>,
}

const ENDPOINTS: &[Endpoint] = &[
    Endpoint { path: "fixtures", parameters: fixtures::PARAMETERS, respond: fixtures::fixtures },
    Endpoint {
        path: "fixtures/events",
        parameters: &["fixture", "team", "player", "type"],
        respond: events::of_fixture,
    },
    Endpoint { path: "fixtures/lineups", parameters: &["fixture", "team"], respond: lineups::of_fixture },
    Endpoint {
        path: "fixtures/statistics",
        parameters: &["fixture", "team", "type", "half"],
        respond: statistics::of_fixture,
    },
    Endpoint { path: "fixtures/players", parameters: &["fixture", "team"], respond: people::of_fixture },
    Endpoint { path: "standings", parameters: &["league", "season", "team"], respond: standings::standings },
    Endpoint { path: "leagues", parameters: lists::LEAGUE_PARAMETERS, respond: lists::leagues },
    Endpoint { path: "teams", parameters: lists::TEAM_PARAMETERS, respond: lists::teams },
    Endpoint { path: "timezone", parameters: &[], respond: |_, _| Ok(vec![json!("UTC")]) },
];

impl DocumentDialect for ApiFootball {
    fn name(&self) -> &str {
        "api-football"
    }

    fn step(&self) -> Span {
        Span::from_secs(15)
    }

    fn respond(&self, moment: &Moment<'_>, request: &DocumentRequest<'_>) -> DocumentResponse {
        let path = endpoint_path(request.path);
        if crests::is_image(path) {
            return crests::response(moment, path);
        }
        let envelope = Envelope::new(path, request);
        if path == "status" {
            return envelope.status(&account(request.usage));
        }
        let Some(endpoint) = ENDPOINTS.iter().find(|endpoint| endpoint.path == path) else {
            return Envelope::unknown(request)
                .refused(&ApiFootballError::new("endpoint", "This endpoint do not exist."));
        };
        let responded = Parameters::new(request, endpoint.parameters)
            .and_then(|parameters| (endpoint.respond)(moment, &parameters));
        match responded {
            Ok(responses) => envelope.responses(responses),
            Err(refused) => envelope.refused(&refused),
        }
    }

    /// The account counts requests.
    fn is_shared(&self, request: &DocumentRequest<'_>) -> bool {
        endpoint_path(request.path) != "status"
    }

    /// A request takes a key, in any of the headers; any key is right.
    fn reject(&self, request: &DocumentRequest<'_>) -> Option<DocumentResponse> {
        let has_key = ["x-apisports-key", "x-rapidapi-key"]
            .iter()
            .any(|name| (request.header)(name).is_some_and(|key| !key.trim().is_empty()));
        let refused = ApiFootballError::new("token", "Error/Missing application key.");
        let is_image = crests::is_image(endpoint_path(request.path));
        (!has_key && !is_image)
            .then(|| DocumentResponse { status: 403, ..Envelope::unknown(request).refused(&refused) })
    }

    /// Most errors come with the status 200. A fault with another status has the same body.
    fn error(&self, request: &DocumentRequest<'_>, status: u16) -> DocumentResponse {
        let refused = match status {
            429 => ApiFootballError::new(
                "rateLimit",
                "Too many requests. You have exceeded the limit of requests per minute of your subscription.",
            ),
            403 => ApiFootballError::new(
                "access",
                "Your account is suspended, check on https://dashboard.api-football.com.",
            ),
            499 => ApiFootballError::new("timeout", "Time out."),
            _ => ApiFootballError::new("server", "Internal server error."),
        };
        Envelope::new(endpoint_path(request.path), request).refused(&refused)
    }

    fn usage_headers(&self, usage: Usage) -> Vec<(&'static str, String)> {
        // Never 0: nothing is refused but by a fault, and an app that is polite would stop for ever.
        let left = |limit: u64, used: u64| limit.saturating_sub(used).max(1).to_string();
        let (minute_limit, minute_left) = match usage.limited_to {
            Some((limit, left)) => (limit.to_string(), left.to_string()),
            None => (MINUTE_LIMIT.to_string(), left(MINUTE_LIMIT, usage.requests_this_minute)),
        };
        vec![
            ("x-ratelimit-requests-limit", DAY_LIMIT.to_string()),
            ("x-ratelimit-requests-remaining", left(DAY_LIMIT, usage.requests)),
            ("x-ratelimit-limit", minute_limit),
            ("x-ratelimit-remaining", minute_left),
        ]
    }
}

/// The path of an endpoint: without slashes around it, and without the `v3` that addresses at RapidAPI have.
fn endpoint_path(path: &str) -> &str {
    let path = path.trim_matches('/');
    path.strip_prefix("v3/").unwrap_or(path)
}

/// The response of `/status`.
fn account(usage: Usage) -> Value {
    json!({
        "account": { "firstname": "Touchline", "lastname": "Replay", "email": "replay@example.com" },
        "subscription": { "plan": "Pro", "end": "2099-12-31T00:00:00+00:00", "active": true },
        "requests": { "current": usage.requests, "limit_day": DAY_LIMIT },
    })
}
