//! Access rules: who may read, and who may control.
//!
//! A page on any site can send requests to this machine, and any name can be made to point at it. So what a browser says
//! about the page that makes a request (`Origin`, fetch metadata) and about the server that it means (`Host`) must fit.
//! Programs send neither and may read. Controlling a replay takes a token, or, as long as none is configured, a client on this
//! machine that no proxy stands in front of.

mod authority;
mod fetch_metadata;
mod forwarded;
mod public_url;
mod request_head;
mod token;

use std::net::SocketAddr;

use http::header::{HOST, HeaderName, ORIGIN};
use http::{HeaderMap, HeaderValue};
use ipnet::IpNet;

use self::authority::{Authority, HostName, WebOrigin};
use self::fetch_metadata::judge_fetch;
use self::forwarded::{Forwarded, TrustedProxies, is_proxied};
use self::public_url::BaseUrl;
use self::token::{Presented, token};
use crate::hub::Replay;

pub use self::public_url::PublicUrl;
pub(super) use self::request_head::{Denied, RequestHead, Target};
pub use self::token::ControlToken;

/// What the operator has configured.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    /// Origins whose pages may read, beside the server's own and those of this machine: `https://scores.example`.
    pub(super) origins: Vec<String>,
    /// Hosts under which the server is addressed, beside its address and those of this machine: `scores.example`.
    pub(super) hosts: Vec<String>,
    /// The right to control every replay. Once there is one, it is required.
    pub(super) token: Option<ControlToken>,
    pub(super) public_url: Option<PublicUrl>,
    /// Proxies whose `Forwarded` and `X-Forwarded-*` headers are believed.
    pub(super) trusted_proxies: Vec<IpNet>,
}

/// The access rules of one server.
#[derive(Debug, Clone)]
pub(super) struct Access {
    bound: SocketAddr,
    /// Whether the server itself speaks TLS.
    secure: bool,
    /// As they were given, for the policy of pages.
    origin_texts: Vec<String>,
    origins: Vec<WebOrigin>,
    hosts: Vec<Authority>,
    token: Option<ControlToken>,
    public_url: Option<PublicUrl>,
    trusted_proxies: TrustedProxies,
}

/// A client that may read, and what it brings with it.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    /// Whether it may control every replay.
    control: bool,
    /// A word that may give the right to control one replay.
    token: Option<Presented>,
    /// The origin of the page that it is, to be told to its browser.
    pub(super) origin: Option<HeaderValue>,
    /// How the client addressed the server, or the proxy in front of it.
    host: Authority,
    secure: bool,
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

    /// Whether it may control this one. A token that opens nothing is an error, not a request to read only.
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

impl Access {
    pub(super) fn new(bound: SocketAddr, secure: bool, rules: Rules) -> Self {
        let Rules { origins: origin_texts, hosts, token, public_url, trusted_proxies } = rules;
        let origin_texts: Vec<String> =
            origin_texts.into_iter().map(|origin| origin.trim_end_matches('/').to_lowercase()).collect();
        // An IPv6 address may stand without its brackets.
        let host = |host: &String| Authority::parse(host).or_else(|| Authority::parse(&format!("[{host}]")));
        Self {
            bound,
            secure,
            origins: origin_texts.iter().filter_map(|origin| WebOrigin::parse(origin)).collect(),
            origin_texts,
            hosts: hosts.iter().filter_map(host).collect(),
            token,
            public_url,
            trusted_proxies: TrustedProxies::new(trusted_proxies),
        }
    }

    /// The origins that were allowed, whose pages may read.
    pub(super) fn origins(&self) -> &[String] {
        &self.origin_texts
    }

    /// The path in front of all paths that clients see: empty, or `/tl`.
    pub(super) fn public_path(&self) -> &str {
        self.public_url.as_ref().map_or("", PublicUrl::path)
    }

