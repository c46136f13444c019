//! The library: a server embedded in another program.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use touchline::playback::{Command, ErrorCode, Options};
use touchline::replay::{Opened, ReplayOptions};
use touchline::scenario::{SHIPPED, Timeline};
use touchline::server::{Limits, Server, Timing};

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
        let (hub, address) = (server.hub().clone(), server.address());
        let Opened { replay, control, .. } = hub.open("main", timeline(), ReplayOptions::default()).expect("a replay");
        let serving = tokio::spawn(server.run(std::future::pending()));
        let (mut socket, _) = tokio_tungstenite::connect_async(format!("ws://{address}/ws")).await.expect("connected");
        assert!(socket.next().await.expect("hello").is_ok());
        serving.abort();
        assert!(serving.await.expect_err("aborted").is_cancelled());
        std::net::TcpListener::bind(address).expect("the port is free");
        let ended = async {
            while let Some(Ok(_)) = socket.next().await {}
            replay.wait_until_over().await;
        };
        tokio::time::timeout(Duration::from_secs(10), ended).await.expect("ended");
        control.apply(Command::Pause).await.expect_err("over");
        assert_eq!(hub.open("b", timeline(), ReplayOptions::default()).expect_err("stopped").code, ErrorCode::Closing);
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
async fn a_server_that_never_ran_ends_its_replays_and_one_that_has_run_has_left_its_port() {
    for delivery_loop in [true, false] {
        let server = bind(delivery_loop).await;
        let replay = server.hub().open("main", timeline(), ReplayOptions::default()).expect("a replay").replay;
        drop(server);
        tokio::time::timeout(Duration::from_secs(10), replay.wait_until_over()).await.expect("over");
        for _ in 0..20 {
            let server = bind(delivery_loop).await;
            let address = server.address();
            server.run(tokio::task::yield_now()).await.expect("run");
            std::net::TcpListener::bind(address).expect("the port is free");
        }
    }
}

#[tokio::test]
async fn extreme_settings_are_corrected() {
    let extremes = [(Duration::ZERO, 0), (Duration::MAX, usize::MAX)];
    for (time, size) in extremes {
        let timing = Timing { ping_every: time, silence: Duration::MAX, stall: Duration::MAX, close_timeout: time };
        let limits = Limits {
            connections: size,
            replays: size.max(1),
            head_bytes: size,
            head_time: Duration::MAX,
            body_bytes: size,
            body_time: time,
            answer_bytes: size,
            message_bytes: size,
        };
        for delivery_loop in [true, false] {
            let builder = Server::builder().delivery_loop(delivery_loop).timing(timing).limits(limits);
            let server = builder.bind(([127, 0, 0, 1], 0).into()).await.expect("bound");
            let playback = Options { paused: true, ..Options::default() };
            let options = ReplayOptions { playback, ..ReplayOptions::default() };
            server.hub().open("main", timeline(), options).expect("a replay");
            let address = server.address();
            let serving = tokio::spawn(server.run(std::future::pending()));
            let (socket, _) = tokio_tungstenite::connect_async(format!("ws://{address}/ws")).await.expect("connected");
            // What comes at all comes within a moment: hello, the states, pings.
            let received = socket.take_until(tokio::time::sleep(Duration::from_millis(300))).count().await;
            assert!((2..100).contains(&received), "{received} messages");
            serving.abort();
        }
    }
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
