//! A WebSocket conformance suite: a table of client bytes and expected responses. Written from RFC 6455 and IANA's registry of
//! close codes. Every case runs in both delivery modes, its bytes in one write and one byte per write.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::client_frame::{BINARY, CLOSE, CONTINUATION, FINAL, KEY, PING, PONG, TEXT, frame, head, masked, text};
use super::real::{DRIVERS, TestServer, within};

/// The maximum message size.
const MAX_MESSAGE: usize = 64 << 10;
/// How many cases run at once.
const CONCURRENT_CASES: usize = 24;

/// An expected response, besides the frames that every subscriber gets.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    Pong(Vec<u8>),
    /// The reply to a ping of `touchline.v1`, with its payload.
    Reply(Value),
    /// An `error` frame with this code: the text message is no valid request.
    Error(String),
    /// A close frame initiated by the server.
    Closed(u16),
    /// The echo of a close frame: its payload.
    Echo(Vec<u8>),
}

/// Bytes that a client sends after the handshake, and the expected responses. Unless these end with a close frame, the connection
/// stays open.
struct Case {
    name: String,
    bytes: Vec<u8>,
    answers: Vec<Answer>,
}

fn case(name: impl Into<String>, frames: &[Vec<u8>], answers: &[Answer]) -> Case {
    Case { name: name.into(), bytes: frames.concat(), answers: answers.to_vec() }
}

fn ping(payload: &[u8]) -> Vec<u8> {
    frame(FINAL | PING, payload)
}

fn pong(payload: &[u8]) -> Vec<u8> {
    frame(FINAL | PONG, payload)
}

/// A close frame with a code and a reason.
fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(FINAL | CLOSE, &[&code.to_be_bytes()[..], reason].concat())
}

const BEFORE: &str = r#"{"command":"ping","payload":""#;
const AFTER: &str = r#""}"#;

/// A ping message with this payload, which needs no JSON escapes.
fn request(payload: &str) -> Vec<u8> {
    [BEFORE, payload, AFTER].concat().into_bytes()
}

fn reply(payload: &str) -> Answer {
    Answer::Reply(json!(payload))
}

/// A message cut into frames at these places.
fn fragments(message: &[u8], cuts: &[usize]) -> Vec<Vec<u8>> {
    let ends: Vec<usize> = cuts.iter().copied().chain([message.len()]).collect();
    let begins = [0].into_iter().chain(cuts.iter().copied());
    let frames = begins.zip(&ends).enumerate().map(|(at, (begin, end))| {
        let first = if at == 0 { TEXT } else { CONTINUATION };
        let last = if at == ends.len() - 1 { FINAL } else { 0 };
        frame(first | last, &message[begin..*end])
    });
    frames.collect()
}

fn lengths(cases: &mut Vec<Case>) {
    for length in [34, 124, 125, 126, 127, 128, 129, 1_000, 65_534, 65_535, 65_536] {
        let payload = "x".repeat(length - request("").len());
        cases.push(case(format!("{length} bytes of text"), &[text(&request(&payload))], &[reply(&payload)]));
        let halves = fragments(&request(&payload), &[length / 2]);
        cases.push(case(format!("{length} bytes of text in two frames"), &halves, &[reply(&payload)]));
    }
    for key in [[0; 4], [0xff; 4], [1, 0, 0, 0], [b'{', b'"', b'c', b'o']] {
        let message = request("masked");
        let frame = [head(FINAL | TEXT, message.len() as u64), masked(key, &message)].concat();
        cases.push(case(format!("masked with {key:x?}"), &[frame], &[reply("masked")]));
    }
    let empty = Answer::Error("unknown_command".into());
    cases.push(case("no text", &[text(b"")], std::slice::from_ref(&empty)));
    cases.push(case("no text in three frames", &fragments(b"", &[0, 0]), &[empty]));

    let too_long = [Answer::Closed(1009)];
    for length in [65_537, 1 << 17, 1 << 32, i64::MAX as u64] {
        for first in [FINAL | TEXT, TEXT] {
            cases.push(case(format!("{first:#x} claims {length} bytes"), &[head(first, length)], &too_long));
        }
    }
    let half = MAX_MESSAGE / 2;
    let begun = frame(TEXT, &vec![b'x'; half]);
    let claims = |first, length: usize| vec![begun.clone(), head(first, length as u64)];
    cases.push(case("two frames that are too long together", &claims(FINAL, half + 1), &too_long));
    cases.push(case("two frames that are too long together, and more", &claims(0, half + 1), &too_long));
    let third = [begun.clone(), frame(CONTINUATION, &vec![b'x'; half]), head(CONTINUATION, 1)];
    cases.push(case("a byte more than may be, in a third frame", &third, &too_long));
    let most = [begun.clone(), frame(CONTINUATION, &vec![b'x'; half]), ping(b"?"), frame(FINAL, b"")];
    let answered = [Answer::Pong(b"?".to_vec()), Answer::Error("unknown_command".into())];
    cases.push(case("as much as may be, and an empty last frame", &most, &answered));

    let long = |length: u64| [&[FINAL | TEXT, 0x80 | 127][..], &length.to_be_bytes()].concat();
    for length in [1 << 63, 1 << 63 | 5, u64::MAX] {
        cases.push(case(format!("a length of {length:#x}"), &[long(length)], &[Answer::Closed(1002)]));
    }
    // The standard requires the shortest form, but not that a receiver refuses others.
    for payload in ["", &"x".repeat(200)] {
        let message = request(payload);
        let frame = [long(message.len() as u64), masked(KEY, &message)];
        cases.push(case(format!("{} bytes, and eight for the length", message.len()), &frame, &[reply(payload)]));
    }
    let message = request("");
    let short = vec![FINAL | TEXT, 0x80 | 126, 0, message.len() as u8];
    cases.push(case("two bytes for a short length", &[short, masked(KEY, &message)], &[reply("")]));
}

