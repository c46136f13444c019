//! `/schema/{name}.json`, `/openapi.json` and `/asyncapi.json`: the contracts for programs.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::response::Response;

use super::Query;
use crate::message::{did_you_mean, excerpt};
use crate::playback::Rejection;
use crate::server::app_state::AppState;
use crate::server::contracts;
use crate::server::extract::{ApiError, find_caller};
use crate::server::static_file::{NO_CACHE, StaticFile, conditional_response};

/// The schemas, as files. They differ between versions of the program only.
static SCHEMAS: LazyLock<BTreeMap<String, StaticFile>> = LazyLock::new(|| {
    let file = |name| {
        let file_name = format!("{name}.json");
        let file = StaticFile::new(&file_name, contracts::document(name)?.into());
        Some((file_name, file))
    };
    contracts::schema_names().filter_map(file).collect()
});

/// A JSON Schema.
pub(super) async fn schema(
    params: Result<RawPathParams, RawPathParamsRejection>,
    request: Request,
) -> Result<Response, ApiError> {
    Query::parse(request.uri().query(), &[])?;
    // A name that is no UTF-8 is that of no schema.
    let name = params.as_ref().ok().and_then(|params| params.iter().next()).map_or("", |(_, file)| file);
    match SCHEMAS.get(name) {
        Some(file) => Ok(conditional_response(file, NO_CACHE, request.headers())),
        None => {
            let hint = did_you_mean(name, SCHEMAS.keys().map(String::as_str));
            let message = format!("there is no schema {:?}{hint}", excerpt(name));
            Err(Rejection::not_found(message).accepting(SCHEMAS.keys()).into())
        }
    }
}

/// The description of an API, with the address at which the caller reaches it.
pub(super) async fn api_description(State(app): State<Arc<AppState>>, request: Request) -> Result<Response, ApiError> {
    Query::parse(request.uri().query(), &[])?;
    let file = request.uri().path().trim_start_matches('/').to_owned();
    let (parts, _) = request.into_parts();
    let base = app.access.base_url(&find_caller(&parts)?);
    match contracts::document_at(file.trim_end_matches(".json"), &base) {
        Some(text) => Ok(conditional_response(&StaticFile::new(&file, text.into()), NO_CACHE, &parts.headers)),
        None => Err(Rejection::not_found(format!("there is nothing at {:?}", excerpt(&file))).into()),
    }
}
