//! Accepts connections within the limit, for servers without a delivery loop; and what both ways of accepting share.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::connection_limit::{ConnectionLimit, ConnectionPermit};
use super::metrics::Metrics;
use super::mount::Mount;
use super::provider_port::ProviderPort;
use super::write_timeout::WriteProgress;
use crate::hub::runtime_now;

/// How long to wait before the next attempt after a connection could not be accepted.
pub(super) const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// An accepted connection whose request is still to be read by hyper, or partly so.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) socket: std::net::TcpStream,
    pub(super) peer: IpAddr,
    /// What has been read of it.
    pub(super) received: Vec<u8>,
    pub(super) permit: ConnectionPermit,
    pub(super) entry: Entry,
}

/// The port on which a connection came.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    /// The server's own.
    Server,
    /// One that has the documents of a dialect at its root.
    Dialect(Arc<Mount>),
    /// One that answers in place of data providers.
    Providers(Arc<ProviderPort>),
}

/// Accepts connections on a further port, like [`accept`]. Only a connection takes a permit, not the wait for one: of several ports
/// each would hold one.
pub(super) async fn accept_further(
    listener: TcpListener,
    connection_limit: ConnectionLimit,
    metrics: Arc<Metrics>,
    to_http: mpsc::UnboundedSender<Accepted>,
    entry: Entry,
) {
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => {
                let Some(mut permit) = connection_limit.acquire().await else { return };
                let Ok(socket) = socket.into_std() else { continue };
                permit.number_connection(peer.ip());
                let accepted = Accepted { socket, peer: peer.ip(), received: Vec::new(), permit, entry: entry.clone() };
                if to_http.send(accepted).is_err() {
                    return;
                }
            }
            Err(error) => {
                log_accept_error(&metrics, &error);
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

/// Accepts connections within the limit, and sends them to `to_http`, until the future is dropped.
pub(super) async fn accept(
    listener: TcpListener,
    connection_limit: ConnectionLimit,
    metrics: Arc<Metrics>,
    to_http: mpsc::UnboundedSender<Accepted>,
) {
    loop {
        let Some(permit) = connection_limit.acquire().await else { return };
        connection_limit.reserve(Some(&permit));
        let accepted = listener.accept().await;
        connection_limit.reserve(None);
        // A permit may have been returned while no connection came.
        let mut permit = if permit.is_overflow() { connection_limit.try_acquire().unwrap_or(permit) } else { permit };
        match accepted {
            Ok((socket, peer)) => {
                let Ok(socket) = socket.into_std() else { continue };
                permit.number_connection(peer.ip());
                let accepted = Accepted { socket, peer: peer.ip(), received: Vec::new(), permit, entry: Entry::Server };
                if to_http.send(accepted).is_err() {
                    return;
                }
            }
            Err(error) => {
                log_accept_error(&metrics, &error);
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

/// Logs a connection that could not be accepted: the process is out of files or memory, or the peer disconnected at
/// once. Accepting is retried with a pause, and the log is throttled.
pub(super) fn log_accept_error(metrics: &Metrics, error: &io::Error) {
    if let Some(suppressed) = metrics.log_throttle.allow("accepting", runtime_now()) {
        tracing::warn!(suppressed, "accepting a connection: {error}");
    }
}

/// A socket with a prefix: the bytes that have been read from it already are read again first.
#[derive(Debug)]
pub(super) struct Rewind<S> {
    received: Vec<u8>,
    socket: S,
    write_progress: WriteProgress,
}

impl<S> Rewind<S> {
    pub(super) fn new(received: Vec<u8>, socket: S) -> Self {
        Self { received, socket, write_progress: WriteProgress::default() }
    }

    /// How writing to the socket progresses from now on.
    pub(super) fn write_progress(&self) -> WriteProgress {
        self.write_progress.clone()
    }

    /// The socket.
    pub(super) fn get_ref(&self) -> &S {
        &self.socket
    }

    /// The socket, and the part of the prefix that has not been read again.
    pub(super) fn into_parts(self) -> (S, Vec<u8>) {
        (self.socket, self.received)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Rewind<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.received.is_empty() {
            return Pin::new(&mut self.socket).poll_read(cx, buffer);
        }
        let bytes = self.received.len().min(buffer.remaining());
        buffer.put_slice(&self.received[..bytes]);
        self.received.drain(..bytes);
        if self.received.is_empty() {
            self.received = Vec::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Rewind<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.write_progress.note_written(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, buffers);
        self.write_progress.note_written(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.socket).poll_flush(cx);
        self.write_progress.note_flushed(&flushed);
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
