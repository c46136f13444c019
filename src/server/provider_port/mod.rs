//! A port that answers in place of data providers: their names, the certificate for them, and the hosts that it lets through.

mod certificate;
mod pass;
mod refused_hosts;

use std::net::SocketAddr;
use std::sync::Arc;

use super::mount::Mount;
use super::tls::Tls;
use crate::dialect::PROVIDERS;
use crate::dialect::document::Provider;
use crate::error::{Error, Result};
use crate::message::did_you_mean;

use self::certificate::certify;
use self::refused_hosts::RefusedHosts;

pub use self::pass::ProxyPass;
pub(super) use self::pass::{PassedHost, is_global, split_host};

/// The ports of a provider's servers.
const HTTP: u16 = 80;
const HTTPS: u16 = 443;

/// What is behind such a port.
#[derive(Debug)]
pub(super) struct ProviderPort {
    mounts: Vec<Arc<Mount>>,
    tls: Tls,
    passed: Vec<ProxyPass>,
    refused: Arc<RefusedHosts>,
}

/// Where a client of the port wants to go.
#[derive(Debug)]
pub(super) enum Destination {
    /// To a provider, whose documents are here.
    Provider(Arc<Mount>),
    /// To a host that is let through.
    Passed(PassedHost),
    /// To any other.
    Refused,
}

/// A server's port that answers in place of data providers: a proxy for their names, with a certificate for them.
#[derive(Debug, Clone)]
pub struct ProviderProxy {
    address: SocketAddr,
    certificate: Arc<str>,
    refused: Arc<RefusedHosts>,
}

impl ProviderProxy {
    /// The address of the port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate of the authority that clients have to trust, as PEM text. It was made for this port, can vouch only for
    /// the names of the providers, and its key is gone.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate
    }

    /// The hosts to which clients were refused the way, in the order of their names, and how often. Of more than 32 hosts the
    /// first ones are listed.
    pub fn refused_hosts(&self) -> Vec<(String, u64)> {
        self.refused.list()
    }
}

/// The providers of these names.
pub(super) fn find_providers<T: AsRef<str>>(names: &[T]) -> Result<Vec<&'static Provider>> {
    let mut found: Vec<&'static Provider> = Vec::new();
    for name in names.iter().map(AsRef::as_ref) {
        let Some(provider) = PROVIDERS.iter().find(|provider| provider.dialect.name() == name) else {
            let known: Vec<&str> = PROVIDERS.iter().map(|provider| provider.dialect.name()).collect();
            let hint = did_you_mean(name, known.iter().copied());
            return Err(Error::misuse(format!("there is no provider {name:?}{hint}; there are {}", known.join(", "))));
        };
        if found.iter().any(|other| other.dialect.name() == name) {
            return Err(Error::misuse(format!("the provider {name} is given twice")));
        }
        found.push(provider);
    }
    Ok(found)
}

