//! The environment in which programs find the proxy that answers in place of data providers, and trust its certificate.

use std::collections::HashSet;
use std::env;
use std::path::{Path, PathBuf};

use pem::{EncodeConfig, LineEnding, Pem};

use crate::certificate::read_certificates;
use crate::error::{Error, Result};
use crate::server::ProviderProxy;

use super::listen_address::connectable;
use super::output_file::{OutputFile, write_file};

/// Variables that name a file of certificates. Programs read the first three in place of the system's certificates, and the last one
/// beside those that Node has built in.
const CERTIFICATE_FILES: &[&str] = &["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];
/// Variables that name the proxy. curl reads only the small one for plain HTTP.
const PROXIES: &[&str] = &["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];
const NOT_PROXIED: &[&str] = &["NO_PROXY", "no_proxy"];
/// The hosts of this machine, which are never behind the proxy.
const THIS_MACHINE: &str = "127.0.0.1,localhost,::1";

/// Variables, and the file of certificates that they name. Dropping it removes the file.
#[derive(Debug)]
#[must_use = "the file of certificates is removed when this is dropped"]
pub struct ProviderEnvironment {
    /// The variables in which the proxy is found.
    pub variables: Vec<(String, String)>,
    /// What surprises, in a line each.
    pub notes: Vec<String>,
    _file: Option<OutputFile>,
}

impl ProviderEnvironment {
    /// Writes the file of certificates: those that programs trust now, and that of the proxy.
    pub fn new(proxy: &ProviderProxy) -> Result<Self> {
        Self::with_server(proxy, None)
    }

    /// The same with the server's own certificate, to which the addresses of documents below it lead.
    pub fn with_server(proxy: &ProviderProxy, server_pem: Option<&str>) -> Result<Self> {
        let mut notes = Vec::new();
        let not_proxied = not_proxied(proxy.hosts(), &mut notes);
        let own: Vec<&str> = [proxy.certificate_pem()].into_iter().chain(server_pem).collect();
        let bundle = bundle(&own, trusted_now(&mut notes));
        let path = temporary_path()?;
        let name = path.to_str().map(str::to_owned);
        let name = name.ok_or_else(|| Error::invalid(format!("{}: the path is not UTF-8", path.display())))?;
        let file = write_file(&path, &bundle, 0o600, |_| {})?;
        let proxy = format!("http://{}", connectable(proxy.address()));
        let mut variables: Vec<(&str, String)> = Vec::new();
        variables.extend(PROXIES.iter().map(|variable| (*variable, proxy.clone())));
        variables.extend(NOT_PROXIED.iter().map(|variable| (*variable, not_proxied.clone())));
        variables.extend(CERTIFICATE_FILES.iter().map(|variable| (*variable, name.clone())));
        // Newer Node (24.21 is tested) uses the proxy only with it; Node 20 never does.
        variables.push(("NODE_USE_ENV_PROXY", "1".to_owned()));
        let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Ok(Self { variables, notes, _file: file })
    }
}

/// A line that sets a variable in a shell.
pub fn export_line(name: &str, value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=@%+".contains(c);
    if !value.is_empty() && value.chars().all(is_plain) {
        return format!("export {name}={value}");
    }
    format!("export {name}='{}'", value.replace('\'', r"'\''"))
}

/// The hosts that are reached without a proxy: those that are so now, and this machine, but no provider: a program would go to the
/// real one, with its key.
fn not_proxied(providers: &[&str], notes: &mut Vec<String>) -> String {
    let before = NOT_PROXIED.iter().find_map(|name| env::var(name).ok().filter(|hosts| !hosts.trim().is_empty()));
    let before = before.unwrap_or_default();
    let entries = before.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
    let (left_out, kept): (Vec<&str>, Vec<&str>) =
        entries.partition(|entry| providers.iter().any(|provider| covers(entry, provider)));
    if !left_out.is_empty() {
        let left_out = left_out.join(",");
        notes.push(format!("NO_PROXY: {left_out} is left out: it would lead to a real provider, past the proxy"));
    }
    [&kept[..], &[THIS_MACHINE]].concat().join(",")
}

/// Whether any program might take an entry of `NO_PROXY` for a host. Some compare the ends of names without regard to their dots.
fn covers(entry: &str, host: &str) -> bool {
    let (name, port) = entry.split_once(':').unwrap_or((entry, ""));
    // With another colon it is an IPv6 address.
    let name = name.to_ascii_lowercase();
    !port.contains(':') && host.ends_with(name.trim_start_matches(['*', '.']).trim_end_matches('.'))
}

/// The certificates that programs trust now: the system's (or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`), and those of the other
/// variables.
fn trusted_now(notes: &mut Vec<String>) -> Vec<Vec<u8>> {
    let system = rustls_native_certs::load_native_certs();
    let mut trusted: Vec<Vec<u8>> = system.certs.iter().map(|certificate| certificate.as_ref().to_vec()).collect();
    if trusted.is_empty() {
        notes.push("no certificates of the system were found: only the hosts of the providers are trusted".to_owned());
    }
    let mut read = HashSet::new();
    for variable in &CERTIFICATE_FILES[1..] {
        let Some(path) = env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from) else { continue };
        if !read.insert(path.clone()) {
            continue;
        }
        match read_certificates(&path) {
            Ok(more) => trusted.extend(more.iter().map(|certificate| certificate.as_ref().to_vec())),
            Err(error) => notes.push(format!("warning: {variable} is left out: {error}")),
        }
    }
    trusted
}

/// The certificates as one PEM text, each once, our own first.
fn bundle(own: &[&str], trusted: Vec<Vec<u8>>) -> String {
    let mut seen = HashSet::new();
    let mut text: String = own.iter().map(|pem| pem.trim_end().to_owned() + "\n").collect();
    for certificate in trusted {
        if seen.insert(certificate.clone()) {
            let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
            text += &pem::encode_config(&Pem::new("CERTIFICATE", certificate), config);
        }
    }
    text
}

/// A path that no other user can have foreseen: the folder may be shared.
fn temporary_path() -> Result<PathBuf> {
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes).map_err(|error| Error::invalid(format!("making a file name: {error}")))?;
    let random: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let folder = std::path::absolute(env::temp_dir()).unwrap_or_else(|_| Path::new("/tmp").to_owned());
    Ok(folder.join(format!("touchline-providers-{random}.pem")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_has_each_certificate_once_and_ours_first() {
        let text = bundle(
            &["-----BEGIN CERTIFICATE-----\nb3du\n-----END CERTIFICATE-----\n\n"],
            vec![vec![1; 100], vec![2; 100], vec![1; 100]],
        );
        let parsed = pem::parse_many(&text).expect("PEM");
        let contents: Vec<&[u8]> = parsed.iter().map(Pem::contents).collect();
        assert_eq!(contents, [b"own", &[1; 100][..], &[2; 100][..]]);
        assert!(!text.contains('\r') && text.ends_with("-----END CERTIFICATE-----\n"), "{text}");
    }

    #[test]
    fn no_provider_is_reached_without_the_proxy() {
        let host = "site.api.espn.com";
        for entry in [
            "*",
            ".",
            "com",
            "espn.com",
            ".espn.com",
            "*.espn.com",
            "*espn.com",
            "ESPN.com.",
            "pn.com",
            "site.api.espn.com",
            "site.api.espn.com:443",
        ] {
            assert!(covers(entry, host), "{entry}");
        }
        for entry in [
            "db.example",
            "cdn.espn.com",
            "a.site.api.espn.com",
            "localhost",
            "127.0.0.1",
            "10.0.0.0/8",
            "espn",
            "::1",
            "[::1]:80",
            "fd00::/8",
        ] {
            assert!(!covers(entry, host), "{entry}");
        }
    }

    #[test]
    fn a_shell_reads_what_is_exported() {
        assert_eq!(export_line("A", "http://127.0.0.1:1"), "export A=http://127.0.0.1:1");
        assert_eq!(export_line("A", "/tmp/a b's.pem"), r"export A='/tmp/a b'\''s.pem'");
        assert_eq!(export_line("A", "$(rm)"), "export A='$(rm)'");
    }
}
