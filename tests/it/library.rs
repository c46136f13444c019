//! The library: a server embedded in another program.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use touchline::replay::ReplayOptions;
use touchline::scenario::{SHIPPED, Timeline};
use touchline::server::Server;

fn timeline() -> Arc<Timeline> {
    Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")))
}

async fn bind(delivery_loop: bool) -> Server {
    let options = Server::builder().delivery_loop(delivery_loop);
    options.bind(([127, 0, 0, 1], 0).into()).await.expect("bound")
}

/// The number of delivery loop threads in this process.
#[cfg(target_os = "linux")]
fn loops() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").expect("the threads").flatten();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| name.trim() == "delivery").count()
}

#[tokio::test]
async fn dropping_the_server_future_stops_the_server() {
    for delivery_loop in [true, false] {
        let server = bind(delivery_loop).await;
        server.hub().open("main", timeline(), ReplayOptions::default()).expect("a replay");
        let address = server.address();
        let serving = tokio::spawn(server.run(std::future::pending()));
        let (mut socket, _) = tokio_tungstenite::connect_async(format!("ws://{address}/ws")).await.expect("connected");
        assert!(socket.next().await.expect("hello").is_ok());
        serving.abort();
        assert!(serving.await.expect_err("aborted").is_cancelled());
        let ended = async {
            while let Some(Ok(_)) = socket.next().await {}
            // The port can be bound again.
            while tokio::net::TcpStream::connect(address).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), ended).await.expect("ended");
    }
    // Other tests run delivery loops only in other processes.
    #[cfg(target_os = "linux")]
    tokio::time::timeout(Duration::from_secs(10), async {
        while loops() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("no loop is left");
}

#[tokio::test]
async fn opening_a_replay_while_subscribers_connect_loses_none() {
    let server = bind(true).await;
    let (hub, address) = (server.hub().clone(), server.address());
    let serving = tokio::spawn(server.run(std::future::pending()));
    let comers: Vec<_> = (0..20)
        .map(|_| {
            tokio::spawn(async move {
                loop {
                    let (mut socket, _) =
                        tokio_tungstenite::connect_async(format!("ws://{address}/ws")).await.expect("answered");
                    // Until it is open, an error frame says that there is no such replay.
                    let first = socket.next().await.expect("a frame").expect("text").to_string();
                    if first.starts_with(r#"{"kind":"hello""#) {
                        return;
                    }
                    assert!(first.contains("unknown_replay"), "{first}");
                }
            })
        })
        .collect();
    tokio::task::yield_now().await;
    hub.open("main", timeline(), ReplayOptions::default()).expect("a replay");
    for comer in comers {
        tokio::time::timeout(Duration::from_secs(10), comer).await.expect("in time").expect("told");
    }
    serving.abort();
}