impl ProviderPort {
    /// A port at this address for these providers. Makes the certificate.
    pub(super) fn new(
        replay: &str,
        providers: &[&'static Provider],
        passed: Vec<ProxyPass>,
        address: SocketAddr,
    ) -> Result<(Self, ProviderProxy)> {
        let hosts: Vec<&'static str> = providers.iter().flat_map(|provider| provider.hosts).copied().collect();
        if let Some((pass, host)) =
            passed.iter().find_map(|pass| Some((pass, hosts.iter().find(|host| pass.is_for(host))?)))
        {
            return Err(Error::misuse(format!("--proxy-pass {pass}: {host} is served here, in place of the provider")));
        }
        let certified = certify(&hosts)?;
        let refused = Arc::<RefusedHosts>::default();
        let mount =
            |provider: &&'static Provider| Arc::new(Mount::new(false, replay, provider.dialect.name(), provider.hosts));
        let port = Self {
            mounts: providers.iter().map(mount).collect(),
            tls: certified.tls,
            passed,
            refused: refused.clone(),
        };
        Ok((port, ProviderProxy { address, certificate: certified.authority_pem.into(), refused }))
    }

    pub(super) fn tls(&self) -> &Tls {
        &self.tls
    }

    /// The documents of the provider with a server of this name.
    pub(super) fn mount_of(&self, host: &str) -> Option<&Arc<Mount>> {
        self.mounts.iter().find(|mount| mount.serves(host))
    }

    /// Where a tunnel to a host leads. A tunnel to a provider's port 80 is for plain HTTP.
    pub(super) fn tunnel_to(&self, host: &str, port: u16) -> Destination {
        self.destination(host, port, &[HTTP, HTTPS], HTTPS)
    }

    /// Where a request for `http://HOST:PORT/` leads.
    pub(super) fn plain_request_to(&self, host: &str, port: Option<u16>) -> Destination {
        self.destination(host, port.unwrap_or(HTTP), &[HTTP], HTTP)
    }

    fn destination(&self, host: &str, port: u16, of_provider: &[u16], usual: u16) -> Destination {
        if let Some(mount) = self.mount_of(host) {
            let is_served = of_provider.contains(&port);
            return if is_served { Destination::Provider(mount.clone()) } else { Destination::Refused };
        }
        let passed = self.passed.iter().filter_map(|pass| pass.passes(host, port, usual));
        // A rule that names the host allows more than one for a domain.
        passed.max_by_key(|passed| passed.may_be_private).map_or(Destination::Refused, Destination::Passed)
    }

    /// Notes that the way to a host was refused, and says why.
    pub(super) fn refuse(&self, host: &str, port: u16) -> String {
        let target = format!("{host}:{port}");
        self.refused.note(&target);
        match self.mount_of(host) {
            Some(_) => format!("{target}: only the ports 443 (TLS) and 80 of a provider are served here"),
            None => {
                let port = if [HTTP, HTTPS].contains(&port) { String::new() } else { format!(":{port}") };
                format!("{target} is no host of the providers served here; --proxy-pass {host}{port} lets it through")
            }
        }
    }
}

/// Whether plain HTTP is spoken on a tunnel to a provider.
pub(super) fn is_plain(port: u16) -> bool {
    port == HTTP
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(passed: &[&str]) -> ProviderPort {
        let providers = find_providers(&["espn"]).expect("a provider");
        let passed = passed.iter().map(|text| text.parse().expect("a host")).collect();
        ProviderPort::new("main", &providers, passed, ([127, 0, 0, 1], 1).into()).expect("a port").0
    }

    #[test]
    fn only_providers_and_passed_hosts_are_destinations() {
        let port = port(&["*.example.com", "api.example.com", "db.example:5432"]);
        let tunnel = |host: &str, number| match port.tunnel_to(host, number) {
            Destination::Provider(_) => "provider",
            Destination::Passed(PassedHost { may_be_private: true, .. }) => "passed, private too",
            Destination::Passed(_) => "passed",
            Destination::Refused => "refused",
        };
        for (host, number, expected) in [
            ("site.api.espn.com", 443, "provider"),
            ("SITE.api.espn.com", 80, "provider"),
            ("site.api.espn.com", 22, "refused"),
            ("v3.football.api-sports.io", 443, "refused"),
            ("a.site.api.espn.com", 443, "refused"),
            ("www.example.com", 443, "passed"),
            ("api.example.com", 443, "passed, private too"),
            ("www.example.com", 80, "refused"),
            ("example.com", 443, "refused"),
            ("wwwexample.com", 443, "refused"),
            ("db.example", 5432, "passed, private too"),
            ("db.example", 443, "refused"),
            ("localhost", 443, "refused"),
        ] {
            assert_eq!(tunnel(host, number), expected, "{host}:{number}");
        }
        assert!(matches!(port.plain_request_to("site.api.espn.com", None), Destination::Provider(_)));
        assert!(matches!(port.plain_request_to("site.api.espn.com", Some(443)), Destination::Refused));
        assert!(matches!(port.plain_request_to("www.example.com", None), Destination::Passed(_)));
    }

    #[test]
    fn a_refusal_names_the_flag_that_lets_a_host_through() {
        let port = port(&[]);
        assert!(port.refuse("a.example", 443).ends_with("; --proxy-pass a.example lets it through"));
        assert!(port.refuse("a.example", 8443).ends_with("; --proxy-pass a.example:8443 lets it through"));
        assert!(port.refuse("site.api.espn.com", 22).contains("only the ports"));
        port.refuse("a.example", 443);
        let expected = [("a.example:443", 2), ("a.example:8443", 1), ("site.api.espn.com:22", 1)];
        assert_eq!(port.refused.list(), expected.map(|(host, count)| (host.to_owned(), count)));
    }

    #[test]
    fn unknown_providers_and_the_same_one_twice_are_misuse() {
        let error = |names: &[&str]| find_providers(names).expect_err("refused").to_string();
        assert!(error(&["espm"]).contains("did you mean \"espn\"?"), "{}", error(&["espm"]));
        assert!(error(&["espn", "espn"]).contains("twice"));
    }
}
