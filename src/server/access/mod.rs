//! Access rules: which clients may read, and which may control.
//!
//! A page on any site can send requests to this machine, and any name can be made to resolve to it. So what a browser
//! says about the page behind a request (`Origin`, fetch metadata) and about the server that it means (`Host`) must
//! match. Programs send neither, and may read. Control takes a token; as long as none is configured, clients on this
//! machine may control too, unless a proxy has forwarded the request.

mod authority;
mod fetch_metadata;
mod forwarded;
mod public_url;
mod request_head;
#[cfg(test)]
mod tests;
mod token;

use std::net::SocketAddr;

use http::header::{HOST, HeaderName, ORIGIN};
use http::{HeaderMap, HeaderValue};
use ipnet::IpNet;

use self::fetch_metadata::{check_fetch_metadata, is_cross_site};
use self::forwarded::{Forwarded, is_proxied, is_trusted};
pub(super) use self::public_url::BaseUrl;
use self::token::{PresentedToken, find_token};
use crate::hub::Replay;

pub(super) use self::authority::HostName;
pub use self::authority::{Authority, WebOrigin};
pub(super) use self::fetch_metadata::SEC_FETCH_SITE;
pub use self::public_url::PublicUrl;
pub(super) use self::request_head::{Denied, RequestHead, Target};
pub use self::token::ControlToken;

/// The message for a client that may read and asks for control.
pub(super) const READ_ONLY_MESSAGE: &str = "this client may read, not control: control takes the replay's token or the server's, as \
    Authorization: Bearer TOKEN or ?token=TOKEN; without --control-token a server is controlled only from its own machine, and \
    not through a proxy";

/// The message for a client that may not send a scenario.
pub(super) const UPLOAD_DENIED_MESSAGE: &str = "this client may not send a scenario: that takes the server's token, as \
    Authorization: Bearer TOKEN or ?token=TOKEN, or a server with --allow-uploads; without --control-token a server takes \
    scenarios only from its own machine, and not through a proxy";

/// The access rules that the operator configured.
#[derive(Debug, Clone, Default)]
pub(super) struct AccessRules {
    /// Origins whose pages may read, beside the server's own and those of this machine.
    pub(super) origins: Vec<WebOrigin>,
    /// Hosts under which the server is addressed, beside its address and those of this machine. Without a port, any
    /// port.
    pub(super) hosts: Vec<Authority>,
    /// The token that gives control of every replay. Once it is set, control requires it.
    pub(super) token: Option<ControlToken>,
    pub(super) public_url: Option<PublicUrl>,
    /// Whether every client that may read may send scenarios, too.
    pub(super) uploads: bool,
    /// Proxies whose `Forwarded` and `X-Forwarded-*` headers are believed.
    pub(super) trusted_proxies: Vec<IpNet>,
}

/// The access rules of a server.
#[derive(Debug, Clone)]
pub(super) struct Access {
    bound: SocketAddr,
    /// Whether the server itself speaks TLS.
    secure: bool,
    rules: AccessRules,
}

/// A client that may read, and the credentials of its request.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// Whether it may control every replay.
    control: bool,
    /// The presented token, which may give control of one replay.
    token: Option<PresentedToken>,
    /// The origin of the page that sent the request, for the CORS headers.
    pub(super) origin: Option<HeaderValue>,
    /// The host by which the client addressed the server, or the proxy in front of it.
    host: Authority,
    secure: bool,
}

/// The presented token controls nothing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WrongToken;

impl Caller {
    /// Whether the request's headers say that a page of another site led here. The page then asks its viewer before it
    /// opens what its address names.
    pub(super) fn is_cross_site(&self, headers: &HeaderMap) -> bool {
        is_cross_site(headers, &self.host)
    }

    /// Whether the caller may control every replay.
    pub(super) fn can_control_all(&self) -> Result<bool, WrongToken> {
        match &self.token {
            Some(_) if !self.control => Err(WrongToken),
            _ => Ok(self.control),
        }
    }

    /// Whether the caller may control this replay. A token that is wrong is an error, not a request to read only.
    pub(super) fn can_control(&self, replay: &Replay) -> Result<bool, WrongToken> {
        let owns = |token: &str| replay.token().is_some_and(|own| own.matches(token));
        match &self.token {
            _ if self.control => Ok(true),
            Some(PresentedToken(token)) if owns(token) => Ok(true),
            Some(_) => Err(WrongToken),
            None => Ok(false),
        }
    }
}

impl Access {
    pub(super) fn new(bound: SocketAddr, secure: bool, rules: AccessRules) -> Self {
        Self { bound, secure, rules }
    }

    /// The allowed origins. Their pages may also show the server's own in a frame.
    pub(super) fn frame_ancestor_origins(&self) -> Vec<String> {
        self.rules.origins.iter().map(ToString::to_string).collect()
    }

    /// The path in front of all paths that clients see: empty, or `/tl`.
    pub(super) fn public_path(&self) -> &str {
        self.rules.public_url.as_ref().map_or("", PublicUrl::path)
    }

