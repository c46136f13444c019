//! Who may look and who may touch: the Host and Origin rules.
//!
//! A page on any site can open a WebSocket to this machine, and a name can be made to point at it; so a browser's word
//! about where a page comes from (`Origin`) and whom it thinks it talks to (`Host`) must fit. Tools send no Origin and may
//! look.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use http::header::{HOST, ORIGIN};

/// The rules of one server.
#[derive(Debug, Clone)]
pub(super) struct Access {
    bound: SocketAddr,
    origins: Vec<String>,
    hosts: Vec<String>,
}

/// What a request may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Granted {
    /// Whether it may control shared replays.
    pub(super) control: bool,
}

/// Why a request may not even look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Forbidden {
    /// What is wrong; the caller is told no more than this.
    pub(super) message: String,
    /// The flag that would allow it: for the log of whoever runs the server.
    pub(super) flag: String,
}

impl Access {
    pub(super) fn new(bound: SocketAddr, origins: Vec<String>, hosts: Vec<String>) -> Self {
        let origins = origins.into_iter().map(|origin| origin.trim_end_matches('/').to_lowercase()).collect();
        let hosts = hosts.into_iter().map(|host| host.to_lowercase()).collect();
        Self { bound, origins, hosts }
    }

    /// Judges a request by its headers.
    pub(super) fn judge(&self, headers: &HeaderMap) -> Result<Granted, Forbidden> {
        let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("\u{fffd}").to_lowercase());
        let host = text(HOST).unwrap_or_default();
        if !self.allows_host(&host) {
            let name = split_port(&host).0.to_owned();
            return Err(Forbidden {
                message: format!("the Host {host:?} is not served here"),
                flag: format!("--allow-host {name}"),
            });
        }
        let Some(origin) = text(ORIGIN) else {
            return Ok(Granted { control: self.bound.ip().is_loopback() });
        };
        let same =
            origin.split_once("://").is_some_and(|(scheme, rest)| matches!(scheme, "http" | "https") && rest == host);
        if same || self.allows_origin(&origin) {
            return Ok(Granted { control: same && self.bound.ip().is_loopback() });
        }
        Err(Forbidden {
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

    fn judge(bound: &str, host: &str, origin: Option<&str>) -> Result<bool, String> {
        let access = Access::new(
            bound.parse().expect("an address"),
            vec!["https://scores.example/".into()],
            vec!["demo.example".into()],
        );
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().expect("a header"));
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().expect("a header"));
        }
        access.judge(&headers).map(|granted| granted.control).map_err(|forbidden| forbidden.flag)
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
