//! Parses host names as requests state them: the authority in `Host` and in request targets, and web origins.
//!
//! Strict on purpose. A text that a URL parser might read in another way (user information, stray brackets, signs in a
//! port) is no authority at all, so that no rule is applied to a host other than the one that the client means.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use crate::error::{Error, Result};

/// The host of an authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) enum HostName {
    /// In lower case, without the dot that may end a full name.
    Name(String),
    /// As written: `[::ffff:127.0.0.1]` is no loopback address. Browsers reach this machine by it, but do not count it
    /// as trustworthy and send no fetch metadata there.
    Address(IpAddr),
}

impl HostName {
    /// Whether it can only mean this machine.
    pub(in crate::server) fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => name == "localhost",
            Self::Address(address) => address.is_loopback(),
        }
    }

    /// Parses a name, an IPv4 address, or an IPv6 address in brackets.
    fn parse(text: &str) -> Option<Self> {
        if let Some(inner) = text.strip_prefix('[') {
            let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
            return Some(Self::Address(address.into()));
        }
        if let Ok(address) = text.parse() {
            return Some(Self::Address(IpAddr::V4(address)));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let label = |label: &str| {
            !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        };
        // WHATWG URL, section 3.5: a name whose last label is a number is an IPv4 address, written in some other way.
        let last = name.rsplit('.').next().unwrap_or_default();
        let is_number = last.starts_with(|c: char| c.is_ascii_digit())
            && (last.chars().all(|c| c.is_ascii_digit()) || last.starts_with("0x") || last.starts_with("0X"));
        (!is_number && name.len() <= 253 && name.split('.').all(label)).then(|| Self::Name(name.to_ascii_lowercase()))
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// A host and perhaps a port: `scores.example`, `127.0.0.1:8089`, `[::1]:8089`.
///
/// ```
/// use touchline::server::Authority;
///
/// let host: Authority = "Scores.Example:8443".parse()?;
/// assert_eq!(host.to_string(), "scores.example:8443");
/// assert!("localhost:80@evil.example".parse::<Authority>().is_err());
/// # Ok::<(), touchline::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    pub(in crate::server) host: HostName,
    pub(in crate::server) port: Option<u16>,
}

impl Authority {
    /// The host alone, as a certificate names it: without a port, and an IPv6 address without brackets.
    pub fn name(&self) -> String {
        match &self.host {
            HostName::Name(name) => name.clone(),
            HostName::Address(address) => address.to_string(),
        }
    }

    pub(in crate::server) fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.rfind(':') {
            Some(at) if !text[at..].contains(']') => (&text[..at], Some(&text[at + 1..])),
            _ => (text, None),
        };
        let digits = |port: &&str| !port.is_empty() && port.chars().all(|c| c.is_ascii_digit());
        let port = match port {
            Some(port) => Some(Some(port).filter(digits)?.parse().ok()?),
            None => None,
        };
        Some(Self { host: HostName::parse(host)?, port })
    }

    /// Whether both mean the same host and port over that scheme, whose default port may be omitted.
    pub(in crate::server) fn equals(&self, other: &Self, secure: bool) -> bool {
        let usual = if secure { 443 } else { 80 };
        self.host == other.host && self.port.unwrap_or(usual) == other.port.unwrap_or(usual)
    }
}

impl FromStr for Authority {
    type Err = Error;

    /// Parses a host with an optional port; the brackets of an IPv6 address may be omitted. The error says what would
    /// be accepted.
    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text).or_else(|| Self::parse(&format!("[{text}]"))).ok_or_else(|| {
            let accepted = "write scores.example, scores.example:8443 or [2001:db8::7]";
            Error::misuse(format!("{text:?} is not a host: {accepted}"))
        })
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.host.fmt(f)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// The origin of a page that was served by HTTP (RFC 6454): scheme, host and perhaps a port.
///
/// ```
/// use touchline::server::WebOrigin;
///
/// assert_eq!("https://Scores.Example/".parse::<WebOrigin>()?.to_string(), "https://scores.example");
/// assert!("null".parse::<WebOrigin>().is_err());
/// # Ok::<(), touchline::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebOrigin {
    pub(in crate::server) secure: bool,
    pub(in crate::server) authority: Authority,
}

impl WebOrigin {
    /// Parses `https://scores.example` or `http://127.0.0.1:3000`; `None` for everything else, such as `null`,
    /// `file://` and the schemes of browser extensions.
    pub(in crate::server) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let secure = match scheme {
            _ if scheme.eq_ignore_ascii_case("https") => true,
            _ if scheme.eq_ignore_ascii_case("http") => false,
            _ => return None,
        };
        Some(Self { secure, authority: Authority::parse(rest)? })
    }

    pub(in crate::server) fn equals(&self, other: &Self) -> bool {
        self.secure == other.secure && self.authority.equals(&other.authority, self.secure)
    }
}

impl FromStr for WebOrigin {
    type Err = Error;

