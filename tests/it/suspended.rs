//! A server that resumes after a suspension (SIGSTOP, machine sleep): no client times out because of the server's own pause.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{advance, sleep};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;
use touchline::CloseCode;
use touchline::replay::Stopping;

use super::misbehaving_clients::{close_code, connect_subscriber, for_each_mode, wait_for_close};
use super::program::Program;

const SUSPENDED: Duration = Duration::from_secs(600);

#[test]
fn a_subscriber_that_answers_pings_stays_connected() {
    for_each_mode(async |mode| {
        for after in [1, 14, 16, 29] {
            let (_played, pipe, server) = connect_subscriber(mode, "", 1 << 20);
            let mut socket = WebSocketStream::from_raw_socket(pipe, Role::Client, None).await;
            // Reading answers pings.
            let reading = tokio::spawn(async move { while socket.next().await.is_some() {} });
            sleep(Duration::from_secs(after)).await;
            advance(SUSPENDED).await;
            sleep(Duration::from_secs(120)).await;
            assert!(!server.is_over(), "{mode:?}, suspended after {after} s");
            reading.abort();
        }
    });
}

#[test]
fn a_silent_subscriber_keeps_its_remaining_time_after_a_suspension() {
    for_each_mode(async |mode| {
        let (_played, mut pipe, server) = connect_subscriber(mode, "", 1 << 20);
        let read = tokio::spawn(async move { close_code(&mut pipe).await });
        sleep(Duration::from_secs(35)).await;
        advance(SUSPENDED).await;
        sleep(Duration::from_secs(1)).await;
        assert!(!server.is_over() && !read.is_finished(), "{mode:?}");
        wait_for_close(server, Duration::from_secs(18)).await;
        assert_eq!(read.await.expect("closed"), Some(4009));
    });
}

#[test]
fn a_lagging_subscriber_has_time_to_catch_up_after_a_suspension() {
    for_each_mode(async |mode| {
        let (_played, mut pipe, server) = connect_subscriber(mode, "since=start&ticks=off", 600);
        sleep(Duration::from_secs(11)).await;
        advance(SUSPENDED).await;
        sleep(Duration::from_millis(500)).await;
        for _ in 0..10 {
            assert!(pipe.read(&mut [0; 300]).await.expect("more") > 0);
            sleep(Duration::from_secs(3)).await;
        }
        assert!(!server.is_over(), "{mode:?}");
    });
}

#[test]
fn a_close_frame_has_time_to_be_read_after_a_suspension() {
    for_each_mode(async |mode| {
        let (played, mut pipe, _server) = connect_subscriber(mode, "", 600);
        sleep(Duration::from_secs(1)).await;
        played.opened.replay.stop(Stopping { code: CloseCode::GoingAway, drain: false });
        sleep(Duration::from_millis(100)).await;
        advance(SUSPENDED).await;
        assert_eq!(close_code(&mut pipe).await, Some(1001), "{mode:?}");
    });
}

/// Sends a request in two parts, the second once `at` is done; returns the response.
async fn in_two_parts(port: u16, parts: [&str; 2], at: impl Future<Output = ()>) -> String {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await.expect("connected");
    socket.write_all(parts[0].as_bytes()).await.expect("sent");
    at.await;
    socket.write_all(parts[1].as_bytes()).await.expect("sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.expect("an answer");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_resumed_after_sigstop_disconnects_no_subscriber() {
    use rustix::process::Signal;
    let limits = "--ping 1s --silence 4s --stall 4s --header-timeout 4s --body-timeout 4s";
    let wanted: Vec<&str> = ["juv", "--port", "0", "--speed", "60"].into_iter().chain(limits.split(' ')).collect();
    let program = Program::serve(&wanted);
    let mut readers = Vec::new();
    for _ in 0..40 {
        readers.push(tokio_tungstenite::connect_async(program.ws()).await.expect("connected").0);
    }
    let (stopped, stop) = tokio::sync::watch::channel(false);
    let at = || {
        let mut stop = stop.clone();
        async move { drop(stop.wait_for(|stopped| *stopped).await.expect("stopped")) }
    };
    let get = ["GET /state HTTP/1.1\r\nHost: local", "host\r\nConnection: close\r\n\r\n"];
    let post = "POST /api/replays/main/command HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                Content-Length: 5\r\n\r\npa";
    let port = program.port();
    let whole = get.concat();
    let parts = [in_two_parts(port, ["", &whole], at()), in_two_parts(port, get, at())];
    let body = in_two_parts(port, [post, "use"], at());
    let suspend = async {
        // Whether the server has started to wait cannot be observed from outside.
        sleep(Duration::from_millis(500)).await;
        program.signal(Signal::STOP);
        stopped.send_replace(true);
        // Longer than any timeout of the server.
        sleep(Duration::from_secs(6)).await;
        program.signal(Signal::CONT);
    };
    let (heads, body, ()) = tokio::join!(futures::future::join_all(parts), body, suspend);
    for answer in heads.iter().chain([&body]) {
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    for socket in &mut readers {
        // Answered after everything the server does when it resumes.
        socket.send(Message::text(r#"{"id":1,"command":"play"}"#)).await.expect("sent");
        while let Some(message) = socket.next().await {
            let message = message.expect("a message");
            assert!(!message.is_close(), "{message}");
            if message.to_text().is_ok_and(|text| text.contains(r#""kind":"reply""#)) {
                break;
            }
        }
    }
}
