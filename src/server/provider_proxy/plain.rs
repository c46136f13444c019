//! Plain HTTP on a provider port: requests in absolute form, as clients send them to a proxy, and those of clients that have been led
//! here by their hosts file. Each is looked at by itself, because clients use a connection to a proxy for several hosts.

use std::sync::Arc;

use axum::body::Body;
use http::header::{
    CONNECTION, CONTENT_LENGTH, HOST, HeaderName, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use super::log_refusal;
use super::tunnel::{BUFFER_BYTES, connect, relay};
use crate::error_code::ErrorCode;
use crate::playback::Rejection;
use crate::server::app_state::AppState;
use crate::server::mount::{Intercepted, Interceptor};
use crate::server::provider_port::{Destination, PassedHost, ProviderPort, split_host};
use crate::server::refusal::error_response;

/// Headers of one connection, that a proxy does not pass on (RFC 9110, section 7.6.1).
const OF_CONNECTION: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Sorts the requests of a connection by their host.
#[derive(Debug)]
pub(super) struct PlainHttp {
    app: Arc<AppState>,
    port: Arc<ProviderPort>,
}

impl PlainHttp {
    pub(super) fn new(app: Arc<AppState>, port: Arc<ProviderPort>) -> Self {
        Self { app, port }
    }
}

impl Interceptor for PlainHttp {
    fn intercept(&self, mut request: Request<Incoming>) -> Intercepted {
        let is_http = request.uri().scheme().is_none_or(|scheme| *scheme == Scheme::HTTP);
        if request.uri().authority().is_some_and(|authority| authority.as_str().contains('@')) {
            let message = "a user and a password belong into a header, not before the host";
            self.app.metrics.record_refused(ErrorCode::BadRequest.as_str());
            return refused(ErrorCode::BadRequest, message.to_owned());
        }
        let destination = match host_of(&request) {
            Some((host, port)) if is_http => (self.port.plain_request_to(&host, port), host, port),
            _ => {
                let message = "this port serves http://HOST/ of a provider, and CONNECT HOST:443";
                self.app.metrics.record_refused(ErrorCode::BadRequest.as_str());
                return refused(ErrorCode::BadRequest, message.to_owned());
            }
        };
        match destination {
            (Destination::Provider(mount), host, port) => {
                name_host(&mut request, &host, port);
                mount.rewrite(&mut request);
                Intercepted::Request(request)
            }
            (Destination::Passed(target), ..) => {
                let app = self.app.clone();
                Intercepted::Answered(Box::pin(async move {
                    pass_on(&app, request, &target).await.unwrap_or_else(|rejection| error_response(&rejection))
                }))
            }
            (Destination::Refused(message), ..) => {
                log_refusal(&self.app, &message);
                self.app.metrics.record_refused(ErrorCode::Forbidden.as_str());
                refused(ErrorCode::Forbidden, message)
            }
        }
    }
}

fn refused(code: ErrorCode, message: String) -> Intercepted {
    Intercepted::Answered(Box::pin(std::future::ready(error_response(&Rejection::new(code, message)))))
}

/// The host that a request means: that of its target, else its `Host`.
fn host_of<B>(request: &Request<B>) -> Option<(String, Option<u16>)> {
    let host = match request.uri().authority() {
        Some(authority) => authority.as_str(),
        None => request.headers().get(HOST)?.to_str().ok()?,
    };
    split_host(host)
}

/// Names the host of a request in one place, and as the provider is known: its target goes before `Host` (RFC 9112, section 3.2.2).
fn name_host<B>(request: &mut Request<B>, host: &str, port: Option<u16>) {
    let named = port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    if let Ok(named) = HeaderValue::from_str(&named) {
        request.headers_mut().insert(HOST, named);
    }
    let path = request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from(path);
}

/// Sends a request to the real host. The error says why there is no response.
async fn pass_on(app: &AppState, request: Request<Incoming>, target: &PassedHost) -> Result<Response<Body>, Rejection> {
    let wrong = |error: &dyn std::fmt::Display| {
        Rejection::new(ErrorCode::Unavailable, format!("a request to {}: {error}", target.target()))
    };
    let socket = connect(target, app.limits.head_time).await?;
    // Through a tunnel, which is closed when nothing moves.
    let (near, far) = tokio::io::duplex(BUFFER_BYTES);
    let (mut sender, connection) = http1::handshake(TokioIo::new(near)).await.map_err(|error| wrong(&error))?;
    // Both end with the response's body, or with the server.
    let abort = app.abort.clone();
    let exchange = async move { tokio::join!(connection, relay(far, socket)) };
    tokio::spawn(async move { abort.run_until_cancelled(exchange).await.map(drop) });
    let mut response = sender.send_request(for_origin(request, target)).await.map_err(|error| wrong(&error))?;
    // `Upgrade` was not passed on: a client that got this would wait for another protocol.
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let mut answer = error_response(&wrong(&"it changes the protocol, for which it was not asked"));
        *answer.status_mut() = StatusCode::BAD_GATEWAY;
        return Ok(answer);
    }
    remove_connection_headers(response.headers_mut());
    Ok(response.map(Body::new))
}

/// A request as the host itself expects it.
fn for_origin<B>(mut request: Request<B>, target: &PassedHost) -> Request<B> {
    remove_connection_headers(request.headers_mut());
    if let Some(host) =
        request.uri().authority().map(Authority::as_str).and_then(|host| HeaderValue::from_str(host).ok())
    {
        request.headers_mut().insert(HOST, host);
    } else if !request.headers().contains_key(HOST)
        && let Ok(host) = HeaderValue::from_str(&target.host)
    {
        request.headers_mut().insert(HOST, host);
    }
    let path = request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from(path);
    request
}

fn remove_connection_headers(headers: &mut HeaderMap) {
    // Those that `Connection` names are of the connection, too.
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').filter_map(|name| name.trim().parse().ok()))
        .collect();
    // It does not count then (RFC 9112, section 6.3), and would be wrong for whoever reads the body without the coding.
    if headers.contains_key(TRANSFER_ENCODING) {
        headers.remove(CONTENT_LENGTH);
    }
    for name in OF_CONNECTION.into_iter().chain(named) {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_passed_on_without_what_is_of_the_connection() {
        let request = Request::builder()
            .uri("http://a.example:8080/b?c=1")
            .header(HOST, "other.example")
            .header(CONNECTION, "keep-alive, X-Hop")
            .header("x-hop", "1")
            .header("proxy-authorization", "Basic secret")
            .header("authorization", "Bearer kept")
            .body(())
            .expect("a request");
        assert_eq!(host_of(&request), Some(("a.example".to_owned(), Some(8080))));
        let target = PassedHost { host: "a.example".into(), port: 8080, may_be_private: true, is_own_port: false };
        let passed = for_origin(request, &target);
        assert_eq!(passed.uri(), "/b?c=1");
        let headers: Vec<(&str, &[u8])> =
            passed.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        assert_eq!(headers.len(), 2, "{headers:?}");
        assert_eq!(passed.headers()[HOST], "a.example:8080");
        assert_eq!(passed.headers()["authorization"], "Bearer kept");
    }
}
