//! Hosts that a proxy in place of providers lets through: `HOST`, `HOST:PORT` and `*.example.com`.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::message::excerpt;

/// A host, or all hosts of a domain, that a proxy in place of providers lets through to the real one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyPass {
    name: PassedName,
    /// `None`: the usual port, 443 for tunnels and 80 for plain HTTP.
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum PassedName {
    /// This host.
    Host(String),
    /// The hosts below a domain; the text begins with a dot.
    Below(String),
}

/// A host that is let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) struct PassedHost {
    pub(in crate::server) host: String,
    pub(in crate::server) port: u16,
    /// Whether it may have an address of this machine or of a private network. A rule for a domain does not say so: whoever owns
    /// the domain can give a name in it any address.
    pub(in crate::server) may_be_private: bool,
    /// Whether this server has a port of this number: it must not be the one that the name leads to.
    pub(in crate::server) is_own_port: bool,
}

impl PassedHost {
    /// The host and its port: `[::1]:443`
    pub(in crate::server) fn target(&self) -> String {
        with_port(&self.host, self.port)
    }
}

impl ProxyPass {
    /// The rule for a host.
    pub(super) fn for_host(host: &str, port: Option<u16>) -> Self {
        Self { name: PassedName::Host(host.to_owned()), port }
    }

    /// Whether the rule names this host.
    pub(super) fn is_for(&self, host: &str) -> bool {
        matches!(&self.name, PassedName::Host(name) if name == host)
    }

    /// The host to connect to, if the rule lets it through.
    pub(super) fn passes(&self, host: &str, port: u16, usual: u16) -> Option<PassedHost> {
        let host = host.to_ascii_lowercase();
        let may_be_private = matches!(self.name, PassedName::Host(_));
        let same = match &self.name {
            PassedName::Host(name) => *name == host,
            PassedName::Below(domain) => host.len() > domain.len() && host.ends_with(&**domain),
        };
        let passed = PassedHost { host, port, may_be_private, is_own_port: false };
        (same && port == self.port.unwrap_or(usual)).then_some(passed)
    }
}

impl FromStr for ProxyPass {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text).ok_or_else(|| {
            let accepted = "write api.example.com, api.example.com:8443, [2001:db8::7]:8443 or *.example.com";
            Error::misuse(format!("{:?} is not a host to let through: {accepted}", excerpt(text)))
        })
    }
}

impl ProxyPass {
    fn parse(text: &str) -> Option<Self> {
        let (host, port) = split_host(text)?;
        let name = match host.strip_prefix('*') {
            // A pattern for a whole top-level domain would be most of the internet.
            Some(domain) => {
                let is_domain = domain.starts_with('.') && domain[1..].contains('.') && is_name(&domain[1..]);
                is_domain.then(|| PassedName::Below(domain.to_owned()))?
            }
            None => PassedName::Host(host),
        };
        Some(Self { name, port })
    }
}

impl fmt::Display for ProxyPass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            PassedName::Host(name) if name.contains(':') => write!(f, "[{name}]")?,
            PassedName::Host(name) => f.write_str(name)?,
            PassedName::Below(domain) => write!(f, "*{domain}")?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// A host and its port, with an IPv6 address in brackets.
pub(super) fn with_port(host: &str, port: u16) -> String {
    ProxyPass::for_host(host, Some(port)).to_string()
}

/// A host in lower case, without the brackets of an IPv6 address and without the dot behind a complete name, and its port. The name
/// may begin with `*`.
pub(in crate::server) fn split_host(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            let address: Ipv6Addr = address.parse().ok()?;
            (address.to_string(), port.strip_prefix(':').or_else(|| port.is_empty().then_some(""))?)
        }
        None => {
            let (host, port) = text.split_once(':').unwrap_or((text, ""));
            // The same name, said to be complete.
            let host = host.strip_suffix('.').unwrap_or(host);
            if text.ends_with(':') || !is_name(host.strip_prefix("*.").unwrap_or(host)) {
                return None;
            }
            (host.to_ascii_lowercase(), port)
        }
    };
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    let port = match port {
        "" => None,
        port => Some(port.parse().ok().filter(|port| digits && *port > 0)?),
    };
    Some((host, port))
}

/// Whether a text may be a host name or an IPv4 address.
fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.len() < 64 && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    text.len() < 254 && text.split('.').all(is_label)
}

/// Whether a connection to an address stays on this machine. Systems take the unspecified address for it.
pub(in crate::server) fn is_loopback(ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    ip.is_loopback() || ip.is_unspecified()
}

/// Whether an address is one of the public internet.
pub(in crate::server) fn is_global(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            // 0/8 is this network, 100.64/10 that of a provider (RFC 6598), 198.18/15 for measurements (RFC 2544), 192.0.0/24 for
            // protocols; from 224 on there are multicast and reserved addresses.
            let special = a == 0 || a == 100 && b & 0xc0 == 64 || a == 198 && b & 0xfe == 18 || a >= 224;
            let protocols = ip.octets()[..3] == [192, 0, 0];
            !(special
                || protocols
                || ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_documentation())
        }
        // 2000::/3 is all that has been given out for unicast; 64:ff9b::/96 and 2002::/16 hold IPv4 addresses, of any kind.
        IpAddr::V6(ip) => {
            let [first, second, ..] = ip.segments();
            first & 0xe000 == 0x2000 && first != 0x2002 && !(first == 0x2001 && (second < 0x200 || second == 0xdb8))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_written_as_it_is_read_and_all_else_is_refused() {
        for text in
            ["api.example.com", "api.example.com:8443", "*.example.com", "*.a.b.example:8443", "10.0.0.5", "[::1]:80"]
        {
            let rule: ProxyPass = text.parse().expect(text);
            assert_eq!(rule.to_string(), text);
        }
        for same in ["API.Example.com", "api.example.com."] {
            assert_eq!(same.parse::<ProxyPass>().expect("a host").to_string(), "api.example.com");
        }
        for wrong in [
            "",
            "*",
            "*.com",
            "*.",
            "a*.example.com",
            "*.*.example.com",
            "a b",
            "a:",
            "a:0",
            "a:65536",
            "a:+1",
            "a:1:2",
            "::1",
            "[::1",
            "[::1]x",
            "[a]:1",
            "https://a.example",
            "a.example/",
            "a..b",
            ".a",
            ".",
            "a..",
            "a\r\nb",
            "é.example",
        ] {
            assert!(wrong.parse::<ProxyPass>().is_err(), "{wrong:?}");
        }
        let error = "*.com".parse::<ProxyPass>().expect_err("refused").to_string();
        assert!(error.contains("*.example.com"), "{error}");
    }

    #[test]
    fn private_addresses_are_known() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001:db8::1",
            "2001:0:a00:1::",
        ] {
            assert!(!is_global(private.parse().expect("an address")), "{private}");
        }
        for public in ["1.1.1.1", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "2a00:1450::1", "::ffff:1.1.1.1"] {
            assert!(is_global(public.parse().expect("an address")), "{public}");
        }
    }
}
