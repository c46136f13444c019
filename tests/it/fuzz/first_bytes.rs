//! The first bytes of a connection, sent to a server in this process: it answers or closes the connection, in time.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::LazyLock;
use std::time::Duration;

use touchline::replay::ReplayOptions;
use touchline::server::Server;

use super::{FLAGSHIP, transcript_texts};
use crate::client_frame::{BINARY, CLOSE, FINAL, PING, TEXT, frame, text};

/// A server without end. libFuzzer's panic hook ends the process if one of its threads panics.
static SERVER: LazyLock<SocketAddr> = LazyLock::new(|| {
    let (bound, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let server = Server::bind(([127, 0, 0, 1], 0).into()).await.expect("a server");
            for name in ["main", "own"] {
                server.hub().open(name, FLAGSHIP.clone(), ReplayOptions::default()).expect("a replay");
            }
            bound.send(server.address()).expect("received");
            server.run(std::future::pending()).await
        })
    });
    address.recv().expect("a server")
});
const TIMEOUT: Duration = Duration::from_secs(30);
const UPGRADE: &str = "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
/// Valid requests. None of them controls `main`.
pub fn seeds() -> Vec<Vec<u8>> {
    let host = "Host: localhost\r\n";
    let of =
        |line: &str, headers: &str, body: &str| format!("{line} HTTP/1.1\r\n{host}{headers}\r\n{body}").into_bytes();
    let upgraded_on = |path: &str, frames| [of(&format!("GET {path}"), UPGRADE, ""), frames].concat();
    let upgraded = |frames: Vec<u8>| upgraded_on("/r/own/ws?ticks=off", frames);
    let body = r#"{"scenario":"juv","speed":"max","paused":true,"linger":"1s"}"#;
    let mut all = vec![
        of("GET /state", "Accept-Encoding: gzip\r\nIf-None-Match: W/\"1c26fa5e.1.2.3\"\r\n", ""),
        of(
            "GET /events?types=goal,card&snapshot=full&from=45+2&scenario=juv&speed=max",
            "Last-Event-ID: 1c26fa5e.1.2\r\n",
            "",
        ),
        of("GET /history?from=1&to=5", "", ""),
        of("GET /metrics", "Accept: application/openmetrics-text;q=0.5\r\n", ""),
        of("POST /api/replays", &format!("Content-Length: {}\r\n", body.len()), body),
        of("POST /api/replays", "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n", "2\r\n{}\r\n0\r\n\r\n"),
        of("POST /api/replays/own/command", "Content-Length: 14\r\n", "seek next:goal"),
        of("OPTIONS /state", "Origin: http://localhost:3000\r\nAccess-Control-Request-Method: GET\r\n", ""),
        upgraded(
            [
                text(b"seek 45+1:12"),
                text(br#"{"command":"step","count":3,"id":1}"#),
                frame(FINAL | PING, b"ping"),
                frame(FINAL | CLOSE, b""),
            ]
            .concat(),
        ),
        upgraded([frame(TEXT, b"half"), frame(FINAL, b""), frame(FINAL | BINARY, b"binary"), text(b"pause")].concat()),
    ];
    for query in transcript_texts("join").iter().filter_map(|text| Some(text.split_once('?')?.1)) {
        all.push(of(&format!("GET /events?{query}"), "", ""));
        all.push(upgraded_on(&format!("/ws?{query}"), text(b"ping")));
    }
    all
}

pub fn run(bytes: &[u8]) {
    let mut socket = TcpStream::connect(*SERVER).expect("connected");
    socket.set_read_timeout(Some(TIMEOUT)).expect("set");
    // It may refuse the request before all of it is sent.
    let _ = socket.write_all(bytes);
    let _ = socket.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    match socket.read_to_end(&mut answer) {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => panic!("no end"),
        _ => assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."), "{}", String::from_utf8_lossy(&answer)),
    }
}