fn control(cases: &mut Vec<Case>) {
    for length in 0..=125_u8 {
        let payload: Vec<u8> = (0..length).map(|at| at.wrapping_mul(7) ^ 0x80).collect();
        cases.push(case(format!("a ping with {length} bytes"), &[ping(&payload)], &[Answer::Pong(payload)]));
    }
    let pings: Vec<_> = (0..10_u8).map(|at| ping(&[at])).collect();
    let pongs: Vec<_> = (0..10_u8).map(|at| Answer::Pong(vec![at])).collect();
    cases.push(case("ten pings", &pings, &pongs));
    cases.push(case("a pong that nobody asked for", &[pong(b""), pong(b"unasked"), pong(&[0xff; 125])], &[]));
    let mixed = [pong(b"a"), ping(b"b"), pong(b"c"), text(&request("d")), pong(b"e")];
    cases.push(case("pongs between others", &mixed, &[Answer::Pong(b"b".to_vec()), reply("d")]));
    let broken = [Answer::Closed(1002)];
    for (opcode, name) in [(PING, "ping"), (PONG, "pong"), (CLOSE, "close")] {
        for length in [126, 127, 0xffff, 1 << 16, 1 << 40] {
            cases.push(case(format!("a {name} that claims {length} bytes"), &[head(FINAL | opcode, length)], &broken));
        }
        // The first two bytes are enough for the refusal.
        cases.push(case(format!("half the head of a {name}"), &[vec![FINAL | opcode, 0xfe]], &broken));
        for payload in [&b""[..], b"part"] {
            cases.push(case(format!("a {name} in parts"), &[frame(opcode, payload)], &broken));
            let within = [frame(TEXT, b"p"), frame(opcode, payload)];
            cases.push(case(format!("a {name} in parts, in a message in parts"), &within, &broken));
        }
        cases.push(case(format!("a {name} that begins in parts"), &[vec![opcode]], &broken));
        cases.push(case(format!("a {name} without a mask"), &[vec![FINAL | opcode, 0]], &broken));
    }
}

