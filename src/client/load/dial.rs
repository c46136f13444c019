//! Connecting to a server: the address, the handshake, and the bare connection that is left of it.

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::lookup_host;
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::client::Address;
use crate::client::subscription::{DIAL_TIME, broken};
use crate::client::tls::{Stream, connect_to};
use crate::client::trust::Trust;
use crate::error::{Error, Kind, Result};

/// A server that is to be measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Where that is.
    address: Address,
    /// As it was given: another server's path and parameters are its own.
    url: String,
    /// Whether the parameters name matches or types of events.
    filtered: bool,
}

impl Target {
    /// Reads `ws://host:port/path?query` or `wss://...`, which is taken as it is; `host`, `host:port` and `:port` alone mean
    /// a Touchline server there.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        for (page, meant) in [("http://", "ws://"), ("https://", "wss://")] {
            if let Some(rest) = text.strip_prefix(page) {
                let meant = format!("subscribers connect to {meant}{rest}");
                return Err(Error::misuse(format!("{text:?} is a page's address: {meant}")));
            }
        }
        let address = Address::parse(text)?;
        let url = match text.split('#').next() {
            Some(whole) if text.contains("://") => whole.to_owned(),
            _ => address.url(None),
        };
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let filtered = form_urlencoded::parse(query.as_bytes()).any(|(name, _)| matches!(&*name, "match" | "types"));
        Ok(Self { address, filtered, url })
    }

    /// Whether TLS is spoken there.
    pub fn is_secure(&self) -> bool {
        self.address.is_secure()
    }

    /// Whether a Touchline server there leaves out some events.
    pub(super) fn is_filtered(&self) -> bool {
        self.filtered
    }

    /// Where its name leads.
    pub(super) async fn resolve(&self) -> Result<Vec<SocketAddr>> {
        let host = self.address.host();
        let doing = || format!("looking up {host}");
        let found = tokio::time::timeout(DIAL_TIME, lookup_host(host)).await;
        let found = found.map_err(|_| Error::new(Kind::Io, format!("{}: no answer", doing())))?;
        Ok(found.map_err(|error| Error::io(doing(), error))?.collect())
    }

    /// Connects and shakes hands: what is left is a connection on which the server sends frames. Or one line about why not.
    pub(super) async fn dial(&self, addresses: &[SocketAddr], trust: &Trust) -> Result<Stream, String> {
        let dialled = tokio::time::timeout(DIAL_TIME, async {
            let stream = connect_to(addresses, &self.address, trust).await.map_err(|error| error.to_string())?;
            let hands = Hands { stream, matched: 0 };
            let shaken = client_async_with_config(&self.url, hands, Some(WebSocketConfig::default())).await;
            shaken.map(|(socket, _)| socket.into_inner().stream).map_err(|error| broken(error).reason())
        });
        dialled.await.unwrap_or_else(|_| Err(format!("no answer within {} s", DIAL_TIME.as_secs())))
    }
}

impl fmt::Display for Target {
    /// Without parameters: they may hold a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.split('?').next().unwrap_or_default())
    }
}

/// What ends the head of a response.
const END: &[u8] = b"\r\n\r\n";

/// A connection of which only the head of a response is read: the frames behind it are left for who reads frames.
struct Hands {
    stream: Stream,
    /// How much of [`END`] has been read.
    matched: usize,
}

impl Hands {
    /// How many of these bytes belong to the head.
    fn head(&mut self, bytes: &[u8]) -> usize {
        for (at, byte) in bytes.iter().enumerate() {
            self.matched = match *byte == END[self.matched] {
                true => self.matched + 1,
                // Only a carriage return begins it anew.
                false => usize::from(*byte == END[0]),
            };
            if self.matched == END.len() {
                self.matched = 0;
                return at + 1;
            }
        }
        bytes.len()
    }
}