    /// A path as the routes know it.
    pub(super) fn strip_public_path<'a>(&self, path: &'a str) -> &'a str {
        self.rules.public_url.as_ref().map_or(path, |url| url.strip(path))
    }

    /// Whether the caller may send scenarios.
    pub(super) fn allows_uploads(&self, caller: &Caller) -> bool {
        self.rules.uploads || caller.control
    }

    /// The base of links for this caller.
    pub(super) fn base_url(&self, caller: &Caller) -> BaseUrl {
        match &self.rules.public_url {
            Some(url) => url.base(),
            None => BaseUrl { secure: caller.secure, authority: caller.host.clone(), path: String::new() },
        }
    }

    /// The hosts that a page for this caller may connect to: the one in the request, and the public one. They differ if
    /// the proxy rewrites `Host`; the browser then knows only the public one.
    pub(super) fn page_connect_hosts(&self, caller: &Caller) -> Vec<String> {
        let public = self.rules.public_url.as_ref().map(PublicUrl::authority).filter(|host| **host != caller.host);
        std::iter::once(&caller.host).chain(public).map(ToString::to_string).collect()
    }

    /// Checks a request by its head.
    pub(super) fn authorise(&self, head: &RequestHead<'_>) -> Result<Caller, Denied> {
        let (host, secure) = self.effective_host(head)?;
        if !self.allows_host(&host) {
            let message = format!("the Host \"{host}\" is not served here");
            return Err(Denied::forbidden("Host", message, Some(format!("--allow-host {}", host.host))));
        }
        let token = find_token(head.headers, head.query).filter(|token| !token.is_empty());
        let is_control_token =
            token.as_deref().zip(self.rules.token.as_ref()).is_some_and(|(word, token)| token.matches(word));
        // Every client of a proxy on this machine has a loopback peer address. The headers that most proxies add tell
        // them apart.
        let is_local = || {
            self.bound.ip().is_loopback()
                && head.peer.to_canonical().is_loopback()
                && host.host.is_loopback()
                && !is_proxied(head.headers)
        };
        let may_control = |is_own: bool| is_control_token || self.rules.token.is_none() && is_own && is_local();
        let (control, origin) = match single_value(head.headers, &ORIGIN)? {
            None => {
                check_fetch_metadata(head, &host)?;
                (may_control(true), None)
            }
            Some(text) => {
                let origin = WebOrigin::parse(text).ok_or_else(|| invalid_origin_denied(text))?;
                let is_own = origin.authority.equals(&host, origin.secure);
                if !is_own && !self.allows_origin(&origin) {
                    return Err(foreign_origin_denied(text, &origin, &host));
                }
                (may_control(is_own && origin.secure == secure), head.headers.get(ORIGIN).cloned())
            }
        };
        Ok(Caller { control, token: token.map(PresentedToken), origin, host, secure })
    }

    /// The host that the client addressed, and whether it used TLS.
    fn effective_host(&self, head: &RequestHead<'_>) -> Result<(Authority, bool), Denied> {
        let host = single_value(head.headers, &HOST)?
            .ok_or_else(|| Denied::Malformed("there is no Host header".to_owned()))?;
        let stated = Authority::parse(host)
            .ok_or_else(|| Denied::Malformed(format!("the Host {host:?} is not a host with an optional port")))?;
        // RFC 9112, section 3.2.2: of the two, the request target counts. An honest client says the same in both.
        let same = |target: &str| Authority::parse(target).is_some_and(|target| target.equals(&stated, self.secure));
        if let Some(target) = head.authority.filter(|target| !same(target)) {
            return Err(Denied::Malformed(format!("the request target is at {target:?}, the Host is {host:?}")));
        }
        if !is_trusted(&self.rules.trusted_proxies, head.peer) {
            return Ok((stated, self.secure));
        }
        let forwarded = Forwarded::from_headers(head.headers).map_err(|header| {
            Denied::Malformed(format!("the {header} of a trusted proxy cannot be read, or contradicts another header"))
        })?;
        Ok((forwarded.host.unwrap_or(stated), forwarded.secure.unwrap_or(self.secure)))
    }

    /// Allowed are names and addresses of this machine, any address if bound beyond loopback, and the configured hosts.
    fn allows_host(&self, host: &Authority) -> bool {
        let is_address = matches!(host.host, HostName::Address(_));
        let own = host.host.is_loopback() || is_address && !self.bound.ip().is_loopback();
        let public = || self.rules.public_url.as_ref().is_some_and(|url| url.authority().host == host.host);
        let allowed =
            |allowed: &Authority| allowed.host == host.host && (allowed.port.is_none() || allowed.port == host.port);
        own || public() || self.rules.hosts.iter().any(allowed)
    }

    /// Allowed are pages on any port of this machine, those of the public URL, and the configured origins.
    fn allows_origin(&self, origin: &WebOrigin) -> bool {
        let public = self.rules.public_url.as_ref().map(PublicUrl::origin);
        origin.authority.host.is_loopback()
            || public.into_iter().chain(&self.rules.origins).any(|allowed| allowed.equals(origin))
    }
}

/// The error for a page whose origin cannot be allowed.
fn invalid_origin_denied(text: &str) -> Denied {
    let message = match text {
        "null" | "file://" => format!(
            "a page that was opened from disk, or in a sandboxed frame, has no Origin of its own (\"{text}\"): serve it from \
             this machine (python3 -m http.server 8000) and open http://localhost:8000/"
        ),
        _ => {
            format!("the Origin {text:?} may not read here: only pages served over http:// or https:// can be allowed")
        }
    };
    Denied::forbidden("Origin", message, None)
}

/// The error for a page whose origin is not allowed.
fn foreign_origin_denied(text: &str, origin: &WebOrigin, host: &Authority) -> Denied {
    let flag = format!("--allow-origin {}", text.to_lowercase());
    // The author of a page on the server's own machine can change the server's flags, or ask for it.
    let hint = if origin.authority.host == host.host { format!("; {flag} would allow it") } else { String::new() };
    let message = format!("the Origin {text:?} may not read here{hint}");
    Denied::forbidden("Origin", message, Some(flag))
}

/// The value of a header that may be given once.
fn single_value<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Denied> {
    let mut values = headers.get_all(name).into_iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value.map(|value| value.to_str().unwrap_or("\u{fffd}"))),
        _ => Err(Denied::Malformed(format!("there are several {name} headers"))),
    }
}