fn heads(cases: &mut Vec<Case>) {
    let broken = [Answer::Closed(1002)];
    for bits in (0x10..=0x70).step_by(0x10) {
        for opcode in [TEXT, BINARY, CLOSE, PING, PONG] {
            let frames = [frame(FINAL | bits | opcode, b"")];
            cases.push(case(format!("reserved bits {bits:#x} on {opcode}"), &frames, &broken));
        }
        cases.push(case(format!("nothing but reserved bits {bits:#x}"), &[vec![FINAL | bits | TEXT]], &broken));
        let last = [frame(TEXT, b"a"), frame(FINAL | bits, b"b")];
        cases.push(case(format!("reserved bits {bits:#x} on a last frame"), &last, &broken));
        let after = [text(&request("fine")), ping(b"so far"), frame(FINAL | bits | TEXT, b"x"), text(&request("no"))];
        let answers = [reply("fine"), Answer::Pong(b"so far".to_vec()), Answer::Closed(1002)];
        cases.push(case(format!("reserved bits {bits:#x} after what is right"), &after, &answers));
    }
    for opcode in (3..=7).chain(11..=15) {
        for (first, payload) in [(FINAL | opcode, &b""[..]), (FINAL | opcode, b"payload"), (opcode, b"")] {
            let name = format!("opcode {opcode} as {first:#x} with {} bytes", payload.len());
            cases.push(case(name, &[frame(first, payload)], &broken));
        }
        cases.push(case(format!("nothing but opcode {opcode}"), &[vec![FINAL | opcode]], &broken));
        let within = [frame(TEXT, b"a"), frame(FINAL | opcode, b"")];
        cases.push(case(format!("opcode {opcode} in a message"), &within, &broken));
        let after = [text(&request("fine")), frame(FINAL | opcode, b""), ping(b"no more")];
        cases.push(case(format!("opcode {opcode} after text"), &after, &[reply("fine"), Answer::Closed(1002)]));
    }
    for first in [FINAL | TEXT, TEXT, FINAL | BINARY] {
        for length in [0, 2, 125, 126, 127] {
            cases.push(case(format!("{first:#x} without a mask, {length}"), &[vec![first, length]], &broken));
        }
    }
    let unsupported = [Answer::Closed(1003)];
    for payload in [&b""[..], b"x", b"{}", &[0xff; 126]] {
        let name = format!("{} bytes that are binary", payload.len());
        cases.push(case(name.clone(), &[frame(FINAL | BINARY, payload)], &unsupported));
        cases.push(case(format!("{name}, in parts"), &[frame(BINARY, payload)], &unsupported));
    }
    cases.push(case("a binary gigabyte", &[head(FINAL | BINARY, 1 << 30)], &unsupported));
    cases.push(case("the two bytes that say binary", &[vec![FINAL | BINARY, 0x85]], &unsupported));
    let after = [text(&request("fine")), frame(FINAL | BINARY, b"x")];
    cases.push(case("binary after text", &after, &[reply("fine"), Answer::Closed(1003)]));
}

fn fragmentation(cases: &mut Vec<Case>) {
    let message = request("in parts");
    for cut in 0..=message.len() {
        cases.push(case(format!("cut at {cut}"), &fragments(&message, &[cut]), &[reply("in parts")]));
    }
    let everywhere: Vec<usize> = (1..message.len()).collect();
    cases.push(case("a byte a frame", &fragments(&message, &everywhere), &[reply("in parts")]));
    let empty = [0, 0, 5, 5, 5, message.len(), message.len()];
    cases.push(case("empty frames between", &fragments(&message, &empty), &[reply("in parts")]));

    // Every order of two control frames in the gaps of three fragments.
    let parts = fragments(&message, &[9, 20]);
    let places = (0..=parts.len()).flat_map(|one| (0..=parts.len()).map(move |other| (one, other)));
    for (at_ping, at_other) in places {
        for other in [ping(b"other"), pong(b"other")] {
            let (mut frames, mut answers) = (Vec::new(), Vec::new());
            for at in 0..=parts.len() {
                if at == at_ping {
                    frames.push(ping(b"one"));
                    answers.push(Answer::Pong(b"one".to_vec()));
                }
                if at == at_other {
                    frames.push(other.clone());
                    if other == ping(b"other") {
                        answers.push(Answer::Pong(b"other".to_vec()));
                    }
                }
                frames.extend(parts.get(at).cloned());
                if at + 1 == parts.len() {
                    answers.push(reply("in parts"));
                }
            }
            cases.push(case(format!("control frames at {at_ping} and {at_other}"), &frames, &answers));
        }
    }
    let twice = [parts.concat(), text(&request("whole")), parts.concat()];
    cases.push(case("one after another", &twice, &[reply("in parts"), reply("whole"), reply("in parts")]));

    let broken = [Answer::Closed(1002)];
    for first in [FINAL, 0] {
        for payload in [&b""[..], b"the end of nothing"] {
            let frames = [frame(first | CONTINUATION, payload), text(&request("no"))];
            cases.push(case(format!("{first:#x} continues nothing"), &frames, &broken));
        }
        let after = [parts.concat(), frame(first | CONTINUATION, b"more")];
        let answers = [reply("in parts"), Answer::Closed(1002)];
        cases.push(case(format!("{first:#x} continues what has ended"), &after, &answers));
        for opcode in [TEXT, BINARY] {
            let frames = [parts[0].clone(), frame(first | opcode, &request("new"))];
            cases.push(case(format!("{first:#x} with {opcode} in an unfinished message"), &frames, &broken));
            let frames = [parts[0].clone(), ping(b"x"), vec![first | opcode]];
            let answers = [Answer::Pong(b"x".to_vec()), Answer::Closed(1002)];
            cases.push(case(format!("the byte that says so, {opcode}"), &frames, &answers));
        }
    }
}

