//! The two ends of a subscriber's connection: one that reads and answers, and one that is kept to say goodbye.

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures::FutureExt;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio_rustls::client::TlsStream;

use crate::client::tls::Stream;

/// Both ends.
pub(super) fn split(stream: Stream) -> (Ear, Mouth) {
    match stream {
        Stream::Plain(stream) => {
            let (read, write) = stream.into_split();
            (Ear::Plain(read), Mouth::Plain(write))
        }
        Stream::Tls(stream) => {
            let shared = Shared(Arc::new(Mutex::new(stream)));
            (Ear::Tls(shared.clone()), Mouth::Tls(shared))
        }
    }
}

/// What a subscriber reads from, and answers on.
pub(super) enum Ear {
    Plain(OwnedReadHalf),
    Tls(Shared),
}

impl Ear {
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(&mut **stream.lock()).poll_read(cx, buffer),
        }
    }

    /// Writes all. Nothing is read meanwhile: whoever pings is expected to read the answer.
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

    /// Says a last word if there is room, and ends the connection, as a client does that was told that it is over; does not
    /// wait. Its [`Mouth`] keeps nothing of it open but the file.
    pub(super) fn hang_up(&mut self, last: &[u8]) {
        match self {
            Self::Plain(stream) => {
                let stream = stream.as_ref();
                let _ = stream.try_write(last);
                let _ = SockRef::from(stream).shutdown(Shutdown::Both);
            }
            Self::Tls(stream) => stream.say_last(last),
        }
    }
}

/// What is left beside, to say goodbye.
pub(super) enum Mouth {
    Plain(OwnedWriteHalf),
    Tls(Shared),
}

impl Mouth {
    /// Says it if there is room; does not wait.
    pub(super) fn say_last(&mut self, bytes: &[u8]) {
        match self {
            Self::Plain(stream) => {
                let _ = stream.try_write(bytes);
            }
            Self::Tls(stream) => stream.say_last(bytes),
        }
    }
}

/// An encrypted connection, which has one state for both directions. The lock is held for one call, and both ends are hardly
/// ever used at once.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<Box<TlsStream<TcpStream>>>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Box<TlsStream<TcpStream>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say_last(&mut self, bytes: &[u8]) {
        let said = async {
            self.write_all(bytes).await?;
            self.shutdown().await
        };
        let _ = said.now_or_never();
    }
}

impl AsyncWrite for Shared {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut **self.lock()).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut **self.lock()).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut **self.lock()).poll_shutdown(cx)
    }
}
