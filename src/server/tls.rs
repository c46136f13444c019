//! TLS: a server's certificate and key, and the handshake.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{InconsistentKeys, ServerConfig, ServerConnection};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio_rustls::TlsAcceptor;
pub use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use super::countdown::timeout;
use super::metrics::Metrics;
use super::refusal::final_response;
use crate::certificate::{self, Fingerprint};
use crate::error::{Error, Result};
use crate::error_code::ErrorCode;
use crate::playback::Rejection;

/// How many bytes a connection may buffer for encryption and sending: a record and a little. Bytes here are not counted
/// as lag, and the kernel's buffer comes on top.
const BUFFER_BYTES: usize = 20 << 10;
/// For how many days a self-signed certificate is valid. Some systems refuse more than about two years.
const VALID_DAYS: i32 = 365;
/// The kind of the error for a client that speaks plain HTTP. No other error of a handshake has it.
const PLAIN_HTTP: io::ErrorKind = io::ErrorKind::Unsupported;
/// How many bytes are read of a plain HTTP request before it is rejected.
const HEAD_BYTES: u64 = 16 << 10;

/// A certificate and its key, and the handshake with them. Clones share them.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ServerConfig>,
    fingerprint: Fingerprint,
    pem: Option<Arc<str>>,
}

impl fmt::Debug for Tls {
    /// Does not show the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("fingerprint", &format_args!("{}", self.fingerprint)).finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads PEM files: the certificate followed by its chain, and its key (PKCS#8, PKCS#1 or SEC1). Both may be the
    /// same file. An error names the file and says what would be accepted.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self> {
        let chain = certificate::read_certificates(certificate)?;
        let key_der = certificate::read_key(key)?;
        let key_path = key.display();
        let provider = certificate::crypto_provider();
        let key = provider.key_provider.load_private_key(key_der).map_err(|_| {
            let accepted = "RSA of 2048 to 4096 bits, ECDSA on P-256 or P-384, or Ed25519";
            Error::invalid(format!(
                "reading {key_path}: a private key of a kind that is not known here: take {accepted}"
            ))
        })?;
        let certified = CertifiedKey::new(chain, key);
        match certified.keys_match() {
            Ok(()) => {}
            Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
                return Err(Error::invalid(format!(
                    "reading {key_path}: the key does not belong to the certificate in {}, which must come first in its file",
                    certificate.display()
                )));
            }
            Err(error) => return Err(Error::invalid(format!("reading {}: {error}", certificate.display()))),
        }
        Self::new(certified, None)
    }

    /// Makes a certificate for these names and IP addresses, valid for a year. Clients trust it only if they are given
    /// its [PEM text](Self::pem), or if a person compares the [fingerprint](Self::fingerprint).
    pub fn self_signed(names: &[String]) -> Result<Self> {
        let doing = || format!("making a certificate for {}", names.join(", "));
        if names.is_empty() {
            return Err(Error::misuse(
                "making a certificate: it needs a name, as localhost, or an address, as 127.0.0.1",
            ));
        }
        let wrong = |error: rcgen::Error| Error::misuse(format!("{}: {error}", doing()));
        let mut wanted = CertificateParams::new(names).map_err(wrong)?;
        wanted.distinguished_name.push(DnType::CommonName, "Touchline, self-signed");
        wanted.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        wanted.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        set_validity(&mut wanted, VALID_DAYS);
        let pair = KeyPair::generate().map_err(wrong)?;
        let made = wanted.self_signed(&pair).map_err(wrong)?;
        let key = PrivateKeyDer::try_from(pair.serialize_der())
            .map_err(|error| Error::invalid(format!("{}: {error}", doing())))?;
        let certified = CertifiedKey::from_der(vec![made.der().clone()], key, &certificate::crypto_provider())
            .map_err(|error| Error::invalid(format!("{}: {error}", doing())))?;
        Self::new(certified, Some(made.pem().into()))
    }

    /// A certificate that is shown only to clients that ask for one of these names, or for none.
    pub(super) fn for_names(certified: CertifiedKey, names: &[&str]) -> Result<Self> {
        let fingerprint = Fingerprint::from_der(certified.cert.first().map_or(&[], CertificateDer::as_ref));
        let names = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        Self::with_resolver(Arc::new(NamedCertificate { certified: Arc::new(certified), names }), fingerprint, None)
    }

    fn new(certified: CertifiedKey, pem: Option<Arc<str>>) -> Result<Self> {
        let fingerprint = Fingerprint::from_der(certified.cert.first().map_or(&[], CertificateDer::as_ref));
        Self::with_resolver(Arc::new(SingleCertAndKey::from(certified)), fingerprint, pem)
    }

    fn with_resolver(
        resolver: Arc<dyn ResolvesServerCert>,
        fingerprint: Fingerprint,
        pem: Option<Arc<str>>,
    ) -> Result<Self> {
        let config = ServerConfig::builder_with_provider(certificate::crypto_provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::invalid(format!("setting up TLS: {error}")))?
            .with_no_client_auth();
        let mut config = config.with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), fingerprint, pem })
    }

    /// The fingerprint, by which a person compares the certificate with what a client shows.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The certificate as PEM text, to be given to clients, if it was made here; `None` if it was read from files.
    pub fn pem(&self) -> Option<&str> {
        self.pem.as_deref()
    }

    /// Performs the handshake, within a time limit.
    ///
    /// The error says why there is no connection: timed out, cut off, or not TLS. A client that speaks plain HTTP has
    /// been told to use `https://` or `wss://`.
    ///
    /// What is written to the stream may be buffered until it is flushed.
    #[doc(hidden)]
    pub async fn accept<S>(&self, socket: S, within: Duration) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let handshake = timeout(within, self.handshake(socket)).await;
        handshake.unwrap_or_else(|_| {
            let message = format!("no TLS handshake within {} s", within.as_secs_f64());
            Err(io::Error::new(io::ErrorKind::TimedOut, message))
        })
    }

    async fn handshake<S>(&self, mut socket: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        // A handshake begins with 0x16, an HTTP request with a letter.
        let first = [socket.read_u8().await?];
        if first[0].is_ascii_alphabetic() {
            reject_plain_http(&mut socket).await?;
            return Err(io::Error::new(PLAIN_HTTP, "plain HTTP on a TLS port"));
        }
        let begin = |session: &mut ServerConnection| {
            session.set_buffer_limit(Some(BUFFER_BYTES));
            // Reading from memory does not fail. Only one byte, because a complete record would have to be processed
            // before waiting for the next.
            let _ = session.read_tls(&mut &first[..]);
        };
        TlsAcceptor::from(self.config.clone()).accept_with(socket, begin).await
    }
}

