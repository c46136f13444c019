//! Request bodies over raw sockets: malformed framing, too long, truncated, announced with `Expect`.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use touchline::server::Limits;

use super::real::{TestServer, options, within};

const BOUND: usize = 64 << 10;

/// Sends bytes on one connection and returns everything received; `ends` closes the sending half afterwards.
pub async fn exchange(server: &TestServer, sent: &[u8], ends: bool) -> String {
    let mut socket = TcpStream::connect(server.address).await.expect("connected");
    // A server that refuses the head may close while the rest is written.
    let _ = socket.write_all(sent).await;
    if ends {
        let _ = socket.shutdown().await;
    }
    let mut answer = Vec::new();
    within("an answer, and the end", async {
        let _ = socket.read_to_end(&mut answer).await;
    })
    .await;
    String::from_utf8_lossy(&answer).into_owned()
}

pub fn post(path: &str, headers: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n{body}")
}

/// The statuses of all responses, and the error code of the last.
pub fn answered(answer: &str) -> (Vec<u16>, String) {
    let heads = answer.split("HTTP/1.1 ").skip(1);
    let statuses = heads.filter_map(|head| head.get(..3)?.parse().ok()).collect();
    let code = answer.split("\"code\":\"").last().filter(|_| answer.contains("\"code\":"));
    (statuses, code.and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned())
}

const COMMAND: &str = "/api/replays/main/command";
/// A page of another local origin may watch, but not control.
const ELSEWHERE: &str = "Origin: http://localhost:3000\r\n";
const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";

#[tokio::test]
async fn a_malformed_body_gets_400_and_only_an_oversized_one_gets_413() {
    let server = TestServer::with_delivery_loop(true).await;
    let long = "x".repeat(BOUND + 1);
    let fits = format!("5\r\npause\r\n{:x}\r\n{}\r\n0\r\n\r\n", BOUND - 5, " ".repeat(BOUND - 5));
    for (body, ends, status, code, what) in [
        ("5\r\npause\r\n0\r\n\r\n", false, 200, "", "right"),
        ("5;a=\"b\"\r\npause\r\n0\r\nX-Trailer: 1\r\n\r\n", false, 200, "", "with an extension and a trailer"),
        ("2\r\npa\r\n03\r\nuse\r\n000\r\n\r\n", false, 200, "", "in parts"),
        (&fits, false, 200, "", "exactly as long as it may be"),
        ("pause\r\n0\r\n\r\n", false, 400, "bad_request", "no size"),
        ("\r\n", false, 400, "bad_request", "an empty size"),
        ("zz\r\n", false, 400, "bad_request", "no hexadecimal"),
        ("-5\r\npause\r\n0\r\n\r\n", false, 400, "bad_request", "a negative size"),
        ("+5\r\npause\r\n0\r\n\r\n", false, 400, "bad_request", "a signed size"),
        ("0x5\r\npause\r\n0\r\n\r\n", false, 400, "bad_request", "a prefix"),
        ("5\npause\n0\n\n", false, 400, "bad_request", "bare line feeds"),
        ("5\r\npauseX\r\n0\r\n\r\n", false, 400, "bad_request", "no CRLF behind a chunk"),
        ("5\r\npause\rX0\r\n\r\n", false, 400, "bad_request", "half a CRLF"),
        ("fffffffffffffffff\r\npause", false, 400, "bad_request", "a size that no number holds"),
        ("5\r\npause\r\n0\r\nbad trailer\r\n\r\n", false, 400, "bad_request", "junk for a trailer"),
        ("5\r\npause\r\n0\r\nX: 1\rY\r\n\r\n", false, 400, "bad_request", "a bare CR in a trailer"),
        ("5\r\npau", true, 400, "bad_request", "cut off in a chunk"),
        ("5\r\npause\r\n", true, 400, "bad_request", "cut off between chunks"),
        ("5\r\npause\r\n0\r\n", true, 400, "bad_request", "cut off before the end"),
        ("", true, 400, "bad_request", "cut off before the first"),
        (&format!("{:x}\r\n{long}", long.len()), false, 413, "too_long", "too long in one"),
        (&format!("1000\r\n{}\r\n", &long[..0x1000]).repeat(17), false, 413, "too_long", "too long in parts"),
    ] {
        let answer = exchange(&server, post(COMMAND, CHUNKED, body).as_bytes(), ends).await;
        assert_eq!(answered(&answer), (vec![status], code.to_owned()), "{what}: {answer}");
    }
    let cut = exchange(&server, post("/api/replays", "Content-Length: 100\r\n", "{").as_bytes(), true).await;
    assert_eq!(answered(&cut), (vec![400], "bad_request".to_owned()), "{cut}");
    assert!(cut.contains("the body of the request was cut off"), "{cut}");
}

