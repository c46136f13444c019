//! `--tls-ca` and `--insecure`: which server certificates a client subcommand trusts.

use std::path::PathBuf;

use crate::client::Trust;
use crate::error::{Error, Result};

use super::print::eprint_line;

#[derive(Debug, Clone, Default, clap::Args)]
pub struct TrustArgs {
    /// For wss:// and https://: trust only the certificates in this PEM file, the server's own or its authority's
    #[arg(long, value_name = "PEM", conflicts_with = "insecure")]
    tls_ca: Option<PathBuf>,
    /// DANGEROUS: accept any certificate, so that a third party can read and change everything
    #[arg(long)]
    insecure: bool,
}

impl TrustArgs {
    /// The certificates to trust for `url`. A certificate flag with an unencrypted URL is misuse.
    pub fn trust_for(&self, url: &str, secure: bool) -> Result<Trust> {
        let flag = match (&self.tls_ca, self.insecure) {
            (Some(_), _) => Some("--tls-ca"),
            (None, true) => Some("--insecure"),
            (None, false) => None,
        };
        if let (Some(flag), false) = (flag, secure) {
            return Err(Error::misuse(format!("{flag}: {url:?} is not encrypted at all; write https:// or wss://")));
        }
        match &self.tls_ca {
            Some(path) => Trust::from_pem_file(path),
            None if self.insecure => {
                eprint_line("warning: --insecure: the server's certificate is not checked");
                Trust::accept_any()
            }
            None => Trust::public_authorities(),
        }
    }
}
