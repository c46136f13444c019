//! Subscribers that misbehave, byte by byte over in-memory pipes under virtual time: protocol violations, stalled and silent
//! clients, close codes and timeouts, in both delivery modes.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufStream, DuplexStream};
use tokio::time::{sleep, timeout};
use touchline::CloseCode;
use touchline::internals::hub::Framing;
use touchline::internals::server::{SubscriberTask, parse_parameters};
use touchline::replay::{Opened, ReplayOptions, Stopping};
use touchline::scenario::{Scenario, Timeline};
use touchline::server::Timing;

use super::client_frame::{BINARY, CLOSE, CONTINUATION, FINAL, KEY, PING, TEXT, frame, head, masked, text};
use super::pipes::{CloseFlag, DELIVERY_MODES, DeliveryMode, Handshake, TestHub};
use super::wire::{FRAMINGS, Received, StreamDecoder};

/// An opened replay, and the hub that keeps it alive.
pub struct OpenedReplay {
    pub opened: Opened,
    _test_hub: TestHub,
}

/// Connects a WebSocket subscriber of the flagship match at speed `max`, over a pipe of this capacity in bytes.
pub fn connect_subscriber(mode: DeliveryMode, query: &str, pipe: usize) -> (OpenedReplay, DuplexStream, CloseFlag) {
    connect_subscriber_with(mode, Framing::WebSocket, query, pipe, Handshake::default())
}

/// Like [`connect_subscriber`], in any framing.
fn connect_subscriber_with(
    mode: DeliveryMode,
    framing: Framing,
    query: &str,
    pipe: usize,
    handshake: Handshake,
) -> (OpenedReplay, DuplexStream, CloseFlag) {
    let timeline = Arc::new(Timeline::new(&Scenario::open("juv").expect("shipped")));
    let mut join = parse_parameters(query, &timeline).expect("parameters");
    join.options.framing = framing;
    let mut options = ReplayOptions::default();
    options.playback.speed = touchline::playback::Speed::MAX;
    let test_hub = TestHub::new(mode);
    let opened = test_hub.hub.open("main", timeline, options).expect("a replay");
    let (ours, closed) = test_hub.connect_with(&opened.replay, opened.control.clone(), join, pipe, handshake);
    (OpenedReplay { opened, _test_hub: test_hub }, ours, closed)
}

/// Waits until the server has dropped a connection; fails after the time given.
pub async fn wait_for_close(closed: CloseFlag, within: Duration) {
    let wait_for_close = async {
        while !closed.is_over() {
            sleep(Duration::from_millis(10)).await
        }
    };
    timeout(within, wait_for_close).await.expect("the server drops the connection");
}

pub fn for_each_mode(test: impl AsyncFn(DeliveryMode)) {
    for mode in DELIVERY_MODES {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.expect("a runtime").block_on(test(mode));
    }
}

fn for_each_mode_and_framing(test: impl AsyncFn(DeliveryMode, Framing)) {
    for_each_mode(async |mode| {
        for framing in FRAMINGS {
            test(mode, framing).await;
        }
    });
}

/// Reads to the end and returns the close code, if the last frame is a close frame.
pub async fn close_code(pipe: &mut DuplexStream) -> Option<u16> {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes).await.expect("an end");
    let mut rest = &bytes[..];
    loop {
        let (opcode, short) = (*rest.first()? & 0x0f, *rest.get(1)?);
        let (header, length) = match short {
            126 => (4, usize::from(u16::from_be_bytes(rest[2..4].try_into().expect("two bytes")))),
            127 => (10, u64::from_be_bytes(rest[2..10].try_into().expect("eight bytes")) as usize),
            short => (2, usize::from(short)),
        };
        let payload = rest.get(header..header + length)?;
        if opcode == 8 {
            assert_eq!(rest.len(), header + length, "nothing follows a close frame");
            return Some(u16::from_be_bytes([payload[0], payload[1]]));
        }
        rest = &rest[header + length..];
    }
}

#[test]
fn a_lagging_client_that_violates_the_protocol_gets_its_close_code_once_it_reads() {
    for_each_mode(async |mode| {
        for (broken, code) in [
            ([head(FINAL | TEXT, 1 << 40), masked(KEY, b"the beginning of a terabyte")].concat(), 1009),
            (frame(FINAL | BINARY, b"abc"), 1003),
            (text(b"\xff\xff"), 1007),
            (frame(FINAL | 7, b""), 1002),
            // Without a mask.
            (vec![0x81, 0x02, b'h', b'i'], 1002),
        ] {
            let (_played, mut pipe, server) = connect_subscriber(mode, "since=start", 600);
            sleep(Duration::from_secs(1)).await;
            pipe.write_all(&broken).await.expect("taken");
            sleep(Duration::from_secs(1)).await;
            assert_eq!(close_code(&mut pipe).await, Some(code));
            drop(pipe);
            wait_for_close(server, Duration::from_secs(5)).await;
        }
    });
}

