//! fastwebsockets behind hyper, as its documentation shows it, with a `write_frame` for each message.

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
use touchline_peers::room::{Room, run};

fn main() -> std::io::Result<()> {
    run(connection)
}

async fn connection(socket: TcpStream, room: Arc<Room>) {
    let service = service_fn(|mut request: Request<Incoming>| {
        let room = room.clone();
        async move {
            let (answer, socket) = upgrade::upgrade(&mut request)?;
            tokio::spawn(subscriber(socket, room));
            Ok::<Response<_>, WebSocketError>(answer)
        }
    });
    // A connection that fails is of no interest here: the generator misses it.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service).with_upgrades().await;
}

async fn subscriber(socket: upgrade::UpgradeFut, room: Arc<Room>) {
    let Ok(socket) = socket.await else { return };
    let (mut reader, mut writer) = socket.split(tokio::io::split);
    let mut messages = room.join();
    // Kept from turn to turn: it may have read half a frame when a message comes between.
    let mut heard = pin!(async {
        let mut answer = |_| async { Ok::<_, Infallible>(()) };
        while reader.read_frame(&mut answer).await.is_ok() {}
    });
    loop {
        tokio::select! {
            message = messages.recv() => {
                let Ok(text) = message else { return };
                if writer.write_frame(Frame::text(Payload::Borrowed(text.as_bytes()))).await.is_err() {
                    return;
                }
            }
            () = &mut heard => return,
        }
    }
}