/// A certificate for clients that ask for one of its names, in lower case. Others get an alert, not a certificate that they would
/// have to refuse.
#[derive(Debug)]
struct NamedCertificate {
    certified: Arc<CertifiedKey>,
    names: Vec<String>,
}

impl ResolvesServerCert for NamedCertificate {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // rustls gives it in lower case.
        let is_own = hello.server_name().is_none_or(|asked| self.names.iter().any(|name| name == asked));
        is_own.then(|| self.certified.clone())
    }
}

/// Makes a certificate valid for so many days from today on.
pub(super) fn set_validity(params: &mut CertificateParams, days: i32) {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let day = |date: jiff::civil::Date| {
        rcgen::date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    // From yesterday: clocks differ.
    params.not_before = day(today.saturating_sub(jiff::Span::new().days(1)));
    params.not_after = day(today.saturating_add(jiff::Span::new().days(days)));
}

/// The stream of a connection after its handshake; `None`: there is none, which is recorded, or the server stops. The client has been
/// told as much as possible.
pub(super) async fn accept_or_record<S: AsyncRead + AsyncWrite + Unpin>(
    tls: &Tls,
    socket: S,
    within: Duration,
    metrics: &Metrics,
    stopping: &CancellationToken,
) -> Option<TlsStream<S>> {
    let handshake = stopping.run_until_cancelled(tls.accept(socket, within)).await?;
    if let Err(error) = &handshake {
        if let Some(code) = refusal_code(error) {
            metrics.record_refused(code);
        }
        tracing::debug!("a connection ended: {error}");
    }
    handshake.ok()
}

/// The code of an error of [`Tls::accept`]; `None`: the peer disconnected.
fn refusal_code(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => None,
        io::ErrorKind::TimedOut => Some("head_too_slow"),
        PLAIN_HTTP => Some(ErrorCode::TlsRequired.as_str()),
        _ => Some("tls_handshake"),
    }
}

