//! What the program says where something else answers than the server that is meant: not HTTP, another protocol, no end,
//! and words that would command a terminal.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::Output;

use super::program::run;

/// What an impostor writes after it has read a request: once, and then again and again.
#[derive(Clone, Copy)]
struct Lines {
    first: &'static [u8],
    again: &'static [u8],
}

const fn once(first: &'static [u8]) -> Lines {
    Lines { first, again: b"" }
}

const fn endless(first: &'static [u8], again: &'static [u8]) -> Lines {
    Lines { first, again }
}

/// Answers every connection by these lines, until the test is over.
fn impostor(lines: Lines) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let Ok(mut socket) = socket else { return };
            std::thread::spawn(move || {
                let _ = socket.read(&mut [0; 4_096]);
                let _ = socket.write_all(lines.first);
                let again = lines.again.repeat(1_000);
                while !again.is_empty() && socket.write_all(&again).is_ok() {}
                // What is read no more would be answered with a reset, which takes along what was written.
                let _ = socket.shutdown(std::net::Shutdown::Write);
                while socket.read(&mut [0; 4_096]).is_ok_and(|count| count > 0) {}
            });
        }
    });
    address
}

/// What was said on either stream, and the exit code.
fn told(output: &Output) -> (String, Option<i32>) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout) + &text(&output.stderr), output.status.code())
}

/// Asks an impostor by each way that the command line has.
fn ways(address: SocketAddr) -> [Vec<String>; 5] {
    let (http, ws) = (format!("http://{address}"), format!("ws://{address}/ws"));
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    [
        words(&["watch", &ws]),
        words(&["health", &http]),
        words(&["pause", "--on", &http]),
        words(&["load", &ws, "--subscribers", "1", "--duration", "1s"]),
        words(&["load", &format!("{http}/events"), "--subscribers", "1", "--duration", "1s"]),
    ]
}

#[test]
fn a_foreign_servers_response_is_reported_in_one_line() {
    let alert = once(b"\x15\x03\x01\x00\x02\x02\x46");
    let redirect = once(
        b"HTTP/1.1 308 Permanent Redirect\r\nlocation: https://h.example/x?token=secret\r\ncontent-length: 0\r\n\r\n",
    );
    for (lines, words) in [
        (once(b"220 mail.example ESMTP\r\n"), "the response is not HTTP; it starts with \"220 mail.example ESMTP\""),
        (once(b"\x1b[2J\xe2\x80\xae\r\n"), "the response is not HTTP; it starts with \"\\u{1b}[2J\\u{202e}\""),
        (alert, "the server speaks TLS: use https:// or wss://"),
        (redirect, "308 Permanent Redirect, which redirects to \"https://h.example/x\": use that address"),
        (once(b""), "the connection was cut before"),
        (endless(b"HTTP/1.1 200 OK\r\nx: ", b"y"), "the response head is longer than 64 KiB"),
    ] {
        let address = impostor(lines);
        for words_typed in ways(address) {
            let typed: Vec<&str> = words_typed.iter().map(String::as_str).collect();
            let (said, code) = told(&run(&typed));
            assert_eq!(code, Some(1), "{typed:?}: {said}");
            assert!(said.contains(words) && !said.contains("secret"), "{typed:?}: {said}");
            assert_eq!(said.trim_end().lines().count(), 1, "{typed:?}: {said}");
        }
    }
}

#[test]
fn health_fails_for_a_server_other_than_touchline() {
    let foreign = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 20\r\n\r\n<html>Jenkins</html>";
    let (said, code) = told(&run(&["health", &format!("http://{}", impostor(once(foreign)))]));
    assert!(code == Some(1) && said.contains("the answer is not that of a touchline server"), "{said}");
}

#[test]
fn endless_responses_are_cut_off() {
    let events = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    let body = impostor(endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x"));
    let hints = impostor(endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"));
    let line = impostor(endless(events, b"data: x"));
    for (typed, words) in [
        // Far longer than they take: the end comes with the size.
        (
            vec!["health".to_owned(), format!("http://{body}"), "--timeout".into(), "60s".into()],
            "the response body is longer than 4 MiB",
        ),
        (vec!["pause".into(), "--on".into(), format!("http://{body}")], "the response body is longer than 4 MiB"),
        (
            vec!["health".into(), format!("http://{hints}"), "--timeout".into(), "3s".into()],
            "the response head did not end within 3 s (",
        ),
        (
            vec!["load".into(), format!("http://{line}/events"), "--duration".into(), "2m".into()],
            "a frame of more than 16 MiB",
        ),
    ] {
        let typed: Vec<&str> = typed.iter().map(String::as_str).collect();
        let (said, code) = told(&run(&typed));
        assert_eq!(code, Some(1), "{typed:?}: {said}");
        assert!(said.contains(words), "{typed:?}: {said}");
    }
}

/// Everything that commands a terminal, turns a line round, ends it or hides in it.
const SHARP: &str =
    "\u{1b}]0;owned\u{7}\u{9b}2J\u{85}\u{2028}\u{2029}\u{202e}\u{2066}\u{200b}\u{200d}\u{feff}\u{e0041}\r";

#[test]
fn foreign_text_cannot_send_terminal_escapes() {
    let json =
        serde_json::json!({"kind": "error", "code": "bad_argument", "message": format!("so{SHARP}so")}).to_string();
    let length = json.len();
    let answer = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {length}\r\n\r\n{json}");
    let answer: &'static [u8] = answer.into_bytes().leak();
    let address = impostor(once(answer));
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("sharp{SHARP}.jsonl"));
    let scenario =
        format!("{{\"kind\":\"scenario\",\"version\":1,\"title\":\"t\u{202e}\u{2028}t\",\"sharp{SHARP}\":1}}\n");
    std::fs::write(&file, scenario).expect("written");
    let file = file.to_string_lossy().into_owned();
    let missing = format!("./no{SHARP}where.jsonl");
    let mut all = ways(address).to_vec();
    for words in [
        vec!["check", &file],
        vec!["check", &missing],
        vec!["info", &file],
        vec!["info", &missing],
        vec!["serve", &missing],
        vec!["seek", &format!("no{SHARP}where:x=")],
        vec!["pause", "--by", &format!("an{SHARP}na")],
        vec!["watch", &format!("no such{SHARP}host")],
        vec!["close", &format!("na{SHARP}me"), "--on", &address.to_string()],
        vec![&format!("--op{SHARP}tion")],
    ] {
        all.push(words.into_iter().map(str::to_owned).collect());
    }
    for words in &all {
        let typed: Vec<&str> = words.iter().map(String::as_str).collect();
        let (said, code) = told(&run(&typed));
        assert_ne!(code, Some(0), "{typed:?}");
        assert!(!said.is_empty());
        let sharp = said.chars().find(|c| *c != '\n' && !touchline::printable::is_printable(*c));
        assert_eq!(sharp, None, "{typed:?}: {said:?}");
    }
    std::fs::remove_file(&file).expect("removed");
}

#[test]
fn an_invisible_name_is_refused_on_the_command_line() {
    for by in ["", "  ", "\u{200b}", "\u{3164}", "an\u{202e}na"] {
        let (said, code) = told(&run(&["pause", "--by", by, "--on", "127.0.0.1:1"]));
        assert_eq!(code, Some(2), "{by:?}: {said}");
        assert!(said.contains("--by") && said.contains("1 to 60 printable characters"), "{said}");
    }
}
