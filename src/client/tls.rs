//! Connecting to an address, in plain or over TLS, as it says.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use rustls::pki_types::ServerName;
use rustls::{CertificateError, Error as TlsError};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, ToSocketAddrs};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::address::Address;
use super::subscription::{DIAL_TIME, error_in_words};
use super::trust::Trust;
use crate::error::{Error, Kind, Result};

/// A connection to a server. What is written may wait in it until it is flushed.
#[derive(Debug)]
pub enum Stream {
    /// As it is.
    Plain(TcpStream),
    /// Encrypted, with a server that is trusted.
    Tls(Box<TlsStream<TcpStream>>),
}

/// Connects to the host of an address, within ten seconds: over TLS if the address says so, with a server that is trusted.
///
/// The message says in a few words why there is no connection; whom to is left to the caller. An error of [`Kind::Io`] may
/// pass by itself. Others will not: a certificate that is not to be believed, a server that does not speak TLS.
pub async fn connect(address: &Address, trust: &Trust) -> Result<Stream> {
    let connected = tokio::time::timeout(DIAL_TIME, connect_to(address.host(), address, trust)).await;
    connected.unwrap_or_else(|_| Err(Error::new(Kind::Io, format!("no answer within {} s", DIAL_TIME.as_secs()))))
}

/// The same with the name looked up already, for as long as it takes.
pub(super) async fn connect_to(at: impl ToSocketAddrs, address: &Address, trust: &Trust) -> Result<Stream> {
    let broken = |error: io::Error| Error::new(Kind::Io, error_in_words(&error));
    let socket = TcpStream::connect(at).await.map_err(broken)?;
    // What is written is meant to go out: waiting to fill packets would only delay it.
    socket.set_nodelay(true).map_err(broken)?;
    if !address.is_secure() {
        return Ok(Stream::Plain(socket));
    }
    let name = ServerName::try_from(address.name().to_owned());
    let name = name.map_err(|_| Error::misuse(format!("{:?} is no name that a certificate is for", address.name())))?;
    let shaken = TlsConnector::from(trust.config().clone()).connect(name, socket).await;
    shaken.map(|stream| Stream::Tls(Box::new(stream))).map_err(|error| not_shaken(&error))
}

/// Why a handshake came to nothing, and whether another may do better.
fn not_shaken(error: &io::Error) -> Error {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>());
    match inner {
        Some(TlsError::InvalidCertificate(CertificateError::Other(doubt))) => Error::invalid(doubt.to_string()),
        Some(TlsError::InvalidMessage(_)) => Error::invalid("it does not speak TLS: ws:// or http:// may be meant"),
        Some(TlsError::AlertReceived(alert)) => {
            Error::invalid(format!("it refuses TLS as it is spoken here: {alert:?}"))
        }
        Some(other) => Error::invalid(format!("no TLS handshake: {other}")),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            Error::new(Kind::Io, "the connection was cut during the TLS handshake")
        }
        None => Error::new(Kind::Io, error_in_words(error)),
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, buffers),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, buffers),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