    /// A path as the routes know it.
    pub(super) fn strip_public_path<'a>(&self, path: &'a str) -> &'a str {
        self.public_url.as_ref().map_or(path, |url| url.strip(path))
    }

    /// What links for this client are made of.
    pub(super) fn base_url(&self, visitor: &Visitor) -> BaseUrl {
        match &self.public_url {
            Some(url) => url.base(),
            None => BaseUrl { secure: visitor.secure, authority: visitor.host.clone(), path: String::new() },
        }
    }

    /// The hosts that a page for this client may connect to: the one that it was loaded from, and the public one, which that is
    /// to its browser where the proxy passes another on.
    pub(super) fn hosts_of_pages(&self, visitor: &Visitor) -> Vec<String> {
        let public = self.public_url.as_ref().map(|url| &url.origin().authority).filter(|host| **host != visitor.host);
        std::iter::once(&visitor.host).chain(public).map(ToString::to_string).collect()
    }

    /// Judges a request by its head.
    pub(super) fn judge(&self, head: &RequestHead<'_>) -> Result<Visitor, Denied> {
        let (host, secure) = self.addressed(head)?;
        if !self.allows_host(&host) {
            return Err(Denied::Forbidden {
                header: "Host",
                message: format!("the Host \"{host}\" is not served here"),
                flag: Some(format!("--allow-host {}", host.host)),
            });
        }
        let token = token(head.headers, head.query).filter(|token| !token.is_empty());
        let known = token.as_deref().zip(self.token.as_ref()).is_some_and(|(word, token)| token.is(word));
        // A proxy on this machine makes everybody look local, except for what it says of itself, if it does.
        let is_local = self.bound.ip().is_loopback()
            && head.peer.to_canonical().is_loopback()
            && host.host.is_loopback()
            && !is_proxied(head.headers);
        let may_control = |is_own: bool| known || self.token.is_none() && is_local && is_own;
        let (control, origin) = match single(head.headers, &ORIGIN)? {
            None => {
                judge_fetch(head, &host)?;
                (may_control(true), None)
            }
            Some(text) => {
                let origin = WebOrigin::parse(text).ok_or_else(|| no_web_origin(text))?;
                let is_own = origin.authority.equals(&host, origin.secure);
                if !is_own && !self.allows_origin(&origin) {
                    return Err(foreign_origin(text, &origin, &host));
                }
                (may_control(is_own), head.headers.get(ORIGIN).cloned())
            }
        };
        Ok(Visitor { control, token: token.map(Presented), origin, host, secure })
    }

    /// The host that the client addressed, and whether it did so over TLS.
    fn addressed(&self, head: &RequestHead<'_>) -> Result<(Authority, bool), Denied> {
        let host =
            single(head.headers, &HOST)?.ok_or_else(|| Denied::Malformed("there is no Host header".to_owned()))?;
        let stated = Authority::parse(host)
            .ok_or_else(|| Denied::Malformed(format!("the Host {host:?} is no host with an optional port")))?;
        // RFC 9112, section 3.2.2: of the two, the request target counts; an honest client says the same in both.
        let same = |target: &str| Authority::parse(target).is_some_and(|target| target.equals(&stated, self.secure));
        if let Some(target) = head.authority.filter(|target| !same(target)) {
            return Err(Denied::Malformed(format!("the request target is at {target:?}, the Host is {host:?}")));
        }
        if !self.trusted_proxies.contains(head.peer) {
            return Ok((stated, self.secure));
        }
        let forwarded = Forwarded::read(head.headers).map_err(|header| {
            Denied::Malformed(format!("the {header} of a trusted proxy cannot be read, or contradicts another header"))
        })?;
        let host = forwarded.host.as_deref().and_then(Authority::parse).unwrap_or(stated);
        Ok((host, forwarded.secure.unwrap_or(self.secure)))
    }

    /// Names and addresses of this machine, the bound address, any address when bound to all, and what was allowed.
    fn allows_host(&self, host: &Authority) -> bool {
        let own = match &host.host {
            HostName::Name(name) => name == "localhost",
            HostName::Address(address) => {
                address.is_loopback() || *address == self.bound.ip().to_canonical() || !self.bound.ip().is_loopback()
            }
        };
        let public = || self.public_url.as_ref().is_some_and(|url| url.origin().authority.host == host.host);
        let allowed =
            |allowed: &Authority| allowed.host == host.host && (allowed.port.is_none() || allowed.port == host.port);
        own || public() || self.hosts.iter().any(allowed)
    }

    /// Pages on any port of this machine, those of the public URL, and those that were allowed.
    fn allows_origin(&self, origin: &WebOrigin) -> bool {
        let public = self.public_url.as_ref().map(PublicUrl::origin);
        origin.authority.host.is_loopback()
            || public.into_iter().chain(&self.origins).any(|allowed| allowed.equals(origin))
    }
}

