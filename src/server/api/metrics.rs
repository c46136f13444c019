//! `/metrics`: all that is counted.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::server::meters;
use crate::server::site::Site;

pub(super) async fn metrics(State(site): State<Arc<Site>>) -> Response {
    let page = site.meters.page(&site.hub, Some(site.seats.count()));
    let mut response = Response::new(Body::from(page));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(meters::CONTENT_TYPE));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
