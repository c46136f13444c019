//! Connects one subscriber: the WebSocket handshake, or the HTTP request.

use std::net::SocketAddr;

use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::decoder::Decoder;
use super::head::{HeadReader, request_stream};
use super::subscriber::SubscriberConnection;
use super::target::{LoadTarget, TargetProtocol};
use crate::client::dial::RESPONSE_HEAD;
use crate::client::disconnect::disconnect_from;
use crate::client::received::ReceivedBytes;
use crate::client::tls::{DIAL_TIMEOUT, connect_to};
use crate::client::trust::Trust;

impl LoadTarget {
    /// Connects and requests the stream. The connection is then at the first byte of the messages, for the decoder
    /// returned.
    ///
    /// # Errors
    /// Why there is no stream, in one line.
    pub(super) async fn dial(&self, addresses: &[SocketAddr], trust: &Trust) -> Result<SubscriberConnection, String> {
        let mut received = ReceivedBytes::default();
        let dialled = tokio::time::timeout(DIAL_TIMEOUT, async {
            let stream = connect_to(addresses, &self.address, trust).await.map_err(|error| error.to_string())?;
            let mut reader = HeadReader::new(stream);
            received = reader.received.clone();
            match self.protocol {
                TargetProtocol::WebSocket => {
                    let handshake = client_async_with_config(&self.url, reader, Some(WebSocketConfig::default())).await;
                    let (socket, _) = handshake.map_err(|error| disconnect_from(error, &received).reason())?;
                    Ok(SubscriberConnection { stream: socket.into_inner().stream, decoder: Decoder::websocket() })
                }
                TargetProtocol::Http => {
                    let decoder = request_stream(&mut reader, &self.url).await?;
                    Ok(SubscriberConnection { stream: reader.stream, decoder })
                }
            }
        });
        dialled.await.unwrap_or_else(|_| Err(received.describe_timeout(RESPONSE_HEAD, DIAL_TIMEOUT)))
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
    async fn a_frame_sent_with_the_handshake_is_left_for_the_decoder() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let target = LoadTarget::parse(&format!("ws://{address}/")).expect("an address");
        let server = async {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            // Through a pipe, so that the response and the first frame are sent in one write.
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
        let trust = Trust::public_authorities().expect("trust");
        let (_socket, dialled) = tokio::join!(server, target.dial(&addresses, &trust));
        let mut frame = [0; 9];
        let mut connection = dialled.expect("connected");
        let read = tokio::time::timeout(Duration::from_secs(20), connection.stream.read_exact(&mut frame)).await;
        read.expect("in time").expect("a frame");
        assert_eq!(&frame, b"\x81\x07at once");
    }

    #[tokio::test]
    async fn a_failed_connection_is_explained_in_one_line() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let target = LoadTarget::parse(&format!("ws://{address}/")).expect("an address");
        let trust = Trust::public_authorities().expect("trust");
        for (answer, words) in [
            ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404 Not Found"),
            ("HTTP/1.1 101 Switching Protocols\r\n\r\n", "Upgrade"),
            ("SSH-2.0-OpenSSH\r\n\r\n", "HTTP"),
            ("", "cut before the response was complete"),
        ] {
            let server = async {
                let (mut socket, _) = listener.accept().await.expect("a connection");
                let _ = socket.read(&mut [0; 4_096]).await.expect("a request");
                socket.write_all(answer.as_bytes()).await.expect("sent");
            };
            let addresses = [address];
            let (_, dialled) = tokio::join!(server, target.dial(&addresses, &trust));
            let message = dialled.map(|_| ()).expect_err("no handshake");
            assert!(message.to_lowercase().contains(&words.to_lowercase()), "{answer:?}: {message}");
        }
        // A port that was free a moment ago may be another test's by now.
        let unused = SocketAddr::from(([127, 0, 0, 1], 1));
        assert_eq!(target.dial(&[unused], &trust).await.map(|_| ()).expect_err("no server"), "connection refused");
    }
}
