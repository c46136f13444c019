//! The documents of data providers on ports of their own, and in place of the providers: the arguments that `serve` and `test` share.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::listen_address::{self, connectable, loopback};
use crate::dialect::find_provider;
use crate::dialect::template::{TemplateDialect, with_trial_moments};
use crate::error::{Error, Result};
use crate::scenario::Timeline;
use crate::server::{ProviderProxy, ProxyPass, Server};

/// How many refused hosts are named in a line.
const MAX_LISTED: usize = 8;

/// What is served of data providers.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ProviderArgs {
    /// Serve the documents of a dialect (api-football, espn, or one of --dialect) on a port of their own, as
    /// --serve api-football=8090; port 0 picks a free one; may be repeated
    #[arg(long = "serve", value_name = "NAME=PORT", value_parser = DialectPort::parse)]
    ports: Vec<DialectPort>,
    /// Serve documents of your own shape: a file with a template for each path; may be repeated
    #[arg(long = "dialect", value_name = "FILE")]
    templates: Vec<PathBuf>,
    /// Answer in place of these data providers, as api-football,espn: a proxy for their host names, with a certificate made at start.
    /// Matches kick off today
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = parse_provider_name)]
    as_provider: Vec<String>,
    /// Address and port of --as-provider [default: a free port, for programs on this machine only]
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address::parse, requires = "as_provider")]
    as_provider_listen: Option<SocketAddr>,
    /// With --as-provider: show kick-offs as the scenario has them, for apps that ask for a fixed season
    #[arg(long, requires = "as_provider", conflicts_with = "now")]
    recorded_dates: bool,
    /// With --as-provider: let connections to this host through to the real one, as api.example.com, api.example.com:8443 or
    /// *.example.com; may be repeated
    #[arg(long, value_name = "HOST", value_parser = parse_passed, requires = "as_provider")]
    proxy_pass: Vec<ProxyPass>,
}

/// A dialect, and the port on which its documents are served.
#[derive(Debug, Clone, PartialEq, Eq)]
struct DialectPort {
    name: String,
    port: u16,
}

impl DialectPort {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is not a provider with a port: write api-football=8090, or =0 for a free port");
        let (name, port) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(wrong)?;
        if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let port = port.parse().map_err(|_| format!("the port {port} is out of range: ports are 0 to {}", u16::MAX))?;
        Ok(Self { name: name.to_owned(), port })
    }
}

fn parse_provider_name(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("a name is missing: write espn, or api-football,espn".to_owned()),
        name => Ok(name.to_owned()),
    }
}

fn parse_passed(text: &str) -> Result<ProxyPass, String> {
    text.parse().map_err(|error: Error| error.to_string())
}

/// What a server has of data providers.
#[derive(Debug, Default)]
pub struct ServedProviders {
    /// The addresses of the dialects with a port of their own: `http://127.0.0.1:8090`, by name.
    pub dialects: Vec<(String, String)>,
    /// The names of the providers in whose place the proxy answers.
    pub in_place_of: Vec<String>,
    /// The proxy.
    pub proxy: Option<ProviderProxy>,
}

impl ProviderArgs {
    /// Whether the server answers in place of providers.
    pub fn is_proxy(&self) -> bool {
        !self.as_provider.is_empty()
    }

    /// Whether kick-offs are shown as now: apps ask a provider for today's matches.
    pub fn shows_today(&self) -> bool {
        self.is_proxy() && !self.recorded_dates
    }

    /// Reads the templates, and tries them on what is played. Called before signals are handled: a file may be a pipe that nobody
    /// writes, and a signal has to end that.
    pub fn read_templates(&self, played: &Timeline) -> Result<Vec<TemplateDialect>> {
        let read = |path: &PathBuf| {
            let dialect = TemplateDialect::read(path)?;
            with_trial_moments(played, |moments| dialect.check(moments))?;
            Ok(dialect)
        };
        self.templates.iter().map(read).collect()
    }

