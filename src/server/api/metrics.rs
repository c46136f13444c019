//! `/metrics`: the metrics, in the format that the client prefers.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, VARY};

use crate::server::accept_header::quality_of;
use crate::server::app_state::AppState;
use crate::server::metrics::{self, OPENMETRICS, PROMETHEUS};

pub(super) async fn metrics(State(app): State<Arc<AppState>>, request: Request) -> Response {
    let page = app.metrics.page(&app.hub, Some(app.connection_limit.usage()));
    let (page, kind) = if wants_openmetrics(request.headers()) {
        (page, OPENMETRICS)
    } else {
        (metrics::prometheus(&page), PROMETHEUS)
    };
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache"), (VARY, ACCEPT.as_str())], page).into_response()
}

/// Whether the client lists OpenMetrics 1.0 by name, with at least the quality that it gives to the Prometheus text
/// format. The most specific range that matches that format decides its quality (RFC 9110, section 12.5.1).
fn wants_openmetrics(headers: &HeaderMap) -> bool {
    let of = |range: &str, version: &'static str| {
        quality_of(headers, ACCEPT, range, |name, value| name != "version" || value == version)
    };
    let older = of("text/plain", "0.0.4").or_else(|| of("text/*", "")).or_else(|| of("*/*", ""));
    let newer = of("application/openmetrics-text", "1.0.0");
    newer.is_some_and(|newer| newer > 0.0 && newer >= older.unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn openmetrics_is_for_clients_that_name_and_prefer_it() {
        let wants =
            |line: &'static str| wants_openmetrics(&[(ACCEPT, HeaderValue::from_static(line))].into_iter().collect());
        for line in [
            "application/openmetrics-text",
            "Application/OpenMetrics-Text; Version=1.0.0; Q=0.1",
            "application/openmetrics-text; version=\"1.0.0\"; charset=utf-8, text/plain",
            "application/openmetrics-text;q=0.5,text/plain;q=0.4",
            // Prometheus 2 and 3.
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
             text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
             application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
             text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        ] {
            assert!(wants(line), "{line}");
        }
        for line in [
            "",
            "*/*",
            "application/*",
            "text/html,application/xhtml+xml,*/*;q=0.8",
            "text/plain",
            "application/openmetrics-text;q=0",
            "application/openmetrics-text;q=2",
            "application/openmetrics-text;version=2.0.0",
            "application/openmetrics-text;q=0.4,text/plain;q=0.5",
            "application/openmetrics-text;q=0.4,text/*;q=0.5",
            "application/openmetrics-text;q=0.4,*/*;q=0.5",
            "text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5",
        ] {
            assert!(!wants(line), "{line}");
        }
        assert!(!wants_openmetrics(&HeaderMap::new()));
        assert!(wants("application/openmetrics-text;q=0.4,text/plain;q=0.3,*/*;q=0.9"), "the more specific counts");
    }
}
