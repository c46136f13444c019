//! Connecting to a server: the handshake or the request, and the bare connection that is left of it.

use std::net::SocketAddr;

use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::head::{Hands, ask};
use super::inbox::Inbox;
use super::target::{Target, Transport};
use crate::client::received::ReceivedBytes;
use crate::client::subscription::{DIAL_TIME, HEAD, broken};
use crate::client::tls::{Stream, connect_to};
use crate::client::trust::Trust;

impl Target {
    /// Connects and asks for the stream: what is left is a connection on which the server sends messages, and how they are
    /// told apart. Or one line about why not.
    pub(super) async fn dial(&self, addresses: &[SocketAddr], trust: &Trust) -> Result<(Stream, Inbox), String> {
        let mut received = ReceivedBytes::default();
        let dialled = tokio::time::timeout(DIAL_TIME, async {
            let stream = connect_to(addresses, &self.address, trust).await.map_err(|error| error.to_string())?;
            let mut hands = Hands::new(stream);
            received = hands.received.clone();
            match self.transport() {
                Transport::WebSocket => {
                    let shaken = client_async_with_config(&self.url, hands, Some(WebSocketConfig::default())).await;
                    let (socket, _) = shaken.map_err(|error| broken(error, &received).reason())?;
                    Ok((socket.into_inner().stream, Inbox::websocket()))
                }
                Transport::Http => {
                    let inbox = ask(&mut hands, &self.url).await?;
                    Ok((hands.stream, inbox))
                }
            }
        });
        dialled.await.unwrap_or_else(|_| Err(received.late(HEAD, DIAL_TIME)))
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
        let (mut stream, _) = dialled.expect("connected");
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
            ("", "cut before the answer was whole"),
        ] {
            let server = async {
                let (mut socket, _) = listener.accept().await.expect("a connection");
                let _ = socket.read(&mut [0; 4_096]).await.expect("a request");
                socket.write_all(answer.as_bytes()).await.expect("sent");
            };
            let addresses = [address];
            let (_, dialled) = tokio::join!(server, target.dial(&addresses, &trust));
            let told = dialled.map(|_| ()).expect_err("no handshake");
            assert!(told.to_lowercase().contains(&words.to_lowercase()), "{answer:?}: {told}");
        }
        drop(listener);
        assert_eq!(target.dial(&[address], &trust).await.map(|_| ()).expect_err("nobody"), "connection refused");
    }
}