/// Invalid UTF-8, and how many of its bytes prove it: `None` if more bytes could complete it.
const NOT_UTF8: &[(&[u8], Option<usize>)] = &[
    (b"\x80", Some(1)),
    (b"\xbf", Some(1)),
    (b"\x80\xbf\x80", Some(1)),
    // Overlong encodings.
    (b"\xc0\x80", Some(1)),
    (b"\xc1\xbf", Some(1)),
    (b"\xe0\x80\x80", Some(2)),
    (b"\xe0\x9f\xbf", Some(2)),
    (b"\xf0\x80\x80\x80", Some(2)),
    (b"\xf0\x8f\xbf\xbf", Some(2)),
    (b"\xf8\x88\x80\x80\x80", Some(1)),
    (b"\xfc\x84\x80\x80\x80\x80", Some(1)),
    // Surrogates, alone and in pairs.
    (b"\xed\xa0\x80", Some(2)),
    (b"\xed\xbf\xbf", Some(2)),
    (b"\xed\xa0\x80\xed\xb0\x80", Some(2)),
    // Beyond U+10FFFF.
    (b"\xf4\x90\x80\x80", Some(2)),
    (b"\xf5\x80\x80\x80", Some(1)),
    (b"\xfe", Some(1)),
    (b"\xff", Some(1)),
    // Truncated, by another character and by the end.
    (b"\xc3x", Some(2)),
    (b"\xe2\x82x", Some(3)),
    (b"\xf0\x9f\x98x", Some(4)),
    (b"\xc3\xc3", Some(2)),
    (b"\xf0\xc3", Some(2)),
    (b"\xc3", None),
    (b"\xe2", None),
    (b"\xe2\x82", None),
    (b"\xf0", None),
    (b"\xf0\x9f", None),
    (b"\xf0\x9f\x98", None),
];

/// The first and last characters of every length, and their neighbours.
const UTF8: &[&str] = &[
    "κόσμε",
    "\u{7f}",
    "\u{80}",
    "\u{85}",
    "\u{7ff}",
    "\u{800}",
    "\u{fff}",
    "\u{1000}",
    "\u{2028}\u{2029}",
    "\u{cfff}",
    "\u{d7ff}",
    "\u{e000}",
    "\u{feff}",
    "\u{fffd}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{10000}",
    "\u{3ffff}",
    "\u{40000}",
    "\u{fffff}",
    "\u{100000}",
    "\u{10ffff}",
    "Müller \u{2014} 日本 \u{1f600}\u{1f3fd}",
];

fn utf8(cases: &mut Vec<Case>) {
    for valid in UTF8 {
        let message = request(valid);
        cases.push(case(format!("{valid:?}"), &[text(&message)], &[reply(valid)]));
        for cut in BEFORE.len()..=BEFORE.len() + valid.len() {
            let frames = fragments(&message, &[cut]);
            cases.push(case(format!("{valid:?} cut at {cut}"), &frames, &[reply(valid)]));
            let [begin, end] = &frames[..] else { panic!("two") };
            let between = [begin.clone(), ping("\u{2028}\u{fffd}".as_bytes()), end.clone()];
            let answers = [Answer::Pong("\u{2028}\u{fffd}".into()), reply(valid)];
            cases.push(case(format!("{valid:?} cut at {cut}, with a ping between"), &between, &answers));
        }
    }
    let wrong = [Answer::Closed(1007)];
    for (invalid, shown) in NOT_UTF8 {
        for before in ["", "x", "é", BEFORE] {
            let message = [before.as_bytes(), invalid].concat();
            cases.push(case(format!("{before:?} and {invalid:x?}"), &[text(&message)], &wrong));
            for cut in before.len()..=message.len() {
                let frames = fragments(&message, &[cut]);
                cases.push(case(format!("{before:?} and {invalid:x?} cut at {cut}"), &frames, &wrong));
            }
            let Some(shown) = shown else { continue };
            // The refusal does not wait for the end of the frame or the message.
            let message = &message[..before.len() + shown];
            let part = frame(TEXT, message);
            cases.push(case(format!("{before:?} and {invalid:x?}, more to come"), &[part], &wrong));
            let begun = [head(FINAL | TEXT, 1_000), masked(KEY, message)];
            cases.push(case(format!("{before:?} and {invalid:x?} in a frame that goes on"), &begun, &wrong));
            let frames = [frame(TEXT, before.as_bytes()), head(CONTINUATION, 1_000), masked(KEY, &invalid[..*shown])];
            cases.push(case(format!("{before:?} and {invalid:x?} in a second that goes on"), &frames, &wrong));
        }
    }
    for byte in 0x80..=0xff {
        cases.push(case(format!("the byte {byte:#x} by itself"), &[text(&[byte])], &wrong));
        cases.push(case(format!("the byte {byte:#x} and a letter"), &[text(&[b'x', byte, b'x'])], &wrong));
    }
}

