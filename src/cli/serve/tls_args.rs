//! The flags about TLS: a certificate from files, or a self-signed one generated at start.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::error::Result;
use crate::server::{Authority, Tls};

/// Whether connections are encrypted, and with which certificate.
#[derive(Debug, clap::Args)]
pub struct TlsArgs {
    /// Serve https:// and wss:// with the certificate in this PEM file, followed by its intermediate certificates, if any
    #[arg(long, value_name = "PEM", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of --tls-cert, as a PEM file
    #[arg(long, value_name = "PEM", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Serve https:// and wss:// with a certificate generated at start, for this machine's addresses and --allow-host
    #[arg(long, conflicts_with = "tls_cert")]
    tls_self_signed: bool,
    /// Write the generated certificate to this file, for the --tls-ca of clients
    #[arg(long, value_name = "FILE", requires = "tls_self_signed")]
    pub tls_pem: Option<PathBuf>,
}

impl TlsArgs {
    /// Whether TLS is on.
    pub fn is_on(&self) -> bool {
        self.tls_cert.is_some() || self.tls_self_signed
    }

    /// The certificate and key, if TLS is on. A generated certificate is for `bound`, for `external` (the same socket as other
    /// machines reach it) and for `hosts`.
    pub fn tls(&self, bound: SocketAddr, external: Option<SocketAddr>, hosts: &[Authority]) -> Result<Option<Tls>> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => Tls::from_files(certificate, key).map(Some),
            _ if self.tls_self_signed => Tls::self_signed(&certificate_names(bound, external, hosts)).map(Some),
            _ => Ok(None),
        }
    }
}

/// Every name and address of the server, each once.
fn certificate_names(bound: SocketAddr, external: Option<SocketAddr>, hosts: &[Authority]) -> Vec<String> {
    let mut names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    let addresses = [Some(bound), external].into_iter().flatten().map(|address| address.ip());
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
            certificate_names(address("0.0.0.0:1"), Some(address("192.0.2.7:1")), &hosts),
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
        assert_eq!(certificate_names(address("127.0.0.1:1"), None, &[]), ["localhost", "127.0.0.1", "::1"]);
    }
}
