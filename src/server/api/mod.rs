//! What is read and done over plain HTTP: replays, commands, and the documents that tell where a replay is.
//!
//! The paths of a replay stand once: below `/r/{replay}` for any, and at the root for the replay `main`.

mod body;
mod command;
mod metrics;
mod replays;
mod scenarios;
mod views;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, VARY};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};

use self::body::body;
use super::access::{READ_ONLY, Visitor, WrongToken};
use super::dashboard::{self, OVERLAYS};
use super::entrance::{STREAMS, wrong_token};
use super::refusal::{refusal, rejection, unknown_replay};
use super::site::{MAIN, Site};
use crate::error::{did_you_mean, excerpt};
use crate::hub::{Control, Replay};
use crate::playback::Rejection;

/// The paths that are not a replay's.
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
    "/r/{id}/…",
];
/// The paths of a replay.
const VIEWS: &[&str] = &["/state", "/state/{match}", "/timeline", "/history", "/table"];

/// What probes ask for.
pub(super) const HEALTHZ: &str = "/healthz";
pub(super) const READYZ: &str = "/readyz";
/// Where everything is told that is counted.
pub(super) const METRICS: &str = "/metrics";

/// All paths but the streams.
pub(super) fn router(site: Arc<Site>) -> Router {
    let views = Router::new()
        .route("/state", get(views::state))
        .route("/state/{match}", get(views::state_of_match))
        .route("/timeline", get(views::timeline))
        .route("/history", get(views::history))
        .route("/table", get(views::table))
        .merge(dashboard::of_replay());
    Router::new()
        .route("/", get(index))
        .merge(views.clone())
        .nest("/r/{replay}", views.route("/", get(index)))
        .route("/r/{replay}/", get(index))
        .route("/api/scenarios", get(scenarios::list))
        .route("/api/replays", get(replays::list).post(replays::open))
        .route("/api/replays/{replay}", get(replays::tell).delete(replays::close))
        .route("/api/replays/{replay}/command", post(command::command))
        .route(METRICS, get(metrics::metrics))
        .merge(dashboard::of_server())
        .route_layer(middleware::from_fn(tell_route))
        .fallback(nowhere)
        .with_state(site)
}

/// Has an answer tell which route was taken, for whoever counts them.
async fn tell_route(path: MatchedPath, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.extensions_mut().insert(path);
    response
}

/// An answer that is not given, told like every refusal.
#[derive(Debug)]
pub(super) struct Refused(Rejection);

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self(rejection)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        refusal(&self.0)
    }
}

/// The replay that a request's path names, and who asks.
pub(super) struct Looked {
    replay: Replay,
    control: Control,
    visitor: Visitor,
}

impl Looked {
    /// The right to control the replay, if the visitor has it.
    fn control(&self) -> Result<&Control, Rejection> {
        match self.visitor.controls(&self.replay) {
            Ok(true) => Ok(&self.control),
            Ok(false) => Err(rejection("not_authorised", READ_ONLY)),
            Err(WrongToken) => Err(wrong_token()),
        }
    }
}

impl FromRequestParts<Arc<Site>> for Looked {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Refused> {
        let params = RawPathParams::from_request_parts(parts, site).await;
        let params = params.map_err(|_| rejection("bad_request", "the path is not UTF-8"))?;
        let name = params.iter().find(|(key, _)| *key == "replay").map_or(MAIN, |(_, name)| name);
        let (replay, control) = site.hub.get(name).ok_or_else(|| unknown_replay(name))?;
        let visitor = visitor(parts)?;
        // Whoever gives a token means to be let in by it, wherever that is.
        visitor.controls(&replay).map_err(|WrongToken| wrong_token())?;
        // Whoever only reads documents keeps it alive, too.
        replay.touch();
        Ok(Self { replay, control, visitor })
    }
}