fn closing(cases: &mut Vec<Case>) {
    let echo = |code: u16, reason: &[u8]| Answer::Echo([&code.to_be_bytes()[..], reason].concat());
    cases.push(case("no code", &[frame(FINAL | CLOSE, b"")], &[Answer::Echo(vec![])]));
    for code in (1000..=1003).chain(1007..=1014).chain([3000, 3999, 4000, 4999]) {
        cases.push(case(format!("code {code}"), &[close(code, b"")], &[echo(code, b"")]));
        cases.push(case(format!("code {code} and why"), &[close(code, b"why")], &[echo(code, b"why")]));
    }
    let broken = [Answer::Closed(1002)];
    for code in [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 0x8000, 0xffff] {
        for reason in [&b""[..], b"why"] {
            cases.push(case(format!("code {code}, {reason:?}"), &[close(code, reason)], &broken));
        }
    }
    for byte in [0, 3, 0xff] {
        cases.push(case(format!("half a code, {byte}"), &[frame(FINAL | CLOSE, &[byte])], &broken));
    }
    let longest = "é".repeat(61) + "x";
    assert_eq!(longest.len(), 123);
    cases.push(case("the longest reason", &[close(1000, longest.as_bytes())], &[echo(1000, longest.as_bytes())]));
    cases.push(case("a longer reason", &[close(1000, &[b'x'; 124])], &broken));
    for (invalid, _) in NOT_UTF8 {
        cases.push(case(format!("a reason of {invalid:x?}"), &[close(1000, invalid)], &[Answer::Closed(1007)]));
    }
    for after in [text(&request("late")), ping(b"late"), close(1001, b""), vec![0xff; 30], frame(FINAL, b"late")] {
        let name = format!("{:#x} after a close", after[0]);
        cases.push(case(name, &[close(1000, b""), after], &[echo(1000, b"")]));
    }
    let before = [ping(b"p"), text(&request("t")), close(4000, b"bye")];
    let answers = [Answer::Pong(b"p".to_vec()), reply("t"), echo(4000, b"bye")];
    cases.push(case("what was said before a close is answered", &before, &answers));
    let unfinished = [frame(TEXT, b"{"), close(1001, b"")];
    cases.push(case("a close in an unfinished message", &unfinished, &[echo(1001, b"")]));
}

/// Removes the first complete frame; the inner `None` is a frame that every subscriber gets.
fn take(bytes: &mut Vec<u8>, echoes: bool) -> Option<Option<Answer>> {
    let (&first, &short) = bytes.first().zip(bytes.get(1))?;
    let (header, length) = match short {
        126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().expect("two")))),
        127 => (10, u64::from_be_bytes(bytes.get(2..10)?.try_into().expect("eight")) as usize),
        short => (2, usize::from(short)),
    };
    if bytes.len() < header + length {
        return None;
    }
    let payload: Vec<u8> = bytes.drain(..header + length).skip(header).collect();
    Some(match first & 0x0f {
        TEXT => {
            let frame: Value = serde_json::from_slice(&payload).expect("JSON");
            match frame["kind"].as_str().expect("a kind") {
                "reply" => Some(Answer::Reply(frame["payload"].clone())),
                "error" => Some(Answer::Error(frame["code"].as_str().expect("a code").to_owned())),
                _ => None,
            }
        }
        PONG => Some(Answer::Pong(payload)),
        CLOSE if echoes => Some(Answer::Echo(payload)),
        CLOSE => {
            let (code, reason) = payload.split_first_chunk().expect("a code");
            str::from_utf8(reason).expect("a reason that is text");
            Some(Answer::Closed(u16::from_be_bytes(*code)))
        }
        _ => panic!("a frame that begins with {first:#x}"),
    })
}