impl AsyncRead for Hands {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let mut bytes = [0; 1_024];
        let room = bytes.len().min(buf.remaining());
        let count = match &mut self.stream {
            Stream::Plain(stream) => ready!(stream.poll_peek(cx, &mut ReadBuf::new(&mut bytes[..room])))?,
            Stream::Tls(stream) => {
                let come = ready!(Pin::new(stream).poll_fill_buf(cx))?;
                let count = room.min(come.len());
                bytes[..count].copy_from_slice(&come[..count]);
                count
            }
        };
        let head = self.head(&bytes[..count]);
        let mut read = ReadBuf::new(&mut bytes[..head]);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut read))?;
        buf.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Hands {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::SinkExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_tungstenite::tungstenite::Message;

    use super::*;

    #[test]
    fn an_address_is_taken_as_it_is_given() {
        for (typed, url, filtered) in [
            ("ws://h:1/live?token=a,b&x", "ws://h:1/live?token=a,b&x", false),
            ("ws://h:1/", "ws://h:1/", false),
            ("ws://h:1/ws?types=goal#x", "ws://h:1/ws?types=goal", true),
            (":7000", "ws://127.0.0.1:7000/ws", false),
            ("h:1?match=a", "ws://h:1/ws?match=a", true),
            ("wss://h/live?x", "wss://h/live?x", false),
        ] {
            let target = Target::parse(typed).expect(typed);
            assert_eq!((target.url.as_str(), target.filtered), (url, filtered), "{typed}");
        }
        assert_eq!(Target::parse("ws://h:1/live?token=a").expect("an address").to_string(), "ws://h:1/live");
        for (typed, words) in
            [("http://h:1/x", "to ws://h:1/x"), ("https://h/x", "to wss://h/x"), ("a b", "ws://"), ("", "ws://")]
        {
            let error = Target::parse(typed).expect_err(typed);
            assert!(error.kind() == Kind::Misuse && error.to_string().contains(words), "{error}");
        }
    }

    #[tokio::test]
    async fn what_comes_with_the_handshake_is_left_for_who_reads_frames() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let target = Target::parse(&format!("ws://{address}/")).expect("an address");
        let server = async {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            // Through a pipe, so that response and first frame go out in one piece.
            let (near, mut far) = tokio::io::duplex(1 << 16);
            let speak = async {
                let mut near = tokio_tungstenite::accept_async(near).await.expect("a handshake");
                near.send(Message::text("at once")).await.expect("sent");
            };
            let pass = async {
                let mut request = [0; 4_096];
                let count = socket.read(&mut request).await.expect("a request");
                far.write_all(&request[..count]).await.expect("passed");
            };
            tokio::join!(speak, pass);
            let mut answer = vec![0; 4_096];
            let mut length = 0;
            while !answer[..length].ends_with(b"at once") {
                length += far.read(&mut answer[length..]).await.expect("an answer");
            }
            socket.write_all(&answer[..length]).await.expect("sent");
            socket
        };
        let addresses = target.resolve().await.expect("an address");
        let trust = Trust::public().expect("trust");
        let (_socket, dialled) = tokio::join!(server, target.dial(&addresses, &trust));
        let mut frame = [0; 9];
        let mut stream = dialled.expect("connected");
        let read = tokio::time::timeout(Duration::from_secs(20), stream.read_exact(&mut frame)).await;
        read.expect("in time").expect("a frame");
        assert_eq!(&frame, b"\x81\x07at once");
    }

    #[tokio::test]
    async fn why_there_is_no_connection_is_told_in_one_line() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let target = Target::parse(&format!("ws://{address}/")).expect("an address");
        let trust = Trust::public().expect("trust");
        for (answer, words) in [
            ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404 Not Found"),
            ("HTTP/1.1 101 Switching Protocols\r\n\r\n", "Upgrade"),
            ("SSH-2.0-OpenSSH\r\n\r\n", "HTTP"),
            ("", "handshake not finished"),
        ] {
            let server = async {
                let (mut socket, _) = listener.accept().await.expect("a connection");
                let _ = socket.read(&mut [0; 4_096]).await.expect("a request");
                socket.write_all(answer.as_bytes()).await.expect("sent");
            };
            let addresses = [address];
            let (_, dialled) = tokio::join!(server, target.dial(&addresses, &trust));
            let told = dialled.expect_err("no handshake");
            assert!(told.to_lowercase().contains(&words.to_lowercase()), "{answer:?}: {told}");
        }
        drop(listener);
        assert_eq!(target.dial(&[address], &trust).await.expect_err("nobody"), "connection refused");
    }
}
