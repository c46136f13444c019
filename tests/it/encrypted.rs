//! TLS over real sockets: the library's server on one end, the real program on the other.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use touchline::ErrorKind;
use touchline::client::{Address, Subscription, Trust, Update};
use touchline::internals::client::connect;
use touchline::internals::client::load::{LoadPlan, LoadTarget, measure};
use touchline::internals::server::{SubscriberTask, parse_parameters};
use touchline::playback::Speed;
use touchline::replay::{Hub, ReplayOptions};
use touchline::scenario::{Scenario, Timeline};
use touchline::server::{Timing, Tls};

use super::files::file;
use super::program::run;

const TIMEOUT: Duration = Duration::from_secs(10);

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Serves the flagship match over TLS: starts once this many subscribers are connected, ends once all have received everything.
async fn serve(tls: Tls, subscribers: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let hub = Hub::new();
    let timeline = Arc::new(Timeline::new(&Scenario::open("juv").expect("shipped")));
    let mut options = ReplayOptions { wait_for: subscribers, once: true, ..ReplayOptions::default() };
    options.playback.speed = Speed::new(3_000.0).expect("a speed");
    let opened = hub.open("main", timeline.clone(), options).expect("a replay");
    tokio::spawn(async move {
        let _hub = hub;
        while let Ok((socket, _)) = listener.accept().await {
            let (tls, replay, timeline) = (tls.clone(), opened.replay.clone(), timeline.clone());
            tokio::spawn(async move {
                let Ok(stream) = tls.accept(socket, TIMEOUT).await else { return };
                let Ok(socket) = tokio_tungstenite::accept_async(stream).await else { return };
                let join = parse_parameters("", &timeline).expect("parameters");
                let socket = socket.into_inner();
                SubscriberTask::new(socket, Vec::new(), replay, None, Timing::default(), Arc::default())
                    .serve(join)
                    .await;
            });
        }
    });
    address
}

