//! The addresses that are told: for programs on this machine, and for people elsewhere.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use touchline::server::{ControlToken, PublicUrl};

use super::super::listening::reachable;

/// Addresses for documentation, that nothing is ever sent to: RFC 5737 and RFC 3849.
const ELSEWHERE: [(IpAddr, IpAddr); 2] = [
    (IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))),
    (IpAddr::V6(Ipv6Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))),
];

/// Where a server is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    /// By whatever runs on this machine.
    here: SocketAddr,
    /// By others; `None`: by nobody, or nobody knows where.
    outside: Option<SocketAddr>,
    /// Through a proxy: goes before `outside`.
    public: Option<PublicUrl>,
    secure: bool,
}

impl Links {
    /// Of what is bound there, and found by others elsewhere.
    pub fn new(bound: SocketAddr, outside: Option<SocketAddr>, secure: bool) -> Self {
        let outside = outside.map(|outside| SocketAddr::new(outside.ip(), bound.port()));
        Self { here: reachable(bound), outside, public: None, secure }
    }

    /// The same where others come through a proxy.
    pub fn with_public(self, public: Option<PublicUrl>) -> Self {
        Self { public, ..self }
    }

    /// Whether clients come through a proxy, at an address of its own.
    pub fn is_public(&self) -> bool {
        self.public.is_some()
    }

    fn s(&self) -> &'static str {
        if self.secure { "s" } else { "" }
    }

    /// `http://127.0.0.1:8089`
    pub fn http(&self) -> String {
        format!("http{}://{}", self.s(), self.here)
    }

    /// `ws://127.0.0.1:8089/ws`
    pub fn ws(&self) -> String {
        format!("ws{}://{}/ws", self.s(), self.here)
    }

    /// The page for clients elsewhere who come without a proxy.
    pub fn direct(&self) -> Option<String> {
        self.outside.map(|outside| format!("http{}://{outside}/", self.s()))
    }

    /// The page for clients elsewhere: through the proxy, if there is one.
    pub fn view(&self) -> Option<String> {
        self.public.as_ref().map(|url| format!("{url}/")).or_else(|| self.direct())
    }

    /// For whoever controls, wherever that is. A secret.
    pub fn control(&self, token: &ControlToken) -> String {
        // Of signs that stand in a query as they are.
        let page = self.view().unwrap_or_else(|| format!("{}/", self.http()));
        format!("{page}?token={}", token.reveal())
    }
}

/// Where others find what is bound there.
pub fn outside(bound: SocketAddr) -> Option<SocketAddr> {
    let ip = match bound.ip() {
        ip if ip.is_loopback() => return None,
        ip if !ip.is_unspecified() => ip,
        // What is bound to every address of the newer kind is so to those of the older, which more others have.
        ip => ELSEWHERE.into_iter().filter(|(any, _)| ip.is_ipv6() || any.is_ipv4()).find_map(own_address)?,
    };
    Some(SocketAddr::new(ip, bound.port()))
}

/// The address that this machine would send from: the system says so without anything being sent.
fn own_address((any, elsewhere): (IpAddr, IpAddr)) -> Option<IpAddr> {
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((elsewhere, 9)).ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_unspecified() && !own.is_loopback()).then_some(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn others_are_told_an_address_that_is_theirs_to_reach() {
        assert_eq!(outside(address("127.0.0.1:7000")), None);
        assert_eq!(outside(address("192.0.2.7:7000")), Some(address("192.0.2.7:7000")));
        // Where a machine is in no network there is none.
        for wide in ["0.0.0.0:7000", "[::]:7000"] {
            let found = outside(address(wide));
            assert!(found.is_none_or(|at| at.port() == 7000 && !at.ip().is_unspecified() && !at.ip().is_loopback()));
        }
    }

    #[test]
    fn links_say_how_they_are_spoken_to() {
        let token = ControlToken::new("correct-horse").expect("a token");
        let wide = Links::new(address("0.0.0.0:7000"), Some(address("192.0.2.7:0")), true);
        assert_eq!((wide.http(), wide.ws()), ("https://127.0.0.1:7000".into(), "wss://127.0.0.1:7000/ws".into()));
        assert_eq!(wide.view().as_deref(), Some("https://192.0.2.7:7000/"));
        assert_eq!(wide.control(&token), "https://192.0.2.7:7000/?token=correct-horse");
        let here = Links::new(address("[::1]:7000"), None, false);
        assert_eq!((here.ws(), here.view()), ("ws://[::1]:7000/ws".into(), None));
        assert_eq!(here.control(&token), "http://[::1]:7000/?token=correct-horse");
        let public = here.with_public(Some("https://scores.example/tl".parse().expect("a URL")));
        assert_eq!(public.control(&token), "https://scores.example/tl/?token=correct-horse");
        assert_eq!(public.http(), "http://[::1]:7000", "for programs on this machine");
    }
}
