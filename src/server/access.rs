//! Who may look and who may touch: Host, Origin and tokens.
//!
//! A page on any site can open a WebSocket to this machine, and a name can be made to point at it; so a browser's word
//! about where a page comes from (`Origin`) and whom it thinks it talks to (`Host`) must fit. Tools send no Origin and may
//! look. To control a replay takes more: to be here (a tool of this machine, or the server's own page), or a token.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use http::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN};
use http::{HeaderMap, HeaderValue, Method};
use subtle::ConstantTimeEq;

use crate::hub::Replay;

/// What a browser says of the page that makes a request (Fetch Metadata, section 2).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
/// The shortest token that protects anything, in characters.
const LEAST_TOKEN: usize = 8;
/// The longest one that is looked at.
const MOST_TOKEN: usize = 256;

/// A token that gives the right to control every replay. It does not show itself in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct ControlToken(Box<str>);

impl ControlToken {
    /// Takes a word for it: 8 to 256 letters, digits and other signs of ASCII that need not be written otherwise in an
    /// address (`- . _ ~`).
    pub fn new(word: &str) -> Result<Self, String> {
        let unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        match (LEAST_TOKEN..=MOST_TOKEN).contains(&word.len()) && word.chars().all(unreserved) {
            true => Ok(Self(word.into())),
            false => Err(format!("a token has {LEAST_TOKEN} to {MOST_TOKEN} letters, digits, -, ., _ and ~")),
        }
    }

    /// The word itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn is(&self, word: &str) -> bool {
        self.0.as_bytes().ct_eq(word.as_bytes()).into()
    }
}

impl fmt::Debug for ControlToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ControlToken(..)")
    }
}

/// The rules of one server.
#[derive(Debug, Clone)]
pub(super) struct Access {
    bound: SocketAddr,
    origins: Vec<String>,
    hosts: Vec<String>,
    token: Option<ControlToken>,
}

/// One who may look, and what it brings with it.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    /// Whether it may control every replay.
    control: bool,
    /// A word that may give the right to control one.
    token: Option<Presented>,
    /// Where the page comes from that it is, if it is one of another origin.
    pub(super) origin: Option<HeaderValue>,
}

/// A token as somebody presents it. It does not show itself in a log.
#[derive(Clone)]
struct Presented(Box<str>);

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Presented(..)")
    }
}

/// The token that was presented is not that of anything here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WrongToken;

impl Visitor {
    /// Whether it may control every replay.
    pub(super) fn controls_all(&self) -> Result<bool, WrongToken> {
        match &self.token {
            Some(_) if !self.control => Err(WrongToken),
            _ => Ok(self.control),
        }
    }

    /// Whether it may control this one. A token that opens nothing is no right to look instead: whoever gives one means to
    /// be let in.
    pub(super) fn controls(&self, replay: &Replay) -> Result<bool, WrongToken> {
        let owns = |token: &str| replay.token().is_some_and(|own| own.is(token));
        match &self.token {
            _ if self.control => Ok(true),
            Some(Presented(token)) if owns(token) => Ok(true),
            Some(_) => Err(WrongToken),
            None => Ok(false),
        }
    }
}

/// Why a request may not even look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Forbidden {
    /// The header that is wrong.
    pub(super) header: &'static str,
    /// What is wrong; the caller is told no more than this.
    pub(super) message: String,
    /// The flag that would allow it: for the log of whoever runs the server.
    pub(super) flag: String,
}

impl Access {
    pub(super) fn new(
        bound: SocketAddr,
        origins: Vec<String>,
        hosts: Vec<String>,
        token: Option<ControlToken>,
    ) -> Self {
        let origins = origins.into_iter().map(|origin| origin.trim_end_matches('/').to_lowercase()).collect();
        let hosts = hosts.into_iter().map(|host| host.to_lowercase()).collect();
        Self { bound, origins, hosts, token }
    }

    /// Those that were allowed, whose pages may look.
    pub(super) fn origins(&self) -> &[String] {
        &self.origins
    }

