//! A port that answers in place of data providers: their names, the certificate for them, and the hosts that it lets through.

mod certificate;
mod pass;
mod refused_hosts;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::mount::Mount;
use super::tls::Tls;
use crate::dialect::document::Provider;
use crate::dialect::{PROVIDERS, find_provider};
use crate::error::{Error, Result};
use crate::message::did_you_mean;

use self::certificate::certify;
use self::pass::with_port;
use self::refused_hosts::RefusedHosts;

pub use self::pass::ProxyPass;
pub(super) use self::pass::{PassedHost, is_global, is_loopback, split_host};

/// The ports of a provider's servers.
const HTTP: u16 = 80;
const HTTPS: u16 = 443;

/// What is behind such a port.
#[derive(Debug)]
pub(super) struct ProviderPort {
    mounts: Vec<Arc<Mount>>,
    tls: Tls,
    passed: Vec<ProxyPass>,
    /// The ports of this server. A client from elsewhere that came to them by way of the proxy would be one of this machine.
    own_ports: Vec<u16>,
    refused: Arc<RefusedHosts>,
    reached: Arc<AtomicBool>,
}

/// Where a client of the port wants to go.
#[derive(Debug)]
pub(super) enum Destination {
    /// To a provider, whose documents are here.
    Provider(Arc<Mount>),
    /// To a host that is let through.
    Passed(PassedHost),
    /// To any other; the text says why not.
    Refused(String),
}