#[test]
fn bytes_after_an_oversized_frame_are_discarded() {
    for_each_mode(async |mode| {
        let (_played, mut pipe, server) = connect_subscriber(mode, "ticks=off", 600);
        pipe.write_all(&head(FINAL | TEXT, 1 << 40)).await.expect("taken");
        // The server discards input while it closes, so that a reset does not destroy the close frame, and no longer.
        let flood = async { while pipe.write_all(&[b'x'; 4096]).await.is_ok() && pipe.read_u8().await.is_ok() {} };
        timeout(Duration::from_secs(5), flood).await.expect("an end");
        wait_for_close(server, Duration::from_secs(5)).await;
    });
}

#[test]
fn a_slow_subscriber_that_keeps_reading_stays_connected() {
    for_each_mode_and_framing(async |mode, framing| {
        let (_played, mut pipe, server) =
            connect_subscriber_with(mode, framing, "since=start&ticks=off", 600, Handshake::default());
        let mut read = 0;
        let mut some = [0; 200];
        // Five minutes: reading counts as activity, though no ping reaches the client.
        for _ in 0..100 {
            sleep(Duration::from_secs(3)).await;
            read += pipe.read(&mut some).await.expect("more");
        }
        assert_eq!(read, 100 * some.len());
        assert!(!server.is_over());
    });
}

#[test]
fn a_subscriber_that_reads_nothing_is_disconnected_after_the_timeout() {
    for_each_mode_and_framing(async |mode, framing| {
        let (_played, pipe, server) = connect_subscriber_with(mode, framing, "since=start", 600, Handshake::default());
        sleep(Duration::from_secs(19)).await;
        assert!(!server.is_over());
        wait_for_close(server, Duration::from_secs(4)).await;
        drop(pipe);
    });
}

#[test]
fn a_subscriber_that_answers_no_ping_is_closed_after_the_timeout() {
    for_each_mode(async |mode| {
        let (_played, mut pipe, server) = connect_subscriber(mode, "", 1 << 20);
        let read = tokio::spawn(async move { close_code(&mut pipe).await });
        sleep(Duration::from_secs(49)).await;
        assert!(!server.is_over() && !read.is_finished());
        wait_for_close(server, Duration::from_secs(4)).await;
        assert_eq!(read.await.expect("closed"), Some(4009));
    });
}

#[test]
fn input_from_sse_and_ndjson_subscribers_is_ignored_until_they_disconnect() {
    for_each_mode(async |mode| {
        for (framing, comments) in [(Framing::Sse, 19..=20), (Framing::Lines, 0..=0)] {
            for noise in [&b""[..], b"pause", &frame(FINAL | CLOSE, b""), &head(FINAL | TEXT, 1 << 40)] {
                let leftover = Handshake { leftover: noise.to_vec(), ..Handshake::default() };
                let (played, pipe, server) = connect_subscriber_with(mode, framing, "ticks=off", 600, leftover);
                let (mut reading, mut writing) = tokio::io::split(pipe);
                let sending = async {
                    for _ in 0..300 {
                        writing.write_all(noise).await.expect("taken");
                        sleep(Duration::from_secs(1)).await;
                    }
                };
                let mut decoder = StreamDecoder::of(framing);
                let mut received = Vec::new();
                let receiving = async {
                    let mut bytes = [0; 4096];
                    while let Ok(read @ 1..) = reading.read(&mut bytes).await {
                        received.extend(decoder.feed(&bytes[..read]));
                    }
                };
                tokio::select! {
                    () = sending => {}
                    () = receiving => panic!("the connection was dropped"),
                }
                assert!(!server.is_over() && played.opened.replay.subscriber_count() == 1);
                let count = received.iter().filter(|received| matches!(received, Received::Comment(_))).count();
                assert!(comments.contains(&count), "{count} comments in five minutes, {framing:?}");
                writing.shutdown().await.expect("a pipe");
                wait_for_close(server, Duration::from_secs(1)).await;
            }
        }
    });
}

