//! Reads what reverse proxies say about the client of a request: `Forwarded` (RFC 7239), `X-Forwarded-*` and similar
//! headers.
//!
//! Any client can send these headers. Their presence shows that the request may not come from a program on this
//! machine; their content is believed only from addresses that the operator named as proxies.

use http::header::{FORWARDED, VIA};
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use std::net::IpAddr;

use super::authority::Authority;

/// Headers that proxies and content delivery networks add, beside `Forwarded` and `Via`.
const PROXY_HEADERS: &[&str] = &[
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-remote-ip",
    "x-remote-addr",
    "x-scheme",
    "client-ip",
    "true-client-ip",
    "wl-proxy-client-ip",
    "fastly-client-ip",
    "fly-client-ip",
    "cdn-loop",
    "max-forwards",
];
/// Prefixes of such headers, for families of them: `X-Forwarded-For`, `CF-Connecting-IP`.
const PROXY_PREFIXES: &[&str] =
    &["x-forward", "x-original-", "x-envoy-", "x-azure-", "x-amz-cf-", "x-arr-", "cf-", "tailscale-"];
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Whether any header says that a proxy has forwarded the request.
pub(super) fn is_proxied(headers: &HeaderMap) -> bool {
    let names = |name: &HeaderName| {
        *name == FORWARDED
            || *name == VIA
            || PROXY_HEADERS.contains(&name.as_str())
            || PROXY_PREFIXES.iter().any(|prefix| name.as_str().starts_with(prefix))
    };
    headers.keys().any(names)
}

/// Whether the peer is a trusted proxy.
pub(super) fn is_trusted(proxies: &[IpNet], peer: IpAddr) -> bool {
    let peer = peer.to_canonical();
    proxies.iter().any(|network| network.contains(&peer))
}

/// How the client addressed the proxy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Forwarded {
    /// The `Host` that the client sent, as the proxy forwarded it.
    pub(super) host: Option<Authority>,
    /// Whether the client spoke TLS to the proxy.
    pub(super) secure: Option<bool>,
}

impl Forwarded {
    /// Reads what the nearest proxy says: the last element of each list, because each proxy appends its own. `Err`
    /// names a header that cannot be parsed, or that contradicts another: most proxies set one of the two kinds and let
    /// the client's own pass in the other.
    pub(super) fn from_headers(headers: &HeaderMap) -> Result<Self, &'static str> {
        let mut standard = Self::default();
        if let Some(line) = last_header_line(headers, &FORWARDED).map_err(|()| "Forwarded")? {
            let elements = split_unquoted(line, ',').ok_or("Forwarded")?;
            let nearest = elements.iter().rfind(|element| !element.is_empty()).unwrap_or(&"");
            let pairs = split_unquoted(nearest, ';').ok_or("Forwarded")?;
            for pair in pairs.into_iter().filter(|pair| !pair.is_empty()) {
                let (name, value) = pair.split_once('=').ok_or("Forwarded")?;
                let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
                match name.trim() {
                    name if name.eq_ignore_ascii_case("host") => {
                        standard.host = Some(Authority::parse(value).ok_or("Forwarded")?)
                    }
                    name if name.eq_ignore_ascii_case("proto") => {
                        standard.secure = Some(parse_is_https(value).ok_or("Forwarded")?);
                    }
                    _ => {}
                }
            }
        }
        let last_of = |name: &HeaderName| {
            let line = last_header_line(headers, name)?;
            Ok::<_, ()>(line.and_then(|line| line.rsplit(',').map(str::trim).find(|element| !element.is_empty())))
        };
        let stated = last_of(&X_FORWARDED_HOST).ok().ok_or("X-Forwarded-Host")?;
        let stated = stated.map(|text| Authority::parse(text).ok_or("X-Forwarded-Host")).transpose()?;
        let secure = last_of(&X_FORWARDED_PROTO).ok().ok_or("X-Forwarded-Proto")?;
        let secure = secure.map(|text| parse_is_https(text).ok_or("X-Forwarded-Proto")).transpose()?;
        if matches!((standard.secure, secure), (Some(one), Some(other)) if one != other) {
            return Err("X-Forwarded-Proto");
        }
        let secure = standard.secure.or(secure);
        let differs = |one: &Authority, other| !one.equals(other, secure.unwrap_or_default());
        if matches!((&standard.host, &stated), (Some(one), Some(other)) if differs(one, other)) {
            return Err("X-Forwarded-Host");
        }
        Ok(Self { host: standard.host.or(stated), secure })
    }
}

/// The last line of a header.
fn last_header_line<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    headers.get_all(name).into_iter().next_back().map(|line| line.to_str().map_err(|_| ())).transpose()
}

/// Splits at a separator outside of quoted strings (RFC 9110, section 5.6.4). `None`: a quote stays open, and it is
/// unknown who wrote the last element.
fn split_unquoted(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut from) = (Vec::new(), 0);
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c if c == separator && !quoted => {
                parts.push(text[from..at].trim());
                from = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text[from..].trim());
    (!quoted).then_some(parts)
}

fn parse_is_https(text: &str) -> Option<bool> {
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
        let read = |lines| {
            Forwarded::from_headers(&headers(lines))
                .map(|read| (read.host.map(|host| host.to_string()).unwrap_or_default(), read.secure))
        };
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
        // RFC 9110, section 5.6.1: empty elements of a list are ignored.
        assert_eq!(
            read(&[("x-forwarded-host", "a.example, ,"), ("x-forwarded-proto", "https,")]),
            is("a.example", Some(true))
        );
        assert_eq!(read(&[("forwarded", "host=a.example;, "), ("x-forwarded-host", "")]), is("a.example", None));
        let ports = [("forwarded", "host=a.example;proto=https"), ("x-forwarded-host", "a.example:443")];
        assert_eq!(read(&ports), is("a.example", Some(true)));
        let both = [
            ("forwarded", "host=A.example;proto=http"),
            ("x-forwarded-host", "a.example"),
            ("x-forwarded-proto", "http"),
        ];
        assert_eq!(read(&both), is("a.example", Some(false)));
    }

    #[test]
    fn contradictory_or_unreadable_headers_are_named() {
        for (lines, named) in [
            (&[("forwarded", "host=a.example"), ("x-forwarded-host", "b.example")][..], "X-Forwarded-Host"),
            (&[("forwarded", "proto=http"), ("x-forwarded-proto", "https")], "X-Forwarded-Proto"),
            (&[("x-forwarded-proto", "gopher")], "X-Forwarded-Proto"),
            (&[("x-forwarded-host", "a@b")], "X-Forwarded-Host"),
            (&[("forwarded", "host")], "Forwarded"),
            (&[("forwarded", "host=a@b")], "Forwarded"),
            // A client's open quote would hide the element that the proxy has appended.
            (&[("forwarded", "host=evil.example;for=\", host=a.example")], "Forwarded"),
            (&[("forwarded", "for=\"\\\", host=a.example")], "Forwarded"),
        ] {
            assert_eq!(Forwarded::from_headers(&headers(lines)), Err(named), "{lines:?}");
        }
    }

    #[test]
    fn a_network_holds_addresses_of_either_notation() {
        let trusted = ["10.0.0.0/8", "::1/128"].map(|network| network.parse().expect("one"));
        for (peer, held) in
            [("10.1.2.3", true), ("::ffff:10.1.2.3", true), ("::1", true), ("127.0.0.1", false), ("11.0.0.1", false)]
        {
            assert_eq!(is_trusted(&trusted, peer.parse().expect("an address")), held, "{peer}");
        }
        assert!(!is_trusted(&[], [127, 0, 0, 1].into()));
    }
}
