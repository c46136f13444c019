//! What reverse proxies say about the client of a request: `Forwarded` (RFC 7239), `X-Forwarded-*` and their like.
//!
//! Anybody can write these headers. Their presence proves that a request did not simply come from a program on this machine;
//! their content is believed only from addresses that the operator named as proxies.

use http::header::{FORWARDED, VIA};
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use std::net::IpAddr;

use super::authority::Authority;

/// Headers by which proxies and content delivery networks pass the client's address or name on, beside `Forwarded`, `Via`
/// and all that begin with [`X_FORWARDED`].
const CLIENT_HEADERS: &[&str] = &[
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-forwarded-for",
    "x-original-host",
    "x-envoy-external-address",
    "true-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "fly-client-ip",
    "cdn-loop",
];
const X_FORWARDED: &str = "x-forwarded";
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Whether any header says that a proxy has passed the request on.
pub(super) fn is_proxied(headers: &HeaderMap) -> bool {
    let names = |name: &HeaderName| {
        *name == FORWARDED
            || *name == VIA
            || name.as_str().starts_with(X_FORWARDED)
            || CLIENT_HEADERS.contains(&name.as_str())
    };
    headers.keys().any(names)
}

/// The proxies whose word counts. Without any, nobody's does.
#[derive(Debug, Clone, Default)]
pub(super) struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    pub(super) fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    pub(super) fn contains(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.0.iter().any(|network| network.contains(&peer))
    }
}

/// How the client addressed the proxy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Forwarded {
    /// The `Host` that the client sent, as the proxy passed it on.
    pub(super) host: Option<String>,
    /// Whether the client spoke TLS to the proxy.
    pub(super) secure: Option<bool>,
}

impl Forwarded {
    /// Reads what the nearest proxy has said: of lists the last element, as each proxy appends its own. `Err` names a header
    /// that cannot be understood, or that contradicts another: most proxies set one of the two kinds and let the client's own
    /// word pass in the other.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, &'static str> {
        let mut standard = Self::default();
        if let Some(element) = last_element(headers, &FORWARDED, "Forwarded")? {
            for pair in split_unquoted(element, ';') {
                let (name, value) = pair.split_once('=').ok_or("Forwarded")?;
                let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
                match name.trim() {
                    name if name.eq_ignore_ascii_case("host") => standard.host = Some(value.to_owned()),
                    name if name.eq_ignore_ascii_case("proto") => {
                        standard.secure = Some(scheme(value).ok_or("Forwarded")?)
                    }
                    _ => {}
                }
            }
        }
        let host = last_element(headers, &X_FORWARDED_HOST, "X-Forwarded-Host")?.map(str::to_owned);
        let secure = last_element(headers, &X_FORWARDED_PROTO, "X-Forwarded-Proto")?;
        let secure = secure.map(|proto| scheme(proto).ok_or("X-Forwarded-Proto")).transpose()?;
        if matches!((&standard.host, &host), (Some(one), Some(other)) if !one.eq_ignore_ascii_case(other)) {
            return Err("X-Forwarded-Host");
        }
        if matches!((standard.secure, secure), (Some(one), Some(other)) if one != other) {
            return Err("X-Forwarded-Proto");
        }
        let read = Self { host: standard.host.or(host), secure: standard.secure.or(secure) };
        match read.host.as_deref().is_none_or(|host| Authority::parse(host).is_some()) {
            true => Ok(read),
            false => Err("X-Forwarded-Host"),
        }
    }
}

/// The last element of a header that is a list, over all its lines.
fn last_element<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    shown: &'static str,
) -> Result<Option<&'a str>, &'static str> {
    let Some(line) = headers.get_all(name).into_iter().next_back() else { return Ok(None) };
    let line = line.to_str().map_err(|_| shown)?;
    Ok(split_unquoted(line, ',').last().map(str::trim))
}

/// Splits at a separator, but not within quotes.
fn split_unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
}

fn scheme(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "https" | "wss" => Some(true),
        "http" | "ws" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let line = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        let mut headers = HeaderMap::new();
        lines.iter().map(line).for_each(|(name, value)| _ = headers.append(name, value));
        headers
    }

    #[test]
    fn a_proxy_shows_itself_by_any_of_its_headers() {
        for name in [
            "forwarded",
            "via",
            "x-real-ip",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-forwarded-port",
            "x-forwarded-prefix",
            "x-forwarded-server",
            "x-forwarded",
            "cf-connecting-ip",
            "true-client-ip",
            "x-client-ip",
        ] {
            assert!(is_proxied(&headers(&[(name, "")])), "{name}, also if it is empty");
        }
        assert!(!is_proxied(&headers(&[("host", "localhost"), ("x-request-id", "1"), ("forward", "x")])));
    }

    #[test]
    fn the_nearest_proxy_is_believed() {
        let read = |lines| Forwarded::read(&headers(lines)).map(|read| (read.host.unwrap_or_default(), read.secure));
        let is = |host: &str, secure| Ok((host.to_owned(), secure));
        assert_eq!(read(&[]), is("", None));
        assert_eq!(read(&[("x-forwarded-for", "192.0.2.7")]), is("", None));
        assert_eq!(
            read(&[("x-forwarded-host", "a.example"), ("x-forwarded-proto", "https")]),
            is("a.example", Some(true))
        );
        assert_eq!(read(&[("x-forwarded-host", "evil.example, a.example:8443")]), is("a.example:8443", None));
        assert_eq!(
            read(&[("x-forwarded-host", "evil.example"), ("x-forwarded-host", "a.example")]),
            is("a.example", None)
        );
        let quoted = r#"for=192.0.2.7;host="evil.example", For="[2001:db8::7]:1";Proto=HTTPS; Host="a.example:8443""#;
        let quoted = [("forwarded", quoted)];
        assert_eq!(read(&quoted), is("a.example:8443", Some(true)));
        let both = [
            ("forwarded", "host=A.example;proto=http"),
            ("x-forwarded-host", "a.example"),
            ("x-forwarded-proto", "http"),
        ];
        assert_eq!(read(&both), is("A.example", Some(false)));
    }

    #[test]
    fn what_contradicts_itself_or_cannot_be_read_is_named() {
        for (lines, named) in [
            (&[("forwarded", "host=a.example"), ("x-forwarded-host", "b.example")][..], "X-Forwarded-Host"),
            (&[("forwarded", "proto=http"), ("x-forwarded-proto", "https")], "X-Forwarded-Proto"),
            (&[("x-forwarded-proto", "gopher")], "X-Forwarded-Proto"),
            (&[("x-forwarded-host", "a@b")], "X-Forwarded-Host"),
            (&[("x-forwarded-host", "")], "X-Forwarded-Host"),
            (&[("forwarded", "host")], "Forwarded"),
        ] {
            assert_eq!(Forwarded::read(&headers(lines)), Err(named), "{lines:?}");
        }
    }

    #[test]
    fn a_network_holds_addresses_of_either_notation() {
        let trusted = TrustedProxies::new(vec!["10.0.0.0/8".parse().expect("one"), "::1/128".parse().expect("one")]);
        for (peer, held) in
            [("10.1.2.3", true), ("::ffff:10.1.2.3", true), ("::1", true), ("127.0.0.1", false), ("11.0.0.1", false)]
        {
            assert_eq!(trusted.contains(peer.parse().expect("an address")), held, "{peer}");
        }
        assert!(!TrustedProxies::default().contains([127, 0, 0, 1].into()));
    }
}