/// The writes of a case: everything at once, or single bytes at the edges, so that heads and ends are split.
fn pieces(bytes: &[u8], in_pieces: bool) -> Vec<&[u8]> {
    const EDGE: usize = 40;
    if !in_pieces {
        return vec![bytes];
    }
    if bytes.len() <= 400 {
        return bytes.chunks(1).collect();
    }
    let (begin, rest) = bytes.split_at(EDGE);
    let (middle, end) = rest.split_at(rest.len() - EDGE);
    begin.chunks(1).chain(middle.chunks(5_000)).chain(end.chunks(1)).collect()
}

/// Runs a case; the error compares the actual with the expected responses.
async fn run(server: &TestServer, case: &Case, in_pieces: bool) -> Result<(), String> {
    const OVER: &[u8] = b"nothing else came";
    let closes = matches!(case.answers.last(), Some(Answer::Closed(_) | Answer::Echo(_)));
    let echoes = matches!(case.answers.last(), Some(Answer::Echo(_)));
    let mut expected = case.answers.clone();
    let mut bytes = case.bytes.clone();
    if !closes {
        bytes.extend(ping(OVER));
        expected.push(Answer::Pong(OVER.to_vec()));
    }
    let (mut read, mut write) = upgraded(server).await.into_split();
    let writing = async {
        for piece in pieces(&bytes, in_pieces) {
            // A server that has closed reads no more: a failed write is no error.
            if write.write_all(piece).await.is_err() {
                break;
            }
            tokio::task::yield_now().await;
        }
        std::future::pending::<()>().await;
    };
    let mut answers = Vec::new();
    let reading = async {
        let (mut held, mut buffer) = (Vec::new(), vec![0; 4096]);
        loop {
            while let Some(taken) = take(&mut held, echoes) {
                answers.extend(taken);
            }
            if !closes && answers.last() == expected.last() {
                return;
            }
            match read.read(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(read) => held.extend_from_slice(&buffer[..read]),
            }
        }
        assert!(held.is_empty(), "cut off in a frame");
    };
    let ended = tokio::time::timeout(Duration::from_secs(20), async {
        tokio::select! {
            () = writing => {}
            () = reading => {}
        }
    });
    let in_time = ended.await.is_ok();
    if in_time && answers == expected {
        return Ok(());
    }
    let how = if in_pieces { "a byte at a time" } else { "at once" };
    let waited = if in_time { "" } else { ", and then nothing for 20 s" };
    let brief = |answers: &[Answer]| format!("{answers:?}").chars().take(300).collect::<String>();
    Err(format!("{} {how}: {}{waited}; expected {}", case.name, brief(&answers), brief(&expected)))
}

/// A connection after a handshake.
async fn upgraded(server: &TestServer) -> TcpStream {
    let mut socket = TcpStream::connect(server.address).await.expect("connected");
    socket.set_nodelay(true).expect("set");
    let request = format!(
        "GET /ws?ticks=off&snapshot=off&types=goal HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        server.address
    );
    socket.write_all(request.as_bytes()).await.expect("written");
    let head = head_of_answer(&mut socket).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    socket
}

#[tokio::test]
async fn each_websocket_case_gets_its_expected_response() {
    let mut cases = Vec::new();
    for part in [lengths, control, heads, fragmentation, utf8, closing] {
        part(&mut cases);
    }
    let cases = Arc::new(cases);
    let mut failed = Vec::new();
    for delivery_loop in DRIVERS {
        let server = Arc::new(TestServer::with_delivery_loop(delivery_loop).await);
        let places = Arc::new(Semaphore::new(CONCURRENT_CASES));
        let mut running = JoinSet::new();
        for at in 0..cases.len() {
            for in_pieces in [false, true] {
                let (server, cases, places) = (server.clone(), cases.clone(), places.clone());
                running.spawn(async move {
                    let _place = places.acquire().await.expect("open");
                    run(&server, &cases[at], in_pieces).await
                });
            }
        }
        while let Some(ended) = running.join_next().await {
            let driver = if delivery_loop { "loop" } else { "tasks" };
            failed.extend(ended.expect("it ran").err().map(|failure| format!("{driver}: {failure}")));
        }
    }
    failed.sort();
    assert!(failed.is_empty(), "{} of {} cases failed:\n{}", failed.len(), 4 * cases.len(), failed.join("\n"));
}