    /// Judges a request by its headers and its query.
    pub(super) fn judge(&self, method: &Method, headers: &HeaderMap, query: &str) -> Result<Visitor, Forbidden> {
        let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("\u{fffd}").to_lowercase());
        let host = text(HOST).unwrap_or_default();
        if !self.allows_host(&host) {
            let name = split_port(&host).0.to_owned();
            return Err(Forbidden {
                header: "Host",
                message: format!("the Host {host:?} is not served here"),
                flag: format!("--allow-host {name}"),
            });
        }
        let token = token(headers, query).filter(|token| !token.is_empty());
        let known = token.as_deref().zip(self.token.as_ref()).is_some_and(|(word, token)| token.is(word));
        let Some(origin) = text(ORIGIN) else {
            // A browser says no Origin where a page merely shows something, as an image; it says then what that is to it. To
            // go somewhere by a link is anybody's right, and the page that one leaves sees nothing of it.
            if text(SEC_FETCH_SITE).is_some_and(|site| site == "cross-site")
                && (text(SEC_FETCH_MODE).is_none_or(|mode| mode != "navigate")
                    || !matches!(*method, Method::GET | Method::HEAD))
            {
                return Err(Forbidden {
                    header: "Sec-Fetch-Site",
                    message: "a page of another site may not show what is served here".to_owned(),
                    flag: "--allow-origin and a request with CORS".to_owned(),
                });
            }
            return Ok(Visitor {
                control: known || self.bound.ip().is_loopback(),
                token: token.map(Presented),
                origin: None,
            });
        };
        let same =
            origin.split_once("://").is_some_and(|(scheme, rest)| matches!(scheme, "http" | "https") && rest == host);
        if same || self.allows_origin(&origin) {
            let control = known || same && self.bound.ip().is_loopback();
            return Ok(Visitor { control, token: token.map(Presented), origin: headers.get(ORIGIN).cloned() });
        }
        Err(Forbidden {
            header: "Origin",
            message: format!("the Origin {origin:?} may not look here"),
            flag: format!("--allow-origin {origin}"),
        })
    }

    /// Loopback names, the bound address, any address when bound wide, and what was allowed by name.
    fn allows_host(&self, host: &str) -> bool {
        let (name, port) = split_port(host);
        if port.is_some_and(|port| port.parse::<u16>().is_err()) {
            return false;
        }
        if name == "localhost" || self.hosts.iter().any(|allowed| allowed == name || allowed == host) {
            return true;
        }
        let Ok(address) = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() else { return false };
        address.is_loopback() || address == self.bound.ip() || !self.bound.ip().is_loopback()
    }

    /// A page on any port of this machine, and what was allowed.
    fn allows_origin(&self, origin: &str) -> bool {
        if self.origins.iter().any(|allowed| allowed == origin) {
            return true;
        }
        let Some((scheme, host)) = origin.split_once("://") else { return false };
        let name = split_port(host).0;
        let loopback = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        matches!(scheme, "http" | "https")
            && (name == "localhost" || loopback.is_ok_and(|address| address.is_loopback()))
    }
}

/// The token of a request: after `Bearer` in its Authorization, or in its query, where a browser has no other place for it.
fn token(headers: &HeaderMap, query: &str) -> Option<Box<str>> {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer =
        bearer.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    match bearer {
        Some((_, token)) => Some(token.trim().into()),
        None => {
            form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "token").map(|(_, token)| token.into())
        }
    }
}

