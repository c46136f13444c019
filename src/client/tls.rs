//! Connects to an address, in plain text or over TLS, as the address says.

use std::io;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{CertificateError, Error as TlsError};
use tokio::net::{TcpStream, ToSocketAddrs};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

use super::address::Address;
use super::trust::Trust;
use crate::error::{Error, ErrorKind, Result};

/// A connection to a server, plain or encrypted. Flush after writing: TLS buffers.
pub type MaybeTlsStream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// The timeout of connecting, handshakes included.
pub(super) const DIAL_TIMEOUT: Duration = Duration::from_secs(10);

/// Connects to the host of `address` within ten seconds, over TLS if the address says so and if the certificate is
/// trusted.
///
/// # Errors
/// [`ErrorKind::Io`] if a retry may help. Other kinds, as for a certificate that is not trusted or a server that does not
/// speak TLS, are permanent. The message does not name the address; the caller adds it.
pub async fn connect(address: &Address, trust: &Trust) -> Result<MaybeTlsStream> {
    let connected = tokio::time::timeout(DIAL_TIMEOUT, connect_to(address.host(), address, trust)).await;
    connected
        .unwrap_or_else(|_| Err(Error::new(ErrorKind::Io, format!("no response within {} s", DIAL_TIMEOUT.as_secs()))))
}

/// Like [`connect`], to an address that may be resolved already, and without a timeout.
pub(super) async fn connect_to(at: impl ToSocketAddrs, address: &Address, trust: &Trust) -> Result<MaybeTlsStream> {
    let io_error = |error: io::Error| Error::new(ErrorKind::Io, describe_io_error(&error));
    let socket = TcpStream::connect(at).await.map_err(io_error)?;
    // Without Nagle's algorithm: frames are to be sent at once.
    socket.set_nodelay(true).map_err(io_error)?;
    if !address.is_secure() {
        return Ok(Either::Left(socket));
    }
    let server_name = ServerName::try_from(address.host_name().to_owned());
    let server_name = server_name.map_err(|_| {
        Error::misuse(format!("{:?} is not a host name that a certificate can have", address.host_name()))
    })?;
    let handshake = TlsConnector::from(trust.config().clone()).connect(server_name, socket).await;
    handshake.map(|stream| Either::Right(Box::new(stream))).map_err(|error| handshake_error(&error))
}

/// Classifies a failed TLS handshake: [`ErrorKind::Io`] if a retry may help.
fn handshake_error(error: &io::Error) -> Error {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>());
    match inner {
        Some(TlsError::InvalidCertificate(CertificateError::Other(rejected))) => Error::invalid(rejected.to_string()),
        Some(TlsError::InvalidMessage(_)) => Error::invalid("the server does not speak TLS: use ws:// or http://"),
        Some(TlsError::AlertReceived(alert)) => {
            Error::invalid(format!("the server refused the TLS handshake: {alert:?}"))
        }
        Some(other) => Error::invalid(format!("the TLS handshake failed: {other}")),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            Error::new(ErrorKind::Io, "the connection was cut during the TLS handshake")
        }
        None => Error::new(ErrorKind::Io, describe_io_error(error)),
    }
}

/// The operating system's message, without the error number.
pub(super) fn describe_io_error(error: &io::Error) -> String {
    // rustls reports a connection cut without a close alert this way, with a long message.
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return "the connection was cut".to_owned();
    }
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_lowercase()
}
