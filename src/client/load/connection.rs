//! The two owners of a subscriber's connection: the reader task, and the pool, which sends the close frame at the end.

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use parking_lot::Mutex;

use futures::FutureExt;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio_rustls::client::TlsStream;

use crate::client::tls::MaybeTlsStream;

/// Splits a connection between the reader task and the pool.
pub(super) fn split(stream: MaybeTlsStream) -> (SubscriberConnection, CloseHandle) {
    match stream {
        MaybeTlsStream::Plain(stream) => {
            let (read, write) = stream.into_split();
            (SubscriberConnection::Plain(read), CloseHandle::Plain(write))
        }
        MaybeTlsStream::Tls(stream) => {
            let shared = SharedTlsStream(Arc::new(Mutex::new(stream)));
            (SubscriberConnection::Tls(shared.clone()), CloseHandle::Tls(shared))
        }
    }
}

/// The reader task's part: reads messages and answers pings.
pub(super) enum SubscriberConnection {
    Plain(OwnedReadHalf),
    Tls(SharedTlsStream),
}

impl SubscriberConnection {
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(&mut **stream.0.lock()).poll_read(cx, buffer),
        }
    }

    /// Writes all bytes. Nothing is read meanwhile: a server that pings is expected to read the pong.
    pub(super) async fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let stream = match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => {
                stream.write_all(bytes).await?;
                return stream.flush().await;
            }
        };
        while !bytes.is_empty() {
            stream.as_ref().writable().await?;
            match stream.as_ref().try_write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Sends `last` if the socket takes it at once, and shuts the connection down. Its [`CloseHandle`] keeps nothing
    /// but the file descriptor open.
    pub(super) fn close(&mut self, last: &[u8]) {
        match self {
            Self::Plain(stream) => {
                let stream = stream.as_ref();
                let _ = stream.try_write(last);
                let _ = SockRef::from(stream).shutdown(Shutdown::Both);
            }
            Self::Tls(stream) => stream.try_send_last(last),
        }
    }
}

/// The pool's part: sends the close frame.
pub(super) enum CloseHandle {
    Plain(OwnedWriteHalf),
    Tls(SharedTlsStream),
}

impl CloseHandle {
    /// Sends the bytes if the socket takes them at once.
    pub(super) fn try_send_last(&mut self, bytes: &[u8]) {
        match self {
            Self::Plain(stream) => {
                let _ = stream.try_write(bytes);
            }
            Self::Tls(stream) => stream.try_send_last(bytes),
        }
    }
}

/// An encrypted connection: both directions share one TLS state. The lock is held for one call, and both owners hardly
/// ever use it at once.
#[derive(Clone)]
pub(super) struct SharedTlsStream(Arc<Mutex<Box<TlsStream<TcpStream>>>>);

impl SharedTlsStream {
    fn try_send_last(&mut self, bytes: &[u8]) {
        let sent = async {
            self.write_all(bytes).await?;
            self.shutdown().await
        };
        let _ = sent.now_or_never();
    }
}

impl AsyncWrite for SharedTlsStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut **self.0.lock()).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut **self.0.lock()).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut **self.0.lock()).poll_shutdown(cx)
    }
}