/// `name:port`, the port optional; the name may be an IPv6 address in brackets.
fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rfind(':') {
        Some(at) if !host[at..].contains(']') => (&host[..at], Some(&host[at + 1..])),
        _ => (host, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "correct-horse";

    fn visit(bound: &str, host: &str, origin: Option<&str>, query: &str) -> Result<Visitor, Forbidden> {
        let access = Access::new(
            bound.parse().expect("an address"),
            vec!["https://scores.example/".into()],
            vec!["demo.example".into()],
            Some(ControlToken::new(TOKEN).expect("a token")),
        );
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().expect("a header"));
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().expect("a header"));
        }
        access.judge(&Method::GET, &headers, query)
    }

    fn judge(bound: &str, host: &str, origin: Option<&str>) -> Result<bool, String> {
        visit(bound, host, origin, "").map(|visitor| visitor.control).map_err(|forbidden| forbidden.flag)
    }

    #[test]
    fn a_token_gives_control_from_wherever_one_may_look() {
        for origin in [None, Some("http://10.0.0.1:8089"), Some("https://scores.example")] {
            let visitor = |query: &str| visit("0.0.0.0:8089", "10.0.0.1:8089", origin, query).expect("may look");
            assert_eq!(visitor(&format!("match=a&token={TOKEN}")).controls_all(), Ok(true));
            assert_eq!(visitor("match=a").controls_all(), Ok(false));
            assert_eq!(visitor("token=").controls_all(), Ok(false));
            assert_eq!(visitor("token=correct-hors").controls_all(), Err(WrongToken));
        }
        assert!(
            visit("0.0.0.0:8089", "10.0.0.1:8089", Some("http://evil.example"), &format!("token={TOKEN}")).is_err()
        );
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, format!("bearer {TOKEN}").parse().expect("a header"));
        assert_eq!(token(&headers, "token=other").as_deref(), Some(TOKEN));
        headers.insert(AUTHORIZATION, "Basic eDp5".parse().expect("a header"));
        assert_eq!(token(&headers, "token=other").as_deref(), Some("other"));
    }

    #[test]
    fn a_token_shows_itself_nowhere_and_is_long_enough() {
        let token = ControlToken::new(TOKEN).expect("a token");
        assert!(!format!("{token:?}").contains("horse"));
        for word in ["", "short", "white space here", "am&persand=1", &"x".repeat(257)] {
            assert!(ControlToken::new(word).is_err(), "{word}");
        }
    }

    #[test]
    fn tools_and_the_own_page_may_look_and_touch_on_loopback() {
        let bound = "127.0.0.1:8089";
        assert_eq!(judge(bound, "127.0.0.1:8089", None), Ok(true));
        assert_eq!(judge(bound, "localhost:8089", Some("http://localhost:8089")), Ok(true));
        assert_eq!(judge(bound, "[::1]:8089", Some("http://[::1]:8089")), Ok(true));
    }

    #[test]
    fn a_page_elsewhere_on_this_machine_may_look_only() {
        assert_eq!(judge("127.0.0.1:8089", "localhost:8089", Some("http://localhost:3000")), Ok(false));
        assert_eq!(judge("127.0.0.1:8089", "localhost:8089", Some("http://[::1]:3000")), Ok(false));
        assert_eq!(judge("127.0.0.1:8089", "localhost:8089", Some("https://scores.example")), Ok(false));
    }

    #[test]
    fn a_hostile_page_may_not_even_look() {
        let bound = "127.0.0.1:8089";
        for origin in ["http://evil.example", "null", "http://localhost.evil.example", "file://", "ftp://localhost", ""]
        {
            assert!(judge(bound, "localhost:8089", Some(origin)).is_err(), "{origin}");
        }
        assert_eq!(
            judge(bound, "localhost:8089", Some("http://evil.example")),
            Err("--allow-origin http://evil.example".into())
        );
    }

    #[test]
    fn what_a_hostile_page_shows_opens_nothing() {
        let shown = |site: &'static str, mode: &'static str| {
            let access = Access::new("127.0.0.1:8089".parse().expect("an address"), Vec::new(), Vec::new(), None);
            let said = [(HOST, "localhost:8089"), (SEC_FETCH_SITE, site), (SEC_FETCH_MODE, mode)];
            let headers = said.map(|(name, value)| (name, HeaderValue::from_static(value))).into_iter().collect();
            access.judge(&Method::GET, &headers, "").is_ok()
        };
        assert!(!shown("cross-site", "no-cors"), "an image");
        assert!(shown("cross-site", "navigate"), "a link");
        assert!(shown("same-origin", "no-cors") && shown("same-site", "no-cors") && shown("none", "navigate"));
    }

    #[test]
    fn a_rebound_name_is_not_served() {
        let bound = "127.0.0.1:8089";
        for host in ["evil.example", "evil.example:8089", "localhost.evil.example", "10.0.0.1:8089", "", "localhost:x"]
        {
            assert!(judge(bound, host, None).is_err(), "{host}");
        }
        assert_eq!(judge(bound, "evil.example:8089", None), Err("--allow-host evil.example".into()));
        assert_eq!(judge(bound, "demo.example:8089", None), Ok(true));
    }

    #[test]
    fn bound_wide_an_address_may_look_and_nobody_may_touch() {
        assert_eq!(judge("0.0.0.0:8089", "10.0.0.1:8089", None), Ok(false));
        assert_eq!(judge("0.0.0.0:8089", "10.0.0.1:8089", Some("http://10.0.0.1:8089")), Ok(false));
        assert!(judge("0.0.0.0:8089", "evil.example", None).is_err());
    }
}
