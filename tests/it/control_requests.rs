//! The command line as a client of the control API, against a scripted server: the requests it sends, its output and its exit code.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

const PLAYING: &str = r#"{"ok":true,"playback":{"state":"playing","version":4,"run":"7c1e90ab","epoch":2,"speed":60,"at":6402000,"wall":"2026-11-22T06:00:03.000000Z"}}"#;

/// A raw request: its request line, its head, and its body.
struct RecordedRequest {
    line: String,
    head: String,
    body: Value,
}

/// Runs the program with `--on` a server that gives these responses, one per connection; returns the requests.
fn ask(arguments: &[&str], token: Option<&str>, answers: &[(&str, &str)]) -> (Output, Vec<RecordedRequest>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let on = listener.local_addr().expect("bound").to_string();
    let answers: Vec<String> = answers
        .iter()
        .map(|(status, body)| format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len()))
        .collect();
    let most = answers.len();
    let server = std::thread::spawn(move || answers.iter().filter_map(|answer| serve(&listener, answer)).collect());
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchline"));
    command.args(arguments).args(["--on", &on]).stdin(Stdio::null()).env_remove("TOUCHLINE_TOKEN");
    if let Some(token) = token {
        command.env("TOUCHLINE_TOKEN", token);
    }
    let output = command.output().expect("the program runs");
    // These connections fetch the remaining responses, so that the server ends.
    for _ in 0..most {
        drop(TcpStream::connect(&on));
    }
    (output, server.join().expect("a server"))
}

/// Serves one connection; returns the request, unless the connection was cut before.
fn serve(listener: &TcpListener, answer: &str) -> Option<RecordedRequest> {
    let (mut socket, _) = listener.accept().expect("a connection");
    let mut asked = String::new();
    let mut chunk = [0; 4096];
    loop {
        if let Some((head, body)) = asked.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() == length.map_or(0, |length| length.parse().expect("a length")) {
                socket.write_all(answer.as_bytes()).expect("answered");
                return Some(RecordedRequest {
                    line: head.lines().next().unwrap_or_default().to_owned(),
                    head: head.to_owned(),
                    body: serde_json::from_str(body).unwrap_or_default(),
                });
            }
        }
        let read = socket.read(&mut chunk).expect("a request");
        if read == 0 {
            return None;
        }
        asked += std::str::from_utf8(&chunk[..read]).expect("text");
    }
}

