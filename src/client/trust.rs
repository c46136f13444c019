//! TLS trust: which certificates the client accepts.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};

use crate::certificate::{self, Fingerprint};
use crate::error::{Error, Result};

/// The certificates that a client accepts. Cheap to clone: clones share one configuration.
#[derive(Clone)]
pub struct Trust {
    config: Arc<ClientConfig>,
    /// For `Debug`.
    description: &'static str,
}

impl Trust {
    /// The public authorities: Mozilla's list as of the build.
    ///
    /// The list is built in because a slim container has none, and so that the program trusts the same everywhere. For
    /// a private authority use [`Trust::from_pem_file`].
    pub fn public_authorities() -> Result<Self> {
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        Self::with_roots(roots, Vec::new(), "public authorities")
    }

    /// Only the certificates in a PEM file: a server's own, self-signed or not, or an authority's.
    pub fn from_pem_file(path: &Path) -> Result<Self> {
        let certificates = certificate::read_certificates(path)?;
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            let added = roots.add(certificate.clone());
            added.map_err(|error| Error::invalid(format!("reading {}: {error}", path.display())))?;
        }
        Self::with_roots(roots, certificates, "given certificates")
    }

    /// Any certificate: for tests. A man in the middle can read and change everything.
    pub fn accept_any() -> Result<Self> {
        Self::with_verifier(Verifier { rules: None, provider: certificate::crypto_provider() }, "anyone")
    }

    fn with_roots(
        roots: RootCertStore,
        pinned: Vec<CertificateDer<'static>>,
        description: &'static str,
    ) -> Result<Self> {
        let provider = certificate::crypto_provider();
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
        let verifier = verifier.map_err(|error| Error::invalid(format!("setting up TLS: {error}")))?;
        Self::with_verifier(Verifier { rules: Some(CertificateRules { verifier, pinned }), provider }, description)
    }

    fn with_verifier(verifier: Verifier, description: &'static str) -> Result<Self> {
        let config = ClientConfig::builder_with_provider(verifier.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::invalid(format!("setting up TLS: {error}")))?;
        let config = config.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = config.with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // The subscribers of a load test must cost the server full handshakes, as independent clients do.
        config.resumption = Resumption::disabled();
        Ok(Self { config: Arc::new(config), description })
    }

    pub(super) fn config(&self) -> &Arc<ClientConfig> {
        &self.config
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Trust").field(&self.description).finish()
    }
}

/// Verifies the certificate that a server presents.
#[derive(Debug)]
struct Verifier {
    /// `None` accepts everything.
    rules: Option<CertificateRules>,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug)]
struct CertificateRules {
    verifier: Arc<WebPkiServerVerifier>,
    /// The certificates of the PEM file, which may include the server's own.
    pinned: Vec<CertificateDer<'static>>,
}

impl CertificateRules {
    fn check(
        &self,
        presented: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self.verifier.verify_server_cert(presented, others, name, &[], now) {
            // `openssl req -x509` marks a certificate as an authority, which webpki refuses for a server. Accept it if
            // it is pinned. webpki has checked its validity period before, but not its name.
            Err(rustls::Error::InvalidCertificate(CertificateError::Other(_)))
                if self.pinned.iter().any(|pinned| pinned == presented) =>
            {
                verify_server_name(&ParsedCertificate::try_from(presented)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            result => result,
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        presented: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(rules) = &self.rules else { return Ok(ServerCertVerified::assertion()) };
        rules.check(presented, others, name, now).map_err(|error| match error {
            rustls::Error::InvalidCertificate(why) => {
                let why: Box<dyn std::error::Error + Send + Sync> =
                    describe(&why, &Fingerprint::from_der(presented), name).into();
                rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(why.into())))
            }
            error => error,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        presented: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, presented, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        presented: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, presented, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// The message for a certificate that is not trusted. It travels through rustls and comes out of the handshake's error.
fn describe(why: &CertificateError, fingerprint: &Fingerprint, name: &ServerName<'_>) -> String {
    match why {
        CertificateError::UnknownIssuer => format!(
            "its certificate is not signed by a trusted authority (SHA-256 {fingerprint}); --tls-ca FILE trusts the certificate in a PEM file"
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet, or this machine's clock is slow".to_owned()
        }
        CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            "its certificate is for no host name: it needs a subjectAltName".to_owned()
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            format!("its certificate is not for {} but for {}", name.to_str(), presented.join(", "))
        }
        why => format!("its certificate: {why}"),
    }
}
