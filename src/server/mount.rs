//! A port that has the documents of a dialect at its root, so that an app changes only its base URL.

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use http::header::{AUTHORIZATION, HOST};
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, Uri};
use hyper::body::Incoming;

/// What the requests on a connection go through before the server's own routes: they mean something else there.
pub(super) trait Interceptor: Debug + Send + Sync {
    fn intercept(&self, request: Request<Incoming>) -> Intercepted;
}

/// A request that has gone through a [`Interceptor`].
#[expect(
    clippy::large_enum_variant,
    reason = "it is taken apart at once; a box would be an allocation for each request"
)]
pub(super) enum Intercepted {
    /// For the routes of the server.
    Request(Request<Incoming>),
    /// Answered by the interceptor.
    Answered(Pin<Box<dyn Future<Output = Response<Body>> + Send>>),
}

/// A dialect of a replay as the root of a port, or of a provider's host name.
#[derive(Debug, Clone)]
pub(super) struct Mount {
    /// Whether a port of its own speaks TLS.
    secure: bool,
    /// `/r/main/dialect/espn`
    prefix: Arc<str>,
    /// Names of a provider's servers, in lower case: requests to them are meant for this server.
    hosts: &'static [&'static str],
}

/// On a request: the address at which the caller has the dialect's root, if it is a port of its own.
#[derive(Debug, Clone)]
pub(super) struct MountedAt(pub(super) String);

impl Mount {
    /// The documents of a dialect of a replay.
    pub(super) fn new(secure: bool, replay: &str, dialect: &str, hosts: &'static [&'static str]) -> Self {
        Self { secure, prefix: format!("/r/{replay}/dialect/{dialect}").into(), hosts }
    }

    /// Whether requests to a host name, with or without a port, are meant for the provider.
    pub(super) fn serves(&self, host: &str) -> bool {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_end_matches('.');
        self.hosts.iter().any(|own| own.eq_ignore_ascii_case(name))
    }

    /// Makes a request for a document of the provider one for that of the replay.
    pub(super) fn rewrite<B>(&self, request: &mut Request<B>) {
        if let Some(host) = request.headers().get(HOST).and_then(|host| host.to_str().ok()) {
            let of_provider = self.serves(host);
            let scheme = if self.secure || of_provider { "https" } else { "http" };
            let base = format!("{scheme}://{host}");
            request.extensions_mut().insert(MountedAt(base));
            if of_provider {
                // The access rules know the server by its own names.
                request.headers_mut().insert(HOST, HeaderValue::from_static("localhost"));
            }
        }
        // A key of the provider is no token of this server.
        request.headers_mut().remove(AUTHORIZATION);
        let uri = request.uri();
        let is_own = uri.authority().is_none_or(|authority| self.serves(authority.as_str()));
        let target = format!("{}{}", self.prefix, uri.path_and_query().map_or("/", PathAndQuery::as_str));
        let mut parts = std::mem::take(request.uri_mut()).into_parts();
        if is_own {
            (parts.scheme, parts.authority) = (None, None);
        }
        // The prefix holds only characters of a path, and what follows was a valid target.
        // Too long with the prefix: nothing is there.
        let root = || PathAndQuery::try_from(format!("{}/", self.prefix));
        parts.path_and_query = PathAndQuery::try_from(target).or_else(|_| root()).ok();
        *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
    }
}

impl Interceptor for Mount {
    fn intercept(&self, mut request: Request<Incoming>) -> Intercepted {
        self.rewrite(&mut request);
        Intercepted::Request(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_to_a_provider_becomes_one_for_a_replay() {
        let mount = Mount::new(false, "main", "espn", &["site.api.espn.com"]);
        let own = "https://site.api.espn.com";
        for (target, host, expected, shown, base) in [
            ("/a/b?c=1", "127.0.0.1:9", "/r/main/dialect/espn/a/b?c=1", "127.0.0.1:9", "http://127.0.0.1:9"),
            ("/", "site.api.espn.com", "/r/main/dialect/espn/", "localhost", own),
            ("/a", "SITE.api.espn.com:443", "/r/main/dialect/espn/a", "localhost", "https://SITE.api.espn.com:443"),
            ("http://site.api.espn.com/a?b", "site.api.espn.com", "/r/main/dialect/espn/a?b", "localhost", own),
            ("/a", "evil.example", "/r/main/dialect/espn/a", "evil.example", "http://evil.example"),
            (
                "http://evil.example/a",
                "evil.example",
                "http://evil.example/r/main/dialect/espn/a",
                "evil.example",
                "http://evil.example",
            ),
        ] {
            let mut request = Request::builder().uri(target).header(HOST, host).body(()).expect("a request");
            mount.rewrite(&mut request);
            assert_eq!(request.uri().to_string(), expected);
            assert_eq!(request.headers()[HOST], shown);
            assert_eq!(request.extensions().get::<MountedAt>().map(|at| &*at.0), Some(base));
        }
    }
}
