//! fastwebsockets behind hyper, as in its documentation, with a `write_frame` per message.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use fastwebsockets::{Frame, Payload, WebSocketError, upgrade};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use touchline_peers::topic::{Topic, run};

fn main() -> std::io::Result<()> {
    run(connection)
}

async fn connection(socket: TcpStream, topic: Arc<Topic>) {
    let service = service_fn(|mut request: Request<Incoming>| {
        let topic = topic.clone();
        async move {
            let (response, socket) = upgrade::upgrade(&mut request)?;
            tokio::spawn(subscriber(socket, topic));
            Ok::<Response<_>, WebSocketError>(response)
        }
    });
    // A failed connection is ignored here: the load generator notices it.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service).with_upgrades().await;
}

async fn subscriber(socket: upgrade::UpgradeFut, topic: Arc<Topic>) {
    let Ok(socket) = socket.await else { return };
    let (mut reader, mut writer) = socket.split(tokio::io::split);
    let mut messages = topic.subscribe();
    // Pinned outside the loop: it may have read half a frame when a message is sent.
    let mut incoming = pin!(async {
        let mut response = |_| async { Ok::<_, Infallible>(()) };
        while reader.read_frame(&mut response).await.is_ok() {}
    });
    loop {
        tokio::select! {
            message = messages.recv() => {
                let Ok(text) = message else { return };
                if writer.write_frame(Frame::text(Payload::Borrowed(text.as_bytes()))).await.is_err() {
                    return;
                }
            }
            () = &mut incoming => return,
        }
    }
}
