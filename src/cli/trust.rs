//! Whom a subcommand believes that connects to a server.

use std::path::PathBuf;

use touchline::client::Trust;
use touchline::error::{Error, Result};

use super::print::note;

#[derive(Debug, Clone, Default, clap::Args)]
pub struct Trusting {
    /// For wss:// and https://: trust the certificates in this file, and no others; a server's own, or an authority's
    #[arg(long, value_name = "PEM", conflicts_with = "insecure")]
    tls_ca: Option<PathBuf>,
    /// DANGEROUS: accept any certificate; whoever is in between can read and change everything
    #[arg(long)]
    insecure: bool,
}

impl Trusting {
    /// Whom to believe at an address; words about certificates are a mistake where none is asked for.
    pub fn at(&self, url: &str, secure: bool) -> Result<Trust> {
        let flag = match (&self.tls_ca, self.insecure) {
            (Some(_), _) => Some("--tls-ca"),
            (None, true) => Some("--insecure"),
            (None, false) => None,
        };
        if let (Some(flag), false) = (flag, secure) {
            return Err(Error::misuse(format!("{flag}: {url:?} is not encrypted at all; write https:// or wss://")));
        }
        match &self.tls_ca {
            Some(path) => Trust::only(path),
            None if self.insecure => {
                note("--insecure: nobody knows whether this is the server that is meant");
                Trust::anyone()
            }
            None => Trust::public(),
        }
    }
}
