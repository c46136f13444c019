//! Reads certificates and private keys from PEM files, and computes certificate fingerprints.

use std::fmt;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::{Error, Result};

/// The maximum file size. A bundle of all public authorities has a quarter of that.
const MAX_FILE_BYTES: u64 = 1 << 20;
const BEGIN: &str = "-----BEGIN ";

/// The SHA-256 fingerprint of a certificate: `AB:CD:...`, as browsers and openssl show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a DER certificate.
    pub(crate) fn from_der(certificate: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(::ring::digest::digest(&::ring::digest::SHA256, certificate).as_ref());
        Self(bytes)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            let colon = if at == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

/// The crypto provider of server and client. Set explicitly, because a program that embeds this library may install
/// another default.
pub(crate) fn crypto_provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Reads the certificates of a PEM file: at least one, in file order.
pub(crate) fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let text = read_file(path)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(missing_item_error(path, &text, "certificate", "CERTIFICATE")),
        Err(error) => Err(Error::invalid(format!("reading {}: {error}", path.display()))),
    }
}

/// Reads the first private key of a PEM file.
pub(crate) fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>> {
    use rustls::pki_types::pem::Error as PemError;
    let text = read_file(path)?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
        PemError::NoItemsFound => missing_item_error(
            path,
            &text,
            "private key",
            "PRIVATE KEY (PKCS#8), RSA PRIVATE KEY (PKCS#1) or EC PRIVATE KEY (SEC1)",
        ),
        // The parser's message is not passed on: it may quote a line of the key.
        _ => Error::invalid(format!("reading {}: the PEM text is broken", path.display())),
    })
}

fn read_file(path: &Path) -> Result<Vec<u8>> {
    let doing = || format!("reading {}", path.display());
    let mut text = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| Error::io(doing(), error))?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut text).map_err(|error| Error::io(doing(), error))?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(Error::invalid(format!("{}: more than {} MiB, no PEM file", doing(), MAX_FILE_BYTES >> 20)));
    }
    Ok(text)
}

/// The error for a PEM file without the expected item. It names the items that the file has, because most often key and
/// certificate were swapped.
fn missing_item_error(path: &Path, text: &[u8], what: &str, accepted: &str) -> Error {
    let text = String::from_utf8_lossy(text);
    let labels = text.lines().filter_map(|line| line.trim().strip_prefix(BEGIN)?.strip_suffix("-----"));
    let mut found: Vec<&str> = labels.filter(|label| label.len() < 40).take(9).collect();
    found.dedup();
    let found = if found.is_empty() { "no PEM data".to_owned() } else { found.join(", ") };
    let hint = if found.contains("ENCRYPTED PRIVATE KEY") {
        "; remove the passphrase with `openssl pkey -in KEY -out PLAIN`"
    } else {
        ""
    };
    Error::invalid(format!(
        "reading {}: no {what} found; the file contains {found}; expected {BEGIN}{accepted}{hint}",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_written_as_browsers_and_openssl_write_it() {
        // The SHA-256 of "abc", from FIPS 180-2.
        let text = Fingerprint::from_der(b"abc").to_string();
        assert!(text.starts_with("BA:78:16:BF:8F:01:CF:EA:") && text.ends_with(":F2:00:15:AD"), "{text}");
        assert_eq!(text.len(), 32 * 3 - 1);
    }
}