    /// Parses an origin; a slash may follow. The error says what would be accepted.
    fn from_str(text: &str) -> Result<Self> {
        let accepted = "write https://scores.example or http://127.0.0.1:3000";
        let wrong = || Error::misuse(format!("{text:?} is not an origin: {accepted}"));
        Self::parse(text.strip_suffix('/').unwrap_or(text)).ok_or_else(wrong)
    }
}

impl fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http{}://{}", if self.secure { "s" } else { "" }, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_read_in_one_way_or_not_at_all() {
        for (text, host, port) in [
            ("scores.example", "scores.example", None),
            ("Scores.Example.:8089", "scores.example", Some(8_089)),
            ("localhost.", "localhost", None),
            ("127.0.0.1:80", "127.0.0.1", Some(80)),
            ("[::1]:8089", "[::1]", Some(8_089)),
            ("[0:0:0:0:0:0:0:1]", "[::1]", None),
            ("[::ffff:127.0.0.1]", "[::ffff:127.0.0.1]", None),
            ("my_host-1", "my_host-1", None),
            ("xn--fuball-cta.example", "xn--fuball-cta.example", None),
        ] {
            let authority = Authority::parse(text).unwrap_or_else(|| panic!("{text:?} is one"));
            assert_eq!((authority.host.to_string().as_str(), authority.port), (host, port), "{text:?}");
        }
        for text in [
            "",
            ":80",
            ".",
            "localhost..",
            ".localhost",
            "a..b",
            "localhost:",
            "localhost:x",
            "localhost:+80",
            "localhost: 80",
            "localhost:65536",
            "localhost:80:80",
            "localhost:x.evil.example",
            "localhost:@evil.example",
            "localhost:80@evil.example",
            "user@localhost",
            "[[[::1]]]",
            "[[::1]]",
            "[::1",
            "::1]",
            "::1",
            "[::1]x",
            "x[::1]",
            "[127.0.0.1]",
            "[localhost]",
            "[fe80::1%25eth0]",
            "[]",
            "127.1",
            "0x7f.0.0.1",
            "0x7f000001",
            "2130706433",
            "127.0.0.1.evil.0x1",
            "127.000.000.001",
            "local host",
            "localhost\t",
            "localhost/",
            "localhost?",
            "localhost#",
            "localhost\\evil.example",
            "loc%61lhost",
            "fußball.example",
            "*",
            "*.example",
            "a,b",
        ] {
            assert_eq!(Authority::parse(text), None, "{text:?}");
        }
        assert_eq!(Authority::parse(&"a.".repeat(200)), None, "longer than a name can be");
    }

    #[test]
    fn only_names_and_addresses_of_this_machine_are_loopback() {
        let is_loopback = |text| Authority::parse(text).is_some_and(|authority| authority.host.is_loopback());
        for text in ["localhost", "LOCALHOST.:1", "127.0.0.1", "127.255.0.7:1", "[::1]"] {
            assert!(is_loopback(text), "{text}");
        }
        for text in [
            "localhost.evil.example",
            "evil.localhost.example",
            "10.0.0.1",
            "[::2]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "0.0.0.0",
        ] {
            assert!(!is_loopback(text), "{text}");
        }
    }

    #[test]
    fn an_origin_is_that_of_a_page_served_by_http() {
        let origin = |text| WebOrigin::parse(text).unwrap_or_else(|| panic!("{text:?} is one"));
        assert!(origin("https://scores.example").equals(&origin("HTTPS://Scores.Example:443")));
        assert!(!origin("https://scores.example").equals(&origin("http://scores.example")));
        assert!(!origin("http://scores.example").equals(&origin("http://scores.example:8080")));
        for text in [
            "null",
            "",
            "file://",
            "ftp://localhost",
            "chrome-extension://abcdef",
            "http:localhost",
            "http://",
            "http:///",
            "http://localhost/",
            "http://localhost:80@evil.example",
            "http://localhost http://evil.example",
        ] {
            assert_eq!(WebOrigin::parse(text), None, "{text:?}");
            assert!(text.parse::<WebOrigin>().is_err() || text == "http://localhost/", "{text:?}");
        }
    }

    #[test]
    fn a_person_may_leave_brackets_away_and_a_slash_behind() {
        let host = |text: &str| text.parse::<Authority>().map(|host| host.to_string());
        assert_eq!(host("2001:db8::7").ok().as_deref(), Some("[2001:db8::7]"));
        assert_eq!(host("[2001:db8::7]:8089").ok().as_deref(), Some("[2001:db8::7]:8089"));
        for text in ["foo:x", "127.1", "b\u{fc}cher.example", "a..b", "*.example", "https://scores.example", ""] {
            assert!(host(text).is_err_and(|why| why.to_string().contains("scores.example:8443")), "{text:?}");
        }
        let origin = |text: &str| text.parse::<WebOrigin>().map(|origin| origin.to_string());
        assert_eq!(origin("https://Scores.Example/").ok().as_deref(), Some("https://scores.example"));
        for text in ["scores.example", "https://scores.example/live", "http://a:99999", "http://u@h", "http://127.1"] {
            assert!(origin(text).is_err_and(|why| why.to_string().contains("http://127.0.0.1:3000")), "{text:?}");
        }
    }
}
