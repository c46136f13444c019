//! The HTTP API: replays, commands, and documents about a replay.
//!
//! A replay's paths are defined once, and served below `/r/{replay}` for any replay and at the root for the replay
//! `main`.

mod body;
mod command;
mod contracts;
mod dialects;
mod link_faults;
mod metrics;
mod open_request;
mod replays;
mod scenarios;
mod shared;
mod shows;
mod verdict;
mod views;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, VARY};
use http::{HeaderValue, Method, StatusCode};

use self::body::{body_text, read_body};
pub(super) use self::link_faults::delay_body;
use super::app_state::{AppState, MAIN_REPLAY};
use super::dashboard::{self, OVERLAYS};
use super::extract::{ApiError, RequestedReplay};
use super::parameters;
use super::refusal::error_response;
use super::stream_request::STREAM_ROUTES;
use crate::error_code::ErrorCode;
use crate::message::{did_you_mean, excerpt};
use crate::playback::Rejection;

/// The paths that do not belong to a replay.
const PATHS: &[&str] = &[
    "/",
    METRICS,
    HEALTHZ,
    READYZ,
    "/client.js",
    "/assets/{digest}/…",
    "/api/scenarios",
    "/api/replays",
    "/api/replays/{id}",
    "/api/replays/{id}/command",
    "/api/replays/{id}/journal",
    "/api/replays/{id}/record",
    "/api/replays/{id}/scenario",
    "/api/replays/{id}/verdict",
    "/schema/{name}.json",
    "/openapi.json",
    "/asyncapi.json",
    "/r/{id}/…",
];
/// The paths of a replay.
const VIEWS: &[&str] = &["/state", "/state/{match}", "/timeline", "/history", "/table", "/shows", "/dialect/{name}/…"];

/// The paths of the health probes.
pub(super) const HEALTHZ: &str = "/healthz";
pub(super) const READYZ: &str = "/readyz";
/// The path of the metrics.
pub(super) const METRICS: &str = "/metrics";

/// The routes of all paths but the streams'.
pub(super) fn router(app: Arc<AppState>) -> Router {
    let documents = Router::new()
        .route("/state", get(views::state))
        .route("/state/{match}", get(views::state_of_match))
        .route("/timeline", get(views::timeline))
        .route("/history", get(views::history))
        .route("/table", get(views::table))
        .route_layer(middleware::from_fn_with_state(app.clone(), link_faults::apply));
    let documents = documents
        .route("/dialect/{dialect}", get(dialects::document))
        .route("/dialect/{dialect}/", get(dialects::document))
        .route("/dialect/{dialect}/{*path}", get(dialects::document));
    let views = documents.route("/shows", post(shows::shows)).merge(dashboard::replay_routes());
    Router::new()
        .route("/", get(index))
        .merge(views.clone())
        .nest("/r/{replay}", views.route("/", get(index)))
        .route("/r/{replay}/", get(index))
        .route("/api/scenarios", get(scenarios::list))
        .route("/api/replays", get(replays::list).post(replays::open))
        .route("/api/replays/{replay}", get(replays::get).delete(replays::close))
        .route("/api/replays/{replay}/command", post(command::command))
        .route("/api/replays/{replay}/journal", get(views::journal))
        .route("/api/replays/{replay}/record", get(shared::record).post(shared::submit))
        .route("/api/replays/{replay}/scenario", get(shared::scenario))
        .route("/api/replays/{replay}/verdict", get(verdict::verdict))
        .route("/schema/{file}", get(contracts::schema))
        .route("/openapi.json", get(contracts::openapi))
        .route("/asyncapi.json", get(contracts::asyncapi))
        .route(METRICS, get(metrics::metrics))
        .merge(dashboard::server_routes())
        .route_layer(middleware::from_fn(record_route))
        .fallback(not_found)
        .with_state(app)
}

/// Adds the matched route to the response, for the metrics.
async fn record_route(path: MatchedPath, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.extensions_mut().insert(path);
    response
}

