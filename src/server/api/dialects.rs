//! Documents of dialects: what an app that polls a data provider gets from a replay.

use std::sync::Arc;

use axum::extract::{RawPathParams, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};

use super::link_faults::{add_retry_after, delayed};
use crate::dialect::document::{DocumentDialect, DocumentRequest, DocumentResponse, Usage};
use crate::dialect::{PROVIDERS, find_provider};
use crate::hub::runtime_now;
use crate::message::{did_you_mean, excerpt};
use crate::playback::Rejection;
use crate::server::app_state::AppState;
use crate::server::extract::{ApiError, RequestedReplay};
use crate::server::mount::MountedAt;

/// The documents of a dialect, whatever the path below its root.
pub(super) async fn document(
    State(app): State<Arc<AppState>>,
    requested: RequestedReplay,
    params: RawPathParams,
    request: Request,
) -> Result<Response, ApiError> {
    let (request, _) = request.into_parts();
    let parameter = |name: &str| params.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value);
    let (name, path) = (parameter("dialect"), format!("/{}", parameter("path")));
    let dialect = find_dialect(&app, name)?;
    let now = runtime_now();
    let usage = requested.replay.count_document_request(dialect.name(), now);
    let query = request.uri.query().unwrap_or_default();
    let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
    let base = match request.extensions.get::<MountedAt>() {
        Some(MountedAt(base)) => base.clone(),
        None => {
            let server = app.access.base_url(&requested.caller).http();
            format!("{server}/r/{}/dialect/{}", requested.replay.name(), dialect.name())
        }
    };
    let words = ["dialect", dialect.name(), dialect.document_name(&path)];
    let fault = requested.replay.document_fault(now, &words);
    let usage = Usage { limited_to: fault.limited_to, ..usage };
    let document_request = DocumentRequest::new(&path, query, &header, usage);
    let made = match (fault.status, fault.limited) {
        (Some((_, status)), _) => DocumentResponse { status, ..dialect.error(&document_request, status) },
        (None, Some((_, code))) => {
            let refused = dialect.error(&document_request, 429);
            DocumentResponse { status: code.unwrap_or(refused.status), ..refused }
        }
        (None, None) => match dialect.reject(&document_request) {
            Some(rejected) => rejected,
            None => {
                let place = requested.replay.document_place(dialect, &document_request, &base, now);
                let make = || requested.replay.make_document(&place, dialect, &document_request, &base);
                match &place.cell {
                    // The others wait for the first.
                    Some(cell) => cell.get_or_try_init(|| app.document_work.run(make)).await?.clone(),
                    None => app.document_work.run(make).await?,
                }
            }
        },
    };
    // Images are no sign that an app follows the match.
    if !made.content_type.starts_with("image/") {
        let refused = fault.status.is_some() || fault.limited.is_some() || made.status >= 400;
        requested.replay.note_document(dialect.name(), refused, now);
    }
    Ok(delayed(http_response(dialect, made, usage), fault.body_delay))
}

/// The dialect of a name: a provider's, or a template of this server.
fn find_dialect<'a>(app: &'a AppState, name: &str) -> Result<&'a dyn DocumentDialect, Rejection> {
    if let Some(template) = app.templates.iter().find(|template| template.name() == name) {
        return Ok(&**template);
    }
    if let Some(provider) = find_provider(name) {
        return Ok(provider.dialect);
    }
    let templates = app.templates.iter().map(|template| template.name());
    let names: Vec<&str> = PROVIDERS.iter().map(|provider| provider.dialect.name()).chain(templates).collect();
    let hint = did_you_mean(name, names.iter().copied());
    Err(Rejection::not_found(format!("there is no dialect {:?}{hint}", excerpt(name))).accepting(names))
}

fn http_response(dialect: &dyn DocumentDialect, made: DocumentResponse, usage: Usage) -> Response {
    let status = StatusCode::from_u16(made.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, made.body).into_response();
    add_retry_after(&mut response);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(made.content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    for (name, value) in dialect.usage_headers(usage) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}
