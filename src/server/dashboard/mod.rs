//! The match centre: a page for people, overlays for broadcasts, and the module by which any page can follow a replay.
//!
//! Its files are embedded in the program, and only served here. They use the public API alone.

mod files;
mod policy;
mod render;

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{ACCEPT, CONTENT_SECURITY_POLICY, VARY};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

use self::files::PageFiles;
use self::policy::content_security_policy;
use super::accept_header::accepts;
use super::access::SEC_FETCH_SITE;
use super::app_state::AppState;
use super::extract::{ApiError, RequestedReplay, find_caller};
use super::refusal::error_response;
use super::static_file::{NO_CACHE, conditional_response, full_response};
use crate::error_code::ErrorCode;
use crate::message::did_you_mean;
use crate::playback::Rejection;

/// The kinds of overlays.
pub(super) const OVERLAYS: &[&str] = &["scorebug", "ticker", "goal"];

/// The public module.
const CLIENT: &str = "client.js";

/// For files that never change under their address: cached for a year, the customary maximum.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// The routes of a replay.
pub(super) fn replay_routes() -> Router<Arc<AppState>> {
    Router::new().route("/overlay/{kind}", get(overlay))
}

/// The routes that do not belong to a replay.
pub(super) fn server_routes() -> Router<Arc<AppState>> {
    Router::new().route("/client.js", get(client)).route("/assets/{digest}/{*path}", get(asset))
}

/// Whether the path is that of a page, which protects itself by its policy.
pub(super) fn is_page(path: &str) -> bool {
    let path = match path.strip_prefix("/r/") {
        Some(rest) => rest.split_once('/').map_or("", |(_replay, path)| path),
        None => path.strip_prefix('/').unwrap_or(path),
    };
    path.is_empty() || path.starts_with("overlay/")
}

/// Whether the client prefers a page, as browsers do.
pub(super) fn accepts_html(headers: &HeaderMap) -> bool {
    accepts(headers, ACCEPT, "text/html")
}

/// The page of a replay. If the request for the replay failed, the page is sent with the status of the error; it asks
/// for the reason itself.
pub(super) fn match_centre_response(app: &AppState, parts: &Parts, refused: Option<ApiError>) -> Response {
    page_response("index.html", app, parts, refused)
}

fn page_response(name: &str, app: &AppState, parts: &Parts, refused: Option<ApiError>) -> Response {
    let pages = PageFiles::current().render_for_base(app.access.public_path());
    let caller = find_caller(parts).ok();
    let is_cross_site = caller.as_ref().is_some_and(|caller| caller.is_cross_site(&parts.headers));
    let Some(file) = pages.page(name, is_cross_site) else {
        return error_response(&Rejection::new(ErrorCode::Unavailable, format!("{name} is missing from this build")));
    };
    let mut response = match refused {
        None => conditional_response(file, NO_CACHE, &parts.headers),
        Some(refused) => {
            let (mut head, _) = refused.into_response().into_parts();
            let (page, body) = full_response(file, NO_CACHE, &parts.headers).into_parts();
            head.headers.extend(page.headers);
            Response::from_parts(head, body)
        }
    };
    let hosts = caller.map(|caller| app.access.page_connect_hosts(&caller)).unwrap_or_default();
    let policy = HeaderValue::try_from(content_security_policy(&hosts, &app.access.frame_ancestor_origins()));
    // Printable ASCII, which any header may have.
    response.headers_mut().extend(policy.ok().map(|policy| (CONTENT_SECURITY_POLICY, policy)));
    response.headers_mut().append(VARY, HeaderValue::from_name(SEC_FETCH_SITE));
    response
}

/// An overlay for a broadcast. The page reads the kind from its address.
async fn overlay(
    State(app): State<Arc<AppState>>,
    params: Result<RawPathParams, RawPathParamsRejection>,
    requested: Result<RequestedReplay, ApiError>,
    request: Request,
) -> Response {
    let kind = params.as_ref().map_or("", |params| path_param(params, "kind"));
    if !OVERLAYS.contains(&kind) {
        let kind: String = kind.chars().take(60).collect();
        let hint = did_you_mean(&kind, OVERLAYS.iter().copied());
        return error_response(
            &Rejection::not_found(format!("there is no overlay {kind:?}{hint}")).accepting(OVERLAYS),
        );
    }
    let (parts, _) = request.into_parts();
    let mut response = match requested {
        Err(refused) if !accepts_html(&parts.headers) => refused.into_response(),
        requested => page_response("overlay.html", &app, &parts, requested.err()),
    };
    response.headers_mut().append(VARY, HeaderValue::from_name(ACCEPT));
    response
}

/// The public module, under its permanent name.
async fn client(request: Request) -> Response {
    match PageFiles::current().asset(CLIENT) {
        Some(file) => conditional_response(file, NO_CACHE, request.headers()),
        None => error_response(&Rejection::new(ErrorCode::Unavailable, format!("{CLIENT} is missing from this build"))),
    }
}

/// An asset, below the digest of its version. While an old server is being replaced, a page of another version gets the
/// current file and may not cache it.
async fn asset(params: Result<RawPathParams, RawPathParamsRejection>, request: Request) -> Response {
    let (digest, path) =
        params.as_ref().map_or(("", ""), |params| (path_param(params, "digest"), path_param(params, "path")));
    let files = PageFiles::version(digest);
    let Some(file) = files.asset(path) else {
        let path: String = path.chars().take(100).collect();
        let hint = did_you_mean(&path, files.paths());
        return error_response(&Rejection::not_found(format!("the page has no file {path:?}{hint}")));
    };
    conditional_response(file, if digest == files.digest { IMMUTABLE } else { NO_CACHE }, request.headers())
}

fn path_param<'a>(params: &'a RawPathParams, name: &str) -> &'a str {
    params.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value)
}