/// A server's port that answers in place of data providers: a proxy for their names, with a certificate for them.
#[derive(Debug, Clone)]
pub struct ProviderProxy {
    address: SocketAddr,
    certificate: Arc<str>,
    hosts: Arc<[&'static str]>,
    refused: Arc<RefusedHosts>,
    reached: Arc<AtomicBool>,
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

    /// The host names of the providers in whose place it answers.
    pub(crate) fn hosts(&self) -> &[&'static str] {
        &self.hosts
    }

    /// Whether a client has connected.
    pub(crate) fn was_reached(&self) -> bool {
        self.reached.load(Ordering::Relaxed)
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
        let Some(provider) = find_provider(name) else {
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
    /// A port at this address for these providers. Makes the certificate. `own_ports`: the other ports of the server.
    pub(super) fn new(
        replay: &str,
        providers: &[&'static Provider],
        passed: Vec<ProxyPass>,
        address: SocketAddr,
        mut own_ports: Vec<u16>,
    ) -> Result<(Self, ProviderProxy)> {
        own_ports.push(address.port());
        let hosts: Vec<&'static str> = providers.iter().flat_map(|provider| provider.hosts).copied().collect();
        if let Some((pass, host)) =
            passed.iter().find_map(|pass| Some((pass, hosts.iter().find(|host| pass.is_for(host))?)))
        {
            return Err(Error::misuse(format!("--proxy-pass {pass}: {host} is served here, in place of the provider")));
        }
        let certified = certify(&hosts)?;
        let (refused, reached) = (Arc::<RefusedHosts>::default(), Arc::<AtomicBool>::default());
        let mount =
            |provider: &&'static Provider| Arc::new(Mount::new(false, replay, provider.dialect.name(), provider.hosts));
        let port = Self {
            mounts: providers.iter().map(mount).collect(),
            tls: certified.tls,
            passed,
            own_ports,
            refused: refused.clone(),
            reached: reached.clone(),
        };
        let certificate = certified.authority_pem.into();
        Ok((port, ProviderProxy { address, certificate, hosts: hosts.into(), refused, reached }))
    }

    pub(super) fn note_connection(&self) {
        self.reached.store(true, Ordering::Relaxed);
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

    /// `usual`: the port of a rule that names none.
    fn destination(&self, host: &str, port: u16, of_provider: &[u16], usual: u16) -> Destination {
        let target = with_port(host, port);
        if let Some(mount) = self.mount_of(host) {
            if of_provider.contains(&port) {
                return Destination::Provider(mount.clone());
            }
            self.refused.note(&target);
            let message = format!("{target}: only the ports 443 (TLS) and 80 of a provider are served here");
            return Destination::Refused(message);
        }
        let is_own_port = self.own_ports.contains(&port);
        // Names that lead to this machine as well are noticed when they have been looked up.
        if is_own_port && is_this_machine(host) {
            // Not listed among those that an option would let through.
            return Destination::Refused(format!("{target} is this server: it is not reached by way of its proxy"));
        }
        let passed = self.passed.iter().filter_map(|pass| pass.passes(host, port, usual));
        // A rule that names the host allows more than one for a domain.
        match passed.max_by_key(|passed| passed.may_be_private) {
            Some(passed) => Destination::Passed(PassedHost { is_own_port, ..passed }),
            None => {
                self.refused.note(&target);
                let rule = ProxyPass::for_host(host, (port != usual).then_some(port));
                let message = format!("{target} is no host of the providers served here; --proxy-pass {rule}");
                Destination::Refused(message + " lets it through")
            }
        }
    }
}

/// Whether a host is this machine by its name or its address alone.
fn is_this_machine(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost") || host.parse().is_ok_and(is_loopback)
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
        ProviderPort::new("main", &providers, passed, ([127, 0, 0, 1], 1).into(), vec![8089]).expect("a port").0
    }

    #[test]
    fn only_providers_and_passed_hosts_are_destinations() {
        let port = port(&["*.example.com", "api.example.com", "db.example:5432"]);
        let tunnel = |host: &str, number| match port.tunnel_to(host, number) {
            Destination::Provider(_) => "provider",
            Destination::Passed(PassedHost { may_be_private: true, .. }) => "passed, private too",
            Destination::Passed(_) => "passed",
            Destination::Refused(_) => "refused",
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
        assert!(matches!(port.plain_request_to("site.api.espn.com", Some(443)), Destination::Refused(_)));
        assert!(matches!(port.plain_request_to("www.example.com", None), Destination::Passed(_)));
    }

    /// Why the way is refused.
    fn why(destination: Destination) -> String {
        let Destination::Refused(message) = destination else { panic!("not refused: {destination:?}") };
        message
    }

    #[test]
    fn a_refusal_names_the_option_that_lets_a_host_through() {
        for (host, number, rule) in [
            ("a.example", 443, "a.example"),
            ("a.example", 80, "a.example:80"),
            ("a.example", 8443, "a.example:8443"),
            ("::1", 43235, "[::1]:43235"),
            ("::1", 443, "[::1]"),
        ] {
            let message = why(port(&[]).tunnel_to(host, number));
            assert!(message.ends_with(&format!("; --proxy-pass {rule} lets it through")), "{message}");
            assert!(matches!(port(&[rule]).tunnel_to(host, number), Destination::Passed(_)), "{rule}");
        }
        let port = port(&["a.example"]);
        let message = why(port.plain_request_to("a.example", Some(443)));
        assert!(message.ends_with("; --proxy-pass a.example:443 lets it through"), "{message}");
        assert!(why(port.tunnel_to("site.api.espn.com", 22)).contains("only the ports"));
        let _ = (port.tunnel_to("::1", 22), port.tunnel_to("::1", 22));
        let expected = [("[::1]:22", 2), ("a.example:443", 1), ("site.api.espn.com:22", 1)];
        assert_eq!(port.refused.list(), expected.map(|(host, count)| (host.to_owned(), count)));
    }

    #[test]
    fn the_server_itself_is_not_behind_its_proxy() {
        let port = port(&[
            "127.0.0.1:8089",
            "[::1]:8089",
            "localhost:8089",
            "localhost:1",
            "127.0.0.1:8090",
            "a.example:8089",
        ]);
        for (host, number) in [
            ("127.0.0.1", 8089),
            ("127.0.0.1", 1),
            ("127.9.9.9", 8089),
            ("0.0.0.0", 8089),
            ("::1", 8089),
            ("::", 8089),
            ("::ffff:127.0.0.1", 8089),
            ("LOCALHOST", 8089),
            ("localhost", 1),
            ("a.localhost", 8089),
        ] {
            for destination in [port.tunnel_to(host, number), port.plain_request_to(host, Some(number))] {
                let message = why(destination);
                assert!(message.contains("is this server") && !message.contains("--proxy-pass"), "{message}");
            }
        }
        assert_eq!(port.refused.list(), []);
        // Another port of this machine, and another machine's port with the same number.
        let own = |host: &str, number| match port.tunnel_to(host, number) {
            Destination::Passed(passed) => passed.is_own_port,
            other => panic!("{other:?}"),
        };
        assert!(!own("127.0.0.1", 8090) && own("a.example", 8089));
    }

    #[test]
    fn unknown_providers_and_the_same_one_twice_are_misuse() {
        let error = |names: &[&str]| find_providers(names).expect_err("refused").to_string();
        assert!(error(&["espm"]).contains("did you mean \"espn\"?"), "{}", error(&["espm"]));
        assert!(error(&["espn", "espn"]).contains("twice"));
    }
}
