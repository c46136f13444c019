//! The URLs of a server: for programs on this machine, for other machines, and through a proxy.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use crate::server::{ControlToken, PublicUrl};

use super::super::listen_address::connectable;

/// For each IP version its unspecified address and an address reserved for documentation (RFC 5737, RFC 3849), to which
/// nothing is ever sent.
const PROBES: [(IpAddr, IpAddr); 2] = [
    (IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))),
    (IpAddr::V6(Ipv6Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))),
];

/// The addresses of a running server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrls {
    /// For clients on this machine.
    local: SocketAddr,
    /// For clients on other machines; `None` where they cannot connect or the address is not known.
    external: Option<SocketAddr>,
    /// Through a proxy; preferred to `external`.
    public: Option<PublicUrl>,
    secure: bool,
}

impl ServerUrls {
    /// Of a server bound to `bound` that other machines reach at the IP address of `external`.
    pub fn new(bound: SocketAddr, external: Option<SocketAddr>, secure: bool) -> Self {
        let external = external.map(|external| SocketAddr::new(external.ip(), bound.port()));
        Self { local: connectable(bound), external, public: None, secure }
    }

    /// Sets the URL of a proxy.
    pub fn with_public(self, public: Option<PublicUrl>) -> Self {
        Self { public, ..self }
    }

    /// Whether clients connect through a proxy.
    pub fn is_public(&self) -> bool {
        self.public.is_some()
    }

    fn scheme_suffix(&self) -> &'static str {
        if self.secure { "s" } else { "" }
    }

    /// `http://127.0.0.1:8089`
    pub fn http_url(&self) -> String {
        format!("http{}://{}", self.scheme_suffix(), self.local)
    }

    /// `ws://127.0.0.1:8089/ws`
    pub fn ws_url(&self) -> String {
        format!("ws{}://{}/ws", self.scheme_suffix(), self.local)
    }

    /// The page for clients on other machines that use no proxy.
    pub fn direct_page_url(&self) -> Option<String> {
        self.external.map(|external| format!("http{}://{external}/", self.scheme_suffix()))
    }

    /// The page for clients on other machines: through the proxy, if there is one.
    pub fn page_url(&self) -> Option<String> {
        self.public.as_ref().map(|url| format!("{url}/")).or_else(|| self.direct_page_url())
    }

    /// The page with the right to control. A secret.
    pub fn control_url(&self, token: &ControlToken) -> String {
        // A token holds only characters that need no encoding in a query.
        let page = self.page_url().unwrap_or_else(|| format!("{}/", self.http_url()));
        format!("{page}?token={}", token.reveal())
    }
}

/// The address by which other machines reach a socket bound to `bound`, as far as this machine knows; `None` for loopback.
pub fn external_address(bound: SocketAddr) -> Option<SocketAddr> {
    let ip = match bound.ip() {
        ip if ip.is_loopback() => return None,
        ip if !ip.is_unspecified() => ip,
        // A socket bound to `::` also accepts IPv4, which more clients have: that address comes first.
        ip => PROBES.into_iter().filter(|(any, _)| ip.is_ipv6() || any.is_ipv4()).find_map(source_address)?,
    };
    Some(SocketAddr::new(ip, bound.port()))
}

/// The address that this machine would send from. Connecting a UDP socket makes the kernel choose it, and sends nothing.
fn source_address((any, destination): (IpAddr, IpAddr)) -> Option<IpAddr> {
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((destination, 9)).ok()?;
    let source = socket.local_addr().ok()?.ip();
    (!source.is_unspecified() && !source.is_loopback()).then_some(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn the_external_address_is_one_that_other_machines_can_reach() {
        assert_eq!(external_address(address("127.0.0.1:7000")), None);
        assert_eq!(external_address(address("192.0.2.7:7000")), Some(address("192.0.2.7:7000")));
        // A machine without a network has none.
        for wide in ["0.0.0.0:7000", "[::]:7000"] {
            let found = external_address(address(wide));
            assert!(found.is_none_or(|at| at.port() == 7000 && !at.ip().is_unspecified() && !at.ip().is_loopback()));
        }
    }

    #[test]
    fn urls_have_the_scheme_and_the_host_for_their_reader() {
        let token = ControlToken::new("correct-horse").expect("a token");
        let wide = ServerUrls::new(address("0.0.0.0:7000"), Some(address("192.0.2.7:0")), true);
        assert_eq!(
            (wide.http_url(), wide.ws_url()),
            ("https://127.0.0.1:7000".into(), "wss://127.0.0.1:7000/ws".into())
        );
        assert_eq!(wide.page_url().as_deref(), Some("https://192.0.2.7:7000/"));
        assert_eq!(wide.control_url(&token), "https://192.0.2.7:7000/?token=correct-horse");
        let here = ServerUrls::new(address("[::1]:7000"), None, false);
        assert_eq!((here.ws_url(), here.page_url()), ("ws://[::1]:7000/ws".into(), None));
        assert_eq!(here.control_url(&token), "http://[::1]:7000/?token=correct-horse");
        let public = here.with_public(Some("https://scores.example/tl".parse().expect("a URL")));
        assert_eq!(public.control_url(&token), "https://scores.example/tl/?token=correct-horse");
        assert_eq!(public.http_url(), "http://[::1]:7000", "for programs on this machine");
    }
}
