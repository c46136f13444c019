//! The address that `serve` listens on, and where clients on the same machine find it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The port that `serve` listens on by default.
pub const DEFAULT_PORT: u16 = 8089;
/// The environment variable that sets the address, for the server and for clients on the same machine: in a container it is
/// set once for both.
pub const ENV_VARIABLE: &str = "TOUCHLINE_LISTEN";

/// Parses an address with its port; `localhost` is 127.0.0.1.
pub fn parse(text: &str) -> Result<SocketAddr, String> {
    let name = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    name.as_deref().unwrap_or(text).parse().map_err(|_| {
        format!("{text:?} is not an address with a port: write 127.0.0.1:8089, 0.0.0.0:8089 or [::1]:8089")
    })
}

/// The address in [`ENV_VARIABLE`]; `None` where it is unset or empty.
pub fn from_env() -> Option<Result<SocketAddr, String>> {
    let text = std::env::var(ENV_VARIABLE).ok().filter(|text| !text.is_empty())?;
    Some(parse(&text).map_err(|why| format!("{ENV_VARIABLE}: {why}")))
}

/// A port on the loopback interface.
pub fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// The address by which this machine connects to a server bound to `bound`: the unspecified address is no destination.
pub fn connectable(bound: SocketAddr) -> SocketAddr {
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
    fn a_bound_address_becomes_one_to_connect_to() {
        let found = |text| connectable(parse(text).expect("an address")).to_string();
        assert_eq!(found("0.0.0.0:7000"), "127.0.0.1:7000");
        assert_eq!(found("[::]:7000"), "[::1]:7000");
        assert_eq!(found("localhost:7000"), "127.0.0.1:7000");
        assert_eq!(found("192.0.2.7:7000"), "192.0.2.7:7000");
        assert!(parse("8089").is_err() && parse("localhost:99999").is_err());
    }
}
