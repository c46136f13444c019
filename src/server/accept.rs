//! Accepting connections, within bounds, and passing them on with what they have said already.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::meters::Meters;
use super::outflow::Outflow;
use super::seats::{Seat, Seats};

/// How long to wait where connections cannot be accepted.
pub(super) const TROUBLE_PAUSE: Duration = Duration::from_millis(50);

/// A connection that has not said yet what it wants, or not all of it.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) socket: std::net::TcpStream,
    pub(super) peer: IpAddr,
    /// What it has said.
    pub(super) begun: Vec<u8>,
    pub(super) seat: Seat,
}

/// Accepts connections, within bounds.
pub(super) async fn accept(
    listener: TcpListener,
    seats: Seats,
    meters: Arc<Meters>,
    pass_on: mpsc::UnboundedSender<Arrived>,
) {
    loop {
        // Nobody takes them any more: the server has stopped, or is not waited for.
        let seat = tokio::select! {
            seat = seats.take() => seat,
            () = pass_on.closed() => return,
        };
        let Some(seat) = seat else { return };
        seats.hold_ready(Some(&seat));
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = pass_on.closed() => return,
        };
        seats.hold_ready(None);
        // One may have become free while nobody came.
        let seat = if seat.is_standing() { seats.try_take().unwrap_or(seat) } else { seat };
        match accepted {
            Ok((socket, peer)) => {
                let Ok(socket) = socket.into_std() else { continue };
                if pass_on.send(Arrived { socket, peer: peer.ip(), begun: Vec::new(), seat }).is_err() {
                    return;
                }
            }
            Err(error) => {
                trouble(&meters, &error);
                tokio::time::sleep(TROUBLE_PAUSE).await;
            }
        }
    }
}

/// Tells of a connection that could not be accepted: out of files or memory, or a peer that left at once. Others will come,
/// so accepting goes on, but neither spins nor fills the log while the cause lasts.
pub(super) fn trouble(meters: &Meters, error: &io::Error) {
    if let Some(untold) = meters.repeated.tell("accepting", tokio::time::Instant::now().into_std()) {
        tracing::warn!(untold, "accepting a connection: {error}");
    }
}

/// A connection of which the beginning has been read already: that is read again.
#[derive(Debug)]
pub(super) struct Begun<S> {
    begun: Vec<u8>,
    socket: S,
    outflow: Outflow,
}

impl<S> Begun<S> {
    pub(super) fn new(begun: Vec<u8>, socket: S) -> Self {
        Self { begun, socket, outflow: Outflow::default() }
    }

    /// Tells how what is written to it flows out, from here on.
    pub(super) fn outflow(&self) -> Outflow {
        self.outflow.clone()
    }

    /// The socket, and what has not been read again.
    pub(super) fn into_parts(self) -> (S, Vec<u8>) {
        (self.socket, self.begun)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Begun<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.begun.is_empty() {
            return Pin::new(&mut self.socket).poll_read(cx, buffer);
        }
        let bytes = self.begun.len().min(buffer.remaining());
        buffer.put_slice(&self.begun[..bytes]);
        self.begun.drain(..bytes);
        if self.begun.is_empty() {
            self.begun = Vec::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Begun<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.outflow.note_written(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, buffers);
        self.outflow.note_written(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.socket).poll_flush(cx);
        self.outflow.note_flushed(&flushed);
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
