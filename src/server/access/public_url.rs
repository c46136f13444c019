//! The public URL: the address under which clients reach a server behind a reverse proxy.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

use super::authority::{Authority, WebOrigin};

/// The first segments of the server's own paths. Below a public path of such a name, requests would be ambiguous.
const OWN_PATHS: &[&str] = &[
    "api",
    "assets",
    "overlay",
    "ws",
    "events",
    "events.ndjson",
    "shows",
    "state",
    "timeline",
    "history",
    "table",
    "dialect",
    "client.js",
    "schema",
    "openapi.json",
    "asyncapi.json",
    "metrics",
    "healthz",
    "readyz",
];

/// The URL under which clients reach the server: `https://scores.example/tl`.
///
/// All links of the server are made of it. Requests are accepted with its path in front and without, so that a
/// proxy may pass it on or strip it.
///
/// ```
/// use touchline::server::PublicUrl;
///
/// let url: PublicUrl = "https://scores.example/tl/".parse()?;
/// assert_eq!(url.to_string(), "https://scores.example/tl");
/// # Ok::<(), touchline::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    origin: WebOrigin,
    /// Empty, or with a leading slash and no trailing one.
    path: String,
}

impl PublicUrl {
    /// The path in front of all paths of the server: empty, or `/tl`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The host, and the port if it is not the default one.
    pub(crate) fn authority(&self) -> &Authority {
        &self.origin.authority
    }

    pub(in crate::server) fn origin(&self) -> &WebOrigin {
        &self.origin
    }

    /// The base of links.
    pub(in crate::server) fn base(&self) -> BaseUrl {
        BaseUrl { secure: self.origin.secure, authority: self.origin.authority.clone(), path: self.path.clone() }
    }

    /// A path as the server's routes know it: without the public path, if it has it.
    pub(in crate::server) fn strip<'a>(&self, path: &'a str) -> &'a str {
        match path.strip_prefix(&self.path) {
            Some("") => "/",
            Some(rest) if rest.starts_with('/') => rest,
            _ => path,
        }
    }
}

impl FromStr for PublicUrl {
    type Err = Error;

    /// Parses an `http://` or `https://` URL without a query. The error says what is wrong with it.
    fn from_str(text: &str) -> Result<Self> {
        let wrong =
            |why: &str| Error::misuse(format!("{text:?} is not a public URL: {why}, as in https://scores.example/tl"));
        let after_scheme = text.find("://").map_or(0, |at| at + 3);
        let path = text[after_scheme..].find('/').map_or(text.len(), |at| after_scheme + at);
        let (origin, path) = text.split_at(path);
        let origin = WebOrigin::parse(origin)
            .ok_or_else(|| wrong("it takes http:// or https://, a host, and perhaps a port and a path"))?;
        let path = path.trim_end_matches('/');
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        let plain = |segment: &str| !matches!(segment, "" | "." | "..") && segment.chars().all(unreserved);
        if !segments.iter().all(|segment| plain(segment)) {
            return Err(wrong("its path may have segments of letters, digits, -, ., _ and ~"));
        }
        // Clients find the replay in a path by its first segment `r`.
        let is_own = |(at, segment): &(usize, &&str)| **segment == "r" || *at == 0 && OWN_PATHS.contains(*segment);
        if let Some((_, own)) = segments.iter().enumerate().find(is_own) {
            return Err(wrong(&format!("its path has /{own}, which is a path of the server's own")));
        }
        Ok(Self { origin, path: path.to_owned() })
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http{}://{}{}", if self.origin.secure { "s" } else { "" }, self.origin.authority, self.path)
    }
}

/// The base of links: where a client reaches the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) struct BaseUrl {
    pub(in crate::server) secure: bool,
    pub(in crate::server) authority: Authority,
    /// In front of all paths: empty, or with a leading slash and no trailing one.
    pub(in crate::server) path: String,
}

impl BaseUrl {
    /// `https://scores.example/tl`, without a trailing slash.
    pub(in crate::server) fn http(&self) -> String {
        self.with_scheme("http")
    }

    /// `wss://scores.example/tl`, without a trailing slash.
    pub(in crate::server) fn ws(&self) -> String {
        self.with_scheme("ws")
    }

    fn with_scheme(&self, scheme: &str) -> String {
        format!("{scheme}{}://{}{}", if self.secure { "s" } else { "" }, self.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Result<PublicUrl, String> {
        text.parse().map_err(|error: Error| error.to_string())
    }

    #[test]
    fn it_prints_as_it_is_used() {
        for (text, printed, path) in [
            ("https://scores.example", "https://scores.example", ""),
            ("https://scores.example/", "https://scores.example", ""),
            ("HTTPS://Scores.Example:8443/tl//", "https://scores.example:8443/tl", "/tl"),
            ("http://192.0.2.7:80/live/scores_1", "http://192.0.2.7:80/live/scores_1", "/live/scores_1"),
            ("https://[2001:db8::7]/tl", "https://[2001:db8::7]/tl", "/tl"),
        ] {
            let url = url(text).unwrap_or_else(|why| panic!("{why}"));
            assert_eq!((url.to_string().as_str(), url.path()), (printed, path));
        }
    }

    #[test]
    fn an_invalid_public_url_is_refused_with_an_example() {
        for (text, why) in [
            ("scores.example/tl", "http:// or https://"),
            ("ftp://scores.example", "http:// or https://"),
            ("https://", "a host"),
            ("https://user@scores.example", "a host"),
            ("https://scores.example?x=1", "a host"),
            ("https://scores.example/tl?x=1", "segments"),
            ("https://scores.example/tl#x", "segments"),
            ("https://scores.example/a//b", "segments"),
            ("https://scores.example/../b", "segments"),
            ("https://scores.example/a%2Fb", "segments"),
            ("https://scores.example/r/main", "has /r,"),
            ("https://scores.example/a/r/b", "has /r,"),
            ("https://scores.example/events.ndjson", "has /events.ndjson,"),
        ] {
            let error = url(text).expect_err(text);
            assert!(error.contains(why) && error.contains("https://scores.example/tl"), "{error}");
        }
    }

    #[test]
    fn the_public_path_is_stripped_where_it_is_in_front() {
        let url = url("https://scores.example/tl").expect("a URL");
        for (path, stripped) in [
            ("/tl", "/"),
            ("/tl/", "/"),
            ("/tl/ws", "/ws"),
            ("/tl/r/main/ws", "/r/main/ws"),
            ("/ws", "/ws"),
            ("/tlx", "/tlx"),
            ("/", "/"),
            ("/tl//ws", "//ws"),
            ("*", "*"),
        ] {
            assert_eq!(url.strip(path), stripped, "{path}");
        }
        let at_the_root: PublicUrl = "https://scores.example".parse().expect("a URL");
        assert_eq!((at_the_root.strip("/ws"), at_the_root.strip("/")), ("/ws", "/"));
    }
}
