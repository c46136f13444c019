//! tokio-tungstenite in its simplest form: default settings, and a `send` per message.

use std::sync::Arc;

use futures::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use touchline_peers::topic::{Topic, run};

fn main() -> std::io::Result<()> {
    run(subscriber)
}

async fn subscriber(socket: TcpStream, topic: Arc<Topic>) {
    let Ok(mut socket) = tokio_tungstenite::accept_async(socket).await else { return };
    let mut messages = topic.subscribe();
    loop {
        tokio::select! {
            message = messages.recv() => {
                let Ok(text) = message else { return };
                if socket.send(Message::Text(text)).await.is_err() {
                    return;
                }
            }
            incoming = socket.next() => {
                let Some(Ok(_)) = incoming else { return };
            }
        }
    }
}
