//! `/schema/{name}.json`, `/openapi.json` and `/asyncapi.json`: the contracts for programs.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::response::Response;
use parking_lot::Mutex;

use super::Query;
use crate::message::{did_you_mean, excerpt};
use crate::playback::Rejection;
use crate::server::access::BaseUrl;
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

/// The descriptions of the APIs, with the address at which a client reaches them.
struct ApiDescriptions {
    base: BaseUrl,
    openapi: StaticFile,
    asyncapi: StaticFile,
}

/// Those of the address that was asked for last: the clients of a server usually know it by one. It is locked while they
/// are made, so that they are made once.
static LAST: Mutex<Option<Arc<ApiDescriptions>>> = Mutex::new(None);

impl ApiDescriptions {
    fn of(base: BaseUrl) -> Arc<Self> {
        let mut last = LAST.lock();
        if let Some(known) = last.as_ref().filter(|known| known.base == base) {
            return known.clone();
        }
        let openapi = StaticFile::new("openapi.json", contracts::openapi(&base).into());
        let asyncapi = StaticFile::new("asyncapi.json", contracts::asyncapi(&base).into());
        last.insert(Arc::new(Self { base, openapi, asyncapi })).clone()
    }
}

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

pub(super) async fn openapi(State(app): State<Arc<AppState>>, request: Request) -> Result<Response, ApiError> {
    describe_api(&app, request, |descriptions| &descriptions.openapi)
}

pub(super) async fn asyncapi(State(app): State<Arc<AppState>>, request: Request) -> Result<Response, ApiError> {
    describe_api(&app, request, |descriptions| &descriptions.asyncapi)
}

fn describe_api(
    app: &AppState,
    request: Request,
    choose: impl FnOnce(&ApiDescriptions) -> &StaticFile,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    Query::parse(parts.uri.query(), &[])?;
    let descriptions = ApiDescriptions::of(app.access.base_url(&find_caller(&parts)?));
    Ok(conditional_response(choose(&descriptions), NO_CACHE, &parts.headers))
}
