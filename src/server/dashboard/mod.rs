//! The match centre: a page for people, overlays for their broadcasts, and the module with which any page follows a replay.
//!
//! Its files are part of the program. They use nothing but what everybody may use; here they are only handed out.

mod file;
mod files;
mod policy;
mod render;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

use self::file::File;
use self::files::Files;
use self::policy::policy;
use super::access::SEC_FETCH_SITE;
use super::api::{Looked, Refused, visitor};
use super::etag;
use super::negotiation::takes;
use super::refusal::{refusal, rejection};
use super::shorten::takes_gzip;
use super::site::Site;
use crate::error::did_you_mean;

/// What a broadcast shows over its picture, and where.
pub(super) const OVERLAYS: &[&str] = &["scorebug", "ticker", "goal"];

/// The public module.
const CLIENT: &str = "client.js";

/// What may have changed, and is asked for each time.
const NO_CACHE: &str = "no-cache";
/// What never changes under its address, for a year, which is as long as anything is kept.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// The paths of a replay.
pub(super) fn of_replay() -> Router<Arc<Site>> {
    Router::new().route("/overlay/{kind}", get(overlay))
}

/// The paths that are not a replay's.
pub(super) fn of_server() -> Router<Arc<Site>> {
    Router::new().route("/client.js", get(client)).route("/assets/{digest}/{*path}", get(asset))
}

/// Whether a path is that of a page, which guards itself by its policy.
pub(super) fn is_page(path: &str) -> bool {
    let path = match path.strip_prefix("/r/") {
        Some(rest) => rest.split_once('/').map_or("", |(_replay, path)| path),
        None => path.strip_prefix('/').unwrap_or(path),
    };
    path.is_empty() || path.starts_with("overlay/")
}

/// Whether somebody would have a page rather than words: a browser.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    takes(headers, ACCEPT, "text/html")
}

/// The page of a replay. Where that is refused, the page is answered with the refusal's status, and finds out and says why.
pub(super) fn match_centre(site: &Site, parts: &Parts, refused: Option<Refused>) -> Response {
    page("index.html", site, parts, refused)
}

fn page(name: &str, site: &Site, parts: &Parts, refused: Option<Refused>) -> Response {
    let pages = Files::now().rendered(site.access.public_path());
    let visitor = visitor(parts).ok();
    let is_foreign = visitor.as_ref().is_some_and(|visitor| visitor.is_foreign(&parts.headers));
    let Some(file) = pages.page(name, is_foreign) else {
        return refusal(&rejection("unavailable", format!("{name} is not where the program was built")));
    };
    let mut response = match refused {
        None => revalidated(file, NO_CACHE, &parts.headers),
        Some(refused) => {
            let (mut head, _) = refused.into_response().into_parts();
            let (told, body) = whole(file, NO_CACHE, &parts.headers).into_parts();
            head.headers.extend(told.headers);
            Response::from_parts(head, body)
        }
    };
    let hosts = visitor.map(|visitor| site.access.hosts_of_pages(&visitor)).unwrap_or_default();
    let policy = HeaderValue::try_from(policy(&hosts, &site.access.origins_of_frames()));
    // Of signs that any header may have.
    response.headers_mut().extend(policy.ok().map(|policy| (CONTENT_SECURITY_POLICY, policy)));
    response.headers_mut().append(VARY, HeaderValue::from_name(SEC_FETCH_SITE));
    response
}

/// What a broadcast shows; what of it, the page reads from its address.
async fn overlay(
    State(site): State<Arc<Site>>,
    params: Result<RawPathParams, RawPathParamsRejection>,
    looked: Result<Looked, Refused>,
    request: Request,
) -> Response {
    let kind = params.as_ref().map_or("", |params| param(params, "kind"));
    if !OVERLAYS.contains(&kind) {
        let kind: String = kind.chars().take(60).collect();
        let hint = did_you_mean(&kind, OVERLAYS.iter().copied());
        return refusal(&rejection("not_found", format!("there is no overlay {kind:?}{hint}")).accepting(OVERLAYS));
    }
    let (parts, _) = request.into_parts();
    let mut response = match looked {
        Err(refused) if !is_wanted(&parts.headers) => refused.into_response(),
        looked => page("overlay.html", &site, &parts, looked.err()),
    };
    response.headers_mut().append(VARY, HeaderValue::from_name(ACCEPT));
    response
}

/// The module under the name that it always has.
async fn client(request: Request) -> Response {
    match Files::now().asset(CLIENT) {
        Some(file) => revalidated(file, NO_CACHE, request.headers()),
        None => refusal(&rejection("unavailable", format!("{CLIENT} is not where the program was built"))),
    }
}

/// What a page loads, by the address that the page has it from. A page of another version, as there is while a server gives
/// way to a newer one, gets what there is, and does not keep it.
async fn asset(params: Result<RawPathParams, RawPathParamsRejection>, request: Request) -> Response {
    let (digest, path) = params.as_ref().map_or(("", ""), |params| (param(params, "digest"), param(params, "path")));
    let files = Files::version(digest);
    let Some(file) = files.asset(path) else {
        let path: String = path.chars().take(100).collect();
        let hint = did_you_mean(&path, files.paths());
        return refusal(&rejection("not_found", format!("the page has no file {path:?}{hint}")));
    };
    revalidated(file, if digest == files.digest { IMMUTABLE } else { NO_CACHE }, request.headers())
}

fn param<'a>(params: &'a RawPathParams, name: &str) -> &'a str {
    params.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value)
}

/// A file, unless the asker has it already.
fn revalidated(file: &File, cache: &'static str, headers: &HeaderMap) -> Response {
    let mut response = match etag::has(headers, &file.tag) {
        true => {
            let mut response = etag::not_modified();
            keeping(&mut response, cache);
            response
        }
        false => whole(file, cache, headers),
    };
    // Of signs that any header may have.
    response.headers_mut().extend(HeaderValue::try_from(&file.tag).ok().map(|tag| (ETAG, tag)));
    response
}

/// A file as the asker takes it.
fn whole(file: &File, cache: &'static str, headers: &HeaderMap) -> Response {
    let short = file.gzip().filter(|_| takes_gzip(headers));
    let mut response = Response::new(Body::from(short.unwrap_or(&file.bytes).clone()));
    if short.is_some() {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    keeping(&mut response, cache);
    response
}

fn keeping(response: &mut Response, cache: &'static str) {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    response.headers_mut().insert(VARY, HeaderValue::from_name(ACCEPT_ENCODING));
}