fn printed(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_command_is_sent_as_typed_and_printed_as_applied() {
    for (arguments, sent) in [
        (&["play"][..], json!({"command": "play"})),
        (&["seek", "89:07"], json!({"command": "seek", "to": "89:07"})),
        (&["seek", "-30s"], json!({"command": "seek", "to": "-30s"})),
        (
            &["seek", "--lead", "20s", "next:goal", "--match", "juv-nap", "--by", "anna", "--if-version", "3"],
            json!({"command": "seek", "to": "next:goal", "lead": "20000ms", "match": "juv-nap", "by": "anna", "if_version": 3}),
        ),
        (&["seek", "Chiellini", "injured"], json!({"command": "seek", "to": "Chiellini injured"})),
        (&["speed", "120x"], json!({"command": "speed", "to": 120.0})),
        (&["pace", "gap=5s"], json!({"command": "pace", "to": "gap=5s"})),
        (&["loop", "off"], json!({"command": "loop", "to": false})),
        (
            &["step", "HT", "--wait-for", "1", "--acknowledged", "--timeout", "2s"],
            json!({"command": "step", "until": "HT", "wait_for": 1, "acknowledged": true, "timeout": "2000ms"}),
        ),
    ] {
        let (output, asked) = ask(arguments, None, &[("200 OK", PLAYING)]);
        let (code, out, err) = printed(&output);
        assert_eq!((code, &*err), (Some(0), ""), "{arguments:?}");
        assert!(out.ends_with("playing at 60x from 1h 46m 42s, version 4") && !out.contains('\n'), "{out}");
        assert_eq!(asked[0].line, "POST /api/replays/main/command HTTP/1.1");
        assert_eq!(asked[0].body, sent, "{arguments:?}");
    }
}

#[test]
fn json_output_is_the_response_unchanged() {
    let (output, asked) = ask(&["pause", "--json", "--replay", "a b"], None, &[("200 OK", PLAYING)]);
    assert_eq!(printed(&output), (Some(0), PLAYING.to_owned(), String::new()));
    assert_eq!(asked[0].line, "POST /api/replays/a%20b/command HTTP/1.1");
    let refusal = r#"{"kind":"error","code":"stale","message":"playback has version 5, not 4","accepted":[]}"#;
    let (output, _) = ask(&["pause", "--json"], None, &[("409 Conflict", refusal)]);
    assert_eq!(printed(&output), (Some(1), refusal.to_owned(), "touchline: playback has version 5, not 4".to_owned()));
}

#[test]
fn a_refusal_is_printed_in_one_line_without_terminal_escapes() {
    for (status, code, message, exit, words) in [
        ("400 Bad Request", "bad_argument", "no type \\\"gaol\\\"", 2, "touchline: no type \"gaol\""),
        ("404 Not Found", "unknown_replay", "no replay\\u001b[2J", 1, "touchline: no replay\u{fffd}[2J"),
        ("403 Forbidden", "not_authorised", "look only", 1, "touchline: look only; give the token with --token"),
        ("504 Gateway Timeout", "behind", "1 of 2 is behind", 1, "touchline: 1 of 2 is behind"),
    ] {
        let body = format!(r#"{{"kind":"error","code":"{code}","message":"{message}"}}"#);
        let (output, _) = ask(&["seek", "next:gaol"], None, &[(status, &body)]);
        let (code, out, err) = printed(&output);
        assert_eq!((code, &*out), (Some(exit), ""), "{status}");
        assert!(err.starts_with(words) && !err.contains('\n'), "{err}");
    }
}

#[test]
fn a_token_is_sent_and_never_printed() {
    for (arguments, around, sent) in [
        (&["pause", "--token", "s3cret"][..], Some("0ther"), "authorization: Bearer s3cret"),
        (&["pause"], Some("0ther"), "authorization: Bearer 0ther"),
    ] {
        let refusal = r#"{"kind":"error","code":"not_authorised","message":"another token is needed"}"#;
        let (output, asked) = ask(arguments, around, &[("401 Unauthorized", refusal)]);
        assert!(asked[0].head.lines().any(|line| line == sent), "{}", asked[0].head);
        let (code, out, err) = printed(&output);
        assert_eq!(code, Some(1));
        assert!([&out, &err].iter().all(|text| !text.contains("s3cret") && !text.contains("0ther")), "{out}{err}");
    }
    let (output, asked) = ask(&["pause"], None, &[("200 OK", PLAYING)]);
    assert!(output.status.success() && !asked[0].head.contains("authorization"), "{}", asked[0].head);
}

#[test]
fn a_replay_is_opened_listed_and_closed() {
    let opened = r#"{"id":"cup","ws":"ws://h/r/cup/ws","http":"http://h/r/cup","control":"t0ken","playback":{"state":"paused","version":1,"speed":60,"at":0}}"#;
    let (output, asked) = ask(&["open", "juv", "--paused", "--linger", "5s"], None, &[("201 Created", opened)]);
    let lines = "opened cup: paused at 0s\n  ws     ws://h/r/cup/ws\n  http   http://h/r/cup\n  token  t0ken";
    assert_eq!(printed(&output), (Some(0), lines.to_owned(), String::new()));
    assert_eq!(asked[0].line, "POST /api/replays HTTP/1.1");
    assert_eq!(asked[0].body, json!({"scenario": "juv", "paused": true, "linger": "5s"}));

    let list = r#"{"replays":[{"id":"cup","title":"A night","shared":true,"subscribers":2,"linger":"5s","playback":{"state":"paused","version":1,"speed":60,"at":0,"length":60000}}]}"#;
    let (output, asked) = ask(&["replays"], None, &[("200 OK", list)]);
    assert!(
        printed(&output).1.ends_with("cup     paused    60x  0s  1m 00s            2     5s  A night"),
        "{output:?}"
    );
    assert_eq!(asked[0].line, "GET /api/replays HTTP/1.1");

    let (output, asked) = ask(&["close", "cup"], None, &[("204 No Content", "")]);
    assert_eq!(printed(&output), (Some(0), "closed cup".to_owned(), String::new()));
    assert_eq!(asked[0].line, "DELETE /api/replays/cup HTTP/1.1");
}

#[test]
fn close_with_a_url_without_a_replay_closes_none() {
    let output = Command::new(env!("CARGO_BIN_EXE_touchline")).args(["close", "http://127.0.0.1:1/"]).output();
    let (code, _, err) = printed(&output.expect("the program runs"));
    assert_eq!(code, Some(2));
    assert!(err.contains("names no replay"), "{err}");
}

#[test]
fn health_requires_both_endpoints_or_exits_with_1() {
    let fine = ("200 OK", "ok\n");
    let (output, asked) = ask(&["health"], None, &[fine, ("200 OK", "ready\n")]);
    assert_eq!(printed(&output), (Some(0), "up and ready".to_owned(), String::new()));
    assert_eq!([&*asked[0].line, &*asked[1].line], ["GET /healthz HTTP/1.1", "GET /readyz HTTP/1.1"]);

    let stopping = r#"{"kind":"error","code":"stopping","message":"the server is stopping"}"#;
    let (output, _) = ask(&["health"], None, &[fine, ("503 Service Unavailable", stopping)]);
    assert_eq!(printed(&output), (Some(1), String::new(), "touchline: the server is stopping".to_owned()));
    let (output, _) = ask(&["health"], None, &[("400 Bad Request", stopping)]);
    assert_eq!(output.status.code(), Some(1), "the words are not what is wrong");

    // The kernel accepts the connections, but no response is ever sent.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = silent.local_addr().expect("bound").to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_touchline")).args(["health", &url, "--timeout", "200ms"]).output();
    let (code, _, err) = printed(&output.expect("the program runs"));
    assert_eq!(code, Some(1));
    assert!(err.contains("no response within 0."), "{err}");
}