/// The status and the head of the response to a request.
async fn answered(server: &TestServer, request: &str) -> (u16, String) {
    let mut socket = TcpStream::connect(server.address).await.expect("connected");
    socket.write_all(request.as_bytes()).await.expect("written");
    let head = head_of_answer(&mut socket).await;
    let status = head.get(9..12).and_then(|status| status.parse().ok());
    (status.unwrap_or_default(), head)
}

/// The head of the next response, partial if the connection ends.
async fn head_of_answer(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n")
        && let Ok(byte) = within("an answer", socket.read_u8()).await
    {
        head.push(byte);
    }
    String::from_utf8(head).expect("text")
}

#[tokio::test]
async fn the_upgrade_follows_rfc_6455_with_and_without_tls() {
    const GOOD: &str = "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    // The server parses a head with more fields than this elsewhere (`src/server/handshake.rs`).
    const HEAD_FIELDS: usize = 48;
    const KEY_LINE: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let changes = [
        ("", "", 101, "nothing"),
        ("Connection: Upgrade", "connection: keep-alive, UPGRADE", 101, "other words and letters"),
        ("Upgrade: websocket", "upgrade: h2c, WebSocket", 101, "other protocols"),
        ("HTTP/1.1", "HTTP/1.0", 426, "HTTP/1.0"),
        ("Connection: Upgrade", "Connection: close", 426, "a connection that is not to be upgraded"),
        ("Connection: Upgrade\r\n", "", 426, "no Connection"),
        ("Upgrade: websocket\r\n", "", 426, "no Upgrade"),
        ("Upgrade: websocket", "Upgrade: websockets", 426, "another protocol"),
        ("GET", "POST", 426, "a POST"),
        ("Sec-WebSocket-Version: 13\r\n", "", 426, "no version"),
        ("Version: 13", "Version: 8", 426, "an old version"),
        ("Version: 13", "Version: 14", 426, "a new version"),
        ("Version: 13", "Version: 013", 426, "a version with a zero"),
        ("Version: 13", "Version: 13, 8", 426, "two versions"),
        ("Version: 13", "Version: 13\r\nSec-WebSocket-Version: 13", 426, "the version twice"),
        (KEY_LINE, "", 400, "no key"),
        (KEY_LINE, "Sec-WebSocket-Key: \r\n", 400, "an empty key"),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==", 400, "two keys in one"),
        (KEY_LINE, &format!("{KEY_LINE}{KEY_LINE}"), 400, "two keys"),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j", 400, "15 bytes"),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQA=", 400, "17 bytes"),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQAA", 400, "18 bytes in as many letters"),
        ("dGhlIHNhbXBsZSBub25jZQ==", "!!!!!!!!!!!!!!!!!!!!!!==", 400, "no base64"),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZR==", 400, "bits beyond 16 bytes"),
        (KEY_LINE, &format!("{KEY_LINE}Content-Length: 6\r\n"), 400, "a body"),
        (KEY_LINE, &format!("{KEY_LINE}Transfer-Encoding: chunked\r\n"), 400, "a body in chunks"),
        (KEY_LINE, &format!("{KEY_LINE}Content-Length: 0\r\n"), 101, "an empty body"),
    ];
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        for (original, replacement, status, why) in changes {
            let request = GOOD.replacen(original, replacement, 1);
            for fields in [0, HEAD_FIELDS] {
                let fields: String = (0..fields).map(|at| format!("X-{at}: x\r\n")).collect();
                let padded = request.replacen("Host:", &format!("{fields}Host:"), 1);
                let (got, head) = answered(&server, &padded).await;
                assert_eq!(got, status, "{why}, with {} bytes of other fields: {head}", fields.len());
                if status == 426 {
                    for line in ["\r\nupgrade: websocket\r\n", "\r\nsec-websocket-version: 13\r\n"] {
                        assert!(head.contains(line), "{why}: {head}");
                    }
                }
            }
        }
    }
}