/// Runs the program on a blocking thread, so that this runtime can serve it.
async fn program(words: Vec<String>) -> (Option<i32>, String, String) {
    let output = tokio::task::spawn_blocking(move || run(&words.iter().map(String::as_str).collect::<Vec<_>>()));
    let output = output.await.expect("it ran");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn words(words: &[&str]) -> Vec<String> {
    names(words)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_match_is_watched_over_tls_with_a_trusted_certificate() {
    let tls = Tls::self_signed(&names(&["127.0.0.1"])).expect("a certificate");
    let address = serve(tls.clone(), 1).await;
    let url = format!("wss://{address}/ws");

    let (code, printed, stderr) = program(words(&["watch", &url])).await;
    assert_eq!((code, printed.as_str()), (Some(1), ""), "{stderr}");
    assert!(stderr.contains(&tls.fingerprint().to_string()) && stderr.contains("--tls-ca"), "{stderr}");
    assert!(!stderr.contains("start `touchline` first"), "it is there: {stderr}");

    let (code, _, stderr) = program(words(&["watch", &format!("ws://{address}/ws")])).await;
    assert_eq!(code, Some(2));
    assert!(stderr.contains("refused: this port speaks TLS: use https:// or wss://"), "{stderr}");

    let trusted = file("watched.pem", tls.pem().expect("made here"));
    let trusted = trusted.to_str().expect("a path");
    let (code, printed, stderr) = program(words(&["watch", &url, "--tls-ca", trusted])).await;
    assert_eq!((code, stderr.as_str()), (Some(0), "the replay has ended\n"), "{printed}");
    assert!(printed.contains("GOAL  Kalidou Koulibaly (Napoli), header") && printed.contains("FULL TIME"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn insecure_skips_verification_with_a_warning() {
    let tls = Tls::self_signed(&names(&["scores.example"])).expect("a certificate");
    let url = format!("https://{}", serve(tls, 1).await);
    let (code, printed, stderr) = program(words(&["watch", &url, "--insecure", "--json"])).await;
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(printed.lines().filter(|line| line.starts_with(r#"{"kind":"event""#)).count(), 101);
    assert!(stderr.contains("--insecure: the server's certificate is not checked"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn load_over_tls_loses_no_frame() {
    let tls = Tls::self_signed(&names(&["127.0.0.1"])).expect("a certificate");
    let trusted = file("measured.pem", tls.pem().expect("made here"));
    let url = format!("wss://{}/ws", serve(tls, 20).await);
    let line = ["load", &url, "--subscribers", "20", "--duration", "5m", "--tls-ca", trusted.to_str().expect("a path")];
    let (code, printed, stderr) = program(words(&line)).await;
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{printed}");
    for line in ["connected        20 of 20 in ", "complete and in order", "2,020 receipts"] {
        assert!(printed.contains(line), "no {line:?} in\n{printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sse_data_in_the_tls_record_of_the_response_head_is_kept() {
    let tls = Tls::self_signed(&names(&["127.0.0.1"])).expect("a certificate");
    let trusted = file("streamed.pem", tls.pem().expect("made here"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("https://{}/feed", listener.local_addr().expect("bound"));
    let server = async {
        for _ in 0..3 {
            let (socket, _) = listener.accept().await.expect("a connection");
            let mut stream = tls.accept(socket, TIMEOUT).await.expect("shaken");
            let count = stream.read(&mut [0; 4_096]).await.expect("a request");
            assert!(count > 0);
            let event = "data: at once\n\n";
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
            let all = format!("{head}{:x}\r\n{event}\r\n", event.len());
            stream.write_all(all.as_bytes()).await.expect("sent");
            stream.flush().await.expect("sent");
            stream.write_all(b"0\r\n\r\n").await.expect("sent");
            stream.flush().await.expect("sent");
            // The client disconnects once it has read the end.
            let _ = stream.read(&mut [0; 1]).await;
        }
    };
    let line = ["load", &url, "--subscribers", "3", "--until-closed", "--tls-ca", trusted.to_str().expect("a path")];
    let printed = async { tokio::time::timeout(TIMEOUT, program(words(&line))).await.expect("an answer") };
    let ((), (code, printed, stderr)) = tokio::join!(server, printed);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{printed}");
    assert!(printed.contains("3 of 3: closed by the server (3), the same 1 frame each"), "{printed}");
}

#[tokio::test]
async fn websocket_data_in_the_tls_record_of_the_handshake_is_kept_and_pings_are_answered() {
    let tls = Tls::self_signed(&names(&["127.0.0.1"])).expect("a certificate");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let plan = LoadPlan {
        target: LoadTarget::parse(&format!("wss://{}/", listener.local_addr().expect("bound"))).expect("an address"),
        trust: Trust::from_pem_file(&file("one-record.pem", tls.pem().expect("made here"))).expect("a certificate"),
        subscribers: 1,
        duration: Duration::from_secs(600),
        until_closed: false,
        pid: None,
        sequence: None,
        sent_at: None,
    };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = async {
        let (socket, _) = listener.accept().await.expect("a connection");
        let mut stream = tls.accept(socket, TIMEOUT).await.expect("shaken");
        // Through a pipe, so that response head and frames go out in one TLS record.
        let (near, mut far) = tokio::io::duplex(1 << 16);
        let speak = async {
            let mut near = tokio_tungstenite::accept_async(near).await.expect("a handshake");
            near.send(Message::text("at once")).await.expect("sent");
            near.send(Message::Ping("are you there".into())).await.expect("sent");
            near
        };
        let pass = async {
            let mut request = [0; 4_096];
            let count = stream.read(&mut request).await.expect("a request");
            far.write_all(&request[..count]).await.expect("passed");
        };
        let (mut near, ()) = tokio::join!(speak, pass);
        let mut answer = [0; 4_096];
        let mut length = 0;
        while !answer[..length].ends_with(b"are you there") {
            length += far.read(&mut answer[length..]).await.expect("an answer");
        }
        stream.write_all(&answer[..length]).await.expect("sent");
        stream.flush().await.expect("sent");
        let relay = tokio::io::copy(&mut stream, &mut far);
        let receive = async {
            let pong = near.next().await.expect("an answer").expect("a frame");
            stop.send(()).expect("heard");
            (pong, near.next().await.expect("an end").expect("a frame"))
        };
        let (relayed, received) = tokio::join!(relay, receive);
        relayed.expect("the end of TLS is said as well");
        received
    };
    let measured = measure(&plan, |_| {}, async { stopped.await.expect("sent") });
    let both = async { tokio::join!(server, measured) };
    let ((pong, end), report) = tokio::time::timeout(TIMEOUT, both).await.expect("an answer");
    assert_eq!(pong, Message::Pong("are you there".into()));
    assert!(matches!(&end, Message::Close(Some(close)) if close.reason == "measured"), "{end:?}");
    assert_eq!(report.expect("measured").connected, 1);
}

#[tokio::test]
async fn a_watcher_resumes_over_tls_after_a_disconnect() {
    let tls = Tls::self_signed(&names(&["127.0.0.1"])).expect("a certificate");
    let trust = Trust::from_pem_file(&file("cut.pem", tls.pem().expect("made here"))).expect("a certificate");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = Address::parse(&format!("wss://{}", listener.local_addr().expect("bound"))).expect("an address");
    let server = async {
        for _ in 0..2 {
            let (socket, _) = listener.accept().await.expect("a connection");
            let stream = tls.accept(socket, TIMEOUT).await.expect("shaken");
            let mut socket = tokio_tungstenite::accept_async(stream).await.expect("a handshake");
            socket.send(Message::text(r#"{"kind":"tick","n":3}"#)).await.expect("sent");
            // Without a TLS close, as a crashing server does.
        }
    };
    let mut updates = Subscription::new(address, trust).retry_first(true);
    let client = async {
        assert!(matches!(updates.next().await, Some(Ok(Update::Frame { .. }))));
        let Some(Ok(Update::Lost { reason, .. })) = updates.next().await else { panic!("not lost") };
        assert_eq!(reason, "the connection was cut");
        assert!(matches!(updates.next().await, Some(Ok(Update::Frame { .. }))));
    };
    let both = async { tokio::join!(server, client) };
    tokio::time::timeout(TIMEOUT, both).await.expect("in time");
}

/// Written bytes may be buffered in the TLS stream; a frame must not wait there for the next one.
#[tokio::test(start_paused = true)]
async fn a_slow_tls_reader_receives_all_written_bytes() {
    let tls = Tls::self_signed(&names(&["localhost"])).expect("a certificate");
    let timeline = Arc::new(Timeline::new(&Scenario::open("juv").expect("shipped")));
    let hub = Hub::new();
    let mut options = ReplayOptions::default();
    options.playback.speed = Speed::MAX;
    let opened = hub.open("main", timeline.clone(), options).expect("a replay");
    // At its end: no further frame follows.
    let end = u32::try_from(timeline.cues().len()).expect("few");
    opened.replay.observe().find(|view| view.playhead.head == end).await.expect("played");

    let (near, far) = tokio::io::duplex(600);
    let join = parse_parameters("since=start&ticks=off", &timeline).expect("parameters");
    let server = async {
        let stream = tls.accept(far, TIMEOUT).await.expect("shaken");
        SubscriberTask::new(stream, Vec::new(), opened.replay.clone(), None, Timing::default(), Arc::default())
            .serve(join)
            .await;
    };
    let client = async {
        let mut roots = rustls::RootCertStore::empty();
        let pem = tls.pem().expect("made here").as_bytes();
        roots.add(CertificateDer::from_pem_slice(pem).expect("PEM")).expect("a certificate");
        let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().expect("versions");
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let name = ServerName::try_from("localhost").expect("a name");
        let mut stream = connector.connect(name, near).await.expect("shaken");
        let began = tokio::time::Instant::now();
        let mut received = Vec::new();
        while !String::from_utf8_lossy(&received).contains(r#""type":"match_end""#) {
            let mut piece = [0; 100];
            let count = stream.read(&mut piece).await.expect("received");
            assert!(count > 0, "cut");
            received.extend_from_slice(&piece[..count]);
        }
        // The virtual clock does not advance while any task is ready.
        assert_eq!(began.elapsed(), Duration::ZERO);
    };
    tokio::select! {
        () = server => panic!("it goes on"),
        () = client => {}
    }
}

#[test]
fn certificate_options_without_tls_are_refused() {
    for line in [["watch", "ws://127.0.0.1:1", "--insecure"], ["load", "ws://127.0.0.1:1", "--insecure"]] {
        let output = run(&line);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains("not encrypted at all") && !stderr.contains("nobody knows"), "{stderr}");
    }
}

/// Creates a certificate and its key as files.
fn make_certificate(name: &str, ask: impl FnOnce(&mut CertificateParams)) -> (PathBuf, PathBuf) {
    let pair = KeyPair::generate().expect("a key");
    let mut wanted = CertificateParams::new(names(&["127.0.0.1"])).expect("a name");
    ask(&mut wanted);
    let make_certificate = wanted.self_signed(&pair).expect("a certificate");
    (file(&format!("{name}.pem"), &make_certificate.pem()), file(&format!("{name}-key.pem"), &pair.serialize_pem()))
}

/// Connects to a server with this certificate, trusting `trusted`.
async fn try_to_connect(certificate: &Path, key: &Path, trusted: &Path) -> touchline::Result<()> {
    let tls = Tls::from_files(certificate, key).expect("a certificate");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("wss://{}", listener.local_addr().expect("bound"));
    let server = async {
        let (socket, _) = listener.accept().await.expect("a connection");
        if let Ok(mut stream) = tls.accept(socket, TIMEOUT).await {
            let mut received = [0; 5];
            stream.read_exact(&mut received).await.expect("received");
            stream.write_all(&received).await.expect("sent");
            stream.shutdown().await.expect("sent");
        }
    };
    let client = async {
        let trust = Trust::from_pem_file(trusted)?;
        let mut stream = connect(&Address::parse(&address)?, &trust).await?;
        stream.write_all(b"hello").await.expect("sent");
        stream.flush().await.expect("sent");
        let mut received = Vec::new();
        stream.read_to_end(&mut received).await.expect("received");
        assert_eq!(received, b"hello");
        Ok(())
    };
    tokio::join!(server, client).1
}

#[tokio::test]
async fn a_trusted_certificate_is_checked_for_name_and_validity() {
    let authority = |wanted: &mut CertificateParams| wanted.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let expired = |wanted: &mut CertificateParams| wanted.not_after = date_time_ymd(2001, 1, 1);
    let elsewhere = |wanted: &mut CertificateParams| {
        *wanted = CertificateParams::new(names(&["scores.example", "10.0.0.1"])).expect("names");
    };
    let plain = make_certificate("plain", |_| {});
    // As `openssl req -x509` makes them: self-signed and marked as an authority.
    let like_openssl = make_certificate("like-openssl", authority);
    for (certificate, key) in [&plain, &like_openssl] {
        try_to_connect(certificate, key, certificate).await.expect("believed");
    }
    let and = |one: &dyn Fn(&mut CertificateParams), other: &dyn Fn(&mut CertificateParams), name: &str| {
        make_certificate(name, |wanted| {
            one(wanted);
            other(wanted);
        })
    };
    for ((certificate, key), message) in [
        (make_certificate("expired", expired), "its certificate has expired"),
        (and(&authority, &expired, "expired-authority"), "its certificate has expired"),
        (make_certificate("elsewhere", elsewhere), "not for 127.0.0.1 but for"),
        (and(&elsewhere, &authority, "elsewhere-authority"), "not for 127.0.0.1 but for"),
    ] {
        let error = try_to_connect(&certificate, &key, &certificate).await.expect_err(message);
        assert!(error.to_string().contains(message) && error.kind() == ErrorKind::Invalid, "{error}");
    }
    // Another certificate of the same name, from another authority.
    for trusted in [&make_certificate("stranger", |_| {}).0, &make_certificate("authority", authority).0] {
        for (certificate, key) in [&plain, &like_openssl] {
            let error = try_to_connect(certificate, key, trusted).await.expect_err("a stranger");
            assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        }
    }
    let nothing = file("nothing.pem", "");
    assert!(Trust::from_pem_file(&nothing).expect_err("nothing").to_string().contains("no certificate found"));
}

/// Runs openssl in a folder; returns false if it is not installed.
fn openssl(folder: &Path, arguments: &str) -> bool {
    let output = Command::new("openssl").current_dir(folder).args(arguments.split_whitespace()).output();
    let Ok(output) = output else {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "no openssl");
        eprintln!("SKIPPED: no openssl");
        return false;
    };
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    true
}

#[tokio::test]
async fn openssl_keys_and_certificates_are_accepted() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (name, making, label) in [
        ("pkcs1", "genrsa -traditional -out pkcs1.key 2048", "-----BEGIN RSA PRIVATE KEY"),
        ("pkcs8", "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out pkcs8.key", "-----BEGIN PRIVATE KEY"),
        // With the EC parameters in front, as a separate PEM section.
        ("sec1", "ecparam -name secp384r1 -genkey -out sec1.key", "-----BEGIN EC PARAMETERS"),
        ("ed25519", "genpkey -algorithm ed25519 -out ed25519.key", "-----BEGIN PRIVATE KEY"),
    ] {
        if !openssl(folder, making) {
            return;
        }
        let signing = format!("req -x509 -key {name}.key -out {name}.crt -days 9 -subj /CN=touchline");
        openssl(folder, &format!("{signing} -addext subjectAltName=IP:127.0.0.1"));
        let (certificate, key) = (folder.join(format!("{name}.crt")), folder.join(format!("{name}.key")));
        assert!(std::fs::read_to_string(&key).expect("written").starts_with(label), "{name}");
        try_to_connect(&certificate, &key, &certificate).await.expect(name);
    }
    openssl(folder, "pkey -in pkcs1.key -aes128 -passout pass:secret -out locked.key");
    let locked = Tls::from_files(&folder.join("pkcs1.crt"), &folder.join("locked.key")).expect_err("a passphrase");
    assert!(locked.to_string().contains("remove the passphrase"), "{locked}");
}

#[tokio::test]
async fn a_server_without_tls_is_distinguished_from_an_unreachable_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let address = Address::parse(&format!("wss://{address}")).expect("an address");
    let trust = Trust::public_authorities().expect("trust");
    for (answer, message, kind) in [
        (
            &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
            "the server does not speak TLS: use ws:// or http://",
            ErrorKind::Invalid,
        ),
        (b"", "the connection was cut during the TLS handshake", ErrorKind::Io),
        // A fatal alert: handshake failure.
        (b"\x15\x03\x03\x00\x02\x02\x28", "the server refused the TLS handshake: HandshakeFailure", ErrorKind::Invalid),
    ] {
        let server = async {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let _ = socket.read(&mut [0; 4_096]).await.expect("a greeting");
            socket.write_all(answer).await.expect("sent");
        };
        let (_, connected) = tokio::join!(server, connect(&address, &trust));
        let error = connected.expect_err(message);
        assert!(error.to_string().contains(message) && error.kind() == kind, "{error}");
    }
    // A port that was free a moment ago may be another test's by now.
    let unused = Address::parse("wss://127.0.0.1:1").expect("an address");
    let unreachable = connect(&unused, &trust).await.expect_err("no server");
    assert_eq!((unreachable.to_string().as_str(), unreachable.kind()), ("connection refused", ErrorKind::Io));
}