/// A response with a JSON body.
fn json_response(status: StatusCode, mut body: Vec<u8>) -> Response {
    body.push(b'\n');
    (status, [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")], body).into_response()
}

/// Query parameters. Each may be given once; unknown ones are rejected.
struct Query(HashMap<String, String>);

impl Query {
    fn parse(query: Option<&str>, known: &[&str]) -> Result<Self, Rejection> {
        let mut fields = HashMap::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            if name != "token" && !known.contains(&&*name) {
                let known: Vec<&str> = known.iter().copied().chain(["token"]).collect();
                return Err(parameters::unknown_parameter_rejection(&name, &known));
            }
            if fields.contains_key(&*name) {
                return Err(parameters::given_twice_rejection(&name));
            }
            fields.insert(name.into_owned(), value.into_owned());
        }
        Ok(Self(fields))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn parse_event_number(&self, name: &str) -> Result<Option<u32>, Rejection> {
        let wrong = |text: &str| {
            let shown = excerpt(text);
            Rejection::new(ErrorCode::BadParameter, format!("{name}={shown:?} is not the number of an event"))
        };
        self.text(name).map(|text| text.parse().map_err(|_| wrong(text))).transpose()
    }
}

/// The match centre for browsers; for other clients a text that says how to subscribe.
async fn index(
    State(app): State<Arc<AppState>>,
    requested: Result<RequestedReplay, ApiError>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let mut response = match requested {
        requested if dashboard::accepts_html(&parts.headers) => {
            dashboard::match_centre_response(&app, &parts, requested.err())
        }
        Ok(requested) => plain_text_index(&app, &requested),
        Err(refused) => refused.into_response(),
    };
    response.headers_mut().append(VARY, HeaderValue::from_name(ACCEPT));
    response
}

fn plain_text_index(app: &AppState, requested: &RequestedReplay) -> Response {
    let base = app.access.base_url(&requested.caller);
    let of_replay = match requested.replay.name() {
        MAIN_REPLAY => String::new(),
        name => format!("/r/{name}"),
    };
    let [http, ws] = [base.http(), base.ws()].map(|base| base + &of_replay);
    let text = format!(
        "Touchline {}\n\nNow playing: {}\n\nWatch: open {http}/ in a browser\n\nSubscribe:\n  touchline watch {ws}/ws\n  \
         curl -N {http}/events.ndjson\n  new WebSocket(\"{ws}/ws\")           // in a browser\n  \
         new EventSource(\"{http}/events\")   // likewise\n",
        env!("CARGO_PKG_VERSION"),
        requested.replay.timeline().title(),
    );
    // Its content type is text/plain.
    text.into_response()
}

async fn not_found(request: Request) -> Response {
    let path = excerpt(request.uri().path());
    let streams = STREAM_ROUTES.iter().map(|stream| stream.path);
    let overlays: Vec<String> = OVERLAYS.iter().map(|kind| format!("/overlay/{kind}")).collect();
    let overlays = overlays.iter().map(String::as_str);
    let all: Vec<&str> = PATHS.iter().chain(VIEWS).copied().chain(overlays).chain(streams).collect();
    let hint = did_you_mean(&path, all.iter().copied());
    error_response(&Rejection::not_found(format!("there is nothing at {path:?}{hint}")).accepting(all))
}

/// Turns the router's 405 into one with a message, which lists the methods that the router allows.
pub(super) fn method_not_allowed(method: &Method, path: &str, response: Response) -> Response {
    let allowed = response.headers().get(ALLOW).filter(|_| response.status() == StatusCode::METHOD_NOT_ALLOWED);
    let Some(allowed) = allowed.and_then(|allowed| allowed.to_str().ok()) else { return response };
    let path = excerpt(path);
    let rejection = Rejection::new(ErrorCode::MethodNotAllowed, format!("{method} is not answered at {path:?}"))
        .accepting(allowed.split(',').map(str::trim));
    let mut refused = error_response(&rejection);
    refused.extensions_mut().extend(response.into_parts().0.extensions);
    refused
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::PublicUrl;

    #[test]
    fn openapi_describes_every_path_but_those_of_pages() {
        let text = crate::server::contracts::document("openapi").expect("OpenAPI");
        let document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let described = document["paths"].as_object().expect("paths");
        let streams = STREAM_ROUTES.iter().map(|stream| stream.path).filter(|path| *path != "/ws");
        for path in PATHS.iter().chain(VIEWS).copied().chain(streams).filter(|path| !path.ends_with('…')) {
            assert!(described.contains_key(&path.replace("{name}.json", "{file}")), "{path}");
        }
        for path in described.keys() {
            let path = path.strip_prefix("/r/{replay}").unwrap_or(path).replace("{file}", "{name}.json");
            assert!(PATHS.iter().chain(VIEWS).any(|known| *known == path) || path.starts_with("/events"), "{path}");
        }
    }

    #[test]
    fn no_public_path_begins_like_a_path_of_the_server() {
        let streams = STREAM_ROUTES.iter().map(|stream| stream.path);
        for path in PATHS.iter().chain(VIEWS).copied().chain(streams).chain(["/overlay/scorebug", "/assets/0/main.js"])
        {
            let first = path.split('/').nth(1).unwrap_or_default();
            let url = format!("https://scores.example/{first}");
            assert!(first.is_empty() || url.parse::<PublicUrl>().is_err(), "{url}: add it to OWN_PATHS");
        }
    }
}
