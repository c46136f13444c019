//! tokio-tungstenite as it is written first: default settings, and a `send` for each message.

use std::sync::Arc;

use futures::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use touchline_peers::room::{Room, run};

fn main() -> std::io::Result<()> {
    run(subscriber)
}

async fn subscriber(socket: TcpStream, room: Arc<Room>) {
    let Ok(mut socket) = tokio_tungstenite::accept_async(socket).await else { return };
    let mut messages = room.join();
    loop {
        tokio::select! {
            message = messages.recv() => {
                let Ok(text) = message else { return };
                if socket.send(Message::Text(text)).await.is_err() {
                    return;
                }
            }
            heard = socket.next() => {
                let Some(Ok(_)) = heard else { return };
            }
        }
    }
}
