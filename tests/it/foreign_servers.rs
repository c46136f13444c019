//! The program against servers that are not Touchline: no HTTP, another protocol, endless responses, and text with terminal
//! escapes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::Output;

use super::program::run;

/// The bytes a foreign server writes after a request: `first` once, then `again` repeatedly.
#[derive(Clone, Copy)]
struct CannedResponse {
    first: &'static [u8],
    again: &'static [u8],
}

const fn once(first: &'static [u8]) -> CannedResponse {
    CannedResponse { first, again: b"" }
}

const fn endless(first: &'static [u8], again: &'static [u8]) -> CannedResponse {
    CannedResponse { first, again }
}

/// Answers every connection with this response, until the test ends.
fn foreign_server(lines: CannedResponse) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let Ok(mut socket) = socket else { return };
            std::thread::spawn(move || {
                let _ = socket.read(&mut [0; 4_096]);
                let _ = socket.write_all(lines.first);
                // In large pieces: each is a wake-up of the program.
                let again = lines.again.repeat((64 << 10) / lines.again.len().max(1));
                while !again.is_empty() && socket.write_all(&again).is_ok() {}
                // Keep reading: unread input would cause a reset, which discards the bytes written.
                let _ = socket.shutdown(std::net::Shutdown::Write);
                while socket.read(&mut [0; 4_096]).is_ok_and(|count| count > 0) {}
            });
        }
    });
    address
}

/// The output on both streams, and the exit code.
fn printed(output: &Output) -> (String, Option<i32>) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout) + &text(&output.stderr), output.status.code())
}

/// Each command that connects to a server, with this address.
fn command_lines(address: SocketAddr) -> [Vec<String>; 5] {
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
        let address = foreign_server(lines);
        for words_typed in command_lines(address) {
            let typed: Vec<&str> = words_typed.iter().map(String::as_str).collect();
            let (output, code) = printed(&run(&typed));
            assert_eq!(code, Some(1), "{typed:?}: {output}");
            assert!(output.contains(words) && !output.contains("secret"), "{typed:?}: {output}");
            assert_eq!(output.trim_end().lines().count(), 1, "{typed:?}: {output}");
        }
    }
}

#[test]
fn health_fails_for_a_server_other_than_touchline() {
    let foreign = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 20\r\n\r\n<html>Jenkins</html>";
    let (output, code) = printed(&run(&["health", &format!("http://{}", foreign_server(once(foreign)))]));
    assert!(code == Some(1) && output.contains("the answer is not that of a touchline server"), "{output}");
}

#[test]
fn endless_responses_are_cut_off() {
    let events = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    let body = foreign_server(endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x"));
    let hints = foreign_server(endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"));
    let line = foreign_server(endless(events, b"data: x"));
    for (typed, words) in [
        // Far longer than they take: the size limit ends them.
        (
            vec!["health".to_owned(), format!("http://{body}"), "--timeout".into(), "60s".into()],
            "the response body is longer than 4 MiB",
        ),
        (vec!["pause".into(), "--on".into(), format!("http://{body}")], "the response body is longer than 4 MiB"),
        (
            vec!["health".into(), format!("http://{hints}"), "--timeout".into(), "1s".into()],
            "the response head did not end within 1 s (",
        ),
        (
            vec!["load".into(), format!("http://{line}/events"), "--duration".into(), "2m".into()],
            "a frame of more than 16 MiB",
        ),
    ] {
        let typed: Vec<&str> = typed.iter().map(String::as_str).collect();
        let (output, code) = printed(&run(&typed));
        assert_eq!(code, Some(1), "{typed:?}: {output}");
        assert!(output.contains(words), "{typed:?}: {output}");
    }
}

/// Terminal escapes, bidirectional overrides, line breaks and invisible characters.
const DANGEROUS_TEXT: &str =
    "\u{1b}]0;owned\u{7}\u{9b}2J\u{85}\u{2028}\u{2029}\u{202e}\u{2066}\u{200b}\u{200d}\u{feff}\u{e0041}\r";

#[test]
fn foreign_text_cannot_send_terminal_escapes() {
    let json = serde_json::json!({"kind": "error", "code": "bad_argument", "message": format!("so{DANGEROUS_TEXT}so")})
        .to_string();
    let length = json.len();
    let answer = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {length}\r\n\r\n{json}");
    let answer: &'static [u8] = answer.into_bytes().leak();
    let address = foreign_server(once(answer));
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("sharp{DANGEROUS_TEXT}.jsonl"));
    let scenario = format!(
        "{{\"kind\":\"scenario\",\"version\":1,\"title\":\"t\u{202e}\u{2028}t\",\"sharp{DANGEROUS_TEXT}\":1}}\n"
    );
    std::fs::write(&file, scenario).expect("written");
    let file = file.to_string_lossy().into_owned();
    let missing = format!("./no{DANGEROUS_TEXT}where.jsonl");
    let mut all = command_lines(address).to_vec();
    for words in [
        vec!["check", &file],
        vec!["check", &missing],
        vec!["info", &file],
        vec!["info", &missing],
        vec!["serve", &missing],
        vec!["seek", &format!("no{DANGEROUS_TEXT}where:x=")],
        vec!["pause", "--by", &format!("an{DANGEROUS_TEXT}na")],
        vec!["watch", &format!("no such{DANGEROUS_TEXT}host")],
        vec!["close", &format!("na{DANGEROUS_TEXT}me"), "--on", &address.to_string()],
        vec![&format!("--op{DANGEROUS_TEXT}tion")],
    ] {
        all.push(words.into_iter().map(str::to_owned).collect());
    }
    for words in &all {
        let typed: Vec<&str> = words.iter().map(String::as_str).collect();
        let (output, code) = printed(&run(&typed));
        assert_ne!(code, Some(0), "{typed:?}");
        assert!(!output.is_empty());
        let sharp = output.chars().find(|c| *c != '\n' && !touchline::internals::is_printable(*c));
        assert_eq!(sharp, None, "{typed:?}: {output:?}");
    }
    std::fs::remove_file(&file).expect("removed");
}

#[test]
fn an_invisible_name_is_refused_on_the_command_line() {
    for by in ["", "  ", "\u{200b}", "\u{3164}", "an\u{202e}na"] {
        let (output, code) = printed(&run(&["pause", "--by", by, "--on", "127.0.0.1:1"]));
        assert_eq!(code, Some(2), "{by:?}: {output}");
        assert!(output.contains("--by") && output.contains("1 to 60 printable characters"), "{output}");
    }
}
