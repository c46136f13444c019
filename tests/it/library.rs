//! The library: a server embedded in another program.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;
use touchline::client::{ApiCommand, BarrierOptions, ClientFrame, RemoteReplay, Resumed, Subscription, Update};
use touchline::playback::{Command, PlaybackOptions};
use touchline::replay::{Control, Hub, Observer, Opened, Replay, ReplayEvents, ReplayOptions};
use touchline::scenario::{SHIPPED, Timeline};
use touchline::server::{ControlToken, Limits, Server, ServerBuilder, Timing};
use touchline::testing::TestServer;
use touchline::{ErrorCode, ErrorKind, Scenario};

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
        assert_eq!(hub.open("b", timeline(), ReplayOptions::default()).expect_err("stopped").code, ErrorCode::Stopping);
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
            // A program that another test starts at this moment holds a copy of the socket until it is executed.
            let free = async {
                while let Err(error) = std::net::TcpListener::bind(address) {
                    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(10), free).await.expect("the port is free");
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
            upload_bytes: size,
            timeline_bytes: size,
        };
        for delivery_loop in [true, false] {
            let builder = Server::builder().delivery_loop(delivery_loop).timing(timing).limits(limits);
            let server = builder.bind(([127, 0, 0, 1], 0).into()).await.expect("bound");
            let playback = PlaybackOptions { paused: true, ..PlaybackOptions::default() };
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

/// The kind and the code of the error that ends a subscription to an address.
async fn refusal(address: &str) -> (ErrorKind, Option<ErrorCode>) {
    end_of(Subscription::to(address).expect(address)).await
}

async fn end_of(mut subscription: Subscription) -> (ErrorKind, Option<ErrorCode>) {
    let end = async {
        while let Some(update) = subscription.next().await {
            if let Err(error) = update {
                return (error.kind(), error.code());
            }
        }
        panic!("no error");
    };
    tokio::time::timeout(Duration::from_secs(10), end).await.expect("in time")
}

#[tokio::test]
async fn an_error_has_the_code_that_the_server_answered() {
    let scenario = SHIPPED[0].load().expect("shipped");
    let server = TestServer::start(&scenario).await.expect("a server");
    let (url, stream) = (server.url(), server.websocket_url());
    let streams = [
        (format!("{url}/r/derby"), ErrorKind::NotFound, ErrorCode::UnknownReplay),
        (format!("{stream}?replay=derby"), ErrorKind::NotFound, ErrorCode::UnknownReplay),
        (format!("{stream}?match=derby"), ErrorKind::NotFound, ErrorCode::UnknownMatch),
        (format!("{stream}?types=gaol"), ErrorKind::Misuse, ErrorCode::UnknownType),
    ];
    for (address, kind, code) in streams {
        assert_eq!(refusal(&address).await, (kind, Some(code)), "{address}");
    }
    for (address, line, kind, code) in [
        ("/r/derby", "pause", ErrorKind::NotFound, ErrorCode::UnknownReplay),
        ("", "seek nowhere", ErrorKind::NotFound, ErrorCode::NotFound),
        ("", "sek HT", ErrorKind::Misuse, ErrorCode::UnknownCommand),
    ] {
        let replay = RemoteReplay::at(&format!("{url}{address}")).expect(address);
        let error = replay.command(line).await.expect_err(line);
        assert_eq!((error.kind(), error.code()), (kind, Some(code)), "{address} {line}: {error}");
    }
    drop(server);
    while TcpStream::connect(url.trim_start_matches("http://")).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert_eq!(refusal(&stream).await, (ErrorKind::Io, None));
    let error = RemoteReplay::at(&url).expect("an address").state().await.expect_err("no server");
    assert_eq!((error.kind(), error.code()), (ErrorKind::Io, None), "{error}");
}

/// Serves `main`. Returns the hub, the address of the stream, and a guard that stops the server.
async fn serve(builder: ServerBuilder) -> (Arc<Hub>, String, AbortOnDropHandle<touchline::Result<()>>) {
    let server = builder.bind(([127, 0, 0, 1], 0).into()).await.expect("bound");
    server.hub().open("main", timeline(), ReplayOptions::default()).expect("a replay");
    let (hub, address) = (server.hub().clone(), format!("ws://{}/ws", server.address()));
    (hub, address, AbortOnDropHandle::new(tokio::spawn(server.run(std::future::pending()))))
}

#[tokio::test]
async fn a_wrong_token_has_its_code() {
    let token = ControlToken::new("a-long-enough-secret").expect("a token");
    let (_hub, address, _serving) = serve(Server::builder().token(token)).await;
    let address = format!("{address}?token=another-long-secret");
    assert_eq!(refusal(&address).await, (ErrorKind::Refused, Some(ErrorCode::NotAuthorised)));
    let error = RemoteReplay::at(&address).expect("an address").command("pause").await.expect_err("no right");
    assert_eq!((error.kind(), error.code()), (ErrorKind::Refused, Some(ErrorCode::NotAuthorised)), "{error}");
}

#[tokio::test]
async fn a_limit_and_a_closed_replay_have_their_codes() {
    for delivery_loop in [true, false] {
        let limits = Limits { connections: 1, ..Limits::default() };
        let (hub, address, _serving) = serve(Server::builder().delivery_loop(delivery_loop).limits(limits)).await;
        let mut first = Subscription::to(&address).expect("an address");
        assert!(first.next().await.expect("hello").is_ok());
        assert_eq!(refusal(&address).await, (ErrorKind::Io, Some(ErrorCode::Full)));
        let (replay, _) = hub.get("main").expect("open");
        assert!(hub.close(&replay));
        assert_eq!(end_of(first).await, (ErrorKind::Refused, Some(ErrorCode::Closing)));
    }
}

#[tokio::test]
async fn an_event_is_acknowledged_once_the_next_update_is_asked_for() {
    let server = TestServer::start(&SHIPPED[0].load().expect("shipped")).await.expect("a server");
    let mut app = Subscription::to(&server.websocket_url()).expect("an address").acknowledge();
    let mut read_event = async || {
        while let Some(update) = app.next().await {
            if let Update::Frame { frame: ClientFrame::Event(event), .. } = update.expect("connected") {
                return event.n;
            }
        }
        0
    };
    let mut step = ApiCommand::from("step 1".parse::<Command>().expect("a command"));
    step.barrier = BarrierOptions { wait_for: Some(1), acknowledged: true, timeout: Some(Duration::from_millis(300)) };
    let (reply, n) = tokio::join!(server.apply(step.clone()), read_event());
    assert_eq!((reply.expect_err("not acknowledged").code(), n), (Some(ErrorCode::Behind), 1));
    step.barrier.timeout = None;
    let reply = tokio::select! {
        reply = server.apply(step) => reply.expect("acknowledged"),
        // The second call asks for more than there is.
        n = async { read_event().await + read_event().await } => panic!("{n}"),
    };
    assert_eq!((reply.from, reply.to, reply.subscribers), (Some(1), Some(2), Some(1)));
}

#[tokio::test]
async fn a_step_with_the_longest_timeout_is_refused_by_the_server() {
    let server = TestServer::start(&SHIPPED[0].load().expect("shipped")).await.expect("a server");
    let mut step = ApiCommand::from("step 1".parse::<Command>().expect("a command"));
    step.barrier.timeout = Some(Duration::MAX);
    let error = server.apply(step).await.expect_err("the server has a maximum");
    assert_eq!((error.kind(), error.code()), (ErrorKind::Misuse, Some(ErrorCode::BadArgument)), "{error}");
}

#[tokio::test]
async fn a_cursor_of_a_replay_of_ones_own_names_it() {
    let (_hub, stream, _serving) = serve(Server::builder()).await;
    let mut first = Subscription::to(&format!("{stream}?speed=600")).expect("an address");
    let name = loop {
        if let Some(Ok(Update::Frame { frame: ClientFrame::Hello(hello), .. })) = first.next().await {
            break hello.replay;
        }
    };
    let cursor = loop {
        match first.position().cursor() {
            Some(cursor) => break cursor,
            None => assert!(first.next().await.expect("an update").is_ok()),
        }
    };
    drop(first);
    let mut later = Subscription::to(&format!("{stream}?speed=600&since={cursor}")).expect("an address");
    let Some(Ok(Update::Frame { frame: ClientFrame::Hello(hello), .. })) = later.next().await else { panic!("hello") };
    assert_eq!((hello.replay, hello.resumed.and_then(|word| word.known())), (name, Some(Resumed::Ok)));
}

/// Compiles only if a program may spawn each future of the library.
#[expect(dead_code, reason = "it is compiled, not run")]
fn every_public_future_is_send(
    subscription: &mut Subscription,
    remote: &RemoteReplay,
    test_server: &TestServer,
    (replay, events, observer, control): (&Replay, &mut ReplayEvents, &mut Observer, &Control),
    server: Server,
) {
    fn is_send<T: Send>(_: T) {}
    let command = Command::Play;
    is_send(subscription.next());
    is_send(remote.command("play"));
    is_send(remote.apply(command.clone()));
    is_send(remote.state());
    is_send(remote.clone().close());
    is_send(TestServer::start(&Scenario::default()));
    is_send(test_server.wait_for_subscribers(1));
    is_send(test_server.step_to("HT"));
    is_send(test_server.apply(command.clone()));
    is_send(test_server.command("play"));
    is_send(replay.wait_until_over());
    is_send(replay.wait_for_subscribers(1));
    is_send(events.next());
    is_send(observer.next());
    is_send(observer.find(|_| true));
    is_send(control.apply(command));
    is_send(Server::bind(([127, 0, 0, 1], 0).into()));
    is_send(Server::builder().bind(([127, 0, 0, 1], 0).into()));
    is_send(server.run(std::future::pending()));
}
