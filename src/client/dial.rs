//! Opens the WebSocket of a subscription.

use std::pin::Pin;
use std::time::Duration;

use tokio_tungstenite::tungstenite::Error as WireError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::address::Address;
use super::disconnect::{Disconnect, MAX_FRAME_BYTES, disconnect_from, disconnect_from_dial};
use super::received::{ReceivedBytes, RecordingStream};
use super::tls::{MaybeTlsStream, connect_to};
use super::trust::Trust;

/// The part of the response that a handshake waits for.
pub(super) const RESPONSE_HEAD: &str = "the response head";

/// An open WebSocket.
pub(super) type Socket = WebSocketStream<RecordingStream<MaybeTlsStream>>;
/// A connection in the making.
pub(super) type Dial = Pin<Box<dyn Future<Output = Result<Socket, Disconnect>> + Send + Sync>>;

/// Connects to the host of `address` and asks for the stream at `url`, which is an URL of this server. `received` records what
/// arrives.
pub(super) fn dial(address: Address, url: String, trust: Trust, received: ReceivedBytes, within: Duration) -> Dial {
    // tungstenite's default read buffer is 128 KiB; frames are short.
    let config = WebSocketConfig::default()
        .read_buffer_size(16 << 10)
        .max_message_size(Some(MAX_FRAME_BYTES))
        .max_frame_size(Some(MAX_FRAME_BYTES));
    Box::pin(async move {
        let dialled = tokio::time::timeout(within, async {
            let stream = connect_to(address.host(), &address, &trust)
                .await
                .map_err(|error| disconnect_from_dial(error, &address))?;
            let handshake = client_async_with_config(url, received.record_from(stream), Some(config)).await;
            handshake.map_err(|error| match error {
                // The message of Touchline's error frame needs no address.
                WireError::Http(_) => disconnect_from(error, &received),
                _ => disconnect_from(error, &received).with_address(&address),
            })
        });
        match dialled.await {
            Ok(dialled) => dialled.map(|(socket, _)| socket),
            Err(_) if received.byte_count() == 0 => {
                Err(Disconnect::retry(received.describe_timeout(RESPONSE_HEAD, within)))
            }
            Err(_) => Err(Disconnect::Foreign(received.describe_timeout(RESPONSE_HEAD, within))),
        }
    })
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_response_head_without_an_end_is_refused() {
        let head = "HTTP/1.1 101 Switching Protocols\r\n";
        // The last two exceed the size limit long before the timeout.
        let (soon, timed_out) = (Duration::from_millis(500), Duration::from_secs(30));
        for (begins, goes_on, pieces, within, words) in [
            ("", "", 0, soon, "no response within 0.5 s"),
            (head, "", 0, soon, "the response head did not end within 0.5 s (34 bytes received)"),
            (head, "x", 1_000_000, timed_out, "longer than 64 KiB"),
            (head, "x: y\r\n", 1_000_000, timed_out, "too many fields"),
        ] {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = Address::parse(&listener.local_addr().expect("bound").to_string()).expect("an address");
            let server = async {
                let (mut socket, _) = listener.accept().await.expect("a connection");
                let _ = socket.write_all(begins.as_bytes()).await;
                for _ in 0..pieces {
                    if socket.write_all(goes_on.repeat(1_000).as_bytes()).await.is_err() {
                        break;
                    }
                }
                socket
            };
            let trust = Trust::public_authorities().expect("trust");
            let url = address.url(None);
            let (dialled, _socket) = tokio::join!(dial(address, url, trust, ReceivedBytes::default(), within), server);
            let message = dialled.map(drop).map_err(Disconnect::reason).expect_err("no handshake");
            assert!(message.contains(words), "{begins:?} {goes_on:?}: {message}");
        }
    }
}
