//! Whose certificates a client believes.

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

/// Whose certificates a client believes. A clone is another handle on the same.
#[derive(Clone)]
pub struct Trust {
    config: Arc<ClientConfig>,
    /// As a person would say it.
    whom: &'static str,
}

impl Trust {
    /// The public authorities that browsers believe: Mozilla's list as it was when this program was built.
    ///
    /// Built in, and not the system's, because a slim container has none and because the same program then believes the
    /// same everywhere. An authority of one's own is given by [`Trust::only`].
    pub fn public() -> Result<Self> {
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        Self::by(roots, Vec::new(), "public authorities")
    }

    /// The certificates in a PEM file, and no others: a server's own, self-signed or not, or an authority's.
    pub fn only(path: &Path) -> Result<Self> {
        let certificates = certificate::read(path)?;
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            let added = roots.add(certificate.clone());
            added.map_err(|error| Error::invalid(format!("reading {}: {error}", path.display())))?;
        }
        Self::by(roots, certificates, "given certificates")
    }

    /// Any certificate at all: for tests. Whoever is in between can read and change everything.
    pub fn anyone() -> Result<Self> {
        Self::judged_by(Judge { rule: None, provider: certificate::provider() }, "anyone")
    }

    fn by(roots: RootCertStore, own: Vec<CertificateDer<'static>>, whom: &'static str) -> Result<Self> {
        let provider = certificate::provider();
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
        let verifier = verifier.map_err(|error| Error::invalid(format!("setting up TLS: {error}")))?;
        Self::judged_by(Judge { rule: Some(Rule { verifier, own }), provider }, whom)
    }

    fn judged_by(judge: Judge, whom: &'static str) -> Result<Self> {
        let config = ClientConfig::builder_with_provider(judge.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::invalid(format!("setting up TLS: {error}")))?;
        let config = config.dangerous().with_custom_certificate_verifier(Arc::new(judge));
        let mut config = config.with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // Many subscribers at once are to cost a server what as many people would.
        config.resumption = Resumption::disabled();
        Ok(Self { config: Arc::new(config), whom })
    }

    pub(super) fn config(&self) -> &Arc<ClientConfig> {
        &self.config
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Trust").field(&self.whom).finish()
    }
}

/// Judges what a server shows.
#[derive(Debug)]
struct Judge {
    /// Without one, everything is believed.
    rule: Option<Rule>,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug)]
struct Rule {
    verifier: Arc<WebPkiServerVerifier>,
    /// Those that were given by a person, who may well have given the server's own.
    own: Vec<CertificateDer<'static>>,
}

impl Rule {
    fn judge(
        &self,
        shown: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self.verifier.verify_server_cert(shown, others, name, &[], now) {
            // A certificate made by `openssl req -x509` says of itself that it is an authority, which a server's must not
            // be. Who gave exactly this one meant it. Its time has been looked at before, its name has not.
            Err(rustls::Error::InvalidCertificate(CertificateError::Other(_)))
                if self.own.iter().any(|own| own == shown) =>
            {
                verify_server_name(&ParsedCertificate::try_from(shown)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            judged => judged,
        }
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(rule) = &self.rule else { return Ok(ServerCertVerified::assertion()) };
        rule.judge(shown, others, name, now).map_err(|error| match error {
            rustls::Error::InvalidCertificate(why) => {
                let doubt = Doubt(in_words(&why, &Fingerprint::of(shown), name));
                rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(doubt))))
            }
            error => error,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, shown, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, shown, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Why a certificate is not believed, for people: it comes out of the handshake's error as it went in.
#[derive(Debug)]
struct Doubt(String);

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Doubt {}

fn in_words(why: &CertificateError, fingerprint: &Fingerprint, name: &ServerName<'_>) -> String {
    match why {
        CertificateError::UnknownIssuer => format!(
            "its certificate is signed by nobody who is trusted (SHA-256 {fingerprint}); --tls-ca trusts one in a PEM file"
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet, or this machine's clock is slow".to_owned()
        }
        CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            "its certificate is for no name at all: it takes a subjectAltName".to_owned()
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            format!("its certificate is not for {} but for {}", name.to_str(), presented.join(", "))
        }
        why => format!("its certificate: {why}"),
    }
}
