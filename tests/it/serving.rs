//! The options of a server, with the real program: tokens, TLS, limits, and a kickoff time.

use std::process::Command;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use super::files::{path, word};
use super::program::{Program, run, run_with};

/// How long any step may take, on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(30);

fn run_cli(arguments: &[&str]) -> (Option<i32>, String, String) {
    run_cli_with(arguments, &[])
}

fn run_cli_with(arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let output = if environment.is_empty() { run(arguments) } else { run_with(arguments, environment) };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// The first frame of a kind on a WebSocket.
async fn frame(url: &str, kind: &str) -> Value {
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.expect("connected");
    frame_on(&mut socket, kind).await
}

async fn frame_on<S>(socket: &mut S, kind: &str) -> Value
where
    S: StreamExt<Item = Result<Message, tokio_tungstenite::tungstenite::Error>> + Unpin,
{
    loop {
        let message = tokio::time::timeout(TIMEOUT, socket.next()).await.expect("in time");
        if let Message::Text(text) = message.expect("a frame").expect("a frame") {
            let frame: Value = serde_json::from_str(&text).expect("JSON");
            if frame["kind"] == kind {
                return frame;
            }
        }
    }
}

/// Sends bytes and returns everything received until the peer closes.
async fn raw(port: u16, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await.expect("connected");
    // A request that is refused early may find the connection closed.
    let _ = socket.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(TIMEOUT, socket.read_to_end(&mut answer)).await.expect("it hangs up");
    answer
}

#[test]
fn a_self_signed_server_is_watched_and_controlled_with_its_certificate_trusted() {
    let pem = path("own.pem");
    let args = ["juv", "--port", "0", "--speed", "3000", "--once", "--wait-for", "1", "--tls-self-signed"];
    let mut program = Program::serve(&[&args[..], &["--tls-pem", word(&pem)]].concat());
    let (http, ws) = (program.http(), program.ws());
    assert!(http.starts_with("https://127.0.0.1:") && ws.starts_with("wss://127.0.0.1:"), "{}", program.ready);

    if Command::new("curl").arg("--version").output().is_ok() {
        for trust in [&["--insecure"][..], &["--cacert", word(&pem)]] {
            let mut curl = Command::new("curl");
            let asked = curl.args(["--silent", "--show-error", "--max-time", "30"]).args(trust);
            let answer = asked.arg(format!("{http}/readyz")).output().expect("it runs");
            assert!(answer.status.success(), "{trust:?}: {}", String::from_utf8_lossy(&answer.stderr));
        }
        let doubted = Command::new("curl").args(["--silent", &format!("{http}/readyz")]).output().expect("it runs");
        assert_eq!(doubted.status.code(), Some(60), "an unknown certificate is not trusted");
    }

    let (code, _, stderr) = run_cli(&["pause", "--on", &http, "--token", "s3cret-word"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains(&format!("connecting to {http}: ")) && stderr.contains("--tls-ca"), "{stderr}");
    let (code, _, stderr) = run_cli(&["pause", "--on", &http.replace("https", "http")]);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("this port speaks TLS"), "{stderr}");
    let trusting = ["--on", &http, "--tls-ca", word(&pem)];
    let (code, out, stderr) = run_cli(&[&["speed", "2000"], &trusting[..]].concat());
    assert_eq!((code, &*stderr), (Some(0), ""), "{out}");
    assert!(run_cli(&[&["health"], &trusting[..]].concat()).1 == "up and ready");
    let (code, out, _) = run_cli(&["replays", "--on", &http, "--insecure"]);
    assert!(code == Some(0) && out.lines().any(|line| line.starts_with("main")), "{out}");

    let (code, out, stderr) = run_cli(&["watch", &ws, "--tls-ca", word(&pem), "--json"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(out.lines().filter(|line| line.starts_with(r#"{"kind":"event""#)).count(), 101);
    assert_eq!(program.wait().code(), Some(0));
}

#[test]
fn certificate_files_are_used_and_an_incomplete_pair_is_refused() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let (certificate, key) = (path("given.pem"), path("given-key.pem"));
    std::fs::write(&certificate, made.cert.pem()).expect("written");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
    let files = ["--tls-cert", word(&certificate), "--tls-key", word(&key)];
    let program = Program::serve(&[&["juv", "--port", "0"], &files[..]].concat());
    let (code, out, stderr) = run_cli(&["health", &program.http(), "--tls-ca", word(&certificate)]);
    assert_eq!((code, &*out), (Some(0), "up and ready"), "{stderr}");

    let (code, _, stderr) = run_cli(&["juv", "--port", "0", "--tls-cert", word(&certificate)]);
    assert!(code == Some(2) && stderr.contains("--tls-key"), "{stderr}");
    let (code, _, stderr) = run_cli(&["juv", "--port", "0", "--tls-pem", word(&path("never.pem"))]);
    assert!(code == Some(2) && stderr.contains("--tls-self-signed"), "{stderr}");
    let swapped = ["--tls-cert", word(&key), "--tls-key", word(&certificate)];
    let (code, _, stderr) = run_cli(&[&["juv", "--port", "0"], &swapped[..]].concat());
    assert!(code == Some(1) && stderr.contains("given-key.pem: no certificate found"), "{stderr}");
}

#[test]
fn health_in_a_container_finds_the_server_with_and_without_tls() {
    for flags in [&[][..], &["--tls-self-signed"]] {
        let wide = [("TOUCHLINE_LISTEN", "0.0.0.0:0")];
        let program = Program::serve_with(&[&["juv"], flags].concat(), &wide);
        let there = format!("0.0.0.0:{}", program.port());
        let health = || run_cli_with(&["health"], &[("TOUCHLINE_LISTEN", &there)]);
        let (code, out, stderr) = health();
        assert_eq!((code, &*out), (Some(0), "up and ready"), "{flags:?}: {stderr}");
        let log = program.stop();
        assert!(
            log.contains("listening on 0.0.0.0:")
                && log.contains("read-only: no client may control main; --control-token"),
            "{log}"
        );
        assert!(!log.contains('█') && !log.contains("\u{1b}"), "for people at a terminal: {log}");
        assert_eq!(health().0, Some(1));
    }
    let (code, _, stderr) = run_cli_with(&["juv"], &[("TOUCHLINE_LISTEN", "8089")]);
    assert!(code == Some(2) && stderr.starts_with("touchline: TOUCHLINE_LISTEN: "), "{stderr}");
}

const TOKEN: &str = "correct-horse-battery";

#[tokio::test(flavor = "multi_thread")]
async fn a_token_grants_control_remotely_and_is_never_logged() {
    let ready_file = path("token-ready.json");
    let args = ["juv", "--listen", "0.0.0.0:0", "--paused", "--ready-file", word(&ready_file)];
    let environment = [("TOUCHLINE_LOG", "trace"), ("TOUCHLINE_CONTROL_TOKEN", TOKEN)];
    for tls in [&[][..], &["--tls-self-signed"]] {
        let program = Program::serve_with(&[&args[..], tls].concat(), &environment);
        assert!(program.ready.get("control").is_none(), "standard output may be a log: {}", program.ready);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&ready_file).expect("written").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let ready = std::fs::read_to_string(&ready_file).expect("written");
        let ready: Value = serde_json::from_str(&ready).expect("JSON");
        assert_eq!(ready["http"], program.ready["http"]);
        let link = ready["control"].as_str().expect("a link").to_owned();
        assert!(link.ends_with(&format!("/?token={TOKEN}")), "{link}");

        let port = program.port();
        let http = program.http();
        let on = move |words: &[&str]| {
            let trust = if http.starts_with("https") { &["--insecure"][..] } else { &[] };
            run_cli(&[words, &["--on", &http], trust].concat())
        };
        let trust = if tls.is_empty() { &[][..] } else { &["--insecure"] };
        tokio::task::spawn_blocking(move || {
            assert_eq!(on(&["replays"]).0, Some(0), "watching needs no token");
            for words in [&["pause"][..], &["pause", "--token", "incorrect-horse"]] {
                let (code, _, stderr) = on(words);
                assert!(code == Some(1) && stderr.contains("--token"), "{stderr}");
                assert!(!stderr.contains("incorrect-horse"), "{stderr}");
            }
            let (code, out, stderr) = on(&["seek", "HT", "--token", TOKEN]);
            assert!(code == Some(0) && out.starts_with("jumped; "), "{out}{stderr}");
            let (code, _, stderr) = run_cli(&[&["play", "--on", &link], trust].concat());
            assert_eq!(code, Some(0), "by the link: {stderr}");
        })
        .await
        .expect("ran");

        if tls.is_empty() {
            // The token in the address, in refused requests, and in malformed ones.
            let url = |query: &str| format!("{}?{query}", program.ws());
            assert_eq!(frame(&url(&format!("token={TOKEN}")), "hello").await["control"], true);
            assert_eq!(frame(&url(""), "hello").await["control"], false);
            assert_eq!(frame(&url(&format!("token={TOKEN}&sped=60")), "error").await["code"], "bad_parameter");
            for head in [
                format!("GET /nowhere?token={TOKEN} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
                format!("GET /?token={TOKEN} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"),
                format!("GET /ws?token={TOKEN} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n"),
                format!("GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nnonsense\r\n\r\n"),
                format!("{TOKEN} {TOKEN}\r\n\r\n"),
            ] {
                let answer = String::from_utf8_lossy(&raw(port, head.as_bytes()).await).into_owned();
                assert!(answer.starts_with("HTTP/1.1 4"), "{head}: {answer}");
            }
        }

        let log = program.stop();
        assert!(log.contains("applied") && (!tls.is_empty() || log.contains("refused")), "{log}");
        assert!(log.contains("the ready file has a link"), "{log}");
        assert!(!log.contains(TOKEN) && !log.contains("incorrect-horse"), "{log}");
    }
}

#[test]
fn a_generated_token_is_in_the_ready_file_and_an_invalid_one_is_not_echoed() {
    let ready_file = path("auto-ready.json");
    let args = ["juv", "--listen", "0.0.0.0:0", "--paused", "--control-token", "auto"];
    let program = Program::serve(&[&args[..], &["--ready-file", word(&ready_file)]].concat());
    let ready = std::fs::read_to_string(&ready_file).expect("written");
    let ready: Value = serde_json::from_str(&ready).expect("JSON");
    let link = ready["control"].as_str().expect("a link");
    let token = link.split_once("token=").expect("a token").1;
    assert_eq!(run_cli(&["pause", "--on", &program.http()]).0, Some(1));
    assert_eq!(run_cli(&["pause", "--on", &program.http(), "--token", token]).0, Some(0));
    let log = program.stop();
    assert!(!log.contains(token), "{log}");

    let (code, _, stderr) = run_cli(&["juv", "--port", "0", "--control-token", "s3cret"]);
    assert!(code == Some(2) && stderr.contains("8 to 256") && !stderr.contains("s3cret"), "{stderr}");
    // A variable that is set but empty is a mistake and must not disable the token.
    let empty = run_with(&["juv", "--port", "0", "--once"], &[("TOUCHLINE_CONTROL_TOKEN", "")]);
    let stderr = String::from_utf8_lossy(&empty.stderr).into_owned();
    assert!(
        empty.status.code() == Some(2) && stderr.contains("TOUCHLINE_CONTROL_TOKEN: a token has 8 to 256"),
        "{stderr}"
    );
}

#[test]
fn the_ready_line_and_the_console_show_the_public_url() {
    let public = ["--public-url", "https://scores.example/tl"];
    let program = Program::serve(&[&["juv", "--port", "0", "--paused"], &public[..]].concat());
    assert_eq!(program.ready["public"], "https://scores.example/tl/");
    assert_eq!(program.ready["http"], format!("http://127.0.0.1:{}", program.port()), "for programs on this machine");
    let log = program.stop();
    assert!(log.contains("served through the proxy at https://scores.example/tl/"), "{log}");
    assert!(log.contains("set --control-token"), "{log}");
    let wide = Program::serve(&[&["juv", "--listen", "0.0.0.0:0", "--paused"], &public[..]].concat());
    let log = wide.stop();
    assert!(log.contains("listening on 0.0.0.0:"), "{log}");
    for (words, accepted) in [
        (["--public-url", "scores.example"], "https://scores.example/tl"),
        (["--trust-proxy", "localhost"], "127.0.0.1, ::1 or 10.0.0.0/8"),
        (["--allow-host", "foo:x"], "scores.example:8443"),
        (["--allow-origin", "http://u@h"], "http://127.0.0.1:3000"),
    ] {
        let (code, _, stderr) = run_cli(&[&["juv", "--port", "0"], &words[..]].concat());
        assert!(code == Some(2) && stderr.contains(accepted) && stderr.lines().count() == 1, "{words:?}: {stderr}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_limit_holds() {
    let limits = "--max-connections 2 --max-replays 2 --max-header-bytes 8192 --max-body-bytes 1024 --header-timeout 500ms \
                  --body-timeout 500ms --ping 100ms --silence 1s";
    let args: Vec<&str> = ["juv", "--port", "0", "--paused"].into_iter().chain(limits.split_whitespace()).collect();
    let program = Program::serve(&args);
    let port = program.port();
    let post = |path: &str, headers: &str, body: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        )
    };
    let status = |answer: Vec<u8>| String::from_utf8_lossy(&answer).split(' ').nth(1).unwrap_or_default().to_owned();

    // A replay without subscribers would be evicted.
    let own = format!("{}?scenario=juv&paused=1", program.ws());
    let (followed, _) = tokio_tungstenite::connect_async(own).await.expect("connected");
    let third = String::from_utf8_lossy(&raw(port, post("/api/replays", "", "{}").as_bytes()).await).into_owned();
    assert!(third.contains("over_limit") && third.contains("2 replays"), "{third}");
    drop(followed);

    let long = format!("{{\"command\":\"pause\",\"by\":\"{}\"}}", "x".repeat(1_024));
    assert_eq!(status(raw(port, post("/api/replays/main/command", "", &long).as_bytes()).await), "413");
    let head = format!("X-Long: {}\r\n", "x".repeat(9_000));
    assert_eq!(status(raw(port, post("/api/replays/main/command", &head, "pause").as_bytes()).await), "431");

    // The server closes slow requests: `raw` would not return otherwise.
    raw(port, b"GET / HTTP/1.1\r\nHost: local").await;
    let cut = post("/api/replays/main/command", "", "pause").replace("\r\n\r\npause", "\r\n\r\npa");
    assert_eq!(status(raw(port, cut.as_bytes()).await), "408");

    // A client that answers no ping is closed.
    let upgrade = "GET /ws?ticks=off HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let frames = raw(port, upgrade.as_bytes()).await;
    assert!(frames.windows(2).filter(|bytes| *bytes == [0x89, 0]).count() >= 3, "several pings in a second");

    let first = tokio_tungstenite::connect_async(program.ws()).await.expect("a seat").0;
    let second = tokio_tungstenite::connect_async(program.ws()).await.expect("a seat").0;
    // They answer pings by being read.
    let held = [first, second].map(|mut socket| tokio::spawn(async move { while socket.next().await.is_some() {} }));
    let (code, stderr) = match tokio_tungstenite::connect_async(program.ws()).await {
        Ok((mut socket, _)) => (frame_on(&mut socket, "error").await["code"].clone(), String::new()),
        Err(error) => (Value::Null, error.to_string()),
    };
    assert_eq!(code, "full", "{stderr}");
    held.iter().for_each(tokio::task::JoinHandle::abort);

    let (code, _, stderr) = run_cli(&["juv", "--port", "0", "--max-connections", "4000000000"]);
    assert!(code == Some(2) && stderr.contains("ulimit"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_with_the_same_kickoff_time_play_in_sync() {
    let kickoff = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(20);
    let kickoff = format!("{kickoff:.0}");
    let args = ["juv", "--port", "0", "--speed", "60", "--wall", &kickoff];
    let first = Program::serve(&args);
    let (mut socket, _) = tokio_tungstenite::connect_async(first.ws()).await.expect("connected");
    let hello = frame_on(&mut socket, "hello").await;
    assert_eq!(hello["matches"][0]["kickoff"], kickoff, "{hello}");
    assert!(hello["head"].as_u64() > Some(3), "it has been playing for 20 s: {hello}");
    // Seconds later: another server altogether.
    for _ in 0..3 {
        frame_on(&mut socket, "tick").await;
    }
    let second = Program::serve(&args);
    let other = frame(&second.ws(), "hello").await;
    assert_eq!((&hello["run"], &hello["epoch"]), (&other["run"], &other["epoch"]));
    assert_eq!(hello["matches"], other["matches"]);
    // When the timeline began, by each one's anchor.
    let began = |hello: &Value| {
        let anchor = &hello["playback"];
        let wall: jiff::Timestamp = anchor["wall"].as_str().and_then(|wall| wall.parse().ok()).expect("a time");
        wall.as_microsecond() as f64 / 1e6 - anchor["at"].as_f64().expect("a place") / 1e3 / 60.0
    };
    let apart = (began(&hello) - began(&other)).abs();
    assert!(apart < 0.05, "{apart} s apart: {hello} {other}");

    let event = frame_on(&mut socket, "event").await;
    let cursor = format!("{}.{}.{}", hello["run"].as_str().expect("a run"), hello["epoch"], event["n"]);
    let resumed = frame(&format!("{}?since={cursor}", second.ws()), "hello").await;
    assert_eq!(resumed["resumed"], "ok", "{cursor}: {resumed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn scenarios_named_at_start_can_be_opened_by_name() {
    let file = path("my-final.jsonl");
    std::fs::write(&file, touchline::scenario::SHIPPED[2].text()).expect("written");
    let program = Program::serve(&["juv", word(&file), "--port", "0", "--paused"]);
    for (name, matches) in [("my-final", 2), ("main", 3), ("juv", 1)] {
        let hello = frame(&format!("{}?scenario={name}&paused=1", program.ws()), "hello").await;
        assert_eq!(hello["matches"].as_array().map(Vec::len), Some(matches), "{name}: {hello}");
    }
    let (mut socket, _) =
        tokio_tungstenite::connect_async(format!("{}?scenario=final", program.ws())).await.expect("connected");
    socket.send(Message::text("ping")).await.expect("sent");
    assert_eq!(frame_on(&mut socket, "error").await["code"], "unknown_scenario");
}

#[test]
fn a_trusted_proxys_forwarded_host_is_used() {
    use std::io::{Read, Write};

    let serve = ["juv", "--port", "0", "--paused", "--public-url", "https://scores.example/tl"];
    for (trusts, status, host) in [
        (&["--trust-proxy", "127.0.0.0/8"][..], "201", "scores.example"),
        (&["--trust-proxy", "127.0.0.1"], "403", "evil.example"),
        (&["--trust-proxy", "192.0.2.7", "--trust-proxy", "::1"], "201", "evil.example"),
        (&[], "201", "evil.example"),
    ] {
        let program = Program::serve(&[&serve[..], trusts].concat());
        let (port, body) = (program.port(), r#"{"paused":true}"#);
        let mut socket = std::net::TcpStream::connect(("127.0.0.1", port)).expect("connected");
        let request = format!(
            "POST /tl/api/replays HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Forwarded-Host: {host}\r\n\
             Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        socket.write_all(request.as_bytes()).expect("asked");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{trusts:?} {host}: {answer}");
    }
    for (words, accepted) in [
        (["--trust-proxy", "localhost"], "127.0.0.1, ::1 or 10.0.0.0/8"),
        (["--trust-proxy", "10.0.0.0/33"], "127.0.0.1, ::1 or 10.0.0.0/8"),
        (["--public-url", "scores.example"], "https://scores.example/tl"),
        (["--public-url", "https://scores.example/tl?a=b"], "https://scores.example/tl"),
    ] {
        let (code, out, err) = run_cli(&[&["juv", "--port", "0"], &words[..]].concat());
        assert_eq!((code, &*out), (Some(2), ""), "{words:?}: {err}");
        assert!(err.contains(words[0]) && err.contains(accepted), "{words:?}: {err}");
    }
}