#[tokio::test]
async fn a_refused_body_gets_no_100_continue() {
    let bound = Limits { body_bytes: 1_000, ..Limits::default() };
    for options in [options(true).limits(bound), options(false).limits(bound)] {
        let server = TestServer::start(options).await;
        let expect = |length: &str| format!("Expect: 100-continue\r\nContent-Length: {length}\r\n");
        for (head, status, code) in [
            (post(COMMAND, &expect("100000000"), ""), 413, "too_long"),
            (post(COMMAND, &expect("1001"), ""), 413, "too_long"),
            (post("/api/replays", &expect("18446744073709551613"), ""), 413, "too_long"),
            (post(COMMAND, &(expect("5") + ELSEWHERE), ""), 401, "not_authorised"),
            (
                post(COMMAND, &(expect("5") + ELSEWHERE + "Authorization: Bearer wrong-horse\r\n"), ""),
                401,
                "not_authorised",
            ),
            (post("/api/replays/nobody/command", &expect("5"), ""), 404, "unknown_replay"),
            (post("/nowhere", &expect("5"), ""), 404, "not_found"),
            (post("/state", &expect("5"), ""), 405, "method_not_allowed"),
            (post("/api/replays?x=1", &expect("5"), ""), 400, "bad_parameter"),
            (post("/api/replays", &(expect("5") + "Origin: https://evil.example\r\n"), ""), 403, "forbidden"),
            (post("/api/replays", &(expect("5") + "Transfer-Encoding: gzip, chunked\r\n"), ""), 501, "not_implemented"),
            (post("/api/replays", "Expect: a miracle\r\nContent-Length: 2\r\n", "{}"), 417, "expectation_failed"),
            (
                post("/api/replays", "Expect: 100-continue, tea\r\nContent-Length: 2\r\n", "{}"),
                417,
                "expectation_failed",
            ),
        ] {
            let answer = exchange(&server, head.as_bytes(), false).await;
            assert_eq!(answered(&answer), (vec![status], code.to_owned()), "{head}{answer}");
        }
        // An acceptable body gets 100 Continue, except over HTTP/1.0, whose clients do not wait for it.
        let welcome = post("/api/replays", &expect("2"), "{}");
        assert_eq!(answered(&exchange(&server, welcome.as_bytes(), false).await).0, [100, 201]);
        let old = welcome.replace("HTTP/1.1", "HTTP/1.0");
        let answer = exchange(&server, old.as_bytes(), false).await.replace("HTTP/1.0", "HTTP/1.1");
        assert_eq!(answered(&answer).0, [201], "{answer}");
    }
}

#[tokio::test]
async fn an_ambiguous_content_length_is_refused_or_closes_the_connection() {
    let server = TestServer::with_delivery_loop(true).await;
    let hidden = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let keep = |headers: &str, body: &str| post(COMMAND, headers, body).replace("Connection: close\r\n", "");
    let whole = "5\r\npause\r\n0\r\n\r\n";
    for (request, statuses, what) in [
        (keep("Content-Length: 5\r\nContent-Length: 6\r\n", "pause "), &[400][..], "two lengths"),
        (keep("Content-Length: 5, 6\r\n", "pause"), &[400], "two in one line"),
        (keep("Content-Length: -5\r\n", "pause"), &[400], "a negative length"),
        (keep("Content-Length: +5\r\n", "pause"), &[400], "a signed length"),
        (keep("Content-Length: 0x5\r\n", "pause"), &[400], "a hexadecimal length"),
        (keep("Content-Length: 5.0\r\n", "pause"), &[400], "half a byte"),
        (keep("Content-Length: 99999999999999999999\r\n", "pause"), &[400], "a length that no number holds"),
        (keep("Content-Length: \r\n", ""), &[400], "an empty length"),
        (keep("Content-Length : 5\r\n", "pause"), &[400], "a blank before the colon"),
        (keep("Transfer-Encoding: chunked, gzip\r\n", whole), &[400], "chunked is not the last"),
        (keep("Transfer-Encoding: identity\r\n", "pause"), &[400], "no chunks"),
        (keep("Transfer-Encoding: gzip, chunked\r\n", whole), &[501], "packed"),
        (keep("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", whole), &[501], "packed, in two lines"),
        (keep("Transfer-Encoding: chunked, chunked\r\n", whole), &[400], "chunked twice"),
        (keep("Transfer-Encoding: xchunked\r\n", whole), &[400], "another coding"),
        (
            keep("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", whole),
            &[200],
            "both, and nothing after it is a request",
        ),
        (keep("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", whole), &[200], "both, the other way about"),
        (keep(CHUNKED, whole).replace("HTTP/1.1", "HTTP/1.0"), &[400], "chunks in HTTP/1.0"),
        ("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n".to_owned(), &[404], "a tunnel"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), &[400], "HTTP/2"),
        ("GET / HTTP/3.0\r\nHost: localhost\r\n\r\n".to_owned(), &[400], "HTTP/3"),
    ] {
        let answer = exchange(&server, (request.clone() + hidden).as_bytes(), false).await;
        let (mut received, _) = answered(&answer.replace("HTTP/1.0 ", "HTTP/1.1 "));
        // A request without a body may be followed by another.
        if request.starts_with("CONNECT") {
            received.truncate(1);
        }
        assert_eq!(received, statuses, "{what}: {answer}");
    }
    let same = keep("Content-Length: 5\r\nContent-Length: 5\r\n", "pause");
    assert_eq!(answered(&exchange(&server, (same + hidden).as_bytes(), false).await).0, [200, 200], "twice the same");
    let whole_server = "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(answered(&exchange(&server, whole_server.as_bytes(), false).await).0, [404]);
}
