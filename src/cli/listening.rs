//! Where a server listens, and where whoever is on the same machine finds it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Where it is served unless somebody says otherwise.
pub const PORT: u16 = 8089;
/// Where that is said once for everything in a container: for what serves there, and for what asks it.
pub const VARIABLE: &str = "TOUCHLINE_LISTEN";

/// Reads an address with its port.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    let name = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    name.as_deref()
        .unwrap_or(text)
        .parse()
        .map_err(|_| format!("{text:?} is no address with a port: write 127.0.0.1:8089, 0.0.0.0:8089 or [::1]:8089"))
}

/// What the environment says.
pub fn around() -> Option<Result<SocketAddr, String>> {
    let text = std::env::var(VARIABLE).ok().filter(|text| !text.is_empty())?;
    Some(address(&text).map_err(|why| format!("{VARIABLE}: {why}")))
}

/// On this machine, at a port.
pub fn here(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Where this machine finds what is bound there: one bound wide is no destination.
pub fn reachable(bound: SocketAddr) -> SocketAddr {
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, bound.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_that_somebody_can_connect_to() {
        let found = |text| reachable(address(text).expect("an address")).to_string();
        assert_eq!(found("0.0.0.0:7000"), "127.0.0.1:7000");
        assert_eq!(found("[::]:7000"), "[::1]:7000");
        assert_eq!(found("localhost:7000"), "127.0.0.1:7000");
        assert_eq!(found("192.0.2.7:7000"), "192.0.2.7:7000");
        assert!(address("8089").is_err() && address("localhost:99999").is_err());
    }
}
