//! Conversations with readers that behave badly, byte by byte over in-memory pipes, under virtual time.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufStream, DuplexStream};
use tokio::time::{sleep, timeout};
use touchline::hub::{CloseCode, Framing, Opened, ReplayOptions, Stopping};
use touchline::scenario::{Timeline, open};
use touchline::server::{SubscriberTask, Timing, parse_parameters};

use super::client_frame::{BINARY, CLOSE, CONTINUATION, FINAL, KEY, PING, TEXT, frame, head, masked, text};
use super::pipes::{BOTH, Handshake, House, Over, Served};
use super::wire::{FRAMINGS, Told, Wire};

/// A replay, and the house that it is played in.
pub struct Played {
    pub opened: Opened,
    _house: House,
}

/// A reader of the flagship at `max`, over a pipe that holds so many bytes.
pub fn reader(served: Served, query: &str, pipe: usize) -> (Played, DuplexStream, Over) {
    reader_of(served, Framing::WebSocket, query, pipe, Handshake::default())
}

/// The same in any framing.
fn reader_of(
    served: Served,
    framing: Framing,
    query: &str,
    pipe: usize,
    handshake: Handshake,
) -> (Played, DuplexStream, Over) {
    let timeline = Arc::new(Timeline::new(&open("juv").expect("shipped")));
    let mut join = parse_parameters(query, &timeline).expect("parameters");
    join.options.framing = framing;
    let mut options = ReplayOptions::default();
    options.playback.speed = touchline::playback::Speed::MAX;
    let house = House::new(served);
    let opened = house.hub.open("main", timeline, options).expect("a replay");
    let (ours, over) = house.connect_with(&opened.replay, opened.control.clone(), join, pipe, handshake);
    (Played { opened, _house: house }, ours, over)
}

/// Waits until the server has let go of a connection, as long as the time given.
pub async fn let_go(over: Over, within: Duration) {
    let let_go = async {
        while !over.is_over() {
            sleep(Duration::from_millis(10)).await
        }
    };
    timeout(within, let_go).await.expect("let go");
}

pub fn by_both(test: impl AsyncFn(Served)) {
    for served in BOTH {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.expect("a runtime").block_on(test(served));
    }
}

fn in_all_framings(test: impl AsyncFn(Served, Framing)) {
    by_both(async |served| {
        for framing in FRAMINGS {
            test(served, framing).await;
        }
    });
}

/// Reads to the end and gives the close code, if the last frame is a close.
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
            assert_eq!(rest.len(), header + length, "nothing follows a goodbye");
            return Some(u16::from_be_bytes([payload[0], payload[1]]));
        }
        rest = &rest[header + length..];
    }
}

#[test]
fn who_breaks_the_protocol_while_behind_is_told_so_once_it_reads() {
    by_both(async |served| {
        for (broken, code) in [
            ([head(FINAL | TEXT, 1 << 40), masked(KEY, b"the beginning of a terabyte")].concat(), 1009),
            (frame(FINAL | BINARY, b"abc"), 1003),
            (text(b"\xff\xff"), 1007),
            (frame(FINAL | 7, b""), 1002),
            // Without a mask.
            (vec![0x81, 0x02, b'h', b'i'], 1002),
        ] {
            let (_played, mut pipe, server) = reader(served, "since=start", 600);
            sleep(Duration::from_secs(1)).await;
            pipe.write_all(&broken).await.expect("taken");
            sleep(Duration::from_secs(1)).await;
            assert_eq!(close_code(&mut pipe).await, Some(code));
            drop(pipe);
            let_go(server, Duration::from_secs(5)).await;
        }
    });
}

#[test]
fn what_comes_after_a_frame_that_is_too_long_is_not_kept() {
    by_both(async |served| {
        let (_played, mut pipe, server) = reader(served, "ticks=off", 600);
        pipe.write_all(&head(FINAL | TEXT, 1 << 40)).await.expect("taken");
        // Taken as long as the goodbye lasts, so that it is not lost in a reset, and no longer.
        let flood = async { while pipe.write_all(&[b'x'; 4096]).await.is_ok() && pipe.read_u8().await.is_ok() {} };
        timeout(Duration::from_secs(5), flood).await.expect("an end");
        let_go(server, Duration::from_secs(5)).await;
    });
}

#[test]
fn a_reader_that_is_slow_but_reads_stays() {
    in_all_framings(async |served, framing| {
        let (_played, mut pipe, server) =
            reader_of(served, framing, "since=start&ticks=off", 600, Handshake::default());
        let mut read = 0;
        let mut some = [0; 200];
        // Five minutes: it is never silent for long, though there is no ping that it could answer.
        for _ in 0..100 {
            sleep(Duration::from_secs(3)).await;
            read += pipe.read(&mut some).await.expect("more");
        }
        assert_eq!(read, 100 * some.len());
        assert!(!server.is_over());
    });
}

#[test]
fn a_reader_that_takes_nothing_is_let_go_after_the_stated_time() {
    in_all_framings(async |served, framing| {
        let (_played, pipe, server) = reader_of(served, framing, "since=start", 600, Handshake::default());
        sleep(Duration::from_secs(19)).await;
        assert!(!server.is_over());
        let_go(server, Duration::from_secs(4)).await;
        drop(pipe);
    });
}