#[test]
fn the_handshake_response_is_sent_first_and_the_close_last() {
    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
    for_each_mode_and_framing(async |mode, framing| {
        // The pipe is smaller than the response head and the close.
        let response_head = Handshake { response_head: HEAD.to_vec(), ..Handshake::default() };
        let (played, mut pipe, server) = connect_subscriber_with(mode, framing, "ticks=off", 7, response_head);
        let mut head = [0; HEAD.len()];
        pipe.read_exact(&mut head).await.expect("a head");
        assert_eq!(head, HEAD);
        let stop = async {
            sleep(Duration::from_secs(1)).await;
            played.opened.replay.stop(Stopping { code: CloseCode::GoingAway, drain: true });
        };
        let mut bytes = Vec::new();
        let (end, ()) = tokio::join!(pipe.read_to_end(&mut bytes), stop);
        end.expect("an end");
        let mut decoder = StreamDecoder::of(framing);
        let mut received: Vec<_> = decoder.feed(&bytes).into_iter().map(Received::text).collect();
        assert!(decoder.is_whole());
        received.retain(|received| received != "retry 1000");
        let close = match framing {
            Framing::WebSocket => "closed 1001",
            _ => r#"{"kind":"close","code":1001,"reason":"the server is stopping"}"#,
        };
        assert!(received[0].starts_with(r#"{"kind":"hello""#), "{}", received[0]);
        assert_eq!(received.last().map(|received| &**received), Some(close));
        drop(pipe);
        wait_for_close(server, Duration::from_secs(1)).await;
    });
}

#[tokio::test(start_paused = true)]
async fn buffered_bytes_are_flushed_before_the_server_waits() {
    let (played, ..) = connect_subscriber(DeliveryMode::Tasks, "", 600);
    let Opened { replay, control } = &played.opened;
    let (mut ours, theirs) = tokio::io::duplex(1 << 16);
    let conversation = SubscriberTask::new(
        BufStream::new(theirs),
        Vec::new(),
        replay.clone(),
        Some(control.clone()),
        Timing::default(),
        Arc::default(),
    );
    let join = parse_parameters("ticks=off", &replay.timeline()).expect("parameters");
    tokio::spawn(conversation.serve(join));
    sleep(Duration::from_secs(1)).await;
    let mut bytes = vec![0; 1 << 16];
    let read = timeout(Duration::from_secs(1), ours.read(&mut bytes)).await.expect("something").expect("bytes");
    let mut decoder = StreamDecoder::of(Framing::WebSocket);
    let received: Vec<_> = decoder.feed(&bytes[..read]).into_iter().map(Received::text).collect();
    assert!(
        decoder.is_whole() && received.iter().any(|received| received.starts_with(r#"{"kind":"table""#)),
        "{received:?}"
    );
}

#[test]
fn a_client_that_sends_requests_and_never_reads_is_disconnected() {
    for_each_mode(async |mode| {
        let (played, mut pipe, server) = connect_subscriber(mode, "ticks=off", 600);
        let ping = format!(r#"{{"command":"ping","payload":"{}"}}"#, "x".repeat(1000));
        let ping = text(ping.as_bytes());
        let mut taken = 0;
        while timeout(Duration::from_secs(1), pipe.write_all(&ping)).await.is_ok_and(|written| written.is_ok()) {
            taken += 1;
        }
        assert!(taken < 50, "{taken} requests taken, and every answer held");
        wait_for_close(server, Duration::from_secs(30)).await;
        assert_eq!(played.opened.replay.subscriber_count(), 0);
    });
}

#[test]
fn fragmented_requests_with_interleaved_pings_are_parsed() {
    for_each_mode(async |mode| {
        let (_played, mut pipe, _server) = connect_subscriber(mode, "ticks=off&snapshot=off", 1 << 16);
        let pieces = [
            frame(TEXT, br#"{"command":"#),
            frame(FINAL | PING, b"there?"),
            frame(CONTINUATION, br#""ping","#),
            frame(FINAL | CONTINUATION, br#""id":1}"#),
        ];
        for byte in pieces.concat() {
            pipe.write_all(&[byte]).await.expect("taken");
        }
        sleep(Duration::from_secs(1)).await;
        let mut received = vec![0; 1 << 16];
        let bytes = pipe.read(&mut received).await.expect("answers");
        let received = String::from_utf8_lossy(&received[..bytes]).into_owned();
        let pong = received.find("\u{fffd}\u{6}there?").expect("a pong");
        let reply = received.find(r#"{"kind":"reply","id":1,"ok":true"#).expect("a reply");
        assert!(pong < reply);
    });
}

#[test]
fn a_replay_plays_on_without_a_control_handle() {
    for_each_mode(async |mode| {
        let (played, mut pipe, _server) = connect_subscriber(mode, "", 1 << 16);
        let Opened { replay, control } = played.opened;
        drop(control);
        // The connection held the last other handle.
        pipe.write_all(&frame(FINAL | CLOSE, b"")).await.expect("taken");
        sleep(Duration::from_secs(5)).await;
        drop(pipe);
        sleep(Duration::from_secs(60)).await;
        assert_eq!(
            replay.status(tokio::time::Instant::now().into_std()).playhead.head as usize,
            replay.timeline().cues().len()
        );
        assert!(!replay.is_over());
    });
}