/// Answers a plain HTTP request once its head has been read: closing a socket with unread bytes resets the connection,
/// and may lose the response.
async fn reject_plain_http<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut S) -> io::Result<()> {
    let mut head = BufReader::new(&mut *socket).take(HEAD_BYTES);
    let mut line = Vec::new();
    loop {
        line.clear();
        head.read_until(b'\n', &mut line).await?;
        if line.trim_ascii().is_empty() {
            break;
        }
    }
    let wrong = Rejection::new(ErrorCode::TlsRequired, "this port speaks TLS: use https:// or wss://");
    socket.write_all(&final_response(&wrong)).await?;
    socket.shutdown().await
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::ServerName;
    use rustls::{ClientConfig, RootCertStore};
    use tokio::io::DuplexStream;
    use tokio::time::Instant;
    use tokio_rustls::TlsConnector;

    use super::*;

    const TIME: Duration = Duration::from_secs(10);

    fn tls() -> Tls {
        Tls::self_signed(&["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()]).expect("a certificate")
    }

    /// A client that trusts only this certificate, and offers these protocols.
    fn client(tls: &Tls, protocols: &[&str]) -> TlsConnector {
        use rustls::pki_types::pem::PemObject;
        let mut roots = RootCertStore::empty();
        let pem = tls.pem().expect("made here");
        roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).expect("PEM")).expect("a certificate");
        let config = ClientConfig::builder_with_provider(certificate::crypto_provider());
        let config = config.with_safe_default_protocol_versions().expect("versions").with_root_certificates(roots);
        let mut config = config.with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        TlsConnector::from(Arc::new(config))
    }

    fn pipe() -> (DuplexStream, DuplexStream) {
        tokio::io::duplex(64 << 10)
    }

    #[tokio::test]
    async fn clients_that_trust_the_certificate_connect_under_each_of_its_names() {
        let tls = tls();
        for name in ["localhost", "127.0.0.1", "::1"] {
            let (near, far) = pipe();
            let name = ServerName::try_from(name).expect("a name");
            let client = client(&tls, &["h2", "http/1.1"]).connect(name, near);
            let (ours, theirs) = tokio::join!(tls.accept(far, TIME), client);
            let (mut ours, mut theirs) = (ours.expect("shaken"), theirs.expect("shaken"));
            assert_eq!(theirs.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
            let presented = theirs.get_ref().1.peer_certificates().expect("a certificate");
            assert_eq!(Fingerprint::from_der(&presented[0]), tls.fingerprint());
            theirs.write_all(b"GET /").await.expect("sent");
            theirs.flush().await.expect("sent");
            let mut heard = [0; 5];
            ours.read_exact(&mut heard).await.expect("received");
            assert_eq!(&heard, b"GET /");
        }
        let (near, far) = pipe();
        let stranger = ServerName::try_from("scores.example").expect("a name");
        let (ours, theirs) = tokio::join!(tls.accept(far, TIME), client(&tls, &[]).connect(stranger, near));
        assert!(ours.is_err() && theirs.is_err(), "a name that it is not for");
    }

    #[tokio::test]
    async fn a_handshake_may_arrive_in_single_bytes() {
        let tls = tls();
        let (near, mut between) = pipe();
        let (mut onward, far) = tokio::io::duplex(1);
        let client = client(&tls, &["http/1.1"]);
        let relay = tokio::spawn(async move { tokio::io::copy_bidirectional(&mut between, &mut onward).await });
        let name = ServerName::try_from("localhost").expect("a name");
        let (ours, theirs) = tokio::join!(tls.accept(far, TIME), client.connect(name, near));
        assert!(ours.is_ok() && theirs.is_ok());
        relay.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_handshake_times_out() {
        let tls = tls();
        // Silent from the start, and after the beginning of a record or request.
        for said in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\nhost: h\r\n"] {
            let (mut near, far) = pipe();
            near.write_all(said).await.expect("sent");
            let began = Instant::now();
            let error = tls.accept(far, TIME).await.map(drop).expect_err("no handshake");
            assert_eq!((error.kind(), began.elapsed()), (io::ErrorKind::TimedOut, TIME), "{said:?}: {error}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_truncated_or_invalid_handshake_fails_at_once() {
        let tls = tls();
        let began = Instant::now();
        for (said, kind) in [
            (&b""[..], io::ErrorKind::UnexpectedEof),
            (b"\x16\x03\x01\x02\x00\x01", io::ErrorKind::UnexpectedEof),
            (b"\x00\x01\x02\x03\x04\x05\x06\x07", io::ErrorKind::InvalidData),
            (b"\x16\x03\x01\x00\x05\xff\xff\xff\xff\xff", io::ErrorKind::InvalidData),
        ] {
            let (mut near, far) = pipe();
            near.write_all(said).await.expect("sent");
            near.shutdown().await.expect("cut");
            let error = tls.accept(far, TIME).await.map(drop).expect_err("no handshake");
            assert_eq!(error.kind(), kind, "{said:?}: {error}");
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    #[tokio::test]
    async fn a_plain_http_request_is_told_to_use_tls() {
        let tls = tls();
        for head in ["GET /ws HTTP/1.1\r\nhost: h\r\n\r\n", "GET / HTTP/1.0\n\n"] {
            let (mut near, far) = pipe();
            near.write_all(head.as_bytes()).await.expect("sent");
            let error = tls.accept(far, TIME).await.map(drop).expect_err("no handshake");
            assert_eq!(error.kind(), PLAIN_HTTP, "{error}");
            let mut answer = String::new();
            near.read_to_string(&mut answer).await.expect("an answer, and its end");
            let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
            assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{head}");
            assert!(head.ends_with(&format!("content-length: {}", body.len())), "{head}");
            assert!(body.contains("this port speaks TLS: use https:// or wss://"), "{body}");
        }
    }

    /// A folder that is removed with its contents.
    struct Folder(std::path::PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("touchline-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).expect("a folder");
            Self(path)
        }

        fn write(&self, name: &str, text: &str) -> std::path::PathBuf {
            let path = self.0.join(name);
            std::fs::write(&path, text).expect("written");
            path
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_certificate_and_its_key_are_read_and_what_is_wrong_is_named() {
        let folder = Folder::new("certificates");
        let make = || {
            let pair = KeyPair::generate().expect("a key");
            let params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
            (params.self_signed(&pair).expect("a certificate").pem(), pair.serialize_pem())
        };
        let ((certificate, key), (_, other)) = (make(), make());
        let chain = folder.write("chain.pem", &format!("in words\n{certificate}{}", make().0));
        let key_file = folder.write("key.pem", &key);
        let tls = Tls::from_files(&chain, &key_file).expect("they belong together");
        assert!(!format!("{tls:?}").contains("key") && tls.pem().is_none());
        let both = folder.write("both.pem", &format!("{certificate}{key}"));
        assert_eq!(Tls::from_files(&both, &both).expect("one file").fingerprint(), tls.fingerprint());

        let other = folder.write("other.pem", &other);
        let encrypted = folder.write("encrypted.pem", &key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"));
        let broken = folder.write("broken.pem", &key.replace("-----END", "-----FIN"));
        let garbled = folder.write("garbled.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let no_certificate = folder.write("no-certificate.pem", no_certificate);
        let empty = folder.write("empty.pem", "");
        let missing = folder.0.join("missing.pem");
        for (certificate, key, message) in [
            (&chain, &other, "other.pem: the key does not belong to the certificate in "),
            (
                &key_file,
                &chain,
                "key.pem: no certificate found; the file contains PRIVATE KEY; expected -----BEGIN CERTIFICATE",
            ),
            (
                &chain,
                &chain,
                "chain.pem: no private key found; the file contains CERTIFICATE; expected -----BEGIN PRIVATE KEY (PKCS",
            ),
            (&chain, &encrypted, "encrypted.pem: no private key found; the file contains ENCRYPTED PRIVATE KEY"),
            (&chain, &encrypted, "`openssl pkey -in KEY -out PLAIN`"),
            (&chain, &broken, "broken.pem: the PEM text is broken"),
            (&chain, &garbled, "garbled.pem: a private key of a kind that is not known here: take RSA"),
            (&no_certificate, &key_file, "no-certificate.pem: "),
            (&empty, &key_file, "empty.pem: no certificate found; the file contains no PEM data"),
            (&missing, &key_file, "missing.pem: No such file"),
        ] {
            let error = Tls::from_files(certificate, key).expect_err(message).to_string();
            assert!(error.contains(message) && error.starts_with("reading "), "{error}\nis not: {message}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn a_certificate_needs_a_valid_name() {
        for names in [&[][..], &["Zürich".to_owned()]] {
            let error = Tls::self_signed(names).expect_err("no name");
            assert_eq!(error.kind(), crate::error::ErrorKind::Misuse, "{error}");
        }
    }
}
