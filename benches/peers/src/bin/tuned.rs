//! tokio-tungstenite by someone who has measured: a small read buffer, and whatever waits goes out with one flush.

use std::sync::Arc;

use futures::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use touchline_peers::room::{Room, run};

/// How many messages one flush carries at most.
const BATCH: usize = 64;

fn main() -> std::io::Result<()> {
    run(subscriber)
}

async fn subscriber(socket: TcpStream, room: Arc<Room>) {
    let config = WebSocketConfig::default().read_buffer_size(1_024);
    let Ok(mut socket) = tokio_tungstenite::accept_async_with_config(socket, Some(config)).await else { return };
    let mut messages = room.join();
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
            heard = socket.next() => {
                let Some(Ok(_)) = heard else { return };
            }
        }
    }
}
