//! tokio-tungstenite, tuned: a small read buffer, and one flush for all pending messages.

use std::sync::Arc;

use futures::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use touchline_peers::topic::{Topic, run};

/// The most messages of one flush.
const BATCH: usize = 64;

fn main() -> std::io::Result<()> {
    run(subscriber)
}

async fn subscriber(socket: TcpStream, topic: Arc<Topic>) {
    let config = WebSocketConfig::default().read_buffer_size(1_024);
    let Ok(mut socket) = tokio_tungstenite::accept_async_with_config(socket, Some(config)).await else { return };
    let mut messages = topic.subscribe();
    loop {
        tokio::select! {
            message = messages.recv() => {
                let Ok(mut text) = message else { return };
                for fed in 1.. {
                    if socket.feed(Message::Text(text)).await.is_err() {
                        return;
                    }
                    if fed == BATCH {
                        break;
                    }
                    let Ok(next) = messages.try_recv() else { break };
                    text = next;
                }
                if socket.flush().await.is_err() {
                    return;
                }
            }
            incoming = socket.next() => {
                let Some(Ok(_)) = incoming else { return };
            }
        }
    }
}