pub(super) fn visitor(parts: &Parts) -> Result<Visitor, Rejection> {
    parts.extensions.get::<Visitor>().cloned().ok_or_else(|| rejection("forbidden", "nobody has looked at who asks"))
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// An answer of JSON.
fn json(status: StatusCode, mut body: Vec<u8>) -> Response {
    body.push(b'\n');
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// What stands behind the question mark, each name once and none but these.
struct Query(HashMap<String, String>);

impl Query {
    fn read(query: Option<&str>, known: &[&str]) -> Result<Self, Rejection> {
        let mut fields = HashMap::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let shown = excerpt(&name);
            if name != "token" && !known.contains(&&*name) {
                let known = || known.iter().copied().chain(["token"]);
                let hint = did_you_mean(&shown, known());
                return Err(rejection("bad_parameter", format!("unknown parameter {shown:?}{hint}")).accepting(known()));
            }
            if fields.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(rejection("bad_parameter", format!("the parameter {shown:?} stands twice")));
            }
        }
        Ok(Self(fields))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn number(&self, name: &str) -> Result<Option<u32>, Rejection> {
        let wrong = |text: &str| {
            let shown = excerpt(text);
            rejection("bad_parameter", format!("{name}={shown:?} is not the number of an event"))
        };
        self.text(name).map(|text| text.parse().map_err(|_| wrong(text))).transpose()
    }
}

/// A page for browsers; for all others a text that says how to subscribe.
async fn index(State(site): State<Arc<Site>>, looked: Result<Looked, Refused>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let mut response = match looked {
        looked if dashboard::is_wanted(&parts.headers) => dashboard::match_centre(&site, &parts, looked.err()),
        Ok(looked) => words(&site, &looked),
        Err(refused) => refused.into_response(),
    };
    response.headers_mut().append(VARY, HeaderValue::from_name(ACCEPT));
    response
}

fn words(site: &Site, looked: &Looked) -> Response {
    let base = site.access.base_url(&looked.visitor);
    let of_replay = match looked.replay.name() {
        MAIN => String::new(),
        name => format!("/r/{name}"),
    };
    let [http, ws] = [base.http(), base.ws()].map(|base| base + &of_replay);
    let text = format!(
        "Touchline {}\n\nNow playing: {}\n\nWatch: open {http}/ in a browser\n\nSubscribe:\n  touchline watch {ws}/ws\n  \
         curl -N {http}/events.ndjson\n  new WebSocket(\"{ws}/ws\")           // in a browser\n  \
         new EventSource(\"{http}/events\")   // likewise\n",
        env!("CARGO_PKG_VERSION"),
        looked.replay.timeline().title(),
    );
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

async fn nowhere(request: Request) -> Response {
    let path = excerpt(request.uri().path());
    let streams = STREAMS.iter().map(|stream| stream.path);
    let overlays: Vec<String> = OVERLAYS.iter().map(|kind| format!("/overlay/{kind}")).collect();
    let overlays = overlays.iter().map(String::as_str);
    let all: Vec<&str> = PATHS.iter().chain(VIEWS).copied().chain(overlays).chain(streams).collect();
    let hint = did_you_mean(&path, all.iter().copied());
    refusal(&rejection("not_found", format!("there is nothing at {path:?}{hint}")).accepting(all))
}

/// Says a refused method in words, with the methods that the router names.
pub(super) fn wrong_method(method: &Method, path: &str, response: Response) -> Response {
    let allowed = response.headers().get(ALLOW).filter(|_| response.status() == StatusCode::METHOD_NOT_ALLOWED);
    let Some(allowed) = allowed.and_then(|allowed| allowed.to_str().ok()) else { return response };
    let path = excerpt(path);
    let rejection = rejection("method_not_allowed", format!("{method} is not answered at {path:?}"))
        .accepting(allowed.split(',').map(str::trim));
    let mut refused = refusal(&rejection);
    refused.extensions_mut().extend(response.into_parts().0.extensions);
    refused
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::PublicUrl;

    #[test]
    fn no_public_path_begins_like_a_path_of_the_server() {
        let streams = STREAMS.iter().map(|stream| stream.path);
        for path in PATHS.iter().chain(VIEWS).copied().chain(streams).chain(["/overlay/scorebug", "/assets/0/main.js"])
        {
            let first = path.split('/').nth(1).unwrap_or_default();
            let url = format!("https://scores.example/{first}");
            assert!(first.is_empty() || url.parse::<PublicUrl>().is_err(), "{url}: add it to OWN_PATHS");
        }
    }
}
