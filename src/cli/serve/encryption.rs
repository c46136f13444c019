//! TLS, as it is written: a certificate from files, or one that is made at start.

use std::net::SocketAddr;
use std::path::PathBuf;

use touchline::error::Result;
use touchline::server::{Authority, Tls};

/// Whether and how connections are encrypted.
#[derive(Debug, clap::Args)]
pub struct Encryption {
    /// Serve https:// and wss:// with the certificate in this file; those behind it lead to its authority
    #[arg(long, value_name = "PEM", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// and its private key
    #[arg(long, value_name = "PEM", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Serve them with a certificate made at start, for this machine's addresses and the names of --allow-host
    #[arg(long, conflicts_with = "tls_cert")]
    tls_self_signed: bool,
    /// Write that certificate to a file, for the --tls-ca of whoever connects
    #[arg(long, value_name = "FILE", requires = "tls_self_signed")]
    pub tls_pem: Option<PathBuf>,
}

impl Encryption {
    /// Whether there is to be any.
    pub fn is_on(&self) -> bool {
        self.tls_cert.is_some() || self.tls_self_signed
    }

    /// The certificate, if there is to be one. `bound` is where it is served, `outside` where others find that, `hosts` the
    /// names that are allowed besides.
    pub fn tls(&self, bound: SocketAddr, outside: Option<SocketAddr>, hosts: &[Authority]) -> Result<Option<Tls>> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => Tls::from_files(certificate, key).map(Some),
            _ if self.tls_self_signed => Tls::self_signed(&names(bound, outside, hosts)).map(Some),
            _ => Ok(None),
        }
    }
}

/// Everything that the server is called.
fn names(bound: SocketAddr, outside: Option<SocketAddr>, hosts: &[Authority]) -> Vec<String> {
    let mut names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    let addresses = [Some(bound), outside].into_iter().flatten().map(|address| address.ip());
    names.extend(addresses.filter(|ip| !ip.is_unspecified()).map(|ip| ip.to_string()));
    names.extend(hosts.iter().map(Authority::name));
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_for_every_name_once() {
        let address = |text: &str| text.parse().expect("an address");
        let hosts = ["scores.example", "demo.example:8089", "[2001:db8::7]:8089", "2001:db8::8", "localhost"]
            .map(|host| host.parse().expect("a host"));
        assert_eq!(
            names(address("0.0.0.0:1"), Some(address("192.0.2.7:1")), &hosts),
            [
                "localhost",
                "127.0.0.1",
                "::1",
                "192.0.2.7",
                "scores.example",
                "demo.example",
                "2001:db8::7",
                "2001:db8::8"
            ]
        );
        assert_eq!(names(address("127.0.0.1:1"), None, &[]), ["localhost", "127.0.0.1", "::1"]);
    }
}