    /// Binds what is asked for. The ports of dialects are on the host of the server.
    pub async fn bind(&self, server: &mut Server, templates: Vec<TemplateDialect>) -> Result<ServedProviders> {
        let mut served = ServedProviders::default();
        for dialect in templates {
            server.add_dialect(Arc::new(dialect))?;
        }
        for (place, DialectPort { name, port }) in self.ports.iter().enumerate() {
            if self.ports[..place].iter().any(|other| other.name == *name) {
                return Err(Error::misuse(format!("--serve {name}={port}: {name} is given twice")));
            }
            let taken = |owner: &str| Error::misuse(format!("--serve {name}={port}: this is the port of {owner}"));
            if *port != 0 {
                if server.address().port() == *port {
                    return Err(taken("the server itself"));
                }
                if let Some(other) = self.ports[..place].iter().find(|other| other.port == *port) {
                    return Err(taken(&other.name));
                }
            }
            let address = SocketAddr::new(server.address().ip(), *port);
            let bound = server.serve_dialect(name, address).await;
            let bound = connectable(bound.map_err(|error| error.context(format!("--serve {name}={port}")))?);
            let scheme = if server.is_encrypted() { "https" } else { "http" };
            served.dialects.push((name.clone(), format!("{scheme}://{bound}")));
        }
        if self.is_proxy() {
            let address = self.as_provider_listen.unwrap_or(loopback(0));
            let proxy = server.serve_as_providers(&self.as_provider, self.proxy_pass.clone(), address).await;
            served.proxy = Some(proxy.map_err(|error| error.context("--as-provider"))?);
            served.in_place_of.clone_from(&self.as_provider);
        }
        Ok(served)
    }
}

impl ServedProviders {
    /// The addresses of the providers' documents, by the variables in which apps look for them. `server`: the address of the server,
    /// `http://127.0.0.1:8089`.
    pub fn base_urls(&self, server: &str) -> Vec<(String, String)> {
        let of_port = self.dialects.iter().map(|(name, url)| (name, url.clone()));
        let names = self.in_place_of.iter().filter(|name| !self.dialects.iter().any(|(other, _)| other == *name));
        let below_server = names.map(|name| (name, format!("{server}/r/main/dialect/{name}")));
        let urls = of_port.chain(below_server);
        urls.map(|(name, url)| (base_url_variable(name), url)).collect()
    }

    /// What is printed at start.
    pub fn lines(&self) -> Vec<String> {
        let title = |name: &String| find_provider(name).map_or(name.clone(), |provider| provider.title.to_owned());
        let ports = self.dialects.iter().map(|(name, url)| format!("documents of {} at {url}/", title(name)));
        let proxy = self.proxy.iter().map(|proxy| {
            let providers: Vec<String> = self.in_place_of.iter().map(title).collect();
            format!("answering in place of {} at http://{}", providers.join(", "), connectable(proxy.address()))
        });
        ports.chain(proxy).collect()
    }

    /// The hosts to which the proxy has refused the way, in a line.
    pub fn refusals(&self) -> Option<String> {
        let refused = self.proxy.as_ref()?.refused_hosts();
        let listed = refused.iter().take(MAX_LISTED).map(|(host, count)| format!("{host} ({count}x)"));
        let listed = listed.collect::<Vec<_>>().join(", ");
        let more = if refused.len() > MAX_LISTED { " and others" } else { "" };
        let line = format!("refused by the proxy: {listed}{more}; --proxy-pass HOST lets a host through");
        (!refused.is_empty()).then_some(line)
    }
}

/// The variable for the address of a dialect: `ESPN_BASE_URL`, and `ACME_2_BASE_URL` for the template `acme-2`.
fn base_url_variable(name: &str) -> String {
    match find_provider(name) {
        Some(provider) => provider.base_url_variable.to_owned(),
        None => format!("{}_BASE_URL", name.to_ascii_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_belongs_to_a_name() {
        let parsed = DialectPort::parse("espn=8091").expect("a port");
        assert_eq!(parsed, DialectPort { name: "espn".into(), port: 8091 });
        for wrong in ["espn", "espn=", "=8091", "espn=x", "espn=65536", "espn=+1", "espn:8091", ""] {
            assert!(DialectPort::parse(wrong).is_err(), "{wrong:?}");
        }
        let error = DialectPort::parse("espn=99999").expect_err("out of range");
        assert_eq!(error, "the port 99999 is out of range: ports are 0 to 65535");
    }

    #[test]
    fn a_port_of_its_own_goes_before_the_path_below_the_server() {
        let served = ServedProviders {
            dialects: vec![
                ("espn".into(), "http://127.0.0.1:1".into()),
                ("acme-2".into(), "http://127.0.0.1:3".into()),
            ],
            in_place_of: vec!["api-football".into(), "espn".into()],
            proxy: None,
        };
        let expected = [
            ("ESPN_BASE_URL", "http://127.0.0.1:1"),
            ("ACME_2_BASE_URL", "http://127.0.0.1:3"),
            ("API_FOOTBALL_BASE_URL", "http://127.0.0.1:2/r/main/dialect/api-football"),
        ];
        assert_eq!(
            served.base_urls("http://127.0.0.1:2"),
            expected.map(|(name, url)| (name.to_owned(), url.to_owned()))
        );
    }
}