/// A page without an origin that could be allowed.
fn no_web_origin(text: &str) -> Denied {
    let message = match text {
        "null" | "file://" => format!(
            "a page that was opened from disk, or in a sandboxed frame, has no Origin of its own (\"{text}\"): serve it from \
             this machine (python3 -m http.server 8000) and open http://localhost:8000/"
        ),
        _ => {
            format!("the Origin {text:?} may not read here: only pages served over http:// or https:// can be allowed")
        }
    };
    Denied::Forbidden { header: "Origin", message, flag: None }
}

/// A page that was not allowed.
fn foreign_origin(text: &str, origin: &WebOrigin, host: &Authority) -> Denied {
    let flag = format!("--allow-origin {}", text.to_lowercase());
    // The author of a page of the server's own machine is who runs the server, or can ask.
    let hint = if origin.authority.host == host.host { format!("; {flag} would allow it") } else { String::new() };
    let message = format!("the Origin {text:?} may not read here{hint}");
    Denied::Forbidden { header: "Origin", message, flag: Some(flag) }
}

/// A header that may stand once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Denied> {
    let mut values = headers.get_all(name).into_iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value.map(|value| value.to_str().unwrap_or("\u{fffd}"))),
        _ => Err(Denied::Malformed(format!("there are several {name} headers"))),
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::hub::Framing;

    const TOKEN: &str = "correct-horse";
    const LOOPBACK: &str = "127.0.0.1:8089";
    const WIDE: &str = "0.0.0.0:8089";

    fn allowing() -> Rules {
        Rules {
            origins: vec!["https://scores.example/".into()],
            hosts: vec!["demo.example".into(), "port.example:8080".into(), "2001:db8::7".into()],
            ..Rules::default()
        }
    }

    fn with_token() -> Rules {
        Rules { token: Some(ControlToken::new(TOKEN).expect("a token")), ..allowing() }
    }

    /// A request from this machine.
    fn visit(bound: &str, rules: Rules, headers: &[(&'static str, &str)], query: &str) -> Result<Visitor, Denied> {
        visit_from("127.0.0.1", bound, rules, headers, query, Target::Stream(Framing::WebSocket))
    }

    fn visit_from(
        peer: &str,
        bound: &str,
        rules: Rules,
        lines: &[(&'static str, &str)],
        query: &str,
        target: Target,
    ) -> Result<Visitor, Denied> {
        let access = Access::new(bound.parse().expect("an address"), false, rules);
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), value.parse().expect("a header"));
        }
        let peer = peer.parse().expect("an address");
        access.judge(&RequestHead { method: &Method::GET, authority: None, query, headers: &headers, peer, target })
    }

    /// Whether a request without a token may control, or the flag that would let it read.
    fn control(bound: &str, host: &str, origin: Option<&str>) -> Result<bool, Option<String>> {
        let origin = origin.map(|origin| ("origin", origin));
        let headers: Vec<_> = std::iter::once(("host", host)).chain(origin).collect();
        visit(bound, allowing(), &headers, "").map(|visitor| visitor.control).map_err(|denied| match denied {
            Denied::Forbidden { flag, .. } => flag,
            Denied::Malformed(_) => None,
        })
    }

    #[test]
    fn a_token_gives_control_from_wherever_one_may_read() {
        for origin in [None, Some("http://10.0.0.1:8089"), Some("https://scores.example")] {
            let origin = origin.map(|origin| ("origin", origin));
            let headers: Vec<_> = std::iter::once(("host", "10.0.0.1:8089")).chain(origin).collect();
            let visitor = |query: &str| visit(WIDE, with_token(), &headers, query).expect("may read");
            assert_eq!(visitor(&format!("match=a&token={TOKEN}")).controls_all(), Ok(true));
            assert_eq!(visitor("match=a").controls_all(), Ok(false));
            assert_eq!(visitor("token=").controls_all(), Ok(false));
            assert_eq!(visitor("token=correct-hors").controls_all(), Err(WrongToken));
        }
        let hostile = [("host", "10.0.0.1:8089"), ("origin", "http://evil.example")];
        assert!(visit(WIDE, with_token(), &hostile, &format!("token={TOKEN}")).is_err());
    }

    #[test]
    fn programs_and_the_own_page_control_on_loopback() {
        assert_eq!(control(LOOPBACK, "127.0.0.1:8089", None), Ok(true));
        assert_eq!(control(LOOPBACK, "localhost.:8089", None), Ok(true));
        assert_eq!(control(LOOPBACK, "localhost:8089", Some("http://localhost:8089")), Ok(true));
        assert_eq!(control("[::1]:8089", "[::1]:8089", Some("http://[::1]:8089")), Ok(true));
    }

    #[test]
    fn a_configured_token_is_required_on_loopback_too() {
        for headers in
            [&[("host", "localhost:8089")][..], &[("host", "localhost:8089"), ("origin", "http://localhost:8089")]]
        {
            let control = |query: &str| visit(LOOPBACK, with_token(), headers, query).expect("may read").controls_all();
            assert_eq!(control(""), Ok(false));
            assert_eq!(control("token=wrong-horse"), Err(WrongToken));
            assert_eq!(control(&format!("token={TOKEN}")), Ok(true));
        }
    }

    #[test]
    fn behind_a_proxy_on_this_machine_nobody_controls_without_a_token() {
        let host = ("host", "localhost:8089");
        for proxied in [
            &[("host", "demo.example")][..],
            &[host, ("x-forwarded-for", "192.0.2.7")],
            &[host, ("x-forwarded-host", "demo.example")],
            &[host, ("x-forwarded-proto", "https")],
            &[host, ("forwarded", "for=192.0.2.7")],
            &[host, ("x-real-ip", "192.0.2.7")],
            &[host, ("via", "1.1 proxy")],
            &[host, ("cf-connecting-ip", "192.0.2.7")],
            // Also if it claims to be the machine itself.
            &[host, ("x-forwarded-for", "127.0.0.1")],
            &[host, ("origin", "http://localhost:8089"), ("x-forwarded-host", "localhost:8089")],
            &[("host", "demo.example"), ("origin", "https://demo.example")],
            &[("host", "demo.example"), ("origin", "https://demo.example"), ("x-forwarded-host", "demo.example")],
        ] {
            let trusted = Rules { trusted_proxies: vec!["127.0.0.1/32".parse().expect("one")], ..allowing() };
            for rules in [allowing(), trusted] {
                let visitor =
                    visit(LOOPBACK, rules, proxied, "").unwrap_or_else(|denied| panic!("{proxied:?}: {denied:?}"));
                assert_eq!(visitor.controls_all(), Ok(false), "{proxied:?}");
            }
            let visitor = visit(LOOPBACK, with_token(), proxied, &format!("token={TOKEN}")).expect("may read");
            assert_eq!(visitor.controls_all(), Ok(true), "{proxied:?}");
        }
    }

    #[test]
    fn control_without_a_token_takes_a_client_on_this_machine() {
        let visit = |peer: &str, bound: &str| {
            let headers = [("host", "127.0.0.1:8089")];
            visit_from(peer, bound, allowing(), &headers, "", Target::Document).expect("may read").control
        };
        assert!(visit("127.0.0.1", LOOPBACK) && visit("::ffff:127.0.0.1", LOOPBACK));
        assert!(!visit("192.0.2.7", LOOPBACK) && !visit("127.0.0.1", WIDE));
    }

    #[test]
    fn a_page_elsewhere_on_this_machine_may_only_read() {
        for origin in ["http://localhost:3000", "http://localhost.:3000", "http://[::1]:3000", "https://scores.example"]
        {
            assert_eq!(control(LOOPBACK, "localhost:8089", Some(origin)), Ok(false), "{origin}");
        }
        assert_eq!(control(LOOPBACK, "127.0.0.1:8089", Some("http://localhost:8089")), Ok(false), "another origin");
    }

    #[test]
    fn a_hostile_page_may_not_even_read() {
        for origin in [
            "http://evil.example",
            "http://localhost.evil.example",
            "http://localhost:x.evil.example",
            "http://localhost:@evil.example",
            "http://localhost:80@evil.example",
            "http://127.0.0.1.evil.example",
            "http://[::1].evil.example",
            "http://[[::1]]",
            "ftp://localhost",
            "",
            "null",
            "file://",
            "localhost",
            "http://scores.example",
            "https://scores.example:8443",
            "https://scores.example.evil.example",
        ] {
            assert!(control(LOOPBACK, "localhost:8089", Some(origin)).is_err(), "{origin}");
        }
        assert_eq!(
            control(LOOPBACK, "localhost:8089", Some("http://evil.example")),
            Err(Some("--allow-origin http://evil.example".into()))
        );
    }

    #[test]
    fn what_helps_is_told_to_whom_it_helps() {
        let message =
            |host: &str, origin: &str| match visit(WIDE, allowing(), &[("host", host), ("origin", origin)], "") {
                Err(Denied::Forbidden { message, flag, .. }) => (message, flag),
                other => panic!("{other:?}"),
            };
        for origin in ["null", "file://"] {
            let (message, flag) = message("localhost:8089", origin);
            assert!(
                message.contains("http://localhost:8000/") && !message.contains("--") && flag.is_none(),
                "{message}"
            );
        }
        let (from_here, flag) = message("192.168.0.7:8089", "http://192.168.0.7:3000");
        assert!(from_here.contains("--allow-origin http://192.168.0.7:3000 would allow it"), "{from_here}");
        assert_eq!(flag.as_deref(), Some("--allow-origin http://192.168.0.7:3000"));
        let (foreign, _) = message("192.168.0.7:8089", "http://evil.example");
        assert!(!foreign.contains("--"), "{foreign}");
    }

    #[test]
    fn a_rebound_name_is_not_served() {
        for host in
            ["evil.example", "evil.example:8089", "localhost.evil.example", "10.0.0.1:8089", "port.example:8089"]
        {
            assert!(
                matches!(control(LOOPBACK, host, None), Err(Some(flag)) if flag.starts_with("--allow-host ")),
                "{host}"
            );
        }
        assert_eq!(control(LOOPBACK, "evil.example:8089", None), Err(Some("--allow-host evil.example".into())));
        for host in ["demo.example:8089", "Demo.Example.", "port.example:8080", "[2001:db8::7]:8089"] {
            assert_eq!(control(LOOPBACK, host, None), Ok(false), "{host}");
        }
    }

    #[test]
    fn a_host_that_is_none_or_several_is_malformed() {
        for hosts in
            [&[][..], &[""], &["[[[::1]]]"], &["localhost:x"], &["user@localhost"], &["localhost", "localhost"]]
        {
            let headers: Vec<_> = hosts.iter().map(|host| ("host", *host)).collect();
            assert!(matches!(visit(LOOPBACK, allowing(), &headers, ""), Err(Denied::Malformed(_))), "{hosts:?}");
        }
        let origins = [("host", "localhost"), ("origin", "http://localhost"), ("origin", "http://localhost")];
        assert!(matches!(visit(LOOPBACK, allowing(), &origins, ""), Err(Denied::Malformed(_))));
    }

    #[test]
    fn an_absolute_target_agrees_with_the_host() {
        let access = Access::new(LOOPBACK.parse().expect("an address"), false, allowing());
        let judge = |authority, host: &str| {
            let headers = [(HOST, host.parse().expect("a header"))].into_iter().collect();
            let (peer, target) = ([127, 0, 0, 1].into(), Target::Document);
            access.judge(&RequestHead {
                method: &Method::GET,
                authority: Some(authority),
                query: "",
                headers: &headers,
                peer,
                target,
            })
        };
        assert!(judge("localhost:80", "LocalHost").is_ok() && judge("127.0.0.1:8089", "127.0.0.1:8089").is_ok());
        for (target, host) in [
            ("evil.example", "localhost"),
            ("localhost", "evil.example"),
            ("localhost:1", "localhost"),
            ("user@localhost", "localhost"),
        ] {
            assert!(matches!(judge(target, host), Err(Denied::Malformed(_))), "{target} {host}");
        }
    }

    #[test]
    fn bound_wide_an_address_may_read_and_nobody_controls() {
        assert_eq!(control(WIDE, "10.0.0.1:8089", None), Ok(false));
        assert_eq!(control(WIDE, "10.0.0.1:8089", Some("http://10.0.0.1:8089")), Ok(false));
        assert!(control(WIDE, "evil.example", None).is_err());
    }

    #[test]
    fn the_public_url_is_served_and_its_pages_may_read() {
        let rules = || Rules { public_url: Some("https://tl.example/tl".parse().expect("a URL")), ..Rules::default() };
        let base = |headers: &[(&'static str, &str)]| {
            let access = Access::new(LOOPBACK.parse().expect("an address"), false, rules());
            let visitor = visit(LOOPBACK, rules(), headers, "").unwrap_or_else(|denied| panic!("{denied:?}"));
            assert_eq!(visitor.controls_all(), Ok(headers == [("host", "127.0.0.1:8089")]), "{headers:?}");
            access.base_url(&visitor).ws()
        };
        for headers in [
            &[("host", "tl.example")][..],
            &[("host", "tl.example"), ("origin", "https://tl.example")],
            // The proxy has not passed the name on.
            &[("host", "127.0.0.1:8089"), ("origin", "https://tl.example")],
            &[("host", "127.0.0.1:8089")],
        ] {
            assert_eq!(base(headers), "wss://tl.example/tl");
        }
        assert!(
            visit(LOOPBACK, rules(), &[("host", "127.0.0.1:8089"), ("origin", "https://other.example")], "").is_err()
        );
    }

    #[test]
    fn what_a_proxy_says_counts_only_where_the_proxy_is_trusted() {
        let trusting = || Rules { trusted_proxies: vec!["10.0.0.0/8".parse().expect("one")], ..allowing() };
        let headers =
            [("host", "touchline:8089"), ("x-forwarded-host", "demo.example"), ("x-forwarded-proto", "https")];
        let visit = |peer: &str, headers: &[(&'static str, &str)]| {
            let access = Access::new(WIDE.parse().expect("an address"), false, trusting());
            let visitor = visit_from(peer, WIDE, trusting(), headers, "", Target::Document)?;
            Ok::<_, Denied>(access.base_url(&visitor).http())
        };
        assert_eq!(visit("10.1.2.3", &headers), Ok("https://demo.example".into()));
        assert!(matches!(visit("192.0.2.7", &headers), Err(Denied::Forbidden { header: "Host", .. })));
        let unlisted = [("host", "10.0.0.1"), ("x-forwarded-host", "evil.example")];
        assert!(matches!(visit("10.1.2.3", &unlisted), Err(Denied::Forbidden { header: "Host", .. })));
        assert_eq!(visit("192.0.2.7", &unlisted), Ok("http://10.0.0.1".into()), "ignored");
        let contradiction =
            [("host", "10.0.0.1"), ("x-forwarded-host", "demo.example"), ("forwarded", "host=port.example")];
        assert!(matches!(visit("10.1.2.3", &contradiction), Err(Denied::Malformed(_))));
    }
}