#[test]
fn a_reader_that_never_answers_is_told_so_after_the_stated_time_and_let_go() {
    by_both(async |served| {
        let (_played, mut pipe, server) = reader(served, "", 1 << 20);
        let read = tokio::spawn(async move { close_code(&mut pipe).await });
        sleep(Duration::from_secs(49)).await;
        assert!(!server.is_over() && !read.is_finished());
        let_go(server, Duration::from_secs(4)).await;
        assert_eq!(read.await.expect("closed"), Some(4009));
    });
}

#[test]
fn who_can_only_listen_may_be_silent_or_say_what_it_likes_until_it_goes() {
    by_both(async |served| {
        for (framing, comments) in [(Framing::Sse, 19..=20), (Framing::Lines, 0..=0)] {
            for noise in [&b""[..], b"pause", &frame(FINAL | CLOSE, b""), &head(FINAL | TEXT, 1 << 40)] {
                let leftover = Handshake { leftover: noise.to_vec(), ..Handshake::default() };
                let (played, pipe, server) = reader_of(served, framing, "ticks=off", 600, leftover);
                let (mut reading, mut writing) = tokio::io::split(pipe);
                let said = async {
                    for _ in 0..300 {
                        writing.write_all(noise).await.expect("taken");
                        sleep(Duration::from_secs(1)).await;
                    }
                };
                let mut wire = Wire::of(framing);
                let mut told = Vec::new();
                let heard = async {
                    let mut bytes = [0; 4096];
                    while let Ok(read @ 1..) = reading.read(&mut bytes).await {
                        told.extend(wire.take(&bytes[..read]));
                    }
                };
                tokio::select! {
                    () = said => {}
                    () = heard => panic!("it was let go"),
                }
                assert!(!server.is_over() && played.opened.replay.subscriber_count() == 1);
                let count = told.iter().filter(|told| matches!(told, Told::Comment(_))).count();
                assert!(comments.contains(&count), "{count} comments in five minutes, {framing:?}");
                writing.shutdown().await.expect("a pipe");
                let_go(server, Duration::from_secs(1)).await;
            }
        }
    });
}

#[test]
fn the_answer_to_the_handshake_goes_first_and_the_goodbye_last() {
    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
    in_all_framings(async |served, framing| {
        // A pipe that takes neither as a whole.
        let response_head = Handshake { response_head: HEAD.to_vec(), ..Handshake::default() };
        let (played, mut pipe, server) = reader_of(served, framing, "ticks=off", 7, response_head);
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
        let mut wire = Wire::of(framing);
        let mut told: Vec<_> = wire.take(&bytes).into_iter().map(Told::text).collect();
        assert!(wire.is_whole());
        told.retain(|told| told != "retry 1000");
        let goodbye = match framing {
            Framing::WebSocket => "closed 1001",
            _ => r#"{"kind":"close","code":1001,"reason":"the server is stopping"}"#,
        };
        assert!(told[0].starts_with(r#"{"kind":"hello""#), "{}", told[0]);
        assert_eq!(told.last().map(|told| &**told), Some(goodbye));
        drop(pipe);
        let_go(server, Duration::from_secs(1)).await;
    });
}

#[tokio::test(start_paused = true)]
async fn what_a_socket_holds_back_goes_out_before_the_next_is_waited_for() {
    let (played, ..) = reader(Served::ByTasks, "", 600);
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
    let join = parse_parameters("ticks=off", replay.timeline()).expect("parameters");
    tokio::spawn(conversation.serve(join));
    sleep(Duration::from_secs(1)).await;
    let mut bytes = vec![0; 1 << 16];
    let read = timeout(Duration::from_secs(1), ours.read(&mut bytes)).await.expect("something").expect("bytes");
    let mut wire = Wire::of(Framing::WebSocket);
    let told: Vec<_> = wire.take(&bytes[..read]).into_iter().map(Told::text).collect();
    assert!(wire.is_whole() && told.iter().any(|told| told.starts_with(r#"{"kind":"table""#)), "{told:?}");
}

#[test]
fn who_asks_and_asks_and_never_reads_is_not_listened_to_for_long() {
    by_both(async |served| {
        let (played, mut pipe, server) = reader(served, "ticks=off", 600);
        let ping = format!(r#"{{"command":"ping","payload":"{}"}}"#, "x".repeat(1000));
        let ping = text(ping.as_bytes());
        let mut taken = 0;
        while timeout(Duration::from_secs(1), pipe.write_all(&ping)).await.is_ok_and(|written| written.is_ok()) {
            taken += 1;
        }
        assert!(taken < 50, "{taken} requests taken, and every answer held");
        let_go(server, Duration::from_secs(30)).await;
        assert_eq!(played.opened.replay.subscriber_count(), 0);
    });
}

#[test]
fn requests_in_pieces_with_pings_between_are_understood() {
    by_both(async |served| {
        let (_played, mut pipe, _server) = reader(served, "ticks=off&snapshot=off", 1 << 16);
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
        let mut told = vec![0; 1 << 16];
        let bytes = pipe.read(&mut told).await.expect("answers");
        let told = String::from_utf8_lossy(&told[..bytes]).into_owned();
        let pong = told.find("\u{fffd}\u{6}there?").expect("a pong");
        let reply = told.find(r#"{"kind":"reply","id":1,"ok":true"#).expect("a reply");
        assert!(pong < reply);
    });
}

#[test]
fn a_replay_that_nobody_can_command_plays_on() {
    by_both(async |served| {
        let (played, mut pipe, _server) = reader(served, "", 1 << 16);
        let Opened { replay, control } = played.opened;
        drop(control);
        // The conversation held the last one but this.
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
